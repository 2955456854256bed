"""Days, whatever a span touches; slices, the same in every round and nothing left out."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.models import Span
from monitor.portals.days import cover_days, cut_span, halve_span, list_days, read_day

MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2098, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("since", "until", "days"),
    [
        ("2026-11-22T15:59", "2026-11-22T15:59", ["2026-11-22"]),
        ("2026-11-22T15:59", "2026-11-22T16:00", ["2026-11-23", "2026-11-22"]),
        ("2026-11-21T16:00", "2026-11-22T15:59", ["2026-11-22"]),
        ("2026-02-27T16:00", "2026-02-28T16:00", ["2026-03-01", "2026-02-28"]),
    ],
)
def test_a_day_begins_at_four_in_the_afternoon_of_utc(
    since: str, until: str, days: list[str]
) -> None:
    first, last = (datetime.fromisoformat(f"{moment}:00+00:00") for moment in (since, until))
    assert [day.isoformat() for day in list_days(Span(first, last))] == days


@given(MOMENTS, st.timedeltas(timedelta(0), timedelta(days=40)))
def test_the_days_of_a_span_cover_it(since: datetime, length: timedelta) -> None:
    days = list_days(Span(since, since + length))
    covered = cover_days(days[-1], days[0])
    assert covered.since <= since
    assert since + length <= covered.until
    assert days == sorted(set(days), reverse=True)
    assert list_days(covered) == days


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-11-22", date(2026, 11, 22)),
        ("2026-11-22 23:59:59", date(2026, 11, 22)),
        ("22.11.2026", None),
        ("2026-13-01", None),
        ("", None),
    ],
)
def test_a_day_is_read_from_the_beginning_of_a_time(text: str, day: date | None) -> None:
    assert read_day(text) == day


def test_days_are_those_of_their_zone() -> None:
    found = cover_days(date(2026, 11, 21), date(2026, 11, 22), ZoneInfo("America/New_York"))
    assert found.since == datetime(2026, 11, 21, 5, tzinfo=UTC)
    assert found.until == datetime(2026, 11, 23, 5, tzinfo=UTC) - timedelta(microseconds=1)
    assert found.since.tzinfo is found.until.tzinfo is UTC


@given(MOMENTS, st.timedeltas(timedelta(), timedelta(days=30)), st.integers(3600, 400_000))
def test_slices_follow_each_other_and_hold_the_whole_span(
    since: datetime, length: timedelta, seconds: int
) -> None:
    span = Span(since, since + length)
    slices = list(cut_span(span, seconds))
    assert (slices[-1].since, slices[0].until) == (span.since, span.until)
    assert all(newer.since == older.until for newer, older in pairwise(slices))
    assert all(one.until - one.since <= timedelta(seconds=seconds) for one in slices)


def test_inner_cuts_are_the_same_in_every_round() -> None:
    now = datetime(2026, 11, 22, 13, 5, tzinfo=UTC)
    rounds = [Span(now - timedelta(days=2), now), Span(now - timedelta(days=1), now)]
    early, late = ({one.since for one in list(cut_span(span, 21_600))[:-1]} for span in rounds)
    assert late < early


def test_halves_meet_and_the_newer_is_first() -> None:
    since = datetime(2026, 11, 22, tzinfo=UTC)
    newer, older = halve_span(Span(since, since + timedelta(hours=3)))
    middle = since + timedelta(minutes=90)
    assert (older, newer) == (Span(since, middle), Span(middle, since + timedelta(hours=3)))
