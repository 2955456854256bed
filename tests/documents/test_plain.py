"""CSV, text and saved pages in the encodings of Chinese offices."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.documents.parts import Fault, Limits, Part
from monitor.documents.plain import decode_text, read_csv, read_html, read_text
from monitor.text.markup import Block, Line, Table
from tests.documents.words import read_until_error

LINE = "品牌：希捷，型号 ST8000VX004，数量481块"


def read_blocks(parts: Iterator[Part]) -> list[Block]:
    return [block for part in parts for block in part.blocks]


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16", "utf-16-le", "utf-16-be"]
)
def test_text_is_read_in_any_encoding(encoding: str) -> None:
    assert read_blocks(read_text(LINE.encode(encoding), Limits())) == [Line(LINE)]


@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
@pytest.mark.parametrize("encoding", ["gbk", "utf-8-sig", "utf-16"])
def test_values_are_parted_by_what_parts_most(delimiter: str, encoding: str) -> None:
    rows = (("序号", "品牌", "型号"), ("1", "希捷", "ST8000VX004"))
    body = "\r\n".join(delimiter.join(row) for row in rows).encode(encoding)
    assert read_blocks(read_csv(body, Limits())) == [Table(rows)]


def test_a_quoted_value_keeps_its_breaks_and_empty_ones_at_the_end_go() -> None:
    body = b'a,"b, c\nd",,\n,,\n1,2\n'
    assert read_blocks(read_csv(body, Limits())) == [Table((("a", "b, c\nd"), ("1", "2")))]


@given(st.lists(st.lists(st.text('甲乙1," \n', max_size=4), max_size=4), max_size=4))
def test_rows_come_back_as_they_were_written(rows: list[list[str]]) -> None:
    quoted = "\n".join(",".join('"' + c.replace('"', '""') + '"' for c in r) for r in rows)
    blocks = read_blocks(read_csv(quoted.encode(), Limits()))
    said = "".join(
        b.text if isinstance(b, Line) else "".join("".join(row) for row in b.rows) for b in blocks
    )
    assert "".join(said.split()) == "".join("".join("".join(r) for r in rows).split())


def test_a_page_keeps_its_tables() -> None:
    page = '<meta charset="gb2312"><p>清单</p><table><tr><td>希捷<td>481</table>'
    assert read_blocks(read_html(page.encode("gbk"), Limits())) == [
        Line("清单"),
        Table((("希捷", "481"),)),
    ]


Reader = Callable[[bytes, Limits], Iterator[Part]]


@pytest.mark.parametrize("reader", [read_text, read_csv, read_html])
def test_bytes_that_are_no_text_are_said_to_be_damaged(reader: Reader) -> None:
    _, error = read_until_error(reader(LINE.encode() + b"\xff\x80" * 50, Limits()))
    assert error is not None
    assert error.fault is Fault.DAMAGED


def test_one_bad_byte_in_a_long_text_is_let_pass() -> None:
    body = (LINE * 20).encode("gbk") + b"\xff"
    parts, error = read_until_error(read_text(body, Limits()))
    assert error is None
    assert len(parts) == 1


def test_a_page_larger_than_is_read_says_so() -> None:
    _, error = read_until_error(read_html(b"<p>x</p>" * 40_000, Limits()))
    assert error is not None
    assert error.fault is Fault.TOO_LARGE


def test_a_value_without_its_closing_quote_keeps_what_it_holds() -> None:
    parts, error = read_until_error(read_csv('a,b\n1,"希捷\n2,3'.encode(), Limits()))
    assert error is None
    assert read_blocks(iter(parts)) == [Table((("a", "b"), ("1", "希捷\n2,3")))]


@given(st.text(max_size=40))
def test_utf_16_without_its_mark_is_told_by_its_zeros(text: str) -> None:
    assert decode_text(("ASCII text " * 3 + text).encode("utf-16-le", "replace")).text.startswith(
        "ASCII text "
    )
