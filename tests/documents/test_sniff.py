from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.documents.formats import READERS, UNREAD
from monitor.documents.packed import ARCHIVES
from monitor.documents.sniff import find_kind
from tests.documents import bombs

FILES = Path(__file__).parent / "files"
LOGIN = "<!DOCTYPE html><html><head><title>用户登录</title></head><body>请登录</body></html>"
TABLE = "<html xmlns:x='urn:schemas-microsoft-com:office:excel'><table><tr><td>1</table>"
MIME = "multipart/related; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\nx\r\n--b--"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# Only their names tell these two apart.
PLAIN = (".csv", ".txt")
GOOD = sorted(path for path in FILES.glob("good.*") if path.suffix not in PLAIN)


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.name)
@pytest.mark.parametrize("name", ["附件.pdf", "附件.doc", "附件.zip", "附件", "download.aspx?id=1"])
def test_a_good_file_is_known_under_every_name(path: Path, name: str) -> None:
    body = path.read_bytes()
    assert find_kind(body, name) == path.suffix[1:]


@pytest.mark.parametrize(
    ("body", "name", "kind"),
    [
        (b"", "a.pdf", "empty"),
        (b"%PDF-1.4\n1 0 obj", "a.doc", "pdf"),
        (b"\r\n\r\nHTTP rest\r\n%PDF-1.4\n1 0 obj\n<<", "a.pdf", "pdf"),
        (b"<html><p>save as %PDF-1.4 and send</p></html>", "a.pdf", "html"),
        (LOGIN.encode(), "招标文件.pdf", "html"),
        (b"\xef\xbb\xbf\n  " + LOGIN.encode(), "a.doc", "html"),
        (TABLE.encode("gbk"), "清单.xls", "html"),
        (f"MIME-Version: 1.0\r\nContent-Type: {MIME}".encode(), "a.doc", "mhtml"),
        (b"{\\rtf1\\ansi hello}", "a.doc", "rtf"),
        (b"\n\n{\\rtf1\\ansi hello}", "a.doc", "rtf"),
        (b"Rar!\x1a\x07\x00rest", "a.zip", "rar"),
        (b"Rar!\x1a\x07\x01\x00rest", "a.zip", "rar"),
        (b"7z\xbc\xaf\x27\x1crest", "a.zip", "7z"),
        (b"\x1f\x8b\x08rest", "a.zip", "gzip"),
        (b"\x89PNG\r\n\x1a\nrest", "a.pdf", "image"),
        (b"\xff\xd8\xff\xe0rest", "a.pdf", "image"),
        (b"II*\x00rest", "a.pdf", "image"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8", "a.pdf", "image"),
        (b"BM\x99\x00\x00\x00\x00\x00\x00\x00\x36", "a.pdf", "image"),
        ("BMW 摩托车采购清单".encode(), "a.pdf", "txt"),
        (b"MZ\x90\x00\x03\x00\x00\x00", "a.pdf", "unknown"),
        (bytes(range(256)) * 9, "a.txt", "unknown"),
        (b'<?xml version="1.0"?><a>1</a>', "a.xls", "xml"),
        ("采购清单如下".encode("gb18030"), "a", "txt"),
        ("\ufeff采购清单".encode("utf-16-le"), "a", "txt"),
        ("名称,数量\n硬盘,20\n主机,3\n".encode("gbk"), "a", "csv"),
        ("名称\t数量\n硬盘\t20\n主机\t3\n".encode(), "a.xls", "csv"),
        ("名称,数量\n硬盘,20\n主机,3\n".encode(), "a.txt", "txt"),
        ("一段话，没有逗号。".encode(), "a.csv", "csv"),
        (b"PK\x05\x06" + bytes(18), "a.docx", "zip"),
    ],
)
def test_the_bytes_decide_and_not_the_name(body: bytes, name: str, kind: str) -> None:
    assert find_kind(body, name) == kind


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (lambda: bombs.make_zip(("word/document.xml", b"x")), "docx"),
        (lambda: bombs.make_zip(("word/document2.xml", b"x")), "docx"),
        (lambda: bombs.make_zip(("xl/workbook.xml", b"x")), "xlsx"),
        (lambda: bombs.make_zip(("xl/workbook.bin", b"x")), "xlsb"),
        (lambda: bombs.make_zip(("ppt/presentation.xml", b"x")), "pptx"),
        (lambda: bombs.make_zip(("OFD.xml", b"x")), "ofd"),
        (lambda: bombs.make_zip(("招标/word/a.docx", b"x")), "zip"),
        (lambda: bombs.make_zip(("a.docx", bombs.make_docx("")), packed=False), "zip"),
        (lambda: bombs.make_docx("<w:p/>")[:500], "docx"),
        (lambda: bombs.make_zip(("a.docx", bombs.make_docx("")), packed=False)[:-40], "zip"),
        (lambda: bombs.make_ole("WordDocument"), "doc"),
        (lambda: bombs.make_ole("Workbook"), "xls"),
        (lambda: bombs.make_ole("Book"), "xls"),
        (lambda: bombs.make_ole("EncryptedPackage"), "locked"),
        (lambda: bombs.make_ole("PowerPoint Document"), "ppt"),
        (lambda: bombs.make_ole("Other"), "ole"),
        (lambda: bombs.make_ole("WordDocument")[:600], "ole"),
        (lambda: bombs.make_rar(("a.txt", b"x")), "rar"),
    ],
)
def test_what_is_inside_a_container_tells_its_kind(make: Callable[[], bytes], kind: str) -> None:
    assert find_kind(make(), "附件") == kind


def test_a_word_file_that_mentions_a_workbook_is_no_workbook() -> None:
    inner = "Workbook".encode("utf-16-le")
    body = bombs.make_ole("WordDocument") + b"?" + inner * 20
    assert find_kind(body, "a.xls") == "doc"


@given(
    start=st.sampled_from([b"", b"PK\x03\x04", b"%PDF-", OLE, b"<"]),
    rest=st.binary(max_size=300),
    name=st.text(max_size=10),
)
def test_any_bytes_have_a_kind_that_the_tables_know(start: bytes, rest: bytes, name: str) -> None:
    known = {*READERS, *UNREAD, *ARCHIVES, "image", "unknown"}
    assert find_kind(start + rest, name) in known
