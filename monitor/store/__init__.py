"""The only SQLite."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from monitor.errors import StoreError
from monitor.store.alerts import Alerts
from monitor.store.chain import Chain
from monitor.store.database import Database
from monitor.store.documents import Documents
from monitor.store.expectations import Expectations
from monitor.store.gaps import Gaps
from monitor.store.judgements import Judgements
from monitor.store.notices import Notices
from monitor.store.processes import Processes
from monitor.store.receivers import Receivers
from monitor.store.relooks import Relooks
from monitor.store.sources import Sources
from monitor.store.stamps import Stamps
from monitor.store.twins import Twins
from monitor.store.vitals import Vitals

FILE_NAME = "monitor.db"
# What a value that damage has made of another type does to whoever reads it.
BROKEN_VALUES = (TypeError, ValueError, AttributeError, LookupError)


@dataclass(frozen=True)
class Store:
    """The rooms of one database."""

    db: Database
    sources: Sources
    notices: Notices
    alerts: Alerts
    processes: Processes
    gaps: Gaps
    expectations: Expectations
    documents: Documents
    twins: Twins
    chain: Chain
    judgements: Judgements
    receivers: Receivers
    relooks: Relooks
    stamps: Stamps
    vitals: Vitals

    @classmethod
    def open(cls, state: Path, *, read_only: bool = False) -> Self:
        """Open the database of a state folder; raise StoreError where it cannot be used.

        One that is gone from beside its captures is not silently begun anew.
        """
        path = state / FILE_NAME
        if read_only or _has_captures(state):
            demand_database(state)
        db = Database(path, read_only=read_only)
        if not read_only:
            Chain(db).begin(_date_adoption())
        return cls(
            db, Sources(db), Notices(db), Alerts(db), Processes(db), Gaps(db), Expectations(db),
            Documents(db), Twins(db), Chain(db), Judgements(db), Receivers(db), Relooks(db),
            Stamps(db), Vitals(db),
        )  # fmt: skip

    def __enter__(self) -> Self:
        """Return the store itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        """Close every connection.

        What broke the reading may be damage that nobody looked for: then raise StoreError instead.
        """
        try:
            if self.db.read_only and isinstance(error, BROKEN_VALUES):
                self.db.check_quickly()
        finally:
            self.db.close()


def _date_adoption() -> datetime:
    """Return the moment at which rows older than the chain are taken into it: that of opening.

    The one clock that the store reads itself. It is not an argument, as every opening would carry
    it for what happens once in a database's life, and as a caller's word must not date a proof.
    """
    return datetime.now(UTC)


def demand_database(state: Path) -> None:
    """Raise StoreError where a state folder has no database, with the way back if it had one."""
    path = state / FILE_NAME
    if path.exists() and path.stat().st_size:
        return
    if _has_captures(state):
        lost = "the database is missing although captures are there"
        raise StoreError(f"{path}: {lost}; put it back with: tender-monitor restore latest")
    raise StoreError(f"{path}: no database yet (run the program first)")


def _has_captures(state: Path) -> bool:
    return any(state.glob("captures/*/*.warc.gz"))
