"""zcy: the answer for one notice."""

from __future__ import annotations

import json
from contextlib import nullcontext, suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given

from monitor.errors import LayoutError
from monitor.models import Capture, Listing, Notice, Tag
from monitor.portals.zcy import ZcyPortal
from monitor.stanzas import SourceConfig, ZcyOptions
from tests.portals.captures import make_capture, read_saved_page
from tests.portals.mutations import mutate_json

SITE = "http://www.portal.example"
PORTAL = ZcyPortal(SourceConfig(portal="zcy", site=SITE, zcy=ZcyOptions(parent="3661")))
DETAIL = read_saved_page("zcy_detail.json")
ROW = Listing(
    listing_id="q9Xs+Ya9/sqZiYbm5sKeVqQ==",
    url=f"{SITE}/site/detail?parentId=3661&articleId=q9Xs%2BYa9%2FsqZiYbm5sKeVqQ%3D%3D",
    title="样例市公安局执法记录仪采购项目的终止公告",
    published_raw="1795226400000",
    published_at=datetime(2026, 11, 21, 2, tzinfo=UTC),
    notice_type="采购结果公告",
)
AWARDED = replace(ROW, title="样例市公安局执法记录仪采购项目中标（成交）结果公告")


def answer_detail(**changes: Any) -> Capture:
    """Return the answer for a notice with other values in its data; ... leaves a key out."""
    answer = json.loads(DETAIL)
    shown = answer["result"]["data"] | changes
    answer["result"]["data"] = {key: value for key, value in shown.items() if value is not ...}
    return make_capture(json.dumps(answer), url=PORTAL.ask_notice(ROW).url)


def read_detail(**changes: Any) -> Notice:
    return PORTAL.read_notice(answer_detail(**changes), AWARDED)


def test_a_notice_is_read_with_what_only_the_answer_knows() -> None:
    notice = read_detail()
    assert (notice.buyer, notice.suppliers) == ("样例市公安局", ("样例云帆科技有限公司",))
    assert notice.project_number == "E450002866"
    assert notice.value is not None
    assert notice.value.amount == 569_800
    assert [(i.brand, i.model, i.quantity) for i in notice.items] == [("样例牌", "DSJ-9", 48)]
    assert [(d.name, d.url) for d in notice.documents] == [
        ("中小企业声明函.pdf", "https://files.portal.example/z/1.pdf"),
        ("需求.docx", f"{SITE}/oss/需求.docx"),
    ]
    assert (notice.url, notice.issues) == (ROW.url, ())
    assert notice.published_at == datetime(2026, 11, 21, 2, tzinfo=UTC)


def test_the_type_in_the_title_goes_before_that_of_the_list_trap_20() -> None:
    assert PORTAL.read_notice(answer_detail(), ROW).tag is Tag.CANCELLATION
    assert read_detail().tag is Tag.AWARD


@pytest.mark.parametrize(
    ("changes", "tag"),
    [
        ({}, Tag.AWARD),
        ({"categoryNames": None}, Tag.AWARD),
        ({"categoryNames": ["采购公告", "采购合同公告"]}, Tag.CONTRACT),
    ],
)
def test_a_bare_title_has_the_kind_of_its_category_or_of_its_place_in_the_purchase(
    changes: dict[str, Any], tag: Tag
) -> None:
    row = replace(ROW, title="样例市公安局执法记录仪采购项目", notice_type="")
    assert PORTAL.read_notice(answer_detail(**changes), row).tag is tag


def test_a_publisher_is_never_the_buyer_of_a_notice() -> None:
    notice = read_detail(purchaseName=None, author="样例县看守所")
    assert notice.buyer == "样例市公安局"  # as its title begins
    assert notice.procuring_entity == ""


def test_what_the_text_says_itself_is_not_said_again() -> None:
    text = (
        "<p>项目编号：E450002866</p><p>预算金额：90万元</p><p>中标供应商：样例乙公司</p>"
        "<p>中标金额：88万元</p>"
    )
    notice = read_detail(content=text)
    assert notice.value is not None
    assert notice.value.amount == 880_000
    assert sum("E450002866" in zone.text for zone in notice.zones) <= 1


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        ({"content": ...}, "content"),
        ({"content": "<style>p{}</style>", "attachmentList": None}, "text of a notice"),
    ],
)
def test_an_answer_without_content_is_a_layout_error(changes: dict[str, Any], missing: str) -> None:
    with pytest.raises(LayoutError, match=missing):
        read_detail(**changes)


@pytest.mark.parametrize(
    ("asked", "answered", "is_right"),
    [
        (ROW.listing_id, ROW.listing_id, True),
        (ROW.listing_id, None, True),
        (
            "1256574",
            "b3Rs+Ya9sqZiYbm5sKeVqQ==",
            True,
        ),  # an old row has a number, its answer has not
        (ROW.listing_id, "b3Rs+Ya9sqZiYbm5sKeVqQ==", False),
    ],
)
def test_the_answer_for_another_notice_is_a_layout_error(
    asked: str, answered: str | None, is_right: bool
) -> None:
    row = replace(AWARDED, listing_id=asked)
    with nullcontext() if is_right else pytest.raises(LayoutError, match="articleId"):
        assert PORTAL.read_notice(answer_detail(articleId=answered), row).buyer


@pytest.mark.parametrize(
    ("files", "names", "kinds"),
    [
        ('[{"name":"甲.pdf","path":"/f/1.pdf"}]', ["甲.pdf"], []),
        ({"name": "甲.pdf", "path": "/f/1.pdf"}, [], ["unknown form"]),
        ("甲.pdf", [], ["unknown form"]),
        ("[]", [], []),
        ("", [], []),
        (None, [], []),
    ],
)
def test_files_that_are_no_list_are_never_lost_in_silence(
    files: Any, names: list[str], kinds: list[str]
) -> None:
    notice = read_detail(attachmentList=files)
    listed = [one.name for one in notice.documents if one.name != "需求.docx"]
    assert (listed, [issue.kind for issue in notice.issues]) == (names, kinds)
    assert notice.items_elsewhere >= bool(kinds)


def test_a_notice_that_is_nothing_but_its_files_says_so() -> None:
    notice = read_detail(content="")
    assert [issue.kind for issue in notice.issues] == ["no content"]
    assert [document.name for document in notice.documents] == ["中小企业声明函.pdf"]
    assert notice.items_elsewhere


@given(mutate_json(DETAIL))
def test_a_changed_notice_is_read_or_a_layout_error(text: str) -> None:
    capture = make_capture(text, url=PORTAL.ask_notice(ROW).url)
    PORTAL.refused(capture)
    with suppress(LayoutError):
        PORTAL.read_notice(capture, ROW)
