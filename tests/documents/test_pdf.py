"""PDF: tables with and without ruling lines, turned and scanned pages, what cannot be opened."""

from __future__ import annotations

import struct
import zlib

import pytest

from monitor.documents.parts import DocumentError, Fault, Limits, Part
from monitor.documents.pdf import find_scanned_pages, read_pdf, render_page
from monitor.documents.pdfstreams import find_broken_stream
from monitor.text.markup import Line, Table
from tests.documents.pages import SCAN, draw_line, show_text, write_pdf
from tests.documents.words import FILES, list_lines, list_tables, read_until_error

PROSE = "The bidder shall supply original drives with a warranty of five years."
LOCKED = (
    "/Encrypt<</Filter/Standard/V 1/R 2/P -4"
    f"/O<{'11' * 32}>/U<{'22' * 32}>>>/ID[<{'33' * 16}><{'33' * 16}>]"
)


def read_parts(body: bytes) -> list[Part]:
    return list(read_pdf(body, Limits()))


def write_lines(*lines: str) -> str:
    return "".join(show_text(60, 780 - 16 * n, line) for n, line in enumerate(lines))


def test_each_page_is_a_part_with_its_number() -> None:
    parts = read_parts(write_pdf(write_lines("first"), write_lines(), write_lines("third")))
    assert [(part.place, part.blocks) for part in parts] == [
        ("p. 1", (Line("first"),)),
        ("p. 3", (Line("third"),)),
    ]


def test_columns_that_stand_in_line_are_a_table_without_ruling_lines() -> None:
    rows = [("No", "Model", "Units"), ("1", "ST8000VX004", "481"), ("2", "N9K-C93180YC-FX3", "4")]
    page = "".join(
        show_text(x, 700 - 16 * n, text)
        for n, row in enumerate(rows)
        for x, text in zip((60, 120, 300), row, strict=True)
    )
    (table,) = list_tables(read_parts(write_pdf(write_lines("A heading") + page)))
    assert table.rows == tuple(rows)


def test_a_frame_around_the_page_is_no_table() -> None:
    frame = "40 40 515 762 re S "
    (part,) = read_parts(write_pdf(frame + write_lines("inside the frame")))
    assert part.blocks == (Line("inside the frame"),)


