"""Alter a state folder in every way; `verify` must find each: python -m tests.campaigns tamper.

A flipped bit of a capture, of its index, or of a value that the chain covers must be found. One
anywhere else in the database's file must be found too, unless no covered value changed by it:
pages hold free space and columns that are working notes, such as when a source is due.
"""

from __future__ import annotations

import random
import shutil
import sqlite3
import struct
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path

from monitor.store import FILE_NAME
from tests.campaigns.outcome import Outcome
from tests.evidence.worlds import alter, fill_state, find_problems

BAR = "verify finds every flipped bit, deletion and reordering"
SHORT, FULL = 60, 1000
HARMLESS = "in no covered value"
ANYWHERE = ("database bits", "database stretches")

# What the chain covers, as its module lists it; written out here, so that a loss shows.
COVERED = {
    "chain": "number at kind subject digest link",
    "capture": "record_id source url fetched_at status sha256 packed tls",
    "notice": "id listing version change changed_fields record_id sha256 seen_at url title tag "
    "published_at buyer project_number fields verdict reason decision score match "
    "watchlist_version",
    "alert": "id kind source notice verdict reason fingerprint created_at sample content",
    "delivery": "alert receiver created_at sent_at state",
    "judgement": "id alert verdict note judged_at",
    "mute": "kind value why noted_at until",
}


@dataclass(frozen=True)
class Case:
    """One alteration: its kind, what it does, and the words that a finding must hold."""

    kind: str
    name: str
    apply: Callable[[], None]
    named: str = ""


@dataclass(frozen=True)
class Folder:
    """A state folder and the bytes of its files as they were written."""

    state: Path
    written: dict[Path, bytes]

    def put_back(self) -> None:
        """Undo whatever was done."""
        for path in self.state.rglob("*"):
            if path.is_file() and path not in self.written:
                path.unlink()
        for path, found in self.written.items():
            if not path.exists() or path.read_bytes() != found:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(found)

    def list_captures(self) -> list[Path]:
        """Return the files of captures."""
        return sorted(path for path in self.written if path.name.endswith(".warc.gz"))

    def dump(self) -> object:
        """Return all that the chain covers, None where it cannot be read."""
        try:
            with alter(self.state) as db:
                return [
                    db.execute(f"select {', '.join(names.split())} from {table}").fetchall()  # noqa: S608
                    for table, names in COVERED.items()
                ]
        except sqlite3.Error:
            return None


def run(size: int, folder: Path) -> Outcome:
    """Alter as many bits of each kind as `size` says, and at most as many rows and files."""
    state = fill_state(folder)
    kept = Folder(state, {p: p.read_bytes() for p in state.rglob("*") if p.is_file()})
    chance, counts, failures = random.Random(size), Counter[str](), list[str]()  # noqa: S311
    if problems := find_problems(state):
        return Outcome("tamper", BAR, 0, tuple(problems), {})
    before = kept.dump()
    for case in list_cases(kept, chance, size):
        case.apply()
        found = find_problems(state)
        counts[case.kind] += 1
        if not found and case.kind in ANYWHERE and kept.dump() == before:
            counts[f"{case.kind} {HARMLESS}"] += 1
        elif not found or not any(case.named in line for line in found):
            failures.append(f"{case.kind}: {case.name}: {found[:2]}")
        kept.put_back()
    cases = sum(counts[kind] for kind in counts if not kind.endswith(HARMLESS))
    return Outcome("tamper", BAR, cases, tuple(failures), dict(counts))


def list_cases(kept: Folder, chance: random.Random, size: int) -> Iterator[Case]:
    """Yield every case, as many of each kind as asked for."""
    captures = kept.list_captures()
    indexes = [path.with_name(f"{path.name}.index") for path in captures]
    yield from (flip_file(kept, "capture bits", captures, chance) for _ in range(size))
    yield from (flip_file(kept, "index bits", indexes, chance) for _ in range(size))
    yield from (flip_value(kept, chance) for _ in range(size))
    whole = [kept.state / FILE_NAME]
    yield from (flip_file(kept, "database bits", whole, chance) for _ in range(size))
    yield from (spoil_stretch(kept, whole[0], chance) for _ in range(size))
    for listed in (
        list(delete_rows(kept)), list(delete_places(kept)), list(swap_rows(kept)),
        list(swap_places(kept)),
    ):  # fmt: skip
        yield from chance.sample(listed, min(size, len(listed)))


