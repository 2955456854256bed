"""RTF: Chinese letters in all the ways that writers put them, tables, and what prints nothing."""

from __future__ import annotations

import pytest

from monitor.documents.parts import Fault, Limits
from monitor.documents.rtf import read_rtf
from monitor.text.markup import Block, Line, Table
from tests.documents.words import list_lines, read_until_error

FONTS = rb"{\fonttbl{\f0\fcharset0 Times;}{\f1\fcharset134 SimSun;}{\f2\fcharset136 MingLiU;}}"


def read_blocks(text: bytes, start: bytes = rb"\ansi\ansicpg936\uc1" + FONTS) -> list[Block]:
    body = rb"{\rtf1" + start + text + b"}"
    return [block for part in read_rtf(body, Limits()) for block in part.blocks]


def write_codes(text: str, encoding: str = "gbk") -> bytes:
    return "".join(f"\\'{byte:02x}" for byte in text.encode(encoding)).encode()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (write_codes("希捷硬盘"), "希捷硬盘"),
        ("希捷硬盘".encode("gbk"), "希捷硬盘"),
        (rb"\f1 " + write_codes("喆堃") + rb"\f0  ST8000", "喆堃 ST8000"),
        (rb"\f2 " + write_codes("資料", "big5"), "資料"),
        (rb"{\f0 " + write_codes("思科") + b"}", "思科"),
        # A letter whose second byte is ASCII, written as code and as itself.
        (rb"\'81\'40 \'81@", "丂 丂"),
        (rb"\u24076?\u25463?", "希捷"),
        (rb"\u24076\'3f\u25463\'3f", "希捷"),
        (rb"{\uc2\u24076\'cf\'a3}x", "希x"),
        (rb"\u-10179?\u-8448?", "\U0001f700"),
        (rb"\u-1234", "\ufb2e"),
        (rb"N9K\_C93180\~YC", "N9K-C93180 YC"),
        (rb"\{a\}\\", "{a}\\"),
        (b"ST8000\r\nVX004", "ST8000VX004"),
        (rb"a\line b", "a\nb"),
        (rb"a{\v hidden}b", "ab"),
        (rb"a{\deleted struck}b", "ab"),
        (rb"a{\*\unheard of}b", "ab"),
        (rb"a{\pict\wmetafile8 0102ff}b", "ab"),
        (rb"{\field{\*\fldinst HYPERLINK x}{\fldrslt shown}}", "shown"),
        (rb"a{\object{\*\objdata 0102}{\result b}}c", "abc"),
        (rb"a\bin3 {{{b", "ab"),
    ],
)
def test_a_line_shows_what_is_printed(text: bytes, shown: str) -> None:
    lines = [block.text for block in read_blocks(text) if isinstance(block, Line)]
    assert "\n".join(lines) == shown


def row(*cells: bytes, edges: bytes = b"") -> bytes:
    ends = edges or b"".join(rb"\cellx%d" % (1000 * (n + 1)) for n in range(len(cells)))
    return (
        rb"\trowd" + ends + rb"\pard\intbl " + b"".join(c + rb"\cell " for c in cells) + rb"\row "
    )


def test_cells_and_rows_are_a_table() -> None:
    text = rb"before\par " + row(b"a", b"b") + row(b"c", rb"d\par e") + rb"\pard after\par"
    assert read_blocks(text) == [
        Line("before"),
        Table((("a", "b"), ("c", "d\ne"))),
        Line("after"),
    ]


def test_cells_that_span_stand_in_each_place() -> None:
    wide = row(b"total", b"9", edges=rb"\cellx2000\cellx3000")
    first = row(b"a", b"b", b"1", edges=rb"\clvmgf\cellx1000\cellx2000\cellx3000")
    below = row(b"", b"c", b"2", edges=rb"\clvmrg\cellx1000\cellx2010\cellx3000")
    assert read_blocks(first + below + wide) == [
        Table((("a", "b", "1"), ("a", "c", "2"), ("total", "total", "9")))
    ]


def test_a_merged_cell_of_word_is_one() -> None:
    merged = row(b"total", b"", b"9", edges=rb"\clmgf\cellx1000\clmrg\cellx2000\cellx3000")
    assert read_blocks(row(b"a", b"b", b"1") + merged) == [
        Table((("a", "b", "1"), ("total", "total", "9")))
    ]


def test_a_table_in_a_cell_is_read_in_its_place() -> None:
    inner = rb"\itap2 x\nestcell y\nestcell{\*\nesttableprops\trowd\cellx500\cellx900\nestrow}"
    outer = rb"\trowd\cellx1000\pard\intbl before\par\pard\intbl" + inner
    outer += inner.replace(b"x", b"z", 1) + rb"\pard\intbl\itap1 after\cell\row"
    lines = read_blocks(outer)
    assert lines[0] == Line("before")
    assert isinstance(lines[1], Table)
    assert lines[1].rows[0] == ("x", "y")
    assert lines[-1] == Line("after")


def test_notes_and_running_heads_come_after_the_text_once() -> None:
    text = rb"{\header\pard head\par}{\headerf\pard head\par}a{\*\footnote\pard note\par}b\par"
    assert read_blocks(text) == [Line("ab"), Line("head"), Line("note")]


@pytest.mark.parametrize(
    "body",
    [b"", b"plain text", rb"{\rtf1 text", b"{\\rtf1 " + b"{" * 100_000, rb"{\rtf1\trowd\cellx1 a"],
)
def test_what_is_cut_or_no_rtf_says_so(body: bytes) -> None:
    _, error = read_until_error(read_rtf(body, Limits()))
    assert error is not None
    assert error.fault is Fault.DAMAGED


def test_text_before_a_cut_is_kept() -> None:
    parts, _ = read_until_error(read_rtf(rb"{\rtf1 one\par two\trowd\cellx1\intbl th", Limits()))
    assert "one" in list_lines(parts)


def test_a_file_of_empty_rows_ends_at_the_limit_of_text() -> None:
    body = b"{\\rtf1 " + rb"\trowd\cellx9\cell\row " * 100_000
    _, error = read_until_error(read_rtf(body, Limits(text=10_000)))
    assert error is not None
    assert error.fault is Fault.TOO_LARGE
