"""The watchlist folder: every *.yaml file in it, checked entry by entry, as one value."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from monitor.errors import ConfigError
from monitor.screening.advice import list_notes, list_run_together, list_warnings
from monitor.screening.entries import Agency, Brand, Category, Entry, Kind, Screened, fold_text
from monitor.screening.selfcheck import Complaint, Placed, check_entry
from monitor.yamlfile import Loaded, Model, load_yaml


@dataclass(frozen=True)
class Watchlists:
    """All that is watched. `version` changes when, and only when, a file does."""

    brands: tuple[Brand, ...]
    agencies: tuple[Agency, ...]
    categories: tuple[Category, ...]
    version: str
    placed: tuple[Placed, ...] = field(default=(), repr=False, compare=False)
    strays: tuple[Path, ...] = ()

    @cached_property
    def warnings(self) -> tuple[str, ...]:
        """Lines of file:line:column: message about things that load but look wrong."""
        strays = [f"{path}:1:1: not read, only *.yaml files are" for path in self.strays]
        return (*strays, *list_warnings(self.placed))

    def list_notes(self, today: date) -> tuple[str, ...]:
        """Return such lines about what is meant so and easily forgotten, by China's date."""
        return tuple(list_notes(self.placed, today))


class _Heading(Model, extra="ignore"):
    """The first look at a file, which only wants to know its kind."""

    kind: Kind


class _Brands(Model):
    """Whose products are watched."""

    kind: Literal["brands"]
    """What this file holds."""
    entries: tuple[Brand, ...]
    """One entry for each maker."""


class _Agencies(Model):
    """Who counts as a security organ."""

    kind: Literal["agencies"]
    """What this file holds."""
    entries: tuple[Agency, ...]
    """One entry for each kind of public body."""


class _Categories(Model):
    """Kinds of products: the words that a buyer uses for them."""

    kind: Literal["categories"]
    """What this file holds."""
    entries: tuple[Category, ...]
    """One entry for each kind of product."""


FILES: Mapping[Kind, type[_Brands] | type[_Agencies] | type[_Categories]] = {
    Kind.BRANDS: _Brands,
    Kind.AGENCIES: _Agencies,
    Kind.CATEGORIES: _Categories,
}


def load_watchlists(folder: Path) -> Watchlists:
    """Read every *.yaml file of a folder; raise ConfigError at the first thing wrong."""
    paths, strays = _list_files(folder)
    files = [load_yaml(path, FILES[load_yaml(path, _Heading).value.kind]) for path in paths]
    placed = tuple(
        Placed(entry, file, index)
        for file in files
        for index, entry in enumerate(file.value.entries)
    )
    _check_ids(placed)
    _check_categories(placed)
    for one in placed:
        _check_words(one)
    return Watchlists(
        brands=tuple(one.entry for one in placed if isinstance(one.entry, Brand)),
        agencies=tuple(one.entry for one in placed if isinstance(one.entry, Agency)),
        categories=tuple(one.entry for one in placed if isinstance(one.entry, Category)),
        version=_name_version(files),
        placed=placed,
        strays=tuple(strays),
    )


def _list_files(folder: Path) -> tuple[list[Path], list[Path]]:
    """Return the watchlist files of a folder, and what else lies there in the open."""
    try:
        found = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    except OSError as error:
        message = f"not a folder that can be read: {error.strerror}"
        raise ConfigError(str(folder), 1, 1, message) from None
    paths = [path for path in found if path.suffix == ".yaml"]
    if not paths:
        raise ConfigError(str(folder), 1, 1, "no *.yaml file in this folder")
    return paths, [path for path in found if path.suffix != ".yaml" and path.is_file()]


def _name_version(files: Iterable[Loaded[Any]]) -> str:
    lines = "".join(f"{file.path.name} {file.sha256}\n" for file in files)
    return hashlib.sha256(lines.encode()).hexdigest()[:12]


def _check_ids(placed: Iterable[Placed]) -> None:
    first: dict[tuple[type[Entry], str], Placed] = {}
    for one in placed:
        other = first.setdefault((type(one.entry), one.entry.id), one)
        if other is not one:
            message = f"the id '{one.entry.id}' is already used in {other.show_place('id')}"
            raise one.error(Complaint(("id",), message))


def _check_categories(placed: Sequence[Placed]) -> None:
    known = {one.entry.id for one in placed if isinstance(one.entry, Category)}
    for one in placed:
        if not isinstance(one.entry, Brand):
            continue
        for place, name in enumerate(one.entry.category):
            if name not in known:
                hint = f"known are {', '.join(sorted(known))}" if known else "no file lists any"
                message = f"unknown category '{name}'"
                raise one.error(Complaint(("category", place), message, hint))


def _check_words(one: Placed) -> None:
    """Raise the first error in an entry's words."""
    entry = one.entry
    if isinstance(entry, Brand):
        _check_repeats(one, entry)
    if isinstance(entry, Screened) and (wrong := next(check_entry(entry), None)):
        # A Chinese comma makes two words one, which then are not found: say the cause.
        raise one.error(next(list_run_together(entry), wrong))


def _check_repeats(one: Placed, brand: Brand) -> None:
    first: dict[str, str] = {}
    for strength, place, alias in brand.aliases.graded():
        folded = fold_text(alias)
        if folded in first:
            message = f"the alias '{alias}' says the same as '{first[folded]}'"
            raise one.error(Complaint(("aliases", strength, place), message, "delete one"))
        first[folded] = alias