def flip_file(kept: Folder, kind: str, paths: Sequence[Path], chance: random.Random) -> Case:
    """Flip a bit of a file."""
    path = chance.choice(paths)
    at, bit = chance.randrange(len(kept.written[path])), chance.randrange(8)

    def flip() -> None:
        found = bytearray(kept.written[path])
        found[at] ^= 1 << bit
        path.write_bytes(found)

    named = "" if kind == "database bits" else path.name.removesuffix(".index")
    return Case(kind, f"{path.name} byte {at} bit {bit}", flip, named)


def spoil_stretch(kept: Folder, path: Path, chance: random.Random) -> Case:
    """Put 1 to 4096 random bytes into a file."""
    spoilt = chance.randbytes(chance.randint(1, 4096))
    at = chance.randrange(len(kept.written[path]) - len(spoilt))

    def spoil() -> None:
        found = bytearray(kept.written[path])
        found[at : at + len(spoilt)] = spoilt
        path.write_bytes(found)

    return Case("database stretches", f"{len(spoilt)} bytes at {at}", spoil)


def flip_value(kept: Folder, chance: random.Random) -> Case:
    """Flip a bit of a value that the chain covers; of one that can hold the flipped one."""
    while True:
        table = chance.choice(list(COVERED))
        column = chance.choice(COVERED[table].split())
        where = "where state = 'sent'" if table == "delivery" else ""
        with alter(kept.state) as db:
            rows = db.execute(f"select rowid, {column} from {table} {where}").fetchall()  # noqa: S608
            rowid, value = chance.choice(rows)
            flipped = flip_bit(value, chance)
            if flipped is None or not _can_hold(db, table, column, rowid, flipped):
                continue
        change = partial(_change_value, kept, table, column, rowid, flipped)
        return Case("covered values", f"{table}.{column} of row {rowid}", change)


def _change_value(kept: Folder, table: str, column: str, rowid: int, value: object) -> None:
    with alter(kept.state) as db:
        write_value(db, table, column, rowid, value)


def flip_bit(value: object, chance: random.Random) -> object:
    """Return a value with one bit another, None where there is none to flip."""
    if isinstance(value, bytes) and value:
        at, bit = chance.randrange(len(value)), chance.randrange(8)
        return value[:at] + bytes([value[at] ^ 1 << bit]) + value[at + 1 :]
    if isinstance(value, int):
        return value ^ 1 << chance.randrange(16)
    if isinstance(value, float):
        [whole] = struct.unpack("<Q", struct.pack("<d", value))
        [flipped] = struct.unpack("<d", struct.pack("<Q", whole ^ 1 << chance.randrange(52)))
        return flipped
    return None


def write_value(db: sqlite3.Connection, table: str, column: str, rowid: int, value: object) -> None:
    """Put a value into a cell; bytes become text, whatever they are."""
    mark = "cast(? as text)" if isinstance(value, bytes) else "?"
    db.execute(f"update {table} set {column} = {mark} where rowid = ?", [value, rowid])  # noqa: S608


def _can_hold(db: sqlite3.Connection, table: str, column: str, rowid: int, value: object) -> bool:
    """Say whether no rule of SQLite's own forbids a value; leaves nothing behind."""
    try:
        write_value(db, table, column, rowid, value)
    except sqlite3.Error:
        return False
    finally:
        db.rollback()
    return True


def delete_rows(kept: Folder) -> Iterator[Case]:
    """Delete each row that the chain covers, and each link."""
    for table in COVERED:
        where = "where state = 'sent'" if table == "delivery" else ""
        with alter(kept.state) as db:
            rowids = [row[0] for row in db.execute(f"select rowid from {table} {where}")]  # noqa: S608
        for rowid in rowids:
            yield Case("deleted rows", f"{table} {rowid}", _execute(
                kept, f"delete from {table} where rowid = {rowid}"  # noqa: S608
            ))  # fmt: skip


def _execute(kept: Folder, *statements: str) -> Callable[[], None]:
    def change() -> None:
        with alter(kept.state) as db:
            for statement in statements:
                db.execute(statement)

    return change


def swap_rows(kept: Folder) -> Iterator[Case]:
    """Let each link, notice, alert and capture take the place of the one before it."""
    for table, column in (
        ("chain", "number"), ("notice", "id"), ("alert", "id"), ("capture", "record_id"),
        ("alert", "content"), ("capture", "packed"), ("chain", "link"), ("delivery", "sent_at"),
        ("judgement", "verdict"), ("judgement", "id"), ("mute", "why"), ("mute", "value"),
    ):  # fmt: skip
        where = "where sent_at is not null" if column == "sent_at" else ""
        with alter(kept.state) as db:
            found = db.execute(f"select rowid, {column} from {table} {where}").fetchall()  # noqa: S608
        for (first, one), (second, other) in pairwise(found):
            if one != other:
                yield Case("reordered rows", f"{table}.{column} {first} and {second}",
                           _swap(kept, table, column, (first, one), (second, other)))  # fmt: skip


