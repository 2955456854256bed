"""The outbox: one row per alert and receiver, leased, sent in frozen batches, never lost."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from monitor.crashpoints import pass_point
from monitor.store.chain import Chain, LinkKind
from monitor.store.database import Database, Row, clean_text, read_time, write_json, write_time

# Stands as the error of a delivery while, and after, nobody knows whether it arrived.
UNCONFIRMED = "not confirmed"
MOST_TOGETHER = 2_000
# Nothing waits longer than this, so that what seems to was stamped before the clock was set back.
_LONGEST_WAITS = {
    "soon": timedelta(minutes=90),
    "daily": timedelta(hours=50),
    "weekly": timedelta(days=16),
}
# Longer than a receiver in trouble is ever left alone between two tries of its oldest message.
_LONGEST_PAUSE = timedelta(hours=2)
_DUE = """(next_try_at <= :now or next_try_at > case when digest like 'weekly:%' then :weekly
    when digest like 'daily:%' then :daily else :soon end)"""
_RAN_OUT = "(leased_until <= :now or leased_until > :longest)"
# In no message that may have arrived, and in no digest but one that its own courier gathered.
_FRESH = "(batch = '' and (digest = '' or digest like 'flood:%' or digest like 'rested:%'))"


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
class Delivery:
    """One leased delivery with the content of its alert.

    `unconfirmed` is whether an earlier attempt may have arrived: a crash, a broken answer.
    `batch` names its message: the same for as long as one before may have arrived. `tried_at` is
    since when it is tried, later than its first lease by the time in which nobody could try it;
    `refused_at` is when the receiver first refused it for good.
    """

    id: int
    alert: str
    kind: AlertKind
    receiver: str
    digest: str
    attempts: int
    created_at: datetime
    tried_at: datetime
    sample: bool
    content: dict[str, Any]
    unconfirmed: bool = False
    batch: str = ""
    owner: str = ""
    refused_at: datetime | None = None


@dataclass(frozen=True)
class Turn:
    """Which messages may be leased: `fresh` ones, whose composition is open; `early` ones, that
    were tried and would wait longer; with `rotate` those first that were tried least.
    """

    fresh: bool = True
    early: bool = False
    rotate: bool = False


class Deliveries:
    """Read and write deliveries."""

    def __init__(self, db: Database) -> None:
        self.db = db

    def release(self, digest: str, now: datetime) -> int:
        """Let a complete digest go; return how many deliveries it holds."""
        return self.db.execute(
            "update delivery set state = 'waiting', next_try_at = ? "
            "where digest = ? and state = 'held'",
            [write_time(now), digest],
        )

    def gather(self, receiver: str, digest: str, now: datetime) -> int:
        """Make one digest of the fresh messages that are due; return how many they are."""
        return self.db.execute(
            f"""update delivery set digest = :digest
                where receiver = :receiver and state = 'waiting' and {_FRESH} and {_DUE}""",  # noqa: S608
            {"digest": digest, "receiver": receiver, **_write_limits(now)},
        )

    def lease(
        self,
        receiver: str,
        owner: str,
        now: datetime,
        lease: timedelta,
        limit: int = MOST_TOGETHER,
        *,
        turn: Turn = Turn(),
    ) -> list[Delivery]:
        """Take the next due message of a receiver: one alert, or all of one digest.

        What a message holds is settled while it may have arrived. A lease that ran out is taken
        again: its owner died before it could say what happened.
        """
        with self.db.immediate():
            values = {"receiver": receiver, **_write_limits(now)}
            values["longest"] = write_time(now + lease)
            due = f"({_DUE} or attempts > 0)" if turn.early else _DUE
            head = self._find_head(values, turn, due)
            if head is None:
                return []
            rows = self._list_message(head, values, due, limit)
            found = [_read_delivery(row, owner, now, lease) for row in rows]
            batch = found[0].batch or name_batch(receiver, found)
            self.db.execute(
                """update delivery set state = 'leased', leased_until = ?, leased_by = ?,
                     attempts = attempts + 1, error = ?, batch = ?, tried_at = one.value
                   from json_each(?) as one where delivery.id = cast(one.key as integer)""",
                [
                    write_time(now + lease), owner, UNCONFIRMED, batch,
                    write_json({str(one.id): write_time(one.tried_at) for one in found}),
                ],
            )  # fmt: skip
        pass_point("leased")
        return [replace(one, batch=batch) for one in found]

    def _find_head(self, values: dict[str, Any], turn: Turn, due: str) -> Row | None:
        """Return the delivery whose turn it is: the oldest, or the one tried least."""
        order = "attempts, created_at, id" if turn.rotate else "created_at, id"
        waiting = due if turn.fresh else f"{due} and not {_FRESH}"
        heads = [
            self.db.first(
                f"""select id, digest, batch, attempts, created_at from delivery
                    where receiver = :receiver and state = '{state}' and {which}
                    order by {order} limit 1""",  # noqa: S608 - our own words
                values,
            )
            for state, which in (("leased", _RAN_OUT), ("waiting", waiting))
        ]
        found = [head for head in heads if head is not None]
        return min(found, key=lambda row: (row["created_at"], row["id"]), default=None)

    def _list_message(self, head: Row, values: dict[str, Any], due: str, limit: int) -> list[Row]:
        if head["batch"]:
            which = "d.batch = :batch and d.state in ('waiting', 'leased')"
        elif head["digest"]:
            which = f"d.digest = :digest and d.batch = '' and d.state = 'waiting' and {due}"
        else:
            which = "d.id = :id"
        return self.db.query(
            f"""select d.*, a.content, a.sample, a.kind from delivery d
                join alert a on a.id = d.alert where d.receiver = :receiver and {which}
                order by d.id limit :limit""",  # noqa: S608 - our own words
            {**values, **head, "limit": limit},
        )

    def mark_sent(self, deliveries: Sequence[Delivery], now: datetime) -> None:
        """Note that the receiver accepted the message that held these deliveries."""
        with self.db.immediate():
            self.db.execute(
                "update delivery set state = 'sent', sent_at = ?, error = '' "
                "where id in (select value from json_each(?))",
                [write_time(now), _list_ids(deliveries)],
            )
            links = ((LinkKind.DELIVERY, f"{one.alert} {one.receiver}") for one in deliveries)
            Chain(self.db).append_all(links, now)

    def put_back(
        self,
        deliveries: Sequence[Delivery],
        at: datetime,
        error: str,
        *,
        refused_at: datetime | None = None,
    ) -> None:
        """Let deliveries wait for another try at a time, unless another owner has them by now.

        `refused_at` is given where the receiver refused them for good; the first time is kept.
        What surely did not arrive, and may go another time, may go together with others then.
        """
        self.db.execute(
            """update delivery set state = 'waiting', next_try_at = :at, error = :error,
                 refused_at = coalesce(refused_at, :refused),
                 batch = case when :keep or refused_at is not null then batch else '' end
               where id in (select value from json_each(:ids)) and state = 'leased'
                 and leased_by = :owner""",
            {
                "at": write_time(at), "error": clean_text(error),
                "refused": write_time(refused_at),
                "keep": refused_at is not None or error.startswith(UNCONFIRMED),
                "ids": _list_ids(deliveries), "owner": deliveries[0].owner,
            },
        )  # fmt: skip

    def bury(self, deliveries: Sequence[Delivery], error: str) -> None:
        """Give deliveries up, unless another owner has them by now; they stay visible."""
        self.db.execute(
            """update delivery set state = 'dead', error = ?
               where id in (select value from json_each(?)) and state = 'leased'
                 and leased_by = ?""",
            [clean_text(error), _list_ids(deliveries), deliveries[0].owner],
        )

    def wake(self, receiver: str, now: datetime) -> int:
        """Let what waits for another try go now: the receiver accepts again."""
        return self.db.execute(
            "update delivery set next_try_at = ? "
            "where receiver = ? and state = 'waiting' and attempts > 0",
            [write_time(now), receiver],
        )

    def revive(self, receivers: Iterable[str], now: datetime, alert: str = "") -> int:
        """Let dead deliveries of these receivers go again, of one alert or all; count them.

        An alert that was given up within a digest goes alone.
        """
        changes = (
            "state = 'waiting', attempts = 0, tried_at = null, refused_at = null, "
            "next_try_at = :now"
        )
        alone = ", digest = '', batch = ''" if alert else ""
        return self.db.execute(
            f"""update delivery set {changes}{alone} where state = 'dead'
                and receiver in (select value from json_each(:receivers))
                and (:alert = '' or alert = :alert)""",  # noqa: S608 - our own words
            {"now": write_time(now), "receivers": write_json(list(receivers)), "alert": alert},
        )

    def bury_unknown(self, receivers: Iterable[str]) -> int:
        """Give up what waits for receivers that are configured no more; return how many."""
        return self.db.execute(
            """update delivery set state = 'dead', error = 'the receiver was removed'
               where state in ('waiting', 'held', 'leased')
                 and receiver not in (select value from json_each(?))""",
            [write_json(list(receivers))],
        )

    def release_orphans(self, sources: Iterable[str], now: datetime) -> int:
        """Let the digests of sources go that will be polled no more; return how many."""
        return self.db.execute(
            """update delivery set state = 'waiting', next_try_at = ?
               where state = 'held' and digest not in (select value from json_each(?))""",
            [write_time(now), write_json([f"baseline:{name}" for name in sources])],
        )

    def free_leases(self, now: datetime) -> int:
        """Put back what an earlier process had leased; only one process runs at a time."""
        return self.db.execute(
            "update delivery set state = 'waiting', next_try_at = ? where state = 'leased'",
            [write_time(now)],
        )

    def count_states(self) -> dict[str, int]:
        """Return how many deliveries are in each state."""
        rows = self.db.query("select state, count(*) as n from delivery group by state")
        return {row["state"]: row["n"] for row in rows}

    def count_fresh(self, receiver: str, before: datetime | None, now: datetime) -> tuple[int, int]:
        """Return how many fresh messages are due, and how many of them came before a moment."""
        row = self.db.first(
            f"""select count(*) as n, count(case when created_at <= :before then 1 end) as old
                from delivery
                where receiver = :receiver and state = 'waiting' and {_FRESH} and {_DUE}""",  # noqa: S608
            {"receiver": receiver, "before": write_time(before), **_write_limits(now)},
        )
        return (row["n"], row["old"]) if row else (0, 0)

    def count_doubtful(self, receiver: str) -> tuple[int, int]:
        """Return how many messages wait that may have arrived, and the fewest tries of one."""
        row = self.db.first(
            """select count(distinct batch) as number, coalesce(min(attempts), 0) as tries
               from delivery where receiver = ? and state = 'waiting' and batch <> ''""",
            [receiver],
        )
        return (row["number"], row["tries"]) if row else (0, 0)

    def count_singles(self, receiver: str, since: datetime, now: datetime) -> int:
        """Return how many messages went to a receiver one by one in a stretch of time."""
        row = self.db.first(
            """select count(*) as n from delivery where receiver = ? and sent_at > ?
                 and sent_at <= ? and digest = ''""",
            [receiver, write_time(since), write_time(now)],
        )
        return int(row["n"]) if row else 0

    def find_flood(self, receiver: str, since: datetime, now: datetime) -> datetime | None:
        """Return when the last digest of a flood went to a receiver in a stretch of time."""
        row = self.db.first(
            """select max(sent_at) as at from delivery where receiver = ? and sent_at > ?
                 and sent_at <= ? and digest like 'flood:%'""",
            [receiver, write_time(since), write_time(now)],
        )
        return read_time(row["at"]) if row else None

    def has_accepted(self, receiver: str, since: datetime) -> bool:
        """Return whether a receiver accepted anything since a moment."""
        row = self.db.first(
            "select 1 from delivery where receiver = ? and sent_at >= ? limit 1",
            [receiver, write_time(since)],
        )
        return row is not None


def name_batch(receiver: str, deliveries: Iterable[Delivery]) -> str:
    """Return the key of a message: the same alerts to the same receiver always have the same."""
    text = "\n".join([receiver, *(one.alert for one in deliveries)])
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:32]


def _write_limits(now: datetime) -> dict[str, Any]:
    limits = {name: write_time(now + wait) for name, wait in _LONGEST_WAITS.items()}
    return {"now": write_time(now), **limits}


def _list_ids(deliveries: Iterable[Delivery]) -> str:
    return json.dumps([one.id for one in deliveries])


def _find_start(row: Row, now: datetime, lease: timedelta) -> datetime:
    """Return since when a delivery is tried, moved on by the time in which nobody could try it.

    A clock that was set, a machine that was off and a night prove nothing of a receiver.
    """
    began, until = read_time(row["tried_at"]), read_time(row["leased_until"])
    if began is None or until is None:
        return now
    # The lease of the last try is not cleared when it ends.
    gap = now - (until - lease)
    return began + gap - min(max(gap, timedelta()), _LONGEST_PAUSE)


def _read_delivery(row: Row, owner: str, now: datetime, lease: timedelta) -> Delivery:
    created = read_time(row["created_at"])
    if created is None:
        raise ValueError(f"delivery {row['id']} has no time")
    return Delivery(
        row["id"], row["alert"], AlertKind(row["kind"]), row["receiver"], row["digest"],
        row["attempts"] + 1, created, _find_start(row, now, lease), bool(row["sample"]),
        json.loads(row["content"]), row["error"].startswith(UNCONFIRMED), row["batch"], owner,
        read_time(row["refused_at"]),
    )  # fmt: skip
