"""Many alerts: few messages, and every alert in one of them, whatever the receiver does."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from monitor.alerting.pacing import FULL
from monitor.errors import DeliveryError
from monitor.models import Message
from monitor.receivers import FloodConfig
from monitor.store.alerts import Alerts, Leg
from monitor.store.database import Database
from monitor.store.receivers import Receivers
from tests.alerting.outbox import Clock, Desk, make_courier, post

BERLIN = ZoneInfo("Europe/Berlin")
FLOOD = FloodConfig(most=20, within=3600)


@pytest.fixture
def alerts(tmp_path: Path) -> Iterator[Alerts]:
    database = Database(tmp_path / "monitor.db")
    yield Alerts(database)
    database.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


def number(count: int, letter: str = "a") -> list[str]:
    return [f"{letter}{each:05}" for each in range(count)]


def read_table(message: Message) -> list[str]:
    [enclosure] = message.enclosures
    rows = list(csv.DictReader(io.StringIO(enclosure.body.decode("utf-8-sig"))))
    return [row["alert"] for row in rows]


def test_thousands_of_alerts_of_one_round_make_a_few_messages_that_hold_them_all(
    alerts: Alerts, clock: Clock
) -> None:
    names, desk = number(2 * FULL + 500), Desk()
    post(alerts, names, clock())
    courier = make_courier(alerts, desk, flood=FLOOD)
    for _ in range(120):
        courier.deliver_due(clock)
        clock.move(minutes=1)
    assert len(desk.accepted) == 3
    assert sorted(desk.list_alerts()) == names
    tables = [name for message in desk.accepted for name in read_table(message)]
    assert sorted(tables) == names
    assert alerts.count_states() == {"sent": len(names)}
    assert max(len(message.body) for message in desk.accepted) < 100_000


def test_alerts_that_come_one_by_one_are_single_until_they_are_too_many(
    alerts: Alerts, clock: Clock
) -> None:
    names, desk = number(600), Desk()
    courier = make_courier(alerts, desk, flood=FLOOD)
    for name in names:
        post(alerts, [name], clock())
        courier.deliver_due(clock)
        clock.move(seconds=10)
    clock.move(hours=1)
    courier.deliver_due(clock)
    sizes = [len(message.alert_ids) for message in desk.accepted]
    assert sizes[:21] == [1] * 21
    assert desk.accepted[20].subject.startswith("[DIGEST] Many at once of 2026-11-22 04:08 (UTC)")
    assert len(sizes) <= 2 * 20 + 4
    assert desk.list_alerts() == names


def test_after_a_flood_messages_are_single_again(alerts: Alerts, clock: Clock) -> None:
    desk = Desk()
    courier = make_courier(alerts, desk, flood=FLOOD)
    post(alerts, number(30), clock())
    courier.deliver_due(clock)
    post(alerts, number(2, "b"), clock())
    courier.deliver_due(clock)
    assert [len(message.alert_ids) for message in desk.accepted] == [30]
    clock.move(hours=1)
    courier.deliver_due(clock)
    post(alerts, number(1, "c"), clock())
    courier.deliver_due(clock)
    assert [len(message.alert_ids) for message in desk.accepted] == [30, 1, 1, 1]


@pytest.mark.parametrize(("count", "sizes"), [(0, []), (3, [1, 1, 1]), (4, [4])])
def test_in_quiet_hours_nothing_goes_and_after_them_more_than_a_few_go_together(
    alerts: Alerts, clock: Clock, count: int, sizes: list[int]
) -> None:
    clock.now = datetime(2026, 11, 22, 22, 30, tzinfo=BERLIN).astimezone(UTC)
    desk = Desk()
    courier = make_courier(alerts, desk, quiet="22:00-07:00", zone=BERLIN)
    for name in number(count):
        post(alerts, [name], clock())
        clock.move(minutes=10)
    while clock.now < datetime(2026, 11, 23, 7, 0, tzinfo=BERLIN):
        assert courier.deliver_due(clock) == 0
        clock.move(minutes=10)
    courier.deliver_due(clock)
    assert [len(message.alert_ids) for message in desk.accepted] == sizes
    post(alerts, number(2, "b"), clock())
    courier.deliver_due(clock)
    assert [len(message.alert_ids) for message in desk.accepted] == [*sizes, 1, 1]


def test_a_daily_digest_is_one_message_at_its_time(alerts: Alerts, clock: Clock) -> None:
    due, desk = datetime(2026, 11, 23, 7, 0, tzinfo=UTC), Desk()
    leg = Leg("desk", "daily:2:2026-11-23T07:00+00:00", due, "route 2")
    courier = make_courier(alerts, desk, zone=BERLIN)
    for name in number(5):
        post(alerts, [name], clock(), leg)
        assert courier.deliver_due(clock) == 0
        clock.move(hours=1)
    clock.now = due
    assert courier.deliver_due(clock) == 1
    [message] = desk.accepted
    assert message.subject.startswith("[DIGEST] Daily digest of 2026-11-23 08:00 (Europe/Berlin)")
    assert sorted(message.alert_ids) == number(5)
    assert (message.thread, message.enclosures) == ("", ())
    rows = alerts.db.query("select distinct route, digest from delivery")
    assert [dict(row) for row in rows] == [{"route": "route 2", "digest": leg.digest}]


def test_what_comes_while_a_doubtful_digest_waits_is_in_another_message(
    alerts: Alerts, clock: Clock
) -> None:
    desk = Desk()
    leg = Leg("desk", "hourly:1:2026-11-22T04:05+00:00", clock())
    post(alerts, number(3), clock(), leg)
    assert alerts.lease("desk", "died", clock(), timedelta(minutes=10))
    post(alerts, number(2, "b"), clock(), leg)
    alerts.free_leases(clock())
    make_courier(alerts, desk).deliver_due(clock)
    assert [message.alert_ids for message in desk.accepted] == [
        tuple(number(3)), tuple(number(2, "b")),
    ]  # fmt: skip
    assert "second copy" in desk.accepted[0].body
    assert "second copy" not in desk.accepted[1].body
    assert len({message.key for message in desk.accepted}) == 2


def test_seven_days_down_lose_no_alert_and_drain_in_a_few_messages(
    alerts: Alerts, clock: Clock
) -> None:
    names, desk = number(7 * 24 * 3), Desk()
    desk.answer = DeliveryError("connection refused")
    courier = make_courier(alerts, desk, flood=FLOOD)
    knocks: list[int] = []
    for hour in range(7 * 24):
        post(alerts, names[hour * 3 : (hour + 1) * 3], clock())
        for _ in range(12):
            before = desk.calls
            courier.deliver_due(clock)
            knocks.append(desk.calls - before)
            clock.move(minutes=5)
    assert all(sum(knocks[at : at + 2]) <= 1 for at in range(24, len(knocks)))
    desk.answer = None
    for _ in range(10):
        courier.deliver_due(clock)
        clock.move(hours=1)
    assert len(desk.accepted) <= 12
    assert sorted(desk.list_alerts()) == names
    assert "dead" not in alerts.count_states()


def test_a_receiver_that_asks_to_wait_is_left_alone_as_long_but_no_longer_than_an_hour(
    alerts: Alerts, clock: Clock
) -> None:
    desk = Desk()
    post(alerts, number(5), clock())
    courier = make_courier(alerts, desk)
    for asked, minutes in ((120.0, 2), (99_999_999.0, 60)):
        desk.answer, calls = DeliveryError("HTTP 429", retry_after=asked), desk.calls
        courier.deliver_due(clock)
        clock.move(minutes=minutes - 1)
        courier.deliver_due(clock)
        assert desk.calls == calls + 1
        clock.move(minutes=1)
    desk.answer = None
    assert courier.deliver_due(clock) == 5


@pytest.mark.parametrize("back", [1, 24, 24 * 400])
def test_a_clock_that_is_set_back_lets_nothing_wait(
    alerts: Alerts, clock: Clock, back: int
) -> None:
    desk = Desk()
    post(alerts, ["new"], clock())
    post(alerts, ["leased"], clock())
    courier = make_courier(alerts, desk)
    assert alerts.lease("desk", "died", clock(), timedelta(minutes=10))
    Receivers(alerts.db).note_dead("desk", "HTTP 410", clock())
    clock.move(hours=-back)
    for _ in range(3):
        courier.deliver_due(clock)
        clock.move(hours=1)
    assert sorted(desk.list_alerts()) == ["leased", "new"]
