"""Epoint's full-text list: rows by offset, days cut where they are too long, JSON in JSON."""

from __future__ import annotations

import json
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings

from monitor.errors import LayoutError
from monitor.models import Capture, Request, SourceState, Span
from monitor.portals.epoint import EpointPortal
from monitor.stanzas import SourceConfig
from tests.portals.captures import make_capture, read_saved_page
from tests.portals.mutations import mutate_json
from tests.portals.sitereading import BASE, DAY, ask_site, open_row, read_site
from tests.portals.sites.base import NOON, make_facts
from tests.portals.sites.epoint import EpointSite

SPAN = Span(datetime(2026, 6, 1, 3, tzinfo=UTC), datetime(2026, 6, 2, 20, tzinfo=UTC))
ANSWER = read_saved_page("epoint_list.json")


def make_portal(site: str = BASE, **options: Any) -> EpointPortal:
    stanza = {"portal": "epoint", "site": site, "region": "样例省", "epoint": options}
    return EpointPortal(SourceConfig.model_validate(stanza))


def give(asked: Request, text: str) -> Capture:
    return replace(make_capture(text, url=asked.url), method=asked.method, sent=asked.body)


def read_times(asked: Request) -> tuple[str, str]:
    (time,) = json.loads(asked.body)["time"]
    return time["startTime"], time["endTime"]


def test_each_day_of_china_is_asked_for_the_newest_first() -> None:
    asked = make_portal().ask_lists(SPAN)
    assert [read_times(one) for one in asked] == [
        ("2026-06-03 00:00:00", "2026-06-03 23:59:59"),
        ("2026-06-02 00:00:00", "2026-06-02 23:59:59"),
        ("2026-06-01 00:00:00", "2026-06-01 23:59:59"),
    ]
    assert {one.url for one in asked} == {
        f"{BASE}/inteligentsearch/rest/esinteligentsearch/getFullTextDataNew"
    }


def test_a_request_names_what_its_stanza_wants_and_no_word_to_look_for() -> None:
    portal = make_portal(
        call="/x/rest/getFullTextData", channel="012;013", categories=["002", "003"],
        conditions={"ZHUANZAI": "样例采购网"}, sort="infodate", extra={"isBusiness": "1"}, days=31,
    )  # fmt: skip
    first, second = portal.ask_lists(SPAN)
    body = json.loads(first.body)
    assert first.url == f"{BASE}/x/rest/getFullTextData"
    assert (body["pn"], body["rn"], body["cnum"], body["isBusiness"]) == (0, 10, "012;013", "1")
    assert (body["sort"], body["time"][0]["fieldName"]) == ('{"infodate":"0"}', "infodate")
    named = [(one["fieldName"], one["equal"]) for one in body["condition"]]
    assert named == [("categorynum", "002"), ("ZHUANZAI", "样例采购网")]
    assert (body["wd"], body["inc_wd"], body["exc_wd"]) == ("", "", "")
    assert json.loads(second.body)["condition"][0]["equal"] == "003"


def test_a_row_is_read_out_of_json_within_a_string() -> None:
    portal = make_portal()
    page = portal.read_listing(give(portal.ask_lists(SPAN)[0], ANSWER))
    first, second = page.listings
    assert first.title == "样例市公安局视频存储扩容项目中标公告"
    assert first.url == f"{BASE}/jyxx/002002/20260603/a1.html"
    assert first.listing_id == "/jyxx/002002/20260603/a1.html"
    assert first.published_at == datetime(2026, 6, 3, 1, 30, tzinfo=UTC)
    assert (first.region, first.notice_type, first.buyer) == ("样例市", "中标公告", "")
    assert (second.title, second.region) == ("样例县看守所门禁采购公告", "样例省")
    assert (page.total, page.issues) == (12, ())


def test_the_next_page_begins_at_a_row_and_not_at_a_page() -> None:
    portal = make_portal()
    asked = portal.ask_lists(SPAN)[0]
    following = portal.read_listing(give(asked, ANSWER)).next
    assert following is not None
    assert json.loads(following.body)["pn"] == 10
    assert portal.read_listing(give(following, ANSWER)).next is None


def test_the_result_may_be_an_object_too() -> None:
    plain = json.dumps({"result": json.loads(json.loads(ANSWER)["result"])})
    portal = make_portal()
    assert len(portal.read_listing(give(portal.ask_lists(SPAN)[0], plain)).listings) == 2


