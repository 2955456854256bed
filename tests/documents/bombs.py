"""Attachments made to do harm, each from a few lines; nothing hostile lies in the repository."""

from __future__ import annotations

import gzip
import io
import struct
import warnings
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import rars

from monitor.documents.parts import Fault

MEGABYTE = 1_000_000
_DOCX = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_XLSX = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"


def make_zip(*files: tuple[str, bytes], packed: bool = True) -> bytes:
    """Return a zip of names and contents, in this order; names may come twice."""
    out = io.BytesIO()
    method = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
    with warnings.catch_warnings(), zipfile.ZipFile(out, "w", method) as archive:
        warnings.simplefilter("ignore", UserWarning)
        for name, content in files:
            archive.writestr(name, content)
    return out.getvalue()


def make_gbk_zip(name: str, content: bytes) -> bytes:
    """Return a zip as Windows in Chinese makes it: a GBK name without a mark of its encoding."""
    raw = name.encode("gbk")
    stand_in = "x" * len(raw)
    return make_zip((stand_in, content)).replace(stand_in.encode(), raw)


def make_rar(*files: tuple[str, bytes], **options: object) -> bytes:
    """Return a RAR of names and contents; options are those of rars.RarBuilder."""
    builder = rars.RarBuilder(**options)
    for name, content in files:
        builder.add_bytes(content, name)
    return bytes(builder.to_bytes())


def make_old_rar(raw_name: bytes, content: bytes) -> bytes:
    """Return a stored RAR 2 with a name of any bytes, unsafe ones too."""

    def make_block(kind: int, flags: int, rest: bytes) -> bytes:
        head = struct.pack("<BHH", kind, flags, 7 + len(rest)) + rest
        return struct.pack("<H", zlib.crc32(head) & 0xFFFF) + head

    sizes = struct.pack("<II", len(content), len(content))
    about = (2, zlib.crc32(content), 0x5A8A0000, 20, 0x30, len(raw_name), 32)
    stored = sizes + struct.pack("<BIIBBHI", *about) + raw_name
    blocks = make_block(0x73, 0, bytes(6)), make_block(0x74, 0x8000, stored), content
    return b"Rar!\x1a\x07\x00" + b"".join(blocks) + make_block(0x7B, 0x4000, b"")


def make_nested_zip(depth: int, width: int = 1, content: bytes = b"") -> bytes:
    """Return zips inside zips: `width` equal ones in each."""
    inner, name = content or "清单".encode(), "清单.txt"
    for level in range(depth):
        inner = make_zip(*((f"{level}-{number}-{name}", inner) for number in range(width)))
        name = "内.zip"
    return inner


def make_overlapping_zip(entries: int) -> bytes:
    """Return a zip whose entries all unfold the same bytes, as in David Fifield's zip bomb."""
    one = make_zip(("a.txt", bytes(MEGABYTE)))
    start, size = one.index(b"PK\x01\x02"), one.index(b"PK\x05\x06")
    directory = one[start:size] * entries
    end = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, entries, entries, len(directory), start, 0)
    return one[:start] + directory + end


def lock_zip(body: bytes) -> bytes:
    """Return a zip that says that its files are encrypted."""
    out = bytearray(body)
    for magic, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = body.find(magic)
        while start >= 0:
            out[start + place] |= 1
            start = body.find(magic, start + 1)
    return bytes(out)


def make_linked_zip() -> bytes:
    """Return a zip with a symbolic link."""
    info = zipfile.ZipInfo("passwd.txt")
    info.create_system, info.external_attr = 3, 0o120777 << 16
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(info, "/etc/passwd")
    return out.getvalue()


def make_docx(paragraphs: str, prologue: str = "") -> bytes:
    """Return a docx with this XML as its body."""
    document = f'<w:document xmlns:w="{_DOCX}"><w:body>{paragraphs}</w:body></w:document>'
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    return _make_package("word/document.xml", kind, (f"{prologue}{document}",))


def make_xlsx(rows: str, dimension: str = "A1") -> bytes:
    """Return an xlsx with one sheet of this XML as its rows."""
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
    book = (
        f'<workbook xmlns="{_XLSX}" xmlns:r="{_RELATIONS}">'
        '<sheets><sheet name="清单" sheetId="1" r:id="rId1"/></sheets></workbook>'
    )
    links = (
        f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{_RELATIONS}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>'
    )
    sheet = (
        f'<worksheet xmlns="{_XLSX}"><dimension ref="{dimension}"/>'
        f"<sheetData>{rows}</sheetData></worksheet>"
    )
    return _make_package("xl/workbook.xml", kind, (book, links, sheet))


