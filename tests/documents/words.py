"""The bar of the readers: the share of a sample's words that come out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from monitor.documents.parts import DocumentError, Part
from monitor.text.markup import Line, Table

FILES = Path(__file__).parent / "files"
_HANZI = re.compile("[\u3400-\u9fff\U00020000-\U0003ffff]+")
_LATIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9.\-]*[A-Za-z0-9]|[A-Za-z0-9]")


def list_words(text: str) -> Iterator[str]:
    """Yield pairs of neighbouring hanzi, single ones that stand alone, and Latin words."""
    for run in _HANZI.findall(text):
        yield from (run[n : n + 2] for n in range(max(len(run) - 1, 1)))
    yield from _LATIN.findall(text)


def count_words(lines: Iterable[str]) -> Counter[str]:
    """Count the words of lines; a word does not go from one line into the next."""
    return Counter(word for line in lines for word in list_words(line))


def list_lines(parts: Iterable[Part]) -> list[str]:
    """Return the lines and cells of parts."""
    lines: list[str] = []
    for part in parts:
        for block in part.blocks:
            if isinstance(block, Line):
                lines.append(block.text)
            else:
                lines += [line for row in block.rows for cell in row for line in cell.split("\n")]
    return lines


def read_expected() -> Counter[str]:
    """Return the words that every good sample says."""
    return count_words((FILES / "words.txt").read_text("utf-8").splitlines())


def measure_share(parts: Iterable[Part]) -> float:
    """Return the share of the expected words that parts have, as often as expected."""
    expected = read_expected()
    found = expected & count_words(list_lines(parts))
    return found.total() / expected.total()


def list_tables(parts: Iterable[Part]) -> list[Table]:
    """Return the tables of parts."""
    return [block for part in parts for block in part.blocks if isinstance(block, Table)]


def read_until_error(parts: Iterator[Part]) -> tuple[list[Part], DocumentError | None]:
    """Return what came before an error, and the error."""
    found: list[Part] = []
    try:
        for part in parts:
            found.append(part)
    except DocumentError as error:
        return found, error
    return found, None
