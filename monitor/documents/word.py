"""Read DOCX and its kin: the words that a reader of the printed page sees.

ISO/IEC 29500-1, section 17. Tracked deletions and hidden text are left out.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace

from monitor.documents.cells import Cell, place_cells, split_lines
from monitor.documents.gather import gather_parts
from monitor.documents.parts import DocumentError, Fault, Limits, Part
from monitor.documents.zipxml import Attributes, Package, join_path
from monitor.text.markup import Block

# What is struck, what repeats a text box for old programs, readings above words, codes of
# fields, and properties as they were before a tracked change.
_UNSEEN = frozenset(
    "del moveFrom Fallback rt instrText delText delInstrText pPrChange rPrChange tcPrChange "
    "trPrChange tblPrChange tblPrExChange sectPrChange tblGridChange".split()
)
_PICTURES = frozenset(("blip", "imagedata"))
_MARKS = {"tab": " ", "ptab": " ", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
_OFF = frozenset(("0", "false", "off", "none"))
_HEADING = re.compile(r"heading|标题|title", re.IGNORECASE)
_MAIN = "word/document.xml"
_SIDES = ("footnotes", "endnotes", "header", "footer")
_BODY_TEXT = "9"
# What an element takes of the limit of text beside its letters.
_PIECE = 8


def read_docx(body: bytes, limits: Limits) -> Iterator[Part]:
    """Yield a DOCX, DOCM or DOTX as one part; raise DocumentError."""
    return gather_parts([("", _read_stories(body, limits))], limits)


def _read_stories(body: bytes, limits: Limits) -> Iterator[Block]:
    """Yield the main text, then notes, headers and footers, each text once."""
    package = Package(body, limits)
    main = next(iter(_list_related(package, "", ("officeDocument",))), _MAIN)
    story = _Story(limits.text, _find_headings(package, join_path(main, "styles.xml")))
    found = False
    for _ in package.feed_xml(main, story):
        for block in story.take_blocks():
            found = True
            yield block
    seen: set[Block] = set()
    for name in _list_related(package, main, _SIDES):
        side = _Story(limits.text)
        package.read_xml(name, side)
        fresh = [block for block in side.take_blocks() if block not in seen]
        seen.update(fresh)
        yield from fresh
    if not found and story.pictures:
        raise DocumentError(Fault.SCANNED, f"{story.pictures} pictures without text")
    if story.foreign:
        raise DocumentError(Fault.UNKNOWN_TYPE, f"{story.foreign} embedded documents are not read")


class _Relations:
    """Lists what a part is related to: kinds and locations."""

    def __init__(self) -> None:
        self.found: list[tuple[str, str]] = []

    def start(self, _name: str, attributes: Attributes) -> None:
        """Note where a related part lies."""
        if attributes.get("TargetMode") != "External":
            kind = attributes.get("Type", "").rpartition("/")[2]
            self.found.append((kind, attributes.get("Target", "")))

    def end(self, _name: str) -> None:
        """Relations are flat."""

    def data(self, _text: str) -> None:
        """Relations have no text."""


def _list_related(package: Package, name: str, kinds: tuple[str, ...]) -> list[str]:
    """Return the parts that a part, or with "" the package, names, in the order of kinds."""
    relations = _Relations()
    path = join_path(name, f"_rels/{name.rpartition('/')[2]}.rels")
    if path in package.names:
        package.read_xml(path, relations)
    found = [(kind, join_path(name, target)) for kind, target in relations.found if target]
    return [path for wanted in kinds for kind, path in found if kind == wanted]


class _Styles:
    """Finds the styles of headings: Chinese Word calls them 1, 2, …, their names tell."""

    def __init__(self) -> None:
        self.headings: set[str] = set()
        self._style = ""

    def start(self, name: str, attributes: Attributes) -> None:
        """Note a style whose name or outline level is of a heading."""
        value = attributes.get("val", "")
        if name == "style":
            self._style = attributes.get("styleId", "")
        elif (name == "name" and _HEADING.match(value)) or _is_level(name, value):
            self.headings.add(self._style)

    def end(self, _name: str) -> None:
        """A style ends where the next begins."""

    def data(self, _text: str) -> None:
        """Styles have no text."""


def _find_headings(package: Package, name: str) -> set[str]:
    styles = _Styles()
    if name in package.names:
        package.read_xml(name, styles)
    return styles.headings


def _is_level(name: str, value: str) -> bool:
    return name == "outlineLvl" and value != _BODY_TEXT


@dataclass
class _Paragraph:
    texts: list[str] = field(default_factory=list)
    boxes: list[Block] = field(default_factory=list)
    heading: bool = False
    in_run: bool = False
    hidden: bool = False


@dataclass
class _Frame:
    """What holds paragraphs and tables: the page, a cell, a text box."""

    blocks: list[Block] = field(default_factory=list)
    cell: Cell = field(default_factory=Cell)


@dataclass
class _Grid:
    rows: list[list[Cell]] = field(default_factory=list)
    row_deleted: bool = False


class _Story:
    """Makes blocks of a document part: its body, its notes, a header or a footer."""

    def __init__(self, most: int, headings: Collection[str] = ()) -> None:
        self.pictures = self.foreign = 0
        self._left, self._headings = most, headings
        self._frames = [_Frame()]
        self._paragraphs: list[_Paragraph] = []
        self._grids: list[_Grid] = []
        self._unseen = 0
        self._in_text = self._in_row_properties = False

    def take_blocks(self) -> list[Block]:
        """Return the blocks that are ready, once."""
        ready, self._frames[0].blocks = self._frames[0].blocks, []
        return ready

    def start(self, name: str, attributes: Attributes) -> None:
        """Take the opening of an element."""
        if self._unseen or name in _UNSEEN:
            self._unseen += 1
            if name == "del" and self._in_row_properties and self._grids:
                self._grids[-1].row_deleted = True
        elif name in ("p", "r", "t"):
            self._open_text(name)
        elif name in _MARKS:
            self._write(_MARKS[name])
        elif name in ("tbl", "tr", "tc", "txbxContent", "trPr"):
            self._open_frame(name)
        elif name in _PICTURES:
            self.pictures += 1
        elif name == "altChunk":
            self.foreign += 1
        else:
            self._set_property(name, attributes.get("val", ""))

    def end(self, name: str) -> None:
        """Take the closing of an element."""
        if self._unseen:
            self._unseen -= 1
        elif name == "t":
            self._in_text = False
        elif name == "r" and self._paragraphs:
            self._paragraphs[-1].in_run = False
        elif name == "p" and self._paragraphs:
            self._close_paragraph()
        elif name in ("tbl", "tr", "tc", "txbxContent", "trPr"):
            self._close_frame(name)

    def data(self, text: str) -> None:
        """Take text where it is of a run."""
        if self._in_text and not self._unseen:
            self._write(text.replace("\n", " "))

    def _write(self, text: str) -> None:
        if self._paragraphs and self._paragraphs[-1].in_run and not self._paragraphs[-1].hidden:
            self._paragraphs[-1].texts.append(text)
            self._spend(len(text))

    def _spend(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise DocumentError(Fault.TOO_LARGE, "has too much text")

    def _open_text(self, name: str) -> None:
        if name == "p":
            self._paragraphs.append(_Paragraph())
            self._spend(_PIECE)
        elif name == "t":
            self._in_text = True
        elif self._paragraphs:
            self._paragraphs[-1].in_run, self._paragraphs[-1].hidden = True, False

    def _close_paragraph(self) -> None:
        done = self._paragraphs.pop()
        blocks = split_lines("".join(done.texts), heading=done.heading)
        self._frames[-1].blocks += blocks + done.boxes

    def _open_frame(self, name: str) -> None:
        self._spend(_PIECE)
        if name in ("tc", "txbxContent"):
            self._frames.append(_Frame())
        elif name == "tbl":
            self._grids.append(_Grid())
        elif name == "tr" and self._grids:
            self._grids[-1].rows.append([])
            self._grids[-1].row_deleted = False
        self._in_row_properties = name == "trPr"

    def _close_frame(self, name: str) -> None:
        if name == "trPr":
            self._in_row_properties = False
        elif name == "txbxContent" and len(self._frames) > 1:
            self._keep_box(self._frames.pop().blocks)
        elif name == "tc" and len(self._frames) > 1:
            frame = self._frames.pop()
            if self._grids and self._grids[-1].rows:
                cell = replace(frame.cell, blocks=tuple(frame.blocks))
                self._grids[-1].rows[-1].append(cell)
        elif name == "tr" and self._grids:
            if self._grids[-1].row_deleted and self._grids[-1].rows:
                self._grids[-1].rows.pop()
        elif name == "tbl" and self._grids:
            self._frames[-1].blocks += place_cells(self._grids.pop().rows)

    def _keep_box(self, blocks: list[Block]) -> None:
        """Put what a text box holds behind the paragraph that it is anchored in."""
        holder = self._paragraphs[-1].boxes if self._paragraphs else self._frames[-1].blocks
        holder += blocks

    def _set_property(self, name: str, value: str) -> None:
        paragraph = self._paragraphs[-1] if self._paragraphs else _Paragraph()
        frame = self._frames[-1]
        if name == "vanish":
            paragraph.hidden |= paragraph.in_run and value not in _OFF
        elif name == "pStyle":
            paragraph.heading |= value in self._headings
        elif _is_level(name, value):
            paragraph.heading = True
        elif name == "gridSpan":
            frame.cell = replace(frame.cell, across=_read_count(value))
        elif name == "vMerge":
            frame.cell = replace(frame.cell, continued=value != "restart")
        elif name == "gridBefore" and self._grids and self._grids[-1].rows:
            self._grids[-1].rows[-1].append(Cell(across=_read_count(value)))


def _read_count(value: str) -> int:
    return int(value) if value.isdecimal() and len(value) < 5 else 1
