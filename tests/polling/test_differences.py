"""What differs between two versions of a notice, and how an answer says that one is gone."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.models import Capture, Document, Item, Notice, Value, Zone, ZoneKind
from monitor.polling.differences import find_withdrawal, has_no_facts, list_differences

DAY = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
NOTICE = Notice(
    url="http://portal.example/a/1.htm",
    title="样例市公安局硬盘采购项目中标公告",
    published_at=DAY,
    buyer="样例市公安局",
    suppliers=("样例云帆科技有限公司", "样例远山科技有限公司"),
    project_number="SAMPLE-1",
    value=Value(66720.0, "66720元"),
    items=(Item("监控硬盘", "希捷", "ST8000VX004", 48, "块", 1390.0),),
    zones=(
        Zone(ZoneKind.SPECIFICATION, "body", "硬盘用于视频存储。质保三年"),
        Zone(ZoneKind.BOILERPLATE, "body", "本网站由样例公司维护"),
    ),
    documents=(Document("清单.pdf", "http://portal.example/f?token=1"),),
)
TITLE = NOTICE.title
LISTS = ["http://portal.example/list/?type=1"]


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"title": "样例市公安局硬盘采购项目废标公告"}, ["title"]),
        ({"buyer": "样例市司法局"}, ["buyer"]),
        ({"suppliers": ("样例云帆科技有限公司",)}, ["suppliers"]),
        ({"items": ()}, ["items"]),
        ({"items": (replace(NOTICE.items[0], quantity=480),)}, ["items"]),
        ({"value": Value(6672.0, "6672元")}, ["amount"]),
        ({"value": None}, ["amount"]),
        ({"published_at": DAY + timedelta(days=1)}, ["published"]),
        ({"documents": ()}, ["attachments"]),
        ({"zones": (Zone(ZoneKind.FIELD, "body", "硬盘用于门禁"),)}, ["text"]),
        ({"buyer": "样例市司法局", "value": None}, ["buyer", "amount"]),
    ],
)
def test_a_changed_field_is_named(changes: dict[str, Any], fields: list[str]) -> None:
    found = list_differences(NOTICE, replace(NOTICE, **changes))
    assert [one.field for one in found] == fields


@pytest.mark.parametrize(
    "changes",
    [
        {"title": "样例市公安局 硬盘采购项目中标公告"},
        {"suppliers": ("样例远山科技有限公司", "样例云帆科技有限公司")},
        {"published_at": DAY + timedelta(minutes=5), "published_raw": "2026-11-22 12:05"},
        {"documents": (Document("清单.pdf", "http://portal.example/f?token=2"),)},
        {"zones": (*NOTICE.zones, Zone(ZoneKind.BOILERPLATE, "body", "友情链接"))},
        {"zones": (Zone(ZoneKind.FIELD, "f", "质保三年\n硬盘 用于视频存储"),)},
        {"zones": (*NOTICE.zones, Zone(ZoneKind.FIELD, "body", "浏览次数：88"))},
        {"region": "样例省", "notice_type": "中标"},
    ],
)
def test_blanks_order_chrome_and_counters_are_no_difference(changes: dict[str, Any]) -> None:
    assert list_differences(NOTICE, replace(NOTICE, **changes)) == ()


TEXTS = st.text(alphabet="样例硬盘48 ；。\n", max_size=30)


@given(st.lists(TEXTS, max_size=4))
def test_a_notice_never_differs_from_itself(texts: list[str]) -> None:
    zones = tuple(Zone(ZoneKind.FIELD, "body", text) for text in texts)
    one = replace(NOTICE, zones=zones, suppliers=tuple(texts))
    turned = replace(one, zones=zones[::-1], suppliers=tuple(texts[::-1]))
    assert list_differences(one, turned) == ()


def test_a_page_without_any_of_the_facts_is_another_page() -> None:
    empty = Notice(NOTICE.url, "提示", zones=(Zone(ZoneKind.FIELD, "body", "稍后再试"),))
    assert has_no_facts(NOTICE, empty)
    assert has_no_facts(NOTICE, replace(NOTICE, zones=()))
    assert not has_no_facts(NOTICE, replace(empty, buyer="样例市公安局"))
    assert not has_no_facts(empty, empty)


def make_answer(body: str = "", status: int = 200, final: str = NOTICE.url) -> Capture:
    found = f"<html><body>{body}</body></html>".encode()
    digest = hashlib.sha256(found).hexdigest()
    return Capture(NOTICE.url, final, DAY, status, (), found, digest)


@pytest.mark.parametrize(
    ("answer", "gone"),
    [
        (make_answer(status=404), True),
        (make_answer(status=410), True),
        (make_answer("该公告已被删除"), True),
        (make_answer("您访问的页面不存在！"), True),
        (make_answer("信息已下架"), True),
        (make_answer("Page not found"), True),
        (make_answer(final="http://portal.example/"), True),
        (make_answer(final="http://portal.example/index.html"), True),
        (make_answer(TITLE, final="http://portal.example/list/?type=1"), True),
        (make_answer(final="http://portal.example/a/"), True),
        (make_answer(TITLE), False),
        (make_answer(TITLE + "原公告已删除第三条"), False),
        (make_answer(final="https://portal.example/a/1.htm"), False),
        (make_answer(TITLE, final="http://portal.example/a/"), False),
        (make_answer("请稍后再试"), False),
        (make_answer("该公告已被删除" + "说明" * 400), False),
        (make_answer(status=403), False),
        (make_answer(status=500), False),
        (make_answer(status=502), False),
        (make_answer(final="http://portal.example/verify?back=1"), False),
    ],
)
def test_only_an_answer_that_says_so_is_a_withdrawal(answer: Capture, gone: bool) -> None:
    assert bool(find_withdrawal(answer, TITLE, LISTS)) == gone
