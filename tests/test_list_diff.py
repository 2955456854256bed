"""A long list in two halves: the second poll finds the second half, and nothing twice."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from monitor.sample.server import LIST_PATH
from monitor.setup import Setup
from monitor.stanzas import SourceConfig
from tests.kit.house import Clock, House, load_screener, make_config, open_rooms
from tests.kit.rawserver import HostileServer, Route, Visit, reply

PAGE = 20
ROW = (
    '<li><a href="./zbgg/202611/t20261122_{id}.htm" title="样例市第{id}号项目中标公告">样例</a>'
    "发布时间：<em>2026-11-22 10:{minute:02}</em>"
    "地域：<em>样例</em>采购人：<em>样例市图书馆</em></li>"
)


def render_rows(numbers: Sequence[int], index: int, pages: int) -> bytes:
    rows = "".join(ROW.format(id=number, minute=number % 60) for number in numbers)
    pager = (
        f"<script>Pager({{size:{pages}, current:{index}, prefix:'index',suffix:'htm'}});</script>"
    )
    return f'<html><body><ul class="c_list_bid">{rows}</ul>{pager}</body></html>'.encode()


def serve_list(numbers: Sequence[int]) -> dict[str, Route]:
    """Return the routes of a list, newest first, twenty rows a page."""
    pages = -(-len(numbers) // PAGE)
    routes = {"/robots.txt": reply(status=404)}
    for index in range(pages):
        path = LIST_PATH if index == 0 else f"{LIST_PATH}index_{index}.htm"
        rows = numbers[index * PAGE : (index + 1) * PAGE]
        routes[path] = reply(render_rows(rows, index, pages))
    return routes


def test_the_second_poll_finds_exactly_the_second_half(tmp_path: Path) -> None:
    first, second = list(range(1000, 1300)), list(range(1300, 1600))
    doubled = [number for number in first for _ in range(2 if number % 10 == 0 else 1)]
    clock = Clock()
    with HostileServer(serve_list(doubled)) as server, open_rooms(tmp_path, clock) as rooms:
        source = SourceConfig.model_validate(
            {
                "portal": "ccgp", "lists": [server.url(LIST_PATH)], "delay": 0, "pages": 500,
                "allow_loopback": True, "open": "none",
            }
        )  # fmt: skip
        config = make_config(tmp_path, source)
        house = House(Setup(config, load_screener()), rooms, clock, None)  # type: ignore[arg-type]
        assert (house.poll().new, house.count("listing")) == (300, 300)
        server.routes.update(serve_list([*second[::-1], *doubled]))
        clock.pass_time(hours=6)
        assert house.poll().new == 300
        known = rooms.store.db.query("select listing_id from listing where id > 300")
        assert {int(row["listing_id"]) for row in known} == set(second)
        clock.pass_time(hours=6)
        assert (house.poll().new, house.count("listing")) == (0, 600)


def test_every_page_is_asked_for_even_where_all_rows_are_known(tmp_path: Path) -> None:
    asked: list[str] = []

    def note(route: Route) -> Route:
        def answer(visit: Visit) -> None:
            asked.append(visit.target)
            route(visit)

        return answer

    routes = {path: note(route) for path, route in serve_list(range(100)).items()}
    clock = Clock()
    with HostileServer(routes) as server, open_rooms(tmp_path, clock) as rooms:
        facts = {"portal": "ccgp", "lists": [server.url(LIST_PATH)], "delay": 0, "open": "none"}
        source = SourceConfig.model_validate({**facts, "allow_loopback": True})
        config = make_config(tmp_path, source)
        house = House(Setup(config, load_screener()), rooms, clock, None)  # type: ignore[arg-type]
        for _ in range(2):
            asked.clear()
            house.poll()
            clock.pass_time(hours=6)
            assert len([path for path in asked if path.startswith(LIST_PATH)]) == 5
