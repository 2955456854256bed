"""Child processes that read foreign bytes: started without secrets, talked to without waiting.

What a child is confined by holds for it alone: it may die of what it reads, its parent does not.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import selectors
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import IO, Any

# How often a waiting thread looks whether it shall stop.
LOOK = 0.25
_CHUNK = 64 * 1024
_SIZES = struct.Struct("!II")
_LONGEST_HEAD = 64 * 1024
# Beside its own memory a process holds program code, about 30 MiB of it with all readers.
_CODE = 32 * 1024 * 1024
# Address space holds reservations and mapped files that take no memory.
_ADDRESSES = 1024 * 1024 * 1024
_OPEN_FILES = 64
_NICENESS = 10


class Pause(StrEnum):
    """Why a talk with a child ended."""

    ANSWERED = "answered"
    CLOSED = "closed"
    LATE = "late"
    FLOODED = "flooded"
    STOPPED = "stopped"


# The parent's side -------------------------------------------------------------------------------


def name_command(module: str) -> tuple[str, ...]:
    """Return what starts a module of this program as a child.

    -I: no environment, no current folder; -B: the program folder may be read-only.
    """
    return (sys.executable, "-I", "-B", "-m", module)


def start_child(command: Sequence[str]) -> subprocess.Popen[bytes]:
    """Start a child with two pipes and nothing else of ours; raise OSError where it cannot be."""
    return subprocess.Popen(  # noqa: S603 - our own program; foreign bytes go through a pipe
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd="/",
        # The environment holds the receivers' passwords.
        env={"LANG": "C.UTF-8"},
        start_new_session=True,
    )


def end_child(child: subprocess.Popen[bytes], patience: float = 0.0) -> int:
    """End a child that does not end by itself; return its exit code, negative for a signal."""
    try:
        return child.wait(timeout=patience)
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)
        return child.wait()


def write_head(said: Mapping[str, Any], size: int) -> bytes:
    """Return what goes before `size` bytes on their way to a child."""
    head = json.dumps(said, ensure_ascii=False).encode("utf-8", "replace")
    return _SIZES.pack(len(head), size) + head


class Talk:
    """Sends a child what it shall read and takes its answer, without waiting for either."""

    def __init__(self, child: subprocess.Popen[bytes], *parts: bytes) -> None:
        if child.stdin is None or child.stdout is None:
            raise ValueError("a child without pipes")
        self._to, self._from = child.stdin, child.stdout
        self._waiting = [memoryview(part) for part in parts if part]
        self.answer = bytearray()

    def hold(
        self,
        seconds: float,
        most: int,
        stop: threading.Event,
        is_done: Callable[[bytearray], bool] = lambda _: False,
    ) -> Pause:
        """Talk until the answer is done, the child ends or must be ended; say which it was."""
        deadline = time.monotonic() + seconds
        os.set_blocking(self._to.fileno(), False)
        with selectors.DefaultSelector() as selector:
            if self._waiting:
                selector.register(self._to, selectors.EVENT_WRITE)
            selector.register(self._from, selectors.EVENT_READ)
            while not stop.is_set():
                left = deadline - time.monotonic()
                if left <= 0:
                    return Pause.LATE
                for key, _ in selector.select(min(left, LOOK)):
                    if key.fileobj is self._to:
                        self._send(selector)
                    elif not self._take():
                        return Pause.CLOSED
                    elif is_done(self.answer):
                        return Pause.ANSWERED
                if len(self.answer) > most:
                    return Pause.FLOODED
        return Pause.STOPPED

    def _send(self, selector: selectors.BaseSelector) -> None:
        try:
            sent = os.write(self._to.fileno(), self._waiting[0][:_CHUNK])
            self._waiting[0] = self._waiting[0][sent:]
            self._waiting = [view for view in self._waiting if view]
        except BrokenPipeError:
            self._waiting = []
        if not self._waiting:
            selector.unregister(self._to)

    def _take(self) -> bool:
        """Take what there is of the answer; return False at its end."""
        chunk = os.read(self._from.fileno(), _CHUNK)
        self.answer += chunk
        return bool(chunk)


# The child's side --------------------------------------------------------------------------------


def take_output() -> IO[bytes]:
    """Return standard output; what libraries print goes to standard error from now on."""
    own = os.dup(1)
    os.dup2(2, 1)
    return os.fdopen(own, "wb")


def write_line(said: Mapping[str, Any]) -> bytes:
    """Return a line of an answer.

    Lone surrogates, which damaged files may hold, are not UTF-8. A library may have printed the
    beginning of a line before.
    """
    return b"\n%s\n" % json.dumps(said, ensure_ascii=False).encode("utf-8", "replace")


def read_head(source: IO[bytes], longest: int = _LONGEST_HEAD) -> tuple[dict[str, Any], int]:
    """Read what goes before bytes, and how many they are; raise ValueError where it is none."""
    sizes = source.read(_SIZES.size)
    length, size = _SIZES.unpack(sizes) if len(sizes) == _SIZES.size else (0, 0)
    if not 0 < length <= longest:
        raise ValueError("no header")
    said: dict[str, Any] = json.loads(source.read(length))
    return said, size


def confine_process(memory: int, cpu: int | None = None, *, threads: bool = False) -> None:
    """Give up what reading foreign bytes does not need; it cannot be had back.

    `memory` is in bytes; `cpu` in seconds, for as long as the process lives.
    """
    # Where memory runs out all the same, the kernel shall take this process and not the watch.
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as score:
        score.write("1000")
    # systemd's @resources filter may forbid it; then the limits must do.
    with contextlib.suppress(OSError):
        os.nice(_NICENESS)
    _limit(resource.RLIMIT_DATA, memory - _CODE)
    _limit(resource.RLIMIT_AS, memory + _ADDRESSES)
    if cpu is not None:
        _limit(resource.RLIMIT_CPU, cpu, cpu + 1)
    _limit(resource.RLIMIT_FSIZE, 0)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_NOFILE, _OPEN_FILES)
    if not threads:
        # Threads count as processes.
        _limit(resource.RLIMIT_NPROC, 0)


def _limit(kind: int, soft: int, hard: int | None = None) -> None:
    """Lower a limit of this process, never above what it has."""
    most = resource.getrlimit(kind)[1]
    wanted = (soft, soft if hard is None else hard)
    if most != resource.RLIM_INFINITY:
        wanted = (min(wanted[0], most), min(wanted[1], most))
    resource.setrlimit(kind, wanted)
