"""Sources in the store: their clocks, states, validators, budgets and issues."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from monitor.models import Capture, Issue, SourceState
from monitor.store.chain import Chain, LinkKind
from monitor.store.database import Database, Row, clean_text, read_time, write_time
from monitor.text.privacy import mask_private


@dataclass(frozen=True)
class SourceRow:
    """What is known of a source; `baseline_at` is None until its first whole round.

    Up to `horizon_at`, all that its lists showed was read or is noted as a gap.
    """

    name: str
    state: SourceState
    cause: str
    missed: str
    advice: str
    state_since: datetime | None
    next_check_at: datetime | None
    last_attempt_at: datetime | None
    last_good_at: datetime | None
    last_listings: int
    failures: int
    told_state: str
    baseline_at: datetime | None
    sample: bool
    horizon_at: datetime | None = None


@dataclass(frozen=True)
class Health:
    """How a round went: state, cause, what was missed and what to do."""

    state: SourceState
    cause: str = ""
    missed: str = ""
    advice: str = ""


class Sources:
    """Read and write the rows about sources."""

    def __init__(self, db: Database) -> None:
        self.db = db

    def ensure(self, name: str, *, sample: bool) -> None:
        """Create the row of a source where there is none; a real one is no sample for good."""
        update = "(name) do update set sample = min(sample, excluded.sample)"
        self.db.insert("source", {"name": name, "sample": int(sample)}, on_conflict=update)

    def find(self, name: str) -> SourceRow | None:
        """Return one source, None where it was never polled."""
        row = self.db.first("select * from source where name = ?", [name])
        return _make_source(row) if row is not None else None

    def get(self, name: str) -> SourceRow:
        """Return one source; KeyError where there is none."""
        found = self.find(name)
        if found is None:
            raise KeyError(name)
        return found

    def list_all(self) -> list[SourceRow]:
        """Return every source that was ever polled, by name."""
        return [_make_source(row) for row in self.db.query("select * from source order by name")]

    def plan_check(self, name: str, at: datetime) -> None:
        """Set when a source is due next."""
        self.db.execute(
            "update source set next_check_at = ? where name = ?", [write_time(at), name]
        )

    def start_round(self, name: str, now: datetime) -> None:
        """Note that a round begins."""
        self.db.execute(
            "update source set last_attempt_at = ? where name = ?", [write_time(now), name]
        )

    def finish_round(
        self, name: str, health: Health, listings: int, now: datetime, *, whole: bool
    ) -> None:
        """Note how a round ended; `whole` is whether its lists were read to their horizon.

        `state_since` moves only when the state does.
        """
        current = health.state is SourceState.CURRENT
        # A round of 304 answers has no listings to count and says nothing against the last one.
        self.db.execute(
            """update source set
                 state_since = case when state = :state then state_since else :now end,
                 state = :state, cause = :cause, missed = :missed, advice = :advice,
                 last_good_at = case when :whole then :now else last_good_at end,
                 last_listings = case when :counted then :listings else last_listings end,
                 failures = case when :current then 0 else failures + 1 end
               where name = :name""",
            {
                "name": name, "state": str(health.state),
                "cause": mask_private(clean_text(health.cause)),
                "missed": health.missed, "advice": health.advice, "listings": listings,
                "current": int(current), "whole": int(whole),
                "counted": int(whole and listings > 0), "now": write_time(now),
            },
        )  # fmt: skip

    def finish_baseline(self, name: str, now: datetime) -> None:
        """Note that the first whole round is done; later listings are news."""
        self.db.execute(
            "update source set baseline_at = ? where name = ? and baseline_at is null",
            [write_time(now), name],
        )

    def move_horizon(self, name: str, at: datetime) -> None:
        """Note that all before a moment was read or is noted as a gap."""
        self.db.execute("update source set horizon_at = ? where name = ?", [write_time(at), name])

    def note_told(self, name: str, state: str) -> None:
        """Remember which state a person was last told of."""
        self.db.execute("update source set told_state = ? where name = ?", [state, name])

    def get_validator(self, source: str, url: str) -> tuple[str, str]:
        """Return ETag and Last-Modified of a URL's last good response, or two ''."""
        sql = "select etag, modified from validator where source = ? and url = ?"
        row = self.db.first(sql, [source, url])
        return (row["etag"], row["modified"]) if row else ("", "")

    def forget_validators(self, source: str) -> None:
        """Ask for whole pages again: after a torn round, or with a changed stanza."""
        self.db.execute("delete from validator where source = ?", [source])

    def keep_validators(self, source: str, captures: Iterable[Capture]) -> None:
        """Remember the validators of first pages that a whole round has read."""
        for capture in captures:
            values = {
                "url": capture.url,
                "source": source,
                "etag": capture.header("etag"),
                "modified": capture.header("last-modified"),
            }
            update = (
                "(source, url) do update set etag = excluded.etag, modified = excluded.modified"
            )
            self.db.insert("validator", values, on_conflict=update)

    def spend(self, host: str, day: date, most: int) -> bool:
        """Count one more request to a host on a UTC day; False, uncounted, where `most` went."""
        rows = self.db.query(
            """insert into budget (host, day, requests) select ?, ?, 1 where ? > 0
               on conflict (host, day) do update set requests = requests + 1
               where requests < ? returning requests""",
            [host, day.isoformat(), most, most],
        )
        return bool(rows)

    def spent(self, host: str, day: date) -> int:
        """Return how many requests went to a host on a UTC day."""
        row = self.db.first(
            "select requests from budget where host = ? and day = ?", [host, day.isoformat()]
        )
        return int(row["requests"]) if row else 0

    def keep_capture(self, source: str, capture: Capture) -> None:
        """Index an archived capture."""
        values = {
            "record_id": capture.record_id,
            "source": source,
            "url": clean_text(capture.url),
            "fetched_at": write_time(capture.fetched_at),
            "status": capture.status,
            "sha256": capture.sha256,
            "tls": capture.tls,
            "packed": capture.packed,
        }
        with self.db.immediate():
            if self.db.insert("capture", values, on_conflict="do nothing"):
                Chain(self.db).append(LinkKind.CAPTURE, capture.record_id, capture.fetched_at)

    def add_issues(self, source: str, issues: Iterable[Issue], url: str, now: datetime) -> None:
        """Count what could not be understood, one row per kind, field, raw value and URL."""
        for issue in issues:
            values = {
                "source": source, "kind": issue.kind, "field": issue.field,
                "raw": mask_private(clean_text(issue.raw[:300])),
                "url": clean_text(issue.url or url),
                "first_seen_at": write_time(now), "last_seen_at": write_time(now), "count": 1,
            }  # fmt: skip
            self.db.insert(
                "issue",
                values,
                on_conflict="(source, kind, field, raw, url) do update set "
                "count = count + 1, last_seen_at = excluded.last_seen_at",
            )

    def list_issues(self, limit: int = 200) -> list[Row]:
        """Return issues, newest first."""
        return self.db.query("select * from issue order by last_seen_at desc limit ?", [limit])

    def remove_samples(self, now: datetime) -> dict[str, int]:
        """Delete every sample source with all that came from it; return the counts.

        The chain keeps a link of each row that is gone.
        """
        with self.db.immediate():
            names = [r["name"] for r in self.db.query("select name from source where sample = 1")]
            counts = {"sources": len(names), "listings": 0, "alerts": 0}
            for name in names:
                row = self.db.first(
                    """select (select count(*) from listing where source = :name) as listings,
                              (select count(*) from alert where source = :name) as alerts""",
                    {"name": name},
                )
                if row is not None:
                    counts["listings"] += row["listings"]
                    counts["alerts"] += row["alerts"]
                Chain(self.db).remove_source(name, now)
                self.db.execute("delete from alert where source = ?", [name])
                self.db.execute("delete from source where name = ?", [name])
            self.db.execute(
                "delete from process where id not in "
                "(select process from notice where process is not null)"
            )
        return counts


def _make_source(row: Row) -> SourceRow:
    return SourceRow(
        name=row["name"],
        state=SourceState(row["state"]),
        cause=row["cause"],
        missed=row["missed"],
        advice=row["advice"],
        state_since=read_time(row["state_since"]),
        next_check_at=read_time(row["next_check_at"]),
        last_attempt_at=read_time(row["last_attempt_at"]),
        last_good_at=read_time(row["last_good_at"]),
        last_listings=row["last_listings"],
        failures=row["failures"],
        told_state=row["told_state"],
        baseline_at=read_time(row["baseline_at"]),
        sample=bool(row["sample"]),
        horizon_at=read_time(row["horizon_at"]),
    )
