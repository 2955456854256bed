"""Hostile answers to one real daemon, each a source of its own beside a healthy one."""

from __future__ import annotations

import json
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from monitor.models import SourceState
from monitor.store import Store
from monitor.store.sources import SourceRow
from tests.campaigns.enemies import LIST, Enemy, list_enemies, serve_healthy
from tests.campaigns.outcome import Outcome
from tests.kit.program import Program, write_config
from tests.kit.rawserver import HostileServer, Route, Visit, reply

BAR = (
    "0 daemon deaths, daemon at most 256 MiB, each poll over by its deadline + 1 s and the 15 s"
    " of each reading, the healthy source on time"
)
SHORT, FULL = 25, 1000
HEALTHY, EVERY = "healthy", 4
_DEADLINE = 3
_READING = 15
_AT_ONCE = 4
_MOST_RESIDENT = 256
_MIB = 1024


@dataclass
class Gauge:
    """The most memory of a process and of its children, in KiB, looked at ten times a second."""

    pid: int
    own: int = 0
    child: int = 0
    _over: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def watch(self) -> Iterator[None]:
        """Look for as long as this is entered."""
        thread = threading.Thread(target=self._look)
        thread.start()
        try:
            yield
        finally:
            self._over.set()
            thread.join()

    def _look(self) -> None:
        while not self._over.wait(0.1):
            self.own = max(self.own, _read_peak(self.pid))
            self.child = max([self.child, *map(_read_peak, _list_children(self.pid))])


def _list_children(pid: int) -> list[int]:
    found: list[int] = []
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            found += map(int, path.read_text("ascii").split())
    return found


def _read_peak(pid: int) -> int:
    """Return the most memory that a process has held, in KiB; 0 for one that is gone."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text("utf-8").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1])
    return 0


@dataclass
class Field:
    """The daemon, the healthy source's server and what was found so far."""

    folder: Path
    program: Program
    healthy: HostileServer
    asked: list[float]
    failures: list[str] = field(default_factory=list)
    states: dict[str, int] = field(default_factory=dict)
    slowest: float = 0.0

    def meet(self, number: int, enemies: Sequence[Enemy]) -> None:
        """Have the daemon read a few enemies once, and note what became of it."""
        with ExitStack() as stack:
            names = {f"e{number}-{place}": enemy for place, enemy in enumerate(enemies)}
            stanzas = [_write_stanza(HEALTHY, "ccgp", self.healthy, every=f"{EVERY}s")]
            for name, enemy in names.items():
                routes = {"/robots.txt": reply(status=404), **enemy.routes()}
                server = stack.enter_context(HostileServer(routes))
                stanzas.append(_write_stanza(name, enemy.portal, server, **enemy.stanza))
            write_config(self.folder, "\n".join(stanzas))
            self.program.send(signal.SIGHUP)
            self._await_all(names)

    def _await_all(self, names: dict[str, Enemy]) -> None:
        """Wait for the first round of each source; time it from its beginning to its end."""
        left, until = dict(names), time.monotonic() + 240
        pause = threading.Event()
        while left and time.monotonic() < until and not self.is_dead():
            with Store.open(self.folder / "state", read_only=True) as store:
                rows = {name: store.sources.find(name) for name in left}
            now = time.time()
            for name, row in rows.items():
                if row is not None and row.state is not SourceState.NEW:
                    self._note_end(left.pop(name), row, now)
            pause.wait(0.05)
        self.failures += [f"{enemy.name}: no end of its round" for enemy in left.values()]

    def _note_end(self, enemy: Enemy, row: SourceRow, now: float) -> None:
        began = row.last_attempt_at.timestamp() if row.last_attempt_at else now
        took = now - began
        self.slowest = max(self.slowest, took)
        self.states[row.state] = self.states.get(row.state, 0) + 1
        allowed = enemy.waits * (_DEADLINE + 1) + enemy.reads * _READING + 1
        if took > allowed:
            self.failures.append(f"{enemy.name}: {took:.1f} s of {allowed}")
        if "the program failed" in row.cause:
            self.failures.append(f"{enemy.name}: {row.cause}")

    def is_dead(self) -> bool:
        """Return whether the daemon has ended."""
        return self.program.has_ended

    def find_lag(self) -> float:
        """Return the longest time between two polls of the healthy source."""
        return max((later - sooner for sooner, later in pairwise(self.asked)), default=0.0)


def _write_stanza(name: str, portal: str, server: HostileServer, **more: object) -> str:
    facts: dict[str, object] = {
        "portal": portal, "lists": [server.url(LIST)], "every": "3d", "delay": 0,
        "allow_loopback": True, "deadline": _DEADLINE, "pages": 2, **more,
    }  # fmt: skip
    return f"  {name}: {json.dumps(facts)}"


def _mark_visits(route: Route, asked: list[float]) -> Route:
    def answer(visit: Visit) -> None:
        asked.append(time.monotonic())
        route(visit)

    return answer


def run(size: int, folder: Path) -> Outcome:
    """Let a daemon meet so many enemies, spread over all kinds, a few at a time."""
    every = list_enemies()
    chosen = every[:: max(1, -(-len(every) // size))] if size < len(every) else every
    asked: list[float] = []
    routes = {"/robots.txt": reply(status=404), **serve_healthy()}
    routes[LIST] = _mark_visits(routes[LIST], asked)
    with HostileServer(routes) as healthy:
        write_config(folder, _write_stanza(HEALTHY, "ccgp", healthy, every=f"{EVERY}s"))
        with Program(folder) as program:
            program.expect("10 listings")
            there, gauge = Field(folder, program, healthy, asked), Gauge(program.pid)
            with gauge.watch():
                for start in range(0, len(chosen), _AT_ONCE):
                    there.meet(start, chosen[start : start + _AT_ONCE])
            return _sum_up(there, gauge, len(chosen))


def _sum_up(there: Field, gauge: Gauge, cases: int) -> Outcome:
    failures = list(there.failures)
    if there.is_dead():
        failures.append("the daemon died")
    elif there.program.stop() != 0:
        failures.append("the daemon did not end well")
    if gauge.own > _MOST_RESIDENT * _MIB:
        failures.append(f"the daemon took {gauge.own // _MIB} MiB")
    if gauge.child > _MOST_RESIDENT * _MIB:
        failures.append(f"a child took {gauge.child // _MIB} MiB")
    lag = there.find_lag() - EVERY
    if lag > EVERY:
        failures.append(f"the healthy source was {lag:.1f} s late")
    figures: dict[str, int | float | str] = {
        "daemon MiB": gauge.own // _MIB, "largest child MiB": gauge.child // _MIB,
        "slowest poll s": round(there.slowest, 1), "healthy source late by s": round(lag, 1),
        **{f"sources {state}": number for state, number in sorted(there.states.items())},
    }  # fmt: skip
    return Outcome("hostile", BAR, cases, tuple(failures), figures)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        size = int(sys.argv[1]) if len(sys.argv) > 1 else FULL
        print(run(size, Path(temporary)).to_json())
