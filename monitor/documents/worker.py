"""The process that reads attachments: it gets one file, says what it read, and ends.

Nothing of it outlives a file. It may write no file, start no process and take only so much
memory and time; each line it says counts, also where it is killed after it.
"""

from __future__ import annotations

import sys
from typing import IO

from monitor.confined import confine_process, take_output
from monitor.documents.parts import Fault, Flaw, Limits
from monitor.documents.reading import stream_bytes
from monitor.documents.sniff import find_kind
from monitor.documents.wire import END, read_header, write_kind, write_step

_OUT_OF_MEMORY = write_step(Flaw(Fault.OUT_OF_MEMORY))


def main() -> None:
    """Read one file from standard input, within its limits; answer on standard output."""
    out = take_output()
    request = read_header(sys.stdin.buffer)
    limits = request.limits
    # OCR works in threads.
    confine_process(limits.memory, limits.cpu, threads=limits.ocr)
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


if __name__ == "__main__":
    main()
