"""The door to sqlite-utils: one file, one connection per thread, durable commits."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlite_utils

from monitor.errors import StoreError, UnwritableError
from monitor.store.migrations import MIGRATIONS, SCHEMA_VERSION

Row = Mapping[str, Any]
BUSY_SECONDS = 30.0
RESTORE_ADVICE = (
    "it was left as it is, nothing was put in its place; stop the program and restore the last "
    "good backup with: tender-monitor restore latest"
)
# The low byte of SQLite's codes for a file whose pages contradict each other, or are none.
_DAMAGE = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
# The second is what an opening says that cannot make the file which its readers share.
_NO_ROOM = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_SHMSIZE}
# A damaged name or text may not even be text any more when SQLite tells of it.
_ERRORS = (sqlite3.Error, UnicodeDecodeError)


class Database:
    """Open the monitor's database and bring its schema up to date.

    WAL with synchronous=FULL: an acknowledged commit survives power loss.
    Raises StoreError when the file is newer than the program, not writable or damaged, as
    UnwritableError where the disk is full; of a damaged one it names the way back. To write, every
    page is looked at first; to read, only those that are read.
    """

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self.path, self.read_only = path, read_only
        self._local = threading.local()
        self._open: list[sqlite3.Connection] = []
        self._guard = threading.Lock()
        try:
            self._prepare()
        except BaseException as error:
            self.close()
            if isinstance(error, _ERRORS):
                raise self._explain(error) from error
            raise

    def _prepare(self) -> None:
        if self.read_only:
            # Reading harms nothing, and need not wait for a look at every page.
            self._check_version()
            return
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.path.touch(mode=0o600)
        self._check_version()
        self.check_quickly()
        MIGRATIONS.apply(sqlite_utils.Database(self._connection()))
        self._connection().execute(f"pragma user_version = {SCHEMA_VERSION}")

    def _check_version(self) -> None:
        found = self._connection().execute("pragma user_version").fetchone()[0]
        if found > SCHEMA_VERSION:
            raise StoreError(
                f"{self.path}: written by a newer version (schema {found}, this one knows "
                f"{SCHEMA_VERSION}); upgrade the program or restore a backup"
            )

    def check_quickly(self) -> None:
        """Look at every page; raise StoreError, with the way back, where one is damaged."""
        for row in self.query("pragma quick_check(1)"):
            if row["quick_check"] != "ok":
                raise StoreError(f"{self.path}: damaged: {row['quick_check']}; {RESTORE_ADVICE}")

    def find_damage(self) -> Iterator[str]:
        """Yield a line for all that SQLite itself finds wrong: pages, indexes, broken keys."""
        for row in self.stream("pragma integrity_check(100)"):
            if row["integrity_check"] != "ok":
                yield " ".join(row["integrity_check"].split())
        for row in self.stream("pragma foreign_key_check"):
            gone = f"names a row of {row['parent']} that is gone"
            yield f"row {row['rowid']} of {row['table']} {gone}"

    def _explain(self, error: sqlite3.Error | UnicodeDecodeError) -> StoreError:
        code = getattr(error, "sqlite_errorcode", None) or 0
        if code in _NO_ROOM:
            return UnwritableError(f"{self.path}: no room on the disk ({error})")
        damaged = isinstance(error, UnicodeDecodeError) or code & 0xFF in _DAMAGE
        advice = f"; {RESTORE_ADVICE}" if damaged else ""
        return StoreError(f"{self.path}: {error}{advice}")

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
        try:
            connection.execute("begin immediate")
            yield
            connection.execute("commit")
        except BaseException as error:
            # A full disk ends a transaction by itself, and a commit that failed leaves it open.
            if connection.in_transaction:
                connection.execute("rollback")
            if isinstance(error, _ERRORS):
                raise self._explain(error) from error
            raise

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Read what stands at one moment, whatever others write meanwhile; they do not wait."""
        connection = self._connection()
        connection.execute("begin")
        try:
            yield
        finally:
            connection.execute("rollback")

    def copy_to(self, path: Path) -> None:
        """Write a copy of what stands at one moment into one new file, through to the disk.

        Others may write meanwhile. The copy needs no file beside it until it is opened to write.
        """
        try:
            path.touch(mode=0o600)
            with closing(sqlite3.connect(path, isolation_level=None)) as copy:
                # All at once: in steps it would begin anew whenever another process writes.
                self._connection().backup(copy, pages=-1)
                copy.execute("pragma journal_mode = delete")
        except _ERRORS as error:
            raise self._explain(error) from error
        except OSError as error:
            raise StoreError(f"{path}: {error.strerror}") from error

    def query(self, sql: str, parameters: Mapping[str, Any] | Sequence[Any] = ()) -> list[Row]:
        """Return all rows of a statement as mappings."""
        try:
            cursor = self._connection().execute(sql, parameters)
            return [dict(row) for row in cursor.fetchall()]
        except _ERRORS as error:
            raise self._explain(error) from error

    def stream(self, sql: str, parameters: Mapping[str, Any] | Sequence[Any] = ()) -> Iterator[Row]:
        """Yield the rows of a statement as they are read, without holding them all."""
        try:
            for row in self._connection().execute(sql, parameters):
                yield dict(row)
        except _ERRORS as error:
            raise self._explain(error) from error

    def first(self, sql: str, parameters: Mapping[str, Any] | Sequence[Any] = ()) -> Row | None:
        """Return the first row of a statement, or None."""
        rows = self.query(sql, parameters)
        return rows[0] if rows else None

    def execute(self, sql: str, parameters: Mapping[str, Any] | Sequence[Any] = ()) -> int:
        """Run one writing statement and return how many rows it changed."""
        try:
            return self._connection().execute(sql, parameters).rowcount
        except _ERRORS as error:
            raise self._explain(error) from error

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
