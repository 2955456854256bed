"""What the command line writes: rows, one moving line of progress, log entries."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import click

from monitor.text.privacy import mask_private


def print_rows(rows: list[dict[str, Any]], as_json: bool, columns: list[str]) -> None:
    """Print rows as JSON lines or as a table of some columns."""
    from monitor.reading.tables import format_json, format_table

    if as_json:
        for row in rows:
            click.echo(format_json(row))
    else:
        click.echo(format_table(rows, columns) if rows else "nothing yet")


def count_of(number: int, word: str) -> str:
    """Return a number with its word, in the plural where it is not one: 1 entry, 2 entries."""
    if number == 1:
        return f"1 {word}"
    if word.endswith("y") and word[-2:-1] not in "aeiou":
        return f"{number} {word[:-1]}ies"
    ending = "es" if word.endswith(("s", "x", "ch", "sh")) else "s"
    return f"{number} {word}{ending}"


def show_line(text: str) -> None:
    """Print one line of which a page may have written parts: nothing in it steers a terminal."""
    click.echo(clean_line(text))


def show_each(rows: Iterable[Mapping[str, Any]], name: str, column: str) -> None:
    """Print whole what a table cuts: a line for each row that has something in a column."""
    for row in rows:
        if row.get(column):
            show_line(f"{row[name]}: {row[column]}")


def clean_line(text: str) -> str:
    """Return text with blanks in the place of all that does not print, private data masked."""
    return mask_private(_replace_unprintable(text))


def _replace_unprintable(text: str) -> str:
    return "".join(char if char.isprintable() else " " for char in text)


def write_out(text: str) -> None:
    """Print text to standard output at once."""
    click.echo(text)
    sys.stdout.flush()


def write_error(text: str) -> None:
    """Print text to standard error at once."""
    click.echo(text, err=True)
    sys.stderr.flush()


@contextmanager
def progress_line() -> Iterator[Callable[[str], None]]:
    """Give a function that shows one moving line on a terminal and nothing elsewhere."""
    shown = sys.stderr.isatty()

    def report(line: str) -> None:
        if shown:
            click.echo(f"\r\x1b[K{clean_line(line)[:100]}", nl=False, err=True)

    try:
        yield report
    finally:
        if shown:
            click.echo("\r\x1b[K", nl=False, err=True)


class _OneLine(logging.Formatter):
    """Keep a log entry on one line, so that no notice can forge another."""

    def format(self, record: logging.LogRecord) -> str:
        lines = super().format(record).splitlines()
        if not record.exc_info:
            return " ".join(map(_replace_unprintable, lines))
        # A traceback keeps its lines, set off so that none passes for an entry. Its error may quote
        # what it could not read.
        return "\n    | ".join(map(clean_line, lines))


def set_logging(debug: bool) -> None:
    """Log to standard error; other packages only warn, whatever the level."""
    stream = logging.StreamHandler()
    stream.setFormatter(_OneLine("%(asctime)s %(levelname)s %(message)s", "%Y-%m-%dT%H:%M:%S"))
    logging.basicConfig(level=logging.WARNING, handlers=[stream], force=True)
    logging.getLogger("monitor").setLevel(logging.DEBUG if debug else logging.INFO)
