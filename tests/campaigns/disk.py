"""A disk that fills up at every named place, and then has room again: nothing is lost.

Each case runs the daemon on a tmpfs of 12 MiB in a mount namespace of its own process.
"""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import monitor.crashpoints
import monitor.daemon
import monitor.rounds
from monitor.alerting.render import COPY_LINE
from monitor.daemon import Daemon
from monitor.errors import MonitorError
from monitor.sample.server import LIST_PATH, SamplePortal
from monitor.setup import Rooms, Setup, utc_now
from monitor.stanzas import SourceConfig
from monitor.store import Store
from monitor.vitals.disk import MIB, DiskGuard
from tests.campaigns.outcome import Outcome
from tests.kit.house import load_screener, make_award, make_chairs, make_config
from tests.kit.servers import WebhookServer
from tests.kit.tinydisk import enter_tiny_disk, mounts_allowed
from tests.kit.waiting import wait_until

BAR = (
    "a disk that fills up at any named place ends nothing, is told while it is full, and once "
    "there is room every alert arrives, none twice without saying so"
)
SHORT, FULL = 5, 100

AWARDS = 3
DISK_MIB = 12
PLACES = (
    "fetched", "capture unwritten", "capture written", "capture noted", "before rows", "row kept",
    "deciding", "notice saved", "delivery enqueued", "decided", "round closing", "round closed",
    "leased", "sending", "sent", "sent noted",
)  # fmt: skip
CASES = tuple((place, nth) for nth in (1, 2, 3) for place in PLACES)


