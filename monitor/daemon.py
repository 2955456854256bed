"""The clock, the signals and what runs between them; the only door to APScheduler.

The schedule is a column of the store; APScheduler only ticks. It drops late runs and falls silent
when the wall clock is set back: runs are never dropped here, and a monotonic watch starts it anew.
"""

from __future__ import annotations

import logging
import os
import random
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import FrameType
from typing import Any

from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_MISSED, JobExecutionEvent
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from monitor.alerting.courier import Courier
from monitor.alerting.deliver import make_sender
from monitor.errors import first_line
from monitor.reloading import Reloader
from monitor.rounds import Rounds, forget_stanza, has_changed
from monitor.sdnotify import notify_systemd, watchdog_seconds
from monitor.setup import Rooms, SampleHost, Setup, settle_deliveries, tell_words
from monitor.statelock import find_exposures
from monitor.store import FILE_NAME
from monitor.vitals.chores import list_chores
from monitor.vitals.clock import ClockMemory, ClockWatch
from monitor.vitals.disk import MIB, DiskGuard, DiskState
from monitor.vitals.keeper import Keeper, ask_patience, start_with_room

log = logging.getLogger(__name__)

TICK_SECONDS = 1.0
TEND_SECONDS = 5.0
CHORE_SECONDS = 60.0
WATCH_SECONDS = 2.0
SILENT_SECONDS = 15.0
# Less than half of the unit's TimeoutStopSec; what then still runs is put back at the next start.
STOP_SECONDS = 20.0
# A second, of a database that is looked through for damage; benchmarks/start.py measures more.
LOOK_BYTES = 4 * MIB
# Threads of sources on one host wait for its lane; enough are left for the others.
_MOST_POLLS = 64
_MOST_DELIVERIES = 16


