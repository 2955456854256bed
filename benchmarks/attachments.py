"""Print what reading hostile and good attachments costs: seconds, peak memory, what is said.

    python benchmarks/attachments.py [FOLDER]

The hostile files are those of tests/documents/bombs.py; FOLDER holds good ones, and is
tests/documents/files where it is not given. The bar is 15 s and 256 MB for each.
"""

from __future__ import annotations

import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from monitor.documents.parts import Limits, ReadDocument  # noqa: E402
from monitor.documents.reader import DocumentReader  # noqa: E402
from tests.documents.bombs import HOSTILE  # noqa: E402

_EVERY = 0.01


class Watcher(threading.Thread):
    """Looks how much memory the children of this process have taken at most."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.peak, self._done = 0, threading.Event()

    def run(self) -> None:
        """Look until told to stop."""
        while not self._done.wait(_EVERY):
            self.peak = max(self.peak, *map(read_peak, list_children()), 0)

    def stop(self) -> int:
        """Return the peak in MB."""
        self._done.set()
        self.join()
        return self.peak // 1000


def list_children() -> list[str]:
    """Return the processes that the threads of this one started."""
    found = []
    for path in Path("/proc/self/task").glob("*/children"):
        found += path.read_text().split()
    return found


def read_peak(process: str) -> int:
    """Return the peak resident memory of a worker in KiB; 0 where it is none or has ended."""
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
        # Between fork and exec a child has the memory of this process.
        if "monitor.documents.worker" not in Path(f"/proc/{process}/cmdline").read_text():
            return 0
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))


def list_cases(folder: Path) -> Iterator[tuple[str, str, bytes]]:
    """Yield title, name and content of every file."""
    for hostile in HOSTILE:
        yield hostile.title, hostile.name, hostile.make()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield f"file {path.name}", path.name, path.read_bytes()


def describe_reading(document: ReadDocument) -> str:
    """Return what was read and what not, in a few words."""
    faults = Counter(flaw.fault.name for flaw in document.flaws)
    said = ", ".join(f"{name} {count}" if count > 1 else name for name, count in faults.items())
    first = document.flaws[0].detail[:50] if document.flaws else ""
    return f"{document.kind:8} {len(document.parts):4} parts  {said or 'whole'}  {first}"


def main() -> None:
    """Read every file in a worker of its own and print a line for it."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "tests/documents/files"
    reader = DocumentReader(Limits())
    slowest, largest = 0.0, 0
    print(f"{'seconds':>7} {'peak MB':>7}  file")
    for title, name, body in list_cases(folder):
        watcher = Watcher()
        watcher.start()
        start = time.perf_counter()
        document = reader.read(body, name)
        seconds, peak = time.perf_counter() - start, watcher.stop()
        slowest, largest = max(slowest, seconds), max(largest, peak)
        print(f"{seconds:7.2f} {peak:7}  {title:40} {describe_reading(document)}", flush=True)
    print(f"slowest {slowest:.2f} s, largest {largest} MB")


if __name__ == "__main__":
    main()