@pytest.mark.parametrize("thin", [False, True])
def test_ruling_lines_may_be_strokes_or_thin_areas(thin: bool) -> None:
    def rule(x: float, y: float, right: float, top: float) -> str:
        wide, high = max(right - x, 0.5), max(top - y, 0.5)
        return f"{x} {y} {wide} {high} re f " if thin else draw_line(x, y, right, top)

    page = "".join(rule(60, y, 300, y) for y in (600, 620, 640))
    page += "".join(rule(x, 600, x, 640) for x in (60, 180, 300))
    for n, text in enumerate(("brand", "model", "Seagate", "ST8000VX004")):
        page += show_text(64 + 120 * (n % 2), 625 - 20 * (n // 2), text)
    (table,) = list_tables(read_parts(write_pdf(page)))
    assert table.rows == (("brand", "model"), ("Seagate", "ST8000VX004"))


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_a_turned_page_reads_the_same(turn: int) -> None:
    # What a viewer turns by so much, a writer wrote turned the other way round.
    moves = {
        0: "1 0 0 1 0 0",
        90: "0 1 -1 0 595 0",
        180: "-1 0 0 -1 595 842",
        270: "0 -1 1 0 0 842",
    }
    page = f"{moves[turn]} cm " + show_text(60, 500, "first line") + show_text(60, 480, "second")
    (part,) = read_parts(write_pdf(page, turn=turn))
    assert list_lines([part]) == ["first line", "second"]


def test_letters_printed_twice_to_look_bold_are_read_once() -> None:
    page = show_text(60, 700, "ST8000VX004") + show_text(60.25, 700, "ST8000VX004")
    assert list_lines(read_parts(write_pdf(page))) == ["ST8000VX004"]


def test_a_line_that_fills_the_page_goes_on_in_the_next() -> None:
    wide = "The bidder shall supply original drives of this maker with a warranty of five years "
    wide += "after delivery and replace"
    body = write_pdf(write_lines(wide, "each that fails.", "Delivery is free.", "End"))
    lines = list_lines(read_parts(body))
    assert lines == [f"{wide} each that fails.", "Delivery is free.", "End"]


def test_a_list_of_equally_long_lines_stays_a_list() -> None:
    body = write_pdf(write_lines("ST8000VX004", "ST8000VX005", "ST8000VX006"))
    assert list_lines(read_parts(body)) == ["ST8000VX004", "ST8000VX005", "ST8000VX006"]


def test_a_watermark_aslant_does_not_cut_words() -> None:
    mark = "BT /F 40 Tf 0.7 0.7 -0.7 0.7 70 690 Tm (COPY) Tj ET "
    lines = list_lines(read_parts(write_pdf(show_text(60, 700, "Seagate ST8000VX004") + mark)))
    assert lines == ["Seagate ST8000VX004", "COPY"]


def test_scanned_pages_are_found_and_the_others_read() -> None:
    body = write_pdf(write_lines(PROSE), SCAN, SCAN + show_text(280, 30, "- 3 -"))
    assert find_scanned_pages(body, Limits()) == (2, 3)
    parts, error = read_until_error(read_pdf(body, Limits()))
    assert error is None
    assert list_lines(parts) == [PROSE, "- 3 -"]


def test_a_file_of_scans_only_says_so() -> None:
    parts, error = read_until_error(read_pdf(write_pdf(SCAN, SCAN), Limits()))
    assert (parts, error and error.fault) == ([], Fault.SCANNED)
    assert error is not None
    assert error.detail == "2 pages without text"


def test_a_page_with_a_picture_beside_its_text_is_no_scan() -> None:
    body = write_pdf(SCAN + write_lines(PROSE))
    assert find_scanned_pages(body, Limits()) == ()


def test_pages_are_made_into_pictures_of_the_size_asked_for() -> None:
    picture = render_page(write_pdf(SCAN), 1, 72)
    assert picture.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", picture[16:24])
    assert (width, height) == (595, 842)
    rows = zlib.decompress(picture[41:-16])
    assert rows[1:4] == b"\x10\x80\xf0"


def test_a_huge_page_makes_a_picture_of_bounded_size() -> None:
    body = write_pdf(SCAN).replace(b"[0 0 595 842]", b"[0 0 14000 14000]")
    width, height = struct.unpack(">II", render_page(body, 1, 300)[16:24])
    assert width * height < 17_000_000


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (b"", Fault.DAMAGED),
        (b"%PDF-1.4\n", Fault.DAMAGED),
        (write_pdf(write_lines("x"), trailer=LOCKED), Fault.ENCRYPTED),
        (write_pdf(write_lines("")), Fault.DAMAGED),
        (write_pdf(), Fault.DAMAGED),
    ],
)
def test_what_cannot_be_read_says_why(body: bytes, fault: Fault) -> None:
    parts, error = read_until_error(read_pdf(body, Limits()))
    assert (parts, error and error.fault) == ([], fault)


def test_a_page_that_is_no_page_is_named_and_the_rest_read() -> None:
    body = write_pdf(write_lines("first"), write_lines("second"))
    body = body.replace(b"6 0 obj<</Type/Page", b"6 0 obj<</Type/Pxge")
    parts, error = read_until_error(read_pdf(body, Limits()))
    assert list_lines(parts)[:1] == ["first"]
    assert error is None or error.fault is Fault.DAMAGED


def test_a_cut_file_that_pdfium_repairs_is_still_said_to_be_cut() -> None:
    body = write_pdf(write_lines("first"))
    parts, error = read_until_error(read_pdf(body[:-7], Limits()))
    assert list_lines(parts) == ["first"]
    assert error is not None
    assert "cut" in error.detail


def test_a_spoilt_stream_is_noticed_though_pdfium_says_nothing() -> None:
    body = bytearray((FILES / "good.pdf").read_bytes())
    assert find_broken_stream(bytes(body), 10_000_000) is None
    place = body.index(b"stream") + 100
    body[place : place + 4] = b"\0\0\0\0"
    _, error = read_until_error(read_pdf(bytes(body), Limits()))
    assert error is not None
    assert error.fault is Fault.DAMAGED


def test_a_stream_bomb_is_unpacked_no_further_than_asked() -> None:
    bomb = b"1 0 obj<<>>stream\n" + zlib.compress(b"\0" * 50_000_000) + b"\nendstream"
    assert find_broken_stream(bomb + b"stream\n\x78\x9c", 1_000_000) is None


def test_a_page_out_of_range_raises_a_document_error() -> None:
    with pytest.raises(DocumentError):
        render_page(b"%PDF-1.4 nothing", 1, 72)


def test_a_hyphen_at_the_end_of_a_line_stays_in_a_model_number() -> None:
    table: Table = list_tables(read_parts((FILES / "good.pdf").read_bytes()))[0]
    assert [row[3] for row in table.rows[1:4]] == [
        "ST8000VX004",
        "N9K-C93180YC-FX3",
        "SFP-10G-SR-S",
    ]
