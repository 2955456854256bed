"""zcy: lists asked for by posted JSON, codes that the site tells, notices as JSON, the shield."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given

from monitor.errors import LayoutError
from monitor.models import Capture, Issue, Listing, Request, SourceState, Span
from monitor.portals.base import ListPage
from monitor.portals.jsonrows import read_query
from monitor.portals.zcy import ZcyPortal
from monitor.stanzas import SourceConfig, ZcyOptions
from tests.portals.captures import make_capture, read_saved_page
from tests.portals.mutations import mutate_json
from tests.portals.sites.base import NOON, Anchor, make_facts, serve_site
from tests.portals.sites.zcy import AWARDS, OTHERS, ZcySite
from tests.portals.walking import ask_site, make_portal, walk_lists

SITE = "http://www.portal.example"
SINCE = datetime(2026, 11, 20, 20, tzinfo=UTC)
UNTIL = datetime(2026, 11, 21, 20, 0, 0, 987_654, tzinfo=UTC)
SPAN = Span(SINCE, UNTIL)
STAMP = 1_795_291_200_987
CODES = {"ZcyAnnouncement4": "采购结果公告", "ZcyAnnouncement2": "采购项目公告"}
LIST = read_saved_page("zcy_list.json")
OLD_LIST = read_saved_page("zcy_old_list.json")
DETAIL = read_saved_page("zcy_detail.json")
IDENTITY = "q9Xs+Ya9/sqZiYbm5sKeVqQ=="
ENCODED = "q9Xs%2BYa9%2FsqZiYbm5sKeVqQ%3D%3D"


def make_zcy(**options: Any) -> ZcyPortal:
    chosen = ZcyOptions(**({"parent": "3661", "codes": CODES} | options))
    return ZcyPortal(SourceConfig(portal="zcy", site=SITE, zcy=chosen))


def answer_request(request: Request, text: str, **changes: Any) -> Capture:
    """Return the answer to a request, of which the JSON sent may be changed."""
    sent = json.dumps(json.loads(request.body) | changes).encode() if request.body else b""
    capture = make_capture(text, url=request.url, content_type="application/json")
    return replace(capture, method=request.method, sent=sent)


PORTAL = make_zcy()
FIRST = PORTAL.ask_lists(SPAN)[0]
LISTED = answer_request(FIRST, LIST)
ROW = PORTAL.read_listing(LISTED).listings[0]


def read_changed(sent: dict[str, Any] | None = None, **changes: Any) -> ListPage:
    """Return what is read of the list with other values in result.data."""
    answer = json.loads(LIST)
    answer["result"]["data"] |= changes
    return PORTAL.read_listing(answer_request(FIRST, json.dumps(answer), **(sent or {})))


def test_each_kind_is_asked_for_by_the_bytes_that_are_signed() -> None:
    requests = PORTAL.ask_lists(SPAN)
    assert (FIRST.method, FIRST.url) == ("POST", f"{SITE}/portal/category")
    assert FIRST.body == (
        b'{"pageNo":1,"pageSize":15,"categoryCode":"ZcyAnnouncement4","_t":%d,'
        b'"publishDateBegin":"2026-11-21","publishDateEnd":"2026-11-22"}' % STAMP
    )
    assert dict(FIRST.headers)["Content-Type"] == "application/json"
    assert [json.loads(r.body)["categoryCode"] for r in requests] == list(CODES)
    assert requests == make_zcy().ask_lists(SPAN)


def test_districts_are_asked_for_and_left_out_where_the_stanza_says_so() -> None:
    portal = make_zcy(districts=["650000"], exclude_districts=["9Y"])
    sent = json.loads(portal.ask_lists(SPAN)[0].body)
    assert (sent["districtCode"], sent["excludeDistrictPrefix"]) == (["650000"], ["9Y"])
    assert "districtCode" not in json.loads(FIRST.body)


def test_the_list_of_all_kinds_is_asked_for_by_days_in_milliseconds() -> None:
    today, before = make_zcy(call="all").ask_lists(SPAN)
    assert today.url == f"{SITE}/portal/all"
    sent = json.loads(today.body)
    assert sent["publishDateBegin"] == datetime(2026, 11, 21, 16, tzinfo=UTC).timestamp() * 1000
    assert sent["publishDateEnd"] == 1_795_363_199_999
    assert (sent["keyword"], sent["pageNo"], sent["order"]) == ("", 1, "desc")
    assert json.loads(before.body)["publishDateEnd"] == sent["publishDateBegin"] - 1


@pytest.mark.parametrize(
    ("options", "asked"),
    [
        ({"year": 2026}, "/portal/category"),
        ({"year": None}, "/portal/category"),
        ({"year": 2025}, "/admin/category/home/categoryTreeFind"),
        ({"codes": {}}, "/admin/category/home/categoryTreeFind"),
        ({"call": "search"}, "/front/search/category"),
    ],
)
def test_codes_are_good_for_their_year_alone_trap_21(options: dict[str, Any], asked: str) -> None:
    requests = make_zcy(**options).ask_lists(SPAN)
    assert {request.url.partition("?")[0] for request in requests} == {f"{SITE}{asked}"}


def test_the_year_is_that_of_china() -> None:
    eve = datetime(2026, 12, 31, 16, 30, tzinfo=UTC)
    (request,) = make_zcy(year=2026).ask_lists(Span(eve, eve))
    assert "categoryTreeFind" in request.url


@pytest.mark.parametrize("as_list", [True, False])
def test_the_tree_of_kinds_leads_to_a_list_for_each_leaf(as_list: bool) -> None:
    portal = make_zcy(codes={}, site_id="61")
    (request,) = portal.ask_lists(SPAN)
    assert {key: read_query(request.url)[key] for key in ("parentId", "siteId")} == {
        "parentId": "3661", "siteId": "61",
    }  # fmt: skip
    leaves = [{"name": "招标", "code": "A"}, {"name": "询价", "code": "B", "children": None}]
    tree: Any = {"code": "Z", "children": [{"code": "Y", "children": leaves}, {"code": "C"}]}
    answer = {"success": True, "result": {"data": [tree] if as_list else tree}}
    page = portal.read_listing(make_capture(json.dumps(answer), url=request.url))
    sent = [json.loads(request.body) for request in page.lists]
    assert [body["categoryCode"] for body in sent] == ["A", "B", "C"]
    assert {(b["publishDateBegin"], b["publishDateEnd"], b["_t"]) for b in sent} == {
        ("2026-11-21", "2026-11-22", STAMP)
    }


@pytest.mark.parametrize("tree", [None, [], {}, {"children": []}, "x", [{"name": "公告"}]])
def test_a_tree_without_codes_is_a_layout_error(tree: Any) -> None:
    portal = make_zcy(codes={})
    (request,) = portal.ask_lists(SPAN)
    answer = json.dumps({"success": True, "result": {"data": tree}})
    with pytest.raises(LayoutError, match="codes"):
        portal.read_listing(make_capture(answer, url=request.url))


def test_rows_lie_two_levels_deep_and_a_publisher_is_no_buyer_trap_15() -> None:
    page = PORTAL.read_listing(LISTED)
    first, second = page.listings
    assert first == Listing(
        listing_id=IDENTITY,
        url=f"{SITE}/site/detail?parentId=3661&articleId={ENCODED}",
        title="样例市公安局执法记录仪采购项目的终止公告",
        published_raw="1795226400000",
        published_at=datetime(2026, 11, 21, 2, tzinfo=UTC),
        region="样例自治区样例市",
        buyer="",
        notice_type="采购结果公告",
    )
    assert (second.title, second.buyer) == ("样例市公安局2026年服务器政府采购意向", "样例市公安局")
    assert (page.total, page.lists, page.withheld, page.issues) == (32, (), "", ())
    assert page.span == Span(
        datetime(2026, 11, 20, 16, tzinfo=UTC),
        datetime(2026, 11, 22, 15, 59, 59, 999_999, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("row", "url"),
    [
        (0, f"articleId={ENCODED}&parentId=3661&timestamp=1795226400000"),
        (1, "articleId=1256574&parentId=7001&timestamp=1795222800000"),
    ],
)
def test_an_id_is_encoded_once_whether_base64_or_a_number_trap_17(row: int, url: str) -> None:
    listing = PORTAL.read_listing(LISTED).listings[row]
    assert PORTAL.ask_notice(listing).url == f"{SITE}/portal/detail?{url}"


def test_a_notice_without_a_day_is_asked_for_without_a_stamp() -> None:
    assert PORTAL.ask_notice(replace(ROW, published_at=None)).url.endswith("&parentId=3661")


def test_the_next_page_is_the_same_request_with_another_number() -> None:
    page = read_changed({"pageNo": 2})
    assert page.next == replace(FIRST, body=FIRST.body.replace(b'"pageNo":1', b'"pageNo":3'))
    assert read_changed({"pageNo": 16}).next is None
    assert read_changed({"pageNo": 9}, total=99, data=[]).next is None


def test_an_answer_to_an_unknown_request_has_no_next_page() -> None:
    page = PORTAL.read_listing(replace(LISTED, sent=b"\xff"))
    assert (page.next, page.span, len(page.listings)) == (None, None, 2)


def test_a_list_that_the_index_cannot_show_whole_is_cut_by_days() -> None:
    page = read_changed(total=10_000)
    sent = [json.loads(request.body) for request in page.lists]
    assert [(s["publishDateBegin"], s["publishDateEnd"], s["categoryCode"]) for s in sent] == [
        ("2026-11-22", "2026-11-22", "ZcyAnnouncement4"),
        ("2026-11-21", "2026-11-21", "ZcyAnnouncement4"),
    ]
    assert page.next is None


def test_a_day_that_the_index_cannot_show_whole_is_said_to_be_withheld() -> None:
    page = read_changed({"publishDateBegin": "2026-11-22"}, total=12_345)
    assert "10,000 rows" in page.withheld
    assert page.lists == ()
    assert len(page.listings) == 2


def test_a_kind_that_a_row_does_not_name_is_that_of_its_list() -> None:
    rows = [{**row, "pathName": None} for row in json.loads(LIST)["result"]["data"]["data"]]
    assert {row.notice_type for row in read_changed(data=rows).listings} == {"采购结果公告"}


def test_the_lists_of_2021_are_read() -> None:
    portal = make_zcy(call="search")
    (row,) = portal.read_listing(answer_request(portal.ask_lists(SPAN)[0], OLD_LIST)).listings
    assert (row.listing_id, row.region) == ("1256574", "样例区")
    assert row.published_at == datetime(2021, 6, 15, 2, 19, 42, 709_000, tzinfo=UTC)


@pytest.mark.parametrize("late", [True, False])
def test_an_index_that_ran_out_of_time_withholds_rows(late: bool) -> None:
    portal = make_zcy(call="search")
    answer = json.dumps({**json.loads(OLD_LIST), "timed_out": late})
    page = portal.read_listing(answer_request(portal.ask_lists(SPAN)[0], answer))
    assert len(page.listings) == 1
    assert bool(page.withheld) is late


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        ({"total": None}, r"result\.data\.total"),
        ({"data": None}, r"result\.data\.data"),
        ({"data": {"data": []}}, r"result\.data\.data"),
        ({"data": [{"title": "t", "publishDate": 1795226400000}]}, "articleId"),
        ({"data": [{"title": "t", "articleId": "a"}]}, "publishDate"),
        ({"data": [{"publishDate": 1795226400000, "articleId": "a"}]}, "title"),
    ],
)
def test_a_list_without_an_anchor_is_a_layout_error(changes: dict[str, Any], missing: str) -> None:
    with pytest.raises(LayoutError, match=missing):
        read_changed(**changes)


def test_a_day_without_notices_is_an_empty_list() -> None:
    assert read_changed(total=0, data=[]).listings == ()
    assert read_changed(total=0, data=None).next is None


@pytest.mark.parametrize(
    ("status", "body", "state", "cause"),
    [
        (
            200,
            "<html><script>var arg1='3F';document.cookie='acw_sc__v2=1'</script></html>",
            SourceState.BLOCKED,
            "script challenge of the Aliyun shield (var arg1=)",
        ),
        (
            200,
            "<textarea id='renderData'>{}</textarea>",
            SourceState.BLOCKED,
            "script challenge of the Aliyun shield (renderData)",
        ),
        (
            200,
            "<div id='aliyunCaptcha-sliding-slider'></div>",
            SourceState.BLOCKED,
            "slider of the Aliyun shield (aliyunCaptcha)",
        ),
        (405, "<html>x</html>", SourceState.BLOCKED, "HTTP 405 of the Aliyun shield"),
        (405, "", SourceState.BLOCKED, "HTTP 405 of the Aliyun shield"),
        (
            200,
            '{"success":false,"message":"login.timeout","result":null}',
            SourceState.BLOCKED,
            "the site wants a login: login.timeout",
        ),
        (
            200,
            '{"success":false,"error":{"message":"服务不可用"}}',
            SourceState.UNREACHABLE,
            "the site says that it failed: 服务不可用",
        ),
        (200, "<html><title>样例采购网</title></html>", SourceState.BLOCKED, "where JSON was due"),
        (200, "ok", SourceState.BLOCKED, "where JSON was due"),
        (200, "", SourceState.EMPTY, "empty body"),
        (200, LIST[:400], SourceState.PARTIAL, "cut short"),
        (404, "<html>x</html>", SourceState.DRIFTED, "HTTP 404"),
        (403, '{"success":false}', SourceState.BLOCKED, "HTTP 403"),
    ],
)
def test_whatever_is_no_answer_is_never_no_news_trap_5(
    status: int, body: str, state: SourceState, cause: str
) -> None:
    refusal = PORTAL.refused(make_capture(body, status=status, url=FIRST.url))
    assert refusal is not None
    assert refusal.state is state
    assert cause in refusal.cause


@pytest.mark.parametrize("answer", [LIST, OLD_LIST, DETAIL])
def test_good_answers_are_not_refused(answer: str) -> None:
    assert PORTAL.refused(answer_request(FIRST, answer)) is None


@pytest.mark.parametrize("answer", ["[]", '"x"', "7", '{"success":true}', '{"result":{}}'])
def test_other_json_is_a_layout_error(answer: str) -> None:
    for read in (PORTAL.read_listing, lambda capture: PORTAL.read_notice(capture, ROW)):
        with pytest.raises(LayoutError):
            read(replace(LISTED, body=answer.encode()))


def test_a_site_is_read_whole_from_its_tree_to_its_files() -> None:
    facts = make_facts(40)
    facts[0] = replace(facts[0], attachments=(("清单.pdf", b"%PDF-1.7"),))
    site = ZcySite(facts)
    with serve_site(site) as base_url:
        portal = make_portal(site, base_url)
        walked = walk_lists(portal, Span(NOON - timedelta(days=2), NOON))
        assert [row.listing_id for row in walked.rows] == [f"q+{f.number}/xYz==" for f in facts]
        assert walked.issues == []
        codes = [json.loads(c.sent)["categoryCode"] for c in walked.captures if c.sent]
        assert codes == [*OTHERS, AWARDS, AWARDS, AWARDS]
        for row, fact in list(zip(walked.rows, facts, strict=True))[:3]:
            capture = ask_site(portal.ask_notice(row))
            assert portal.refused(capture) is None
            notice = portal.read_notice(capture, row)
            assert (notice.buyer, notice.suppliers) == (fact.buyer, (fact.supplier,))
            for document, (name, content) in zip(notice.documents, fact.attachments, strict=True):
                assert document.name == name
                assert ask_site(Request(document.url)).body == content


OPTIONAL = {"buyer": "buyer", "region": "region", "kind": "notice_type"}


@pytest.mark.parametrize("anchor", ZcySite.anchors, ids=lambda anchor: anchor.name)
def test_every_change_of_the_site_is_seen(anchor: Anchor) -> None:
    site = ZcySite(make_facts(3), changed=anchor)
    with serve_site(site) as base_url:
        portal, span = make_portal(site, base_url), Span(NOON, NOON)
        if anchor.where == "detail":
            row = walk_lists(portal, span).rows[0]
            try:
                notice = portal.read_notice(ask_site(portal.ask_notice(row)), row)
            except LayoutError:
                return
            assert notice.issues == (Issue("missing field", "attachments", "", base_url),)
        elif anchor.name in OPTIONAL:
            rows = walk_lists(portal, span).rows
            assert {getattr(row, OPTIONAL[anchor.name]) for row in rows} == {""}
        else:
            with pytest.raises(LayoutError):
                walk_lists(portal, span)


def test_the_script_of_the_shield_is_a_block() -> None:
    site = ZcySite(make_facts(1), blocked=True)
    with serve_site(site) as base_url:
        portal = make_portal(site, base_url)
        refusal = portal.refused(ask_site(portal.ask_lists(SPAN)[0]))
    assert refusal is not None
    assert refusal.state is SourceState.BLOCKED
    assert "acw_sc__v2" in refusal.cause or "arg1" in refusal.cause


@given(mutate_json(LIST))
def test_a_changed_list_is_read_or_a_layout_error(text: str) -> None:
    capture = replace(LISTED, body=text.encode())
    PORTAL.refused(capture)
    with suppress(LayoutError):
        PORTAL.read_listing(capture)


@given(mutate_json(OLD_LIST))
def test_a_changed_old_list_is_read_or_a_layout_error(text: str) -> None:
    with suppress(LayoutError):
        PORTAL.read_listing(replace(LISTED, body=text.encode()))


@given(mutate_json(FIRST.body.decode()))
def test_a_changed_request_of_ours_is_read_or_a_layout_error(sent: str) -> None:
    with suppress(LayoutError):
        PORTAL.read_listing(replace(LISTED, sent=sent.encode()))
