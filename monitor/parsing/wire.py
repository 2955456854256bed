"""What the watch and a worker that reads pages say to each other.

A question is a header and the bytes of a response; an answer is one line of JSON. The worker
reads hostile bytes: of what it says, every value is checked, and its size before that.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import IO, Any

from monitor.confined import read_head, write_head, write_line
from monitor.errors import LayoutError, MonitorError
from monitor.models import Capture, Listing, Notice
from monitor.parsing.codec import pack_value, unpack_value
from monitor.portals.base import ListPage
from monitor.portals.refusals import Refusal

MOST_ANSWER = 24 * 1024 * 1024
# A feed may give the whole of a notice with its row.
_LONGEST_HEAD = 16 * 1024 * 1024
# What an answer may cost in memory; every row, zone and item is a list. No list page has so many.
_MOST_LISTS, _MOST_VALUES = 30_000, 4_000_000
_LONGEST_TOLD = 200
TOO_MUCH = "page holds more than can be kept"

READY = write_line({"ready": True})
Found = ListPage | Notice | Refusal | None


class Ask(StrEnum):
    """What a worker is asked for."""

    LIST = "list"
    NOTICE = "notice"
    REFUSAL = "refusal"
    FILE_REFUSAL = "refusal of a file"


class PageError(LayoutError):
    """A response that could not be read within its limits, or that broke the reading.

    To its source it is as good as one of another layout. `missing` says in a few words what it
    was, without the address; `costly` is whether it took all that it might.
    """

    def __init__(self, url: str, why: str, *, costly: bool = False) -> None:
        self.url, self.missing, self.costly = url, why, costly
        MonitorError.__init__(self, f"{url}: {why}")


@dataclass(frozen=True)
class Question:
    """What is asked about a response; `stanza` is the source as JSON, `cpu` is in seconds."""

    ask: Ask
    stanza: str
    capture: Capture
    listing: Listing | None = None
    cpu: float = 10.0


@dataclass(frozen=True)
class Answer:
    """What a worker found, or what it says instead; `tired` says that it must be ended."""

    found: Found
    error: LayoutError | None
    tired: bool


def write_question(question: Question) -> tuple[bytes, bytes]:
    """Return the header and the bytes of a question."""
    body = question.capture.body
    bare = replace(question, capture=replace(question.capture, body=b""))
    return write_head({"question": pack_value(bare)}, len(body)), body


def read_question(source: IO[bytes]) -> Question:
    """Read a question; raise ValueError where there is none."""
    head, size = read_head(source, _LONGEST_HEAD)
    question = unpack_value(Question, head["question"])
    return replace(question, capture=replace(question.capture, body=source.read(size)))


_KINDS: dict[str, type[ListPage | Notice | Refusal]] = {
    "page": ListPage,
    "notice": Notice,
    "refusal": Refusal,
}
_NAMES = {kind: name for name, kind in _KINDS.items()}


def write_found(found: Found, *, tired: bool) -> bytes:
    """Return the line that says what was found."""
    name = "nothing" if found is None else _NAMES[type(found)]
    return write_line({name: pack_value(found), "tired": tired})


def write_layout(error: LayoutError, *, tired: bool) -> bytes:
    """Return the line that says that a page lacks its anchors."""
    return write_line({"layout": [error.url, error.missing], "tired": tired})


def write_failure(why: str, *, tired: bool, costly: bool = False) -> bytes:
    """Return the line that says that reading failed."""
    return write_line({"failed": [why, costly], "tired": tired})


def is_answer(said: bytearray) -> bool:
    """Return whether the last line is an answer, whole; other lines are what libraries print."""
    if not said.endswith(b"}\n"):
        return False
    start = said.rfind(b"\n", 0, len(said) - 1) + 1
    return said[start : start + 2] == b'{"'


def read_answer(said: bytearray, url: str) -> Answer:
    """Return what the last line says; raise PageError for a line that is no answer."""
    line = bytes(said[said.rfind(b"\n", 0, len(said) - 1) + 1 :])
    if line.count(b"[") > _MOST_LISTS or line.count(b",") > _MOST_VALUES:
        raise PageError(url, TOO_MUCH, costly=True)
    try:
        answer: dict[str, Any] = json.loads(line)
        tired = unpack_value(bool, answer.pop("tired"))
        ((name, value),) = answer.items()
        if name in _KINDS:
            return Answer(unpack_value(_KINDS[name], value), None, tired)
        error = None if name == "nothing" else _read_error(name, value, url)
        return Answer(None, error, tired)
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as wrong:
        raise PageError(url, "its reader gave no valid answer") from wrong


def _read_error(name: str, value: Any, url: str) -> LayoutError:
    if name == "layout":
        where, missing = map(_read_text, value)
        return LayoutError(where, missing)
    if name == "failed":
        why, costly = value
        return PageError(url, _read_text(why)[:_LONGEST_TOLD], costly=unpack_value(bool, costly))
    raise ValueError(name)


def _read_text(said: Any) -> str:
    return unpack_value(str, said)
