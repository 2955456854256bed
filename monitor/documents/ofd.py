"""Read OFD, the Chinese format for fixed pages (GB/T 33190-2016). Lengths are in millimetres."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import accumulate

from monitor.documents.gather import Place, gather_parts
from monitor.documents.layout import MOST_LETTERS, Glyph, arrange_page
from monitor.documents.parts import DocumentError, Fault, Limits, Part
from monitor.documents.rulings import Stroke
from monitor.documents.zipxml import Attributes, Package, join_path
from monitor.text.markup import Block

_ROOT = "OFD.xml"
# To points, in which ruling lines are compared.
_POINTS = 72 / 25.4
_NUMBER = re.compile(r"-?(?:\d+\.?\d*|\.\d+)(?:[eE]-?\d{1,2})?")
_STEP = re.compile(r"[MLBQACS]|-?(?:\d+\.?\d*|\.\d+)(?:[eE]-?\d{1,2})?")
_A4_WIDE = 210.0
_MOST_STEPS = 4_000
_MOST_REPEATS = 10_000
_STRAIGHT = 0.5
_WIDE = 0x2E80
Matrix = tuple[float, float, float, float, float, float]
_UNMOVED: Matrix = (1, 0, 0, 1, 0, 0)


def read_ofd(body: bytes, limits: Limits) -> Iterator[Part]:
    """Yield a part per page with text, its template's included; raise DocumentError.

    SCANNED is raised at the end where every page is a picture.
    """
    return gather_parts(_list_pages(body, limits), limits)


def _list_pages(body: bytes, limits: Limits) -> Iterator[Place]:
    package = Package(body, limits)
    if _ROOT not in package.names and any("encrypt" in name.lower() for name in package.names):
        raise DocumentError(Fault.ENCRYPTED, "needs a certificate")
    holder = _Locations()
    package.read_xml(_ROOT, holder)
    number = scanned = 0
    for root in holder.roots:
        path = join_path(_ROOT, root)
        document = _Locations()
        package.read_xml(path, document)
        templates = {key: join_path(path, value) for key, value in document.templates.items()}
        for location in document.pages:
            number += 1
            page = _Page(_read_sides(document.box))
            yield f"p. {number}", _read_page(package, join_path(path, location), templates, page)
            scanned += bool(page.images) and not page.glyphs
    if not number:
        raise DocumentError(Fault.DAMAGED, "has no pages")
    if scanned == number:
        raise DocumentError(Fault.SCANNED, f"{number} pages without text")


def _read_page(
    package: Package, path: str, templates: dict[str, str], page: _Page
) -> Iterator[Block]:
    package.read_xml(path, page)
    for key in page.templates[:]:
        if key in templates:
            package.read_xml(templates[key], page)
    yield from arrange_page(page.glyphs, page.strokes, page.sides)


def _read_sides(box: str) -> tuple[float, float]:
    """Return the left and right edges, in points, of a page's box; A4 where it states none."""
    numbers = _read_numbers(box)
    left, wide = (numbers[0], numbers[2]) if len(numbers) == 4 else (0.0, _A4_WIDE)
    return left * _POINTS, (left + wide) * _POINTS


class _Locations:
    """Finds where documents, pages and templates lie, and how large pages are."""

    def __init__(self) -> None:
        self.roots: list[str] = []
        self.pages: list[str] = []
        self.templates: dict[str, str] = {}
        self.box = ""
        self._inside = ""

    def start(self, name: str, attributes: Attributes) -> None:
        """Note what an element names."""
        location = attributes.get("BaseLoc", "")
        if name == "Page" and location:
            self.pages.append(location)
        elif name == "TemplatePage" and location:
            self.templates[attributes.get("ID", "")] = location
        elif name == "DocRoot":
            self.roots.append("")
        self._inside = name

    def end(self, _name: str) -> None:
        """End what was begun."""
        self._inside = ""

    def data(self, text: str) -> None:
        """Take the name of a document, or the size of its pages."""
        if self._inside == "DocRoot":
            self.roots[-1] += text.strip()
        elif self._inside == "PhysicalBox":
            self.box += text


@dataclass
class _Object:
    """A text or path object: where its box lies, and how its inside is placed there."""

    left: float = 0.0
    top: float = 0.0
    matrix: Matrix = _UNMOVED
    size: float = 3.5
    is_text: bool = False

    def place(self, x: float, y: float) -> tuple[float, float]:
        """Return where a point of the inside lies on the page, in points."""
        a, b, c, d, e, f = self.matrix
        return (
            (self.left + a * x + c * y + e) * _POINTS,
            (self.top + b * x + d * y + f) * _POINTS,
        )


@dataclass
class _Code:
    """A run of text with the places of its letters, in the space of its object."""

    x: float = 0.0
    y: float = 0.0
    across: list[float] = field(default_factory=list)
    down: list[float] = field(default_factory=list)


