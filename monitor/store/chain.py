"""An append-only chain of hashes over what was captured, decided and told.

Every link holds the hash of the one before it, so that nothing can be changed, left out or put
in another order without changing all that follows. A link is written in the transaction of the
row that it stands for.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from monitor.store.database import Database, Row, write_time

GENESIS = "0" * 64


class LinkKind(StrEnum):
    """What a link stands for; `subject` is the id that its rows are found by.

    CAPTURE: a record id. DECISION: a notice row's id. ALERT: an alert's id. DELIVERY: an alert's
    id, a space and the receiver that accepted it. REMOVAL: kind and subject of a link whose row
    was removed on purpose, with a space between.
    """

    CAPTURE = "capture"
    DECISION = "decision"
    ALERT = "alert"
    DELIVERY = "delivery"
    REMOVAL = "removal"


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


class Chain:
    """Append to the chain and read it."""

    def __init__(self, db: Database) -> None:
        self.db = db

    def append(self, kind: LinkKind, subject: str, now: datetime) -> Link:
        """Add the link of a row that was just written; call inside its transaction."""
        with self.db.immediate():
            head = self.head()
            number, before = (head.number + 1, head.link) if head else (1, GENESIS)
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
        return self.db.first(sql, subject.split(" ", 1)) if sql else {}

    def head(self) -> Link | None:
        """Return the last link, None of an empty chain."""
        row = self.db.first("select * from chain order by number desc limit 1")
        return _read_link(row) if row else None

    def walk(self, since: int = 1) -> Iterator[Link]:
        """Yield the links from a number on, in order, without holding them all."""
        while True:
            rows = self.db.query(
                "select * from chain where number >= ? order by number desc limit 1000", [since]
            )
            yield from map(_read_link, rows)
            if not rows:
                return
            since = rows[-1]["number"] + 1

    def find(self, kind: LinkKind, subject: str) -> Link | None:
        """Return the newest link of a kind and subject: it says what the row holds now."""
        row = self.db.first(
            "select * from chain where subject = ? and kind = ? order by number desc limit 1",
            [subject, str(kind)],
        )
        return _read_link(row) if row else None


def digest_facts(facts: Mapping[str, Any]) -> str:
    """Return the SHA-256 of facts as JSON with sorted keys, UTF-8."""
    text = json.dumps(facts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def hash_link(before: str, number: int, at: str, kind: str, subject: str, digest: str) -> str:
    """Return the hash of a link: SHA-256 of its parts and the hash before, a line each."""
    lines = "\n".join([before, str(number), at, kind, subject, digest])
    return hashlib.sha256(lines.encode("utf-8", "replace")).hexdigest()


def _read_link(row: Row) -> Link:
    return Link(row["number"], row["at"], row["kind"], row["subject"], row["digest"], row["link"])
