"""The commands that read saved notices: `screen` without the store, `import` into it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from monitor.commands.base import EXIT_WORLD, Settings, as_json, pass_settings, show_errors
from monitor.terminal import print_rows, progress_line, show_line, write_error, write_out

if TYPE_CHECKING:
    from monitor.reading.savedfiles import Tally
    from monitor.reading.savednotices import Saved


@click.command()
@click.argument("files", nargs=-1, required=True)
@as_json
@pass_settings
def screen(settings: Settings, files: tuple[str, ...], as_json: bool) -> None:
    """Screen saved notices without the store: files, folders of them, or - for JSON lines.

    Files: .html .txt .json .jsonl .jsonl.gz .warc .warc.gz, of pages, portals' answers or OCDS.
    """
    from monitor.config import current_environment
    from monitor.outline import read_outline, read_watchlist_path
    from monitor.reading.savedfiles import Tally, find_saved, read_lines
    from monitor.reading.screened import screen_saved
    from monitor.screening.listfile import load_lists
    from monitor.screening.score import Screener
    from monitor.screening.watchlist import load_watchlists

    state, _ = read_outline(settings.config, current_environment(), settings.state)
    lists = load_lists(state)
    screener = Screener.build(load_watchlists(read_watchlist_path(settings.config)))
    tally, errors = Tally(), 0
    with progress_line() as report:
        for name in files:
            piped = read_lines(sys.stdin.buffer, Path(), "-", tally) if name == "-" else None
            for number, saved in enumerate(piped or find_saved(Path(name), tally), 1):
                report(f"{name}: {number} screened")
                errors += show_errors(tally.take_errors())
                row = screen_saved(saved, screener, lists)
                show_screened(row, as_json)
                errors += show_errors([f"{saved.place}: {row['error']}"] if "error" in row else [])
            errors += show_errors(tally.take_errors())
    show_skipped(tally)
    if errors:
        raise SystemExit(EXIT_WORLD)


def show_screened(row: dict[str, Any], as_json: bool) -> None:
    """Print a screened notice as JSON or as a few lines."""
    if as_json:
        click.echo(json.dumps(row, ensure_ascii=False))
        return
    name = row["place"] if row["id"].startswith("sha256:") else row["id"]
    show_line(f"{row['verdict'].upper():7} {name}  {row['reason']}  {row.get('title', '')}")
    for feature in row.get("features", ()):
        show_line(f"        {feature['weight']:+.2f} {feature['name']}: {feature['why']}")
    hits = (
        f"        {hit['id']} [{hit['stance']}] {hit['field']}: 「{hit['quote']}」"
        for hit in row.get("brands", ())
    )
    for line in dict.fromkeys(hits):  # what stands several times at one place, once
        show_line(line)


@click.command("import")
@click.argument("files", nargs=-1, required=True)
@click.option(
    "--source", default="import", show_default=True, help="The name of the source they count to."
)
@as_json
@pass_settings
def import_command(settings: Settings, files: tuple[str, ...], source: str, as_json: bool) -> None:
    """Bring saved notices into the store: files, folders of them, or - for JSON lines.

    What is there already is left alone. What it finds is told in one message.
    """
    from monitor.importing import import_files
    from monitor.reading.savedfiles import Tally

    setup, tally = settings.load(), Tally()
    # With --json the row alone goes to standard output; an alert must still be seen.
    write = write_error if as_json else write_out
    with progress_line() as report:
        done = import_files(setup, source, find_all(files, tally), write, report)
    errors = show_errors(tally.take_errors()) + show_errors(done.unreadable)
    show_skipped(tally)
    names = ("read", "new", "changed", "unchanged", "unreadable", "alerts", "reviews")
    row = {name: done.counts[name] for name in names}
    # Where nothing could be read, the errors say it all.
    if as_json or not errors or any(row.values()):
        print_rows([row], as_json, list(names))
    if errors:
        raise SystemExit(EXIT_WORLD)


def find_all(files: tuple[str, ...], tally: Tally) -> Iterator[Saved]:
    """Yield the saved notices of files and folders, of standard input for -."""
    from monitor.reading.savedfiles import find_saved, read_lines

    for name in files:
        if name == "-":
            yield from read_lines(sys.stdin.buffer, Path(), "-", tally)
        else:
            yield from find_saved(Path(name), tally)


def show_skipped(tally: Tally) -> None:
    """Say what was no notice, by reason."""
    for reason, count in sorted(tally.skipped.items()):
        click.echo(f"skipped: {count} x {reason}", err=True)
