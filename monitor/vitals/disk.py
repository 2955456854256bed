"""Watch the disk of the state folder: stop in time, keep room for the message that says so.

A ballast file takes up space that is given back when a write fails, so that the alert about the
full disk can be stored and sent.
"""

from __future__ import annotations

import errno
import logging
import os
import threading
from collections.abc import Iterator
from contextlib import suppress
from enum import StrEnum
from pathlib import Path

from monitor.errors import UnwritableError

log = logging.getLogger(__name__)

MIB = 1024 * 1024
# Twice what the write-ahead log grows to before it is put back (1,000 pages of 4 KiB).
BALLAST_BYTES = 16 * MIB
_BALLAST = "ballast"
_PROBE_BYTES = 64 * 1024
# What a start writes before anything is fetched: the log of the database and rows put back.
START_BYTES = MIB
# Back to work only with a little more than stopped it, or it would stop and start all day.
_SLACK = 1.1
_FULL = {errno.ENOSPC, errno.EDQUOT}
_FAULTS = {
    "SQLITE_FULL": errno.ENOSPC,
    "SQLITE_IOERR_SHMSIZE": errno.ENOSPC,
    "SQLITE_READONLY": errno.EROFS,
}


class DiskState(StrEnum):
    """OK; LOW: under the reserve; FULL: a write failed; READONLY: nothing can be written."""

    OK = "ok"
    LOW = "low"
    FULL = "full"
    READONLY = "readonly"


class DiskGuard:
    """Know whether the state folder can be written to; safe to use from several threads.

    `reserve` and `ballast` are in bytes. While the state is not OK nothing is to be fetched.
    """

    def __init__(self, folder: Path, reserve: int, ballast: int = BALLAST_BYTES) -> None:
        self.folder, self.reserve, self.ballast = folder, reserve, ballast
        self.state = DiskState.OK
        self._failed: DiskState | None = None
        self._lock = threading.Lock()

    @property
    def path(self) -> Path:
        """The ballast file."""
        return self.folder / _BALLAST

    def look(self) -> DiskState:
        """Measure anew, take the ballast back where there is room, and return the state."""
        with self._lock:
            self.state = self._judge()
            if self.state is DiskState.OK:
                self._take_ballast()
            return self.state

    def _judge(self) -> DiskState:
        try:
            found = os.statvfs(self.folder)
        except OSError as error:
            log.warning("%s: %s", self.folder, error.strerror)
            return DiskState.READONLY
        if found.f_flag & os.ST_RDONLY:
            return DiskState.READONLY
        if self._failed is not None and not self._writes_again():
            return self._failed
        free, wanted = found.f_bavail * found.f_frsize, float(self.reserve)
        if self.state is not DiskState.OK:
            wanted = wanted * _SLACK + (0 if self.path.exists() else self.ballast)
        if free >= wanted:
            self._failed = None
            return DiskState.OK
        return DiskState.FULL if self._failed is DiskState.FULL else DiskState.LOW

    def _writes_again(self) -> bool:
        """Try what failed: neither a quota nor a lost permission shows in the figures."""
        try:
            self._write_probe(_PROBE_BYTES)
        except OSError:
            return False
        return True

    def _write_probe(self, size: int) -> None:
        probe = self.folder / ".probe"
        try:
            with probe.open("wb") as file:
                file.write(bytes(size))
                file.flush()
                os.fsync(file.fileno())
        finally:
            with suppress(OSError):
                probe.unlink()

    def note_failure(self, error: BaseException) -> bool:
        """Learn from a failed write; give the ballast back if the disk is full.

        Return whether the error was the disk's.
        """
        found = find_fault(error)
        if found is None:
            return False
        with self._lock:
            self._failed = self.state = DiskState.FULL if found in _FULL else DiskState.READONLY
            if self._failed is DiskState.FULL:
                self._drop_ballast()
        return True

    def make_room(self) -> None:
        """Give the ballast back where not even a start would find room; call before one."""
        with suppress(OSError):
            found = os.statvfs(self.folder)
            if found.f_bavail * found.f_frsize < self.ballast and self.path.exists():
                self._drop_ballast()

    def demand_room(self) -> None:
        """Give the ballast back where a start needs it; UnwritableError if that is not enough.

        What else keeps the folder from being written to is left to who opens it to name.
        """
        self.make_room()
        try:
            self._write_probe(START_BYTES)
        except OSError as error:
            if error.errno in _FULL:
                raise UnwritableError(f"{self.folder}: {error.strerror}") from error

    def free_bytes(self) -> int:
        """Return how much of the disk is free for the program; 0 where nobody knows."""
        with suppress(OSError):
            found = os.statvfs(self.folder)
            return found.f_bavail * found.f_frsize
        return 0

    def _take_ballast(self) -> None:
        if self.path.exists() or self.free_bytes() < self.reserve + self.ballast:
            return
        part = self.path.with_suffix(".part")
        try:
            descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
            try:
                os.posix_fallocate(descriptor, 0, self.ballast)
            finally:
                os.close(descriptor)
            part.rename(self.path)
        except OSError as error:
            part.unlink(missing_ok=True)
            log.warning("%s: no room kept: %s", self.path, error.strerror)

    def _drop_ballast(self) -> None:
        with suppress(OSError):
            self.path.unlink()
            log.warning("%s: %d MiB given back", self.path, self.ballast // MIB)


def find_fault(error: BaseException) -> int | None:
    """Return ENOSPC, EDQUOT or EROFS where an error came of the disk, else None."""
    for one in _walk_causes(error):
        if isinstance(one, OSError) and one.errno in {*_FULL, errno.EROFS}:
            return one.errno
        # Asked by name: the only door to SQLite is the store.
        name = str(getattr(one, "sqlite_errorname", ""))
        for known, number in _FAULTS.items():
            if name.startswith(known):
                return number
    return None


def _walk_causes(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        current = current.__cause__ or current.__context__
