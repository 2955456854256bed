"""Stored notices in the order of their listings, to be read and screened again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from monitor.store.database import Database, write_time
from monitor.store.notices import StoredListing, make_listing


@dataclass(frozen=True)
class Past:
    """The newest version of a stored notice: its listing, its capture, its last judgement."""

    stored: StoredListing
    record_id: str
    verdict: str
    fingerprint: str


def list_pasts(db: Database, since: datetime | None, after: int, limit: int) -> list[Past]:
    """Return stored notices whose listing comes after a row id, published since a moment.

    A notice without a day counts by when it was first seen.
    """
    rows = db.query(
        """select l.*, n.record_id as capture, n.verdict,
             json_extract(n.match, '$.fingerprint') as fingerprint
           from listing l join notice n on n.listing = l.id
           where l.id > :after
             and n.version = (select max(version) from notice where listing = l.id)
             and (:since is null or coalesce(n.published_at, l.first_seen_at) >= :since)
           order by l.id limit :limit""",
        {"after": after, "since": write_time(since), "limit": limit},
    )
    return [
        Past(make_listing(row), row["capture"], row["verdict"], row["fingerprint"]) for row in rows
    ]
