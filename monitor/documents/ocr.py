"""Read text off pictures, where the extra [ocr] is installed; its models come with it."""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import cache
from importlib.util import find_spec
from statistics import median
from typing import Any, NamedTuple

from monitor.documents.parts import DocumentError, Fault
from monitor.text.markup import Block, Line

# A page takes about five seconds on one core.
MOST_PAGES = 20
_THREADS = 1
# What stands lower than half a line below its neighbour is on a line of its own.
_SAME_LINE = 0.5


class Piece(NamedTuple):
    """A text and where it stands on a picture, in dots."""

    middle: float
    left: float
    height: float
    text: str


def is_installed() -> bool:
    """Return whether pictures can be read here."""
    return find_spec("rapidocr") is not None


def explain_missing() -> str:
    """Return why pictures are not read, for a person."""
    return "OCR is off" if is_installed() else "install tender-monitor[ocr] to read scans"


def read_image(image: bytes) -> tuple[Block, ...]:
    """Return the lines of text that a picture (PNG, JPEG, TIFF) shows, from top to bottom.

    Raises DocumentError where it cannot be decoded, or OCR is not installed.
    """
    if not is_installed():
        raise DocumentError(Fault.SCANNED, explain_missing())
    # onnxruntime 1.29 and later report to Microsoft, and leave files, unless told not to before
    # they are first imported.
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    from rapidocr.utils.load_image import LoadImageError

    try:
        found = _load_reader()(image)
    except (LoadImageError, OSError) as error:
        raise DocumentError(Fault.DAMAGED, "no picture that can be read") from error
    if found.boxes is None or found.txts is None:
        return ()
    return tuple(map(Line, join_lines(map(_measure_piece, found.boxes, found.txts))))


@cache
def _load_reader() -> Any:
    from rapidocr import RapidOCR

    threads = {"EngineConfig.onnxruntime.intra_op_num_threads": _THREADS}
    return RapidOCR(params={"Global.log_level": "critical", **threads})


def _measure_piece(box: Any, text: str) -> Piece:
    """Return a text with its place; a box is four corners, the upper left one first."""
    left, above = (min(float(corner[axis]) for corner in box) for axis in (0, 1))
    below = max(float(corner[1]) for corner in box)
    return Piece((above + below) / 2, left, below - above, text)


def join_lines(found: Iterable[Piece]) -> list[str]:
    """Return texts as lines from top to bottom; columns are parted by blanks."""
    pieces = sorted(found)
    lines: list[list[Piece]] = []
    near = median(piece.height for piece in pieces) * _SAME_LINE if pieces else 0.0
    for piece in pieces:
        if lines and piece.middle - lines[-1][0].middle <= near:
            lines[-1].append(piece)
        else:
            lines.append([piece])
    return ["  ".join(p.text for p in sorted(line, key=lambda p: p.left)) for line in lines]
