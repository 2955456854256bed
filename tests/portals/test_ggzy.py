"""The national platform of public resource trading: lists by day, province and stage."""

from __future__ import annotations

import json
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

import pytest
from hypothesis import given, settings
from pydantic import ValidationError

from monitor.errors import LayoutError
from monitor.models import Capture, Listing, Request, SourceState, Span
from monitor.portals.base import ListPage
from monitor.portals.ggzy import PROVINCES, GgzyPortal
from monitor.stanzas import GgzyOptions, SourceConfig
from tests.portals.captures import make_capture, read_saved_page
from tests.portals.mutations import mutate_json
from tests.portals.sitereading import ask_site, open_row, read_site
from tests.portals.sites.base import Fact, make_facts
from tests.portals.sites.ggzy import CALL, GgzySite, fact_id

SITE = "https://www.portal.example"
NOW = datetime(2026, 11, 20, 4, tzinfo=UTC)
SPAN = Span(NOW - timedelta(days=1), NOW)
PORTAL = GgzyPortal(SourceConfig(portal="ggzy", site=f"{SITE}/"))
LIST = read_saved_page("ggzy_list.json")
PATH_A = "/information/deal/html/a/330000/0203/20261120/00330f10000000000000000000000000a001.html"
ROW = Listing(
    listing_id="00330f10000000000000000000000000a001",
    url=f"{SITE}{PATH_A}",
    title="样例市公安局DNA检验试剂采购合同公告",
    published_raw="2026-11-20",
    published_at=datetime(2026, 11, 19, 16, tzinfo=UTC),
    date_only=True,
    region="浙江省",
    notice_type="采购合同",
)


def make_form(**fields: str) -> dict[str, str]:
    """Return the form of a day's first page, with more or other fields."""
    return dict(parse_qsl(PORTAL.ask_lists(SPAN)[0].body.decode())) | fields


def answer_form(text: str, **fields: str) -> Capture:
    """Return the answer to a form."""
    sent = "&".join(f"{name}={value}" for name, value in make_form(**fields).items())
    capture = make_capture(text, url=f"{SITE}{CALL}", content_type="application/json")
    return replace(capture, method="POST", sent=sent.encode(), fetched_at=NOW)


def read_list(inner: dict[str, Any], **fields: str) -> ListPage:
    """Return what is read of the saved list with other values in its data."""
    answer = json.loads(LIST)
    answer["data"] |= inner
    return PORTAL.read_listing(answer_form(json.dumps(answer), **fields))


def read_forms(requests: tuple[Request, ...]) -> list[dict[str, str]]:
    return [dict(parse_qsl(request.body.decode())) for request in requests]


def test_each_day_is_asked_for_with_what_limits_it_and_nothing_else() -> None:
    today, before = PORTAL.ask_lists(SPAN)
    assert (today.url, today.method) == (f"{SITE}{CALL}", "POST")
    assert read_forms((today,)) == [
        {
            "SOURCE_TYPE": "1",
            "DEAL_TIME": "06",
            "TIMEBEGIN": "2026-11-20",
            "TIMEEND": "2026-11-20",
            "DEAL_CLASSIFY": "02",
            "isShowAll": "1",
            "PAGENUMBER": "1",
        }
    ]
    assert read_forms((before,))[0]["TIMEBEGIN"] == "2026-11-19"
    headers = dict(today.headers)
    assert headers["Referer"] == f"{SITE}/deal/dealList.html"
    assert headers["Content-Type"].startswith("application/x-www-form-urlencoded")


@pytest.mark.parametrize(
    ("shown", "is_layout"),
    [
        (["650000", "650000"], False),
        (["650000", "330000"], False),
        (["660000", "660000"], False),  # the Corps stands in Xinjiang: rows may have either code
        (["", ""], False),
        (["330000", "110000"], True),
        (["650000", "330000", "110000", "110000"], True),
    ],
)
def test_rows_of_several_other_provinces_show_that_the_filter_was_ignored(
    shown: list[str], is_layout: bool
) -> None:
    row = json.loads(LIST)["data"]["records"][0]
    records = [row | {"province": code} for code in shown]
    with pytest.raises(LayoutError, match="DEAL_PROVINCE") if is_layout else nullcontext():
        assert len(read_list({"records": records}, DEAL_PROVINCE="650000").listings) == len(shown)
    assert len(read_list({"records": records}).listings) == len(shown)


def test_chosen_provinces_are_asked_for_one_by_one() -> None:
    options = GgzyOptions(provinces=["650000", "660000"])
    portal = GgzyPortal(SourceConfig(portal="ggzy", site=SITE, ggzy=options))
    forms = read_forms(portal.ask_lists(Span(NOW, NOW)))
    assert [form["DEAL_PROVINCE"] for form in forms] == ["650000", "660000"]


