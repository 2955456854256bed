"""Lay what the U.S. Consolidated Screening List says over the packaged rows. Pure.

A packaged row that the answer has is confirmed, and where dates differ the source wins. Bodies
of police and prisons in China that no packaged row names are added where their English leads
to exactly one Chinese name. What an earlier answer had and the last one lacks stays, to verify.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from enum import StrEnum

from monitor.screening.bureaus import find_chinese, fold_english, is_security_body
from monitor.screening.csl import CslEntry, ListsError, find_family, read_entries
from monitor.screening.lists import (
    SURE,
    ListedBody,
    SanctionLists,
    Status,
    load_packaged,
    sort_rows,
)

_SHRUNK = 2

Words = frozenset[str]


@dataclass(frozen=True)
class Kept:
    """An entry that matters here, and when an answer last had it."""

    entry: CslEntry
    seen_at: datetime


@dataclass(frozen=True)
class Refresh:
    """What was taken from an answer: where and when it was had (UTC), its hash, its counts.

    `results` are the entries of the whole answer, `unread` those of them without a name.
    """

    url: str
    fetched_at: datetime
    sha256: str
    size: int
    results: int
    unread: int
    kept: tuple[Kept, ...]

    def is_current(self, kept: Kept) -> bool:
        """Return whether the last answer had an entry."""
        return kept.seen_at == self.fetched_at


class FindingKind(StrEnum):
    """What the comparison of one row came to."""

    CONFIRMED = "confirmed"
    DISAGREEMENT = "disagreement"
    NOT_FOUND = "not found"
    ADDED = "added"
    NOT_MAPPED = "not mapped"
    UNREADABLE = "unreadable"


@dataclass(frozen=True)
class Finding:
    """The outcome for one row or entry, with the reason in `detail`."""

    kind: FindingKind
    source: str
    name_en: str
    names_zh: tuple[str, ...]
    since: date | None
    detail: str


def take_answer(body: bytes, *, url: str, fetched_at: datetime, before: Refresh | None) -> Refresh:
    """Return what matters of an answer; raise ListsError unless it is whole and plausible.

    `before` is what was kept last: entries that the answer lacks stay with their own day.
    """
    if before is not None and fetched_at < before.fetched_at:
        day = before.fetched_at.astimezone(UTC).isoformat(timespec="minutes")
        raise ListsError(f"the answer is older than the lists kept, of {day}")
    rows = load_packaged().rows
    known = {key for row in rows for key in _list_keys(row)}
    results, unread, found = 0, 0, []
    for entry in read_entries(body):
        results += 1
        unread += not entry.name
        if _matters(entry, known):
            found.append(Kept(entry, fetched_at))
    _check_plausible(rows, found, results, before)
    keys = {key for kept in found for key in _list_entry_keys(kept.entry)}
    older = [
        kept
        for kept in (before.kept if before else ())
        if keys.isdisjoint(_list_entry_keys(kept.entry))
    ]
    digest = hashlib.sha256(body).hexdigest()
    return Refresh(url, fetched_at, digest, len(body), results, unread, (*found, *older))


def _matters(entry: CslEntry, known: set[tuple[str, Words]]) -> bool:
    if not known.isdisjoint(_list_entry_keys(entry)):
        return True
    return "CN" in entry.country and not entry.person and is_security_body(entry.name)


def _check_plausible(
    rows: Sequence[ListedBody], found: Sequence[Kept], results: int, before: Refresh | None
) -> None:
    """Refuse an answer that has lost what must be in it; a block page may be JSON too."""
    keys = {key for kept in found for key in _list_entry_keys(kept.entry)}
    wanted: dict[tuple[str, Words], bool] = {}
    for row in rows:
        if family := find_family(row.source):
            wanted[family, fold_english(row.name_en)] = not keys.isdisjoint(_list_keys(row))
    number = sum(wanted.values())
    if number * _SHRUNK < len(wanted):
        raise ListsError(f"the answer has {number} of the {len(wanted)} bodies that it should have")
    if before is not None and results * _SHRUNK < before.results:
        raise ListsError(f"the answer has {results} entries, the one before had {before.results}")


def lay_over(refresh: Refresh) -> tuple[SanctionLists, tuple[Finding, ...]]:
    """Return the packaged rows as a refresh leaves them, and what was found for each."""
    packaged = load_packaged().rows
    rows: list[ListedBody] = []
    findings: list[Finding] = []
    for row in packaged:
        kept = [one for one in refresh.kept if _matches(row, one.entry)]
        compared, more = _compare_row(row, kept, refresh)
        rows.append(compared)
        findings += more
    for one in refresh.kept:
        if not any(_matches(row, one.entry) for row in packaged):
            added, finding = _add_entry(one, refresh)
            rows += added
            findings.append(finding)
        findings += _tell_problems(one.entry)
    return SanctionLists(sort_rows(rows), refresh.fetched_at), tuple(findings)


def _compare_row(
    row: ListedBody, kept: Sequence[Kept], refresh: Refresh
) -> tuple[ListedBody, list[Finding]]:
    if not find_family(row.source):
        return row, []
    current = [one for one in kept if refresh.is_current(one)]
    if current:
        return _confirm_row(row, [one.entry for one in current], refresh)
    seen_at = max((one.seen_at for one in kept), default=None)
    if seen_at is not None:
        detail = f"last found on {seen_at:%Y-%m-%d}; it may have been taken off the list"
    elif row.status in SURE:
        detail = "read at the source before; it may have been taken off the list, or renamed"
    else:
        detail = "recalled, and not in the answer"
    status = Status.VERIFY if row.status in SURE else row.status
    lost = replace(row, status=status, confirmed_at=seen_at)
    return lost, [_tell(FindingKind.NOT_FOUND, lost, detail)]


def _confirm_row(
    row: ListedBody, entries: Sequence[CslEntry], refresh: Refresh
) -> tuple[ListedBody, list[Finding]]:
    since = min((entry.start for entry in entries if entry.start), default=None)
    ends = [entry.end for entry in entries]
    sure = row.status is not Status.VERIFY_NAME and (since is not None or row.status in SURE)
    confirmed = replace(
        row,
        since=since or row.since,
        until=None if None in ends else max(filter(None, ends)),
        citation=next((entry.notice for entry in entries if entry.notice), row.citation),
        status=Status.CONFIRMED if sure else row.status,
        confirmed_at=refresh.fetched_at,
    )
    detail = entries[0].name if since else f"{entries[0].name}; the source gives no day"
    if row.status is Status.VERIFY_NAME:
        detail += "; that the Chinese name is its own stays to be verified"
    findings = [_tell(FindingKind.CONFIRMED, confirmed, detail)]
    if since is not None and since != row.since:
        said = f"packaged since {row.since}, the source says {since}"
        findings.append(_tell(FindingKind.DISAGREEMENT, confirmed, said))
    return confirmed, findings


def _add_entry(kept: Kept, refresh: Refresh) -> tuple[list[ListedBody], Finding]:
    entry = kept.entry
    names = dict.fromkeys(found for name in _list_names(entry) for found in find_chinese(name))
    if len(names) != 1 or entry.start is None:
        why = (
            "may be " + " or ".join(dict.fromkeys(zh for zh, _ in names))
            if len(names) > 1
            else "the source gives no day"
            if names
            else "no Chinese name follows from it"
        )
        chinese = tuple(dict.fromkeys(zh for zh, _ in names))
        kind = FindingKind.NOT_MAPPED
        return [], Finding(kind, entry.label, entry.name, chinese, entry.start, why)
    [(zh, adcode)] = names
    current = refresh.is_current(kept)
    row = ListedBody(
        source=entry.label,
        name_en=entry.name,
        names_zh=(zh,),
        adcode=adcode,
        since=entry.start,
        citation=entry.notice or entry.source,
        status=Status.CONFIRMED if current else Status.VERIFY,
        also_en=entry.also,
        until=entry.end,
        confirmed_at=kept.seen_at,
    )
    detail = "its Chinese name by our rule" if current else f"last found on {kept.seen_at:%Y-%m-%d}"
    return [row], _tell(FindingKind.ADDED if current else FindingKind.NOT_FOUND, row, detail)


def _tell(kind: FindingKind, row: ListedBody, detail: str) -> Finding:
    return Finding(kind, row.source, row.name_en, row.names_zh, row.since, detail)


def _tell_problems(entry: CslEntry) -> Iterator[Finding]:
    for problem in entry.problems:
        yield Finding(FindingKind.UNREADABLE, entry.label, entry.name, (), entry.start, problem)


def _matches(row: ListedBody, entry: CslEntry) -> bool:
    return not _list_keys(row).isdisjoint(_list_entry_keys(entry))


def _list_keys(row: ListedBody) -> frozenset[tuple[str, Words]]:
    """Return what a row may be found by; nothing where the screening list lacks its list."""
    return _fold_keys(find_family(row.source), (row.name_en, *row.also_en))


def _list_entry_keys(entry: CslEntry) -> frozenset[tuple[str, Words]]:
    return _fold_keys(entry.family, _list_names(entry))


def _list_names(entry: CslEntry) -> tuple[str, ...]:
    return (entry.name, *entry.also)


def _fold_keys(family: str, names: Iterable[str]) -> frozenset[tuple[str, Words]]:
    folded = (fold_english(name) for name in names)
    return frozenset((family, words) for words in folded if family and words)
