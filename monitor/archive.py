"""Captures on disk as WARC records, durable before anything reads them (ISO 28500).

A file per source and UTC day holds them one after another. Beside it lies an index with
one line per capture, written when its bytes are safe: offset, length, SHA-256. It tells
a torn tail from a whole one and covers the bits that neither gzip nor WARC digests do.
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
import shutil
import threading
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from monitor.errors import StoreError
from monitor.models import Capture
from monitor.points import pass_point
from monitor.warc import pack_capture, unpack_capture

log = logging.getLogger(__name__)

_FOLDER = "captures"
_INDEX = ".index"
_SOURCE = re.compile(r"\w[\w.-]{0,99}")
_RECORD_ID = re.compile(rf"({_FOLDER}/\w[\w.-]*/[\d-]+\.warc\.gz)#(\d{{1,15}})\+(\d{{1,12}})")


class Archive:
    """Keep captures under `root`/captures, folders 0700 and files 0600; thread safe.

    One process at a time may write. Every method raises StoreError, naming the file.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._open: dict[str, Path] = {}
        self._locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        self._lock = threading.Lock()

    def keep(self, capture: Capture, source: str) -> Capture:
        """Write a capture through to the disk and return it with its `record_id`.

        The id is "file#offset+length", the file relative to the root.
        """
        return self.keep_all([capture], source)[0]

    def keep_all(self, captures: Sequence[Capture], source: str) -> list[Capture]:
        """Write captures of one day through to the disk at once; as `keep` in all else."""
        if not captures:
            return []
        folder, packed = self._find_folder(source), [pack_capture(one) for one in captures]
        with self._lock_for(source):
            try:
                path = self._choose_file(folder, captures[0].fetched_at)
                pass_point("capture unwritten")
                offset = _append_bytes(path, b"".join(packed))
                pass_point("capture written")
                places = _place_captures(packed, offset)
                lines = (
                    f"{at} {len(found)} {hashlib.sha256(found).hexdigest()}\n"
                    for at, found in places
                )
                _append_bytes(_find_index(path), "".join(lines).encode())
            except OSError as error:
                # What was half written is found again, and left behind, by _choose_file.
                self._open.pop(source, None)
                raise StoreError(f"{folder}: {error.strerror}") from error
        name = path.relative_to(self._root).as_posix()
        return [
            replace(
                capture,
                record_id=f"{name}#{at}+{len(found)}",
                packed=hashlib.sha256(found).hexdigest(),
            )
            for capture, (at, found) in zip(captures, places, strict=True)
        ]

    def read(self, record_id: str) -> Capture:
        """Return a kept capture; raise StoreError unless every digest holds."""
        parsed = _RECORD_ID.fullmatch(record_id)
        if parsed is None:
            raise StoreError(f"not a record id: {record_id[:200]!r}")
        name, offset, length = parsed[1], int(parsed[2]), int(parsed[3])
        try:
            found = _read_bytes(self._root / name, offset, length)
            packed = hashlib.sha256(found).hexdigest()
            return replace(unpack_capture(found), record_id=record_id, packed=packed)
        except OSError as error:
            raise StoreError(f"{name} at {offset}: {error.strerror}") from error
        except ValueError as error:
            raise StoreError(f"{name} at {offset}: {error}") from error

    def verify(self) -> Iterator[str]:
        """Read everything back and yield one line per problem, in the order of the files."""
        for path in sorted((self._root / _FOLDER).glob("*/*")):
            if path.name.endswith(".warc.gz"):
                try:
                    yield from self._verify_file(path)
                except OSError as error:
                    yield f"{path.relative_to(self._root)}: {error.strerror}"
            elif not path.with_name(path.name.removesuffix(_INDEX)).exists():
                yield f"{path.relative_to(self._root)}: the captures of this index are missing"

    def drop_source(self, source: str) -> int:
        """Remove all captures of one source and return how many files that were."""
        folder = self._find_folder(source)
        with self._lock_for(source):
            self._open.pop(source, None)
            count = len(list(folder.glob("*.warc.gz")))
            try:
                if folder.exists():
                    shutil.rmtree(folder)
            except OSError as error:
                raise StoreError(f"{folder}: {error.strerror}") from error
        return count

    def _find_folder(self, source: str) -> Path:
        if not _SOURCE.fullmatch(source):
            raise StoreError(f"not a name for a source: {source[:100]!r}")
        return self._root / _FOLDER / source

    def _lock_for(self, source: str) -> threading.Lock:
        with self._lock:
            return self._locks[source]

    def _choose_file(self, folder: Path, moment: datetime) -> Path:
        """Return the file to append to: today's last one, or a new one where that is torn."""
        day = moment.astimezone(UTC).date().isoformat()
        current = self._open.get(folder.name)
        if current is not None and re.match(rf"{day}(-\d+)?\.warc\.gz$", current.name):
            return current
        _make_folder(self._root, folder)
        number = max((_read_number(p, day) for p in folder.glob(f"{day}*")), default=1)
        path = folder / _name_file(day, number)
        if _has_torn_tail(path):
            log.warning("%s does not end with a whole capture; going on in a new file", path)
            path = folder / _name_file(day, number + 1)
        self._open[folder.name] = path
        return path

    def _verify_file(self, path: Path) -> Iterator[str]:
        # The size first: what is being written meanwhile is no problem.
        name, size, end = path.relative_to(self._root).as_posix(), path.stat().st_size, 0
        for offset, length, digest in _read_index(path):
            if offset != end:
                yield f"{name} at {end}: the index goes on at {offset}"
            end = offset + length
            if hashlib.sha256(_read_bytes(path, offset, length)).hexdigest() != digest:
                yield f"{name} at {offset}: not the bytes that were written"
                continue
            try:
                self.read(f"{name}#{offset}+{length}")
            except StoreError as error:
                yield str(error)
        if size > end:
            yield f"{name} at {end}: {size - end} bytes beyond the last whole capture"


