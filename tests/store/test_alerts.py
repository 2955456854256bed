"""The outbox: one row per alert and receiver, leased once, put back when a holder died."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from monitor.store import Store
from monitor.store.alerts import AlertKind, Alerts, NewAlert

NOW = datetime(2026, 11, 22, tzinfo=UTC)
LEASE = timedelta(minutes=10)


@pytest.fixture
def alerts(tmp_path: Path) -> Iterator[Alerts]:
    with Store.open(tmp_path) as store:
        yield store.alerts


def make_alert(name: str) -> NewAlert:
    return NewAlert(name, AlertKind.SELF, None, None, "alert", "R", "f", False, {"subject": name})


def lease(alerts: Alerts, at: datetime = NOW, receiver: str = "desk") -> list[str]:
    return [delivery.alert for delivery in alerts.lease(receiver, "test", at, LEASE)]


def test_an_alert_is_written_once_whoever_asks_again(alerts: Alerts) -> None:
    assert alerts.enqueue(make_alert("a"), ["desk", "chat"], NOW)
    assert not alerts.enqueue(make_alert("a"), ["desk", "chat", "new"], NOW)
    assert alerts.count_states() == {"waiting": 2}


def test_a_leased_delivery_is_nobody_elses_until_the_lease_ends(alerts: Alerts) -> None:
    alerts.enqueue(make_alert("a"), ["desk"], NOW)
    assert lease(alerts) == ["a"]
    assert lease(alerts, NOW + LEASE - timedelta(seconds=1)) == []
    again = alerts.lease("desk", "test", NOW + LEASE, LEASE)
    assert [(d.alert, d.attempts, d.unconfirmed) for d in again] == [("a", 2, True)]


def test_many_threads_lease_each_delivery_once(alerts: Alerts) -> None:
    for number in range(40):
        alerts.enqueue(make_alert(f"a{number:02}"), ["desk"], NOW)
    got: list[str] = []

    def take() -> None:
        while batch := lease(alerts):
            got.extend(batch)

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(got) == [f"a{number:02}" for number in range(40)]


def test_the_oldest_goes_first(alerts: Alerts) -> None:
    alerts.enqueue(make_alert("second"), ["desk"], NOW + timedelta(seconds=1))
    alerts.enqueue(make_alert("first"), ["desk"], NOW)
    assert lease(alerts, NOW + timedelta(minutes=1)) == ["first"]


def test_a_digest_is_held_until_released_and_then_leased_whole(alerts: Alerts) -> None:
    for name in ("a", "b"):
        alerts.enqueue(make_alert(name), ["desk", "chat"], NOW, digest="baseline:x")
    assert lease(alerts) == []
    assert alerts.release("baseline:x", NOW) == 4
    assert lease(alerts) == ["a", "b"]
    assert lease(alerts, receiver="chat") == ["a", "b"]


def test_what_was_put_back_waits_for_its_time(alerts: Alerts) -> None:
    alerts.enqueue(make_alert("a"), ["desk"], NOW)
    batch = alerts.lease("desk", "test", NOW, LEASE)
    alerts.put_back(batch, NOW + timedelta(hours=1), "refused")
    assert lease(alerts, NOW + timedelta(minutes=59)) == []
    again = alerts.lease("desk", "test", NOW + timedelta(hours=1), LEASE)
    assert [(d.attempts, d.unconfirmed) for d in again] == [(2, False)]


def test_sent_and_dead_are_never_leased_again(alerts: Alerts) -> None:
    for name in ("sent", "dead"):
        alerts.enqueue(make_alert(name), ["desk"], NOW)
        batch = alerts.lease("desk", "test", NOW, LEASE)
        if name == "sent":
            alerts.mark_sent(batch, NOW)
        else:
            alerts.bury(batch, "gone")
    assert lease(alerts, NOW + timedelta(days=9)) == []
    assert alerts.count_states() == {"sent": 1, "dead": 1}


def test_a_new_process_frees_what_the_last_one_leased(alerts: Alerts) -> None:
    alerts.enqueue(make_alert("a"), ["desk"], NOW)
    lease(alerts)
    assert alerts.free_leases(NOW) == 1
    again = alerts.lease("desk", "test", NOW, LEASE)
    assert [d.unconfirmed for d in again] == [True]
