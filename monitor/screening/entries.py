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
from monitor.yamlfile import AfterValidator, Day, Field, Model, ShownAs, model_validator

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


# An editor takes 3500 for a number; the loader keeps it as the text that stands there.
_SHOWN_ID = {
    "type": ["string", "integer"],
    "pattern": "^[a-z0-9_]+$",
    "patternErrorMessage": "use only a-z, 0-9 and _",
}
_SHOWN_TEXT = {
    "type": ["string", "number"],
    "pattern": r"^\S([\s\S]*\S)?$",
    "patternErrorMessage": "empty, or a space at the beginning or end",
}
_SHOWN_PATTERN = {"type": ["string", "number"], "minLength": 1}

Id = Annotated[str, AfterValidator(_check_id), ShownAs(_SHOWN_ID)]
Text = Annotated[str, AfterValidator(_check_text), ShownAs(_SHOWN_TEXT)]
Pattern = Annotated[str, AfterValidator(_check_pattern), ShownAs(_SHOWN_PATTERN)]


class Entry(Model):
    """What every entry has."""

    id: Id
    """A short name of your choice: a-z, 0-9 and _. Once in all files of the kind."""
    name: Text
    """The name in English, as readers of an alert see it."""
    verify: bool = False
    """true: known from memory, not yet confirmed. Nothing changes by it; it is for you."""
    note: str = ""
    """Whatever you want to remember, such as where a fact comes from."""


class Screened(Entry):
    """An entry that is searched for: contexts that cancel, and its own test phrases."""

    exclude: tuple[Text, ...] = ()
    """Longer words that mean something else. A hit inside one of them is no hit."""
    exclude_patterns: tuple[Pattern, ...] = ()
    """The same as exclude, as regular expressions. Put them in 'single quotes'."""
    seen: tuple[Text, ...] = ()
    """Phrases as they stand in a notice, in which this entry must be found. Tried on every load."""
    not_seen: tuple[Text, ...] = ()
    """Phrases in which this entry must not be found. Tried on every load."""

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
    """Enough for an alert. Only what means this maker and nothing else."""
    medium: tuple[Text, ...] = ()
    """Needs support: a noun of the category near it, a brand column, another word of the entry."""
    weak: tuple[Text, ...] = ()
    """Never enough; only supports another word of the same entry."""

    def graded(self) -> Iterator[tuple[Strength, int, str]]:
        """Yield each alias with its strength and its place in that list."""
        for strength in Strength:
            for place, alias in enumerate(getattr(self, strength.value)):
                yield strength, place, alias


class Product(Model):
    """A telling model or part number, as a pattern on folded text."""

    what: Text
    """What such a number names, in English, as readers of an alert see it."""
    pattern: Pattern
    """A regular expression that fits the number, in 'single quotes'. Capitals do not matter."""
    strength: Strength
    """strong: the number alone proves the maker. medium: it needs support. weak: it supports."""
    seen: Annotated[tuple[Text, ...], Field(min_length=1)]
    """Numbers that the pattern must fit, at least one."""
    not_seen: tuple[Text, ...] = Field(default=(), alias="not")
    """Look-alikes that the pattern must not fit."""


class Brand(Screened):
    """A maker whose products are watched."""

    country: Text = ""
    """Where the maker belongs, such as US. For you."""
    category: Annotated[tuple[Id, ...], Field(min_length=1)]
    """Which kinds of products it makes: one or more ids of a categories file."""
    aliases: Aliases = Aliases()
    """Its spellings, by what each of them proves."""
    products: tuple[Product, ...] = ()
    """Models and part numbers that tell the maker even when its name is left out."""
    companies: tuple[Text, ...] = ()
    """How the names of its own companies and distributors begin, as a supplier field has them."""
    valid_until: Day | None = None
    """The last day on which it counts, in China's time, for a brand that was sold: YYYY-MM-DD."""

    @model_validator(mode="after")
    def _check_findable(self) -> Brand:
        if not (self.products or self.companies or any(self.aliases.graded())):
            raise ValueError("no alias and no product: it can never be found")
        return self


class Agency(Screened):
    """A kind of public body, by patterns of its name."""

    zh: Text
    """The Chinese name, for you."""
    group: Id
    """Any word that sorts the entries."""
    severity: Severity
    """core, medium: a security organ. refine, context: only shown. never: no organ at all."""
    patterns: Annotated[tuple[Pattern, ...], Field(min_length=1)]
    """What to look for in the buyer's name: regular expressions, in 'single quotes'."""


class Category(Entry):
    """A kind of product."""

    nouns: tuple[Text, ...]
    """Plain words for such products. A medium alias counts when one of them stands near it."""
    telling: tuple[Text, ...] = ()
    """Purchases that matter by themselves: an organ's goes to review when no item can be read."""


class Kind(StrEnum):
    """What a watchlist file holds."""

    BRANDS = "brands"
    AGENCIES = "agencies"
    CATEGORIES = "categories"
