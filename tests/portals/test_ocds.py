"""Packages of OCDS releases: slices, paging, odd bytes and numbers, and what vanishes."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.errors import LayoutError
from monitor.models import Listing, SourceState, Span, Tag
from monitor.portals.base import ListPage
from monitor.portals.ocds import OcdsPortal
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
from tests.portals.sites.ocds import OcdsSite, make_package, write_package

FACTS = make_facts(30)
PLAIN = "https://site.example/releases"
LONDON = (
    "https://site.example/OCDS/Search?publishedFrom={since:%Y-%m-%d}&publishedTo={until:%Y-%m-%d}"
)


def make_portal(**stanza: Any) -> OcdsPortal:
    return OcdsPortal(SourceConfig(portal="ocds", **({"lists": [PLAIN]} | stanza)))


SITE_PORTAL = OcdsPortal(SourceConfig(portal="ocds", **OcdsSite().stanza(BASE)))


def read_text(text: str | bytes, portal: OcdsPortal | None = None, url: str = PLAIN) -> ListPage:
    return (portal or make_portal()).read_listing(make_capture(text, url=url))


def utc(day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


def write_releases(*changes: dict[str, Any]) -> str:
    release = make_package([Fact(1)])["releases"][0]
    releases = [release | change for change in changes]
    return json.dumps({"releases": releases}, ensure_ascii=False)


def test_windows_are_asked_for_newest_first_and_are_the_same_in_every_round() -> None:
    span = Span(utc(21, 22), utc(22, 13, 5))
    asked = [request.url.partition("?")[2] for request in SITE_PORTAL.ask_lists(span)]
    assert [query.replace("&limit=5", "") for query in asked] == [
        "updatedFrom=2026-11-22T12:00:00Z&updatedTo=2026-11-22T13:05:00Z",
        "updatedFrom=2026-11-22T06:00:00Z&updatedTo=2026-11-22T12:00:00Z",
        "updatedFrom=2026-11-22T00:00:00Z&updatedTo=2026-11-22T06:00:00Z",
        "updatedFrom=2026-11-21T22:00:00Z&updatedTo=2026-11-22T00:00:00Z",
    ]


def test_an_address_with_days_holds_the_whole_span_and_one_without_is_asked_once() -> None:
    portal = make_portal(lists=[LONDON, PLAIN], ocds={"window": "15d"})
    asked = [request.url for request in portal.ask_lists(Span(utc(19, 5), utc(22, 13)))]
    assert asked[0] == PLAIN
    assert asked[1].endswith("publishedFrom=2026-11-19&publishedTo=2026-11-23")
    assert len(asked) == 2


def test_a_site_is_read_whole_and_its_pages_say_what_they_were_limited_to() -> None:
    site = OcdsSite(FACTS)
    reading = read_site(SITE_PORTAL, site)
    assert set(reading.rows) == {f"ocds-sample-{f.project}/r{f.number}" for f in FACTS}
    assert reading.kinds() == set()
    # Five windows; one ends with a full page and is read in halves to be sure.
    assert [len(page.lists) for page in reading.pages].count(2) == 1
    spans = [page.span for page in reading.pages]
    assert spans[0] == Span(utc(22, 0), utc(22, 4))
    assert all(span is not None for span in spans)
    assert {page.total for page in reading.pages} == {None, 0}


def test_a_release_is_a_whole_notice() -> None:
    site = OcdsSite([Fact(5, attachments=(("需求.pdf", b"%PDF"),))])
    [(listing, capture)] = read_site(SITE_PORTAL, site).rows.values()
    assert (listing.listing_id, listing.url) == (
        "ocds-sample-SAMPLE-2026-001/r5", f"{BASE}/Notice/r5",
    )  # fmt: skip
    assert (listing.buyer, listing.region, listing.notice_type) == (
        "样例市公安局",
        "样例省",
        "award",
    )
    notice = open_row(SITE_PORTAL, site, listing, capture)
    assert len(site.asked) == 5
    assert (notice.tag, notice.buyer, notice.procuring_entity) == (
        Tag.AWARD, "样例市公安局", "样例招标代理有限公司",
    )  # fmt: skip
    assert notice.suppliers == ("样例云帆科技有限公司",)
    assert notice.project_number == "ocds-sample-SAMPLE-2026-001"
    assert notice.value is not None
    assert (notice.value.amount, notice.value.currency) == (66720, "CNY")
    [item] = notice.items
    assert (item.name, item.brand, item.model, item.quantity) == (
        "监控硬盘", "希捷", "ST8000VX004", 48,
    )  # fmt: skip
    assert [(d.name, d.url) for d in notice.documents] == [
        ("需求.pdf", "https://files.example/files/需求.pdf")
    ]
    assert not notice.issues
    assert "example.invalid" not in str(notice.zones)


@pytest.mark.parametrize("anchor", OcdsSite.anchors, ids=lambda a: a.name)
def test_a_changed_anchor_is_noticed_or_read_all_the_same(anchor: Any) -> None:
    site = OcdsSite(FACTS, changed=anchor)
    try:
        reading = read_site(SITE_PORTAL, site)
    except LayoutError:
        return
    assert len(reading.rows) == len(FACTS)
    lost = not any(listing.buyer for listing, _ in reading.rows.values())
    # A buyer that is gone from all rows is noticed by what a source usually shows.
    assert (anchor.name, lost) in (("next", False), ("parties", True))


def test_a_full_page_that_cannot_be_cut_says_that_its_pager_is_gone() -> None:
    body = write_package(make_package(make_facts(3)))
    page = read_text(body, make_portal(), f"{PLAIN}?limit=3")
    assert [(i.kind, i.field) for i in page.issues] == [("missing anchor", "links.next")]
    day = LONDON.replace("{since:%Y-%m-%d}", "2026-11-22").replace("{until:%Y-%m-%d}", "2026-11-23")
    page = read_text(body, make_portal(lists=[f"{LONDON}&limit=3"]), f"{day}&limit=3")
    assert page.span is not None
    assert [issue.kind for issue in page.issues] == ["missing anchor"]
    assert read_text(body, make_portal(), f"{PLAIN}?limit=4").issues == ()


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({"links": {"next": "/releases?cursor=2"}}, "https://site.example/releases?cursor=2"),
        ({"links": {"next": "https://site.example/b"}}, "https://site.example/b"),
        ({"links": {"next": None}}, None),
        ({"links": {"next": 2}}, None),
        ({"links": []}, None),
        ({"links": {"next": "javascript:go(2)"}}, None),
        ({}, None),
    ],
)
def test_the_next_page_is_where_its_path_says(told: dict[str, Any], expected: str | None) -> None:
    page = read_text(json.dumps(make_package([Fact(1)]) | told))
    assert (page.next.url if page.next else None) == expected


def test_a_page_that_names_itself_as_the_next_is_said_to_withhold() -> None:
    page = read_text(json.dumps(make_package([Fact(1)]) | {"links": {"next": PLAIN}}))
    assert (page.next, page.withheld != "") == (None, True)


def test_another_path_of_the_next_page_can_be_given() -> None:
    portal = make_portal(ocds={"next": "meta.pagination.next"})
    told = {"meta": {"pagination": {"next": "/releases?page=2"}}}
    page = read_text(json.dumps(make_package([Fact(1)]) | told), portal)
    assert page.next is not None


def test_numbers_that_are_not_jsons_are_read_past_and_texts_are_left_alone() -> None:
    text = write_releases({"n": 7}).replace('"n": 7', '"n": 000, "m": -00, "big": 1e9999')
    text = text.replace("样例市公安局视频", '样例 12 000, 1e9999 \\": 视频')
    portal = make_portal()
    assert portal.refused(make_capture(text)) is None
    [row] = read_text(text).listings
    assert row.title.startswith('样例 12 000, 1e9999 ": 视频')
    assert json.loads(row.content)["big"] == "1e9999"


def test_an_endless_amount_is_an_issue_and_no_value() -> None:
    award = {"status": "active", "value": {"amount": 77, "currency": "GBP"}}
    text = write_releases({"awards": [award]}).replace("77", "1e9999")
    [row] = read_text(text).listings
    notice = make_portal().read_notice(make_capture(text), row)
    assert notice.value is None
    assert [(i.kind, i.raw) for i in notice.issues] == [("unreadable amount", "GBP 1e9999")]


@pytest.mark.parametrize("label", ["", "; charset=utf-8", "; charset=iso-8859-1"])
def test_latin_bytes_are_read_whatever_they_are_labelled(label: str) -> None:
    title = "Café refurbishment, £50,000 – façade"
    package = make_package([Fact(1, title=title, buyer="Conseil général", agent="Agence")])
    plain = {k: v for k, v in package["releases"][0].items() if k in
             ("ocid", "id", "date", "tag", "tender", "buyer")}  # fmt: skip
    body = json.dumps({"releases": [plain]}, ensure_ascii=False).encode("cp1252")
    capture = make_capture(body, content_type=f"application/json{label}")
    assert make_portal().refused(capture) is None
    [row] = make_portal().read_listing(capture).listings
    assert row.title == title


def test_records_give_their_releases_or_what_was_compiled_of_them() -> None:
    one, two = make_package(make_facts(2))["releases"]
    records = [
        {"ocid": one["ocid"], "releases": [one]},
        {"ocid": two["ocid"], "compiledRelease": two | {"tag": ["compiled"]},
         "releases": [{"url": "https://site.example/r", "date": two["date"], "tag": ["award"]}]},
        {"ocid": "ocds-3", "releases": [{"url": "https://site.example/r", "date": "2026"}]},
    ]  # fmt: skip
    page = read_text(json.dumps({"records": records}))
    assert [row.listing_id for row in page.listings] == [
        f"{r['ocid']}/{r['id']}" for r in (one, two)
    ]
    assert {issue.field for issue in page.issues} == {"id", "date", "tag", "title"}
    notice = make_portal().read_notice(make_capture("{}"), page.listings[1])
    assert notice.tag is Tag.AWARD


@pytest.mark.parametrize("text", ["{}", "[]", '{"releases": {}}', '{"data": []}', '"x"', "7"])
def test_an_answer_without_releases_is_a_layout_error(text: str) -> None:
    with pytest.raises(LayoutError, match="'releases' or 'records'"):
        read_text(text)


@pytest.mark.parametrize("key", ["ocid", "id", "date"])
@pytest.mark.parametrize("value", [["x"], {"a": "x"}, True])
def test_a_name_or_day_of_another_form_is_missing_and_never_shared(key: str, value: Any) -> None:
    with pytest.raises(LayoutError, match=f"'{key}' in 3 of 3 rows"):
        read_text(write_releases({key: value}, {key: value}, {key: value}))
    page = read_text(write_releases({}, {"id": "2"}, {key: value}))
    assert [row.listing_id.rpartition("/")[2] for row in page.listings] == ["r1", "2"]


def test_a_release_without_what_none_may_lack_is_an_issue_and_no_listing() -> None:
    page = read_text(write_releases({}, {"id": "2"}, {"id": None}))
    assert [row.listing_id.rpartition("/")[2] for row in page.listings] == ["r1", "2"]
    assert [(i.kind, i.field) for i in page.issues] == [("missing field", "id")]
    with pytest.raises(LayoutError, match="'date' in 2 of 3 rows"):
        read_text(write_releases({}, {"date": None}, {"date": ""}))


def test_an_unreadable_date_is_an_issue_and_the_row_stays() -> None:
    page = read_text(write_releases({"date": "yesterday"}))
    assert [row.published_at for row in page.listings] == [None]
    assert [(i.kind, i.raw) for i in page.issues] == [("unreadable date", "yesterday")]


def test_people_are_sent_to_the_notices_own_page_or_at_least_to_the_answer() -> None:
    pages = [{"documentType": "awardNotice", "url": "https://people.example/1"}]
    tender = {"title": "t", "documents": pages}
    rows = read_text(write_releases({"tender": tender}, {"tender": {"title": "t"}})).listings
    assert rows[0].url == "https://people.example/1"
    assert rows[1].url == f"{PLAIN}#ocds-sample-SAMPLE-2026-001/r1"


@pytest.mark.parametrize(
    ("status", "body", "state", "said"),
    [
        (429, "12 request limit in 2 minute exceeded", SourceState.BLOCKED, "429"),
        (403, "Forbidden", SourceState.BLOCKED, "403"),
        (503, "", SourceState.UNREACHABLE, "503"),
        (200, "", SourceState.EMPTY, "empty"),
        (200, '{"releases": [{"ocid": "a"', SourceState.PARTIAL, "cut"),
        (200, "<html><title>Sorry</title></html>", SourceState.BLOCKED, "JSON"),
        (404, "{}", SourceState.DRIFTED, "404"),
    ],
)
def test_what_is_no_package_is_refused(
    status: int, body: str, state: SourceState, said: str
) -> None:
    refusal = make_portal().refused(make_capture(body, status=status))
    assert refusal is not None
    assert (refusal.state, said in refusal.cause) == (state, True)


def test_the_sites_own_block_is_a_refusal() -> None:
    site = OcdsSite(FACTS, blocked=True)
    refusal = SITE_PORTAL.refused(ask_site(site, SITE_PORTAL.ask_lists(DAY)[0]))
    assert refusal is not None
    assert refusal.state is SourceState.BLOCKED


def test_a_notice_is_found_by_its_name_in_a_package_too() -> None:
    text = write_releases({}, {"id": "2", "tag": ["tender"]})
    listing = Listing("ocds-sample-SAMPLE-2026-001/2", "https://people.example/2", "")
    assert make_portal().read_notice(make_capture(text), listing).tag is Tag.TENDER
    with pytest.raises(LayoutError, match="the release x/9"):
        make_portal().read_notice(make_capture(text), Listing("x/9", "https://a.example", ""))


PACKAGE = {"links": {"next": "/2"}, **make_package([Fact(1, attachments=(("a.pdf", b""),))])}
PLACES = list_places(PACKAGE)


@given(st.lists(st.tuples(st.sampled_from(PLACES), st.sampled_from(STRANGE)), max_size=3))
@settings(deadline=None)
def test_no_strange_value_breaks_the_reading(changes: list[tuple[Any, Any]]) -> None:
    package = damage_json(PACKAGE, changes)
    capture = make_capture(json.dumps(package))
    try:
        for row in make_portal().read_listing(capture).listings:
            make_portal().read_notice(capture, row)
    except LayoutError:
        pass


@given(st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 1)), st.integers(0, 200_000))  # noqa: DTZ001
@settings(deadline=None)
def test_windows_leave_nothing_of_a_span_out(begin: datetime, seconds: int) -> None:
    since = begin.replace(tzinfo=UTC, microsecond=0)
    span = Span(since, since + timedelta(seconds=seconds))
    windows = [
        SITE_PORTAL.read_listing(make_capture('{"releases": []}', url=request.url)).span
        for request in SITE_PORTAL.ask_lists(span)
    ]
    assert windows[0] is not None
    assert windows[-1] is not None
    assert (windows[-1].since, windows[0].until) == (span.since, span.until)
    for newer, older in pairwise(windows):
        assert newer is not None
        assert older is not None
        assert newer.since == older.until
