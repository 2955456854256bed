"""The watchlist folder: every *.yaml file in it, checked entry by entry, as one value."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from monitor.errors import ConfigError
from monitor.models import Strength
from monitor.screening.entries import Agency, Brand, Category, Entry, Kind, Screened, fold_text
from monitor.screening.selfcheck import Complaint, check_entry, list_untested
from monitor.yamlfile import Loaded, Model, load_yaml

SHORTEST_LATIN = 3
SHORTEST_CHINESE = 2


@dataclass(frozen=True)
class Watchlists:
    """All that is watched. `version` changes when, and only when, a file does.

    `warnings` are lines of file:line:column: message about things that load but look wrong.
    """

    brands: tuple[Brand, ...]
    agencies: tuple[Agency, ...]
    categories: tuple[Category, ...]
    version: str
    warnings: tuple[str, ...] = ()


class _Heading(Model, extra="ignore"):
    """The first look at a file, which only wants to know its kind."""

    kind: Kind


class _Brands(Model):
    kind: Kind
    entries: tuple[Brand, ...]


class _Agencies(Model):
    kind: Kind
    entries: tuple[Agency, ...]


class _Categories(Model):
    kind: Kind
    entries: tuple[Category, ...]


_MODELS: dict[Kind, type[_Brands] | type[_Agencies] | type[_Categories]] = {
    Kind.BRANDS: _Brands,
    Kind.AGENCIES: _Agencies,
    Kind.CATEGORIES: _Categories,
}


@dataclass(frozen=True)
class _Placed:
    """An entry and where it stands."""

    entry: Entry
    file: Loaded[Any]
    index: int

    def error(self, *loc: str | int, message: str, hint: str = "") -> ConfigError:
        return self.file.error(("entries", self.index, *loc), message, hint)

    def complain(self, complaint: Complaint) -> ConfigError:
        return self.error(*complaint.loc, message=complaint.message, hint=complaint.hint)


def load_watchlists(folder: Path) -> Watchlists:
    """Read every *.yaml file of a folder; raise ConfigError at the first thing wrong."""
    paths, strays = _list_files(folder)
    files = [load_yaml(path, _MODELS[load_yaml(path, _Heading).value.kind]) for path in paths]
    placed = [
        _Placed(entry, file, index)
        for file in files
        for index, entry in enumerate(file.value.entries)
    ]
    _check_ids(placed)
    _check_categories(placed)
    warnings = [f"{path}:1:1: not read, only *.yaml files are" for path in strays]
    for one in placed:
        warnings += _check_words(one)
    warnings += _find_shared(placed)
    return Watchlists(
        brands=tuple(one.entry for one in placed if isinstance(one.entry, Brand)),
        agencies=tuple(one.entry for one in placed if isinstance(one.entry, Agency)),
        categories=tuple(one.entry for one in placed if isinstance(one.entry, Category)),
        version=_name_version(files),
        warnings=tuple(warnings),
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
    return paths, [path for path in found if path.suffix != ".yaml"]


def _name_version(files: Iterable[Loaded[Any]]) -> str:
    lines = "".join(f"{file.path.name} {file.sha256}\n" for file in files)
    return hashlib.sha256(lines.encode()).hexdigest()[:12]


def _check_ids(placed: Iterable[_Placed]) -> None:
    first: dict[tuple[type[Entry], str], _Placed] = {}
    for one in placed:
        other = first.setdefault((type(one.entry), one.entry.id), one)
        if other is not one:
            line, _ = other.file.mark(("entries", other.index, "id"))
            message = f"the id '{one.entry.id}' is already used in {other.file.path.name}:{line}"
            raise one.error("id", message=message)


def _check_categories(placed: Iterable[_Placed]) -> None:
    placed = tuple(placed)
    known = {one.entry.id for one in placed if isinstance(one.entry, Category)}
    for one in placed:
        if not isinstance(one.entry, Brand):
            continue
        for place, name in enumerate(one.entry.category):
            if name not in known:
                hint = f"known are {', '.join(sorted(known))}" if known else "no file lists any"
                raise one.error("category", place, message=f"unknown category '{name}'", hint=hint)


def _check_words(one: _Placed) -> list[str]:
    """Raise the first error in an entry's words; return its warnings."""
    entry = one.entry
    if isinstance(entry, Brand):
        _check_repeats(one, entry)
    if isinstance(entry, Screened) and (wrong := next(check_entry(entry), None)):
        raise one.complain(wrong)
    if not isinstance(entry, Brand):
        return []
    complaints = (*_list_short(entry), *list_untested(entry))
    return [str(one.complain(complaint)) for complaint in complaints]


def _check_repeats(one: _Placed, brand: Brand) -> None:
    first: dict[str, str] = {}
    for strength, place, alias in brand.aliases.graded():
        folded = fold_text(alias)
        if folded in first:
            message = f"the alias '{alias}' says the same as '{first[folded]}'"
            raise one.error("aliases", strength, place, message=message, hint="delete one")
        first[folded] = alias


def _list_short(brand: Brand) -> Iterator[Complaint]:
    for strength, place, alias in brand.aliases.graded():
        shortest = SHORTEST_LATIN if alias.isascii() else SHORTEST_CHINESE
        if strength is Strength.STRONG and len(alias) < shortest:
            message = f"the strong alias '{alias}' is so short that it will hit by chance"
            yield Complaint(("aliases", "strong", place), message, "make it medium")


def _find_shared(placed: Iterable[_Placed]) -> Iterator[str]:
    first: dict[str, str] = {}
    for one in placed:
        if not isinstance(one.entry, Brand):
            continue
        for strength, place, alias in one.entry.aliases.graded():
            owner = first.setdefault(fold_text(alias), one.entry.id)
            if owner != one.entry.id:
                message = f"the alias '{alias}' also belongs to '{owner}'"
                yield str(one.error("aliases", strength, place, message=message))
