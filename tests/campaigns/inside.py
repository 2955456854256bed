"""What runs inside a campaign's child: the real program for one round, until it is killed."""

from __future__ import annotations

import gc
import logging
import os
import select
import signal
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import apprise.apprise

import monitor.alerting.courier
import monitor.polling.poll
from monitor import crashpoints
from monitor.models import Capture, Listing
from monitor.once import deliver_due
from monitor.parsing.confinement import ConfinedPortal
from monitor.parsing.wire import Ask, Found
from monitor.portals.refusals import find_refusal
from monitor.setup import Rooms, Setup, load_setup, settle_outbox
from tests.campaigns.outside import RECEIVERS, Outside
from tests.kit.house import WATCHLISTS

SOURCE = "local"
_CONFIG = """\
watchlists: {watchlists}
receivers:
{receivers}
sources:
  local:
    portal: ccgp
    lists: ["{url}/cggg/dfgg/"]
    delay: 0
    jitter: 0
    allow_loopback: true
    budget: 1000000
    overlap: 2h
"""
_RECEIVER = """\
  {name}:
    url_env: {variable}
"""
# A campaign of kills has its own clock: nothing waits long, nothing is gathered, nothing is dead.
_HASTY = """\
    retry: 1s
    dead_after: 365d
    flood: {most: 10000, within: 60s}
"""


class PlainPortal(ConfinedPortal):
    """Read pages in this process: starting another for each child would take hours."""

    def _ask(self, ask: Ask, capture: Capture, listing: Listing | None = None) -> Found:
        if listing is not None:
            return self._portal.read_notice(capture, listing)
        if ask is Ask.LIST:
            return self._portal.read_listing(capture)
        return self._portal.refused(capture) if ask is Ask.REFUSAL else find_refusal(capture)


def make_setup(folder: Path, outside: Outside, *, usual: bool = False) -> Setup:
    """Return the setup of a program that reads the portal outside and tells its receivers.

    `usual` leaves how they are told as it is by default.
    """
    folder.mkdir(parents=True, exist_ok=True)
    receivers = "".join(
        _RECEIVER.format(name=name, variable=name.upper()) + ("" if usual else _HASTY)
        for name in RECEIVERS
    )
    path = folder / "config.yaml"
    text = _CONFIG.format(watchlists=WATCHLISTS, receivers=receivers, url=outside.url)
    path.write_text(text, "utf-8")
    return load_setup(path, outside.list_environment())


def warm_up(setup: Setup, folder: Path, at: datetime) -> None:
    """Live once in this process, so that children find all modules and tables loaded."""
    config = replace(setup.config, state=folder / "warm")
    spare_time()
    live_once(replace(setup, config=config), at)
    _end_threads()
    gc.collect()
    gc.freeze()


def live_once(setup: Setup, at: datetime) -> None:
    """Do what `tender-monitor poll` does, at a time of the campaign's."""
    rooms = open_rooms(setup, at)
    with rooms.store:
        rooms.make_poller(setup, lambda _: None).poll_source(SOURCE)
        deliver_due(setup, rooms, lambda _: None)


def live_busily(setup: Setup, at: datetime) -> None:
    """Do what the daemon does: poll, and meanwhile deliver to each receiver from a thread."""
    rooms, done = open_rooms(setup, at), threading.Event()
    threads = [
        threading.Thread(target=_deliver_until, args=(setup, rooms, name, done))
        for name in setup.config.receivers
    ]
    for thread in threads:
        thread.start()
    rooms.make_poller(setup, lambda _: None).poll_source(SOURCE)
    done.set()
    for thread in threads:
        thread.join()


def _deliver_until(setup: Setup, rooms: Rooms, name: str, done: threading.Event) -> None:
    """Deliver to one receiver again and again, and once more after the poll."""
    only = {name: setup.config.receivers[name]}
    mine = replace(setup, config=replace(setup.config, receivers=only))
    while not done.wait(0.02):
        deliver_due(mine, rooms, lambda _: None)
    deliver_due(mine, rooms, lambda _: None)


def open_rooms(setup: Setup, at: datetime) -> Rooms:
    """Open the state folder as the program does when it starts."""
    rooms = replace(Rooms.open(setup.config.state, threading.Event()), clock=run_clock(at))
    rooms.store.alerts.free_leases(at)
    settle_outbox(setup, rooms)
    return rooms


def run_clock(at: datetime) -> Callable[[], datetime]:
    """Return a clock that goes on from a time."""
    began = time.monotonic()
    return lambda: at + timedelta(seconds=time.monotonic() - began)


def fork_child(work: Callable[[], None]) -> int:
    """Run work in a child and return its pid; call it where no thread runs.

    The child exits 0 after its work, 1 if it failed; a kill shows as in `wait_child`.
    """
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        work()
        code = 0
    except BaseException:  # noqa: BLE001 - the parent must not go on twice
        traceback.print_exc()
    finally:
        os._exit(code)


def spare_time() -> None:
    """Take out of this process what only costs a campaign time: a pause, a log, a worker.

    So each campaign runs in a process of its own.
    """
    logging.getLogger("monitor").setLevel(logging.CRITICAL + 1)
    monitor.alerting.courier.CHAT_PAUSE = 0.0
    vars(monitor.polling.poll)["ConfinedPortal"] = PlainPortal


def _end_threads() -> None:
    """End the threads that Apprise keeps: a child would wait for threads that it has not got."""
    kept = vars(apprise.apprise)
    for name in ("_shared_executor", "_coordinator_executor"):
        if kept[name] is not None:
            kept[name].shutdown()
            kept[name] = None


def wait_child(pid: int, seconds: float | None = None) -> int:
    """Wait for a child, kill it after so many seconds, and return its code, -9 if killed."""
    if seconds is not None:
        descriptor = os.pidfd_open(pid)
        try:
            ready, _, _ = select.select([descriptor], [], [], seconds)
        finally:
            os.close(descriptor)
        if not ready:
            os.kill(pid, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def watch_points(on_pass: Callable[[str, int], None]) -> None:
    """Call a function at each place with its name and how often it was passed; in a child only."""
    passed: dict[str, int] = {}

    def count(name: str) -> None:
        passed[name] = passed.get(name, 0) + 1
        on_pass(name, passed[name])

    crashpoints.on_pass = count


def die() -> None:
    """End this process as `kill -9` does."""
    os.kill(os.getpid(), signal.SIGKILL)
