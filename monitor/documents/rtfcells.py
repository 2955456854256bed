"""The paragraphs, cells and rows of RTF, put together to blocks; tables may lie in cells."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from monitor.documents.cells import Cell, EdgedRow, place_edged
from monitor.text.markup import Block


@dataclass
class _Table:
    """A table that is being read: its rows, and the cells and edges of the row at hand."""

    rows: list[EdgedRow] = field(default_factory=list)
    cells: list[Cell] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    edges: list[int] = field(default_factory=list)
    continued: list[bool] = field(default_factory=list)
    merged: list[bool] = field(default_factory=list)
    is_continued: bool = False
    is_merged: bool = False


class Story:
    """The main text, a note or a running head. `nesting` is how many tables text lies in."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self._tables: list[_Table] = []

    def add_paragraph(self, blocks: list[Block], nesting: int) -> None:
        """Add a paragraph; an empty one before a table's first cell ends no table."""
        if not blocks and nesting >= len(self._tables):
            return
        self.end_tables(nesting)
        holder = self._find_table(nesting).blocks if nesting else self.blocks
        holder += blocks

    def end_cell(self, blocks: list[Block], nesting: int) -> None:
        """Add a cell with its last paragraph."""
        self.end_tables(nesting)
        table = self._find_table(nesting)
        table.cells.append(Cell((*table.blocks, *blocks)))
        table.blocks = []

    def end_row(self, nesting: int) -> None:
        """Add the row at hand."""
        table = self._find_table(nesting)
        if table.cells:
            table.rows.append(_build_row(table))
        table.cells = []

    def open_row(self, nesting: int) -> None:
        """Forget what was said of the cells of the row before."""
        table = self._find_table(nesting)
        table.edges, table.continued, table.merged = [], [], []
        table.is_continued = table.is_merged = False

    def continue_cell(self, nesting: int) -> None:
        """Take the next cell to go on from the one above."""
        self._find_table(nesting).is_continued = True

    def merge_cell(self, nesting: int) -> None:
        """Take the next cell to go on from the one before."""
        self._find_table(nesting).is_merged = True

    def add_edge(self, edge: int, nesting: int) -> None:
        """Add the right edge of a cell, in twips."""
        table = self._find_table(nesting)
        table.edges.append(edge)
        table.continued.append(table.is_continued)
        table.merged.append(table.is_merged)
        table.is_continued = table.is_merged = False

    def end_tables(self, nesting: int = 0) -> None:
        """End the tables that lie deeper than this, and put them where they stand."""
        while len(self._tables) > nesting:
            table = self._tables.pop()
            if table.blocks or table.cells:
                table.rows.append(EdgedRow((*table.cells, Cell(tuple(table.blocks)))))
            holder = self._tables[-1].blocks if self._tables else self.blocks
            holder += place_edged(table.rows)

    def _find_table(self, nesting: int) -> _Table:
        while len(self._tables) < nesting:
            self._tables.append(_Table())
        return self._tables[nesting - 1]


def _build_row(table: _Table) -> EdgedRow:
    """Return the row at hand; its edges, and which cells go on, are stated apart from its text."""
    if len(table.cells) != len(table.edges):
        return EdgedRow(tuple(table.cells))
    kept = [n for n, merged in enumerate(table.merged) if n == 0 or not merged]
    ends = [table.edges[n - 1] for n in kept[1:]] + table.edges[-1:]
    cells = tuple(replace(table.cells[n], continued=table.continued[n]) for n in kept)
    return EdgedRow(cells, (min(0, *ends, 0), *ends))