def make_sparse_xlsx() -> bytes:
    """Return an xlsx with two cells, the first that a sheet can have and the last."""
    last = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    return make_xlsx('<row r="1"><c r="A1"><v>1</v></c></row>' + last, "A1:XFD1048576")


def _make_package(main: str, kind: str, contents: tuple[str, ...]) -> bytes:
    names = (main, "xl/_rels/workbook.xml.rels", "xl/worksheets/sheet1.xml")
    types = (
        f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
        f'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/{main}" ContentType="{kind}"/></Types>'
    )
    links = (
        f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{_RELATIONS}/officeDocument" Target="{main}"/></Relationships>'
    )
    pairs = zip(names, contents, strict=False)
    files = (("[Content_Types].xml", types), ("_rels/.rels", links), *pairs)
    return make_zip(*((name, content.encode()) for name, content in files))


def make_laughing_docx() -> bytes:
    """Return a docx whose entities unfold to ten to the ninth letters."""
    names = [f"e{level}" for level in range(10)]
    entities = '<!ENTITY e0 "哈">' + "".join(
        f'<!ENTITY {name} "{f"&{before};" * 10}">' for before, name in pairwise(names)
    )
    text = "<w:p><w:r><w:t>&e9;</w:t></w:r></w:p>"
    return make_docx(text, f"<!DOCTYPE x [{entities}]>")


def make_wide_xlsx(rows: int, columns: int) -> bytes:
    """Return an xlsx with many cells."""
    cells = "<c><v>7</v></c>" * columns
    return make_xlsx(f"<row>{cells}</row>" * rows)


def make_pdf(*objects: bytes) -> bytes:
    """Return a PDF of these objects, numbered from 1; the first is its catalog."""
    out, places = bytearray(b"%PDF-1.7\n"), []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\n" % (len(objects) + 1)
    return bytes(out + b"startxref\n%d\n%%%%EOF\n" % start)


_CATALOG = b"<< /Type /Catalog /Pages 2 0 R >>"
_FONT = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"


def make_page(content: bytes, resources: bytes = b"") -> bytes:
    """Return a PDF of one page with this content stream, already folded by zlib."""
    stream = b"<< /Length %d /Filter /FlateDecode >>\nstream\n" % len(content)
    return make_pdf(
        _CATALOG,
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
        b"/Resources << /Font << /F 5 0 R >> >> >>",
        stream + content + b"\nendstream",
        _FONT,
    )


