"""The rounds of all sources: which are due, how one goes, and which are late."""

from __future__ import annotations

import logging
import time
from dataclasses import replace
from datetime import datetime, timedelta

from monitor.errors import MonitorError
from monitor.health import find_late, find_longest_wait, make_late_alert
from monitor.models import SourceState
from monitor.polling.poll import Poller, Round
from monitor.setup import Rooms, Setup, settle_deliveries
from monitor.vitals.alive import POLLS
from monitor.vitals.keeper import Keeper

log = logging.getLogger(__name__)

AFTER_BREAK = timedelta(minutes=5)


class Rounds:
    """Poll sources, each in a thread of the caller's.

    `began` is since when they are read without a hindrance that is none of theirs.
    """

    def __init__(self, setup: Setup, rooms: Rooms, keeper: Keeper) -> None:
        self.setup, self._rooms, self._keeper = setup, rooms, keeper
        self.began = rooms.clock()

    def list_due(self) -> list[str]:
        """Return the sources that are due; one that is due further ahead than ever is due now."""
        now, due = self._rooms.clock(), []
        for name, source in self.setup.config.sources.items():
            row = self._rooms.store.sources.find(name)
            at = row.next_check_at if row else None
            longest = find_longest_wait(source, row.state) if row else timedelta()
            if at is None or not now < at <= now + longest:
                due.append(name)
        return due

    def tell_late(self) -> None:
        """Tell once of each source that is overdue: a hung poll, or too many slow ones."""
        now, store, config = self._rooms.clock(), self._rooms.store, self.setup.config
        for name, source in config.sources.items():
            row, every = store.sources.find(name), timedelta(seconds=source.every)
            if row is None or row.told_state or not find_late(row, every, self.began, now):
                continue
            log.warning("%s is late: last read at %s", name, row.last_good_at)
            receivers = config.list_self_receivers(source.receivers)
            with store.db.immediate():
                store.alerts.gather_self(make_late_alert(row, now), receivers, now)
                store.sources.note_told(name, str(SourceState.LATE))

    def poll(self, name: str) -> None:
        """Poll a source that the keeper's progress has begun; raises nothing."""
        setup = self.setup
        try:
            before = self._state_of(name)
            done = self._make_poller(name, setup).poll_source(name)
            self._keeper.progress.note_rows(name, done.listings, done.new)
            self._rooms.store.vitals.add(POLLS, 1, self._rooms.clock())
            if not self._rooms.stop.is_set():
                _log_round(done, before)
        except Exception as error:
            if not self._keeper.guard.note_failure(error):
                log.exception("%s: the poll failed", name)
            self._put_off(name)
        finally:
            if self.setup is not setup:
                self._catch_up(name, setup)
            source = self.setup.config.sources.get(name)
            every = source.every if source else 1
            self._keeper.progress.end(name, time.monotonic(), every)

    def _catch_up(self, name: str, before: Setup) -> None:
        """Settle anew what a round wrote that began before the configuration was taken."""
        try:
            if has_changed(name, before, self.setup):
                forget_stanza(name, self._rooms)
            settle_deliveries(self.setup, self._rooms)
        except Exception:
            log.exception("%s: what its last round left is not settled", name)

    def _put_off(self, name: str) -> None:
        """Have a source polled a little later: the round is lost, the source must not be."""
        try:
            self._rooms.store.sources.plan_check(name, self._rooms.clock() + AFTER_BREAK)
        except MonitorError as error:
            log.warning("%s stays due: %s", name, error)

    def _make_poller(self, name: str, setup: Setup) -> Poller:
        """Return a poller that leaves a mark whenever it says something or asks for the time."""

        def mark() -> None:
            self._keeper.progress.mark(name, time.monotonic())

        def report(line: str) -> None:
            mark()
            log.debug("%s", line)

        def clock() -> datetime:
            mark()
            return self._rooms.clock()

        return replace(self._rooms.make_poller(setup, report), clock=clock)

    def _state_of(self, name: str) -> str:
        row = self._rooms.store.sources.find(name)
        return str(row.state) if row else ""


def has_changed(name: str, before: Setup, after: Setup) -> bool:
    """Return whether a source stands in both configurations, and otherwise in the second."""
    old, new = before.config.stanzas.get(name), after.config.stanzas.get(name)
    return old is not None and new is not None and old.source != new.source


def forget_stanza(name: str, rooms: Rooms) -> None:
    """Let a source that was edited be tried at once: whoever mends it wants to see that.

    What was learned under the stanza before, and 304 answers, would hide what shows now.
    """
    rooms.store.sources.plan_check(name, rooms.clock())
    rooms.store.sources.forget_validators(name)
    rooms.store.expectations.forget(name)


def _log_round(done: Round, before: str) -> None:
    health = done.health
    if health.state is not SourceState.CURRENT and str(health.state) != before:
        log.warning("%s is %s: %s", done.source, health.state, health.cause)
    elif done.new or done.changed or str(health.state) != before:
        log.info(
            "%s: %d listings, %d new, %d changed, %d opened, %d alerts, %d reviews",
            done.source, done.listings, done.new, done.changed, done.opened, done.alerts,
            done.reviews,
        )  # fmt: skip
