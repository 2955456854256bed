"""Later looks at told notices: which are due, and what the last one of each saw."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from monitor.models import Listing
from monitor.store.database import Database, Row, clean_text, read_time, write_time
from monitor.store.notices import make_listing

# After so many days from when a notice was told it is looked at again.
STEPS = (timedelta(days=1), timedelta(days=7), timedelta(days=30), timedelta(days=90))
_SPREAD = 6 * 3600
NEXT_DAY = timedelta(days=1)
_GIVE_UP = timedelta(days=14)
# Sites move what is old: a notice of another season says nothing of these.
_NEAR = timedelta(days=30)


class RelookState(StrEnum):
    """What the last look at a told notice saw; MISSING is seen gone once and not told yet.

    UNCLEAR ends the looks: what was told or what is there now could not be read.
    """

    PLANNED = "planned"
    UNCHANGED = "unchanged"
    CHANGED = "changed"
    MISSING = "missing"
    WITHDRAWN = "withdrawn"
    UNCLEAR = "unclear"


@dataclass(frozen=True)
class Look:
    """A look that is due at a told notice.

    `alert` is the newest that told of it, `content` what it said. `compared` is the capture that
    the source's answer is compared with: the one told of, or the last change that was told.
    """

    id: int
    listing: Listing
    told_at: datetime
    step: int
    state: RelookState
    looked_at: datetime | None
    compared: str
    alert: str
    notice: int
    verdict: str
    sample: bool
    content: dict[str, Any]


@dataclass(frozen=True)
class Untold:
    """An opened notice of which there is no alert, and its capture; `day` is its own, or when it
    was first seen.
    """

    listing: Listing
    day: datetime
    record_id: str


class Relooks:
    """Plan looks and note what they saw."""

    def __init__(self, db: Database) -> None:
        self.db = db

    def plan_missing(self, source: str, now: datetime) -> int:
        """Plan the looks at told notices without any, and anew at those told again; count them.

        What was told before the program looked again at all begins at its next step.
        """
        rows = self.db.query(
            """select n.listing, max(a.created_at) as told_at from alert a
               join notice n on n.id = a.notice left join relook r on r.listing = n.listing
               where a.source = ? and a.kind = 'notice' and exists
                 (select 1 from delivery d where d.alert = a.id and d.state <> 'dead')
               group by n.listing having r.listing is null or max(a.created_at) > r.told_at""",
            [source],
        )
        with self.db.immediate():
            for row in rows:
                self._plan(row["listing"], datetime.fromisoformat(row["told_at"]), now)
        return len(rows)

    def _plan(self, listing: int, told_at: datetime, now: datetime) -> None:
        step, due = find_next(listing, told_at, now)
        values = {
            "listing": listing, "told_at": write_time(told_at), "step": step,
            "due_at": write_time(due), "state": str(RelookState.PLANNED), "record_id": "",
            "looked_at": None, "cause": "",
        }  # fmt: skip
        changes = ", ".join(f"{name} = excluded.{name}" for name in values)
        self.db.insert("relook", values, on_conflict=f"(listing) do update set {changes}")

    def list_due(self, source: str, now: datetime, limit: int) -> list[Look]:
        """Return the looks of a source that are due, the longest due first."""
        rows = self.db.query(
            """select l.*, r.told_at, r.step, r.state as seen, r.looked_at, r.record_id as compared,
                 n.record_id as told_record, n.id as notice, a.id as alert, a.verdict, a.sample,
                 a.content as told
               from relook r join listing l on l.id = r.listing
               join alert a on a.id = (select x.id from alert x join notice y on y.id = x.notice
                 where y.listing = r.listing and x.kind = 'notice'
                 order by x.created_at desc, x.id limit 1)
               join notice n on n.id = a.notice
               where l.source = ? and r.due_at <= ? order by r.due_at, l.id limit ?""",
            [source, write_time(now), limit],
        )
        return [_make_look(row) for row in rows]

    def list_receivers(self, listing: int) -> list[str]:
        """Return who was told of a listing's notice, as far as it was not given up."""
        rows = self.db.query(
            """select distinct d.receiver from delivery d join alert a on a.id = d.alert
               join notice n on n.id = a.notice
               where n.listing = ? and a.kind = 'notice' and d.state <> 'dead'
               order by d.receiver""",
            [listing],
        )
        return [row["receiver"] for row in rows]

    def list_untold(
        self, source: str, told: Sequence[int], site: str, day: datetime, limit: int
    ) -> list[Untold]:
        """Return opened notices without any alert of about a day, the nearest first.

        `site` is how the addresses of their captures begin. What belongs to a purchase of the
        `told` listings is left out, and what was bought by others comes first: whoever sweeps
        these may sweep that with them.
        """
        rows = self.db.query(
            """with told as (select n.process, n.buyer from notice n
                 where n.listing in (select value from json_each(:told)))
               select l.*, n.record_id as captured,
                 coalesce(l.published_at, l.first_seen_at) as day
               from listing l join notice n on n.listing = l.id
                 and n.version = (select max(version) from notice where listing = l.id)
               join capture c on c.record_id = n.record_id
               where l.source = :source and l.state = 'opened' and instr(c.url, :site) = 1
                 and not exists (select 1 from alert a join notice y on y.id = a.notice
                   where y.listing = l.id)
                 and (n.process is null or not exists
                   (select 1 from told where told.process = n.process))
                 and abs(julianday(coalesce(l.published_at, l.first_seen_at)) - julianday(:day))
                   <= :within
               order by n.verdict <> 'none', n.buyer in (select buyer from told),
                 abs(julianday(coalesce(l.published_at, l.first_seen_at)) - julianday(:day)), l.id
               limit :limit""",
            {
                "source": source, "told": json.dumps(list(told)), "site": site,
                "day": write_time(day), "within": _NEAR.days, "limit": limit,
            },
        )  # fmt: skip
        return [
            Untold(_read_listing(row), datetime.fromisoformat(row["day"]), row["captured"])
            for row in rows
        ]

    def find(self, listing: int) -> Row | None:
        """Return what is known of the looks at a listing's notice, None where none is planned."""
        return self.db.first("select * from relook where listing = ?", [listing])

    def find_earlier(self, source: str, url: str, since: datetime, now: datetime) -> str:
        """Return the capture of what an address last answered on an earlier day (UTC), or ''."""
        row = self.db.first(
            """select record_id from capture where source = ? and url = ? and fetched_at > ?
                 and substr(fetched_at, 1, 10) < ? order by fetched_at desc limit 1""",
            [source, clean_text(url), write_time(since), f"{now.astimezone(UTC):%Y-%m-%d}"],
        )
        return row["record_id"] if row else ""

    def list_later(self, notice: int) -> list[dict[str, Any]]:
        """Return what was told of later looks at a notice, the oldest first."""
        rows = self.db.query(
            """select content from alert where notice = ?
                 and json_extract(content, '$.later.differences') is not null
               order by created_at, id""",
            [notice],
        )
        return [json.loads(row["content"]) for row in rows]

    def note(
        self,
        look: Look,
        state: RelookState,
        now: datetime,
        *,
        cause: str = "",
        compared: str = "",
        unsaid: bool = False,
        again: timedelta | None = None,
    ) -> None:
        """Note what a look saw and plan the next; `compared` is what that one compares with.

        What is missing is looked at again on the next day, an attachment of which nothing could
        be said (`unsaid`) after the time `again`, as long as others are tried. The last look at
        a notice that is unchanged but for such an attachment is unclear.
        """
        step, due = find_next(look.id, look.told_at, now)
        wait = NEXT_DAY if state is RelookState.MISSING else again
        if wait is not None and (state is RelookState.MISSING or not _is_over(look, now)):
            step, due = look.step, now + wait
        if due is None and unsaid and state is RelookState.UNCHANGED:
            state = RelookState.UNCLEAR
        if state in (RelookState.WITHDRAWN, RelookState.UNCLEAR):
            due = None
        self.db.execute(
            """update relook set step = ?, due_at = ?, state = ?, looked_at = ?, cause = ?,
                 record_id = case when ? <> '' then ? else record_id end where listing = ?""",
            [step, write_time(due), str(state), write_time(now), clean_text(cause), compared,
             compared, look.id],
        )  # fmt: skip

    def postpone(self, look: Look, cause: str, now: datetime) -> None:
        """Let a look that saw nothing be tried again, more seldom the older its telling is.

        The tries end two weeks after the last look was due.
        """
        if _is_over(look, now):
            self.note(look, RelookState.UNCLEAR, now, cause=cause)
            return
        self._wait(look, cause, now + find_wait(look, now))

    def put_off(self, look: Look, cause: str, now: datetime) -> None:
        """Let a look that has news be made anew on the next day."""
        self._wait(look, cause, now + NEXT_DAY)

    def _wait(self, look: Look, cause: str, due: datetime) -> None:
        sql = "update relook set due_at = ?, cause = ? where listing = ?"
        self.db.execute(sql, [write_time(due), clean_text(cause), look.id])


