"""The stanzas of sources/*.yaml: whole, of one mind with the portals, able to read their sites."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from monitor.config import SourcesFile, load_config
from monitor.models import Capture, Listing, Request, Span
from monitor.portals import PORTALS
from monitor.portals.base import ListPage, Portal
from monitor.portals.checks import find_problem
from monitor.screening.watchlist import load_watchlists
from monitor.stanzas import BY_SITE, NEEDED, SourceConfig
from monitor.text.markup import is_selector
from monitor.yamlfile import load_yaml
from tests.kit.house import WATCHLISTS
from tests.portals.captures import make_capture
from tests.portals.shipped import FILES, load_sources

SOURCES = load_sources()
ALL = [pytest.param(name, source, id=name) for name, source in SOURCES.items()]
REGIONS = (
    "北京 天津 河北 山西 内蒙古 辽宁 吉林 黑龙江 上海 江苏 浙江 安徽 福建 江西 山东 河南 湖北 湖南 "
    "广东 广西 海南 重庆 四川 贵州 云南 西藏 陕西 甘肃 青海 宁夏 新疆 兵团 中央 军队"
).split()
# A shipped list asks for what there is, never for what somebody looks for.
SEARCHES = re.compile(r"(?i)(?:keyword|title|searchword|kw|wd|bt|doctitle)=[^&{]")
SPAN = Span(datetime(2026, 11, 19, 4, tzinfo=UTC), datetime(2026, 11, 20, 12, tzinfo=UTC))
AFTERNOON = datetime(2026, 11, 20, 8, 19, 39, tzinfo=UTC)
DAY = datetime(2026, 11, 19, 16, tzinfo=UTC)
TITLE = "样例市公安局视频存储扩容项目中标公告"
PAGES = Path(__file__).parent / "portals" / "pages"


# -- all stanzas ----------------------------------------------------------------------------------


def test_the_names_of_sources_stand_once() -> None:
    files = [load_yaml(path, SourcesFile).value.sources for path in FILES]
    assert sum(map(len, files)) == len(SOURCES)
    assert [path.name for path in FILES] == [
        "international.yaml", "military.yaml", "national.yaml", "provinces-hard.yaml",
        "provinces-open.yaml", "stand-ins.yaml",
    ]  # fmt: skip


def test_a_configuration_that_includes_them_loads(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    (tmp_path / "sources").mkdir()
    for file in FILES:
        (tmp_path / "sources" / file.name).write_text(file.read_text("utf-8"), "utf-8")
    path.write_text(
        "receivers: {terminal: {type: terminal}}\ninclude: [sources/*.yaml]\n"
        "sources: {central: {portal: ccgp, lists: ['https://www.ccgp.gov.cn/cggg/zygg/']}}\n",
        "utf-8",
    )
    config = load_config(path, frozenset(PORTALS), {})
    assert set(config.stanzas) == {*SOURCES, "central"}
    assert set(config.sources) < set(config.stanzas)


@pytest.mark.parametrize(("name", "source"), ALL)
def test_a_stanza_is_whole_and_says_what_it_rests_on(name: str, source: SourceConfig) -> None:
    assert source.portal in PORTALS
    assert find_problem(source) is None
    assert bool(source.site) if source.portal in BY_SITE else bool(source.lists)
    assert getattr(source, NEEDED.get(source.portal, "portal")) is not None
    assert set(source.covers) <= set(REGIONS)
    assert re.search(r"\b20(?:1\d|2[0-6])\b", source.evidence), "no year"
    assert source.delay >= 4
    assert source.every >= 1800
    assert source.obey_robots
    assert source.verify_tls
    assert bool(source.why_off) is not source.enabled
    assert len(source.why_off) < 110
    selectors = [*(source.row.model_dump() if source.row else {}).items()]
    selectors += source.detail.model_dump().items()
    assert all(is_selector(css) for key, css in selectors if css and key != "page_url")


@pytest.mark.parametrize(("name", "source"), ALL)
def test_a_stanza_asks_for_lists_and_for_no_word(name: str, source: SourceConfig) -> None:
    for asked in PORTALS[source.portal](source).ask_lists(SPAN):
        assert asked.url.startswith(("http://", "https://"))
        assert "{" not in asked.url
        assert not SEARCHES.search(f"{asked.url}&{asked.body.decode()}")
        assert "User-Agent" not in dict(asked.headers)


@pytest.mark.parametrize("region", REGIONS)
def test_each_region_has_a_source_with_its_evidence(region: str) -> None:
    found = [name for name, source in SOURCES.items() if region in source.covers]
    assert any(SOURCES[name].evidence for name in found)
    # The platform of all provinces alone is no evidence for one of them.
    assert [name for name in found if name != "ggzy"]


def test_thirty_regions_have_a_list_that_is_younger_than_2024() -> None:
    young = {
        region
        for name, source in SOURCES.items()
        if re.search(r"\b202[4-6]\b", source.evidence) and name != "ggzy"
        for region in source.covers
    }
    assert len(young) >= 30


def test_a_default_organ_stands_in_the_watchlists() -> None:
    organs = {agency.id for agency in load_watchlists(WATCHLISTS).agencies}
    named = {source.default_organ for source in SOURCES.values()} - {""}
    assert named
    assert named <= organs


# -- own platforms: each reads a page of its true structure ---------------------------------------

CASES = {
    "beijing": (
        "//www.ccgp-beijing.gov.cn/xxgg/sjxxgg/sjzbjggg/t20261120_100088.html",
        DAY,
    ),
    "tianjin-city": ("/viewer.do?id=900088&ver=2", AFTERNOON),
    "tianjin-districts": ("/viewer.do?id=900088&ver=2", AFTERNOON),
    "tianjin-home": ("/viewer.do?id=900088&ver=2", AFTERNOON),
    "hebei": (
        "http://www.ccgp-hebei.gov.cn/zjk/zjk/cggg/zhbgg/202611/t20261120_2100088.html",
        AFTERNOON,
    ),
    "jiangsu": (
        "/jiangsu/js_cggg/details.html?gglb=zbgs&ggid=5a54000000000000000000000000c088",
        AFTERNOON,
    ),
    "shandong": (
        "http://www.ccgp-shandong.gov.cn/detail?id=2c9088&colCode=0302&oldData=0",
        AFTERNOON,
    ),
    "henan": (
        "/henan/content?infoId=1700088&channelCode=H6001",
        AFTERNOON - timedelta(0, 39),
    ),
    "hubei": (f"/notice/202611/notice_{'0' * 30}88.html", DAY),
    "chongqing": ("/info-notice/procument-notice-detail/1234567890088", AFTERNOON),
    "yunnan": ("/ggInfo.html?bulletin_id=YNZC2026-088", DAY),
    "liaoning": ("http://218.60.151.59:9004/portal/notice/2026/11/20/0088.html", AFTERNOON),
    "ningxia": (
        "/public/NXGPPNEW/dynamic/contents/CGGG/content.jsp?id=88&cid=312",
        AFTERNOON,
    ),
    "beijing-trading": ("/jyxxcggg/20261120/88.html", DAY),
    "hubei-trading": ("/jyxx/zfcg/cgggDetail?guid=g-88", AFTERNOON),
}
FIXTURES = {
    "tianjin-city": "tianjin",
    "tianjin-districts": "tianjin",
    "tianjin-home": "tianjin_home",
}


def find_fixture(name: str, tail: str = "") -> str:
    stem = FIXTURES.get(name, name.replace("-", "_"))
    stem = "tianjin" if tail and name.startswith("tianjin") else stem
    (path,) = PAGES.glob(f"shipped_{stem}{tail}.*")
    return path.read_text("utf-8")


def give(asked: Request, text: str) -> Capture:
    return replace(make_capture(text, url=asked.url), method=asked.method, sent=asked.body)


def read_first(name: str) -> tuple[Portal, Request, ListPage]:
    """Return the portal of a stanza, its first request, and what it reads of a saved answer."""
    portal = PORTALS[SOURCES[name].portal](SOURCES[name])
    asked = portal.ask_lists(SPAN)[0]
    capture = give(asked, find_fixture(name))
    assert portal.refused(capture) is None
    return portal, asked, portal.read_listing(capture)


@pytest.mark.parametrize("name", CASES)
def test_a_shipped_stanza_reads_the_rows_of_its_site(name: str) -> None:
    url, at = CASES[name]
    _, _, page = read_first(name)
    first, second = page.listings
    assert first.title == TITLE
    assert second.title == "样例市第一中学课桌椅采购项目中标公告"
    assert first.url.endswith(url)
    assert first.published_at == at
    assert first.date_only is (at == DAY)
    assert first.region
    assert page.issues == ()
    assert first.listing_id != second.listing_id
    shows_buyer = name in ("hebei", "chongqing", "jiangsu")
    assert first.buyer == ("样例市公安局" if shows_buyer else "")


@pytest.mark.parametrize("name", CASES)
def test_a_shipped_stanza_reads_a_notice_of_its_site(name: str) -> None:
    portal, asked, page = read_first(name)
    row: Listing = page.listings[0]
    opened = asked if row.content else portal.ask_notice(row)
    capture = give(opened, find_fixture(name, "" if row.content else "_detail"))
    assert portal.refused(capture) is None
    notice = portal.read_notice(capture, row)
    assert (notice.title, notice.buyer) == (TITLE, "样例市公安局")
    assert notice.project_number == "SAMPLE-2026-88"
    assert notice.suppliers == ("样例云帆科技有限公司",)
    assert [(item.brand, item.model) for item in notice.items] == [("希捷", "ST8000VX004")]
    assert notice.published_at is not None
    assert notice.tag is not None


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("beijing", "/xxgg/sjxxgg/A002004001index_2.htm"),
        ("tianjin-city", "method=view&page=2&id=1665"),
        ("tianjin-home", None),
        ("hebei", None),
        ("jiangsu", None),
        ("shandong", '"currentPage":2,"pageSize":50'),
        ("henan", "pageNo=2&pageSize=16&gglx=0"),
        ("hubei", None),
        ("yunnan", None),
        ("ningxia", "type=101&page=1&"),
    ],
)
def test_a_shipped_stanza_knows_whether_its_list_goes_on(name: str, more: str | None) -> None:
    following = read_first(name)[2].next
    assert (following is not None) is (more is not None)
    if following is not None and more is not None:
        assert more in f"{following.url} {following.body.decode()}"


def test_a_dummy_row_and_a_kind_with_other_pages_are_left_out() -> None:
    titles = [row.title for name in ("yunnan", "chongqing") for row in read_first(name)[2].listings]
    assert len(titles) == 4
    assert not any("占位" in title or "合同" in title for title in titles)


def test_the_military_list_gives_titles_only() -> None:
    _, _, page = read_first("weain")
    assert [row.title for row in page.listings] == [
        "某部视频存储扩容项目询价公告",
        "XX装备维修公告",
    ]
    assert page.listings[0].url == "https://www.weain.mil.cn/cggg/jdgg/0088.html"
    assert (page.total, page.next) == (2, None)
    assert SOURCES["weain"].open == "none"


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("weain", "startTime=2026-11-19&endTime=2026-11-20"),
        ("hebei", "fstarttime=2026-11-19&fendtime=2026-11-20"),
        ("chongqing", "publicityStartTime=1795017600000&publicityEndTime=1795190399999"),
        ("shandong", '"startTime":"2026-11-19 00:00:00","endTime":"2026-11-20 23:59:59"'),
        ("liaoning", '"releaseDateStart":"2026-11-19","releaseDateEnd":"2026-11-20"'),
    ],
)
def test_days_of_china_are_asked_for_and_told(name: str, place: str) -> None:
    _, asked, page = read_first(name)
    assert place in f"{asked.url} {asked.body.decode()}"
    assert page.span is not None
    assert page.span.since == datetime(2026, 11, 18, 16, tzinfo=UTC)
    assert SPAN.until < page.span.until < datetime(2026, 11, 20, 16, tzinfo=UTC)
