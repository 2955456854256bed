"""Find aliases and product patterns in a zone: one Aho-Corasick pass on normalised text.

The only door to ahocorasick_rs.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate

from ahocorasick_rs import AhoCorasick, Implementation

from monitor.models import Strength, Zone
from monitor.screening.entries import (
    Brand,
    Span,
    compile_pattern,
    fold_text,
    is_bounded,
)
from monitor.text.normalize import Normalized, normalize

# More mentions of one brand in one line or cell say nothing new, and a page may hold a million.
MOST_HITS = 200
_RANK = {Strength.STRONG: 2, Strength.MEDIUM: 1, Strength.WEAK: 0}


@dataclass(frozen=True)
class Found:
    """An alias or pattern of a brand at a place of a zone's normalised text."""

    brand: Brand
    alias: str
    strength: Strength
    zone: Zone
    text: Normalized
    start: int
    end: int
    is_model: bool = False

    @property
    def original(self) -> Span:
        """Return the place in the zone's own text."""
        return self.text.span(self.start, self.end)


@dataclass(frozen=True)
class _Word:
    brand: Brand
    alias: str
    strength: Strength | None  # None: a literal that cancels


class Scanner:
    """All brands of the watchlists as one automaton; build once, use from any thread."""

    def __init__(self, brands: Iterable[Brand]) -> None:
        self.brands = tuple(brands)
        self._words = [word for brand in self.brands for word in _list_words(brand)]
        patterns = [fold_text(word.alias) for word in self._words]
        self._automaton = AhoCorasick(patterns, implementation=Implementation.ContiguousNFA)

    def scan_zone(self, zone: Zone) -> list[Found]:
        """Return what the watchlists find in a zone, the longest hit of each brand at a place."""
        text = normalize(zone.text)
        found, cancelled = self._find_words(zone, text)
        found += _find_products(self.brands, zone, text)
        kept = _drop_void(found, cancelled, text.text)
        return _cap_hits(sorted(_drop_inner(kept), key=lambda one: (one.start, one.brand.id)))

    def _find_words(
        self, zone: Zone, text: Normalized
    ) -> tuple[list[Found], dict[str, list[Span]]]:
        found: list[Found] = []
        cancelled: dict[str, list[Span]] = {}
        for index, start, end in self._automaton.find_matches_as_indexes(
            text.text, overlapping=True
        ):
            word = self._words[index]
            if word.strength is None:
                cancelled.setdefault(word.brand.id, []).append((start, end))
            elif is_bounded(text.text, start, end):
                found.append(Found(word.brand, word.alias, word.strength, zone, text, start, end))
        return found, cancelled


def _list_words(brand: Brand) -> Iterator[_Word]:
    for strength, _, alias in brand.aliases.graded():
        yield _Word(brand, alias, strength)
    for company in brand.companies:
        yield _Word(brand, company, Strength.STRONG)
    for literal in brand.exclude:
        yield _Word(brand, literal, None)


def _find_products(brands: Iterable[Brand], zone: Zone, text: Normalized) -> list[Found]:
    return [
        Found(brand, product.what, product.strength, zone, text, *match.span(), is_model=True)
        for brand in brands
        for product in brand.products
        for match in compile_pattern(product.pattern).finditer(text.text)
    ]


def _drop_void(found: list[Found], cancelled: dict[str, list[Span]], text: str) -> list[Found]:
    """Leave out what lies inside a context that cancels it."""
    covers: dict[str, _Cover] = {}
    for one in found:
        if one.brand.id not in covers:
            spans = list(cancelled.get(one.brand.id, ()))
            for pattern in one.brand.exclude_patterns:
                spans += [match.span() for match in compile_pattern(pattern).finditer(text)]
            covers[one.brand.id] = _Cover(spans)
    return [one for one in found if not covers[one.brand.id].holds(one.start, one.end)]


class _Cover:
    """Spans of a text; says fast whether one of them holds a hit."""

    def __init__(self, spans: Iterable[Span]) -> None:
        ordered = sorted(spans)
        self._starts = [start for start, _ in ordered]
        self._reach = list(accumulate((end for _, end in ordered), max))

    def holds(self, start: int, end: int) -> bool:
        """Say whether a span that begins at or before `start` reaches `end`."""
        place = bisect_right(self._starts, start)
        return place > 0 and self._reach[place - 1] >= end


def _drop_inner(found: list[Found]) -> list[Found]:
    """Keep of overlapping hits of a brand the strongest, then the longest."""
    kept: list[Found] = []
    taken: dict[str, set[int]] = {}
    for one in sorted(found, key=lambda f: (-_RANK[f.strength], f.start - f.end, f.start)):
        places = taken.setdefault(one.brand.id, set())
        if places.isdisjoint(range(one.start, one.end)):
            places.update(range(one.start, one.end))
            kept.append(one)
    return kept


def _cap_hits(found: list[Found]) -> list[Found]:
    """Keep of each brand the first MOST_HITS."""
    counts: Counter[str] = Counter()
    kept = []
    for one in found:
        counts[one.brand.id] += 1
        if counts[one.brand.id] <= MOST_HITS:
            kept.append(one)
    return kept
