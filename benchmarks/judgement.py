"""Compare what the program makes of labelled notices with their labels.

    python benchmarks/judgement.py [LABELS.jsonl] [--misses]

The labels are JSON lines as tests/cases/README.md describes them; the default are those cases,
to which the rules were mended: only a set that nobody tuned to says how well a new notice is read.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tabulate import tabulate

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from monitor.screening.score import Screener  # noqa: E402
from monitor.screening.watchlist import load_watchlists  # noqa: E402
from tests.kit.labelled import CASES, Case, Differences, compare_case, load_cases  # noqa: E402

FIELDS = ("buyer", "suppliers", "amount", "project number", "tag", "items", "stances")


def main() -> int:
    """Print the figures, and with --misses every difference."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("labels", nargs="?", type=Path, default=CASES)
    parser.add_argument("--misses", action="store_true", help="print every difference")
    options = parser.parse_args()
    screener = Screener.build(load_watchlists(ROOT / "watchlists"))
    found = [(case, compare_case(case, screener)) for case in load_cases(options.labels)]
    if options.misses:
        for case, differences in found:
            for field, words in differences.items():
                print(f"{case.id} {field}: {words}")
    print(tabulate(list_figures(found), headers=("what", "right", "of", "share")))
    return 0


def list_figures(found: list[tuple[Case, Differences]]) -> list[tuple[str, int, int, str]]:
    """Return how many labels came out right, per field; then precision and recall of verdicts."""
    rows = [_count_right("verdict", found)]
    rows += [_count_right(field, found) for field in FIELDS]
    told = ("alert", "review")
    return [
        *rows,
        *_weigh_verdict("alert", ("alert",), found),
        *_weigh_verdict("told", told, found),
    ]


def _count_right(field: str, found: list[tuple[Case, Differences]]) -> tuple[str, int, int, str]:
    asked = [differences for case, differences in found if case.asks(field)]
    right = sum(field not in differences for differences in asked)
    return field, right, len(asked), _share(right, len(asked))


def _weigh_verdict(
    name: str, verdicts: tuple[str, ...], found: list[tuple[Case, Differences]]
) -> list[tuple[str, int, int, str]]:
    pairs = [(case.verdict, case.verdict_of(differences)) for case, differences in found]
    both = sum(wanted in verdicts and got in verdicts for wanted, got in pairs)
    given = sum(got in verdicts for _, got in pairs)
    asked = sum(wanted in verdicts for wanted, _ in pairs)
    return [
        (f"{name}: precision", both, given, _share(both, given)),
        (f"{name}: recall", both, asked, _share(both, asked)),
    ]


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.3f}" if whole else "-"


if __name__ == "__main__":
    sys.exit(main())
