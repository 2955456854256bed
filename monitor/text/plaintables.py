"""Tables that a page does not mark as such, and such tables as only place a page's parts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from monitor.text.grids import Column, read_head, split_table
from monitor.text.labels import find_label
from monitor.text.markup import Block, Line, Table, squeeze

_MOST_ROWS = 3
_LEAST_LINES = 6
_LEAST_HEADS = 4
_QUANTITY = re.compile(r"^\d+(?:\.\d+)?\s*[\u4e00-\u9fff]{1,2}$")
_NUMBER = re.compile(r"^[￥¥]?[\d,]+(?:\.\d+)?元?$")
_FROM_RIGHT = frozenset({Column.QUANTITY, Column.UNIT, Column.UNIT_PRICE, Column.OTHER})
_SERIAL = re.compile(r"^\d{1,3}$")


def restore_tables(blocks: Iterable[Block]) -> list[Block]:
    """Return the blocks with tables where lines or bare cells are one, lines where none is."""
    parted = [part for block in blocks for part in _unpack_layout(block)]
    return list(_join_columns(parted))


def _unpack_layout(block: Block) -> Iterator[Block]:
    """Yield the lines of a table that only places parts of a page beside each other."""
    if isinstance(block, Line):
        yield block
        return
    places_parts = len(block.rows) <= _MOST_ROWS and any(
        cell.count("\n") >= _LEAST_LINES and _holds_labels(cell) for r in block.rows for cell in r
    )
    if not places_parts:
        yield _add_heads(block)
        return
    for row in block.rows:
        for cell in dict.fromkeys(row):
            yield from (Line(line) for line in cell.split("\n") if line.strip())


def _holds_labels(cell: str) -> bool:
    """Return whether a cell holds labelled lines of its own: a page's part, no list of goods."""
    heads = (re.split("[:：]", line, maxsplit=1) for line in cell.split("\n"))
    return sum(len(h) == 2 and find_label(h[0]) is not None for h in heads) >= 2


def _add_heads(table: Table) -> Table:
    """Return a table of goods without heads with heads: 监控硬盘 | 6TB | 60块 | 1450."""
    width = len(table.rows[0])
    same = all(len(row) == width for row in table.rows)
    if not same or not 3 <= width <= 6 or split_table(table).grids:
        return table
    columns = [[squeeze(row[n]) for row in table.rows] for n in range(width)]
    counted = [n for n, cells in enumerate(columns) if all(map(_QUANTITY.match, cells))]
    if len(counted) != 1 or any(find_label(cell) for cell in columns[0]):
        return table
    heads: list[str] = []
    words = iter(("名称", "规格参数", "备注", "备注", "备注", "备注"))
    for place, cells in enumerate(columns):
        if place == counted[0]:
            heads.append("数量")
        elif all(map(_SERIAL.match, cells)) and place == 0:
            heads.append("序号")
        elif all(map(_NUMBER.match, cells)):
            heads.append("单价" if "单价" not in heads else "金额")
        else:
            heads.append(next(words))
    return Table((tuple(heads), *table.rows)) if "名称" in heads else table


def _join_columns(blocks: Sequence[Block]) -> Iterator[Block]:
    """Join lines whose words stand in columns under a line of heads to a table."""
    place = 0
    while place < len(blocks):
        block = blocks[place]
        heads = _read_line_heads(block) if isinstance(block, Line) else []
        rows = list(_read_rows(blocks[place + 1 :], heads)) if heads else []
        if rows:
            yield Table((tuple(heads), *rows))
            place += 1 + len(rows)
        else:
            yield block
            place += 1


def _read_line_heads(line: Line) -> list[str]:
    words = line.text.split()
    known = [word for word in words if read_head(word) is not None]
    telling = {read_head(word) for word in words} & {Column.NAME, Column.BRAND, Column.MODEL}
    return words if len(known) >= _LEAST_HEADS and len(words) - len(known) <= 1 and telling else []


def _read_rows(blocks: Iterable[Block], heads: Sequence[str]) -> Iterator[tuple[str, ...]]:
    for block in blocks:
        row = _part_words(block.text.split(), heads) if isinstance(block, Line) else None
        if row is None:
            return
        yield row


def _part_words(words: list[str], heads: Sequence[str]) -> tuple[str, ...] | None:
    """Return the words of a line under its heads; of too many, those in the middle are one."""
    if len(words) < len(heads) or not any(char.isdigit() for char in words[-1]):
        return None
    right = 0
    while right < len(heads) and read_head(heads[-1 - right]) in _FROM_RIGHT:
        right += 1
    left = len(heads) - right - 1
    if left < 0:
        return tuple(words) if len(words) == len(heads) else None
    middle = words[left : len(words) - right]
    return (*words[:left], " ".join(middle), *words[len(words) - right :])
