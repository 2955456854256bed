"""What a source changes all at once gives one summary; what is new is told as ever."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from monitor.models import SourceState
from monitor.store.database import Row
from tests.kit.house import House, load_screener, watch_site
from tests.portals.sites.base import NOON, Fact
from tests.portals.sites.ccgp import CcgpSite
from tests.vitals.test_edits import leave_out

WEEK = {"overlap": 6 * 86_400}


def make_awards(count: int, **changes: Any) -> list[Fact]:
    """Return awards of drives to police stations, the newest first."""
    return [
        Fact(
            **{
                "number": 100 + n,
                "title": f"样例市公安局第{n + 1}派出所视频存储扩容项目中标公告",
                "project": f"SAMPLE-2026-{700 + n}",
                "amount": f"{60_000 + n}.00",
                "item": ("监控硬盘", "希捷", "ST8000VX004", str(40 + n)),
                "published": NOON - timedelta(hours=n),
                **changes,
            }
        )
        for n in range(count)
    ]


def poll_again(house: House, site: CcgpSite, facts: Sequence[Fact]) -> list[Row]:
    """Let the site show other facts; poll, and return the deliveries that this brought.

    What the looks at told notices bring is left out.
    """
    before = house.count("delivery d join alert a on a.id = d.alert "
                         "where a.reason not like '%AT_SOURCE'")  # fmt: skip
    site.facts = facts
    house.clock.pass_time(hours=6)
    house.poll()
    return house.rooms.store.db.query(
        """select a.kind, a.reason, d.digest, n.title from delivery d join alert a on a.id = d.alert
           left join notice n on n.id = a.notice
           where a.reason not like '%AT_SOURCE' order by d.id limit -1 offset ?""",
        [before],
    )


def test_new_ids_for_all_notices_are_one_message_and_no_alert(tmp_path: Path) -> None:
    old = make_awards(12)
    site = CcgpSite(old)
    with watch_site(tmp_path, site, **WEEK) as house:
        house.poll()
        fresh = replace(old[0], number=999, project="SAMPLE-2026-999", amount="71234.00",
                        title="样例县公安局硬盘采购项目中标公告")  # fmt: skip
        moved = [replace(fact, number=fact.number + 500) for fact in old]
        told = poll_again(house, site, [fresh, *moved])
        assert [(row["kind"], row["digest"]) for row in told] == [("notice", ""), ("self", "")]
        assert told[0]["title"] == fresh.title
        source = house.rooms.store.sources.get("local")
        assert (source.state, "12 of 13 rows" in source.cause) == (SourceState.DRIFTED, True)
        assert poll_again(house, site, [fresh, *moved]) == []
        assert house.rooms.store.sources.get("local").state is SourceState.CURRENT


def test_what_differs_under_its_new_id_is_told_in_the_digest(tmp_path: Path) -> None:
    old = make_awards(12)
    site = CcgpSite(old)
    with watch_site(tmp_path, site, **WEEK) as house:
        house.poll()
        moved = [replace(fact, number=fact.number + 500) for fact in old]
        moved[3] = replace(moved[3], item=("监控硬盘", "希捷", "ST6000VX001", "9"))
        told = poll_again(house, site, moved)
        assert [(row["kind"], row["digest"]) for row in told] == [
            ("notice", "baseline:local"),
            ("self", ""),
        ]


def test_a_few_rows_with_known_titles_are_news_like_any(tmp_path: Path) -> None:
    old = make_awards(12)
    site = CcgpSite(old)
    with watch_site(tmp_path, site, **WEEK) as house:
        house.poll()
        second = replace(old[0], number=800, project="SAMPLE-2026-800", amount="9.00")
        told = poll_again(house, site, [second, *old])
        assert [(row["kind"], row["digest"]) for row in told] == [("notice", "")]


@pytest.mark.parametrize("rounds", [1, 6])
def test_an_id_that_is_reused_for_another_purchase_is_told_once_however_often_it_flips(
    tmp_path: Path, rounds: int
) -> None:
    [first] = make_awards(1)
    # The same product, so that only the purchase is another.
    second = replace(
        first, title="样例市公安局禁毒支队数据备份设备购置中标公告", project="SAMPLE-2026-990"
    )
    site = CcgpSite([first])
    with watch_site(tmp_path, site) as house:
        house.poll()
        told: list[Row] = []
        for number in range(rounds):
            told += poll_again(house, site, [first if number % 2 else second])
        assert [(row["kind"], row["reason"], row["title"]) for row in told] == [
            ("notice", "FIRST_MATCH", second.title)
        ]


def test_an_edit_in_place_is_told_only_where_a_matched_field_changed(tmp_path: Path) -> None:
    [first] = make_awards(1)
    dearer = replace(first, title=f"【网】{first.title}", amount="99999.00")
    other = replace(first, title=f"【新】{first.title}",
                    item=("监控硬盘", "西部数据", "WD101PURP", "40"))  # fmt: skip
    site = CcgpSite([first])
    with watch_site(tmp_path, site) as house:
        house.poll()
        assert poll_again(house, site, [dearer]) == []
        told = poll_again(house, site, [other])
        assert [(row["reason"], row["digest"]) for row in told] == [("MATCH_CHANGED", "")]


def test_a_stale_page_that_comes_and_goes_tells_nothing_twice(tmp_path: Path) -> None:
    old = make_awards(8)
    new = [replace(fact, number=50 + n) for n, fact in enumerate(make_awards(1))]
    new[0] = replace(new[0], project="SAMPLE-2026-50", title="样例县公安局硬盘采购项目中标公告")
    site = CcgpSite(old)
    with watch_site(tmp_path, site) as house:
        house.poll()
        told: list[Row] = []
        for number in range(6):
            told += poll_again(house, site, old if number % 2 else [*new, *old[:-1]])
        assert [row["kind"] for row in told] == ["notice"]


def test_after_a_month_off_what_is_old_comes_in_one_digest(tmp_path: Path) -> None:
    site = CcgpSite([])
    site.facts = make_awards(1)
    with watch_site(tmp_path, site, pages=50) as house:
        house.poll()
        house.clock.pass_time(days=31)
        now = NOON + timedelta(days=31)
        ages = (0, 1, 20, 25)
        back = [
            replace(fact, number=300 + n, published=now - timedelta(days=days))
            for n, (fact, days) in enumerate(zip(make_awards(5)[1:], ages, strict=True))
        ]
        told = poll_again(house, site, [*back, *site.facts])
        assert [row["digest"] for row in told if row["kind"] == "notice"] == [
            "baseline:local", "baseline:local", "", "",
        ]  # fmt: skip


def test_a_list_that_changes_whole_after_a_watchlist_edit_is_one_digest(tmp_path: Path) -> None:
    old = make_awards(12)
    site = CcgpSite(old)
    with watch_site(tmp_path, site, **WEEK) as house:
        house.setup = replace(house.setup, screener=leave_out("seagate"))
        house.poll()
        assert house.count("delivery") == 0
        house.setup = replace(house.setup, screener=load_screener())
        renamed = [replace(fact, title=f"【成交】{fact.title}") for fact in old]
        told = poll_again(house, site, renamed)
        notices = [row["digest"] for row in told if row["kind"] == "notice"]
        assert notices == ["baseline:local"] * 12


def test_a_notice_that_stands_under_a_new_id_is_not_told_as_withdrawn(tmp_path: Path) -> None:
    old = make_awards(2)
    site = CcgpSite(old)
    with watch_site(tmp_path, site, **WEEK) as house:
        house.poll()
        site.facts = [replace(old[0], number=600)]
        for _ in range(4):
            house.clock.pass_time(days=1, hours=1)
            house.poll()
        rows = house.rooms.store.db.query(
            "select content from alert where reason = 'WITHDRAWN_AT_SOURCE'"
        )
        assert len(rows) == 1
        assert old[1].title in rows[0]["content"]
