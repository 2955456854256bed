"""Read Word 97-2003 and WPS documents; of Word 6 and 95 the bare text.

Tracked deletions, hidden text, comments and the codes of fields are left out.
"""

from __future__ import annotations

import re
import struct
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from monitor.documents.cells import Cell, EdgedRow, place_edged, split_lines
from monitor.documents.gather import gather_parts
from monitor.documents.parts import DocumentError, Fault, Limits, Part
from monitor.documents.wordbinary import Piece, WordFile, open_word
from monitor.text.markup import Block

_MARK = re.compile("[\x07\x0c\x0d]")
_CELL = "\x07"
_FIELD = re.compile("[\x13\x14\x15]")
_SIGNS = str.maketrans({
    "\x0b": "\n", "\x1e": "-", "\x1f": None, "\xa0": " ", "\t": " ", "\xad": None,
    **{chr(code): None for code in (*range(1, 7), 8, *range(14, 19))},
})  # fmt: skip
_COMMENTS = 4
_DELETED, _HIDDEN = 0x0800, 0x083C
_IN_TABLE, _ROW_END, _LEVEL = 0x2416, 0x2417, 0x2640
_INNER_CELL, _INNER_ROW = 0x244B, 0x244C
_TABLE = 0xD608
_CELL_SIZE = 20
# Which of the two bits is of the first merged cell, sources differ in; the others are empty.
_MERGED, _CONTINUES, _RESTARTS = 0x0003, 0x0020, 0x0040
_LAST_HEADING = 9
# What a paragraph or cell takes of the limit of text beside its letters.
_PIECE = 8


def read_doc(body: bytes, limits: Limits) -> Iterator[Part]:
    """Yield a DOC or WPS file as one part; raise DocumentError."""
    return gather_parts([("", _read_stories(body, limits))], limits)


def _read_stories(body: bytes, limits: Limits) -> Iterator[Block]:
    """Yield the main text, then notes, running heads and text boxes, each text once."""
    file = open_word(body)
    pieces = file.read_pieces()
    end = pieces[-1].end
    if sum(file.lengths) > end + 1:
        raise DocumentError(Fault.DAMAGED, "its text is cut")
    reader = _Reader(file, limits.text)
    seen: set[Block] = set()
    start = 0
    for number, length in enumerate(file.lengths or (end,)):
        if number != _COMMENTS:
            for block in reader.read_story(pieces, start, start + length):
                if not number or block not in seen:
                    yield block
                if number:
                    seen.add(block)
        start += length
    if reader.lost:
        raise DocumentError(Fault.DAMAGED, f"{reader.lost} bytes of text are missing")


@dataclass
class _Table:
    rows: list[EdgedRow] = field(default_factory=list)
    cells: list[Cell] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    inner: list[str] = field(default_factory=list)


