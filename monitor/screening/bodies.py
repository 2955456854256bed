"""Names of public bodies in English, by rule: region, own name, unit words; smallest unit first.

The English is ours, not official. A name is cut into units that each end in a word for a
body (公安局, 支队, 监狱); what no table knows stays in Chinese and is never romanised.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache
from itertools import takewhile

from monitor.screening.places import Region, load_places, read_scope
from monitor.screening.terms import (
    Lexicon,
    count_chinese,
    fold_traditional,
    fold_width,
    read_numeral,
    read_table,
)

_ORDINAL_WORDS = (
    "Zeroth First Second Third Fourth Fifth Sixth Seventh Eighth Ninth Tenth"
    " Eleventh Twelfth Thirteenth Fourteenth"
).split()
_NUMERAL = "[一二三四五六七八九十]{1,3}|[0-9]{1,3}"
# 第八师 is a division of the Xinjiang corps, 第一师范 a teachers' school
_DIVISION = re.compile(rf"第?({_NUMERAL})师(?![范资生傅])")
_REGIMENT = re.compile(rf"第?({_NUMERAL})团(?![体队])")
_ORDINAL = re.compile(rf"第({_NUMERAL})")
_PARTY = re.compile(r"(?:中国共产党|中共)(?!中央)")
_PARTY_COMMITTEE = re.compile(r"委(?:员会)?(?=政法|组织|宣传|统战|办公|党校|$)")
_MASKED_PLACE = re.compile(r"某(省|市|县|区|州)(?!\S?委员会)")
_PLACE_WORDS = {
    "省": "province",
    "市": "city",
    "县": "county",
    "区": "district",
    "州": "prefecture",
}
_STATE = "中华人民共和国"
# bodies that carry a name of their own, so that their province stands apart from it
_NAMED = re.compile(r"(?:Prison|Rehabilitation Centre|Inspection(?: General)? Station)$")
# units that can follow another body inside a title; others may be the thing bought
_SUBUNIT = re.compile(
    r"(?:局|分局|总队|支队|大队|中队|突击队|派出所|警务站|监狱|看守所|拘留所|戒毒所|刑科所|车管所"
    r"|车辆管理所|鉴定所|警务保障[处部]|公安处|分所|分站|监区|检察院|法院|政法委|政法委员会|师|团)$"
)
_BRANCH = re.compile(r"(?:分局|派出所)$")
_OWN_NAME_LIMIT = 5
_SEPARATOR = re.compile(r"[、;]")


class _Kind(Enum):
    REGION = auto()
    OWN = auto()
    PART = auto()
    HEAD = auto()
    PARENT = auto()
    WHOLE = auto()
    MASK = auto()
    DROPPED = auto()
    GAP = auto()


_ROLES = {
    "whole": _Kind.WHOLE,
    "parent": _Kind.PARENT,
    "head": _Kind.HEAD,
    "part": _Kind.PART,
    "own": _Kind.OWN,
}
_CLOSING = (_Kind.HEAD, _Kind.PARENT, _Kind.WHOLE)


@dataclass(frozen=True)
class _Token:
    kind: _Kind
    en: str
    start: int
    end: int
    region: Region | None = None


@dataclass(frozen=True)
class Body:
    """A body that a text begins with: its English and where its name ends.

    `names` are the Chinese names it may stand under again right after: the whole, each
    unit, the region.
    """

    en: str
    end: int
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Unit:
    en: str
    zh: str
    end: int
    gaps: tuple[str, ...]
    anchored: bool
    parent: bool


@lru_cache(maxsize=1)
def _load_words() -> Lexicon[tuple[_Kind, str]]:
    rows = read_table("bodies.tsv")
    return Lexicon((row["zh"], (_ROLES[row["role"]], row["en"])) for row in rows)


def name_english(body: str, hint: str = "") -> str:
    """Return a body's name in English, unknown words in Chinese, smallest unit first.

    `hint` is the region the portal shows. A name without any known unit comes back as it is.
    """
    text = fold_width(body)
    parts = [part for part in _SEPARATOR.split(text) if part.strip()]
    scope = read_scope(hint)
    return "; ".join(_name_one(part.strip(), scope) for part in parts) or text


def _name_one(text: str, scope: str) -> str:
    tokens = _read_tokens(text, scope)
    units = list(_group_units(text, tokens))
    if not units:
        regions = [token.en for token in tokens if token.kind is _Kind.REGION]
        return ", ".join(reversed(regions)) if regions and len(regions) == len(tokens) else text
    tail = text[units[-1].end :].strip()
    return _join_units([unit.en for unit in units] + ([tail] if tail else []))


def find_body(title: str, hint: str = "") -> Body | None:
    """Return the body that a title begins with, or None where it does not begin with one.

    `title` is taken as it stands: cut marks and agents off before.
    """
    tokens = _read_tokens(title, read_scope(hint))
    taken: list[_Unit] = []
    for unit in _group_units(title, tokens):
        begins = not taken or taken[-1].parent
        if not (begins and _starts_title(unit)) and not (taken and _continues_title(unit)):
            break
        taken.append(unit)
    if not taken or not any(unit.anchored for unit in taken):
        return None
    end = taken[-1].end
    regions = [token.region.zh for token in tokens if token.region and token.end <= end]
    whole = title[:end].removeprefix(_STATE)
    names = (title[:end], whole, *(unit.zh for unit in taken), *regions)
    return Body(_join_units([unit.en for unit in taken]), end, names)


def _starts_title(unit: _Unit) -> bool:
    if not unit.gaps:
        return True
    own = unit.gaps[0]
    named = len(unit.gaps) == 1 and _NAMED.search(unit.en.split(",")[0])
    return bool(named) and count_chinese(own) == len(own) <= _OWN_NAME_LIMIT


def _continues_title(unit: _Unit) -> bool:
    if unit.gaps:
        own = unit.gaps[0]
        branch = _BRANCH.search(unit.zh) and unit.zh.startswith(own)
        return (
            bool(branch)
            and len(unit.gaps) == 1
            and count_chinese(own) == len(own) <= _OWN_NAME_LIMIT
        )
    return bool(_SUBUNIT.search(unit.zh))


def _join_units(names: Sequence[str]) -> str:
    once = list(dict.fromkeys(names))
    return ", ".join(reversed(once))


def _read_tokens(text: str, scope: str) -> list[_Token]:
    """Cut a name into known words and gaps; a region named decides those after it."""
    folded = fold_traditional(text)
    tokens: list[_Token] = []
    at = done = 0
    while at < len(folded):
        token = _read_token(folded, at, scope)
        if token is None and at == done and tokens and tokens[-1].kind is _Kind.PART:
            token = _read_bureau(folded, at)
        if token is None:
            at += 1
            continue
        if token.region:
            scope = token.region.adcode or scope
        tokens += _read_gap(text, done, at)
        tokens.append(token)
        at = done = token.end
    tokens += _read_gap(text, done, at)
    return [token for token in tokens if token.en.strip()]


def _read_gap(text: str, start: int, end: int) -> list[_Token]:
    return [_Token(_Kind.GAP, text[start:end], start, end)] if start < end else []


def _read_token(text: str, at: int, scope: str) -> _Token | None:
    if text.startswith(_STATE, at) and at + len(_STATE) < len(text):
        return _Token(_Kind.DROPPED, " ", at, at + len(_STATE))
    region = load_places().match_name(text, at, scope)
    word = _read_word(text, at) or _read_number(text, at)
    if region and (word is None or region.end >= word.end):
        committee = _PARTY_COMMITTEE.match(text, region.end)
        # 县委 is the party's; 县委员会 may be that of another body, such as 政协
        if committee and (committee[0] == "委" or _PARTY.search(text, 0, at)):
            return _Token(_Kind.WHOLE, f"CPC {region.en} Committee", at, committee.end(), region)
        return _Token(_Kind.REGION, region.en, at, region.end, region)
    if word and word.kind is not _Kind.OWN:
        return word
    stem = load_places().match_stem(text, at, scope)
    for found in (word, stem and _Token(_Kind.OWN, stem.stem_en, at, stem.end, stem)):
        # a stem or a proper name is one only in front of a word for a body
        if found and _is_known(text, found.end):
            return found
    return None


def _is_known(text: str, at: int) -> bool:
    return bool(_read_word(text, at) or _read_number(text, at))


def _read_word(text: str, at: int) -> _Token | None:
    found = _load_words().longest(text, at)
    if found is None:
        return None
    word, (kind, en) = found
    end = at + len(word)
    if kind is _Kind.HEAD and len(word) == 1 and end < len(text) and text[end] not in "(,、 ":
        return None
    return _Token(kind, en, at, end)


def _read_bureau(text: str, at: int) -> _Token | None:
    """Read 局 or 厅 behind a word for its field, whatever follows: 财政局办公设备."""
    found = _load_words().get(text[at]) if text[at] in "局厅" else None
    return _Token(found[0], found[1], at, at + 1) if found else None


def _read_number(text: str, at: int) -> _Token | None:
    """Read 第二, 第八师, 三十四团, 某市, 某 and the party's prefix."""
    if found := _DIVISION.match(text, at):
        value = read_numeral(found[1]) or 0
        if 0 < value < len(_ORDINAL_WORDS):
            return _Token(_Kind.PARENT, f"{_ORDINAL_WORDS[value]} Division", at, found.end())
    if (found := _REGIMENT.match(text, at)) and (value := read_numeral(found[1]) or 0):
        return _Token(_Kind.PARENT, f"{_write_ordinal(value)} Regiment", at, found.end())
    if (found := _ORDINAL.match(text, at)) and (value := read_numeral(found[1]) or 0):
        return _Token(_Kind.PART, f"No. {value}", at, found.end())
    if found := _PARTY.match(text, at):
        return _Token(_Kind.DROPPED, " ", at, found.end())
    if found := _MASKED_PLACE.match(text, at):
        en = f"a {_PLACE_WORDS[found[1]]} (name masked)"
        return _Token(_Kind.PARENT, en, at, found.end())
    if text.startswith("某", at):
        return _Token(_Kind.MASK, "A", at, at + 1)
    return None


