"""English of Chinese noun phrases by glossary: longest match, then a few rules of order.

What the glossary does not know stays in Chinese where it stood; nothing is romanised.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto
from functools import lru_cache

from monitor.screening.places import load_places
from monitor.screening.terms import (
    Lexicon,
    count_chinese,
    fold_traditional,
    read_numeral,
    read_table,
    write_quantity,
)

_NUMERAL = "[0-9]{1,3}|[一二三四五六七八九十]{1,3}|[A-Z](?![A-Za-z])"
_LOT = re.compile(
    rf"(?:第?({_NUMERAL})(?:标段|标包|标项|分包|子包|包件|包组|包)"
    rf"|(?:采购包|标段|标包|标项|分包|子包|包组|包号|包):?({_NUMERAL}))(?![0-9])"
)
_PHASE = re.compile(r"第?([0-9]{1,2}|[一二三四五六七八九十]{1,3})期(?![间货刊])")
_BATCH = re.compile(r"第([0-9]{1,2}|[一二三四五六七八九十]{1,3})批")
_ORDINAL = re.compile(r"第([0-9]{1,3}|[一二三四五六七八九十]{1,3})")
_YEAR = re.compile(r"((?:19|20)[0-9]{2})年度?(?![代])")
_NUMBER = re.compile(r"[0-9]{1,12}(?:,[0-9]{3})*(?:\.[0-9]{1,6})?")
_TERABYTES = re.compile(r"([0-9]+)TB?(?![A-Za-z0-9])")
_ASCII = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+#-]*|[\x21-\x2f\x3a-\x40\x5b-\x60\x7b-\x7e]")
_QUOTED = re.compile(r"“[^“”]*”|《[^《》]*》|\"[^\"]*\"")
_DOUBLED = re.compile(r"\b([A-Za-z]+) \1\b")
_NOTED_TWICE = re.compile(r"(\([^()]+\))\s+\1")
_NOTE = re.compile(r"\s*\([^()]*\)\s*")
_ROMAN = "0 I II III IV V VI VII VIII IX X".split()
_CONNECTIVES = {
    "、": ", ",
    "及": " and ",
    "和": " and ",
    "与": " and ",
    "或": " or ",
    "暨": " and ",
}
# 试剂(二), 设备二: a lone numeral at the end counts the notices or lots of one kind.
_COUNTS = "一二三四五六七八九十"
_SILENT = set("的之了对为拟被")
_LEADING_VERBS = {
    "采购": "purchase",
    "购置": "purchase",
    "购买": "purchase",
    "租赁": "lease",
    "租用": "lease",
    "更换": "replacement",
}
# 城区, 郊区, 新县: names of two characters are ordinary words in a phrase; those of provinces
# and cities are not, but for these
_PLACE_LENGTH = 3
_WORDS_NOT_CITIES = frozenset(
    "日照 来宾 长治 安康 东营 丽水 海东 中卫 三明 东方 文山 平凉 海南".split()
)
_DASHES = "—–―"


class _Kind(Enum):
    TERM = auto()
    GAP = auto()
    TEXT = auto()
    JOIN = auto()
    SILENT = auto()
    OTHERS = auto()
    USE = auto()
    OPEN = auto()
    CLOSE = auto()


@dataclass(frozen=True)
class _Piece:
    kind: _Kind
    en: str
    zh: str = ""
    category: str = ""


@dataclass(frozen=True)
class Phrase:
    """A phrase in English, with the count of Chinese characters known and left over."""

    en: str
    known_words: tuple[str, ...]
    known: int
    unknown: int


@dataclass(frozen=True)
class Term:
    """One row of the glossary."""

    en: str
    category: str


@lru_cache(maxsize=1)
def load_terms() -> Lexicon[Term]:
    """Return the glossary, read once from the package."""
    rows = read_table("glossary.tsv")
    return Lexicon((row["zh"], Term(row["en"], row["category"])) for row in rows)


@lru_cache(maxsize=1)
def load_units() -> Lexicon[str]:
    """Return the units of quantity with their English, notes taken off."""
    rows = read_table("glossary.tsv")
    return Lexicon((row["zh"], drop_note(row["en"])) for row in rows if row["category"] == "unit")


def drop_note(en: str) -> str:
    """Return a gloss without its notes in brackets; a gloss that is all note stays."""
    return _NOTE.sub(" ", en).strip() or en


def render_phrase(text: str, *, notes: bool = False) -> Phrase:
    """Return the English of a noun phrase that is already NFKC.

    `notes` keeps the notes in brackets and reads 包 as pack: for rows of item tables.
    """
    pieces = _keep_companies(list(_read_pieces(text, notes=notes)))
    en = _join_pieces(_order_pieces(_settle_pieces(pieces)))
    unknown = sum(count_chinese(piece.zh) for piece in pieces if piece.kind is _Kind.GAP)
    words = tuple(piece.en for piece in pieces if piece.kind is _Kind.TERM)
    return Phrase(en, words, count_chinese(text) - unknown, unknown)


def _keep_companies(pieces: Sequence[_Piece]) -> list[_Piece]:
    """Leave a company's name wholly in Chinese where a part of it is unknown."""
    kept: list[_Piece] = []
    for piece in pieces:
        kept.append(piece)
        if piece.kind is not _Kind.TERM or not piece.zh.endswith("公司"):
            continue
        start = len(kept)
        while start and _belongs_to_name(kept[start - 1]):
            start -= 1
        run = kept[start:]
        if any(part.kind is _Kind.GAP for part in run):
            name = "".join(part.zh for part in run)
            kept[start:] = [_Piece(_Kind.GAP, name, name)]
    return kept


