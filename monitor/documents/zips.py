"""Unfold the files of a zip, trusting nothing that its headers say."""

from __future__ import annotations

import io
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from itertools import pairwise

from monitor.documents.parts import DocumentError, Fault, Flaw, Limits

# Shorter files may fold far better than the ratio allows: they cost nothing.
ALWAYS_UNFOLDED = 1024 * 1024
# Each entry costs a few hundred bytes of memory before anything is read.
_MOST_ENTRIES = 5000
_ENTRY, _LOCAL = b"PK\x01\x02", b"PK\x03\x04"
_LOCAL_SIZE = 30
_LOCAL_NAME = re.compile(rb"PK\x03\x04.{22}(..)..", re.DOTALL)
_MOST_LOCALS = 200
_OFFICE_ROOTS = (
    "[Content_Types].xml", "_rels/", "word/", "xl/", "docProps/", "mimetype", "OFD.xml",
)  # fmt: skip
_ENCRYPTED, _IS_UTF8 = 0x1, 0x800
_UNIX = 3
_ERRORS = (
    zipfile.BadZipFile, struct.error, ValueError, LookupError, EOFError, OSError,
    NotImplementedError, ArithmeticError,
)  # fmt: skip


def list_names(body: bytes) -> tuple[str, ...]:
    """Return the names of a zip's files; of a damaged office file what can still be seen."""
    try:
        return tuple(member.orig_filename for member in _open_directory(body))
    except DocumentError:
        names = _scan_names(body)
    return names if names and names[0].startswith(_OFFICE_ROOTS) else ()


def _scan_names(body: bytes) -> tuple[str, ...]:
    names = []
    for found in _LOCAL_NAME.finditer(body):
        (size,) = struct.unpack("<H", found[1])
        names.append(body[found.end() : found.end() + size].decode("latin-1"))
        if len(names) == _MOST_LOCALS:
            break
    return tuple(names)


def _open_directory(body: bytes) -> list[zipfile.ZipInfo]:
    """Return the entries of a zip; raise DocumentError DAMAGED or TOO_MANY."""
    if body.count(_ENTRY) > _MOST_ENTRIES:
        raise DocumentError(Fault.TOO_MANY, f"more than {_MOST_ENTRIES} files")
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            members = archive.infolist()
    except _ERRORS as error:
        raise DocumentError(Fault.DAMAGED, f"no zip: {error}") from error
    # A cut zip may end with a whole one that was stored in it; zipfile takes that for the file.
    if body.startswith(_LOCAL) and members and min(m.header_offset for m in members) > 0:
        raise DocumentError(Fault.DAMAGED, "no zip: its list of files is missing")
    return members


def list_zip(body: bytes, limits: Limits) -> Iterator[tuple[str, bytes] | Flaw]:
    """Yield name and content of the files of a zip, and a flaw for each that cannot be had.

    Names are as the zip has them. Raises DocumentError where it is no zip or a bomb.
    """
    members = [member for member in _open_directory(body) if not member.is_dir()]
    _refuse_overlaps(members)
    left = limits.unfolded
    for member in members:
        name = read_name(member)
        try:
            content = _unfold(body, member, limits, left)
        except DocumentError as error:
            yield Flaw(error.fault, name, error.detail)
            # A bomb costs what it took to see that it is one.
            left -= ALWAYS_UNFOLDED if error.fault is Fault.BOMB else 0
        else:
            left -= len(content)
            if zlib.crc32(content) != member.CRC:
                yield Flaw(Fault.DAMAGED, name, "checksum is wrong")
            yield name, content
        if left < 0:
            raise DocumentError(Fault.BOMB, f"unfolds to more than {limits.unfolded} bytes")


def _refuse_overlaps(members: list[zipfile.ZipInfo]) -> None:
    """Raise DocumentError where files share bytes, as only bombs do."""
    places = sorted((m.header_offset, m.header_offset + m.compress_size) for m in members)
    if any(end > start for (_, end), (start, _) in pairwise(places)):
        raise DocumentError(Fault.BOMB, "its files overlap")


def read_name(member: zipfile.ZipInfo) -> str:
    """Return the name of a member; without the mark of UTF-8 it is most often GBK."""
    if member.flag_bits & _IS_UTF8:
        return member.orig_filename
    # zipfile reads such names as cp437, which loses nothing.
    return decode_name(member.orig_filename.encode("cp437"))


def decode_name(raw: bytes) -> str:
    """Return a name of unknown encoding: UTF-8, else GBK, else the DOS code page."""
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("cp437")


def _unfold(body: bytes, member: zipfile.ZipInfo, limits: Limits, left: int) -> bytes:
    """Return the content of a member; raises DocumentError where it cannot be had."""
    if stat.S_ISLNK(member.external_attr >> 16) and member.create_system == _UNIX:
        raise DocumentError(Fault.UNSAFE_NAME, "a symbolic link")
    if member.flag_bits & _ENCRYPTED:
        raise DocumentError(Fault.ENCRYPTED, "needs a password")
    packed = _find_packed(body, member)
    if member.compress_type == zipfile.ZIP_STORED:
        return bytes(packed)
    if member.compress_type != zipfile.ZIP_DEFLATED:
        raise DocumentError(Fault.NO_TOOL, f"compression method {member.compress_type}")
    return inflate(packed, -zlib.MAX_WBITS, limits, left)


def _find_packed(body: bytes, member: zipfile.ZipInfo) -> memoryview:
    header = body[member.header_offset : member.header_offset + _LOCAL_SIZE]
    if len(header) < _LOCAL_SIZE or not header.startswith(_LOCAL):
        raise DocumentError(Fault.DAMAGED, "its header is missing")
    name, extra = struct.unpack_from("<HH", header, 26)
    start = member.header_offset + _LOCAL_SIZE + name + extra
    packed = memoryview(body)[start : start + member.compress_size]
    if len(packed) < member.compress_size:
        raise DocumentError(Fault.DAMAGED, "cut short")
    return packed


def inflate(packed: memoryview, bits: int, limits: Limits, left: int) -> bytes:
    """Return unfolded bytes, of zlib's window `bits`; raise DocumentError BOMB or DAMAGED."""
    most = min(max(limits.ratio * len(packed), ALWAYS_UNFOLDED), left)
    unfolder = zlib.decompressobj(bits)
    try:
        content = unfolder.decompress(packed, most + 1)
    except zlib.error as error:
        raise DocumentError(Fault.DAMAGED, str(error)) from error
    if len(content) > most:
        raise DocumentError(Fault.BOMB, f"unfolds from {len(packed)} to more than {most} bytes")
    if not unfolder.eof:
        raise DocumentError(Fault.DAMAGED, "cut short")
    return content
