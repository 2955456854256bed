"""What the watch and its reading worker say to each other: a header and bytes; lines of JSON."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import IO, Any

from monitor.confined import read_head, write_head, write_line
from monitor.documents.parts import Fault, Flaw, Limits, Part, ReadDocument
from monitor.text.markup import Block, Line, Table

_LONGEST_NAME = 1000


@dataclass(frozen=True)
class Request:
    """A file to read: its name, its limits and how many bytes follow."""

    name: str
    limits: Limits
    size: int


def write_header(name: str, limits: Limits, size: int) -> bytes:
    """Return what goes before the bytes of a file."""
    return write_head({"name": name[:_LONGEST_NAME], "limits": asdict(limits)}, size)


def read_header(source: IO[bytes]) -> Request:
    """Read what goes before the bytes of a file; raise ValueError where it is none."""
    said, size = read_head(source)
    return Request(said["name"], Limits(**said["limits"]), size)


def write_kind(kind: str) -> bytes:
    """Return the first line of an answer."""
    return write_line({"kind": kind})


def write_step(step: Part | Flaw | str) -> bytes:
    """Return a part, a flaw, or the place where reading is, as a line."""
    if isinstance(step, str):
        return write_line({"at": step})
    if isinstance(step, Flaw):
        return write_line({"fault": step.fault, "where": step.where, "detail": step.detail})
    blocks = [_pack_block(block) for block in step.blocks]
    return write_line({"file": step.file, "place": step.place, "blocks": blocks})


END = write_line({"end": True})


def _pack_block(block: Block) -> object:
    """Return a line as its text or, of a heading, in a list of one; a table as its rows."""
    if isinstance(block, Table):
        return {"rows": block.rows}
    return [block.text] if block.heading else block.text


def _unpack_block(said: Any) -> Block:
    match said:
        case str():
            return Line(said)
        case [str(text)]:
            return Line(text, heading=True)
        case {"rows": list(rows)}:
            return Table(tuple(tuple(str(cell) for cell in row) for row in rows))
    raise ValueError("no block")


@dataclass(frozen=True)
class Answer:
    """What a worker said: what it read, whether it came to its end, which file it read last."""

    document: ReadDocument
    is_whole: bool
    place: str


def read_answer(answer: bytes) -> Answer:
    """Return what an answer says; a line that is none of one is left out.

    The worker reads hostile bytes, so nothing that it says is trusted to have a certain form.
    """
    kind, parts, flaws, is_whole, place = "unknown", [], [], False, ""
    for line in answer.split(b"\n"):
        try:
            said = json.loads(line)
            if "end" in said:
                is_whole = True
            elif "kind" in said:
                kind = str(said["kind"])
            elif "at" in said:
                place = str(said["at"])
            elif "fault" in said:
                where, detail = str(said["where"]), str(said["detail"])
                flaws.append(Flaw(Fault(said["fault"]), where, detail))
            elif "blocks" in said:
                blocks = tuple(map(_unpack_block, said["blocks"]))
                parts.append(Part(str(said["file"]), str(said["place"]), blocks))
        except (ValueError, TypeError, LookupError, RecursionError):
            continue
    return Answer(ReadDocument(kind, tuple(parts), tuple(flaws)), is_whole, place)


def read_noise(answer: bytes) -> str:
    """Return the lines that are no part of an answer, such as a traceback."""
    noise = [line for line in answer.splitlines() if not line.startswith(b"{")]
    return b"\n".join(noise).decode("utf-8", "replace").strip()