def _belongs_to_name(piece: _Piece) -> bool:
    return piece.kind in (_Kind.TERM, _Kind.GAP) and piece.category not in ("year", "quantity")


def _read_pieces(text: str, *, notes: bool) -> Iterator[_Piece]:
    folded = fold_traditional(text)
    at, gap = 0, ""
    after_term = False
    while at < len(folded):
        piece = _read_piece(folded, at, notes=notes)
        if piece is None and after_term and not gap:
            piece = _read_suffix(folded[at]) or _read_ordinal(folded, at)
        if piece is None:
            gap += text[at]
            at += 1
            continue
        if gap:
            yield _Piece(_Kind.GAP, gap, gap)
            gap = ""
        yield _restore_spelling(piece, text[at : at + len(piece.zh)])
        at += len(piece.zh)
        after_term = piece.kind in (_Kind.TERM, _Kind.OPEN) or piece.zh.isdigit()
    if gap:
        yield _Piece(_Kind.GAP, gap, gap)


def _restore_spelling(piece: _Piece, spelling: str) -> _Piece:
    """Return the piece with its Chinese as the text spells it, traditional or not."""
    if spelling == piece.zh:
        return piece
    en = spelling if piece.en == piece.zh else piece.en
    return replace(piece, zh=spelling, en=en)


def _read_ordinal(text: str, at: int) -> _Piece | None:
    """Read a lone numeral that ends a text or stands in a bracket: 公告二, 试剂(二)."""
    mark, after = text[at], text[at + 1 : at + 2]
    if mark not in _COUNTS or after not in ("", ")"):
        return None
    value = str(read_numeral(mark))
    return _Piece(_Kind.TEXT, value if after else f"({value})", mark)


def _read_suffix(mark: str) -> _Piece | None:
    """Read 室, 楼 and the like: words only behind a known one."""
    term = load_terms().get(mark)
    return _Piece(_Kind.TERM, term.en, mark) if term and term.category == "suffix" else None


def _read_piece(text: str, at: int, *, notes: bool) -> _Piece | None:
    mark = text[at]
    if mark == " ":
        return _Piece(_Kind.SILENT, "", mark)
    if mark in "([":
        return _Piece(_Kind.OPEN, mark, mark)
    if mark in ")]":
        return _Piece(_Kind.CLOSE, mark, mark)
    if quoted := _QUOTED.match(text, at):
        inside = render_phrase(quoted[0][1:-1], notes=notes)
        # a name in quotes is put into English as a whole or not at all
        en = quoted[0] if inside.unknown else f"{mark}{inside.en}{quoted[0][-1]}"
        return _Piece(_Kind.TEXT, en, quoted[0], "quote")
    piece = _read_count(text, at, notes=notes) or _read_term(text, at, notes=notes)
    piece = piece or _read_place(text, at)
    if piece:
        return piece
    if mark == "新" and (_read_term(text, at + 1, notes=notes) or text[at + 1 : at + 2].isdigit()):
        return _Piece(_Kind.TERM, "new", mark)
    if mark in _CONNECTIVES:
        return _Piece(_Kind.JOIN, _CONNECTIVES[mark], mark)
    if mark == "等":
        return _Piece(_Kind.OTHERS, "and other", mark)
    if mark == "用":
        return _Piece(_Kind.USE, "for", mark)
    if mark in _SILENT:
        return _Piece(_Kind.SILENT, "", mark)
    if mark in _DASHES:
        return _Piece(_Kind.TEXT, "-", mark)
    found = _ASCII.match(text, at)
    return _Piece(_Kind.TEXT, found[0], found[0]) if found else None


