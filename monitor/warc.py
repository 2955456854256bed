"""A capture as WARC records and back (ISO 28500, WARC 1.1); bytes only, no files.

A capture is two gzip members: a `response` record that any WARC tool can replay, and a
`metadata` record with what only we know, including the headers exactly as they came.
"""

from __future__ import annotations

import hashlib
import json
import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import quote

from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed
from warcio.statusandheaders import StatusAndHeaders, StatusAndHeadersParserException
from warcio.utils import Digester
from warcio.warcwriter import WARCWriter

from monitor.errors import StoreError
from monitor.models import Capture

# No time, no name, unknown system: every byte of the header is known and can be checked.
_GZIP_HEAD = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"
# The body is kept decoded, so these no longer describe it; a reader would decode it again.
_FRAMING = frozenset({"content-encoding", "content-length", "transfer-encoding"})
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_STEP = 64 * 1024
_LARGEST_BODY = 64 * 1024 * 1024
_PRINTABLE = "".join(map(chr, range(0x20, 0x7F)))
_BROKEN = (
    ArchiveLoadFailed,
    StatusAndHeadersParserException,
    EOFError,
    KeyError,
    TypeError,
    ValueError,
    zlib.error,
)


class _Writer(WARCWriter):  # type: ignore[misc]
    @staticmethod
    def _create_digester() -> Any:
        return Digester("sha256")


def pack_capture(capture: Capture) -> bytes:
    """Return a capture as two gzip members, ready to append to a .warc.gz file.

    Raise StoreError for a capture that contradicts itself.
    """
    if hashlib.sha256(capture.body).hexdigest() != capture.sha256:
        raise StoreError(f"{capture.final_url}: the body is not what its SHA-256 says")
    if not capture.final_url.startswith(("http://", "https://")):
        raise StoreError(f"not a web address: {capture.final_url[:200]!r}")
    target = _make_plain(capture.final_url, "utf-8")
    writer = _Writer(BytesIO(), gzip=False, warc_version="1.1")
    moment = capture.fetched_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    response = writer.create_warc_record(
        target,
        "response",
        payload=BytesIO(capture.body),
        length=len(capture.body),
        http_headers=_make_http_head(capture),
        warc_headers_dict={"WARC-Date": moment},
    )
    facts = json.dumps(_list_facts(capture), indent=1).encode()
    metadata = writer.create_warc_record(
        target,
        "metadata",
        payload=BytesIO(facts),
        length=len(facts),
        warc_content_type="application/json",
        warc_headers_dict={
            "WARC-Date": moment,
            "WARC-Concurrent-To": response.rec_headers.get_header("WARC-Record-ID"),
        },
    )
    return _write_member(writer, response) + _write_member(writer, metadata)


def unpack_capture(found: bytes) -> Capture:
    """Return the capture that `pack_capture` packed, without its `record_id`.

    Raise ValueError, in one line, unless every byte and digest is as it should be.
    """
    try:
        return _parse_members(found)
    except _BROKEN as error:
        line = (str(error).splitlines() or [type(error).__name__])[0]
        raise ValueError(line[:160]) from error


@dataclass(frozen=True)
class Response:
    """A response of any tool's WARC file; `body` is decoded, `status` is 0 where none is told."""

    url: str
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


def list_responses(path: Path) -> Iterator[Response]:
    """Yield every whole response of any tool's WARC file.

    Raise StoreError naming the file where it is no WARC, cannot be read or ends in the middle of
    a response; those before it have been given.
    """
    try:
        with path.open("rb") as file:
            stream = _Stream(file)
            for entry in ArchiveIterator(stream):
                if entry.rec_type == "response":
                    yield _read_response(entry)
            if not stream.ended:
                raise EOFError("it ends in the middle of a record")
    except (OSError, AttributeError, *_BROKEN) as error:
        raise StoreError(f"{path}: {error or type(error).__name__}") from error


