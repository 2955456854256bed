"""Rows of word processors' cells to tables: spans filled, frames around tables taken off."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from monitor.documents.gather import make_blocks
from monitor.text.markup import Block, Line, Table, squeeze

# As monitor.text.markup has them for HTML.
_MOST_SPAN = 60
_MOST_WIDTH = 120
# Edges of one column differ by a hair from row to row; in twips, twentieths of a point.
_SAME_EDGE = 20


@dataclass(frozen=True)
class Cell:
    """A cell of a row: it spans `across` columns; a `continued` one shows what is above it."""

    blocks: tuple[Block, ...] = ()
    across: int = 1
    continued: bool = False


@dataclass(frozen=True)
class EdgedRow:
    """A row that states where its cells begin and end, in twips: one edge more than cells.

    Without edges the cells are taken one a column.
    """

    cells: tuple[Cell, ...]
    edges: tuple[int, ...] = ()


def place_edged(rows: Sequence[EdgedRow]) -> list[Block]:
    """Return the blocks of a table whose rows state their edges."""
    columns = _find_columns(edge for row in rows for edge in row.edges)
    return place_cells([_span_columns(row, columns) for row in rows])


def _find_columns(edges: Iterable[int]) -> list[int]:
    columns: list[int] = []
    for edge in sorted(set(edges)):
        if not columns or edge - columns[-1] > _SAME_EDGE:
            columns.append(edge)
    return columns


def _span_columns(row: EdgedRow, columns: list[int]) -> list[Cell]:
    if len(row.edges) != len(row.cells) + 1 or list(row.edges) != sorted(row.edges):
        return list(row.cells)
    at = [max(bisect_left(columns, edge + 1) - 1, 0) for edge in row.edges]
    lead = [Cell(across=at[0])] if at[0] else []
    spans = zip(row.cells, at, at[1:], strict=False)
    return lead + [replace(cell, across=max(right - left, 1)) for cell, left, right in spans]


def place_cells(rows: Sequence[Sequence[Cell]]) -> list[Block]:
    """Return the blocks of a table: every cell stands in each place it covers.

    A table that holds others is a frame: what stands in it comes in reading order.
    """
    out: list[Block] = []
    grid: list[tuple[str, ...]] = []
    above: list[str] = []
    for row in rows:
        if any(_holds_table(cell) for cell in row):
            out += make_blocks(grid)
            grid, above = [], []
            out += [block for cell in row for block in cell.blocks]
        else:
            above = _place_row(row, above)
            grid.append(tuple(above))
    return out + make_blocks(grid)


def _holds_table(cell: Cell) -> bool:
    return any(isinstance(block, Table) for block in cell.blocks)


def _place_row(row: Sequence[Cell], above: list[str]) -> list[str]:
    out: list[str] = []
    for cell in row:
        text = read_cell(cell.blocks)
        if cell.continued and not text and len(out) < len(above):
            text = above[len(out)]
        out += [text] * min(max(cell.across, 1), _MOST_SPAN)
        if len(out) >= _MOST_WIDTH:
            break
    return out[:_MOST_WIDTH]


def read_cell(blocks: Iterable[Block]) -> str:
    """Return the text of a cell; its paragraphs are lines, and so is the row of a table in it."""
    lines: list[str] = []
    for block in blocks:
        if isinstance(block, Line):
            lines.append(block.text)
        else:
            lines += [squeeze(" ".join(row)) for row in block.rows]
    return "\n".join(lines)


def split_lines(text: str, *, heading: bool = False) -> list[Block]:
    """Return a paragraph as lines, one for each of its breaks."""
    lines = (squeeze(line) for line in text.split("\n"))
    return [Line(line, heading) for line in lines if line]
