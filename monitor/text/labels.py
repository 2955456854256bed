"""Labelled values of a Chinese procurement notice: 采购单位：…, in lines and in table cells.

The label words are those of the notice forms the Ministry of Finance publishes
(政府采购公告和公示信息格式规范, 2020) and of the older and provincial forms seen on portals.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from importlib import resources

from monitor.text.markup import Block, Line, Table, squeeze


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


_BRACKETS = str.maketrans("（）【】［］", "()[][]")


def _fold_label(text: str) -> str:
    """Fold widths and brackets and take all white space out of a label."""
    folded = unicodedata.normalize("NFKC", text.translate(_BRACKETS))
    return re.sub(r"\s+", "", folded).strip(":：*＊·•")


def _load_words() -> dict[str, Label]:
    table = resources.files("monitor.text").joinpath("labels.tsv").read_text(encoding="utf-8")
    rows = (line.split("\t") for line in table.splitlines() if not line.startswith("#"))
    return {_fold_label(word): Label(label) for label, word in rows}


_KEYS = _load_words()
_NUMBERING = re.compile(
    r"^[(（]?(?:[一二三四五六七八九十]{1,3}|\d{1,2}(?:\.\d{1,2})*)(?:[)）]|[、.．:：)）])+\s*"
)
_QUALIFIER = re.compile(r"\([^()]*\)")
_UNIT = re.compile(r"[(（](?:单位[:：])?(?:人民币)?\s*(万元|元|亿元)")


def clean_label(raw: str) -> str:
    """Return a label without numbering, blanks and colon, brackets folded to ASCII."""
    return _fold_label(_NUMBERING.sub("", unicodedata.normalize("NFKC", raw).strip()))


def find_label(raw: str) -> Label | None:
    """Return what a label says, by its exact words; bracketed qualifiers may be absent."""
    cleaned = clean_label(raw)
    if len(cleaned) > 60:
        return None
    return _KEYS.get(cleaned) or _KEYS.get(_QUALIFIER.sub("", cleaned))


def find_unit(label: str) -> str:
    """Return 元 or 万元 where a label names it in brackets, else ''."""
    found = _UNIT.search(label)
    return found.group(1) if found else ""


def _spaced(word: str) -> str:
    parts = {"(": "[(（]", ")": "[)）]", ",": "[,，]"}
    return r"\s*".join(parts.get(char, re.escape(char)) for char in word)


_INNER = re.compile(
    r"(?P<label>"
    + "|".join(_spaced(word) for word in sorted(_KEYS, key=len, reverse=True))
    + r")(?P<more>\s*[(（][^()（）]{0,40}[)）])?\s*[:：]"
)
_OTHER = re.compile(
    r"(?:(?<=[\s；;，,。])|^)[\u4e00-\u9fff]{2,9}(?:[(（][^()（）]{0,20}[)）])?\s*[:：]"
)


def split_line(text: str, section: Section = Section.NONE) -> list[Statement]:
    """Return the labelled values of one line, each cut where the next label begins."""
    starts = [
        (m.start(), m.end(), m) for m in _INNER.finditer(text) if _starts_label(text, m.start())
    ]
    cuts = sorted({s for s, _, _ in starts} | {m.start() for m in _OTHER.finditer(text)})
    found = []
    for start, end, match in starts:
        stop = next((cut for cut in cuts if cut >= end), len(text))
        label = _KEYS[_fold_label(match["label"])]
        printed = squeeze(text[start:end]).rstrip(":：")
        value = squeeze(text[end:stop]).strip(" ；;,，。")
        found.append(Statement(label, value, printed, find_unit(printed), section))
    return found


def _starts_label(text: str, start: int) -> bool:
    # 本项目采购人：X is a label too, 与采购人签订…: is prose; a label begins a clause.
    before = text[:start].rstrip()
    if not before:
        return True
    return not ("\u4e00" <= before[-1] <= "\u9fff") or before[-1] in "及与和的本" or start <= 6


_SECTIONS: tuple[tuple[re.Pattern[str], Section], ...] = (
    (re.compile(r"代理机构(?:信息|情况|联系方式)?$|招标代理"), Section.AGENT),
    (re.compile(r"(?:采购人|采购单位|招标人|采购方)(?:信息|情况|联系方式|名称)?$"), Section.BUYER),
    (re.compile(r"(?:中标|成交|中选|供应商|中标人).{0,8}(?:信息|结果|情况)$"), Section.SUPPLIER),
    (
        re.compile(r"标的.{0,6}(?:信息|内容|情况|明细)|(?:成交|中标|采购)(?:标的|明细|清单|内容)"),
        Section.ITEMS,
    ),
    (re.compile(r"^(?:[一二三四五六七八九十]+、).{2,}"), Section.NONE),
)


def find_section(line: str, current: Section) -> Section:
    """Return the section that a heading line opens, or the one already open."""
    head = re.split(r"[:：]", line, maxsplit=1)[0]
    if len(head) > 24:
        return current
    folded = re.sub(r"[()（）\s]", "", unicodedata.normalize("NFKC", head))
    folded = re.sub(r"名称$", "", folded) if "名 称" in head else folded
    for pattern, section in _SECTIONS:
        if pattern.search(folded):
            return section
    return current


def read_statements(blocks: Iterable[Block]) -> Iterator[tuple[int, Statement]]:
    """Yield every labelled value with the index of its block, in reading order."""
    section = Section.NONE
    waiting: Statement | None = None
    for index, block in enumerate(blocks):
        if isinstance(block, Table):
            waiting = None
            for statement in _table_statements(block):
                yield index, statement
            continue
        section = find_section(_first_clause(block), section)
        found = split_line(block.text, section)
        if waiting is not None and not found and len(block.text) < 80:
            yield index, Statement(waiting.label, block.text, waiting.label_text, waiting.unit)
        waiting = None
        for statement in found:
            if statement.value:
                yield index, statement
        if found and not found[-1].value:
            waiting = found[-1]


def _first_clause(line: Line) -> str:
    return re.split(r"\s{1,}(?=名\s*称)", line.text, maxsplit=1)[0]


def _table_statements(table: Table) -> Iterator[Statement]:
    for row in table.rows:
        cells = _merge_spans(row)
        column = 0
        while column < len(cells):
            label = find_label(cells[column])
            if (
                label is not None
                and column + 1 < len(cells)
                and find_label(cells[column + 1]) is None
            ):
                printed = squeeze(cells[column])
                yield Statement(label, squeeze(cells[column + 1]), printed, find_unit(printed))
                column += 2
                continue
            for line in cells[column].split("\n"):
                yield from (s for s in split_line(line) if s.value)
            column += 1


def _merge_spans(row: tuple[str, ...]) -> list[str]:
    """Drop the copies that a colspan left beside a cell."""
    return [cell for n, cell in enumerate(row) if n == 0 or cell != row[n - 1] or not cell]
