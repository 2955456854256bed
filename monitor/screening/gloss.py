"""English of notice titles, item names and units, for readers without Chinese.

Machine English by glossary: show it beside the Chinese, never instead of it. Unknown words
stay in Chinese.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType

from monitor.models import Stance, Tag
from monitor.screening.bodies import Body, find_body
from monitor.screening.phrases import drop_note, load_terms, load_units, render_phrase
from monitor.screening.terms import Lexicon, fold_traditional, fold_width, read_numeral, read_table
from monitor.text.titles import strip_frame

TAG_NAMES: Mapping[Tag, str] = MappingProxyType(
    {
        Tag.PLANNING: "planning (the purchase is intended)",
        Tag.TENDER: "tender (offers are asked for)",
        Tag.TENDER_AMENDMENT: "correction (an earlier notice is changed)",
        Tag.AWARD: "award (the purchase was made)",
        Tag.CONTRACT: "contract (the purchase was signed)",
        Tag.IMPLEMENTATION: "implementation (the goods were delivered or accepted)",
        Tag.CANCELLATION: "cancellation (the purchase failed or was stopped)",
    }
)

STANCE_NAMES: Mapping[Stance, str] = MappingProxyType(
    {
        Stance.SUPPLIED: "supplied: named in the award or contract",
        Stance.SPECIFIED: "specified: required by name or model",
        Stance.SERVICED: "serviced: maintenance, parts or consumables for a device in use",
        Stance.VENDOR: "vendor: the winning supplier belongs to the company",
        Stance.REFERENCE: "reference: one of several brands named as examples",
        Stance.MINIMUM: "minimum: named as the least that is accepted",
        Stance.AMBIGUOUS: "ambiguous: the text does not say what is done with it",
        Stance.COMPATIBLE: "compatible: other products have to work with it",
        Stance.EXCLUDED: "excluded: not accepted",
        Stance.REPLACED: "replaced: to be taken out of use",
        Stance.NAME: "name: part of the name of a person, place or company",
    }
)

_TITLE_LIMIT = 600
_SAMPLE = re.compile(r"^\s*[【\[]样例[】\]]\s*")
_MARKUP = re.compile(r"<[^<>]{0,200}>")
_TAIL_BRACKET = re.compile(r"\s*\(([^()]{1,60})\)$")
_TAIL_MARKS = " -:,;、。_"
_LEAD_MARKS = " -:,;、。_的"
_PROJECT_NUMBER = r"[A-Z0-9][A-Za-z0-9]*(?:[-_/.][A-Za-z0-9]+)*"
_NUMBER_LABEL = re.compile(r"^(?:采购|招标|政府采购)?(?:项目|计划)?(?:编号|号)[::]?(.+)$")
_BARE_NUMBER = re.compile(rf"^(?=.*[0-9].*[0-9].*[0-9]){_PROJECT_NUMBER}$")
_LEAD_NUMBER = re.compile(rf"^({_PROJECT_NUMBER}?)-(?=[\u4e00-\u9fff])")
_TAIL_NUMBER = re.compile(rf"(?<![A-Za-z0-9-])((?=[A-Z]){_PROJECT_NUMBER})$")
_YEAR_WORD = r"((?:19|20)[0-9]{2}(?:年?[-至~](?:19|20)[0-9]{2})?)年(?:度)?"
_YEARS = re.compile(rf"^{_YEAR_WORD}(?![0-9])")
_MONTHS = re.compile(
    r"^((?:19|20)[0-9]{2})年([0-9]{1,2})月(?:份)?(?:[-至到~]([0-9]{1,2})月(?:份)?)?(?![0-9])"
)
_TAIL_YEARS = re.compile(rf"^{_YEAR_WORD}$")
_ROUND = re.compile(r"^(?:第)?([一二三四五六七八九十]|[0-9]{1,2})次(?:公告|采购|招标)?$")
_ROUND_AT_END = re.compile(r"第?([二三四五六七八九十2-9])次(?:招标|采购)?$")
# 公告二, 公告(二): the second notice of its kind; the numeral is all that is left.
_COUNT_AT_END = re.compile(
    r"(?<=公告|公示|通知)(?:\(([一二三四五六七八九十])\)|([一二三四五六七八九十]))$"
)
_ROUND_WORDS = "zeroth first second third fourth fifth sixth seventh eighth ninth tenth".split()
_SHELLS = (
    "货物类采购项目",
    "服务类采购项目",
    "工程类采购项目",
    "货物采购项目",
    "集中采购项目",
    "集中采购",
    "采购项目",
    "招标项目",
    "购置项目",
    "购买项目",
    "项目采购",
    "采购",
    "购置",
    "项目",
    "招标",
)
_MONTH_NAMES = (
    " January February March April May June July August September October November December"
).split(" ")
# What may stand before a method, and is no part of the thing bought.
_BEFORE_METHODS = ("电子化", "政府采购", "电子化政府采购")
# A round beside one of these counts the notices; beside any other, the attempts to buy.
_COUNTED = ("correction", "change", "clarification", "addendum", "postponement")


@dataclass
class _Tail:
    """What is taken off a title's ends, to be said after its object."""

    stages: list[str] = field(default_factory=list)
    years: list[str] = field(default_factory=list)
    round: str = ""
    count: str = ""
    numbers: list[str] = field(default_factory=list)
    kind: str = ""


