"""The sample portal over real loopback connections."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import requests
from bs4 import BeautifulSoup, Tag

from monitor.sample.notices import SampleNotice, load_notices
from monitor.sample.pages import SAMPLE_MARK
from monitor.sample.server import LIST_PATH, Response, SamplePortal

# 17:30 in UTC is half past one of the next day in Shanghai.
START = datetime(2026, 5, 31, 17, 30, tzinfo=UTC)
SECOND_PAGE = LIST_PATH + "index_1.htm"
LATER = [notice for notice in load_notices() if notice.later]


class Clock:
    """A clock that stands still until it is told."""

    def __init__(self) -> None:
        self.time = START

    def __call__(self) -> datetime:
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def portal(clock: Clock) -> Iterator[SamplePortal]:
    with SamplePortal(clock) as portal:
        yield portal


def get_page(portal: SamplePortal, path: str, **headers: str) -> requests.Response:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return requests.get(portal.base_url + path, headers=names, timeout=5)


def read_soup(portal: SamplePortal, path: str) -> BeautifulSoup:
    response = get_page(portal, path)
    assert response.status_code == 200
    return BeautifulSoup(response.content, "lxml")


def read_rows(portal: SamplePortal, path: str = LIST_PATH) -> list[Tag]:
    return read_soup(portal, path).select("ul.c_list_bid > li")


def row_titles(portal: SamplePortal, path: str = LIST_PATH) -> list[str]:
    return [str(row.select("a")[0]["title"]) for row in read_rows(portal, path)]


def detail_paths(portal: SamplePortal, path: str) -> list[str]:
    return [LIST_PATH + str(row.select("a")[0]["href"])[2:] for row in read_rows(portal, path)]


def read_pager(portal: SamplePortal, path: str) -> tuple[int, int]:
    found = re.search(
        r"Pager\(\{size:(\d+), current:(\d+), prefix:'index',suffix:'htm'\}\)",
        get_page(portal, path).text,
    )
    assert found
    return int(found[1]), int(found[2])


def make_notice(**changes: object) -> SampleNotice:
    facts: dict[str, object] = {
        "id": 1,
        "channel": "zbgg",
        "layout": "zcy",
        "project": "样例项目",
        "buyer": "样例市公安局",
        "number": "SAMPLE-1",
        "shows": "a test",
    }
    return SampleNotice.model_validate(facts | changes)


def test_the_first_state_is_two_full_pages_with_a_true_pager(portal: SamplePortal) -> None:
    assert [len(read_rows(portal, path)) for path in (LIST_PATH, SECOND_PAGE)] == [20, 20]
    # One reading of the first page before the second: nothing has moved yet.
    assert read_pager(portal, SECOND_PAGE) == (2, 1)


def test_no_row_stands_on_both_pages(portal: SamplePortal) -> None:
    titles = row_titles(portal) + row_titles(portal, SECOND_PAGE)
    assert len(set(titles)) == 40


def test_index_htm_is_the_first_page(portal: SamplePortal) -> None:
    assert row_titles(portal) == row_titles(portal, LIST_PATH + "index.htm")


@pytest.mark.parametrize("name", ["index_0.htm", "index_2.htm", "index_99999.htm", "gkzb/"])
def test_a_page_outside_the_list_is_missing(portal: SamplePortal, name: str) -> None:
    assert get_page(portal, LIST_PATH + name).status_code == 404


def test_a_row_leads_with_its_type_and_labels_the_rest(portal: SamplePortal) -> None:
    first = read_rows(portal)[0]
    assert first.select("em")[0]["rel"] == "bxlx"
    assert " ".join(first.get_text().split()[1:]) == (
        "成交公告 发布时间：2026-05-31 23:54 地域：样例 采购人：样例市公安局"
    )


def test_a_long_title_is_cut_in_the_link_but_whole_in_its_attribute(portal: SamplePortal) -> None:
    link = read_rows(portal)[0].select("a")[0]
    assert link.get_text().endswith("...")
    assert str(link["title"]).startswith(link.get_text().removesuffix("..."))


def test_some_row_has_no_region(portal: SamplePortal) -> None:
    assert any("地域：采购人" in "".join(row.get_text().split()) for row in read_rows(portal))


def test_the_date_in_a_link_is_that_of_shanghai(portal: SamplePortal) -> None:
    paths = detail_paths(portal, LIST_PATH)
    assert paths[0] == LIST_PATH + "cjgg/202605/t20260531_9000001.htm"
    assert "/202605/t202605" in detail_paths(portal, SECOND_PAGE)[-1]


def test_a_portal_that_is_started_again_the_same_day_shows_the_same_rows(clock: Clock) -> None:
    with SamplePortal(clock) as one:
        before = [get_page(one, path).text for path in (LIST_PATH, SECOND_PAGE)]
    clock.time += timedelta(hours=3)
    with SamplePortal(clock) as two:
        assert [get_page(two, path).text for path in (LIST_PATH, SECOND_PAGE)] == before


def test_ids_stay_the_same_from_start_to_start(clock: Clock) -> None:
    with SamplePortal(clock) as one:
        before = [path.rpartition("_")[2] for path in detail_paths(one, LIST_PATH)]
    clock.time += timedelta(days=3)
    with SamplePortal(clock) as two:
        assert [path.rpartition("_")[2] for path in detail_paths(two, LIST_PATH)] == before


def test_every_page_that_can_be_reached_says_that_it_is_a_sample(portal: SamplePortal) -> None:
    paths = detail_paths(portal, LIST_PATH) + detail_paths(portal, SECOND_PAGE)
    for path in [*paths, "/", "/nothing", LIST_PATH]:
        page = BeautifulSoup(get_page(portal, path).content, "lxml")
        assert SAMPLE_MARK in page.get_text(), path


def test_every_listed_notice_opens_under_its_title(portal: SamplePortal) -> None:
    for page in (LIST_PATH, SECOND_PAGE):
        for path, title in zip(detail_paths(portal, page), row_titles(portal, page), strict=True):
            heading = read_soup(portal, path).select_one("div.vF_detail_header h2.tc")
            assert heading is not None
            assert heading.get_text() == title
    assert portal.waiting == len(LATER)


def test_nothing_later_appears_before_every_first_page_was_read(portal: SamplePortal) -> None:
    for _ in range(3):
        assert LATER[0].title not in row_titles(portal)
    get_page(portal, SECOND_PAGE)
    assert row_titles(portal)[0] == LATER[0].title


def test_a_later_notice_has_no_page_before_it_appears(portal: SamplePortal) -> None:
    path = f"{LIST_PATH}zbgg/202606/t20260601_{LATER[0].id}.htm"
    assert get_page(portal, path).status_code == 404
    read_rows(portal)
    read_rows(portal, SECOND_PAGE)
    read_rows(portal)
    assert get_page(portal, path).status_code == 200


def test_each_further_pass_brings_one_notice_until_none_is_left(
    portal: SamplePortal, clock: Clock
) -> None:
    bottom = row_titles(portal, SECOND_PAGE)[-1]
    read_rows(portal)
    for count, notice in enumerate(LATER, 1):
        clock.time += timedelta(minutes=3)
        row = read_rows(portal)[0]
        assert row.select("a")[0]["title"] == notice.title
        assert f"2026-06-01 00:{count:02d}" in row.get_text()
    assert read_pager(portal, LIST_PATH) == (3, 0)
    assert row_titles(portal)[0] == LATER[-1].title
    assert row_titles(portal, LIST_PATH + "index_2.htm")[-1] == bottom


def test_a_refused_page_does_not_count_as_read(portal: SamplePortal) -> None:
    portal.fail_with = lambda path: Response() if path == SECOND_PAGE else None
    read_rows(portal)
    assert get_page(portal, SECOND_PAGE).content == b""
    assert LATER[0].title not in row_titles(portal)


def test_a_block_page_comes_back_as_injected(portal: SamplePortal) -> None:
    block = Response("频繁访问".encode(), status=403, headers=(("Retry-After", "60"),))
    portal.fail_with = lambda _: block
    response = get_page(portal, LIST_PATH)
    assert (response.status_code, response.headers["Retry-After"]) == (403, "60")
    assert response.content == "频繁访问".encode()


def test_an_unchanged_page_is_304_and_empty(portal: SamplePortal) -> None:
    first = get_page(portal, SECOND_PAGE)
    again = get_page(portal, SECOND_PAGE, If_None_Match=first.headers["ETag"])
    assert (again.status_code, again.content) == (304, b"")
    since = get_page(portal, SECOND_PAGE, If_Modified_Since=first.headers["Last-Modified"])
    assert since.status_code == 304


@pytest.mark.parametrize("value", ["never", "31 Feb 2026", "Sun, 31 May 2026 00:00:00 GMT"])
def test_an_old_or_odd_date_gets_the_page(portal: SamplePortal, value: str) -> None:
    assert get_page(portal, LIST_PATH, If_Modified_Since=value).status_code == 200


def test_a_list_that_changed_within_one_second_is_not_304(portal: SamplePortal) -> None:
    before = get_page(portal, LIST_PATH)
    portal.add(make_notice())
    for name, validator in (("If_None_Match", "ETag"), ("If_Modified_Since", "Last-Modified")):
        answer = get_page(portal, LIST_PATH, **{name: before.headers[validator]})
        assert answer.status_code == 200, name


def test_an_added_notice_is_on_top_at_once_and_opens(portal: SamplePortal) -> None:
    notice = make_notice(project="样例市公安局试剂采购项目")
    url = portal.add(notice)
    assert row_titles(portal)[0] == notice.title
    assert requests.get(url, timeout=5).status_code == 200


def test_injected_notices_replace_the_shipped_ones(clock: Clock) -> None:
    with SamplePortal(clock, notices=[make_notice()]) as portal:
        assert len(read_rows(portal)) == 1
    with SamplePortal(clock, notices=[]) as portal:
        assert read_pager(portal, LIST_PATH) == (1, 0)


def test_the_paths_asked_for_are_kept_in_order(portal: SamplePortal) -> None:
    for path in ("/robots.txt", "/", LIST_PATH + "?x=1"):
        get_page(portal, path)
    assert portal.requests == ["/robots.txt", "/", LIST_PATH + "?x=1"]


def test_there_is_no_robots_txt(portal: SamplePortal) -> None:
    assert get_page(portal, "/robots.txt").status_code == 404


def test_attachments_are_scans_without_words_on_the_same_host(portal: SamplePortal) -> None:
    notice = make_notice(attachments=["清单一.pdf", "清单二.pdf"])
    page = BeautifulSoup(requests.get(portal.add(notice), timeout=5).content, "lxml")
    links = page.select("ul.fjxx a[href]")
    assert [link.get_text() for link in links] == ["清单一.pdf", "清单二.pdf"]
    response = get_page(portal, str(links[1]["href"]))
    assert response.headers["Content-Type"] == "application/pdf"
    assert response.content.startswith(b"%PDF-1.4")
    start = int(response.content.split()[-2])
    assert response.content[start:].startswith(b"xref")
    assert get_page(portal, "/oss/1-3.pdf").status_code == 404


def test_a_taken_port_gives_way_to_a_free_one(portal: SamplePortal, clock: Clock) -> None:
    taken = int(portal.base_url.rpartition(":")[2])
    with SamplePortal(clock, port=taken) as other:
        assert other.base_url != portal.base_url
        assert len(read_rows(other)) == 20


def test_a_wished_port_is_used_when_it_is_free(clock: Clock) -> None:
    with SamplePortal(clock) as one:
        url = one.base_url
    with SamplePortal(clock, port=int(url.rpartition(":")[2])) as two:
        assert two.base_url == url


def test_leaving_closes_the_port_and_ends_every_thread(clock: Clock) -> None:
    before = set(threading.enumerate())
    with SamplePortal(clock) as portal:
        port = int(portal.base_url.rpartition(":")[2])
        get_page(portal, LIST_PATH)
    assert set(threading.enumerate()) == before
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=5)
    with pytest.raises(RuntimeError, match="not running"):
        _ = portal.base_url


def test_nothing_is_written_even_when_a_reader_hangs_up(
    clock: Clock, capfd: pytest.CaptureFixture[str]
) -> None:
    asked = threading.Event()

    def note_request(path: str) -> Response:
        asked.set()
        return Response(b"x" * 5_000_000)

    with SamplePortal(clock, fail_with=note_request) as portal:
        port = int(portal.base_url.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port), timeout=5) as hasty:
            hasty.sendall(b"GET / HTTP/1.0\r\n\r\n")
            assert asked.wait(5)
    assert capfd.readouterr() == ("", "")
