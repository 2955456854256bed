"""What loads but looks wrong, and what is only worth knowing, as lines with their place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

from monitor.models import Strength
from monitor.screening.collisions import find_collisions
from monitor.screening.entries import Brand, Category, Entry, Screened, fold_text
from monitor.screening.selfcheck import Complaint, Location, Placed, list_untested

# Fewest characters that do not hit by chance: Latin letters and digits, and others.
_SHORTEST = {Strength.STRONG: (3, 2), Strength.MEDIUM: (2, 2), Strength.WEAK: (1, 1)}
_WEAKER = {Strength.STRONG: "medium", Strength.MEDIUM: "weak"}
_SEPARATOR = re.compile("[，、；“”]")
_WORD_KEYS = ("companies", "exclude", "nouns", "telling")
_MOST_NAMED = 8


def list_warnings(placed: Sequence[Placed]) -> Iterator[str]:
    """Yield file:line:column: message of what looks wrong, with what to do about it."""
    for one in placed:
        for complaint in _check_words(one.entry):
            yield str(one.error(complaint))
    found = [*_find_shared(placed), *_find_nouns(placed), *find_collisions(placed)]
    for one, complaint in found:
        yield str(one.error(complaint))


def list_notes(placed: Sequence[Placed], today: date) -> Iterator[str]:
    """Yield file:line:column: message of what is meant so and easily forgotten."""
    for one in placed:
        if isinstance(one.entry, Brand):
            for complaint in _note_brand(one.entry, today):
                yield str(one.error(complaint))
    unsure: dict[Path, list[Placed]] = {}
    for one in placed:
        if one.entry.verify:
            unsure.setdefault(one.file.path, []).append(one)
    for group in unsure.values():
        names = ", ".join(one.entry.id for one in group[:_MOST_NAMED])
        more = ", …" if len(group) > _MOST_NAMED else ""
        message = f"marked verify, as known only from memory: {len(group)} entries ({names}{more})"
        yield str(group[0].error(Complaint(("verify",), message)))


def _note_brand(brand: Brand, today: date) -> Iterator[Complaint]:
    if brand.valid_until and brand.valid_until < today:
        message = f"'{brand.id}' counts only in notices published by {brand.valid_until}"
        yield Complaint(("valid_until",), message)
    if not (brand.aliases.strong or brand.aliases.medium or brand.products or brand.companies):
        yield Complaint(("aliases",), f"'{brand.id}' has only weak aliases, so it is never told")


def _check_words(entry: Entry) -> Iterator[Complaint]:
    if isinstance(entry, Brand):
        yield from _list_short(entry)
    yield from list_run_together(entry)
    if isinstance(entry, Screened):
        yield from list_untested(entry)


def _list_short(brand: Brand) -> Iterator[Complaint]:
    for strength, place, alias in brand.aliases.graded():
        folded = fold_text(alias)
        if len(folded) < _SHORTEST[strength][not folded.isascii()]:
            message = f"the {strength} alias '{alias}' is so short that it will hit by chance"
            hint = f"make it {_WEAKER[strength]}"
            yield Complaint(("aliases", strength, place), message, hint)


def list_run_together(entry: Entry) -> Iterator[Complaint]:
    """Yield words that hold a Chinese comma or quotation mark, which separates nothing in YAML."""
    for loc, word in _list_words(entry):
        if mark := _SEPARATOR.search(word):
            message = f"'{word}' is one single word, with {mark[0]} in it"
            yield Complaint(loc, message, "separate words with a plain comma")


def _list_words(entry: Entry) -> Iterator[tuple[Location, str]]:
    if isinstance(entry, Brand):
        for strength, place, alias in entry.aliases.graded():
            yield ("aliases", strength, place), alias
    for key in _WORD_KEYS:
        for place, word in enumerate(getattr(entry, key, ())):
            yield (key, place), word


def _find_shared(placed: Sequence[Placed]) -> Iterator[tuple[Placed, Complaint]]:
    first: dict[str, tuple[Placed, str]] = {}
    for one in placed:
        if not isinstance(one.entry, Brand):
            continue
        for strength, place, alias in one.entry.aliases.graded():
            loc = ("aliases", strength, place)
            where = f"'{one.entry.id}' ({one.show_place(*loc)})"
            owner, shown = first.setdefault(fold_text(alias), (one, where))
            if owner is not one:
                hint = "delete one, unless both shall be told"
                yield one, Complaint(loc, f"the alias '{alias}' also belongs to {shown}", hint)


def _find_nouns(placed: Sequence[Placed]) -> Iterator[tuple[Placed, Complaint]]:
    """Yield medium aliases that are nouns of their own category, and so support themselves."""
    nouns = {
        (one.entry.id, fold_text(noun))
        for one in placed
        if isinstance(one.entry, Category)
        for noun in one.entry.nouns
    }
    for one in placed:
        if not isinstance(one.entry, Brand):
            continue
        for place, alias in enumerate(one.entry.aliases.medium):
            for name in one.entry.category:
                if (name, fold_text(alias)) in nouns:
                    message = f"the medium alias '{alias}' is itself a noun of '{name}'"
                    yield one, Complaint(("aliases", "medium", place), message, "make it weak")
