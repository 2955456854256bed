"""Make OLE files and Word 97 documents by hand, for cases that no writer here would produce."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence

_SECTOR = 512
_FREE, _END, _FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
# Streams from this length on lie in sectors of their own; shorter ones are filled up to it.
_LEAST = 4096


def write_ole(streams: Mapping[str, bytes]) -> bytes:
    """Return an OLE file (MS-CFB, version 3) with these streams; one FAT sector has to do."""
    bodies = [body.ljust(_LEAST, b"\0") for body in streams.values()]
    counts = [-(-len(body) // _SECTOR) for body in bodies]
    directory = -(-(len(bodies) + 1) * 128 // _SECTOR)
    starts = [1 + directory + sum(counts[:n]) for n in range(len(counts))]
    table = [_FAT, *_chain(1, directory)]
    for start, count in zip(starts, counts, strict=True):
        table += _chain(start, count)
    assert len(table) <= _SECTOR // 4
    fat = struct.pack("<128I", *table, *[_FREE] * (128 - len(table)))
    entries = _write_entry("Root Entry", 5, 1 if bodies else _FREE, _END, 0)
    for number, (name, start, body) in enumerate(zip(streams, starts, bodies, strict=True), 2):
        right = number if number <= len(bodies) else _FREE
        entries += _write_entry(name, 2, _FREE, start, len(body), right)
    head = struct.pack(
        "<8s16xHHHHH6xIIIIIIIII", bytes.fromhex("d0cf11e0a1b11ae1"), 0x3E, 3, 0xFFFE, 9, 6,
        0, 1, 1, 0, _LEAST, _END, 0, _END, 0,
    )  # fmt: skip
    head += struct.pack("<109I", 0, *[_FREE] * 108)
    padded = (
        body.ljust(count * _SECTOR, b"\0") for body, count in zip(bodies, counts, strict=True)
    )
    return head + fat + entries.ljust(directory * _SECTOR, b"\0") + b"".join(padded)


def _chain(start: int, count: int) -> list[int]:
    return [*range(start + 1, start + count), _END]


def _write_entry(
    name: str, kind: int, child: int, start: int, size: int, right: int = _FREE
) -> bytes:
    coded = (name + "\0").encode("utf-16-le")
    return (
        coded.ljust(64, b"\0")
        + struct.pack("<HBBIII", len(coded), kind, 1, _FREE, right, child)
        + bytes(36)
        + struct.pack("<IQ", start, size)
    )


def write_doc(
    pieces: Sequence[bytes | str],
    *,
    flags: int = 0x0200,
    version: int = 0xC1,
    characters: Sequence[tuple[int, bytes]] = (),
    paragraphs: Sequence[tuple[int, bytes]] = (),
    lengths: Sequence[int] | None = None,
) -> bytes:
    """Return a Word document of pieces: bytes are kept as one byte a letter, text as two.

    `characters` and `paragraphs` are (bytes of text, properties) one after another.
    """
    coded = [piece if isinstance(piece, bytes) else piece.encode("utf-16-le") for piece in pieces]
    main = bytearray(2048)
    struct.pack_into("<HH", main, 0, 0xA5EC, version)
    struct.pack_into("<H", main, 0x0A, flags)
    struct.pack_into("<II", main, 0x18, 2048, 2048 + len(b"".join(coded)))
    ends, places, cp, offset = [0], b"", 0, 2048
    for piece, raw in zip(pieces, coded, strict=True):
        cp += len(piece)
        ends.append(cp)
        place = (offset * 2) | 0x40000000 if isinstance(piece, bytes) else offset
        places += struct.pack("<HIH", 0, place, 0)
        offset += len(raw)
    struct.pack_into("<8I", main, 0x4C, *(lengths or [cp, 0, 0, 0, 0, 0, 0, 0]))
    main += b"".join(coded)
    main = main.ljust(-(-len(main) // 512) * 512, b"\0")
    plan = struct.pack(f"<{len(ends)}I", *ends) + places
    table = b"\x02" + struct.pack("<I", len(plan)) + plan
    struct.pack_into("<II", main, 0x01A2, 0, len(table))
    for field, runs, width in ((0xFA, characters, 1), (0x102, paragraphs, 13)):
        if runs:
            struct.pack_into("<II", main, field, len(table), 12)
            table += struct.pack("<III", 2048, offset, len(main) // 512)
            main += _write_page(runs, width)
    return write_ole({"WordDocument": bytes(main), "1Table": table})


def _write_page(runs: Sequence[tuple[int, bytes]], width: int) -> bytes:
    """Return a page of properties: where each run begins, and what is in force there."""
    page = bytearray(512)
    page[511] = len(runs)
    offset, free = 2048, 510
    for number, (length, properties) in enumerate(runs):
        struct.pack_into("<I", page, 4 * number, offset)
        offset += length
        if properties:
            body = bytes((len(properties),)) + properties
            if width > 1:
                padded = b"\0\0" + properties
                padded += b"\0" * (1 - len(padded) % 2)
                body = bytes(((len(padded) + 1) // 2,)) + padded
            free = (free - len(body)) // 2 * 2
            page[free : free + len(body)] = body
            page[4 * (len(runs) + 1) + width * number] = free // 2
    struct.pack_into("<I", page, 4 * len(runs), offset)
    return bytes(page)
