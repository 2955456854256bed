"""What reading an attachment gives: parts with their place, and flaws where something was not."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from monitor.errors import MonitorError
from monitor.text.markup import Block


class Fault(StrEnum):
    """Why an attachment, or a file inside one, was not read whole."""

    UNKNOWN_TYPE = "unknown type"
    ENCRYPTED = "encrypted"
    DAMAGED = "damaged"
    SCANNED = "scanned"
    TOO_LARGE = "too large"
    TOO_MANY = "too many"
    TOO_DEEP = "too deep"
    BOMB = "unfolds too far"
    NO_TOOL = "no tool"
    UNSAFE_NAME = "unsafe name"
    OUT_OF_TIME = "out of time"
    OUT_OF_MEMORY = "out of memory"
    BROKE_READER = "broke the reader"


@dataclass(frozen=True)
class Limits:
    """How far reading one attachment may go; times in seconds, sizes in bytes.

    `text` is in characters, `pages` counts pages, sheets and slides, `files` and `depth` are of
    archives, `ratio` is unfolded to packed.
    """

    wall: float = 15
    cpu: int = 12
    memory: int = 256 * 1024 * 1024
    size: int = 32 * 1024 * 1024
    unfolded: int = 64 * 1024 * 1024
    ratio: int = 200
    text: int = 2_000_000
    pages: int = 500
    files: int = 100
    depth: int = 3
    ocr: bool = False


@dataclass(frozen=True)
class Part:
    """A page, sheet or section. `file` is the path inside an archive, "" for the thing itself.

    `place` is what a reader is told, such as "p. 3" or "sheet 清单"; "" where there is one part.
    """

    file: str
    place: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Flaw:
    """One thing that was not read: `where` is the file inside an archive, or its place."""

    fault: Fault
    where: str = ""
    detail: str = ""


@dataclass(frozen=True)
class ReadDocument:
    """The text of an attachment; `kind` is its type by content, such as pdf."""

    kind: str
    parts: tuple[Part, ...] = ()
    flaws: tuple[Flaw, ...] = ()


class DocumentError(MonitorError):
    """A file that cannot be read at all; raised by the readers of formats."""

    def __init__(self, fault: Fault, detail: str = "") -> None:
        self.fault, self.detail = fault, detail
        super().__init__(f"{fault}: {detail}" if detail else str(fault))
