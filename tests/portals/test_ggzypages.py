"""Both pages of the national platform: a notice of its own, and a purchase with its notices."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.errors import LayoutError
from monitor.models import Document, Listing, Notice, SourceState, Tag
from monitor.portals.ggzy import GgzyPortal
from monitor.stanzas import SourceConfig
from tests.kit.damage import EDITS, Edit, apply_edits
from tests.portals.captures import make_capture, read_saved_page

SITE = "https://www.portal.example"
PORTAL = GgzyPortal(SourceConfig(portal="ggzy", site=SITE))
PATH = "/330000/0203/20261120/00330f10000000000000000000000000a001.html"
OWN = f"{SITE}/information/deal/html/b{PATH}"
ROW = Listing(
    listing_id="00330f10000000000000000000000000a001",
    url=f"{SITE}/information/deal/html/a{PATH}",
    title="样例市公安局DNA检验试剂采购合同公告",
    published_raw="2026-11-20",
    region="浙江省",
    notice_type="采购合同",
)


def read_page(name: str, row: Listing = ROW) -> Notice:
    """Return the notice of a saved page."""
    capture = make_capture(read_saved_page(name), url=PORTAL.ask_notice(row).url)
    assert PORTAL.refused(capture) is None
    return PORTAL.read_notice(capture, row)


def test_a_table_of_labels_gives_the_fields_of_a_contract() -> None:
    notice = read_page("ggzy_contract.html")
    assert (notice.title, notice.tag, notice.buyer) == (ROW.title, Tag.CONTRACT, "样例市公安局")
    assert notice.suppliers == ("样例云帆科技有限公司",)
    assert notice.value is not None
    assert notice.value.amount == 569800
    assert (notice.url, notice.region) == (ROW.url, "浙江省")


def test_the_day_of_signing_is_not_that_of_publication() -> None:
    assert read_page("ggzy_contract.html").published_raw == "2026-11-20"


def test_trap_24_a_framework_contract_of_nought_yuan_has_no_value() -> None:
    text = read_saved_page("ggzy_contract.html").replace("569800元", "0元")
    notice = PORTAL.read_notice(make_capture(text, url=OWN), ROW)
    assert notice.value is None
    assert notice.buyer == "样例市公安局"


@pytest.mark.parametrize("name", ["ggzy_contract.html", "ggzy_free.html", "ggzy_purchase.html"])
def test_trap_33_the_rests_of_other_notices_are_not_read(name: str) -> None:
    notice = read_page(name)
    shown = " ".join([*(zone.text for zone in notice.zones), repr(replace(notice, zones=()))])
    assert "税务局" not in shown
    assert "2024" not in shown
    assert "001428" not in shown


def test_a_notice_in_free_form_is_read_with_its_attachments() -> None:
    notice = read_page("ggzy_free.html", replace(ROW, title="", notice_type="采购/资审公告"))
    assert notice.title == "样例地区看守所监控设备采购项目中标(成交)结果公告"
    assert (notice.buyer, notice.procuring_entity) == ("样例地区看守所", "样例招标代理有限公司")
    assert notice.published_at == datetime(2026, 11, 20, 10, 39, tzinfo=UTC)
    assert not notice.date_only
    assert notice.project_number == "YL-2026-077"
    assert [(item.brand, item.model, item.quantity) for item in notice.items] == [
        ("希捷", "ST8000VX004", 48)
    ]
    assert notice.value is not None
    assert notice.value.amount == 66720
    assert [(document.name, document.url) for document in notice.documents] == [
        ("采购需求.docx", f"{SITE}/information/files/need.docx"),
        ("中标明细.pdf", "https://jyzx.example/down?id=7"),
    ]


def test_trap_20_the_title_says_the_type_before_the_tab() -> None:
    assert read_page("ggzy_free.html", replace(ROW, notice_type="采购/资审公告")).tag is Tag.AWARD


def test_the_page_of_a_purchase_gives_its_number_and_where_the_notice_is() -> None:
    notice = read_page("ggzy_purchase.html")
    assert notice.project_number == "330521253680050000027-YL-2026"
    assert notice.documents == (Document(ROW.title, OWN),)
    assert notice.items_elsewhere
    assert notice.tag is Tag.CONTRACT


def test_the_page_of_another_purchase_points_nowhere() -> None:
    notice = read_page("ggzy_purchase.html", replace(ROW, url=f"{SITE}/html/a/1/0201/2/3.html"))
    assert notice.documents == ()
    assert notice.items_elsewhere


def test_a_notice_without_any_text_cannot_be_checked_and_says_so() -> None:
    text = read_saved_page("ggzy_contract.html")
    start, stop = text.index("<table"), text.index("</table>")
    capture = make_capture(text[:start] + text[stop:], url=OWN)
    notice = PORTAL.read_notice(capture, ROW)
    assert notice.items_elsewhere
    assert ("left out", "the notice has no text of its own") in [
        (issue.kind, issue.raw) for issue in notice.issues
    ]


@pytest.mark.parametrize(
    "text",
    [
        "<html><body><h4 class='h4_o'>样例市公安局采购</h4><p>正文</p></body></html>",
        "<html><body><div class='banner'>首页</div></body></html>",
    ],
)
def test_a_page_of_neither_design_is_a_layout_error(text: str) -> None:
    with pytest.raises(LayoutError, match="mycontent"):
        PORTAL.read_notice(make_capture(text), ROW)


def test_a_notice_cut_off_is_refused_as_partial() -> None:
    text = read_saved_page("ggzy_free.html")
    refusal = PORTAL.refused(make_capture(text[: len(text) // 2], url=f"{SITE}/html/b/x.html"))
    assert refusal is not None
    assert refusal.state is SourceState.PARTIAL


EDIT = st.builds(
    Edit,
    st.sampled_from(list(EDITS)),
    st.floats(0, 1, exclude_max=True),
    st.floats(0, 1),
    st.integers(0, 2**32 - 1),
)


@given(
    st.sampled_from(["ggzy_contract.html", "ggzy_free.html", "ggzy_purchase.html"]),
    st.lists(EDIT, max_size=3),
)
@settings(deadline=None, max_examples=60)
def test_a_damaged_notice_is_read_or_a_layout_error(name: str, edits: list[Edit]) -> None:
    body = apply_edits(read_saved_page(name).encode(), edits)
    try:
        notice = PORTAL.read_notice(make_capture(body, url=OWN), ROW)
    except LayoutError:
        return
    assert notice.title
