"""Read the U.S. Consolidated Screening List, consolidated.json of trade.gov, entry by entry.

The answer is some tens of megabytes: entries are decoded one at a time and never all held.
"""

from __future__ import annotations

import json
import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from monitor.errors import MonitorError

_SPACE = re.compile(r"[ \t\r\n]*")
_DECODER = json.JSONDecoder()
_FAMILY = re.compile(r"\(([A-Z][A-Z-]*)(?: List)?\)")
_ALSO = re.compile(
    r"[,;(]?\s*\b[afn]\.k\.a\.,?\s*(?:the following [\w-]+ alias(?:es)?:)?|;(?:\s+and\b)?", re.I
)
_DAY = re.compile(r"(\d{4}-\d\d-\d\d)(?:T.*)?")
_LONGEST_NAME = 500
# What a list is called here; of others, the source's own words are kept.
_LABELS = {
    "EL": "BIS Entity List",
    "MEU": "BIS Military End User List",
    "UVL": "BIS Unverified List",
    "DPL": "BIS Denied Persons List",
    "SDN": "OFAC SDN",
}


class ListsError(MonitorError):
    """An answer, or a kept file, that is no usable list; says which and why in one line."""


@dataclass(frozen=True)
class CslEntry:
    """One entry: names as printed, the days it begins and ends, what could not be read.

    `name` is "" where the source gives none; `country` holds the two-letter codes of the entry
    and its addresses.
    """

    id: str
    source: str
    name: str
    also: tuple[str, ...]
    programs: tuple[str, ...]
    country: frozenset[str]
    person: bool
    start: date | None
    end: date | None
    notice: str
    problems: tuple[str, ...] = ()

    @property
    def family(self) -> str:
        """Return the short name of the list, as EL or SDN."""
        return _name_family(self.source)

    @property
    def label(self) -> str:
        """Return the list as it is called here, with the programs: OFAC SDN (GLOMAG)."""
        name = _LABELS.get(self.family) or self.source.split(" - ")[0]
        return f"{name} ({', '.join(self.programs)})" if self.programs else name


def find_family(label: str) -> str:
    """Return the short name of a list that the screening list covers, or ""."""
    names = (code for code, name in _LABELS.items() if re.match(rf"{name}(?: \(|$)", label))
    return next(names, "")


def read_entries(body: bytes) -> Iterator[CslEntry]:
    """Yield the entries of a whole answer; raise ListsError where it is anything else.

    What was yielded before an error counts for nothing: the answer may be cut.
    """
    text = _decode(body)
    try:
        for entry in _walk_results(text):
            yield _read_entry(entry)
    except RecursionError:
        raise ListsError("the answer is nested too deeply") from None


def _decode(body: bytes) -> str:
    if not body.strip():
        raise ListsError("the answer is empty")
    if body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<":
        raise ListsError("the answer is a web page, not the list")
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ListsError("the answer is not UTF-8") from None


def _walk_results(text: str) -> Iterator[object]:
    """Yield what stands in the array "results" of the outermost object, to its end."""
    at, seen = _expect(text, 0, "{"), False
    while True:
        key, at = _read_value(text, at)
        at = _expect(text, at, ":")
        if key == "results":
            if seen:
                raise ListsError("the answer has two lists of results")
            seen = True
            at = yield from _walk_array(text, at)
        else:
            _, at = _read_value(text, at)
        if _peek(text, at) != ",":
            break
        at = _expect(text, at, ",")
    at = _expect(text, at, "}")
    if _SPACE.fullmatch(text, at) is None:
        raise ListsError("something follows the end of the answer")
    if not seen:
        raise ListsError('the answer has no "results"')


def _walk_array(text: str, at: int) -> Generator[object, None, int]:
    at = _expect(text, at, "[")
    if _peek(text, at) == "]":
        return _expect(text, at, "]")
    while True:
        value, at = _read_value(text, at)
        yield value
        if _peek(text, at) != ",":
            return _expect(text, at, "]")
        at = _expect(text, at, ",")


def _read_value(text: str, at: int) -> tuple[Any, int]:
    try:
        return _DECODER.raw_decode(text, _skip_space(text, at))
    except ValueError:
        raise _explain_break(text, at) from None


def _expect(text: str, at: int, mark: str) -> int:
    at = _skip_space(text, at)
    if not text.startswith(mark, at):
        raise _explain_break(text, at)
    return at + 1


def _peek(text: str, at: int) -> str:
    at = _skip_space(text, at)
    return text[at : at + 1]


def _skip_space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _explain_break(text: str, at: int) -> ListsError:
    if not text.startswith("{", _skip_space(text, 0)):
        return ListsError("the answer is not JSON of the expected form")
    return ListsError(f"the answer is cut off or broken behind character {at:,} of {len(text):,}")


def _read_entry(value: object) -> CslEntry:
    if not isinstance(value, dict):
        raise ListsError("a result of the answer is no object")
    name, *inside = _split_names(value.get("name"))
    start, end = (_read_day(value.get(key)) for key in ("start_date", "end_date"))
    days = {"start_date": start, "end_date": end}
    return CslEntry(
        id=_read_text(value.get("id")),
        source=_read_text(value.get("source")),
        name=name,
        also=tuple(dict.fromkeys([*inside, *_list_names(value.get("alt_names"))])),
        programs=tuple(_list_texts(value.get("programs"))),
        country=frozenset(_list_countries(value)),
        person=_read_text(value.get("type")).casefold() == "individual",
        start=start,
        end=end,
        notice=_read_text(value.get("federal_register_notice")),
        problems=tuple(
            f"unreadable {key}: {str(value[key])[:40]!r}"
            for key, day in days.items()
            if value.get(key) and day is None
        ),
    )


def _read_text(value: object) -> str:
    """Return a text on one line, of characters that a terminal and a file can show."""
    if not isinstance(value, str):
        return ""
    return "".join(c for c in " ".join(value.split())[:_LONGEST_NAME] if c.isprintable())


def _list_texts(value: object) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [text for text in map(_read_text, values) if text]


def _list_names(value: object) -> list[str]:
    return [name for text in _list_texts(value) for name in _split_names(text) if name]


def _split_names(value: object) -> list[str]:
    """Return a name and the aliases that some sources print into it: X, a.k.a. Y; Z."""
    parts = [part.strip(" -—,;") for part in _ALSO.split(_read_text(value))]
    return [_close_bracket(part) for part in parts if part] or [""]


def _close_bracket(name: str) -> str:
    return name[:-1] if name.endswith(")") and "(" not in name else name


def _list_countries(value: dict[str, Any]) -> Iterator[str]:
    yield from _list_texts(value.get("country"))
    addresses = value.get("addresses")
    for address in addresses if isinstance(addresses, list) else ():
        if isinstance(address, dict):
            yield from _list_texts(address.get("country"))


def _read_day(value: object) -> date | None:
    found = _DAY.fullmatch(_read_text(value))
    try:
        return date.fromisoformat(found[1]) if found else None
    except ValueError:
        return None


def _name_family(source: str) -> str:
    found = _FAMILY.search(source)
    return found[1] if found else ""
