"""What a hostile page does to its source: a typed state, nothing lost, the others on time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from monitor.models import SourceState
from monitor.sample.notices import Publication
from monitor.sample.pages import render_list
from monitor.sample.server import LIST_PATH
from monitor.setup import Setup
from monitor.stanzas import SourceConfig
from tests.hostile import HostileServer, Route, make_bomb, make_head, raw, redirect, repeat, reply
from tests.house import START, Clock, House, load_screener, make_award, make_config, open_rooms

ROW = Publication(make_award(1), START)
PAGE = render_list([ROW], 0, 1)


@contextmanager
def open_against(folder: Path, route: Route, **options: object) -> Iterator[House]:
    """Give a house whose list is answered by a route."""
    routes = {LIST_PATH: route, "/robots.txt": reply(status=404)}
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
