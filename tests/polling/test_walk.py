"""The way through a source's lists: slices, gaps, back-fill; nothing is lost, or it is said."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from monitor.models import SourceState, Span
from monitor.polling.poll import Round
from monitor.sample.server import Response
from monitor.store.gaps import Gaps
from tests.kit.house import START, House, make_award, open_house, open_rooms, watch_site
from tests.portals.sites.base import NOON, Answer, Fact, Site, make_facts
from tests.portals.sites.daybook import SIZE, Daybook
from tests.portals.sites.ggzy import GgzySite
from tests.portals.sites.gpcms import GpcmsSite
from tests.portals.sites.zcy import ZcySite

EVERY = timedelta(hours=6)
BLOCKED = Answer(b"no", status=403)


def make_days(days: int, *, per_day: int = 4) -> list[Fact]:
    """Return rows of so many days, the newest at noon of the first."""
    return make_facts(days * per_day, every=timedelta(days=1) / per_day)


def make_news(count: int, at: datetime, *, first: int = 5000) -> list[Fact]:
    """Return rows that appeared just before a moment."""
    fact = make_facts(2)[1]
    return [
        replace(fact, number=first + n, published=at - timedelta(minutes=n), title=f"公告{n}")
        for n in range(count)
    ]


def name_day(days_ago: int) -> str:
    return f"{NOON - timedelta(days=days_ago):%F}"


def count_open(house: House) -> int:
    return len(house.rooms.store.gaps.list_open("local"))


def find_horizon(house: House) -> datetime | None:
    return house.rooms.store.sources.get("local").horizon_at


def list_subjects(house: House) -> list[str]:
    rows = house.rooms.store.db.query("select content from alert order by rowid")
    return [json.loads(row["content"])["subject"] for row in rows]


def settle(house: House, rounds: int = 12) -> Round:
    """Poll until a round is current."""
    for _ in range(rounds):
        house.clock.pass_time(hours=6)
        done = house.poll()
        if done.health.state is SourceState.CURRENT:
            break
    return done


def block_day(days_ago: int) -> Callable[[str, int, dict[str, Any]], Answer | None]:
    return lambda since, *_: BLOCKED if since == name_day(days_ago) else None


# Slices ---------------------------------------------------------------------------------------


def test_a_day_of_more_rows_than_the_site_shows_is_read_by_province(tmp_path: Path) -> None:
    site = GgzySite(make_facts(1050, every=timedelta(seconds=30)))
    with watch_site(tmp_path, site, lookback=3600, pages=60, open="none") as house:
        done = house.poll()
        assert (done.health.state, done.listings) == (SourceState.CURRENT, 1050)
        assert house.count("listing") == 1050


def test_a_list_that_cannot_be_cut_any_finer_is_a_gap_and_told_once(tmp_path: Path) -> None:
    facts = [replace(f, number=3 * f.number) for f in make_facts(1050, every=timedelta(seconds=30))]
    site = GgzySite(facts)
    with watch_site(tmp_path, site, lookback=3600, pages=60, open="none") as house:
        house.poll()
        for _ in range(3):
            house.clock.pass_time(minutes=5)
            done = house.poll()
        assert done.health.state is SourceState.PARTIAL
        assert "cannot be cut any finer" in done.health.cause
        assert list_subjects(house).count("Source local has a gap") == 1


def test_a_block_in_mid_round_leaves_gaps_that_later_rounds_close(tmp_path: Path) -> None:
    site = Daybook(make_days(8), twist=block_day(3))
    with watch_site(tmp_path, site) as house:
        done = house.poll()
        assert done.health.state is SourceState.BLOCKED
        assert site.list_asked() == [(name_day(n), 1) for n in range(4)]
        assert (count_open(house), find_horizon(house)) == (5, START)
        site.twist = lambda *_: None
        site.asked.clear()
        assert settle(house).health.state is SourceState.CURRENT
        assert (count_open(house), house.count("listing")) == (0, 8 * 4 - 1)
        older = [day for day, _ in site.list_asked() if day < name_day(2)]
        assert sorted(older) == sorted(name_day(n) for n in range(3, 8))
        reach = house.rooms.store.gaps.list_reach("local")
        assert [span.since for span in reach] == [START - timedelta(days=7)]


def test_a_block_that_stays_makes_no_more_gaps(tmp_path: Path) -> None:
    site = Daybook(make_days(8), twist=block_day(3))
    with watch_site(tmp_path, site) as house:
        house.poll()
        for _ in range(4):
            house.clock.pass_time(hours=6)
            house.poll()
        assert count_open(house) == 5


def test_a_round_that_reads_nothing_leaves_all_for_the_next(tmp_path: Path) -> None:
    site = Daybook(make_days(8), twist=block_day(0))
    with watch_site(tmp_path, site) as house:
        house.poll()
        assert (count_open(house), find_horizon(house)) == (0, None)
        site.twist = lambda *_: None
        house.clock.pass_time(hours=6)
        assert house.poll().listings == 8 * 4 - 1


def test_after_a_downtime_every_day_is_read(tmp_path: Path) -> None:
    site = Daybook(make_days(1))
    with watch_site(tmp_path, site) as house:
        house.poll()
        house.clock.pass_time(days=30)
        moved = [replace(f, published=f.published + timedelta(days=30)) for f in make_days(29)]
        site.facts = moved
        assert house.poll().health.state is SourceState.CURRENT
        assert house.count("listing") >= 29 * 4


def test_a_quiet_day_is_no_empty_source_where_the_days_before_have_rows(tmp_path: Path) -> None:
    site = Daybook(make_days(5))
    with watch_site(tmp_path, site) as house:
        house.poll()
        house.clock.pass_time(days=2)
        assert house.poll().health.state is SourceState.CURRENT
        site.asked.clear()
        house.clock.pass_time(hours=12)
        done = house.poll()
        assert done.health.state is SourceState.CURRENT
        assert done.listings > 0


def test_lists_that_show_no_row_of_any_day_are_empty(tmp_path: Path) -> None:
    site = Daybook(make_days(5))
    with watch_site(tmp_path, site) as house:
        house.poll()
        house.clock.pass_time(days=2)
        site.facts = []
        done = house.poll()
        assert done.health.state is SourceState.EMPTY
        assert "no row at all" in done.health.cause


# What no gap stands for -----------------------------------------------------------------------


def show_half(since: str, page: int, answer: dict[str, Any]) -> None:
    answer["rows"] = answer["rows"][: SIZE // 2]


def count_more(since: str, page: int, answer: dict[str, Any]) -> None:
    answer["total"] += 40


def count_fewer(since: str, page: int, answer: dict[str, Any]) -> None:
    answer["total"] = 1


@pytest.mark.parametrize(
    ("twist", "heeds", "state", "cause"),
    [
        (None, False, SourceState.DRIFTED, "the portal ignored the days asked for"),
        (count_more, True, SourceState.DRIFTED, "rows and shows none"),
        (count_fewer, True, SourceState.DRIFTED, "says it has 1 rows and shows 5"),
        (show_half, True, SourceState.PARTIAL, "rows and showed"),
    ],
    ids=["days ignored", "total too high", "total too low", "rows left out"],
)
def test_rows_that_may_be_missing_hold_the_horizon(
    tmp_path: Path,
    twist: Callable[[str, int, dict[str, Any]], None] | None,
    heeds: bool,
    state: SourceState,
    cause: str,
) -> None:
    site = Daybook(make_days(8, per_day=12))
    with watch_site(tmp_path, site) as house:
        house.poll()
        before = find_horizon(house)
        house.clock.pass_time(days=2)
        site.facts = make_news(12, NOON + timedelta(days=2)) + list(site.facts)
        site.heeds_days = heeds
        if twist is not None:
            site.twist = twist
        done = house.poll()
        assert (done.health.state, cause in done.health.cause) == (state, True)
        assert (before, find_horizon(house)) == (START, START)
        site.twist, site.heeds_days = (lambda *_: None), True
        house.clock.pass_time(hours=6)
        assert settle(house).health.state is SourceState.CURRENT
        assert {"5000", "5011"} <= {
            row["listing_id"] for row in house.rooms.store.db.query("select * from listing")
        }


def ignore_page(site: Daybook) -> None:
    """Let a site show its first page whatever page is asked for."""
    rows: list[Any] = []

    def twist(since: str, page: int, answer: dict[str, Any]) -> None:
        rows[:] = answer["rows"] if page == 1 else rows
        answer["rows"] = rows

    site.twist = twist


def test_a_site_that_ignores_the_page_is_partial(tmp_path: Path) -> None:
    site = Daybook(make_days(8, per_day=12), dated=False)
    ignore_page(site)
    with watch_site(tmp_path, site) as house:
        done = house.poll()
        assert done.health.state is SourceState.PARTIAL
        assert "the pager shows earlier rows again" in done.health.cause
        assert (site.list_asked(), find_horizon(house)) == ([("", 1), ("", 2)], None)


def go_round(site: Daybook, pages: int) -> None:
    """Let a site begin anew after its last page, as many do for a page that they lack."""

    def twist(since: str, page: int, answer: dict[str, Any]) -> Answer | None:
        start = (page - 1) % pages * SIZE
        answer["rows"] = [
            {"id": f.number, "title": f.title, "date": f"{f.published:%F %T}", "buyer": f.buyer}
            for f in site.facts[start : start + SIZE]
        ]
        return None

    site.twist = twist


def test_a_list_that_begins_anew_ends_a_back_fill(tmp_path: Path) -> None:
    site = Daybook(make_days(5), dated=False)
    go_round(site, 4)
    with watch_site(tmp_path, site, lookback=80_000) as house:
        house.poll()
        reach = house.rooms.store.gaps.list_reach("local")
        house.poll(since=START - timedelta(days=900))
        assert house.rooms.store.gaps.list_reach("local") == reach
        assert len(site.list_asked()) < 20
        (lost,) = house.rooms.store.gaps.list_lost("local")
        assert "earlier rows again" in lost.why
        assert house.count("listing") == 20


def test_empty_pages_without_end_end_a_back_fill(tmp_path: Path) -> None:
    def twist(since: str, page: int, answer: dict[str, Any]) -> Answer | None:
        skipped = [{"id": n, "title": "", "date": "2026-01-01", "buyer": ""} for n in range(SIZE)]
        answer["rows"] = answer["rows"] or skipped
        return None

    site = Daybook(make_days(5), dated=False, twist=twist)
    with watch_site(tmp_path, site, lookback=86_400) as house:
        house.poll()
        house.poll(since=START - timedelta(days=900))
        assert len(site.list_asked()) < 20


# Back-fill --------------------------------------------------------------------------------------


def continue_house(folder: Path, house: House) -> House:
    """Return the house as another process finds it: new rooms on the same folder."""
    rooms = open_rooms(folder, house.clock)
    return replace(house, rooms=rooms.__enter__())


def test_a_back_fill_over_slices_goes_on_in_a_new_process_and_asks_for_no_slice_twice(
    tmp_path: Path,
) -> None:
    site = Daybook(make_days(30))
    with watch_site(tmp_path, site, lookback=2 * 86_400) as house:
        house.poll()
        site.asked.clear()
        since = START - timedelta(days=29)

        def stop_at(day: str, page: int, answer: dict[str, Any]) -> None:
            if day == name_day(15):
                house.rooms.stop.set()

        site.twist = stop_at
        house.poll(since=since)
        assert count_open(house) > 10
        site.twist = lambda *_: None
        again = continue_house(tmp_path, house)
        with closing(again.rooms.store.db):
            assert again.poll(since=since).health.state is SourceState.CURRENT
            asked = Counter(day for day, _ in site.list_asked() if day < name_day(3))
            assert {day: n for day, n in asked.items() if n > 1} == {name_day(15): 2}
            assert set(asked) == {name_day(n) for n in range(4, 30)}
            assert again.count("listing") == 30 * 4 - 1
            assert min(s.since for s in again.rooms.store.gaps.list_reach("local")) == since
            site.asked.clear()
            again.clock.pass_time(hours=1)
            again.poll(since=since)
            assert {day for day, _ in site.list_asked()} <= {name_day(n) for n in range(4)}


@pytest.mark.parametrize(
    ("make", "ask_path"),
    [(ZcySite, "categoryTreeFind"), (GpcmsSite, "index/")],
    ids=["zcy", "gpcms"],
)
def test_a_site_that_names_its_lists_first_keeps_the_days_of_a_back_fill(
    tmp_path: Path, make: type[Site], ask_path: str
) -> None:
    site = make(make_days(30))
    with watch_site(tmp_path, site, lookback=86_400, open="none") as house:
        assert house.poll().health.state is SourceState.CURRENT
        first = house.count("listing")
        answer = site.answer
        site.asked.clear()

        def stop_at_names(asked: Any) -> Any:
            if ask_path in asked.path and len(site.asked) > 3:
                house.rooms.stop.set()
            return answer(asked)

        site.answer = stop_at_names  # type: ignore[method-assign]
        house.poll(since=START - timedelta(days=29))
        site.answer = answer  # type: ignore[method-assign]
        house.clock.pass_time(days=2)
        again = continue_house(tmp_path, house)
        with closing(again.rooms.store.db):
            again.poll(since=START - timedelta(days=29))
            assert first < 30
            assert again.count("listing") >= 29 * 4
            assert again.rooms.store.gaps.list_open("local") == []


def test_a_back_fill_to_a_day_that_was_read_asks_for_nothing_more(tmp_path: Path) -> None:
    site = Daybook(make_days(10))
    with watch_site(tmp_path, site) as house:
        house.poll()
        for since in (START - timedelta(days=3), START, START + timedelta(days=3)):
            site.asked.clear()
            house.clock.pass_time(hours=1)
            assert house.poll(since=since).health.state is SourceState.CURRENT
            assert {day for day, _ in site.list_asked()} <= {name_day(n) for n in range(-1, 2)}


def test_one_gap_that_cannot_be_read_keeps_no_other_from_being_read(tmp_path: Path) -> None:
    site = Daybook(make_days(8), twist=block_day(2))
    with watch_site(tmp_path, site) as house:
        house.poll()
        assert count_open(house) == 6
        strange = Answer(b'{"total": 4, "lines": []}', "application/json")
        site.twist = lambda since, *_: strange if since == name_day(5) else None
        house.clock.pass_time(hours=6)
        done = house.poll()
        assert (done.health.state, count_open(house)) == (SourceState.DRIFTED, 1)
        site.twist = lambda *_: None
        assert settle(house).health.state is SourceState.CURRENT
        assert house.count("listing") == 8 * 4 - 1


def test_a_back_fill_past_the_end_of_a_list_reaches_to_its_last_row(tmp_path: Path) -> None:
    site = Daybook(make_days(5)[:18], dated=False)
    with watch_site(tmp_path, site, lookback=86_400) as house:
        house.poll()
        house.poll(since=START - timedelta(days=20))
        (lost,) = house.rooms.store.gaps.list_lost("local")
        oldest = site.facts[-1].published.astimezone(UTC)
        assert lost.why == f"the list ends at {oldest:%F}"
        assert house.rooms.store.gaps.list_reach("local") == [Span(oldest, START)]


# Page limits ------------------------------------------------------------------------------------


def test_news_that_never_fit_into_a_round_are_told_of_once_and_all_read(tmp_path: Path) -> None:
    site = Daybook(make_facts(4), dated=False)
    with watch_site(tmp_path, site, pages=4) as house:
        house.poll()
        for number in range(4):
            house.clock.pass_time(hours=6)
            at = NOON + EVERY * (number + 1)
            site.facts = make_news(30, at, first=5000 + 100 * number) + list(site.facts)
            house.poll()
        assert list_subjects(house).count("Source local has a gap") == 1
        assert settle(house).health.state is SourceState.CURRENT
        assert house.count("listing") == 4 + 4 * 30
        assert list_subjects(house)[-1] == "Source local has recovered"
        assert list_subjects(house).count("Source local has recovered") == 1


def test_rows_that_fall_off_a_list_before_a_gap_is_read_are_said_to_be_lost(
    tmp_path: Path,
) -> None:
    site = Daybook(make_facts(4), dated=False)
    with watch_site(tmp_path, site, pages=2) as house:
        house.poll()
        house.clock.pass_time(days=5)
        days = [replace(f, number=f.number + 3000) for f in make_days(5, per_day=8)]
        site.facts = [replace(f, published=f.published + timedelta(days=5)) for f in days]
        house.poll()
        site.keeps = 14
        house.clock.pass_time(hours=6)
        done = house.poll()
        assert "the list ends at" in done.health.cause
        (lost,) = house.rooms.store.gaps.list_lost("local")
        assert (count_open(house), lost.span.since) == (0, START - timedelta(days=1))
        assert "Source local has a gap" in list_subjects(house)
        for span in house.rooms.store.gaps.list_reach("local"):
            assert not (span.since < START + timedelta(days=1) < span.until)


def test_what_a_list_does_not_show_any_more_was_not_read(tmp_path: Path) -> None:
    site = Daybook(make_facts(4), dated=False)
    with watch_site(tmp_path, site) as house:
        house.poll()
        house.clock.pass_time(days=20)
        site.facts = make_news(4, NOON + timedelta(days=20))
        assert "shows nothing older than" in house.poll().health.cause
        assert list_subjects(house) == ["Source local has a gap"]
        reach = house.rooms.store.gaps.list_reach("local")
        middle = START + timedelta(days=10)
        assert not any(span.since < middle < span.until for span in reach)


@pytest.mark.parametrize(("minutes", "gaps"), [(-1, 0), (0, 1)])
def test_a_list_may_end_within_a_day_of_the_horizon(
    tmp_path: Path, minutes: int, gaps: int
) -> None:
    site = Daybook(make_facts(4), dated=False)
    with watch_site(tmp_path, site, overlap=86_400) as house:
        house.poll()
        house.clock.pass_time(hours=6)
        # The horizon is a day before START: the oldest of these rows is some minutes off a day.
        site.facts = make_news(4, START + timedelta(minutes=3 + minutes))
        done = house.poll()
        assert (done.health.state is SourceState.PARTIAL) == bool(gaps)
        assert len(house.rooms.store.gaps.list_lost("local")) == gaps


def test_a_gap_ends_at_the_newest_row_of_the_last_page_that_was_read(tmp_path: Path) -> None:
    site = Daybook(make_facts(4), dated=False)
    with watch_site(tmp_path, site, pages=2, overlap=86_400) as house:
        house.poll()
        house.clock.pass_time(hours=6)
        site.facts = make_news(30, NOON + EVERY) + list(site.facts)
        house.poll()
        (gap,) = house.rooms.store.gaps.list_open("local")
        assert gap.span == Span(START - timedelta(days=1), site.facts[SIZE].published)


def test_a_gap_that_is_read_wrong_stays_open_until_it_is_read_right(tmp_path: Path) -> None:
    site = Daybook(make_days(8), twist=block_day(3))
    with watch_site(tmp_path, site) as house:
        house.poll()

        def count_wrong(since: str, page: int, answer: dict[str, Any]) -> None:
            if since == name_day(5):
                answer["total"] = 1

        site.twist = count_wrong
        house.clock.pass_time(hours=6)
        assert house.poll().health.state is SourceState.DRIFTED
        assert count_open(house) == 1
        site.twist = lambda *_: None
        assert settle(house).health.state is SourceState.CURRENT
        assert (count_open(house), house.rooms.store.gaps.list_lost("local")) == (0, [])


def test_a_gap_that_shows_less_than_it_says_is_lost_and_told(tmp_path: Path) -> None:
    site = Daybook(make_days(8, per_day=12))
    with watch_site(tmp_path, site) as house:
        house.poll()
        house.clock.pass_time(days=3)
        later = timedelta(days=3)
        moved = [
            replace(f, number=f.number + 3000, published=f.published + later) for f in site.facts
        ]
        site.facts = moved
        site.twist = block_day(-1)
        house.poll()
        site.twist = lambda since, *rest: show_half(since, *rest) if since < name_day(-1) else None
        house.clock.pass_time(hours=6)
        assert house.poll().health.state is SourceState.PARTIAL
        assert any(
            "rows and showed" in gap.why for gap in house.rooms.store.gaps.list_lost("local")
        )
        assert "Source local has a gap" in list_subjects(house)


# A process that ends in the middle ---------------------------------------------------------------


def kill_at(house: House, line: str) -> None:
    """Poll with a process that dies when it comes to a line of its own progress."""

    def die(report: str) -> None:
        if report.endswith(line):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        house.rooms.make_poller(house.setup, die).poll_source("local")


@pytest.mark.parametrize("page", [1, 2, 3, 4])
def test_a_kill_between_two_pages_loses_no_row(tmp_path: Path, page: int) -> None:
    site = Daybook(make_facts(4), dated=False)
    with watch_site(tmp_path, site, pages=3) as house:
        house.poll()
        house.clock.pass_time(hours=6)
        site.facts = make_news(30, NOON + EVERY) + list(site.facts)
        if page == 4:
            house.poll()
            house.clock.pass_time(hours=6)
            kill_at(house, "list page 2")
        else:
            kill_at(house, f"list page {page}")
        again = continue_house(tmp_path, house)
        with closing(again.rooms.store.db):
            assert settle(again).health.state is SourceState.CURRENT
            assert again.count("listing") == 34


def test_a_kill_before_a_gap_is_noted_loses_no_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> None:
        raise KeyboardInterrupt

    site = Daybook(make_facts(4), dated=False)
    with watch_site(tmp_path, site, pages=3) as house:
        house.poll()
        house.clock.pass_time(hours=6)
        site.facts = make_news(30, NOON + EVERY) + list(site.facts)
        with monkeypatch.context() as patch:
            patch.setattr(Gaps, "note", die)
            with pytest.raises(KeyboardInterrupt):
                house.poll()
        again = continue_house(tmp_path, house)
        with closing(again.rooms.store.db):
            assert settle(again).health.state is SourceState.CURRENT
            assert again.count("listing") == 34


def test_an_unchanged_list_is_asked_for_whole_until_a_round_was_current(tmp_path: Path) -> None:
    with open_house(tmp_path, [make_award(1)]) as house:
        broken = Response(b"<html><body>no notice</body></html>")
        house.portal.fail_with = lambda path: broken if "/t2026" in path else None
        states, unchanged = [], []
        for _ in range(4):
            states.append(house.poll().health.state)
            query = "select count(*) as n from capture where status = 304"
            unchanged.append(house.rooms.store.db.query(query)[0]["n"])
            if len(states) == 2:
                house.portal.fail_with = lambda _: None
                house.clock.pass_time(hours=1)
        partial, current = SourceState.PARTIAL, SourceState.CURRENT
        assert states[1:] == [partial, current, current]
        assert states[0] is not current
        assert unchanged == [0, 0, 0, 1]
