"""Refresh the sanction lists: ask for the U.S. Consolidated Screening List, check it, keep it.

The packaged table is never written. Nothing here takes the state folder's lock: the file is
replaced whole in one step, so a running daemon reads the old one or the new one.
"""

from __future__ import annotations

import os
import tempfile
import threading
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from monitor.archive import sync_folder
from monitor.errors import StoreError
from monitor.models import Capture
from monitor.screening.csl import ListsError
from monitor.screening.listfile import dump_refresh, find_file, read_refresh
from monitor.screening.lists import SanctionLists
from monitor.screening.refreshed import Finding, Refresh, lay_over, take_answer
from monitor.web.addresses import is_loopback, split_url
from monitor.web.fetch import Fetcher, FetchRules
from monitor.web.manners import Manners, Pace, Robots
from monitor.web.visit import Visitor

CSL_URL = "https://data.trade.gov/downloadable_consolidated_screening_list/v1/consolidated.json"
# The list had some 40 MB in 2026; twice that must fit, and the memory of a small server.
_MOST_BYTES = 96 * 1024 * 1024
DEADLINE = 900.0


@dataclass(frozen=True)
class Answer:
    """The bytes of a list, where they are from, and when they were had (UTC)."""

    body: bytes
    url: str
    fetched_at: datetime


@dataclass(frozen=True)
class Update:
    """What a refresh left: the rows in force, what was found, and where it is kept."""

    refresh: Refresh
    lists: SanctionLists
    findings: tuple[Finding, ...]
    path: Path


def fetch_answer(
    url: str, user_agent: str, now: datetime, stop: threading.Event | None = None
) -> Answer:
    """Ask for a list through the guarded door, robots.txt obeyed.

    Raise FetchError without an answer, ListsError for one that is not 200, and for a URL that
    could be altered on its way.
    """
    local = _check_url(url)
    rules = FetchRules(
        user_agent=user_agent, deadline=DEADLINE, max_bytes=_MOST_BYTES, allow_loopback=local
    )
    # One request a week needs no budget of the day; nothing of it is archived but its hash.
    manners = Manners(lambda _host, _day, _most: True)
    with Fetcher(rules, stop or threading.Event()) as fetcher:
        pace = Pace(delay=0.0 if local else 1.0)
        visitor = Visitor(fetcher, manners, Robots(), pace, True, lambda capture: capture)
        return _read_capture(visitor.get(url, now=now))


def read_answer(path: Path, url: str, now: datetime) -> Answer:
    """Return a list that somebody saved as a file, of the time that the file has.

    Raise ListsError where it cannot be read.
    """
    try:
        with path.open("rb") as file:
            body = file.read(_MOST_BYTES + 1)
            saved = datetime.fromtimestamp(os.fstat(file.fileno()).st_mtime, UTC)
    except OSError as error:
        raise ListsError(f"{path}: {error.strerror}") from None
    if len(body) > _MOST_BYTES:
        raise ListsError(f"{path}: more than {_MOST_BYTES} bytes")
    return Answer(body, url or f"file {path.name}", min(saved, now))


def update_lists(state: Path, answer: Answer) -> Update:
    """Check an answer and keep it in the state folder.

    Raise ListsError, naming the answer, where it is no whole and plausible list, and
    StoreError where it cannot be written: then what was kept before stays.
    """
    try:
        before = read_refresh(state)
    except ListsError:
        before = None
        _set_aside(find_file(state))
    try:
        refresh = take_answer(
            answer.body, url=answer.url, fetched_at=answer.fetched_at, before=before
        )
    except ListsError as error:
        raise ListsError(f"{answer.url}: {error}; the lists stay as they are") from None
    path = find_file(state)
    write_whole(path, dump_refresh(refresh))
    lists, findings = lay_over(refresh)
    return Update(refresh, lists, findings, path)


def write_whole(path: Path, content: bytes) -> None:
    """Write a file beside its place and move it there once it is on the disk; mode 0600.

    Raise StoreError; then the file that was there is as it was.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.replace(name, path)
        except BaseException:
            with suppress(OSError):
                os.unlink(name)
            raise
        sync_folder(path.parent)
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror}") from error


def _set_aside(path: Path) -> None:
    """Keep a damaged file under another name: it may be asked what was known when."""
    with suppress(OSError):
        os.replace(path, path.with_name(f"{path.name}.damaged"))


def _check_url(url: str) -> bool:
    """Return whether a URL is of this very machine; raise ListsError unless it may be asked."""
    try:
        parts = split_url(url)
    except ValueError as error:
        raise ListsError(f"{url[:200]}: {error}") from None
    host = parts.hostname or ""
    with suppress(ValueError):
        if host == "localhost" or is_loopback(host):
            return True
    if parts.scheme != "https":
        raise ListsError(f"{url[:200]}: a list that lawyers may rely on needs https")
    return False


def _read_capture(capture: Capture) -> Answer:
    if capture.status != 200:
        raise ListsError(f"{capture.url}: HTTP {capture.status}; the lists stay as they are")
    return Answer(capture.body, capture.final_url, capture.fetched_at)
