"""Days in China, whatever a span in UTC touches."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.models import Span
from monitor.portals.days import cover_days, list_days, read_day

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