class _Page:
    """Gathers the letters and ruling lines of a page and of its templates."""

    def __init__(self, sides: tuple[float, float]) -> None:
        self.sides = sides
        self.glyphs: list[Glyph] = []
        self.strokes: list[Stroke] = []
        self.templates: list[str] = []
        self.images = 0
        self._object = _Object()
        self._is_shown = True
        self._code: _Code | None = None
        self._texts: list[str] | None = None

    def start(self, name: str, attributes: Attributes) -> None:
        """Take the opening of an element."""
        if name in ("TextObject", "PathObject"):
            self._object = _read_object(attributes, is_text=name == "TextObject")
            self._is_shown = attributes.get("Visible") != "false"
        elif name == "TextCode":
            self._code = _read_code(attributes, self._code)
            self._texts = [] if self._is_shown else None
        elif name in ("AbbreviatedData", "PhysicalBox"):
            self._texts = []
        elif name == "ImageObject":
            self.images += 1
        elif name == "Template":
            self.templates.append(attributes.get("TemplateID", ""))

    def end(self, name: str) -> None:
        """Take the closing of an element."""
        if name == "TextCode" and self._code is not None and self._texts is not None:
            self.glyphs += _place_letters(self._object, self._code, "".join(self._texts))
            if len(self.glyphs) > MOST_LETTERS:
                raise DocumentError(Fault.TOO_LARGE, f"a page has more than {MOST_LETTERS} letters")
        elif name == "AbbreviatedData" and self._texts is not None and not self._object.is_text:
            self.strokes += _draw_path(self._object, "".join(self._texts))
        elif name == "PhysicalBox" and self._texts is not None:
            self.sides = _read_sides("".join(self._texts))
        elif name == "TextObject":
            self._code = None
        self._texts = None

    def data(self, text: str) -> None:
        """Take the text of a run or path."""
        if self._texts is not None:
            self._texts.append(text)


def _read_numbers(text: str) -> list[float]:
    return [float(number) for number in _NUMBER.findall(text)[:_MOST_REPEATS]]


def _read_object(attributes: Attributes, *, is_text: bool) -> _Object:
    box = _read_numbers(attributes.get("Boundary", ""))
    six = _read_numbers(attributes.get("CTM", ""))
    matrix: Matrix = (six[0], six[1], six[2], six[3], six[4], six[5]) if len(six) == 6 else _UNMOVED
    size = _read_numbers(attributes.get("Size", ""))
    left, top = box[:2] if len(box) >= 2 else (0.0, 0.0)
    return _Object(left, top, matrix, (size or [3.5])[0] or 3.5, is_text)


def _read_code(attributes: Attributes, before: _Code | None) -> _Code:
    """Read where a run begins; what it leaves out is as the run before it has it."""
    before = before or _Code()
    x, y = _read_numbers(attributes.get("X", "")), _read_numbers(attributes.get("Y", ""))
    return _Code(
        (x or [before.x])[0],
        (y or [before.y])[0],
        _read_deltas(attributes.get("DeltaX", "")),
        _read_deltas(attributes.get("DeltaY", "")),
    )


def _read_deltas(text: str) -> list[float]:
    """Return steps between letters; `g 3 4.5` stands for three steps of 4.5."""
    out: list[float] = []
    words = iter(text.split()[:_MOST_REPEATS])
    for word in words:
        repeats = 1
        if word == "g":
            count = next(words, "")
            repeats = int(count) if count.isdecimal() and len(count) < 6 else 0
            word = next(words, "")
        if _NUMBER.fullmatch(word):
            out += [float(word)] * min(repeats, _MOST_REPEATS - len(out))
    return out


def _place_letters(text_object: _Object, code: _Code, text: str) -> list[Glyph]:
    size = text_object.size
    widths = [size if ord(letter) >= _WIDE else size / 2 for letter in text]
    steps = code.across if code.across or code.down else widths
    xs = list(accumulate(steps, initial=code.x))
    ys = list(accumulate(code.down, initial=code.y))
    glyphs: list[Glyph] = []
    spaced = False
    _, top = text_object.place(0, 0)
    _, bottom = text_object.place(0, size)
    for number, letter in enumerate(text):
        if letter.isspace():
            spaced = True
            continue
        x, y = xs[min(number, len(xs) - 1)], ys[min(number, len(ys) - 1)]
        left, base = text_object.place(x, y)
        right, _ = text_object.place(x + widths[number], y)
        height = abs(bottom - top) or 1.0
        glyphs.append(Glyph(letter, min(left, right), max(left, right), base, height, spaced))
        spaced = False
    return glyphs


def _draw_path(path: _Object, text: str) -> list[Stroke]:
    """Return the level and upright lines of a path; curves are passed over."""
    strokes: list[Stroke] = []
    start = before = (0.0, 0.0)
    command = ""
    numbers: list[float] = []
    for word in [*_STEP.findall(text)[:_MOST_STEPS], "M"]:
        if word.isalpha():
            if command in ("M", "S", "L", "B", "Q", "A") and len(numbers) >= 2:
                point = path.place(numbers[-2], numbers[-1])
                if command == "L":
                    strokes += _make_stroke(before, point)
                start, before = (point if command in ("M", "S") else start), point
            if word == "C":
                strokes += _make_stroke(before, start)
            command, numbers = word, []
        else:
            numbers.append(float(word))
    return strokes


def _make_stroke(one: tuple[float, float], other: tuple[float, float]) -> list[Stroke]:
    (x1, y1), (x2, y2) = one, other
    if min(abs(x1 - x2), abs(y1 - y2)) > _STRAIGHT:
        return []
    return [Stroke(min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2))]
