"""The door to sqlite-utils: one file, one connection per thread, durable commits."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlite_utils

from monitor.errors import StoreError
from monitor.store.migrations import MIGRATIONS, SCHEMA_VERSION

Row = Mapping[str, Any]
BUSY_SECONDS = 30.0


class Database:
    """Open the monitor's database and bring its schema up to date.

    WAL with synchronous=FULL: an acknowledged commit survives power loss.
    Raises StoreError when the file is damaged, newer than the program or not writable.
    """

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self.path, self.read_only = path, read_only
        self._local = threading.local()
        self._open: list[sqlite3.Connection] = []
        self._guard = threading.Lock()
        try:
            self._prepare()
        except sqlite3.Error as error:
            raise StoreError(f"{path}: {error}") from error

    def _prepare(self) -> None:
        if self.read_only:
            if not self.path.exists():
                raise StoreError(f"{self.path}: no database yet (run the program first)")
            self._check_version()
            return
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.path.touch(mode=0o600)
        self._check_version()
        MIGRATIONS.apply(sqlite_utils.Database(self._connection()))
        self._connection().execute(f"pragma user_version = {SCHEMA_VERSION}")

    def _check_version(self) -> None:
        found = self._connection().execute("pragma user_version").fetchone()[0]
        if found > SCHEMA_VERSION:
            raise StoreError(
                f"{self.path}: written by a newer version (schema {found}, this one knows "
                f"{SCHEMA_VERSION}); upgrade the program or restore a backup"
            )
        damage = self._connection().execute("pragma quick_check(1)").fetchone()[0]
        if damage != "ok":
            raise StoreError(f"{self.path}: damaged: {damage}")

    def _connection(self) -> sqlite3.Connection:
        found: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if found is None:
            found = self._connect()
            self._local.connection = found
            with self._guard:
                self._open.append(found)
        return found

    def _connect(self) -> sqlite3.Connection:
        # check_same_thread is off only so that close() may end every thread's connection.
        target = f"{self.path.resolve().as_uri()}?mode={'ro' if self.read_only else 'rwc'}"
        connection = sqlite3.connect(
            target, uri=True, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        connection.row_factory = sqlite3.Row
        connection.execute("pragma foreign_keys = on")
        if not self.read_only:
            connection.execute("pragma journal_mode = wal")
            connection.execute("pragma synchronous = full")
        return connection

    @contextmanager
    def immediate(self) -> Iterator[None]:
        """Hold the write lock from the first read on; roll back on any error."""
        connection = self._connection()
        if connection.in_transaction:
            yield
            return
        connection.execute("begin immediate")
        try:
            yield
        except BaseException:
            connection.execute("rollback")
            raise
        connection.execute("commit")

    def query(self, sql: str, parameters: Mapping[str, Any] | Sequence[Any] = ()) -> list[Row]:
        """Return all rows of a statement as mappings."""
        try:
            cursor = self._connection().execute(sql, parameters)
            return [dict(row) for row in cursor.fetchall()]
        except sqlite3.Error as error:
            raise StoreError(f"{self.path}: {error}") from error

    def first(self, sql: str, parameters: Mapping[str, Any] | Sequence[Any] = ()) -> Row | None:
        """Return the first row of a statement, or None."""
        rows = self.query(sql, parameters)
        return rows[0] if rows else None

    def execute(self, sql: str, parameters: Mapping[str, Any] | Sequence[Any] = ()) -> int:
        """Run one writing statement and return how many rows it changed."""
        try:
            return self._connection().execute(sql, parameters).rowcount
        except sqlite3.Error as error:
            raise StoreError(f"{self.path}: {error}") from error

    def insert(self, table: str, values: Mapping[str, Any], *, on_conflict: str = "") -> bool:
        """Insert one row and say if it was written; `on_conflict` is 'do nothing' or an upsert."""
        columns = ", ".join(f"[{name}]" for name in values)
        marks = ", ".join(f":{name}" for name in values)
        tail = f" on conflict {on_conflict}" if on_conflict else ""
        sql = f"insert into [{table}] ({columns}) values ({marks}){tail} returning 1"  # noqa: S608
        return bool(self.query(sql, values))

    def close(self) -> None:
        """Close every thread's connection."""
        with self._guard:
            for connection in self._open:
                connection.close()
            self._open.clear()
        self._local = threading.local()


def write_time(moment: datetime | None) -> str | None:
    """Return a moment as UTC text that sorts, or None."""
    return None if moment is None else moment.astimezone(UTC).isoformat(timespec="microseconds")


def read_time(text: str | None) -> datetime | None:
    """Return the moment that write_time wrote."""
    return None if text is None else datetime.fromisoformat(text)


def write_json(value: Any) -> str:
    """Return a value as compact JSON; lone surrogates of bad pages become question marks."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return clean_text(text)


def clean_text(text: str) -> str:
    """Return text that SQLite can hold."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\x00", "")
