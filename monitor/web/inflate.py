"""Content codings undone in small steps, so that a bomb is noticed before it unfolds."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator

from monitor.errors import FetchCause, FetchError

_STEP = 64 * 1024
_MAX_CHAIN = 5
_GZIP = frozenset({"gzip", "x-gzip"})
# Codings that we never ask for and whose bytes would be noise to every parser.
_UNREADABLE = frozenset({"br", "compress", "dcb", "dcz", "x-compress", "zstd"})
_NEEDS_END = "the compressed body ends before its end mark"


def inflate_body(url: str, chunks: Iterable[bytes], coding: str) -> Iterator[bytes]:
    """Return the pieces of a body with its Content-Encoding undone, each of 64 KiB or less.

    An unknown word is no coding, as in browsers: servers write a charset there. Raise
    FetchError: TRUNCATED where a compressed stream lacks its end, PROTOCOL for corrupt
    bytes, a coding that was not asked for, or a chain of more than five.
    """
    names = [name.strip().lower() for name in coding.split(",") if name.strip()]
    if len(names) > _MAX_CHAIN:
        raise FetchError(url, FetchCause.PROTOCOL, f"{len(names)} content codings")
    pieces: Iterator[bytes] = iter(chunks)
    for name in reversed(names):
        if name in _UNREADABLE:
            raise FetchError(url, FetchCause.PROTOCOL, f"coding not asked for: {name}")
        if name in _GZIP:
            pieces = _expand(url, pieces, zlib.MAX_WBITS + 16)
        elif name == "deflate":
            pieces = _expand_deflate(url, pieces)
    return pieces


def _expand_deflate(url: str, chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Undo "deflate", which is zlib by the standard and raw deflate from some servers."""
    head = b""
    for chunk in chunks:
        head += chunk
        if len(head) >= 2:
            break
    is_zlib = len(head) >= 2 and head[0] & 0x0F == 8 and int.from_bytes(head[:2], "big") % 31 == 0
    yield from _expand(url, _chain(head, chunks), zlib.MAX_WBITS if is_zlib else -zlib.MAX_WBITS)


def _chain(head: bytes, chunks: Iterator[bytes]) -> Iterator[bytes]:
    if head:
        yield head
    yield from chunks


def _expand(url: str, chunks: Iterator[bytes], bits: int) -> Iterator[bytes]:
    stream, started = zlib.decompressobj(bits), False
    for chunk in chunks:
        started = True
        more = True
        while more:
            if stream.eof:
                if not _starts_member(chunk, bits):
                    break
                stream = zlib.decompressobj(bits)
            piece = _decompress(url, stream, chunk)
            if piece:
                yield piece
            chunk = stream.unused_data if stream.eof else stream.unconsumed_tail
            # A full piece may leave output inside zlib although no input is left.
            more = bool(chunk) or (len(piece) == _STEP and not stream.eof)
    if started and not stream.eof:
        raise FetchError(url, FetchCause.TRUNCATED, _NEEDS_END)


def _starts_member(chunk: bytes, bits: int) -> bool:
    """Say whether bytes behind a finished stream begin another; padding and junk do not."""
    return bits > zlib.MAX_WBITS and chunk.startswith(b"\x1f\x8b")


def _decompress(url: str, stream: zlib._Decompress, chunk: bytes) -> bytes:
    try:
        return stream.decompress(chunk, _STEP)
    except zlib.error as error:
        detail = "the compressed body is corrupt"
        raise FetchError(url, FetchCause.PROTOCOL, detail) from error
