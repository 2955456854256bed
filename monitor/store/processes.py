"""Processes: the purchases that notices belong to."""

from __future__ import annotations

import hashlib

from monitor.models import Notice, Verdict
from monitor.store.database import Database, clean_text
from monitor.text.normalize import fold_name

_SHORTEST = 4
_RANK = {Verdict.NONE: 0, Verdict.REVIEW: 1, Verdict.ALERT: 2}


class Processes:
    """Link notices of one purchase by its project number."""

    def __init__(self, db: Database) -> None:
        self.db = db

    def link(self, notice: Notice, verdict: Verdict) -> int | None:
        """Return the process of a notice, made where it is new; None without a number.

        A process has the highest verdict of its notices. Bodies number their own purchases,
        so the buyer is part of the key.
        """
        if len(notice.project_number) < _SHORTEST:
            return None
        key = _make_key(notice)
        self.db.insert("process", {"key": key, "verdict": str(verdict)}, on_conflict="do nothing")
        row = self.db.first("select id, verdict from process where key = ?", [key])
        if row is None:
            return None
        if _RANK[verdict] > _RANK[Verdict(row["verdict"])]:
            sql = "update process set verdict = ? where id = ?"
            self.db.execute(sql, [str(verdict), row["id"]])
        return int(row["id"])

    def find(self, notice: Notice) -> int | None:
        """Return the process of a notice, None where there is none yet."""
        if len(notice.project_number) < _SHORTEST:
            return None
        row = self.db.first("select id from process where key = ?", [_make_key(notice)])
        return int(row["id"]) if row else None

    def name_thread(self, process: int | None, listing: int) -> str:
        """Return what messages about one purchase have in common: its key, else its twins'."""
        row = self.db.first("select key from process where id = ?", [process])
        if row is None:
            row = self.db.first("select same_as as key from twin where listing = ?", [listing])
        found = f"purchase {row['key']}" if row else f"listing {listing}"
        return hashlib.sha256(found.encode("utf-8", "replace")).hexdigest()[:32]


def _make_key(notice: Notice) -> str:
    return clean_text(f"{fold_name(notice.buyer)}|{fold_name(notice.project_number)}")
