"""Result tables: who won and for how much, who uses what is bought, what it may cost."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from monitor.models import Value
from monitor.text.grids import Column, Grid, Parts, cell_at
from monitor.text.labels import drop_blanks, find_label
from monitor.text.markup import squeeze
from monitor.text.money import read_money
from monitor.text.names import is_body, trim_name

_FIRST = re.compile(r"^(?:第?[1一](?:名|位)?|★)$")
_LOST = re.compile(r"未中标|未成交|未通过|未入围|落选|淘汰|否决|无效|废标|不合格")
_WHETHER = re.compile("是否(?:中标|成交|中选)")
_REASON = re.compile("^(?:原因|理由)$")
_TOTAL_ROW = re.compile(r"^(?:合计|总计|小计|共计)")
_FIRM = re.compile(r"(?:公司|厂|商行|经营部|事务所|研究院|合作社|中心|门市部|商店)$")
_SUM = re.compile(r"^[￥¥]\s*[\d,.]+\s*(?:万?元)?$|^[\d,.]+\s*万?元$")


@dataclass(frozen=True)
class Award:
    """A row of a result table: who, and for how much as printed, with the unit of its head."""

    supplier: str
    amount: str
    unit: str


def read_awards(parts: Parts) -> list[Award]:
    """Return who won, row by row; [] where a table tells no result."""
    found = [award for grid in parts.grids for award in _grid_awards(grid)]
    return found or [award for row in parts.loose for award in _bare_award(row)]


def keep_won(grid: Grid) -> Grid:
    """Return a grid without the rows of those who did not win, by rank or by 是否中标."""
    rank = grid.place(Column.RANK)
    asked = next((n for n, t in enumerate(grid.titles) if _WHETHER.search(t)), None)
    rows = [row for row in grid.rows if cell_at(row, asked) not in ("否", "×")]
    if any(_FIRST.match(cell_at(row, rank)) for row in rows):
        rows = [row for row in rows if _FIRST.match(cell_at(row, rank))]
    return replace(grid, rows=tuple(rows))


def tells_losers(grid: Grid) -> bool:
    """Return whether a grid lists bids that lost, each with its reason."""
    bidders = grid.kinds & {Column.SUPPLIER, Column.BIDDER}
    lost = any(_LOST.search(title) for title in grid.titles)
    # 供应商 | 原因 and nothing else: why each did not win.
    bare = len(grid.titles) == 2 and any(_REASON.match(title.strip()) for title in grid.titles)
    return bool(bidders) and (lost or bare)


def _grid_awards(grid: Grid) -> Iterator[Award]:
    place = _winner_place(grid)
    if place is None or tells_losers(grid):
        return
    rank, unit = grid.place(Column.RANK), grid.unit(Column.AMOUNT)
    for row in grid.rows:
        name = trim_name(cell_at(row, place))
        if is_body(name) and (rank is None or _FIRST.match(cell_at(row, rank))):
            yield Award(name, cell_at(row, grid.place(Column.AMOUNT)), unit)


def _winner_place(grid: Grid) -> int | None:
    """Return the column of winners; bidders are winners only by their rank."""
    if (place := grid.place(Column.SUPPLIER)) is not None:
        return place
    return grid.place(Column.BIDDER) if Column.RANK in grid.kinds else None


def _bare_award(row: Sequence[str]) -> Iterator[Award]:
    """Yield the award of a row without heads: one firm and one sum among its cells."""
    cells = [squeeze(cell) for cell in row]
    if any(find_label(cell) is not None for cell in cells):
        return
    firms = {cell for cell in cells if _FIRM.search(cell) and len(cell) <= 40}
    sums = [cell for cell in cells if _SUM.match(cell)]
    if len(firms) == 1 and len(sums) == 1:
        yield Award(firms.pop(), sums[0], "")


def read_bodies(grid: Grid, column: Column) -> list[str]:
    """Return the bodies that a column of buyers or users (采购单位, 使用单位) names."""
    place = grid.place(column)
    return [name for row in grid.rows if (name := cell_at(row, place))]


def read_budgets(grid: Grid) -> list[Value]:
    """Return the sums of a budget column; [] where there is none."""
    place, unit = grid.place(Column.BUDGET), grid.unit(Column.BUDGET)
    rows = [row for row in grid.rows if not _is_total(row)]
    # A sum that spans the rows of one lot counts once.
    own = [r for n, r in enumerate(rows) if not n or _key(r, place) != _key(rows[n - 1], place)]
    cells = (cell_at(row, place) for row in own)
    return [value for cell in cells if (value := read_money(cell, unit)) is not None]


def _key(row: Sequence[str], place: int | None) -> tuple[str, str]:
    return cell_at(row, 0), cell_at(row, place)


def _is_total(row: Sequence[str]) -> bool:
    return any(_TOTAL_ROW.match(drop_blanks(squeeze(cell))) for cell in row[:2])
