"""What a good list shows, and how one that changed is told from one without news.

Pure judgements about pages and rows. What a source usually shows is learned from its rounds
(store/expectations) or set in its stanza; the numbers below say how far it may stray.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from monitor.health import Trouble
from monitor.models import Listing, Notice, SourceState
from monitor.portals.base import ListPage
from monitor.stanzas import Expectations
from monitor.store.expectations import Fields, Share
from monitor.store.notices import Diff

_MOST_MISSING = 0.5
_FEW = 5
_LEARNED = 20
_USUAL = 0.5
_FALLEN = 0.4
_EXPECTED = 10
_DAY = timedelta(days=1)
_CUT = ("…", "...")
# A key of an answer is there or not, whatever a notice says: fewer notices prove that it went.
LISTED = "notice: list of attachments"
NO_LIST = "no list"
_ADVICE = "compare the list with its portal's reader; see docs/portals.md"


@dataclass
class Seen:
    """What the lists of a round held so far."""

    ids: set[str] = field(default_factory=set)
    new: int = 0
    changed: int = 0
    known: int = 0
    pages: int = 0
    page_news: int = 0
    unchanged: int = 0
    late: int = 0
    """New rows whose day the round before should have seen."""
    moved: int = 0
    """New rows with title and day of known ones, which the list shows no more."""
    fields: Fields = field(default_factory=Fields)

    def count(
        self,
        listings: Sequence[Listing],
        diff: Diff,
        horizon: datetime | None,
        *,
        usual: bool = True,
    ) -> None:
        """Add a page; `horizon` is where the rounds before ended, None in a first one.

        `usual` is whether its rows say what the source shows today: those of years ago do not.
        """
        rows = {listing.listing_id: listing for listing in listings}
        self.pages += 1
        self.page_news = len(diff.new)
        self.ids |= rows.keys()
        self.new += len(diff.new)
        self.changed += len(diff.changed)
        self.known += len(diff.known)
        if horizon is not None:
            days = (rows[listing_id].published_at for listing_id in diff.new)
            self.late += sum(1 for day in days if day is not None and day < horizon)
        for listing in rows.values() if usual else ():
            self.fields.add(describe_row(listing))

    def is_renewed(self, moved: int = 0) -> bool:
        """Return whether the site seems to have given its notices new ids; count `moved` more."""
        return self.moved + moved >= _FEW and self.moved + moved > self.known

    @property
    def listings(self) -> int:
        """How many different rows there were."""
        return len(self.ids)


def describe_row(listing: Listing) -> dict[str, bool]:
    """Return which fields a row has; a cut title is none."""
    return {
        "title": bool(listing.title) and not listing.title.endswith(_CUT),
        "date": listing.published_at is not None,
        "time of day": listing.published_at is not None and not listing.date_only,
        "buyer": bool(listing.buyer),
        "region": bool(listing.region),
        "type": bool(listing.notice_type),
    }


def describe_opened(notice: Notice) -> dict[str, bool]:
    """Return which fields an opened notice has, by the names that expectations keep."""
    return {
        "notice: buyer": bool(notice.buyer),
        "notice: day of publication": notice.published_at is not None,
        "notice: text": len(notice.zones) > 1,
        "notice: project number": bool(notice.project_number),
        "notice: items": bool(notice.items),
        "notice: type": notice.tag is not None,
        LISTED: not any(issue.kind == NO_LIST for issue in notice.issues),
    }


def check_page(page: ListPage, missed: str) -> list[Trouble]:
    """Return what is wrong with a page by itself."""
    if page.lists:
        return []
    if page.total is not None and not 0 <= page.total < 10**9:
        return [_drift(f"the list says it has {page.total} rows", missed)]
    if not page.listings:
        return _check_empty(page, missed)
    troubles = []
    if page.total is not None and page.total < len(page.listings):
        cause = f"the list says it has {page.total} rows and shows {len(page.listings)}"
        troubles.append(_drift(cause, missed))
    if any(issue.kind == "missing anchor" for issue in page.issues):
        cause = "the list has no pager: nobody knows whether it goes on"
        troubles.append(_drift(cause, missed))
    undated = sum(1 for row in page.listings if row.published_at is None)
    if undated > len(page.listings) * _MOST_MISSING and page.issues:
        cause = f"{undated} of {len(page.listings)} rows have no readable date"
        troubles.append(_drift(cause, missed))
    return [*troubles, *_check_filter(page, missed)]


def _check_empty(page: ListPage, missed: str) -> list[Trouble]:
    if page.total:
        cause = f"the list says it has {page.total} rows and shows none"
        return [_drift(cause, missed)]
    if page.issues:
        cause = f"no row could be read: {page.issues[0].kind}, {page.issues[0].field}"
        return [_drift(cause, missed)]
    if page.pages:
        cause = f"the list says it has {page.pages} pages and shows no row"
        return [_drift(cause, missed)]
    if page.span is not None:
        return []  # days without notices; of a whole round without any, check_round judges
    advice = "open the list in a browser; a list without rows is unusual"
    return [Trouble(SourceState.EMPTY, "the list has no rows", missed, advice)]


def _check_filter(page: ListPage, missed: str) -> list[Trouble]:
    """Return a trouble where most rows lie outside the days asked for."""
    if page.span is None:
        return []
    since, until = page.span.since - _DAY, page.span.until + _DAY
    dates = [row.published_at for row in page.listings if row.published_at is not None]
    outside = sum(1 for day in dates if not since <= day <= until)
    if outside > len(dates) * _MOST_MISSING:
        cause = f"the portal ignored the days asked for: {outside} of {len(dates)} rows are others"
        return [_drift(cause, missed)]
    return []


def check_rows(diff: Diff, rows: Mapping[str, Listing], url: str) -> list[Trouble]:
    """Return a trouble where known rows have changed all at once."""
    changed, known = len(diff.changed), len(diff.known)
    if changed >= _FEW and changed > known:
        cause = f"{changed} of {len(rows)} rows of one page have another title, day or buyer"
        return [_drift(cause, f"the list {url}")]
    return []


def check_round(seen: Seen, learned: Mapping[str, Share], expect: Expectations) -> list[Trouble]:
    """Return what is wrong with the rows of a round as a whole."""
    if not seen.listings:
        silent = seen.pages and not seen.unchanged
        cause = "no row at all, also of the days before"
        return [Trouble(SourceState.EMPTY, cause, "the whole round", _ADVICE)] if silent else []
    least = {"buyer": expect.buyer, "date": expect.date}
    troubles = compare_shares(seen.fields.shares(), learned, least)
    if seen.is_renewed():
        cause = f"{seen.moved} of {seen.listings} rows are known notices under other ids"
        advice = "nothing is lost: they are read again, and told only where they differ"
        troubles.append(Trouble(SourceState.DRIFTED, cause, "", advice))
    elif seen.late >= _FEW and not seen.known and not seen.changed:
        cause = f"{seen.late} rows of days that were read before are all unknown"
        advice = "the portal may have changed the addresses of its notices"
        troubles.append(Trouble(SourceState.DRIFTED, cause, "", advice))
    return troubles


def compare_shares(
    shown: Mapping[str, Share],
    learned: Mapping[str, Share],
    least: Mapping[str, float | None],
    *,
    few: int = _FEW,
) -> list[Trouble]:
    """Return a trouble per field that stands in far fewer rows than it used to."""
    troubles = []
    for name, share in shown.items():
        enough, known = (1, _FEW) if name == LISTED else (few, _LEARNED)
        if share.rows < enough:
            continue
        wanted, before = least.get(name), learned.get(name, Share(0, 0))
        said = f"{share.having:.0f} of {share.rows:.0f} rows have a {name}"
        usual = before.rows >= known and before.part >= _USUAL
        if wanted is not None and share.part < wanted:
            troubles.append(_drift(f"{said}, {wanted:.0%} are asked for", ""))
        elif wanted is None and usual and share.part < before.part * _FALLEN:
            troubles.append(_drift(f"{said}, {before.part:.0%} had one before", ""))
    return troubles


def check_silence(
    expect: Expectations, last_new: datetime | None, rows_per_day: float, now: datetime
) -> list[Trouble]:
    """Return a trouble where a busy source has shown nothing new for too long."""
    if last_new is None:
        return []
    silence = now - last_new
    days = silence / _DAY
    if silence < timedelta(seconds=expect.silence) or days * rows_per_day < 2 * _EXPECTED:
        return []
    cause = f"no new row for {days:.0f} days, where {rows_per_day:.0f} a day are usual"
    return [Trouble(SourceState.EMPTY, cause, "", "open the list in a browser: is it kept up?")]


def check_rate(expect: Expectations, new_rows: int, span: timedelta) -> list[Trouble]:
    """Return a trouble where a span brought fewer rows than the stanza asks for."""
    wanted = (expect.rows_per_day or 0) * (span / _DAY)
    if new_rows >= wanted:
        return []
    cause = f"{new_rows} new rows in {span / _DAY:.0f} days, {wanted:.0f} are asked for"
    return [Trouble(SourceState.EMPTY, cause, "", _ADVICE)]


def _drift(cause: str, missed: str) -> Trouble:
    return Trouble(SourceState.DRIFTED, cause, missed, _ADVICE)
