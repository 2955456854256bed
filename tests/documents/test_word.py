"""DOCX: what a reader of the printed page sees, and what is refused before it unfolds."""

from __future__ import annotations

import pytest

from monitor.documents.parts import Fault, Limits
from monitor.documents.word import read_docx
from monitor.text.markup import Block, Line, Table
from tests.documents.pages import write_zip
from tests.documents.words import list_lines, read_until_error

_W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"


def write_docx(body: str, **others: str) -> bytes:
    """Return a DOCX; `others` are its running heads, notes and styles by name."""
    parts = {f"word/{name}.xml": f"<w:x {_W}>{text}</w:x>" for name, text in others.items()}
    related = "".join(
        f'<Relationship Type="{_RELATIONS}{name.rstrip("0123456789")}" Target="{name}.xml"/>'
        for name in others
    )
    return write_zip(
        {
            "word/document.xml": f"<w:document {_W}><w:body>{body}</w:body></w:document>",
            "word/_rels/document.xml.rels": f"<Relationships>{related}</Relationships>",
            **parts,
        }
    )


def paragraph(text: str, properties: str = "") -> str:
    return f"<w:p>{properties}<w:r><w:t>{text}</w:t></w:r></w:p>"


def cell(inside: str, properties: str = "") -> str:
    body = inside if inside.startswith("<") else paragraph(inside)
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{body}</w:tc>"


def table(*rows: str) -> str:
    return f"<w:tbl>{''.join(f'<w:tr>{row}</w:tr>' for row in rows)}</w:tbl>"


def read_blocks(body: bytes) -> list[Block]:
    return [block for part in read_docx(body, Limits()) for block in part.blocks]


@pytest.mark.parametrize(
    ("inside", "shown"),
    [
        ("<w:r><w:t>希</w:t></w:r><w:r><w:t>捷</w:t></w:r>", "希捷"),
        ("<w:r><w:t>甲</w:t><w:tab/><w:t>乙</w:t></w:r>", "甲 乙"),
        ("<w:r><w:t>N9K</w:t><w:noBreakHyphen/><w:t>C93</w:t></w:r>", "N9K-C93"),
        ("<w:ins><w:r><w:t>思科</w:t></w:r></w:ins><w:r><w:t>交换机</w:t></w:r>", "思科交换机"),
        ("<w:del><w:r><w:delText>思科</w:delText></w:r></w:del><w:r><w:t>华三</w:t></w:r>", "华三"),
        ("<w:moveFrom><w:r><w:t>旧</w:t></w:r></w:moveFrom><w:r><w:t>新</w:t></w:r>", "新"),
        ("<w:r><w:rPr><w:vanish/></w:rPr><w:t>暗</w:t></w:r><w:r><w:t>明</w:t></w:r>", "明"),
        ('<w:r><w:rPr><w:vanish w:val="0"/></w:rPr><w:t>明</w:t></w:r>', "明"),
        (
            "<w:r><w:rPr><w:rPrChange><w:rPr><w:vanish/></w:rPr></w:rPrChange></w:rPr>"
            "<w:t>明</w:t></w:r>",
            "明",
        ),
        ("<w:r><w:instrText>PAGE</w:instrText></w:r><w:r><w:t>第3页</w:t></w:r>", "第3页"),
        ("<w:hyperlink><w:r><w:t>详见附件</w:t></w:r></w:hyperlink>", "详见附件"),
        ("<w:sdt><w:sdtContent><w:r><w:t>下拉项</w:t></w:r></w:sdtContent></w:sdt>", "下拉项"),
        (
            "<w:r><w:ruby><w:rt><w:r><w:t>zhe</w:t></w:r></w:rt>"
            "<w:rubyBase><w:r><w:t>喆</w:t></w:r></w:rubyBase></w:ruby></w:r>",
            "喆",
        ),
    ],
)
def test_a_paragraph_shows_what_is_printed(inside: str, shown: str) -> None:
    assert read_blocks(write_docx(f"<w:p>{inside}</w:p>")) == [Line(shown)]


def test_a_text_box_follows_its_paragraph_once() -> None:
    box = f"<w:txbxContent>{paragraph('框内')}</w:txbxContent>"
    both = (
        '<mc:AlternateContent xmlns:mc="urn:mc"><mc:Choice>'
        f"{box}</mc:Choice><mc:Fallback>{box}</mc:Fallback></mc:AlternateContent>"
    )
    body = f"<w:p><w:r><w:t>前</w:t></w:r><w:r>{both}</w:r><w:r><w:t>后</w:t></w:r></w:p>"
    assert read_blocks(write_docx(body)) == [Line("前后"), Line("框内")]


def test_spans_are_filled_in_both_directions() -> None:
    body = table(
        cell("品牌") + cell("型号", '<w:gridSpan w:val="2"/>'),
        cell("思科", '<w:vMerge w:val="restart"/>') + cell("N9K") + cell("4"),
        cell("<w:p/>", "<w:vMerge/>") + cell("SFP") + cell("96"),
    )
    assert read_blocks(write_docx(body)) == [
        Table((("品牌", "型号", "型号"), ("思科", "N9K", "4"), ("思科", "SFP", "96")))
    ]


