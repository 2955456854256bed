"""Turn what a format's reader finds into parts, within the limits of one attachment."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from monitor.documents.parts import DocumentError, Fault, Limits, Part
from monitor.text.markup import Block, Line, Table

_CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufeff\ufffe\uffff]")
# A place such as "p. 3" and what stands there.
Place = tuple[str, Iterable[Block]]


def gather_parts(places: Iterable[Place], limits: Limits) -> Iterator[Part]:
    """Yield a part for each place with text, in order.

    A place that raises DocumentError keeps what it gave before, and the others are still read;
    the first such error is raised at the end. Raises it at once beyond `limits.pages` places
    or `limits.text` characters.
    """
    left = limits.text
    first: DocumentError | None = None
    for number, (place, blocks) in enumerate(places):
        if number >= limits.pages:
            raise first or DocumentError(
                Fault.TOO_MANY, f"more than {limits.pages} pages or sheets"
            )
        kept: list[Block] = []
        try:
            for block in blocks:
                clean = _clean_block(block)
                kept.append(_cut_block(clean, left))
                left -= count_characters(clean)
                if left < 0:
                    break
        except DocumentError as error:
            first = first or error
        if kept:
            yield Part("", place, tuple(kept))
        if left < 0:
            raise DocumentError(Fault.TOO_LARGE, f"more than {limits.text} characters")
    if first:
        raise first


def _clean_block(block: Block) -> Block:
    """Leave out signs that no page shows and no store takes: controls, halves of letters."""
    if isinstance(block, Line):
        return Line(_clean_text(block.text), block.heading)
    return Table(tuple(tuple(map(_clean_text, row)) for row in block.rows))


def _clean_text(text: str) -> str:
    return text if text.isprintable() else _CONTROL.sub("", text)


def count_characters(block: Block) -> int:
    """Return how much of the limit of text a block takes; a cell takes one, however empty."""
    if isinstance(block, Line):
        return len(block.text) + 1
    return sum(map(_count_row, block.rows))


def _count_row(row: Sequence[str]) -> int:
    return sum(map(len, row)) + len(row)


def _cut_block(block: Block, left: int) -> Block:
    if isinstance(block, Line):
        return block if len(block.text) <= left else Line(block.text[: max(left, 0)], block.heading)
    if count_characters(block) <= left:
        return block
    rows: list[tuple[str, ...]] = []
    for row in block.rows:
        left -= _count_row(row)
        if left < 0:
            break
        rows.append(row)
    return Table(tuple(rows))


def make_blocks(rows: Iterable[tuple[str, ...]]) -> list[Block]:
    """Return rows as a table; as lines where there is only one column, a frame around text."""
    filled = [row for row in rows if any(row)]
    if not filled:
        return []
    if max(map(len, filled)) > 1:
        return [Table(tuple(filled))]
    return [Line(text) for (cell,) in filled for text in cell.split("\n") if text]