class Daemon:
    """Run polls and deliveries until told to stop.

    `write` prints what the terminal receiver is sent. Construct inside a StateLock.
    """

    def __init__(
        self,
        setup: Setup,
        rooms: Rooms,
        environ: Mapping[str, str],
        write: Callable[[str], None],
        state: Path | None = None,
    ) -> None:
        self.setup, self.rooms, self.write = setup, rooms, write
        self.stop = rooms.stop
        self.wake = threading.Event()
        self._reload = threading.Event()
        self._last_tick = self._last_plan = time.monotonic()
        now = rooms.clock()
        self.reloader = Reloader(setup, environ, state, now)
        guard = DiskGuard(setup.config.state, setup.config.file.disk.reserve * MIB)
        self.keeper = Keeper(setup.config, rooms.store, guard, self.stop, write)
        self.rounds = Rounds(setup, rooms, self.keeper)
        self._clock_watch = ClockWatch(now, self._last_tick)
        self._clock_memory = ClockMemory(rooms.store.vitals)
        self._samples = SampleHost()
        self._owner = f"{socket.gethostname()}:{os.getpid()}"
        self._scheduler = BackgroundScheduler()
        self._said: dict[str, str] = {}
        self._couriers: list[Courier] = []

    def run(self) -> None:
        """Run until told to stop; in-flight work is finished or put back."""
        self._settle_start()
        with self._samples:
            self.setup = self.rounds.setup = self._samples.point(self.setup)
            self._start_scheduler()
            notify_systemd("READY=1", "STATUS=watching")
            try:
                self._watch_until_stop()
            finally:
                notify_systemd("STOPPING=1")
                self.stop.set()
                with _leave_in_time():
                    self._scheduler.shutdown(wait=True)
                    self.keeper.close()
        log.info("stopped")

    def _settle_start(self) -> None:
        """Put right what the last run left behind, and say what is not as it should be."""
        for exposure in find_exposures(self.setup.config.state):
            log.warning("%s", exposure)
        now, store = self.rooms.clock(), self.rooms.store
        self.rounds.began = now
        if step := self._clock_memory.find_step(now):
            self._shift_waits(step)
        if freed := store.alerts.free_leases(now):
            log.info("%d deliveries of the last run were put back", freed)
        settle_deliveries(self.setup, self.rooms)
        # Before the first poll: a disk that is full from the start lets nothing be fetched.
        self._try("disk", lambda: self.keeper.look_at_disk(now))

    def install_signals(self) -> None:
        """Stop on SIGTERM and SIGINT, reload on SIGHUP; call from the main thread."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_stop)
        signal.signal(signal.SIGHUP, self._on_reload)

    def end(self) -> None:
        """Let run() come to its end."""
        self.stop.set()
        self.wake.set()

    def _on_stop(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002
        self.end()

    def _on_reload(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002
        self._reload.set()
        self.wake.set()

    def _watch_until_stop(self) -> None:
        """Feed the watchdog while work goes on; start the clock anew where it fell silent."""
        watchdog = watchdog_seconds()
        pause = min(WATCH_SECONDS, watchdog / 3) if watchdog else WATCH_SECONDS
        while not self.stop.is_set():
            self.wake.wait(pause)
            self.wake.clear()
            if self.stop.is_set():
                return
            self._try("clock", self._look_at_clock)
            self._try("configuration", self._look_at_files)
            if self._is_well(time.monotonic()):
                notify_systemd("WATCHDOG=1")

    def _is_well(self, count: float) -> bool:
        """Return whether ticks come and every poll gets on; start a silent clock anew."""
        if hung := self.keeper.progress.find_hung(count):
            # Its thread cannot be ended; systemd ends the process, and nothing is lost by it.
            if self._is_news("hung", ",".join(hung)):
                log.error("hung polls: %s; the watchdog is not fed", ", ".join(hung))
            return False
        if count - self._last_tick <= SILENT_SECONDS:
            return True
        if count - self._last_plan > SILENT_SECONDS:
            log.warning("the clock is silent (set back?): started anew")
            self._plan_work()
        return False

    def _look_at_clock(self) -> None:
        """Keep every wait as long as it was when the wall clock is set."""
        now, count = self.rooms.clock(), time.monotonic()
        jump = self._clock_watch.look(now, count)
        if not jump:
            self._clock_memory.note(now, count)
            return
        log.warning("the clock was set: %s", _show_step(jump))
        # What did not run meanwhile is late through no fault of its own.
        self.rounds.began = now
        if jump < timedelta():
            self._shift_waits(jump)
        self._clock_memory.note(now, count + CHORE_SECONDS)
        self._plan_work()

    def _shift_waits(self, step: timedelta) -> None:
        moved = self.rooms.store.vitals.shift_waits(step)
        log.warning("the clock was set back: %d waits moved by %s", moved, abs(step))

    def _look_at_files(self) -> None:
        if self._reload.is_set() or self.reloader.have_changed(self.setup):
            self._reload.clear()
            self.reload()
        if news := self.reloader.find_news(time.monotonic()):
            self.keeper.tell(*news, self.rooms.clock())

    def _start_scheduler(self) -> None:
        # A delivery that takes longer than a tick is normal; its skipped ticks are no news.
        logging.getLogger("apscheduler").setLevel(logging.ERROR)
        self._scheduler.configure(
            executors={
                "default": ThreadPoolExecutor(2),
                "tending": ThreadPoolExecutor(2),
                "polls": ThreadPoolExecutor(_MOST_POLLS),
                "deliveries": ThreadPoolExecutor(_MOST_DELIVERIES),
            },
            # Late is better than never, and one catch-up run is enough.
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
            timezone=UTC,
        )
        self._scheduler.add_listener(_log_event, EVENT_JOB_ERROR | EVENT_JOB_MISSED)
        self._plan_work()
        self._scheduler.start()

    def _plan_work(self) -> None:
        """Have the tick and one delivery run per receiver begin now, in the place of the old.

        One scheduler lives as long as the daemon, so that its end waits for every thread: a
        thread that outlives the store would use a closed connection.
        """
        self._last_plan = time.monotonic()
        # One with a long queue would go on for an hour, to the address that was taken away.
        for courier in self._couriers:
            courier.retire()
        self._couriers = []
        wanted = {f"deliver:{name}": name for name in self.setup.config.receivers}
        for planned in self._scheduler.get_jobs():
            if planned.id.startswith("deliver:") and planned.id not in wanted:
                planned.remove()
        self._plan("tick", TICK_SECONDS, self.tick, "default")
        self._plan("tend", TEND_SECONDS, self._tend, "tending")
        self._plan("chores", CHORE_SECONDS, self._do_chores, "tending")
        for name_id, name in wanted.items():
            courier = self._make_courier(name)
            self._couriers.append(courier)
            self._plan(name_id, TICK_SECONDS, self._deliver, "deliveries", courier)

    def _plan(self, name: str, seconds: float, call: Any, executor: str, *args: Any) -> None:
        self._scheduler.add_job(
            call, "interval", args, id=name, seconds=seconds, executor=executor,
            replace_existing=True, next_run_time=datetime.now(UTC),
        )  # fmt: skip

    def tick(self) -> None:
        """Start a poll for each source that is due and not being polled."""
        self._last_tick = time.monotonic()
        if self.keeper.guard.state is not DiskState.OK:
            # The disk was told of; sources that wait for it are not late.
            self.rounds.began = self.rooms.clock()
            return
        self._try("late sources", self.rounds.tell_late)
        for name in self.rounds.list_due():
            if not self.stop.is_set() and self.keeper.progress.begin(name, time.monotonic()):
                self._scheduler.add_job(
                    self.rounds.poll, args=[name], id=f"poll:{name}", executor="polls",
                    replace_existing=True,
                )  # fmt: skip

    def _make_courier(self, name: str) -> Courier:
        receivers = self.setup.config.receivers
        return Courier(
            self.rooms.store.alerts,
            receivers[name],
            make_sender(receivers[name], self.write),
            owner=self._owner,
            rng=random.Random(),  # noqa: S311 - spreads retries, guards nothing
            stop=self.stop,
            others=self.setup.config.list_self_receivers(),
        )

    def _deliver(self, courier: Courier) -> None:
        if not self.stop.is_set():
            self._try("deliveries", lambda: courier.deliver_due(self.rooms.clock))

    def _tend(self) -> None:
        ok, loaded_at = self.reloader.ok, self.reloader.loaded_at
        self._try("upkeep", lambda: self.keeper.tend(ok, loaded_at, self.rooms.clock()))

    def _do_chores(self) -> None:
        # Here, where it keeps neither the watchdog nor a start waiting.
        self._try("watchlists", lambda: tell_words(self.setup, self.rooms))
        trusted = self._clock_watch.is_trusted(time.monotonic())
        rooms = self.rooms
        chores = list_chores(self.setup.config, rooms.store, rooms.archive, self.stop)
        now = self.rooms.clock()
        self._try("chores", lambda: self.keeper.run_chores(chores, now, trusted=trusted))

    def _try(self, what: str, call: Callable[[], object]) -> None:
        """Do something that must not end the watch; the same failure is logged once."""
        try:
            call()
        except Exception as error:
            self.keeper.guard.note_failure(error)
            if self._is_news(what, first_line(error)):
                log.exception("%s: %s", what, first_line(error))
        else:
            self._said.pop(what, None)

    def _is_news(self, what: str, text: str) -> bool:
        known, self._said[what] = self._said.get(what), text
        return known != text

    def reload(self) -> bool:
        """Load everything anew and take it whole, or keep the old and say what is wrong."""
        notify_systemd("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")
        try:
            setup = self.reloader.load(self.setup, self.rooms.clock(), time.monotonic())
        finally:
            notify_systemd("READY=1")
        if setup is not None:
            # Until it is taken whole it is tried again: the disk may be full just now.
            self._reload.set()
            self._take(setup)
            self._reload.clear()
        return setup is not None

    def _take(self, setup: Setup) -> None:
        before = self.setup
        for name in setup.config.stanzas:
            if has_changed(name, before, setup):
                forget_stanza(name, self.rooms)
        self.setup = self.rounds.setup = self._samples.point(setup)
        self.keeper.take(self.setup.config)
        settle_deliveries(setup, self.rooms)
        self._plan_work()
        log.info(
            "configuration loaded: %d sources, %d receivers, watchlists %s",
            len(setup.config.sources),
            len(setup.config.receivers),
            setup.screener.watchlists.version,
        )


def open_rooms(setup: Setup, stop: threading.Event, write: Callable[[str], None]) -> Rooms:
    """Open the rooms for a daemon; where the disk is full, tell, wait for room and go on.

    systemd is asked for as long as the look for damage takes on a slow disk, and no longer. Raise
    StoreError where the rooms cannot be used for another reason.
    """
    config = setup.config
    path = config.state / FILE_NAME

    def open_them() -> Rooms:
        size = path.stat().st_size if path.exists() else 0
        ask_patience(size / LOOK_BYTES, f"looking through {size // MIB} MiB for damage")
        return Rooms.open(config.state, stop)

    return start_with_room(config, write, stop, open_them)


@contextmanager
def _leave_in_time() -> Iterator[None]:
    """End the process, at once and well, if what is entered takes too long: a thread may hang."""
    timer = threading.Timer(STOP_SECONDS, _leave)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _leave() -> None:
    log.warning("not all work came to its end; what was being sent is put back at the next start")
    logging.shutdown()
    os._exit(0)


def _show_step(step: timedelta) -> str:
    return f"{abs(step)} {'ahead' if step > timedelta() else 'back'}"


def _log_event(event: Any) -> None:
    if isinstance(event, JobExecutionEvent) and event.exception is not None:
        log.error("%s failed: %r", event.job_id, event.exception)
    else:
        log.warning("a run of %s was late", event.job_id)
