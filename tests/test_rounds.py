"""Rounds against sites with the traps of real ones: what is asked, what is told, what is kept."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from monitor.models import SourceState
from monitor.polling.paging import REPEATS
from monitor.polling.poll import make_rules
from monitor.sample.notices import Publication, SampleNotice
from monitor.sample.server import Response
from monitor.setup import Setup
from tests.kit.house import House, make_award, make_chairs, open_house, watch_site
from tests.portals.sites.base import Answer, Asked, make_facts
from tests.portals.sites.ccgp import CcgpSite

BLOCK = Response("<html><title>频繁访问!中国政府采购网</title><p>访问过于频繁</p></html>".encode())
DOWN = Response(b"bad gateway", status=502)


def fail_pages(house: House, ending: str, response: Response | None) -> None:
    """Let the portal answer each address with this ending so; None ends it."""
    house.portal.fail_with = lambda path: response if path.endswith(ending) else None


@pytest.mark.parametrize(
    ("failure", "state"),
    [
        (DOWN, SourceState.UNREACHABLE),
        (Response(b"no", status=403), SourceState.BLOCKED),
        (Response(b""), SourceState.EMPTY),
    ],
)
def test_a_list_that_fails_every_other_time_is_said_each_time_and_told_to_nobody(
    tmp_path: Path, failure: Response, state: SourceState
) -> None:
    with open_house(tmp_path, [make_chairs(1)]) as house:
        states = []
        for failing in (False, True, False, True, False):
            fail_pages(house, "/dfgg/", failure if failing else None)
            states.append(house.poll().health.state)
            house.clock.pass_time(hours=6)
        assert states == [SourceState.CURRENT, state, SourceState.CURRENT, state, *states[:1]]
        assert house.count("alert") == 0


def test_a_round_that_is_blocked_asks_for_nothing_more_and_waits_longer_each_time(
    tmp_path: Path,
) -> None:
    with open_house(tmp_path, [make_chairs(1)], every=3600) as house:
        lists = [*house.config.sources["local"].lists, f"{house.portal.base_url}/cggg/zygg/"]
        house.poll()
        house.config.sources["local"].__dict__["lists"] = lists
        house.portal.add(make_award(2))
        house.portal.fail_with = lambda path: Response(status=502) if "/t2026" in path else None
        house.poll()
        fail_pages(house, "/dfgg/", BLOCK)
        waits = []
        for _ in range(4):
            house.clock.pass_time(days=1)
            house.portal.requests.clear()
            assert house.poll().health.state is SourceState.BLOCKED
            assert [path for path in house.portal.requests if path != "/robots.txt"] == [
                "/cggg/dfgg/"
            ]
            due = house.rooms.store.sources.get("local").next_check_at
            assert due is not None
            waits.append((due - house.clock()) // timedelta(hours=1))
        assert waits == sorted(set(waits))


def add_source(house: House, name: str, **changes: Any) -> None:
    """Let a house read its portal as a second source too."""
    config = house.config
    second = config.sources["local"].model_copy(update=changes)
    stanza = replace(config.stanzas["local"], source=second)
    house.setup = Setup(
        replace(
            config,
            sources={**config.sources, name: second},
            stanzas={**config.stanzas, name: stanza},
        ),
        house.setup.screener,
    )


def test_two_sources_of_one_host_share_its_budget(tmp_path: Path) -> None:
    rows = [make_award(number) for number in range(1, 5)]
    with open_house(tmp_path, rows, budget=4, obey_robots=False) as house:
        add_source(house, "twin")
        poller = house.rooms.make_poller(house.setup, house.reports.append)
        first, second = poller.poll_source("local"), poller.poll_source("twin")
        assert (first.opened, first.waiting) == (3, 1)
        assert (second.listings, "daily budget" in second.health.cause) == (0, True)
        assert len(house.portal.requests) == 4


class CookieSite(CcgpSite):
    """A site that shows its lists to who comes from its first page only."""

    def stanza(self, base_url: str) -> dict[str, Any]:
        """Return a stanza that comes that way."""
        way = {"warm_up": f"{base_url}/", "headers": {"Referer": f"{base_url}/"}}
        return {**super().stanza(base_url), **way}

    def reply(self, asked: Asked) -> Answer:
        """Give a cookie on the first page, and nothing without it."""
        if asked.path == "/":
            self.asked.append(asked)
            return Answer(b"<html>welcome</html>", headers=(("Set-Cookie", "sid=7; Path=/"),))
        known = asked.headers.get("Cookie") == "sid=7"
        comes_from = asked.headers.get("Referer") == f"{self.base_url}/"
        if asked.path != "/robots.txt" and not (known and comes_from):
            return Answer(b"<html>403</html>", status=403)
        return super().reply(asked)


def test_the_first_page_gives_a_cookie_that_list_and_notices_are_asked_for_with(
    tmp_path: Path,
) -> None:
    site = CookieSite(make_facts(3))
    with watch_site(tmp_path, site) as house:
        done = house.poll()
        assert (done.health.state, done.alerts) == (SourceState.CURRENT, 1)
        assert [asked.path for asked in site.asked] == [
            "/", "/cggg/dfgg/", "/cggg/dfgg/202611/t20261122_900.htm",
        ]  # fmt: skip
        # Cookies end with a round: the next one comes in by the first page again.
        house.poll()
        assert [asked.path for asked in site.asked[3:]] == ["/", "/cggg/dfgg/"]
        assert "Cookie" not in site.asked[3].headers


@pytest.mark.parametrize("missing", [{"warm_up": ""}, {"headers": {}}])
def test_who_does_not_come_that_way_is_blocked_and_says_so(
    tmp_path: Path, missing: dict[str, Any]
) -> None:
    with watch_site(tmp_path, CookieSite(make_facts(3)), **missing) as house:
        done = house.poll()
        assert (done.health.state, done.listings) == (SourceState.BLOCKED, 0)


def publish_late(house: House, notice: SampleNotice, minutes: int) -> None:
    """Put a notice among older ones, as a portal does that joins lists of different lags."""
    shown = house.portal._shown
    shown.append(Publication(notice, house.clock() - timedelta(minutes=minutes)))
    shown.sort(key=lambda publication: publication.at, reverse=True)
    house.portal._changed_at += timedelta(seconds=1)


def test_a_row_that_comes_late_is_found_behind_a_whole_page_of_known_ones(tmp_path: Path) -> None:
    rows = [make_chairs(number, minutes_ago=30 * number) for number in range(1, 61)]
    with open_house(tmp_path, rows) as house:
        house.poll()
        house.clock.pass_time(hours=1)
        publish_late(house, make_award(99), 20 * 60)
        place = [publication.notice.id for publication in house.portal._shown].index(9_100_099)
        assert place > 20
        done = house.poll()
        assert (done.new, done.alerts) == (1, 1)


def test_a_portal_that_shows_page_one_forever_is_left_and_said(tmp_path: Path) -> None:
    rows = [make_chairs(number) for number in range(1, 61)]
    with open_house(tmp_path, rows) as house:
        house.portal.fail_with = lambda path: (
            house.portal._find_page("/cggg/dfgg/") if "index_" in path else None
        )
        done = house.poll()
        assert (done.health.state, done.health.cause) == (SourceState.PARTIAL, REPEATS)
        assert done.listings == house.count("listing") == 20
        assert [path for path in house.portal.requests if "/cggg/" in path] == [
            "/cggg/dfgg/", "/cggg/dfgg/index_1.htm",
        ]  # fmt: skip


def list_texts(house: House) -> Sequence[str]:
    """Return every text that stands in any table."""
    database = house.rooms.store.db
    tables = database.query("select name from sqlite_master where type = 'table'")
    rows = (row for t in tables for row in database.query(f"select * from [{t['name']}]"))  # noqa: S608
    return [value for row in rows for value in row.values() if isinstance(value, str)]


def test_the_store_keeps_facts_link_and_hash_and_no_copy_of_the_page(tmp_path: Path) -> None:
    page = "本页未经许可不得转载"
    with open_house(tmp_path, [make_award(1, text=(page,), note=page)]) as house:
        assert house.poll().alerts == 1
        (content,) = (
            json.loads(row["content"])
            for row in house.rooms.store.db.query("select content from alert")
        )
        capture = house.rooms.archive.read(content["evidence"]["record_id"])
        assert page in capture.body.decode()
        assert (content["url"], content["evidence"]["sha256"]) == (capture.url, capture.sha256)
        texts = list_texts(house)
        assert any(content["title"] in text for text in texts)
        assert not any("<p" in text or "<td" in text for text in texts)
        assert page not in json.dumps(content, ensure_ascii=False)


def test_no_news_and_a_look_that_failed_are_two_states(tmp_path: Path) -> None:
    with open_house(tmp_path, [make_chairs(1)]) as house:
        shown = []
        for answer in (None, None, BLOCK, DOWN):
            fail_pages(house, "/dfgg/", answer)
            done = house.poll()
            row = house.rooms.store.sources.get("local")
            shown.append((str(row.state), done.alerts, bool(row.missed)))
            house.clock.pass_time(hours=6)
        assert shown == [
            ("current", 0, False), ("current", 0, False), ("blocked", 0, True),
            ("unreachable", 0, True),
        ]  # fmt: skip


@pytest.mark.parametrize("legacy", [False, True])
def test_an_old_tls_is_accepted_of_the_source_that_asks_for_it_alone(
    tmp_path: Path, legacy: bool
) -> None:
    with open_house(tmp_path, [], legacy_tls=legacy) as house:
        rules = make_rules(house.config, "local")
        assert (rules.legacy_tls, rules.verify_tls) == (legacy, True)
