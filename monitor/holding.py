"""Hold a state folder for one process at a time."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from monitor.errors import LockedError, StoreError


class StateLock:
    """Hold the lock of a state folder while entered.

    A kernel lock on a file: it ends with its process, so a dead holder never blocks. The file
    names the holder for people only. Raises LockedError naming the holder, StoreError where
    the folder cannot be written.
    """

    def __init__(self, state: Path) -> None:
        self.path = state / "lock"
        self._file = -1

    def __enter__(self) -> Self:
        """Take the lock or raise LockedError at once."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StoreError(f"{self.path}: {error.strerror}") from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(self._file, 40, 0).decode("ascii", "replace").strip() or "unknown"
            os.close(self._file)
            message = f"{self.path.parent} is held by process {holder}; stop it first"
            raise LockedError(message) from None
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, f"{os.getpid()}\n".encode(), 0)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        """Let the lock go."""
        os.close(self._file)
