"""SAM.gov: days and pages, an empty list that is a 404, the key that stays out, the text null."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.errors import LayoutError
from monitor.models import Listing, SourceState, Span, Tag
from monitor.portals.sam import SamPortal
from monitor.stanzas import SamOptions, SourceConfig
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
from tests.portals.sites.sam import PATH, SamSite, make_row

FACTS = make_facts(30)
PORTAL = SamPortal(SourceConfig(portal="sam", **SamSite().stanza(BASE)))
URL = f"{BASE}{PATH}?postedFrom=11/21/2026&postedTo=11/22/2026&limit=10&offset=0"


def answer_rows(*rows: Any, **more: Any) -> str:
    return json.dumps({"totalRecords": len(rows), "opportunitiesData": list(rows)} | more)


def read_row(**changes: Any) -> tuple[Listing, Any]:
    capture = make_capture(answer_rows(make_row(Fact(1)) | changes), url=URL)
    [listing] = PORTAL.read_listing(capture).listings
    return listing, PORTAL.read_notice(capture, listing)


def test_a_span_is_asked_for_in_stretches_below_a_year_and_nothing_is_left_out() -> None:
    until = datetime(2026, 11, 22, 12, tzinfo=UTC)
    requests = PORTAL.ask_lists(Span(until - timedelta(days=800), until))
    asked = [parse_qs(urlsplit(request.url).query) for request in requests]
    days = [
        tuple(datetime.strptime(a[n][0], "%m/%d/%Y").date() for n in ("postedFrom", "postedTo"))  # noqa: DTZ007
        for a in asked
    ]
    assert days[0][1] == date(2026, 11, 22)
    assert all((last - first).days < 365 for first, last in days)
    assert all(newer[0] == older[1] for newer, older in pairwise(days))
    assert days[-1][0] <= (until - timedelta(days=800)).date()
    assert {tuple(a) for a in asked} == {("postedFrom", "postedTo", "limit", "offset")}


def test_kinds_of_notices_can_be_chosen_and_no_key_is_ever_in_an_address() -> None:
    portal = SamPortal(
        SourceConfig(portal="sam", sam=SamOptions(types=["p", "a"]), key_env="MY_KEY")
    )
    [request] = portal.ask_lists(DAY)
    assert request.url.startswith("https://api.sam.gov/opportunities/v2/search?postedFrom=")
    assert request.url.endswith("&limit=1000&offset=0&ptype=p,a")
    assert "key" not in request.url.lower()


def test_all_pages_are_read_by_their_number() -> None:
    site = SamSite(FACTS)
    reading = read_site(PORTAL, site)
    assert len(reading.rows) == 30
    assert [asked.query["offset"] for asked in site.asked] == ["0", "1", "2"]
    assert reading.kinds() == set()
    page = reading.pages[0]
    assert page.total == 30
    assert page.span is not None
    assert page.span.until - page.span.since < timedelta(days=3)


def test_a_span_without_notices_is_an_empty_list_and_no_error() -> None:
    site = SamSite([])
    capture = ask_site(site, PORTAL.ask_lists(DAY)[0])
    assert capture.status == 404
    assert PORTAL.refused(capture) is None
    page = PORTAL.read_listing(capture)
    assert (page.listings, page.total, page.span is not None) == ((), 0, True)


@pytest.mark.parametrize(
    ("status", "body", "state", "said", "advice"),
    [
        (404, '{"message": "no such resource"}', SourceState.DRIFTED, "404", "moved"),
        (400, "Date range must be 1 year(s) apart", SourceState.DRIFTED, "1 year(s)", "param"),
        (403, '{"error": {"code": "API_KEY_MISSING"}}', SourceState.BLOCKED, "403", "key_env"),
        (401, "", SourceState.BLOCKED, "401", "key_env"),
        (429, '{"message": "throttled"}', SourceState.BLOCKED, "429", "used up"),
        (200, "<html>maintenance</html>", SourceState.BLOCKED, "JSON", ""),
    ],
)
def test_refusals_say_what_to_do(
    status: int, body: str, state: SourceState, said: str, advice: str
) -> None:
    refusal = PORTAL.refused(make_capture(body, status=status, url=URL))
    assert refusal is not None
    assert refusal.state is state
    assert said in refusal.cause
    assert advice in refusal.advice


@pytest.mark.parametrize("anchor", SamSite.anchors, ids=lambda a: a.name)
def test_a_changed_anchor_is_a_layout_error_or_leaves_no_buyer(anchor: Any) -> None:
    site = SamSite(FACTS, changed=anchor)
    if anchor.name != "buyer":
        with pytest.raises(LayoutError):
            read_site(PORTAL, site)
        return
    # A buyer that is gone from all rows is noticed by what a source usually shows.
    assert {listing.buyer for listing, _ in read_site(PORTAL, site).rows.values()} == {""}


def test_the_sites_own_block_is_a_refusal() -> None:
    refusal = PORTAL.refused(ask_site(SamSite(FACTS, blocked=True), PORTAL.ask_lists(DAY)[0]))
    assert refusal is not None
    assert refusal.state is SourceState.BLOCKED


def test_a_row_is_a_whole_notice_and_no_further_request_is_made() -> None:
    site = SamSite([Fact(5)])
    [(listing, capture)] = read_site(PORTAL, site).rows.values()
    assert (listing.listing_id, listing.url) == (f"{5:032x}", f"https://sam.gov/opp/{5:032x}/view")
    assert (listing.buyer, listing.date_only) == ("样例部 / 样例市公安局", True)
    notice = open_row(PORTAL, site, listing, capture)
    assert len(site.asked) == 1
    assert (notice.tag, notice.notice_type) == (Tag.AWARD, "Award Notice")
    assert (notice.suppliers, notice.project_number) == (
        ("样例云帆科技有限公司",), "SAMPLE-2026-001",
    )  # fmt: skip
    assert notice.value is not None
    assert (notice.value.amount, notice.value.currency) == (66720, "USD")
    assert [document.name for document in notice.documents] == ["description.html"]
    assert notice.items_elsewhere
    assert "example.invalid" not in str(notice.zones)


def test_the_text_null_is_nothing() -> None:
    listing, notice = read_row(
        uiLink="null", description="null", resourceLinks=None, award={"amount": "null"},
        solicitationNumber="null", placeOfPerformance="null",
    )  # fmt: skip
    assert listing.url == f"https://sam.gov/opp/{1:032x}/view"
    assert (notice.documents, notice.value, notice.suppliers) == ((), None, ())
    assert notice.project_number == ""
    assert not any("null" in zone.text for zone in notice.zones)


def test_older_rows_name_their_offices_one_by_one() -> None:
    older = {"department": "样例部", "subTier": "样例局", "office": None}
    listing, _ = read_row(fullParentPathName=None, **older)
    assert listing.buyer == "样例部 / 样例局"


@pytest.mark.parametrize(
    ("kind", "tag"),
    [
        ("Presolicitation", Tag.PLANNING),
        ("Sources Sought", Tag.PLANNING),
        ("Solicitation", Tag.TENDER),
        ("Combined Synopsis/Solicitation", Tag.TENDER),
        ("Award Notice", Tag.AWARD),
        ("Sale of Surplus Property", None),
    ],
)
def test_types_tell_the_stage(kind: str, tag: Tag | None) -> None:
    _, notice = read_row(type=kind)
    assert (notice.tag, notice.notice_type) == (tag, kind)
    assert [i.raw for i in notice.issues if i.kind == "unknown notice type"] == (
        [] if tag else [kind]
    )


def test_an_unreadable_day_is_an_issue_and_the_row_stays() -> None:
    capture = make_capture(answer_rows(make_row(Fact(1)) | {"postedDate": "soon"}), url=URL)
    page = PORTAL.read_listing(capture)
    assert [(row.published_raw, row.published_at) for row in page.listings] == [("soon", None)]
    assert [issue.kind for issue in page.issues] == ["unreadable date"]


def test_a_listing_that_is_no_row_is_a_layout_error() -> None:
    for content in ("{", "[]", '{"title": "x"}'):
        with pytest.raises(LayoutError):
            PORTAL.read_notice(make_capture("{}"), Listing("1", URL, "x", content=content))


ANSWER = {"totalRecords": 1, "opportunitiesData": [make_row(Fact(1, attachments=(("a", b""),)))]}


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


def test_files_are_named_by_their_address_or_counted() -> None:
    links = ["https://f.example/a/%E6%B8%85%E5%8D%95.pdf?x=1", "https://f.example/9f/download"]
    _, notice = read_row(resourceLinks=[*links, None, "null"], description="<p>Supply of disks</p>")
    assert [(d.name, d.url) for d in notice.documents] == [
        ("清单.pdf", links[0]), ("attachment 2", links[1]),
    ]  # fmt: skip
    assert "Supply of disks" in {zone.text for zone in notice.zones}
