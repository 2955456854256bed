"""Workbooks: values as a person sees them, hidden sheets, and what would unfold too far."""

from __future__ import annotations

import zipfile
from datetime import date, datetime, time, timedelta

import pytest

from monitor.documents.odsspans import SpanFinder
from monitor.documents.parts import Fault, Limits
from monitor.documents.sheets import Value, read_sheets, show_value
from monitor.documents.zipxml import Package
from monitor.text.markup import Line, Table
from tests.documents.ole import write_ole
from tests.documents.pages import write_zip
from tests.documents.words import FILES, list_tables, read_until_error

_MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def write_workbook(sheet: str, state: str = "visible") -> bytes:
    """Return the good workbook with another first sheet."""
    with zipfile.ZipFile(FILES / "good.xlsx") as archive:
        members = {name: archive.read(name).decode() for name in archive.namelist()}
    members["xl/worksheets/sheet1.xml"] = f"<worksheet {_MAIN}>{sheet}</worksheet>"
    book = members["xl/workbook.xml"]
    members["xl/workbook.xml"] = book.replace('state="visible"', f'state="{state}"', 1)
    return write_zip(members)


def write_cell(place: str, text: str) -> str:
    return f'<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>'


def read_first(body: bytes) -> Table:
    return list_tables(read_sheets(body, Limits()))[0]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (10.0, "10"),
        (0.1 + 0.2, "0.3"),
        (1680.5, "1680.5"),
        (-3.0, "-3"),
        (6901443000000.0, "6901443000000"),
        (1e20, "1e+20"),
        (481, "481"),
        (True, "TRUE"),
        ("  希捷 \n\n 8TB ", "希捷\n8TB"),
        (date(2026, 8, 15), "2026-08-15"),
        (datetime(2026, 8, 15), "2026-08-15"),  # noqa: DTZ001
        (datetime(2026, 8, 15, 9, 30), "2026-08-15 09:30:00"),  # noqa: DTZ001
        (time(9, 30), "09:30:00"),
        (timedelta(hours=36), "1 day, 12:00:00"),
    ],
)
def test_a_value_is_shown_as_a_person_sees_it(value: Value, shown: str) -> None:
    assert show_value(value) == shown


@pytest.mark.parametrize("state", ["visible", "hidden", "veryHidden"])
def test_hidden_sheets_are_read_too(state: str) -> None:
    row = (
        f'<sheetData><row r="1">{write_cell("A1", "甲")}{write_cell("B1", "乙")}</row></sheetData>'
    )
    parts = list(read_sheets(write_workbook(row, state), Limits()))
    assert [part.place for part in parts] == ["sheet 清单", "sheet 说明"]


def test_empty_rows_and_columns_at_the_edges_are_left_out() -> None:
    sheet = f'<sheetData><row r="3">{write_cell("C3", "品牌")}{write_cell("D3", "型号")}</row>'
    sheet += f'<row r="6">{write_cell("B6", " ")}{write_cell("D6", "N9K")}</row></sheetData>'
    assert read_first(write_workbook(sheet)) == Table((("品牌", "型号"), ("", "N9K")))


def test_a_merged_cell_stands_in_each_place() -> None:
    sheet = f'<sheetData><row r="2">{write_cell("B2", "思科")}{write_cell("C2", "N9K")}</row>'
    sheet += f'<row r="3">{write_cell("C3", "SFP")}</row></sheetData>'
    sheet += '<mergeCells count="1"><mergeCell ref="B2:B3"/></mergeCells>'
    assert read_first(write_workbook(sheet)) == Table((("思科", "N9K"), ("思科", "SFP")))


def test_a_sheet_of_one_column_is_lines() -> None:
    sheet = f'<sheetData><row r="1">{write_cell("A1", "一")}</row></sheetData>'
    part = next(read_sheets(write_workbook(sheet), Limits()))
    assert part.blocks == (Line("一"),)


def test_a_broken_sheet_does_not_hide_the_others() -> None:
    parts, error = read_until_error(read_sheets(write_workbook("<sheetData><row"), Limits()))
    assert [part.place for part in parts] == ["sheet 说明"]
    assert error is not None
    assert error.fault is Fault.DAMAGED


def lock_xls() -> bytes:
    """Return the good XLS with the mark of a password behind its first record."""
    body = bytearray((FILES / "good.xls").read_bytes())
    place = body.index(b"\x09\x08\x10\0") + 20
    body[place : place + 2] = b"\x2f\0"
    return bytes(body)


LOCKED_ODS = write_zip(
    {
        "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
        "content.xml": "?",
        "META-INF/manifest.xml": "<m><file-entry><encryption-data/></file-entry></m>",
    }
)
FAR = '<sheetData><row r="1"><c r="A1"><v>1</v></c></row><row r="{}"><c r="{}"><v>2</v></c></row>'


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (b"", Fault.DAMAGED),
        (b"PK\x03\x04", Fault.DAMAGED),
        (write_ole({"EncryptedPackage": b"", "EncryptionInfo": b""}), Fault.ENCRYPTED),
        (lock_xls(), Fault.ENCRYPTED),
        (LOCKED_ODS, Fault.ENCRYPTED),
        # One word in the last corner would take half a terabyte, a stray one below 250 MB.
        (write_workbook(FAR.format(1048576, "XFD1048576") + "</sheetData>"), Fault.TOO_LARGE),
        (write_workbook(FAR.format(1048576, "I1048576") + "</sheetData>"), Fault.TOO_LARGE),
        (write_workbook(FAR.replace(' r="{}"', "", 1).format("I1048576")), Fault.TOO_LARGE),
        (
            write_workbook('<sheetData><row r="1"><c><v>1</v></c></row><row r="1048576"><c><v>1'),
            Fault.TOO_LARGE,
        ),
        (write_workbook("<sheetData>" + " " * 9_000_000), Fault.BOMB),
    ],
)
def test_what_cannot_be_read_says_why(body: bytes, fault: Fault) -> None:
    _, error = read_until_error(read_sheets(body, Limits()))
    assert error is not None
    assert error.fault is fault


def test_empty_styled_cells_far_below_do_no_harm() -> None:
    sheet = f'<sheetData><row r="1">{write_cell("A1", "甲")}{write_cell("B1", "乙")}</row>'
    sheet += '<row r="1048576" s="1"><c r="XFD1048576" s="1"/></row></sheetData>'
    assert read_first(write_workbook(sheet)) == Table((("甲", "乙"),))


def test_spans_of_an_ods_count_repeated_rows_and_columns() -> None:
    content = (
        '<table name="清单"><table-row number-rows-repeated="3"><table-cell/></table-row>'
        '<table-row><table-cell number-columns-repeated="2"/>'
        '<table-cell number-columns-spanned="2" number-rows-spanned="1">'
        '<table name="inner"><table-row/></table></table-cell></table-row></table>'
    )
    finder = SpanFinder()
    Package(write_zip({"content.xml": content}), Limits()).read_xml("content.xml", finder)
    assert finder.found == {"清单": [((3, 2), (3, 3))]}
