"""What a backup holds: its files with their hashes, the chain's head, whether it was whole."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from monitor.errors import StoreError

MANIFEST = "manifest.json"
_NAME = "%Y%m%dT%H%M%SZ"
_STEP = 1024 * 1024


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
    except (ValueError, TypeError, KeyError) as error:
        raise StoreError(f"{path}: not the manifest of a backup: {error}") from error


def _parse_manifest(known: dict[str, Any]) -> Manifest:
    files = tuple(BackedFile(f["name"], int(f["size"]), f["sha256"]) for f in known["files"])
    for file in files:
        if file.name.startswith("/") or ".." in file.name.split("/"):
            raise ValueError(f"a file outside the backup: {file.name}")
    return Manifest(
        datetime.fromisoformat(known["made_at"]), str(known["program"]), int(known["schema"]),
        str(known["head"]), files, tuple(known["problems"]),
    )  # fmt: skip


def list_backups(folder: Path) -> list[Path]:
    """Return the backups in a folder, newest first; what is still being written is none."""
    found = (path.parent for path in folder.glob(f"*/{MANIFEST}"))
    return sorted((p for p in found if not p.name.startswith(".")), reverse=True)


def find_latest(folder: Path) -> Path:
    """Return the newest good backup; raise StoreError where there is none."""
    for path in list_backups(folder):
        try:
            if read_manifest(path).good:
                return path
        except StoreError:
            continue
    raise StoreError(f"{folder}: no good backup")


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
