"""One notice on many portals: one alert with all its links, and never less than it says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from monitor.alerting.render import render_alert
from monitor.polling.poll import Round
from monitor.reading.views import explain_notice, show_explanation
from monitor.sample.notices import SampleItem, SampleNotice
from monitor.sample.server import LIST_PATH, SamplePortal
from monitor.setup import Setup
from monitor.stanzas import SourceConfig
from tests.kit.house import House, make_award, open_house

PROJECT = "样例市公安局视频存储扩容项目"
DRIVE = SampleItem(name="监控硬盘", brand="希捷", model="ST8000VX004", quantity=48, unit="块",
                   unit_price=1390.0)  # fmt: skip
SWITCH = SampleItem(name="交换机", brand="思科", model="C9300-48P", quantity=2, unit="台",
                    unit_price=1000.0)  # fmt: skip


@dataclass
class Town:
    """A house with a second portal, `province`, that copies what the first one shows."""

    house: House
    portal: SamplePortal

    def poll(self, source: str = "local") -> Round:
        """Poll a source once, some hours after the last poll."""
        self.house.clock.pass_time(hours=6)
        poller = self.house.rooms.make_poller(self.house.setup, self.house.reports.append)
        return poller.poll_source(source, None)

    def list_decisions(self) -> list[str]:
        """Return what was decided of each notice, in the order of opening."""
        rows = self.house.rooms.store.db.query("select decision from notice order by id")
        return [row["decision"] for row in rows]

    def list_contents(self) -> list[dict[str, Any]]:
        """Return the contents of all alerts, in the order of telling."""
        rows = self.house.rooms.store.db.query("select content from alert order by rowid")
        return [json.loads(row["content"]) for row in rows]

    def find_url(self, source: str) -> str:
        """Return the address of the last notice of a source."""
        rows = self.house.rooms.store.db.query(
            "select url from listing where source = ? order by id desc", [source]
        )
        return str(rows[0]["url"])


@contextmanager
def open_town(
    folder: Path, first: SampleNotice, copy: SampleNotice, **options: object
) -> Iterator[Town]:
    """Give a house around two portals; `options` are of the second source."""
    with (
        open_house(folder, [first]) as house,
        SamplePortal(house.clock, notices=[copy]) as portal,
    ):
        local = house.config.sources["local"]
        changes = {"lists": [portal.base_url + LIST_PATH], **options}
        sources = {"local": local, "province": local.model_copy(update=changes)}
        use_sources(house, sources)
        yield Town(house, portal)


def use_sources(house: House, sources: dict[str, SourceConfig], **changes: Any) -> None:
    """Let a house read these sources."""
    stanza = house.config.stanzas["local"]
    stanzas = {name: replace(stanza, source=source) for name, source in sources.items()}
    config = replace(house.config, sources=sources, stanzas=stanzas, **changes)
    house.setup = Setup(config, house.setup.screener)


def make_copy(**changes: object) -> SampleNotice:
    """Return the award of make_award(1) as another portal shows it: other id, layout and title."""
    facts: dict[str, object] = {"id": 5_500_001, "channel": "cjgg", "layout": "pairs"}
    return make_award(1).model_copy(update={**facts, **changes})


def test_a_notice_of_two_portals_is_told_once_with_both_links(tmp_path: Path) -> None:
    with open_town(tmp_path, make_award(1), make_copy()) as town:
        assert town.poll("local").alerts == 1
        done = town.poll("province")
        assert (done.opened, done.alerts) == (1, 0)
        assert town.house.told() == [("waiting", "alert")]
        assert town.list_decisions() == ["FIRST_MATCH", "SAME_NOTICE"]
        (content,) = town.list_contents()
        here, there = town.find_url("local"), town.find_url("province")
        assert content["links"] == [
            {"source": "local", "url": here},
            {"source": "province", "url": there},
        ]
        body = render_alert(content).body
        assert f"\nLink:      {here}\nAlso at:   {there} (province)\n" in body


def test_why_says_which_notice_a_copy_is_the_same_as(tmp_path: Path) -> None:
    with open_town(tmp_path, make_award(1), make_copy()) as town:
        town.poll("local")
        town.poll("province")
        here, there = town.find_url("local"), town.find_url("province")
        lines = list_lines(town, there)
        same = "same title and project number and buyer, same day, "
        assert any(line.startswith(f"  same as   local: {here} ({same}") for line in lines)
        assert "  reason    FIRST_MATCH, decided: SAME_NOTICE" in lines
        assert f"  also at   province: {there}" in list_lines(town, here)


def list_lines(town: Town, url: str) -> list[str]:
    found = explain_notice(town.house.rooms.store, url)
    assert found is not None
    return list(show_explanation(found))


@pytest.mark.parametrize(
    ("changes", "decision"),
    [
        ({"project": f"{PROJECT}1（第二次）"}, "FIRST_MATCH"),
        ({"project": f"{PROJECT}1（包2）"}, "FIRST_MATCH"),
        ({"supplier": "样例远志商贸有限公司"}, "FIRST_MATCH"),
        ({"number": "SAMPLE-T77"}, "FIRST_MATCH"),
        ({"project": f"{PROJECT}1（项目编号：SAMPLE-T1）"}, "SAME_NOTICE"),
        ({"layout": "cells", "number": ""}, "SAME_NOTICE"),
    ],
    ids=["second round", "lot", "winner", "number", "number in the title", "no number"],
)
def test_only_the_same_notice_is_told_once(
    tmp_path: Path, changes: dict[str, object], decision: str
) -> None:
    with open_town(tmp_path, make_award(1), make_copy(**changes)) as town:
        town.poll("local")
        town.poll("province")
        assert town.list_decisions() == ["FIRST_MATCH", decision]


def test_a_copy_that_shows_more_is_told_with_all_links(tmp_path: Path) -> None:
    more = make_copy(items=(DRIVE, SWITCH), supplier="", amount=66720.0)
    with open_town(tmp_path, make_award(1), more) as town:
        town.poll("local")
        assert town.poll("province").alerts == 1
        assert town.list_decisions() == ["FIRST_MATCH", "MATCH_CHANGED"]
        first, second = town.list_contents()
        assert first["links"] == second["links"]
        assert "Cisco" in " ".join(second["products"])
        body = render_alert(second).body
        assert body.startswith("Changed:   what the watchlists find in it")
        assert f"Also at:   {town.find_url('local')} (local)" in body


def test_a_copy_that_can_be_read_is_told_where_the_first_could_not(tmp_path: Path) -> None:
    project = {"project": "样例市公安局DNA检验试剂采购项目", "amount": 66720.0}
    kit = SampleItem(name="DNA检验试剂", brand="赛默飞", model="GlobalFiler", unit_price=66720.0)
    blank = kit.model_copy(update={"brand": "详见附件", "model": "详见附件"})
    unread = make_award(1, **project, items=(blank,))
    with open_town(tmp_path, unread, make_copy(**project, items=(kit,))) as town:
        town.poll("local")
        assert town.poll("province").alerts == 1
        assert town.list_decisions() == ["NOT_CHECKABLE", "MATCH_CHANGED"]


def test_a_receiver_whom_the_first_alert_did_not_reach_is_told(tmp_path: Path) -> None:
    with open_town(tmp_path, make_award(1), make_copy()) as town:
        house = town.house
        terminal = house.config.receivers["terminal"]
        desk = replace(terminal, name="desk")
        sources = house.config.sources
        sources = {
            "local": sources["local"].model_copy(update={"receivers": ["terminal"]}),
            "province": sources["province"].model_copy(update={"receivers": ["terminal", "desk"]}),
        }
        use_sources(house, sources, receivers={"terminal": terminal, "desk": desk})
        town.poll("local")
        town.poll("province")
        rows = house.rooms.store.db.query("select receiver from delivery order by id")
        assert [row["receiver"] for row in rows] == ["terminal", "desk"]


def test_a_portal_that_changes_its_ids_tells_nothing_twice(tmp_path: Path) -> None:
    with open_house(tmp_path, [make_award(1)]) as house:
        house.poll()
        house.clock.pass_time(hours=1)
        house.portal.add(make_award(1, id=7_700_001))
        assert house.poll().alerts == 0
        rows = house.rooms.store.db.query("select decision from notice order by id")
        assert [row["decision"] for row in rows] == ["FIRST_MATCH", "SAME_NOTICE"]


def test_a_notice_that_is_amended_on_both_portals_is_told_again_once(tmp_path: Path) -> None:
    with open_town(tmp_path, make_award(1), make_copy()) as town:
        town.poll("local")
        town.poll("province")
        for portal, source in ((town.house.portal, "local"), (town.portal, "province")):
            publication = portal._shown[0]
            changed = DRIVE.model_copy(update={"model": "ST6000VX001"})
            update = {"items": (changed,), "project": f"{PROJECT}1更换型号"}
            portal._shown[0] = replace(
                publication, notice=publication.notice.model_copy(update=update)
            )
            portal._changed_at += town.house.clock() - publication.at
            town.poll(source)
        assert town.list_decisions() == [
            "FIRST_MATCH", "SAME_NOTICE", "MATCH_CHANGED", "SAME_NOTICE",
        ]  # fmt: skip
