"""A whole visit: robots.txt, lane, pace, budget, request, archive."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.archive import Archive
from monitor.errors import FetchCause, FetchError, StoreError
from monitor.models import Capture
from monitor.web.fetch import Fetcher, FetchRules
from monitor.web.manners import Manners, Pace, Robots
from monitor.web.visit import Visitor, read_retry_after
from tests.kit.fake_time import SEEDED, FakeTime, count_in
from tests.kit.fetching import AGENT, LOCAL, NOW
from tests.kit.rawserver import HostileServer, Route, Visit, raw, redirect, reply


@pytest.fixture
def fake() -> FakeTime:
    return FakeTime()


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120.0), (" 0 ", 0.0), ("99999999", 3600.0), ("9" * 400, 3600.0), ("soon", None),
        ("", None), ("-5", None), ("١٢", None), ("Sun, 22 Nov 2026 04:06:06 GMT", 60.0),
        ("Sun, 22 Nov 2026 04:00:00 GMT", 0.0), ("Sun, 22 Nov 2099 00:00:00 GMT", 3600.0),
        ("Sun, 99 Nov 2026 99:99:99 GMT", None), ("Sun, 22 Nov 2026 12:06:06 +0800", 60.0),
    ],
)  # fmt: skip
def test_retry_after_is_read_in_both_forms(value: str, seconds: float | None) -> None:
    assert read_retry_after(value, NOW) == seconds


@given(st.text(max_size=60))
@settings(max_examples=150, deadline=None)
def test_any_retry_after_is_read_or_ignored(value: str) -> None:
    assert 0 <= (read_retry_after(value, NOW) or 0) <= 3600


class Guest:
    """A Visitor with fake time, its archive a list."""

    def __init__(self, fake: FakeTime, obey: bool = True, pace: Pace | None = None) -> None:
        self.kept: list[Capture] = []
        self.fake = fake
        self.spent: Counter[tuple[str, date]] = Counter()
        self.manners = Manners(count_in(self.spent), fake.clock, SEEDED)
        self.fetcher = Fetcher(LOCAL, fake)
        self.visitor = Visitor(
            self.fetcher, self.manners, Robots(), pace or Pace(jitter=0), obey, self.keep
        )

    def keep(self, capture: Capture) -> Capture:
        self.kept.append(capture)
        return replace(capture, record_id=f"kept {len(self.kept)}")

    def close(self) -> None:
        self.fetcher.close()


@pytest.fixture
def guest(fake: FakeTime) -> Iterator[Guest]:
    with closing(Guest(fake)) as found:
        yield found


def test_a_visit_asks_robots_first_waits_and_archives(guest: Guest) -> None:
    rules = b"User-agent: *\nCrawl-delay: 5\nDisallow: /admin"
    with HostileServer({"/robots.txt": reply(rules), "/list": reply(b"page")}) as server:
        capture = guest.visitor.get(server.url("/list"), NOW)
        guest.visitor.get(server.url("/list"), NOW)
        with pytest.raises(FetchError) as caught:
            guest.visitor.get(server.url("/admin"), NOW)
    assert server.paths == ["/robots.txt", "/list", "/list"]
    assert guest.fake.waits == [0.0, 5.0, 5.0]
    assert capture.record_id == "kept 2"
    assert capture.fetched_at == NOW + timedelta(seconds=5)
    assert caught.value.cause == FetchCause.ROBOTS
    # Each port of this machine is a portal of its own.
    assert guest.spent == {(f"127.0.0.1:{server.port}", NOW.date()): 3}


def test_robots_can_be_left_unasked(fake: FakeTime) -> None:
    with closing(Guest(fake, obey=False)) as guest, HostileServer({"/": reply(b"page")}) as server:
        guest.visitor.get(server.url(), NOW)
    assert server.paths == ["/"]


def test_the_budget_ends_a_visit_before_the_request(fake: FakeTime) -> None:
    with (
        closing(Guest(fake, obey=False, pace=Pace(budget=1))) as guest,
        HostileServer({"/": reply(b"page")}) as server,
    ):
        guest.visitor.get(server.url(), NOW)
        with pytest.raises(FetchError) as caught:
            guest.visitor.get(server.url(), NOW)
    assert caught.value.cause == FetchCause.BUDGET
    assert server.paths == ["/"]


def in_turn(*routes: Route) -> Route:
    left = list(routes)

    def answer(visit: Visit) -> None:
        (left.pop(0) if len(left) > 1 else left[0])(visit)

    return answer


@pytest.mark.parametrize(
    ("routes", "body", "requests"),
    [
        ([reply(b""), reply(b"page")], b"page", 2),
        ([reply(b""), reply(b""), reply(b"page")], b"", 2),
        ([reply(b"", 304), reply(b"page")], b"", 1),
        ([reply(b"", 500), reply(b"page")], b"", 1),
    ],
)
def test_an_empty_200_is_asked_for_once_more(
    routes: list[Route], body: bytes, requests: int, fake: FakeTime
) -> None:
    with (
        closing(Guest(fake, obey=False)) as guest,
        HostileServer({"/": in_turn(*routes)}) as server,
    ):
        assert guest.visitor.get(server.url(), NOW).body == body
    assert (len(server.visits), len(guest.kept)) == (requests, requests)


@pytest.mark.parametrize(
    ("status", "value", "waited"),
    [(429, "100", 100.0), (503, "99999999", 3600.0), (429, "soon", 3.0), (403, "100", 3.0)],
)
def test_a_host_that_says_when_to_return_is_heard(
    status: int, value: str, waited: float, fake: FakeTime
) -> None:
    route = reply(b"busy", status, {"Retry-After": value})
    with closing(Guest(fake, obey=False)) as guest, HostileServer({"/": route}) as server:
        guest.visitor.get(server.url(), NOW)
        guest.visitor.get(server.url(), NOW)
    assert guest.fake.waits == [0.0, waited]


def test_a_failed_request_also_starts_the_delay(fake: FakeTime) -> None:
    with closing(Guest(fake, obey=False)) as guest, HostileServer({"/": raw(b"")}) as server:
        for _ in range(2):
            with pytest.raises(FetchError):
                guest.visitor.get(server.url(), NOW)
    assert guest.fake.waits == [0.0, 3.0]


def test_what_cannot_be_archived_is_not_returned(fake: FakeTime) -> None:
    def refuse(capture: Capture) -> Capture:
        raise StoreError("disk full")

    rules = FetchRules(AGENT, allow_loopback=True)
    with Fetcher(rules, fake) as fetcher, HostileServer({"/": reply(b"page")}) as server:
        manners = Manners(count_in(Counter()), fake.clock)
        visitor = Visitor(fetcher, manners, Robots(), Pace(), False, refuse)
        with pytest.raises(StoreError):
            visitor.get(server.url(), NOW)


def test_a_robots_txt_that_redirects_away_means_no_rules(guest: Guest) -> None:
    routes = {"/robots.txt": redirect("http://portal.example/404"), "/": reply(b"page")}
    with HostileServer(routes) as server:
        assert guest.visitor.get(server.url(), NOW).body == b"page"


def test_a_redirect_to_where_robots_may_not_go_is_not_kept(guest: Guest) -> None:
    routes = {
        "/robots.txt": reply(b"User-agent: *\nDisallow: /admin"),
        "/list": redirect("/admin/list"),
        "/moved": redirect("/open"),
        "/admin/list": reply(b"page"),
        "/open": reply(b"page"),
    }
    with HostileServer(routes) as server:
        with pytest.raises(FetchError, match="disallows /admin/list") as caught:
            guest.visitor.get(server.url("/list"), NOW)
        capture = guest.visitor.get(server.url("/moved"), NOW)
    assert caught.value.cause == FetchCause.ROBOTS
    assert "/admin/list" not in server.paths
    assert capture.final_url == server.url("/open")
    assert [kept.url for kept in guest.kept] == [server.url("/robots.txt"), server.url("/moved")]


def test_each_redirect_is_a_request_that_waits_and_counts(guest: Guest) -> None:
    hops = {f"/{number}": redirect(f"/{number + 1}") for number in range(3)}
    routes = {**hops, "/3": reply(b"page"), "/robots.txt": reply(status=404)}
    with HostileServer(routes) as server:
        capture = guest.visitor.get(server.url("/0"), NOW)
    assert (capture.url, capture.final_url) == (server.url("/0"), server.url("/3"))
    assert guest.fake.waits == [0.0, 3.0, 3.0, 3.0, 3.0]
    assert capture.fetched_at == NOW + timedelta(seconds=12)
    assert sum(guest.spent.values()) == len(server.visits) == 5


def test_redirects_end_with_the_budget(fake: FakeTime) -> None:
    pace = Pace(budget=3, jitter=0)
    with (
        closing(Guest(fake, obey=False, pace=pace)) as guest,
        HostileServer({"/": redirect("/")}) as server,
    ):
        for cause in (FetchCause.BUDGET, FetchCause.BUDGET):
            with pytest.raises(FetchError) as caught:
                guest.visitor.get(server.url(), NOW)
            assert caught.value.cause == cause
    # What was refused is not counted.
    assert len(server.visits) == sum(guest.spent.values()) == 3


def test_a_redirect_that_is_refused_is_not_counted(fake: FakeTime) -> None:
    with closing(Guest(fake, obey=False)) as guest, HostileServer({}) as server:
        server.routes["/"] = redirect("http://169.254.169.254/")
        with pytest.raises(FetchError) as caught:
            guest.visitor.get(server.url(), NOW)
    assert caught.value.cause == FetchCause.REDIRECT
    assert sum(guest.spent.values()) == 1


def test_headers_reach_the_page_and_not_robots_txt(guest: Guest) -> None:
    with HostileServer({"/": reply(b"page")}) as server:
        guest.visitor.get(server.url(), NOW, {"If-None-Match": '"a"'})
    assert [visit.headers.get("if-none-match") for visit in server.visits] == [None, '"a"']


def test_the_day_of_a_budget_is_the_utc_day_of_the_request(fake: FakeTime) -> None:
    late = datetime(2026, 11, 22, 23, 59, 59, tzinfo=UTC)
    with closing(Guest(fake, obey=False)) as guest, HostileServer({"/": reply(b"x")}) as server:
        guest.visitor.get(server.url(), late)
        guest.visitor.get(server.url(), late)
    assert sorted(day.day for _, day in guest.spent) == [22, 23]


def test_what_is_returned_can_be_read_from_the_archive(fake: FakeTime, tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    with Fetcher(LOCAL, fake) as fetcher, HostileServer({"/": reply(b"page")}) as server:
        manners = Manners(count_in(Counter()), fake.clock, SEEDED)
        visitor = Visitor(
            fetcher, manners, Robots(), Pace(), True, lambda c: archive.keep(c, "portal")
        )
        capture = visitor.get(server.url(), NOW)
    assert archive.read(capture.record_id) == capture
    assert len(list(tmp_path.rglob("*.warc.gz"))) == 1
