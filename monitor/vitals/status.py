"""How the whole program is at one moment, and what of it is not well."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path

from monitor.alerting.pacing import end_window
from monitor.alerting.schedule import find_rest
from monitor.config import Receiver
from monitor.errors import StoreError
from monitor.evidence.manifest import list_backups, read_manifest
from monitor.models import SourceState
from monitor.store import Store
from monitor.store.chain import Link
from monitor.store.sources import SourceRow
from monitor.store.vitals import Outbox
from monitor.vitals.disk import DiskState
from monitor.vitals.progress import Tally

# Longer than a receiver's own longest wait between two tries.
LONGEST_BACKLOG = timedelta(hours=2)
HEARTBEAT = "heartbeat"


@dataclass(frozen=True)
class Condition:
    """What the daemon alone knows: the state of its disk, files and polls.

    `hung` are sources whose poll does nothing any more, `loaded_at` is when the configuration in
    force was taken, `free` the bytes left on the disk.
    """

    disk: DiskState
    free: int
    config_ok: bool
    loaded_at: datetime
    hung: tuple[str, ...]
    tally: Tally


@dataclass(frozen=True)
class Status:
    """What the store and the daemon know at `at`; `faults` says why not all is well."""

    at: datetime
    condition: Condition
    sources: tuple[SourceRow, ...]
    outbox: Mapping[str, Outbox]
    rows: Mapping[str, int]
    alerts: Mapping[str, int]
    database_ok: bool
    head: Link | None
    backup_at: datetime | None
    beat_at: datetime | None
    faults: tuple[str, ...] = field(default=())

    @property
    def dead(self) -> tuple[str, ...]:
        """The receivers that accept nothing any more."""
        return tuple(name for name, box in self.outbox.items() if box.dead)

    def backlog(self, receiver: str) -> float:
        """Return for how many seconds a receiver's oldest message should have been gone."""
        oldest = self.outbox[receiver].oldest_due_at
        return max((self.at - oldest).total_seconds(), 0.0) if oldest else 0.0


def find_faults(status: Status) -> tuple[str, ...]:
    """Return what keeps the program from saying that all is well, one line each."""
    condition = status.condition
    checks = [
        (condition.disk is not DiskState.OK, f"the disk is {condition.disk}"),
        (not condition.config_ok, "the configuration is broken"),
        (not status.database_ok, "the database is damaged"),
        *((True, f"the poll of {name} hangs") for name in condition.hung),
        *((True, f"source {row.name} is {row.state}") for row in status.sources if _is_told(row)),
        *((True, f"receiver {name} is dead") for name in status.dead),
        *(
            (True, f"messages wait for {name}")
            for name in status.outbox
            if status.backlog(name) > LONGEST_BACKLOG.total_seconds()
        ),
    ]
    return tuple(text for found, text in checks if found)


def _is_told(row: SourceRow) -> bool:
    """Return whether a source is in a trouble that has lasted long enough to be told."""
    return bool(row.told_state) or row.state is SourceState.LATE


def read_status(
    store: Store, condition: Condition, sources: Mapping[str, object],
    receivers: Mapping[str, Receiver], database_ok: bool, backups: Path, now: datetime,
) -> Status:  # fmt: skip
    """Return how all is, for the sources and receivers that are configured.

    `backups` is the folder that backups are in.
    """
    beat = store.vitals.get(HEARTBEAT)
    return Status(
        at=now,
        condition=condition,
        sources=tuple(row for row in store.sources.list_all() if row.name in sources),
        outbox={
            name: _excuse_waits(box, receivers[name], store, now)
            for name, box in store.vitals.read_outbox(receivers, now).items()
        },
        rows=store.vitals.count_rows(),
        alerts=store.vitals.count_alerts(),
        database_ok=database_ok,
        head=store.chain.head(),
        backup_at=find_backup(backups, now),
        beat_at=beat.at if beat else None,
    )


def _excuse_waits(box: Outbox, receiver: Receiver, store: Store, now: datetime) -> Outbox:
    """Return an outbox whose oldest message is late by no quiet hours and no flood's window."""
    oldest, flood = box.oldest_due_at, receiver.flood
    rest = find_rest(receiver.quiet, receiver.zone, now)
    if oldest and rest:
        oldest += _overlap(rest.begin, rest.end, oldest, now)
    window = timedelta(seconds=flood.within)
    gathered_at = store.alerts.find_flood(receiver.name, now - 2 * window, now)
    if oldest and gathered_at:
        oldest += _overlap(gathered_at, end_window(gathered_at, flood), oldest, now)
    return replace(box, oldest_due_at=oldest)


def _overlap(begin: datetime, end: datetime, since: datetime, now: datetime) -> timedelta:
    return max(min(end, now) - max(begin, since), timedelta())


def find_backup(folder: Path, now: datetime) -> datetime | None:
    """Return when the newest good backup was made; one of a time to come tells nothing."""
    found = map(_read_backup, list_backups(folder, now))
    return next((made_at for made_at in found if made_at and made_at <= now), None)


@lru_cache(maxsize=64)
def _read_backup(path: Path) -> datetime | None:
    """Return when a backup was made, None of one that is not good; one never changes."""
    try:
        manifest = read_manifest(path)
    except StoreError:
        return None
    return manifest.made_at if manifest.good else None
