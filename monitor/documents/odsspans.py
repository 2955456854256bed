"""Find the merged cells of an OpenDocument workbook, which calamine does not tell."""

from __future__ import annotations

from monitor.documents.zipxml import Attributes

# First row and column, last row and column, from 0, as calamine has them.
Range = tuple[tuple[int, int], tuple[int, int]]
_MOST_RANGES = 50_000
_CELLS = frozenset(("table-cell", "covered-table-cell"))


class SpanFinder:
    """Takes content.xml (OpenDocument 1.3, part 3, section 9) and keeps ranges by sheet."""

    def __init__(self) -> None:
        self.found: dict[str, list[Range]] = {}
        self._ranges: list[Range] = []
        self._depth = self._row = self._column = self._repeats = 0

    def start(self, name: str, attributes: Attributes) -> None:
        """Take the opening of a sheet, row or cell; tables in cells are passed over."""
        if name == "table":
            self._depth += 1
            if self._depth == 1:
                self._row = 0
                self._ranges = self.found.setdefault(attributes.get("name", ""), [])
        elif self._depth == 1 and name == "table-row":
            self._column = 0
            self._repeats = _read_count(attributes, "number-rows-repeated")
        elif self._depth == 1 and name in _CELLS:
            down = _read_count(attributes, "number-rows-spanned")
            across = _read_count(attributes, "number-columns-spanned")
            if down * across > 1 and len(self._ranges) < _MOST_RANGES:
                last = (self._row + down - 1, self._column + across - 1)
                self._ranges.append(((self._row, self._column), last))
            self._column += _read_count(attributes, "number-columns-repeated")

    def end(self, name: str) -> None:
        """Take the closing of a sheet or row."""
        if name == "table":
            self._depth -= 1
        elif self._depth == 1 and name == "table-row":
            self._row += self._repeats

    def data(self, _text: str) -> None:
        """What cells say is read by calamine."""


def _read_count(attributes: Attributes, name: str) -> int:
    value = attributes.get(name, "1")
    return int(value) if value.isdecimal() and len(value) < 8 else 1