def _place_captures(packed: Sequence[bytes], offset: int) -> list[tuple[int, bytes]]:
    """Return each capture with the offset that it lies at, the first at `offset`."""
    places = []
    for found in packed:
        places.append((offset, found))
        offset += len(found)
    return places


def _name_file(day: str, number: int) -> str:
    return f"{day}.warc.gz" if number == 1 else f"{day}-{number}.warc.gz"


def _read_number(path: Path, day: str) -> int:
    found = re.match(rf"{day}-(\d+)\.warc\.gz", path.name)
    return int(found[1]) if found else 1


def _find_index(path: Path) -> Path:
    return path.with_name(path.name + _INDEX)


def _read_index(path: Path) -> list[tuple[int, int, str]]:
    """Return the whole lines of a file's index; a torn or foreign line ends it."""
    found: list[tuple[int, int, str]] = []
    index = _find_index(path)
    for line in index.read_text("ascii", "replace").splitlines(True) if index.exists() else ():
        parsed = re.fullmatch(r"(\d{1,15}) (\d{1,12}) ([0-9a-f]{64})\n", line)
        if parsed is None:
            break
        found.append((int(parsed[1]), int(parsed[2]), parsed[3]))
    return found


def _has_torn_tail(path: Path) -> bool:
    """Say whether the last write to a file or its index was cut short."""
    size = path.stat().st_size if path.exists() else 0
    index = _find_index(path)
    lines = _read_index(path)
    indexed = sum(len(f"{o} {n} {d}\n") for o, n, d in lines)
    end = lines[-1][0] + lines[-1][1] if lines else 0
    return size != end or (index.stat().st_size if index.exists() else 0) != indexed


def _make_folder(root: Path, folder: Path) -> None:
    for part in (root, root / _FOLDER, folder):
        if not part.exists():
            part.mkdir(mode=0o700, parents=True, exist_ok=True)
            sync_folder(part.parent)


def _append_bytes(path: Path, found: bytes) -> int:
    """Append to a file, through to the disk, and return the offset it went to."""
    is_new = not path.exists()
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "ab") as file:
        offset = file.seek(0, os.SEEK_END)
        file.write(found)
        file.flush()
        os.fsync(file.fileno())
    if is_new:
        sync_folder(path.parent)
    return offset


def _read_bytes(path: Path, offset: int, length: int) -> bytes:
    with path.open("rb") as file:
        file.seek(offset)
        return file.read(length)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
