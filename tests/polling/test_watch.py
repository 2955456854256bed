"""What a good list shows, and how one that changed is told from one without news."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from monitor.models import Issue, Listing, Request, SourceState, Span
from monitor.polling.watch import (
    LISTED,
    Seen,
    check_page,
    check_rate,
    check_round,
    check_rows,
    check_silence,
    compare_shares,
    describe_row,
)
from monitor.portals.base import ListPage
from monitor.stanzas import Expectations
from monitor.store.expectations import Share
from monitor.store.notices import Diff

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
ASKED = Span(NOW - timedelta(days=1), NOW)
MORE = Request("http://a.example/list?page=2")
DAY = timedelta(days=1)


def make_rows(
    count: int,
    at: datetime | None = NOW,
    title: str = "中标公告",
    buyer: str = "样例市公安局",
) -> tuple[Listing, ...]:
    return tuple(
        Listing(f"{n}", f"http://a.example/{n}", title, published_at=at, buyer=buyer)
        for n in range(count)
    )


ROWS = make_rows(10)
UNDATED = make_rows(6, at=None) + make_rows(10)[6:]
BAD_DATE = Issue("unreadable date", "published", "某日")
STRANGE = make_rows(6, at=NOW - 30 * DAY) + make_rows(10)[6:]


@pytest.mark.parametrize(
    ("page", "state", "cause"),
    [
        (ListPage(ROWS, MORE, pages=3, total=60), None, ""),
        (ListPage(ROWS), None, ""),
        (ListPage(ROWS, total=10), None, ""),
        (ListPage(ROWS, total=9), "drifted", "says it has 9 rows and shows 10"),
        (ListPage(ROWS, total=-1), "drifted", "says it has -1 rows"),
        (ListPage(ROWS, total=10**9), "drifted", "says it has 1000000000 rows"),
        (ListPage(()), "empty", "has no rows"),
        (ListPage((), total=0), "empty", "has no rows"),
        (ListPage((), total=40), "drifted", "says it has 40 rows and shows none"),
        (ListPage((), pages=4), "drifted", "4 pages and shows no row"),
        (ListPage((), span=ASKED, total=0), None, ""),
        (ListPage((), span=ASKED, total=3), "drifted", "says it has 3 rows and shows none"),
        (ListPage((), issues=(BAD_DATE,)), "drifted", "no row could be read: unreadable date"),
        (ListPage((), lists=(MORE,)), None, ""),
        (ListPage((), lists=(MORE,), total=5000), None, ""),
        (ListPage(UNDATED, issues=(BAD_DATE,)), "drifted", "6 of 10 rows have no readable date"),
        (ListPage(UNDATED[1:], issues=(BAD_DATE,)), "drifted", "5 of 9 rows have no readable"),
        (ListPage(UNDATED[2:], issues=(BAD_DATE,)), None, ""),
        (ListPage(ROWS, issues=(Issue("missing anchor", "pager", ""),)), "drifted", "no pager"),
        (ListPage(ROWS, span=ASKED), None, ""),
        (ListPage(STRANGE), None, ""),
        (ListPage(STRANGE, span=ASKED), "drifted", "ignored the days asked for: 6 of 10"),
        (ListPage(STRANGE[2:], span=ASKED), None, ""),
        (ListPage(make_rows(9, at=NOW + 3 * DAY), span=ASKED), "drifted", "9 of 9"),
        (ListPage(make_rows(9, at=NOW + DAY / 2), span=ASKED), None, ""),
    ],
)
def test_a_page_is_judged_by_itself(page: ListPage, state: str | None, cause: str) -> None:
    troubles = check_page(page, "page 1")
    assert [str(trouble.state) for trouble in troubles] == ([state] if state else [])
    assert all(cause in trouble.cause and trouble.missed == "page 1" for trouble in troubles)


@pytest.mark.parametrize(
    ("changed", "known", "told"),
    [(4, 0, False), (5, 0, True), (5, 4, True), (5, 5, False), (9, 20, False), (0, 0, False)],
)
def test_rows_that_change_all_at_once_are_a_changed_page(
    changed: int, known: int, told: bool
) -> None:
    ids = [str(n) for n in range(changed + known)]
    rows = dict(zip(ids, make_rows(changed + known), strict=True))
    diff = Diff((), tuple(ids[:changed]), tuple(ids[changed:]))
    assert [t.state for t in check_rows(diff, rows, "u")] == [SourceState.DRIFTED] * told


def see(rows: tuple[Listing, ...], *, new: int = 0, horizon: datetime | None = None) -> Seen:
    """Return what a round of one page saw, of which the first rows were new."""
    seen, ids = Seen(), [row.listing_id for row in rows]
    seen.count(rows, Diff(tuple(ids[:new]), (), tuple(ids[new:])), horizon)
    return seen


LEARNED = {"buyer": Share(100, 90), "date": Share(100, 100)}
NAMELESS = make_rows(10, buyer="")


@pytest.mark.parametrize(
    ("seen", "expect", "cause"),
    [
        (see(ROWS), Expectations(), ""),
        (see(NAMELESS), Expectations(), "0 of 10 rows have a buyer, 90% had one before"),
        (see(NAMELESS), Expectations(buyer=0.0), ""),
        (see(ROWS), Expectations(buyer=1.0), ""),
        (see(ROWS[:5] + NAMELESS[5:]), Expectations(buyer=0.6), "5 of 10 rows have a buyer"),
        (see(ROWS[:5] + NAMELESS[5:]), Expectations(), ""),
        (see(NAMELESS[:4]), Expectations(), ""),
        (see(make_rows(10, at=None)), Expectations(), "0 of 10 rows have a date"),
        (see(()), Expectations(), "no row at all"),
        (Seen(), Expectations(), ""),
        (replace(see(()), unchanged=1), Expectations(), ""),
        (see(ROWS, new=10, horizon=NOW + DAY), Expectations(), "10 rows of days that were"),
        (see(ROWS, new=10, horizon=NOW - DAY), Expectations(), ""),
        (see(ROWS, new=9, horizon=NOW + DAY), Expectations(), ""),
        (see(ROWS[:4], new=4, horizon=NOW + DAY), Expectations(), ""),
        (see(ROWS, new=10), Expectations(), ""),
    ],
)
def test_a_round_is_compared_with_what_the_source_usually_shows(
    seen: Seen, expect: Expectations, cause: str
) -> None:
    found = check_round(seen, LEARNED, expect)
    assert len(found) == bool(cause)
    assert all(cause in trouble.cause for trouble in found)
    quiet = all(trouble.state is SourceState.EMPTY for trouble in found)
    assert quiet == (not cause or "no row" in cause)


def test_rows_of_a_back_fill_do_not_say_what_the_source_usually_shows() -> None:
    seen = see(ROWS)
    ids = tuple(f"old {n}" for n in range(10))
    old = tuple(replace(row, listing_id=i) for row, i in zip(NAMELESS, ids, strict=True))
    seen.count(old, Diff(ids, (), ()), None, usual=False)
    assert (seen.listings, seen.new, seen.fields.shares()["buyer"]) == (20, 10, Share(10, 10))


@pytest.mark.parametrize(
    ("shown", "learned", "least", "told"),
    [
        (Share(10, 3), Share(100, 90), None, True),
        (Share(10, 4), Share(100, 90), None, False),
        (Share(10, 0), Share(100, 49), None, False),
        (Share(10, 1), Share(100, 50), None, True),
        (Share(10, 0), Share(19, 19), None, False),
        (Share(10, 0), Share(20, 20), None, True),
        (Share(4, 0), Share(100, 90), None, False),
        (Share(10, 4), Share(0, 0), 0.5, True),
        (Share(10, 5), Share(0, 0), 0.5, False),
        (Share(10, 0), Share(100, 90), 0.0, False),
        (Share(10, 5), Share(0, 0), None, False),
    ],
)
def test_a_field_that_most_rows_lost_is_a_changed_layout(
    shown: Share, learned: Share, least: float | None, told: bool
) -> None:
    troubles = compare_shares({"buyer": shown}, {"buyer": learned}, {"buyer": least})
    assert [trouble.state for trouble in troubles] == [SourceState.DRIFTED] * told


@pytest.mark.parametrize(
    ("name", "shown", "learned", "told"),
    [
        (LISTED, Share(1, 0), Share(5, 5), True),
        (LISTED, Share(1, 0), Share(4, 4), False),
        (LISTED, Share(1, 1), Share(5, 5), False),
        (LISTED, Share(0, 0), Share(5, 5), False),
        ("notice: items", Share(1, 0), Share(20, 20), False),
        ("notice: items", Share(3, 0), Share(5, 5), False),
        ("notice: items", Share(3, 0), Share(20, 20), True),
    ],
)
def test_one_notice_without_the_list_of_its_files_is_a_changed_layout(
    name: str, shown: Share, learned: Share, told: bool
) -> None:
    troubles = compare_shares({name: shown}, {name: learned}, {}, few=3)
    assert [trouble.state for trouble in troubles] == [SourceState.DRIFTED] * told


def test_a_field_that_was_never_learned_is_no_trouble() -> None:
    assert compare_shares({"region": Share(50, 0)}, {}, {}) == []


@pytest.mark.parametrize(
    ("silent", "rate", "limit", "told"),
    [
        (9, 3, "9d", True),
        (8.9, 3, "9d", False),
        (9, 2, "9d", False),
        (40, 0.4, "9d", False),
        (60, 0.4, "9d", True),
        (2, 20, "1d", True),
        (None, 50, "9d", False),
    ],
)
def test_a_busy_source_that_falls_silent_is_told(
    silent: float | None, rate: float, limit: str, told: bool
) -> None:
    expect = Expectations.model_validate({"silence": limit})
    last = None if silent is None else NOW - silent * DAY
    troubles = check_silence(expect, last, rate, NOW)
    assert [trouble.state for trouble in troubles] == [SourceState.EMPTY] * told


@pytest.mark.parametrize(
    ("asked", "rows", "told"), [(None, 0, False), (0, 0, False), (3, 21, False), (3, 20, True)]
)
def test_a_source_brings_as_many_rows_a_day_as_its_stanza_asks_for(
    asked: int | None, rows: int, told: bool
) -> None:
    troubles = check_rate(Expectations(rows_per_day=asked), rows, 7 * DAY)
    assert [trouble.cause for trouble in troubles] == (
        ["20 new rows in 7 days, 21 are asked for"] if told else []
    )


@pytest.mark.parametrize(
    ("title", "whole"), [("中标公告", True), ("中标公…", False), ("中标...", False), ("", False)]
)
def test_a_cut_title_is_none(title: str, whole: bool) -> None:
    (row,) = make_rows(1, title=title)
    assert describe_row(row)["title"] is whole
    assert describe_row(replace(row, date_only=True))["time of day"] is False
