"""Read PDF: the door to pypdfium2. Its letters and ruling lines go to `layout`."""

from __future__ import annotations

import math
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from ctypes import c_double, c_float, c_int
from struct import pack
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium

from monitor.documents.gather import Place, gather_parts
from monitor.documents.layout import MOST_LETTERS, Glyph, arrange_page
from monitor.documents.parts import DocumentError, Fault, Limits, Part
from monitor.documents.pdfstreams import find_broken_stream
from monitor.documents.rulings import Stroke
from monitor.text.markup import Block, Line

# pdfium marks a hyphen at the end of a line so; in a model number it is one.
_HYPHENS = {0x02: "-", 0xAD: "-", 0xFFFE: "-"}
_ENCRYPTED = (pdfium.FPDF_ERR_PASSWORD, pdfium.FPDF_ERR_SECURITY)
_END_MARK = b"%%EOF"
_TAIL = 4096
# A scan may have a typed running head and page number; a page without Unicode names of its
# letters has many letters and none that are readable.
_FEW_LETTERS = 50
_NO_LETTERS = 10
_MANY_UNREAD = 200
_MANY_PATHS = 300
_MOST_COVERED = 0.5
_SOME_COVERED = 0.05
# In points: what is no thicker is a ruling line though it was drawn as an area.
_THIN = 3.0
_STRAIGHT = 0.5
_MOST_POINTS = 2_000
_MOST_OBJECTS = 100_000
_MOST_FORMS = 4
_MOST_PIXELS = 16_000_000
Point = tuple[float, float]
Turn = Callable[[float, float], Point]
# How a turned page shows a point, x to the right and y down.
_TURNS: tuple[Turn, ...] = (
    lambda x, y: (x, -y),
    lambda x, y: (y, x),
    lambda x, y: (-x, y),
    lambda x, y: (-y, -x),
)


def read_pdf(body: bytes, limits: Limits) -> Iterator[Part]:
    """Yield a part per page with text; raise DocumentError.

    SCANNED is raised at the end where every page is a picture; see `find_scanned_pages`.
    """
    return gather_parts(_list_pages(body, limits), limits)


def find_scanned_pages(body: bytes, limits: Limits) -> tuple[int, ...]:
    """Return the numbers, from 1, of pages that show more than their text says."""
    with _open_document(body) as document:
        count = min(len(document), limits.pages)
        return tuple(number for number in range(1, count + 1) if _is_scanned(document, number))


def render_page(body: bytes, number: int, dpi: int) -> bytes:
    """Return a page as PNG in RGB; raise DocumentError. A huge page is made with fewer dots."""
    with _open_document(body) as document, _open_page(document, number) as page:
        width, height = page.get_size()
        dots = width * height * (dpi / 72) ** 2
        scale = dpi / 72 * min(1.0, math.sqrt(_MOST_PIXELS / dots) if dots else 1.0)
        with (
            _pdfium_errors(f"p. {number}"),
            closing(page.render(scale, rev_byteorder=True)) as dotted,
        ):
            return _write_png(dotted.width, dotted.height, dotted.stride, bytes(dotted.buffer))


def _write_png(width: int, height: int, stride: int, dots: bytes) -> bytes:
    """Return rows of RGB dots as PNG (ISO/IEC 15948), unfiltered."""
    rows = (dots[start : start + width * 3] for start in range(0, stride * height, stride))
    chunks = [
        (b"IHDR", pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(b"".join(b"\0" + row for row in rows), 1)),
        (b"IEND", b""),
    ]
    packed = (pack(">I", len(c)) + k + c + pack(">I", zlib.crc32(k + c)) for k, c in chunks)
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)


@contextmanager
def _pdfium_errors(where: str) -> Iterator[None]:
    try:
        yield
    except pypdfium2.PdfiumError as error:
        raise DocumentError(Fault.DAMAGED, f"{where}: {error}") from error


@contextmanager
def _open_document(body: bytes) -> Iterator[Any]:
    try:
        document = pypdfium2.PdfDocument(body)
    except pypdfium2.PdfiumError as error:
        # The code may be left over from another file.
        if error.err_code in _ENCRYPTED and b"/Encrypt" in body:
            raise DocumentError(Fault.ENCRYPTED, "needs a password") from error
        raise DocumentError(Fault.DAMAGED, str(error)) from error
    with closing(document):
        yield document


