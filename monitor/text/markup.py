"""The door to beautifulsoup4: from a page's text to elements, blocks of text and tables."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import soupsieve
from bs4 import BeautifulSoup, Tag
from bs4.element import Comment, NavigableString, PreformattedString

Element = Tag

_SILENT = frozenset(
    "script style noscript template head title meta link select option button textarea input "
    "iframe object svg video audio".split()
)
_INLINE = frozenset(
    "a abbr b bdi bdo big cite code del dfn em font i ins kbd label mark o:p q s samp small span "
    "strike strong sub sup time tt u var wbr st1:chsdate st1:personname".split()
)
_CHROME_TAGS = ("nav", "footer", "aside", "header", "form", "dialog")
# Names that page builders give to what is not the notice: menus, side lists, share bars, footers.
_CHROME_NAME = re.compile(
    r"(?:^|[-_\s])(?:nav|navbar|menu|foot|footer|bottom|sidebar|side|aside|crumbs?|breadcrumbs?|"
    r"currentloc|position|location|share|copyright|related?|relcontent|relcontent_lst|recommend|"
    r"friend|login|toolbar|banner|topbar|header_container|xgwz|hot|prevnext|qrcode)(?=$|[-_\s\d])",
    re.IGNORECASE,
)
_HIDDEN = re.compile(r"display\s*:\s*none", re.IGNORECASE)
_BLANKS = re.compile(r"[ \t\r\f\v\u00a0\u3000]+")
_INSTRUCTION = re.compile(r"<\?[^>]*>?")
_MAX_SPAN = 60
_MAX_WIDTH = 120
_MAX_CELLS = 60_000
# Pages nest some 40 deep; walking takes a few frames per level of Python's 1000.
_MAX_DEPTH = 100
_HIDDEN_BODY_CHARS = 200


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


def parse_html(text: str) -> Element:
    """Return the root element of a page, however broken its markup is."""
    # html.parser corrupts links with &copy= and nests unclosed cells; lxml does neither.
    # beautifulsoup4 warns of text that looks like an address, and of XML declarations, which
    # word processors leave all over a page: the one is wrapped, the others show nothing.
    shown = _INSTRUCTION.sub("", text)
    root = BeautifulSoup(shown if "<" in shown else f"<html>{shown}</html>", "lxml")
    _level_depths(root)
    return root


def _level_depths(root: Element) -> None:
    """Make plain text of what is nested too deep to be walked."""
    waiting = [(root, 0)]
    while waiting:
        tag, depth = waiting.pop()
        if depth == _MAX_DEPTH:
            text = tag.get_text("\n")
            tag.clear()
            tag.append(text)
            continue
        waiting.extend((child, depth + 1) for child in tag.children if isinstance(child, Tag))


def select_all(root: Element, css: str) -> list[Element]:
    """Return the elements that a CSS selector names, in document order."""
    return list(root.select(css))


def is_selector(css: str) -> bool:
    """Return whether a text is a CSS selector."""
    try:
        soupsieve.compile(css)
    except soupsieve.SelectorSyntaxError:
        return False
    return True


def select_first(root: Element, *css: str) -> Element | None:
    """Return the first element of the first selector that finds one."""
    for selector in css:
        found = root.select_one(selector)
        if found is not None:
            return found
    return None


def attribute(element: Element, name: str) -> str:
    """Return an attribute as one string, or ''."""
    value = element.get(name)
    if value is None:
        return ""
    return value if isinstance(value, str) else " ".join(value)


def inline_text(element: Element) -> str:
    """Return the text of a short element in one line; words cut by tags stay whole."""
    return squeeze(" ".join(line.text for line in _lines(element)))


def squeeze(text: str) -> str:
    """Fold every run of white space into one blank and strip."""
    return re.sub(r"\s+", " ", text.replace("\u3000", " ").replace("\u00a0", " ")).strip()


def text_before(element: Element) -> str:
    """Return the bare text just before an element, back to the element before it."""
    node = element.previous_sibling
    return squeeze(str(node)) if isinstance(node, NavigableString) else ""


def script_texts(root: Element) -> list[str]:
    """Return the sources of inline scripts; pagers live there."""
    return [script.get_text() for script in root.find_all("script")]


def drop_chrome(root: Element) -> None:
    """Remove navigation, side lists, footers and hidden template rests, in place."""
    doomed = [tag for tag in root.find_all(True) if _is_chrome(tag)]
    for tag in doomed:
        if not tag.decomposed:
            tag.decompose()


def _is_chrome(tag: Element) -> bool:
    if tag.name in ("html", "body", "table", "tbody", "tr", "td"):
        return _is_hidden(tag)
    if tag.name in _CHROME_TAGS:
        return tag.find(["table", "h1"]) is None
    names = f"{attribute(tag, 'class')} {attribute(tag, 'id')}".strip()
    if names and _CHROME_NAME.search(names) and not tag.find("td", class_=re.compile("^code-")):
        return True
    return _is_hidden(tag)


def _is_hidden(tag: Element) -> bool:
    if not _HIDDEN.search(attribute(tag, "style")) and not tag.has_attr("hidden"):
        return False
    # Some portals hide the whole body and let a script reveal it; template rests are short.
    return tag.name == "blockquote" or len(tag.get_text(strip=True)) < _HIDDEN_BODY_CHARS


def read_blocks(root: Element) -> tuple[Block, ...]:
    """Return the visible text of an element as lines and tables, in reading order."""
    return tuple(_walk(root))


def _walk(root: Element) -> Iterator[Block]:
    buffer: list[str] = []

    def flush(heading: bool = False) -> Iterator[Line]:
        for part in "".join(buffer).split("\n"):
            text = _BLANKS.sub(" ", part).strip()
            if text:
                yield Line(text, heading)
        buffer.clear()

    def visit(node: Element) -> Iterator[Block]:
        for child in node.children:
            if isinstance(child, PreformattedString | Comment):
                continue
            if isinstance(child, NavigableString):
                buffer.append(re.sub(r"[\r\n\t]+", " ", str(child)))
            elif isinstance(child, Tag):
                yield from visit_tag(child)

    def visit_tag(tag: Element) -> Iterator[Block]:
        name = tag.name.lower()
        if name in _SILENT or _is_hidden(tag):
            return
        if name == "br":
            buffer.append("\n")
        elif name == "table":
            yield from flush()
            yield from _read_table(tag)
        elif name in _INLINE:
            yield from visit(tag)
        else:
            yield from flush()
            yield from visit(tag)
            yield from flush(heading=name in ("h1", "h2", "h3", "h4", "h5", "h6"))

    yield from visit(root)
    yield from flush()


def _read_table(table: Element) -> Iterator[Block]:
    rows = [row for row in table.find_all("tr") if row.find_parent("table") is table]
    if table.find("table") is not None or not rows:
        # A layout table: what matters stands in the tables inside its cells.
        for part in rows or [table]:
            yield from _walk_cells(part)
        return
    caption = table.find("caption")
    if isinstance(caption, Tag):
        yield from _lines(caption)
    grid = _fill_grid([row.find_all(["td", "th"]) for row in rows])
    if not grid:
        yield from _walk(table)
    elif max(len(row) for row in grid) == 1:
        yield from (Line(text) for (cell,) in grid for text in cell.split("\n") if text)
    else:
        yield Table(tuple(grid))


def _walk_cells(row: Element) -> Iterator[Block]:
    cells = [cell for cell in row.find_all(["td", "th"]) if cell.find_parent("tr") is row]
    if cells and all(cell.find("table") is None for cell in cells) and len(cells) > 1:
        yield Table((tuple(_cell_text(cell) for cell in cells),))
        return
    for cell in cells or [row]:
        yield from _walk(cell)


def _fill_grid(rows: list[list[Element]]) -> list[tuple[str, ...]]:
    """Write every spanning cell into each place it covers."""
    pending: dict[int, tuple[int, str]] = {}
    grid: list[tuple[str, ...]] = []
    written = 0
    for cells in rows:
        out: list[str] = []
        waiting = cells[::-1]
        while (waiting or len(out) in pending) and len(out) < _MAX_WIDTH:
            column = len(out)
            if column in pending:
                left, text = pending.pop(column)
                if left > 1:
                    pending[column] = (left - 1, text)
                out.append(text)
                continue
            cell = waiting.pop()
            text = _cell_text(cell)
            down = _span(cell, "rowspan")
            for _ in range(_span(cell, "colspan")):
                if down > 1:
                    pending[len(out)] = (down - 1, text)
                out.append(text)
        written += len(out)
        if out and written <= _MAX_CELLS:
            grid.append(tuple(out))
    return grid


def _span(cell: Element, name: str) -> int:
    raw = attribute(cell, name).strip()
    return min(int(raw), _MAX_SPAN) if raw.isdecimal() and int(raw) > 0 else 1


def _cell_text(cell: Element) -> str:
    return "\n".join(line.text for line in _lines(cell))


def _lines(element: Element) -> Iterator[Line]:
    for block in _walk(element):
        if isinstance(block, Line):
            yield block
        else:
            for row in block.rows:
                yield Line(squeeze(" ".join(row)))
