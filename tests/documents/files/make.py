"""Write the samples of this folder anew; needs LibreOffice and the font WenQuanYi Zen Hei.

Run as `python -m tests.documents.files.make`; see README.md.
"""

from __future__ import annotations

import csv
import io
import subprocess
import tempfile
import zipfile
from pathlib import Path
from xml.sax.saxutils import escape

HERE = Path(__file__).parent
RUNNING_HEAD = "采购编号：LK2026-0815"
FOOTER = "龙堃市信息化办公室印制"
TITLE = "龙堃市数据中心扩容项目采购需求书"
NOTE = "单价含十三个百分点的增值税及运输、安装、调试费用。"
BOX = "答疑地点：喆瑄大厦八楼会议室"
LIST_HEADING = "一、采购清单"
PROSE_HEADING = "二、技术与商务要求"
# An empty cell continues the one above in the column of makes, and is empty elsewhere.
GOODS = (
    ("序号", "货物名称", "品牌", "规格型号", "单位", "数量", "单价（元）"),
    ("1", "监控级硬盘", "希捷", "ST8000VX004", "块", "481", "1680.5"),
    ("2", "数据中心交换机", "思科", "N9K-C93180YC-FX3", "台", "4", "128000"),
    ("3", "万兆多模光模块（含跳线及标签）", "", "SFP-10G-SR-S", "只", "96", "1250"),
    ("4", "机架式服务器", "戴尔", "PowerEdge R760xs", "台", "12", "96500"),
    ("5", "备用电源模块", "", "C9600-PWR-2KWAC", "块", "8", "7300.25"),
)
TOTAL = ("合计", "2694720.5")
PROSE = (
    "本项目为龙堃市数据中心扩容，投标人须对全部货物一并投标，不得拆分。所投硬盘应为原厂正品，"
    "标称容量8TB，转速7200转，缓存256MB，平均无故障时间不低于100万小时，并提供五年质保。",
    "交换机须提供48个25GbE端口与6个100GbE端口，支持VXLAN及BGP EVPN；交付前由中标人完成固件升级，"
    "版本不低于NX-OS 10.3(4a)，并出具测试报告。服务器每台配置两颗英特尔至强金牌6430处理器。",
    "合同签订后30日内到货，验收合格后支付合同总价的95%，其余5%作为质量保证金，于2027年12月31日"
    "无息退还。淼镕、犇犇两处机房的旧设备由采购人自行处置，与本项目无关。",
)


def list_lines() -> list[str]:
    """Return what every sample says, a paragraph or cell each."""
    cells = [cell for row in GOODS for cell in row if cell]
    around = [RUNNING_HEAD, FOOTER, TITLE, LIST_HEADING, PROSE_HEADING, NOTE, BOX]
    return [*around, *cells, *TOTAL, *PROSE]


_NAMES = " ".join(
    f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for short, name in (
        ("office", "office"), ("text", "text"), ("table", "table"), ("style", "style"),
        ("fo", "xsl-fo-compatible"), ("draw", "drawing"), ("svg", "svg-compatible"),
    )
)  # fmt: skip
_FONT = "WenQuanYi Zen Hei"
_LAYOUT = """
<office:automatic-styles>
<style:style style:name="C" style:family="table-cell">
<style:table-cell-properties fo:border="0.5pt solid #000000" fo:padding="0.1cm"/></style:style>
<style:style style:name="Box" style:family="graphic"><style:graphic-properties
 style:wrap="none" fo:border="0.5pt solid #000000" style:horizontal-pos="left"/></style:style>
<style:page-layout style:name="L"><style:page-layout-properties fo:page-width="21cm"
 fo:page-height="29.7cm" fo:margin="2.2cm"/><style:header-style/><style:footer-style/>
</style:page-layout></office:automatic-styles>"""


