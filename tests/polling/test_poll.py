"""A poll: the diff, the paging, the baseline, the states of a source."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from monitor.errors import StoreError
from monitor.models import Capture, SourceState
from monitor.sample.server import Response
from tests.kit.house import START, House, make_award, make_chairs, open_house

BLOCK = (
    "<html><head><title>频繁访问!中国政府采购网</title></head><body>您的访问过于频繁</body></html>"
)


def test_a_first_round_tells_what_is_young_in_one_digest_and_records_the_rest(
    tmp_path: Path,
) -> None:
    old = make_award(2, minutes_ago=60 * 24 * 30)
    with open_house(tmp_path, [make_award(1), old, make_chairs(3)]) as house:
        done = house.poll()
        assert (done.listings, done.new, done.opened, done.alerts) == (3, 3, 1, 1)
        assert house.told() == [("waiting", "alert")]
        states = house.rooms.store.db.query("select state, triage from listing order by id")
        assert [row["state"] for row in states] == ["opened", "recorded", "recorded"]
        digests = house.rooms.store.db.query("select distinct digest from delivery")
        assert [row["digest"] for row in digests] == ["baseline:local"]


def test_a_digest_waits_until_the_first_round_is_done(tmp_path: Path) -> None:
    with open_house(tmp_path, [make_award(1), make_award(2)]) as house:
        stop_after(house, "_9100001.htm")
        house.poll()
        assert house.told() == [("held", "alert")]
        house.rooms.stop.clear()
        house.portal.fail_with = None
        house.poll()
        assert house.told() == [("waiting", "alert"), ("waiting", "alert")]


def stop_after(house: House, ending: str) -> None:
    def note(path: str) -> None:
        if path.endswith(ending):
            house.rooms.stop.set()

    house.portal.fail_with = note


def test_a_second_round_finds_only_what_is_new_and_tells_it_at_once(tmp_path: Path) -> None:
    with open_house(tmp_path, [make_chairs(1)]) as house:
        house.poll()
        house.clock.pass_time(hours=6)
        house.portal.add(make_award(2))
        done = house.poll()
        assert (done.new, done.opened, done.alerts) == (1, 1, 1)
        house.clock.pass_time(hours=6)
        assert house.poll().new == 0
        assert house.told() == [("waiting", "alert")]


def test_rows_that_shift_to_the_next_page_are_neither_lost_nor_doubled(tmp_path: Path) -> None:
    rows = [make_chairs(number) for number in range(1, 41)]
    with open_house(tmp_path, rows) as house:
        fresh = iter(range(101, 130))

        def push_down(path: str) -> None:
            if path.endswith("/cggg/dfgg/"):
                house.portal.fail_with = None
                for _ in range(5):
                    house.portal.add(make_chairs(next(fresh)))
                house.portal.fail_with = push_down

        house.portal.fail_with = push_down
        first = house.poll()
        house.portal.fail_with = None
        house.clock.pass_time(hours=6)
        second = house.poll()
        assert first.new + second.new == house.count("listing") == 45


def test_paging_goes_on_past_known_rows(tmp_path: Path) -> None:
    rows = [make_chairs(number, minutes_ago=number) for number in range(1, 61)]
    with open_house(tmp_path, rows, pages=1) as house:
        assert house.poll().new == 20
        house.config.sources["local"].__dict__["pages"] = 10
        house.clock.pass_time(hours=6)
        house.portal.add(make_chairs(99))
        assert house.poll().new == 41


def test_a_changed_title_makes_a_new_version_and_no_second_alert(tmp_path: Path) -> None:
    with open_house(tmp_path, [make_award(1)]) as house:
        house.poll()
        house.clock.pass_time(hours=6)
        show_instead(house, "监控硬盘更新改造", "样例市公安局视频存储扩容项目1")
        done = house.poll()
        assert (done.new, done.changed, done.opened, done.alerts) == (0, 1, 1, 0)
        versions = house.rooms.store.db.query("select version, change, decision from notice")
        assert [tuple(row.values()) for row in versions] == [
            (1, "NEW", "FIRST_MATCH"),
            (2, "AMENDED", "ALREADY_TOLD"),
        ]
        changes = house.rooms.store.db.query("select field from listing_change")
        assert [row["field"] for row in changes] == ["title"]


def test_an_amended_notice_is_told_again_when_a_matched_field_changed(tmp_path: Path) -> None:
    with open_house(tmp_path, [make_award(1)]) as house:
        house.poll()
        house.clock.pass_time(hours=6)
        show_instead(house, "更正后", "项目1", ("ST8000VX004", "ST6000VX001"))
        done = house.poll()
        assert (done.changed, done.alerts) == (1, 1)
        assert house.told() == [("waiting", "alert"), ("waiting", "alert")]
        row = house.rooms.store.db.first("select reason from alert order by created_at desc")
        assert row is not None
        assert row["reason"] == "MATCH_CHANGED"


def show_instead(house: House, new: str, old: str, *more: tuple[str, str]) -> None:
    """Let the portal show another text in the place of one, as an edit at the source would."""
    page = house.portal._find_page

    def edited(path: str) -> Response | None:
        shown = page(path)
        body = shown.body.decode()
        for before, after in ((old, new), *more):
            body = body.replace(before, after)
        return Response(body.encode(), shown.status, shown.content_type)

    house.portal.fail_with = edited


@pytest.mark.parametrize(
    ("response", "state", "cause"),
    [
        (Response(BLOCK.encode()), SourceState.BLOCKED, "block page: '频繁访问'"),
        (Response(b""), SourceState.EMPTY, "HTTP 200 with an empty body"),
        (Response(b"no", status=403), SourceState.BLOCKED, "HTTP 403"),
        (Response(b"no", status=502), SourceState.UNREACHABLE, "HTTP 502"),
        (
            Response(("<html><body>" + "新版网站" * 300 + "</body></html>").encode()),
            SourceState.DRIFTED,
            "layout not recognised: ul.c_list_bid",
        ),
        (
            Response(("<html><body><ul class='c_list_bid'>" + "<li>" * 900).encode()),
            SourceState.PARTIAL,
            "page without its end",
        ),
    ],
)
def test_an_answer_that_is_no_list_is_a_state_of_the_source_and_never_no_news(
    tmp_path: Path, response: Response, state: SourceState, cause: str
) -> None:
    with open_house(tmp_path, [make_award(1)]) as house:
        house.portal.fail_with = lambda path: response if "/cggg/" in path else None
        done = house.poll()
        assert done.health.state is state
        assert cause in done.health.cause
        assert done.health.missed.startswith("page 1 of the list")
        assert house.rooms.store.sources.get("local").baseline_at is None
        house.portal.fail_with = None
        house.clock.pass_time(hours=1)
        assert house.poll().alerts == 1


def test_every_answer_is_archived_before_it_is_read(tmp_path: Path) -> None:
    with open_house(tmp_path, [make_award(1)]) as house:
        house.portal.fail_with = lambda path: Response(BLOCK.encode()) if "/cggg/" in path else None
        house.poll()
        rows = house.rooms.store.db.query("select record_id from capture where url like '%cggg%'")
        kept = house.rooms.archive.read(rows[0]["record_id"])
        assert kept.body == BLOCK.encode()


def test_a_trouble_is_told_after_two_rounds_and_its_end_once(tmp_path: Path) -> None:
    with open_house(tmp_path, [make_chairs(1)]) as house:
        house.poll()
        house.portal.fail_with = lambda path: Response(status=403) if "/cggg/" in path else None
        subjects = []
        for _ in range(4):
            house.clock.pass_time(hours=6)
            house.poll()
            subjects.append(house.count("alert"))
        assert subjects == [0, 1, 1, 1]
        house.portal.fail_with = None
        for _ in range(2):
            house.clock.pass_time(hours=6)
            house.poll()
        rows = house.rooms.store.db.query("select content from alert order by created_at")
        assert ["is blocked" in rows[0]["content"], "has recovered" in rows[1]["content"]] == [
            True,
            True,
        ]
        assert len(rows) == 2


def test_a_first_round_says_when_its_page_limit_came_before_the_lookback(tmp_path: Path) -> None:
    rows = [make_chairs(number) for number in range(1, 61)]
    with open_house(tmp_path, rows, pages=2) as house:
        done = house.poll()
        assert done.health.state is SourceState.PARTIAL
        assert "more than 2 pages since" in done.health.missed
        house.clock.pass_time(hours=6)
        assert house.poll().health.state is SourceState.CURRENT


def test_more_news_than_the_page_limit_is_a_gap_and_is_told_at_once(tmp_path: Path) -> None:
    with open_house(tmp_path, [make_chairs(1)], pages=2) as house:
        house.poll()
        house.clock.pass_time(hours=6)
        for number in range(2, 60):
            house.portal.add(make_chairs(number))
        assert house.poll().health.state is SourceState.PARTIAL
        row = house.rooms.store.db.first("select content from alert")
        assert row is not None
        assert "has a gap" in row["content"]


def test_a_list_is_left_when_a_page_is_older_than_the_horizon(tmp_path: Path) -> None:
    rows = [make_chairs(n, minutes_ago=60 * 24 * n) for n in range(1, 61)]
    with open_house(tmp_path, rows, lookback=5 * 86_400) as house:
        house.poll()
        pages = [path for path in house.portal.requests if path.startswith("/cggg/dfgg/")]
        assert pages == ["/cggg/dfgg/", "/cggg/dfgg/index_1.htm"]


def test_since_reaches_back_further_than_the_horizon(tmp_path: Path) -> None:
    rows = [make_chairs(n, minutes_ago=60 * 24 * n) for n in range(1, 61)]
    with open_house(tmp_path, rows, lookback=5 * 86_400) as house:
        house.poll()
        done = house.poll(since=house.clock() - timedelta(days=58))
        assert done.listings == 60
        assert house.count("listing") == 60


def test_an_unchanged_list_is_asked_for_with_its_validator(tmp_path: Path) -> None:
    with open_house(tmp_path, [make_chairs(1)]) as house:
        house.poll()
        house.clock.pass_time(hours=6)
        assert house.poll().health.state is SourceState.CURRENT
        row = house.rooms.store.db.first("select count(*) as n from capture where status = 304")
        assert row is not None
        assert row["n"] == 1


def test_a_torn_round_is_read_whole_the_next_time(tmp_path: Path) -> None:
    rows = [make_chairs(number) for number in range(1, 31)]
    with open_house(tmp_path, rows) as house:
        house.poll()
        house.clock.pass_time(hours=6)
        house.portal.add(make_award(50))
        for number in range(51, 75):
            house.portal.add(make_chairs(number))
        house.portal.fail_with = lambda path: (
            Response(status=502) if path.endswith("index_1.htm") else None
        )
        assert house.poll().health.state is SourceState.UNREACHABLE
        house.portal.fail_with = None
        house.clock.pass_time(hours=6)
        assert house.poll().alerts == 1


def test_a_notice_that_cannot_be_had_is_tried_again_and_then_reported(tmp_path: Path) -> None:
    with open_house(tmp_path, [make_award(1)]) as house:
        house.portal.fail_with = lambda path: (
            Response(status=404) if path.endswith("_9100001.htm") else None
        )
        for _ in range(6):
            done = house.poll()
            house.clock.pass_time(hours=6)
        assert done.health.state is SourceState.CURRENT
        row = house.rooms.store.db.first("select state, attempts, error from listing")
        assert row is not None
        assert tuple(row.values()) == ("poison", 5, "HTTP 404")
        told = house.rooms.store.db.query("select content from alert order by rowid")
        assert sum("cannot be read" in row["content"] for row in told) == 1
        house.portal.fail_with = None
        house.clock.pass_time(days=7)
        assert house.poll().alerts == 1


@pytest.mark.parametrize("answer", [Response(status=502), Response(BLOCK.encode())])
def test_a_long_outage_gives_no_notice_up(tmp_path: Path, answer: Response) -> None:
    with open_house(tmp_path, [make_award(1), make_award(2)]) as house:
        house.portal.fail_with = lambda path: answer if "/t2026" in path else None
        for _ in range(12):
            done = house.poll()
            house.clock.pass_time(hours=6)
        assert done.health.state in (SourceState.UNREACHABLE, SourceState.BLOCKED)
        house.portal.fail_with = None
        assert house.poll().alerts == 2


def test_a_corrected_buyer_is_judged_anew(tmp_path: Path) -> None:
    drives = make_award(1, buyer="样例市第一中学")
    with open_house(tmp_path, [drives]) as house:
        assert house.poll().opened == 0
        house.clock.pass_time(hours=6)
        show_instead(house, "样例市公安局", "样例市第一中学")
        done = house.poll()
        assert (done.changed, done.alerts) == (1, 1)


def test_a_304_that_nobody_asked_for_is_not_a_whole_round(tmp_path: Path) -> None:
    with open_house(tmp_path, [make_award(1)]) as house:
        house.portal.fail_with = lambda path: Response(status=304) if "/cggg/" in path else None
        assert house.poll().health.state is not SourceState.CURRENT
        assert house.rooms.store.sources.get("local").baseline_at is None


def test_a_list_that_lost_its_pager_has_drifted(tmp_path: Path) -> None:
    rows = [make_chairs(number) for number in range(1, 31)]
    with open_house(tmp_path, rows) as house:
        show_instead(house, "Seite(", "Pager(")
        done = house.poll()
        assert done.health.state is SourceState.DRIFTED
        assert "no pager" in done.health.cause


def test_a_round_that_breaks_the_program_is_a_state_of_its_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise StoreError("captures: No space left on device")

    with open_house(tmp_path, [make_award(1)]) as house:
        with monkeypatch.context() as patch:
            patch.setattr(house.rooms.archive.__class__, "keep", fail)
            for _ in range(2):
                done = house.poll()
                house.clock.pass_time(hours=1)
        assert done.health.state is SourceState.PARTIAL
        assert "No space left" in done.health.cause
        assert house.told() == [("waiting", "self")]
        assert house.poll().alerts == 1


def test_a_round_that_breaks_lets_its_digest_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_house(tmp_path, [make_award(1), make_award(2)]) as house:
        keep = house.rooms.archive.__class__.keep

        def fail_late(archive: object, capture: Capture, source: str) -> Capture:
            if capture.url.endswith("_9100001.htm"):
                raise StoreError("captures: No space left on device")
            return keep(house.rooms.archive, capture, source)

        with monkeypatch.context() as patch:
            patch.setattr(house.rooms.archive.__class__, "keep", fail_late)
            house.poll()
        assert house.told() == [("waiting", "alert")]


def test_a_clock_that_ran_ahead_does_not_shorten_the_next_round(tmp_path: Path) -> None:
    rows = [make_chairs(n, minutes_ago=60 * 24 * n) for n in range(1, 61)]
    with open_house(tmp_path, rows, lookback=50 * 86_400) as house:
        house.clock.pass_time(days=300)
        house.poll()
        house.clock.pass_time(days=-300)
        house.rooms.store.sources.forget_validators("local")
        assert house.poll().listings == 60


def test_a_source_with_unread_notices_stays_partial_between_two_tries(tmp_path: Path) -> None:
    with open_house(tmp_path, [make_award(1)]) as house:
        house.portal.fail_with = lambda path: (
            Response(status=404) if path.endswith("_9100001.htm") else None
        )
        states = []
        for _ in range(3):
            states.append(house.poll().health.state)
            house.clock.pass_time(minutes=2)
        assert states == [SourceState.PARTIAL] * 3
        rows = house.rooms.store.db.query("select content from alert")
        assert ["is partial" in row["content"] for row in rows] == [True]


def test_a_row_of_the_first_round_that_changes_later_is_told_at_once(tmp_path: Path) -> None:
    with open_house(tmp_path, [make_award(1)]) as house:
        house.poll()
        house.clock.pass_time(hours=6)
        show_instead(house, "更正后", "项目1", ("ST8000VX004", "ST6000VX001"))
        house.poll()
        rows = house.rooms.store.db.query("select digest from delivery order by id")
        assert [row["digest"] for row in rows] == ["baseline:local", ""]


def test_a_notice_that_comes_back_is_told(tmp_path: Path) -> None:
    with open_house(tmp_path, [make_award(1)]) as house:
        house.portal.fail_with = lambda path: (
            Response(b"") if path.endswith("_9100001.htm") else None
        )
        assert house.poll().alerts == 0
        house.portal.fail_with = None
        house.clock.pass_time(hours=1)
        assert house.poll().alerts == 1


def test_the_daily_budget_ends_a_round_and_loses_nothing(tmp_path: Path) -> None:
    rows = [make_award(number) for number in range(1, 9)]
    with open_house(tmp_path, rows, budget=5) as house:
        done = house.poll()
        assert done.health.state is SourceState.PARTIAL
        assert "daily budget" in done.health.cause
        assert (done.opened, done.waiting) == (3, 5)
        for _ in range(2):
            house.clock.pass_time(days=1)
            house.poll()
        assert house.told().count(("waiting", "alert")) == 8


def test_robots_txt_is_obeyed(tmp_path: Path) -> None:
    with open_house(tmp_path, [make_award(1)]) as house:
        house.portal.fail_with = lambda path: (
            Response(b"User-agent: *\nDisallow: /cggg/") if path == "/robots.txt" else None
        )
        done = house.poll()
        assert done.health.state is SourceState.BLOCKED
        assert house.portal.requests == ["/robots.txt"]


def test_the_same_listing_twice_on_a_page_is_one(tmp_path: Path) -> None:
    with open_house(tmp_path, [make_award(1), make_award(1)]) as house:
        done = house.poll()
        assert (done.new, done.alerts, house.count("listing")) == (1, 1, 1)


def test_watch_terms_are_never_sent_to_a_portal(tmp_path: Path) -> None:
    with open_house(tmp_path, [make_award(1)]) as house:
        house.poll()
        assert all(path.startswith(("/robots.txt", "/cggg/")) for path in house.portal.requests)
        assert not any("?" in path for path in house.portal.requests)


def test_what_the_page_limit_left_is_read_by_the_next_rounds(tmp_path: Path) -> None:
    rows = [make_chairs(number, minutes_ago=120 * number) for number in range(1, 101)]
    with open_house(tmp_path, rows, pages=2) as house:
        counts = []
        for _ in range(3):
            done = house.poll()
            counts.append(house.count("listing"))
            house.clock.pass_time(hours=6)
        assert counts == [40, 80, 100]
        assert done.health.state is SourceState.CURRENT
        reach = house.rooms.store.gaps.list_reach("local")
        assert [span.since for span in reach] == [START - timedelta(days=7)]


def test_a_back_fill_goes_on_where_it_was_interrupted(tmp_path: Path) -> None:
    rows = [make_chairs(n, minutes_ago=60 * 24 * n) for n in range(1, 101)]
    with open_house(tmp_path, rows, lookback=2 * 86_400) as house:
        house.poll()
        stop_after(house, "/index_3.htm")
        since = house.clock() - timedelta(days=99)
        house.poll(since=since)
        assert house.count("listing") < 100
        house.rooms.stop.clear()
        house.portal.fail_with = None
        house.portal.requests.clear()
        house.poll(since=since)
        assert house.count("listing") == 100
        asked = [path for path in house.portal.requests if "index_" in path]
        assert "/cggg/dfgg/index_2.htm" not in asked
        assert house.rooms.store.gaps.list_open("local") == []
        assert min(span.since for span in house.rooms.store.gaps.list_reach("local")) == since


def test_a_back_fill_is_told_in_one_digest(tmp_path: Path) -> None:
    rows = [make_award(n, minutes_ago=60 * 24 * n) for n in range(1, 31)]
    with open_house(tmp_path, rows, lookback=2 * 86_400) as house:
        house.poll()
        house.clock.pass_time(hours=1)
        assert house.poll(since=house.clock() - timedelta(days=40)).alerts > 20
        digests = house.rooms.store.db.query("select distinct digest from delivery")
        assert [row["digest"] for row in digests] == ["baseline:local"]


def test_a_list_that_ends_before_what_was_asked_for_says_so(tmp_path: Path) -> None:
    rows = [make_chairs(n, minutes_ago=60 * 24 * n) for n in range(1, 31)]
    with open_house(tmp_path, rows, lookback=2 * 86_400) as house:
        house.poll()
        house.poll(since=house.clock() - timedelta(days=200))
        lost = house.rooms.store.gaps.list_lost("local")
        assert ["the list ends at" in gap.why for gap in lost] == [True]


def test_after_a_long_downtime_the_gap_is_closed_or_said(tmp_path: Path) -> None:
    with open_house(tmp_path, [make_chairs(1)], pages=2) as house:
        house.poll()
        house.clock.pass_time(days=20)
        house.portal._shown.clear()
        for number in range(2, 22):
            house.portal.add(make_chairs(number))
        house.poll()
        row = house.rooms.store.db.first("select content from alert")
        assert row is not None
        assert "shows nothing older than" in row["content"]


def test_titles_that_change_all_at_once_are_a_changed_page(tmp_path: Path) -> None:
    with open_house(tmp_path, [make_chairs(n) for n in range(1, 11)]) as house:
        house.poll()
        house.clock.pass_time(hours=6)
        show_instead(house, "", "样例市")
        assert "have another title" in house.poll().health.cause


def test_ids_that_change_all_at_once_are_a_changed_portal(tmp_path: Path) -> None:
    rows = [make_chairs(n, minutes_ago=60 * 40 + n) for n in range(1, 11)]
    with open_house(tmp_path, rows) as house:
        house.poll()
        house.clock.pass_time(hours=6)
        show_instead(house, "_77", "_91")
        done = house.poll()
        assert done.health.state is SourceState.DRIFTED
        assert "are known notices under other ids" in done.health.cause


def test_trouble_of_many_sources_at_once_is_told_in_a_few_messages(tmp_path: Path) -> None:
    with open_house(tmp_path, []) as house:
        source = house.config.sources["local"]
        names = [f"site-{number}" for number in range(30)]
        many = replace(house.config, sources=dict.fromkeys(names, source))
        poller = house.rooms.make_poller(replace(house.setup, config=many), house.reports.append)
        house.portal.fail_with = lambda _: Response(status=502)
        for _ in range(2):
            for name in names:
                poller.poll_source(name)
            house.clock.pass_time(hours=6)
        rows = house.rooms.store.db.query(
            "select digest, next_try_at, count(*) as n from delivery group by 1, 2 order by n"
        )
        assert [(row["digest"], row["n"]) for row in rows] == [("", 3), ("sources", 27)]


def test_a_first_round_claims_no_day_that_its_list_did_not_show(tmp_path: Path) -> None:
    rows = [make_chairs(n, minutes_ago=60 * n) for n in range(1, 11)]
    with open_house(tmp_path, rows, lookback=300 * 86_400) as house:
        house.poll()
        (span,) = house.rooms.store.gaps.list_reach("local")
        assert span.since == START - timedelta(hours=10)
        house.poll(since=START - timedelta(days=100))
        assert len(house.rooms.store.gaps.list_lost("local")) == 1