@contextmanager
def _open_page(document: Any, number: int) -> Iterator[Any]:
    with _pdfium_errors(f"p. {number}"):
        page = document[number - 1]
    with closing(page):
        yield page


def _list_pages(body: bytes, limits: Limits) -> Iterator[Place]:
    with _open_document(body) as document:
        found: Counter[str] = Counter()
        count = len(document)
        for number in range(1, count + 1):
            yield f"p. {number}", _read_page(document, number, found)
        if found["scanned"] == count > 0:
            raise DocumentError(Fault.SCANNED, f"{count} pages without text")
        if not found["letters"]:
            raise DocumentError(Fault.DAMAGED, f"{count} pages show nothing")
    if _END_MARK not in body[-_TAIL:]:
        raise DocumentError(Fault.DAMAGED, "cut: has no end mark")
    broken = find_broken_stream(body, limits.unfolded)
    if broken is not None:
        raise DocumentError(Fault.DAMAGED, f"what lies at byte {broken} cannot be unpacked")


def _read_page(document: Any, number: int, found: Counter[str]) -> Iterator[Block]:
    with _open_page(document, number) as page:
        turn = _TURNS[pdfium.FPDFPage_GetRotation(page) % 4]
        glyphs, slanted = _read_glyphs(page, number, turn)
        found["scanned"] += _shows_more(page, "".join(glyph.text for glyph in glyphs))
        found["letters"] += len(glyphs)
        yield from arrange_page(glyphs, _find_strokes(page, turn), _find_sides(page, turn))
        if slanted:
            yield Line(slanted)


def _find_sides(page: Any, turn: Turn) -> tuple[float, float]:
    """Return the left and right edges of the paper as it is shown."""
    left, bottom, right, top = page.get_bbox()
    first, last = sorted((turn(left, bottom)[0], turn(right, top)[0]))
    return first, last


def _is_scanned(document: Any, number: int) -> bool:
    try:
        with _open_page(document, number) as page, _open_text(page, number) as text:
            return _shows_more(page, text.get_text_range())
    except DocumentError:
        return False


@contextmanager
def _open_text(page: Any, number: int) -> Iterator[Any]:
    with _pdfium_errors(f"p. {number}"):
        text = page.get_textpage()
    with closing(text):
        yield text


def _read_glyphs(page: Any, number: int, turn: Turn) -> tuple[list[Glyph], str]:
    """Return the letters of a page, and the text of those that stand aslant, as watermarks do."""
    glyphs: list[Glyph] = []
    slanted = ""
    box, x, y = pdfium.FS_RECTF(), c_double(), c_double()
    spaced = False
    with _open_text(page, number) as text:
        count = text.count_chars()
        if count > MOST_LETTERS:
            raise DocumentError(Fault.TOO_LARGE, f"p. {number} has {count} letters")
        for index in range(count):
            code = pdfium.FPDFText_GetUnicode(text, index)
            letter = _HYPHENS.get(code) or chr(min(code, 0x10FFFF))
            if letter.isspace():
                spaced |= letter not in "\r\n" and not pdfium.FPDFText_IsGenerated(text, index)
                continue
            if not letter.isprintable() or not pdfium.FPDFText_GetLooseCharBox(text, index, box):
                continue
            pdfium.FPDFText_GetCharOrigin(text, index, x, y)
            base = turn(x.value, y.value)[1]
            # What stands on the line of the letter before it is level.
            on_line = bool(glyphs) and glyphs[-1].base == base
            if not on_line and _is_slanted(pdfium.FPDFText_GetCharAngle(text, index)):
                slanted += letter
                continue
            left, top = turn(box.left, box.top)
            right, bottom = turn(box.right, box.bottom)
            height = abs(bottom - top) or 1.0
            glyphs.append(Glyph(letter, min(left, right), max(left, right), base, height, spaced))
            spaced = False
    return glyphs, slanted


def _is_slanted(angle: float) -> bool:
    """Return whether an angle, in radians, is none of the four of level and upright text."""
    return abs(math.sin(2 * angle)) > 0.2


