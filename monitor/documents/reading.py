"""Read an attachment with all that is inside it; whatever it holds, this never raises."""

from __future__ import annotations

import logging
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import replace
from itertools import accumulate

from monitor.documents import ocr
from monitor.documents.formats import PICTURED, READERS, UNREAD
from monitor.documents.packed import ARCHIVES, list_files
from monitor.documents.parts import DocumentError, Fault, Flaw, Limits, Part, ReadDocument
from monitor.documents.pdf import find_scanned_pages, render_page
from monitor.documents.sniff import find_kind
from monitor.text.markup import Block, Line, Table

log = logging.getLogger(__name__)

# A str is the place of the file inside an archive that is read next.
Step = Part | Flaw | str
# What a line or a cell costs beside its characters, as it takes memory where it is empty too.
_PIECE = 8
_DPI = 150
# Kinds that are all text: more bytes than these cannot be kept, and decoding them takes memory.
_PLAIN, _MOST_PER_CHARACTER = ("txt", "csv"), 4


def read_bytes(body: bytes, name: str, limits: Limits) -> ReadDocument:
    """Return the text of an attachment and of what is inside it, as far as the limits allow.

    `name` is what the portal calls it; it hardly matters. Never raises for any content.
    """
    steps = list(stream_bytes(body, name, limits))
    return ReadDocument(
        kind=find_kind(body, name),
        parts=tuple(step for step in steps if isinstance(step, Part)),
        flaws=tuple(step for step in steps if isinstance(step, Flaw)),
    )


def stream_bytes(body: bytes, name: str, limits: Limits) -> Iterator[Step]:
    """Yield the parts and flaws of an attachment as they are found, and where reading is."""
    if len(body) > limits.size:
        yield Flaw(Fault.TOO_LARGE, detail=f"{len(body)} bytes, more than {limits.size}")
    else:
        yield from _Walk(limits).read_file(body, name, "", 0)


