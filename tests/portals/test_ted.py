"""TED: exact bodies, texts by language, pages up to a cap, days where there are too many."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.errors import LayoutError
from monitor.models import Capture, Listing, SourceState, Span, Tag, ZoneKind
from monitor.portals import ted
from monitor.portals.ted import FIELDS, TedPortal, find_texts
from monitor.stanzas import SourceConfig
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
from tests.portals.sites.ted import TedSite, make_row

FACTS = make_facts(30)
PORTAL = TedPortal(SourceConfig(portal="ted", **TedSite().stanza(BASE)))
WEEK = Span(datetime(2026, 11, 16, tzinfo=UTC), datetime(2026, 11, 22, 12, tzinfo=UTC))


def answer_rows(*rows: Any, span: Span = DAY, **more: Any) -> Capture:
    answer = {"notices": list(rows), "totalNoticeCount": len(rows)} | more
    [request] = PORTAL.ask_lists(span)
    found = make_capture(json.dumps(answer, ensure_ascii=False), url=request.url)
    return Capture(**(vars(found) | {"method": "POST", "sent": request.body}))


def read_row(**changes: Any) -> tuple[Listing, Any]:
    capture = answer_rows(make_row(Fact(1)) | changes)
    [listing] = PORTAL.read_listing(capture).listings
    return listing, PORTAL.read_notice(capture, listing)


def test_the_body_is_the_standing_query_with_the_days_and_always_the_same_bytes() -> None:
    [request] = PORTAL.ask_lists(WEEK)
    assert (request.method, request.url) == ("POST", f"{BASE}/v3/notices/search")
    assert ("Content-Type", "application/json") in request.headers
    assert request.body.startswith(
        b'{"query":"(buyer-country = SMP) AND publication-date>=20261116 AND '
        b'publication-date<=20261122 SORT BY publication-date DESC","fields":["publication-number"'
    )
    sent = json.loads(request.body)
    assert (sent["page"], sent["limit"], sent["scope"]) == (1, 10, "ALL")
    assert sent["paginationMode"] == "PAGE_NUMBER"
    assert len(set(FIELDS)) == len(FIELDS)
    assert PORTAL.ask_lists(WEEK) == (request,)


def test_all_pages_are_read_by_their_number() -> None:
    site = TedSite(FACTS)
    reading = read_site(PORTAL, site)
    assert set(reading.rows) == {f"{fact.number}-2026" for fact in FACTS}
    assert [json.loads(asked.body)["page"] for asked in site.asked] == [1, 2, 3]
    assert reading.kinds() == set()
    page = reading.pages[-1]
    assert (page.total, page.next) == (30, None)
    assert page.span is not None
    assert timedelta(days=1) < page.span.until - page.span.since < timedelta(days=2)


def test_more_than_the_pages_show_is_cut_into_days() -> None:
    page = PORTAL.read_listing(answer_rows(make_row(Fact(1)), span=WEEK, totalNoticeCount=15_001))
    days = [json.loads(request.body)["query"] for request in page.lists]
    assert len(days) == 7
    assert "publication-date>=20261122 AND publication-date<=20261122" in days[0]
    assert "publication-date>=20261116 AND publication-date<=20261116" in days[-1]
    assert page.next is None


def test_a_day_above_the_cap_is_read_as_far_as_it_goes_and_said_to_be_withheld(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ted, "MOST", 20)
    site = TedSite(make_facts(40, every=timedelta(minutes=1)), most=20)
    reading = read_site(PORTAL, site, Span(DAY.until, DAY.until))
    assert len(reading.rows) == 20
    assert all("site shows 20" in page.withheld for page in reading.pages)


def test_a_search_out_of_time_is_said_to_be_withheld() -> None:
    page = PORTAL.read_listing(answer_rows(make_row(Fact(1)), timedOut=True))
    assert "ran out of time" in page.withheld
    assert PORTAL.read_listing(answer_rows(make_row(Fact(1)), timedOut=False)).withheld == ""


def test_days_without_notices_are_an_empty_list() -> None:
    page = PORTAL.read_listing(answer_rows())
    assert (page.listings, page.total, page.next, page.span is None) == ((), 0, None, False)


@pytest.mark.parametrize("anchor", TedSite.anchors, ids=lambda a: a.name)
def test_a_changed_anchor_is_a_layout_error_or_leaves_no_buyer(anchor: Any) -> None:
    site = TedSite(FACTS, changed=anchor)
    if anchor.name != "buyer":
        with pytest.raises(LayoutError):
            read_site(PORTAL, site)
        return
    # A buyer that is gone from all rows is noticed by what a source usually shows.
    assert {listing.buyer for listing, _ in read_site(PORTAL, site).rows.values()} == {""}


@pytest.mark.parametrize(
    ("status", "body", "state", "said"),
    [
        (400, '{"message": "m", "error": {"type": "QuerySyntaxError"}}', SourceState.DRIFTED,
         "QuerySyntaxError"),
        (400, '{"message": "Parameter fields contains unsupported value"}', SourceState.DRIFTED,
         "unsupported value"),
        (400, "Bad Request", SourceState.DRIFTED, "Bad Request"),
        (429, '{"message": "Too many requests"}', SourceState.BLOCKED, "429"),
        (403, "", SourceState.BLOCKED, "403"),
        (200, "<html><body>maintenance</body></html>", SourceState.BLOCKED, "JSON"),
        (500, "", SourceState.UNREACHABLE, "500"),
    ],
)  # fmt: skip
def test_refusals_name_the_sites_own_error(
    status: int, body: str, state: SourceState, said: str
) -> None:
    refusal = PORTAL.refused(make_capture(body, status=status))
    assert refusal is not None
    assert refusal.state is state
    assert said in refusal.cause


def test_the_sites_own_block_is_a_refusal() -> None:
    refusal = PORTAL.refused(ask_site(TedSite(FACTS, blocked=True), PORTAL.ask_lists(DAY)[0]))
    assert refusal is not None
    assert refusal.state is SourceState.BLOCKED


def test_a_row_is_a_whole_notice_with_the_words_of_its_lots() -> None:
    site = TedSite([Fact(5)])
    [(listing, capture)] = read_site(PORTAL, site).rows.values()
    assert (listing.listing_id, listing.url) == (
        "5-2026", "https://ted.europa.eu/en/notice/-/detail/5-2026",
    )  # fmt: skip
    assert (listing.buyer, listing.region, listing.date_only) == ("样例市公安局", "SMP", True)
    notice = open_row(PORTAL, site, listing, capture)
    assert len(site.asked) == 1
    assert (notice.tag, notice.notice_type) == (Tag.AWARD, "can-standard")
    assert notice.suppliers == ("样例云帆科技有限公司",)
    assert notice.project_number == "p-SAMPLE-2026-001"
    assert notice.value is not None
    assert (notice.value.amount, notice.value.currency) == (66720, "CNY")
    assert notice.published_at == datetime(2026, 11, 21, 16, tzinfo=UTC)
    words = [zone for zone in notice.zones if zone.kind is ZoneKind.SPECIFICATION]
    assert [zone.field for zone in words] == ["lots[0].title", "lots[0].description"]
    assert "希捷 ST8000VX004" in words[1].text


@pytest.mark.parametrize(
    ("value", "texts"),
    [
        ("plain", ["plain"]),
        (["a", "b"], ["a", "b"]),
        ({"deu": "ein", "eng": "one"}, ["one"]),
        ({"deu": ["ein", "zwei"]}, ["ein", "zwei"]),
        ({"mul": ["Würzburg"], "deu": ["W"]}, ["Würzburg"]),
        ({"eng": [], "fra": ["un"]}, ["un"]),
        ({}, []),
        (None, []),
        ([{"x": 1}], []),
        (7, ["7"]),
    ],
)
def test_a_text_is_read_in_english_or_in_the_language_it_has(value: Any, texts: list[str]) -> None:
    assert find_texts(value) == texts


@pytest.mark.parametrize(
    ("kind", "tag"),
    [
        ("cn-standard", Tag.TENDER),
        ("pin-only", Tag.PLANNING),
        ("pin-cfc-standard", Tag.TENDER),
        ("can-standard", Tag.AWARD),
        ("veat", Tag.AWARD),
        ("can-modif", Tag.CONTRACT),
        ("corr", Tag.TENDER_AMENDMENT),
        ("compl", Tag.IMPLEMENTATION),
        ("brin-ecs", None),
    ],
)
def test_types_tell_the_stage(kind: str, tag: Tag | None) -> None:
    assert read_row(**{"notice-type": kind})[1].tag is tag


def test_a_sum_of_minus_one_is_none_and_a_later_field_may_tell_it() -> None:
    _, notice = read_row(**{"result-value-notice": "-1", "total-value": -1})
    assert notice.value is None
    assert notice.issues == ()
    told = {"result-value-notice": None, "total-value": 12.5, "total-value-cur": "EUR"}
    _, notice = read_row(**told)
    assert (notice.value.amount, notice.value.currency) == (12.5, "EUR")


def test_a_tender_has_its_estimate_and_no_supplier() -> None:
    told = {"estimated-value-proc": "1000.00", "estimated-value-cur-proc": "EUR"}
    _, notice = read_row(**({"notice-type": "cn-standard"} | told))
    assert (notice.value.amount, notice.value.currency) == (1000, "EUR")
    assert notice.suppliers == ()


def test_documents_are_listed_once() -> None:
    url = "https://files.example/a"
    _, notice = read_row(**{"document-url-lot": [url, url, "nonsense"]})
    assert [document.url for document in notice.documents] == [url]


def test_a_listing_that_is_no_row_is_a_layout_error() -> None:
    for content in ("{", "[]", '{"title": "x"}'):
        with pytest.raises(LayoutError):
            PORTAL.read_notice(make_capture("{}"), Listing("1", BASE, "x", content=content))


ANSWER = {"totalNoticeCount": 1, "notices": [make_row(Fact(1))], "timedOut": False}
STRANGE_TEXTS = [*STRANGE, {"eng": None}, {"deu": [{}]}]


@given(
    st.lists(
        st.tuples(st.sampled_from(list_places(ANSWER)), st.sampled_from(STRANGE_TEXTS)), max_size=3
    ),
    st.sampled_from([b"", b"{", b'{"query":7,"page":"x"}', PORTAL.ask_lists(DAY)[0].body]),
)
@settings(deadline=None)
def test_no_strange_value_breaks_the_reading(changes: list[tuple[Any, Any]], sent: bytes) -> None:
    answer = damage_json(ANSWER, changes)
    found = make_capture(json.dumps(answer), url=f"{BASE}/v3/notices/search")
    capture = Capture(**(vars(found) | {"method": "POST", "sent": sent}))
    try:
        for row in PORTAL.read_listing(capture).listings:
            PORTAL.read_notice(capture, row)
    except LayoutError:
        pass
