"""gpcms: ids that the site tells, lists of rows without their notices, notices as JSON."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given

from monitor.errors import LayoutError
from monitor.models import Capture, Listing, Notice, SourceState, Span, Tag
from monitor.portals.gpcms import GpcmsPortal
from monitor.portals.jsonrows import read_query
from monitor.stanzas import CmsOptions, SourceConfig
from tests.portals.captures import make_capture, read_saved_page
from tests.portals.mutations import mutate_json
from tests.portals.sites.base import NOON, Anchor, make_facts, serve_site
from tests.portals.sites.gpcms import PREFIX, GpcmsSite
from tests.portals.walking import ask_site, make_portal, walk_lists

SITE = "https://portal.example"
SPAN = Span(datetime(2026, 11, 20, 20, tzinfo=UTC), datetime(2026, 11, 21, 20, tzinfo=UTC))
LIST = read_saved_page("gpcms_list.json")
DETAIL = read_saved_page("gpcms_detail.json")


def make_gpcms(**options: Any) -> GpcmsPortal:
    chosen = CmsOptions(**({"site_id": "s1", "channel": "c1,c2"} | options))
    return GpcmsPortal(SourceConfig(portal="gpcms", site=SITE, gpcms=chosen))


PORTAL = make_gpcms()
LISTED = make_capture(LIST, url=PORTAL.ask_lists(SPAN)[0].url, content_type="application/json")
ROW = PORTAL.read_listing(LISTED).listings[0]


def answer_detail(**changes: Any) -> Capture:
    """Return the answer for a notice with other values in its data; ... leaves a key out."""
    answer = json.loads(DETAIL)
    answer["data"] |= changes
    answer["data"] = {k: v for k, v in answer["data"].items() if v is not ...}
    return make_capture(json.dumps(answer), url=PORTAL.ask_notice(ROW).url)


def read_detail(**changes: Any) -> Notice:
    return PORTAL.read_notice(answer_detail(**changes), ROW)


def test_a_known_site_is_asked_for_each_day_and_never_for_a_word() -> None:
    today, before = PORTAL.ask_lists(SPAN)
    assert today.url.startswith(f"{SITE}{PREFIX}/info/selectInfoMoreChannel?")
    assert read_query(today.url) == {
        "siteId": "s1", "channel": "c1,c2", "currPage": "1", "pageSize": "20", "noticeType": "",
        "regionCode": "", "operationStartTime": "2026-11-22 00:00:00",
        "operationEndTime": "2026-11-22 23:59:59", "selectTimeName": "noticeTime",
    }  # fmt: skip
    assert read_query(before.url)["operationEndTime"] == "2026-11-21 23:59:59"


def test_the_full_text_call_says_who_asks() -> None:
    portal = make_gpcms(call=f"/gateway{PREFIX}/info/selectInfoForIndex")
    assert read_query(portal.ask_lists(SPAN)[0].url)["requestSource"] == "qwjs"
    assert portal.ask_notice(ROW).url == f"{SITE}/gateway{PREFIX}/info/getInfoById?id=19249ba9-b1"


def test_the_call_for_a_notice_can_be_another_one() -> None:
    portal = make_gpcms(detail=f"{PREFIX}/info/selectPAndNInfoById")
    assert portal.ask_notice(replace(ROW, listing_id="a+b/=")).url == (
        f"{SITE}{PREFIX}/info/selectPAndNInfoById?id=a%2Bb%2F%3D"
    )


def test_an_unknown_site_is_asked_for_its_id_then_for_its_channels_then_for_its_lists() -> None:
    portal = make_gpcms(site_id="", channel="")
    (first,) = portal.ask_lists(SPAN)
    assert first.url.startswith(f"{SITE}{PREFIX}/index/getDeploymentSiteId?")
    told = make_capture('{"code":"200","data":{"id":"s9"}}', url=first.url)
    assert portal.refused(told) is None
    (second,) = portal.read_listing(told).lists
    assert second.url.startswith(f"{SITE}{PREFIX}/index/list?")
    assert read_query(second.url)["site"] == "s9"
    rows = [
        ("a", "采购项目信息"),
        ("b", "通知公告"),
        ("c", "公示信息"),
        ("d", "政策法规"),
        ("", "公告"),
    ]
    channels = [{"id": identity, "name": name} for identity, name in rows]
    named = make_capture(json.dumps({"code": "200", "data": channels}), url=second.url)
    page = portal.read_listing(named)
    assert page.listings == ()
    asked = [read_query(request.url) for request in page.lists]
    assert [(q["siteId"], q["channel"], q["operationStartTime"][:10]) for q in asked] == [
        ("s9", "a,c", "2026-11-22"),
        ("s9", "a,c", "2026-11-21"),
    ]


def test_a_known_channel_is_not_asked_for() -> None:
    portal = make_gpcms(site_id="", channel="c7", dated=False)
    (first,) = portal.ask_lists(SPAN)
    page = portal.read_listing(make_capture('{"code":"200","data":{"id":"s9"}}', url=first.url))
    (request,) = page.lists
    assert read_query(request.url)["siteId"] == "s9"
    assert read_query(request.url)["channel"] == "c7"
    assert "operationStartTime" not in read_query(request.url)


@pytest.mark.parametrize(
    ("options", "data", "missing"),
    [
        ({"site_id": "", "channel": ""}, {}, r"data\.id"),
        ({"site_id": "", "channel": ""}, None, r"data\.id"),
        ({"channel": ""}, [], "its channels: none"),
        ({"channel": ""}, [{"id": "b", "name": "政策法规"}], "its channels: 政策法规"),
        ({"channel": ""}, ["x", None], "its channels"),
    ],
)
def test_a_site_that_does_not_tell_its_ids_is_a_layout_error(
    options: dict[str, str], data: Any, missing: str
) -> None:
    portal = make_gpcms(**options)
    (request,) = portal.ask_lists(SPAN)
    answer = json.dumps({"code": "200", "data": data})
    with pytest.raises(LayoutError, match=missing):
        portal.read_listing(make_capture(answer, url=request.url))


def test_rows_are_read_and_a_mark_within_a_word_leaves_no_blank_trap_30() -> None:
    page = PORTAL.read_listing(LISTED)
    first, second = page.listings
    assert first == Listing(
        listing_id="19249ba9-b1",
        url=f"{SITE}/maincms-web/article?type=notice&id=19249ba9-b1",
        title="样例市公安局计算服务器采购项目结果公告",
        published_raw="2026-11-21 16:19:02",
        published_at=datetime(2026, 11, 21, 8, 19, 2, tzinfo=UTC),
        region="样例市",
        buyer="样例市公安局",
        notice_type="公开招标中标公告",
    )
    assert (second.buyer, second.notice_type) == ("", "终止公告")
    assert (page.total, page.issues) == (45, ())
    assert page.next is not None
    assert read_query(page.next.url)["currPage"] == "2"
    assert page.next.headers == PORTAL.ask_lists(SPAN)[0].headers


def test_the_address_for_people_has_the_words_of_the_stanza() -> None:
    portal = make_gpcms(human="/maincms-web/articleNm?type=notice&id={id}&planId={number}")
    urls = [row.url for row in portal.read_listing(LISTED).listings]
    assert urls == [
        f"{SITE}/maincms-web/articleNm?type=notice&id=19249ba9-b1&planId=SAMPLE-2026-A002",
        f"{SITE}/maincms-web/articleNm?type=notice&id=19249ba9-b2&planId=",
    ]


@pytest.mark.parametrize(
    ("status", "body", "cause"),
    [
        (403, '{"code":"403","msg":"请输入验证码"}', "the list wants a captcha"),
        (403, "verifyCode is null", "the list wants a captcha"),
        (
            200,
            '{"code":4009,"msg":"error"}',
            "the list wants a signature of its page script: see sign",
        ),
        (
            500,
            '{"code":"500","msg":"nsssjss is null"}',
            "the list wants a signature of its page script: see sign",
        ),
        (403, "<html><title>403 Forbidden</title></html>", "HTTP 403"),
        (200, "<html><title>样例政府采购网</title></html>", "where JSON was due"),
    ],
)
def test_what_bars_the_way_is_named(status: int, body: str, cause: str) -> None:
    refusal = PORTAL.refused(make_capture(body, status=status, url=LISTED.url))
    assert refusal is not None
    assert refusal.state is SourceState.BLOCKED
    assert cause in refusal.cause


@pytest.mark.parametrize("change", [{"data": None}, {"data": []}, {"code": "1"}, {"data": {}}])
def test_a_list_without_an_anchor_is_a_layout_error(change: dict[str, Any]) -> None:
    answer = json.dumps(json.loads(LIST) | change)
    with pytest.raises(LayoutError):
        PORTAL.read_listing(make_capture(answer, url=LISTED.url))


def test_a_notice_is_read_with_what_only_the_answer_knows() -> None:
    notice = read_detail()
    assert (notice.tag, notice.buyer, notice.procuring_entity) == (
        Tag.AWARD, "样例市公安局", "样例招标代理有限公司",
    )  # fmt: skip
    assert (notice.suppliers, notice.project_number) == (
        ("样例云帆科技有限公司",),
        "SAMPLE-2026-A002",
    )
    assert notice.value is not None
    assert notice.value.amount == 6_980_000
    assert [(i.name, i.brand, i.model, i.quantity) for i in notice.items] == [
        ("服务器", "样例牌", "R-740", 20)
    ]
    assert (notice.url, notice.issues) == (ROW.url, ())
    assert [(d.name, d.url) for d in notice.documents] == [
        ("采购文件.pdf", "https://files.portal.example/a?name=1"),
        ("需求.docx", f"{SITE}/gpcms/files/b.docx"),
    ]


def test_the_content_may_have_its_other_name() -> None:
    content = json.loads(DETAIL)["data"]["content"]
    assert read_detail(content=..., noticeContent=content).suppliers == ("样例云帆科技有限公司",)


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        ({"content": ...}, "content"),
        ({"content": None, "attchList": []}, "text of a notice"),
        ({"content": "<style>.x{}</style>", "attchList": []}, "text of a notice"),
    ],
)
def test_an_answer_without_content_is_a_layout_error(changes: dict[str, Any], missing: str) -> None:
    with pytest.raises(LayoutError, match=missing):
        read_detail(**changes)


@pytest.mark.parametrize(
    ("changes", "issue"),
    [
        ({"content": None, "description": "采购服务器"}, "no content"),
        ({"content": ""}, "no content"),
        ({"attchList": [{"fileName": "甲.pdf", "fileUrl": ""}]}, "attachment without address"),
        ({"attchList": [{"fileName": "甲.pdf", "fileUrl": "javascript:x"}]}, "attachment without"),
    ],
)
def test_what_nobody_could_read_is_said_and_its_items_are_elsewhere(
    changes: dict[str, Any], issue: str
) -> None:
    notice = read_detail(**changes)
    assert any(found.kind.startswith(issue) for found in notice.issues)
    assert notice.items_elsewhere


def test_a_notice_without_a_list_of_files_has_those_that_its_text_links_to() -> None:
    choices: tuple[Any, ...] = (..., None, [])
    for files in choices:
        notice = read_detail(attchList=files)
        assert [document.name for document in notice.documents] == ["需求.docx"]
        said = [issue.kind for issue in notice.issues]
        assert said == (["no list"] if files is ... else [])


def test_a_site_is_read_whole_from_its_ids_to_its_files() -> None:
    facts = make_facts(50)
    facts[0] = replace(facts[0], attachments=(("清单.pdf", b"%PDF-1.7"),))
    site = GpcmsSite(facts)
    with serve_site(site) as base_url:
        portal = make_portal(site, base_url)
        walked = walk_lists(portal, Span(NOON - timedelta(days=1), NOON))
        assert [row.listing_id for row in walked.rows] == [f"g-{f.number}" for f in facts]
        assert [row.title for row in walked.rows] == [fact.title for fact in facts]
        assert walked.issues == []
        for row, fact in list(zip(walked.rows, facts, strict=True))[:3]:
            capture = ask_site(portal.ask_notice(row))
            assert portal.refused(capture) is None
            notice = portal.read_notice(capture, row)
            assert (notice.buyer, notice.suppliers) == (fact.buyer, (fact.supplier,))
            for document, (name, content) in zip(notice.documents, fact.attachments, strict=True):
                assert document.name == name
                assert ask_site(replace(portal.ask_notice(row), url=document.url)).body == content


@pytest.mark.parametrize("size", [20, 60])
def test_a_site_that_shows_fewer_rows_than_asked_for_is_read_to_its_end(size: int) -> None:
    facts = make_facts(47, every=timedelta(minutes=1))
    site = GpcmsSite(facts)
    with serve_site(site) as base_url:
        portal = make_portal(site, base_url, gpcms={"page_size": size})
        rows = walk_lists(portal, Span(NOON, NOON)).rows
    assert [row.listing_id for row in rows] == [f"g-{fact.number}" for fact in facts]


OPTIONAL = {"buyer": "buyer", "region": "region", "kind": "notice_type"}


@pytest.mark.parametrize("anchor", GpcmsSite.anchors, ids=lambda anchor: anchor.name)
def test_every_change_of_the_site_is_seen(anchor: Anchor) -> None:
    site = GpcmsSite(make_facts(3), changed=anchor)
    with serve_site(site) as base_url:
        portal, span = make_portal(site, base_url), Span(NOON, NOON)
        if anchor.where == "detail":
            row = walk_lists(portal, span).rows[0]
            if anchor.name == "attachments":
                notice = portal.read_notice(ask_site(portal.ask_notice(row)), row)
                assert [issue.kind for issue in notice.issues] == ["no list"]
                return
            with pytest.raises(LayoutError):
                portal.read_notice(ask_site(portal.ask_notice(row)), row)
        elif anchor.name in OPTIONAL:
            rows = walk_lists(portal, span).rows
            assert {getattr(row, OPTIONAL[anchor.name]) for row in rows} == {""}
        else:
            with pytest.raises(LayoutError):
                walk_lists(portal, span)


@given(mutate_json(LIST))
def test_a_changed_list_is_read_or_a_layout_error(text: str) -> None:
    capture = replace(LISTED, body=text.encode())
    PORTAL.refused(capture)
    with suppress(LayoutError):
        PORTAL.read_listing(capture)


@given(mutate_json(DETAIL))
def test_a_changed_notice_is_read_or_a_layout_error(text: str) -> None:
    capture = make_capture(text, url=PORTAL.ask_notice(ROW).url)
    PORTAL.refused(capture)
    with suppress(LayoutError):
        PORTAL.read_notice(capture, ROW)
