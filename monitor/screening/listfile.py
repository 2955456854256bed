"""The file of a refresh in the state folder: written whole, read back only unharmed."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from monitor.screening.csl import CslEntry, ListsError
from monitor.screening.lists import SanctionLists, load_packaged
from monitor.screening.refreshed import Kept, Refresh, lay_over

log = logging.getLogger(__name__)

FILE_NAME = "sanction_lists.json"
_FORMAT = 1
_LONGEST = 16 * 1024 * 1024


def find_file(state: Path) -> Path:
    """Return where a state folder keeps its refreshed lists."""
    return state / FILE_NAME


def load_lists(state: Path) -> SanctionLists:
    """Return the rows that are in force: refreshed ones, else the packaged ones.

    A damaged file must not stop the watch: it is logged, and the packaged rows are used.
    """
    try:
        refresh = read_refresh(state)
    except ListsError as error:
        log.warning("%s; the packaged sanction lists are used", error)
        refresh = None
    return load_packaged() if refresh is None else lay_over(refresh)[0]


def read_refresh(state: Path) -> Refresh | None:
    """Return the refresh that a state folder keeps, or None; raise ListsError where damaged."""
    path = find_file(state)
    try:
        with path.open("rb") as file:
            return parse_refresh(file.read(_LONGEST))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ListsError(f"{path}: {error.strerror}") from None
    except ListsError as error:
        hint = "`tender-monitor lists update` writes it anew"
        raise ListsError(f"{path}: {error} ({hint})") from None


def dump_refresh(refresh: Refresh) -> bytes:
    """Return a refresh as the bytes of its file, with a digest over all of it."""
    content = {
        "format": _FORMAT,
        "url": refresh.url,
        "fetched_at": refresh.fetched_at.astimezone(UTC).isoformat(),
        "sha256": refresh.sha256,
        "bytes": refresh.size,
        "results": refresh.results,
        "unread": refresh.unread,
        "entries": [_dump_kept(kept) for kept in refresh.kept],
    }
    signed = {**content, "digest": _sign(content)}
    return json.dumps(signed, ensure_ascii=False, indent=1).encode() + b"\n"


def parse_refresh(text: bytes) -> Refresh:
    """Return the refresh of a file's bytes; raise ListsError unless they are as written."""
    try:
        content = json.loads(text)
        digest = content.pop("digest")
        if content["format"] != _FORMAT or digest != _sign(content):
            raise ListsError("not as it was written")
        return Refresh(
            url=content["url"],
            fetched_at=_read_moment(content["fetched_at"]),
            sha256=content["sha256"],
            size=content["bytes"],
            results=content["results"],
            unread=content["unread"],
            kept=tuple(map(_read_kept, content["entries"])),
        )
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        raise ListsError("damaged") from None


def _sign(content: Mapping[str, Any]) -> str:
    text = json.dumps(content, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _dump_kept(kept: Kept) -> dict[str, Any]:
    entry = kept.entry
    return {
        "id": entry.id,
        "source": entry.source,
        "name": entry.name,
        "also": list(entry.also),
        "programs": list(entry.programs),
        "country": sorted(entry.country),
        "person": entry.person,
        "start": entry.start.isoformat() if entry.start else None,
        "end": entry.end.isoformat() if entry.end else None,
        "notice": entry.notice,
        "problems": list(entry.problems),
        "seen_at": kept.seen_at.astimezone(UTC).isoformat(),
    }


def _read_kept(row: Mapping[str, Any]) -> Kept:
    entry = CslEntry(
        id=row["id"],
        source=row["source"],
        name=row["name"],
        also=tuple(row["also"]),
        programs=tuple(row["programs"]),
        country=frozenset(row["country"]),
        person=row["person"],
        start=date.fromisoformat(row["start"]) if row["start"] else None,
        end=date.fromisoformat(row["end"]) if row["end"] else None,
        notice=row["notice"],
        problems=tuple(row["problems"]),
    )
    return Kept(entry, _read_moment(row["seen_at"]))


def _read_moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a moment without its zone")
    return moment
