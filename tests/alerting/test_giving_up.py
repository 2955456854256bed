"""What is given up is given up late, is said to somebody, and says so when it goes again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from monitor.alerting.causes import UnconfirmedError
from monitor.alerting.courier import FEWEST_TRIES, Courier
from monitor.alerting.render import COPY_LINE
from monitor.errors import DeliveryError
from monitor.models import Message
from monitor.store.alerts import AlertKind, Alerts, Leg, NewAlert
from monitor.store.database import Database
from monitor.store.receivers import Receivers
from tests.alerting.outbox import Clock, Desk, make_courier, post
from tests.alerting.samples import NOW


@pytest.fixture
def alerts(tmp_path: Path) -> Iterator[Alerts]:
    database = Database(tmp_path / "monitor.db")
    yield Alerts(database)
    database.close()


def read_state(alerts: Alerts, alert: str) -> str:
    sql = "select state from delivery where alert = ? and receiver = 'desk'"
    [row] = alerts.db.query(sql, [alert])
    return str(row["state"])


def read_reports(alerts: Alerts, receiver: str) -> list[str]:
    """Return the subjects of what a receiver is to hear of the program."""
    rows = alerts.db.query(
        """select json_extract(a.content, '$.subject') as subject from delivery d
           join alert a on a.id = d.alert where d.receiver = ? and a.kind = 'self'
           order by d.id""",
        [receiver],
    )
    return [row["subject"] for row in rows]


def fail_often(courier: Courier, desk: Desk, clock: Clock, error: DeliveryError) -> None:
    """Have a receiver refuse more than the fewest tries, a quarter of an hour apart."""
    desk.answer = error
    for _ in range(FEWEST_TRIES + 3):
        clock.move(minutes=15)
        courier.deliver_due(clock)
    desk.answer = None


def test_the_days_in_which_a_digest_was_not_due_are_no_days_of_trying(alerts: Alerts) -> None:
    clock, desk = Clock(), Desk()
    due = NOW + timedelta(days=7)
    post(alerts, ["weekly"], NOW, Leg("desk", f"weekly:1:{due.isoformat()}", due))
    courier = make_courier(alerts, desk)
    clock.move(days=6)
    post(alerts, ["other"], clock())
    assert courier.deliver_due(clock) == 1
    clock.move(days=1)
    fail_often(courier, desk, clock, DeliveryError("busy"))
    assert read_state(alerts, "weekly") == "waiting"
    clock.move(hours=2)
    assert courier.deliver_due(clock) == 1
    assert read_state(alerts, "weekly") == "sent"


def test_what_may_have_arrived_before_it_was_given_up_says_so_when_it_is_sent_again(
    alerts: Alerts,
) -> None:
    clock, desk = Clock(), Desk()
    post(alerts, ["doubtful"], NOW)
    courier = make_courier(alerts, desk)
    desk.answer = UnconfirmedError("HTTP 500")
    courier.deliver_due(clock)
    clock.move(hours=1)
    desk.answer = None
    with alerts.db.immediate():
        [held] = alerts.lease("desk", "test", clock(), timedelta(minutes=10))
        post(alerts, ["other"], clock())
    courier.deliver_due(clock)
    desk.answer = UnconfirmedError("HTTP 500")
    for _ in range(3 * 24):
        clock.move(hours=1.1)
        courier.deliver_due(clock)
    assert held.alert == "doubtful"
    assert read_state(alerts, "doubtful") == "dead"
    alerts.revive(["desk"], clock())
    desk.answer = None
    courier = make_courier(alerts, desk)
    assert courier.deliver_due(clock) == 1
    assert COPY_LINE in desk.accepted[-1].body


class Broken(Desk):
    """A sender with an error of the program in it."""

    def send(self, message: Message) -> None:
        self.calls += 1
        raise RuntimeError("token=secret")


def test_a_sender_that_breaks_is_a_failed_try_like_any_other(alerts: Alerts) -> None:
    clock, broken = Clock(), Broken()
    post(alerts, ["one"], NOW)
    assert make_courier(alerts, broken).deliver_due(clock) == 0
    [row] = alerts.db.query("select * from delivery")
    assert (row["state"], row["attempts"]) == ("waiting", 1)
    assert "RuntimeError" in row["error"]
    assert "secret" not in row["error"]


def test_with_nobody_else_to_tell_the_receiver_itself_hears_what_was_given_up(
    alerts: Alerts,
) -> None:
    clock, desk = Clock(), Desk()
    courier = make_courier(alerts, desk, others=())
    post(alerts, ["bad"], NOW)
    alerts.db.execute("update alert set content = '{}' where id = 'bad'")
    courier.deliver_due(clock)
    assert read_state(alerts, "bad") == "dead"
    assert any("given up" in subject for subject in read_reports(alerts, "desk"))
    assert any("given up" in message.subject for message in desk.accepted)


def test_all_that_is_given_up_in_a_day_makes_one_report(alerts: Alerts) -> None:
    clock, desk = Clock(), Desk()
    courier = make_courier(alerts, desk)
    for number in range(5):
        post(alerts, [f"a{number}"], clock())
        alerts.db.execute("update alert set content = '{}' where kind = 'notice'")
        courier.deliver_due(clock)
        clock.move(hours=1)
    assert alerts.count_states() == {"dead": 5, "waiting": 1}
    clock.move(days=1)
    post(alerts, ["next day"], clock())
    alerts.db.execute("update alert set content = '{}' where kind = 'notice'")
    courier.deliver_due(clock)
    assert alerts.count_states() == {"dead": 6, "waiting": 2}
    assert all("given up" in subject for subject in read_reports(alerts, "screen"))


def test_a_later_look_that_was_given_up_is_said_like_an_alert(alerts: Alerts) -> None:
    clock, desk = Clock(), Desk()
    alert = NewAlert(
        "look", AlertKind.SELF, None, None, "alert", "WITHDRAWN_AT_SOURCE", "", False, {}
    )
    alerts.enqueue(alert, ["desk"], NOW)
    make_courier(alerts, desk).deliver_due(clock)
    assert read_state(alerts, "look") == "dead"
    assert any("given up" in subject for subject in read_reports(alerts, "screen"))


def test_reports_that_are_given_up_in_turn_come_to_an_end(alerts: Alerts) -> None:
    clock, desk, screen = Clock(), Desk(), Desk()
    post(alerts, ["bad"], NOW)
    alerts.db.execute("update alert set content = '{}'")
    first = make_courier(alerts, desk, others=("screen",))
    second = make_courier(alerts, screen, name="screen", others=("desk",))
    for _ in range(20):
        first.deliver_due(clock)
        alerts.db.execute("update alert set content = '{}'")
        second.deliver_due(clock)
        alerts.db.execute("update alert set content = '{}'")
    [row] = alerts.db.query("select count(*) as n from alert")
    assert row["n"] == 3


class Edited(Desk):
    """A receiver whose address is changed while the first message goes to it."""

    courier: Courier

    def send(self, message: Message) -> None:
        super().send(message)
        self.courier.retire()


def test_after_a_change_of_its_address_no_further_message_goes_to_the_old_one(
    alerts: Alerts,
) -> None:
    clock, old = Clock(), Edited()
    post(alerts, ["one", "two"], NOW)
    old.courier = make_courier(alerts, old)
    assert old.courier.deliver_due(clock) == 1
    assert old.courier.deliver_due(clock) == 0
    assert read_state(alerts, "two") == "waiting"
    new = Desk()
    assert make_courier(alerts, new).deliver_due(clock) == 1
    assert new.list_alerts() == ["two"]


def fail_once(alerts: Alerts, clock: Clock) -> tuple[Courier, Desk]:
    """Give a courier to a receiver that accepted one message and failed one try of another."""
    desk = Desk()
    courier = make_courier(alerts, desk)
    post(alerts, ["first"], NOW)
    courier.deliver_due(clock)
    post(alerts, ["second"], NOW)
    desk.answer = DeliveryError("busy")
    courier.deliver_due(clock)
    return courier, desk


@pytest.mark.parametrize("days", [7, 400, -7])
def test_a_clock_that_is_set_makes_no_receiver_dead_and_gives_nothing_up(
    alerts: Alerts, days: int
) -> None:
    clock = Clock()
    courier, desk = fail_once(alerts, clock)
    clock.move(days=days)
    for _ in range(12 * FEWEST_TRIES):
        courier.deliver_due(clock)
        clock.move(minutes=5)
    [row] = alerts.db.query("select * from delivery where alert = 'second'")
    assert row["attempts"] > FEWEST_TRIES
    assert row["state"] == "waiting"
    assert Receivers(alerts.db).find_dead("desk") is None
    desk.answer = None
    clock.move(hours=1)
    assert courier.deliver_due(clock) == 1


def test_after_the_clock_was_set_three_days_of_failing_still_make_it_dead(alerts: Alerts) -> None:
    clock = Clock()
    courier, _ = fail_once(alerts, clock)
    alerts.db.execute("delete from delivery where alert = 'first'")
    clock.move(days=-7)
    hours = 0
    while Receivers(alerts.db).find_dead("desk") is None:
        courier.deliver_due(clock)
        clock.move(hours=1)
        hours += 1
    assert 3 * 24 - 3 <= hours <= 3 * 24 + 3


def test_nights_and_days_without_power_are_no_time_of_failing(alerts: Alerts) -> None:
    clock = Clock()
    courier, _ = fail_once(alerts, clock)
    for _ in range(FEWEST_TRIES + 3):
        clock.move(days=2)
        courier.deliver_due(clock)
    assert read_state(alerts, "second") == "waiting"
    assert Receivers(alerts.db).find_dead("desk") is None
