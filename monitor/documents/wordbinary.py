"""The streams of Word 97-2003: pieces of text, and the properties of places in them.

[MS-DOC]; section numbers in comments are of it. Offsets are in bytes, positions in characters.
"""

from __future__ import annotations

import io
import struct
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import olefile

from monitor.documents.parts import DocumentError, Fault

_WORD_97 = 0xC1
_MAGICS = (0xA5EC, 0xA5DC)
_ENCRYPTED, _WHICH_TABLE, _COMPLEX = 0x0100, 0x0200, 0x0004
_PAGE = 512
_COMPRESSED = 0x40000000
# Kinds of property pages: where the FIB names their table, and how long an entry is.
_CHARACTERS, _PARAGRAPHS = (0x00FA, 1), (0x0102, 13)
_HUGE = (0x6645, 0x6646)
_TABLE_DEFINITION = 0xD608
# How long the operand of a property is, by the top bits of its code (2.2.5.1); 6 says itself.
_OPERANDS = (1, 1, 2, 4, 2, 2, 0, 3)
_MOST_PAGES = 20_000
_MOST_PIECES = 200_000
_MOST_STREAM = 64 * 1024 * 1024
# How long the head of the main stream is at least, up to the last field that is read here.
_FIB_95, _FIB_97 = 0x60, 0x01AA
# What olefile raises over damaged bytes.
_OLE_ERRORS = (
    OSError, ValueError, LookupError, TypeError, ArithmeticError, struct.error, AttributeError,
    RuntimeError, AssertionError,
)  # fmt: skip
Property = tuple[int, bytes]


@dataclass(frozen=True)
class Piece:
    """A run of text: its first position, its bytes' offset and how they are to be read."""

    start: int
    end: int
    offset: int
    width: int


@dataclass(frozen=True)
class Ranges:
    """Properties of ranges of bytes: the n-th is in force from `starts[n]` on."""

    starts: list[int]
    properties: list[bytes]

    def find(self, offset: int) -> bytes:
        """Return the properties in force at an offset."""
        place = bisect_right(self.starts, offset) - 1
        return self.properties[place] if place >= 0 else b""


