"""Attachments of organs' notices: fetched, read, put beside the notice's own text, tried again."""

from __future__ import annotations

import json
import re
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from monitor.documents.parts import Limits, Part, ReadDocument
from monitor.documents.reader import DocumentReader
from monitor.errors import FetchCause, FetchError
from monitor.models import Document, Item, Notice, Zone, ZoneKind
from monitor.polling.attachments import MOST_DOCUMENTS, Attached, Attachments, add_text
from monitor.portals.refusals import find_refusal
from monitor.reading.views import list_unchecked
from monitor.store.expectations import Share
from monitor.text.markup import Line, Table
from monitor.web.fetch import Fetcher
from monitor.web.manners import Manners, Pace, Robots
from monitor.web.visit import Visitor
from tests.documents.pages import show_text, write_pdf
from tests.kit.fake_time import count_in
from tests.kit.fetching import LOCAL, NOW
from tests.kit.house import House, watch_site
from tests.kit.rawserver import HostileServer, raw, reply
from tests.portals.sites.base import Answer, Asked, Fact
from tests.portals.sites.zcy import ZcySite

GOODS = "货物名称,品牌,规格型号,数量\nDNA检验试剂,赛默飞,GlobalFiler,48盒\n".encode()
LOGIN = "<html><head><title>用户登录</title></head><body><form>用户名 密码</form></body></html>"
MISSING = '{"code":500,"msg":"文件不存在","data":null}'
FAILED = '{"code":500,"msg":"internal","data":null}'
SENT = (("Content-Disposition", 'attachment; filename="a.doc"'),)
PAGE = f"<html><body>{'<p>样例市公安局采购赛默飞GlobalFiler试剂的说明。</p>' * 40}</body></html>"
NAME = "采购清单.csv"


@dataclass
class FileSite(ZcySite):
    """A zcy site whose files are answered as a test says."""

    files: dict[str, Answer] = field(default_factory=dict)

    def answer(self, asked: Asked) -> tuple[str, Answer]:
        """Answer a file, or what the site answers."""
        name = asked.path.removeprefix("/files/")
        return ("file", self.files[name]) if name in self.files else super().answer(asked)

    def count_files(self) -> int:
        """Return how often files were asked for."""
        return sum(asked.path.startswith("/files/") for asked in self.asked)


def make_site(*names: str, answer: Answer | None = None, **changes: Any) -> FileSite:
    """Return a site with a police purchase whose goods stand in its files alone."""
    facts: dict[str, Any] = {
        "title": "样例市公安局DNA检验试剂采购项目中标公告",
        "item": ("DNA检验试剂", "详见附件", "详见附件", "48"),
        "attachments": tuple((name, b"") for name in names),
    }
    fact = Fact(number=900, **{**facts, **changes})
    given = answer or Answer(GOODS, "application/octet-stream")
    return FileSite([fact], files=dict.fromkeys(names, given))


def list_files(house: House) -> list[tuple[str, int, str]]:
    rows = house.rooms.store.db.query("select name, read, why from attachment order by id")
    return [(row["name"], row["read"], row["why"]) for row in rows]


def list_verdicts(house: House) -> list[tuple[str, bool]]:
    rows = house.rooms.store.db.query("select verdict, match from notice order by id")
    return [(row["verdict"], json.loads(row["match"])["checkable"]) for row in rows]


def test_what_a_file_says_is_told_with_its_name(tmp_path: Path) -> None:
    site = make_site(NAME)
    with watch_site(tmp_path, site) as house:
        assert house.poll().alerts == 1
        assert list_files(house) == [(NAME, 1, "")]
        assert list(list_unchecked(house.rooms.store, 9)) == []
        row = house.rooms.store.db.first("select record_id, sha256 from attachment")
        assert row is not None
        assert house.rooms.archive.read(row["record_id"]).body == GOODS