def gloss_term(zh: str) -> str | None:
    """Return the English of one glossary word, with its notes, or None."""
    term = load_terms().get(fold_width(zh))
    return term.en if term else None


def gloss_unit(unit: str) -> str:
    """Return the English of a unit of quantity (台 -> unit); an unknown one comes back."""
    text = fold_width(unit)
    return load_units().get(text) or gloss_term(text) or unit


def gloss_item(name: str) -> str:
    """Return an item's name in English, unknown words in Chinese."""
    text = fold_width(_MARKUP.sub("", name))
    return _write_capital(render_phrase(text, notes=True).en) or text or name


def gloss_title(title: str, hint: str = "") -> str:
    """Return a notice's title as `Type: Object, Body (year) [No. …]`, unknown words in Chinese.

    `hint` is the region the portal shows. A text too long for a title comes back as it is.
    """
    text = fold_width(_MARKUP.sub("", title))
    if len(text) > _TITLE_LIMIT:
        return title
    sample = _SAMPLE.match(text)
    if sample:
        text = text[sample.end() :]
    text = strip_frame(text) or text
    tail = _Tail()
    text = _take_head(_take_tail(text, tail), tail)
    body = find_body(text, hint)
    if body:
        text = _drop_repeat(text, body)
        text = _take_head(text, tail)
    text = _take_lead_type(text, tail)
    english = _compose_title(_gloss_object(text), body.en if body else "", tail)
    return f"[SAMPLE] {english}" if sample else english or title


def _take_tail(text: str, tail: _Tail) -> str:
    """Take the type, stages, lots and numbers off the right end."""
    for _ in range(8):
        before = text
        text = text.rstrip(_TAIL_MARKS)
        if not tail.kind and not tail.count and (found := _COUNT_AT_END.search(text)):
            tail.count = found[1] or found[2]
            text = text[: found.start()]
        elif found := _TAIL_BRACKET.search(text):
            if not _read_bracket(found[1], tail):
                return text
            text = text[: found.start()]
        elif found := _TAIL_NUMBER.search(text):
            if not _BARE_NUMBER.match(found[1]):
                return text
            tail.numbers.append(found[1])
            text = text[: found.start()]
        elif not tail.kind:
            text = _take_type(text, tail)
        elif found := _ROUND_AT_END.search(text):
            tail.stages.insert(0, _write_round(found[1]))
            text = text[: found.start()]
        if text == before:
            return text
    return text


def _read_bracket(inside: str, tail: _Tail) -> bool:
    """Read a trailing bracket that holds a stage, lot, year or number; False for any other."""
    inside = inside.strip()
    label = _NUMBER_LABEL.match(inside)
    if label or _BARE_NUMBER.match(inside):
        tail.numbers.append(label[1].strip() if label else inside)
    elif found := _TAIL_YEARS.match(inside):
        tail.years.append(found[1])
    elif (found := _ROUND.match(inside)) and not tail.kind and not tail.round:
        tail.round = found[1]
    elif found:
        tail.stages.insert(0, _write_round(found[1]))
    else:
        phrase = render_phrase(inside)
        term = load_terms().get(inside)
        if phrase.unknown or not (
            (term and term.category in ("stage", "lot")) or phrase.en.startswith("Lot ")
        ):
            return False
        tail.stages.insert(0, phrase.en)
    return True


def _write_round(numeral: str) -> str:
    value = read_numeral(numeral) or 0
    return f"{_ROUND_WORDS[value]} round" if 0 < value < len(_ROUND_WORDS) else f"round {value}"


@lru_cache(maxsize=1)
def _load_type_words() -> tuple[Lexicon[str], Lexicon[str], Lexicon[str]]:
    """Return whole types, type words and methods, spelled backwards to match from the end."""
    rows = read_table("glossary.tsv")

    def reverse(category: str) -> Lexicon[str]:
        return Lexicon((r["zh"][::-1], r["en"]) for r in rows if r["category"] == category)

    return reverse("notice_type"), reverse("type_word"), reverse("method_word")


