"""A disk as a power cut leaves it, from the system calls that strace wrote down.

What was synced is there. Of what was not, any sectors may be there and any not, and so may names
of files that were made or removed since their folder was synced. So a file system may be, by POSIX;
real ones forgive more.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

SECTOR = 512
CALLS = "openat,write,pwrite64,ftruncate,fsync,fdatasync,unlink,rename"
_LINE = re.compile(
    r"(\d+)\s+(?:<\.\.\. )?(\w+)(?:\(| resumed>)(.*?)( <unfinished \.\.\.>|\s+= .*)$"
)
_FILE = re.compile(r'\d+<((?:[^"\\<>]|\\x..)*)>')
_TEXT = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')


@dataclass(frozen=True)
class Call:
    """One system call: its file, and where it has them the bytes and a number."""

    name: str
    path: str
    content: bytes = b""
    number: int = 0
    makes: bool = False


def read_calls(trace: Path) -> Iterator[Call]:
    """Yield the calls of a trace (`strace -f -y -xx`) that succeeded, in order of their ends."""
    begun: dict[str, str] = {}
    with trace.open("r", encoding="ascii", errors="replace") as lines:
        for line in lines:
            found = _LINE.match(line.rstrip("\n"))
            if found is None:
                continue
            pid, name, rest, end = found.groups()
            if end.startswith(" <unf"):
                begun[pid] = rest
            elif " = -1 " not in end and (call := _read_call(name, begun.pop(pid, "") + rest)):
                yield call


def _read_call(name: str, rest: str) -> Call | None:
    texts = [bytes.fromhex(text.replace("\\x", "")) for text in _TEXT.findall(rest)]
    if name in ("openat", "unlink", "rename"):
        path = texts[0].decode("utf-8", "replace") if texts else ""
        return Call(name, path, makes="O_CREAT" in rest)
    file = _FILE.match(rest)
    if file is None:
        return None
    path = _unescape(file[1])
    last = rest.rstrip(")").rpartition(",")[2].strip()
    number = int(last) if last.isdigit() else 0
    return Call(name, path, texts[0] if texts else b"", number)


def _unescape(text: str) -> str:
    if "\\x" not in text:
        return text
    return bytes.fromhex(text.replace("\\x", "")).decode("utf-8", "replace")


@dataclass
class _File:
    """A file's synced bytes, what was written since, and whether its name is synced."""

    synced: bytearray = field(default_factory=bytearray)
    pending: list[tuple[int, bytes | None]] = field(default_factory=list)
    size: int = 0
    named: bool = False
    older: _File | None = None
    """The file that had this name before, as long as its removal is not synced."""

    def write(self, offset: int, content: bytes) -> None:
        self.pending.append((offset, content))
        self.size = max(self.size, offset + len(content))

    def cut(self, size: int) -> None:
        self.pending.append((size, None))
        self.size = size

    def sync(self) -> None:
        for offset, content in self.pending:
            _apply(self.synced, offset, content)
        self.pending.clear()

    def survive(self, rng: random.Random, share: float) -> bytes:
        """Return the bytes after a cut: each unsynced sector is there with this chance."""
        image = bytearray(self.synced)
        for offset, content in self.pending:
            if content is None:
                if rng.random() < share:
                    _apply(image, offset, None)
                continue
            for start in range(0, len(content), SECTOR):
                if rng.random() < share:
                    _apply(image, offset + start, content[start : start + SECTOR])
        return bytes(image)


def _apply(image: bytearray, offset: int, content: bytes | None) -> None:
    if content is None:
        del image[offset:]
        content = b""
    if len(image) < offset:
        image.extend(bytes(offset - len(image)))
    image[offset : offset + len(content)] = content


class Disk:
    """The files below a folder, as one call after another changes them."""

    def __init__(self, root: str) -> None:
        self._root = root
        self._files: dict[str, _File] = {}

    def apply(self, call: Call) -> None:
        """Take note of a call; ValueError for one that this model does not know."""
        path = call.path
        if not path.startswith(self._root) or path.endswith("-shm"):
            return
        if call.name in ("fsync", "fdatasync") and path not in self._files:
            self._sync_folder(path)
        elif call.name == "openat":
            if call.makes:
                self._files.setdefault(path, _File())
        elif call.name == "unlink":
            self._remove(path)
        else:
            self._change(self._files.setdefault(path, _File()), call)

    def _change(self, file: _File, call: Call) -> None:
        if call.name == "pwrite64":
            file.write(call.number, call.content)
        elif call.name == "write":
            file.write(file.size, call.content)
        elif call.name == "ftruncate":
            file.cut(call.number)
        elif call.name in ("fsync", "fdatasync"):
            file.sync()
        else:
            raise ValueError(f"{call.name} of {call.path}")

    def _remove(self, path: str) -> None:
        gone = self._files.pop(path, None)
        if gone is not None:
            # Nothing has this name now; whether the old file is really gone, a cut decides.
            last = gone if gone.named else gone.older
            if last is not None:
                self._files[path] = _File(size=-1, older=last)

    def _sync_folder(self, folder: str) -> None:
        for path, file in list(self._files.items()):
            if path.rpartition("/")[0] == folder:
                file.named, file.older = file.size >= 0, None
                if file.size < 0:
                    del self._files[path]

    def survive(self, rng: random.Random, share: float) -> dict[str, bytes]:
        """Return the files after a power cut, by their path below the root."""
        images = {}
        for path, file in self._files.items():
            chosen: _File | None = file
            if not file.named and rng.random() >= share:
                chosen = file.older
            elif file.size < 0:
                chosen = None
            if chosen is not None:
                images[path[len(self._root) :].lstrip("/")] = chosen.survive(rng, share)
        return images