def _shows_more(page: Any, text: str) -> bool:
    """Return whether a page has a picture, or drawn letters, in place of text."""
    letters = sum(map(str.isalnum, text))
    if letters >= _FEW_LETTERS:
        return False
    if len("".join(text.split())) - letters > _MANY_UNREAD:
        return True
    covered, paths = 0.0, 0
    for drawn, matrix in _walk_objects(page):
        kind = pdfium.FPDFPageObj_GetType(drawn)
        paths += kind == pdfium.FPDF_PAGEOBJ_PATH
        if kind == pdfium.FPDF_PAGEOBJ_IMAGE:
            covered += _measure_area(drawn) * abs(matrix.a * matrix.d - matrix.b * matrix.c)
    width, height = page.get_size()
    share = covered / (width * height) if width * height else 0.0
    if letters < _NO_LETTERS:
        return share > _SOME_COVERED or paths > _MANY_PATHS
    return share > _MOST_COVERED


def _measure_area(drawn: Any) -> float:
    left, bottom, right, top = c_float(), c_float(), c_float(), c_float()
    if not pdfium.FPDFPageObj_GetBounds(drawn, left, bottom, right, top):
        return 0.0
    return abs((right.value - left.value) * (top.value - bottom.value))


def _walk_objects(page: Any) -> Iterator[tuple[Any, Any]]:
    """Yield what is drawn on a page, and how the forms that hold it place it there."""
    root = pypdfium2.PdfMatrix()
    count = min(pdfium.FPDFPage_CountObjects(page), _MOST_OBJECTS)
    waiting = [(pdfium.FPDFPage_GetObject(page, n), root, 0) for n in range(count)][::-1]
    budget = _MOST_OBJECTS
    while waiting and budget > 0:
        drawn, matrix, depth = waiting.pop()
        budget -= 1
        yield drawn, matrix
        if pdfium.FPDFPageObj_GetType(drawn) == pdfium.FPDF_PAGEOBJ_FORM and depth < _MOST_FORMS:
            inner = _read_matrix(drawn).multiply(matrix)
            count = min(pdfium.FPDFFormObj_CountObjects(drawn), budget)
            held = [pdfium.FPDFFormObj_GetObject(drawn, n) for n in range(count)]
            waiting += [(one, inner, depth + 1) for one in held[::-1] if one]


def _read_matrix(drawn: Any) -> Any:
    raw = pdfium.FS_MATRIX()
    pdfium.FPDFPageObj_GetMatrix(drawn, raw)
    return pypdfium2.PdfMatrix.from_raw(raw)


def _find_strokes(page: Any, turn: Turn) -> Iterator[Stroke]:
    """Yield the level and upright lines of a page: strokes, and areas so thin as to be one."""
    for drawn, matrix in _walk_objects(page):
        if pdfium.FPDFPageObj_GetType(drawn) != pdfium.FPDF_PAGEOBJ_PATH:
            continue
        fill, stroke = c_int(), c_int()
        pdfium.FPDFPath_GetDrawMode(drawn, fill, stroke)
        sides = _read_sides(drawn, _read_matrix(drawn).multiply(matrix), turn)
        if stroke.value or (fill.value and _is_thin(sides)):
            yield from sides


def _is_thin(sides: list[Stroke]) -> bool:
    """Return whether the sides of an area lie so near that it looks like a line."""
    wide = max((s.right for s in sides), default=0) - min((s.left for s in sides), default=0)
    high = max((s.bottom for s in sides), default=0) - min((s.top for s in sides), default=0)
    return min(wide, high) <= _THIN


def _read_sides(path: Any, matrix: Any, turn: Turn) -> list[Stroke]:
    x, y = c_float(), c_float()
    start = before = (0.0, 0.0)
    sides: list[Stroke] = []
    for number in range(min(pdfium.FPDFPath_CountSegments(path), _MOST_POINTS)):
        segment = pdfium.FPDFPath_GetPathSegment(path, number)
        pdfium.FPDFPathSegment_GetPoint(segment, x, y)
        point = turn(*matrix.on_point(x.value, y.value))
        kind = pdfium.FPDFPathSegment_GetType(segment)
        if kind == pdfium.FPDF_SEGMENT_MOVETO:
            start = point
        elif kind == pdfium.FPDF_SEGMENT_LINETO:
            sides.append(_make_stroke(before, point))
        before = point
        if pdfium.FPDFPathSegment_GetClose(segment):
            sides.append(_make_stroke(point, start))
    return [
        side for side in sides if min(side.right - side.left, side.bottom - side.top) < _STRAIGHT
    ]


def _make_stroke(one: Point, other: Point) -> Stroke:
    (x1, y1), (x2, y2) = one, other
    return Stroke(min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2))
