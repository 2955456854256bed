"""What the program remembers of itself, and the counts by which it judges how it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.store.database import Database, clean_text, read_time, write_time
from monitor.store.receivers import Receivers

# What was due in so many seconds is due in so many seconds, whatever the wall clock says. The
# text is as write_time makes it; SQLite keeps milliseconds of it.
_SHIFTED = "strftime('%Y-%m-%dT%H:%M:%f000+00:00', {column}, :by)"
_WAITS = (
    ("source", "next_check_at", "1"),
    ("listing", "next_try_at", "1"),
    ("listing", "recheck_at", "1"),
    ("relook", "due_at", "1"),
    ("delivery", "next_try_at", "state in ('waiting', 'held', 'leased')"),
    ("delivery", "leased_until", "state = 'leased'"),
    ("delivery", "tried_at", "state = 'leased'"),
)


@dataclass(frozen=True)
class Vital:
    """One remembered value and when it was noted."""

    value: str
    at: datetime


@dataclass(frozen=True)
class Outbox:
    """The deliveries of one receiver.

    `states` are numbers by state; `oldest_due_at` is since when the longest waiting message should
    have gone, None where none waits; `dead` says that it refuses for good.
    """

    states: Mapping[str, int]
    oldest_due_at: datetime | None
    dead: bool


class Vitals:
    """Read and write named values, and count what the other rooms keep."""

    def __init__(self, db: Database) -> None:
        self.db = db

    def get(self, name: str) -> Vital | None:
        """Return a value, None where it was never noted."""
        row = self.db.first("select value, at from vital where name = ?", [name])
        at = read_time(row["at"]) if row else None
        return Vital(row["value"], at) if row and at else None

    def put(self, name: str, value: str, now: datetime) -> None:
        """Note a value, in the place of the one before."""
        values = {"name": name, "value": clean_text(value), "at": write_time(now)}
        update = "(name) do update set value = excluded.value, at = excluded.at"
        self.db.insert("vital", values, on_conflict=update)

    def add(self, name: str, number: int, now: datetime) -> None:
        """Add to a value that is a number; one that was never noted is 0."""
        values = {"name": name, "value": str(number), "at": write_time(now)}
        update = (
            "(name) do update set at = excluded.at, "
            "value = cast(cast(value as integer) + cast(excluded.value as integer) as text)"
        )
        self.db.insert("vital", values, on_conflict=update)

    def shift_waits(self, by: timedelta) -> int:
        """Move all that is due by the step of a clock that was set; return how many rows."""
        step = {"by": f"{by.total_seconds():+.3f} seconds"}
        moved = 0
        with self.db.immediate():
            for table, column, where in _WAITS:
                shifted = _SHIFTED.format(column=column)
                moved += self.db.execute(
                    f"update {table} set {column} = {shifted} "  # noqa: S608 - our own words
                    f"where {column} is not null and {where}",
                    step,
                )
        return moved

    def count_rows(self) -> dict[str, int]:
        """Return how many listings, notices and captures are stored."""
        row = self.db.first(
            """select (select count(*) from listing) as listings,
                      (select count(*) from notice) as notices,
                      (select count(*) from capture) as captures"""
        )
        return dict(row) if row else {}

    def count_alerts(self, since: datetime | None = None) -> dict[str, int]:
        """Return how many alerts of each verdict were written, sample notices aside.

        What is no alert of a notice, such as a later look's, counts as "self".
        """
        rows = self.db.query(
            """select case kind when 'self' then kind else verdict end as verdict, count(*) as n
               from alert where sample = 0 and (:since is null or created_at > :since)
               group by 1""",
            {"since": write_time(since)},
        )
        return {row["verdict"]: row["n"] for row in rows}

    def read_outbox(self, receivers: Iterable[str], now: datetime) -> dict[str, Outbox]:
        """Return how the deliveries of each receiver are."""
        states = self.db.query(
            "select receiver, state, count(*) as n from delivery group by receiver, state"
        )
        found = {}
        for name in receivers:
            counts = {row["state"]: row["n"] for row in states if row["receiver"] == name}
            dead = Receivers(self.db).find_dead(name) is not None
            found[name] = Outbox(counts, self._find_oldest(name, now), dead)
        return found

    def _find_oldest(self, receiver: str, now: datetime) -> datetime | None:
        """Return since when a message should have gone; a digest's own hour is not a delay."""
        row = self.db.first(
            """select min(coalesce(tried_at, next_try_at)) as oldest
               from delivery where receiver = :receiver and state in ('waiting', 'leased')
                 and (attempts > 0 or next_try_at <= :now)""",
            {"receiver": receiver, "now": write_time(now)},
        )
        return read_time(row["oldest"]) if row else None