def test_a_row_that_begins_late_keeps_its_columns() -> None:
    late = '<w:trPr><w:gridBefore w:val="1"/></w:trPr>' + cell("乙")
    assert read_blocks(write_docx(table(cell("甲") + cell("丙"), late))) == [
        Table((("甲", "丙"), ("", "乙")))
    ]


def test_a_row_that_was_deleted_is_left_out() -> None:
    deleted = "<w:trPr><w:del/></w:trPr>" + cell("旧") + cell("1")
    assert read_blocks(write_docx(table(cell("新") + cell("2"), deleted))) == [
        Table((("新", "2"),))
    ]


def test_a_table_around_others_is_a_frame() -> None:
    inner = table(cell("品牌") + cell("型号"), cell("希捷") + cell("ST8000VX004"))
    body = table(cell("标题一") + cell("标题二"), cell(paragraph("前言") + inner))
    assert read_blocks(write_docx(body)) == [
        Table((("标题一", "标题二"),)),
        Line("前言"),
        Table((("品牌", "型号"), ("希捷", "ST8000VX004"))),
    ]


def test_a_table_of_one_cell_is_lines() -> None:
    assert read_blocks(write_docx(table(cell("说明")))) == [Line("说明")]


def test_headings_are_known_by_the_names_of_styles() -> None:
    styles = '<w:style w:styleId="2"><w:name w:val="heading 1"/></w:style>'
    body = paragraph("第一章", '<w:pPr><w:pStyle w:val="2"/></w:pPr>') + paragraph("正文")
    body += paragraph("第二章", '<w:pPr><w:outlineLvl w:val="0"/></w:pPr>')
    assert read_blocks(write_docx(body, styles=styles)) == [
        Line("第一章", heading=True),
        Line("正文"),
        Line("第二章", heading=True),
    ]


def test_running_heads_and_notes_come_after_the_text_once() -> None:
    body = write_docx(
        paragraph("正文"),
        header1=paragraph("编号一"),
        header2=paragraph("编号一"),
        footer1=paragraph("页脚"),
        footnotes=paragraph("脚注"),
        comments=paragraph("批注"),
    )
    assert [block.text for block in read_blocks(body) if isinstance(block, Line)] == [
        "正文",
        "脚注",
        "编号一",
        "页脚",
    ]


def test_strict_and_renamed_documents_are_found_by_their_relation() -> None:
    body = write_zip(
        {
            "_rels/.rels": f'<R><R Type="{_RELATIONS}officeDocument" Target="/w/main.xml"/></R>',
            "w/main.xml": '<d xmlns="http://purl.oclc.org/ooxml/wordprocessingml/main">'
            "<p><r><t>正文</t></r></p></d>",
        }
    )
    assert read_blocks(body) == [Line("正文")]


BOMB = '<!DOCTYPE x [<!ENTITY a "' + "b" * 1000 + '">]>'


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (b"no zip", Fault.DAMAGED),
        (write_zip({"word/other.xml": "<x/>"}), Fault.DAMAGED),
        (write_zip({"word/document.xml": "<w:p"}), Fault.DAMAGED),
        (write_zip({"word/document.xml": BOMB + "<x>&a;&a;</x>"}), Fault.BOMB),
        (write_zip({"word/document.xml": (BOMB + "<x>&a;</x>").encode("utf-16")}), Fault.BOMB),
        (write_zip({"word/document.xml": "<x>" + " " * 9_000_000 + "</x>"}), Fault.BOMB),
        (write_zip({"word/document.xml": "<x>" * 5000}), Fault.BOMB),
        (write_docx("<w:p><w:r><w:drawing><blip/></w:drawing></w:r></w:p>"), Fault.SCANNED),
        (write_docx("<w:altChunk/>"), Fault.UNKNOWN_TYPE),
        (write_docx(paragraph("x")), None),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
            Fault.ENCRYPTED,
        ),
    ],
)
def test_what_cannot_be_read_says_why(body: bytes, fault: Fault | None) -> None:
    _, error = read_until_error(read_docx(body, Limits()))
    assert (error and error.fault) == fault


def test_sizes_are_capped_before_anything_unfolds() -> None:
    body = write_docx("".join(paragraph(f"{n:x}") for n in range(20_000)))
    parts, error = read_until_error(read_docx(body, Limits(unfolded=100_000)))
    assert (parts, error and error.fault) == ([], Fault.BOMB)


def test_what_was_read_before_a_damage_is_kept() -> None:
    body = write_zip({"word/document.xml": f"<x {_W}>{paragraph('前文') * 5000}<broken"})
    parts, error = read_until_error(read_docx(body, Limits()))
    assert len(list_lines(parts)) > 1000
    assert error is not None
    assert error.fault is Fault.DAMAGED
