"""Join the copies of notices and count them.

    python benchmarks/sameness.py [NOTICES.jsonl[.gz]]

NOTICES holds one JSON object a line with title, date and text, perhaps url, buyer, source and
dup_of (the id of the line that it repeats); a repeated line counts as published by a portal of
its own. Without it, the notices of the sample portal are written in two layouts each.
"""

from __future__ import annotations

import gzip
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from monitor.models import Capture, Listing, Match, Notice, Reason, Verdict  # noqa: E402
from monitor.sample.notices import AWARD_CHANNELS, Publication, load_notices  # noqa: E402
from monitor.sample.pages import render_detail  # noqa: E402
from monitor.store import Store  # noqa: E402
from monitor.store.notices import Triage  # noqa: E402
from monitor.text.fields import PageFacts, read_fields  # noqa: E402
from monitor.text.markup import Line, parse_html, read_blocks  # noqa: E402
from monitor.text.sketches import take_sketch  # noqa: E402

NOW = datetime(2026, 1, 5, tzinfo=UTC)
MATCH = Match(Verdict.NONE, Reason.NO_PRODUCT, 0.0, True, None, (), ())
CAPTURE = Capture("", "", NOW, 200, (), b"", "")


@dataclass(frozen=True)
class Copy:
    """A notice, where it was published, and the line that it repeats, if it says so."""

    id: str
    source: str
    notice: Notice
    repeats: str = ""


def read_copies(path: Path | None) -> Iterator[Copy]:
    """Yield the notices of a file, or those of the sample portal in two layouts each."""
    if path is None:
        yield from write_samples()
        return
    stored = path.read_bytes()
    text = gzip.decompress(stored) if path.suffix == ".gz" else stored
    for number, line in enumerate(text.splitlines()):
        yield read_line(json.loads(line), str(number))


def read_line(row: dict[str, Any], number: str) -> Copy:
    """Return the notice of a line."""
    facts = PageFacts(
        row.get("url", ""),
        row["title"],
        published=row.get("date", ""),
        buyer=row.get("buyer", ""),
    )
    blocks = [Line(text) for text in row.get("text", "").splitlines() if text.strip()]
    # A collector of many sites names the one in `site`.
    extra = row.get("extra") or {}
    source = f"{row.get('source', '')} {extra.get('site', '')}".strip() or "file"
    repeats = row.get("dup_of") or ""
    notice = read_fields(facts, blocks)
    return Copy(row.get("id", number), f"copy of {source}" if repeats else source, notice, repeats)


def write_samples() -> Iterator[Copy]:
    """Yield each sample notice as two portals would show it."""
    for sample in load_notices():
        layouts = ("zcy", "pairs") if sample.channel in AWARD_CHANNELS else ("prose", "area")
        for portal, layout in enumerate(layouts):
            page = render_detail(Publication(sample.model_copy(update={"layout": layout}), NOW))
            facts = PageFacts("", sample.title, published="2026-01-05", buyer=sample.buyer)
            notice = read_fields(facts, read_blocks(parse_html(page)))
            first = f"{sample.id} in {layouts[0]}" if portal else ""
            yield Copy(f"{sample.id} in {layout}", f"portal {portal}", notice, first)


def join_copies(store: Store, copies: list[Copy]) -> tuple[dict[str, int], float]:
    """Save all notices; return the group of each, and the seconds that sketch and search took."""
    groups: dict[str, int] = {}
    spent = 0.0
    for number, copy in enumerate(copies, start=1):
        store.sources.ensure(copy.source, sample=False)
        listing = Listing(copy.id, copy.notice.url, copy.notice.title)
        store.notices.keep_listing(copy.source, listing, Triage(False, "benchmark"), "", NOW)
        notice_id, _, _ = store.notices.save_version(
            number, copy.notice, MATCH, CAPTURE, decision="", process=None, watchlists="", now=NOW
        )
        began = time.process_time()
        sketch = take_sketch(copy.notice)
        group = store.twins.find_group(number, copy.source, sketch)
        store.twins.keep(number, notice_id, sketch, group, NOW)
        spent += time.process_time() - began
        groups[copy.id] = group.id if group else notice_id
    return groups, spent


def main() -> None:
    """Print how many notices became how many."""
    copies = list(read_copies(Path(sys.argv[1]) if len(sys.argv) > 1 else None))
    with (
        tempfile.TemporaryDirectory() as folder,
        Store.open(Path(folder)) as store,
        store.db.immediate(),
    ):
        groups, spent = join_copies(store, copies)
    known = [copy for copy in copies if copy.repeats in groups]
    found = sum(groups[copy.id] == groups[copy.repeats] for copy in known)
    print(f"notices: {len(copies)}")
    print(f"groups: {len(set(groups.values()))}")
    print(f"joined: {len(copies) - len(set(groups.values()))}")
    print(f"repeats that are known: {len(known)}, of them joined: {found}")
    print(f"seconds per notice: {spent / max(1, len(copies)):.5f} (CPU)")


if __name__ == "__main__":
    main()
