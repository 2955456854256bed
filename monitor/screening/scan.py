"""Find aliases and product patterns in a zone: one Aho-Corasick pass on normalised text.

The only door to ahocorasick_rs.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate, chain

from ahocorasick_rs import AhoCorasick, Implementation

from monitor.models import Strength, Zone
from monitor.screening.entries import (
    Brand,
    Product,
    Span,
    compile_pattern,
    fold_text,
    is_bounded,
)
from monitor.text.normalize import Normalized, normalize

# More mentions of one brand in one line or cell say nothing new, and a page may hold a million.
MOST_HITS = 200
# The longest hit at a place is chosen among so many.
_MOST_RAW = 20 * MOST_HITS
_SEPARATOR = "\n\0\n"
# A pattern may see the edge of its text by these, but not by a class of plain characters.
_EDGE_SENSITIVE = re.compile(r"\(\?<?!|\(\?>|\\[AZbB]|[$^]|[*+?}]\+")
_PLAIN_EDGE = re.compile(r"\(\?<?!\[[a-z0-9A-Z-]+\]\)")
# Patterns mostly begin with a word, or a choice of words: to look for it costs next to nothing.
_CLASS = re.compile(r"\\.|\[[^\]]+\]")
_GROUP = re.compile(r"\([^()]*\)")
_HEAD = re.compile(
    r"(?:\(\?<!\[[a-z0-9A-Z-]+\]\))?"
    r"(?:\(\?:(?P<choices>[^()\[\]\\]+)\)|(?P<word>[A-Za-z0-9]+[?*{]?))(?P<times>(?<=\))[?*{])?"
)
# Not a last letter that may be absent.
_HEAD_WORD = re.compile(r"([A-Za-z0-9\u4e00-\u9fff]+)(?![?*{])")
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


class _Product:
    """A product pattern made ready; `joins` where other zones beside one cannot hide a match."""

    def __init__(self, brand: Brand, product: Product) -> None:
        self.brand, self.product = brand, product
        self.pattern = compile_pattern(product.pattern)
        self.joins = _EDGE_SENSITIVE.search(_PLAIN_EDGE.sub("", product.pattern)) is None
        self.heads = read_heads(product.pattern)

    def may_stand(self, joined: str) -> bool:
        """Say whether a zone of the joined ones may hold a match."""
        if self.heads and not any(head in joined for head in self.heads):
            return False
        return not self.joins or self.pattern.search(joined) is not None


def read_heads(pattern: str) -> tuple[str, ...]:
    """Return words, folded, with one of which every match begins; () where that is not plain."""
    flat, before = _CLASS.sub("x", pattern), ""
    while flat != before:
        flat, before = _GROUP.sub("x", flat), flat
    if "|" in flat:
        return ()
    found = _HEAD.match(pattern)
    if found is None or found["times"]:
        return ()
    words = [_HEAD_WORD.match(choice) for choice in (found["choices"] or found["word"]).split("|")]
    return tuple(word[1].lower() for word in words if word) if all(words) else ()


class Scanner:
    """All brands of the watchlists as one automaton; build once, use from any thread."""

    def __init__(self, brands: Iterable[Brand]) -> None:
        self.brands = tuple(brands)
        self._words = [word for brand in self.brands for word in _list_words(brand)]
        patterns = [fold_text(word.alias) for word in self._words]
        self._automaton = AhoCorasick(patterns, implementation=Implementation.ContiguousNFA)
        self._products = [_Product(b, p) for b in self.brands for p in b.products]

    def scan_zone(self, zone: Zone) -> list[Found]:
        """Return what the watchlists find in a zone, the longest hit of each brand at a place."""
        return self._scan(zone, normalize(zone.text), self._products)

    def scan_zones(self, zones: Iterable[Zone]) -> list[list[Found]]:
        """Return what scan_zone finds in each of several zones, at less cost."""
        texts = [(zone, normalize(zone.text)) for zone in zones]
        # Zones are short and patterns many: nearly all fail, so each is first tried once on all.
        joined = _SEPARATOR.join(text.text for _, text in texts).replace("ı", "i")
        products = [product for product in self._products if product.may_stand(joined)]
        return [self._scan(zone, text, products) for zone, text in texts]

    def _scan(self, zone: Zone, text: Normalized, products: Iterable[_Product]) -> list[Found]:
        matches = self._automaton.find_matches_as_indexes(text.text, overlapping=True)
        cancelled: dict[str, list[Span]] = {}
        for index, start, end in matches:
            if self._words[index].strength is None:
                cancelled.setdefault(self._words[index].brand.id, []).append((start, end))
        words = self._find_words(matches, zone, text)
        found = chain(words, _find_products(products, zone, text))
        kept = _drop_void(found, cancelled, text.text)
        return _cap_hits(sorted(_drop_inner(kept), key=lambda one: (one.start, one.brand.id)))

    def _find_words(
        self, matches: Iterable[tuple[int, int, int]], zone: Zone, text: Normalized
    ) -> Iterator[Found]:
        for index, start, end in matches:
            word = self._words[index]
            if word.strength is not None and is_bounded(text.text, start, end):
                yield Found(word.brand, word.alias, word.strength, zone, text, start, end)


def _list_words(brand: Brand) -> Iterator[_Word]:
    for strength, _, alias in brand.aliases.graded():
        yield _Word(brand, alias, strength)
    for company in brand.companies:
        yield _Word(brand, company, Strength.STRONG)
    for literal in brand.exclude:
        yield _Word(brand, literal, None)


def _find_products(products: Iterable[_Product], zone: Zone, text: Normalized) -> Iterator[Found]:
    for one in products:
        what, strength = one.product.what, one.product.strength
        for match in one.pattern.finditer(text.text):
            yield Found(one.brand, what, strength, zone, text, *match.span(), is_model=True)


def _drop_void(
    found: Iterable[Found], cancelled: dict[str, list[Span]], text: str
) -> Iterator[Found]:
    """Leave out what lies inside a context that cancels it, and what is far too much."""
    covers: dict[str, _Cover] = {}
    counts: Counter[str] = Counter()
    for one in found:
        brand = one.brand
        if brand.id not in covers:
            spans = list(cancelled.get(brand.id, ()))
            for pattern in brand.exclude_patterns:
                spans += [match.span() for match in compile_pattern(pattern).finditer(text)]
            covers[brand.id] = _Cover(spans)
        if counts[brand.id] < _MOST_RAW and not covers[brand.id].holds(one.start, one.end):
            counts[brand.id] += 1
            yield one


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


def _drop_inner(found: Iterable[Found]) -> list[Found]:
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