def _is_over(look: Look, now: datetime) -> bool:
    return now > look.told_at + STEPS[-1] + _GIVE_UP


def find_wait(look: Look, now: datetime) -> timedelta:
    """Return after what time a look that saw nothing is tried again."""
    return max(NEXT_DAY, (now - look.told_at) / 8)


def find_next(listing: int, told_at: datetime, now: datetime) -> tuple[int, datetime | None]:
    """Return which look is next and when, (4, None) after the last.

    Looks at notices that were told together are spread over hours. Those that a clock set forward
    or a long stop has passed over are not made up for.
    """
    seed = hashlib.sha256(str(listing).encode()).digest()
    spread = timedelta(seconds=int.from_bytes(seed[:4], "big") % _SPREAD)
    for step, wait in enumerate(STEPS):
        if (due := told_at + wait + spread) > now:
            return step, due
    return len(STEPS), None


def _make_look(row: Row) -> Look:
    return Look(
        row["id"], _read_listing(row), datetime.fromisoformat(row["told_at"]), row["step"],
        RelookState(row["seen"]), read_time(row["looked_at"]),
        row["compared"] or row["told_record"], row["alert"], row["notice"], row["verdict"],
        bool(row["sample"]), json.loads(row["told"]),
    )  # fmt: skip


def _read_listing(row: Row) -> Listing:
    # A look is at the notice's own address, also where its list carries the text.
    return replace(make_listing(row).listing, content="")