@pytest.mark.parametrize(("linkless", "is_layout"), [(1, False), (2, False), (3, True)])
def test_a_row_without_an_address_is_missing_once_though_the_address_is_its_id(
    linkless: int, is_layout: bool
) -> None:
    result = json.loads(json.loads(ANSWER)["result"])
    result["records"] += [{**result["records"][0], "linkurl": ""}] * linkless
    portal = make_portal()
    capture = give(portal.ask_lists(SPAN)[0], json.dumps({"result": result}))
    with pytest.raises(LayoutError, match="linkurl") if is_layout else nullcontext():
        page = portal.read_listing(capture)
        assert len(page.listings) == 2
        assert [issue.field for issue in page.issues] == ["linkurl"] * linkless


def test_a_day_with_too_many_rows_is_cut_by_hours_until_it_cannot_be() -> None:
    site = EpointSite(facts=make_facts(900, every=timedelta(minutes=2)))
    portal = EpointPortal(SourceConfig.model_validate({"portal": "epoint", **site.stanza(BASE)}))
    reading = read_site(portal, site, Span(NOON - timedelta(hours=30), NOON), most=400)
    assert len(reading.rows) == 900
    assert not any(page.withheld for page in reading.pages)


def test_half_an_hour_with_too_many_rows_says_what_it_withholds() -> None:
    site = EpointSite(facts=make_facts(500, every=timedelta(seconds=1)))
    portal = EpointPortal(SourceConfig.model_validate({"portal": "epoint", **site.stanza(BASE)}))
    reading = read_site(portal, site, DAY, most=400)
    said = {page.withheld for page in reading.pages} - {""}
    assert said
    assert all(text.startswith("The site shows at most 360 of ") for text in said)


def make_read_site() -> tuple[EpointSite, EpointPortal]:
    site = EpointSite(facts=make_facts(30))
    return site, EpointPortal(
        SourceConfig.model_validate({"portal": "epoint", **site.stanza(BASE)})
    )


def test_a_site_is_read_whole() -> None:
    site, portal = make_read_site()
    reading = read_site(portal, site)
    assert {row.title for row, _ in reading.rows.values()} == {fact.title for fact in site.facts}
    notice = open_row(portal, site, *reading.rows["/jyxx/002002/900.html"])
    assert (notice.buyer, notice.project_number) == ("样例市公安局", site.facts[0].project)
    assert [(item.brand, item.quantity) for item in notice.items] == [("希捷", 40.0)]


@pytest.mark.parametrize("anchor", EpointSite.anchors, ids=lambda anchor: str(anchor.name))
def test_a_moved_anchor_is_a_layout_error_or_changes_nothing(anchor: Any) -> None:
    site, portal = make_read_site()
    before = {row_id: row for row_id, (row, _) in read_site(portal, site).rows.items()}
    first = next(iter(read_site(portal, site).rows.values()))
    opened = open_row(portal, site, *first)
    site.changed = anchor
    try:
        after = {row_id: row for row_id, (row, _) in read_site(portal, site).rows.items()}
        again = open_row(portal, site, *first)
    except LayoutError:
        return
    assert after == before
    assert (again.buyer, again.items) == (opened.buyer, opened.items)


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("<html><title>安全验证</title>请完成安全验证</html>", SourceState.BLOCKED),
        ("", SourceState.EMPTY),
        ('{"result": "{\\"records', SourceState.PARTIAL),
        ('{"code": 500, "message": "系统异常"}', SourceState.UNREACHABLE),
    ],
)
def test_what_is_no_answer_is_refused(text: str, state: SourceState) -> None:
    portal = make_portal()
    refusal = portal.refused(give(portal.ask_lists(SPAN)[0], text))
    assert refusal is not None
    assert refusal.state is state


@settings(max_examples=60, deadline=None)
@given(mutate_json(json.dumps({"result": json.loads(json.loads(ANSWER)["result"])})))
def test_a_damaged_list_is_refused_read_or_a_layout_error(text: str) -> None:
    portal = make_portal()
    capture = give(portal.ask_lists(SPAN)[0], text)
    if portal.refused(capture) is None:
        try:
            page = portal.read_listing(capture)
        except LayoutError:
            return
        assert all(row.listing_id and row.url and row.title for row in page.listings)


def test_a_block_page_makes_no_rows() -> None:
    site, portal = make_read_site()
    site.blocked = True
    refusal = portal.refused(ask_site(site, portal.ask_lists(DAY)[0]))
    assert refusal is not None
    assert refusal.state is SourceState.BLOCKED
