"""Whether a buyer stood on a sanctions or export-control list on a day.

The packaged rows are facts with their citations; `monitor.screening.refreshed` lays over them
what the U.S. Consolidated Screening List said when it was last asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import cached_property, lru_cache

from monitor.screening.terms import read_table
from monitor.text.normalize import fold_name

_SUBUNIT = re.compile(r"分局|总队|支队|大队|中队")
# What may stand before the name by which a list knows a bureau.
_PREFIXES = ("新疆维吾尔自治区", "新疆生产建设兵团", "新疆")


class Status(StrEnum):
    """How sure a row is."""

    SEEN = "seen"  # read at the source when the table was made
    CONFIRMED = "confirmed"  # found by the last refresh
    VERIFY = "verify"  # recalled and not confirmed yet, or found no more
    VERIFY_NAME = "verify name"  # the listing may be sure, that the Chinese name is its is not


SURE = frozenset({Status.SEEN, Status.CONFIRMED})


@dataclass(frozen=True)
class ListedBody:
    """One row: a body and since when it is on a list.

    `since` is the first day on the list, `until` the first day off it again, or None.
    `also_en` are other English spellings, `confirmed_at` when a refresh last found the row.
    """

    source: str
    name_en: str
    names_zh: tuple[str, ...]
    adcode: str
    since: date
    citation: str
    status: Status
    also_en: tuple[str, ...] = ()
    until: date | None = None
    confirmed_at: datetime | None = None

    @cached_property
    def names(self) -> frozenset[str]:
        """Return the Chinese names, folded for comparing."""
        return frozenset(map(fold_name, self.names_zh))

    @property
    def label(self) -> str:
        """Return list and day as in "BIS Entity List 2019-10-09"."""
        return f"{self.source} {self.since.isoformat()}{self._mark()}"

    def _mark(self) -> str:
        return "" if self.status in SURE else " (verify)"

    def is_valid(self, day: date) -> bool:
        """Return whether the row holds on a day."""
        return self.since <= day and (self.until is None or day < self.until)


@dataclass(frozen=True)
class Listing:
    """A row that names a buyer: `whole`, or as the body that the buyer is a part of."""

    row: ListedBody
    whole: bool


@dataclass(frozen=True)
class SanctionLists:
    """All rows, oldest listing first; `refreshed_at` is None for the packaged ones alone."""

    rows: tuple[ListedBody, ...]
    refreshed_at: datetime | None = None

    def find_listings(self, name: str, agency: str, adcode: str) -> tuple[Listing, ...]:
        """Return the rows that name a buyer, of any day.

        A body is listed under its own name, or as 分局, 支队 and the like of a listed one; for
        these `agency`, the watchlist entry that took it for an organ, must not be empty. Of
        two bodies of one name, an `adcode` of another province rules out.
        """
        folded = fold_name(name)
        spellings = {folded, *(folded.removeprefix(prefix) for prefix in _PREFIXES)}
        return tuple(
            Listing(row, whole)
            for row in self.rows
            if not _lies_elsewhere(row.adcode, adcode)
            and ((whole := not spellings.isdisjoint(row.names)) or _is_part(row, spellings, agency))
        )

    def listed_on(self, name: str, agency: str, adcode: str, day: date) -> tuple[str, ...]:
        """Return the lists a buyer was on that day, as "BIS Entity List 2019-10-09".

        " (verify)" marks rows that nobody has read at the source. Names are found as by
        `find_listings`.
        """
        found = self.find_listings(name, agency, adcode)
        return tuple(dict.fromkeys(one.row.label for one in found if one.row.is_valid(day)))


@lru_cache(maxsize=1)
def load_packaged() -> SanctionLists:
    """Return the packaged rows, read once."""
    return SanctionLists(sort_rows(map(_read_row, read_table("sanction_lists.tsv"))))


def sort_rows(rows: Iterable[ListedBody]) -> tuple[ListedBody, ...]:
    """Return rows with the oldest listing first."""
    return tuple(sorted(rows, key=lambda row: row.since))


def _read_row(row: Mapping[str, str]) -> ListedBody:
    return ListedBody(
        source=row["list"],
        name_en=row["name_en"],
        names_zh=tuple(row["names_zh"].split("|")),
        adcode=row["adcode"],
        since=date.fromisoformat(row["effective_date"]),
        citation=row["citation"],
        status=Status(row["status"]),
        also_en=tuple(filter(None, row["also_en"].split("|"))),
    )


def _is_part(row: ListedBody, spellings: set[str], agency: str) -> bool:
    rests = (
        spelling.removeprefix(name)
        for spelling in spellings
        for name in row.names
        if spelling.startswith(name)
    )
    return bool(agency) and any(_SUBUNIT.search(rest) for rest in rests)


def _lies_elsewhere(listed: str, adcode: str) -> bool:
    return bool(listed) and bool(adcode) and listed[:2] != adcode[:2]
