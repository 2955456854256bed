"""Time the opening of a large database, with and without the look for damage.

    python benchmarks/start.py [MEGABYTES] [FOLDER]

The database (about 200 MB by default) has the schema of the program and the rows of the sample
notices, over and over, in a temporary folder inside FOLDER that is removed at the end. "cold" is
after the kernel was asked to forget the file, so that the disk is measured as well. The last
figure has to be well over LOOK_BYTES of monitor/daemon.py, by which systemd is asked to wait.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from monitor.models import Capture, Listing, Match, Reason, Verdict  # noqa: E402
from monitor.sample.notices import Publication, load_notices  # noqa: E402
from monitor.sample.pages import render_detail  # noqa: E402
from monitor.store import FILE_NAME, Store  # noqa: E402
from monitor.store.database import Database  # noqa: E402
from monitor.store.notices import Triage  # noqa: E402
from monitor.text.fields import PageFacts, read_fields  # noqa: E402
from monitor.text.markup import parse_html, read_blocks  # noqa: E402
from monitor.text.sketches import take_sketch  # noqa: E402

NOW = datetime(2026, 1, 5, tzinfo=UTC)
MB = 1_000_000
MATCH = Match(Verdict.NONE, Reason.NO_PRODUCT, 0.0, True, None, (), ())
# What has to differ in a copied row; every other column is copied as it is.
COPIED = {
    "listing": {"id": "id + :step", "listing_id": "listing_id || '-' || :step"},
    "notice": {"id": "id + :step", "listing": "listing + :step"},
    "twin": {
        "listing": "listing + :step", "notice": "notice + :step", "same_as": "same_as + :step",
    },
    "capture": {"record_id": "record_id || '-' || :step"},
    "chain": {"number": "number + :step", "subject": "subject || '-' || :step"},
}  # fmt: skip


def save_samples(store: Store) -> int:
    """Save the sample notices as a poll would; return how many they are."""
    notices = load_notices()
    store.sources.ensure("sample", sample=True)
    for number, sample in enumerate(notices, start=1):
        page = render_detail(Publication(sample, NOW))
        facts = PageFacts("", sample.title, published="2026-01-05", buyer=sample.buyer)
        notice = read_fields(facts, read_blocks(parse_html(page)))
        listing = Listing(str(sample.id), f"https://portal.example/{sample.id}", sample.title)
        store.notices.keep_listing("sample", listing, Triage(False, "benchmark"), "", NOW)
        url, name = listing.url, f"<urn:uuid:{number}>"
        capture = Capture(url, url, NOW, 200, (), b"", "", record_id=name)
        store.sources.keep_capture("sample", capture)
        saved, _, _ = store.notices.save_version(
            number, notice, MATCH, capture, decision="", process=None, watchlists="", now=NOW
        )
        store.twins.keep(number, saved, take_sketch(notice), None, NOW)
    return len(notices)


def copy_rows(db: Database, step: int) -> None:
    """Write every row a second time, with ids that are `step` higher."""
    with db.immediate():
        for table, changed in COPIED.items():
            names = [row["name"] for row in db.query(f"pragma table_info({table})")]
            values = ", ".join(changed.get(name, name) for name in names)
            db.execute(f"insert into {table} select {values} from {table}", {"step": step})  # noqa: S608


def grow_database(state: Path, size: int) -> Path:
    """Make a database of about `size` bytes; return its path."""
    path = state / FILE_NAME
    with Store.open(state) as store:
        save_samples(store)
        # It doubles, and ends nearest to what was asked for.
        while path.stat().st_size * 1.5 < size:
            top = store.db.query(
                "select max((select max(id) from notice), (select max(number) from chain)) as n"
            )
            copy_rows(store.db, top[0]["n"])
            store.db.query("pragma wal_checkpoint(truncate)")
    return path


def forget_file(path: Path) -> None:
    """Ask the kernel to read the file from the disk next time."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def time_call(call: Callable[[], object]) -> float:
    """Return the wall seconds of a call."""
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def open_whole(state: Path) -> None:
    """Open and close as the daemon does."""
    with Store.open(state):
        pass


class Unchecked(Database):
    """A database that is opened without the look for damage."""

    def check_quickly(self) -> None:
        """Look at nothing."""


def open_unchecked(path: Path) -> None:
    """Open and close without the look for damage."""
    with closing(Unchecked(path)):
        pass


def main() -> None:
    """Print the seconds of each way to open, and how much is looked through a second."""
    size = int(sys.argv[1]) * MB if len(sys.argv) > 1 else 200 * MB
    parent = sys.argv[2] if len(sys.argv) > 2 else tempfile.gettempdir()
    if shutil.disk_usage(parent).free < 4 * size:
        raise SystemExit(f"{parent}: less than {4 * size // MB} MB free")
    with tempfile.TemporaryDirectory(dir=parent) as folder:
        path = grow_database(Path(folder), size)
        length = path.stat().st_size
        plain = time_call(lambda: open_unchecked(path))
        forget_file(path)
        cold = time_call(lambda: open_whole(path.parent))
        warm = min(time_call(lambda: open_whole(path.parent)) for _ in range(3))
    print(f"database: {length / MB:.0f} MB")
    print(f"opened without the look: {plain:.3f} s")
    print(f"opened with it: {warm:.2f} s warm, {cold:.2f} s cold")
    print(f"looked through: {length / warm / MB:.0f} MB/s warm, {length / cold / MB:.0f} MB/s cold")


if __name__ == "__main__":
    main()
