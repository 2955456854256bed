"""When digests are due and quiet hours end: on any clocks, once a day, never at no time."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.alerting.schedule import WEEKDAYS, find_due, find_rest
from monitor.receivers import Send, Weekday

# Clocks change at 02:00, by half an hour, at midnight, at 23:00, by none, and backwards in spring.
ZONES = (
    "Europe/Berlin", "Australia/Lord_Howe", "Africa/Cairo", "America/Nuuk", "Asia/Shanghai",
    "Africa/Casablanca", "America/Havana", "Europe/Dublin",
)  # fmt: skip
HOURS = ("00:00", "00:30", "01:30", "02:00", "02:30", "03:00", "08:00", "23:00", "23:30", "23:59")
START = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)


def at(text: str, zone: str = "UTC") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def walk(
    send: Send, hour: str, zone: str, on: Weekday = "monday", days: int = 400
) -> list[datetime]:
    """Return each due time of some days, one after the other, in the zone."""
    found, now = [], START
    while now < START + timedelta(days=days):
        due = find_due(send, hour, on, ZoneInfo(zone), now)
        assert due is not None
        assert due > now
        now = due
        found.append(due.astimezone(ZoneInfo(zone)))
    return found


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("hour", HOURS)
def test_over_four_hundred_days_each_local_day_has_one_digest(zone: str, hour: str) -> None:
    days = Counter(due.date() for due in walk("daily", hour, zone))
    assert set(days.values()) == {1}
    first, last = min(days), max(days)
    assert len(days) == (last - first).days + 1


@pytest.mark.parametrize("zone", ZONES)
def test_each_week_has_one_digest_on_its_day(zone: str) -> None:
    for on in WEEKDAYS:
        found = walk("weekly", "02:30", zone, on)
        assert {due.weekday() for due in found} == {WEEKDAYS.index(on)}
        gaps = {(b.date() - a.date()).days for a, b in pairwise(found)}
        assert gaps == {7}


@pytest.mark.parametrize("zone", ZONES)
def test_an_hourly_digest_is_never_more_than_an_hour_away(zone: str) -> None:
    found = walk("hourly", "08:00", zone, days=30)
    assert {b - a for a, b in pairwise(found)} == {timedelta(hours=1)}
    assert {due.minute for due in found} == {0}


@pytest.mark.parametrize(
    ("zone", "hour", "now", "due"),
    [
        ("Europe/Berlin", "08:00", "2026-11-22T07:59", "2026-11-22T08:00"),
        ("Europe/Berlin", "08:00", "2026-11-22T08:00", "2026-11-23T08:00"),
        ("Europe/Berlin", "02:30", "2026-03-28T12:00", "2026-03-29T03:30"),
        ("Europe/Berlin", "02:30", "2026-10-24T12:00", "2026-10-25T02:30"),
        ("America/Nuuk", "23:30", "2026-03-28T12:00", "2026-03-28T22:30"),
        ("Africa/Cairo", "00:00", "2026-04-23T12:00", "2026-04-24T01:00"),
        # Samoa left 30 December 2011 out.
        ("Pacific/Apia", "08:00", "2011-12-29T12:00", "2011-12-31T08:00"),
    ],
)
def test_a_daily_digest_is_due_at(zone: str, hour: str, now: str, due: str) -> None:
    assert find_due("daily", hour, "monday", ZoneInfo(zone), at(now, zone)) == at(due, zone)


def test_what_goes_at_once_has_no_due_time() -> None:
    assert find_due("now", "08:00", "monday", ZoneInfo("UTC"), START) is None


@pytest.mark.parametrize(
    ("quiet", "zone", "now", "end"),
    [
        ("22:00-07:00", "Europe/Berlin", "2026-11-22T21:59", None),
        ("22:00-07:00", "Europe/Berlin", "2026-11-22T22:00", "2026-11-23T07:00"),
        ("22:00-07:00", "Europe/Berlin", "2026-11-23T00:00", "2026-11-23T07:00"),
        ("22:00-07:00", "Europe/Berlin", "2026-11-23T06:59", "2026-11-23T07:00"),
        ("22:00-07:00", "Europe/Berlin", "2026-11-23T07:00", None),
        ("12:00-13:00", "Asia/Shanghai", "2026-11-23T12:30", "2026-11-23T13:00"),
        ("12:00-13:00", "Asia/Shanghai", "2026-11-23T11:30", None),
        # The night of 29 March is an hour shorter, 02:30 is not in it.
        ("22:00-02:30", "Europe/Berlin", "2026-03-29T03:15", "2026-03-29T03:30"),
        ("22:00-07:00", "Europe/Berlin", "2026-03-29T03:15", "2026-03-29T07:00"),
        ("", "UTC", "2026-11-23T03:00", None),
    ],
)
def test_quiet_hours_hold(quiet: str, zone: str, now: str, end: str | None) -> None:
    moment = at(now, zone)
    rest = find_rest(quiet, ZoneInfo(zone), moment)
    held = rest is not None and moment < rest.end
    assert held is (end is not None)
    if end is not None:
        assert rest is not None
        assert rest.end == at(end, zone)


def test_an_hour_that_comes_twice_is_quiet_until_it_first_ends() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    first = datetime(2026, 10, 25, 0, 15, tzinfo=UTC)
    for moment, quiet in ((first, True), (first + timedelta(hours=1), False)):
        assert moment.astimezone(berlin).strftime("%H:%M") == "02:15"
        rest = find_rest("22:00-02:30", berlin, moment)
        assert rest is not None
        assert (moment < rest.end) is quiet


@given(
    minutes=st.integers(0, 400 * 24 * 60),
    zone=st.sampled_from(ZONES),
    begin=st.sampled_from(HOURS),
    end=st.sampled_from(HOURS),
)
def test_no_quiet_lasts_longer_than_a_day_and_an_hour(
    minutes: int, zone: str, begin: str, end: str
) -> None:
    now = START + timedelta(minutes=minutes)
    rest = find_rest(f"{begin}-{end}", ZoneInfo(zone), now)
    if begin != end:
        assert rest is not None
        assert rest.begin <= now
        assert timedelta(0) < rest.end - rest.begin <= timedelta(hours=25)
