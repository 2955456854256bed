"""Attachments in the store: what was read of each, and the notices that wait for another look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from monitor.store.database import Database, Row, clean_text, write_time


class Documents:
    """Read and write what became of attachments."""

    def __init__(self, db: Database) -> None:
        self.db = db

    def keep(self, listing: int, found: Sequence[Mapping[str, Any]], now: datetime) -> None:
        """Write what became of the attachments of a listing's notice, in the place of before."""
        self.db.execute("delete from attachment where listing = ?", [listing])
        for one in found:
            values = {
                "listing": listing, "url": clean_text(one["url"]),
                "name": clean_text(one["name"]), "read": int(one["read"]),
                "why": clean_text(one["why"]), "kind": one["kind"],
                "record_id": one["record_id"], "sha256": one["sha256"],
                "tried_at": write_time(now),
            }  # fmt: skip
            self.db.insert("attachment", values, on_conflict="(listing, url) do nothing")

    def list_for(self, listing: int) -> list[Row]:
        """Return what became of a listing's attachments."""
        sql = "select * from attachment where listing = ? order by id"
        return self.db.query(sql, [listing])

    def count_rechecks(self, listing: int) -> int:
        """Return how often a listing was opened again for what could not be read."""
        row = self.db.first("select rechecks from listing where id = ?", [listing])
        return int(row["rechecks"]) if row else 0

    def plan_recheck(self, listing: int, at: datetime | None) -> None:
        """Set when a listing is opened again for what could not be read; None for never."""
        self.db.execute(
            "update listing set recheck_at = ?, rechecks = rechecks + 1 where id = ?",
            [write_time(at), listing],
        )

    def end_rechecks(self, listing: int) -> None:
        """Note that nothing of a listing is left unread, and its row's own text needed no more."""
        sql = "update listing set recheck_at = null, rechecks = 0, content = '' where id = ?"
        self.db.execute(sql, [listing])

    def list_unchecked(self, limit: int) -> list[Row]:
        """Return the notices of organs that could not be checked whole, newest first."""
        return self.db.query(
            """select n.*, l.source, l.recheck_at, l.rechecks
               from notice n join listing l on l.id = n.listing
               where json_extract(n.match, '$.checkable') = 0
                 and json_extract(n.match, '$.organ') is not null
                 and n.version = (select max(version) from notice where listing = n.listing)
               order by n.id desc limit ?""",
            [limit],
        )
