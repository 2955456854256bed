"""Screen cut and damaged pages: each must end in a verdict or a typed error, within a deadline.

    python benchmarks/robustness.py [LABELS.jsonl] [--every BYTES] [--mutations COUNT] [--seed N]

The pages are those of the built-in sample, or of a labelled set: JSON lines with `file`, its path
from there, and `listing`, what a list row showed. All edits follow from the seed.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from tabulate import tabulate

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from monitor.errors import MonitorError  # noqa: E402
from monitor.portals.saved import read_saved  # noqa: E402
from monitor.sample.notices import Publication, load_notices  # noqa: E402
from monitor.sample.pages import render_detail  # noqa: E402
from monitor.screening.score import Screener  # noqa: E402
from monitor.screening.watchlist import load_watchlists  # noqa: E402
from tests.kit.damage import apply_edits, draw_edits  # noqa: E402

DEADLINE = 2.0
ENDS = ("alert", "review", "none", "typed error", "other exception")
_PUBLISHED = datetime(2024, 1, 2, tzinfo=UTC)


@dataclass(frozen=True)
class Saved:
    """A page with what its list row showed."""

    name: str
    body: bytes
    listing: dict[str, str]


@dataclass(frozen=True)
class Damaged:
    """What is left of a page, and how it came about."""

    page: Saved
    body: bytes
    how: str


@dataclass
class Outcome:
    """What became of pages; `wrong` has a line for each that missed a bar."""

    counts: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    slowest: float = 0.0
    which: str = ""

    def add_page(self, screener: Screener, damaged: Damaged) -> None:
        """Screen a page and note what became of it."""
        name = f"{damaged.page.name} {damaged.how}"
        began = time.perf_counter()
        try:
            end = str(screener.screen(read_saved(damaged.body, damaged.page.listing)).verdict)
        except MonitorError:
            end = "typed error"
        except Exception as error:  # noqa: BLE001
            end = "other exception"
            self.wrong.append(f"{name}: {error!r}"[:300])
        took = time.perf_counter() - began
        self.counts[end] += 1
        if took > DEADLINE:
            self.wrong.append(f"{name}: {took:.1f} s, {len(damaged.body)} bytes")
        if took > self.slowest:
            self.slowest, self.which = took, name


def load_pages(labels: Path | None) -> list[Saved]:
    """Return the pages of a labelled set, or of the built-in sample."""
    if labels is None:
        return [
            Saved(f"sample {one.id}", render_detail(Publication(one, _PUBLISHED)).encode(), {})
            for one in load_notices()
        ]
    rows = map(json.loads, labels.read_text("utf-8").splitlines())
    return [
        Saved(row["file"], (labels.parent / row["file"]).read_bytes(), row.get("listing") or {})
        for row in rows
    ]


def cut_pages(pages: Sequence[Saved], step: int) -> Iterator[Damaged]:
    """Yield every step-th prefix of each page."""
    for page in pages:
        for end in range(0, len(page.body), step):
            yield Damaged(page, page.body[:end], f"cut at byte {end}")


def damage_pages(pages: Sequence[Saved], count: int, seed: int) -> Iterator[Damaged]:
    """Yield damaged pages, each page in turn."""
    for number in range(count):
        rng = Random(f"{seed}/{number}")  # noqa: S311
        edits = draw_edits(rng)
        page = pages[number % len(pages)]
        how = f"mutation {number}: {', '.join(edit.kind for edit in edits)}"
        yield Damaged(page, apply_edits(page.body, edits), how)


def measure_pages(screener: Screener, pages: Iterable[Damaged]) -> Outcome:
    """Screen pages, and say what became of them."""
    outcome = Outcome()
    for page in pages:
        outcome.add_page(screener, page)
    return outcome


def show_outcomes(outcomes: Mapping[str, Outcome]) -> str:
    """Return the table, and below it what missed a bar."""
    heads = ("pages", "count", *ENDS, "slowest ms", "which")
    rows = [
        (name, sum(o.counts[end] for end in ENDS), *(o.counts[end] for end in ENDS),
         round(1000 * o.slowest), o.which)
        for name, o in outcomes.items()
    ]  # fmt: skip
    wrong = [line for o in outcomes.values() for line in o.wrong]
    return "\n".join([tabulate(rows, heads), *wrong])


def main() -> int:
    """Print the table; return 1 if a bar is missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("labels", nargs="?", type=Path, help="default: the built-in sample")
    parser.add_argument("--every", type=int, default=97, metavar="BYTES", help="step of the cuts")
    parser.add_argument("--mutations", type=int, default=10_000, metavar="COUNT")
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    screener = Screener.build(load_watchlists(ROOT / "watchlists"))
    pages = load_pages(chosen.labels)
    whole = [Damaged(page, page.body, "whole") for page in pages]
    outcomes = {
        "whole": measure_pages(screener, whole),
        "prefixes": measure_pages(screener, cut_pages(pages, chosen.every)),
        "mutations": measure_pages(screener, damage_pages(pages, chosen.mutations, chosen.seed)),
    }
    print(show_outcomes(outcomes))
    return int(any(outcome.wrong for outcome in outcomes.values()))


if __name__ == "__main__":
    sys.exit(main())
