"""A wall clock that is set: noticed, and every wait stays as long as it was."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from monitor.store import Store
from monitor.store.alerts import AlertKind, NewAlert
from monitor.store.database import read_time
from monitor.vitals.clock import ClockMemory, ClockWatch

NOW = datetime(2026, 11, 22, 4, 0, 0, 123456, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
JUMPS = [-HOUR, -DAY, datetime(1970, 1, 1, tzinfo=UTC) - NOW, HOUR, 365 * DAY]


@pytest.mark.parametrize("jump", JUMPS, ids=str)
def test_a_jump_is_noticed_once(jump: timedelta) -> None:
    watch = ClockWatch(NOW, 100.0)
    assert watch.look(NOW + timedelta(seconds=2), 102.0) == timedelta()
    assert watch.look(NOW + timedelta(seconds=4) + jump, 104.0) == jump
    assert watch.look(NOW + timedelta(seconds=6) + jump, 106.0) == timedelta()


def test_a_busy_machine_and_a_slow_correction_are_no_jump() -> None:
    watch = ClockWatch(NOW, 0.0)
    assert watch.look(NOW + timedelta(seconds=700), 690.0) == timedelta()


def test_a_clock_is_trusted_after_an_even_hour() -> None:
    watch = ClockWatch(NOW, 0.0)
    watch.look(NOW + HOUR, 3600.0)
    assert watch.is_trusted(3600.0)
    watch.look(NOW + HOUR + 365 * DAY, 3600.0)
    assert not watch.is_trusted(3601.0)


@pytest.mark.parametrize(
    ("passed", "step"),
    [(-DAY, -DAY), (-timedelta(seconds=5), timedelta()), (30 * DAY, timedelta())],
)
def test_a_clock_set_back_while_nothing_ran_is_found_at_the_start(
    tmp_path: Path, passed: timedelta, step: timedelta
) -> None:
    with Store.open(tmp_path) as store:
        ClockMemory(store.vitals).note(NOW, 50.0)
        assert ClockMemory(store.vitals).find_step(NOW + passed) == step


@pytest.mark.parametrize("jump", JUMPS[:3], ids=str)
def test_what_was_due_in_ten_minutes_is_due_in_ten_minutes(tmp_path: Path, jump: timedelta) -> None:
    due = NOW + timedelta(minutes=10)
    with Store.open(tmp_path) as store:
        store.sources.ensure("local", sample=False)
        store.sources.plan_check("local", due)
        assert store.vitals.shift_waits(jump) == 1
        found = store.sources.get("local").next_check_at
    assert found is not None
    assert abs(found - (due + jump)) < timedelta(milliseconds=2)


def test_a_message_that_was_leased_by_a_wrong_clock_grows_old_by_the_right_one(
    tmp_path: Path,
) -> None:
    ahead, lease = timedelta(days=365), timedelta(minutes=10)
    with Store.open(tmp_path) as store:
        alert = NewAlert("a", AlertKind.SELF, None, None, "self", "R", "f", False, {})
        store.alerts.enqueue(alert, ["desk"], NOW)
        [first] = store.alerts.lease("desk", "test", NOW + ahead, lease)
        store.vitals.shift_waits(-ahead)
        store.alerts.put_back([first], NOW + timedelta(hours=1), "no answer")
        [second] = store.alerts.lease("desk", "test", NOW + timedelta(hours=1), lease)
    assert abs(second.tried_at - NOW) < timedelta(milliseconds=2)


def test_a_shifted_time_sorts_and_reads_like_any_other(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        store.sources.ensure("local", sample=False)
        store.sources.plan_check("local", NOW)
        store.vitals.shift_waits(timedelta(seconds=-0.5))
        row = store.db.first("select next_check_at from source")
        assert row is not None
        text = row["next_check_at"]
        assert read_time(text) is not None
        assert len(text) == len(NOW.isoformat(timespec="microseconds"))
