"""The process that reads attachments: it gets one file, says what it read, and ends.

Nothing of it outlives a file. It may write no file, start no process and take only so much
memory and time; each line it says counts, also where it is killed after it.
"""

from __future__ import annotations

import contextlib
import os
import resource
import sys
from typing import IO

from monitor.documents.parts import Fault, Flaw, Limits
from monitor.documents.reading import stream_bytes
from monitor.documents.sniff import find_kind
from monitor.documents.wire import END, read_header, write_kind, write_step

# Beside its own memory a process holds program code, about 30 MiB of it with all readers.
_CODE = 32 * 1024 * 1024
# Address space holds reservations and mapped files that take no memory.
_ADDRESSES = 1024 * 1024 * 1024
_OPEN_FILES = 64
_NICENESS = 10
_OUT_OF_MEMORY = write_step(Flaw(Fault.OUT_OF_MEMORY))


def main() -> None:
    """Read one file from standard input, within its limits; answer on standard output."""
    out = _take_output()
    request = read_header(sys.stdin.buffer)
    confine_process(request.limits)
    try:
        _answer(out, sys.stdin.buffer.read(request.size), request.name, request.limits)
    except MemoryError:
        out.write(_OUT_OF_MEMORY)
    out.write(END)
    out.flush()


def _answer(out: IO[bytes], body: bytes, name: str, limits: Limits) -> None:
    out.write(write_kind(find_kind(body, name)))
    out.flush()
    for step in stream_bytes(body, name, limits):
        out.write(write_step(step))
        out.flush()


def _take_output() -> IO[bytes]:
    """Return standard output; what libraries print goes to standard error from now on."""
    own = os.dup(1)
    os.dup2(2, 1)
    return os.fdopen(own, "wb")


def confine_process(limits: Limits) -> None:
    """Give up what reading a file does not need; it cannot be had back."""
    # Where memory runs out all the same, the kernel shall take this process and not the watch.
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as score:
        score.write("1000")
    # systemd's @resources filter may forbid it; then the limits must do.
    with contextlib.suppress(OSError):
        os.nice(_NICENESS)
    _limit(resource.RLIMIT_DATA, limits.memory - _CODE)
    _limit(resource.RLIMIT_AS, limits.memory + _ADDRESSES)
    _limit(resource.RLIMIT_CPU, limits.cpu, limits.cpu + 1)
    _limit(resource.RLIMIT_FSIZE, 0)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_NOFILE, _OPEN_FILES)
    if not limits.ocr:
        # OCR works in threads, which count as processes.
        _limit(resource.RLIMIT_NPROC, 0)


def _limit(kind: int, soft: int, hard: int | None = None) -> None:
    """Lower a limit of this process, never above what it has."""
    most = resource.getrlimit(kind)[1]
    wanted = (soft, soft if hard is None else hard)
    if most != resource.RLIM_INFINITY:
        wanted = (min(wanted[0], most), min(wanted[1], most))
    resource.setrlimit(kind, wanted)


if __name__ == "__main__":
    main()