class _Walk:
    """Reads a file and those inside it, within what is left of the limits of all together."""

    def __init__(self, limits: Limits) -> None:
        self._left = limits
        self._depth = limits.depth
        self._is_full = False

    def read_file(self, body: bytes, name: str, path: str, depth: int) -> Iterator[Step]:
        """Yield what a file holds; `path` is its place inside the attachment, "" for itself."""
        if path:
            yield path
        try:
            yield from self._read_kind(body, find_kind(body, name), path, depth)
        except DocumentError as error:
            yield Flaw(error.fault, path, error.detail)
        except MemoryError:
            yield Flaw(Fault.OUT_OF_MEMORY, path)
        except Exception as error:
            # A reader's slip over odd bytes costs this file and no other.
            log.debug("%s broke its reader", path or name, exc_info=True)
            yield Flaw(Fault.BROKE_READER, path, type(error).__name__)

    def _read_kind(self, body: bytes, kind: str, path: str, depth: int) -> Iterator[Step]:
        if kind in ARCHIVES:
            yield from self._read_archive(body, kind, path, depth)
        elif kind in READERS:
            yield from self._read_format(body, kind, path)
        elif kind == "image":
            yield from self._read_image(body, path)
        else:
            flaw = UNREAD.get(kind) or Flaw(Fault.UNKNOWN_TYPE, detail=f"begins {body[:8].hex()}")
            yield replace(flaw, where=path)

    def _read_archive(self, body: bytes, kind: str, path: str, depth: int) -> Iterator[Step]:
        if depth == self._depth:
            raise DocumentError(Fault.TOO_DEEP, f"archives nested deeper than {self._depth}")
        for found in list_files(body, kind, self._left):
            if isinstance(found, Flaw):
                self._take(b"")
                yield replace(found, where=_join(path, found.where))
                continue
            name, content = found
            self._take(content)
            # An empty body is a failed download, an empty file in an archive just that.
            if not content:
                continue
            yield from self.read_file(content, name, _join(path, name), depth + 1)
            if self._is_full:
                raise DocumentError(Fault.TOO_LARGE, "what comes after it is not read")

    def _take(self, content: bytes) -> None:
        """Count a file of an archive; raise DocumentError where it is too much altogether."""
        left = self._left
        self._left = replace(left, files=left.files - 1, unfolded=left.unfolded - len(content))
        if self._left.files < 0:
            raise DocumentError(Fault.TOO_MANY, "too many files in archives inside archives")
        if self._left.unfolded < 0:
            raise DocumentError(Fault.BOMB, "archives inside it unfold too far")

    def _read_format(self, body: bytes, kind: str, path: str) -> Iterator[Step]:
        is_empty, most = True, _MOST_PER_CHARACTER * self._left.text
        is_cut = kind in _PLAIN and len(body) > most
        try:
            for part in READERS[kind](body[:most] if is_cut else body, self._left):
                is_empty = False
                yield from self._keep(part, path)
        except DocumentError as error:
            # A PDF whose pages are all scanned is said to be so; they come next.
            if kind != "pdf" or error.fault is not Fault.SCANNED:
                raise
        if kind == "pdf":
            yield from self._read_scanned_pages(body, path)
        elif is_empty and kind in PICTURED:
            raise DocumentError(Fault.SCANNED, "no text; what it shows may be pictures")
        if is_cut:
            raise DocumentError(Fault.TOO_LARGE, f"text after {most} bytes is left out")

    def _keep(self, part: Part, path: str) -> Iterator[Part]:
        """Yield what of a part there is room for; raise DocumentError where that is not all."""
        kept: list[Block] = []
        text = self._left.text
        for block in part.blocks:
            fitting = _cut_block(block, text)
            text -= _weigh_block(block)
            kept += [fitting] if fitting else []
            if text < 0:
                self._is_full = True
                break
        self._left = replace(self._left, text=max(text, 0), pages=self._left.pages - 1)
        if kept:
            yield Part(_join(path, part.file), part.place, tuple(kept))
        if self._is_full:
            raise DocumentError(Fault.TOO_LARGE, f"text after {part.place or 'this'} is left out")

    def _read_scanned_pages(self, body: bytes, path: str) -> Iterator[Step]:
        numbers = tuple(find_scanned_pages(body, self._left))
        if numbers and not self._left.ocr:
            raise DocumentError(Fault.SCANNED, f"{_name_pages(numbers)}: {ocr.explain_missing()}")
        for number in numbers[: ocr.MOST_PAGES]:
            blocks = ocr.read_image(render_page(body, number, _DPI))
            yield from self._keep(Part("", f"p. {number}", blocks), path)
        if left_out := numbers[ocr.MOST_PAGES :]:
            raise DocumentError(Fault.TOO_MANY, f"scanned {_name_pages(left_out)} left out")

    def _read_image(self, body: bytes, path: str) -> Iterator[Step]:
        if not self._left.ocr:
            raise DocumentError(Fault.SCANNED, ocr.explain_missing())
        yield from self._keep(Part("", "", ocr.read_image(body)), path)


def _weigh_block(block: Block) -> int:
    if isinstance(block, Line):
        return len(block.text) + _PIECE
    return sum(map(_weigh_row, block.rows))


def _weigh_row(row: tuple[str, ...]) -> int:
    return sum(map(len, row)) + _PIECE * len(row)


def _cut_block(block: Block, room: int) -> Block | None:
    """Return what of a block there is room for; whole rows of a table."""
    if isinstance(block, Line):
        text = block.text[: max(0, room - _PIECE)]
        return replace(block, text=text) if text else None
    ends = list(accumulate(map(_weigh_row, block.rows)))
    rows = block.rows[: bisect_right(ends, room)]
    return Table(rows) if rows else None


def _join(path: str, name: str) -> str:
    return "/".join(step for step in (path, name) if step)


def _name_pages(numbers: tuple[int, ...]) -> str:
    """Return page numbers as people write them, at most a few: "p. 1, 2, 5 and 3 more"."""
    shown = ", ".join(map(str, numbers[:5]))
    return f"p. {shown}" + (f" and {len(numbers) - 5} more" if len(numbers) > 5 else "")