def _style_text() -> str:
    font = f'style:font-name-asian="{_FONT}" style:font-name="{_FONT}"'
    return (
        f'<office:font-face-decls><style:font-face style:name="{_FONT}" '
        f"svg:font-family=\"'{_FONT}'\"/></office:font-face-decls><office:styles>"
        f'<style:default-style style:family="paragraph"><style:text-properties {font} '
        'fo:font-size="10.5pt" style:font-size-asian="10.5pt"/></style:default-style>'
        '<style:style style:name="Heading_20_1" style:display-name="Heading 1" '
        'style:family="paragraph"/></office:styles>'
    )


def _write_cell(text: str, *, across: int = 1, down: int = 1, value: bool = False) -> str:
    kind = f'office:value-type="float" office:value="{text}"' if value else ""
    spans = f'table:number-columns-spanned="{across}" table:number-rows-spanned="{down}"'
    return (
        f'<table:table-cell table:style-name="C" {spans} {kind}>'
        f"<text:p>{escape(text)}</text:p></table:table-cell>"
        + "<table:covered-table-cell/>"
        * (across - 1)
    )


def _write_goods(*, values: bool) -> str:
    rows = []
    for number, row in enumerate(GOODS):
        cells = ""
        for place, text in enumerate(row):
            is_value = values and number > 0 and place in (0, 5, 6)
            if place == 2 and not text:
                cells += "<table:covered-table-cell/>" if number == 3 else _write_cell("")
            else:
                down = 2 if place == 2 and number == 2 else 1
                cells += _write_cell(text, down=down, value=is_value)
        rows.append(cells)
    rows.append(_write_cell(TOTAL[0], across=6) + _write_cell(TOTAL[1], value=values))
    body = "".join(f"<table:table-row>{cells}</table:table-row>" for cells in rows)
    columns = '<table:table-column table:number-columns-repeated="7"/>'
    return f'<table:table table:name="清单">{columns}{body}</table:table>'


def write_text() -> str:
    """Return the text document, as flat OpenDocument."""
    heading = '<text:h text:style-name="Heading_20_1" text:outline-level="1">{}</text:h>'
    note = (
        '<text:note text:note-class="footnote"><text:note-citation>1</text:note-citation>'
        f"<text:note-body><text:p>{NOTE}</text:p></text:note-body></text:note>"
    )
    box = (
        '<text:p><draw:frame draw:style-name="Box" text:anchor-type="paragraph" '
        'svg:width="9cm" svg:height="1cm">'
        f"<draw:text-box><text:p>{BOX}</text:p></draw:text-box></draw:frame></text:p>"
    )
    prose = "".join(f"<text:p>{escape(line)}</text:p>" for line in PROSE)
    body = heading.format(TITLE) + heading.format(LIST_HEADING) + _write_goods(values=False)
    body += heading.format(PROSE_HEADING + note) + prose + box
    master = (
        '<office:master-styles><style:master-page style:name="Standard" '
        f'style:page-layout-name="L"><style:header><text:p>{RUNNING_HEAD}</text:p></style:header>'
        f"<style:footer><text:p>{FOOTER}</text:p></style:footer></style:master-page>"
        "</office:master-styles>"
    )
    return _wrap("text", _style_text() + _LAYOUT + master, body)


def write_sheets() -> str:
    """Return the workbook, as flat OpenDocument: the goods, and a sheet with all else."""
    others = [RUNNING_HEAD, FOOTER, TITLE, LIST_HEADING, PROSE_HEADING, NOTE, BOX, *PROSE]
    rows = "".join(f"<table:table-row>{_write_cell(line)}</table:table-row>" for line in others)
    body = _write_goods(values=True) + f'<table:table table:name="说明">{rows}</table:table>'
    return _wrap("spreadsheet", _style_text() + _LAYOUT, body)


def _wrap(kind: str, styles: str, body: str) -> str:
    mime = f"application/vnd.oasis.opendocument.{kind}"
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document {_NAMES} office:version="1.2" '
        f'office:mimetype="{mime}">{styles}<office:body><office:{kind}>{body}</office:{kind}>'
        "</office:body></office:document>"
    )


