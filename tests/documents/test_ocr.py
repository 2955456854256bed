from __future__ import annotations

import io
import os
from typing import Any

import pytest

from monitor.documents import ocr
from monitor.documents.parts import DocumentError, Fault, Limits
from monitor.documents.reading import read_bytes
from monitor.text.markup import Line

PIECES = (
    ocr.Piece(100, 300, 20, "单价"),
    ocr.Piece(102, 80, 20, "品名"),
    ocr.Piece(140, 80, 20, "硬盘"),
    ocr.Piece(147, 300, 20, "1200"),
    ocr.Piece(20, 150, 30, "采购清单"),
)


def test_pieces_become_lines_from_top_to_bottom_and_left_to_right() -> None:
    assert ocr.join_lines(PIECES) == ["采购清单", "品名  单价", "硬盘  1200"]
    assert ocr.join_lines(()) == []


@pytest.mark.skipif(ocr.is_installed(), reason="the extra [ocr] is installed")
def test_without_the_extra_a_scan_says_what_to_install() -> None:
    for limits in (Limits(), Limits(ocr=True)):
        (flaw,) = read_bytes(b"\x89PNG\r\n\x1a\n", "a.png", limits).flaws
        assert flaw.fault is Fault.SCANNED
        assert flaw.detail == "install tender-monitor[ocr] to read scans"


@pytest.mark.skipif(not ocr.is_installed(), reason="needs the extra [ocr]")
class TestWithTheExtra:
    """Run where rapidocr is installed."""

    def test_a_picture_is_read_and_nothing_is_reported_home(self) -> None:
        lines = ocr.read_image(draw_text("Seagate ST16000NM001G"))
        assert [block.text.replace(" ", "") for block in lines if isinstance(block, Line)] == [
            "SeagateST16000NM001G"
        ]
        assert os.environ["ORT_DISABLE_TELEMETRY"] == "1"

    def test_what_is_no_picture_is_damaged(self) -> None:
        with pytest.raises(DocumentError) as raised:
            ocr.read_image(b"\x89PNG\r\n\x1a\nrubbish")
        assert raised.value.fault is Fault.DAMAGED


def draw_text(text: str) -> bytes:
    """Return a PNG that shows a text; Pillow comes with rapidocr."""
    from importlib import import_module

    image_room: Any = import_module("PIL.Image")
    image = image_room.new("RGB", (900, 160), "white")
    font = import_module("PIL.ImageFont").load_default(48)
    import_module("PIL.ImageDraw").Draw(image).text((40, 40), text, fill="black", font=font)
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()
