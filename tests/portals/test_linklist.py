"""Plain lists of links, read by the selectors of a stanza."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.errors import LayoutError
from monitor.models import Capture, Listing, Request, Span
from monitor.portals.linklist import LinkListPortal
from monitor.stanzas import BodySelectors, RowSelectors, SourceConfig
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


def test_a_row_without_a_title_is_an_issue() -> None:
    page = "<table><tr class='r'><td><a href='/1.html'><img></a> 2026-06-01</td></tr></table>"
    read = portal().read_listing(make_capture(LIST + page, url=URL))
    assert len(read.listings) == 2
    assert [issue.kind for issue in read.issues] == ["row without link", "missing field"]


@pytest.mark.parametrize(
    "text", ["<html><p>x</p></html>", "<table><tr class='r'><td>x</td></tr></table>"]
)
def test_a_page_without_rows_or_links_is_a_layout_error(text: str) -> None:
    with pytest.raises(LayoutError):
        portal().read_listing(make_capture(text, url=URL))


@pytest.mark.parametrize(
    ("row", "request_"),
    [
        ({"next": "a.next"}, Request(f"{URL}?page=2")),
        ({"next": "a.none"}, None),
        ({}, None),
    ],
)
def test_the_next_page_is_found_by_its_link(row: dict[str, str], request_: Request | None) -> None:
    assert portal(None, **row).read_listing(make_capture(LIST, url=URL)).next == request_


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
    assert page.next == Request(next_url)


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


SPAN = Span(datetime(2026, 8, 1, tzinfo=UTC), datetime(2026, 8, 20, tzinfo=UTC))
FORMED = SourceConfig(
    portal="linklist",
    lists=["http://form.example/topicView.do"],
    form={"method": "view", "page": "{page}", "id": "1665"},
    row=RowSelectors(row="li", date="span.time"),
)
JAVA_ROW = (
    "<html><ul><li><a href='/viewer.do?id=7&ver=2' title='样例分局硬盘采购公告'>样例…</a>"
    "<span class='time'>Thu Aug 20 16:19:39 CST 2026</span></li></ul></html>"
)


def answer(asked: Request, body: str) -> Capture:
    """Return what a site answers to a request."""
    return replace(make_capture(body, url=asked.url), method=asked.method, sent=asked.body)


def test_a_form_asks_for_a_page_and_for_the_one_after_it() -> None:
    reader = LinkListPortal(FORMED)
    (first,) = reader.ask_lists(SPAN)
    assert (first.method, first.body) == ("POST", b"method=view&page=1&id=1665")
    assert dict(first.headers)["Content-Type"].startswith("application/x-www-form-urlencoded")
    second = reader.read_listing(answer(first, JAVA_ROW)).next
    assert second is not None
    assert (second.url, second.body) == (first.url, b"method=view&page=2&id=1665")
    third = reader.read_listing(answer(second, JAVA_ROW)).next
    assert third is not None
    assert third.body == b"method=view&page=3&id=1665"


def test_a_date_as_java_prints_it_is_china_s_time() -> None:
    reader = LinkListPortal(FORMED)
    (row,) = reader.read_listing(answer(reader.ask_lists(SPAN)[0], JAVA_ROW)).listings
    assert row.published_at == datetime(2026, 8, 20, 8, 19, 39, tzinfo=UTC)
    assert (row.title, row.buyer) == ("样例分局硬盘采购公告", "")


def test_an_address_with_its_page_in_it_is_counted_on() -> None:
    stanza = FORMED.model_copy(update={"lists": ["http://l.example/index_{page}.htm"], "form": {}})
    reader = LinkListPortal(stanza)
    (first,) = reader.ask_lists(SPAN)
    assert first == Request("http://l.example/index_1.htm")
    page = reader.read_listing(answer(first, JAVA_ROW))
    assert page.next == Request("http://l.example/index_2.htm")


@pytest.mark.parametrize(
    ("shown", "title"),
    [
        ("[竞争性磋商]样例市公安局门禁采购公告", "样例市公安局门禁采购公告"),
        ("【公开招标】 样例市公安局门禁采购公告", "样例市公安局门禁采购公告"),
        ("[样例区]样例分局门禁采购公告", "[样例区]样例分局门禁采购公告"),
        ("样例分局[公开招标]公告", "样例分局[公开招标]公告"),
    ],
)
def test_the_way_of_purchase_before_a_title_is_no_part_of_it(shown: str, title: str) -> None:
    page = f"<ul><li><a href='/n/1.html'>{shown}</a> 2026-08-20</li></ul>"
    (row,) = portal(row="li").read_listing(make_capture(page, url=URL)).listings
    assert row.title == title


@pytest.mark.parametrize(
    ("pager", "pages", "more"),
    [
        ("共2页 <a>下一页</a>", 2, True),
        ("<span>共</span><b>1</b>&nbsp;页 <a>尾页</a>", 1, False),
        ("本文件共1页", None, True),
        ("", None, True),
    ],
)
def test_a_counted_list_ends_where_its_own_pager_says(
    pager: str, pages: int | None, more: bool
) -> None:
    reader = LinkListPortal(FORMED)
    body = JAVA_ROW.replace("</ul>", f"</ul><div>{pager}</div>")
    page = reader.read_listing(answer(reader.ask_lists(SPAN)[0], body))
    assert (page.pages, page.next is not None) == (pages, more)


JUNK = st.sampled_from(["", "<", "</ul></div>", "&#x110000;", "\0", "2026-99-99", "共9页 下一页"])


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(LIST)), st.integers(0, 60), JUNK)
def test_a_damaged_list_is_read_or_a_layout_error(start: int, length: int, junk: str) -> None:
    text = LIST[:start] + junk + LIST[start + length :]
    try:
        page = portal(date=".d", page_url="i_{page}.htm").read_listing(make_capture(text, url=URL))
    except LayoutError:
        return
    assert all(row.listing_id and row.url and row.title for row in page.listings)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(DETAIL)), st.integers(0, 60), JUNK)
def test_a_damaged_notice_is_read_or_a_layout_error(start: int, length: int, junk: str) -> None:
    text = DETAIL[:start] + junk + DETAIL[start + length :]
    try:
        notice = portal().read_notice(make_capture(text, url=URL), Listing("1", URL, "样例公告"))
    except LayoutError:
        return
    assert notice.title == "样例公告"


@pytest.mark.parametrize("site", ["http://list.example:9040", "https://list.example:8443"])
def test_links_and_pages_keep_the_scheme_and_port_of_their_list(site: str) -> None:
    text = "<table><tr class='r'><td><a href='/a/1.html'>样例</a> 2026-06-01</td></tr></table>"
    page = portal(page_url="l_{page}.html").read_listing(make_capture(text, url=f"{site}/gg/"))
    assert [row.url for row in page.listings] == [f"{site}/a/1.html"]
    assert page.next == Request(f"{site}/gg/l_2.html")