def _take_type(text: str, tail: _Tail) -> str:
    """Take the notice's type off the end: whole types first, then its words one by one."""
    wholes, words, methods = _load_type_words()
    backwards = fold_traditional(text)[::-1]
    kinds: list[str] = []
    at = 0
    found = wholes.longest(backwards, 0)
    found = found or methods.longest(backwards, 0) or words.longest(backwards, 0)
    while found:
        kinds.insert(0, found[1])
        at += len(found[0])
        if methods.longest(backwards, at - len(found[0])) or _names_method(found[0]):
            break
        found = methods.longest(backwards, at) or words.longest(backwards, at)
    while kinds and (found := words.longest(backwards, at)) and found[0][::-1] in _BEFORE_METHODS:
        kinds.insert(0, found[1])
        at += len(found[0])
    rest = text[: len(text) - at].rstrip(_TAIL_MARKS).removesuffix("的")
    if not kinds or (at < 4 and not _ends_as_type(backwards)):
        return text
    tail.kind = " ".join(drop_note(kind) for kind in kinds) if len(kinds) > 1 else kinds[0]
    return rest


def _names_method(backwards: str) -> bool:
    """Say whether a whole type, spelled backwards, begins with a method: 询价公告."""
    methods = _load_type_words()[2]
    return any(
        (found := methods.longest(backwards, at)) is not None
        and at + len(found[0]) == len(backwards)
        for at in range(len(backwards))
    )


def _ends_as_type(backwards: str) -> bool:
    """Say whether a short ending is a type by itself; 采购 or 结果 alone is not."""
    return backwards.startswith(("告公", "示公", "同合", "向意", "知通", "商磋", "判谈", "价询"))


def _take_head(text: str, tail: _Tail) -> str:
    """Take numbers, years and months off the left end."""
    text = text.lstrip(_LEAD_MARKS)
    if (found := _LEAD_NUMBER.match(text)) and _BARE_NUMBER.match(found[1]):
        tail.numbers.append(found[1])
        text = text[found.end() :]
    if found := _MONTHS.match(text):
        tail.years.append(_write_months(found[1], found[2], found[3]))
        text = text[found.end() :]
    elif found := _YEARS.match(text):
        tail.years.append(found[1].replace("年", ""))
        text = text[found.end() :]
    return text.lstrip(_LEAD_MARKS)


def _take_lead_type(text: str, tail: _Tail) -> str:
    """Take a type that stands before the object: 政府采购意向-视频云存储扩容."""
    found = None if tail.kind else load_terms().longest(fold_traditional(text), 0)
    if not found or found[1].category != "notice_type":
        return text
    rest = text[len(found[0]) :]
    if rest and rest[0] not in "-:":
        return text
    tail.kind = drop_note(found[1].en)
    return rest.lstrip(_LEAD_MARKS)


def _write_months(year: str, first: str, last: str | None) -> str:
    months = [int(month) for month in (first, last) if month]
    if not all(1 <= month <= 12 for month in months):
        return year
    return " to ".join(_MONTH_NAMES[month] for month in months) + f" {year}"


def _drop_repeat(text: str, body: Body) -> str:
    """Cut the body off the left, and what of its name stands there twice."""
    rest = text[body.end :].lstrip(_LEAD_MARKS)
    for name in sorted(body.names, key=len, reverse=True):
        if rest.startswith(name) and len(rest) > len(name):
            return rest[len(name) :]
    return rest


def _gloss_object(text: str) -> str:
    """Return the thing bought in English; the Chinese leads where most of it is unknown."""
    text = _strip_shell(text)
    phrase = render_phrase(text)
    if phrase.unknown <= phrase.known:
        return _write_capital(phrase.en)
    words = ", ".join(dict.fromkeys(phrase.known_words))
    # The mark says that the English is of a part only.
    return f"{text} ({words} …)" if words else text


def _strip_shell(text: str) -> str:
    """Cut off final words that only say that something is bought."""
    text = text.strip(_LEAD_MARKS)
    for shell in _SHELLS:
        if fold_traditional(text).endswith(shell) and len(text) > len(shell):
            return text[: -len(shell)].rstrip(_LEAD_MARKS)
    return text


def _compose_title(thing: str, body: str, tail: _Tail) -> str:
    stages = list(tail.stages)
    if tail.round and not any(word in tail.kind for word in _COUNTED):
        stages.append(_write_round(tail.round))
    parts = [part for part in (thing, *stages, body) if part]
    english = ", ".join(parts)
    if tail.kind:
        counted = tail.round and any(word in tail.kind for word in _COUNTED)
        kind = _write_capital(tail.kind)
        kind += f" (No. {read_numeral(tail.round)})" if counted else ""
        kind += f" ({read_numeral(tail.count)})" if tail.count else ""
        english = f"{kind}: {english}" if english else kind
    if tail.years:
        english += f" ({', '.join(dict.fromkeys(tail.years))})"
    if tail.numbers:
        english += f" [No. {', '.join(dict.fromkeys(tail.numbers))}]"
    return english


def _write_capital(text: str) -> str:
    return text[:1].upper() + text[1:]
