"""The invented notices and the layouts that show them."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime

import pytest
from bs4 import BeautifulSoup
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.models import Verdict
from monitor.sample.notices import AWARD_CHANNELS, Publication, SampleNotice, load_notices
from monitor.sample.pages import render_detail, render_list
from monitor.yamlfile import Model

AT = datetime(2026, 6, 1, 1, 30, tzinfo=UTC)
NOTICES = load_notices()
BY_ID = {notice.id: notice for notice in NOTICES}
LAYOUTS = {
    layout: next(notice for notice in NOTICES if notice.layout == layout)
    for layout in ("zcy", "pairs", "cells", "word", "prose", "area")
}
every_notice = pytest.mark.parametrize("notice", NOTICES, ids=lambda notice: str(notice.id))


def make_soup(notice: SampleNotice) -> BeautifulSoup:
    return BeautifulSoup(render_detail(Publication(notice, AT)), "lxml")


def read_body(notice: SampleNotice) -> str:
    found = make_soup(notice).select_one("div.vF_detail_content")
    assert found is not None
    return found.get_text("")


def change_notice(notice: Model, **changes: object) -> SampleNotice:
    return SampleNotice.model_validate(notice.model_dump() | changes)


def test_two_full_pages_come_first_and_six_notices_later() -> None:
    assert Counter(notice.later for notice in NOTICES) == {False: 40, True: 6}


def test_ids_and_ages_are_unique() -> None:
    ages = [notice.minutes_ago for notice in NOTICES if not notice.later]
    assert len(set(BY_ID)) == len(NOTICES)
    assert len(set(ages)) == len(ages)


def test_each_verdict_is_shown_and_most_notices_earn_none() -> None:
    first = Counter(notice.verdict for notice in NOTICES if not notice.later)
    later = Counter(notice.verdict for notice in NOTICES if notice.later)
    assert (first[Verdict.ALERT], first[Verdict.REVIEW], first[Verdict.NONE]) == (3, 3, 34)
    assert (later[Verdict.ALERT], later[Verdict.REVIEW]) == (5, 1)


@every_notice
def test_a_notice_is_of_an_invented_place_throughout(notice: SampleNotice) -> None:
    assert notice.title.startswith("【样例】样例")
    assert notice.buyer.startswith("样例")
    assert notice.number.startswith("SAMPLE-")
    assert re.fullmatch(r"(样例.+有限公司)?", notice.supplier)
    assert re.fullmatch(r"样例.+有限公司", notice.agent)


@every_notice
def test_no_page_names_a_person_or_a_telephone_number(notice: SampleNotice) -> None:
    page = make_soup(notice).get_text("").replace("0000-0000000", "〇")
    assert not re.search(r"\d{3,4}-\d{7,8}|(?<!\d)1\d{10}(?!\d)", page)
    # Masked in every place where the portal it follows prints a name.
    for label in ("项目联系人", "评审专家名单", "评审小组名单："):
        assert not re.search(label + r"[：\s]*[^〇：\s]", page), label


@every_notice
def test_a_body_shows_every_fact_of_its_notice(notice: SampleNotice) -> None:
    body = read_body(notice)
    facts = [notice.number, notice.project, notice.agent, *notice.text, notice.note]
    facts += [fact for item in notice.items for fact in (item.name, item.brand, item.model)]
    # The one-column layout names its buyer in the summary only.
    facts += [] if notice.layout == "pairs" else [notice.buyer]
    assert [fact for fact in facts if fact not in body] == []


@every_notice
def test_verdict_and_purpose_stand_on_no_page(notice: SampleNotice) -> None:
    page = render_detail(Publication(notice, AT))
    assert notice.shows not in page
    assert ">alert<" not in page


@pytest.mark.parametrize("notice", [n for n in NOTICES if n.channel in AWARD_CHANNELS])
def test_an_award_names_a_supplier_and_a_sum_of_its_items(notice: SampleNotice) -> None:
    assert notice.supplier in read_body(notice)
    assert notice.total == sum(item.quantity * item.unit_price for item in notice.items) > 0


def test_the_cancellation_shares_the_number_of_its_tender() -> None:
    numbers = Counter(notice.number for notice in NOTICES)
    shared = [notice.channel for notice in NOTICES if numbers[notice.number] > 1]
    assert shared == ["gkzb", "fblbgg"]


def test_word_cuts_a_brand_that_the_reader_must_join() -> None:
    for ident, brand in ((9000043, "普洛麦格"), (9000011, "FLIR")):
        html = render_detail(Publication(BY_ID[ident], AT))
        assert brand not in html
        assert brand in BeautifulSoup(html, "lxml").get_text("")


@pytest.mark.parametrize("layout", ["zcy", "pairs", "cells", "word", "prose"])
def test_a_table_summary_repeats_the_buyer(layout: str) -> None:
    soup = make_soup(LAYOUTS[layout])
    labels = ["".join(cell.get_text().split()) for cell in soup.select("div.table td.title")]
    assert labels.count("采购单位") == 2


def test_the_one_column_layout_spaces_a_label_and_repeats_ids_and_buyers() -> None:
    soup = make_soup(LAYOUTS["pairs"])
    assert "总中标金 额" in soup.get_text()
    assert len(soup.select("table#NoticeDetail")) == 2
    assert "{0},{0}".format(LAYOUTS["pairs"].buyer) in soup.get_text()


def test_the_notice_area_has_anchors_and_no_summary() -> None:
    soup = make_soup(LAYOUTS["area"])
    buyer = soup.select_one("#noticeArea div.protect span.noticePurchase-purchaserOrgName")
    assert buyer is not None
    assert buyer.get_text() == LAYOUTS["area"].buyer
    assert not soup.select("div.table")


def test_zcy_marks_the_supplier_and_the_price_by_class() -> None:
    soup = make_soup(LAYOUTS["zcy"])
    row = soup.select("table[class*=AM014zbcj0001] tbody td")
    assert [cell.get_text() for cell in row][1] == LAYOUTS["zcy"].supplier
    assert row[3].get_text() == "总价形式报价:435500.00(元)"


def test_the_box_beside_a_notice_names_brands_that_are_not_its_own() -> None:
    asides = [Publication(notice, AT) for notice in NOTICES if notice.aside]
    chairs = Publication(BY_ID[9000016], AT)
    soup = BeautifulSoup(render_detail(chairs, asides), "lxml")
    box = soup.select_one("div.vF_detail_relcontent")
    assert box is not None
    assert "希捷" in box.get_text()
    assert "希捷" not in read_body(chairs.notice)


@pytest.mark.parametrize(
    ("channel", "layout"),
    [("gkzb", "zcy"), ("gzgg", "word"), ("zbgg", "prose"), ("fblbgg", "pairs")],
)
def test_a_layout_refuses_a_stage_it_cannot_show(channel: str, layout: str) -> None:
    with pytest.raises(ValueError, match=f"{layout} does not write a {channel}"):
        change_notice(NOTICES[0], channel=channel, layout=layout)


printable = st.text(st.characters(categories=("L", "N", "P", "S")), min_size=1, max_size=40)


@given(text=printable, layout=st.sampled_from(sorted(LAYOUTS)))
@settings(max_examples=150, deadline=None)
def test_any_text_comes_back_as_text_and_never_as_markup(text: str, layout: str) -> None:
    notice = change_notice(LAYOUTS[layout], project=text, buyer=text, number=text)
    publication = Publication(notice, AT)
    assert read_body(notice).count(text) >= 2
    link = BeautifulSoup(render_list([publication], 0, 1), "lxml").select("ul.c_list_bid a")
    assert [str(one["title"]) for one in link] == [notice.title]
