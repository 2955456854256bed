"""Kill the program at random moments, thousands of times, on one database, in four moods."""

from __future__ import annotations

import mmap
import random
import sqlite3
import statistics
import struct
import time
from collections.abc import Callable, Iterable
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from monitor.alerting.deliver import make_sender
from monitor.alerting.render import render_alert
from monitor.errors import DeliveryError
from monitor.setup import Setup
from monitor.store import FILE_NAME
from monitor.store.alerts import AlertKind, Alerts, Leg, NewAlert
from tests.campaigns.inside import (
    SOURCE,
    fork_child,
    live_busily,
    make_setup,
    open_rooms,
    wait_child,
    warm_up,
    watch_points,
)
from tests.campaigns.ledger import Ledger, draw_balance
from tests.campaigns.outcome import Outcome
from tests.campaigns.outside import Mood, Outside, make_fact
from tests.kit.house import START
from tests.portals.sites.base import Fact

BAR = "killed at random, receivers in four moods: nothing lost, nothing told twice, files whole"
SHORT, FULL = 24, 2000
"""How many kills."""

_EVERY = timedelta(minutes=30)
_FACTS = 6
_MOST_DRAINS = 300
# Rounds without a kill show how long one takes; what a receiver that is down misses, too.
_CALM = (Mood.UP, Mood.DOWN, Mood.UP)
# The control need not run as long: it loses from the first kill on.
_CONTROL_SHARE = 10
_FEWEST_CONTROLS = 16
_ALERTS_PER_KILL = 2.5

Live = Callable[[Setup, datetime], None]


@dataclass
class Storm:
    """One database, one world, and what came of it."""

    setup: Setup
    outside: Outside
    live: Live
    # The same moments each time, as far as the machine allows.
    rng: random.Random = field(default_factory=lambda: random.Random(7))  # noqa: S311
    at: datetime = START
    facts: list[Fact] = field(default_factory=list)
    spans: list[float] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    kills: int = 0

    def rage(self, kills: int) -> Ledger:
        """Kill so many times, let the program come to rest, and return what was lost."""
        for mood in _CALM:
            self.outside.set_mood(mood)
            self._live_on(None)
        moods = list(Mood)
        while self.kills < kills:
            self.outside.set_mood(moods[self.kills % len(moods)])
            self._live_on(self.rng.uniform(0.0, 1.2 * statistics.median(self.spans[-20:])))
        self.outside.set_mood(Mood.UP)
        self._come_to_rest()
        return draw_balance(self.setup.config.state, self.facts, self.outside.list_posts())

    def _live_on(self, seconds: float | None) -> None:
        """Show news and start the program; kill it after so many seconds."""
        self.at += _EVERY
        first = len(self.facts)
        news = [
            make_fact(first + number, self.at - timedelta(seconds=_FACTS - number))
            for number in range(_FACTS)
        ]
        self.facts += news
        self.outside.publish(news[::-1])
        self._run(seconds)

    def _run(self, seconds: float | None) -> None:
        clock = mmap.mmap(-1, 8)
        began = time.monotonic()
        code = wait_child(fork_child(partial(self._watch_and_live, clock)), seconds)
        (fetched,) = struct.unpack("d", clock[:])
        if fetched:
            self.waits.append(fetched - began)
        if code == 0:
            self.spans.append(time.monotonic() - began)
        elif code == -9 and seconds is not None:
            self.kills += 1
        else:
            self.errors.append(f"the program ended with {code} at {self.at:%Y-%m-%d %H:%M}")

    def _watch_and_live(self, clock: mmap.mmap) -> None:
        """Note when the first answer was there, in memory that outlives this process."""

        def note(name: str, nth: int) -> None:
            if name == "fetched" and nth == 1:
                clock[:] = struct.pack("d", time.monotonic())

        watch_points(note)
        self.live(self.setup, self.at)

    def _come_to_rest(self) -> None:
        """Start the program until it has read back all that kills left out, and told it."""
        before = -1
        for _ in range(_MOST_DRAINS):
            self.at += timedelta(hours=3)
            self._run(None)
            posts = len(self.outside.list_posts())
            if posts == before and not self._count_gaps():
                return
            before = posts
        self.errors.append(f"not at rest after {_MOST_DRAINS} starts")

    def _count_gaps(self) -> int:
        """Return how many stretches of the list the program knows that it has not read."""
        with closing(sqlite3.connect(self.setup.config.state / FILE_NAME)) as db:
            (number,) = db.execute("select count(*) from gap where state = 'open'").fetchone()
        return int(number)


def run(size: int, folder: Path) -> Outcome:
    """Kill `size` times; then the control, which sends at once and keeps no outbox."""
    storm, ledger = _rage(folder / "real", live_busily, size)
    controls = max(_FEWEST_CONTROLS, size // _CONTROL_SHARE)
    control, bare = _rage(folder / "control", live_barely, controls)
    failures = [*storm.errors, *control.errors, *ledger.list_failures()]
    if not bare.lost:
        failures.append("the control without an outbox lost nothing: this shows nothing")
    if ledger.due < size * _ALERTS_PER_KILL:
        failures.append(f"only {ledger.due} messages were due")
    return Outcome("storm", BAR, storm.kills, tuple(failures), {
        "due": ledger.due, "lost": len(ledger.lost), "doubled": len(ledger.doubled),
        "sent again and said so": ledger.resent,
        "first answer after a start, p99 s": round(_find_percentile(storm.waits, 0.99), 2),
        "control": f"lost {len(bare.lost)} of {bare.due}",
    })  # fmt: skip


def _rage(folder: Path, live: Live, kills: int) -> tuple[Storm, Ledger]:
    with Outside() as outside:
        setup = make_setup(folder, outside)
        outside.show([make_fact(0, START)])
        warm_up(setup, folder, START)
        outside.show([])
        outside.keep_posts([])
        storm = Storm(setup, outside, live)
        return storm, storm.rage(kills)


def _find_percentile(values: list[float], share: float) -> float:
    return sorted(values)[int(share * (len(values) - 1))] if values else 0.0


def live_barely(setup: Setup, at: datetime) -> None:
    """Live without an outbox, as simple programs do: commit, then send; what fails is gone."""
    rooms, waiting = open_rooms(setup, at), list[NewAlert]()
    senders = [make_sender(one, lambda _: None) for one in setup.config.receivers.values()]
    post = Alerts.post

    def remember(alerts: Alerts, alert: NewAlert, legs: Iterable[Leg], now: datetime) -> bool:
        is_new = post(alerts, alert, (), now)
        if is_new and alert.kind is AlertKind.NOTICE:
            waiting.append(alert)
        return is_new

    def send_all(name: str, nth: int) -> None:
        while name == "decided" and waiting:
            message = render_alert(waiting.pop(0).content)
            for sender in senders:
                with suppress(DeliveryError):
                    sender.send(replace(message, key=message.alert_ids[0]))

    setattr(Alerts, "post", remember)  # noqa: B010 - in this child only
    watch_points(send_all)
    with rooms.store:
        rooms.make_poller(setup, lambda _: None).poll_source(SOURCE)