class _Stream:
    """The unpacked records of a file, and how they end; warcio takes a torn file for a whole one.

    Members of gzip end with their checksum, records with two line breaks.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._tail = file, b""
        packed = file.read(2) == _GZIP_HEAD[:2]
        file.seek(0)
        self._member = zlib.decompressobj(zlib.MAX_WBITS + 16) if packed else None

    def read(self, size: int) -> bytes:
        """Return the next bytes, at most `size`, b"" at the end."""
        found = self._unpack(size) if self._member else self._file.read(size)
        self._tail = (self._tail + found[-4:])[-4:]
        return found

    def _unpack(self, size: int) -> bytes:
        while self._member is not None:
            if self._member.eof:
                waiting = self._member.unused_data or self._file.read(_STEP)
                self._member = zlib.decompressobj(zlib.MAX_WBITS + 16) if waiting else self._member
            else:
                waiting = self._member.unconsumed_tail or self._file.read(_STEP)
            if not waiting or (found := self._member.decompress(waiting, size)):
                return found if waiting else b""
        return b""

    @property
    def ended(self) -> bool:
        """Return whether the last bytes end a record, and a member where there are any."""
        whole = self._tail.replace(b"\r", b"").endswith(b"\n\n") or not self._tail
        return whole and (self._member is None or self._member.eof)


def _read_response(entry: Any) -> Response:
    url = (entry.rec_headers.get_header("WARC-Target-URI") or "").strip("<>")
    body = entry.content_stream().read(_LARGEST_BODY + 1)
    if len(body) > _LARGEST_BODY:
        raise ValueError(f"a body of more than {_LARGEST_BODY} bytes: {url[:200]}")
    while entry.raw_stream.read(_STEP):
        pass
    if entry.raw_stream.limit > 0:
        raise EOFError(f"it ends in the middle of {url[:200]}")
    head = entry.http_headers
    told = head.get_statuscode() if head is not None else ""
    headers = tuple(head.headers) if head is not None else ()
    return Response(url, int(told) if told.isdecimal() else 0, headers, body)


def _write_member(writer: _Writer, entry: Any) -> bytes:
    writer.out = BytesIO()
    writer.write_record(entry)
    return _compress_member(writer.out.getvalue())


def _make_http_head(capture: Capture) -> Any:
    known = {status.value: status.phrase for status in HTTPStatus}
    headers = [
        (
            f"X-Archive-Orig-{name}" if name.lower() in _FRAMING else name,
            _make_plain(value, "latin-1"),
        )
        for name, value in capture.headers
        if _TOKEN.fullmatch(name)
    ]
    headers.append(("Content-Length", str(len(capture.body))))
    line = f"{capture.status} {known.get(capture.status, 'Unknown')}"
    return StatusAndHeaders(line, headers, protocol="HTTP/1.1")


def _make_plain(text: str, charset: str) -> str:
    """Put a value on one line of ASCII; the metadata keep it as it was."""
    folded = re.sub(r"[\r\n]+[ \t]*", " ", text)
    return quote(folded, safe=_PRINTABLE, encoding=charset, errors="replace")


def _list_facts(capture: Capture) -> dict[str, Any]:
    return {
        "url": capture.url,
        "final_url": capture.final_url,
        "fetched_at": capture.fetched_at.astimezone(UTC).isoformat(),
        "status": capture.status,
        "headers": capture.headers,
        "sha256": capture.sha256,
        "tls": capture.tls,
        "peer": capture.peer,
        "method": capture.method,
        "sent": capture.sent.decode("utf-8", "surrogateescape"),
    }


def _compress_member(part: bytes) -> bytes:
    stream = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
    tail = struct.pack("<II", zlib.crc32(part), len(part) & 0xFFFFFFFF)
    return _GZIP_HEAD + stream.compress(part) + stream.flush() + tail


def _expand_members(found: bytes) -> list[bytes]:
    """Undo gzip strictly; warcio reads a torn or damaged member without a word."""
    parts = []
    while found:
        if not found.startswith(_GZIP_HEAD):
            raise ValueError("not the start of a capture")
        stream = zlib.decompressobj(zlib.MAX_WBITS + 16)
        parts.append(stream.decompress(found))
        if not stream.eof:
            raise EOFError("the capture ends early")
        found = stream.unused_data
    return parts


def _parse_members(found: bytes) -> Capture:
    parts = _expand_members(found)
    if len(parts) != 2:
        raise ValueError(f"{len(parts)} records in place of two")
    body = _read_payload(parts[0], "response")
    known = json.loads(_read_payload(parts[1], "metadata"))
    if hashlib.sha256(body).hexdigest() != known["sha256"]:
        raise ValueError("the body is not what its SHA-256 says")
    return Capture(
        url=known["url"],
        final_url=known["final_url"],
        fetched_at=datetime.fromisoformat(known["fetched_at"]),
        status=known["status"],
        headers=tuple((name, value) for name, value in known["headers"]),
        body=body,
        sha256=known["sha256"],
        tls=known["tls"],
        peer=known["peer"],
        # Captures of before 0.4 were all plain GETs.
        method=known.get("method", "GET"),
        sent=known.get("sent", "").encode("utf-8", "surrogateescape"),
    )


def _read_payload(part: bytes, kind: str) -> bytes:
    for entry in ArchiveIterator(BytesIO(part), check_digests="raise"):
        if entry.rec_type != kind:
            raise ValueError(f"a {entry.rec_type} record in place of {kind}")
        return bytes(entry.raw_stream.read())
    raise EOFError(f"no {kind} record")
