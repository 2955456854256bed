"""What a hostile page does to its source: a typed state, nothing lost, the others on time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from monitor.models import SourceState
from monitor.parsing import confinement
from monitor.parsing.confinement import PageLimits
from monitor.sample.notices import Publication
from monitor.sample.pages import render_detail, render_list
from monitor.sample.server import LIST_PATH
from monitor.setup import Setup
from monitor.stanzas import SourceConfig
from tests.campaigns import ssrf
from tests.kit.house import START, Clock, House, load_screener, make_award, make_config, open_rooms
from tests.kit.rawserver import (
    HostileServer,
    Route,
    make_bomb,
    make_head,
    raw,
    redirect,
    repeat,
    reply,
)

ROW = Publication(make_award(1), START)
PAGE = render_list([ROW], 0, 1)


@contextmanager
def open_against(
    folder: Path, route: Route, others: Mapping[str, Route] | None = None, **options: object
) -> Iterator[House]:
    """Give a house whose list is answered by a route, and other addresses by others."""
    routes = {"/robots.txt": reply(status=404), **(others or {}), LIST_PATH: route}
    clock = Clock()
    with HostileServer(routes) as server:
        facts = {"portal": "ccgp", "lists": [server.url(LIST_PATH)], "delay": 0, "deadline": 3}
        source = SourceConfig.model_validate({**facts, "allow_loopback": True, **options})
        with open_rooms(folder, clock) as rooms:
            config = make_config(folder, source)
            yield House(Setup(config, load_screener()), rooms, clock, None)  # type: ignore[arg-type]


CASES: dict[str, tuple[Route, SourceState, str]] = {
    "a page of 20 MB": (
        reply(b"<html>" + b"x" * 20_000_000), SourceState.UNREACHABLE, "too large",
    ),
    "an endless page": (
        repeat(make_head(), b"<li>row</li>" * 1000), SourceState.UNREACHABLE, "too large",
    ),
    "a gzip bomb": (
        reply(make_bomb(64), headers={"Content-Encoding": "gzip"}), SourceState.UNREACHABLE,
        "too large",
    ),
    "a redirect inside": (redirect("http://127.0.0.1:1/"), SourceState.UNREACHABLE, "redirect"),
    "a redirect to metadata": (
        redirect("http://169.254.169.254/latest/"), SourceState.UNREACHABLE, "redirect",
    ),
    "a page cut short": (
        raw(make_head(headers={"Content-Length": "9000"}) + b"<html>"), SourceState.PARTIAL,
        "truncated",
    ),
    "a page without its end": (
        reply(PAGE.encode().partition(b"</body>")[0]), SourceState.PARTIAL, "without its end",
    ),
    "an empty page": (reply(b""), SourceState.EMPTY, "empty body"),
    "a list without rows": (
        reply(render_list([], 0, 1).encode()), SourceState.DRIFTED, "shows no row",
    ),
    "a block page": (
        reply("<html><title>访问验证</title><body>请完成验证</body></html>".encode()),
        SourceState.BLOCKED, "block page",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", sorted(CASES))
def test_a_hostile_list_is_a_state_of_its_source(tmp_path: Path, case: str) -> None:
    route, state, cause = CASES[case]
    with open_against(tmp_path, route) as house:
        done = house.poll()
        assert (done.health.state, done.new) == (state, 0)
        assert cause in done.health.cause
        assert done.health.missed
        assert house.rooms.store.sources.get("local").baseline_at is None


def test_a_list_in_undeclared_gb18030_is_read_right(tmp_path: Path) -> None:
    body = PAGE.replace('charset=utf-8"', '"').replace('charset="utf-8"', "").encode("gb18030")
    with open_against(tmp_path, reply(body), open="none") as house:
        assert house.poll().health.state is SourceState.CURRENT
        row = house.rooms.store.db.first("select title, buyer from listing")
        assert row is not None
        assert tuple(row.values()) == (ROW.notice.title, "样例市公安局")


def make_feed(author: str) -> Route:
    entry = f"<item><link>http://a.example/</link><author>{author}</author></item>"
    return reply(f'<rss version="2.0"><channel>{entry * 20}</channel></rss>'.encode())


# Reading it takes some seconds.
HEAVY = reply(b"<table><tr><td>" * 500_000)


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let reading a response cost half a second."""
    monkeypatch.setattr(confinement, "PageLimits", partial(PageLimits, cpu=0.5))


@pytest.mark.usefixtures("hasty")
def test_a_list_that_costs_too_much_is_a_state_of_its_source_and_comes_back(tmp_path: Path) -> None:
    routes = [make_feed("a." * 8000), make_feed("样例市公安局")]
    with open_against(tmp_path, lambda visit: routes.pop(0)(visit), portal="feed") as house:
        done = house.poll()
        assert (done.health.state, done.health.cause, done.new) == (
            SourceState.DRIFTED, "page costs more than 0.5 s to read", 0,
        )  # fmt: skip
        assert "page 1 of the list" in done.health.missed
        house.clock.pass_time(hours=6)
        assert house.poll().listings == 1


@pytest.mark.usefixtures("hasty")
def test_a_notice_that_costs_too_much_is_tried_again_and_keeps_no_other_from_being_read(
    tmp_path: Path,
) -> None:
    costly, good = (Publication(make_award(number), START) for number in (1, 2))
    rows = render_list([costly, good], 0, 1)
    routes = {
        LIST_PATH: reply(rows.encode()), "/robots.txt": reply(status=404),
        costly.path: HEAVY,
        good.path: reply(render_detail(good).encode()),
    }  # fmt: skip
    with open_against(tmp_path, routes[LIST_PATH], routes) as house:
        done = house.poll()
        assert (done.opened, done.alerts, done.waiting) == (1, 1, 1)
        assert done.health.state is SourceState.PARTIAL
        row = house.rooms.store.db.first(
            "select attempts, error from listing where state = 'waiting'"
        )
        assert row is not None
        assert row["attempts"] == 1
        assert "to read" in row["error"]


def test_after_three_costly_notices_the_rest_waits_for_a_later_round(
    tmp_path: Path, hasty: None
) -> None:
    shown = [Publication(make_award(number), START) for number in range(1, 6)]
    routes: dict[str, Route] = {
        LIST_PATH: reply(render_list(shown, 0, 1).encode()), "/robots.txt": reply(status=404),
        **{one.path: HEAVY for one in shown},
    }  # fmt: skip
    with open_against(tmp_path, routes[LIST_PATH], routes) as house:
        assert house.poll().waiting == 5
        tried = house.rooms.store.db.first("select count(*) as n from listing where attempts > 0")
        assert tried == {"n": 3}


def test_nothing_reaches_inside_by_any_way(tmp_path: Path) -> None:
    outcome = ssrf.run(ssrf.SHORT, tmp_path)
    assert outcome.failures == ()
    assert outcome.cases >= 50
