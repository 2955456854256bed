"""Whatever happens in whatever order: each alert is sent, waits or is dead, and only one of it."""

from __future__ import annotations

import tempfile
from datetime import timedelta
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.alerting.causes import UnconfirmedError
from monitor.errors import DeliveryError
from monitor.models import Message
from monitor.receivers import FloodConfig
from monitor.store import Store
from monitor.store.alerts import Alerts, Leg
from tests.alerting.outbox import Clock, Desk, make_courier, post

STEPS = st.sampled_from(
    ["alert", "burst", "digest", "accept", "later", "never", "doubt", "crash", "after post",
     "restart", "minute", "hour", "day", "back", "resend"]
)  # fmt: skip
ANSWERS = {
    "accept": None,
    "later": DeliveryError("connection refused"),
    "never": DeliveryError("HTTP 410", permanent=True),
    "doubt": UnconfirmedError("no answer in time"),
}
SPANS = {
    "minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1),
    "back": timedelta(days=-2),
}  # fmt: skip


class CrashError(BaseException):
    """The process dies here."""


class Dying(Desk):
    """A desk that takes a message, and then the process dies."""

    def send(self, message: Message) -> None:
        """Accept and die."""
        self.accepted.append(message)
        raise CrashError


class World:
    """An outbox, its courier and what the receiver really got."""

    def __init__(self, alerts: Alerts) -> None:
        self.alerts, self.clock, self.desk = alerts, Clock(), Desk()
        self.names: list[str] = []
        self.start()

    def start(self) -> None:
        self.alerts.free_leases(self.clock())
        flood = FloodConfig(most=3, within=3600)
        self.courier = make_courier(self.alerts, self.desk, flood=flood, quiet="22:00-23:00")

    def add(self, count: int, *legs: Leg) -> None:
        new = [f"a{len(self.names) + number:03}" for number in range(count)]
        self.names += new
        post(self.alerts, new, self.clock(), *legs)

    def take(self, step: str) -> None:
        if step in ANSWERS:
            self.desk.answer = ANSWERS[step]
        elif step in SPANS:
            self.clock.now += SPANS[step]
        elif step in ("alert", "burst"):
            self.add(1 if step == "alert" else 6)
        elif step == "digest":
            due = self.clock() + timedelta(minutes=30)
            self.add(2, Leg("desk", f"hourly:1:{due.isoformat()}", due))
        elif step == "crash":
            self.alerts.lease("desk", "test", self.clock(), timedelta(minutes=10))
            self.start()
        elif step == "after post":
            self.die()
        elif step == "resend":
            self.alerts.revive(["desk"], self.clock())
        else:
            self.start()
        self.courier.deliver_due(self.clock)

    def die(self) -> None:
        dying = Dying()
        try:
            make_courier(self.alerts, dying).deliver_due(self.clock)
        except CrashError:
            self.desk.accepted += dying.accepted
        self.start()

    def check(self) -> None:
        got = [name for m in self.desk.accepted for name in m.alert_ids if name[0] == "a"]
        rows = {
            row["alert"]: row["state"]
            for row in self.alerts.db.query("select * from delivery where receiver = 'desk'")
        }
        assert rows.keys() == set(self.names)
        assert {name for name, state in rows.items() if state == "sent"} <= set(got)
        keys: dict[str, tuple[str, ...]] = {}
        for message in self.desk.accepted:
            # The same key is the same message; a second one says that it may be a second.
            assert keys.setdefault(message.key, message.alert_ids) == message.alert_ids
        again = [m for n, m in enumerate(self.desk.accepted)
                 if any(m.key == before.key for before in self.desk.accepted[:n])]  # fmt: skip
        assert all("second copy" in message.body for message in again)
        once = {m.key: m.alert_ids for m in self.desk.accepted}
        told = [name for ids in once.values() for name in ids]
        assert len(told) == len(set(told)), "one alert under two keys"


@settings(max_examples=40, deadline=None)
@given(steps=st.lists(STEPS, min_size=5, max_size=40))
def test_no_alert_is_lost_and_none_is_told_twice_under_two_keys(steps: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder, Store.open(Path(folder)) as store:
        world = World(store.alerts)
        for step in steps:
            world.take(step)
            world.check()
        world.desk.answer = None
        world.alerts.revive(["desk"], world.clock())
        for _ in range(40):
            world.courier.deliver_due(world.clock)
            world.clock.move(hours=2)
        world.check()
        rows = store.db.query("select distinct state from delivery where receiver = 'desk'")
        assert [row["state"] for row in rows] in ([], ["sent"])