def write_html() -> bytes:
    """Return a page in GBK, as word processors save it."""
    rows = ""
    for number, row in enumerate(GOODS):
        cells = ""
        for place, text in enumerate(row):
            if place == 2 and number == 3:
                continue
            span = ' rowspan="2"' if place == 2 and number == 2 else ""
            cells += f"<td{span}>{text}</td>"
        rows += f"<tr>{cells}</tr>"
    rows += f'<tr><td colspan="6">{TOTAL[0]}</td><td>{TOTAL[1]}</td></tr>'
    lines = "".join(f"<p>{line}</p>" for line in (RUNNING_HEAD, *PROSE, NOTE, BOX, FOOTER))
    page = (
        f'<html><meta charset="gb2312"><title>{TITLE}</title><h1>{TITLE}</h1>'
        f"<h2>{LIST_HEADING}</h2><table>{rows}</table><h2>{PROSE_HEADING}</h2>{lines}</html>"
    )
    return page.encode("gbk")


def write_csv() -> bytes:
    """Return the same as comma-separated values in GBK."""
    out = io.StringIO()
    rows: list[tuple[str, ...]] = [*GOODS, TOTAL]
    rows += [(line,) for line in list_lines() if line not in {c for r in rows for c in r}]
    csv.writer(out).writerows(rows)
    return out.getvalue().encode("gbk")


def _place_text(text: str, left: float, top: float, size: float = 3.7) -> str:
    """Return a text object of OFD; lengths in millimetres, a Latin letter is half as wide."""
    widths = [size if ord(letter) > 0x2E80 else size / 2 for letter in text]
    deltas = " ".join(f"{width:.3f}" for width in widths[:-1])
    delta = f' DeltaX="{deltas}"' if deltas else ""
    return (
        f'<ofd:TextObject ID="1" Boundary="{left} {top} 170 5" Font="2" Size="{size}">'
        f'<ofd:TextCode X="0" Y="{size}"{delta}>{escape(text)}</ofd:TextCode></ofd:TextObject>'
    )


def _wrap_text(text: str, width: float, size: float = 3.7) -> list[str]:
    pieces, room = [""], width
    for letter in text:
        wide = size if ord(letter) > 0x2E80 else size / 2
        if wide > room:
            pieces.append("")
            room = width
        pieces[-1] += letter
        room -= wide
    return pieces


def _place_line(left: float, top: float, right: float, bottom: float) -> str:
    width, height = right - left, bottom - top
    return (
        f'<ofd:PathObject ID="9" Boundary="{left} {top} {width or 0.4} {height or 0.4}" '
        'LineWidth="0.35"><ofd:AbbreviatedData>'
        f"M 0 0 L {width} {height}</ofd:AbbreviatedData></ofd:PathObject>"
    )


def _place_table(top: float) -> str:
    """Return the goods as ruled cells of 9 mm; a long name takes two lines."""
    edges = (10, 20, 60, 75, 120, 135, 155, 185)
    out = ""
    rows = [*GOODS, (TOTAL[0], "", "", "", "", "", TOTAL[1])]
    for number in range(len(rows) + 1):
        y = top + 9 * number
        if number == 3:
            out += _place_line(10, y, 60, y) + _place_line(75, y, 185, y)
        else:
            out += _place_line(10, y, 185, y)
    for place, x in enumerate(edges):
        bottom = top + 9 * (len(rows) if place in (0, 6, 7) else len(rows) - 1)
        out += _place_line(x, top, x, bottom)
    for number, row in enumerate(rows):
        for left, text in zip(edges, row, strict=False):
            y = top + 9 * number
            for piece in (text[:10], text[10:]) if ord(text[:1] or " ") > 0x2E80 else (text,):
                out += _place_text(piece, left + 0.5, y) if piece else ""
                y += 4.2
    return out


