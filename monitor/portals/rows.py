"""Read the rows of a JSON list by the paths that say where each part of a listing stands."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from monitor.errors import LayoutError
from monitor.models import Issue, Listing
from monitor.portals.base import join_address
from monitor.portals.jsonrows import read_text
from monitor.portals.paths import ABSENT, find_value, write_text
from monitor.text.dates import read_date

_PLACE = re.compile(r"\{([^\s{}]+)\}")


@dataclass(frozen=True)
class RowPaths:
    """Where the parts of a listing stand in a row.

    `id` and `url` may be texts with {path} in them. `types` names the codes of `type`, `skip` has
    the values of rows that are no notices, `region` is that of rows without one.
    """

    id: str
    title: str
    url: str
    date: str = ""
    buyer: str = ""
    area: str = ""
    type: str = ""
    content: str = ""
    region: str = ""
    types: Mapping[str, str] = field(default_factory=dict)
    skip: Mapping[str, Sequence[str]] = field(default_factory=dict)


def is_pattern(text: str) -> bool:
    """Return whether a text is an address or has places, and is no bare path."""
    return any(mark in text for mark in "{/:")


def fill_pattern(
    pattern: str, look_up: Callable[[str], Any], *, address: bool = False
) -> str | None:
    """Return a pattern with the values of its paths, encoded for an `address`.

    None where a value is absent.
    """
    parts, end = [], 0
    for found in _PLACE.finditer(pattern):
        value = look_up(found[1])
        if value is ABSENT or value is None:
            return None
        text = write_text(value)
        if address:
            text = quote(text, safe=_find_kept(pattern, found))
        parts += [pattern[end : found.start()], text]
        end = found.end()
    return "".join(parts) + pattern[end:]


def _find_kept(pattern: str, place: re.Match[str]) -> str:
    """Return which marks are left as they are: in a query none; an address's rest keeps its own."""
    before = pattern[: place.start()]
    if "?" in before or "#" in before:
        return ""
    return "/%:?&=" if place.end() == len(pattern) else "/%:"


def recall_values(pattern: str, text: str) -> dict[str, str]:
    """Return the encoded values that stand in the places of an address, {} if it differs."""
    names, parts, end = [], [], 0
    for found in _PLACE.finditer(pattern):
        names.append(found[1])
        kept = _find_kept(pattern, found)
        shape = "([^?#]*)" if kept else "([^&#?/]*)"
        parts += [re.escape(pattern[end : found.start()]), "(.*)" if "?" in kept else shape]
        end = found.end()
    whole = re.search("".join(parts) + re.escape(pattern[end:]) + "$", text)
    return dict(zip(names, whole.groups(), strict=True)) if whole else {}


def read_rows(
    rows: Sequence[Any], paths: RowPaths, base_url: str, chosen: Mapping[str, str]
) -> tuple[tuple[Listing, ...], tuple[Issue, ...]]:
    """Return the listings of rows, and issues for what they lack.

    `chosen` are the values that singled the list out. Raise LayoutError for what most rows lack.
    """
    wanted = [row for row in rows if not _is_skipped(row, paths)]
    issues: list[Issue] = []
    listings = [_read_row(row, paths, base_url, chosen, issues) for row in wanted]
    missing = Counter(issue.field for issue in issues if issue.kind == "missing field")
    for path, count in missing.items():
        if count * 2 > len(wanted):
            raise LayoutError(base_url, f"'{path}' in most rows")
    return tuple(listing for listing in listings if listing), tuple(issues)


def _is_skipped(row: Any, paths: RowPaths) -> bool:
    return any(write_text(find_value(row, path)) in values for path, values in paths.skip.items())


def _read_row(
    row: Any, paths: RowPaths, base_url: str, chosen: Mapping[str, str], issues: list[Issue]
) -> Listing | None:
    number = _read_part(row, paths.id)
    url = join_address(base_url, _read_part(row, paths.url, address=True))
    title = read_text(_read_part(row, paths.title))
    # The address is the id in some lists: what is missing there is missing once.
    for path, value in {paths.id: number, paths.url: url, paths.title: title}.items():
        if not value:
            issues.append(Issue("missing field", path, str(row)[:120], base_url))
    if not (number and url and title):
        return None
    raw = _read_part(row, paths.date)
    date = read_date(raw)
    if paths.date and date is None:
        kind, name = ("unreadable date", "published") if raw else ("missing field", paths.date)
        issues.append(Issue(kind, name, raw, url))
    code = chosen.get(paths.type) or read_text(_read_part(row, paths.type))
    return Listing(
        listing_id=number,
        url=url,
        title=title,
        published_raw=raw,
        published_at=date.at if date else None,
        date_only=date.date_only if date else False,
        region=read_text(_read_part(row, paths.area)) or paths.region,
        buyer=read_text(_read_part(row, paths.buyer)),
        notice_type=paths.types.get(code, code),
        content=_read_part(row, paths.content),
    )


def _read_part(row: Any, path: str, *, address: bool = False) -> str:
    if not path:
        return ""
    if is_pattern(path):
        return fill_pattern(path, lambda one: find_value(row, one), address=address) or ""
    return write_text(find_value(row, path))


def list_paths(text: str) -> list[str]:
    """Return the paths of a path or pattern."""
    return _PLACE.findall(text) if is_pattern(text) else [text]
