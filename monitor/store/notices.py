"""Listings and notices in the store: the diff, the waiting rows and the versions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum

from monitor.models import Capture, Listing, Match, Notice
from monitor.store.chain import Chain, LinkKind
from monitor.store.database import Database, Row, clean_text, read_time, write_json, write_time
from monitor.store.versions import Change, compare_versions, describe_fields
from monitor.text.privacy import mask_private


class ListingState(StrEnum):
    """What became of a listing; WAITING is to be opened, POISON gave up and was reported."""

    RECORDED = "recorded"
    WAITING = "waiting"
    OPENED = "opened"
    POISON = "poison"


@dataclass(frozen=True)
class StoredListing:
    """A listing with its row id and its state."""

    id: int
    source: str
    listing: Listing
    state: ListingState
    baseline: bool
    attempts: int


@dataclass(frozen=True)
class Diff:
    """What a page of listings brought; the sequences hold listing ids."""

    new: tuple[str, ...]
    changed: tuple[str, ...]
    known: tuple[str, ...]


@dataclass(frozen=True)
class Triage:
    """What to do with a listing that is new or changed, and why."""

    open: bool
    why: str
    baseline: bool = False


# Why a row of a first round is recorded only; a back-fill thinks of it again.
TOO_OLD = "older than what was asked for"


class Notices:
    """Read and write listings, notices and their versions."""

    def __init__(self, db: Database) -> None:
        self.db = db

    def diff(self, source: str, listings: Sequence[Listing]) -> Diff:
        """Tell new, changed (title or date) and known listings apart; write nothing.

        A listing that stands twice in the input counts once.
        """
        new, changed, known = [], [], []
        for listing_id, listing in {row.listing_id: row for row in listings}.items():
            row = self._find(source, listing_id)
            if row is None:
                new.append(listing_id)
            elif _changed_fields(row, listing):
                changed.append(listing_id)
            else:
                known.append(listing_id)
        return Diff(tuple(new), tuple(changed), tuple(known))

    def find_moved(self, source: str, listings: Sequence[Listing]) -> set[str]:
        """Return which unknown rows have the title and day of known rows that are not among them.

        A few are notices with like titles; many are a site that gave all its notices new ids.
        """
        shown = {clean_text(row.listing_id) for row in listings}
        # A list may have ten thousand rows of one title: each title is looked for once.
        named: dict[tuple[str, str | None], bool] = {}
        moved = set()
        for row in listings:
            if not row.title or self._find(source, row.listing_id) is not None:
                continue
            key = (row.title, write_time(row.published_at))
            if key not in named:
                named[key] = self._has_namesake(source, row, shown)
            if named[key]:
                moved.add(row.listing_id)
        return moved

    def _has_namesake(self, source: str, listing: Listing, shown: set[str]) -> bool:
        day = write_time(listing.published_at)
        rows = self.db.query(
            """select listing_id from listing where source = :source and title = :title
               and (published_at is :day or abs(julianday(published_at) - julianday(:day)) <= 1)""",
            {"source": source, "title": _show_text(listing.title), "day": day},
        )
        return any(row["listing_id"] not in shown for row in rows)

    def keep_listing(
        self, source: str, listing: Listing, triage: Triage, record_id: str, now: datetime
    ) -> tuple[StoredListing, bool]:
        """Write a new or changed listing, return it, and whether it is new.

        One to be opened waits from now on.
        """
        row = self._find(source, listing.listing_id)
        state = ListingState.WAITING if triage.open else ListingState.RECORDED
        if row is None:
            self._insert(source, listing, triage, state, record_id, now)
            return self._read_back(source, listing), True
        changes = _changed_fields(row, listing)
        for field, (old, new) in changes.items():
            values = {"listing": row["id"], "seen_at": write_time(now), "field": field}
            self.db.insert("listing_change", {**values, "old": old, "new": new})
        self.db.execute(
            """update listing set title = :title, published_raw = :raw, published_at = :at,
                 url = :url, state = :state, triage = :why, attempts = 0, next_try_at = :now,
                 baseline = :quiet,
                 buyer = :buyer, region = :region, notice_type = :type, record_id = :record,
                 content = :content, last_seen_at = :now where id = :id""",
            {
                "title": _show_text(listing.title), "raw": clean_text(listing.published_raw),
                "buyer": _show_text(listing.buyer), "region": _show_text(listing.region),
                "type": _show_text(listing.notice_type), "record": record_id,
                "at": write_time(listing.published_at), "url": clean_text(listing.url),
                "state": str(state), "why": triage.why, "now": write_time(now),
                "content": clean_text(listing.content), "id": row["id"],
                "quiet": int(triage.baseline),
            },
        )  # fmt: skip
        return self._read_back(source, listing), False

    def _read_back(self, source: str, listing: Listing) -> StoredListing:
        sql = "select * from listing where source = ? and listing_id = ?"
        [row] = self.db.query(sql, [source, clean_text(listing.listing_id)])
        return make_listing(row)

    def _insert(
        self,
        source: str,
        listing: Listing,
        triage: Triage,
        state: ListingState,
        record_id: str,
        now: datetime,
    ) -> None:
        values = {
            "source": source, "listing_id": clean_text(listing.listing_id),
            "url": clean_text(listing.url), "title": _show_text(listing.title),
            "published_raw": clean_text(listing.published_raw),
            "published_at": write_time(listing.published_at),
            "region": _show_text(listing.region), "buyer": _show_text(listing.buyer),
            "notice_type": _show_text(listing.notice_type),
            "content": clean_text(listing.content) if triage.open else "",
            "state": str(state), "triage": triage.why, "baseline": int(triage.baseline),
            "next_try_at": write_time(now), "first_seen_at": write_time(now),
            "last_seen_at": write_time(now), "record_id": record_id,
        }  # fmt: skip
        self.db.insert("listing", values)

    def touch_known(self, source: str, listing_ids: Sequence[str], now: datetime) -> None:
        """Note that listings are still shown by their source."""
        for listing_id in listing_ids:
            self.db.execute(
                "update listing set last_seen_at = ? where source = ? and listing_id = ?",
                [write_time(now), source, listing_id],
            )

    def find_too_old(self, source: str, listing_ids: Sequence[str]) -> set[str]:
        """Return which listings were only recorded because nobody had asked for their day."""
        return {
            listing_id
            for listing_id in listing_ids
            if (row := self._find(source, listing_id)) is not None
            and row["state"] == ListingState.RECORDED
            and row["triage"].startswith("older than")
        }

    def reconsider(
        self, source: str, listing: Listing, triage: Triage, record_id: str, now: datetime
    ) -> None:
        """Let a recorded listing wait after all, where its triage now says so."""
        self.db.execute(
            """update listing set state = ?, triage = ?, baseline = 1, next_try_at = ?,
                 content = ?, record_id = ? where source = ? and listing_id = ?""",
            [
                str(ListingState.WAITING if triage.open else ListingState.RECORDED),
                triage.why, write_time(now), clean_text(listing.content) if triage.open else "",
                record_id, source, clean_text(listing.listing_id),
            ],
        )  # fmt: skip

    def _find(self, source: str, listing_id: str) -> Row | None:
        return self.db.first(
            "select * from listing where source = ? and listing_id = ?",
            [source, clean_text(listing_id)],
        )

    def list_waiting(self, source: str, now: datetime, limit: int) -> list[StoredListing]:
        """Return listings to be opened now, oldest publication first."""
        rows = self.db.query(
            """select * from listing
               where source = :source
                 and (state in ('waiting', 'poison') and next_try_at <= :now
                      or recheck_at <= :now)
               order by published_at is null, published_at, id limit :limit""",
            {"source": source, "now": write_time(now), "limit": limit},
        )
        return [make_listing(row) for row in rows]

    def count_waiting(self, source: str) -> int:
        """Return how many listings of a source are still to be opened."""
        sql = "select count(*) as n from listing where source = ? and state = 'waiting'"
        row = self.db.first(sql, [source])
        return int(row["n"]) if row else 0

    def find_rate(self, source: str, now: datetime) -> tuple[float, datetime | None]:
        """Return how many new rows a day brings, and when the last new one was seen.

        Only rows count that came as news: after the first round, by no back-fill.
        """
        row = self.db.first(
            """select count(*) as n, min(first_seen_at) as since, max(first_seen_at) as last
               from listing where source = ? and baseline = 0""",
            [source],
        )
        since, last = (read_time(row["since"]), read_time(row["last"])) if row else (None, None)
        if row is None or since is None:
            return 0.0, None
        return row["n"] / max(1.0, (now - since).total_seconds() / 86_400), last

    def count_new(self, source: str, since: datetime) -> int:
        """Return how many listings were first seen since a moment."""
        row = self.db.first(
            "select count(*) as n from listing where source = ? and first_seen_at >= ?",
            [source, write_time(since)],
        )
        return int(row["n"]) if row else 0

    def defer(self, listing: int, error: str, next_try: datetime) -> None:
        """Let a listing wait through an outage of its host; that is no failed try."""
        self.db.execute(
            """update listing set error = :error, next_try_at = :at,
                 recheck_at = case when recheck_at is null then null else :at end
               where id = :id""",
            {"error": clean_text(error), "at": write_time(next_try), "id": listing},
        )

    def count_failing(self, source: str) -> int:
        """Return how many listings were tried and are still to be opened."""
        row = self.db.first(
            "select count(*) as n from listing where source = ? and state = 'waiting' "
            "and error <> ''",
            [source],
        )
        return int(row["n"]) if row else 0

    def postpone(self, listing: int, error: str, next_try: datetime, *, poison: bool) -> None:
        """Note a failed opening; a poison listing is tried no more."""
        self.db.execute(
            """update listing set attempts = attempts + 1, error = ?, next_try_at = ?, state = ?
               where id = ?""",
            [clean_text(error), write_time(next_try), "poison" if poison else "waiting", listing],
        )

    def mark_opened(self, listing: int) -> None:
        """Note that a listing was opened and its notice saved."""
        self.db.execute("update listing set state = 'opened', error = '' where id = ?", [listing])

    def last_version(self, listing: int) -> Row | None:
        """Return the newest version of a listing's notice, or None."""
        return self.db.first(
            "select * from notice where listing = ? order by version desc limit 1", [listing]
        )

    def save_version(
        self,
        listing: int,
        notice: Notice,
        match: Match,
        capture: Capture,
        *,
        decision: str,
        process: int | None,
        watchlists: str,
        now: datetime,
    ) -> tuple[int, Change, tuple[str, ...]]:
        """Write a version of a notice where it differs; return its id, the change, the fields."""
        before = self.last_version(listing)
        fields = describe_fields(notice)
        shown = write_json(fields)
        change, names = compare_versions(before, fields, match)
        if before is not None and change is Change.UNCHANGED:
            return int(before["id"]), change, ()
        values = {
            "listing": listing, "version": (before["version"] if before else 0) + 1,
            "change": str(change), "changed_fields": write_json(names), "process": process,
            "record_id": capture.record_id, "sha256": capture.sha256, "seen_at": write_time(now),
            "url": clean_text(notice.url), "title": _show_text(notice.title),
            "tag": str(notice.tag or ""), "published_at": write_time(notice.published_at),
            "buyer": _show_text(notice.buyer),
            "project_number": clean_text(notice.project_number), "fields": shown,
            "verdict": str(match.verdict), "reason": str(match.reason), "decision": decision,
            "score": match.score, "match": write_json(asdict(match)),
            "watchlist_version": watchlists,
        }  # fmt: skip
        self.db.insert("notice", values)
        row = self.last_version(listing)
        if row is None:
            raise KeyError(listing)
        Chain(self.db).append(LinkKind.DECISION, str(row["id"]), now)
        return int(row["id"]), change, names

    def find_notice(self, key: str) -> Row | None:
        """Return the newest notice of a URL, or the notice of an alert id."""
        return self.db.first(
            """select n.*, l.source, l.listing_id, l.first_seen_at, l.triage
               from notice n join listing l on l.id = n.listing
               where n.url = :key or l.url = :key
                  or n.id = (select notice from alert where id = :key)
               order by n.id desc limit 1""",
            {"key": key},
        )

    def has_read(self, source: str, listing_id: str, url: str, sha256: str) -> bool:
        """Return whether these bytes were captured for this listing, now or before."""
        sql = """select 1 from listing l left join capture c on c.record_id = l.record_id
                 where l.source = :source and l.listing_id = :id and (c.sha256 = :sha256
                    or exists (select 1 from capture where sha256 = :sha256 and url = :url
                               and source = l.source))"""
        key = {"source": source, "id": clean_text(listing_id), "url": clean_text(url)}
        return self.db.first(sql, {**key, "sha256": sha256}) is not None

    def find_row(self, listing: int) -> Row:
        """Return a listing by its row id; KeyError where there is none."""
        row = self.db.first("select * from listing where id = ?", [listing])
        if row is None:
            raise KeyError(listing)
        return row

    def find_listing(self, url: str) -> Row | None:
        """Return the listing of a URL, opened or not."""
        return self.db.first("select * from listing where url = ? order by id desc limit 1", [url])


def _show_text(text: str) -> str:
    """Return a text as it is kept: private persons stand in the archived bytes only."""
    return mask_private(clean_text(text))


def _changed_fields(row: Row, listing: Listing) -> dict[str, tuple[str, str]]:
    new = {
        "title": _show_text(listing.title),
        "published_raw": clean_text(listing.published_raw),
    }
    if listing.buyer and row["buyer"]:
        # Another buyer is another purchase; a column that comes and goes is not.
        new["buyer"] = _show_text(listing.buyer)
    return {name: (row[name], value) for name, value in new.items() if row[name] != value}


def make_listing(row: Row) -> StoredListing:
    """Return a row of the table as a listing."""
    listing = Listing(
        listing_id=row["listing_id"],
        url=row["url"],
        title=row["title"],
        published_raw=row["published_raw"],
        published_at=read_time(row["published_at"]),
        region=row["region"],
        buyer=row["buyer"],
        notice_type=row["notice_type"],
        content=row["content"],
    )
    state = ListingState(row["state"])
    return StoredListing(
        row["id"], row["source"], listing, state, bool(row["baseline"]), row["attempts"]
    )
