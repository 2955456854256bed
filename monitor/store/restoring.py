"""What a restored database knows of it: what waits may have gone, what is new may be old."""

from __future__ import annotations

from datetime import datetime

from monitor.store.alerts import UNCONFIRMED
from monitor.store.chain import Chain, LinkKind
from monitor.store.database import Database, read_time, write_time
from monitor.store.sources import SourceRow

_RESTORED = "restored"


def note_restored(db: Database, backup: str, made_at: datetime, now: datetime) -> int:
    """Mark a copied database as restored; return how many messages may go a second time."""
    with db.immediate():
        values = {"name": _RESTORED, "value": write_time(made_at), "at": write_time(now)}
        update = "(name) do update set value = excluded.value, at = excluded.at"
        db.insert("vital", values, on_conflict=update)
        Chain(db).append(LinkKind.RESTORE, backup, now)
        return db.execute(
            """update delivery set error = ? where state in ('waiting', 'held', 'leased')""",
            [f"{UNCONFIRMED}: restored from the backup {backup}"],
        )


def head_resumed(db: Database, source: SourceRow) -> str:
    """Return what stands above all that a source brings after a restore.

    Return "" where there was none, or once the source was read whole since.
    """
    row = db.first("select value, at from vital where name = ?", [_RESTORED])
    made_at, restored_at = (read_time(row["value"]), read_time(row["at"])) if row else (None, None)
    if made_at is None or restored_at is None or source.baseline_at is None:
        return ""
    if source.baseline_at > restored_at or (source.horizon_at or made_at) >= restored_at:
        return ""
    return (
        f"{source.name}, restored from a backup of {made_at:%Y-%m-%d %H:%M} UTC: "
        "may repeat what was told since"
    )
