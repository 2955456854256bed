"""Names of public bodies cut into known words: regions, own names, fields, words for a body."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache

from monitor.screening.places import Region, lies_within, load_places
from monitor.screening.sounds import spell_name
from monitor.screening.terms import (
    Lexicon,
    count_chinese,
    fold_traditional,
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
# Zhejiang Fifth Prison, Beijing Second Intermediate People's Court; but No. 2 Detention Centre.
_NAMED_IN_ORDER = re.compile("监狱|女子监狱|强制隔离戒毒|戒毒|中级|人民医院|医院|实验小学|小学")
_ORDINAL = re.compile(rf"第({_NUMERAL})|({_NUMERAL})(?=[总支大中分]队|监区|分局)")
_PARTY = re.compile(r"(?:中国共产党|中共)(?!中央)")
_PARTY_COMMITTEE = re.compile(
    r"委(?:员会)?(?=政法|组织|宣传|统战|办公|党校|网络|网信|机构编制|国家安全|$)"
)
_PREFECTURE_COMMITTEE = re.compile(r"地委(?:员会)?")
_MASKED_PLACE = re.compile(r"(?:某|[XxＸ×*]{1,4})(省|市|县|区|州)(?!\S?委员会)")
_PLACE_WORDS = {
    "省": "province",
    "市": "city",
    "县": "county",
    "区": "district",
    "州": "prefecture",
}
STATE = "中华人民共和国"
# What an own name may end in: 解放路派出所, 托云乡边境派出所
_PLACE_ENDINGS = {
    "街道": "Subdistrict", "社区": "Community", "大道": "Avenue", "广场": "Square",
    "新村": "New Village", "路": "Road", "街": "Street", "镇": "Town", "乡": "Township",
    "村": "Village", "站": "Station", "港": "Port", "岛": "Island", "湖": "Lake", "桥": "Bridge",
    "市": "City", "县": "County", "区": "District", "旗": "Banner",
}  # fmt: skip
_LONGEST_OWN = 5
# An unknown run that ends in one of these, or holds one of those, is no name of a place.
_NO_OWN = re.compile(r"[局厅处委部会室科所馆署和与及的]|中国|国家|全国|管理|服务|某|分$")


class Kind(Enum):
    """What a word does in a body's name."""

    REGION = auto()
    OWN = auto()
    PART = auto()
    NUMBER = auto()
    HEAD = auto()
    PARENT = auto()
    WHOLE = auto()
    MASK = auto()
    DROPPED = auto()
    GAP = auto()


_ROLES = {
    "whole": Kind.WHOLE,
    "parent": Kind.PARENT,
    "head": Kind.HEAD,
    "part": Kind.PART,
    "own": Kind.OWN,
}
CLOSING = (Kind.HEAD, Kind.PARENT, Kind.WHOLE)


@dataclass(frozen=True)
class Token:
    """One word of a name with its English; `start` and `end` are offsets into the name."""

    kind: Kind
    en: str
    start: int
    end: int
    region: Region | None = None


@lru_cache(maxsize=1)
def _load_words() -> Lexicon[tuple[Kind, str]]:
    rows = read_table("bodies.tsv")
    return Lexicon((row["zh"], (_ROLES[row["role"]], row["en"])) for row in rows)


def read_tokens(text: str, scope: str) -> list[Token]:
    """Cut a name into known words and gaps; a region named decides those after it."""
    folded = fold_traditional(text)
    tokens: list[Token] = []
    at = done = 0
    while at < len(folded):
        token = _read_token(folded, at, scope)
        if token is None and at == done and tokens and tokens[-1].kind is Kind.PART:
            token = _read_bureau(folded, at) or _read_and(folded, at)
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


def spell_own(text: str) -> str:
    """Return an unknown own name by its sound, the word for its kind in English, or "".

    虚构路 -> ‹Xugou› Road; a place at its start has its usual English. What may be more than
    a name is not spelled.
    """
    name = fold_traditional(text.strip())
    if not 2 <= len(name) == count_chinese(name) or _NO_OWN.search(name):
        return ""
    place = load_places().match_stem(name, 0)
    # 金沙江 is a river, no 金沙 and something else
    if place and len(name) == place.end + 1 and name[-1] not in _PLACE_ENDINGS:
        place = None
    lead, kind = (place.stem_en, "") if place else ("", "")
    name = name[place.end :] if place else name
    for ending, en in _PLACE_ENDINGS.items():
        if name.endswith(ending) and (place or len(name) > len(ending) + 1):
            name, kind = name.removesuffix(ending), en
            break
    if len(name) > _LONGEST_OWN:
        return ""
    return " ".join(part for part in (lead, name and spell_name(name), kind) if part)


def _read_gap(text: str, start: int, end: int) -> list[Token]:
    return [Token(Kind.GAP, text[start:end], start, end)] if start < end else []