@pytest.mark.parametrize(
    ("name", "answer", "why"),
    [
        ("a.pdf", Answer(LOGIN.encode()), "login page"),
        ("a.pdf", Answer(LOGIN.encode(), headers=SENT), "login page"),
        ("a.pdf", Answer(PAGE.encode()), "a web page came in place of the file"),
        ("a.pdf", Answer(MISSING.encode()), "page not found, sent as a page"),
        ("a.pdf", Answer(FAILED.encode()), "a message came in place of the file"),
        ("a.pdf", Answer(FAILED.encode(), headers=SENT), "a message came in place of the file"),
        ("a.pdf", Answer(b"no such file", status=404), "HTTP 404"),
        ("a.pdf", Answer(b"", status=500), "HTTP 500"),
        ("a.pdf", Answer(b""), "HTTP 200 with an empty body"),
        ("a.pdf", Answer(bytes(Limits().size + 1)), "too large: more than 33554432 bytes"),
        ("a.pdf", Answer(b"%PDF-1.4 cut"), "damaged"),
        ("a.7z", Answer(b"7z\xbc\xaf\x27\x1c" + bytes(64)), "no tool: 7z archives are not read"),
        ("a.bin", Answer(bytes(range(256)) * 8), "unknown type"),
    ],
    ids=(
        "login, login as a file, page, missing, message, message as a file, 404, 500, empty, "
        "oversized, damaged, 7z, bytes"
    ).split(", "),
)
def test_what_is_no_file_is_unread_and_its_words_are_not_the_notices(
    tmp_path: Path, name: str, answer: Answer, why: str
) -> None:
    site = make_site(name, answer=answer)
    with watch_site(tmp_path, site) as house:
        done = house.poll()
        ((_, read, told),) = list_files(house)
        assert (read, why in told) == (0, True)
        assert (done.alerts, done.reviews, done.unchecked) == (0, 1, 1)
        assert list_verdicts(house) == [("review", False)]
        (unchecked,) = list_unchecked(house.rooms.store, 9)
        assert [(one["name"], why in one["why"]) for one in unchecked["attachments"]] == [
            (name, True)
        ]
        assert unchecked["buyer"] == "样例市公安局"
        assert unchecked["next_try"].startswith("2026-11-22T05:00")


@pytest.mark.parametrize(
    ("name", "headers"), [("a.doc", SENT), ("说明.html", ())], ids=["sent as a file", "named"]
)
def test_a_page_that_is_a_file_is_read(
    tmp_path: Path, name: str, headers: tuple[tuple[str, str], ...]
) -> None:
    row = (
        "<table><tr><th>品牌</th><th>规格型号</th></tr><tr><td>赛默飞</td><td>GlobalFiler</td></tr>"
    )
    body = PAGE.replace("</body>", f"{row}</table></body>").encode()
    with watch_site(tmp_path, make_site(name, answer=Answer(body, headers=headers))) as house:
        assert house.poll().alerts == 1
        assert list_files(house) == [(name, 1, "")]


def test_a_file_that_could_not_be_had_is_tried_again_and_told(tmp_path: Path) -> None:
    site = make_site(NAME, answer=Answer(b"", status=502))
    with watch_site(tmp_path, site) as house:
        assert house.poll().reviews == 1
        house.clock.pass_time(minutes=59)
        house.poll()
        assert site.count_files() == 1
        site.files[NAME] = Answer(GOODS)
        house.clock.pass_time(minutes=1)
        assert house.poll().alerts == 1
        assert list_files(house) == [(NAME, 1, "")]
        assert list_verdicts(house)[-1] == ("alert", True)
        assert list(list_unchecked(house.rooms.store, 9)) == []
        # A day later its notice is looked at again, and it with it.
        house.clock.pass_time(hours=23)
        house.poll()
        assert site.count_files() == 2


def test_a_file_that_is_never_had_is_left_after_some_tries_and_stays_listed(
    tmp_path: Path,
) -> None:
    site = make_site(NAME, answer=Answer(b"", status=404))
    with watch_site(tmp_path, site) as house:
        house.poll()
        for wait in (1, 6, 24, 72, 168, 168, 168):
            house.clock.pass_time(hours=wait)
            house.poll()
        assert site.count_files() == 6
        (unchecked,) = list_unchecked(house.rooms.store, 9)
        assert unchecked["next_try"] is None
        assert house.told().count(("waiting", "review")) == 1


def test_a_notice_that_cannot_be_had_again_is_never_given_up(tmp_path: Path) -> None:
    site = make_site(NAME, answer=Answer(b"", status=404))
    with watch_site(tmp_path, site) as house:
        house.leave_told_alone()
        house.poll()
        answer, strange = site.answer, Answer(b'{"success": true}', "application/json")
        site.answer = lambda asked: (  # type: ignore[method-assign]
            ("detail", strange) if asked.path == "/portal/detail" else answer(asked)
        )
        for wait in (1, 6, 24, 72, 168, 168, 168):
            house.clock.pass_time(hours=wait)
            house.poll()
        assert sum(asked.path == "/portal/detail" for asked in site.asked) == 6
        (row,) = house.rooms.store.db.query("select state, attempts, recheck_at from listing")
        assert tuple(row.values()) == ("opened", 0, None)
        assert not house.rooms.store.db.query("select * from issue where kind = 'poison notice'")
        assert list_verdicts(house) == [("review", False)]


