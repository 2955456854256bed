"""Keep the program well: the disk, the heartbeat, the alive line, the numbers, the daily chores."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from monitor.alerting.deliver import make_sender
from monitor.alerting.selfalert import make_self_alert
from monitor.config import Config
from monitor.errors import DeliveryError, StoreError, first_line
from monitor.models import Message
from monitor.sdnotify import notify_systemd
from monitor.store import Store
from monitor.vitals.alive import say_alive
from monitor.vitals.chores import CHECK_DATABASE, Chore, Chores, has_failed
from monitor.vitals.disk import MIB, START_BYTES, DiskGuard, DiskState
from monitor.vitals.exposing import MetricsPort, write_file
from monitor.vitals.heartbeat import Heartbeat
from monitor.vitals.metrics import render_metrics
from monitor.vitals.progress import Progress
from monitor.vitals.status import HEARTBEAT, Condition, Status, find_faults, read_status

log = logging.getLogger(__name__)

STATUS_SECONDS = 15.0
# How often a start without room looks again, and how long systemd lets it be silent meanwhile:
# receivers are told in between.
ROOM_SECONDS = 60.0
_SILENCE_SECONDS = 600.0
_DISK = "disk"
_TOLD = "told"
_Started = TypeVar("_Started")


class Keeper:
    """Look after one store; use from one thread, but `note_failure` from any.

    `write` prints what the terminal receiver is sent; `count` is the monotonic clock.
    """

    def __init__(
        self,
        config: Config,
        store: Store,
        guard: DiskGuard,
        stop: threading.Event,
        write: Callable[[str], None],
        count: Callable[[], float] = time.monotonic,
    ) -> None:
        self.config, self._store, self.guard = config, store, guard
        self._stop, self._write, self._count = stop, write, count
        self._heartbeat = self._make_heartbeat()
        self.progress = Progress()
        self._port: MetricsPort | None = None
        self._port_problem = 0
        self._file_problem = ""
        self._status_at: float | None = None
        self._faults: tuple[str, ...] = ()
        self._told_directly = False

    def take(self, config: Config) -> None:
        """Work with another configuration from now on."""
        self.config = config
        self._heartbeat = self._make_heartbeat()
        self.guard.reserve = config.file.disk.reserve * MIB

    def _make_heartbeat(self) -> Heartbeat:
        config = self.config
        every = config.file.heartbeat.every
        return Heartbeat(config.heartbeat_url, every, config.user_agent, self._stop)

    def close(self) -> None:
        """Stop serving numbers."""
        if self._port is not None:
            self._port.close()
            self._port = None

    def tend(self, config_ok: bool, loaded_at: datetime, now: datetime) -> None:
        """Look at everything whose time has come; raise StoreError where the store fails."""
        self.look_at_disk(now)
        count = self._count()
        if self._status_at is not None and count - self._status_at < STATUS_SECONDS:
            return
        self._status_at = count
        status = self.find_status(config_ok, loaded_at, now)
        self._publish(status)
        receivers = self.config.list_self_receivers()
        say_alive(self._store, self.config.file.alive, self.config.zone, status, receivers)
        if not status.faults and self._heartbeat.is_due(count):
            self._beat(now, count)

    # The disk -----------------------------------------------------------------------------------

    def look_at_disk(self, now: datetime) -> DiskState:
        """Measure the disk and tell once of its trouble and of the end of it."""
        state = self.guard.look()
        if state is DiskState.READONLY:
            self._tell_directly("The state folder cannot be written to", self._describe(state))
            return state
        found = self._store.vitals.get(_DISK)
        told = found is not None and found.value == _TOLD
        if (state is not DiskState.OK) == told:
            self._told_directly = False
            return state
        subject = "The disk has room again" if told else f"The disk is {state}"
        try:
            with self._store.db.immediate():
                self._store.vitals.put(_DISK, "" if told else _TOLD, now)
                self.tell(subject, self._describe(state), now)
        except StoreError as error:
            if not self.guard.note_failure(error):
                raise
            # The ballast is given back: the next look may find room for the row.
            log.warning("no room to note that %s", subject)
            self._tell_directly(subject, self._describe(state))
        return state

    def _describe(self, state: DiskState) -> list[str]:
        if state is DiskState.OK:
            return ["Sources are polled again."]
        reserve, free = self.guard.reserve // MIB, self.guard.free_bytes() // MIB
        return [
            f"{self.guard.folder}: {state}, {free} MiB free; {reserve} MiB are to be kept free.",
            "Nothing is fetched until it is mended: this is not 'no news'.",
            "What is known is kept; polls go on by themselves once there is room.",
        ]

    def tell(self, subject: str, lines: Sequence[str], now: datetime) -> None:
        """Enqueue what the program has to say of itself."""
        alert = make_self_alert(subject, lines, now=now)
        self._store.alerts.enqueue(alert, self.config.list_self_receivers(), now)

    def _tell_directly(self, subject: str, lines: Sequence[str]) -> None:
        """Tell once without the outbox, which cannot be written."""
        if self._told_directly:
            return
        self._told_directly = True
        log.critical("%s: %s", subject, lines[0])
        send_directly(self.config, self._write, subject, lines)

    # The numbers --------------------------------------------------------------------------------

    def find_status(self, config_ok: bool, loaded_at: datetime, now: datetime) -> Status:
        """Return how all is."""
        condition = Condition(
            disk=self.guard.state,
            free=self.guard.free_bytes(),
            config_ok=config_ok,
            loaded_at=loaded_at,
            hung=self.progress.find_hung(self._count()),
            tally=self.progress.tally(),
        )
        database_ok = not has_failed(self._store.vitals, CHECK_DATABASE)
        sources, receivers = self.config.sources, self.config.receivers
        backups = self.config.state / self.config.file.backup.folder
        status = read_status(self._store, condition, sources, receivers, database_ok, backups, now)
        status = replace(status, faults=find_faults(status))
        if status.faults != self._faults:
            log.info("not well: %s", "; ".join(status.faults) or "nothing any more")
        self._faults = status.faults
        return status

    def _publish(self, status: Status) -> None:
        wanted = self.config.file.metrics
        if not wanted.file and not wanted.port:
            self.close()
            return
        text = render_metrics(status)
        if wanted.file:
            self._write_numbers(text)
        self._serve_numbers(text, wanted.port)

    def _write_numbers(self, text: str) -> None:
        path = self.config.path.resolve().parent / self.config.file.metrics.file
        try:
            write_file(path, text)
        except OSError as error:
            problem = f"{path}: {error.strerror}"
            if problem != self._file_problem:
                log.warning("the metrics could not be written: %s", problem)
            self._file_problem = problem
        else:
            self._file_problem = ""

    def _serve_numbers(self, text: str, port: int) -> None:
        if self._port is not None and self._port.port != port:
            self.close()
        if self._port is None and port and port != self._port_problem:
            try:
                self._port, self._port_problem = MetricsPort(port), 0
            except OSError as error:
                self._port_problem = port
                log.warning("no metrics on port %d: %s", port, error.strerror)
        if self._port is not None:
            self._port.text = text

    def _beat(self, now: datetime, count: float) -> None:
        if self._heartbeat.beat(now, count):
            self._store.vitals.put(HEARTBEAT, "", now)

    # The chores ---------------------------------------------------------------------------------

    def run_chores(self, chores: Sequence[Chore], now: datetime, *, trusted: bool) -> None:
        """Run what is due today; tell of what failed and did not fail the day before."""
        round_ = Chores(self._store.vitals, chores, self._stop.is_set)
        for failure in round_.run_due(now, trusted=trusted):
            if failure.is_new:
                lines = [f"Cause: {failure.cause}", "It is tried again tomorrow; see the log."]
                self.tell(f"A daily chore failed: {failure.chore}", lines, now)


def send_directly(
    config: Config, write: Callable[[str], None], subject: str, lines: Sequence[str]
) -> bool:
    """Tell of the program itself without a database; return whether any receiver accepted it."""
    message = Message(f"[MONITOR] {subject}", "\n".join(lines), key=f"direct-{subject}")
    accepted = False
    for name in config.list_self_receivers():
        try:
            make_sender(config.receivers[name], write).send(message)
            accepted = True
        except DeliveryError as error:
            log.warning("receiver %s did not accept it: %s", name, error)
    return accepted


def start_with_room(
    config: Config,
    write: Callable[[str], None],
    stop: threading.Event,
    begin: Callable[[], _Started],
) -> _Started:
    """Return what `begin` makes; where the disk is full, tell, wait for room and begin anew.

    It waits in "activating": "active" says that sources are polled. Raise the StoreError of
    `begin` where it has another cause, or once `stop` is set.
    """
    guard, told = DiskGuard(config.state, config.file.disk.reserve * MIB), False
    while True:
        try:
            guard.demand_room()
            made = begin()
        except StoreError as error:
            if not guard.note_failure(error) or guard.state is not DiskState.FULL:
                raise
            # First: receivers that are slow to answer must not look like a start that hangs.
            ask_patience(_SILENCE_SECONDS, f"waiting for room on the disk: {first_line(error)}")
            told = told or _tell_waiting(config, guard, write)
            if stop.wait(ROOM_SECONDS):
                raise
        else:
            if told:
                send_directly(config, write, "Started", ["There is room on the disk again."])
            return made


def _tell_waiting(config: Config, guard: DiskGuard, write: Callable[[str], None]) -> bool:
    """Say why nothing begins; return whether a receiver accepted it."""
    free, reserve = guard.free_bytes() / MIB, guard.reserve // MIB
    lines = [
        f"{guard.folder}: {free:.1f} MiB free; {START_BYTES // MIB} MiB are needed to start, "
        f"{reserve} MiB to fetch (disk.reserve).",
        "Nothing is fetched and nothing found is told until then: this is not 'no news'.",
        "It looks again every minute and starts by itself once there is room.",
    ]
    log.critical("no room to start: %s", lines[0])
    return send_directly(config, write, "No room to start", lines)


def ask_patience(seconds: float, status: str) -> None:
    """Have systemd wait for so many seconds more, and show why, while a start goes on."""
    notify_systemd(f"EXTEND_TIMEOUT_USEC={round(seconds * 1_000_000)}", f"STATUS={status}")
