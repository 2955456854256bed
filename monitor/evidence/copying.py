"""Copy captures into a backup, or give those a second name that stand in an earlier one.

Backups are never written again, so that two may share a file. Only bytes tell that it is the same:
two generations of an index are often as long as each other.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from monitor.archive import Archive
from monitor.errors import StoreError
from monitor.evidence.manifest import BackedFile, hash_file
from monitor.evidence.verify import Verifier
from monitor.store import Store

_STEP = 1024 * 1024
_INDEX = ".index"


@dataclass
class CaptureCopier:
    """Copy the captures of a state folder into a draft, which has the database already.

    `earlier` are the files of an earlier backup and where they lie; `rotted` become the names of
    those that are not any more what was written, and that the earlier backup has as they were.
    """

    state: Path
    draft: Path
    earlier: Mapping[str, tuple[Path, BackedFile]]
    rotted: list[str] = field(default_factory=list)

    def copy(self, name: str) -> list[BackedFile]:
        """Copy a file of captures and its index, as long as they are now; return what they are.

        The index is measured first: what it names is in the file by then.
        """
        make_private((self.draft / name).parent)
        there = [one for one in (name + _INDEX, name) if (self.state / one).exists()]
        sizes = {one: (self.state / one).stat().st_size for one in there}
        files = {one: self._take(one, size) for one, size in sizes.items()}
        changed = [file for file in files.values() if self._is_rewritten(file)]
        if changed and self._has_problems(name) and self._prefer_earlier(name, changed):
            self.rotted += sorted(file.name for file in changed)
            files |= {file.name: self.earlier[file.name][1] for file in changed}
        return list(files.values())

    def _take(self, name: str, size: int) -> BackedFile:
        """Link what is the same in the earlier backup, else copy it."""
        known = self._find_known(name, size)
        if known is not None and hash_file(self.state / name, size) == known[1].sha256:
            self._link(known[0], name, size)
            return known[1]
        return BackedFile(name, size, copy_file(self.state / name, self.draft / name, size))

    def _find_known(self, name: str, size: int) -> tuple[Path, BackedFile] | None:
        """Return a file of the earlier backup that is as long, and as it was written there."""
        path, file = self.earlier.get(name, (Path(), None))
        if file is None or file.size != size or not path.exists():
            return None
        return (path, file) if hash_file(path) == file.sha256 else None

    def _is_rewritten(self, file: BackedFile) -> bool:
        """Say whether a file is as long as a good one of the earlier backup, and other bytes."""
        if file.name in self.earlier and self.earlier[file.name][1].sha256 == file.sha256:
            return False
        return self._find_known(file.name, file.size) is not None

    def _has_problems(self, name: str) -> bool:
        with Store.open(self.draft, read_only=True) as store:
            verifier = Verifier(store, Archive(self.draft))
            return any(not finding.note for finding in verifier.check_file(name))

    def _prefer_earlier(self, name: str, live: Sequence[BackedFile]) -> bool:
        """Put the earlier files in the place of the copied ones, if they fit the rows."""
        for file in live:
            (self.draft / file.name).unlink()
            self._link(self.earlier[file.name][0], file.name, file.size)
        if not self._has_problems(name):
            return True
        # Neither fits: what is there now is what the backup is about.
        for file in live:
            (self.draft / file.name).unlink()
            copy_file(self.state / file.name, self.draft / file.name, file.size)
        return False

    def _link(self, known: Path, name: str, size: int) -> None:
        try:
            os.link(known, self.draft / name)
        except OSError:
            # Another file system, or one that knows no second names.
            copy_file(known, self.draft / name, size)


def copy_file(path: Path, target: Path, size: int) -> str:
    """Copy a file's first bytes into a new one, through to the disk, and return their SHA-256.

    Raise OSError, and StoreError where the file became shorter.
    """
    digest, left = hashlib.sha256(), size
    with path.open("rb") as source, open(target, "xb", opener=_open_private) as file:
        while left and (found := source.read(min(_STEP, left))):
            digest.update(found)
            file.write(found)
            left -= len(found)
        file.flush()
        os.fsync(file.fileno())
    if left:
        raise StoreError(f"{path}: became {left} bytes shorter while it was copied")
    return digest.hexdigest()


def make_private(folder: Path) -> None:
    """Make a folder and those above it that are missing, for their owner alone."""
    for part in reversed([folder, *folder.parents]):
        part.mkdir(mode=0o700, exist_ok=True)


def _open_private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
