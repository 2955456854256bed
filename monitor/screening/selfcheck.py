"""An entry at its place in a file, and its own test phrases, tried on the entry itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from monitor.errors import ConfigError
from monitor.models import Strength
from monitor.screening.entries import (
    Agency,
    Brand,
    Entry,
    Product,
    Screened,
    alias_pattern,
    compile_pattern,
    fold_text,
    is_cancelled,
)
from monitor.yamlfile import Loaded

Location = tuple[str | int, ...]


@dataclass(frozen=True)
class Complaint:
    """Something wrong at a place inside an entry."""

    loc: Location
    message: str
    hint: str = ""


@dataclass(frozen=True)
class Placed:
    """An entry and where it stands: the index is that in its file."""

    entry: Entry
    file: Loaded[Any]
    index: int

    def error(self, complaint: Complaint) -> ConfigError:
        """Return a complaint as an error that names file, line and column."""
        loc = ("entries", self.index, *complaint.loc)
        return self.file.error(loc, complaint.message, complaint.hint)

    def show_place(self, *loc: str | int) -> str:
        """Return file:line of something in the entry, for a message that stands elsewhere."""
        line, _ = self.file.mark(("entries", self.index, *loc))
        return f"{self.file.path.name}:{line}"


def check_entry(entry: Screened) -> Iterator[Complaint]:
    """Yield what an entry's seen and not_seen lines prove wrong."""
    for place, phrase in enumerate(entry.seen):
        if not find_words(entry, phrase, telling=True):
            message = f"this entry does not find itself in {phrase!r}"
            yield Complaint(("seen", place), message, "add a spelling, or loosen an exclude")
    for place, phrase in enumerate(entry.not_seen):
        if words := find_words(entry, phrase):
            message = f"{words[0]!r} is found in {phrase!r}"
            yield Complaint(("not_seen", place), message, "add an exclude")
    if isinstance(entry, Brand):
        for index, product in enumerate(entry.products):
            yield from _check_product(entry, product, ("products", index))


def _check_product(brand: Brand, product: Product, loc: Location) -> Iterator[Complaint]:
    for place, phrase in enumerate(product.seen):
        if not _find_pattern(brand, product.pattern, fold_text(phrase)):
            yield Complaint((*loc, "seen", place), f"the pattern does not find {phrase!r}")
    for place, phrase in enumerate(product.not_seen):
        if found := _find_pattern(brand, product.pattern, fold_text(phrase)):
            message = f"the pattern finds {found[0]!r} in {phrase!r}"
            yield Complaint((*loc, "not", place), message, "make the pattern narrower")


def find_words(entry: Screened, phrase: str, *, telling: bool = False) -> list[str]:
    """Return what an entry finds in a phrase; `telling` leaves out weak aliases."""
    text = fold_text(phrase)
    if isinstance(entry, Agency):
        return [word for pattern in entry.patterns for word in _find_pattern(entry, pattern, text)]
    if not isinstance(entry, Brand):
        return []
    weak = () if telling else (Strength.WEAK,)
    wanted = (Strength.STRONG, Strength.MEDIUM, *weak)
    words = [
        alias
        for strength, _, alias in entry.aliases.graded()
        if strength in wanted and _finds_alias(entry, alias, text)
    ]
    words += [company for company in entry.companies if _finds_alias(entry, company, text)]
    for product in entry.products:
        words += _find_pattern(entry, product.pattern, text)
    return words


def list_untested(entry: Screened) -> Iterator[Complaint]:
    """Yield what no seen line shows: a whole entry, or a strong alias of it."""
    if not entry.seen and _needs_seen(entry):
        hint = "add seen: [a phrase as it stands in a notice]"
        yield Complaint((), f"no seen line shows that '{entry.id}' finds what it should", hint)
    elif isinstance(entry, Brand):
        lines = [fold_text(phrase) for phrase in entry.seen]
        for place, alias in enumerate(entry.aliases.strong):
            if not any(_finds_alias(entry, alias, line) for line in lines):
                hint = "add a phrase as it stands in a notice"
                yield Complaint(("aliases", "strong", place), f"no seen line shows {alias!r}", hint)


def _needs_seen(entry: Screened) -> bool:
    """Say whether seen lines would prove something: products have their own, weak words cannot."""
    if not isinstance(entry, Brand):
        return True
    named = entry.aliases.strong or entry.aliases.medium or entry.companies
    return bool(entry.aliases.strong or (named and not entry.products))


def _finds_alias(entry: Screened, alias: str, text: str) -> bool:
    spans = entry.cancelled_spans(text)
    found = alias_pattern(alias).finditer(text)
    return any(not is_cancelled(*match.span(), spans) for match in found)


def _find_pattern(entry: Screened, pattern: str, text: str) -> list[str]:
    spans = entry.cancelled_spans(text)
    found = compile_pattern(pattern).finditer(text)
    return [match[0] for match in found if not is_cancelled(*match.span(), spans)]
