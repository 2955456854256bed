"""Feeds: RSS and Atom, dates without a zone, bad bytes, pages that are no feed."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.errors import LayoutError
from monitor.models import Listing, Tag
from monitor.portals.base import ListPage
from monitor.portals.feed import FeedPortal
from monitor.stanzas import SourceConfig
from tests.portals.captures import make_capture

URL = "http://feed.example/rss"
PORTAL = FeedPortal(SourceConfig(portal="feed", lists=[URL], region="样例省"))
TITLE = "样例市公安局服务器采购公告"


def rss(*items: str) -> str:
    body = "".join(f"<item>{item}</item>" for item in items)
    return (
        '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel>'
        f"<title>样例</title><link>http://feed.example/</link>{body}</channel></rss>"
    )


def item(date: str = "", link: str = "http://x.example/1.html", more: str = "") -> str:
    shown = f"<pubDate>{date}</pubDate>" if date else ""
    return f"<title>{TITLE}</title><link>{link}</link>{shown}{more}"


def read(body: str | bytes) -> ListPage:
    return PORTAL.read_listing(make_capture(body, url=URL, content_type="application/xml"))


@pytest.mark.parametrize(
    ("date", "at", "date_only"),
    [
        ("Fri, 11 Jun 2021 09:30:00 +0800", datetime(2021, 6, 11, 1, 30, tzinfo=UTC), False),
        ("Fri, 11 Jun 2021 01:30:00 GMT", datetime(2021, 6, 11, 1, 30, tzinfo=UTC), False),
        ("2021-06-11 09:30:00", datetime(2021, 6, 11, 1, 30, tzinfo=UTC), False),
        ("2021年6月11日", datetime(2021, 6, 10, 16, 0, tzinfo=UTC), True),
    ],
)
def test_a_date_without_a_zone_is_of_shanghai(date: str, at: datetime, date_only: bool) -> None:
    (row,) = read(rss(item(date))).listings
    assert (row.published_at, row.date_only, row.published_raw) == (at, date_only, date)


def test_an_unreadable_date_is_an_issue() -> None:
    page = read(rss(item("很久以前")))
    assert page.listings[0].published_at is None
    assert [issue.kind for issue in page.issues] == ["unreadable date"]


def test_an_atom_feed_is_read() -> None:
    (row,) = read(
        '<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>样例</title>'
        f"<entry><id>tag:1</id><title>{TITLE}</title><link href='/a/1.html'/>"
        "<updated>2021-06-11T09:30:00+08:00</updated></entry></feed>"
    ).listings
    assert row.listing_id == "tag:1"
    assert row.url == "http://feed.example/a/1.html"
    assert row.published_at == datetime(2021, 6, 11, 1, 30, tzinfo=UTC)


def test_one_bad_byte_in_a_gb18030_feed_spoils_nothing_else() -> None:
    text = rss(item("2021-06-11", more="<author>样例〇局</author>"))
    raw = (
        text.replace("UTF-8", "GB2312")
        .encode("gb18030")
        .replace("服务器".encode("gb18030"), b"\xff")
    )
    (row,) = read(raw).listings
    assert row.title.startswith("样例市公安局")
    assert row.title.endswith("采购公告")


@pytest.mark.parametrize(
    "body",
    [
        "<html><body><h1>首页</h1><p>没有订阅</p></body></html>",
        "not a feed at all",
        '{"code": 0, "rows": []}',
        '<?xml version="1.0"?><sitemap><url>x</url></sitemap>',
    ],
)
def test_what_is_no_feed_is_a_layout_error_and_never_no_news(body: str) -> None:
    with pytest.raises(LayoutError):
        read(body)


def test_an_empty_feed_is_an_empty_list() -> None:
    assert read(rss()).listings == ()


def test_the_id_is_the_guid_or_else_the_link() -> None:
    with_id = item(more="<guid isPermaLink='false'>77</guid>")
    rows = read(rss(with_id, item(link="http://x.example/2.html"))).listings
    assert [row.listing_id for row in rows] == ["77", "http://x.example/2.html"]


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "http://[x/1", "ftp://x.example/1", "data:text/html,x"]
)
def test_an_address_that_is_no_web_page_is_an_issue_and_no_listing(link: str) -> None:
    page = read(rss(item(link=link)))
    assert page.listings == ()
    assert "entry without address" in {issue.kind for issue in page.issues}


def test_an_entry_may_carry_its_whole_notice() -> None:
    rows = "".join(f"<p>采购内容第{n}项，硬盘。</p>" for n in range(30))
    body = f"<p>采购人：样例市公安局</p><p>项目编号：S-1</p>{rows}"
    (row,) = read(
        rss(item("2021-06-11", more=f"<description><![CDATA[{body}]]></description>"))
    ).listings
    assert row.content
    notice = PORTAL.read_notice(make_capture("", url=row.url), row)
    assert (notice.buyer, notice.project_number, notice.region) == ("样例市公安局", "S-1", "样例省")
    assert notice.tag is Tag.TENDER


LONG = "<p>为满足工作需要，现就设备采购项目公开招标，欢迎合格的供应商前来参加。</p>" * 8
LABELLED = f"<p>采购人：样例市公安局</p><p>项目编号：S-1</p>{LONG}"
CELLS = "<tr><td>采购人</td><td>样例局</td></tr><tr><td>项目编号</td><td>S</td></tr>"
TABLE = f"<table>{CELLS}</table>{LONG}"


@pytest.mark.parametrize(
    ("tag", "body", "whole"),
    [
        ("description", LABELLED, True),
        ("description", TABLE, True),
        ("description", LONG, False),
        ("description", f"<p>采购人：样例市公安局</p>{LONG}", False),
        ("description", f"{LABELLED}<a href='/1'>阅读全文</a>", False),
        ("description", f"{LABELLED}<a href='/1'>更多&gt;&gt;</a>", False),
        ("description", f"{LABELLED}采购内容…", False),
        ("description", f"{LABELLED}...[Read more]", False),
        ("content:encoded", LONG, True),
        ("content:encoded", LABELLED, True),
        ("content:encoded", f"{LABELLED}……", False),
        ("content:encoded", f"<p class='{'x' * 300}'>点击查看</p>", False),
    ],
)
def test_an_excerpt_is_not_the_notice(tag: str, body: str, whole: bool) -> None:
    (row,) = read(content_rss(tag, body)).listings
    assert bool(row.content) is whole


def content_rss(tag: str, body: str) -> str:
    module = 'xmlns:content="http://purl.org/rss/1.0/modules/content/"'
    shown = f"<{tag}><![CDATA[{body}]]></{tag}>"
    return rss(item(more=shown)).replace('version="2.0"', f'version="2.0" {module}')


def test_the_content_of_an_atom_entry_is_the_notice_and_not_its_summary() -> None:
    (row,) = read(
        '<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>样例</title>'
        f"<entry><id>tag:1</id><title>{TITLE}</title><link href='/a/1.html'/>"
        f"<summary>{'样例' * 300}</summary>"
        f"<content type='html'><![CDATA[{LONG}]]></content></entry></feed>"
    ).listings
    assert row.content == LONG


@pytest.mark.parametrize(
    "half",
    [
        "&#xD800;",
        "&#55296;",
        "&#XdFfF",
        "&#x110000;",
        "&#x000D800;",
        "&#" + "9" * 5000,
        "&#x" + "f" * 30,
        "\ud800",
    ],
    ids=lambda half: ascii(half[:12]),
)
def test_half_a_character_spoils_no_feed(half: str) -> None:
    more = f"<guid>7{half}</guid><description><![CDATA[{LABELLED}{half}]]></description>"
    text = rss(item(more=more).replace(TITLE, f"{TITLE}{half}"))
    (row,) = read(text.encode("utf-8", "surrogatepass")).listings
    assert row.title.startswith(TITLE)
    assert row.content
    assert f"{row.listing_id}{row.title}{row.content}".encode()
    assert PORTAL.read_notice(make_capture("", url=row.url), row).buyer == "样例市公安局"


def test_a_redirect_to_the_home_page_is_not_the_notice_of_an_entry() -> None:
    capture = make_capture("<html><p>首页</p></html>", url="http://x.example/1.html")
    moved = replace(capture, final_url="http://x.example/")
    with pytest.raises(LayoutError):
        PORTAL.read_notice(moved, Listing("1", capture.url, TITLE))


def test_a_short_description_is_not_the_notice() -> None:
    (row,) = read(rss(item(more="<description>点击查看</description>"))).listings
    assert row.content == ""


def test_the_page_behind_an_entry_is_read_as_any_page() -> None:
    capture = make_capture(
        "<html><nav>x</nav><p>采购人：样例县看守所</p></html>", url="http://x.example/1"
    )
    assert PORTAL.read_notice(capture, Listing("1", capture.url, TITLE)).buyer == "样例县看守所"


@given(st.text(max_size=300))
@settings(max_examples=100, deadline=None)
def test_any_text_is_a_feed_or_a_layout_error(text: str) -> None:
    with suppress(LayoutError):
        assert isinstance(read(text), ListPage)
