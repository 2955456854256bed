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
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from monitor.crashpoints import pass_point
from monitor.errors import StoreError
from monitor.models import Capture
from monitor.warc import pack_capture, unpack_capture

log = logging.getLogger(__name__)

_FOLDER = "captures"
_INDEX = ".index"
_SOURCE = re.compile(r"\w[\w.-]{0,99}")
_RECORD_ID = re.compile(rf"({_FOLDER}/\w[\w.-]*/[\d-]+\.warc\.gz)#(\d{{1,15}})\+(\d{{1,12}})")
_NAME = re.compile(rf"{_FOLDER}/\w[\w.-]*/[\d-]+\.warc\.gz")


@dataclass(frozen=True)
class Place:
    """Where a capture lies in its file, by its index; `digest` is the SHA-256 of its bytes."""

    offset: int
    length: int
    digest: str


@dataclass(frozen=True)
class Look:
    """A capture as it was found: `digest` is the SHA-256 of the bytes that lie there now.

    `flaw` says what is wrong with it or its line of the index, "" if nothing is.
    """

    record_id: str
    digest: str
    flaw: str = ""


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
        name, offset, length = parse_id(record_id)
        try:
            found = _read_bytes(self._root / name, offset, length)
            packed = hashlib.sha256(found).hexdigest()
            return replace(unpack_capture(found), record_id=record_id, packed=packed)
        except OSError as error:
            raise StoreError(f"{name} at {offset}: {error.strerror}") from error
        except ValueError as error:
            raise StoreError(f"{name} at {offset}: {error}") from error

    def hash_bytes(self, record_id: str) -> str:
        """Return the SHA-256 of the bytes that an id names, whatever they are now."""
        name, offset, length = parse_id(record_id)
        try:
            return hashlib.sha256(_read_bytes(self._root / name, offset, length)).hexdigest()
        except OSError as error:
            raise StoreError(f"{name} at {offset}: {error.strerror}") from error

    def list_files(self) -> list[str]:
        """Return the names of all files of captures; of those too of which only an index is left.

        Names are relative to the root, as in record ids; what has another kind of name is none.
        """
        found = (self._root / _FOLDER).glob("*/*")
        names = {p.relative_to(self._root).as_posix().removesuffix(_INDEX) for p in found}
        return sorted(name for name in names if _NAME.fullmatch(name))

    def list_places(self, name: str) -> list[Place]:
        """Return where a file's captures lie, by the whole lines of its index."""
        return [Place(*line) for line in _read_index(self._find_file(name))]

    def measure(self, name: str) -> int | None:
        """Return the size of a file in bytes, None where it is missing."""
        path = self._find_file(name)
        return path.stat().st_size if path.exists() else None

    def look_through(self, name: str) -> Iterator[Look]:
        """Read a file's captures back, one after the other, as its index names them."""
        path, end = self._find_file(name), 0
        try:
            with path.open("rb") as file:
                for place in self.list_places(name):
                    flaw = f"the index leaves out what lies at {end}" if place.offset != end else ""
                    end = place.offset + place.length
                    file.seek(place.offset)
                    digest = hashlib.sha256(file.read(place.length)).hexdigest()
                    if digest != place.digest:
                        flaw = "not the bytes that were written"
                    yield Look(f"{name}#{place.offset}+{place.length}", digest, flaw)
        except OSError as error:
            raise StoreError(f"{name}: {error.strerror}") from error

    def find_tail(self, name: str) -> tuple[int, int]:
        """Return where the last whole capture of a file ends, and how many bytes follow.

        A crash leaves a tail; so does a write that is going on, until its line of the index.
        """
        size, places = self.measure(name) or 0, self.list_places(name)
        end = places[-1].offset + places[-1].length if places else 0
        return end, max(0, size - end)

    def verify(self) -> Iterator[str]:
        """Read everything back and yield one line per problem, in the order of the files."""
        for name in self.list_files():
            if self.measure(name) is None:
                yield f"{name}{_INDEX}: the captures of this index are missing"
                continue
            try:
                for look in self.look_through(name):
                    yield from self._judge_look(look)
                end, left = self.find_tail(name)
            except StoreError as error:
                yield str(error)
                continue
            if left:
                yield f"{name} at {end}: {left} bytes beyond the last whole capture"

    def _judge_look(self, look: Look) -> Iterator[str]:
        name, offset, _ = parse_id(look.record_id)
        if look.flaw:
            yield f"{name} at {offset}: {look.flaw}"
            return
        try:
            self.read(look.record_id)
        except StoreError as error:
            yield str(error)

    def drop_file(self, name: str) -> None:
        """Remove a file of captures with its index; one that is missing is no error."""
        path = self._find_file(name)
        source = path.parent.name
        with self._lock_for(source):
            if self._open.get(source) == path:
                self._open.pop(source)
            try:
                path.unlink(missing_ok=True)
                _find_index(path).unlink(missing_ok=True)
                if path.parent.exists():
                    sync_folder(path.parent)
            except OSError as error:
                raise StoreError(f"{name}: {error.strerror}") from error

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

    def _find_file(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise StoreError(f"not a file of captures: {name[:200]!r}")
        return self._root / name


def parse_id(record_id: str) -> tuple[str, int, int]:
    """Return file, offset and length of a record id; raise StoreError where it is none."""
    parsed = _RECORD_ID.fullmatch(record_id)
    if parsed is None:
        raise StoreError(f"not a record id: {record_id[:200]!r}")
    return parsed[1], int(parsed[2]), int(parsed[3])


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
