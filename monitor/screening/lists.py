"""Whether a buyer stood on a sanctions or export-control list on a day.

Facts of the shipped table, each with its citation. Rows of status `verify` are recalled, not
read at the source: check them against the U.S. Consolidated Screening List before relying on
them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from monitor.screening.terms import read_table
from monitor.text.normalize import fold_name

_SUBUNIT = re.compile(r"分局|总队|支队|大队|中队")
# What may stand before the name by which a list knows a bureau.
_PREFIXES = ("新疆维吾尔自治区", "新疆生产建设兵团", "新疆")


@dataclass(frozen=True)
class ListedBody:
    """One row: a body, its Chinese names folded, and since when it is on the list."""

    source: str
    name_en: str
    names: frozenset[str]
    adcode: str
    since: date
    citation: str
    verified: bool

    @property
    def label(self) -> str:
        """Return the list and day as they are shown to a reader."""
        return f"{self.source} {self.since.isoformat()}{'' if self.verified else ' (verify)'}"


@lru_cache(maxsize=1)
def load_lists() -> tuple[ListedBody, ...]:
    """Return the listed bodies, oldest listing first, read once from the package."""
    rows = [
        ListedBody(
            source=row["list"],
            name_en=row["name_en"],
            names=frozenset(map(fold_name, row["names_zh"].split("|"))),
            adcode=row["adcode"],
            since=date.fromisoformat(row["effective_date"]),
            citation=row["citation"],
            verified=row["status"] == "seen",
        )
        for row in read_table("sanction_lists.tsv")
    ]
    return tuple(sorted(rows, key=lambda row: row.since))


def listed_on(name: str, agency: str, adcode: str, day: date) -> tuple[str, ...]:
    """Return the lists a buyer was on that day, as "BIS Entity List 2019-10-09".

    A body is listed under its own name, or as 分局, 支队 and the like of a listed one; for
    these `agency`, the watchlist entry that took it for an organ, must not be empty. Of two
    bodies of one name, an `adcode` of another province rules out. " (verify)" marks rows
    that were recalled.
    """
    folded = fold_name(name)
    spellings = {folded, *(folded.removeprefix(prefix) for prefix in _PREFIXES)}
    found = [
        row.label
        for row in load_lists()
        if row.since <= day
        and not _lies_elsewhere(row.adcode, adcode)
        and any(_names_body(row, spelling, agency) for spelling in spellings)
    ]
    return tuple(dict.fromkeys(found))


def _names_body(row: ListedBody, spelling: str, agency: str) -> bool:
    if spelling in row.names:
        return True
    rests = (spelling.removeprefix(name) for name in row.names if spelling.startswith(name))
    return bool(agency) and any(_SUBUNIT.search(rest) for rest in rests)


def _lies_elsewhere(listed: str, adcode: str) -> bool:
    return bool(listed) and bool(adcode) and listed[:2] != adcode[:2]