def make_swollen_pdf(size: int) -> bytes:
    """Return a PDF with a page of `size` bytes of blanks, then text."""
    folder = zlib.compressobj()
    blanks = b" " * MEGABYTE
    folded = b"".join(folder.compress(blanks) for _ in range(size // MEGABYTE))
    text = folder.compress(b"BT /F 12 Tf 72 720 Td (after the blanks) Tj ET")
    return make_page(folded + text + folder.flush())


def make_long_pdf(pages: int) -> bytes:
    """Return a PDF that has the same page `pages` times."""
    kids = b"3 0 R " * pages
    return make_pdf(
        _CATALOG,
        b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, pages),
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
        b"/Resources << /Font << /F 5 0 R >> >> >>",
        b"<< /Length 43 >>\nstream\nBT /F 12 Tf 72 720 Td (Page of a book) Tj ET\nendstream",
        _FONT,
    )


def make_circular_pdf() -> bytes:
    """Return a PDF whose tree of pages is its own branch."""
    return make_pdf(
        _CATALOG,
        b"<< /Type /Pages /Parent 3 0 R /Kids [3 0 R 2 0 R] /Count 1000000 >>",
        b"<< /Type /Pages /Parent 2 0 R /Kids [2 0 R 3 0 R] /Count 1000000 >>",
    )


def make_laughing_pdf(levels: int = 9) -> bytes:
    """Return a PDF whose page draws a form ten times, which draws a form ten times, and so on."""
    first = 5
    forms = []
    for level in range(levels):
        name = b"/X%d Do " % (level + 1) * 10
        inner = b"<< /XObject << /X%d %d 0 R >> >>" % (level + 1, first + level + 1)
        is_last = level == levels - 1
        stream = b"BT (ha) Tj ET" if is_last else name
        forms.append(
            b"<< /Type /XObject /Subtype /Form /BBox [0 0 595 842] /Resources %s /Length %d >>"
            b"\nstream\n%s\nendstream" % (b"<< >>" if is_last else inner, len(stream), stream)
        )
    content = b"/X0 Do " * 10
    return make_pdf(
        _CATALOG,
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
        b"/Resources << /XObject << /X0 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
        *forms,
    )


def make_scanned_pdf(image: bytes, width: int, height: int) -> bytes:
    """Return a PDF of one page that shows only a picture: RGB dots, folded by zlib."""
    picture = (
        b"<< /Type /XObject /Subtype /Image /Width %d /Height %d /ColorSpace /DeviceRGB "
        b"/BitsPerComponent 8 /Filter /FlateDecode /Length %d >>\nstream\n%s\nendstream"
        % (width, height, len(image), image)
    )
    return make_pdf(
        _CATALOG,
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
        b"/Resources << /XObject << /I 5 0 R >> >> >>",
        b"<< /Length 28 >>\nstream\nq 595 0 0 842 0 0 cm /I Do Q\nendstream",
        picture,
    )


def make_ole(stream: str, size: int = 4096) -> bytes:
    """Return an OLE file with one stream of this name, full of zeros, whose chain is a ring."""
    header = struct.pack(
        "<8s16xHHHHH6xIIIIIIIII", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 0x3E, 3, 0xFFFE, 9, 6,
        0, 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0,
    )  # fmt: skip
    header += struct.pack("<I", 0) + b"\xff" * 432
    table = struct.pack("<III", 0xFFFFFFFD, 0xFFFFFFFE, 2) + b"\xff" * 500

    def make_entry(name: str, kind: int, child: int, start: int, length: int) -> bytes:
        raw = name.encode("utf-16-le") + b"\0\0"
        links = struct.pack("<BBIII", kind, 1, 0xFFFFFFFF, 0xFFFFFFFF, child)
        tail = struct.pack("<IQ", start, length)
        return raw.ljust(64, b"\0") + struct.pack("<H", len(raw)) + links + bytes(36) + tail

    root = make_entry("Root Entry", 5, 1, 0xFFFFFFFE, 0)
    entries = root + make_entry(stream, 2, 0xFFFFFFFF, 2, size)
    return header + table + entries.ljust(512, b"\0") + bytes(512)


def fold_gzip(content: bytes, times: int = 1) -> bytes:
    """Return bytes folded by gzip, again and again."""
    for _ in range(times):
        content = gzip.compress(content, mtime=0)
    return content


@dataclass(frozen=True)
class Hostile:
    """A hostile file: what it is, the name it has, how it is made, what may be said of it.

    Without faults it may be read whole. A deadly one may end the process that reads it.
    """

    title: str
    name: str
    make: Callable[[], bytes]
    faults: frozenset[Fault]
    is_deadly: bool = False


def _row(title: str, name: str, make: Callable[[], bytes], *faults: Fault) -> Hostile:
    return Hostile(title, name, make, frozenset(faults))


def _deadly(title: str, name: str, make: Callable[[], bytes], *faults: Fault) -> Hostile:
    return Hostile(title, name, make, frozenset(faults), is_deadly=True)


ZEROS = bytes(10 * MEGABYTE)
HOSTILE = (
    _row("20 files of 10 MB zeros", "a.zip",
         lambda: make_zip(*((f"{n}.txt", ZEROS) for n in range(20))), Fault.BOMB),
    _row("zips 20 deep", "a.zip", lambda: make_nested_zip(20), Fault.TOO_DEEP),
    _row("zips of 16 zips of 16 zips of 4 MB", "42.zip",
         lambda: make_nested_zip(3, 16, ZEROS[: 4 * MEGABYTE]), Fault.BOMB),
    _row("zips of 16 zips of 16 small texts", "42.zip",
         lambda: make_nested_zip(3, 16), Fault.TOO_MANY),
    _row("3,000 entries over the same bytes", "a.zip",
         lambda: make_overlapping_zip(3000), Fault.BOMB),
    _row("a zip of 6,000 files", "a.zip",
         lambda: make_zip(*((str(n), b"") for n in range(6000))), Fault.TOO_MANY),
    _row("an encrypted zip", "a.zip",
         lambda: lock_zip(make_zip(("a.txt", b"secret"))), Fault.ENCRYPTED),
    _row("names that lead outside", "a.zip",
         lambda: make_zip(("../../etc/cron.d/x.txt", b"a")), Fault.UNSAFE_NAME),
    _row("a symbolic link", "a.zip", make_linked_zip, Fault.UNSAFE_NAME),
    _row("a cut zip", "a.zip", lambda: make_zip(("a.txt", b"abc"))[:-30], Fault.DAMAGED),
    _row("files of 10 MB zeros in a RAR", "a.rar",
         lambda: make_rar(*((f"{n}.txt", ZEROS) for n in range(3))), Fault.BOMB),
    _row("the same, solid", "a.rar",
         lambda: make_rar(*((f"{n}.txt", ZEROS) for n in range(3)), solid=True), Fault.BOMB),
    _row("a RAR with hidden names", "a.rar",
         lambda: make_rar(("a.txt", b"a"), password="x", encrypt_headers=True), Fault.ENCRYPTED),
    _row("a cut RAR", "a.rar", lambda: make_rar(("a.txt", b"abc" * 99))[:-20], Fault.DAMAGED),
    _row("gzip of 100 MB zeros", "a.gz", lambda: fold_gzip(bytes(100 * MEGABYTE)), Fault.BOMB),
    _row("gzip five times", "a.gz", lambda: fold_gzip(b"a", 5), Fault.TOO_DEEP),
    _row("a docx of a billion laughs", "a.docx", make_laughing_docx, Fault.BOMB),
    _row("a docx that nests 100,000 deep", "a.docx",
         lambda: make_docx("<w:p>" * 100_000 + "</w:p>" * 100_000), Fault.BOMB, Fault.DAMAGED),
    _row("a docx of 20 MB of letters", "a.docx",
         lambda: make_docx("<w:p><w:r><w:t>" + "招标文件" * 1_700_000 + "</w:t></w:r></w:p>"),
         Fault.TOO_LARGE, Fault.BOMB),
    _row("a cut docx", "a.docx",
         lambda: make_docx("<w:p><w:r><w:t>x</w:t></w:r></w:p>")[:600], Fault.DAMAGED),
    _row("an xlsx of a million cells", "a.xlsx",
         lambda: make_wide_xlsx(20_000, 50), Fault.TOO_LARGE, Fault.BOMB, Fault.OUT_OF_MEMORY),
    _deadly("an xlsx with its last cell only", "a.xlsx", make_sparse_xlsx,
            Fault.TOO_LARGE, Fault.BOMB, Fault.OUT_OF_MEMORY, Fault.BROKE_READER),
    _row("an RTF of a million braces", "a.rtf",
         lambda: b"{\\rtf1 " + b"{" * MEGABYTE, Fault.BOMB, Fault.DAMAGED, Fault.TOO_DEEP),
    _row("a PDF of 100,000 pages", "a.pdf", lambda: make_long_pdf(100_000), Fault.TOO_MANY),
    _row("a PDF with a ring of pages", "a.pdf", make_circular_pdf,
         Fault.DAMAGED, Fault.TOO_MANY, Fault.BROKE_READER),
    _deadly("a PDF of ten to the ninth forms", "a.pdf", make_laughing_pdf,
            Fault.OUT_OF_TIME, Fault.SCANNED, Fault.BOMB, Fault.OUT_OF_MEMORY, Fault.BROKE_READER),
    _deadly("a PDF that unfolds to 300 MB", "a.pdf", lambda: make_swollen_pdf(300 * MEGABYTE),
            Fault.OUT_OF_MEMORY, Fault.OUT_OF_TIME, Fault.BOMB, Fault.BROKE_READER, Fault.DAMAGED),
    _row("a cut PDF", "a.pdf", lambda: make_long_pdf(3)[:300], Fault.DAMAGED),
    _row("a doc whose streams are rings", "a.doc", lambda: make_ole("WordDocument"), Fault.DAMAGED),
    _row("an xls whose streams are rings", "a.xls", lambda: make_ole("Workbook"),
         Fault.DAMAGED, Fault.SCANNED),
    _row("200,000 nested boxes of HTML", "a.html", lambda: b"<html>" + b"<div>" * 200_000 + b"x"),
    _row("30 MB of text", "a.txt", lambda: b"0123456789\n" * 2_700_000,
         Fault.TOO_LARGE, Fault.OUT_OF_MEMORY),
    _row("a CSV of 600,000 cells", "a.csv", lambda: b"1,2,3\n" * 200_000, Fault.TOO_LARGE),
    _row("34 MB", "a.pdf", lambda: b"%PDF-" + bytes(34 * MEGABYTE), Fault.TOO_LARGE),
    _row("a program", "a.pdf", lambda: b"MZ\x90\x00" + bytes(1000), Fault.UNKNOWN_TYPE),
    _row("nothing", "a.pdf", lambda: b"", Fault.DAMAGED),
)  # fmt: skip
