"""What a page shows: its lines and tables, without its chrome.

Every step takes time in proportion to the page, and a page has limits beyond which it is not
read. `Body.left_out` says what that was.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from monitor.text.tree import (
    BLOCKS,
    BREAK,
    MOST_ELEMENTS,
    SILENT,
    Element,
    Page,
    Unshown,
    attribute,
    find_top,
    is_selector,
    parse_html,
    script_texts,
    select_all,
    select_first,
    walk_elements,
)

__all__ = [
    "Block", "Body", "Chrome", "Element", "Line", "Page", "Table", "attribute", "find_chrome",
    "inline_text", "is_selector", "parse_html", "read_blocks", "read_body", "script_texts",
    "select_all", "select_first", "squeeze", "text_before",
]  # fmt: skip

# Beyond these nothing is read: lines, cells and colons, as each may be a label; characters, as
# NFKC makes them. The largest of 22,745 notices has 196,000 characters, the next 10,000.
MOST_PIECES = 15_000
MOST_CHARS = 200_000
_MOST_INLINE = 200
_LONGEST_INLINE = 5000
_MOST_SPAN = 60
_MOST_WIDTH = 120
# Places of all grids together, and what spans may copy into them: copies beyond it are empty.
_MOST_PLACES = 60_000
_MOST_COPIED = 200_000
_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
_BODY_TAGS = frozenset(("html", "body", "table", "tbody", "tr", "td"))
_CHROME_TAGS = frozenset(("nav", "footer", "aside", "header", "form", "dialog"))
# Names that page builders give to what is not the notice: menus, side lists, share bars, footers.
_CHROME_NAME = re.compile(
    r"(?:^|[-_\s])(?:nav|navbar|menu|foot|footer|bottom|sidebar|side|aside|crumbs?|breadcrumbs?|"
    r"currentloc|position|location|share|copyright|related?|relcontent|relcontent_lst|recommend|"
    r"friend|login|toolbar|banner|topbar|header_container|xgwz|hot|prevnext|qrcode)(?=$|[-_\s\d])",
    re.IGNORECASE,
)
_HIDDEN = re.compile(r"display\s*:\s*none", re.IGNORECASE)
_HIDDEN_BODY_CHARS = 200
_HIDDEN_BODY_NODES = 2000
_COLON = re.compile("[:：]")
_BLANKS = re.compile(r"[ \t\r\n\f\v\u00a0\u3000]+")


@dataclass(frozen=True)
class Line:
    """A run of text without a block break; `heading` is set for h1..h6."""

    text: str
    heading: bool = False


@dataclass(frozen=True)
class Table:
    """A grid of cells, spans filled in; a cell keeps its inner breaks as newlines."""

    rows: tuple[tuple[str, ...], ...]


Block = Line | Table
# The identities of elements; they mean something while the page lives.
Chrome = frozenset[int]


@dataclass(frozen=True)
class Body:
    """Blocks in reading order, and what limits kept from being read, one phrase each."""

    blocks: tuple[Block, ...]
    left_out: tuple[str, ...] = ()


def inline_text(element: Element) -> str:
    """Return the text of a short element in one line; words cut by tags stay whole.

    Of a long one, such as a link that was never closed, only the beginning is read.
    """
    reader = _Reader(most_texts=_MOST_INLINE)
    return squeeze(" ".join(reader.read_lines(element)))[:_LONGEST_INLINE]


def squeeze(text: str) -> str:
    """Fold every run of white space into one blank and strip."""
    return " ".join(text.split())


def text_before(element: Element) -> str:
    """Return the bare text just before an element, back to the element before it."""
    node = element.previous_sibling
    return squeeze(node) if isinstance(node, str) else ""


def find_chrome(root: Element) -> Chrome:
    """Return what of a page is navigation, side lists, footers and hidden template rests."""
    elements = list(walk_elements(root))
    framed = _find_holders(e for e in elements if e.name in ("table", "h1"))
    coded = _find_holders(e for e in elements if e.name == "td" and _has_code(e))
    return frozenset(id(e) for e in elements if _is_chrome(e, framed, coded))


def _has_code(cell: Element) -> bool:
    return any(name.startswith("code-") for name in attribute(cell, "class").split())


def _find_holders(elements: Iterable[Element], chrome: Chrome = frozenset()) -> set[int]:
    """Return the identities of what holds one of these elements, and not in chrome."""
    holders: set[int] = set()
    for element in elements:
        inner: Element | None = element
        while inner is not None and id(inner) not in chrome:
            inner = inner.parent
            if inner is None or id(inner) in holders:
                break
            holders.add(id(inner))
    return holders


def _is_chrome(element: Element, framed: set[int], coded: set[int]) -> bool:
    if element.name in _BODY_TAGS:
        return _is_hidden(element)
    if element.name in _CHROME_TAGS:
        return id(element) not in framed
    if not element.attrs:
        return False
    names = f"{attribute(element, 'class')} {attribute(element, 'id')}"
    if names != " " and _CHROME_NAME.search(names) and id(element) not in coded:
        return True
    return _is_hidden(element)


def _is_hidden(element: Element) -> bool:
    if not element.attrs:
        return False
    style = element.attrs.get("style")
    if not (style and _HIDDEN.search(str(style))) and "hidden" not in element.attrs:
        return False
    # Some portals hide the whole body and let a script reveal it; template rests are short.
    return element.name == "blockquote" or _is_short(element)


def _is_short(element: Element) -> bool:
    """Return whether an element holds few characters, and not more nodes than such a rest."""
    length = 0
    waiting = list(element.contents)
    for _ in range(_HIDDEN_BODY_NODES):
        if length >= _HIDDEN_BODY_CHARS or not waiting:
            break
        node = waiting.pop()
        if isinstance(node, Element):
            waiting += [] if node.name in ("script", "style", "template") else node.contents
        elif isinstance(node, str) and not isinstance(node, Unshown):
            length += len(node.strip())
    return length < _HIDDEN_BODY_CHARS and not waiting


def read_blocks(root: Element) -> tuple[Block, ...]:
    """Return the visible text of an element as lines and tables, in reading order."""
    return read_body(root).blocks


def read_body(*parts: Element, chrome: Chrome = frozenset()) -> Body:
    """Return the visible text of elements without their chrome, and what limits left out."""
    reader = _Reader(chrome)
    blocks = [block for part in parts for block in reader.read_element(part)]
    tops = {id(top): top for top in map(find_top, parts)}.values()
    bare = sum(top.bare for top in tops if isinstance(top, Page))
    flat = (f"{bare} elements after {MOST_ELEMENTS}: only their text is read",) if bare else ()
    return Body(tuple(blocks), flat + reader.list_losses())


class _Reader:
    """Reads elements as blocks until its limits are reached."""

    def __init__(self, chrome: Chrome = frozenset(), most_texts: int = 1_000_000_000) -> None:
        self._chrome, self._texts_left = chrome, most_texts
        self._out: list[Block] = []
        self._buffer: list[str] = []
        self._holders: set[int] | None = None
        self._pieces = self._chars = self._places = self._copied = 0
        self._lost_chars = self._lost_cells = self._lost_copies = 0

    def list_losses(self) -> tuple[str, ...]:
        """Return what was left out, one phrase each."""
        losses = (
            (self._lost_chars, f"characters after {MOST_PIECES} pieces or {MOST_CHARS} characters"),
            (self._lost_cells, f"cells after {_MOST_WIDTH} in a row or {_MOST_PLACES} in all"),
            (self._lost_copies, "copies of cells that span others"),
        )
        return tuple(f"{count} {what}" for count, what in losses if count)

    def read_element(self, element: Element) -> list[Block]:
        """Return the blocks of an element."""
        outer = self._out, self._buffer
        self._out, self._buffer = [], []
        self._read_inside(element)
        self._flush()
        found, (self._out, self._buffer) = self._out, outer
        return found

    def read_lines(self, element: Element) -> list[str]:
        """Return the lines of an element; the row of a table is one."""
        lines: list[str] = []
        for block in self.read_element(element):
            if isinstance(block, Line):
                lines.append(block.text)
            else:
                lines += [squeeze(" ".join(row)) for row in block.rows]
        return lines

    def _read_inside(self, element: Element) -> None:
        for child in element.contents:
            if isinstance(child, Element):
                if self._texts_left > 0:
                    self._read_child(child)
            elif isinstance(child, str) and not isinstance(child, Unshown):
                self._buffer.append(child)
                self._texts_left -= 1

    def _read_child(self, element: Element) -> None:
        name = element.name
        if name in SILENT or id(element) in self._chrome or _is_hidden(element):
            return
        if name == "br":
            self._buffer.append(BREAK)
        elif name not in BLOCKS:
            self._read_inside(element)
        elif name == "table":
            self._flush()
            self._read_table(element)
        else:
            self._flush()
            self._read_inside(element)
            self._flush(heading=name in _HEADINGS)

    def _flush(self, *, heading: bool = False) -> None:
        """End a line, or the several that breaks make of it."""
        if not self._buffer:
            return
        text = "".join(self._buffer)
        self._buffer.clear()
        parts = text.split(BREAK)
        for number, part in enumerate(parts):
            if self._pieces >= MOST_PIECES or self._chars >= MOST_CHARS:
                self._lost_chars += sum(len(rest.strip()) for rest in parts[number:])
                return
            shown = _BLANKS.sub(" ", part).strip()
            if shown and (kept := self._fit(shown)):
                self._out.append(Line(kept, heading))

    def _fit(self, text: str) -> str:
        """Return what of a line there is room for."""
        colons = text.count(":") + text.count("：")
        size = len(unicodedata.normalize("NFKC", text))
        pieces, chars = MOST_PIECES - self._pieces, max(0, MOST_CHARS - self._chars)
        self._pieces += 1 + colons
        self._chars += size
        if colons < pieces and size <= chars:
            return text
        ends = [mark.end() for mark in _COLON.finditer(text)] + [len(text)]
        end = ends[min(pieces, len(ends)) - 1] if pieces > 0 else 0
        kept = text[: min(end, chars * len(text) // max(size, 1))]
        self._lost_chars += len(text) - len(kept)
        return kept

    def _read_table(self, table: Element) -> None:
        rows = self._find_own(table, ("tr",), ("table",))
        if not rows or self._holds_grid(table):
            # A layout table: what matters stands in the tables inside its cells.
            for part in rows or [table]:
                self._read_layout_row(part)
            return
        for caption in self._find_own(table, ("caption",), ("tr",))[:1]:
            self._out += map(Line, self.read_lines(caption))
        grid = self._fill_grid([self._find_own(row, ("td", "th"), ()) for row in rows])
        if not grid:
            self._read_inside(table)
            self._flush()
        elif max(map(len, grid)) == 1:
            self._out += [Line(text) for (cell,) in grid for text in cell.split("\n") if text]
        else:
            self._out.append(Table(tuple(grid)))

    def _holds_grid(self, table: Element) -> bool:
        """Return whether a table holds one that is more than a frame around one cell's text."""
        if not self._holds_table(table):
            return False
        inner = (one for one in table.find_all("table") if id(one) not in self._chrome)
        return any(
            len(self._find_own(row, ("td", "th"), ("tr",))) > 1
            for one in inner
            for row in self._find_own(one, ("tr",), ("table",))
        )

    def _holds_table(self, element: Element) -> bool:
        if self._holders is None:
            tables = select_all(find_top(element), "table")
            self._holders = _find_holders(tables, self._chrome)
        return id(element) in self._holders

    def _find_own(
        self, root: Element, wanted: tuple[str, ...], foreign: tuple[str, ...]
    ) -> list[Element]:
        """Return the outermost wanted elements inside an element that lie in no foreign one."""
        found = []
        waiting = root.contents[::-1]
        while waiting:
            node = waiting.pop()
            if isinstance(node, Element) and id(node) not in self._chrome:
                if node.name in wanted:
                    found.append(node)
                elif node.name not in foreign:
                    waiting += node.contents[::-1]
        return found

    def _read_layout_row(self, row: Element) -> None:
        cells = self._find_own(row, ("td", "th"), ("tr",))
        if len(cells) > 1 and not any(map(self._holds_table, cells)):
            self._out.append(Table((tuple(map(self._read_cell, cells)),)))
            return
        for cell in cells or [row]:
            self._read_inside(cell)
            self._flush()

    def _read_cell(self, cell: Element) -> str:
        return "\n".join(self.read_lines(cell))

    def _fill_grid(self, rows: list[list[Element]]) -> list[tuple[str, ...]]:
        """Write every spanning cell into each place it covers."""
        pending: dict[int, tuple[int, str]] = {}
        grid: list[tuple[str, ...]] = []
        for number, cells in enumerate(rows):
            if self._pieces > MOST_PIECES or self._places > _MOST_PLACES:
                self._lost_cells += sum(map(len, rows[number:]))
                break
            out: list[str] = []
            waiting = cells[::-1]
            while (waiting or len(out) in pending) and len(out) < _MOST_WIDTH:
                if len(out) in pending:
                    left, text = pending.pop(len(out))
                    if left > 1:
                        pending[len(out)] = (left - 1, text)
                    out.append(self._copy(text))
                    continue
                cell = waiting.pop()
                text = self._read_cell(cell)
                down = _span(cell, "rowspan")
                for place in range(_span(cell, "colspan")):
                    if down > 1:
                        pending[len(out)] = (down - 1, text)
                    out.append(self._copy(text) if place else text)
            self._lost_cells += len(waiting)
            self._places += len(out)
            if out:
                grid.append(tuple(out))
        return grid

    def _copy(self, text: str) -> str:
        """Return what a place that a cell spans shows: its text while copies are few."""
        self._copied += len(text) + 1
        if self._copied <= _MOST_COPIED:
            return text
        self._lost_copies += 1
        return ""


def _span(cell: Element, name: str) -> int:
    raw = attribute(cell, name).strip()
    return min(int(raw), _MOST_SPAN) if raw.isdecimal() and len(raw) < 9 and int(raw) > 0 else 1
