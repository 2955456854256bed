"""Lanes, delays, budgets and robots.txt."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.errors import FetchCause, FetchError
from monitor.models import Capture
from monitor.web.manners import Manners, Pace, Robots, RobotsVerdict
from tests.kit.fake_time import SEEDED, FakeTime, count_in
from tests.kit.fetching import AGENT, NOW

HOST = "portal.example"


@pytest.fixture
def fake() -> FakeTime:
    return FakeTime()


def make_manners(fake: FakeTime) -> Manners:
    return Manners(count_in(Counter()), fake.clock, SEEDED)


def test_the_first_request_to_a_host_does_not_wait(fake: FakeTime) -> None:
    make_manners(fake).wait(HOST, Pace(), fake)
    assert fake.waits == [0.0]


def test_the_delay_counts_from_the_end_of_the_last_request(fake: FakeTime) -> None:
    manners = make_manners(fake)
    with manners.lane(HOST):
        fake.seconds += 40
    fake.seconds += 1
    manners.wait(HOST, Pace(delay=3, jitter=0), fake)
    manners.wait("other.example", Pace(delay=3, jitter=0), fake)
    assert fake.waits == [2.0, 0.0]


def test_the_jitter_stays_within_its_fraction_and_varies(fake: FakeTime) -> None:
    manners = make_manners(fake)
    for _ in range(200):
        with manners.lane(HOST):
            pass
        manners.wait(HOST, Pace(delay=4, jitter=0.5), fake)
    assert 2.0 <= min(fake.waits) < 2.2
    assert 5.8 < max(fake.waits) <= 6.0


@pytest.mark.parametrize(("wish", "waited"), [(None, 3.0), (1.0, 3.0), (9.0, 9.0), (1e12, 120.0)])
def test_a_crawl_delay_is_never_undercut_up_to_two_minutes(
    wish: float | None, waited: float, fake: FakeTime
) -> None:
    manners = make_manners(fake)
    with manners.lane(HOST):
        pass
    manners.wait(HOST, Pace(delay=3, jitter=0), fake, wish)
    assert fake.waits == [waited]


@pytest.mark.parametrize(("asked", "waited"), [(60, 60.0), (99_999_999, 3600.0), (-5, 0.0)])
def test_a_host_that_asks_for_rest_gets_it_for_an_hour_at_most(
    asked: float, waited: float, fake: FakeTime
) -> None:
    manners = make_manners(fake)
    manners.slow_down(HOST, asked)
    manners.slow_down(HOST, min(asked, 1))
    manners.wait(HOST, Pace(), fake)
    assert fake.waits == [pytest.approx(max(waited, min(asked, 1), 0))]


def test_a_wait_ends_when_the_program_stops(fake: FakeTime) -> None:
    fake.set()
    with pytest.raises(FetchError) as caught:
        make_manners(fake).wait(HOST, Pace(), fake)
    assert caught.value.cause == FetchCause.STOPPING


def test_a_budget_is_per_host_and_day(fake: FakeTime) -> None:
    manners, pace, day = make_manners(fake), Pace(budget=2), date(2026, 11, 22)
    for host in (HOST, HOST, "other.example"):
        manners.spend(host, pace, day)
    with pytest.raises(FetchError) as caught:
        manners.spend(HOST, pace, day)
    manners.spend(HOST, pace, day + timedelta(days=1))
    assert caught.value.cause == FetchCause.BUDGET


def test_one_host_has_one_lane_and_two_hosts_have_two(fake: FakeTime) -> None:
    manners, inside, most = make_manners(fake), Counter[str](), Counter[str]()
    both = threading.Barrier(2, timeout=5)

    def visit(host: str) -> None:
        for turn in range(20):
            with manners.lane(host):
                inside[host] += 1
                most[host] = max(most[host], inside[host])
                if turn == 0 and threading.current_thread().name == "first":
                    both.wait()
                inside[host] -= 1

    threads = [
        threading.Thread(target=visit, args=(host,), name=name)
        for host in ("a.example", "b.example")
        for name in ("first", "second", "third")
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert not both.broken
    assert most == {"a.example": 1, "b.example": 1}


def answer_robots(body: bytes, status: int = 200) -> Capture:
    return Capture("u", "u", NOW, status, (), body, "")


def judge(body: bytes, path: str = "/list", status: int = 200) -> RobotsVerdict:
    url = f"http://{HOST}{path}"
    return Robots().allowed(url, AGENT, NOW, lambda _: answer_robots(body, status))


@pytest.mark.parametrize(
    ("body", "path", "allowed"),
    [
        (b"", "/list", True),
        (b"User-agent: *\nDisallow: /", "/list", False),
        (b"\xef\xbb\xbfUser-agent: *\nDisallow: /list", "/list?page=2", False),
        (b"User-agent: *\nDisallow: /admin\nAllow: /", "/list", True),
        (b"User-agent: tender-monitor-test\nDisallow: /\n\nUser-agent: *\nAllow: /", "/a", False),
        (b"User-agent: otherbot\nDisallow: /", "/list", True),
        (b"User-agent: *\nDisallow: /*.jsp$", "/a.jsp", False),
        ("User-agent: *\nDisallow: /公告/".encode(), "/%E5%85%AC%E5%91%8A/1.htm", False),
        (b"<html><body>404</body></html>", "/list", True),
        (b"#" * (500 * 1024) + b"\nUser-agent: *\nDisallow: /", "/list", True),
        (b"User-agent: *\r\nDisallow: /\xff\xfe", "/list", True),
    ],
)  # fmt: skip
def test_the_rules_of_a_host_are_obeyed(body: bytes, path: str, allowed: bool) -> None:
    verdict = judge(body, path)
    assert verdict.allowed is allowed
    assert ("disallows" in verdict.why) is not allowed


@pytest.mark.parametrize(
    ("group", "allowed"),
    [
        ("public", True),
        ("example.org", True),
        ("Tender-Monitor", False),
    ],
)
def test_a_group_is_found_by_the_product_and_not_by_the_rest_of_the_agent(
    group: str, allowed: bool
) -> None:
    agent = "tender-monitor/1.0 (reads public notices; +https://example.org/about)"
    body = f"User-agent: {group}\nDisallow: /\nCrawl-delay: 9\n\nUser-agent: *\nAllow: /".encode()
    verdict = Robots().allowed(f"http://{HOST}/a", agent, NOW, lambda _: answer_robots(body))
    assert verdict.allowed is allowed
    assert verdict.delay == (None if allowed else 9.0)


@pytest.mark.parametrize(
    ("status", "allowed"),
    [(404, True), (410, True), (401, True), (403, True), (429, False), (500, False), (503, False)],
)
def test_a_status_decides_where_there_are_no_rules(status: int, allowed: bool) -> None:
    verdict = judge(b"User-agent: *\nDisallow: /", status=status)
    assert (verdict.allowed, str(status) in verdict.why) == (allowed, True)


def test_the_crawl_delay_comes_with_the_verdict() -> None:
    assert judge(b"User-agent: *\nCrawl-delay: 7.5").delay == 7.5
    assert judge(b"").delay is None


@given(st.binary(max_size=300) | st.text(max_size=200).map(str.encode))
@settings(max_examples=150, deadline=None)
def test_any_robots_txt_gives_a_verdict(body: bytes) -> None:
    assert judge(b"User-agent: *\nAllow: " + body).why
    assert judge(body, "/%zz[").why


def test_a_robots_txt_that_leads_off_the_site_means_no_rules_for_an_hour() -> None:
    robots, asked = Robots(), Counter[str]()

    def fail(url: str) -> Capture:
        asked[url] += 1
        raise FetchError(url, FetchCause.REDIRECT, "said so")

    for minutes in (0, 59, 61):
        moment = NOW + timedelta(minutes=minutes)
        verdict = robots.allowed(f"http://{HOST}/a", AGENT, moment, fail)
        assert (verdict.allowed, "said so" in verdict.why) == (True, True)
    assert asked == {f"http://{HOST}/robots.txt": 2}


@pytest.mark.parametrize(
    "cause", [c for c in FetchCause if c is not FetchCause.REDIRECT], ids=lambda c: str(c)
)
def test_a_host_that_does_not_answer_has_said_nothing_of_robots(cause: FetchCause) -> None:
    robots = Robots()

    def fail(url: str) -> Capture:
        raise FetchError(url, cause, "ours")

    with pytest.raises(FetchError) as raised:
        robots.allowed(f"http://{HOST}/a", AGENT, NOW, fail)
    assert raised.value.cause is cause
    verdict = robots.allowed(f"http://{HOST}/a", AGENT, NOW, lambda _: answer_robots(b""))
    assert verdict.allowed


def test_the_rules_are_read_again_after_a_day_or_when_the_clock_went_back() -> None:
    robots, asked = Robots(), Counter[str]()

    def get(url: str) -> Capture:
        asked[url] += 1
        return answer_robots(b"")

    for hours in (0, 23, 25, 24, 1000):
        robots.allowed(f"http://{HOST}/a", AGENT, NOW + timedelta(hours=hours), get)
    robots.allowed(f"http://{HOST}:8090/a", AGENT, NOW, get)
    assert asked == {f"http://{HOST}/robots.txt": 4, f"http://{HOST}:8090/robots.txt": 1}
