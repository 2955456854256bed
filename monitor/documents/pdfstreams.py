"""Find streams of a PDF that cannot be unpacked: pdfium shows what is left and says nothing."""

from __future__ import annotations

import re
import zlib

# A stream packed by zlib, by its first two bytes; encrypted streams begin otherwise.
_STREAM = re.compile(rb"(?<!end)stream\r?\n(?=\x78[\x01\x5e\x9c\xda])")
_HEAD = 600
# Of these no word can be lost; of a font many can.
_WORDLESS = (b"/Image", b"/ICCBased")
_CHUNK = 64 * 1024
_MOST_UNPACKED = 256 * 1024


def find_broken_stream(body: bytes, most: int) -> int | None:
    """Return the offset of the first broken stream that may hold text, None where all is well.

    Stops looking after `most` unpacked bytes.
    """
    if b"/Encrypt" in body:
        return None
    for found in _STREAM.finditer(body):
        head = body[max(found.start() - _HEAD, 0) : found.start()].rpartition(b" obj")[2]
        if any(word in head for word in _WORDLESS):
            continue
        size = _unpack_stream(body, found.end(), most)
        if size is None:
            return found.start()
        most -= size
        if most <= 0:
            break
    return None


def _unpack_stream(body: bytes, place: int, most: int) -> int | None:
    """Return the unpacked size of a stream, no more than needed; None where it is broken."""
    reader = zlib.decompressobj()
    size = 0
    try:
        while not reader.eof and size <= most:
            packed = reader.unconsumed_tail
            if not packed:
                packed = body[place : place + _CHUNK]
                place += len(packed)
            if not packed:
                return None
            size += len(reader.decompress(packed, _MOST_UNPACKED))
    except zlib.error:
        return None
    return size