def _read_term(text: str, at: int, *, notes: bool) -> _Piece | None:
    if _splits_word(text, at):
        return None
    found = load_terms().longest(text, at)
    if found is None:
        return None
    word, term = found
    end = at + len(word)
    if len(word) == 1 or (_is_ascii_word(word[-1]) and _is_ascii_word(text[end : end + 1])):
        return None
    en = term.en if notes else drop_note(term.en)
    return _Piece(_Kind.TERM, en, word, term.category)


def _read_place(text: str, at: int) -> _Piece | None:
    region = load_places().match_name(text, at)
    if region and len(region.zh) >= _PLACE_LENGTH:
        return _Piece(_Kind.TERM, region.en, region.zh, "place")
    stem = load_places().match_stem(text, at)
    city = stem and stem.level < 3 and stem.zh not in _WORDS_NOT_CITIES
    if stem and (city or len(stem.zh) >= _PLACE_LENGTH):
        return _Piece(_Kind.TERM, stem.stem_en, stem.zh, "place")
    return None


def _splits_word(text: str, at: int) -> bool:
    """Say whether `at` lies inside an ASCII word or number."""
    return at > 0 and _is_ascii_word(text[at - 1]) and _is_ascii_word(text[at : at + 1])


def _is_ascii_word(character: str) -> bool:
    return character.isascii() and character.isalnum()


def _read_count(text: str, at: int, *, notes: bool) -> _Piece | None:
    """Read lots, phases, batches, years, amounts and numbers with their unit."""
    if _splits_word(text, at):
        return None
    if not notes and (found := _LOT.match(text, at)):
        return _Piece(_Kind.TERM, f"Lot {_write_value(found[1] or found[2])}", found[0], "lot")
    if found := _PHASE.match(text, at):
        value = read_numeral(found[1])
        if value and value < len(_ROMAN):
            return _Piece(_Kind.TERM, f"phase {_ROMAN[value]}", found[0], "stage")
    if found := _BATCH.match(text, at):
        return _Piece(_Kind.TERM, f"batch {_write_value(found[1])}", found[0], "stage")
    if found := _YEAR.match(text, at):
        return _Piece(_Kind.TERM, found[1], found[0], "year")
    if found := _TERABYTES.match(text, at):
        return _Piece(_Kind.TEXT, f"{found[1]} TB", found[0])
    if found := _NUMBER.match(text, at):
        return _read_quantity(text, found)
    if load_terms().longest(text, at) is None and (found := _ORDINAL.match(text, at)):
        return _Piece(_Kind.TERM, f"No. {_write_value(found[1])}", found[0], "ordinal")
    return None


def _read_quantity(text: str, number: re.Match[str]) -> _Piece | None:
    value, end = number[0], number.end()
    if text.startswith("万元", end):
        amount = float(value.replace(",", "")) * 10_000
        return _Piece(_Kind.TERM, f"CNY {amount:,.0f}", f"{value}万元", "money")
    if text.startswith("元", end):
        return _Piece(_Kind.TERM, f"CNY {value}", f"{value}元", "money")
    if text.startswith("万", end):
        many = float(value.replace(",", "")) * 10_000
        return _Piece(_Kind.TERM, f"{many:,.10g}", f"{value}万", "number")
    unit = load_units().longest(text, end)
    term = load_terms().longest(text, end)
    if unit is None or (term and len(term[0]) > len(unit[0])):
        return None  # 2022升级 is no 2022 litres
    zh, en = unit
    if zh == "个" and end + 1 < len(text) and text[end + 1] not in _CONNECTIVES | {")": ""}:
        # 35个基层单位 is 35 units, not 35 pieces of them
        return _Piece(_Kind.TERM, value, value + zh, "quantity")
    return _Piece(_Kind.TERM, write_quantity(value, en), value + zh, "quantity")


