"""Run campaigns and print one table: python -m tests.campaigns [--short] [--write] [NAME…].

--short runs the sizes of CI, --write puts the rows into docs/reliability.md, where those of others
stay, --json prints a line for each campaign. The exit code is 1 if a bar was not met.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import cast

from tests.campaigns.outcome import Campaign, Outcome

PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"
BEGIN, END = "<!-- campaign begin -->", "<!-- campaign end -->"
# In the order of the table: what a crash may do, what a source, an operator or an enemy may do.
NAMES = (
    "crashpoints", "storm", "powercut", "outage", "peers",
    "hostile", "ssrf", "injection", "floods", "reloads", "disk", "tamper",
    "states", "fuzz",
)  # fmt: skip


HEAD = ("campaign", "bar", "cases", "result", "figures", "seconds", "run")
Row = tuple[str, ...]


@dataclass(frozen=True)
class Timed:
    """An outcome and the seconds it took."""

    outcome: Outcome
    seconds: float


def list_campaigns() -> dict[str, Campaign]:
    """Return the campaigns of this folder by name, in the order of NAMES."""
    return {name: cast(Campaign, import_module(f"tests.campaigns.{name}")) for name in NAMES}


def run_campaign(name: str, campaign: Campaign, *, short: bool) -> Outcome:
    """Run one campaign in a folder of its own; what breaks it is a failure of its own."""
    with tempfile.TemporaryDirectory(prefix=f"campaign-{name}-") as folder:
        try:
            return campaign.run(campaign.SHORT if short else campaign.FULL, Path(folder))
        except Exception as error:  # noqa: BLE001 - its table goes on
            traceback.print_exc()
            return Outcome(name, campaign.BAR, 0, (f"{type(error).__name__}: {error}",), {})


def run_apart(name: str, bar: str, *, short: bool) -> Timed:
    """Run one campaign in a process of its own: some change the program, some break it."""
    began = time.monotonic()
    command = [sys.executable, "-m", "tests.campaigns", "--json", *["--short"] * short, name]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)  # noqa: S603
    lines = done.stdout.splitlines()
    ended = Outcome(name, bar, 0, (f"its process ended with {done.returncode}",), {})
    outcome = Outcome.from_json(lines[-1]) if lines else ended
    return Timed(outcome, time.monotonic() - began)


def write_table(rows: Iterable[Row]) -> str:
    """Return rows as a table of Markdown, aligned for a terminal."""
    table = [HEAD, *rows]
    widths = [max(len(row[column]) for row in table) for column in range(len(HEAD))]
    table.insert(1, tuple("-" * width for width in widths))
    return "\n".join(
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
        for row in table
    )


def write_row(timed: Timed, run: str) -> Row:
    """Return an outcome as a row; `run` says when and how large it was."""
    outcome = timed.outcome
    result = "held" if outcome.good else f"FAILED ({len(outcome.failures)})"
    figures = ", ".join(f"{name} {value}" for name, value in outcome.figures.items())
    cells = (outcome.name, outcome.bar, f"{outcome.cases:,}", result, figures)
    return tuple(cell.replace("|", "/") for cell in (*cells, f"{timed.seconds:.0f}", run))


def read_rows(page: str) -> dict[str, Row]:
    """Return the rows that a page has of campaigns, by name."""
    table = page.partition(BEGIN)[2].partition(END)[0]
    rows = [tuple(map(str.strip, line.strip("| ").split("|"))) for line in table.splitlines()]
    return {row[0]: row for row in rows if len(row) == len(HEAD) and row[0] in NAMES}


def update_page(page: str, rows: Iterable[Row], facts: str) -> str:
    """Return a page with these rows in place of their older ones; the others stay as they are."""
    known = read_rows(page) | {row[0]: row for row in rows}
    return place_table(page, write_table(known[name] for name in NAMES if name in known), facts)


def describe_machine() -> str:
    """Return in a line what of this machine bears on the figures; nothing that names it."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"Last run on {cores} cores, {platform.system()}, Python {platform.python_version()}."


def place_table(page: str, table: str, facts: str) -> str:
    """Return a page with the table between its markers; ValueError where they are missing."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"no {BEGIN} … {END}")
    return f"{before}{begin}\n{facts}\n\n{table}\n{end}{after}"


def run_named(
    names: Sequence[str], campaigns: Mapping[str, Campaign], *, short: bool, write: bool
) -> tuple[list[Row], bool]:
    """Run campaigns one after another; return their rows, and whether all bars were met."""
    run = f"{datetime.now(UTC):%Y-%m-%d}, {'short' if short else 'full'}"
    rows, good = [], True
    for name in names:
        timed = run_apart(name, campaigns[name].BAR, short=short)
        rows.append(write_row(timed, run))
        good &= timed.outcome.good
        print(f"{name}: {rows[-1][3]}, {timed.seconds:.0f} s", file=sys.stderr)
        for failure in timed.outcome.failures:
            print(f"{name}: {failure}", file=sys.stderr)
        # At once: a run of an hour may be ended before its last row.
        if write:
            page = update_page(PAGE.read_text("utf-8"), rows, describe_machine())
            PAGE.write_text(page, "utf-8")
    return rows, good


def main(arguments: Sequence[str]) -> int:
    """Run what is asked for; return the exit code."""
    campaigns = list_campaigns()
    about = "Measure the promises of docs/reliability.md."
    parser = argparse.ArgumentParser(prog="python -m tests.campaigns", description=about)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(campaigns))
    parser.add_argument("--short", action="store_true", help="the sizes of CI")
    parser.add_argument("--json", action="store_true", help="a line of JSON for each")
    parser.add_argument("--write", action="store_true", help="put the table into the page")
    wanted = parser.parse_args(arguments)
    if unknown := [name for name in wanted.names if name not in campaigns]:
        parser.error(f"no campaign {', '.join(unknown)}; known are {', '.join(campaigns)}")
    names = wanted.names or list(campaigns)
    if wanted.json:
        done = [run_campaign(name, campaigns[name], short=wanted.short) for name in names]
        print("\n".join(outcome.to_json() for outcome in done))
        return 0 if all(outcome.good for outcome in done) else 1
    rows, good = run_named(names, campaigns, short=wanted.short, write=wanted.write)
    print(write_table(rows))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
