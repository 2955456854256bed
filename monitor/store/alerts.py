"""Alerts and the outbox: one delivery row per alert and receiver, leased, never lost."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from monitor.points import pass_point
from monitor.store.chain import Chain, LinkKind
from monitor.store.database import Database, Row, clean_text, read_time, write_json, write_time

# After so many messages about sources within an hour, further ones wait and go together.
_GATHER_FROM = 3
_GATHER_OVER = timedelta(hours=1)
_GATHER_FOR = timedelta(minutes=10)
_GATHERED = "sources"

# Stands as the error of a delivery while, and after, nobody knows whether it arrived.
UNCONFIRMED = "not confirmed"


class AlertKind(StrEnum):
    """What an alert is about: a notice, or the program itself."""

    NOTICE = "notice"
    SELF = "self"


class DeliveryState(StrEnum):
    """HELD waits for its digest to be complete; DEAD was given up and reported."""

    HELD = "held"
    WAITING = "waiting"
    LEASED = "leased"
    SENT = "sent"
    DEAD = "dead"


@dataclass(frozen=True)
class NewAlert:
    """An alert to be written; `content` is what a reader will be told, as plain values."""

    id: str
    kind: AlertKind
    source: str | None
    notice: int | None
    verdict: str
    reason: str
    fingerprint: str
    sample: bool
    content: dict[str, Any]


@dataclass(frozen=True)
class Delivery:
    """One leased delivery with the content of its alert.

    `unconfirmed` is whether an earlier attempt may have arrived: a crash, a broken answer.
    """

    id: int
    alert: str
    kind: AlertKind
    receiver: str
    digest: str
    attempts: int
    created_at: datetime
    sample: bool
    content: dict[str, Any]
    unconfirmed: bool = False


class Alerts:
    """Read and write alerts and their deliveries."""

    def __init__(self, db: Database) -> None:
        self.db = db

    def told_fingerprints(self, listing: int) -> list[str]:
        """Return the fingerprints that a listing's notice was told with, oldest first."""
        rows = self.db.query(
            """select a.fingerprint from alert a join notice n on n.id = a.notice
               where n.listing = ? order by a.created_at, a.id""",
            [listing],
        )
        return [row["fingerprint"] for row in rows]

    def enqueue(
        self,
        alert: NewAlert,
        receivers: Iterable[str],
        now: datetime,
        *,
        digest: str = "",
        due: datetime | None = None,
    ) -> bool:
        """Write an alert with one delivery per receiver; False where its id is there already."""
        values = {
            "id": alert.id, "kind": str(alert.kind), "source": alert.source,
            "notice": alert.notice, "verdict": alert.verdict, "reason": alert.reason,
            "fingerprint": alert.fingerprint, "created_at": write_time(now),
            "sample": int(alert.sample), "content": write_json(alert.content),
        }  # fmt: skip
        if not self.db.insert("alert", values, on_conflict="do nothing"):
            return False
        Chain(self.db).append(LinkKind.ALERT, alert.id, now)
        held = digest and due is None
        state = DeliveryState.HELD if held else DeliveryState.WAITING
        for receiver in receivers:
            row = {
                "alert": alert.id, "receiver": receiver, "digest": digest, "state": str(state),
                "next_try_at": write_time(due or now), "created_at": write_time(now),
            }  # fmt: skip
            self.db.insert("delivery", row, on_conflict="do nothing")
            pass_point("delivery enqueued")
        return True

    def gather_self(self, alert: NewAlert, receivers: Iterable[str], now: datetime) -> bool:
        """Enqueue what the program says of itself; after a few in an hour, several in one message.

        What falls together, as when the network is down, must not be a message for each source.
        """
        said = self.db.first(
            "select count(*) as n from alert where kind = 'self' and source is not null "
            "and created_at > ?",
            [write_time(now - _GATHER_OVER)],
        )
        if said is None or said["n"] < _GATHER_FROM:
            return self.enqueue(alert, receivers, now)
        waiting = self.db.first(
            "select min(next_try_at) as due from delivery where digest = ? "
            "and state = 'waiting' and attempts = 0 and next_try_at > ?",
            [_GATHERED, write_time(now)],
        )
        due = read_time(waiting["due"]) if waiting else None
        return self.enqueue(alert, receivers, now, digest=_GATHERED, due=due or now + _GATHER_FOR)

    def release(self, digest: str, now: datetime) -> int:
        """Let a complete digest go; return how many deliveries it holds."""
        return self.db.execute(
            "update delivery set state = 'waiting', next_try_at = ? "
            "where digest = ? and state = 'held'",
            [write_time(now), digest],
        )

    def lease(
        self, receiver: str, owner: str, now: datetime, lease: timedelta, limit: int = 200
    ) -> list[Delivery]:
        """Take the next due message of a receiver: one alert, or all of one digest.

        A lease that ran out is taken again: its owner died before it could say what happened.
        """
        with self.db.immediate():
            head = self.db.first(
                """select id, digest from delivery where receiver = :receiver and (
                     (state = 'waiting' and next_try_at <= :now)
                     or (state = 'leased' and leased_until <= :now))
                   order by created_at, id limit 1""",
                {"receiver": receiver, "now": write_time(now)},
            )
            if head is None:
                return []
            batch = [
                self._get(delivery) for delivery in self._message_ids(receiver, head, now, limit)
            ]
            for delivery in batch:
                self.db.execute(
                    """update delivery set state = 'leased', leased_until = ?, leased_by = ?,
                         attempts = attempts + 1, error = ? where id = ?""",
                    [write_time(now + lease), owner, UNCONFIRMED, delivery.id],
                )
        pass_point("leased")
        return batch

    def _message_ids(self, receiver: str, head: Row, now: datetime, limit: int) -> list[int]:
        if not head["digest"]:
            return [head["id"]]
        rows = self.db.query(
            """select id from delivery where receiver = :receiver and digest = :digest and (
                 (state = 'waiting' and next_try_at <= :now)
                 or (state = 'leased' and leased_until <= :now))
               order by id limit :limit""",
            {"receiver": receiver, "digest": head["digest"], "now": write_time(now),
             "limit": limit},
        )  # fmt: skip
        return [row["id"] for row in rows]

    def _get(self, delivery: int) -> Delivery:
        row = self.db.query(
            """select d.*, a.content, a.sample, a.kind from delivery d
               join alert a on a.id = d.alert where d.id = ?""",
            [delivery],
        )[0]
        created = read_time(row["created_at"])
        if created is None:
            raise ValueError(f"delivery {delivery} has no time")
        return Delivery(
            row["id"], row["alert"], AlertKind(row["kind"]), row["receiver"], row["digest"],
            row["attempts"] + 1, created, bool(row["sample"]), json.loads(row["content"]),
            row["error"].startswith(UNCONFIRMED),
        )  # fmt: skip

    def mark_sent(self, deliveries: Sequence[Delivery], now: datetime) -> None:
        """Note that the receiver accepted the message that held these deliveries."""
        with self.db.immediate():
            for delivery in deliveries:
                self.db.execute(
                    "update delivery set state = 'sent', sent_at = ?, error = '' where id = ?",
                    [write_time(now), delivery.id],
                )
                subject = f"{delivery.alert} {delivery.receiver}"
                Chain(self.db).append(LinkKind.DELIVERY, subject, now)

    def put_back(self, deliveries: Sequence[Delivery], at: datetime, error: str) -> None:
        """Let deliveries wait for another try at a time."""
        with self.db.immediate():
            for delivery in deliveries:
                self.db.execute(
                    """update delivery set state = 'waiting', next_try_at = ?, error = ?
                       where id = ? and state = 'leased'""",
                    [write_time(at), clean_text(error), delivery.id],
                )

    def bury(self, deliveries: Sequence[Delivery], error: str) -> None:
        """Give deliveries up; they stay visible with their cause."""
        with self.db.immediate():
            for delivery in deliveries:
                self.db.execute(
                    "update delivery set state = 'dead', error = ? where id = ?",
                    [clean_text(error), delivery.id],
                )

    def bury_unknown(self, receivers: Iterable[str]) -> int:
        """Give up what waits for receivers that are configured no more; return how many."""
        known = list(receivers)
        marks = ", ".join("?" for _ in known)
        return self.db.execute(
            f"""update delivery set state = 'dead', error = 'the receiver was removed'
                where state in ('waiting', 'held', 'leased')
                  and receiver not in ({marks})""",  # noqa: S608
            known,
        )

    def release_orphans(self, sources: Iterable[str], now: datetime) -> int:
        """Let the digests of sources go that will be polled no more; return how many."""
        known = [f"baseline:{name}" for name in sources]
        marks = ", ".join("?" for _ in known)
        return self.db.execute(
            f"""update delivery set state = 'waiting', next_try_at = ?
                where state = 'held' and digest not in ({marks})""",  # noqa: S608
            [write_time(now), *known],
        )

    def free_leases(self, now: datetime) -> int:
        """Put back what an earlier process had leased; only one process runs at a time."""
        return self.db.execute(
            "update delivery set state = 'waiting', next_try_at = ? where state = 'leased'",
            [write_time(now)],
        )

    def list_alerts(
        self, *, verdict: str = "", since: datetime | None = None, limit: int = 100
    ) -> list[Row]:
        """Return alerts with their deliveries, newest first."""
        rows = self.db.query(
            """select * from alert where (:verdict = '' or verdict = :verdict)
                 and (:since is null or created_at >= :since)
               order by created_at desc, id limit :limit""",
            {"verdict": verdict, "since": write_time(since), "limit": limit},
        )
        return [{**row, "deliveries": self._deliveries(row["id"])} for row in rows]

    def _deliveries(self, alert: str) -> list[Row]:
        return self.db.query(
            """select receiver, state, attempts, sent_at, next_try_at, error
               from delivery where alert = ? order by receiver""",
            [alert],
        )

    def count_states(self) -> dict[str, int]:
        """Return how many deliveries are in each state."""
        rows = self.db.query("select state, count(*) as n from delivery group by state")
        return {row["state"]: row["n"] for row in rows}
