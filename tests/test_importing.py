"""An import: what it brings is kept, told in one digest, and told once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from monitor.importing import Imported, import_saved
from monitor.models import Capture, Notice
from monitor.once import deliver_due
from monitor.reading.savedfiles import find_saved
from monitor.reading.savednotices import Saved, make_page
from monitor.setup import Rooms, Setup
from monitor.stanzas import SourceConfig
from monitor.statelock import StateLock
from monitor.store import Store
from monitor.warc import pack_capture
from tests.kit.house import (
    START,
    Clock,
    House,
    load_screener,
    make_award,
    make_config,
    open_house,
    open_rooms,
)
from tests.kit.program import run_once, write_config
from tests.portals.sites.base import Fact
from tests.portals.sites.ocds import make_package, write_package

PLACES = ("云岭", "东川", "南溪", "西平", "北原", "中和", "上元")
SITE = "https://site.example"
SOURCE = "  local: {portal: ccgp, lists: ['http://127.0.0.1:1/x/']}"


def make_fact(number: int, **changes: Any) -> Fact:
    """Return an award to the police of a place of its own, so that no two are twins."""
    place = PLACES[number]
    facts = {
        "title": f"{place}市公安局视频存储扩容项目中标公告",
        "buyer": f"{place}市公安局",
        "project": f"SAMPLE-2026-{number:03}",
        "amount": f"{60_000 + number}.00",
    }
    return Fact(number, **{**facts, **changes})


def write_page(fact: Fact, charset: str = "utf-8") -> bytes:
    text = f"<html><body><h1>{fact.title}</h1><div id='zoom'>{fact.body()}</div></body></html>"
    return text.encode(charset)


def write_row(identity: str, fact: Fact) -> str:
    return json.dumps({"id": identity, "title": fact.title, "html": fact.body()}) + "\n"


def fill_folder(folder: Path) -> Path:
    """Return a folder with a notice, or two, in every kind of file."""
    saved = folder / "saved"
    saved.mkdir()
    (saved / "a.html").write_bytes(write_page(make_fact(0), "gb18030"))
    rows = write_row("1", make_fact(1)) + write_row("2", make_fact(2))
    (saved / "b.jsonl").write_text(rows, "utf-8")
    (saved / "c.json").write_bytes(write_package(make_package([make_fact(3)])))
    body = write_page(make_fact(4))
    page = make_page(body, "")
    url, kind = f"{SITE}/4.htm", (("Content-Type", "text/html; charset=utf-8"),)
    packed = pack_capture(Capture(url, url, START, 200, kind, body, page.sha256))
    (saved / "d.warc.gz").write_bytes(packed)
    (saved / "e.txt").write_text(
        "上元市公安局硬盘采购项目中标公告\n采购人：上元市公安局\n品牌：希捷\n型号：ST8000VX004\n",
        "utf-8",
    )
    return saved


@dataclass
class Desk:
    """A store to import into, and what was written to the terminal."""

    setup: Setup
    rooms: Rooms
    clock: Clock
    told: list[str] = field(default_factory=list)
    reports: list[str] = field(default_factory=list)

    def take(self, path: Path) -> Imported:
        """Import a file or folder and deliver, an hour after the last time."""
        return self.take_all(find_saved(path))

    def take_all(self, found: Iterator[Saved]) -> Imported:
        """Import saved notices and deliver."""
        self.clock.pass_time(hours=1)
        done = import_saved(self.setup, self.rooms, "import", found, self.reports.append)
        deliver_due(self.setup, self.rooms, self.told.append)
        return done

    def take_row(self, path: Path, *facts: Fact) -> Imported:
        """Import a file of JSON lines that all have the id 1."""
        path.write_text("".join(write_row("1", fact) for fact in facts), "utf-8")
        return self.take(path)

    def list_versions(self) -> list[tuple[int, str]]:
        """Return number and change of every version of a notice."""
        rows = self.rooms.store.db.query("select version, change from notice order by id")
        return [(row["version"], row["change"]) for row in rows]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    source = SourceConfig.model_validate({"portal": "ccgp", "lists": ["http://127.0.0.1:1/x/"]})
    clock = Clock()
    with open_rooms(tmp_path, clock) as rooms:
        yield Desk(Setup(make_config(tmp_path, source), load_screener()), rooms, clock)


def dump_tables(store: Store) -> dict[str, Any]:
    """Return every row of every table."""
    names = store.db.query("select name from sqlite_master where type = 'table'")
    return {
        row["name"]: store.db.query(f"select * from [{row['name']}]")  # noqa: S608
        for row in names
    }


def test_every_kind_of_file_is_told_in_one_digest(tmp_path: Path, desk: Desk) -> None:
    done = desk.take(fill_folder(tmp_path))
    assert +done.counts == {"read": 6, "new": 6, "alerts": 6}
    assert done.unreadable == []
    [message] = desk.told
    assert "[DIGEST] Summary of import – 6 alerts, 0 reviews" in message
    assert all(f"{place}市公安局" in message for place in (*PLACES[:5], PLACES[6]))
    assert desk.reports == ["6 read, 6 new"]


def test_the_evidence_holds_the_bytes_as_they_were_found(tmp_path: Path, desk: Desk) -> None:
    desk.take(fill_folder(tmp_path))
    rows = desk.rooms.store.db.query("select record_id from capture where source = 'import'")
    found = [desk.rooms.archive.read(row["record_id"]) for row in rows]
    page = next(one for one in found if one.body == write_page(make_fact(0), "gb18030"))
    assert ("X-Imported-From", str(tmp_path / "saved" / "a.html")) in page.headers
    assert {capture.tls for capture in found} == {"imported"}
    assert f"{SITE}/4.htm" in [capture.url for capture in found]
    assert [*desk.rooms.archive.verify()] == []


def test_a_second_import_changes_nothing(tmp_path: Path, desk: Desk) -> None:
    folder = fill_folder(tmp_path)
    (folder / "f.html").write_bytes(b"<html></html>")
    desk.take(folder)
    before = dump_tables(desk.rooms.store)
    done = desk.take(folder)
    assert +done.counts == {"read": 7, "unchanged": 7}
    assert dump_tables(desk.rooms.store) == before
    assert len(desk.told) == 1


def test_a_changed_page_is_a_new_version_and_not_told_twice(tmp_path: Path, desk: Desk) -> None:
    path = tmp_path / "a.jsonl"
    desk.take_row(path, make_fact(1))
    done = desk.take_row(path, make_fact(1, supplier="样例远志科技有限公司"))
    assert +done.counts == {"read": 1, "changed": 1}
    assert desk.list_versions() == [(1, "NEW"), (2, "AMENDED")]
    assert len(desk.told) == 1


def test_a_page_with_another_product_is_told_again_in_a_digest(tmp_path: Path, desk: Desk) -> None:
    path = tmp_path / "a.jsonl"
    desk.take_row(path, make_fact(1))
    desk.take_row(path, make_fact(1, item=("监控硬盘", "西部数据", "WD82PURX", "48")))
    assert len(desk.told) == 2
    assert "[DIGEST]" in desk.told[1]
    assert "Changed:" in desk.told[1]


def test_an_id_that_stands_twice_in_a_file_has_two_versions(tmp_path: Path, desk: Desk) -> None:
    path = tmp_path / "a.jsonl"
    facts = [make_fact(1), make_fact(1, supplier="样例远志科技有限公司")]
    done = desk.take_row(path, *facts)
    assert (done.counts["new"], done.counts["changed"]) == (1, 1)
    assert desk.list_versions() == [(1, "NEW"), (2, "AMENDED")]
    assert desk.reports == ["1 read, 1 new", "2 read, 1 new"]
    before = dump_tables(desk.rooms.store)
    assert desk.take_row(path, *facts).counts["unchanged"] == 2
    assert dump_tables(desk.rooms.store) == before
    assert len(desk.told) == 1


@pytest.mark.parametrize("url", ["", f"{SITE}/1.htm"])
def test_bytes_that_differ_in_nothing_that_is_read_are_known_again(
    tmp_path: Path, desk: Desk, url: str
) -> None:
    path = tmp_path / "a.jsonl"
    body = make_fact(1).body()
    rows = [{"id": "甲\ud800 1", "url": url, "html": f"<!-- {n} -->{body}"} for n in range(3)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    assert +desk.take(path).counts == {"read": 3, "new": 1, "changed": 2, "alerts": 1}
    assert desk.list_versions() == [(1, "NEW")]
    before = dump_tables(desk.rooms.store)
    assert +desk.take(path).counts == {"read": 3, "unchanged": 3}
    assert dump_tables(desk.rooms.store) == before


def list_unreadable(desk: Desk) -> list[str]:
    """Return what the issues of unreadable pages say."""
    issues = desk.rooms.store.sources.list_issues()
    return [row["raw"] for row in issues if row["kind"] == "no readable text"]


def test_a_page_without_text_is_counted_and_the_rest_is_imported(
    tmp_path: Path, desk: Desk
) -> None:
    (tmp_path / "a.html").write_bytes(b"<html></html>")
    (tmp_path / "b.html").write_bytes(write_page(make_fact(0)))
    done = desk.take_all(iter([*find_saved(tmp_path / "a.html"), *find_saved(tmp_path / "b.html")]))
    assert (done.counts["new"], done.counts["unreadable"], done.counts["alerts"]) == (2, 1, 1)
    [error] = done.unreadable
    assert error.startswith(f"{tmp_path / 'a.html'}: layout not recognised: ")
    assert [f"{tmp_path / 'a.html'}: {said}" for said in list_unreadable(desk)] == [error]


@pytest.mark.parametrize(
    "kind", [ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError]
)
@pytest.mark.parametrize("part", ["read", "listing"])
def test_a_page_that_breaks_the_reading_is_one_notice_lost(
    desk: Desk, kind: type[Exception], part: str
) -> None:
    class Breaking(Saved):
        def read(self) -> Notice:
            raise kind("x")

    class BreakingRow(Saved):
        @property
        def listing(self) -> Any:
            raise kind("x")

    broken = {"read": Breaking, "listing": BreakingRow}[part]("1", "", "x.html", b"<p>x</p>")
    done = desk.take_all(iter([broken, make_page(write_page(make_fact(0)), "y.html")]))
    said = f"the program failed on it: {kind.__name__}"
    assert done.unreadable == [f"x.html: {said}"]
    assert list_unreadable(desk) == [said]
    assert (done.counts["unreadable"], done.counts["alerts"]) == (1, 1)


def test_a_twin_of_a_polled_notice_is_joined_and_not_told_again(tmp_path: Path) -> None:
    with open_house(tmp_path, [make_award(1)]) as house:
        told: list[str] = []
        house.poll()
        deliver_due(house.setup, house.rooms, told.append)
        path = tmp_path / "copy.html"
        path.write_bytes(find_page(house))
        found = find_saved(path)
        done = import_saved(house.setup, house.rooms, "import", found, house.reports.append)
        deliver_due(house.setup, house.rooms, told.append)
        assert (done.counts["new"], done.counts["alerts"], len(told)) == (1, 0, 1)
        row = house.rooms.store.db.first("select listing, decision from notice order by id desc")
        assert row is not None
        assert row["decision"] == "SAME_NOTICE"
        links = house.rooms.store.twins.find_links(row["listing"])
        assert [link.source for link in links] == ["local", "import"]


def find_page(house: House) -> bytes:
    """Return the page of the only notice that was polled."""
    row = house.rooms.store.db.first("select record_id from notice")
    assert row is not None
    return house.rooms.archive.read(row["record_id"]).body


def test_the_command_imports_what_it_can_and_exits_one(tmp_path: Path) -> None:
    write_config(tmp_path, SOURCE)
    folder = fill_folder(tmp_path)
    (folder / "f.html").write_bytes(b"<html></html>")
    (folder / "g.jsonl").write_text("{broken\n", "utf-8")
    code, out, err = run_once(tmp_path, "import", "--json", str(folder))
    assert code == 1
    assert json.loads(out) == {
        "read": 7, "new": 7, "changed": 0, "unchanged": 0, "unreadable": 1, "alerts": 6,
        "reviews": 0,
    }  # fmt: skip
    assert f"error: {folder / 'f.html'}: layout not recognised: " in err
    assert f"error: {folder / 'g.jsonl'}:1: not JSON: " in err
    assert err.count("[DIGEST]") == 1
    _, out, _ = run_once(tmp_path, "sources", "--json")
    states = {row["source"]: row["state"] for row in map(json.loads, out.splitlines())}
    assert states == {"import": "imported", "local": "new"}


def test_an_import_shows_its_digest_and_a_table(tmp_path: Path) -> None:
    write_config(tmp_path, SOURCE)
    code, out, err = run_once(tmp_path, "import", "--source", "mine", str(fill_folder(tmp_path)))
    assert (code, err) == (0, "")
    assert "[DIGEST] Summary of mine – 6 alerts, 0 reviews" in out
    assert out.splitlines()[-1].split() == ["6", "6", "0", "0", "0", "6", "0"]


def test_an_import_leaves_a_state_alone_that_another_process_holds(tmp_path: Path) -> None:
    write_config(tmp_path, SOURCE)
    with StateLock(tmp_path / "state"):
        code, out, err = run_once(tmp_path, "import", str(fill_folder(tmp_path)))
    assert (code, out) == (75, "")
    assert "is held by process" in err
    assert not (tmp_path / "state" / "monitor.db").exists()
