"""Read CSV, plain text and HTML, in any of the encodings that Chinese offices use."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from monitor.documents.gather import gather_parts, make_blocks
from monitor.documents.parts import DocumentError, Fault, Limits, Part
from monitor.text.charset import Decoded, decode_page
from monitor.text.markup import Block, Line, parse_html, read_body, squeeze

# Of UTF-16 without its mark, Latin letters and line ends have one byte NUL.
_SAMPLE = 4096
_NUL_SHARE = 0.05
_DELIMITERS = ",\t;|"
_LONGEST_CELL = 1_000_000
# Of all characters: one bad byte is a slip, so many are another kind of file.
_MOST_REPLACED = 0.01


def read_csv(body: bytes, limits: Limits) -> Iterator[Part]:
    """Yield comma-, tab- or semicolon-separated values as one table; raise DocumentError."""
    return gather_parts([("", _read_rows(body, limits))], limits)


def read_text(body: bytes, limits: Limits) -> Iterator[Part]:
    """Yield plain text as lines; raise DocumentError."""
    return gather_parts([("", _read_lines(body))], limits)


def read_html(body: bytes, limits: Limits) -> Iterator[Part]:
    """Yield a saved page as lines and tables; raise DocumentError."""
    return gather_parts([("", _read_page(body))], limits)


def decode_text(body: bytes) -> Decoded:
    """Decode text as `decode_page` does, and UTF-16 that lacks its mark."""
    sample = body[:_SAMPLE]
    if not body.startswith((b"\xff\xfe", b"\xfe\xff")):
        little, big = sample[1::2].count(0), sample[0::2].count(0)
        if max(little, big) > len(sample) * _NUL_SHARE and min(little, big) * 4 < max(little, big):
            return decode_page((b"\xff\xfe" if little > big else b"\xfe\xff") + body)
    return decode_page(body)


def _check_decoded(decoded: Decoded) -> None:
    """Raise DocumentError where so much is no text that words are likely lost."""
    if decoded.replaced > len(decoded.text) * _MOST_REPLACED:
        raise DocumentError(Fault.DAMAGED, decoded.note)


def _read_lines(body: bytes) -> Iterator[Block]:
    decoded = decode_text(body)
    for line in decoded.text.splitlines():
        if text := squeeze(line):
            yield Line(text)
    _check_decoded(decoded)


def _read_rows(body: bytes, limits: Limits) -> Iterator[Block]:
    decoded = decode_text(body)
    head = decoded.text[:_SAMPLE]
    delimiter = max(_DELIMITERS, key=head.count)
    csv.field_size_limit(_LONGEST_CELL)
    rows: list[tuple[str, ...]] = []
    left = limits.text
    try:
        for row in csv.reader(io.StringIO(decoded.text, newline=""), delimiter=delimiter):
            rows.append(tuple(_trim_row([_clean_cell(cell) for cell in row])))
            left -= sum(map(len, row)) + len(row) + 1
            if left < 0:
                break
    except csv.Error as error:
        yield from make_blocks(rows)
        raise DocumentError(Fault.DAMAGED, f"line {len(rows) + 1}: {error}") from error
    yield from make_blocks(rows)
    if left < 0:
        raise DocumentError(Fault.TOO_LARGE, f"rows after {len(rows)} are left out")
    _check_decoded(decoded)


def _clean_cell(cell: str) -> str:
    return "\n".join(text for line in cell.splitlines() if (text := squeeze(line)))


def _trim_row(row: list[str]) -> list[str]:
    while row and not row[-1]:
        row.pop()
    return row


def _read_page(body: bytes) -> Iterator[Block]:
    decoded = decode_text(body)
    page = read_body(parse_html(decoded.text))
    yield from page.blocks
    if page.left_out:
        raise DocumentError(Fault.TOO_LARGE, "; ".join(page.left_out))
    _check_decoded(decoded)
