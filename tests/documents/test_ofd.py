"""OFD: letters at their places, templates, ruling lines, and what is no page."""

from __future__ import annotations

import pytest

from monitor.documents.ofd import read_ofd
from monitor.documents.parts import Fault, Limits
from monitor.text.markup import Line, Table
from tests.documents.pages import write_zip
from tests.documents.words import list_lines, list_tables, read_until_error

_NAME = 'xmlns:ofd="http://www.ofdspec.org/2016"'


def write_ofd(*pages: str, template: str = "") -> bytes:
    """Return an OFD of these pages; `template` stands on the first."""
    named = "".join(
        f'<ofd:Page ID="{n}" BaseLoc="Pages/Page_{n}/Content.xml"/>' for n in range(len(pages))
    )
    members: dict[str, str | bytes] = {
        "OFD.xml": f"<ofd:OFD {_NAME}><ofd:DocBody><ofd:DocRoot>/Doc_0/Document.xml</ofd:DocRoot>"
        "</ofd:DocBody></ofd:OFD>",
        "Doc_0/Document.xml": f"<ofd:Document {_NAME}><ofd:CommonData>"
        '<ofd:TemplatePage ID="77" BaseLoc="Tpls/Content.xml"/></ofd:CommonData>'
        f"<ofd:Pages>{named}</ofd:Pages></ofd:Document>",
        "Doc_0/Tpls/Content.xml": f"<ofd:Page {_NAME}>{template}</ofd:Page>",
    }
    for number, page in enumerate(pages):
        uses = '<ofd:Template TemplateID="77"/>' if not number else ""
        members[f"Doc_0/Pages/Page_{number}/Content.xml"] = (
            f"<ofd:Page {_NAME}>{uses}<ofd:Content><ofd:Layer>{page}</ofd:Layer></ofd:Content>"
            "</ofd:Page>"
        )
    return write_zip(members)


def place(text: str, x: float, y: float, extra: str = "", code: str = "") -> str:
    return (
        f'<ofd:TextObject Boundary="{x} {y} 100 5" Size="4" {extra}>'
        f'<ofd:TextCode X="0" Y="4" {code}>{text}</ofd:TextCode></ofd:TextObject>'
    )


@pytest.mark.parametrize(
    ("page", "lines"),
    [
        (place("希捷", 10, 10), ["希捷"]),
        (place("希捷", 10, 10, code='DeltaX="4"'), ["希捷"]),
        (place("ST8000VX004", 10, 10, code='DeltaX="g 10 2"'), ["ST8000VX004"]),
        (place("乙", 10, 20) + place("甲", 10, 10), ["甲", "乙"]),
        (place("右", 14, 10) + place("左", 10, 10), ["左右"]),
        (place("甲", 10, 10) + place("乙", 40, 10), ["甲 乙"]),
        (place("大", 10, 10, 'CTM="0.5 0 0 0.5 0 0"') + place("小", 12, 8), ["大小"]),
        # A run without its own Y goes on at that of the run before.
        (
            '<ofd:TextObject Boundary="10 10 9 5" Size="4"><ofd:TextCode X="0" Y="4">思'
            '</ofd:TextCode><ofd:TextCode X="4">科</ofd:TextCode></ofd:TextObject>',
            ["思科"],
        ),
        (place("竖", 10, 10) + place("排字", 30, 10, code='DeltaY="5"'), ["竖 排", "字"]),
        (place("暗", 10, 10, 'Visible="false"') + place("明", 10, 20), ["明"]),
        (place("甲", 10, 10, 'Boundary2="x"', 'DeltaX="g x y nan"'), ["甲"]),
    ],
)
def test_letters_are_read_by_their_places(page: str, lines: list[str]) -> None:
    assert list_lines(read_ofd(write_ofd(page), Limits())) == lines


def test_a_template_stands_on_the_pages_that_use_it() -> None:
    body = write_ofd(place("甲", 10, 50), place("乙", 10, 50), template=place("页眉", 10, 10))
    assert [(part.place, part.blocks) for part in read_ofd(body, Limits())] == [
        ("p. 1", (Line("页眉"), Line("甲"))),
        ("p. 2", (Line("乙"),)),
    ]


@pytest.mark.parametrize("closed", [False, True])
def test_ruling_lines_make_a_table(closed: bool) -> None:
    def path(data: str) -> str:
        return (
            '<ofd:PathObject Boundary="10 10 80 20" LineWidth="0.3"><ofd:AbbreviatedData>'
            f"{data}</ofd:AbbreviatedData></ofd:PathObject>"
        )

    if closed:
        cells = [(x, y) for x in (0, 40) for y in (0, 10)]
        rules = "".join(path(f"M {x} {y} L {x + 40} {y} L {x + 40} {y + 10} L {x} {y + 10} C")
                        for x, y in cells)  # fmt: skip
    else:
        rules = "".join(path(f"M 0 {y} L 80 {y}") for y in (0, 10, 20))
        rules += "".join(path(f"S {x} 0 L {x} 20") for x in (0, 40, 80))
    words = place("品牌", 12, 12) + place("型号", 52, 12)
    words += place("希捷", 12, 22) + place("ST8000", 52, 22)
    assert list_tables(read_ofd(write_ofd(rules + words), Limits())) == [
        Table((("品牌", "型号"), ("希捷", "ST8000")))
    ]


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (b"PK", Fault.DAMAGED),
        (write_zip({"x": "y"}), Fault.DAMAGED),
        (write_zip({"Encrypt.xml": "<x/>", "a.dat": "y"}), Fault.ENCRYPTED),
        (write_zip({"OFD.xml": "<x/>"}), Fault.DAMAGED),
        (write_zip({"OFD.xml": '<!DOCTYPE x SYSTEM "file:///etc/passwd"><x/>'}), Fault.BOMB),
        (write_ofd("<ofd:ImageObject/>", "<ofd:ImageObject/>"), Fault.SCANNED),
    ],
)
def test_what_cannot_be_read_says_why(body: bytes, fault: Fault) -> None:
    parts, error = read_until_error(read_ofd(body, Limits()))
    assert (parts, error and error.fault) == ([], fault)


def test_a_missing_page_is_said_and_the_others_are_read() -> None:
    body = write_ofd(place("甲", 10, 10), place("乙", 10, 10))
    body = body.replace(b"Page_0/Content.xml", b"Page_9/Content.xml")
    parts, error = read_until_error(read_ofd(body, Limits()))
    assert list_lines(parts) == ["乙"]
    assert error is not None
    assert error.fault is Fault.DAMAGED


def test_a_path_that_leads_outside_finds_nothing() -> None:
    body = write_zip({"OFD.xml": "<x><DocRoot>../../etc/passwd</DocRoot></x>"})
    _, error = read_until_error(read_ofd(body, Limits()))
    assert error is not None
    assert error.fault is Fault.DAMAGED
