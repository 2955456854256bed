"""What a backup holds: its files with their hashes, the chain's head, whether it was whole."""

from __future__ import annotations

import hashlib
import json
import logging
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from monitor.errors import StoreError

log = logging.getLogger(__name__)

MANIFEST = "manifest.json"
LATEST = "latest"
_NAME = "%Y%m%dT%H%M%SZ"
_STEP = 1024 * 1024
_SHOWN = 10


@dataclass(frozen=True)
class BackedFile:
    """A file of a backup; `name` is relative to it, with slashes, as in a state folder."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """All that is known of a backup; `head` is the chain's as NUMBER:HASH, "" of an empty one.

    `problems` are what `verify` found in the copy; one with any is kept and is not good.
    """

    made_at: datetime
    program: str
    schema: int
    head: str
    files: tuple[BackedFile, ...]
    problems: tuple[str, ...] = ()

    @property
    def good(self) -> bool:
        """Say whether the backup was found whole when it was written."""
        return not self.problems

    @property
    def numbered_head(self) -> tuple[int, str]:
        """Number and hash of the chain's head; 0 of an empty chain."""
        number, _, link = self.head.partition(":")
        return int(number or 0), link

    @property
    def size(self) -> int:
        """The bytes of all files."""
        return sum(file.size for file in self.files)


def name_backup(now: datetime) -> str:
    """Return the name of a backup's folder; names sort by time."""
    return now.astimezone(UTC).strftime(_NAME)


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write a manifest into its backup, through to the disk; raise OSError."""
    known = asdict(manifest) | {"made_at": manifest.made_at.astimezone(UTC).isoformat()}
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    with os.fdopen(os.open(folder / MANIFEST, flags, 0o600), "w", encoding="utf-8") as file:
        file.write(json.dumps(known, ensure_ascii=False, indent=1) + "\n")
        file.flush()
        os.fsync(file.fileno())


def read_manifest(folder: Path) -> Manifest:
    """Return what a backup says of itself; raise StoreError where that cannot be read."""
    path = folder / MANIFEST
    try:
        return _parse_manifest(json.loads(path.read_text("utf-8")))
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror}") from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise StoreError(f"{path}: not the manifest of a backup: {error}") from error


def _parse_manifest(known: dict[str, Any]) -> Manifest:
    files = tuple(BackedFile(f["name"], int(f["size"]), f["sha256"]) for f in known["files"])
    for file in files:
        if file.name.startswith("/") or ".." in file.name.split("/"):
            raise ValueError(f"a file outside the backup: {file.name}")
    made_at = datetime.fromisoformat(known["made_at"])
    if made_at.tzinfo is None:
        raise ValueError("a time without a zone")
    return Manifest(
        made_at, str(known["program"]), int(known["schema"]),
        str(known["head"]), files, tuple(known["problems"]),
    )  # fmt: skip


def read_name(path: Path) -> datetime | None:
    """Return the time that a backup is named by, None where someone named it otherwise."""
    try:
        return datetime.strptime(path.name, _NAME).replace(tzinfo=UTC)
    except ValueError:
        return None


def is_dated(path: Path, now: datetime) -> bool:
    """Say whether a backup is named by a time up to now: else its age is not known."""
    named = read_name(path)
    return named is not None and named <= now


def list_backups(folder: Path, now: datetime) -> list[Path]:
    """Return the backups in a folder, newest first; what is still being written is none.

    One of a time to come was made while the clock was wrong: it is last, and said in the log.
    """
    found = (path.parent for path in folder.glob(f"*/{MANIFEST}"))
    shown = [path for path in found if not path.name.startswith(".")]
    for path in shown:
        if not is_dated(path, now):
            _warn_once(path)
    return sorted(shown, key=lambda path: (is_dated(path, now), path.name), reverse=True)


@lru_cache(maxsize=64)
def _warn_once(path: Path) -> None:
    log.warning("%s: not named by a time up to now; it is never the latest", path)


def find_latest(folder: Path, now: datetime) -> Path:
    """Return the newest good backup; raise StoreError where there is none."""
    found = list_backups(folder, now)
    for path in found:
        try:
            if is_dated(path, now) and read_manifest(path).good:
                return path
        except StoreError:
            continue
    raise StoreError(f"{folder}: no good backup up to now{_list_names(found)}")


def choose_backup(folder: Path, name: str, now: datetime) -> Path:
    """Return the backup of a name in a folder, the folder of one, or the latest good one.

    Raise StoreError, with the names that are there, where there is none such.
    """
    if name == LATEST:
        return find_latest(folder, now)
    for path in (folder / name, Path(name)):
        if (path / MANIFEST).is_file():
            return path
    raise StoreError(f"no backup {name!r} in {folder}{_list_names(list_backups(folder, now))}")


def check_folder(folder: Path, now: datetime) -> None:
    """Raise StoreError for a folder without a backup, which was named as one with some."""
    if not list_backups(folder, now):
        raise StoreError(f"{folder}: no backup is there")


def _list_names(found: Sequence[Path]) -> str:
    names = ", ".join(path.name for path in found[:_SHOWN])
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    return f"; there are {names}{more}" if found else "; there is none at all"


def check_files(folder: Path, manifest: Manifest) -> Iterator[str]:
    """Yield a line for each file that is not as its manifest says."""
    for file in manifest.files:
        try:
            found = hash_file(folder / file.name)
        except OSError as error:
            yield f"{file.name}: {error.strerror}"
            continue
        if found != file.sha256:
            yield f"{file.name}: not the bytes that were backed up"


def hash_file(path: Path, size: int | None = None) -> str:
    """Return the SHA-256 of a file, or of its first bytes; raise OSError."""
    digest, left = hashlib.sha256(), size
    with path.open("rb") as file:
        while found := file.read(_STEP if left is None else min(_STEP, left)):
            digest.update(found)
            left = None if left is None else left - len(found)
    return digest.hexdigest()
