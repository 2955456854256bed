"""Every portal against its simulated site: reading, paging, attachments, blocks and drift."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from monitor.alerting.render import render_alert
from monitor.models import SourceState
from monitor.portals import PORTALS
from tests.kit.house import House, watch_site
from tests.portals.sites.all import SITES
from tests.portals.sites.base import NOON, Anchor, Fact, make_facts

SPECIFICATION = "货物名称,品牌,规格型号,数量\n监控硬盘,希捷,ST8000VX004,48块\n".encode()
_ROWS = "select listing_id, url, title, published_at, buyer, region from listing"
_NOTICES = "select url, fields, verdict from notice"
_TOLD = ("title", "buyer", "project_number", "items", "tag")


def is_read(name: str) -> bool:
    """Return whether a site's notices can be read at all."""
    site = SITES[name]
    return site.readable and not PORTALS[site.portal].lists_only


def test_every_portal_has_a_simulated_site() -> None:
    assert {site.portal for site in SITES.values()} >= PORTALS.keys() - {"sample", "feed"}


@pytest.mark.parametrize("name", SITES)
def test_a_portal_reads_its_site_whole_and_tells_what_it_should(name: str, tmp_path: Path) -> None:
    site = SITES[name](make_facts(45))
    shown = site.facts[: site.newest]
    with watch_site(tmp_path, site) as house:
        done = house.poll()
        assert (done.health.state, done.health.cause) == (SourceState.CURRENT, "")
        assert (done.listings, done.new) == (len(shown), len(shown))
        rows = house.rooms.store.db.query(_ROWS)
        assert {row["title"] for row in rows} == {fact.title for fact in shown}
        assert all(row["published_at"] and row["url"].startswith("http") for row in rows)
        police = sum(1 for fact in shown if "公安局" in fact.buyer)
        assert done.alerts == (police if is_read(name) else 0)
        house.clock.pass_time(hours=6)
        again = house.poll()
        assert (again.new, again.changed, again.opened) == (0, 0, 0)


@pytest.mark.parametrize("name", [n for n in SITES if is_read(n)])
def test_a_product_that_stands_in_an_attachment_only_is_told_with_its_page(
    name: str, tmp_path: Path
) -> None:
    fact = Fact(
        number=900,
        item=("监控设备", "详见附件", "详见附件", "48"),
        attachments=(("采购清单.csv", SPECIFICATION),),
    )
    site = SITES[name]([fact, *make_facts(12)[1:5]])
    with watch_site(tmp_path, site) as house:
        done = house.poll()
        rows = house.rooms.store.db.query("select name, read, why from attachment")
        if not site.gives_files:
            assert rows == []
            return
        assert [(row["read"], row["why"]) for row in rows] == [(1, "")]
        assert done.alerts == 1
        alert = house.rooms.store.db.first("select content from alert")
        assert alert is not None
        content = json.loads(alert["content"])
        assert "csv" in content["hits"][0]["place"]
        digest = hashlib.sha256(SPECIFICATION).hexdigest()
        assert [one["sha256"] for one in content["exhibits"]] == [digest]
        assert digest in render_alert(content).body


@pytest.mark.parametrize("name", SITES)
def test_a_block_page_makes_no_listing_and_is_said(name: str, tmp_path: Path) -> None:
    site = SITES[name](make_facts(5))
    site.blocked = True
    with watch_site(tmp_path, site) as house:
        done = house.poll()
        assert done.health.state is SourceState.BLOCKED
        assert (done.listings, house.count("listing")) == (0, 0)
        site.blocked = False
        house.clock.pass_time(hours=6)
        assert house.poll().new == 5


def list_anchors() -> Iterator[Any]:
    for name, site in SITES.items():
        for anchor in site.anchors:
            if anchor.where == "list" or is_read(name):
                yield pytest.param(name, anchor, id=f"{name}-{anchor.where}-{anchor.name}")


@pytest.mark.parametrize(("name", "anchor"), list(list_anchors()))
def test_an_anchor_that_moves_is_read_right_or_said_within_two_polls(
    name: str, anchor: Anchor, tmp_path: Path
) -> None:
    states, drifted = run_drift(tmp_path / "drifted", name, anchor)
    if SourceState.DRIFTED in states:
        return
    same = replace(anchor, new=anchor.old)
    _, control = run_drift(tmp_path / "control", name, same)
    assert drifted == control


def run_drift(folder: Path, name: str, anchor: Anchor) -> tuple[list[SourceState], object]:
    """Return the states of two polls after a change, and what was read in them."""
    folder.mkdir()
    facts = make_facts(30)
    site = SITES[name](facts)
    states = []
    with watch_site(folder, site) as house:
        first = house.poll()
        assert first.health.state is SourceState.CURRENT
        house.clock.pass_time(hours=1)
        house.poll()
        site.changed = anchor
        for number in range(2):
            house.clock.pass_time(hours=5)
            site.facts = [*make_news(number, filed=anchor.where == "detail"), *site.facts]
            states.append(house.poll().health.state)
        return states, describe_news(house, site.base_url)


def make_news(poll: int, *, filed: bool) -> list[Fact]:
    """Return what appeared since the last poll: two police purchases among a school's.

    One has an attachment where it is `filed`.
    """
    at = NOON + timedelta(hours=5 * (poll + 1))
    first = 1000 + poll * 10
    news = [
        replace(fact, number=first + n, published=at - timedelta(minutes=10 * n))
        for n, fact in enumerate(make_facts(6))
    ]
    police = replace(
        news[0],
        attachments=(("采购清单.csv", SPECIFICATION),) if filed else (),
        number=first + 7,
        project=f"SAMPLE-2026-NEW{poll}",
        title=f"样例市公安局{'网络' if poll else '存储'}设备采购项目中标公告",
        published=at - timedelta(minutes=90),
    )
    return [*news[1:], police]


def describe_news(house: House, base_url: str) -> object:
    """Return what was read of the new rows, and what their notices and attachments said."""
    database = house.rooms.store.db
    rows = [tuple(row.values()) for row in database.query(_ROWS)]
    told = []
    for row in database.query(_NOTICES):
        fields = json.loads(row["fields"])
        files = [(file["name"], file["read"]) for file in fields["documents"]]
        told.append((row["verdict"], [fields[key] for key in _TOLD], files))
    shown = json.dumps([sorted(rows), sorted(told, key=str)], ensure_ascii=False, indent=1)
    return shown.replace(base_url, "").splitlines()
