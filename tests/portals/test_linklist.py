"""Plain lists of links, read by the selectors of a stanza."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from monitor.config import BodySelectors, RowSelectors, SourceConfig
from monitor.errors import LayoutError
from monitor.models import Listing
from monitor.portals.linklist import LinkListPortal
from tests.portals.captures import make_capture, read_saved_page

URL = "http://list.example/gg/"
LIST = read_saved_page("links_list.html")


def portal(detail: BodySelectors | None = None, **row: str) -> LinkListPortal:
    selectors = RowSelectors.model_validate({"row": "tr.r"} | row)
    stanza = SourceConfig(
        portal="linklist",
        lists=[URL],
        row=selectors,
        region="样例地区",
        detail=detail or BodySelectors(),
    )
    return LinkListPortal(stanza)


def test_a_row_is_read_by_the_selectors_of_its_stanza() -> None:
    reader = portal(date=".d", buyer=".b", region=".g", type=".k")
    first, second = reader.read_listing(make_capture(LIST, url=URL)).listings
    assert first == Listing(
        listing_id="http://list.example/gg/a/1.html",
        url="http://list.example/gg/a/1.html",
        title="样例市公安局服务器采购公告全名",
        published_raw="2026-06-01",
        published_at=datetime(2026, 5, 31, 16, 0, tzinfo=UTC),
        date_only=True,
        region="样例省",
        buyer="样例市公安局",
        notice_type="招标公告",
    )
    assert second.url == "http://list.example/b/2.html?x=1&copy=2"
    assert (second.published_raw, second.region) == ("2026.05.31 08:05", "样例地区")
    assert second.published_at == datetime(2026, 5, 31, 0, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("href", "ids"),
    [
        ("1.html", {"http://list.example/a/1.html", "http://list.example/b/1.html"}),
        ("/n/1.html", {"http://list.example/n/1.html"}),
        ("http://list.example/n/../1.html", {"http://list.example/n/../1.html"}),
    ],
)
def test_listings_of_two_lists_share_an_id_only_where_they_lead_to_one_page(
    href: str, ids: set[str]
) -> None:
    text = f"<table><tr class='r'><td><a href='{href}'>样例</a> 2026-06-01</td></tr></table>"
    pages = [make_capture(text, url=f"http://list.example/{name}/l") for name in "ab"]
    rows = [row for page in pages for row in portal().read_listing(page).listings]
    assert {row.listing_id for row in rows} == ids


def test_a_row_without_a_web_address_is_an_issue() -> None:
    page = portal().read_listing(make_capture(LIST, url=URL))
    assert [issue.kind for issue in page.issues] == ["row without link"]


@pytest.mark.parametrize(
    "text", ["<html><p>x</p></html>", "<table><tr class='r'><td>x</td></tr></table>"]
)
def test_a_page_without_rows_or_links_is_a_layout_error(text: str) -> None:
    with pytest.raises(LayoutError):
        portal().read_listing(make_capture(text, url=URL))


def test_the_next_page_is_found_by_its_link() -> None:
    assert (
        portal(next="a.next").read_listing(make_capture(LIST, url=URL)).next_url == f"{URL}?page=2"
    )
    assert portal(next="a.none").read_listing(make_capture(LIST, url=URL)).next_url == ""
    assert portal().read_listing(make_capture(LIST, url=URL)).next_url == ""


@pytest.mark.parametrize(
    ("pattern", "at", "next_url"),
    [
        ("index_{page}.html", URL, f"{URL}index_2.html"),
        ("index_{page-1}.html", URL, f"{URL}index_1.html"),
        ("index_{page}.html", f"{URL}index_2.html", f"{URL}index_3.html"),
        ("?size=15&p={page}", f"{URL}?p=3&size=15", f"{URL}?size=15&p=4"),
    ],
)
def test_the_next_page_is_made_from_a_pattern(pattern: str, at: str, next_url: str) -> None:
    page = portal(page_url=pattern).read_listing(make_capture(LIST, url=at))
    assert page.next_url == next_url


DETAIL = read_saved_page("links_detail.html")


def test_a_detail_page_is_read_by_its_selectors() -> None:
    reader = portal(BodySelectors(body="div.main", title="h1.t", date=".d"))
    notice = reader.read_notice(make_capture(DETAIL, url=URL), Listing("1", URL, "缩短..."))
    assert notice.title == "样例市公安局服务器采购公告"
    assert notice.published_at == datetime(2026, 6, 1, 1, 30, tzinfo=UTC)
    assert notice.value is not None
    assert notice.value.amount == 20_000
    assert all("戴尔" not in zone.text for zone in notice.zones)


def test_a_detail_page_without_the_named_body_is_a_layout_error() -> None:
    reader = portal(BodySelectors(body="div.gone"))
    with pytest.raises(LayoutError, match=r"div\.gone"):
        reader.read_notice(make_capture(DETAIL, url=URL), Listing("1", URL, "样例"))


HOME = "<html><nav>首页</nav><p>欢迎访问样例交易网</p><p><a href='f.pdf'>须知</a></p></html>"
NOTICE = (
    f"<html><article><p>采购人：样例市公安局</p><a href='f.pdf'>附件</a></article>{HOME}</html>"
)


@pytest.mark.parametrize("shown", ["http://list.example/", "http://list.example/404.html"])
def test_a_redirect_to_a_page_without_a_notice_is_a_layout_error(shown: str) -> None:
    capture = replace(make_capture(HOME, url=f"{URL}1.html"), final_url=shown)
    with pytest.raises(LayoutError, match="redirect to /"):
        portal().read_notice(capture, Listing("1", URL, "样例"))


def test_a_redirect_to_the_notice_is_read_and_its_links_start_there() -> None:
    capture = replace(
        make_capture(NOTICE, url=f"{URL}1.html"), final_url="http://list.example/new/1.html"
    )
    notice = portal().read_notice(capture, Listing("1", capture.url, "样例"))
    assert notice.buyer == "样例市公安局"
    assert notice.url == f"{URL}1.html"
    assert [found.url for found in notice.documents] == ["http://list.example/new/f.pdf"]


@pytest.mark.parametrize("shown", [f"{URL}1.html", f"{URL}1.html?from=list", f"{URL}1.html/"])
def test_a_page_at_its_own_path_needs_no_anchor(shown: str) -> None:
    page = "<html><p>采购人：样例市公安局</p></html>"
    capture = replace(make_capture(page, url=f"{URL}1.html"), final_url=shown)
    assert portal().read_notice(capture, Listing("1", URL, "样例")).buyer == "样例市公安局"
