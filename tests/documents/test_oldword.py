"""DOC: pieces of every kind, tables by their properties, and what a printed page does not show."""

from __future__ import annotations

import struct

import pytest

from monitor.documents.oldword import read_doc
from monitor.documents.parts import Fault, Limits
from monitor.text.markup import Block, Line, Table
from tests.documents.ole import write_doc, write_ole
from tests.documents.words import read_until_error

DELETED, HIDDEN, SHOWN = b"\x00\x08\x01", b"\x3c\x08\x01", b"\x3c\x08\x00"
IN_TABLE = b"\x16\x24\x01"
ROW_END = IN_TABLE + b"\x17\x24\x01"
INNER_CELL, INNER_ROW = IN_TABLE + b"\x4b\x24\x01", IN_TABLE + b"\x4c\x24\x01"


def read_blocks(body: bytes) -> list[Block]:
    return [block for part in read_doc(body, Limits()) for block in part.blocks]


def shape_row(edges: list[int], flags: list[int]) -> bytes:
    """Return the property that gives a row its edges and merged cells."""
    shape = struct.pack(f"<B{len(edges)}h", len(flags), *edges)
    shape += b"".join(struct.pack("<H18x", flag) for flag in flags)
    return ROW_END + struct.pack("<HH", 0xD608, len(shape) + 1) + shape


def write_rows(*paragraphs: tuple[str, bytes]) -> bytes:
    """Return a document of paragraphs with their marks and properties."""
    runs = [(len(text) * 2, properties) for text, properties in paragraphs]
    return write_doc(["".join(text for text, _ in paragraphs)], paragraphs=runs)


@pytest.mark.parametrize(
    ("pieces", "shown"),
    [
        (["希捷硬盘\r"], "希捷硬盘"),
        ([b"ST8000VX004\r"], "ST8000VX004"),
        ([b"\x93Seagate\x94 caf\xe9\r"], "“Seagate” café"),
        (["希捷".encode("gbk") + b" 8TB\r"], "希捷 8TB"),
        # Fast saved: pieces of both kinds in turn make one paragraph.
        (["希", b"ST", "捷", b"8000\r"], "希ST捷8000"),
        (["N9K\x1eC93\x1f180\xa0YC\r"], "N9K-C93180 YC"),
        (["见\x13 HYPERLINK x \x14附件\x15。\r"], "见附件。"),
        (["第\x13 PAGE \x13 IF \x15\x15页\r"], "第页"),
        (["\x13 TOC \x14甲\x13 REF \x14乙\x15丙\x15丁\r"], "甲乙丙丁"),
        (["图\x01\x08\x02\x05文\r"], "图文"),
        (["甲\x0b乙\r"], "甲\n乙"),
        (["无段落标记"], "无段落标记"),
    ],
)
def test_text_is_read_from_pieces_of_every_kind(pieces: list[bytes | str], shown: str) -> None:
    lines = [block.text for block in read_blocks(write_doc(pieces)) if isinstance(block, Line)]
    assert "\n".join(lines) == shown


@pytest.mark.parametrize("unseen", [DELETED, HIDDEN])
def test_deleted_and_hidden_text_is_left_out(unseen: bytes) -> None:
    body = write_doc(["思科华三交换机\r"], characters=[(4, unseen), (4, SHOWN), (8, b"")])
    assert read_blocks(body) == [Line("华三交换机")]


def test_rows_end_where_their_properties_say_and_cells_may_be_empty() -> None:
    body = write_rows(
        ("清单\r", b""),
        ("品牌\x07", IN_TABLE),
        ("\x07", IN_TABLE),
        ("\x07", ROW_END),
        ("希捷\r", IN_TABLE),
        ("原装\x07", IN_TABLE),
        ("4\x07", IN_TABLE),
        ("\x07", ROW_END),
        ("完\r", b""),
    )
    assert read_blocks(body) == [
        Line("清单"),
        Table((("品牌", ""), ("希捷\n原装", "4"))),
        Line("完"),
    ]


def test_cells_that_span_stand_in_each_place() -> None:
    body = write_rows(
        ("思科\x07", IN_TABLE),
        ("N9K\x07", IN_TABLE),
        ("4\x07", IN_TABLE),
        ("\x07", shape_row([0, 900, 1800, 2700], [0x60, 0, 0])),
        ("\x07", IN_TABLE),
        ("SFP\x07", IN_TABLE),
        ("96\x07", IN_TABLE),
        ("\x07", shape_row([0, 905, 1800, 2700], [0x20, 0, 0])),
        ("合计\x07", IN_TABLE),
        ("100\x07", IN_TABLE),
        ("\x07", shape_row([0, 1800, 2700], [0, 0])),
    )
    assert read_blocks(body) == [
        Table((("思科", "N9K", "4"), ("思科", "SFP", "96"), ("合计", "合计", "100")))
    ]


def test_a_table_in_a_cell_becomes_lines_of_that_cell() -> None:
    body = write_rows(
        ("甲\r", INNER_CELL),
        ("乙\r", INNER_CELL),
        ("\r", INNER_ROW),
        ("外\x07", IN_TABLE),
        ("右\x07", IN_TABLE),
        ("\x07", ROW_END),
    )
    assert read_blocks(body) == [Table((("甲 乙\n外", "右"),))]


def test_without_properties_an_empty_cell_ends_the_row() -> None:
    assert read_blocks(write_doc(["a\x07b\x07\x07c\x07d\x07\x07"])) == [
        Table((("a", "b"), ("c", "d")))
    ]


def test_notes_and_running_heads_come_after_the_text_once_and_comments_never() -> None:
    body = write_doc(["正文\r注\r页眉\r页眉\r批\r"], lengths=[3, 2, 6, 0, 2, 0, 0, 0])
    assert read_blocks(body) == [Line("正文"), Line("注"), Line("页眉")]


def test_word_95_is_read_as_bare_text() -> None:
    body = write_doc(["希捷硬盘\r8TB\r".encode("gbk")], version=104)
    assert read_blocks(body) == [Line("希捷硬盘"), Line("8TB")]


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (b"", Fault.DAMAGED),
        (write_ole({"Workbook": b""}), Fault.DAMAGED),
        (write_ole({"WordDocument": b"\xec\xa5\xc1\0"}), Fault.DAMAGED),
        (write_ole({"EncryptedPackage": b""}), Fault.ENCRYPTED),
        (write_doc(["x\r"], flags=0x0300), Fault.ENCRYPTED),
        (write_doc(["x\r"], lengths=[900, 0, 0, 0, 0, 0, 0, 0]), Fault.DAMAGED),
        (write_doc(["x\r"], version=104, flags=0x0204), Fault.DAMAGED),
    ],
)
def test_what_cannot_be_read_says_why(body: bytes, fault: Fault) -> None:
    parts, error = read_until_error(read_doc(body, Limits()))
    assert (parts, error and error.fault) == ([], fault)
