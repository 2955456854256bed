"""Administrative divisions of China: which one a name means, and its English.

Names and codes: real-china-division (CC BY 4.0), from the place-name service of the
Ministry of Civil Affairs; English forms checked against GeoNames (CC BY 4.0).
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, replace
from functools import lru_cache

from monitor.screening.terms import Lexicon, fold_traditional, read_table

_AUTONOMOUS = ("自治州", "自治县", "自治旗")
_KINDS = ("full", "sample", "short", "former")
# A bare stem such as 和平 or 东方 is also an ordinary word: inside a name it is a place
# only in front of these.
_AFTER_STEM = re.compile(
    r"第[一二三四五六七八九十]|女子|强制|铁路|海关|机场|海警|边境|边防|出入境|未成年"
    r"|分局|监狱|看守所|拘留所|戒毒|警察|警官|公安|总队|支队|大队"
)
_PREFIX = re.compile(r"(?:中华人民共和国|中国共产党|中共|中国|武警|关于)?")


@dataclass(frozen=True)
class Region:
    """A division found in a text; `adcode` is "" where the name alone does not decide.

    `en` is the whole English name, `stem_en` without the word for its kind; `level` is
    1 province, 2 prefecture, 3 county. `kind` is the row that matched: full, short, former,
    sample, or stem (喀什 for 喀什地区).
    """

    adcode: str
    zh: str
    en: str
    start: int
    end: int
    level: int = 0
    stem_en: str = ""
    kind: str = ""


@dataclass(frozen=True)
class _Row:
    adcode: str
    level: int
    kind: str
    en: str
    stem_en: str
    generic: bool


class Places:
    """All divisions, by full name, short form, former name and stem."""

    def __init__(self) -> None:
        names: dict[str, list[_Row]] = defaultdict(list)
        stems: dict[str, list[_Row]] = defaultdict(list)
        for row in read_table("regions.tsv"):
            zh = row["name_zh"]
            # 城区, 郊区, 东区: the name of a district only beside the name of its city
            generic = len(zh) == 2 and zh[1] == "区"
            kept = _Row(
                row["adcode"],
                int(row["level"]),
                row["kind"],
                row["name_en"],
                row["stem_en"],
                generic,
            )
            names[zh].append(kept)
            if row["stem_zh"]:
                stems[row["stem_zh"]].append(kept)
            # 湘西自治州 for 湘西土家族苗族自治州
            short = row["stem_zh"] + zh[-3:]
            if zh.endswith(_AUTONOMOUS) and len(short) > len(_AUTONOMOUS[0]) and short != zh:
                names[short].append(replace(kept, kind="short"))
        self._names = Lexicon(names.items())
        self._stems = Lexicon((zh, rows) for zh, rows in stems.items() if zh not in names)

    def match_name(self, text: str, start: int, scope: str = "") -> Region | None:
        """Return the division whose full, short or former name begins at `start`.

        `scope` is the adcode of what was named before, or of the portal; it decides
        between equal names. `text` is folded (`fold_traditional`).
        """
        found = self._names.longest(text, start)
        return _choose(found[0], found[1], start, scope, is_stem=False) if found else None

    def match_stem(self, text: str, start: int, scope: str = "") -> Region | None:
        """Return the division whose bare stem (喀什, 库尔勒) begins at `start`."""
        found = self._stems.longest(text, start)
        return _choose(found[0], found[1], start, scope, is_stem=True) if found else None

    def read_scope(self, hint: str) -> str:
        """Return the adcode of the deepest division a portal's region string names, or ""."""
        region = self.find(hint, "")
        if region is None and "兵团" in hint:
            return "650000"
        return region.adcode if region else ""

    def find(self, text: str, scope: str) -> Region | None:
        """Return the deepest division named in `text`, each within the one before it."""
        text = fold_traditional(text)
        deepest: Region | None = None
        lead = _PREFIX.match(text)
        start = edge = lead.end() if lead else 0
        while start < len(text):
            region = self._match_any(text, start, scope, bare=start == edge)
            if region is None:
                start += 1
                continue
            if deepest is None or lies_within(region.adcode, deepest.adcode):
                deepest, scope = region, region.adcode or scope
            start = edge = region.end
        return deepest

    def _match_any(self, text: str, start: int, scope: str, *, bare: bool) -> Region | None:
        region = self.match_name(text, start, scope)
        stem = self.match_stem(text, start, scope)
        if stem and not bare and not _AFTER_STEM.match(text, stem.end):
            stem = None
        if region and stem:
            return max(region, stem, key=lambda one: one.end)
        return region or stem


def _choose(zh: str, rows: list[_Row], start: int, scope: str, *, is_stem: bool) -> Region | None:
    best = max(_count_shared(row.adcode, scope) for row in rows)
    near = [row for row in rows if _count_shared(row.adcode, scope) == best]
    top = min(_rank_row(row) for row in near)
    near = [row for row in near if _rank_row(row) == top]
    row = near[0]
    names = {one.stem_en if is_stem else one.en for one in near}
    if (row.generic and not best) or len(names) > 1:
        return None
    # A stem far from where the notice comes from is most likely a town of the same name.
    stray = is_stem and bool(scope) and not best and row.level == 3
    adcode = "" if len(near) > 1 or stray else row.adcode
    en = row.en if len({one.en for one in near}) == 1 else row.stem_en
    kind = "stem" if is_stem else row.kind
    return Region(adcode, zh, en, start, start + len(zh), row.level, row.stem_en, kind)


def _rank_row(row: _Row) -> tuple[int, int]:
    return (_KINDS.index(row.kind) if row.kind == "former" else 0, row.level)


def _count_shared(adcode: str, scope: str) -> int:
    """Count the levels (province, prefecture, county) that two adcodes share."""
    return sum(bool(scope) and adcode[:size] == scope[:size] for size in (2, 4, 6))


def lies_within(adcode: str, parent: str) -> bool:
    """Return whether one division is a part of another, both by adcode."""
    stem = parent.rstrip("0")
    stem += "0" * (len(stem) % 2)
    return bool(adcode) and bool(parent) and adcode != parent and adcode.startswith(stem)


@lru_cache(maxsize=1)
def load_places() -> Places:
    """Return the divisions, read once from the package."""
    return Places()


@lru_cache(maxsize=1024)
def read_scope(hint: str) -> str:
    """Return the adcode that a portal's region string such as 新疆 stands for, or ""."""
    return load_places().read_scope(hint) if hint else ""


def find_region(text: str, hint: str = "") -> Region | None:
    """Return the deepest division that a body's name carries, or None.

    `hint` is the region the portal shows; it decides between equal names (朝阳区).
    `start` and `end` are offsets into `text`.
    """
    return load_places().find(text, read_scope(hint))
