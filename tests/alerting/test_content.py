"""The content of an alert: complete, plain, private."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from monitor.alerting.content import MOST_HITS, MOST_ITEMS, sort_hits
from monitor.models import (
    Feature,
    Item,
    Notice,
    Organ,
    Reason,
    Severity,
    Stance,
    Strength,
    ZoneKind,
)
from tests.alerting.samples import HIT, MATCH, MENTION, NOTICE, make_content
from tests.screening.samples import load_screener, make_notice


def test_content_survives_json() -> None:
    content = make_content()
    assert json.loads(json.dumps(content)) == content


def test_hits_that_alert_come_first_and_strong_ones_before_others() -> None:
    medium = replace(HIT, strength=Strength.MEDIUM)
    vendor = replace(HIT, stance=Stance.VENDOR)
    harmless = replace(HIT, stance=Stance.COMPATIBLE)
    assert sort_hits([harmless, MENTION, vendor, medium, HIT]) == [
        HIT, medium, vendor, MENTION, harmless,
    ]  # fmt: skip


def test_items_that_hits_touch_come_first_and_the_rest_is_counted() -> None:
    items = tuple(Item(f"硬盘{n}") for n in range(15))
    hits = (replace(HIT, field="items[12].model"), replace(HIT, field="items[99].model"))
    content = make_content(replace(NOTICE, items=items), replace(MATCH, hits=hits))
    shown = [(item["number"], item["name"]) for item in content["items"]]
    assert shown[:2] == [(13, "硬盘12"), (1, "硬盘0")]
    assert len(content["items"]) == MOST_ITEMS
    assert content["items_more"] == 5


def test_many_hits_are_cut_and_counted() -> None:
    hits = [
        replace(HIT, entry=f"e{entry}", field=f"items[{n}].brand")
        for entry in range(30)
        for n in range(4)
    ]
    content = make_content(match=replace(MATCH, hits=tuple(hits)))
    assert len(content["hits"]) == MOST_HITS
    assert content["hits_more"] == 120 - MOST_HITS
    assert len({hit["entry"] for hit in content["hits"]}) == 30


def test_the_same_words_in_the_same_place_are_told_once() -> None:
    content = make_content(match=replace(MATCH, hits=(HIT,) * 20))
    assert len(content["hits"]) == 1
    assert content["hits_more"] == 0


def test_of_one_brand_and_stance_three_places_are_kept() -> None:
    hits = tuple(replace(HIT, field=f"items[{n}].brand") for n in range(9))
    content = make_content(match=replace(MATCH, hits=(*hits, MENTION)))
    assert [hit["stance"] for hit in content["hits"]] == ["supplied"] * 3 + ["reference"]
    assert content["hits_more"] == 6


@pytest.mark.parametrize(
    ("stances", "products"),
    [
        ((Stance.SUPPLIED, Stance.REFERENCE), ["e0"]),
        ((Stance.EXCLUDED, Stance.VENDOR, Stance.SPECIFIED), ["e2", "e1"]),
        ((Stance.COMPATIBLE, Stance.MINIMUM, Stance.AMBIGUOUS), ["e1", "e2"]),
        ((Stance.COMPATIBLE, Stance.EXCLUDED, Stance.REPLACED, Stance.NAME), []),
    ],
)
def test_products_are_the_brands_that_made_the_verdict(
    stances: tuple[Stance, ...], products: list[str]
) -> None:
    hits = tuple(replace(HIT, entry=f"e{n}", stance=stance) for n, stance in enumerate(stances))
    assert make_content(match=replace(MATCH, hits=hits))["products"] == products


def test_the_word_for_which_an_unread_notice_is_told_is_kept() -> None:
    screener = load_screener()
    match = screener.screen(make_notice(title="青禾市公安局DNA实验室耗材采购公告"))
    assert match.reason is Reason.NOT_CHECKABLE
    assert make_content(match=match)["telling_purchase"].startswith("DNA")
    assert make_content()["telling_purchase"] == ""


@pytest.mark.parametrize(
    ("published_at", "date_only", "published"),
    [
        (datetime(2026, 11, 20, 9, 52, tzinfo=UTC), False, "2026-11-20T17:52:00+08:00"),
        (datetime(2026, 11, 19, 16, 0, tzinfo=UTC), True, "2026-11-20"),
        (datetime(2026, 11, 20, 17, 0, tzinfo=UTC), False, "2026-11-21T01:00:00+08:00"),
        (None, False, None),
    ],
)
def test_times_are_those_of_china(
    published_at: datetime | None, date_only: bool, published: str | None
) -> None:
    notice = replace(NOTICE, published_at=published_at, date_only=date_only)
    assert make_content(notice)["published"] == published


@pytest.mark.parametrize(
    ("day", "listed"),
    [
        (datetime(2019, 10, 8, 15, 59, tzinfo=UTC), []),
        (datetime(2019, 10, 8, 16, 0, tzinfo=UTC), ["BIS Entity List 2019-10-09"]),
    ],
)
def test_lists_are_those_of_the_notice_s_day_in_china(day: datetime, listed: list[str]) -> None:
    name = "新疆维吾尔自治区公安厅"
    organ = Organ(name, "Xinjiang Public Security Department", "psb", Severity.CORE, "", "buyer")
    notice = replace(NOTICE, buyer=name, published_at=day)
    content = make_content(notice, replace(MATCH, organ=organ))
    assert content["buyer"]["listed"] == listed


def test_an_end_user_is_told_with_the_buyer_on_paper() -> None:
    notice = replace(NOTICE, buyer="云岭市财政局", end_user="云岭市公安局")
    organ = Organ("云岭市公安局", "Yunling PSB", "psb", Severity.CORE, "", "end user")
    buyer = make_content(notice, replace(MATCH, organ=organ))["buyer"]
    assert (buyer["name"], buyer["where"]) == ("云岭市公安局", "end user")
    assert buyer["formal"]["name"] == "云岭市财政局"


def test_without_organ_the_buyer_is_the_notice_s_own() -> None:
    buyer = make_content(match=replace(MATCH, organ=None))["buyer"]
    assert (buyer["name"], buyer["agency"], buyer["formal"]) == ("云岭市公安局", "", None)


def test_unknown_things_are_none_and_not_empty_guesses() -> None:
    content = make_content(Notice(url="http://example.cn/", title="公告"))
    assert content["value"] is None
    assert content["published"] is None
    assert content["suppliers"] == []
    assert (content["tag"], content["stage_en"]) == ("", "")


def test_a_brand_that_left_the_watchlist_keeps_its_entry_as_name() -> None:
    content = make_content(match=replace(MATCH, hits=(replace(HIT, entry="gone"),)))
    assert content["hits"][0]["name"] == "gone"


def test_nothing_private_gets_into_a_content() -> None:
    private = "联系人：张〇〇，电话：13812345678，邮箱 a.b@example.cn，0871-63123456"
    notice = replace(
        NOTICE, title=private, buyer=private, suppliers=(private,), items=(Item(private),)
    )
    hit = replace(HIT, kind=ZoneKind.SPECIFICATION, quote=private)
    features = (Feature("organ", 0.4, private),)
    organ = replace(MATCH.organ, name=private) if MATCH.organ else None
    match = replace(MATCH, hits=(hit,), features=features, organ=organ)
    told = json.dumps(make_content(notice, match), ensure_ascii=False)
    for secret in ("13812345678", "example.cn，", "a.b@", "63123456", "张〇〇"):
        assert secret not in told


@pytest.mark.parametrize(
    ("alias", "title", "english"),
    [
        (
            "希捷",
            "样例市公安局希捷硬盘采购公告",
            "Procurement notice: Seagate Technology hard disk",
        ),
        (
            "希捷8TB",
            "样例市公安局希捷8TB硬盘采购公告",
            "Procurement notice: Seagate Technology 8 TB hard disk",
        ),
        ("IBM小型机", "样例市公安局IBM小型机采购公告", "Procurement notice: IBM minicomputers"),
    ],
)
def test_a_brand_in_a_title_has_its_english_name_and_nothing_is_lost(
    alias: str, title: str, english: str
) -> None:
    hit = replace(HIT, alias=alias, field="title", quote=title)
    content = make_content(replace(NOTICE, title=title), replace(MATCH, hits=(hit,)))
    assert content["title_en"].startswith(english)


def test_several_makers_are_all_named() -> None:
    item = Item("硬盘", "希捷、东芝", "500人份/盒")
    hits = (replace(HIT, field="items[0].brand"),)
    content = make_content(replace(NOTICE, items=(item,)), replace(MATCH, hits=hits))
    assert content["items"][0]["brand_en"] == "Seagate Technology, Toshiba"
    assert content["items"][0]["model_en"] == "500 tests per box"


def test_a_text_that_is_mostly_unknown_has_no_english() -> None:
    item = Item("硬盘", "", "魑魅魍魉饕餮硬盘")
    content = make_content(replace(NOTICE, items=(item,)))
    assert content["items"][0]["model_en"] == ""


def test_the_agent_and_the_kind_of_organ_are_told_in_english() -> None:
    content = make_content(replace(NOTICE, procuring_entity="新疆虚构招标代理有限公司"))
    assert content["agent"]["name_en"] == "Xinjiang ‹Xugou› Tendering Agency Co., Ltd."
    assert content["buyer"]["agency_en"] == "Public Security Bureau"
    assert make_content()["agent"] is None
