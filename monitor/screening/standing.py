"""Say in one line whether a buyer was listed on the day of a notice, and by what knowledge."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date

from monitor.screening.lists import SURE, Listing, SanctionLists, Status

_DOUBTS = {
    Status.VERIFY: "recalled, verify",
    Status.VERIFY_NAME: "verify that it is this body",
}


def describe_standing(
    lists: SanctionLists, name: str, agency: str, adcode: str, day: date, of: str = "the notice"
) -> str:
    """Return the line of an alert on the sanction lists.

    `day` is China's; `of` says what happened on it where a notice shows no date of its own.
    `name`, `agency` and `adcode` are as in `SanctionLists.find_listings`.
    """
    found = lists.find_listings(name, agency, adcode) if name else ()
    on = [one for one in found if one.row.is_valid(day)]
    later = [one for one in found if one.row.since > day]
    over = [one for one in found if one not in on and one not in later]
    parts = [
        f"{words}: {_join(ones)}"
        for words, ones in (
            (f"Listed on the day of {of}", on),
            ("listed only later" if on else f"Listed only later than {of}", later),
            ("no longer listed on that day", over),
        )
        if ones
    ]
    line = "; ".join(parts) or f"Not on the lists known here on the day of {of}"
    return line[0].upper() + line[1:] + ("" if on else f" ({describe_lists(lists)})")


def describe_lists(lists: SanctionLists) -> str:
    """Return how many rows there are and how fresh: "27 rows, refreshed 2026-11-22"."""
    moment = lists.refreshed_at
    age = f"refreshed {moment.astimezone(UTC):%Y-%m-%d}" if moment else "as packaged"
    return f"{len(lists.rows)} rows, {age}"


def _join(listings: Iterable[Listing]) -> str:
    return "; ".join(dict.fromkeys(map(_write_listing, listings)))


def _write_listing(listing: Listing) -> str:
    row = listing.row
    notes = [] if listing.whole else [f"as a part of {row.name_en}"]
    if row.status not in SURE:
        notes.append(_name_doubt(listing))
    until = f" until {row.until}" if row.until else ""
    note = f" ({'; '.join(notes)})" if notes else ""
    return f"{row.source} since {row.since}{until}{note}"


def _name_doubt(listing: Listing) -> str:
    row = listing.row
    if row.status is Status.VERIFY and row.confirmed_at:
        return f"last found {row.confirmed_at.astimezone(UTC):%Y-%m-%d}, verify"
    return _DOUBTS[row.status]
