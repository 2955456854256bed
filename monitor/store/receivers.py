"""Receivers that refuse everything: since when, why, and when they were last tried."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from monitor.store.database import Database, read_time, write_json, write_time

_PREFIX = "receiver dead: "


@dataclass(frozen=True)
class Dead:
    """A receiver that is dead as a whole: its messages wait, one is tried now and then."""

    receiver: str
    cause: str
    since: datetime
    tried_at: datetime


class Receivers:
    """Remember which receivers are dead, across restarts and between processes."""

    def __init__(self, db: Database) -> None:
        self.db = db

    def find_dead(self, receiver: str) -> Dead | None:
        """Return why a receiver is dead, None of one that is not."""
        row = self.db.first("select value, at from vital where name = ?", [_PREFIX + receiver])
        kept = json.loads(row["value"]) if row else {}
        since, tried = read_time(kept.get("since")), read_time(row["at"]) if row else None
        return Dead(receiver, kept["cause"], since, tried) if since and tried else None

    def note_dead(self, receiver: str, cause: str, now: datetime) -> bool:
        """Note that a receiver is dead, or was tried again in vain; say whether that is news."""
        before = self.find_dead(receiver)
        value = {"cause": cause, "since": write_time(before.since if before else now)}
        row = {"name": _PREFIX + receiver, "value": write_json(value), "at": write_time(now)}
        update = "(name) do update set value = excluded.value, at = excluded.at"
        self.db.insert("vital", row, on_conflict=update)
        return before is None

    def note_alive(self, receiver: str) -> bool:
        """Forget that a receiver was dead; say whether it was."""
        return bool(self.db.execute("delete from vital where name = ?", [_PREFIX + receiver]))
