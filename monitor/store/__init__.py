"""The only SQLite."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from monitor.store.alerts import Alerts
from monitor.store.chain import Chain
from monitor.store.database import Database
from monitor.store.documents import Documents
from monitor.store.expectations import Expectations
from monitor.store.gaps import Gaps
from monitor.store.notices import Notices
from monitor.store.processes import Processes
from monitor.store.sources import Sources
from monitor.store.twins import Twins

FILE_NAME = "monitor.db"


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

    @classmethod
    def open(cls, state: Path, *, read_only: bool = False) -> Self:
        """Open the database of a state folder; raise StoreError where it cannot be used."""
        db = Database(state / FILE_NAME, read_only=read_only)
        return cls(
            db, Sources(db), Notices(db), Alerts(db), Processes(db), Gaps(db), Expectations(db),
            Documents(db), Twins(db), Chain(db),
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
        """Close every connection."""
        self.db.close()
