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
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import FrameType
from typing import Any

from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_MISSED, JobExecutionEvent
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from monitor.alerting.courier import Courier
from monitor.alerting.deliver import make_sender
from monitor.errors import ConfigError, MonitorError
from monitor.health import find_late, make_late_alert, make_self_alert
from monitor.models import SourceState
from monitor.sdnotify import notify_systemd, watchdog_seconds
from monitor.setup import Rooms, SampleHost, Setup, load_setup, settle_outbox, sign_files

log = logging.getLogger(__name__)

TICK_SECONDS = 1.0
WATCH_SECONDS = 2.0
SILENT_SECONDS = 15.0
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
        self.setup, self.rooms, self.environ = setup, rooms, environ
        self.write, self.state = write, state
        self.stop = rooms.stop
        self.wake = threading.Event()
        self._reload = threading.Event()
        self._polling: set[str] = set()
        self._guard = threading.Lock()
        self._last_tick = time.monotonic()
        self._began = rooms.clock()
        self._signature = self._seen_signature = sign_files(setup)
        self._samples = SampleHost()
        self._owner = f"{socket.gethostname()}:{os.getpid()}"
        self._scheduler = BackgroundScheduler()
        self._told_error = ""

    def run(self) -> None:
        """Run until told to stop; in-flight work is finished or put back."""
        freed = self.rooms.store.alerts.free_leases(self.rooms.clock())
        if freed:
            log.info("%d deliveries of the last run were put back", freed)
        settle_outbox(self.setup, self.rooms)
        with self._samples:
            self.setup = self._samples.point(self.setup)
            self._start_scheduler()
            notify_systemd("READY=1")
            try:
                self._watch_until_stop()
            finally:
                notify_systemd("STOPPING=1")
                self.stop.set()
                self._scheduler.shutdown(wait=True)
        log.info("stopped")

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
        """Feed the watchdog while ticks come; start the clock anew where they do not."""
        watchdog = watchdog_seconds()
        pause = min(WATCH_SECONDS, watchdog / 3) if watchdog else WATCH_SECONDS
        while not self.stop.is_set():
            self.wake.wait(pause)
            self.wake.clear()
            if self.stop.is_set():
                return
            if self._reload.is_set() or self._files_changed():
                self._reload.clear()
                self.reload()
            if time.monotonic() - self._last_tick > SILENT_SECONDS:
                log.warning("the clock is silent (set back?): started anew")
                self._last_tick = time.monotonic()
                self._plan_work()
            else:
                notify_systemd("WATCHDOG=1")

    def _start_scheduler(self) -> None:
        # A delivery that takes longer than a tick is normal; its skipped ticks are no news.
        logging.getLogger("apscheduler").setLevel(logging.ERROR)
        self._scheduler.configure(
            executors={
                "default": ThreadPoolExecutor(2),
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
        wanted = {f"deliver:{name}": name for name in self.setup.config.receivers}
        for planned in self._scheduler.get_jobs():
            if planned.id.startswith("deliver:") and planned.id not in wanted:
                planned.remove()
        every: dict[str, Any] = {"trigger": "interval", "seconds": TICK_SECONDS}
        every |= {"replace_existing": True, "next_run_time": datetime.now(UTC)}
        self._scheduler.add_job(self.tick, id="tick", **every)
        for name_id, name in wanted.items():
            courier = self._make_courier(name)
            self._scheduler.add_job(
                self._deliver, args=[courier], id=name_id, executor="deliveries", **every
            )

    def tick(self) -> None:
        """Start a poll for each source that is due and not being polled."""
        self._last_tick = time.monotonic()
        self._tell_late()
        sources = self.setup.config.sources
        slack = timedelta(days=2) + timedelta(
            seconds=max((s.every for s in sources.values()), default=0)
        )
        for name in self.rooms.store.sources.list_due(sources, self.rooms.clock(), slack):
            with self._guard:
                if name in self._polling or self.stop.is_set():
                    continue
                self._polling.add(name)
                self._scheduler.add_job(
                    self._poll, args=[name], id=f"poll:{name}", executor="polls",
                    replace_existing=True,
                )  # fmt: skip

    def _tell_late(self) -> None:
        """Tell once of each source that is overdue: a hung poll, or too many slow ones."""
        now = self.rooms.clock()
        for name, source in self.setup.config.sources.items():
            row = self.rooms.store.sources.find(name)
            every = timedelta(seconds=source.every)
            if row is None or row.told_state or not find_late(row, every, self._began, now):
                continue
            log.warning("%s is late: last read at %s", name, row.last_good_at)
            receivers = source.receivers or list(self.setup.config.receivers)
            with self.rooms.store.db.immediate():
                self.rooms.store.alerts.gather_self(make_late_alert(row, now), receivers, now)
                self.rooms.store.sources.note_told(name, str(SourceState.LATE))

    def _poll(self, name: str) -> None:
        try:
            before = self._state_of(name)
            poller = self.rooms.make_poller(self.setup, lambda line: log.debug("%s", line))
            done = poller.poll_source(name)
            if self.stop.is_set():
                return
            health = done.health
            if health.state is not SourceState.CURRENT and str(health.state) != before:
                log.warning("%s is %s: %s", name, health.state, health.cause)
            elif done.new or done.changed or str(health.state) != before:
                log.info(
                    "%s: %d listings, %d new, %d changed, %d opened, %d alerts, %d reviews",
                    name, done.listings, done.new, done.changed, done.opened, done.alerts,
                    done.reviews,
                )  # fmt: skip
        except Exception:
            # The round is lost, the source must not be: it stays due, a little later.
            log.exception("%s: the poll failed", name)
            later = self.rooms.clock() + timedelta(minutes=5)
            self.rooms.store.sources.plan_check(name, later)
        finally:
            with self._guard:
                self._polling.discard(name)

    def _state_of(self, name: str) -> str:
        try:
            return str(self.rooms.store.sources.get(name).state)
        except KeyError:
            return ""

    def _make_courier(self, name: str) -> Courier:
        receivers = self.setup.config.receivers
        return Courier(
            self.rooms.store.alerts,
            receivers[name],
            make_sender(receivers[name], self.write),
            owner=self._owner,
            rng=random.Random(),  # noqa: S311 - spreads retries, guards nothing
            stop=self.stop,
            others=list(receivers),
        )

    def _deliver(self, courier: Courier) -> None:
        if not self.stop.is_set():
            courier.deliver_due(self.rooms.clock)

    def _files_changed(self) -> bool:
        """Return whether files changed and have come to rest since the last look."""
        seen = sign_files(self.setup)
        rested = seen == self._seen_signature
        self._seen_signature = seen
        return rested and seen != self._signature

    def reload(self) -> bool:
        """Load everything anew and take it whole, or keep the old and say what is wrong."""
        notify_systemd("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")
        path = self.setup.config.path
        self._signature = self._seen_signature = sign_files(self.setup)
        try:
            setup = load_setup(path, self.environ, self.state)
            if setup.config.state != self.setup.config.state:
                raise setup.config.loaded.error(["state"], "state cannot change while running")
        except ConfigError as error:
            self._keep_old(error)
            return False
        finally:
            notify_systemd("READY=1")
        self._take(setup)
        return True

    def _keep_old(self, error: MonitorError) -> None:
        log.error("%s; the old configuration stays", error)
        if str(error) == self._told_error:
            return
        self._told_error = str(error)
        lines = [str(error), "The program runs on with the configuration it had."]
        self._tell_all("The configuration is broken", lines)

    def _tell_all(self, subject: str, lines: list[str]) -> None:
        alert = make_self_alert(subject, lines, now=self.rooms.clock())
        receivers = list(self.setup.config.receivers)
        self.rooms.store.alerts.enqueue(alert, receivers, self.rooms.clock())

    def _take(self, setup: Setup) -> None:
        if self._told_error:
            self._tell_all("The configuration is good again", ["It is in force now."])
        self._told_error = ""
        before = {name: s.source for name, s in self.setup.config.stanzas.items()}
        for name, stanza in setup.config.stanzas.items():
            if before.get(name) not in (None, stanza.source):
                # Whoever mends a source wants to see it tried, not in its time.
                self.rooms.store.sources.plan_check(name, self.rooms.clock())
                self.rooms.store.sources.forget_validators(name)
                self.rooms.store.expectations.forget(name)
        self.setup = self._samples.point(setup)
        settle_outbox(setup, self.rooms)
        self._plan_work()
        log.info(
            "configuration loaded: %d sources, %d receivers, watchlists %s",
            len(setup.config.sources),
            len(setup.config.receivers),
            setup.screener.watchlists.version,
        )


def _log_event(event: Any) -> None:
    if isinstance(event, JobExecutionEvent) and event.exception is not None:
        log.error("%s failed: %r", event.job_id, event.exception)
    else:
        log.warning("a run of %s was late", event.job_id)