class _Reader:
    """Reads stories of one document."""

    def __init__(self, file: WordFile, most: int) -> None:
        self.lost = 0
        self._left = most
        self._file = file
        self._paragraphs, self._characters = file.read_paragraphs(), file.read_characters()
        self._table = _Table()
        self._known: dict[bytes, dict[int, bytes]] = {}

    def read_story(self, pieces: list[Piece], start: int, end: int) -> Iterator[Block]:
        """Yield the blocks of the text between two positions."""
        self._table = _Table()
        texts: list[str] = []
        codes = _Codes()
        for text, offset, width in self._walk_runs(pieces, start, end):
            place = 0
            for mark in _MARK.finditer(text):
                texts.append(codes.drop(text[place : mark.start()]))
                place = mark.end()
                line = "".join(texts).translate(_SIGNS)
                texts.clear()
                raw = self._paragraphs.find(offset + mark.start() * width)
                yield from self._end_paragraph(line, mark[0], raw)
            texts.append(codes.drop(text[place:]))
        yield from self._end_paragraph("".join(texts).translate(_SIGNS), "\x0d", b"")
        yield from self._end_table()

    def _walk_runs(
        self, pieces: list[Piece], start: int, end: int
    ) -> Iterator[tuple[str, int, int]]:
        """Yield runs of text with their offset and width; of hidden ones only the marks."""
        for piece in pieces:
            first, last = max(piece.start, start), min(piece.end, end)
            offset = piece.offset + (first - piece.start) * piece.width
            stop = piece.offset + (last - piece.start) * piece.width
            if first < last and stop > len(self._file.main):
                self.lost += stop - max(offset, len(self._file.main))
                stop = len(self._file.main)
            while offset < stop:
                upto = min(self._find_end(offset, piece.width), stop)
                text = self._decode(self._file.main[offset:upto], piece.width)
                if self._is_unseen(self._characters.find(offset)):
                    text = "".join(letter if _MARK.match(letter) else "\x01" for letter in text)
                yield text, offset, piece.width
                offset = upto

    def _find_end(self, offset: int, width: int) -> int:
        """Return where the characters' properties change after an offset."""
        starts = self._characters.starts
        place = bisect_right(starts, offset)
        upto = starts[place] if place < len(starts) else len(self._file.main)
        return offset + max((upto - offset) // width, 1) * width

    def _decode(self, raw: bytes, width: int) -> str:
        """Decode a run; Western Word has cp1252 in its short pieces, others put GBK there."""
        if width == 2:
            return raw.decode("utf-16-le", "replace")
        try:
            return raw.decode("gb2312" if self._file.is_97 else "gbk")
        except UnicodeDecodeError:
            return raw.decode("cp1252", "replace")

    def _is_unseen(self, raw: bytes) -> bool:
        found = self._read_properties(raw)
        return any(found.get(code, b"\0")[:1] == b"\x01" for code in (_DELETED, _HIDDEN))

    def _read_properties(self, raw: bytes) -> dict[int, bytes]:
        if raw not in self._known:
            self._known[raw] = dict(self._file.list_properties(raw))
        return self._known[raw]

    def _end_paragraph(self, line: str, mark: str, raw: bytes) -> Iterator[Block]:
        self._left -= len(line) + _PIECE
        if self._left < 0:
            raise DocumentError(Fault.TOO_LARGE, "has too much text")
        found = self._read_properties(raw[2:])
        if _is_set(found, _ROW_END):
            self._end_row(found)
            return
        heading = 0 < int.from_bytes(raw[:2], "little") <= _LAST_HEADING or _has_level(found)
        blocks = split_lines(line, heading=heading and mark != _CELL)
        if mark == _CELL:
            self._end_cell(blocks, known=bool(raw))
        elif _is_set(found, _INNER_CELL) or _is_set(found, _INNER_ROW):
            self._keep_inner(line, ends_row=_is_set(found, _INNER_ROW))
        elif _is_set(found, _IN_TABLE) or (not raw and self._table.cells):
            self._table.blocks += blocks
        else:
            yield from self._end_table()
            yield from blocks

    def _end_cell(self, blocks: list[Block], *, known: bool) -> None:
        """End a cell; without properties an empty one ends its row."""
        table = self._table
        if not known and not blocks and not table.blocks and table.cells:
            self._end_row({})
            return
        table.cells.append(Cell((*table.blocks, *blocks)))
        table.blocks = []

    def _keep_inner(self, line: str, *, ends_row: bool) -> None:
        """Keep a cell of a table within a cell; its row becomes a line."""
        self._table.inner.append(line)
        if ends_row:
            self._table.blocks += split_lines(" ".join(self._table.inner).replace("\n", " "))
            self._table.inner = []

    def _end_row(self, found: dict[int, bytes]) -> None:
        table = self._table
        if table.blocks:
            table.cells.append(Cell(tuple(table.blocks)))
        if table.cells:
            table.rows.append(_shape_row(table.cells, found))
        table.cells, table.blocks = [], []

    def _end_table(self) -> list[Block]:
        if not (self._table.rows or self._table.cells or self._table.blocks):
            return []
        self._end_row({})
        rows, self._table = self._table.rows, _Table()
        return place_edged(rows)


class _Codes:
    """Drops the codes of fields and keeps what they show; fields may lie in fields."""

    def __init__(self) -> None:
        self._open: list[bool] = []

    def drop(self, text: str) -> str:
        """Return text without codes of fields, which may begin or end in other runs."""
        out: list[str] = []
        place = 0
        for sign in _FIELD.finditer(text):
            if not any(self._open):
                out.append(text[place : sign.start()])
            place = sign.end()
            if sign[0] == "\x13":
                self._open.append(True)
            elif self._open:
                self._open.pop()
                if sign[0] == "\x14":
                    self._open.append(False)
        if not any(self._open):
            out.append(text[place:])
        return "".join(out)


def _is_set(found: dict[int, bytes], code: int) -> bool:
    return found.get(code, b"\0")[:1] not in (b"\0", b"")


def _has_level(found: dict[int, bytes]) -> bool:
    return found.get(_LEVEL, b"\x09")[:1] < b"\x09"


def _shape_row(cells: list[Cell], found: dict[int, bytes]) -> EdgedRow:
    """Return a row with its edges and merged cells, where its properties say them (2.9.326)."""
    shape = found.get(_TABLE, b"")
    count = shape[0] if shape else 0
    if count != len(cells) or len(shape) < 3 + 2 * count:
        return EdgedRow(tuple(cells))
    edges = struct.unpack_from(f"<{count + 1}h", shape, 1)
    flags = [_read_flags(shape, 3 + 2 * count + _CELL_SIZE * number) for number in range(count)]
    kept = [n for n in range(count) if not n or cells[n].blocks or not flags[n] & _MERGED]
    shown = tuple(
        replace(cells[n], continued=flags[n] & (_CONTINUES | _RESTARTS) == _CONTINUES) for n in kept
    )
    return EdgedRow(shown, tuple(edges[n] for n in kept) + edges[-1:])


def _read_flags(shape: bytes, place: int) -> int:
    return int.from_bytes(shape[place : place + 2], "little")
