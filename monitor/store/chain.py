"""An append-only chain of hashes over what was captured, decided, told, judged and muted.

Every link holds the hash of the one before it, so that nothing can be changed, left out or put
in another order without changing all that follows. A link is written in the transaction of the
row that it stands for.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from monitor.store.database import Database, Row, write_time

GENESIS = "0" * 64


class LinkKind(StrEnum):
    """What a link stands for; `subject` is the id that its rows are found by.

    CAPTURE: a record id. DECISION: a notice row's id. ALERT: an alert's id. DELIVERY: an alert's
    id, a space and the receiver that accepted it. JUDGEMENT: its row's id. MUTE: its kind, a space
    and its value; one that was changed or came again has a link for each time. REMOVAL: kind and
    subject of a link whose row was removed on purpose, with a space between; or "bytes" and a
    record id, where the row stays and only what it names was removed. RESTORE: the name of the
    backup that the chain goes on from.
    """

    CAPTURE = "capture"
    DECISION = "decision"
    ALERT = "alert"
    DELIVERY = "delivery"
    JUDGEMENT = "judgement"
    MUTE = "mute"
    REMOVAL = "removal"
    RESTORE = "restore"


BYTES = "bytes"
_BEGUN = "chain begun"
_BATCH = 1000
_FACTS = {
    LinkKind.CAPTURE: """select record_id, source, url, fetched_at, status, sha256, packed, tls
        from capture where record_id = ?""",
    LinkKind.DECISION: """select id, listing, version, change, changed_fields, record_id, sha256,
        seen_at, url, title, tag, published_at, buyer, project_number, fields, verdict, reason,
        decision, score, match, watchlist_version from notice where id = ?""",
    LinkKind.ALERT: """select id, kind, source, notice, verdict, reason, fingerprint, created_at,
        sample, content from alert where id = ?""",
    LinkKind.DELIVERY: """select alert, receiver, created_at, sent_at from delivery
        where alert = ? and receiver = ? and state = 'sent'""",
    LinkKind.JUDGEMENT: "select id, alert, verdict, note, judged_at from judgement where id = ?",
    LinkKind.MUTE: """select kind, value, why, noted_at, until from mute
        where kind || ' ' || value = ?""",
}
ROW_KINDS = tuple(_FACTS)
"""The kinds of links that stand for a row."""
WRITTEN_ONCE = frozenset({LinkKind.CAPTURE, LinkKind.DECISION, LinkKind.JUDGEMENT})
"""Those whose rows never change: a second link of a subject is another row in its place."""

# The subjects of all rows, or of those that a source brought, in the order they were written.
_OF_SOURCE = "select n.id from notice n join listing l on l.id = n.listing where l.source = :source"
_OF_ALERT = f"(:source is null or a.source = :source or a.notice in ({_OF_SOURCE}))"
_SUBJECTS = {
    LinkKind.CAPTURE: """select record_id as subject from capture
        where :source is null or source = :source order by rowid""",
    LinkKind.DECISION: f"""select cast(id as text) as subject from notice
        where :source is null or id in ({_OF_SOURCE}) order by id""",  # noqa: S608
    LinkKind.ALERT: f"select id as subject from alert a where {_OF_ALERT} order by rowid",  # noqa: S608
    LinkKind.DELIVERY: f"""select alert || ' ' || receiver as subject from delivery d
        join alert a on a.id = d.alert where d.state = 'sent' and {_OF_ALERT} order by d.id""",  # noqa: S608
    LinkKind.JUDGEMENT: f"""select cast(j.id as text) as subject from judgement j
        join alert a on a.id = j.alert where {_OF_ALERT} order by j.id""",  # noqa: S608
    LinkKind.MUTE: """select kind || ' ' || value as subject from mute
        where :source is null order by id""",
}


@dataclass(frozen=True)
class Link:
    """One link; `digest` is the SHA-256 of the facts, `link` of the line that is chained.

    `at` is UTC as written by write_time.
    """

    number: int
    at: str
    kind: str
    subject: str
    digest: str
    link: str

    def __str__(self) -> str:
        """Return what names a link for good, as `verify --head` takes it: NUMBER:HASH."""
        return f"{self.number}:{self.link}"


class Chain:
    """Append to the chain and read it."""

    def __init__(self, db: Database) -> None:
        self.db = db

    def append(self, kind: LinkKind, subject: str, now: datetime) -> Link:
        """Add the link of a row that was just written; call inside its transaction."""
        with self.db.immediate():
            return self._add(self.head(), kind, subject, now)

    def append_all(self, subjects: Iterable[tuple[LinkKind, str]], now: datetime) -> int:
        """Add the links of many rows at once and return how many they are."""
        count = 0
        with self.db.immediate():
            last = self.head()
            for kind, subject in subjects:
                last = self._add(last, kind, subject, now)
                count += 1
        return count

    def remove_source(self, source: str, now: datetime) -> int:
        """Say that all that a source brought is removed; call before, in that transaction."""
        gone = [
            (LinkKind.REMOVAL, f"{kind} {subject}")
            for kind in ROW_KINDS
            for subject in self.list_subjects(kind, source)
        ]
        return self.append_all(gone, now)

    def begin(self, now: datetime) -> int:
        """Add links for rows older than the chain, once in a database's life; return how many."""
        if self._has_begun():
            return 0
        with self.db.immediate():
            if self._has_begun():
                return 0
            older = [(kind, one) for kind in ROW_KINDS for one in self.list_unlinked(kind)]
            self.db.insert("vital", {"name": _BEGUN, "value": "", "at": write_time(now)})
            return self.append_all(older, now)

    def _has_begun(self) -> bool:
        return self.db.first("select 1 from vital where name = ?", [_BEGUN]) is not None

    def _add(self, last: Link | None, kind: LinkKind, subject: str, now: datetime) -> Link:
        number, before = (last.number + 1, last.link) if last else (1, GENESIS)
        at = write_time(now) or ""
        digest = digest_facts(self.read_facts(kind, subject) or {})
        made = hash_link(before, number, at, str(kind), subject, digest)
        link = Link(number, at, str(kind), subject, digest, made)
        self.db.insert("chain", vars(link))
        return link

    def read_facts(self, kind: LinkKind, subject: str) -> Row | None:
        """Return what a link stands for as it is now, None where the row is gone.

        Only columns that never change once written. A REMOVAL has no row: its facts are {}.
        """
        sql = _FACTS.get(kind)
        if sql is None:
            return {}
        return self.db.first(sql, subject.split(" ") if kind is LinkKind.DELIVERY else [subject])

    def head(self) -> Link | None:
        """Return the last link, None of an empty chain."""
        row = self.db.first("select * from chain order by number desc limit 1")
        return _read_link(row) if row else None

    def newest(self, kind: LinkKind) -> Link | None:
        """Return the last link of a kind, None where there is none."""
        sql = "select * from chain where kind = ? order by number desc limit 1"
        row = self.db.first(sql, [str(kind)])
        return _read_link(row) if row else None

    def walk(self, since: int = 0) -> Iterator[Link]:
        """Yield the links from a number on, in order, without holding them all."""
        while True:
            rows = self.db.query(
                f"select * from chain where number >= ? order by number limit {_BATCH}",  # noqa: S608
                [since],
            )
            yield from map(_read_link, rows)
            if len(rows) < _BATCH:
                return
            since = rows[-1]["number"] + 1

    def find(self, kind: LinkKind, subject: str) -> Link | None:
        """Return the newest link of a kind and subject: it says what the row holds now."""
        row = self.db.first(
            "select * from chain where subject = ? and kind = ? order by number desc limit 1",
            [subject, str(kind)],
        )
        return _read_link(row) if row else None

    def is_removed(self, what: str, link: Link) -> bool:
        """Say whether a link's row (its kind) or its BYTES were removed on purpose since."""
        removal = self.find(LinkKind.REMOVAL, f"{what} {link.subject}")
        return removal is not None and removal.number > link.number

    def list_subjects(self, kind: LinkKind, source: str | None = None) -> Iterator[str]:
        """Yield the subjects of all rows of a kind, or of those that a source brought."""
        rows = self.db.stream(_SUBJECTS[kind], {"source": source})
        return (row["subject"] for row in rows)

    def list_unlinked(self, kind: LinkKind) -> Iterator[str]:
        """Yield the subjects of rows that no link stands for."""
        sql = f"""select subject from ({_SUBJECTS[kind]}) s where not exists
            (select 1 from chain c where c.subject = s.subject and c.kind = :kind)"""  # noqa: S608
        rows = self.db.stream(sql, {"source": None, "kind": str(kind)})
        return (row["subject"] for row in rows)


def digest_facts(facts: Mapping[str, Any]) -> str:
    """Return the SHA-256 of facts as JSON with sorted keys, UTF-8."""
    text = json.dumps(facts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def hash_link(before: str, number: int, at: str, kind: str, subject: str, digest: str) -> str:
    """Return the hash of a link: SHA-256 of its parts and the hash before, a line each."""
    lines = "\n".join([before, str(number), at, kind, subject, digest])
    return hashlib.sha256(lines.encode("utf-8", "surrogatepass")).hexdigest()


def _read_link(row: Row) -> Link:
    return Link(row["number"], row["at"], row["kind"], row["subject"], row["digest"], row["link"])
