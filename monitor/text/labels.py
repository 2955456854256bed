"""Label words of a Chinese procurement notice, and the labelled values of one line.

The words are those of the notice forms the Ministry of Finance publishes
(政府采购公告和公示信息格式规范, 2020) and of the older and provincial forms seen on portals.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from importlib import resources
from itertools import product

from monitor.text.markup import squeeze
from monitor.text.normalize import read_traditional


class Label(StrEnum):
    """What a labelled value is."""

    BUYER = "buyer"
    END_USER = "end user"
    AGENT = "procuring entity"
    SUPPLIER = "supplier"
    PROJECT_NUMBER = "project number"
    PROJECT_NAME = "project name"
    AWARD_TOTAL = "award total"
    AWARD_VALUE = "award value"
    BUDGET = "budget"
    CEILING = "ceiling"
    PUBLISHED = "published"
    REGION = "region"
    CATEGORY = "category"
    NAME = "name"
    PRIVATE = "private"


class Section(StrEnum):
    """Whose particulars a bare 名称：… gives."""

    NONE = ""
    BUYER = "buyer"
    AGENT = "procuring entity"
    SUPPLIER = "supplier"
    ITEMS = "items"


@dataclass(frozen=True)
class Statement:
    """One labelled value; `label_text` is the label as printed, `unit` a unit named in it."""

    label: Label
    value: str
    label_text: str
    unit: str = ""
    section: Section = Section.NONE


_TRADITIONAL = str.maketrans(read_traditional())
_IS_TRADITIONAL = frozenset(read_traditional())
_BRACKETS = str.maketrans("（）【】［］", "()[][]")


def simplify(text: str) -> str:
    """Return a text in simplified characters; its length stays."""
    # Nearly every text is simplified already, and to see that takes a third of translating.
    return text if _IS_TRADITIONAL.isdisjoint(text) else text.translate(_TRADITIONAL)


_INNER_BLANK = re.compile(r"(?<=[\u3001-\u9fff\uff01-\uff5e])\s+(?=[\u3001-\u9fff\uff01-\uff5e])")


def drop_blanks(text: str) -> str:
    """Return a text without the blanks between Chinese characters."""
    return _INNER_BLANK.sub("", text)


def fold_line(text: str) -> str:
    """Return a text in simplified characters without the blanks between them."""
    return drop_blanks(simplify(text))


def _fold_label(text: str) -> str:
    """Fold widths, characters and brackets and take all white space out of a label."""
    folded = unicodedata.normalize("NFKC", text.translate(_BRACKETS))
    return re.sub(r"\s+", "", simplify(folded)).strip(":：*＊·•|")


def _load_words() -> dict[str, Label]:
    table = resources.files("monitor.text").joinpath("labels.tsv").read_text(encoding="utf-8")
    rows = (line.split("\t") for line in table.splitlines() if not line.startswith("#"))
    return {word: Label(label) for label, words in rows for word in _list_words(words)}


def _list_words(words: str) -> Iterator[str]:
    """Yield every word that a row of the table spells with {a|b|}."""
    parts = re.split(r"\{([^{}]*)\}", words)
    choices = (part.split("|") if place % 2 else [part] for place, part in enumerate(parts))
    yield from ("".join(chosen) for chosen in product(*choices))


_KEYS = _load_words()
_LONGEST_KEY = max(map(len, _KEYS))
_NUMBERING = re.compile(
    r"^\d{1,2}(?:\.\d{1,2})+\s+|^[(（]?(?:[一二三四五六七八九十]{1,3}|\d{1,2}(?:\.\d{1,2})*)(?:[)）]|[、.．:：)）])+\s*"
    r"|^\d{1,2}(?:\.\d{1,2})+\s+"
)
# 中标金额：（可填写费率）：5万元: a form's own hint before the value.
_HINT = re.compile(r"^\s*[(（][^()（）]{0,40}[)）]\s*[:：]")
_QUALIFIER = re.compile(r"\([^()]*\)")
_UNIT = re.compile(r"[(（](?:单位[:：])?(?:人民币)?\s*(万元|元|亿元)")
_LONGEST_LABEL = 60
_LOOK_BACK = 32
_VALUE_END = re.compile("[。；;]")
_LEADS = " ，,；;：:、.。（）()|一二三四五六七八九十0123456789"
_REMEMBERED = 200


def clean_label(raw: str) -> str:
    """Return a label without numbering, blanks and colon, brackets folded to ASCII."""
    return _fold_label(_NUMBERING.sub("", unicodedata.normalize("NFKC", raw).strip()))


@lru_cache(maxsize=4096)
def find_label(raw: str) -> Label | None:
    """Return what a label says, by its exact words; bracketed qualifiers may be absent."""
    if len(raw) > 2 * _LONGEST_LABEL:
        return None
    cleaned = clean_label(raw)
    return _KEYS.get(cleaned) or _KEYS.get(_QUALIFIER.sub("", cleaned))


def find_unit(label: str) -> str:
    """Return 元 or 万元 where a label names it in brackets, else ''."""
    found = _UNIT.search(simplify(label))
    return found.group(1) if found else ""


# 第二中标候选人 has not won.
_RUNNER_UP = re.compile(
    "第[二三四五六七八九十]名?(?:中标|成交|中选)?(?:[(（].{1,3}[)）])?候选\\S*$"
)
_COLON = re.compile("[:：]")
# How far before its colon a label may begin: blanks between its characters, a bracket after it.
_LONGEST_PRINTED = 80
_STOPS = frozenset("，,。；;:：|(（[【")
_CLOSING = frozenset(")）]】")
_EDGES = frozenset("*＊·•")
_BRACKET_END = re.compile(r"[(（\[【][^()（）\[\]【】]{0,40}[)）\]】]$")
_OTHER = re.compile(
    r"(?:(?<=[\s；;，,。])|^)[\u4e00-\u9fff]{2,9}(?:[(（][^()（）]{0,20}[)）])?\s*[:：]"
)
# What may stand between the start of a clause and its label: 本项目采购人：, 第一包成交供应商：.
_LEAD = re.compile(
    r"(?:第?[一二三四五六七八九十]{1,2})?(?:合同包|采购包|标项|标包|标段|分包|包组|包)?"
    r"(?:本次|此次|该项目|本项目|本合同|本|该|拟|预|现|原|推荐|确定|最终|以及|及|和|[^未非他]{1,14}的)?"
)


# Whose 名称：… follows within one line: 1.采购人信息 名称：X 2.采购代理机构信息 名称：Y.
_OWNER = re.compile(
    r"(?:(?P<agent>代理机构|招标代理)|(?P<buyer>采购人|采购单位|招标人|采购方)|"
    r"(?P<supplier>中标人|成交人|供应商))(?:信息|情况)?[\s:：]*$"
)
_OWNERS = {"agent": Section.AGENT, "buyer": Section.BUYER, "supplier": Section.SUPPLIER}


@dataclass(frozen=True)
class _Mark:
    """A label in a line: its place, the place after its colon, and what it says."""

    start: int
    end: int
    label: Label


def split_line(text: str, section: Section = Section.NONE) -> list[Statement]:
    """Return the labelled values of one line, each cut where the next label begins."""
    if ":" not in text and "：" not in text:
        return []
    # Zones and statements ask for the same lines in turn.
    split = _split_line if len(text) > _REMEMBERED else _split_short
    return list(split(text, section))


def _split_line(text: str, section: Section) -> tuple[Statement, ...]:
    folded = simplify(text)
    marks, cuts = _mark_line(folded)
    return tuple(
        _cut_statement(folded, text, mark, _next_cut(cuts, mark, text), section) for mark in marks
    )


_split_short = lru_cache(maxsize=2048)(_split_line)


def _mark_line(folded: str) -> tuple[Sequence[_Mark], list[int]]:
    """Return the labels of a line, and where a value of it may end."""
    return (_find_cuts if len(folded) > _REMEMBERED else _find_short_cuts)(folded)


def _find_cuts(folded: str) -> tuple[Sequence[_Mark], list[int]]:
    marks = tuple(_find_marks(folded))
    return marks, sorted({*(m.start for m in marks), *(m.start() for m in _OTHER.finditer(folded))})


_find_short_cuts = lru_cache(maxsize=2048)(_find_cuts)


def _find_marks(folded: str) -> Iterator[_Mark]:
    """Yield the labels that end at a colon and begin where a clause does."""
    last = 0
    for colon in _COLON.finditer(folded):
        low = max(last, colon.start() - _LONGEST_PRINTED)
        head = folded[low : colon.start()]
        found = None if _RUNNER_UP.search(head) else _find_ending(head)
        if found is not None and _starts_label(folded, low + found[0]):
            yield _Mark(low + found[0], colon.end(), found[1])
        last = colon.end()


def _find_ending(head: str) -> tuple[int, Label] | None:
    """Return the longest label that a text ends with, and where it begins.

    Blanks do not count, nor words in brackets: 采 购 人（甲方）is 采购人.
    """
    word = ""
    best: tuple[int, Label] | None = None
    place = len(head)
    while place and len(word) < _LONGEST_KEY:
        place -= 1
        char = head[place]
        if char.isspace() or (not word and char in _EDGES):
            continue
        if char in _CLOSING:
            bracket = _BRACKET_END.search(head, 0, place + 1)
            if bracket is None:
                return best
            place = bracket.start()
            continue
        if char in _STOPS:
            return best
        word = unicodedata.normalize("NFKC", char) + word
        if (label := _KEYS.get(word)) is not None:
            best = (place, label)
    return best


def _next_cut(cuts: list[int], mark: _Mark, text: str) -> int:
    after = bisect_left(cuts, mark.end)
    return cuts[after] if after < len(cuts) else len(text)


def _cut_statement(folded: str, text: str, mark: _Mark, stop: int, section: Section) -> Statement:
    value = text[mark.end : stop]
    before = folded[max(mark.start - _LOOK_BACK, 0) : mark.start]
    if mark.label is Label.PROJECT_NUMBER or before.rstrip()[-1:] in ("(", "（"):
        value = _cut_bracket(value)
    printed = squeeze(text[mark.start : mark.end]).rstrip(":：")
    value = squeeze(_HINT.sub("", value).lstrip(":： ")).strip(" ；;,，。|")
    owner = _OWNER.search(before) if mark.label is Label.NAME else None
    if owner is not None:
        section = _OWNERS[owner.lastgroup or "buyer"]
    return Statement(mark.label, value, printed, find_unit(printed), section)


def list_uncovered(text: str, ending: Container[Label]) -> list[str]:
    """Return what of a line no known label covers.

    The value of an `ending` label ends with its sentence or the bracket around it; those of
    others reach up to the next label.
    """
    folded = simplify(text)
    if ":" not in folded and "：" not in folded:
        return [text] if text.strip(_LEADS) else []
    marks, cuts = _mark_line(folded)
    rest, at = [], 0
    for mark in marks:
        rest.append(text[at : mark.start])
        at = _next_cut(cuts, mark, text)
        if mark.label in ending:
            at = min(at, mark.end + _find_end(text[mark.end : at]))
    rest.append(text[at:])
    return [piece for piece in rest if piece.strip(_LEADS)]


def _find_end(value: str) -> int:
    """Return where the first sentence of a value ends."""
    bare = _cut_bracket(value)
    found = _VALUE_END.search(bare)
    return found.end() if found else len(bare)


def _cut_bracket(value: str) -> str:
    """Cut a value at a bracket that closes and was not opened in it."""
    depth = 0
    for place, char in enumerate(value):
        depth += (char in "(（") - (char in ")）")
        if depth < 0:
            return value[:place]
    return value


def _starts_label(text: str, start: int) -> bool:
    """Return whether a clause begins here: 未中标供应商：X and 致采购人：X are no labels."""
    before = text[max(start - _LOOK_BACK, 0) : start]
    if before[-1:].isascii() and before[-1:].isalpha():
        return False  # IP电话：思科
    clause = re.split(r"[^\u4e00-\u9fff]", before)[-1]
    return _LEAD.fullmatch(clause) is not None