def _write_value(numeral: str) -> str:
    """Return a numeral in Arabic digits; leading zeros and letters stay."""
    value = None if numeral.isascii() else read_numeral(numeral)
    return numeral if value is None else str(value)


def _settle_pieces(pieces: Sequence[_Piece]) -> list[_Piece]:
    """Leave small words in Chinese inside an unknown run; merge the run."""
    settled: list[_Piece] = []
    for index, piece in enumerate(pieces):
        small = piece.kind in (_Kind.JOIN, _Kind.SILENT, _Kind.USE, _Kind.OTHERS)
        if small and piece.zh not in "、 " and _stands_in_gap(pieces, index):
            piece = _Piece(_Kind.GAP, piece.zh, piece.zh)
        if piece.kind is _Kind.GAP and settled and settled[-1].kind is _Kind.GAP:
            run = settled.pop().zh + piece.zh
            piece = _Piece(_Kind.GAP, run, run)
        settled.append(piece)
    return settled


def _stands_in_gap(pieces: Sequence[_Piece], index: int) -> bool:
    piece = pieces[index]
    before = pieces[index - 1].kind if index else None
    after = pieces[index + 1].kind if index + 1 < len(pieces) else None
    if piece.kind is _Kind.OTHERS:
        return before is None
    if piece.kind is _Kind.JOIN:
        # 及 begins no word; 和 and 与 may belong to the unknown run after them
        afters = (None,) if piece.zh == "及" else (None, _Kind.GAP)
        return before in (None, _Kind.GAP) or after in afters
    return _Kind.GAP in (before, after)


def _order_pieces(pieces: Sequence[_Piece]) -> list[_Piece]:
    """Apply the rules of order to each part between separators."""
    ordered: list[_Piece] = []
    part: list[_Piece] = []
    for piece in pieces:
        if piece.kind in (_Kind.JOIN, _Kind.OPEN, _Kind.CLOSE):
            ordered += [*_order_part(part), piece]
            part = []
        else:
            part.append(piece)
    return ordered + _order_part(part)


def _order_part(part: list[_Piece]) -> list[_Piece]:
    """Turn X用Y into Y for X and a leading verb into a noun with of."""
    uses = [index for index, piece in enumerate(part) if piece.kind is _Kind.USE]
    if len(uses) == 1 and 0 < uses[0] < len(part) - 1:
        use = uses[0]
        return [*part[use + 1 :], part[use], *part[:use]]
    verb = _LEADING_VERBS.get(fold_traditional(part[0].zh)) if len(part) > 1 else None
    # 租赁服务 is a lease service, 采购警务通服务 the purchase of one
    if verb and part[1].kind is not _Kind.GAP and part[1].category != "action":
        return [_Piece(_Kind.TERM, f"{verb} of"), *part[1:]]
    return part


def _join_pieces(pieces: Sequence[_Piece]) -> str:
    text = ""
    for index, piece in enumerate(pieces):
        en = piece.en
        if piece.kind is _Kind.OTHERS and index == len(pieces) - 1:
            en = "and others"
        if piece.kind is _Kind.USE and index in (0, len(pieces) - 1):
            en = piece.zh
        if not en:
            continue
        if piece.kind is _Kind.JOIN:
            text = text.rstrip() + en
            continue
        tight = piece.kind is _Kind.CLOSE or en[0] in ".,:;!?%/-" or not text
        if piece.category == "quantity" and text and index == len(pieces) - 1:
            text += ","
        glued = text.endswith((" ", "(", "[", "/", "-"))
        text += en if tight or glued else f" {en}"
    return _tidy_list(text.strip())


def _tidy_list(text: str) -> str:
    """Drop a comma left before `and`, and doubled words."""
    text = _NOTED_TWICE.sub(r"\1", re.sub(r",\s+and\b", " and", text))
    return _DOUBLED.sub(r"\1", text)