def write_ofd() -> bytes:
    """Return the text document as OFD of two pages; the running head is on their template."""
    first = _place_text(TITLE, 50, 20, 5) + _place_text(LIST_HEADING, 10, 30) + _place_table(40)
    second = _place_text(PROSE_HEADING, 10, 20)
    y = 30.0
    for line in (*PROSE, NOTE, BOX):
        for piece in _wrap_text(line, 175):
            second += _place_text(piece, 10, y)
            y += 6
    head = _place_text(RUNNING_HEAD, 10, 8) + _place_text(FOOTER, 10, 285)
    name = 'xmlns:ofd="http://www.ofdspec.org/2016"'
    page = (
        '<ofd:Page {}><ofd:Template TemplateID="7"/><ofd:Content><ofd:Layer ID="3">{}</ofd:Layer>'
        "</ofd:Content></ofd:Page>"
    )
    files = {
        "OFD.xml": f'<ofd:OFD {name} Version="1.0" DocType="OFD"><ofd:DocBody>'
        "<ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody></ofd:OFD>",
        "Doc_0/Document.xml": f"<ofd:Document {name}><ofd:CommonData>"
        "<ofd:PageArea><ofd:PhysicalBox>0 0 210 297</ofd:PhysicalBox></ofd:PageArea>"
        '<ofd:TemplatePage ID="7" BaseLoc="Tpls/Tpl_0/Content.xml"/></ofd:CommonData><ofd:Pages>'
        '<ofd:Page ID="1" BaseLoc="Pages/Page_0/Content.xml"/>'
        '<ofd:Page ID="2" BaseLoc="/Doc_0/Pages/Page_1/Content.xml"/></ofd:Pages></ofd:Document>',
        "Doc_0/Tpls/Tpl_0/Content.xml": page.format(name, head).replace(
            '<ofd:Template TemplateID="7"/>', ""
        ),
        "Doc_0/Pages/Page_0/Content.xml": page.format(name, first),
        "Doc_0/Pages/Page_1/Content.xml": page.format(name, second),
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in files.items():
            declared = f'<?xml version="1.0" encoding="UTF-8"?>{text}'
            archive.writestr(zipfile.ZipInfo(path), declared, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _convert(source: Path, kinds: tuple[str, ...], out: Path) -> None:
    for kind in kinds:
        subprocess.run(  # noqa: S603
            ["soffice", "--headless", "--convert-to", kind, "--outdir", str(out), str(source)],  # noqa: S607
            check=True,
            stdout=subprocess.DEVNULL,
        )


def damage_file(kind: str, body: bytes) -> bytes:
    """Return a file cut short; of plain text, which any cut leaves readable, a part spoilt."""
    if kind in ("txt", "csv", "html"):
        middle = len(body) // 2
        return body[:middle] + b"\xff\x80" * 40 + body[middle + 80 :]
    return body[: len(body) * 2 // 3]


def main() -> None:
    """Write words.txt, and the good and the damaged file of every format."""
    (HERE / "words.txt").write_text("\n".join(list_lines()) + "\n", "utf-8")
    (HERE / "good.html").write_bytes(write_html())
    (HERE / "good.txt").write_bytes("\r\n".join(list_lines()).encode("gbk"))
    (HERE / "good.csv").write_bytes(write_csv())
    (HERE / "good.ofd").write_bytes(write_ofd())
    with tempfile.TemporaryDirectory() as folder:
        text, sheets = Path(folder) / "good.fodt", Path(folder) / "good.fods"
        text.write_text(write_text(), "utf-8")
        sheets.write_text(write_sheets(), "utf-8")
        _convert(text, ("pdf", "doc", "rtf", "docx"), HERE)
        _convert(sheets, ("xls", "xlsx"), HERE)
        _convert(HERE / "good.xlsx", ("ods",), HERE)
    for path in HERE.glob("good.*"):
        damaged = damage_file(path.suffix[1:], path.read_bytes())
        path.with_name(f"damaged{path.suffix}").write_bytes(damaged)


if __name__ == "__main__":
    main()
