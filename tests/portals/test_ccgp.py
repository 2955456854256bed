"""The national portal's lists and both templates of its notices."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from monitor.errors import LayoutError
from monitor.models import Listing, SourceState, Tag
from monitor.portals.ccgp import CcgpPortal
from monitor.sample.notices import Publication, load_notices
from monitor.sample.pages import render_detail, render_list
from monitor.stanzas import SourceConfig
from tests.portals.captures import NOW, make_capture, read_saved_page

BASE = "http://www.portal.example/cggg/dfgg/"
NOTICES = {notice.id: notice for notice in load_notices()}
PUBLISHED = [Publication(notice, NOW) for notice in NOTICES.values()]
PORTAL = CcgpPortal(SourceConfig(portal="ccgp", lists=[BASE]))

LIST = read_saved_page("ccgp_list.html")


def read_list(text: str, url: str = BASE) -> tuple[list[Listing], str, int | None, list[str]]:
    page = PORTAL.read_listing(make_capture(text, url=url))
    after = page.next.url if page.next else ""
    return list(page.listings), after, page.pages, [i.kind for i in page.issues]


def test_a_row_is_read_by_its_labels_and_not_by_their_order() -> None:
    rows, _, _, _ = read_list(LIST)
    assert rows[0] == Listing(
        listing_id="24857001",
        url=f"{BASE}zbgg/202606/t20260601_24857001.htm",
        title="样例市公安局DNA实验室试剂耗材采购项目中标公告",
        published_raw="2026-06-01 09:12",
        published_at=datetime(2026, 6, 1, 1, 12, tzinfo=UTC),
        region="样例省",
        buyer="样例市公安局",
        notice_type="中标公告",
    )
    assert (rows[1].buyer, rows[1].region, rows[1].published_raw) == (
        "样例县看守所",
        "",
        "2026-05-31 18:00",
    )
    assert rows[1].title == "样例县看守所门禁采购公告"


def test_a_row_without_a_usable_link_is_an_issue_and_no_listing() -> None:
    rows, _, _, issues = read_list(LIST)
    assert [row.listing_id for row in rows] == ["24857001", "99"]
    assert issues.count("row without link") == 3


@pytest.mark.parametrize(
    ("pager", "next_url", "pages"),
    [
        ("Pager({size:25, current:0, prefix:'index',suffix:'htm'});", f"{BASE}index_1.htm", 25),
        ("Pager({size:25,current:1,prefix:'index'})", f"{BASE}index_2.htm", 25),
        ("Pager({ size : 3 , current : 2 })", "", 3),
        ("Pager({size:1, current:0})", "", 1),
    ],
)
def test_page_two_is_index_1_and_the_last_page_ends(pager: str, next_url: str, pages: int) -> None:
    text = f'<html><ul class="c_list_bid"></ul><script>{pager}</script></html>'
    assert read_list(text) == ([], next_url, pages, [])


def test_a_list_without_its_pager_says_so() -> None:
    rows, next_url, pages, issues = read_list('<html><ul class="c_list_bid"></ul></html>')
    assert (rows, next_url, pages, issues) == ([], "", None, ["missing anchor"])


@pytest.mark.parametrize(
    "text", ["<html><p>首页</p></html>", "<ul><li><a href='/x'>y</a></li></ul>"]
)
def test_a_page_without_the_list_is_a_layout_error(text: str) -> None:
    with pytest.raises(LayoutError, match=r"ul\.c_list_bid"):
        read_list(text)


def test_an_unreadable_date_and_a_strange_address_are_issues() -> None:
    text = LIST.replace("2026-06-01 09:12", "昨天").replace("t20260601_24857001", "abc")
    rows, _, _, issues = read_list(text)
    assert rows[0].published_at is None
    assert {"unreadable date", "address without number"} <= set(issues)


def test_the_rendered_list_gives_each_publication_in_order() -> None:
    rows, next_url, _, issues = read_list(render_list(PUBLISHED[:20], 0, 3))
    assert [row.listing_id for row in rows] == [str(p.notice.id) for p in PUBLISHED[:20]]
    assert [row.title for row in rows] == [p.notice.title for p in PUBLISHED[:20]]
    assert [row.buyer for row in rows] == [p.notice.buyer for p in PUBLISHED[:20]]
    assert next_url.endswith("/index_1.htm")
    assert issues == []


@pytest.mark.parametrize("publication", PUBLISHED, ids=lambda p: f"{p.notice.id}-{p.notice.layout}")
def test_every_template_gives_the_facts_of_its_notice(publication: Publication) -> None:
    made = publication.notice
    capture = make_capture(render_detail(publication, PUBLISHED[:4]), url=f"{BASE}x.htm")
    notice = PORTAL.read_notice(capture, Listing("1", capture.url, made.title, buyer=made.buyer))
    assert notice.title == made.title
    assert notice.buyer == made.buyer
    assert notice.project_number == made.number
    assert notice.published_at is not None
    assert abs((notice.published_at - NOW).total_seconds()) < 24 * 3600 * 40
    if notice.tag is Tag.AWARD:
        assert notice.suppliers == ((made.supplier,) if made.supplier else ())
        # One layout has brand and model in one column: it is read as printed.
        assert [f"{i.brand} {i.model}".strip() for i in notice.items] == [
            f"{item.brand} {item.model}".strip() for item in made.items
        ]
    shown = "".join(zone.text for zone in notice.zones)
    for other in PUBLISHED[:4]:
        assert other is publication or other.notice.title not in shown


AREA = read_saved_page("ccgp_area.html")
OLD = read_saved_page("ccgp_old.html")


@pytest.mark.parametrize(
    ("text", "documents"),
    [
        (AREA, [("采购需求.pdf", "https://download.ccgp.gov.cn/oss/download?uuid=3F2A")]),
        (OLD, [("附件一", "http://www.portal.example/oss/1")]),
    ],
)
def test_both_templates_give_buyer_and_attachments(
    text: str, documents: list[tuple[str, str]]
) -> None:
    capture = make_capture(text, url=f"{BASE}x.htm")
    notice = PORTAL.read_notice(capture, Listing("1", capture.url, "", published_raw="2026-06-01"))
    assert notice.buyer == "样例市公安局"
    assert notice.project_number == "S-1"
    assert notice.tag is Tag.AWARD
    assert [(d.name, d.url) for d in notice.documents] == documents
    assert notice.items_elsewhere


@pytest.mark.parametrize("text", ["<html><p>正文</p></html>", "<html><div class='content'>x</div>"])
def test_a_detail_page_without_its_anchors_is_a_layout_error(text: str) -> None:
    with pytest.raises(LayoutError, match="noticeArea"):
        PORTAL.read_notice(make_capture(text), Listing("1", BASE, "样例"))


def test_a_page_cut_off_is_refused_as_partial() -> None:
    refusal = PORTAL.refused(make_capture(LIST[: LIST.index("</ul>")]))
    assert refusal is not None
    assert refusal.state is SourceState.PARTIAL
    assert PORTAL.refused(make_capture(LIST)) is None


MISMADE = """<html><head><meta name='PubDate' content='2026-06-01 09:12'></head><body>
<div class='vF_deail_maincontent'><h2 class='tc'>样例市公安局服务器采购项目成交公告</h2>
<div class='vF_detail_main' id='NoticeDetail'><div class='vF_detail_content_container'>
<div class='vF_detail_content' id='NoticeDetail'><p>采购人：样例市公安局</p>
<span><p>四、主要标的信息</p><table><tr><td>名称</td><td>品牌</td><td>型号</td><td>数量</td></tr>
<tr><td>硬盘</td><td>希捷</td><td>ST8000</td><td>2块</td></tr></table></span></div>{closed}
<ul class='fjxx'><li><a href='/oss/1'>采购清单</a>
</div></div></div><div><a href='/guide.doc'>操作指南</a></div></body></html>"""


@pytest.mark.parametrize("closed", ["", "</div>", "</div></div>"])
def test_a_page_of_misspelt_repeated_and_unbalanced_parts_is_read_whole(closed: str) -> None:
    capture = make_capture(MISMADE.format(closed=closed), url=f"{BASE}x.htm")
    notice = PORTAL.read_notice(capture, Listing("1", capture.url, ""))
    assert (notice.title[-4:], notice.buyer) == ("成交公告", "样例市公安局")
    assert [(item.brand, item.model) for item in notice.items] == [("希捷", "ST8000")]
    documents = [(document.name, document.url) for document in notice.documents]
    assert documents == [("采购清单", "http://www.portal.example/oss/1")]
