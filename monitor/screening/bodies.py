"""Names of public bodies in English, by rule: region, own name, unit words; smallest unit first.

The English is ours, not official. A name is cut into units that each end in a word for a
body (公安局, 支队, 监狱). An own name that no table knows is given by its sound, in ‹ ›;
whatever else is unknown stays in Chinese.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile

from monitor.screening.bodywords import (
    CLOSING,
    STATE,
    Kind,
    Token,
    read_tokens,
    spell_own,
    write_attribute,
)
from monitor.screening.places import read_scope
from monitor.screening.terms import count_chinese, fold_width

# bodies with a name of their own, by which a title may begin
_NAMED = re.compile(r"(?:Prison|Rehabilitation Centre|Inspection(?: General)? Station)$")
# bodies whose unknown first word is most likely a name; before others (彩票管理中心) it is a field
_OWN_NAMED = re.compile(
    rf"{_NAMED.pattern}|(?:Station|Post|Checkpoint|Reformatory|Detention (?:Centre|House)"
    r"|Sub-bureau"
    r"|Public Security (?:Bureau|Office)|Squadron|Brigade|Detachment|Corps|Customs|Base|Ward|Team"
    r"|Court|Procuratorate|Hospital|Health Centre|School|Kindergarten|College|University"
    r"|Subdistrict Office|People's Government|Administrative Committee|Committee of the CPC)$"
)
# units that can follow another body inside a title; others may be the thing bought
_SUBUNIT = re.compile(
    r"(?:局|分局|总队|支队|大队|中队|突击队|派出所|警务站|监狱|看守所|拘留所|戒毒所|刑科所|车管所"
    r"|车辆管理所|鉴定所|警务保障[处部]|公安处|分所|分站|监区|检察院|法院|政法委|政法委员会|师|团)$"
)
_BRANCH = re.compile(r"(?:分局|派出所)$")
_OWN_NAME_LIMIT = 5
# between bodies, but not inside a bracket; 甲局和乙局 are two, 教育和体育局 is one
_SEPARATOR = re.compile(r"[、;,/](?![^(]*\))(?=\s*[^\x00-\x7f])")
_AND = re.compile(r"(?<=[局厅所院狱])[和与及](?=[^\x00-\x7f]{2,}[局厅所院狱队]$)")
_BRACKET = re.compile(r"(.{2,}?)\s*\(([^()]+)\)?")


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


def name_english(body: str, hint: str = "") -> str:
    """Return a body's name in English, smallest unit first; bodies joined by 、 apart by `;`.

    `hint` is the region the portal shows. A name without any known unit comes back as it is.
    """
    text = fold_width(body)
    scope = read_scope(hint)
    names = [_name_one(part, scope) for part in _split_bodies(text, scope)]
    return "; ".join(dict.fromkeys(names)) or text


def _split_bodies(text: str, scope: str) -> Iterator[str]:
    for part in _SEPARATOR.split(text):
        found = _AND.search(part)
        # 和 also begins 和田 and other places
        if found and not _begins_place(part[found.start() :], scope):
            yield part[: found.start()].strip()
            part = part[found.end() :]
        if part.strip():
            yield part.strip()


def _begins_place(text: str, scope: str) -> bool:
    return any(token.region and token.start == 0 for token in read_tokens(text, scope)[:1])


def _name_one(text: str, scope: str) -> str:
    """Return one body's name; a bracket at its end (本级, another name) stays one."""
    if found := _BRACKET.fullmatch(text):
        return f"{_name_units(found[1], scope)} ({_name_units(found[2], scope)})"
    return _name_units(text, scope)


def _name_units(text: str, scope: str) -> str:
    tokens = read_tokens(text, scope)
    units = list(_group_units(text, tokens))
    if not units:
        regions = [token.en for token in tokens if token.kind is Kind.REGION]
        return ", ".join(reversed(regions)) if regions and len(regions) == len(tokens) else text
    tail = text[units[-1].end :].strip()
    return _join_units([unit.en for unit in units] + ([tail] if tail else []))


def find_body(title: str, hint: str = "") -> Body | None:
    """Return the body that a title begins with, or None where it does not begin with one.

    `title` is taken as it stands: cut marks and agents off before.
    """
    tokens = read_tokens(title, read_scope(hint))
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
    whole = title[:end].removeprefix(STATE)
    names = (title[:end], whole, *(unit.zh for unit in taken), *regions)
    return Body(_join_units([unit.en for unit in taken]), end, names)