def test_all_kinds_of_trade_are_no_limit_and_not_sent() -> None:
    options = GgzyOptions(kind="00", stages=[])
    portal = GgzyPortal(SourceConfig(portal="ggzy", site=SITE, ggzy=options))
    assert "DEAL_CLASSIFY" not in read_forms(portal.ask_lists(SPAN))[0]


@pytest.mark.parametrize(
    "options",
    [{"kind": "2"}, {"kind": "01"}, {"stages": ["0101"]}, {"provinces": ["65"]}],
)
def test_codes_that_the_site_cannot_know_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        GgzyOptions(**options)


def test_what_is_older_than_a_year_is_one_request_and_said_to_be_withheld() -> None:
    requests = PORTAL.ask_lists(Span(NOW - timedelta(days=500), NOW))
    forms = read_forms(requests)
    assert len(forms) == 366
    assert (forms[-1]["TIMEBEGIN"], forms[-1]["TIMEEND"]) == ("2025-07-08", "2025-11-20")
    page = read_list({"total": 4000, "pages": 200}, **forms[-1])
    assert "one year" in page.withheld
    assert page.lists == ()
    assert page.next is not None


def test_a_row_is_read_whole_and_highlights_leave_no_blank() -> None:
    page = PORTAL.read_listing(answer_form(LIST))
    assert page.listings[0] == ROW
    assert (page.total, page.pages, page.withheld, page.lists) == (45, 3, "", ())
    assert page.span == Span(
        datetime(2026, 11, 19, 16, tzinfo=UTC), datetime(2026, 11, 20, 15, 59, 59, 999999, UTC)
    )


def test_rows_lack_what_the_site_leaves_out() -> None:
    page = PORTAL.read_listing(answer_form(LIST))
    shown = [(row.region, row.notice_type, row.date_only) for row in page.listings]
    assert shown == [
        ("浙江省", "采购合同", True),
        ("新疆维吾尔自治区样例地区", "中标公告", False),
        ("兵团", "", False),
    ]
    assert not any(row.buyer for row in page.listings)
    assert [(issue.kind, issue.field) for issue in page.issues] == [
        ("missing field", "title"),
        ("unreadable date", "published"),
        ("row without link", "url"),
    ]


def test_the_next_page_is_the_same_list() -> None:
    page = read_list({}, DEAL_PROVINCE="650000", PAGENUMBER="2")
    assert page.next is not None
    expected = make_form(DEAL_PROVINCE="650000", PAGENUMBER="3")
    assert read_forms((page.next,)) == [expected]
    assert read_list({}, PAGENUMBER="3").next is None


def test_a_day_at_the_cap_is_read_by_province() -> None:
    page = read_list({"total": 1000, "pages": 50})
    assert (page.listings, page.next, page.withheld) == ((), None, "")
    assert read_forms(page.lists) == [make_form(DEAL_PROVINCE=code) for code in PROVINCES]
    assert len(PROVINCES) == 32


def test_a_total_above_the_cap_is_at_the_cap_too() -> None:
    assert len(read_list({"total": 1598, "pages": 80}).lists) == 32


def test_the_day_of_a_province_at_the_cap_is_read_by_stage() -> None:
    page = read_list({"total": 1000, "pages": 50}, DEAL_PROVINCE="330000")
    stages = [form["DEAL_STAGE"] for form in read_forms(page.lists)]
    assert stages == ["0201", "0202", "0203", "0204"]
    assert {form["DEAL_PROVINCE"] for form in read_forms(page.lists)} == {"330000"}


def test_a_stage_of_a_province_and_day_at_the_cap_is_withheld_and_read() -> None:
    page = read_list({"total": 1000, "pages": 50}, DEAL_PROVINCE="330000", DEAL_STAGE="0201")
    assert "1000 rows" in page.withheld
    assert page.lists == ()
    assert len(page.listings) == 3
    assert page.next is not None


@pytest.mark.parametrize(
    ("fields", "lists", "withheld"),
    [
        ({}, 32, ""),
        ({"DEAL_PROVINCE": "650000", "PAGENUMBER": "7"}, 4, ""),
        ({"DEAL_PROVINCE": "650000", "DEAL_STAGE": "0202"}, 0, "1000 rows"),
    ],
)
def test_a_query_to_be_refined_is_cut_where_it_can_be(
    fields: dict[str, str], lists: int, withheld: str
) -> None:
    capture = answer_form('{"code":804,"message":"请缩小查询范围"}', **fields)
    assert PORTAL.refused(capture) is None
    page = PORTAL.read_listing(capture)
    assert len(page.lists) == lists
    assert withheld in page.withheld
    assert all(form["PAGENUMBER"] == "1" for form in read_forms(page.lists))


def test_a_day_without_notices_says_so() -> None:
    empty = read_list({"records": [], "total": 0, "pages": 0})
    assert (empty.listings, empty.total, empty.withheld, empty.next) == ((), 0, "", None)


