"""Time stamps of the chain's head by authorities outside (RFC 3161)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from monitor.store.database import Database, Row, write_time


@dataclass(frozen=True)
class Stamp:
    """An authority's answer about one link; `token` is the whole TimeStampResp in DER.

    `at` is the UTC time that the authority states.
    """

    number: int
    authority: str
    at: datetime
    token: bytes


class Stamps:
    """Keep time stamps and read them."""

    def __init__(self, db: Database) -> None:
        self.db = db

    def keep(self, stamp: Stamp) -> None:
        """Write a stamp; one of a link that has one already is not needed."""
        values = {
            "number": stamp.number, "authority": stamp.authority, "at": write_time(stamp.at),
            "token": stamp.token,
        }  # fmt: skip
        self.db.insert("timestamp", values, on_conflict="do nothing")

    def last(self) -> Stamp | None:
        """Return the stamp of the newest link that has one, or None."""
        row = self.db.first("select * from timestamp order by number desc limit 1")
        return _make_stamp(row) if row else None

    def list_from(self, number: int) -> list[Stamp]:
        """Return the stamps of a link and of those behind it, in order."""
        rows = self.db.query("select * from timestamp where number >= ? order by number", [number])
        return [_make_stamp(row) for row in rows]


def _make_stamp(row: Row) -> Stamp:
    at = datetime.fromisoformat(row["at"])
    return Stamp(row["number"], row["authority"], at, bytes(row["token"]))
