"""Lists that are JSON, read by the paths of a stanza: sites, pages and rows."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings

from monitor.errors import LayoutError
from monitor.models import Listing, Request, SourceState
from tests.portals.jsonreading import ROW, SPAN, URL, give, give_first, make_reader, make_site, wrap
from tests.portals.mutations import mutate_json
from tests.portals.sitereading import DAY, ask_site, open_row, read_site
from tests.portals.sites.jsonlist import (
    ChongqingSite,
    HebeiSite,
    JiangsuSite,
    ShandongSite,
    WeainSite,
    YunnanSite,
)

SITES = (ShandongSite, ChongqingSite, JiangsuSite, YunnanSite, WeainSite, HebeiSite)


@pytest.mark.parametrize(("kind", "shown"), [
    (ShandongSite, 70), (ChongqingSite, 70), (JiangsuSite, 7), (YunnanSite, 10), (WeainSite, 70),
    (HebeiSite, 70),
], ids=lambda value: getattr(value, "__name__", ""))  # fmt: skip
def test_the_shipped_stanza_of_a_site_reads_all_that_it_shows(kind: type[Any], shown: int) -> None:
    site, reader = make_site(kind)
    reading = read_site(reader, site)
    assert [row.title for row, _ in reading.rows.values()] == [f.title for f in site.facts[:shown]]
    assert reading.kinds() == set()
    if kind is not WeainSite:
        notice = open_row(reader, site, *next(iter(reading.rows.values())))
        assert notice.buyer == "样例市公安局"
        assert notice.project_number == site.facts[0].project
        assert [item.brand for item in notice.items] == ["希捷"]
        assert notice.published_at is not None


ANCHORS = [
    pytest.param(kind, anchor, id=f"{kind.__name__}-{anchor.name}")
    for kind in SITES
    for anchor in kind.anchors
]


@pytest.mark.parametrize(("kind", "anchor"), ANCHORS)
def test_a_site_whose_anchor_moved_is_a_layout_error(kind: type[Any], anchor: Any) -> None:
    site, reader = make_site(kind)
    row, capture = next(iter(read_site(reader, site).rows.values()))
    site.changed = anchor
    with pytest.raises(LayoutError):
        open_row(reader, site, row, capture) if anchor.where == "detail" else read_site(
            reader, site
        )


@pytest.mark.parametrize("kind", SITES, ids=lambda kind: kind.__name__)
def test_a_site_that_keeps_one_out_is_blocked(kind: type[Any]) -> None:
    site, reader = make_site(kind)
    site.blocked = True
    for asked in reader.ask_lists(DAY):
        refusal = reader.refused(ask_site(site, asked))
        assert refusal is not None
        assert refusal.state is SourceState.BLOCKED


PAGED = f"{URL}?p={{page}}"


@pytest.mark.parametrize(
    ("options", "answer", "more"),
    [
        ({"pages": "data.pages"}, wrap(ROW, pages=2), True),
        ({"pages": "data.pages"}, wrap(ROW, pages="1"), False),
        ({"total": "data.total", "size": 1}, wrap(ROW, total=2), True),
        ({"total": "data.total", "size": 1}, wrap(ROW, total=1), False),
        ({"total": "data.total", "size": 1}, wrap(total=9), False),
        ({"size": 1}, wrap(ROW), True),
        ({"size": 2}, wrap(ROW), False),
        ({}, wrap(ROW), True),
        ({}, wrap(), False),
    ],
)
def test_a_list_goes_on_as_long_as_its_own_counts_say(
    options: dict[str, Any], answer: Any, more: bool
) -> None:
    reader = make_reader(PAGED, **options)
    page = reader.read_listing(give_first(reader, answer))
    assert page.next == (Request(f"{URL}?p=2") if more else None)


def test_the_third_page_follows_the_second_also_by_offset_and_form() -> None:
    reader = make_reader(method="POST", form={"o": "{offset}"}, size=1)
    asked = reader.ask_lists(SPAN)[0]
    for sent in (b"o=1", b"o=2"):
        following = reader.read_listing(give(asked, wrap(ROW))).next
        assert following is not None
        assert following.body == sent
        asked = following


@pytest.mark.parametrize(
    ("link", "following"),
    [
        ("/api/list?after=x", "http://json.example/api/list?after=x"),
        ("", ""),
        (None, ""),
        (URL, ""),
    ],
)
def test_the_next_page_may_be_an_address_in_the_answer(link: str | None, following: str) -> None:
    reader = make_reader(next="data.next")
    page = reader.read_listing(give_first(reader, wrap(ROW, next=link)))
    assert page.next == (Request(following) if following else None)
    if page.next:
        assert reader.refused(give(page.next, "<html>维护</html>")) is not None


def test_a_list_longer_than_the_site_shows_is_read_in_two() -> None:
    reader = make_reader(f"{URL}?a={{since}}&b={{until}}", total="data.total", most=10)
    page = reader.read_listing(give_first(reader, wrap(ROW, total=10)))
    assert [asked.url for asked in page.lists] == [
        f"{URL}?a=2026-06-02&b=2026-06-03",
        f"{URL}?a=2026-06-01&b=2026-06-01",
    ]


def test_a_day_that_cannot_be_cut_says_what_it_withholds() -> None:
    reader = make_reader(f"{URL}?a={{since}}&b={{until}}", total="data.total", most=10, days=1)
    page = reader.read_listing(give_first(reader, wrap(ROW, total=11)))
    assert page.lists == ()
    assert page.withheld == "The site shows at most 10 of 11 rows."


def read_row(row: dict[str, Any], region: str = "样例省", **options: Any) -> Listing:
    reader = make_reader(region=region, **options)
    (listing,) = reader.read_listing(give_first(reader, wrap(row))).listings
    return listing


def test_a_row_is_read_by_its_paths() -> None:
    row = {**ROW, "org": {"name": "样例市公安局"}, "kind": "2", "area": "样例市"}
    types = {"2": "中标公告"}
    assert read_row(row, buyer="org.name", type="kind", types=types, region="样例省") == Listing(
        listing_id="7",
        url="http://json.example/n/7",
        title="样例市公安局硬盘采购公告",
        published_raw="2026-06-01 09:30:00",
        published_at=datetime(2026, 6, 1, 1, 30, tzinfo=UTC),
        region="样例省",
        buyer="样例市公安局",
        notice_type="中标公告",
    )


@pytest.mark.parametrize(
    ("shown", "at"),
    [
        (1780277400000, datetime(2026, 6, 1, 1, 30, tzinfo=UTC)),
        (1780277400000.0, datetime(2026, 6, 1, 1, 30, tzinfo=UTC)),
        ("1780277400", datetime(2026, 6, 1, 1, 30, tzinfo=UTC)),
        ("2026/06/01 09:30:00", datetime(2026, 6, 1, 1, 30, tzinfo=UTC)),
        ("2026-06-01", datetime(2026, 5, 31, 16, tzinfo=UTC)),
    ],
)
def test_a_day_is_read_in_every_spelling_of_traps_22(shown: Any, at: datetime) -> None:
    assert read_row({**ROW, "date": shown}).published_at == at


def test_a_day_without_a_time_is_no_midnight() -> None:
    assert read_row({**ROW, "date": "2026-06-01"}).date_only
    assert not read_row({**ROW, "date": "2026-06-01 00:00:00"}).date_only


@pytest.mark.parametrize(
    ("shown", "title"),
    [
        (
            "样例市<font color='red'>公安</font>局服<em>务</em>器采购公告",
            "样例市公安局服务器采购公告",
        ),
        ("A&amp;B&nbsp;设备采购公告", "A&B 设备采购公告"),
        ("  样例 \n 公告 ", "样例 公告"),
    ],
)
def test_marks_of_a_search_within_a_title_leave_no_blank(shown: str, title: str) -> None:
    assert read_row({**ROW, "title": shown}).title == title


@pytest.mark.parametrize(
    ("pattern", "number", "url"),
    [
        ("/n?id={id}", "aB+/9==", "http://json.example/n?id=aB%2B%2F9%3D%3D"),
        ("/n?id={id}", 12, "http://json.example/n?id=12"),
        ("/n/{id}.html", "2026/t 1", "http://json.example/n/2026/t%201.html"),
        ("http://else.example/{id}", "a/b.html", "http://else.example/a/b.html"),
        ("id", "/rel/1.html", "http://json.example/rel/1.html"),
        ("id", "http://else.example/1.html", "http://else.example/1.html"),
        ("/n/{id}", "view.jsp?id=7&c=1", "http://json.example/n/view.jsp?id=7&c=1"),
        ("/#/d?id={id}", "a&b#c", "http://json.example/#/d?id=a%26b%23c"),
    ],
)
def test_an_id_is_encoded_once_into_its_address(pattern: str, number: Any, url: str) -> None:
    assert read_row({**ROW, "id": number}, url=pattern).url == url


def test_an_id_may_be_put_together() -> None:
    assert read_row({**ROW, "col": "0302"}, id="{col}-{id}").listing_id == "0302-7"


def test_of_two_paths_the_first_that_holds_something_is_read() -> None:
    row = {"id": "7", "title": "", "titlenew": "样例公告", "date": "2026-06-01"}
    assert read_row(row, title="title|titlenew").title == "样例公告"


@pytest.mark.parametrize("missing", ["id", "title", "date"])
@pytest.mark.parametrize("empty", [None, "", "absent"])
def test_a_key_missing_on_one_row_is_an_issue_and_on_most_a_layout_error(
    missing: str, empty: str | None
) -> None:
    lame = {**ROW, missing: empty}
    if empty == "absent":
        del lame[missing]
    reader = make_reader()
    page = reader.read_listing(give_first(reader, wrap(ROW, {**ROW, "id": "8"}, lame)))
    assert len(page.listings) == (3 if missing == "date" else 2)
    assert {issue.kind for issue in page.issues} == {"missing field"}
    with pytest.raises(LayoutError, match=missing):
        reader.read_listing(give_first(reader, wrap(ROW, lame, lame)))


def test_an_unreadable_day_is_an_issue_and_its_row_stays() -> None:
    reader = make_reader()
    page = reader.read_listing(give_first(reader, wrap({**ROW, "date": "昨天"})))
    assert [issue.kind for issue in page.issues] == ["unreadable date"]
    assert page.listings[0].published_at is None


def test_a_list_that_shows_no_days_has_no_issue_about_them() -> None:
    reader = make_reader(date="")
    assert reader.read_listing(give_first(reader, wrap(ROW))).issues == ()


def test_dummies_are_skipped_by_their_values() -> None:
    reader = make_reader(skip={"date": ["/", "-"]})
    page = reader.read_listing(give_first(reader, wrap(ROW, {"id": "8", "date": "/"})))
    assert ([row.listing_id for row in page.listings], page.issues) == (["7"], ())


SHANDONG, SHANDONG_READER = make_site(ShandongSite)
ASKED = SHANDONG_READER.ask_lists(DAY)[0]
LIST_TEXT = ask_site(SHANDONG, ASKED).body.decode()
NOTICE_ROW = next(iter(read_site(SHANDONG_READER, SHANDONG).rows.values()))[0]
NOTICE_ASKED = SHANDONG_READER.ask_notice(NOTICE_ROW)
NOTICE_TEXT = ask_site(SHANDONG, NOTICE_ASKED).body.decode()


@settings(max_examples=60, deadline=None)
@given(mutate_json(LIST_TEXT))
def test_a_damaged_list_is_refused_read_or_a_layout_error(text: str) -> None:
    capture = give(ASKED, text)
    if SHANDONG_READER.refused(capture) is None:
        try:
            page = SHANDONG_READER.read_listing(capture)
        except LayoutError:
            return
        assert all(row.listing_id and row.url and row.title for row in page.listings)


@settings(max_examples=60, deadline=None)
@given(mutate_json(NOTICE_TEXT))
def test_a_damaged_notice_is_refused_read_or_a_layout_error(text: str) -> None:
    capture = give(NOTICE_ASKED, text)
    if SHANDONG_READER.refused(capture) is None:
        try:
            notice = SHANDONG_READER.read_notice(capture, NOTICE_ROW)
        except LayoutError:
            return
        assert notice.url == NOTICE_ROW.url
