"""The ruling lines of a page, back to grids with merged cells.

Lengths are of any unit near a point or a millimetre; y grows downwards.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

# Ruling lines that are no farther apart than this stand for one, or touch.
_NEAR = 2.0
# A page of drawings has any number of lines; a table of 500 rows has some thousand pieces.
_MOST_STROKES = 20_000
_MOST_RULES = 800
_MOST_PLACES = 20_000


class Stroke(NamedTuple):
    """The box of a ruling line; one of its sides is thin."""

    left: float
    top: float
    right: float
    bottom: float


class _Rule(NamedTuple):
    """A ruling line at a height, from one end to the other; or upright, at a distance."""

    at: float
    start: float
    end: float


@dataclass(frozen=True)
class Grid:
    """Cells between ruling lines; `rows` holds a number for each place, cells that span many."""

    xs: tuple[float, ...]
    ys: tuple[float, ...]
    rows: tuple[tuple[int, ...], ...]

    @property
    def top(self) -> float:
        """The height of its upper edge."""
        return self.ys[0]

    def find_cell(self, x: float, y: float) -> int | None:
        """Return the number of the cell at a place, None outside."""
        column, row = bisect_right(self.xs, x) - 1, bisect_right(self.ys, y) - 1
        if 0 <= row < len(self.rows) and 0 <= column < len(self.xs) - 1:
            return self.rows[row][column]
        return None

    def bound_cells(self) -> dict[int, tuple[float, float]]:
        """Return the left and right edges of each cell."""
        found: dict[int, tuple[float, float]] = {}
        for row in self.rows:
            for cell, left, right in zip(row, self.xs, self.xs[1:], strict=False):
                first, last = found.get(cell, (left, right))
                found[cell] = (min(first, left), max(last, right))
        return found


def find_grids(strokes: Iterable[Stroke]) -> list[Grid]:
    """Return the grids of a page that have more than one cell."""
    level: list[_Rule] = []
    upright: list[_Rule] = []
    for number, (left, top, right, bottom) in enumerate(strokes):
        if number > _MOST_STROKES:
            return []
        wide, high = right - left, bottom - top
        if wide > high:
            level.append(_Rule((top + bottom) / 2, left, right))
        elif high > wide:
            upright.append(_Rule((left + right) / 2, top, bottom))
    level, upright = _merge_rules(level), _merge_rules(upright)
    if max(len(level), len(upright)) > _MOST_RULES:
        return []
    grids = (_build_grid(*group) for group in _group_rules(level, upright))
    return [grid for grid in grids if grid is not None and _count_cells(grid) > 1]


def _count_cells(grid: Grid) -> int:
    return len({cell for row in grid.rows for cell in row})


def _merge_rules(rules: list[_Rule]) -> list[_Rule]:
    """Join the pieces of each ruling line."""
    places = _find_places(rule.at for rule in rules)
    found: list[_Rule] = []
    for rule in sorted(rules, key=lambda rule: (_snap(places, rule.at), rule.start)):
        at = places[_snap(places, rule.at)]
        last = found[-1] if found else None
        if last is not None and last.at == at and rule.start - last.end <= _NEAR:
            found[-1] = last._replace(end=max(last.end, rule.end))
        else:
            found.append(_Rule(at, rule.start, rule.end))
    return found


def _find_places(values: Iterable[float]) -> list[float]:
    places: list[float] = []
    for value in sorted(values):
        if not places or value - places[-1] > _NEAR:
            places.append(value)
    return places


def _snap(places: list[float], value: float) -> int:
    """Return the number of the last place at or before a value."""
    return max(bisect_right(places, value) - 1, 0)


def _group_rules(level: list[_Rule], upright: list[_Rule]) -> list[tuple[list[_Rule], list[_Rule]]]:
    """Return the ruling lines that touch one another, a group for each table."""
    parents = list(range(len(level) + len(upright)))

    for i, across in enumerate(level):
        for j, down in enumerate(upright, len(level)):
            if _touches(across, down):
                parents[_find_root(parents, i)] = _find_root(parents, j)
    groups: dict[int, tuple[list[_Rule], list[_Rule]]] = {}
    for number, rule in enumerate([*level, *upright]):
        group = groups.setdefault(_find_root(parents, number), ([], []))
        group[number >= len(level)].append(rule)
    return [group for group in groups.values() if all(group)]


def _touches(across: _Rule, down: _Rule) -> bool:
    return (
        across.start - _NEAR <= down.at <= across.end + _NEAR
        and down.start - _NEAR <= across.at <= down.end + _NEAR
    )


def _find_root(parents: list[int], number: int) -> int:
    while parents[number] != number:
        parents[number] = parents[parents[number]]
        number = parents[number]
    return number


def _build_grid(level: list[_Rule], upright: list[_Rule]) -> Grid | None:
    """Return the grid of touching ruling lines; a table may be open at its sides."""
    ends = [end for rule in level for end in (rule.start, rule.end)]
    xs = _find_places([rule.at for rule in upright] + [min(ends), max(ends)])
    ends = [end for rule in upright for end in (rule.start, rule.end)]
    ys = _find_places([rule.at for rule in level] + [min(ends), max(ends)])
    width, height = len(xs) - 1, len(ys) - 1
    if width < 1 or height < 1 or width * height > _MOST_PLACES:
        return None
    parents = list(range(width * height))
    walls = _index_rules(upright, xs)
    floors = _index_rules(level, ys)
    for row in range(height):
        for column in range(width):
            here = row * width + column
            y, x = (ys[row] + ys[row + 1]) / 2, (xs[column] + xs[column + 1]) / 2
            if column + 1 < width and not _covers(walls[column + 1], y):
                parents[_find_root(parents, here + 1)] = _find_root(parents, here)
            if row + 1 < height and not _covers(floors[row + 1], x):
                parents[_find_root(parents, here + width)] = _find_root(parents, here)
    cells = [_find_root(parents, number) for number in range(width * height)]
    rows = [tuple(cells[start : start + width]) for start in range(0, len(cells), width)]
    return _drop_repeats(xs, ys, rows)


def _index_rules(rules: list[_Rule], places: list[float]) -> list[list[_Rule]]:
    found: list[list[_Rule]] = [[] for _ in places]
    for rule in rules:
        found[_snap(places, rule.at)].append(rule)
    return found


def _covers(rules: Sequence[_Rule], at: float) -> bool:
    return any(rule.start <= at <= rule.end for rule in rules)


def _drop_repeats(xs: list[float], ys: list[float], rows: list[tuple[int, ...]]) -> Grid:
    """Leave out rows and columns that show nothing but the same cells as the one before."""
    keep = [n for n, row in enumerate(rows) if n == 0 or row != rows[n - 1]]
    columns = list(zip(*rows, strict=True))
    wide = [n for n, column in enumerate(columns) if n == 0 or column != columns[n - 1]]
    return Grid(
        tuple([xs[n] for n in wide] + xs[-1:]),
        tuple([ys[n] for n in keep] + ys[-1:]),
        tuple(tuple(rows[n][m] for m in wide) for n in keep),
    )