def run(size: int, folder: Path) -> Outcome:
    """Fill the disk at up to `size` places, spread over all of them."""
    if not mounts_allowed():
        return Outcome("disk", BAR, 0, ("nothing can be mounted here",), {})
    step = max(len(CASES) / size, 1.0)
    chosen = [CASES[int(number * step)] for number in range(int(len(CASES) / step))]
    done = subprocess.run(  # noqa: S603 - this very file
        [sys.executable, "-m", "tests.campaigns.disk", str(folder), json.dumps(chosen)],
        capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    found = [json.loads(line) for line in done.stdout.splitlines()]
    failures = [failure for case in found for failure in case["failures"]]
    if done.returncode or len(found) != len(chosen):
        failures.append(f"ended early: {done.stderr[-300:]}")
    reached = [case for case in found if case["reached"]]
    figures: dict[str, int | float | str] = {
        "places": len({case["place"] for case in reached}),
        "alerts": AWARDS * len(reached),
        "lost": sum(case["lost"] for case in reached),
        "sent again, saying so": sum(case["resent"] for case in reached),
    }
    return Outcome("disk", BAR, len(reached), tuple(failures), figures)


@dataclass
class Filler:
    """Fill the disk to its last byte at the nth pass of a place."""

    path: Path
    place: str
    nth: int
    full: threading.Event = field(default_factory=threading.Event)

    def __call__(self, place: str) -> None:
        """Count a pass."""
        if place != self.place or self.full.is_set():
            return
        self.nth -= 1
        if self.nth == 0:
            self.fill()
            self.full.set()

    def fill(self) -> None:
        """Leave no byte free."""
        with self.path.open("ab", buffering=0) as file:
            for piece in (MIB, 4096, 1):
                with suppress(OSError):
                    while True:
                        file.write(bytes(piece))


@dataclass
class Scene:
    """A daemon on a tiny disk, a portal and a receiver beside it, a clock that can be hurried."""

    state: Path
    hook: WebhookServer
    filler: Filler
    ahead: timedelta = timedelta()

    def clock(self) -> datetime:
        """Return the time, as far ahead as it was hurried."""
        return utc_now() + self.ahead

    def texts(self) -> list[str]:
        """Return what the receiver accepted."""
        return [f"{one.get('title', '')}\n{one.get('message', '')}" for one in self.hook.payloads]

    def count_told(self) -> int:
        """Hurry on, and return how many of the awards were told."""
        self.ahead += timedelta(seconds=2)
        return sum(any(f"SAMPLE-T{n}" in text for text in self.texts()) for n in range(AWARDS))


def run_case(folder: Path, disk: Path, place: str, nth: int) -> dict[str, object]:
    """Run one case and return what came of it."""
    state = disk / "state"
    filler = Filler(disk / "fill", place, nth)
    failures: list[str] = []
    with WebhookServer() as hook, SamplePortal(utc_now, notices=[make_chairs(9)]) as portal:
        scene = Scene(state, hook, filler)
        with run_daemon(folder, scene, portal.base_url, failures) as daemon:
            # After the first round, so that each award is a message of its own.
            wait_until(lambda: has_begun(daemon), "the first round")
            monitor.crashpoints.on_pass = filler
            for number in range(AWARDS):
                portal.add(make_award(number))
            reached = filler.full.wait(20)
            if reached:
                try_until(failures, lambda: any("The disk is" in t for t in scene.texts()), "told")
            (disk / "fill").unlink(missing_ok=True)
            try_until(failures, lambda: scene.count_told() == AWARDS, "all alerts")
    monitor.crashpoints.on_pass = None
    lost = AWARDS - scene.count_told()
    copies = [sum(f"SAMPLE-T{n}" in t for t in scene.texts()) for n in range(AWARDS)]
    plain = [
        sum(f"SAMPLE-T{n}" in t and COPY_LINE not in t for t in scene.texts())
        for n in range(AWARDS)
    ]
    failures += [f"award {n} came {times} times" for n, times in enumerate(plain) if times > 1]
    with Store.open(state) as store:
        store.db.check_quickly()
    named = [f"{place} {nth}: {failure}" for failure in failures]
    return {"place": place, "reached": reached, "lost": lost, "failures": named,
            "resent": sum(copies) - sum(plain)}  # fmt: skip


def has_begun(daemon: Daemon) -> bool:
    """Return whether the first round is over."""
    row = daemon.rooms.store.sources.find("local")
    return row is not None and row.baseline_at is not None


def try_until(failures: list[str], check: object, what: str) -> None:
    """Wait for what must come; note it where it does not."""
    try:
        wait_until(check, what, 40)  # type: ignore[arg-type]
    except AssertionError as error:
        failures.append(str(error))


@contextmanager
def run_daemon(folder: Path, scene: Scene, base: str, failures: list[str]) -> Iterator[Daemon]:
    """Run a daemon in a thread on the tiny disk; it must still run at the end."""
    facts = {"portal": "ccgp", "lists": [base + LIST_PATH], "every": "1s", "delay": 0}
    source = SourceConfig.model_validate({**facts, "allow_loopback": True})
    config = make_config(folder, source)
    desk = replace(config.receivers["terminal"], type="apprise", url=scene.hook.url(), retry=1)
    config = replace(config, state=scene.state, receivers={"terminal": desk})
    rooms = replace(Rooms.open(scene.state, threading.Event()), clock=scene.clock)
    with rooms.store:
        daemon = Daemon(Setup(config, load_screener()), rooms, {}, lambda _: None)
        daemon.keeper.guard = DiskGuard(scene.state, reserve=MIB, ballast=2 * MIB)
        thread = threading.Thread(target=daemon.run)
        thread.start()
        try:
            yield daemon
            if not thread.is_alive():
                failures.append("the daemon ended")
        finally:
            daemon.end()
            thread.join(60)
            if thread.is_alive():
                failures.append("the daemon does not end")


def run_cases(folder: Path, cases: list[tuple[str, int]]) -> None:
    """Run cases one after the other, each on an empty disk; print a line for each."""
    logging.disable(logging.CRITICAL)
    monitor.daemon.TEND_SECONDS = 0.2
    monitor.rounds.AFTER_BREAK = timedelta(seconds=1)
    disk = enter_tiny_disk(str(folder), DISK_MIB)
    for place, nth in cases:
        try:
            found = run_case(folder, disk, place, nth)
        except (MonitorError, OSError) as error:
            found = {"place": place, "reached": True, "lost": AWARDS, "resent": 0,
                     "failures": [f"{place} {nth}: {error}"]}  # fmt: skip
        print(json.dumps(found, ensure_ascii=False), flush=True)
        subprocess.run(["find", str(disk), "-mindepth", "1", "-delete"], check=True)  # noqa: S603, S607


if __name__ == "__main__":
    run_cases(Path(sys.argv[1]), json.loads(sys.argv[2]))
