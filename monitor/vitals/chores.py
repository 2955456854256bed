"""What is done once a day or so; one that fails is told and keeps no other from its turn."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from monitor.archive import Archive
from monitor.config import Config
from monitor.errors import first_line
from monitor.evidence.retention import remove_old
from monitor.evidence.timestamp import open_asker, stamp_head
from monitor.store import Store
from monitor.store.database import Database
from monitor.store.vitals import Vitals

log = logging.getLogger(__name__)

CHECK_DATABASE = "check database"
_OK, _BEGUN, _FAILED = "ok", "begun", "failed: "


@dataclass(frozen=True)
class Chore:
    """One thing to do, once a UTC day or, where `every` says so, more often.

    `ages` says that it removes by age and needs a clock that is right.
    """

    name: str
    run: Callable[[datetime], object]
    ages: bool = False
    every: timedelta | None = None


@dataclass(frozen=True)
class Failure:
    """A chore that failed; `is_new` where the time before it did not."""

    chore: str
    cause: str
    is_new: bool


class Chores:
    """Run each chore in its time, also over restarts; `stop` ends the round."""

    def __init__(
        self, vitals: Vitals, chores: Sequence[Chore], stop: Callable[[], bool] = lambda: False
    ) -> None:
        self._vitals, self._chores, self._stop = vitals, chores, stop

    def run_due(self, now: datetime, *, trusted: bool) -> Iterator[Failure]:
        """Run what is due and yield what failed; `trusted` says that the clock is right."""
        for chore in self._chores:
            if self._stop() or (chore.ages and not trusted):
                continue
            before = self._vitals.get(_name_row(chore.name))
            if before is not None and not _is_due(chore, before.at, now):
                continue
            # Noted first: one that ends the process must not do so at every start.
            self._vitals.put(_name_row(chore.name), _BEGUN, now)
            cause = _try_chore(chore, now)
            said = _FAILED + cause if cause else _OK
            self._vitals.put(_name_row(chore.name), said, now)
            if cause:
                failed_before = before is not None and before.value.startswith(_FAILED)
                yield Failure(chore.name, cause, not failed_before)


def _is_due(chore: Chore, last: datetime, now: datetime) -> bool:
    if chore.every is None:
        return last.date() != now.date()
    # A time to come is the trace of a clock that was set back.
    return not timedelta() <= now - last < chore.every


def _try_chore(chore: Chore, now: datetime) -> str:
    """Run a chore; return why it failed, or ''."""
    try:
        chore.run(now)
    except Exception as error:
        log.exception("%s failed", chore.name)
        return first_line(error)
    return ""


def _name_row(chore: str) -> str:
    return f"chore:{chore}"


def has_failed(vitals: Vitals, chore: str) -> bool:
    """Return whether a chore failed when it was last run."""
    found = vitals.get(_name_row(chore))
    return found is not None and found.value.startswith(_FAILED)


def list_chores(
    config: Config, store: Store, archive: Archive, stop: threading.Event
) -> list[Chore]:
    """Return what is done, as the configuration wants it."""
    wanted = config.file.evidence

    def let_go(now: datetime) -> None:
        remove_old(store, archive, wanted.keep, now)

    def stamp(now: datetime) -> None:
        with open_asker(config.user_agent, stop, now) as ask:
            stamp_head(store, wanted.timestamp_url, now, ask)

    chores = [Chore(CHECK_DATABASE, lambda _: check_anew(store.db.path))]
    if wanted.keep:
        chores.append(Chore("let old captures go", let_go, ages=True))
    if wanted.timestamp_url:
        # Asked more often than it is due: a day that begins a minute early must not leave one out.
        chores.append(Chore("time stamp", stamp, every=timedelta(hours=1)))
    return chores


def check_anew(path: Path) -> None:
    """Raise StoreError where a page is damaged on the disk, however well it is remembered.

    A connection of its own has nothing in its cache, and keeps no writer waiting.
    """
    with closing(Database(path, read_only=True)) as db:
        db.check_quickly()