def _write_ordinal(value: int) -> str:
    if value % 100 in (11, 12, 13):
        return f"{value}th"
    return f"{value}{({1: 'st', 2: 'nd', 3: 'rd'}).get(value % 10, 'th')}"


def _group_units(text: str, tokens: Sequence[_Token]) -> Iterator[_Unit]:
    """Yield the units of a name: each run of words up to a word for a body."""
    pending: list[_Token] = []
    for token in tokens:
        pending.append(token)
        if token.kind in _CLOSING:
            yield _compose_unit(text, pending)
            pending = []


def _compose_unit(text: str, tokens: Sequence[_Token]) -> _Unit:
    lead = list(takewhile(lambda token: token.kind is _Kind.REGION, tokens))
    rest = tokens[len(lead) :]
    masked = any(token.kind is _Kind.MASK for token in rest)
    words = [_write_attribute(token.en) for token in rest]
    places = [_name_region(token, rest[0]) for token in reversed(lead)]
    stands_apart = rest[0].kind in (_Kind.OWN, _Kind.GAP) and _NAMED.search(tokens[-1].en)
    if lead and not stands_apart and tokens[-1].kind is _Kind.HEAD:
        words.insert(0, _write_attribute(places.pop(0)))
    name = _join_words(words) + (" (name masked)" if masked else "")
    return _Unit(
        en=", ".join([name, *places]),
        zh=text[tokens[0].start : tokens[-1].end],
        end=tokens[-1].end,
        gaps=tuple(token.en for token in tokens if token.kind is _Kind.GAP),
        anchored=any(token.kind not in (_Kind.PART, _Kind.HEAD) for token in tokens),
        parent=tokens[-1].kind is _Kind.PARENT,
    )


def _name_region(token: _Token, after: _Token) -> str:
    """Return a region's name; 博州边境管理支队 and its like go by the short one."""
    region = token.region
    if region and region.kind == "short" and after.en.startswith("Frontier"):
        return region.stem_en
    return token.en


def _write_attribute(name: str) -> str:
    """Return a region's name as it stands before a body: Provincial, Municipal."""
    for noun, adjective in ((" Province", " Provincial"), (" Municipality", " Municipal")):
        if name.endswith(noun):
            return name.removesuffix(noun) + adjective
    return name


def _join_words(words: Sequence[str]) -> str:
    text = " ".join(word.strip() for word in words)
    return re.sub(r"\( | (?=[),、])", lambda space: space[0].strip(), text)
