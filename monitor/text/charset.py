"""Decode a page by what its bytes say; its labels only break ties.

Order: byte order mark, strict UTF-8, then the Chinese encodings weighed by how many of their
characters are common hanzi. Labels are read through the table of the WHATWG Encoding Standard,
where gb2312 means gb18030 and iso-8859-1 means windows-1252.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from functools import cache

from monitor.text.normalize import read_traditional

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_LABELS = {
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "unicode-1-1-utf-8": "utf-8",
    "gb18030": "gb18030",
    "gb2312": "gb18030",
    "gb_2312": "gb18030",
    "gb_2312-80": "gb18030",
    "csgb2312": "gb18030",
    "iso-ir-58": "gb18030",
    "chinese": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "cp936": "gb18030",
    "ms936": "gb18030",
    "big5": "big5hkscs",
    "big5-hkscs": "big5hkscs",
    "cn-big5": "big5hkscs",
    "csbig5": "big5hkscs",
    "x-x-big5": "big5hkscs",
    "iso-8859-1": "cp1252",
    "latin1": "cp1252",
    "ascii": "cp1252",
    "us-ascii": "cp1252",
    "windows-1252": "cp1252",
    "windows-1251": "cp1251",
    "shift_jis": "cp932",
    "euc-jp": "euc_jp",
    "euc-kr": "cp949",
}
_CHINESE = ("gb18030", "big5hkscs", "utf-8")
# No server calls a Chinese page by these by default, so they are believed.
_BELIEVED = ("cp932", "euc_jp", "cp949")
_LABEL = re.compile(r"""(?:charset|encoding)\s*=\s*["']?\s*([\w.:-]+)""", re.IGNORECASE)
_HEAD = 4096
_SAMPLE = 8000
_STEP = 64 * 1024
# Chinese titles score above 0.85 in their own encoding, French and Russian below 0.45 in any.
_LEAST_SHARE = 0.5
_NOT_TEXT = re.compile("[\x00\ud800-\udfff]")
# ASCII, and the punctuation that tells nothing because every reading has some.
_NEUTRAL = re.compile("[\x00-\x7f\u00a0\u00b7\u2000-\u206f\u3000-\u3020\uff00-\uff60]+")


@dataclass(frozen=True)
class Decoded:
    """A page as text.

    `encoding` is Python's name of it; `replaced` counts the bytes or sequences that became
    U+FFFD; `note` is one line for a reader where something was odd, else "".
    """

    text: str
    encoding: str
    replaced: int
    note: str


def decode_page(body: bytes, content_type: str = "") -> Decoded:
    """Decode a page of any of the encodings that Chinese portals use; never raise.

    `content_type` is the value of the response header. NUL and lone surrogates are removed.
    """
    for mark, encoding in _MARKS:
        if body.startswith(mark):
            return _decode_as(body[len(mark) :], encoding, "")
    labels = find_labels(body, content_type)
    encoding = _choose_encoding(body, labels)
    odd = "" if not labels or encoding in labels else f"labelled {labels[0]}, read as {encoding}"
    return _decode_as(body, encoding, odd)


def find_labels(body: bytes, content_type: str) -> list[str]:
    """Return the encodings that the header and then the page itself claim, as Python names."""
    head = body[:_HEAD].decode("latin-1")
    claims = _LABEL.findall(content_type)[:1] + _LABEL.findall(head)[:2]
    known = (_LABELS.get(claim.lower()) for claim in claims)
    return list(dict.fromkeys(encoding for encoding in known if encoding))


def _choose_encoding(body: bytes, labels: list[str]) -> str:
    if _decodes(body, "utf-8"):
        return "utf-8"
    for encoding in labels:
        if encoding in _BELIEVED and _decodes(body, encoding):
            return encoding
    candidates = dict.fromkeys([e for e in labels if e in _CHINESE] + list(_CHINESE))
    shares = {encoding: _weigh_reading(body, encoding) for encoding in candidates}
    best = max(shares, key=shares.__getitem__)
    if shares[best] >= _LEAST_SHARE:
        return best
    fitting = [e for e in labels if _decodes(body, e)]
    return (fitting or [best])[0]


def _decodes(body: bytes, encoding: str) -> bool:
    try:
        body.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _weigh_reading(body: bytes, encoding: str) -> float:
    """Return the share of common hanzi among the telling characters of a lenient reading."""
    telling = ""
    reader = codecs.getincrementaldecoder(encoding)("replace")
    for start in range(0, len(body), _STEP):
        piece = body[start : start + _STEP]
        telling += _NEUTRAL.sub("", reader.decode(piece, final=start + _STEP >= len(body)))
        if len(telling) >= _SAMPLE:
            break
    telling = telling[:_SAMPLE]
    if not telling:
        return 0.0
    return sum(map(_read_common_hanzi().__contains__, telling)) / len(telling)


@cache
def _read_common_hanzi() -> frozenset[str]:
    """Return the 3,755 hanzi of GB 2312 level 1, with their traditional forms."""
    rows = (bytes((row, cell)) for row in range(0xB0, 0xD8) for cell in range(0xA1, 0xFF))
    simplified = set(b"".join(rows).decode("gb2312", "ignore"))
    pairs = read_traditional().items()
    return frozenset(simplified | {t for t, s in pairs if s in simplified})


def _decode_as(body: bytes, encoding: str, odd: str) -> Decoded:
    text = body.decode(encoding, "replace")
    damaged = "\ufffd" in text and not _decodes(body, encoding)
    replaced = text.count("\ufffd") if damaged else 0
    clean = _NOT_TEXT.sub("", text)
    notes = [odd] if odd else []
    if replaced:
        notes.append(f"{replaced} sequences not {encoding}")
    if len(clean) != len(text):
        notes.append(f"{len(text) - len(clean)} NUL or surrogates removed")
    return Decoded(clean, encoding, replaced, "; ".join(notes))
