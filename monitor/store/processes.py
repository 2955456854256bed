"""Processes: the purchases that notices belong to."""

from __future__ import annotations

from datetime import datetime

from monitor.models import Notice, Verdict
from monitor.store.database import Database, clean_text, write_time
from monitor.text.normalize import fold_name

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
        if len(notice.project_number) < 4:
            return None
        key = clean_text(f"{fold_name(notice.buyer)}|{fold_name(notice.project_number)}")
        self.db.insert("process", {"key": key, "verdict": str(verdict)}, on_conflict="do nothing")
        row = self.db.first("select id, verdict from process where key = ?", [key])
        if row is None:
            return None
        if _RANK[verdict] > _RANK[Verdict(row["verdict"])]:
            sql = "update process set verdict = ? where id = ?"
            self.db.execute(sql, [str(verdict), row["id"]])
        return int(row["id"])

    def note_told(self, process: int | None, now: datetime) -> None:
        """Remember that people were told of a process."""
        if process is not None:
            sql = "update process set last_told_at = ? where id = ?"
            self.db.execute(sql, [write_time(now), process])