def test_what_a_source_usually_shows_is_what_its_notices_show_without_their_files(
    tmp_path: Path,
) -> None:
    site = make_site(NAME)
    answer = site.answer

    def leave_out_goods(asked: Asked) -> tuple[str, Answer]:
        kind, given = answer(asked)
        bare = re.sub(rb"<table.*</table>", b"", given.body)
        return kind, replace(given, body=bare)

    site.answer = leave_out_goods  # type: ignore[method-assign]
    with watch_site(tmp_path, site) as house:
        assert house.poll().alerts == 1
        learned = house.rooms.store.expectations.get("local")
        assert learned["notice: items"] == Share(1, 0)
        assert learned["notice: buyer"] == Share(1, 1)


def test_a_spent_budget_lets_the_whole_notice_wait(tmp_path: Path) -> None:
    site = make_site(NAME)
    # robots.txt, the tree of kinds, three lists and the notice; the file is one too many.
    with watch_site(tmp_path, site, budget=6) as house:
        done = house.poll()
        assert (done.opened, done.waiting, house.count("attachment")) == (0, 1, 0)
        assert "daily budget" in done.health.cause
        house.config.sources["local"].__dict__["budget"] = 99
        house.clock.pass_time(days=1)
        assert house.poll().alerts == 1
        rows = house.rooms.store.db.query("select attempts from listing")
        assert [row["attempts"] for row in rows] == [0]


def test_only_so_many_files_of_a_notice_are_read(tmp_path: Path) -> None:
    site = make_site(*(f"{n:02}.csv" for n in range(MOST_DOCUMENTS + 1)))
    with watch_site(tmp_path, site) as house:
        assert house.poll().alerts == 1
        assert site.count_files() == MOST_DOCUMENTS
        assert list_files(house)[-1] == (f"{MOST_DOCUMENTS}.csv", 0, "more than 20 attachments")


@pytest.mark.parametrize(
    ("changes", "options"),
    [
        ({"buyer": "样例市第一中学", "title": "样例市第一中学试剂采购中标公告"}, {"open": "all"}),
        ({}, {"attachments": False}),
    ],
    ids=["no organ", "not wanted"],
)
def test_no_file_is_asked_for_where_nobody_needs_it(
    tmp_path: Path, changes: dict[str, Any], options: dict[str, Any]
) -> None:
    site = make_site(NAME, **changes)
    with watch_site(tmp_path, site, **options) as house:
        assert house.poll().opened == 1
        assert (site.count_files(), house.count("attachment")) == (0, 0)


