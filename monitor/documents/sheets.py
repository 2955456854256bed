"""Read workbooks: XLSX, XLS, ODS and .et; the door to python-calamine."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta

from python_calamine import (
    CalamineError,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
)

from monitor.documents.gather import Place, gather_parts
from monitor.documents.odsspans import Range, SpanFinder
from monitor.documents.parts import DocumentError, Fault, Limits, Part
from monitor.documents.zipxml import Package
from monitor.text.markup import Block, Line, Table

Spans = Mapping[str, Sequence[Range]]
Value = int | float | str | bool | time | date | datetime | timedelta
# calamine makes a place for every cell between the first and the last, 32 bytes each: one word
# in the last corner of a sheet would be half a terabyte.
_MOST_PLACES = 1_000_000
_WITH_TEXT = (SheetTypeEnum.WorkSheet, SheetTypeEnum.MacroSheet, SheetTypeEnum.DialogSheet)
_ZIP_MAGIC = b"PK\x03\x04"
_MANIFEST = "META-INF/manifest.xml"
# Of an XLSX with a password, and of an XLS: its first record, and FILEPASS (MS-XLS 2.4.117).
_PACKAGE_NAME = "EncryptedPackage".encode("utf-16-le")
_FILEPASS = re.compile(rb"\x09\x08\x10\0.{16}(?:\x86\0\0\0)?\x2f\0", re.DOTALL)
_ODS_CONTENT = "content.xml"
# Cells that hold something, and rows with cells that do not say where they are.
_CELL = re.compile(rb'<(?:\w+:)?c\b[^>]*?\br="([A-Z]{1,3})([0-9]{1,7})"[^>]*(?<!/)>(?!</)')
_ROW = re.compile(
    rb'<(?:\w+:)?row\b[^>]*?\br="([0-9]{1,7})"[^>]*>\s*<(?:\w+:)?c(?:\s+(?!r=)\w+="[^"]*")*>'
)
_LONGEST_TAG = 512


def read_sheets(body: bytes, limits: Limits) -> Iterator[Part]:
    """Yield a part per sheet, hidden ones too; raise DocumentError."""
    return gather_parts(_list_sheets(body, limits), limits)


def _list_sheets(body: bytes, limits: Limits) -> Iterator[Place]:
    spans = _check_package(body, limits)
    with _calamine_errors():
        book = CalamineWorkbook.from_filelike(io.BytesIO(body))
        sheets = [sheet for sheet in book.sheets_metadata if sheet.typ in _WITH_TEXT]
    for sheet in sheets:
        yield f"sheet {sheet.name}", _read_sheet(book, sheet.name, spans)


@contextmanager
def _calamine_errors() -> Iterator[None]:
    """Turn the errors of calamine into ours; a panic of Rust has no class that can be named."""
    try:
        yield
    except PasswordError as error:
        raise DocumentError(Fault.ENCRYPTED, "needs a password") from error
    except BaseException as error:
        named = isinstance(error, CalamineError | OSError | ValueError | OverflowError)
        if not named and type(error).__name__ != "PanicException":
            raise
        detail = (str(error).splitlines() or ["no workbook"])[0]
        fault = Fault.ENCRYPTED if "password" in detail.lower() else Fault.DAMAGED
        raise DocumentError(fault, detail[:200]) from error


def _check_package(body: bytes, limits: Limits) -> Spans:
    """Refuse what is damaged, locked or would unfold too far, before calamine reads it.

    Returns the merged cells of each sheet of an ODS.
    """
    finder = SpanFinder()
    if not body.startswith(_ZIP_MAGIC):
        if _PACKAGE_NAME in body or _FILEPASS.search(body):
            raise DocumentError(Fault.ENCRYPTED, "needs a password")
        return {}
    package = Package(body, limits)
    if _MANIFEST in package.names and b"encryption-data" in package.read_member(_MANIFEST):
        raise DocumentError(Fault.ENCRYPTED, "needs a password")
    for name in package.names:
        if name == _ODS_CONTENT:
            package.read_xml(name, finder)
        elif name.endswith((".xml", ".bin", ".rels")) and name != _MANIFEST:
            # calamine does not look at checksums; reading to the end does.
            _check_extent(name, package.read_chunks(name))
    return finder.found


def _check_extent(name: str, chunks: Iterator[bytes]) -> None:
    """Raise DocumentError where cells lie too far apart."""
    places: set[tuple[int, int]] = set()
    text = b""
    for chunk in chunks:
        text = text[-_LONGEST_TAG:] + chunk
        places |= {(int(row), 1) for row in _ROW.findall(text)}
        places |= {(int(row), _count_column(letters)) for letters, row in _CELL.findall(text)}
        if not places:
            continue
        first, last = min(row for row, _ in places), max(row for row, _ in places)
        width = max(column for _, column in places)
        if (last - first + 1) * width > _MOST_PLACES:
            raise DocumentError(Fault.TOO_LARGE, f"{name} spreads over {last} rows of {width}")
        places = {(first, width), (last, width)}


def _count_column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _read_sheet(book: CalamineWorkbook, name: str, spans: Spans) -> Iterator[Block]:
    with _calamine_errors():
        sheet = book.get_sheet_by_name(name)
    if sheet.height * sheet.width > _MOST_PLACES:
        raise DocumentError(Fault.TOO_LARGE, f"{sheet.height} rows of {sheet.width} cells")
    with _calamine_errors():
        rows = [[show_value(value) for value in row] for row in sheet.to_python()]
    ranges = sheet.merged_cell_ranges or spans.get(name, ())
    _fill_merged(rows, sheet.start or (0, 0), ranges)
    filled = [index for row in rows for index, text in enumerate(row) if text]
    if not filled:
        return
    first, last = min(filled), max(filled) + 1
    shown = tuple(tuple(row[first:last]) for row in rows if any(row))
    if last - first == 1:
        yield from (Line(line) for (text,) in shown for line in text.split("\n") if line)
    else:
        yield Table(shown)


def _fill_merged(rows: list[list[str]], start: tuple[int, int], ranges: Iterable[Range]) -> None:
    """Write every merged cell into each place it covers."""
    top, left = start
    places = _MOST_PLACES
    for (first_row, first), (last_row, last) in ranges:
        covered = rows[max(first_row - top, 0) : max(last_row - top + 1, 0)]
        begin, stop = max(first - left, 0), max(last - left + 1, 0)
        text = covered[0][begin] if covered and begin < len(covered[0]) else ""
        places -= len(covered) * (stop - begin)
        if places < 0:
            break
        for row in covered if text else ():
            row[begin:stop] = [text] * len(row[begin:stop])


def show_value(value: Value) -> str:
    """Return what a cell shows: 10 for 10.0, dates as ISO 8601 has them."""
    if isinstance(value, str):
        lines = (" ".join(line.split()) for line in value.splitlines())
        return "\n".join(line for line in lines if line)
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, datetime):
        midnight = value.time() == time()
        return value.date().isoformat() if midnight else value.isoformat(" ", "seconds")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, float):
        return f"{value:.0f}" if value.is_integer() and abs(value) < 1e15 else f"{value:.15g}"
    return str(value)
