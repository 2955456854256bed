"""Tell the type of an attachment by its bytes; portals and agents name files as they like."""

from __future__ import annotations

import re

from monitor.documents.plain import decode_text
from monitor.documents.zips import list_names

_HEAD = 4096
_MAGICS = (
    (b"%PDF-", "pdf"),
    (b"Rar!\x1a\x07", "rar"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"\x1f\x8b\x08", "gzip"),
    (b"\x89PNG\r\n\x1a\n", "image"),
    (b"\xff\xd8\xff", "image"),
    (b"II*\x00", "image"),
    (b"MM\x00*", "image"),
    (b"GIF87a", "image"),
    (b"GIF89a", "image"),
)
# BMP, with the four bytes that it keeps zero, and WebP.
_IMAGE = re.compile(rb"BM.{4}\x00{4}|RIFF.{4}WEBP", re.DOTALL)
_ZIP = re.compile(rb"PK(?:\x03\x04|\x05\x06|\x07\x08)")
_RTF = re.compile(rb"[\s\x00\xef\xbb\xbf]*\{\\rtf")
# An entry of the directory of an OLE file: its name in UTF-16; byte 66 is 2 for a stream.
_ENTRY = 128
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_STREAMS = tuple(
    (name.encode("utf-16-le") + b"\x00\x00", kind)
    for name, kind in (
        ("EncryptedPackage", "locked"),
        ("WordDocument", "doc"),
        ("Workbook", "xls"),
        ("Book", "xls"),
        ("PowerPoint Document", "ppt"),
    )
)
_MIME_TYPES = (
    (b"application/vnd.oasis.opendocument.spreadsheet", "ods"),
    (b"application/vnd.oasis.opendocument.text", "odt"),
)
# Members that only one kind of zip has; the first that is there decides.
_ZIP_SIGNS = (
    (re.compile(r"/?word/[^/]+\.xml"), "docx"),
    (re.compile(r"/?xl/workbook\.bin"), "xlsb"),
    (re.compile(r"/?xl/[^/]+\.xml"), "xlsx"),
    (re.compile(r"/?ppt/[^/]+\.xml"), "pptx"),
    (re.compile(r"/?OFD\.xml"), "ofd"),
)
_TAG = re.compile(
    r"<(?:!doctype\s+html|html|head|body|meta|title|script|table|div|span|p|font|style)[\s>/]",
    re.IGNORECASE,
)
_MIME = re.compile(rb"\s*(?:[\w-]+:[^\n]*\n\s*)*content-type:\s*multipart/related", re.IGNORECASE)
# Control characters that no text holds; tab, line ends, form feed and escape are left out.
_BINARY = re.compile("[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]")
_MOST_BINARY = 0.02
# Damaged text is still text, and its reader says that it is damaged.
_MOST_REPLACED = 0.3
_SAMPLE_LINES = 50
_LEAST_ALIKE = 0.8


def find_kind(body: bytes, name: str) -> str:
    """Return the type of a file, such as docx, by its content; "unknown" where nothing fits.

    The name decides only between csv and txt. Kinds that are told apart but not read are named
    too: locked (an Office file with a password), 7z, ppt, pptx, odt, xml, ole, empty.
    """
    if not body:
        return "empty"
    for magic, kind in _MAGICS:
        if body.startswith(magic):
            return kind
    if _IMAGE.match(body):
        return "image"
    if _ZIP.match(body):
        return _find_zip_kind(body)
    if body.startswith(_OLE):
        return _find_ole_kind(body)
    if _RTF.match(body[:64]):
        return "rtf"
    if _holds_pdf(body):
        return "pdf"
    return _find_text_kind(body, name)


def _holds_pdf(body: bytes) -> bool:
    """Return whether a PDF begins within its first 1,024 bytes, as readers of PDF allow."""
    start = body.find(b"%PDF-", 0, 1024 + 5)
    return start > 0 and b" obj" in body[start : start + _HEAD]


def _find_zip_kind(body: bytes) -> str:
    names = list_names(body)
    if names[:1] == ("mimetype",):
        # ODF stores this member first and unpacked, so that it can be seen here.
        for mime, kind in _MIME_TYPES:
            if mime in body[:200]:
                return kind
    for pattern, kind in _ZIP_SIGNS:
        if any(map(pattern.fullmatch, names)):
            return kind
    return "zip"


def _find_ole_kind(body: bytes) -> str:
    """Return the kind of the first known stream: what is embedded comes after the file's own."""
    for start in range(_ENTRY, len(body), _ENTRY):
        if body[start + 66 : start + 67] == b"\x02":
            for name, kind in _STREAMS:
                if body.startswith(name, start):
                    return kind
    return "ole"


def _find_text_kind(body: bytes, name: str) -> str:
    if _MIME.match(body[:_HEAD]):
        return "mhtml"
    head = body[: 16 * _HEAD]
    decoded = decode_text(head)
    text = decoded.text
    # NUL is left out of the text; only UTF-16 may hold it.
    zeros = 0 if decoded.encoding.startswith("utf-16") else head.count(b"\x00")
    odd = len(_BINARY.findall(text)) + zeros
    if not text.strip() or odd > _MOST_BINARY * len(text):
        return "unknown"
    if decoded.replaced > _MOST_REPLACED * len(text):
        return "unknown"
    if _TAG.search(text.lstrip()[:_HEAD]):
        return "html"
    if text.lstrip("\ufeff \r\n\t").startswith("<?xml"):
        return "xml"
    return _find_sheet_or_text(text, name.lower())


def _find_sheet_or_text(text: str, name: str) -> str:
    if name.endswith((".csv", ".txt")):
        return name[-3:]
    lines = [line for line in text.splitlines()[:_SAMPLE_LINES] if line.strip()]
    for mark in ",\t;":
        counts = [line.count(mark) for line in lines]
        common = max(set(counts), key=counts.count, default=0)
        if len(lines) > 1 and common and counts.count(common) >= _LEAST_ALIKE * len(lines):
            return "csv"
    return "txt"
