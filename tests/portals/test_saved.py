"""Saved answers of any portal: JSON around a page, fragments, pages of exchanges."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.errors import LayoutError
from monitor.models import Notice, Tag
from monitor.portals.saved import read_saved
from monitor.sample.notices import Publication, load_notices
from monitor.sample.pages import render_detail
from tests.portals.captures import NOW, read_saved_page

BODY = (
    "<blockquote style='display: none'>旧模板 样例戴尔</blockquote>"
    "<div class='noticeArea'><p>一、项目编号：<span>S-2024-09</span></p><p>采购人：样例市公安局</p>"
    "<p>供应商名称：样例甲公司</p><p>中标金额：1.5万元</p></div>"
)
TITLE = "样例市公安局服务器采购项目中标公告"
AT = datetime(2024, 1, 2, 1, 30, tzinfo=UTC)


def zcy() -> object:
    return {
        "success": True,
        "result": {
            "data": {
                "title": TITLE,
                "author": "样例招标公司",
                "projectCode": "S-2024-09",
                "publishDate": int(AT.timestamp() * 1000),
                "categoryNames": ["采购公告"],
                "content": BODY,
                "attachmentList": None,
            }
        },
    }


def freecms() -> object:
    row = {
        "title": TITLE,
        "noticeTime": "2024-01-02 09:30:00",
        "content": BODY,
        "purchaser": "样例市公安局",
    }
    return {"code": "200", "data": {**row, "openTenderCode": "S-2024-09"}}


@pytest.mark.parametrize("answer", [zcy(), freecms(), {"data": [{"title": TITLE, "html": BODY,
    "publishTime": "2024-01-02 09:30"}]}], ids=["zcy", "freecms", "list"])  # fmt: skip
def test_a_json_answer_gives_the_notice_inside_it(answer: object) -> None:
    notice = read_saved(json.dumps(answer, ensure_ascii=False).encode(), {})
    assert (notice.title, notice.tag) == (TITLE, Tag.AWARD)
    assert (notice.buyer, notice.suppliers) == ("样例市公安局", ("样例甲公司",))
    assert notice.project_number == "S-2024-09"
    assert notice.published_at == AT
    assert notice.value is not None
    assert notice.value.amount == 15_000
    assert all("戴尔" not in zone.text for zone in notice.zones)


def test_a_number_that_stands_only_in_a_field_is_taken() -> None:
    answer = {"title": TITLE, "projectCode": "S-77", "content": "<p>正文，无编号</p>"}
    assert read_saved(json.dumps(answer).encode(), {}).project_number == "S-77"


EXCHANGE = read_saved_page("saved_exchange.html")


def test_a_page_of_the_trading_platforms_is_read() -> None:
    notice = read_saved(EXCHANGE.encode(), {})
    assert (notice.tag, notice.buyer, notice.suppliers) == (
        Tag.CONTRACT,
        "样例市公安局",
        ("样例甲公司",),
    )
    assert notice.published_at == AT
    assert notice.value is not None
    assert notice.value.amount == 368_000


def read_fragment(text: str, **listing: str) -> Notice:
    return read_saved(text.encode("gb18030"), listing)


def test_a_fragment_takes_from_its_row_what_it_does_not_say() -> None:
    notice = read_fragment(
        "<p>项目编号：S-1</p>",
        title=f"<font color=red>样例</font>{TITLE}",
        date="2024-01-02 09:30",
        buyer="样例市公安局,样例市公安局",
        region="样例省",
    )
    assert notice.title == f"样例{TITLE}"
    assert (notice.published_at, notice.buyer, notice.region) == (AT, "样例市公安局", "样例省")


@pytest.mark.parametrize("made", load_notices()[:12], ids=lambda notice: str(notice.id))
def test_a_saved_page_says_the_same_as_the_portal_read(made: object) -> None:
    publication = Publication(made, NOW)  # type: ignore[arg-type]
    notice = read_saved(render_detail(publication).encode(), {})
    assert notice.title == publication.notice.title
    assert notice.buyer == publication.notice.buyer
    assert notice.project_number == publication.notice.number


@pytest.mark.parametrize("body", [b"", b" ", b"{}", b"<html></html>", b'{"data": {"content": ""}}'])
def test_an_answer_without_any_text_is_a_layout_error(body: bytes) -> None:
    with pytest.raises(LayoutError):
        read_saved(body, {"title": TITLE})


@pytest.mark.parametrize("body", [b"[" * 100_000, b"{broken json", b'{"a": ' + b"9" * 5000 + b"}"])
def test_broken_json_is_read_as_a_page(body: bytes) -> None:
    assert read_saved(body, {"title": TITLE}).title == TITLE


def test_a_page_too_large_to_read_says_so_in_its_issues() -> None:
    page = "<p>采购人：样例市公安局</p>" + "<p>甲</p>" * 20_000
    notice = read_saved(page.encode(), {"title": TITLE})
    assert notice.buyer == "样例市公安局"
    assert [issue.kind for issue in notice.issues if issue.field == "page"] == ["left out"]


def test_a_title_without_end_is_cut_and_said() -> None:
    notice = read_saved("<p>正文</p>".encode(), {"title": TITLE * 200})
    assert len(notice.title) == 1000
    assert any("title" in issue.raw for issue in notice.issues if issue.kind == "left out")


@pytest.mark.parametrize(
    "markup",
    ["<nav>", "<table><tr><td>", "<td rowspan=9999 colspan=9999>", "<p hidden>", "<a href=x>"],
)
def test_a_page_of_nothing_but_one_tag_ends_as_a_notice(markup: str) -> None:
    page = f"<p>采购人：样例市公安局</p>{markup * 3000}正文"
    assert read_saved(page.encode(), {"title": TITLE}).buyer == "样例市公安局"


@given(st.binary(max_size=300))
@settings(max_examples=150, deadline=None)
def test_any_bytes_are_a_notice_or_a_layout_error(body: bytes) -> None:
    with suppress(LayoutError):
        assert isinstance(read_saved(body, {}), Notice)
