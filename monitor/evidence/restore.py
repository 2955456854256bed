"""Put a backup back: what is there is moved aside, nothing is overwritten, nobody is flooded.

What was told between the backup and the damage is unknown to the restored database. So each
message that waited in it says that it may be a second copy, and the first whole round of each
source is told in one digest that says so too.
"""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from monitor.archive import sync_folder
from monitor.crashpoints import pass_point
from monitor.errors import StoreError
from monitor.evidence.copying import copy_file, make_private
from monitor.evidence.manifest import (
    BackedFile,
    Manifest,
    check_files,
    hash_file,
    name_backup,
    read_manifest,
)
from monitor.statelock import StateLock
from monitor.store import FILE_NAME
from monitor.store.chain import Chain
from monitor.store.database import Database
from monitor.store.restoring import note_restored

log = logging.getLogger(__name__)

_DRAFT = "restoring"
_INDEX = ".index"


@dataclass(frozen=True)
class Restored:
    """What a restore did.

    `aside` is what was moved away, `captures` how many files of them were put back, `doubtful`
    how many messages wait that may have gone since the backup.
    """

    manifest: Manifest
    aside: tuple[Path, ...]
    captures: int
    doubtful: int


def restore_backup(state: Path, backup: Path, now: datetime) -> Restored:
    """Put a backup in the place of a state folder's database, and back the captures it lacks.

    Captures newer than the backup stay. Raise LockedError while a daemon holds the folder, and
    StoreError where the backup is not as its manifest says; then nothing was changed.
    """
    try:
        with StateLock(state):
            manifest = read_manifest(backup)
            if problem := next(check_files(backup, manifest), None):
                raise StoreError(f"{backup}: {problem}; nothing was changed")
            return _put_back(state, backup, manifest, now)
    except OSError as error:
        raise StoreError(f"{state}: not restored: {error.strerror}") from error


def _put_back(state: Path, backup: Path, manifest: Manifest, now: datetime) -> Restored:
    draft = state / f"{FILE_NAME}.{_DRAFT}"
    for left in state.glob(f"{draft.name}*"):
        left.unlink()
    database = next((file for file in manifest.files if file.name == FILE_NAME), None)
    if database is None:
        raise StoreError(f"{backup}: holds no {FILE_NAME}")
    copy_file(backup / FILE_NAME, draft, database.size)
    doubtful = _prepare_database(draft, backup.name, manifest, now)
    pass_point("restore drafted")
    word = f"{_judge_state(state)}-{name_backup(now)}"
    aside = list[Path]()
    # The captures first: once the database is there, all that it names must be.
    pairs = [pair for pair in _pair_files(manifest) if not _stand(state, pair)]
    for pair in pairs:
        aside += _replace_pair(state, backup, pair, f"captures.{word}")
    pass_point("captures restored")
    aside += _swap_database(state, draft, word)
    return Restored(manifest, tuple(aside), len(pairs), doubtful)


def _pair_files(manifest: Manifest) -> list[list[BackedFile]]:
    """Return the files of captures, each with its index: one without the other is of no use."""
    pairs: dict[str, list[BackedFile]] = {}
    for file in manifest.files:
        if file.name != FILE_NAME:
            pairs.setdefault(file.name.removesuffix(_INDEX), []).append(file)
    return list(pairs.values())


def _prepare_database(draft: Path, name: str, manifest: Manifest, now: datetime) -> int:
    """Let the copy know that it is one, before it takes the other's place."""
    db = Database(draft)
    try:
        Chain(db).begin(now)
        return note_restored(db, name, manifest.made_at, now)
    finally:
        # The last connection brings the log into the file, through to the disk.
        db.close()


def _judge_state(state: Path) -> str:
    """Return how to name what is moved aside: "corrupt" where it is damaged.

    Of a good one, opening and closing brings its log home, so that it is whole in one file.
    """
    try:
        if (state / FILE_NAME).exists():
            Database(state / FILE_NAME).close()
    except StoreError as error:
        log.warning("%s", error)
        return "corrupt"
    return "before-restore"


def _stand(state: Path, pair: list[BackedFile]) -> bool:
    """Say whether files begin with what was backed up; what came after it may follow."""
    paths = [state / file.name for file in pair]
    return all(path.exists() for path in paths) and all(
        hash_file(path, file.size) == file.sha256 for path, file in zip(paths, pair, strict=True)
    )


def _replace_pair(state: Path, backup: Path, pair: list[BackedFile], folder: str) -> list[Path]:
    """Put a file of captures and its index back; return where what was there is now."""
    moved = []
    for file in pair:
        path, aside = state / file.name, state / folder / file.name
        make_private(path.parent)
        draft = path.with_name(f"{path.name}.{_DRAFT}")
        draft.unlink(missing_ok=True)
        copy_file(backup / file.name, draft, file.size)
        if path.exists():
            make_private(aside.parent)
            path.rename(aside)
            moved.append(aside)
        draft.rename(path)
        sync_folder(path.parent)
    return moved


def _swap_database(state: Path, draft: Path, word: str) -> list[Path]:
    """Give the database's name to the draft; at no moment is there none of that name."""
    path, moved = state / FILE_NAME, list[Path]()
    aside = state / f"{FILE_NAME}.{word}"
    if path.exists():
        os.link(path, aside)
        moved.append(aside)
    # A log that belongs to another file must not be played into this one.
    log_file = state / f"{FILE_NAME}-wal"
    if log_file.exists() and log_file.stat().st_size:
        log_file.rename(state / f"{aside.name}-wal")
    for tail in ("-wal", "-shm"):
        (state / f"{FILE_NAME}{tail}").unlink(missing_ok=True)
    pass_point("database aside")
    draft.replace(path)
    sync_folder(state)
    return moved
