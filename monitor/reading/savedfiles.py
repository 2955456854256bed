"""Find the notices of saved files: pages, JSON answers, JSON lines, OCDS packages, WARC, folders.

Nothing is fetched and no link is followed. What cannot be read is an UnreadableError that names the
file and line; with a Tally it is kept there and reading goes on. What is no notice is counted.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from monitor.errors import MonitorError, StoreError, first_line
from monitor.reading.savednotices import Form, Saved, list_saved, make_page, make_rows
from monitor.reading.savedweb import find_list, find_reason
from monitor.text.charset import decode_page
from monitor.warc import list_responses

LARGEST_FILE = 256 * 1024 * 1024
LONGEST_LINE = 64 * 1024 * 1024
_BINARY = (b"%PDF", b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"Rar!", b"\x1f\x8b", b"\x89PNG", b"GIF8")
_STEP = 1024 * 1024
_HEAD = 200


class UnreadableError(MonitorError):
    """A file or line that holds no notice; names the file and line."""


@dataclass
class Tally:
    """What was no notice, by reason, and what could not be read; filled while reading."""

    skipped: Counter[str] = field(default_factory=Counter)
    unreadable: list[UnreadableError] = field(default_factory=list)

    def take_errors(self) -> list[UnreadableError]:
        """Return the errors since the last call."""
        found, self.unreadable = self.unreadable, []
        return found


def find_saved(path: Path, tally: Tally | None = None) -> Iterator[Saved]:
    """Yield the notices of a file or, in the order of names, of a folder and all in it.

    Files of a folder that are hidden, linked or of other kinds are skipped and counted. Raise
    UnreadableError at once where there is no `tally` to keep it.
    """
    if path.is_dir():
        yield from _open_folder(path, tally)
    else:
        yield from _open_file(path, tally)


def _open_folder(folder: Path, tally: Tally | None) -> Iterator[Saved]:
    try:
        names = sorted(folder.iterdir(), key=lambda path: path.name)
    except OSError as error:
        _note(UnreadableError(f"{folder}: {error.strerror}"), tally)
        return
    for path in names:
        if reason := _find_skip(path):
            if tally is not None:
                tally.skipped[reason] += 1
        elif path.is_dir():
            yield from _open_folder(path, tally)
        else:
            yield from _open_file(path, tally)


def _find_skip(path: Path) -> str:
    """Return why a member of a folder is not read, '' if it is."""
    if path.name.startswith("."):
        return "hidden"
    if path.is_symlink():
        return "a link"
    if path.is_dir():
        return ""
    if not path.is_file():
        return "no file"
    return "" if _find_reader(path) else f"{path.suffix.lower() or 'no suffix'} file"


def _open_file(path: Path, tally: Tally | None) -> Iterator[Saved]:
    reader = _find_reader(path) or _read_page
    try:
        yield from reader(path, tally)
    except UnreadableError as error:
        _note(error, tally)
    except OSError as error:
        _note(UnreadableError(f"{path}: {error.strerror or type(error).__name__}"), tally)


def _note(error: UnreadableError, tally: Tally | None) -> None:
    if tally is None:
        raise error
    tally.unreadable.append(error)


def _read_page(path: Path, tally: Tally | None) -> Iterator[Saved]:
    body = _read_whole(path)
    if body.startswith(_BINARY):
        raise UnreadableError(f"{path}: neither a saved page nor JSON; attachments are not read")
    if _is_skipped(body, tally):
        return
    plain = path.suffix.lower() == ".txt" and b"<" not in body[:_HEAD]
    yield make_page(body, str(path), form=Form.TEXT if plain else Form.PAGE)


def _read_json(path: Path, tally: Tally | None) -> Iterator[Saved]:
    """Yield what a JSON file holds; a file of JSON lines may be called .json too."""
    body = _read_whole(path)
    found = list_saved(body, str(path))
    if found is None and body.count(b"\n{") and _is_object(body.split(b"\n", 1)[0]):
        with path.open("rb") as file:
            yield from read_lines(file, path.parent, str(path), tally)
    elif found is not None:
        yield from found
    elif not _is_skipped(body, tally):
        yield make_page(body, str(path))


def _is_skipped(body: bytes, tally: Tally | None) -> bool:
    """Return whether a file is a list, which is no notice; it is counted."""
    reason = find_list(decode_page(body).text)
    if reason and tally is not None:
        tally.skipped[reason] += 1
    return bool(reason)


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _read_whole(path: Path) -> bytes:
    with path.open("rb") as file:
        body = file.read(LARGEST_FILE + 1)
    if len(body) > LARGEST_FILE:
        raise UnreadableError(f"{path}: larger than {LARGEST_FILE} bytes")
    return body


def _read_jsonl(path: Path, tally: Tally | None) -> Iterator[Saved]:
    with path.open("rb") as file:
        yield from read_lines(file, path.parent, str(path), tally)


def _read_packed(path: Path, tally: Tally | None) -> Iterator[Saved]:
    with gzip.open(path, "rb") as file:
        yield from read_lines(file, path.parent, str(path), tally)


def read_lines(
    lines: IO[bytes] | gzip.GzipFile, folder: Path, source: str, tally: Tally | None = None
) -> Iterator[Saved]:
    """Yield the notices of JSON lines; `file` in a line is relative to `folder`."""
    for place, line in _number_lines(lines, source, tally):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            _note(UnreadableError(f"{place}: not JSON: {_describe_fault(error)}"), tally)
            continue
        if not isinstance(row, dict):
            _note(UnreadableError(f"{place}: expected one object, {{…}}"), tally)
            continue
        try:
            yield from make_rows(row, place, lambda name: _read_named(folder / name, place))  # noqa: B023
        except ValueError as error:
            _note(UnreadableError(f"{place}: {error}"), tally)
        except UnreadableError as error:
            _note(error, tally)


def _read_named(path: Path, place: str) -> bytes:
    try:
        return _read_whole(path)
    except (OSError, ValueError) as error:
        told = error.strerror if isinstance(error, OSError) else error
        raise UnreadableError(f"{place}: {path}: {told}") from None


def _number_lines(
    lines: IO[bytes] | gzip.GzipFile, source: str, tally: Tally | None
) -> Iterator[tuple[str, bytes]]:
    """Yield each line with its place; one that is too long is passed over."""
    number = 0
    while True:
        number += 1
        place = f"{source}:{number}"
        try:
            line = lines.readline(LONGEST_LINE + 1)
            long = len(line) > LONGEST_LINE
            while long and not line.endswith(b"\n") and (line := lines.readline(_STEP)):
                pass
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            _note(UnreadableError(f"{place}: damaged gzip: {first_line(error)}"), tally)
            return
        if long:
            _note(UnreadableError(f"{place}: longer than {LONGEST_LINE} bytes"), tally)
        elif not line:
            return
        else:
            yield place, line


def _describe_fault(error: Exception) -> str:
    """Return what is wrong with a line; the decoder counts lines within it, which misleads."""
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} (column {error.colno})"
    return first_line(error)


def _read_warc(path: Path, tally: Tally | None) -> Iterator[Saved]:
    """Yield the notices among the responses of a WARC file."""
    try:
        for number, response in enumerate(list_responses(path), 1):
            place = f"{path}:{number}"
            if reason := find_reason(response):
                if tally is not None:
                    tally.skipped[reason] += 1
                continue
            found = list_saved(response.body, place)
            yield from [make_page(response.body, place, response.url)] if found is None else found
    except StoreError as error:
        raise UnreadableError(str(error)) from None


_Reader = Callable[[Path, Tally | None], Iterator[Saved]]
_READERS: dict[str, _Reader] = {
    ".html": _read_page, ".htm": _read_page, ".shtml": _read_page, ".txt": _read_page,
    ".json": _read_json, ".jsonl": _read_jsonl, ".jsonl.gz": _read_packed,
    ".warc": _read_warc, ".warc.gz": _read_warc,
}  # fmt: skip


def _find_reader(path: Path) -> _Reader | None:
    name = path.name.lower()
    return next((reader for suffix, reader in _READERS.items() if name.endswith(suffix)), None)
