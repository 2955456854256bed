"""Every format by its samples: all words of the good file, a typed error for the damaged one."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.documents.ofd import read_ofd
from monitor.documents.oldword import read_doc
from monitor.documents.parts import Fault, Limits, Part
from monitor.documents.pdf import read_pdf
from monitor.documents.plain import read_csv, read_html, read_text
from monitor.documents.rtf import read_rtf
from monitor.documents.sheets import read_sheets
from monitor.documents.word import read_docx
from monitor.text.markup import Line
from tests.documents.words import (
    FILES,
    list_lines,
    list_tables,
    measure_share,
    read_until_error,
)

Reader = Callable[[bytes, Limits], Iterator[Part]]
READERS: dict[str, Reader] = {
    "pdf": read_pdf,
    "docx": read_docx,
    "doc": read_doc,
    "rtf": read_rtf,
    "xlsx": read_sheets,
    "xls": read_sheets,
    "ods": read_sheets,
    "csv": read_csv,
    "html": read_html,
    "txt": read_text,
    "ofd": read_ofd,
}
BINARY = ["pdf", "docx", "doc", "rtf", "xlsx", "xls", "ods", "ofd"]
# Read by our own code, or behind checksums; calamine may abort the process over a spoilt XLS,
# which is what the worker process is for.
SPOILABLE = sorted(READERS.keys() - {"xls"})
GOODS = (
    ("序号", "货物名称", "品牌", "规格型号", "单位", "数量", "单价（元）"),
    ("1", "监控级硬盘", "希捷", "ST8000VX004", "块", "481", "1680.5"),
    ("2", "数据中心交换机", "思科", "N9K-C93180YC-FX3", "台", "4", "128000"),
    ("3", "万兆多模光模块（含跳线及标签）", "思科", "SFP-10G-SR-S", "只", "96", "1250"),
    ("4", "机架式服务器", "戴尔", "PowerEdge R760xs", "台", "12", "96500"),
    ("5", "备用电源模块", "", "C9600-PWR-2KWAC", "块", "8", "7300.25"),
)


def read_sample(kind: str, state: str = "good") -> bytes:
    return (FILES / f"{state}.{kind}").read_bytes()


@pytest.mark.parametrize("kind", READERS)
def test_all_words_of_a_good_file_come_out(kind: str) -> None:
    parts, error = read_until_error(READERS[kind](read_sample(kind), Limits()))
    assert error is None
    assert measure_share(parts) >= 0.99


@pytest.mark.parametrize("kind", sorted(READERS.keys() - {"txt"}))
def test_the_table_of_goods_has_its_rows_and_columns(kind: str) -> None:
    table = list_tables(READERS[kind](read_sample(kind), Limits()))[0]
    rows = [list(row) for row in table.rows[: len(GOODS)]]
    # CSV has no way to say that a cell goes on in the next row.
    if kind == "csv":
        assert rows[3][2] == ""
        rows[3][2] = "思科"
    assert rows == [list(row) for row in GOODS]


@pytest.mark.parametrize("kind", ["pdf", "docx", "doc", "rtf", "xlsx", "xls", "ods", "html", "ofd"])
def test_a_cell_that_spans_columns_stands_in_each(kind: str) -> None:
    table = list_tables(READERS[kind](read_sample(kind), Limits()))[0]
    assert table.rows[-1] == ("合计",) * 6 + ("2694720.5",)


@pytest.mark.parametrize("kind", ["docx", "doc", "html"])
def test_headings_are_known(kind: str) -> None:
    parts = READERS[kind](read_sample(kind), Limits())
    blocks = [block for part in parts for block in part.blocks]
    headings = [block.text for block in blocks if isinstance(block, Line) and block.heading]
    assert headings[:2] == ["龙堃市数据中心扩容项目采购需求书", "一、采购清单"]


@pytest.mark.parametrize("kind", READERS)
def test_a_damaged_file_says_so(kind: str) -> None:
    _, error = read_until_error(READERS[kind](read_sample(kind, "damaged"), Limits()))
    assert error is not None
    assert error.fault is Fault.DAMAGED
    assert error.detail


@pytest.mark.parametrize("kind", BINARY)
def test_a_file_cut_anywhere_is_whole_or_says_so(kind: str) -> None:
    body = read_sample(kind)
    for end in range(0, len(body), len(body) // 40):
        parts, error = read_until_error(READERS[kind](body[:end], Limits()))
        assert error is not None or measure_share(parts) >= 0.99, f"cut at {end}"


@pytest.mark.parametrize("kind", SPOILABLE)
@given(
    places=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=9)
)
def test_spoilt_bytes_raise_nothing_but_document_errors(
    kind: str, places: list[tuple[float, int]]
) -> None:
    body = bytearray(read_sample(kind))
    for place, value in places:
        body[int(place * len(body))] = value
    parts, _ = read_until_error(READERS[kind](bytes(body), Limits()))
    signs = {unicodedata.category(sign) for line in list_lines(parts) for sign in line}
    assert signs.isdisjoint({"Cc", "Cs"})


@pytest.mark.parametrize("kind", READERS)
@given(body=st.binary(max_size=200))
def test_any_bytes_raise_nothing_but_document_errors(kind: str, body: bytes) -> None:
    for start in (b"", read_sample(kind)[:32]):
        parts, error = read_until_error(READERS[kind](start + body, Limits()))
        assert parts == [] or error is not None or list_lines(parts)


@pytest.mark.parametrize("kind", READERS)
def test_text_ends_at_its_limit(kind: str) -> None:
    parts, error = read_until_error(READERS[kind](read_sample(kind), Limits(text=150)))
    assert error is not None
    assert error.fault is Fault.TOO_LARGE
    assert sum(map(len, list_lines(parts))) <= 150


@pytest.mark.parametrize("kind", ["xlsx", "xls", "ods", "ofd"])
def test_pages_and_sheets_end_at_their_limit(kind: str) -> None:
    parts, error = read_until_error(READERS[kind](read_sample(kind), Limits(pages=1)))
    assert len(parts) == 1
    assert error is not None
    assert error.fault is Fault.TOO_MANY
