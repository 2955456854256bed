"""The World Bank: rows in a list or an object, pages by offset, a text in the row or behind it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.errors import LayoutError
from monitor.models import Listing, SourceState, Tag
from monitor.portals.worldbank import WorldbankPortal
from monitor.stanzas import SourceConfig, WorldbankOptions
from tests.portals.captures import make_capture
from tests.portals.sitereading import (
    BASE,
    DAY,
    STRANGE,
    ask_site,
    damage_json,
    list_places,
    open_row,
    read_site,
)
from tests.portals.sites.base import Fact, make_facts
from tests.portals.sites.worldbank import PATH, WorldbankSite, make_row

FACTS = make_facts(30)
PORTAL = WorldbankPortal(SourceConfig(portal="worldbank", **WorldbankSite().stanza(BASE)))
URL = f"{BASE}{PATH}?format=json&rows=10&os=0&srt=noticedate&order=desc"


def answer_rows(*rows: Any, **more: Any) -> str:
    return json.dumps({"total": str(len(rows)), "procnotices": list(rows)} | more)


def test_each_country_is_a_list_and_without_any_there_is_one_of_all() -> None:
    portal = WorldbankPortal(SourceConfig(portal="worldbank"))
    [request] = portal.ask_lists(DAY)
    assert request.url == (
        "https://search.worldbank.org/api/v2/procnotices?"
        "format=json&rows=50&os=0&srt=noticedate&order=desc"
    )
    named = WorldbankOptions(countries=["China", "Viet Nam"])
    portal = WorldbankPortal(SourceConfig(portal="worldbank", worldbank=named))
    assert [request.url.partition("desc")[2] for request in portal.ask_lists(DAY)] == [
        "&project_ctry_name_exact=China", "&project_ctry_name_exact=Viet+Nam",
    ]  # fmt: skip


def test_all_pages_are_read_by_their_offset_in_the_api() -> None:
    site = WorldbankSite(FACTS)
    reading = read_site(PORTAL, site)
    assert len(reading.rows) == 30
    assert [asked.query["os"] for asked in site.asked] == ["0", "10", "20"]
    assert {asked.query["project_ctry_name_exact"] for asked in site.asked} == {"样例省"}
    assert (reading.kinds(), reading.pages[0].total, reading.pages[0].span) == (set(), 30, None)


@pytest.mark.parametrize("whole", [True, False])
def test_a_notice_is_in_its_row_or_asked_for_by_its_id(whole: bool) -> None:
    site = WorldbankSite([Fact(4 if whole else 5)])
    [(listing, capture)] = read_site(PORTAL, site).rows.values()
    assert listing.published_at == datetime(2026, 11, 21, 16, tzinfo=UTC)
    assert (listing.date_only, listing.buyer) == (True, "样例市公安局")
    assert listing.url.endswith(f"/procurement-detail/{listing.listing_id}")
    notice = open_row(PORTAL, site, listing, capture)
    assert len(site.asked) == (1 if whole else 2)
    assert (notice.tag, notice.notice_type) == (Tag.AWARD, "Contract Award")
    assert notice.suppliers == ("样例云帆科技有限公司",)
    assert (notice.project_number, notice.region) == ("SAMPLE-2026-001", "样例省")
    assert [item.brand for item in notice.items] == ["希捷"]
    assert "unknown notice type" not in {issue.kind for issue in notice.issues}


def test_rows_may_be_an_object_by_id() -> None:
    rows = {"OP1": make_row(Fact(1)), "OP2": make_row(Fact(2))}
    page = PORTAL.read_listing(make_capture(answer_rows(procnotices=rows, total=2), url=URL))
    assert [row.listing_id for row in page.listings] == ["OP00000001", "OP00000002"]


def test_a_wrong_name_of_a_field_leaves_project_id_alone_and_is_a_layout_error() -> None:
    rows = [{"project_id": f"P{n}"} for n in range(10)]
    with pytest.raises(LayoutError, match="'id' in 10 of 10 rows"):
        PORTAL.read_listing(make_capture(answer_rows(*rows), url=URL))


def test_a_country_that_the_site_ignores_is_a_layout_error() -> None:
    site = WorldbankSite([Fact(n, region="邻省") for n in range(1, 9)])
    with pytest.raises(LayoutError, match="project_ctry_name_exact' was ignored"):
        read_site(PORTAL, site)


@pytest.mark.parametrize(
    "anchor", [a for a in WorldbankSite.anchors if a.where == "list"], ids=lambda a: a.name
)
def test_a_changed_anchor_of_the_list_is_a_layout_error_or_leaves_no_buyer(anchor: Any) -> None:
    site = WorldbankSite(FACTS, changed=anchor)
    if anchor.name != "buyer":
        with pytest.raises(LayoutError):
            read_site(PORTAL, site)
        return
    # A buyer that is gone from all rows is noticed by what a source usually shows.
    assert {listing.buyer for listing, _ in read_site(PORTAL, site).rows.values()} == {""}


@pytest.mark.parametrize(
    "anchor", [a for a in WorldbankSite.anchors if a.where == "detail"], ids=lambda a: a.name
)
def test_a_changed_anchor_of_the_detail_is_a_layout_error(anchor: Any) -> None:
    site = WorldbankSite([Fact(5)])
    [(listing, capture)] = read_site(PORTAL, site).rows.values()
    site.changed = anchor
    with pytest.raises(LayoutError):
        open_row(PORTAL, site, listing, capture)


def test_the_sites_own_block_is_a_refusal() -> None:
    site = WorldbankSite(FACTS, blocked=True)
    refusal = PORTAL.refused(ask_site(site, PORTAL.ask_lists(DAY)[0]))
    assert refusal is not None
    assert refusal.state is SourceState.BLOCKED


@pytest.mark.parametrize(
    ("kind", "tag"),
    [
        ("General Procurement Notice", Tag.PLANNING),
        ("Invitation for Bids", Tag.TENDER),
        ("Request for Expression of Interest", Tag.TENDER),
        ("Contract Award", Tag.AWARD),
    ],
)
def test_types_tell_the_stage(kind: str, tag: Tag) -> None:
    row = make_row(Fact(2)) | {"notice_type": kind, "notice_text": "<p>Supply of disks</p>"}
    capture = make_capture(answer_rows(row), url=URL)
    [listing] = PORTAL.read_listing(capture).listings
    notice = PORTAL.read_notice(capture, listing)
    assert (notice.tag, notice.notice_type) == (tag, kind)
    assert "Supply of disks" in {zone.text for zone in notice.zones}


def test_an_unreadable_day_is_an_issue_and_the_row_stays() -> None:
    row = make_row(Fact(2)) | {"noticedate": "32-Foo-2026"}
    page = PORTAL.read_listing(make_capture(answer_rows(row), url=URL))
    assert [(r.published_raw, r.published_at) for r in page.listings] == [("32-Foo-2026", None)]
    assert [issue.kind for issue in page.issues] == ["unreadable date"]


def test_a_name_of_a_project_stands_in_for_a_title() -> None:
    row = make_row(Fact(2)) | {"bid_description": None, "project_name": "样例项目"}
    page = PORTAL.read_listing(make_capture(answer_rows(row), url=URL))
    assert [r.title for r in page.listings] == ["样例项目"]


def test_a_row_without_text_is_a_layout_error() -> None:
    for content in ("{", "[]", '{"id": "1"}', '{"id": "1", "notice_text": "<p> </p>"}'):
        with pytest.raises(LayoutError):
            PORTAL.read_notice(make_capture("{}"), Listing("1", URL, "x", content=content))


ANSWER = {"total": "2", "procnotices": [make_row(Fact(2)), make_row(Fact(3), whole=False)]}


@given(
    st.lists(st.tuples(st.sampled_from(list_places(ANSWER)), st.sampled_from(STRANGE)), max_size=3)
)
@settings(deadline=None)
def test_no_strange_value_breaks_the_reading(changes: list[tuple[Any, Any]]) -> None:
    answer = damage_json(ANSWER, changes)
    capture = make_capture(json.dumps(answer), url=URL)
    try:
        for row in PORTAL.read_listing(capture).listings:
            PORTAL.read_notice(capture, row)
    except LayoutError:
        pass
