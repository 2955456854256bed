"""The database: durable, one connection a thread, whole transactions, never silently new."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from monitor.errors import StoreError
from monitor.store import Store
from monitor.store.database import Database, clean_text
from tests.kit.tinydisk import mounts_allowed


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "monitor.db")
    yield database
    database.close()


def ask(db: Database, pragma: str) -> object:
    row = db.first(f"pragma {pragma}")
    return next(iter(row.values())) if row else None


def test_every_thread_has_its_own_durable_connection(db: Database) -> None:
    found = []

    def look() -> None:
        found.append([ask(db, name) for name in ("journal_mode", "synchronous", "foreign_keys")])

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    look()
    assert found == [["wal", 2, 1], ["wal", 2, 1]]


def break_off(db: Database, *, nested: bool) -> None:
    with db.immediate():
        if nested:
            with db.immediate():
                db.insert("source", {"name": "a"})
        else:
            db.insert("source", {"name": "a"})
        raise RuntimeError("stop")


@pytest.mark.parametrize("nested", [False, True])
def test_an_error_inside_a_transaction_leaves_nothing_behind(db: Database, nested: bool) -> None:
    with pytest.raises(RuntimeError):
        break_off(db, nested=nested)
    assert db.query("select * from source") == []


def test_a_reader_that_will_write_locks_out_other_writers(db: Database) -> None:
    order = []
    started = threading.Event()

    def write() -> None:
        started.set()
        with db.immediate():
            order.append("second")

    thread = threading.Thread(target=write)
    with db.immediate():
        thread.start()
        started.wait(5)
        order.append("first")
    thread.join()
    assert order == ["first", "second"]


def test_a_second_opening_changes_nothing(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        store.sources.ensure("a", sample=False)
    with Store.open(tmp_path) as store:
        assert [row.name for row in store.sources.list_all()] == ["a"]


def test_a_newer_schema_is_refused_with_a_sentence(tmp_path: Path) -> None:
    Store.open(tmp_path).db.close()
    with sqlite3.connect(tmp_path / "monitor.db") as connection:
        connection.execute("pragma user_version = 999")
    connection.close()
    with pytest.raises(StoreError, match="written by a newer version"):
        Store.open(tmp_path)


def fill_database(state: Path, sources: int = 500) -> Path:
    with Store.open(state) as store:
        for number in range(sources):
            store.sources.ensure(f"source-{number}", sample=False)
        store.db.query("pragma wal_checkpoint(truncate)")
    return state / "monitor.db"


def damage_database(path: Path) -> bytes:
    """Spoil all pages but the first and the last; return what stands there then."""
    body = bytearray(path.read_bytes())
    body[4096 : len(body) - 4096] = b"\xa5" * (len(body) - 8192)
    path.write_bytes(body)
    return bytes(body)


def test_a_damaged_file_is_refused_to_who_would_write_and_kept(tmp_path: Path) -> None:
    path = fill_database(tmp_path)
    body = damage_database(path)
    with pytest.raises(StoreError, match=r"monitor\.db: .*left as it is.*restore latest"):
        Store.open(tmp_path)
    assert path.read_bytes() == body


def test_a_reader_is_told_of_damage_where_it_reads_and_waits_for_no_look_at_the_rest(
    tmp_path: Path,
) -> None:
    path = fill_database(tmp_path)
    body = damage_database(path)
    with Store.open(tmp_path, read_only=True) as store:
        with pytest.raises(StoreError, match=r"monitor\.db: .*left as it is.*restore latest"):
            store.sources.list_all()
        with pytest.raises(StoreError, match="tender-monitor restore latest"):
            store.db.check_quickly()
    assert path.read_bytes() == body


def test_a_reader_that_breaks_on_a_damaged_file_is_told_of_the_damage(tmp_path: Path) -> None:
    path = fill_database(tmp_path)
    for damaged, expected in ((False, TypeError), (True, StoreError)):
        if damaged:
            damage_database(path)
        with pytest.raises(expected), Store.open(tmp_path, read_only=True):
            raise TypeError("bytes in place of text")


def test_damage_that_comes_while_it_runs_is_said_with_the_way_back(tmp_path: Path) -> None:
    path = fill_database(tmp_path)
    with Store.open(tmp_path) as store:
        damage_database(path)
        store.db.query("pragma shrink_memory")
        with pytest.raises(StoreError, match="tender-monitor restore latest"):
            store.sources.list_all()
        with pytest.raises(StoreError, match="tender-monitor restore latest"):
            store.db.check_quickly()
        with pytest.raises(StoreError, match="tender-monitor restore latest"):
            store.db.copy_to(tmp_path / "copy.db")


def test_a_good_file_passes_both_checks(db: Database) -> None:
    db.check_quickly()
    assert list(db.find_damage()) == []


def test_a_row_whose_parent_is_gone_is_damage(tmp_path: Path) -> None:
    Store.open(tmp_path).db.close()
    with closing(sqlite3.connect(tmp_path / "monitor.db")) as connection:
        connection.execute("insert into reach (source, since, until) values ('gone', '', '')")
        connection.commit()
    with Store.open(tmp_path) as store:
        assert list(store.db.find_damage()) == ["row 1 of reach names a row of source that is gone"]


@pytest.mark.parametrize("read_only", [False, True])
@pytest.mark.parametrize("left", [None, b""])
def test_a_database_gone_from_beside_its_captures_is_not_begun_anew(
    left: bytes | None, read_only: bool, tmp_path: Path
) -> None:
    path = fill_database(tmp_path, 1)
    captures = tmp_path / "captures" / "local"
    captures.mkdir(parents=True)
    (captures / "2026-11-22.warc.gz").write_bytes(b"kept")
    path.unlink()
    if left is not None:
        path.write_bytes(left)
    with pytest.raises(StoreError, match="the database is missing although captures are there"):
        Store.open(tmp_path, read_only=read_only)
    assert path.exists() is (left is not None)


def test_a_copy_is_one_file_of_one_moment(tmp_path: Path) -> None:
    with Store.open(tmp_path / "state") as store:
        store.sources.ensure("before", sample=False)
        with store.db.snapshot():
            store.db.copy_to(tmp_path / "copy.db")
        store.sources.ensure("after", sample=False)
    assert [path.name for path in tmp_path.glob("copy.db*")] == ["copy.db"]
    copy = Database(tmp_path / "copy.db", read_only=True)
    assert [row["name"] for row in copy.query("select name from source")] == ["before"]
    copy.close()


def test_a_snapshot_sees_nothing_that_is_written_meanwhile(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store, Store.open(tmp_path, read_only=True) as reader:
        store.sources.ensure("before", sample=False)
        with reader.db.snapshot():
            assert len(reader.sources.list_all()) == 1
            store.sources.ensure("meanwhile", sample=False)
            assert len(reader.sources.list_all()) == 1
        assert len(reader.sources.list_all()) == 2


def test_a_transaction_that_cannot_be_committed_leaves_none_open(db: Database) -> None:
    db.execute("pragma max_page_count = 1")
    with pytest.raises(StoreError, match="full"), db.immediate():
        db.insert("source", {"name": "x" * 1_000_000})
    db.execute("pragma max_page_count = 1000000")
    with db.immediate():
        db.insert("source", {"name": "small"})
    assert [row["name"] for row in db.query("select name from source")] == ["small"]


def test_a_reading_command_makes_no_database(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no database yet"):
        Store.open(tmp_path, read_only=True)
    assert list(tmp_path.iterdir()) == []


def test_only_the_owner_can_read_the_database(tmp_path: Path) -> None:
    Store.open(tmp_path / "state").db.close()
    assert (tmp_path / "state" / "monitor.db").stat().st_mode & 0o077 == 0
    assert (tmp_path / "state").stat().st_mode & 0o077 == 0


def test_text_that_sqlite_cannot_hold_is_mended() -> None:
    assert clean_text("a\ud800b\x00c") == "a?bc"


@pytest.mark.skipif(not mounts_allowed(), reason="no mount namespace is permitted")
@pytest.mark.parametrize("known", [False, True], ids=["new", "old"])
@pytest.mark.parametrize("left", [0, 16384])
def test_an_opening_on_a_full_disk_says_that_it_is_full(
    known: bool, left: int, tmp_path: Path
) -> None:
    code = f"""
from tests.kit.tinydisk import enter_tiny_disk
from monitor.errors import UnwritableError
from monitor.store import Store
disk = enter_tiny_disk({str(tmp_path)!r}, 4)
state = disk / "state"
state.mkdir()
if {known}:
    Store.open(state).db.close()
fill = open(disk / "fill", "wb", buffering=0)
try:
    while True:
        fill.write(bytes(4096))
except OSError:
    fill.truncate(fill.tell() - {left})
try:
    Store.open(state)
except UnwritableError as error:
    print(error)
"""
    done = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", code], capture_output=True, text=True, check=False,
        cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert "monitor.db: no room on the disk" in done.stdout, done.stderr