def _swap(
    kept: Folder, table: str, column: str, one: tuple[int, object], two: tuple[int, object]
) -> Callable[[], None]:
    def change() -> None:
        aside: object = -1 if isinstance(one[1], int) else b"aside"
        with alter(kept.state) as db:
            # Where the column is the row id itself, the row moves with it.
            moved = -1 if isinstance(one[1], int) and one[1] == one[0] else one[0]
            write_value(db, table, column, one[0], aside)
            write_value(db, table, column, two[0], one[1])
            write_value(db, table, column, moved, two[1])

    return change


def delete_places(kept: Folder) -> Iterator[Case]:
    """Cut each capture out of its file, with its index as it was and made to fit; each line of
    an index; each file, its index, both.
    """
    for path in kept.list_captures():
        index = path.with_name(f"{path.name}.index")
        records, name = split_records(kept, path), path.name
        for number in range(len(records)):
            left = records[:number] + records[number + 1 :]
            lines = kept.written[index].splitlines(keepends=True)
            cut = b"".join(lines[:number] + lines[number + 1 :])
            yield Case("deleted captures", f"{name} {number}", _write(path, b"".join(left)), name)
            fitting = _write(path, b"".join(left), index, make_index(kept, path, left))
            yield Case("deleted captures", f"{name} {number} and index", fitting, name)
            yield Case("deleted lines", f"{name} {number}", _write(index, cut), name)
        yield Case("deleted files", name, path.unlink, name)
        yield Case("deleted files", index.name, index.unlink, name)
        yield Case("deleted files", f"{name} and index", _unlink(path, index), name)
    folder = kept.state / "captures"
    yield Case("deleted files", "all captures", lambda: shutil.rmtree(folder))


def swap_places(kept: Folder) -> Iterator[Case]:
    """Swap captures within their file, with its index as it was and made to fit; whole files."""
    for path in kept.list_captures():
        index, records = path.with_name(f"{path.name}.index"), split_records(kept, path)
        for number in range(len(records) - 1):
            moved = [*records]
            moved[number], moved[number + 1] = moved[number + 1], moved[number]
            name, whole = f"{path.name} {number}", b"".join(moved)
            fitting = _write(path, whole, index, make_index(kept, path, moved))
            yield Case("reordered captures", name, _write(path, whole), path.name)
            yield Case("reordered captures", f"{name} and index", fitting, path.name)
    for one, two in pairwise(kept.list_captures()):
        written = kept.written
        others = [path.with_name(f"{path.name}.index") for path in (one, two)]
        swapped = _write(one, written[two], two, written[one],
                         others[0], written[others[1]], others[1], written[others[0]])  # fmt: skip
        yield Case("reordered captures", f"{one.name} and {two.name}", swapped, one.name)


def split_records(kept: Folder, path: Path) -> list[bytes]:
    """Return the captures of a file, by its index."""
    whole, index = kept.written[path], kept.written[path.with_name(f"{path.name}.index")]
    places = [line.split()[:2] for line in index.decode().splitlines()]
    return [whole[int(at) : int(at) + int(length)] for at, length in places]


def make_index(kept: Folder, path: Path, records: Sequence[bytes]) -> bytes:
    """Return an index that fits captures: the hashes are those that were written once."""
    lines = kept.written[path.with_name(f"{path.name}.index")].decode().splitlines()
    hashes = dict(zip(split_records(kept, path), (line.split()[2] for line in lines), strict=True))
    made, at = "", 0
    for one in records:
        made += f"{at} {len(one)} {hashes[one]}\n"
        at += len(one)
    return made.encode()


def _write(*pairs: Path | bytes) -> Callable[[], None]:
    def change() -> None:
        for path, found in zip(pairs[::2], pairs[1::2], strict=True):
            if isinstance(path, Path) and isinstance(found, bytes):
                path.write_bytes(found)

    return change


def _unlink(*paths: Path) -> Callable[[], None]:
    def change() -> None:
        for path in paths:
            path.unlink()

    return change


if __name__ == "__main__":
    import tempfile

    with tempfile.TemporaryDirectory() as place:
        print(run(int(sys.argv[1]) if sys.argv[1:] else SHORT, Path(place)).to_json())
