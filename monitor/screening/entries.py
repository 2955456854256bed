"""What a watchlist entry may say, and when its words stand in a text.

All matching is on folded text: NFKC, case folded, traditional characters made simplified.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from enum import StrEnum
from functools import lru_cache
from typing import Annotated

from monitor.models import Severity, Strength
from monitor.text.normalize import normalize
from monitor.yamlfile import AfterValidator, Day, Field, Model, model_validator

Span = tuple[int, int]


@lru_cache(maxsize=8192)
def fold_text(text: str) -> str:
    """Return the folded form of a short text: an alias, an exclude, a seen line."""
    return normalize(text).text


@lru_cache(maxsize=4096)
def compile_pattern(pattern: str) -> re.Pattern[str]:
    """Return the compiled form of a pattern of a watchlist, which ignores case."""
    return re.compile(pattern, re.IGNORECASE)


@lru_cache(maxsize=8192)
def alias_pattern(alias: str) -> re.Pattern[str]:
    r"""Return the pattern that finds an alias in folded text.

    A Latin letter or digit at its edge may not touch another one. Not \b: to Python a Chinese
    character is a word character too, and 戴尔DELL电脑 has no \b before DELL.
    """
    folded = fold_text(alias)
    before = "(?<![a-z0-9])" if _is_latin(folded[:1]) else ""
    after = "(?![a-z0-9])" if _is_latin(folded[-1:]) else ""
    return re.compile(before + re.escape(folded) + after)


def is_bounded(text: str, start: int, end: int) -> bool:
    """Say whether an alias found at these offsets of folded text is a word of its own."""
    touches_left = start > 0 and _is_latin(text[start]) and _is_latin(text[start - 1])
    touches_right = end < len(text) and _is_latin(text[end - 1]) and _is_latin(text[end])
    return not touches_left and not touches_right


def _is_latin(char: str) -> bool:
    return char.isascii() and char.isalnum()


def _check_text(text: str) -> str:
    if not fold_text(text).strip():
        raise ValueError("empty text", "write something, or delete it")
    if text != text.strip():
        raise ValueError("a space at the beginning or end", "delete the space")
    return text


def _check_id(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9_]+", text):
        raise ValueError(f"{text!r} is not an id", "use only a-z, 0-9 and _")
    return text


def _check_pattern(pattern: str) -> str:
    """Refuse a pattern that is broken, that fits everything, or that can never fit."""
    try:
        fits_nothing = compile_pattern(pattern).search("")
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"not a regular expression: {error}") from None
    if fits_nothing:
        raise ValueError("this pattern fits empty text, so it fits everywhere")
    for char in pattern:
        folded = fold_text(char)
        if not char.isascii() and folded != char.casefold():
            hint = f"write {folded!r}" if folded else "delete it"
            raise ValueError(f"{char!r} never stands in folded text", hint)
    return pattern


Id = Annotated[str, AfterValidator(_check_id)]
Text = Annotated[str, AfterValidator(_check_text)]
Pattern = Annotated[str, AfterValidator(_check_pattern)]


class Entry(Model):
    """What every entry has. `verify` marks facts that are recalled, not confirmed."""

    id: Id
    name: Text
    verify: bool = False
    note: str = ""


class Screened(Entry):
    """An entry that is searched for: contexts that cancel, and its own test phrases."""

    exclude: tuple[Text, ...] = ()
    exclude_patterns: tuple[Pattern, ...] = ()
    seen: tuple[Text, ...] = ()
    not_seen: tuple[Text, ...] = ()

    def cancelled_spans(self, text: str) -> list[Span]:
        """Return where folded text holds a context that cancels the hits inside it."""
        spans = [
            found.span()
            for literal in self.exclude
            for found in re.finditer(re.escape(fold_text(literal)), text)
        ]
        for pattern in self.exclude_patterns:
            spans += [found.span() for found in compile_pattern(pattern).finditer(text)]
        return spans


def is_cancelled(start: int, end: int, spans: Sequence[Span]) -> bool:
    """Say whether a hit lies inside one of the spans."""
    return any(first <= start and end <= last for first, last in spans)


class Aliases(Model):
    """Spellings of a brand by what they prove."""

    strong: tuple[Text, ...] = ()
    medium: tuple[Text, ...] = ()
    weak: tuple[Text, ...] = ()

    def graded(self) -> Iterator[tuple[Strength, int, str]]:
        """Yield each alias with its strength and its place in that list."""
        for strength in Strength:
            for place, alias in enumerate(getattr(self, strength.value)):
                yield strength, place, alias


class Product(Model):
    """A telling model or part number, as a pattern on folded text."""

    what: Text
    pattern: Pattern
    strength: Strength
    seen: Annotated[tuple[Text, ...], Field(min_length=1)]
    not_seen: tuple[Text, ...] = Field(default=(), alias="not")


class Brand(Screened):
    """A maker whose products are watched.

    `valid_until` is the last day on which it counted as watched, in China's time.
    """

    country: Text
    category: Annotated[tuple[Id, ...], Field(min_length=1)]
    aliases: Aliases
    products: tuple[Product, ...] = ()
    companies: tuple[Text, ...] = ()
    valid_until: Day | None = None

    @model_validator(mode="after")
    def _check_findable(self) -> Brand:
        if not self.products and not any(True for _ in self.aliases.graded()):
            raise ValueError("no alias and no product: it can never be found")
        return self


class Agency(Screened):
    """A kind of public body, by patterns of its name."""

    zh: Text
    group: Id
    severity: Severity
    patterns: Annotated[tuple[Pattern, ...], Field(min_length=1)]


class Category(Entry):
    """A kind of product. `telling` names purchases that matter even when no item can be read."""

    nouns: tuple[Text, ...]
    telling: tuple[Text, ...] = ()


class Kind(StrEnum):
    """What a watchlist file holds."""

    BRANDS = "brands"
    AGENCIES = "agencies"
    CATEGORIES = "categories"
