"""Cut the power under the real program: at random system calls of runs that strace watched.

The disk is built anew as such a cut may leave it, and opened by the real store. What the program
had acknowledged, by a mark that it writes after a commit, must be there.
"""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import monitor.alerting.courier
from monitor.errors import StoreError
from monitor.once import deliver_due
from monitor.setup import load_setup
from monitor.store import Store
from tests.campaigns.diskimage import CALLS, Call, Disk, read_calls
from tests.campaigns.inside import SOURCE, make_setup, open_rooms, watch_points
from tests.campaigns.outcome import Outcome
from tests.campaigns.outside import Outside, make_fact
from tests.kit.house import START

BAR = "power cut anywhere: no acknowledged commit lost, no row without its capture"
SHORT, FULL = 60, 1000
"""How many cuts."""

_ROUNDS = {SHORT: 2}
_MOST_ROUNDS = 6
_FACTS = 24
_EVERY = timedelta(hours=1)
_SHARES = (0.0, 0.2, 0.5, 0.8, 1.0)
# After each of these nothing is left to be committed.
_COMMITTED = {"capture noted", "decided", "sent noted", "round closed"}
_RECORD = re.compile(r"(.+)#(\d+)\+(\d+)")
_MARKS = "marks"


@dataclass(frozen=True)
class Finding:
    """What is wrong after one cut."""

    lost: bool
    lines: tuple[str, ...]


def run(size: int, folder: Path) -> Outcome:
    """Cut `size` times, and again where commits are not synced, which must lose."""
    if shutil.which("strace") is None:
        return Outcome("powercut", BAR, 0, ("strace is missing: apt install strace",), {})
    rounds = _ROUNDS.get(size, _MOST_ROUNDS)
    calls = _trace(folder / "full", "full", rounds)
    found = list(_cut(calls, folder / "full", size))
    loose = list(_cut(_trace(folder / "normal", "normal", rounds), folder / "normal", size // 2))
    failures = [line for finding in found for line in finding.lines]
    control = sum(finding.lost for finding in loose)
    if not control:
        failures.append("the control with synchronous=NORMAL lost nothing: this shows nothing")
    return Outcome("powercut", BAR, len(found), tuple(failures), {
        "system calls": len(calls), "lost": sum(finding.lost for finding in found),
        "control": f"lost in {control} of {len(loose)} cuts",
    })  # fmt: skip


# The run that is watched ------------------------------------------------------------------------


def _trace(folder: Path, synchronous: str, rounds: int) -> list[Call]:
    """Run the program under strace, a few rounds of it, and return its calls."""
    calls: list[Call] = []
    with Outside() as outside:
        make_setup(folder, outside)
        environment = {**os.environ, **outside.list_environment()}
        for number in range(rounds):
            at, trace = START + number * _EVERY, folder / f"trace-{number}"
            first = number * _FACTS
            facts = [make_fact(first + n, at - timedelta(seconds=n)) for n in range(_FACTS)]
            outside.publish(facts)
            strace = ["strace", "-f", "-y", "-xx", "-s", "9999999", "--seccomp-bpf", "-e"]
            program = [sys.executable, "-m", __name__, str(folder), at.isoformat(), synchronous]
            subprocess.run(  # noqa: S603 - our own program
                [*strace, f"trace={CALLS}", "-o", str(trace), *program], env=environment,
                check=True, timeout=600,
            )  # fmt: skip
            calls += [call for call in read_calls(trace) if call.path.startswith(str(folder))]
            trace.unlink()
    return calls


def main(folder: Path, at: datetime, synchronous: str) -> None:
    """Live once and write a mark after each commit: how far the chain and the tables are."""
    monitor.alerting.courier.CHAT_PAUSE = 0.0
    setup = load_setup(folder / "config.yaml", os.environ)
    rooms = open_rooms(setup, at)
    rooms.store.db.execute(f"pragma synchronous = {synchronous}")
    marks = os.open(folder / _MARKS, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def mark(name: str, nth: int) -> None:
        if name in _COMMITTED:
            os.write(marks, json.dumps(_measure(rooms.store)).encode() + b"\n")

    watch_points(mark)
    with rooms.store:
        rooms.make_poller(setup, lambda _: None).poll_source(SOURCE)
        deliver_due(setup, rooms, lambda _: None)


def _measure(store: Store) -> dict[str, Any]:
    """Return what only grows: the chain's end, the rows, the tries of deliveries."""
    head = store.db.first("select number, link from chain order by number desc limit 1")
    counts = store.db.query(
        "select (select count(*) from listing) as rows, "
        "(select count(*) from capture) as captures, "
        "(select coalesce(sum(attempts), 0) from delivery) as tries"
    )[0]
    return {**counts, "number": head["number"], "link": head["link"]} if head else dict(counts)


# The cuts ---------------------------------------------------------------------------------------


def _cut(calls: Sequence[Call], folder: Path, size: int) -> Iterator[Finding]:
    """Yield what is found after cuts at random calls, in the order of the calls."""
    rng = random.Random(size)  # noqa: S311 - the same cuts each time
    chosen = sorted(rng.randrange(1, len(calls)) for _ in range(size))
    disk, told, at = Disk(str(folder / "state")), dict[str, Any](), 0
    for cut in chosen:
        for call in calls[at:cut]:
            disk.apply(call)
            if call.path.endswith(f"/{_MARKS}") and call.name == "write":
                told = json.loads(call.content)
        at = cut
        files = disk.survive(rng, rng.choice(_SHARES))
        yield _examine(files, told, folder / "after", f"cut {cut} of {len(calls)}")


def _examine(
    files: Mapping[str, bytes], told: Mapping[str, Any], folder: Path, cut: str
) -> Finding:
    """Open what a cut left and compare it with what was acknowledged."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    try:
        with Store.open(folder) as store:
            lost = list(_find_lost(store, told))
            damage = [*_find_damage(store), *_find_bare(store, files)]
    except StoreError as error:
        return Finding(bool(told), (f"{cut}: {error}",))
    return Finding(bool(lost), tuple(f"{cut}: {line}" for line in [*lost, *damage]))


def _find_lost(store: Store, told: Mapping[str, Any]) -> Iterator[str]:
    there = _measure(store)
    for name in ("rows", "captures", "tries"):
        if there[name] < told.get(name, 0):
            yield f"lost: {told[name]} {name} were acknowledged, {there[name]} are there"
    with suppress(KeyError):
        link = store.db.first("select link from chain where number = ?", [told["number"]])
        if link is None or link["link"] != told["link"]:
            yield f"lost: link {told['number']} of the chain"


def _find_damage(store: Store) -> Iterator[str]:
    for row in store.db.query("pragma integrity_check"):
        if row["integrity_check"] != "ok":
            yield f"integrity_check: {row['integrity_check']}"


def _find_bare(store: Store, files: Mapping[str, bytes]) -> Iterator[str]:
    """Yield the rows whose capture is not on the disk as it was written."""
    for row in store.db.query("select record_id, packed from capture"):
        found = _RECORD.fullmatch(row["record_id"])
        if found is None:
            yield f"capture {row['record_id']!r} names no place"
            continue
        start, length = int(found[2]), int(found[3])
        content = files.get(found[1], b"")[start : start + length]
        if sha256(content).hexdigest() != row["packed"]:
            yield f"capture {row['record_id']} is not there"


if __name__ == "__main__":
    main(Path(sys.argv[1]), datetime.fromisoformat(sys.argv[2]), sys.argv[3])
