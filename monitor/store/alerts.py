"""Alerts, with one delivery for each receiver; what is withheld is kept without any."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from monitor.crashpoints import pass_point
from monitor.store.chain import Chain, LinkKind
from monitor.store.database import Row, read_time, write_json, write_time
from monitor.store.deliveries import (
    UNCONFIRMED,
    AlertKind,
    Deliveries,
    Delivery,
    DeliveryState,
    Turn,
)

__all__ = [
    "UNCONFIRMED",
    "AlertKind",
    "Alerts",
    "Deliveries",
    "Delivery",
    "DeliveryState",
    "Leg",
    "NewAlert",
    "Turn",
]

# After so many messages about sources within an hour, further ones wait and go together.
_GATHER_FROM = 3
_GATHER_OVER = timedelta(hours=1)
_GATHER_FOR = timedelta(minutes=10)
_GATHERED = "sources"
_NOBODY = "not exists (select 1 from delivery d where d.alert = a.id)"
_NOBODY_YET = "not exists (select 1 from delivery d where d.alert = a.id and d.state <> 'dead')"


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
class Leg:
    """The way of an alert to one receiver: at once, or in a digest.

    A digest goes when it is `due`, without a time once it is released. `route` says which route
    chose the receiver, "" for none.
    """

    receiver: str
    digest: str = ""
    due: datetime | None = None
    route: str = ""


class Alerts(Deliveries):
    """The outbox with the alerts that its deliveries are of."""

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
        return self.post(alert, [Leg(name, digest, due) for name in receivers], now)

    def post(self, alert: NewAlert, legs: Iterable[Leg], now: datetime) -> bool:
        """Write an alert with its deliveries, none where it is withheld; False if it was told.

        One that was withheld may be told later, under the same id.
        """
        ways = list(legs)
        with self.db.immediate():
            if not self._write(alert, now) and not (ways and self._update_withheld(alert, now)):
                return False
            Chain(self.db).append(LinkKind.ALERT, alert.id, now)
            for leg in ways:
                self._insert(alert.id, leg, now)
        return True

    def has_alert(self, name: str) -> bool:
        """Return whether an alert of this id was written."""
        return self.db.first("select 1 from alert where id = ?", [name]) is not None

    def _write(self, alert: NewAlert, now: datetime) -> bool:
        values = {
            "id": alert.id, "kind": str(alert.kind), "source": alert.source,
            "notice": alert.notice, "verdict": alert.verdict, "reason": alert.reason,
            "fingerprint": alert.fingerprint, "created_at": write_time(now),
            "sample": int(alert.sample), "content": write_json(alert.content),
        }  # fmt: skip
        return self.db.insert("alert", values, on_conflict="do nothing")

    def _update_withheld(self, alert: NewAlert, now: datetime) -> bool:
        return bool(
            self.db.execute(
                f"""update alert as a set reason = ?, notice = ?, content = ?, created_at = ?
                    where id = ? and kind = 'notice' and {_NOBODY}""",  # noqa: S608
                [
                    alert.reason, alert.notice, write_json(alert.content), write_time(now),
                    alert.id,
                ],
            )
        )  # fmt: skip

    def send_withheld(self, alert: str, receivers: Iterable[str], now: datetime) -> int:
        """Send an alert that nobody was told after all; return to how many.

        It was withheld, or given up for receivers of other names.
        """
        names, wanted = list(receivers), f"select 1 from alert a where id = ? and {_NOBODY_YET}"  # noqa: S608
        with self.db.immediate():
            if not self.db.first(wanted, [alert]):
                return 0
            for name in names:
                self._insert(alert, Leg(name), now)
        return len(names)

    def _insert(self, alert: str, leg: Leg, now: datetime) -> None:
        held = leg.digest and leg.due is None
        state = DeliveryState.HELD if held else DeliveryState.WAITING
        row = {
            "alert": alert, "receiver": leg.receiver, "digest": leg.digest, "route": leg.route,
            "state": str(state), "next_try_at": write_time(leg.due or now),
            "created_at": write_time(now),
        }  # fmt: skip
        self.db.insert("delivery", row, on_conflict="do nothing")
        pass_point("delivery enqueued")

    def gather_self(self, alert: NewAlert, receivers: Iterable[str], now: datetime) -> bool:
        """Enqueue what the program says of itself; after a few in an hour, several in one message.

        What falls together, as when the network is down, must not be a message for each source.
        """
        said = self.db.first(
            "select count(*) as n from alert where kind = 'self' and source is not null "
            "and created_at > ? and created_at <= ?",
            [write_time(now - _GATHER_OVER), write_time(now)],
        )
        if said is None or said["n"] < _GATHER_FROM:
            return self.enqueue(alert, receivers, now)
        waiting = self.db.first(
            "select min(next_try_at) as due from delivery where digest = ? "
            "and state = 'waiting' and attempts = 0 and next_try_at > ? and next_try_at <= ?",
            [_GATHERED, write_time(now), write_time(now + _GATHER_FOR)],
        )
        due = read_time(waiting["due"]) if waiting else None
        return self.enqueue(alert, receivers, now, digest=_GATHERED, due=due or now + _GATHER_FOR)

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
        return [{**row, "deliveries": self.list_deliveries(row["id"])} for row in rows]

    def list_ids(self, start: str) -> list[str]:
        """Return the ids of alerts that begin so, sorted."""
        rows = self.db.query(
            "select id from alert where substr(id, 1, ?) = ? order by id", [len(start), start]
        )
        return [row["id"] for row in rows]

    def list_of_notice(self, notice: int) -> list[Row]:
        """Return what was told of a version of a notice with its deliveries, oldest first."""
        rows = self.db.query(
            "select * from alert where notice = ? order by created_at, id", [notice]
        )
        return [{**row, "deliveries": self.list_deliveries(row["id"])} for row in rows]

    def count_withheld(self) -> dict[str, int]:
        """Return how many alerts of notices nobody was told, by reason."""
        rows = self.db.query(
            f"""select reason, count(*) as n from alert a
                where kind = 'notice' and {_NOBODY} group by reason order by reason"""  # noqa: S608
        )
        return {row["reason"]: row["n"] for row in rows}

    def list_deliveries(self, alert: str) -> list[Row]:
        """Return what became of an alert at each receiver."""
        return self.db.query(
            """select receiver, state, attempts, sent_at, next_try_at, error
               from delivery where alert = ? order by receiver""",
            [alert],
        )
