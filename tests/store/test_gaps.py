"""Gaps and reach in the store: the same stretch is one gap, spans that meet are one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.models import Request, Span
from monitor.store import Store
from monitor.store.gaps import Gap, Gaps, GapState, read_request, write_request

NOW = datetime(2026, 11, 22, tzinfo=UTC)
FIRST = Request("http://a.example/list")
SECOND = Request("http://a.example/list?page=2", "POST", "页=1".encode(), (("X-A", "b"),))


def day(number: int) -> datetime:
    return NOW + timedelta(days=number)


def span(since: int, until: int) -> Span:
    return Span(day(since), day(until))


@pytest.fixture
def gaps(tmp_path: Path) -> Iterator[Gaps]:
    with Store.open(tmp_path) as store:
        store.sources.ensure("local", sample=False)
        store.sources.ensure("other", sample=False)
        yield store.gaps


def note(gaps: Gaps, request: Request, since: int, until: int, why: str = "broke off") -> None:
    gaps.note("local", request, span(since, until), why, NOW)


def only(gaps: Gaps) -> Gap:
    (gap,) = gaps.list_open("local")
    return gap


def test_a_gap_goes_on_where_it_was_left(gaps: Gaps) -> None:
    note(gaps, FIRST, 1, 5)
    gap = only(gaps)
    assert (gap.request, gap.span, gap.why, gap.pages) == (FIRST, span(1, 5), "broke off", 0)
    gaps.move(gap.id, SECOND)
    assert (only(gaps).request, only(gaps).pages) == (SECOND, 1)
    assert gaps.list_open("other") == []


@pytest.mark.parametrize("request_", [FIRST, SECOND])
def test_a_request_comes_back_as_it_was(request_: Request) -> None:
    assert read_request(write_request(request_)) == request_


def test_the_same_stretch_noted_twice_is_one_gap(gaps: Gaps) -> None:
    note(gaps, FIRST, 1, 5)
    note(gaps, FIRST, 1, 5)
    note(gaps, FIRST, 3, 9)
    assert only(gaps).span == span(1, 9)


def test_other_lists_and_longer_stretches_are_gaps_of_their_own(gaps: Gaps) -> None:
    note(gaps, FIRST, 1, 5)
    note(gaps, SECOND, 1, 5)
    note(gaps, FIRST, -9, 5)
    assert [gap.span.since for gap in gaps.list_open("local")] == [day(1), day(1), day(-9)]


def test_a_gap_that_was_begun_is_read_anew_where_it_is_noted_again(gaps: Gaps) -> None:
    # New rows came on top meanwhile: between the list's first pages and where reading was.
    note(gaps, FIRST, 1, 5)
    gaps.move(only(gaps).id, SECOND)
    note(gaps, FIRST, 1, 7)
    gap = only(gaps)
    assert (gap.request, gap.pages, gap.span) == (FIRST, 0, span(1, 7))


@pytest.mark.parametrize("state", [GapState.CLOSED, GapState.LOST])
def test_a_gap_that_ended_opens_again_where_it_is_noted_again(gaps: Gaps, state: GapState) -> None:
    note(gaps, FIRST, 1, 5)
    gaps.end(only(gaps).id, state, "over", NOW)
    assert gaps.list_open("local") == []
    note(gaps, FIRST, 1, 5)
    assert only(gaps).request == FIRST
    assert gaps.list_lost("local") == []


def test_open_gaps_come_the_newest_days_first(gaps: Gaps) -> None:
    for number in (2, 5, 3):
        note(gaps, Request(f"http://a.example/{number}"), number, number + 1)
    assert [gap.span.since for gap in gaps.list_open("local")] == [day(5), day(3), day(2)]


def test_what_is_lost_is_listed_with_its_cause(gaps: Gaps) -> None:
    gaps.lose("local", FIRST, span(1, 3), "the list ends", NOW)
    (gap,) = gaps.list_lost("local")
    assert (gap.state, gap.why, gap.span) == (GapState.LOST, "the list ends", span(1, 3))
    assert gaps.list_open("local") == []


def test_a_span_is_whole_when_the_last_gap_in_it_is_closed(gaps: Gaps) -> None:
    note(gaps, FIRST, 1, 9)
    note(gaps, SECOND, 5, 7)
    wide, narrow = gaps.list_open("local")
    gaps.close(wide, NOW)
    assert gaps.list_reach("local") == []
    gaps.close(narrow, NOW)
    assert gaps.list_reach("local") == [span(1, 9)]


def test_a_gap_elsewhere_does_not_hide_what_was_read(gaps: Gaps) -> None:
    note(gaps, FIRST, 1, 3)
    note(gaps, SECOND, 5, 7)
    newer, older = gaps.list_open("local")
    gaps.close(newer, NOW)
    assert gaps.list_reach("local") == [span(5, 7)]
    gaps.close(older, NOW)
    assert gaps.list_reach("local") == [span(5, 7), span(1, 3)]


@pytest.mark.parametrize(
    ("reach", "asked", "unread"),
    [
        ([], (1, 5), (1, 5)),
        ([(1, 5)], (1, 5), None),
        ([(0, 9)], (1, 5), None),
        ([(3, 9)], (1, 5), (1, 3)),
        ([(3, 5)], (1, 5), (1, 3)),
        ([(1, 3)], (1, 5), (1, 5)),
        ([(2, 3)], (1, 5), (1, 5)),
        ([(7, 9)], (1, 5), (1, 5)),
        ([(7, 9), (2, 6)], (1, 5), (1, 2)),
        ([(7, 9), (2, 6)], (1, 8), (1, 7)),
        ([(4, 9)], (5, 5), None),
        ([], (5, 4), None),
    ],
)
def test_what_is_unread_lies_before_all_that_was_read_up_to_the_end(
    gaps: Gaps,
    reach: list[tuple[int, int]],
    asked: tuple[int, int],
    unread: tuple[int, int] | None,
) -> None:
    for since, until in reach:
        gaps.extend_reach("local", span(since, until))
    assert gaps.find_unread("local", span(*asked)) == (span(*unread) if unread else None)
    assert gaps.find_unread("other", span(1, 5)) == span(1, 5)


SPANS = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 8)), max_size=12)


@given(SPANS)
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_reach_is_the_union_of_what_was_read_in_any_order(
    gaps: Gaps, spans: list[tuple[int, int]]
) -> None:
    gaps.db.execute("delete from reach")
    for since, length in spans:
        gaps.extend_reach("local", span(since, since + length))
    reach = gaps.list_reach("local")
    # Half days tell spans that touch from spans with a day between.
    covered = {n for since, length in spans for n in range(2 * since, 2 * (since + length) + 1)}
    shown = {
        n for known in reach for n in range(100) if known.since <= day(0) + n * timedelta(hours=12)
        and day(0) + n * timedelta(hours=12) <= known.until
    }  # fmt: skip
    assert shown == covered
    ends = [(known.since, known.until) for known in reach]
    assert all(later[0] > earlier[1] for later, earlier in pairwise(ends))
