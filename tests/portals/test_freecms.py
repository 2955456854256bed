"""freecms: rows that carry their notice or an excerpt of it, and pages of notices."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.errors import LayoutError
from monitor.models import Capture, Listing, SourceState, Span, Tag
from monitor.portals.base import ListPage
from monitor.portals.freecms import FreecmsPortal
from monitor.portals.jsonrows import read_query
from monitor.stanzas import CmsOptions, SourceConfig
from tests.kit.damage import EDITS, Edit, apply_edits
from tests.portals.captures import make_capture, read_saved_page
from tests.portals.mutations import mutate_json
from tests.portals.sites.base import NOON, Anchor, make_facts, serve_site
from tests.portals.sites.freecms import CHANNEL, FreecmsSite
from tests.portals.walking import ask_site, make_portal, walk_lists

SITE = "https://portal.example"
SPAN = Span(datetime(2026, 11, 20, 20, tzinfo=UTC), datetime(2026, 11, 21, 20, tzinfo=UTC))
LIST = read_saved_page("freecms_list.json")
PAGE = read_saved_page("freecms_detail.html")


def make_freecms(**options: Any) -> FreecmsPortal:
    chosen = CmsOptions(**({"site_id": "s1", "channel": "c1"} | options))
    return FreecmsPortal(SourceConfig(portal="freecms", site=SITE, freecms=chosen))


PORTAL = make_freecms()


def answer_list(text: str, portal: FreecmsPortal = PORTAL) -> Capture:
    return make_capture(text, url=portal.ask_lists(SPAN)[0].url, content_type="application/json")


def read_changed(**changes: Any) -> ListPage:
    """Return what is read of the list with other values at its top."""
    return PORTAL.read_listing(answer_list(json.dumps(json.loads(LIST) | changes)))


def test_each_kind_of_each_day_is_a_list_the_newest_day_first() -> None:
    portal = make_freecms(notice_types=["00101,001011", "00102"], region_code="6100")
    asked = [read_query(request.url) for request in portal.ask_lists(SPAN)]
    assert [(q["operationStartTime"], q["operationEndTime"], q["noticeType"]) for q in asked] == [
        ("2026-11-22 00:00:00", "2026-11-22 23:59:59", "00101,001011"),
        ("2026-11-22 00:00:00", "2026-11-22 23:59:59", "00102"),
        ("2026-11-21 00:00:00", "2026-11-21 23:59:59", "00101,001011"),
        ("2026-11-21 00:00:00", "2026-11-21 23:59:59", "00102"),
    ]
    assert {q["regionCode"] for q in asked} == {"6100"}
    assert {q["selectTimeName"] for q in asked} == {"noticeTime"}
    assert all(request.url.isascii() for request in portal.ask_lists(SPAN))


def test_a_site_that_cannot_be_asked_for_days_is_one_list_whatever_the_span() -> None:
    call = "/freecms-glht/rest/v1/notice/selectInfoMoreChannel.do"
    (request,) = make_freecms(dated=False, call=call).ask_lists(SPAN)
    assert request.url.startswith(f"{SITE}{call}?")
    assert "operationStartTime" not in read_query(request.url)


def test_the_headers_of_the_family_are_sent_and_the_stanza_has_its_own_referer() -> None:
    assert dict(PORTAL.ask_lists(SPAN)[0].headers) == {
        "Referer": f"{SITE}/",
        "X-Requested-With": "XMLHttpRequest",
    }
    source = SourceConfig(
        portal="freecms", site=SITE, headers={"referer": f"{SITE}/cggg/"},
        freecms=CmsOptions(site_id="s", channel="c"),
    )  # fmt: skip
    assert "Referer" not in dict(FreecmsPortal(source).ask_lists(SPAN)[0].headers)


@pytest.mark.parametrize("missing", ["site_id", "channel"])
def test_a_stanza_without_the_ids_of_the_site_says_so(missing: str) -> None:
    with pytest.raises(LayoutError, match=r"freecms\.site_id"):
        make_freecms(**{missing: ""}).ask_lists(SPAN)


def test_rows_are_read_in_the_old_keys_and_the_new() -> None:
    page = PORTAL.read_listing(answer_list(LIST))
    first, second, third = page.listings
    assert replace(first, content="") == Listing(
        listing_id="a1",
        url=f"{SITE}/freecms/site/sample/ggxx/info/2026/a1.html",
        title="样例市公安局DNA检验试剂采购项目中标公告",
        published_raw="2026-11-21 09:35:17",
        published_at=datetime(2026, 11, 21, 1, 35, 17, tzinfo=UTC),
        region="样例市",
        buyer="样例市公安局",
        notice_type="中标（成交）结果公告",
    )
    assert (second.title, second.date_only, second.notice_type, second.buyer) == (
        "某单位高性能服务器采购意向公开", True, "采购意向", "",
    )  # fmt: skip
    assert (third.published_raw, third.notice_type) == ("2026-11-20 18:00:00", "更正公告")
    assert (page.total, page.next, page.issues) == (3, None, ())
    assert page.span == Span(
        datetime(2026, 11, 21, 16, tzinfo=UTC),
        datetime(2026, 11, 22, 15, 59, 59, 999_999, tzinfo=UTC),
    )


def test_only_a_whole_content_stands_for_its_page() -> None:
    contents = [row.content for row in PORTAL.read_listing(answer_list(LIST)).listings]
    assert contents[1:] == ["", ""]
    assert "样例甲生物科技有限公司" in contents[0]


@pytest.mark.parametrize(
    ("options", "url"),
    [
        ({}, "/freecms/site/sample/ggxx/info/2026/a1.html"),
        (
            {"detail_query": True},
            "/freecms/site/sample/ggxx/info/2026/a1.html?noticeType=001021&channel=c1",
        ),
        ({"human": "/notice?id={id}&no={number}"}, "/notice?id=a1&no=SAMPLE-2026-7"),
    ],
)
def test_the_address_for_people_is_that_of_the_site(options: dict[str, Any], url: str) -> None:
    portal = make_freecms(**options)
    row = portal.read_listing(answer_list(LIST, portal)).listings[0]
    assert row.url == f"{SITE}{url}"
    assert portal.ask_notice(row).url == row.url


@pytest.mark.parametrize(
    ("number", "size", "shown", "total", "more"),
    [
        (1, 20, 20, 45, True),
        (3, 20, 5, 45, False),
        (1, 60, 20, 45, True),
        (2, 60, 20, 45, True),
        (3, 60, 5, 45, True),
        (4, 60, 0, 45, False),
        (1, 20, 20, 20, False),
        (1, 20, 0, 0, False),
    ],
)
def test_a_list_goes_on_until_its_total_also_with_shorter_pages_than_asked_for(
    number: int, size: int, shown: int, total: int, more: bool
) -> None:
    row = json.loads(LIST)["data"][1]
    answer = json.dumps({"code": "200", "total": total, "data": [row] * shown})
    url = f"{SITE}{PORTAL.call}?siteId=s&channel=a%2Cb&currPage={number}&pageSize={size}&x=%20%2B"
    page = PORTAL.read_listing(make_capture(answer, url=url))
    assert (page.next is not None) is more
    if page.next is not None:
        assert page.next.url == url.replace(f"currPage={number}", f"currPage={number + 1}")


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        ({"total": None}, "total"),
        ({"total": "many"}, "total"),
        ({"data": None}, "data"),
        ({"data": "x"}, "data"),
        ({"data": ["x"]}, "data"),
        ({"data": {"list": []}}, r"data\.total"),
        ({"code": None}, "code 200"),
        ({"code": "201"}, "code 200"),
        ({"data": [{"id": "a", "title": "t", "noticeTime": "2026-11-21"}]}, "pageurl"),
        ({"data": [{"id": "a", "title": "t", "pageurl": "/a"}]}, "noticeTime"),
        ({"data": [{"id": "a", "noticeTime": "2026-11-21", "pageurl": "/a"}]}, "title"),
        ({"data": [{"title": "t", "noticeTime": "2026-11-21", "pageurl": "/a"}]}, "id"),
    ],
)
def test_an_answer_without_an_anchor_is_a_layout_error(
    changes: dict[str, Any], missing: str
) -> None:
    with pytest.raises(LayoutError, match=missing):
        read_changed(**changes)


def test_a_row_that_lacks_a_key_is_an_issue_and_the_others_are_read() -> None:
    rows = json.loads(LIST)["data"]
    page = read_changed(data=[{**rows[0], "id": None}, {**rows[1], "addtimeStr": "昨天"}, rows[2]])
    assert [row.listing_id for row in page.listings] == ["a2", "a3"]
    assert page.listings[0].published_at is None
    assert sorted(issue.kind for issue in page.issues) == ["missing field", "unreadable date"]


def test_no_rows_and_a_total_of_none_is_an_empty_list() -> None:
    assert read_changed(total=0, data=[]).listings == ()
    assert read_changed(total="0", data=None).total == 0


def test_json_within_json_is_read_trap_16() -> None:
    inner = json.loads(LIST)
    inner["data"] = json.dumps(inner["data"])
    twice = json.dumps(json.dumps(inner))
    assert [row.listing_id for row in PORTAL.read_listing(answer_list(twice)).listings] == [
        "a1", "a2", "a3",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("status", "body", "state", "cause"),
    [
        (200, '{"code":"500","msg":"验证码错误"}', SourceState.BLOCKED, "wants a captcha"),
        (200, '{"code":"200","msg":"请输入验证码","data":null}', SourceState.BLOCKED, "a captcha"),
        (403, "验证码不能为空", SourceState.BLOCKED, "wants a captcha"),
        (200, '{"code":4009,"msg":"error"}', SourceState.BLOCKED, "see sign"),
        (200, '{"code":"500","msg":"nsssjss is null"}', SourceState.BLOCKED, "see sign"),
        (200, '{"code":"401","msg":"未登录"}', SourceState.BLOCKED, "code 401: 未登录"),
        (200, '{"code":"500","msg":"系统出错"}', SourceState.UNREACHABLE, "code 500: 系统出错"),
        (200, '{"code":"999"}', SourceState.UNREACHABLE, "code 999"),
        (200, "<html><title>sign in</title></html>", SourceState.BLOCKED, "where JSON was due"),
        (502, "<html>bad</html>", SourceState.UNREACHABLE, "HTTP 502"),
        (200, "", SourceState.EMPTY, "empty body"),
        (200, LIST[:900], SourceState.PARTIAL, "cut short"),
    ],
)
def test_what_is_no_list_says_why(status: int, body: str, state: SourceState, cause: str) -> None:
    capture = make_capture(body, status=status, url=PORTAL.ask_lists(SPAN)[0].url)
    refusal = PORTAL.refused(capture)
    assert refusal is not None
    assert refusal.state is state
    assert cause in refusal.cause


def test_a_list_whose_titles_name_captchas_and_signatures_is_no_demand() -> None:
    text = LIST.replace("门禁系统", "验证码签名sign系统nsssjss")
    assert PORTAL.refused(answer_list(text)) is None
    assert len(PORTAL.read_listing(answer_list(text)).listings) == 3


def test_the_notice_of_a_whole_row_is_read_from_it() -> None:
    row = PORTAL.read_listing(answer_list(LIST)).listings[0]
    notice = PORTAL.read_notice(answer_list(LIST), row)
    assert (notice.tag, notice.buyer, notice.procuring_entity) == (
        Tag.AWARD, "样例市公安局", "样例招标代理有限公司",
    )  # fmt: skip
    assert notice.suppliers == ("样例甲生物科技有限公司",)
    assert notice.project_number == "SAMPLE-2026-7"
    assert notice.value is not None
    assert notice.value.amount == 569_800
    assert [(i.brand, i.model, i.quantity) for i in notice.items] == [("样例牌", "SL-24", 12)]
    assert [(d.name, d.url) for d in notice.documents] == [
        ("采购文件.pdf", f"{SITE}/freecms/files/a1.pdf")
    ]
    assert notice.url == row.url
    assert all("旧模板" not in zone.text for zone in notice.zones)


def test_a_masked_buyer_stays_as_the_page_shows_it_trap_34() -> None:
    row = PORTAL.read_listing(answer_list(LIST)).listings[1]
    capture = make_capture(PAGE, url=PORTAL.ask_notice(row).url)
    assert PORTAL.refused(capture) is None
    notice = PORTAL.read_notice(capture, row)
    assert (notice.buyer, notice.tag, notice.url) == ("某单位", Tag.PLANNING, row.url)
    assert [d.url for d in notice.documents] == [f"{SITE}/files/a2.docx"]
    assert all("另一公告" not in zone.text for zone in notice.zones)


def test_a_budget_in_yuan_is_taken_from_the_row_where_the_text_has_none_trap_25() -> None:
    row = json.loads(LIST)["data"][0]
    row["title"] = "样例市公安局试剂采购公告"
    row["noticeTypeName"] = "公开招标公告"
    row["content"] = (
        "<p>采购需求：" + "检验试剂若干，" * 40 + "</p><p>采购人：甲</p><p>联系人：〇</p>"
    )
    page = read_changed(data=[row], total=1)
    notice = PORTAL.read_notice(answer_list(LIST), page.listings[0])
    assert notice.value is not None
    assert notice.value.amount == 700_000


@pytest.mark.parametrize(
    "page", ["<html><body><p>首页</p></body></html>", "<div class='x'>y</div>"]
)
def test_a_page_without_the_notice_is_a_layout_error(page: str) -> None:
    row = PORTAL.read_listing(answer_list(LIST)).listings[1]
    with pytest.raises(LayoutError, match="info-article"):
        PORTAL.read_notice(make_capture(page, url=row.url), row)


def test_a_site_is_read_whole_by_days_and_pages() -> None:
    facts = make_facts(70)
    with serve_site(FreecmsSite(facts)) as base_url:
        portal = make_portal(FreecmsSite(facts), base_url)
        walked = walk_lists(portal, Span(NOON - timedelta(days=2), NOON))
        assert [row.listing_id for row in walked.rows] == [f"n-{f.number}" for f in facts]
        assert [row.buyer for row in walked.rows] == [fact.buyer for fact in facts]
        assert walked.issues == []
        for row, fact in list(zip(walked.rows, facts, strict=True))[:6]:
            assert bool(row.content) is (fact.number % 2 == 0)
            capture = walked.captures[0] if row.content else ask_site(portal.ask_notice(row))
            assert portal.refused(capture) is None
            notice = portal.read_notice(capture, row)
            assert (notice.suppliers, notice.project_number) == ((fact.supplier,), fact.project)
            assert [item.model for item in notice.items] == [fact.item[2]]


def test_a_site_without_days_is_read_page_by_page_from_its_newest_row() -> None:
    facts = make_facts(45)
    site = FreecmsSite(facts)
    with serve_site(site) as base_url:
        options = site.stanza(base_url)["freecms"] | {"dated": False, "detail_query": True}
        portal = make_portal(site, base_url, freecms=options)
        walked = walk_lists(portal, Span(NOON, NOON))
        assert [row.listing_id for row in walked.rows] == [f"n-{f.number}" for f in facts]
        assert [(len(page.listings), page.span) for page in walked.pages] == [
            (20, None), (20, None), (5, None),
        ]  # fmt: skip
        row = walked.rows[1]
        assert row.url.endswith(f"?noticeType=001021&channel={CHANNEL}")
        assert portal.read_notice(ask_site(portal.ask_notice(row)), row).buyer == facts[1].buyer


OPTIONAL = {"buyer": "buyer", "region": "region", "kind": "notice_type"}


@pytest.mark.parametrize("anchor", FreecmsSite.anchors, ids=lambda anchor: anchor.name)
def test_every_change_of_the_site_is_seen(anchor: Anchor) -> None:
    site = FreecmsSite(make_facts(4), changed=anchor)
    with serve_site(site) as base_url:
        portal = make_portal(site, base_url)
        span = Span(NOON, NOON)
        if anchor.where == "detail":
            row = walk_lists(portal, span).rows[1]
            with pytest.raises(LayoutError):
                portal.read_notice(ask_site(portal.ask_notice(row)), row)
        elif anchor.name in OPTIONAL:
            rows = walk_lists(portal, span).rows
            assert {getattr(row, OPTIONAL[anchor.name]) for row in rows} == {""}
        else:
            with pytest.raises(LayoutError):
                walk_lists(portal, span)


def test_the_demand_of_the_site_for_a_captcha_is_a_block() -> None:
    site = FreecmsSite(make_facts(1), blocked=True)
    with serve_site(site) as base_url:
        portal = make_portal(site, base_url)
        refusal = portal.refused(ask_site(portal.ask_lists(SPAN)[0]))
    assert refusal is not None
    assert refusal.cause == "the list wants a captcha"


@given(mutate_json(LIST))
def test_a_changed_list_is_read_or_a_layout_error(text: str) -> None:
    capture = answer_list(text)
    PORTAL.refused(capture)
    with suppress(LayoutError):
        for row in PORTAL.read_listing(capture).listings:
            with suppress(LayoutError):
                PORTAL.read_notice(capture, row)


edits = st.builds(
    Edit, st.sampled_from(sorted(EDITS)), st.floats(0, 1), st.floats(0, 1), st.integers(0, 2**32)
)


@given(st.lists(edits, min_size=1, max_size=3))
def test_a_damaged_page_is_read_or_a_layout_error(damages: list[Edit]) -> None:
    row = PORTAL.read_listing(answer_list(LIST)).listings[1]
    with suppress(LayoutError):
        PORTAL.read_notice(make_capture(apply_edits(PAGE.encode(), damages), url=row.url), row)
