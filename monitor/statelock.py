"""Hold a state folder for one process at a time, and see that it is closed to others."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from monitor.errors import LockedError, StoreError, UnwritableError

_LOOKS = 20
_NO_DISK = frozenset({errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.EIO})
# What is emptied at the next start of the machine, or shared with everyone on it.
_PASSING = tuple(Path(name) for name in ("/tmp", "/var/tmp", "/dev/shm", "/run"))  # noqa: S108


class StateLock:
    """Hold the lock of a state folder while entered.

    A kernel lock on a file: it ends with its process, so a dead holder never blocks. The file
    names the holder for people only. Raises LockedError naming the holder, StoreError where
    the folder cannot be written, as UnwritableError where that is the disk's fault.
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
            kind = UnwritableError if error.errno in _NO_DISK else StoreError
            raise kind(f"{self.path}: {error.strerror}") from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = self._read_holder()
            os.close(self._file)
            message = f"{self.path.parent} is held by process {holder}; stop it first"
            raise LockedError(message) from None
        # The name of the holder is a courtesy: a full disk must not keep the lock from holding.
        with suppress(OSError):
            os.ftruncate(self._file, 0)
            os.pwrite(self._file, f"{os.getpid()}\n".encode(), 0)
        return self

    def _read_holder(self) -> str:
        """Return who holds the lock; one that took it this moment may not have said so yet."""
        holder = ""
        for _ in range(_LOOKS):
            holder = os.pread(self._file, 40, 0).decode("ascii", "replace").strip()
            if holder.isdecimal() and Path("/proc", holder).exists():
                break
            time.sleep(0.02)
        return holder or "unknown"

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        """Let the lock go."""
        os.close(self._file)


def find_exposures(state: Path) -> list[str]:
    """Return what of a state folder others can read or lose for us, one line each."""
    found, folder = [], state.resolve()
    for passing in _PASSING:
        if folder.is_relative_to(passing):
            found.append(f"{state} lies in {passing}: it may be emptied at any time")
    for path in (folder, *sorted(folder.glob("monitor.db*")), folder / "captures"):
        with suppress(OSError):
            if mode := stat.S_IMODE(path.stat().st_mode) & 0o077:
                wanted = "700" if path.is_dir() else "600"
                others = "changed" if mode & 0o022 else "read"
                found.append(f"{path} can be {others} by others (chmod {wanted} {path})")
    return found