def test_nobodys_number_stands_in_a_row_a_log_or_an_alert(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", "monitor.polling.attachments")
    site = make_site("清单13800138000（定稿）.csv")
    with watch_site(tmp_path, site) as house:
        assert house.poll().alerts == 1
        assert "[telephone]" in list_files(house)[0][0]
        told = house.rooms.store.db.query("select content from alert")
        assert "13800138000" not in "".join([row["content"] for row in told] + house.reports)
        assert "13800138000" not in caplog.text


# Text beside the notice's own ---------------------------------------------------------------

HEAD = ("货物名称", "品牌", "规格型号", "数量")
OWN = Notice(
    url="http://a.example/1",
    title="样例市公安局设备采购中标公告",
    items=(Item(name="交换机", brand="华为"),),
    zones=(Zone(ZoneKind.ITEM, "items[0].brand", "华为"),),
)


def make_table(*rows: tuple[str, str, str, str]) -> Table:
    return Table((HEAD, *rows))


def test_items_of_files_count_on_from_the_notices_own() -> None:
    table = make_table(("监控硬盘", "希捷", "ST8000VX004", "48"), ("内存", "金士顿", "K-1", "9"))
    read = ReadDocument("xlsx", (Part("", "sheet 清单", (table,)),))
    once = add_text(OWN, "清单.xlsx", read)
    assert [item.brand for item in once.items] == ["华为", "希捷", "金士顿"]
    brands = {zone.field: zone.text for zone in once.zones if zone.field.endswith(".brand")}
    assert brands == {
        "items[0].brand": "华为",
        "items[1].brand": "希捷",
        "items[2].brand": "金士顿",
    }
    twice = add_text(once, "更多.xlsx", read)
    assert [item.brand for item in twice.items] == ["华为", "希捷", "金士顿", "希捷", "金士顿"]
    last = [zone for zone in twice.zones if zone.field == "items[4].brand"]
    assert [(zone.text, zone.place) for zone in last] == [("金士顿", "更多.xlsx, sheet 清单")]
    assert once.zones[0].place == ""


def test_each_zone_names_the_page_that_it_stands_on() -> None:
    first = Part("包/清单.pdf", "p. 1", (Line("项目名称：样例市公安局设备采购"),))
    second = Part("包/清单.pdf", "p. 2", (make_table(("监控硬盘", "希捷", "ST8000VX004", "48")),))
    found = add_text(OWN, "附件.zip", ReadDocument("zip", (first, second)))
    places = {zone.text: zone.place for zone in found.zones}
    assert places["希捷"] == "附件.zip, 包/清单.pdf, p. 2"


def test_a_file_without_text_changes_nothing() -> None:
    assert add_text(OWN, "a.pdf", ReadDocument("pdf")) is OWN


def test_a_page_of_a_pdf_is_told(tmp_path: Path) -> None:
    page = show_text(50, 700, "Brand: Seagate  Model: ST8000VX004")
    answer = Answer(write_pdf(show_text(50, 700, "Page one of the list"), page))
    changes = {"title": "样例市公安局视频存储扩容项目中标公告"}
    with watch_site(tmp_path, make_site("a.pdf", answer=answer, **changes)) as house:
        house.poll()
        hits = [
            hit["place"]
            for row in house.rooms.store.db.query("select match from notice")
            for hit in json.loads(row["match"])["hits"]
        ]
        assert set(hits) == {"a.pdf, p. 2"}


# One at a time, as a guest ------------------------------------------------------------------


@contextmanager
def open_attachments(stop: threading.Event | None = None) -> Iterator[Attachments]:
    """Give what reads attachments, at no pace and with no archive."""
    with Fetcher(LOCAL, threading.Event()) as fetcher:
        manners = Manners(count_in(Counter()))
        pace = Pace(delay=0, jitter=0)
        visitor = Visitor(fetcher, manners, Robots(), pace, False, lambda capture: capture)
        yield Attachments(
            visitor, DocumentReader(), find_refusal, Limits(), lambda: NOW, lambda _: None,
            stop or threading.Event(),
        )  # fmt: skip


def read_files(
    attachments: Attachments, *urls: str, url: str = "http://a.example/"
) -> list[Attached]:
    documents = tuple(Document(f"{n}.csv", url) for n, url in enumerate(urls))
    return list(attachments.read_all(Notice(url, "公告", documents=documents))[1])


def test_a_host_that_does_not_answer_is_asked_once_for_a_notice() -> None:
    routes = {f"/{n}.csv": raw(b"") for n in range(3)}
    with HostileServer(routes) as server, open_attachments() as attachments:
        found = read_files(attachments, *(server.url(f"/{n}.csv") for n in range(3)))
        assert server.paths == ["/0.csv"]
    assert [one.document.read for one in found] == [False] * 3
    assert {one.document.why for one in found} == {"unreachable: closed without an answer"}


def test_one_bad_file_keeps_no_other_from_being_read() -> None:
    routes = {"/0.csv": reply(b"x", 404), "/1.csv": reply(GOODS)}
    with HostileServer(routes) as server, open_attachments() as attachments:
        found = read_files(attachments, "ftp://x/", server.url("/0.csv"), server.url("/1.csv"))
    assert [one.document.read for one in found] == [False, False, True]
    assert found[0].document.why == "protocol: scheme not allowed: ftp"


def test_the_page_of_a_notice_is_named_whatever_its_address() -> None:
    with HostileServer({"/0.csv": reply(GOODS)}) as server, open_attachments() as attachments:
        (one,) = read_files(attachments, server.url("/0.csv"), url="http://a.example/公告?a=1%20")
        assert server.visits[0].headers["referer"] == "http://a.example/%E5%85%AC%E5%91%8A?a=1%20"
    assert one.document.read


def test_a_stop_lets_the_whole_notice_wait() -> None:
    stop = threading.Event()
    stop.set()
    with (
        HostileServer({"/0.csv": reply(GOODS)}) as server,
        open_attachments(stop) as attachments,
        pytest.raises(FetchError) as raised,
    ):
        read_files(attachments, server.url("/0.csv"))
    assert raised.value.cause is FetchCause.STOPPING


def test_the_first_try_again_comes_within_the_hour(tmp_path: Path) -> None:
    site = make_site(NAME, answer=Answer(b"", status=404))
    with watch_site(tmp_path, site) as house:
        house.poll()
        row = house.rooms.store.db.first("select recheck_at from listing")
        assert row is not None
        assert row["recheck_at"] == (house.clock() + timedelta(hours=1)).isoformat(
            timespec="microseconds"
        )
