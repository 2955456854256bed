"""Find aliases and product patterns in a zone: one Aho-Corasick pass on normalised text.

The only door to ahocorasick_rs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ahocorasick_rs import AhoCorasick, Implementation

from monitor.models import Strength, Zone
from monitor.screening.entries import (
    Brand,
    Span,
    compile_pattern,
    fold_text,
    is_bounded,
    is_cancelled,
)
from monitor.text.normalize import Normalized, normalize

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
        kept = [one for one in found if not _is_void(one, cancelled)]
        return sorted(_drop_inner(kept), key=lambda one: (one.start, one.brand.id))

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
    for literal in brand.exclude:
        yield _Word(brand, literal, None)


def _find_products(brands: Iterable[Brand], zone: Zone, text: Normalized) -> list[Found]:
    return [
        Found(brand, product.what, product.strength, zone, text, *match.span(), is_model=True)
        for brand in brands
        for product in brand.products
        for match in compile_pattern(product.pattern).finditer(text.text)
    ]


def _is_void(found: Found, cancelled: dict[str, list[Span]]) -> bool:
    spans = list(cancelled.get(found.brand.id, ()))
    for pattern in found.brand.exclude_patterns:
        spans += [match.span() for match in compile_pattern(pattern).finditer(found.text.text)]
    return is_cancelled(found.start, found.end, spans)


def _drop_inner(found: list[Found]) -> list[Found]:
    """Keep of overlapping hits of a brand the strongest, then the longest."""
    kept: list[Found] = []
    for one in sorted(found, key=lambda f: (-_RANK[f.strength], f.start - f.end, f.start)):
        if not any(k.brand is one.brand and k.start < one.end and one.start < k.end for k in kept):
            kept.append(one)
    return kept
