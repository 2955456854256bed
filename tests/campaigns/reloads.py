"""Every byte offset of a configuration being saved, and saves by rename that race the reader."""

from __future__ import annotations

import os
import random
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from monitor.reloading import BROKEN_SECONDS, Reloader
from monitor.setup import Setup, load_setup
from tests.campaigns.outcome import Outcome

BAR = (
    "cut at any byte, a file leaves the last good configuration in force, with file, line and "
    "column of the trouble, told once; of racing saves the old or the new is taken, never a part"
)
SHORT, FULL = 150, 20_000
RACES = 1000
_RANDOM = random.Random(7)  # noqa: S311

SHIPPED = Path(__file__).parents[2] / "watchlists"
NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
ENVIRON = {"DESK_URL": "json://127.0.0.1:9/hook", "BEAT_URL": "http://127.0.0.1:9/beat"}
CONFIG = """# Who is watched, and who is told.
state: state
watchlists: lists
lookback: 14d
zone: Europe/Berlin

receivers:
  desk:
    url_env: DESK_URL
    quiet: 22:00-07:00
    flood: {most: 10, within: 1h}
  terminal:
    type: terminal
    verdicts: [alert]
    about_itself: no

routes:
  - receivers: [desk]
    severities: [core]
    regions: [新疆]
  - receivers: [desk, terminal]
    send: daily
    at: '08:30'

heartbeat: {url_env: BEAT_URL, every: 5m}
alive: {every: day, at: '07:45'}
disk: {reserve: 100}

sources:
  central:
    portal: ccgp
    every: 30m
    lists:
      - https://www.example.org/cggg/zygg/
    delay: 5
    expect: {silence: 3d}
  local:
    portal: linklist
    every: 2h
    lists: ['https://portal.example.org/notices?page={page}']
    row: {row: ul.list > li, title: a, date: span.date}
"""
PLACE = re.compile(r"\.yaml:\d+:\d+: .")


@dataclass
class Findings:
    """What was found so far."""

    cases: int = 0
    failures: list[str] = field(default_factory=list)
    whole: int = 0
    told: int = 0
    periods: int = 0

    def check(self, holds: bool, case: str) -> None:
        """Note a case, as a failure where it does not hold."""
        if not holds:
            self.failures.append(case)


def run(size: int, folder: Path) -> Outcome:
    """Cut both files at up to `size` offsets each, then race with as many saves, 1,000 at most."""
    setup = write_files(folder)
    found = Findings()
    for path in (folder / "config.yaml", folder / "lists" / "brands.yaml"):
        cut_everywhere(setup, path, size, found)
    saves, taken = race_saves(setup, folder / "lists" / "brands.yaml", min(size, RACES), found)
    figures: dict[str, int | float | str] = {
        "offsets": found.cases - taken, "whole in themselves": found.whole,
        "broken periods": found.periods, "told": found.told,
        "racing saves": saves, "taken": taken,
    }  # fmt: skip
    return Outcome("reloads", BAR, found.cases, tuple(found.failures), figures)


def write_files(folder: Path) -> Setup:
    """Write a configuration and short watchlists made of the shipped ones; return it loaded."""
    lists = folder / "lists"
    lists.mkdir()
    for name, entries in (("brands", 3), ("agencies", 4), ("categories", 99)):
        text = (SHIPPED / f"{name}.yaml").read_text("utf-8")
        (lists / f"{name}.yaml").write_text(take_entries(text, entries), "utf-8")
    (folder / "config.yaml").write_text(CONFIG, "utf-8")
    return load_setup(folder / "config.yaml", ENVIRON)


def take_entries(text: str, number: int) -> str:
    """Return a watchlist with its first entries only."""
    starts = [found.start() for found in re.finditer(r"^  - id:", text, re.MULTILINE)]
    return text if number >= len(starts) else text[: starts[number]]


def cut_everywhere(setup: Setup, path: Path, size: int, found: Findings) -> None:
    """Reload at every offset of one file, or at `size` of them, then with the whole file."""
    good = path.read_bytes()
    reloader, seconds, broken = Reloader(setup, ENVIRON, None, NOW), 0.0, False
    for offset in list_offsets(len(good), size):
        path.write_bytes(good[:offset])
        seconds += 1.0
        taken = reloader.load(setup, NOW, seconds)
        case = f"{path.name} cut at {offset}"
        found.cases += 1
        if taken is not None:
            # Some prefixes are files in themselves; only a save that rests there is taken.
            found.whole += 1
            broken = False
        else:
            found.check(not reloader.ok, f"{case}: not said to be broken")
            found.periods += not broken
            broken = True
        note_news(reloader, seconds, case, found)
    path.write_bytes(good)
    back = reloader.load(setup, NOW, seconds + 1)
    found.check(back is not None and reloader.ok, f"{path.name}: whole again and not taken")
    reloader.find_news(seconds + 1)
    found.check(found.told <= found.periods, f"{path.name}: told {found.told} times")


def note_news(reloader: Reloader, seconds: float, case: str, found: Findings) -> None:
    """Count what is told, and check that it names the place."""
    news = reloader.find_news(seconds)
    if news is None or "good again" in news[0]:
        return
    found.told += 1
    found.check(bool(PLACE.search(news[1][0])), f"{case}: no place in {news[1][0]!r}")


def list_offsets(length: int, size: int) -> list[int]:
    """Return every offset, or `size` of them evenly spread."""
    step = max(length / size, 1.0)
    return sorted({int(number * step) for number in range(int(length / step))})


def race_saves(setup: Setup, path: Path, saves: int, found: Findings) -> tuple[int, int]:
    """Read while another thread saves two versions by rename; return saves and setups taken."""
    whole = path.read_text("utf-8")
    versions = (take_entries(whole, 1), whole)
    known = {read_brands(setup)}
    path.write_text(versions[0], "utf-8")
    known.add(read_brands(load_setup(setup.config.path, ENVIRON)))
    reloader, taken = Reloader(setup, ENVIRON, None, NOW), 0
    with save_by_turns(path, versions, saves) as over:
        while not over.is_set() or not taken:
            current = reloader.load(setup, NOW, BROKEN_SECONDS * taken)
            found.check(reloader.ok, "a racing save was taken for a broken file")
            if current is not None:
                taken, found.cases = taken + 1, found.cases + 1
                found.check(read_brands(current) in known, f"part of a list: {current}")
    return saves, taken


@contextmanager
def save_by_turns(path: Path, versions: tuple[str, str], saves: int) -> Iterator[threading.Event]:
    """Save two versions in turns, as editors do; the event given is set when all are saved."""
    over, pause = threading.Event(), threading.Event()

    def save() -> None:
        for number in range(saves):
            part = path.parent / f".{path.name}.part"
            part.write_text(versions[number % 2], "utf-8")
            os.replace(part, path)
            # Sometimes faster than a load, sometimes slower.
            pause.wait(_RANDOM.uniform(0.0, 0.2))
        over.set()

    thread = threading.Thread(target=save)
    thread.start()
    try:
        yield over
    finally:
        pause.set()
        thread.join()


def read_brands(setup: Setup) -> tuple[str, ...]:
    """Return the ids of a setup's brands."""
    return tuple(brand.id for brand in setup.screener.watchlists.brands)


if __name__ == "__main__":
    import tempfile

    with tempfile.TemporaryDirectory() as scratch:
        print(run(FULL, Path(scratch)).to_json())
