"""End the program at every named place, every time it is passed, and start it again."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from monitor.setup import Setup
from tests.campaigns.inside import die, fork_child, live_once, make_setup, wait_child, warm_up
from tests.campaigns.inside import watch_points as watch
from tests.campaigns.ledger import draw_balance
from tests.campaigns.outcome import Outcome
from tests.campaigns.outside import Outside, Post, make_fact
from tests.kit.house import START
from tests.portals.sites.base import Fact

BAR = "killed at any named place: nothing lost, nothing told twice, files whole"
SHORT, FULL = 1, 0
"""How many passings of each place are tried, from the last back; 0 tries them all."""

# Only here has a message arrived that is not noted as sent.
_BETWEEN = {"sent"}
_EVERY = timedelta(hours=1)


@dataclass(frozen=True)
class Scene:
    """The world at one poll, and what was before it."""

    number: int
    at: datetime
    facts: Sequence[Fact]
    before: Path
    posts: Sequence[Post]


def run(size: int, folder: Path) -> Outcome:
    """Kill at places of three polls, each at its last `size` passings, or at all of them."""
    failures, passed, resent = list[str](), Counter[str](), 0
    with Outside() as outside:
        setup = make_setup(folder, outside)
        outside.show(write_story()[0])
        warm_up(setup, folder, START)
        for scene, name, nth in reversed(_rehearse(setup, outside, folder)):
            if size and passed[name] == size:
                continue
            passed[name] += 1
            found, copies = _try_point(setup, outside, scene, name, nth)
            failures += [f"poll {scene.number}, {name} {nth}: {line}" for line in found]
            resent += copies
    cases = passed.total()
    if not size and cases < 100:
        failures.append(f"only {cases} places were passed")
    return Outcome("crashpoints", BAR, cases, tuple(failures), {
        "places": len(passed), "lost": _count(failures, "lost"),
        "doubled": _count(failures, "doubled"), "sent again and said so": resent,
    })  # fmt: skip


def _count(failures: Sequence[str], word: str) -> int:
    return sum(f": {word}: " in failure for failure in failures)


def write_story() -> list[list[Fact]]:
    """Return what the portal shows at three polls: a first round, news, a change with a file."""
    first = [make_fact(number, START - timedelta(minutes=number)) for number in range(6)]
    second_at, third_at = START + _EVERY, START + 2 * _EVERY
    news = [make_fact(n, second_at - timedelta(minutes=n)) for n in range(6, 10)]
    changed = make_fact(6, second_at - timedelta(minutes=6), version=2)
    text = "技术参数：监控硬盘，品牌希捷。".encode()
    filed = make_fact(10, third_at - timedelta(minutes=10), attachments=(("canshu.txt", text),))
    plain = make_fact(12, third_at - timedelta(minutes=12))
    second = [*news, *first]
    third = [filed, plain, *(changed if fact.number == 6 else fact for fact in second)]
    return [first, second, third]


def _rehearse(setup: Setup, outside: Outside, folder: Path) -> list[tuple[Scene, str, int]]:
    """Play the story once without a kill; return each passing of a place, in order."""
    passings = []
    state = setup.config.state
    outside.keep_posts([])
    for number, facts in enumerate(write_story(), start=1):
        before, noted = folder / f"before-{number}", folder / f"points-{number}.json"
        if state.exists():
            shutil.copytree(state, before)
        scene = Scene(number, START + (number - 1) * _EVERY, facts, before, outside.list_posts())
        outside.show(facts)
        code = wait_child(fork_child(partial(_live_and_note, setup, scene.at, noted)), 60)
        if code != 0:
            raise RuntimeError(f"poll {number} of the story ended with {code}")
        passings += [(scene, name, nth) for name, nth in json.loads(noted.read_text("utf-8"))]
    return passings


def _live_and_note(setup: Setup, at: datetime, noted: Path) -> None:
    passed: list[tuple[str, int]] = []
    watch(lambda name, nth: passed.append((name, nth)))
    live_once(setup, at)
    noted.write_text(json.dumps(passed), "utf-8")


def _live_until(setup: Setup, at: datetime, name: str, nth: int) -> None:
    watch(lambda passed, count: die() if (passed, count) == (name, nth) else None)
    live_once(setup, at)


def _try_point(
    setup: Setup, outside: Outside, scene: Scene, name: str, nth: int
) -> tuple[list[str], int]:
    """Kill at one place, start again, and return what is wrong then, and the copies sent."""
    state = setup.config.state.with_name("tried")
    shutil.rmtree(state, ignore_errors=True)
    if scene.before.exists():
        shutil.copytree(scene.before, state)
    tried = replace(setup, config=replace(setup.config, state=state))
    outside.keep_posts(scene.posts)
    outside.show(scene.facts)
    code = wait_child(fork_child(partial(_live_until, tried, scene.at, name, nth)), 60)
    if code != -9:
        return [f"was not reached, the program ended with {code}"], 0
    at, failures = scene.at + timedelta(minutes=20), list[str]()
    # One start must be enough: whatever was left undone is due at once.
    if (code := wait_child(fork_child(partial(live_once, tried, at)), 60)) != 0:
        failures.append(f"started again it ended with {code}")
    ledger = draw_balance(state, scene.facts, outside.list_posts())
    failures += ledger.list_failures()
    if ledger.resent and name not in _BETWEEN:
        failures.append(f"sent again, {ledger.resent} times")
    return failures, ledger.resent