def _starts_title(unit: _Unit) -> bool:
    if not unit.gaps:
        return True
    own = unit.gaps[0]
    # a city or county that no table has
    unlisted = own[-1] in "市县旗" and unit.zh.startswith(own)
    named = len(unit.gaps) == 1 and (unlisted or _NAMED.search(unit.en.split(",")[0]))
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
    """Return the units smallest first; one that repeats an earlier one is left out."""
    kept: list[str] = []
    for name in names:
        key = name.replace("Public Security Sub-", "Sub-")
        again = any(one == key or one.startswith(f"{key}, ") for one in kept)
        if not again and not (kept and kept[-1].endswith(f" {key}")):
            kept.append(name)
    return ", ".join(reversed(kept))


def _group_units(text: str, tokens: Sequence[Token]) -> Iterator[_Unit]:
    """Yield the units of a name: each run of words up to a word for a body."""
    pending: list[Token] = []
    for token in tokens:
        pending.append(token)
        if token.kind in CLOSING:
            yield _compose_unit(text, pending)
            pending = []


def _compose_unit(text: str, tokens: Sequence[Token]) -> _Unit:
    lead = list(takewhile(lambda token: token.kind is Kind.REGION, tokens))
    rest = _order_numbers(_spell_first(tokens[len(lead) :]))
    lead = [token for token in lead if not _repeats_region(token, rest[0])]
    masked = any(token.kind is Kind.MASK for token in rest)
    words = [write_attribute(token.en) for token in rest]
    places = [_name_region(token, rest[0]) for token in reversed(lead)]
    stands_apart = rest[0].kind is Kind.OWN or (
        rest[0].kind is Kind.GAP and _NAMED.search(tokens[-1].en)
    )
    if lead and not stands_apart and tokens[-1].kind is Kind.HEAD:
        words.insert(0, write_attribute(places.pop(0)))
    name = _join_words(words) + (" (name masked)" if masked else "")
    return _Unit(
        en=", ".join([name, *places]),
        zh=text[tokens[0].start : tokens[-1].end],
        end=tokens[-1].end,
        gaps=tuple(token.en for token in tokens if token.kind is Kind.GAP),
        anchored=any(token.kind not in (Kind.PART, Kind.NUMBER, Kind.HEAD) for token in tokens),
        parent=tokens[-1].kind is Kind.PARENT,
    )


def _spell_first(tokens: Sequence[Token]) -> list[Token]:
    """Give the unknown own name that a unit begins with by its sound."""
    first, *others = tokens
    if first.kind is Kind.GAP and len(first.en) == 1 and others and others[0].kind is Kind.OWN:
        # 千佛山 is no 佛山
        own = others.pop(0)
        name = first.en + (own.region.zh if own.region else "")
        first = replace(first, en=name if own.region else first.en + own.en, end=own.end)
    if first.kind is Kind.GAP and others and _OWN_NAMED.search(tokens[-1].en):
        spelled = spell_own(first.en)
        first = replace(first, kind=Kind.OWN, en=spelled) if spelled else first
    return [first, *others]


def _order_numbers(tokens: Sequence[Token]) -> list[Token]:
    """Put a number before the words for a field in front of it: No. 2 Coast Guard Detachment."""
    ordered: list[Token] = []
    for token in tokens:
        at = len(ordered)
        while token.kind is Kind.NUMBER and at and ordered[at - 1].kind is Kind.PART:
            at -= 1
        ordered.insert(at, token)
    return ordered


def _repeats_region(lead: Token, first: Token) -> bool:
    """Say whether a province stands twice: 江西省江西司法警官职业学院."""
    one, other = lead.region, first.region
    if one is None or other is None or first.kind is not Kind.OWN:
        return False
    return one.level == 1 and one.adcode == other.adcode


def _name_region(token: Token, after: Token) -> str:
    """Return a region's name; 博州边境管理支队 and its like go by the short one."""
    region = token.region
    if region and region.kind == "short" and after.en.startswith("Frontier"):
        return region.stem_en
    return token.en


def _join_words(words: Sequence[str]) -> str:
    text = " ".join(word.strip() for word in words)
    return re.sub(r"\( | (?=[),、])", lambda space: space[0].strip(), text)
