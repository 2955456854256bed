"""Slices of time: none longer than asked for, nothing left out, the same in every round."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from monitor.models import Span
from monitor.portals.spans import cover_local_days, cut_span, halve_span

MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


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


def test_days_are_those_of_their_zone() -> None:
    found = cover_local_days(date(2026, 11, 21), date(2026, 11, 22), ZoneInfo("America/New_York"))
    assert found.since == datetime(2026, 11, 21, 5, tzinfo=UTC)
    assert found.until == datetime(2026, 11, 23, 5, tzinfo=UTC) - timedelta(microseconds=1)