def _read_token(text: str, at: int, scope: str) -> Token | None:
    if text.startswith(STATE, at) and at + len(STATE) < len(text):
        return Token(Kind.DROPPED, " ", at, at + len(STATE))
    region = load_places().match_name(text, at, scope)
    stem = load_places().match_stem(text, at, scope)
    word = _read_word(text, at) or _read_number(text, at)
    if region and stem and stem.end > region.end and region.kind == "short":
        region = None  # 内蒙古 is not 内蒙 and something else
    if region and (word is None or region.end >= word.end):
        return _read_region(text, at, region)
    if word and word.kind is not Kind.OWN:
        return word
    if stem and (found := _PREFECTURE_COMMITTEE.match(text, stem.end)):
        en = f"CPC {stem.stem_en} Prefecture Committee"
        return Token(Kind.WHOLE, en, at, found.end(), stem)
    if stem and not word and _starts_place(text, stem):
        return Token(Kind.REGION, stem.stem_en, at, stem.end, stem)
    for own in (word, stem and Token(Kind.OWN, stem.stem_en, at, stem.end, stem)):
        # a stem or a proper name is one only in front of a word for a body
        if own and _is_known(text, own.end):
            return own
    return None


def _read_region(text: str, at: int, region: Region) -> Token:
    committee = _PARTY_COMMITTEE.match(text, region.end)
    # 县委 is the party's; 县委员会 may be that of another body, such as 政协
    if committee and (committee[0] == "委" or _PARTY.search(text, 0, at)):
        en = f"CPC {write_attribute(region.en)} Committee"
        return Token(Kind.WHOLE, en, at, committee.end(), region)
    return Token(Kind.REGION, region.en, at, region.end, region)


def _starts_place(text: str, stem: Region) -> bool:
    """Say whether a place within the stem's follows: 新疆哈密监狱, 广州花都区人民医院."""
    places = load_places()
    inner = places.match_name(text, stem.end, stem.adcode)
    inner = inner or places.match_stem(text, stem.end, stem.adcode)
    return (
        inner is not None
        and lies_within(inner.adcode, stem.adcode)
        and _is_known(text, inner.end)
        and not _read_word(text, stem.end)
    )


def write_attribute(name: str) -> str:
    """Return a region's name as it stands before a body: Provincial, Municipal."""
    for noun, adjective in ((" Province", " Provincial"), (" Municipality", " Municipal")):
        if name.endswith(noun):
            return name.removesuffix(noun) + adjective
    return name


def _is_known(text: str, at: int) -> bool:
    return bool(_read_word(text, at) or _read_number(text, at))


def _read_word(text: str, at: int) -> Token | None:
    found = _load_words().longest(text, at)
    if found is None:
        return None
    word, (kind, en) = found
    end = at + len(word)
    if kind is Kind.HEAD and len(word) == 1 and end < len(text) and text[end] not in "(,、 )":
        return None
    return Token(kind, en, at, end)


def _read_bureau(text: str, at: int) -> Token | None:
    """Read 局 or 厅 behind a word for its field, whatever follows: 财政局办公设备."""
    found = _load_words().get(text[at]) if text[at] in "局厅" else None
    return Token(found[0], found[1], at, at + 1) if found else None


def _read_and(text: str, at: int) -> Token | None:
    """Read 和, 与 or 及 between two words for fields: 教育和体育局."""
    after = _read_word(text, at + 1) if text[at] in "和与及" else None
    if after is None or after.kind not in (Kind.PART, Kind.HEAD):
        return None
    return Token(Kind.PART, "and", at, at + 1)


def _read_number(text: str, at: int) -> Token | None:
    """Read 第二, 第八师, 三十四团, 某市, 某 and the party's prefix."""
    if found := _DIVISION.match(text, at):
        value = read_numeral(found[1]) or 0
        if 0 < value < len(_ORDINAL_WORDS):
            return Token(Kind.PARENT, f"{_ORDINAL_WORDS[value]} Division", at, found.end())
    if (found := _REGIMENT.match(text, at)) and (value := read_numeral(found[1]) or 0):
        return Token(Kind.PARENT, f"{_write_ordinal(value)} Regiment", at, found.end())
    if (found := _ORDINAL.match(text, at)) and (value := read_numeral(found[1] or found[2]) or 0):
        named = _NAMED_IN_ORDER.match(text, found.end()) and value < len(_ORDINAL_WORDS)
        en = _ORDINAL_WORDS[value] if named else f"No. {value}"
        return Token(Kind.NUMBER, en, at, found.end())
    if found := _PARTY.match(text, at):
        return Token(Kind.DROPPED, " ", at, found.end())
    if found := _MASKED_PLACE.match(text, at):
        en = f"a {_PLACE_WORDS[found[1]]} (name masked)"
        return Token(Kind.PARENT, en, at, found.end())
    if text.startswith("某", at):
        return Token(Kind.MASK, "A", at, at + 1)
    return None


def _write_ordinal(value: int) -> str:
    if value % 100 in (11, 12, 13):
        return f"{value}th"
    return f"{value}{({1: 'st', 2: 'nd', 3: 'rd'}).get(value % 10, 'th')}"
