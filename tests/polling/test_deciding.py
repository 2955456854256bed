"""What becomes of a notice at the desk: told on its routes, or kept with the reason why not."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from monitor.polling.poll import Round
from monitor.receivers import RouteConfig
from monitor.sample.notices import SampleItem, SampleNotice
from monitor.store.judgements import Judgement, MuteKind
from tests.kit.house import START, House, make_award, make_chairs, open_house

DELL = SampleItem(name="服务器", brand="戴尔", model="R740", quantity=2, unit="台", unit_price=1.0)


def set_routes(house: House, *routes: dict[str, Any]) -> None:
    loaded = house.setup.config.loaded
    made = [RouteConfig.model_validate(route) for route in routes]
    file = loaded.value.model_copy(update={"routes": made, "zone": "Asia/Shanghai"})
    config = replace(house.setup.config, loaded=replace(loaded, value=file))
    house.setup = replace(house.setup, config=config)


def list_told(house: House) -> list[tuple[str, str, str]]:
    """Return reason, receiver and digest of every alert after the first round's."""
    rows = house.rooms.store.db.query(
        """select a.reason, coalesce(d.receiver, '') as receiver, coalesce(d.digest, '') as digest
           from alert a left join delivery d on d.alert = a.id
           where a.kind = 'notice' and coalesce(d.digest, '') not like 'baseline:%'
           order by a.created_at, a.id"""
    )
    return [(row["reason"], row["receiver"], row["digest"]) for row in rows]


def add_award(house: House, serial: int, **changes: object) -> Round:
    house.clock.pass_time(hours=1)
    house.portal.add(replace_award(serial, changes))
    return house.poll()


def replace_award(serial: int, changes: dict[str, Any]) -> SampleNotice:
    return SampleNotice.model_validate(
        {**make_award(serial, minutes_ago=0).model_dump(), **changes}
    )


@pytest.mark.parametrize(
    ("route", "told"),
    [
        ({}, ("FIRST_MATCH", "terminal", "")),
        ({"entries": ["seagate"]}, ("FIRST_MATCH", "terminal", "")),
        ({"entries": ["brands.yaml"]}, ("FIRST_MATCH", "terminal", "")),
        ({"entries": ["cisco"]}, ("NO_ROUTE", "", "")),
        ({"stages": ["tender"]}, ("NO_ROUTE", "", "")),
        (
            {"send": "daily", "at": "18:00"},
            ("FIRST_MATCH", "terminal", "daily:1:2026-11-22T10:00+00:00"),
        ),
    ],
)
def test_an_alert_takes_the_routes_that_hold_or_is_kept_without_any(
    tmp_path: Path, route: dict[str, Any], told: tuple[str, str, str]
) -> None:
    with open_house(tmp_path, [make_chairs(90)]) as house:
        house.poll()
        set_routes(house, {"receivers": ["terminal"], **route})
        add_award(house, 1)
        assert list_told(house) == [told]
        row = house.rooms.store.db.first("select decision from notice")
        assert row is not None
        assert row["decision"] == told[0]


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (MuteKind.ENTRY, "seagate"), (MuteKind.SOURCE, "local"), (MuteKind.BUYER, "样例市公安局"),
        (MuteKind.PROCESS, "ＳＡＭＰＬＥ-T1"), (MuteKind.AGENCY, "psb"),
    ],
)  # fmt: skip
def test_what_is_muted_is_kept_and_told_when_it_is_not(
    tmp_path: Path, kind: MuteKind, value: str
) -> None:
    with open_house(tmp_path, [make_chairs(90)]) as house:
        house.poll()
        agency = house.setup.screener.watchlists.agencies
        assert kind is not MuteKind.AGENCY or any(one.id == value for one in agency)
        house.rooms.store.judgements.mute(kind, value, "", START)
        add_award(house, 1)
        assert list_told(house) == [("MUTED", "", "")]
        house.rooms.store.judgements.unmute(kind, value, START)
        add_award(house, 2)
        assert [one[:2] for one in list_told(house)][-1] == ("FIRST_MATCH", "terminal")


def test_a_mute_of_one_entry_hides_no_other(tmp_path: Path) -> None:
    with open_house(tmp_path, [make_chairs(90)]) as house:
        house.poll()
        house.rooms.store.judgements.mute(MuteKind.ENTRY, "seagate", "", START)
        add_award(house, 1, items=(*make_award(1).items, DELL))
        assert [one[:2] for one in list_told(house)] == [("FIRST_MATCH", "terminal")]


def test_after_a_negative_judgement_the_same_purchase_is_told_only_when_it_shows_more(
    tmp_path: Path,
) -> None:
    same = {"number": "SAMPLE-T77", "project": "样例市公安局视频存储扩容项目"}
    with open_house(tmp_path, [make_chairs(90)]) as house:
        house.poll()
        add_award(house, 1, **same)
        store = house.rooms.store
        [alert] = store.alerts.list_alerts()
        store.judgements.judge(alert["id"], Judgement.NEGATIVE, "", house.clock())
        more = [item.model_copy(update={"quantity": 96}) for item in make_award(1).items]
        add_award(house, 2, **same, items=more, supplier="样例清波科技有限公司")
        add_award(house, 3, **same, items=(*make_award(1).items, DELL))
        reasons = [reason for reason, _, _ in list_told(house)]
        assert reasons == ["FIRST_MATCH", "JUDGED_NEGATIVE", "FIRST_MATCH"]
        threads = {json.loads(one["content"])["thread"] for one in store.alerts.list_alerts()}
        assert len(threads) == 1


def test_a_judgement_of_one_purchase_says_nothing_of_another(tmp_path: Path) -> None:
    with open_house(tmp_path, [make_chairs(90)]) as house:
        house.poll()
        add_award(house, 1)
        [alert] = house.rooms.store.alerts.list_alerts()
        house.rooms.store.judgements.judge(alert["id"], Judgement.NEGATIVE, "", house.clock())
        add_award(house, 2)
        assert [reason for reason, _, _ in list_told(house)] == ["FIRST_MATCH", "FIRST_MATCH"]
