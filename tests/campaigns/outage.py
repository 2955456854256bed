"""Have one of two receivers down for seven days of simulated time, and then back."""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from operator import sub
from pathlib import Path

from monitor.alerting.courier import Courier
from monitor.alerting.deliver import make_sender
from monitor.setup import Rooms, Setup
from monitor.store.alerts import AlertKind, Leg, NewAlert
from tests.campaigns.inside import SOURCE, make_setup, open_rooms, spare_time
from tests.campaigns.outcome import Outcome
from tests.campaigns.outside import RECEIVERS, Mood, Outside, make_fact
from tests.kit.house import START, Clock

BAR = "a receiver down for 7 days: nothing lost, at most a try in 10 minutes, the other on time"
SHORT, FULL = 300, 10_000
"""How many alerts fall into the outage."""

_DAYS = 7
_TICK = timedelta(minutes=1)
_SHORT_TICK = timedelta(minutes=5)
_TRIES = _DAYS * 24 * 6
# Until it is known to be down, a receiver is tried sooner.
_FIRST_TRIES = 12
_LATE = timedelta(hours=3)
# The usual limit of single messages, a few digests, and what is said of the receiver itself.
_MOST_AN_HOUR = 25
_DOWN, _OTHER = RECEIVERS


@dataclass
class Outage:
    """One program with its clock in hand; `written` maps each alert to when it was written."""

    setup: Setup
    rooms: Rooms
    outside: Outside
    clock: Clock
    tick: timedelta
    written: dict[str, datetime] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.couriers = [self._make_courier(name) for name in RECEIVERS]
        self.pattern = self._poll_one()

    def _make_courier(self, name: str) -> Courier:
        receiver = self.setup.config.receivers[name]
        return Courier(
            self.rooms.store.alerts, receiver, make_sender(receiver, lambda _: None),
            owner="campaign", rng=random.Random(3), stop=threading.Event(),  # noqa: S311
            others=list(RECEIVERS), pause=0.0,
        )  # fmt: skip

    def _poll_one(self) -> NewAlert:
        """Return the alert of a notice that was really polled; the others are made after it."""
        self.outside.show([make_fact(0, self.clock.at)])
        self.rooms.make_poller(self.setup, lambda _: None).poll_source(SOURCE)
        row = self.rooms.store.alerts.list_alerts()[0]
        return NewAlert(
            row["id"], AlertKind.NOTICE, SOURCE, row["notice"], row["verdict"], row["reason"],
            row["fingerprint"], False, json.loads(row["content"]),
        )  # fmt: skip

    def write_alerts(self, count: int) -> None:
        """Write alerts for both receivers."""
        alerts = self.rooms.store.alerts
        with alerts.db.immediate():
            for _ in range(count):
                name = f"{len(self.written) + 1:016x}"
                content = {**self.pattern.content, "alert_id": name}
                alert = replace(self.pattern, id=name, content=content)
                alerts.post(alert, [Leg(receiver) for receiver in RECEIVERS], self.clock.at)
                self.written[name] = self.clock.at

    def pass_time(self, until: datetime, on_tick: Callable[[], None]) -> None:
        """Let time pass as the daemon does: deliver to each receiver at each tick."""
        while self.clock.at < until:
            self.clock.at += self.tick
            on_tick()
            for courier in self.couriers:
                courier.deliver_due(self.clock)

    def count_messages(self, receiver: str) -> int:
        """Return how many messages a receiver has accepted."""
        return sum(post.receiver == receiver for post in self.outside.list_posts())

    def find_missing(self, receiver: str) -> set[str]:
        """Return the alerts that a receiver has not got."""
        posts = [post for post in self.outside.list_posts() if post.receiver == receiver]
        return self.written.keys() - {alert for post in posts for alert in post.alerts}


def run(size: int, folder: Path) -> Outcome:
    """Write `size` alerts over seven days in which one receiver is down; then let it come back."""
    spare_time()
    clock = Clock(START)
    with Outside() as outside:
        setup = make_setup(folder, outside, usual=True)
        rooms = replace(open_rooms(setup, START), clock=clock)
        with rooms.store:
            tick = _TICK if size >= FULL else _SHORT_TICK
            return _play(Outage(setup, rooms, outside, clock, tick), size)


def _play(outage: Outage, size: int) -> Outcome:
    outside, clock = outage.outside, outage.clock
    outside.set_mood(Mood.DOWN, [_DOWN])
    end, tries = clock.at + timedelta(days=_DAYS), list[int]()
    ticks = timedelta(days=_DAYS) / outage.tick

    def go_on() -> None:
        outage.write_alerts(round(size * (len(tries) + 1) / ticks) - len(outage.written))
        tries.append(outside.count_tries(_DOWN))

    outage.pass_time(end, go_on)
    late = {one for one in outage.find_missing(_OTHER) if outage.written[one] < clock.at - _LATE}
    knocks = outside.count_tries(_DOWN)
    outside.set_mood(Mood.UP, [_DOWN])
    hours, told = 0, [outage.count_messages(_DOWN)]
    while hours < _DAYS * 24 and any(map(outage.find_missing, RECEIVERS)):
        outage.pass_time(clock.at + timedelta(hours=1), lambda: None)
        hours += 1
        told.append(outage.count_messages(_DOWN))
    lost = {name: len(outage.find_missing(name)) for name in RECEIVERS}
    failures = [f"lost: {number} at {name}" for name, number in lost.items() if number]
    failures += [f"late at the other receiver: {len(late)}"] if late else []
    if knocks > _TRIES + _FIRST_TRIES:
        failures.append(f"{knocks} tries in {_DAYS} days, more than one in 10 minutes")
    busiest = max(map(sub, told[1:], told), default=0)
    if busiest > _MOST_AN_HOUR:
        failures.append(f"{busiest} messages in an hour of draining")
    return Outcome("outage", BAR, size, tuple(failures), {
        "lost": sum(lost.values()), "tries while down": knocks,
        "most tries in an hour": _find_busiest(tries, round(timedelta(hours=1) / outage.tick)),
        "hours to drain": hours, "messages to drain": told[-1],
        "most of them in an hour": busiest,
    })  # fmt: skip


def _find_busiest(counts: Sequence[int], width: int) -> int:
    """Return the most that a running count grew within so many ticks, after the first."""
    spans = zip(counts[width:], counts[2 * width :], strict=False)
    return max((after - before for before, after in spans), default=0)
