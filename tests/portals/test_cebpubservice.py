"""The public service platform of bidding: lists of five kinds, and no notices."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.errors import LayoutError
from monitor.models import Capture, Listing, Request, SourceState, Span
from monitor.portals.base import ListPage
from monitor.portals.cebpubservice import CebPortal
from monitor.stanzas import CebOptions, SourceConfig
from tests.kit.damage import EDITS, Edit, apply_edits
from tests.portals.captures import make_capture, read_saved_page
from tests.portals.sitereading import ask_site, read_site
from tests.portals.sites.base import make_facts
from tests.portals.sites.cebpubservice import CebSite, fact_uuid

SITE = "https://bulletin.portal.example"
NOW = datetime(2026, 11, 20, 4, tzinfo=UTC)
SPAN = Span(NOW - timedelta(days=1), NOW)
PORTAL = CebPortal(
    SourceConfig(
        portal="cebpubservice",
        site=f"{SITE}/",
        cebpubservice=CebOptions(kinds=("bulletin", "result")),
    )
)
LIST = read_saved_page("ceb_list.html")
FIRST = PORTAL.ask_lists(SPAN)[0]


def read_query(request: Request) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(request.url).query, keep_blank_values=True))


def read_list(text: str, url: str = FIRST.url) -> ListPage:
    return PORTAL.read_listing(make_capture(text, url=url))


def test_each_day_and_kind_is_a_list_without_a_keyword() -> None:
    requests = PORTAL.ask_lists(SPAN)
    asked = [
        (urlsplit(request.url).path.rsplit("/")[-1], read_query(request)["startcheckDate"])
        for request in requests
    ]
    assert asked == [
        ("bulletin.html", "2026-11-20"),
        ("result.html", "2026-11-20"),
        ("bulletin.html", "2026-11-19"),
        ("result.html", "2026-11-19"),
    ]
    query = read_query(FIRST)
    assert query["endcheckDate"] == "2026-11-20 23:59:59"
    assert (query["word"], query["page"], query["categoryId"]) == ("", "1", "88")
    assert dict(FIRST.headers)["Referer"] == f"{SITE}/"


def test_a_row_is_read_with_the_time_that_it_does_not_show() -> None:
    page = read_list(LIST)
    assert page.listings[0] == Listing(
        listing_id="0a1b2c3d4e5f60718293a4b5c6d7e8f9",
        url="https://ctbpsp.com/#/bulletinDetail?uuid=0a1b2c3d4e5f60718293a4b5c6d7e8f9"
        "&inpvalue=&dataSource=0&tenderAgency=",
        title="样例市公安局执法办案中心智能化工程招标公告",
        published_raw="2026-11-20 18:06:09",
        published_at=datetime(2026, 11, 20, 10, 6, 9, tzinfo=UTC),
        region="样例省",
        notice_type="招标公告",
    )
    assert (page.pages, page.total, page.withheld) == (3, None, "")
    assert page.span == Span(
        datetime(2026, 11, 19, 16, tzinfo=UTC), datetime(2026, 11, 20, 15, 59, 59, 999999, UTC)
    )


def test_a_time_that_cannot_be_is_left_for_the_day_that_is_shown() -> None:
    row = read_list(LIST).listings[1]
    assert (row.published_raw, row.date_only) == ("2026-11-20", True)
    other_day = LIST.replace("2026-11-20 18:06:09", "2026-11-21 18:06:09")
    assert read_list(other_day).listings[0].published_raw == "2026-11-20"


def test_trap_17_an_id_is_encoded_once_in_the_address() -> None:
    row = read_list(LIST).listings[1]
    assert row.listing_id == "uuid+/=&2"
    assert "uuid=uuid%2B%2F%3D%262&inpvalue=" in row.url


def test_rows_without_title_or_link_are_issues_and_no_listings() -> None:
    page = read_list(LIST.replace('title="样例大学报告厅装修招标公告"', ""))
    assert len(page.listings) == 2
    assert [issue.kind for issue in page.issues] == ["row without link", "row without link"]


def test_a_row_without_a_readable_time_is_kept_with_its_issues() -> None:
    page = read_list(LIST)
    assert (page.listings[2].published_at, page.listings[2].region) == (None, "")
    assert [(issue.kind, issue.field) for issue in page.issues] == [
        ("missing field", "td[name=imgShow] id"),
        ("unreadable date", "published"),
        ("row without link", "listing"),
    ]


def test_columns_are_found_by_their_heads() -> None:
    text = LIST.replace("<th>所属行业</th>", "")
    text = text.replace('<td><span title="信息电子">信息电子</span></td>', "")
    row = read_list(text).listings[0]
    assert (row.region, row.published_raw) == ("样例省", "2026-11-20 18:06:09")
    bare = read_list(LIST.replace("所属地区", "其他"))
    assert bare.listings[0].region == ""


def test_the_next_page_is_the_same_list() -> None:
    page = read_list(LIST)
    assert page.next is not None
    assert read_query(page.next) == read_query(FIRST) | {"page": "2"}
    assert read_list(LIST, page.next.url.replace("page=2", "page=3")).next is None


def _fill_rows(number: int) -> str:
    """Return a list of so many rows, without a pager."""
    head = "<tr><th>名称</th><th>地区</th><th>发布时间</th></tr>"
    rows = "".join(
        f'<tr><td name="imgShow" id="2026-11-20 08:00:00"><a href="javascript:urlOpen(\'{n}\')">'
        f"样例{n}</a></td><td>样例省</td><td>2026-11-20</td></tr>"
        for n in range(number)
    )
    return f"<html><body><table>{head}{rows}</table></body></html>"


def test_a_list_that_fills_no_page_needs_no_pager() -> None:
    page = read_list(_fill_rows(19))
    assert (len(page.listings), page.next, page.pages, page.issues) == (19, None, None, ())


def test_a_full_page_without_a_pager_says_so_and_goes_on() -> None:
    page = read_list(_fill_rows(20))
    assert [issue.kind for issue in page.issues] == ["missing anchor"]
    assert page.next is not None


def test_a_pager_that_cannot_be_read_says_so_on_a_short_page_too() -> None:
    page = read_list(LIST.replace("<label>3<", "<label>共 3 页<"))
    assert (page.pages, page.next) == (None, None)
    assert [(i.kind, i.raw) for i in page.issues][-1] == ("missing anchor", "共 3 页")


def test_a_list_of_the_most_pages_is_withheld() -> None:
    page = read_list(LIST.replace("<label>3<", "<label>500<"))
    assert "500 pages" in page.withheld
    assert page.next is not None


@pytest.mark.parametrize(
    ("pager", "total"), [("<label>0</label>", 0), ("", 0), ("<label>3</label>", None)]
)
def test_a_list_with_its_head_alone_is_empty_unless_its_pager_knows_better(
    pager: str, total: int | None
) -> None:
    head, tail = LIST[: LIST.index("<tr>\n")], LIST[LIST.index("</table>\n<div") :]
    page = read_list(head + tail.replace("<label>3</label>", pager))
    assert (page.listings, page.total, page.next) == ((), total, None)


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        (LIST.replace("发布时间", "公告日"), "发布时间"),
        (LIST.replace("urlOpen", "openUrl"), "urlOpen"),
        ("<html><body><div class='list'></div></body></html>", "发布时间"),
    ],
)
def test_a_list_without_its_anchors_is_a_layout_error(text: str, missing: str) -> None:
    with pytest.raises(LayoutError, match=missing):
        read_list(text)


@pytest.mark.parametrize(
    ("capture", "state"),
    [
        (make_capture("<html><body>您访问的页面暂时找不到</body></html>"), SourceState.BLOCKED),
        (make_capture("<html><body>对不起，找不到此页面！</body></html>"), SourceState.BLOCKED),
        (make_capture("<html><title>405</title></html>", status=405), SourceState.BLOCKED),
        (make_capture(LIST[: len(LIST) // 2]), SourceState.PARTIAL),
        (make_capture(""), SourceState.EMPTY),
    ],
)
def test_what_is_no_list_is_refused(capture: Capture, state: SourceState) -> None:
    refusal = PORTAL.refused(capture)
    assert refusal is not None
    assert refusal.state is state


def test_a_title_that_speaks_of_a_lost_page_is_no_block() -> None:
    text = LIST.replace("执法办案中心智能化工程", "网站暂时找不到页面整改")
    assert PORTAL.refused(make_capture(text, url=FIRST.url)) is None


def test_its_notices_cannot_be_read_and_are_not_to_be_opened() -> None:
    assert PORTAL.lists_only
    with pytest.raises(LayoutError, match="browsers only"):
        PORTAL.read_notice(make_capture(LIST), read_list(LIST).listings[0])


def test_every_row_of_the_simulated_site_is_read_once() -> None:
    facts = make_facts(90)
    span = Span(facts[-1].published.astimezone(UTC), facts[0].published.astimezone(UTC))
    reading = read_site(PORTAL, CebSite(facts), span)
    assert sum(len(page.listings) for page in reading.pages) == len(facts)
    assert reading.rows.keys() == set(map(fact_uuid, facts))
    for fact in facts:
        row, _ = reading.rows[fact_uuid(fact)]
        assert (row.title, row.published_at) == (fact.title, fact.published)
        assert row.notice_type == "中标结果公示"


def test_the_block_of_the_simulated_site_is_refused() -> None:
    refusal = PORTAL.refused(ask_site(CebSite(blocked=True), FIRST))
    assert refusal is not None
    assert refusal.state is SourceState.BLOCKED


EDIT = st.builds(
    Edit,
    st.sampled_from(list(EDITS)),
    st.floats(0, 1, exclude_max=True),
    st.floats(0, 1),
    st.integers(0, 2**32 - 1),
)


@given(st.lists(EDIT, max_size=3))
@settings(deadline=None)
def test_a_damaged_list_gives_rows_or_a_layout_error(edits: list[Edit]) -> None:
    capture = make_capture(apply_edits(LIST.encode(), edits), url=FIRST.url)
    try:
        page = PORTAL.read_listing(capture)
    except LayoutError:
        return
    assert all(row.listing_id and row.title for row in page.listings)