def test_the_older_form_of_the_answer_is_read_too() -> None:
    rows = json.loads(LIST)["data"]["records"]
    answer = {"code": 200, "ttlpage": 2, "data": rows}
    page = PORTAL.read_listing(answer_form(json.dumps(answer)))
    assert page.listings[0] == ROW
    assert (page.pages, page.total, page.next is not None) == (2, None, True)
    full = PORTAL.read_listing(answer_form(json.dumps(answer | {"ttlpage": 50})))
    assert len(full.lists) == 32
    empty = PORTAL.read_listing(answer_form('{"code":200,"ttlpage":0,"data":[]}'))
    assert empty.total == 0


@pytest.mark.parametrize(
    ("code", "state", "word"),
    [
        (829, SourceState.BLOCKED, "captcha"),
        ("829", SourceState.BLOCKED, "captcha"),
        (800, SourceState.BLOCKED, "frequent"),
        (801, SourceState.DRIFTED, "parameters"),
    ],
)
def test_codes_within_an_answer_of_status_200_are_refusals(
    code: object, state: SourceState, word: str
) -> None:
    refusal = PORTAL.refused(answer_form(json.dumps({"code": code, "message": "验证码"})))
    assert refusal is not None
    assert refusal.state is state
    assert refusal.cause.startswith(f"code {code}: ")
    assert word in refusal.cause


@pytest.mark.parametrize(
    ("answer", "missing"),
    [
        ("{}", "code"),
        ('{"code":500,"message":"x"}', "not 500"),
        ('{"code":200}', "data"),
        ('{"code":200,"data":null}', "data"),
        ('{"code":200,"data":{"records":[]}}', "total"),
        ('{"code":200,"data":[]}', "ttlpage"),
        ('{"code":200,"data":{"records":[],"total":0}}', "pages"),
        ('{"code":200,"data":{"records":{},"total":5,"pages":1,"current":1}}', "records"),
        ("[]", "object"),
    ],
)
def test_an_answer_without_its_anchors_is_a_layout_error(answer: str, missing: str) -> None:
    capture = answer_form(answer)
    assert PORTAL.refused(capture) is None
    with pytest.raises(LayoutError, match=missing):
        PORTAL.read_listing(capture)


@pytest.mark.parametrize("key", ["id", "title", "url", "publishTime"])
def test_a_key_that_most_rows_lack_is_a_layout_error(key: str) -> None:
    answer = LIST.replace(f'"{key}"', '"renamed"')
    with pytest.raises(LayoutError, match=key):
        PORTAL.read_listing(answer_form(answer))


def test_the_notice_is_asked_for_by_its_own_page() -> None:
    assert PORTAL.ask_notice(ROW) == Request(f"{SITE}{PATH_A.replace('/a/', '/b/', 1)}")
    odd = replace(ROW, url=f"{SITE}/information/deal/html/a/b650000/0202/a/b/x.html")
    assert PORTAL.ask_notice(odd).url == f"{SITE}/information/deal/html/b/b650000/0202/a/b/x.html"
    assert PORTAL.ask_notice(PORTAL.read_listing(answer_form(LIST)).listings[1]).url.endswith(
        "/html/b/b650000/0202/20261120/00650f10000000000000000000000000a002.html"
    )


def test_every_row_of_a_day_above_the_cap_is_read_once() -> None:
    facts = [Fact(number=n) for n in range(1100)]
    reading = read_site(PORTAL, GgzySite(facts))
    read = [row.listing_id for page in reading.pages for row in page.listings]
    assert sorted(read) == sorted(map(fact_id, facts))
    assert not any(page.withheld for page in reading.pages)


def test_the_notices_of_the_simulated_site_are_read() -> None:
    facts = make_facts(30)
    site = GgzySite(facts)
    rows = read_site(PORTAL, site).rows
    assert rows.keys() == set(map(fact_id, facts))
    for fact in facts:
        row, capture = rows[fact_id(fact)]
        notice = open_row(PORTAL, site, row, capture)
        assert (notice.title, notice.buyer) == (fact.title, fact.buyer)
        assert (notice.published_at, notice.date_only) == (fact.published, False)
        purchase = PORTAL.read_notice(ask_site(site, Request(row.url)), row)
        assert purchase.project_number == fact.project


def test_the_block_of_the_simulated_site_is_refused() -> None:
    site = GgzySite(make_facts(3), blocked=True)
    for request in (*PORTAL.ask_lists(SPAN), PORTAL.ask_notice(ROW)):
        refusal = PORTAL.refused(ask_site(site, request))
        assert refusal is not None
        assert refusal.state is SourceState.BLOCKED


@given(mutate_json(LIST))
@settings(deadline=None)
def test_a_changed_list_gives_rows_or_a_layout_error(text: str) -> None:
    capture = answer_form(text)
    if PORTAL.refused(capture) is not None:
        return
    try:
        page = PORTAL.read_listing(capture)
    except LayoutError:
        return
    assert all(row.listing_id and row.url and row.title for row in page.listings)
