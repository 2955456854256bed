"""Names of suppliers and agents in English: place, own name, trade, legal form.

The English is ours, not official. An own name that no table knows is given by its sound, in
‹ ›; show the Chinese beside it.
"""

from __future__ import annotations

import re
from functools import lru_cache

from monitor.screening.bodies import name_english
from monitor.screening.bodywords import spell_own
from monitor.screening.gloss import gloss_item
from monitor.screening.places import lies_within, load_places, read_scope
from monitor.screening.sounds import spell_name
from monitor.screening.terms import (
    Lexicon,
    count_chinese,
    fold_traditional,
    fold_width,
    read_table,
)

_BRANCH = re.compile(r"(?P<firm>.*(?:公司|厂|社))(?P<branch>[^()]{2,12}?)分(?:公司|厂|社)$")
_NOTE = re.compile(r"(?P<firm>.*\S)\s*\((?P<note>[^()]*)\)$")
_BRAND_SEPARATOR = re.compile(r"[、;]|,\s*|/(?=[^\x00-\x7f])")
_INNER = re.compile(r"\((?P<inside>[^()]{2,8})\)")
_NOTES = {
    "联合体": "consortium",
    "联合体牵头人": "consortium leader",
    "联合体牵头单位": "consortium leader",
    "联合体成员": "consortium member",
    "牵头单位": "consortium leader",
    "牵头人": "consortium leader",
    "成员单位": "consortium member",
    "个体工商户": "sole trader",
    "普通合伙": "general partnership",
    "有限合伙": "limited partnership",
    "特殊普通合伙": "special general partnership",
}
_LONGEST_OWN = 6
# 云岭市远志商贸: a city or county that no table has
_UNKNOWN_PLACE = re.compile("[\u4e00-\u9fff]{2}[市县](?![政场容民区域])(?=[\u4e00-\u9fff]{2})")
_NO_BRANDS = frozenset("国产 进口 定制 其他 其它 无品牌 国产品牌 不限 暂无 详见附件".split())


def name_supplier(name: str, hint: str = "") -> str:
    """Return a supplier's name in English; that of a public body by the rules for bodies.

    `hint` is the region the portal shows. A name without any known part comes back as it is.
    """
    text = fold_width(name)
    if (found := _NOTE.fullmatch(text)) and found["note"] in _NOTES:
        return f"{name_supplier(found['firm'], hint)} ({_NOTES[found['note']]})"
    if (found := _BRANCH.fullmatch(text)) and _find_form(found["firm"])[0]:
        return f"{_name_firm(found['firm'], hint)}, {_name_branch(found['branch'], hint)}"
    if _find_form(text)[0]:
        return _name_firm(text, hint)
    return name_english(text, hint)


def name_brand(brand: str) -> str:
    """Return makers' names as a brand column has them in English, an unknown one by its sound.

    Several are told apart by commas. What is no short Chinese name is put through the glossary.
    """
    text = fold_width(brand)
    if found := _NOTE.fullmatch(text):
        return f"{name_brand(found['firm'])} ({gloss_item(found['note'])})"
    parts = [part.strip() for part in _BRAND_SEPARATOR.split(text)]
    return ", ".join(_name_maker(part) for part in parts if part) or text


def _name_maker(text: str) -> str:
    if known := _load_firms().get(text):
        return known
    spelled = 2 <= len(text) == count_chinese(text) <= _LONGEST_OWN and text not in _NO_BRANDS
    return spell_name(text) if spelled else gloss_item(text)


def _name_branch(text: str, hint: str) -> str:
    places, rest = _take_places(text, hint)
    return " ".join([*places, *([spell_name(rest)] if rest else []), "Branch"])


