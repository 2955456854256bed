"""Write backups while the daemon runs: database, captures and a manifest, then verified.

A backup is a folder laid out as a state folder is. The database is copied first: each row's
bytes are on the disk before the row, so all that the copy names can be copied after it.
"""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from itertools import islice
from pathlib import Path

from monitor.archive import Archive, sync_folder
from monitor.errors import StoreError
from monitor.evidence.copying import CaptureCopier
from monitor.evidence.manifest import (
    BackedFile,
    Manifest,
    hash_file,
    list_backups,
    name_backup,
    read_manifest,
    read_name,
    write_manifest,
)
from monitor.evidence.verify import Head, Verifier
from monitor.statelock import StateLock
from monitor.store import FILE_NAME, Store
from monitor.store.chain import LinkKind
from monitor.store.database import read_time
from monitor.store.migrations import SCHEMA_VERSION

log = logging.getLogger(__name__)

_WRITING = ".writing-"
_MOST_PROBLEMS = 100


@dataclass(frozen=True)
class Backup:
    """A backup that was written, and those that it pushed out.

    `rotted` are files of the state that are not any more what was written; the backup has them as
    they were.
    """

    path: Path
    manifest: Manifest
    removed: tuple[Path, ...] = ()
    rotted: tuple[str, ...] = ()


def write_backup(
    state: Path, folder: Path, now: datetime, *, keep: int = 7, reserve: int = 0
) -> Backup:
    """Write a verified backup of a state folder and remove the oldest beyond `keep`.

    It shows under its name only when it is whole and on the disk. `reserve` is how many bytes
    must stay free. Raise StoreError where it cannot be written, LockedError where another is
    being written.
    """
    if not folder.parent.is_dir():
        raise StoreError(f"{folder.parent}: no such folder; is its disk mounted?")
    try:
        with StateLock(folder):
            return _write(state, folder, now, keep, reserve)
    except OSError as error:
        raise StoreError(f"{folder}: no backup: {error.strerror}") from error


def _write(state: Path, folder: Path, now: datetime, keep: int, reserve: int) -> Backup:
    for left in folder.glob(f"{_WRITING}*"):
        shutil.rmtree(left)
    path = folder / name_backup(now)
    if path.exists():
        raise StoreError(f"{path}: there already")
    draft = folder / f"{_WRITING}{path.name}"
    draft.mkdir(mode=0o700)
    try:
        manifest, rotted = _fill(state, folder, draft, now, reserve)
        write_manifest(draft, manifest)
        _sync_tree(draft)
        draft.rename(path)
        sync_folder(folder)
    finally:
        if draft.exists():
            shutil.rmtree(draft)
    return Backup(path, manifest, tuple(_remove_old(folder, keep, now)), rotted)


def _fill(
    state: Path, folder: Path, draft: Path, now: datetime, reserve: int
) -> tuple[Manifest, tuple[str, ...]]:
    """Copy all into a draft, read it back; return what it holds, and what rotted in the state."""
    earlier = _list_earlier(folder, now)
    _check_space(state, folder, earlier, reserve)
    with Store.open(state, read_only=True) as store:
        store.db.copy_to(draft / FILE_NAME)
    copier = CaptureCopier(state, draft, earlier)
    files = [_take_database(draft)]
    for name in Archive(state).list_files():
        files += copier.copy(name)
    head, problems = _read_back(draft)
    program = version("tender-monitor")
    manifest = Manifest(now, program, SCHEMA_VERSION, head, tuple(files), problems)
    return manifest, tuple(copier.rotted)


def _take_database(draft: Path) -> BackedFile:
    """Make the copied database durable and describe it."""
    path = draft / FILE_NAME
    with path.open("rb") as file:
        os.fsync(file.fileno())
    return BackedFile(FILE_NAME, path.stat().st_size, hash_file(path))


def _read_back(draft: Path) -> tuple[str, tuple[str, ...]]:
    """Return the head of a draft's chain and what is wrong with the draft."""
    with Store.open(draft, read_only=True) as copy:
        head = copy.chain.head()
        found = Verifier(copy, Archive(draft)).run()
        problems = (str(finding) for finding in found if not finding.note)
        return str(head or ""), tuple(islice(problems, _MOST_PROBLEMS))


def list_heads(folder: Path, store: Store, now: datetime) -> Iterator[Head]:
    """Yield the heads that backups noted, which a chain must hold if nothing was cut off.

    Those of before a restore count only as far as the chain that was restored; those of a time
    to come, too: nobody knows whether they were made before it.
    """
    restored = store.chain.newest(LinkKind.RESTORE)
    at = read_time(restored.at) if restored else None
    for path in list_backups(folder, now):
        try:
            manifest = read_manifest(path)
            number, link = manifest.numbered_head
        except (StoreError, ValueError) as error:
            log.warning("%s: no head: %s", path, error)
            continue
        after = at is None or at < manifest.made_at <= now
        if number and (restored is None or after or number < restored.number):
            yield number, link


def _list_earlier(folder: Path, now: datetime) -> dict[str, tuple[Path, BackedFile]]:
    """Return the files of the newest good backup, by name."""
    for path in list_backups(folder, now):
        try:
            manifest = read_manifest(path)
        except StoreError as error:
            log.warning("%s", error)
            continue
        if manifest.good:
            return {file.name: (path / file.name, file) for file in manifest.files}
    return {}


def _check_space(
    state: Path, folder: Path, earlier: dict[str, tuple[Path, BackedFile]], reserve: int
) -> None:
    """Raise StoreError where the disk would be left with less than the reserve."""
    archive, needed = Archive(state), 0
    for name in archive.list_files():
        size = archive.measure(name) or 0
        known = earlier.get(name)
        needed += 0 if known and known[1].size == size else size
    for path in (state / FILE_NAME, state / f"{FILE_NAME}-wal"):
        needed += path.stat().st_size if path.exists() else 0
    free = shutil.disk_usage(folder).free
    if free < needed + reserve:
        wanted, there = (needed + reserve) >> 20, free >> 20
        raise StoreError(f"{folder}: a backup needs {wanted} MiB free, there are {there} MiB")


def _sync_tree(folder: Path) -> None:
    """Make all names below a folder durable."""
    for below in [*(path for path in folder.rglob("*") if path.is_dir()), folder]:
        sync_folder(below)


def _remove_old(folder: Path, keep: int, now: datetime) -> Iterator[Path]:
    """Remove the oldest backups beyond a number, but never the newest good one; yield each.

    Those of a time to come go first. What someone gave another name stays, and does not count.
    """
    found = [path for path in list_backups(folder, now) if read_name(path)]
    good = next((path for path in found if _is_good(path)), None)
    for path in found[keep:]:
        if path != good:
            # The name goes first: half a backup must not look like a whole one.
            gone = path.rename(folder / f"{_WRITING}{path.name}")
            shutil.rmtree(gone)
            yield path


def _is_good(path: Path) -> bool:
    try:
        return read_manifest(path).good
    except StoreError:
        return False
