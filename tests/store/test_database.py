"""The database: durable, one connection a thread, whole transactions, never silently new."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from monitor.errors import StoreError
from monitor.store import Store
from monitor.store.database import Database, clean_text


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


def test_a_damaged_file_is_refused_and_kept(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        for number in range(500):
            store.sources.ensure(f"source-{number}", sample=False)
        store.db.query("pragma wal_checkpoint(truncate)")
    path = tmp_path / "monitor.db"
    body = bytearray(path.read_bytes())
    body[4096 : len(body) - 4096] = b"\xa5" * (len(body) - 8192)
    path.write_bytes(body)
    with pytest.raises(StoreError, match=r"monitor\.db"):
        Store.open(tmp_path)
    assert path.read_bytes() == bytes(body)


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