@dataclass(frozen=True)
class WordFile:
    """The streams of a document; its main stream begins with the FIB (2.5)."""

    main: bytes
    table: bytes
    extra: bytes

    @property
    def is_97(self) -> bool:
        """Whether it is of Word 97 or later, not of Word 6 or 95."""
        return read_word(self.main, 2) >= _WORD_97

    @property
    def lengths(self) -> tuple[int, ...]:
        """The lengths of its stories in characters: main text, footnotes, running heads, macros,
        comments, endnotes, text boxes, and text boxes of running heads; empty for Word 95.
        """
        if not self.is_97:
            return ()
        return tuple(max(length, 0) for length in struct.unpack_from("<8i", self.main, 0x4C))

    def read_pieces(self) -> list[Piece]:
        """Return the pieces of the text in order (2.8.35, 2.9.38); raise DocumentError."""
        if not self.is_97:
            return self._read_one_piece()
        start, length = struct.unpack_from("<II", self.main, 0x01A2)
        plan = self.table[start : start + length]
        while plan[:1] == b"\x01":
            plan = plan[3 + int.from_bytes(plan[1:3], "little") :]
        if plan[:1] != b"\x02":
            raise DocumentError(Fault.DAMAGED, "its piece table is missing")
        size = int.from_bytes(plan[1:5], "little")
        count = (min(size, len(plan) - 5) - 4) // 12
        if not 0 < count <= _MOST_PIECES or size > len(plan) - 5:
            raise DocumentError(Fault.DAMAGED, "its piece table is cut")
        ends = struct.unpack_from(f"<{count + 1}I", plan, 5)
        places = (
            struct.unpack_from("<I", plan, 5 + 4 * (count + 1) + 8 * number + 2)[0]
            for number in range(count)
        )
        return [
            _make_piece(*span, place) for span, place in zip(pairwise(ends), places, strict=True)
        ]

    def _read_one_piece(self) -> list[Piece]:
        """Return the text of Word 6 and 95, which lies in one run of single bytes."""
        first, last = struct.unpack_from("<II", self.main, 0x18)
        if read_word(self.main, 0x0A) & _COMPLEX or last > len(self.main):
            raise DocumentError(Fault.DAMAGED, "a fast-saved or cut file of Word 6")
        return [Piece(0, max(last - first, 0), first, 1)]

    def read_paragraphs(self) -> Ranges:
        """Return the properties of paragraphs."""
        return self._read_ranges(*_PARAGRAPHS)

    def read_characters(self) -> Ranges:
        """Return the properties of characters."""
        return self._read_ranges(*_CHARACTERS)

    def _read_ranges(self, field: int, width: int) -> Ranges:
        """Return what the property pages say (2.8.5, 2.8.6, 2.9.33, 2.9.34)."""
        found = Ranges([], [])
        if not self.is_97:
            return found
        start, length = struct.unpack_from("<II", self.main, field)
        length = min(length, max(len(self.table) - start, 0))
        count = min((length - 4) // 8, _MOST_PAGES)
        for number in range(max(count, 0)):
            place = start + 4 * (count + 1) + 4 * number
            page = (struct.unpack_from("<I", self.table, place)[0] & 0x3FFFFF) * _PAGE
            self._read_page(self.main[page : page + _PAGE], width, found)
        order = sorted(range(len(found.starts)), key=found.starts.__getitem__)
        return Ranges([found.starts[n] for n in order], [found.properties[n] for n in order])

    def _read_page(self, page: bytes, width: int, found: Ranges) -> None:
        count = page[-1] if len(page) == _PAGE else 0
        if 4 * (count + 1) + width * count >= _PAGE:
            return
        for number in range(count):
            found.starts.append(struct.unpack_from("<I", page, 4 * number)[0])
            place = page[4 * (count + 1) + width * number] * 2
            fits = 0 < place < _PAGE
            found.properties.append(_cut_properties(page, place, width) if fits else b"")

    def list_properties(self, raw: bytes) -> Iterator[Property]:
        """Yield codes and operands; those that lie in the data stream, from there (2.6.2)."""
        for code, operand in _split_properties(raw):
            if code in _HUGE and len(operand) == 4:
                place = struct.unpack("<I", operand)[0]
                length = int.from_bytes(self.extra[place : place + 2], "little")
                yield from _split_properties(self.extra[place + 2 : place + 2 + length])
            else:
                yield code, operand


def read_word(stream: bytes, place: int) -> int:
    """Return the two bytes at a place as a number."""
    return int.from_bytes(stream[place : place + 2], "little")


def _make_piece(start: int, end: int, place: int) -> Piece:
    compressed = bool(place & _COMPRESSED)
    offset = place & ~_COMPRESSED
    return Piece(start, end, offset // 2 if compressed else offset, 1 if compressed else 2)


def _cut_properties(page: bytes, place: int, width: int) -> bytes:
    """Return one list of properties of a page; that of a paragraph begins with its style."""
    length = page[place]
    if width > 1:
        length = length * 2 - 1
        if length < 0:
            place += 1
            length = page[place] * 2 if place < _PAGE else 0
    return page[place + 1 : place + 1 + length]


def _split_properties(raw: bytes) -> Iterator[Property]:
    place = 0
    while place + 2 < len(raw):
        code = raw[place] | raw[place + 1] << 8
        place += 2
        length = _OPERANDS[code >> 13]
        if code == _TABLE_DEFINITION:
            length = max(int.from_bytes(raw[place : place + 2], "little") - 1, 0)
            place += 2
        elif not length:
            length = raw[place]
            place += 1
        yield code, raw[place : place + length]
        place += length


def open_word(body: bytes) -> WordFile:
    """Open a document; raise DocumentError where it is encrypted, damaged or no document."""
    try:
        with olefile.OleFileIO(io.BytesIO(body)) as ole:
            if ole.exists("EncryptedPackage"):
                raise DocumentError(Fault.ENCRYPTED, "needs a password")
            main = _read_stream(ole, "WordDocument")
            if len(main) < _FIB_95 or read_word(main, 0) not in _MAGICS:
                raise DocumentError(Fault.DAMAGED, "has no Word text")
            flags = read_word(main, 0x0A)
            if flags & _ENCRYPTED:
                raise DocumentError(Fault.ENCRYPTED, "needs a password")
            table = _read_stream(ole, "1Table" if flags & _WHICH_TABLE else "0Table")
            extra = _read_stream(ole, "Data")
    except _OLE_ERRORS as error:
        raise DocumentError(Fault.DAMAGED, f"no OLE file: {error}") from error
    file = WordFile(main, table, extra)
    if len(main) < (_FIB_97 if file.is_97 else _FIB_95):
        raise DocumentError(Fault.DAMAGED, "its head is cut")
    return file


def _read_stream(ole: olefile.OleFileIO, name: str) -> bytes:
    """Return a stream, empty where there is none."""
    if not ole.exists(name):
        return b""
    if ole.get_size(name) > _MOST_STREAM:
        raise DocumentError(Fault.TOO_LARGE, f"{name} has more than {_MOST_STREAM} bytes")
    return bytes(ole.openstream(name).read())
