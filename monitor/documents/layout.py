"""Letters and ruling lines at places of a page, back to lines and tables, for PDF and OFD.

Lengths are of any unit, y grows downwards. A page is read as one column.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby, pairwise
from typing import NamedTuple

from monitor.documents.gather import make_blocks
from monitor.documents.rulings import Grid, Stroke, find_grids
from monitor.text.markup import Block, Line, squeeze

# Of one page; a dense one has 5,000.
MOST_LETTERS = 200_000
# Shares of a letter's height.
_SAME_LINE = 0.35
_SEGMENT_GAP = 1.2
_WIDE_GAP = 0.4
_LATIN_GAP = 0.18
_OVERPRINT = 0.15
_SAME_END = 1.3
# A comma may hang over the edge, which makes the other lines look short.
_SLACK = 0.9
_CELL_SLACK = 0.3
_INDENT = 1.2
_LINE_STEP = 2.6
_SAME_SIZE = 0.8
# The right margin is at most so much wider than the left one.
_OUTER_MARGIN = 1.2
# Of the paper's width: so long a line is of prose.
_LONG_LINE = 0.5
# A table without ruling lines has at least so many rows and columns.
_LEAST_ROWS = 3
_LEAST_COLUMNS = 3
_LATIN = re.compile(r"[\x21-\x7e\u00a1-\u024f\u0370-\u052f]")
_HANZI = "\u2e80"
_CLOSING = frozenset("，。；：、）》】！？”’」』)],.;:!?%％℃")
_OPENING = frozenset("（《【“‘「『([")
_SENTENCE_ENDS = frozenset("。；！？;")
_WORD_END = re.compile(r"[\w.%)\]]\Z")
# A line that begins a paragraph of its own: 第一章, 三、, 2.1 with a blank, 4), （三）, ★.
_ITEM = re.compile(
    r"第[一二三四五六七八九十百\d]{1,4}[章节条部包]|[一二三四五六七八九十]{1,3}[、.．]"
    r"|\d{1,2}(?:[、．)）]|\.(?!\d)|(?:\.\d{1,2}){1,3}\s)"
    r"|[(（][一二三四五六七八九十\d]{1,3}[)）]|[①-⑳●■◆★▲※]"
)


class Glyph(NamedTuple):
    """A letter: its box, the height its line stands on, and whether a blank comes before it."""

    text: str
    left: float
    right: float
    base: float
    height: float
    spaced: bool = False


@dataclass(frozen=True)
class _Row:
    """Letters that stand on one line, from left to right."""

    glyphs: tuple[Glyph, ...]

    @property
    def left(self) -> float:
        return self.glyphs[0].left

    @property
    def right(self) -> float:
        return self.glyphs[-1].right

    @property
    def base(self) -> float:
        return self.glyphs[0].base

    @cached_property
    def height(self) -> float:
        return max(glyph.height for glyph in self.glyphs)

    @cached_property
    def text(self) -> str:
        return write_text(self.glyphs)


def arrange_page(
    glyphs: Sequence[Glyph], strokes: Iterable[Stroke], sides: tuple[float, float]
) -> list[Block]:
    """Return what a page shows in reading order; ruled or aligned columns become tables.

    `sides` are the left and right edges of the paper.
    """
    grids = find_grids(strokes)
    inside: list[dict[int, list[Glyph]]] = [{} for _ in grids]
    free: list[Glyph] = []
    for glyph in glyphs:
        x, y = (glyph.left + glyph.right) / 2, glyph.base - glyph.height * 0.35
        for grid, cells in zip(grids, inside, strict=True):
            cell = grid.find_cell(x, y)
            if cell is not None:
                cells.setdefault(cell, []).append(glyph)
                break
        else:
            free.append(glyph)
    tables = [
        (grid.top, _fill_grid(grid, cells)) for grid, cells in zip(grids, inside, strict=True)
    ]
    rows = find_rows(free)
    return _interleave(rows, sorted(tables, key=lambda table: table[0]), _find_margin(rows, sides))


def _find_margin(rows: Sequence[_Row], sides: tuple[float, float]) -> float:
    """Return where lines are full: where several long ones end, or as far in as on the left."""
    wide = (sides[1] - sides[0]) * _LONG_LINE
    ends = sorted(row.right for row in rows if row.right - row.left > wide)
    if len(ends) > 1 and ends[-1] - ends[-2] < rows[0].height * _SAME_END:
        return ends[-1]
    margin = min((row.left for row in rows), default=0.0) - sides[0]
    return sides[1] - margin * _OUTER_MARGIN


def _interleave(
    rows: list[_Row], tables: list[tuple[float, list[Block]]], right: float
) -> list[Block]:
    out: list[Block] = []
    start = 0
    for top, blocks in [*tables, (float("inf"), [])]:
        stop = start
        while stop < len(rows) and rows[stop].base < top:
            stop += 1
        out += arrange_rows(rows[start:stop], right)
        out += blocks
        start = stop
    return out


def _fill_grid(grid: Grid, cells: dict[int, list[Glyph]]) -> list[Block]:
    texts = {}
    edges = grid.bound_cells()
    for cell, glyphs in cells.items():
        rows = find_rows(glyphs)
        left, right = edges[cell]
        padding = min(min(row.left for row in rows) - left, right - max(row.right for row in rows))
        texts[cell] = "\n".join(join_rows(rows, right - max(padding, 0), narrow=True))
    return make_blocks(tuple(texts.get(cell, "") for cell in row) for row in grid.rows)


def find_rows(glyphs: Iterable[Glyph]) -> list[_Row]:
    """Return the lines that letters stand on, from the top down."""
    found: list[list[Glyph]] = []
    base = height = 0.0
    for glyph in sorted(glyphs, key=lambda glyph: glyph.base):
        tall = max(height, glyph.height)
        if not found or glyph.base - base > _SAME_LINE * tall:
            found.append([])
            base, height = glyph.base, 0.0
        height = max(height, glyph.height)
        found[-1].append(glyph)
    return [_Row(tuple(_drop_overprint(sorted(row, key=lambda g: g.left)))) for row in found]


def _drop_overprint(glyphs: list[Glyph]) -> list[Glyph]:
    """Leave out letters printed twice at one place, which makes them look bold."""
    kept: list[Glyph] = []
    for glyph in glyphs:
        near = (old for old in kept[-2:] if old.text == glyph.text)
        if not any(glyph.left - old.left < _OVERPRINT * glyph.height for old in near):
            kept.append(glyph)
    return kept


def write_text(glyphs: Sequence[Glyph]) -> str:
    """Return letters of one line as text, with a blank where there is room for one."""
    out = [glyphs[0].text]
    for before, glyph in pairwise(glyphs):
        if glyph.spaced or _is_apart(before, glyph):
            out.append(" ")
        out.append(glyph.text)
    return squeeze("".join(out))


def _is_apart(before: Glyph, glyph: Glyph) -> bool:
    """Return whether the gap between two letters is a blank; hanzi may stand loosely."""
    gap = (glyph.left - before.right) / min(before.height, glyph.height)
    if gap <= _LATIN_GAP:
        return False
    return gap > _WIDE_GAP or bool(_LATIN.match(before.text) and _LATIN.match(glyph.text))


def join_rows(rows: Sequence[_Row], right: float, *, narrow: bool = False) -> list[str]:
    """Return paragraphs: a line that reaches the right edge goes on in the next.

    In a `narrow` cell it may break within a word.
    """
    out: list[str] = []
    slack = _CELL_SLACK if narrow else _SLACK
    margin = min((row.left for row in rows), default=0.0)
    for number, row in enumerate(rows):
        before = rows[number - 1] if number else None
        if before is not None and _goes_on(before, row, margin, right - slack * before.height):
            out[-1] += _find_joint(before, row, right if narrow else None) + row.text
        else:
            out.append(row.text)
    return [text for text in out if text]


def _goes_on(before: _Row, row: _Row, margin: float, right: float) -> bool:
    height = before.height
    if (
        right - before.right > _measure_word(row.glyphs)
        or row.base - before.base > _LINE_STEP * height
    ):
        return False
    if not _SAME_SIZE < row.height / height < 1 / _SAME_SIZE:
        return False
    # Where a sentence ends, a paragraph may; if it does not, no word is cut.
    if before.glyphs[-1].text in _SENTENCE_ENDS:
        return False
    indented = row.left - margin > _INDENT * height
    hangs = _ITEM.match(before.text) is not None or before.left - margin > _INDENT * height
    return not _ITEM.match(row.text) and (not indented or hangs)


def _measure_word(glyphs: Sequence[Glyph]) -> float:
    """Return the width of what begins a line and may not be parted: where there was room for
    it, the line before was not full. Closing signs stay with the letter before them.
    """
    end = 1
    for before, glyph in pairwise(glyphs):
        parts = before.text >= _HANZI or glyph.text >= _HANZI or _is_apart(before, glyph)
        if parts and glyph.text not in _CLOSING and before.text not in _OPENING:
            break
        end += 1
    return glyphs[end - 1].right - glyphs[0].left


def _find_joint(before: _Row, row: _Row, right: float | None) -> str:
    """Return what stands between a line and the one that goes on: a blank between words.

    A word that is too long for its cell is broken where the cell is full, at `right`.
    """
    first, last = row.glyphs[0], before.glyphs[-1]
    if first.spaced:
        return " "
    if not (_LATIN.match(first.text) and _WORD_END.match(last.text) and last.text.isascii()):
        return ""
    is_broken = right is not None and right - before.right < 1.1 * (first.right - first.left)
    return "" if is_broken else " "


def arrange_rows(rows: Sequence[_Row], right: float) -> list[Block]:
    """Return lines without ruling lines around them: paragraphs, and tables of aligned words.

    A line that reaches `right`, where the right margin is about to begin, goes on in the next.
    """
    out: list[Block] = []
    right = max(right, max((row.right for row in rows), default=0.0))
    split = [(row, split_row(row)) for row in rows]
    for many, group in groupby(split, key=lambda pair: len(pair[1]) > 1):
        run = list(group)
        table = align_rows([segments for _, segments in run]) if many else []
        if table:
            out += table
        else:
            out += map(Line, join_rows([row for row, _ in run], right))
    return out


def split_row(row: _Row) -> list[_Row]:
    """Return the pieces of a line that wide gaps keep apart."""
    pieces: list[list[Glyph]] = [[row.glyphs[0]]]
    for before, glyph in pairwise(row.glyphs):
        if glyph.left - before.right > _SEGMENT_GAP * min(before.height, glyph.height):
            pieces.append([])
        pieces[-1].append(glyph)
    return [_Row(tuple(piece)) for piece in pieces]


def align_rows(rows: Sequence[Sequence[_Row]]) -> list[Block]:
    """Return lines whose pieces stand in the same columns as a table, or nothing."""
    columns: list[list[float]] = []
    for piece in sorted((piece for row in rows for piece in row), key=lambda piece: piece.left):
        if columns and piece.left < columns[-1][1]:
            columns[-1][1] = max(columns[-1][1], piece.right)
        else:
            columns.append([piece.left, piece.right])
    if len(rows) < _LEAST_ROWS or len(columns) < _LEAST_COLUMNS:
        return []
    grid = []
    for row in rows:
        places = [
            next(n for n, (left, right) in enumerate(columns) if left <= piece.left <= right)
            for piece in row
        ]
        if len(set(places)) < len(places):
            return []
        texts = dict(zip(places, (piece.text for piece in row), strict=True))
        grid.append(tuple(texts.get(n, "") for n in range(len(columns))))
    full = sum(len(row) >= _LEAST_COLUMNS for row in rows)
    return make_blocks(grid) if full * 2 >= len(rows) else []