def _name_firm(text: str, hint: str) -> str:
    form, en = _find_form(text)
    stem, inner = _take_inner(text.removesuffix(form), hint)
    places, rest = _take_places(stem, hint)
    own, trade = _split_trade(rest)
    words = [*places, *_name_own(own), *trade]
    english = " ".join(dict.fromkeys(word for word in words if word))
    if not english:
        return text
    ending = "" if english.endswith(en) else f" {en}"
    return f"{english}{inner}{ending}"


def _find_form(text: str) -> tuple[str, str]:
    """Return the legal form a name ends in, with its English; two empty ones for none."""
    for start in range(max(1, len(text) - 8), len(text)):
        if en := _load_forms().get(text[start:]):
            return text[start:], en
    return "", ""


def _take_inner(text: str, hint: str) -> tuple[str, str]:
    """Take a bracket out of a name: 普洛麦格(北京)生物技术 is the one of Beijing."""
    found = _INNER.search(text)
    if found is None:
        return text, ""
    places, rest = _take_places(found["inside"], hint)
    english = " ".join([*places, *_name_own(rest)])
    if found["inside"] == "集团":
        english = "Group"
    return text[: found.start()] + text[found.end() :], f" ({english})"


def _take_places(text: str, hint: str) -> tuple[list[str], str]:
    """Take the divisions off the left end; cities and provinces go by their short names."""
    folded, places, at = fold_traditional(text), [], 0
    scope, within = read_scope(hint), ""
    while at < len(folded) and not _load_firms().longest(folded, at):
        whole = load_places().match_name(folded, at, scope)
        stem = load_places().match_stem(folded, at, scope)
        # 新疆昆仑, 江西星子: a second place without the word for its kind lies in the first
        if stem and at and not lies_within(stem.adcode, within):
            stem = None
        region = max((r for r in (whole, stem) if r), key=lambda one: one.end, default=None)
        if region is None:
            break
        short = region.level < 3 or region.kind == "stem" or region.zh.endswith("市")
        places.append(region.stem_en if short and region.stem_en else region.en)
        scope, within, at = region.adcode or scope, region.adcode, region.end
    if not places and (found := _UNKNOWN_PLACE.match(text)):
        return [spell_own(found[0])], text[found.end() :]
    return places, text[at:]


def _split_trade(text: str) -> tuple[str, list[str]]:
    """Cut the words for a trade off the right end; what is left is the firm's own name."""
    folded = fold_traditional(text)
    end = len(folded)
    words: list[str] = []
    while end:
        found = _load_trades().longest(folded[:end][::-1], 0)
        if found is None:
            break
        words.insert(0, found[1])
        end -= len(found[0])
    return text[:end], words


def _name_own(text: str) -> list[str]:
    """Return a firm's own name: well-known ones by their English, others by their sound."""
    text = text.strip()
    found = _load_firms().longest(fold_traditional(text), 0)
    if found:
        places, rest = _take_places(text[len(found[0]) :].removeprefix("集团"), "")
        own, trade = _split_trade(rest)
        return [found[1], *places, *_spell_own(own), *trade]
    return _spell_own(text)


def _spell_own(text: str) -> list[str]:
    if not text:
        return []
    spelled = len(text) == count_chinese(text) <= _LONGEST_OWN
    return [spell_name(text) if spelled else text]


@lru_cache(maxsize=1)
def _load_rows() -> dict[str, list[tuple[str, str]]]:
    rows: dict[str, list[tuple[str, str]]] = {"firm": [], "word": [], "form": []}
    for row in read_table("firms.tsv"):
        rows[row["role"]].append((row["zh"], row["en"]))
    return rows


@lru_cache(maxsize=1)
def _load_firms() -> Lexicon[str]:
    return Lexicon(_load_rows()["firm"])


@lru_cache(maxsize=1)
def _load_trades() -> Lexicon[str]:
    """Return the words for trades, spelled backwards to match from the end."""
    return Lexicon((zh[::-1], en) for zh, en in _load_rows()["word"])


@lru_cache(maxsize=1)
def _load_forms() -> Lexicon[str]:
    return Lexicon(_load_rows()["form"])
