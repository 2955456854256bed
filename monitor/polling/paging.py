"""One list of a source, page by page, until its end, its horizon or the page limit.

A page is archived before it is read, judged before it is kept, and its rows are told new, changed
and known apart. What is wrong with it becomes a trouble of the source.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from monitor.crashpoints import pass_point
from monitor.errors import FetchCause, FetchError, LayoutError
from monitor.health import Trouble, describe_failure, describe_refusal
from monitor.models import Capture, Listing, Request, SourceState
from monitor.parsing.wire import PageError
from monitor.polling.watch import Seen, check_page, check_rows
from monitor.portals.base import ListPage, Portal
from monitor.stanzas import SourceConfig
from monitor.store import Store
from monitor.store.gaps import Gap
from monitor.store.notices import Diff, Triage
from monitor.web.visit import Visitor

BACK_FILL = "back-fill"
PAGE_LIMIT = "the page limit came first"
REPEATS = "the pager shows earlier rows again"
BROKE_OFF = "the round broke off"
_DAY = timedelta(days=1)
# Rows that are written at once: a page of a hundred thousand keeps nobody else from writing.
_CHUNK = 200
# Seconds: whoever waits for the lock shall have it before the next rows do.
_BREATH = 0.02
_BARRING = (SourceState.BLOCKED, SourceState.UNREACHABLE)


@dataclass(frozen=True)
class Outcome:
    """How far one list was read. `left` asks for what was not, `why` says why not.

    `turn` asks for the first page with rows from before the horizon, or for the page behind the
    last one read. All rows younger than `newest` were read, none older than `oldest` was seen.
    """

    left: Request | None = None
    why: str = ""
    turn: Request | None = None
    lists: tuple[Request, ...] = ()
    newest: datetime | None = None
    oldest: datetime | None = None
    filtered: bool = False
    ended: bool = False


@dataclass
class Pager:
    """What reads the lists of one source in one round, and what they held and lacked.

    `triage` judges a row: new or changed, in a gap.
    """

    name: str
    source: SourceConfig
    portal: Portal
    visitor: Visitor
    store: Store
    clock: Callable[[], datetime]
    stop: threading.Event
    report: Callable[[str], None]
    triage: Callable[[Listing, bool, datetime | None], Triage]
    fresh_from: datetime
    """Where a first round begins to tell."""
    conditional: bool = True
    """Whether 'only if changed' may be asked."""

    seen: Seen = field(default_factory=Seen)
    troubles: list[Trouble] = field(default_factory=list)
    gaps: list[Trouble] = field(default_factory=list)
    first_pages: list[Capture] = field(default_factory=list)
    barred: bool = False
    complete: bool = True
    """Whether all that was not read is noted as a gap."""

    def __post_init__(self) -> None:
        self.row = self.store.sources.get(self.name)
        self.baseline = self.row.baseline_at is None
        self.began = self.clock()
        good = self.row.horizon_at
        if good is not None and good > self.began:
            good = None  # written by a clock that was set back since: it proves nothing
        self.good = good
        overlap = timedelta(seconds=self.source.overlap)
        self.horizon = good - overlap if good else self.fresh_from

    def read_list(
        self, first: Request, since: datetime, limit: int, gap: Gap | None = None
    ) -> Outcome:
        """Read a list page by page until its end, its horizon or the page limit."""
        request, outcome, shown, before = first, Outcome(), set[str](), frozenset[str]()
        for number in range(1, limit + 1):
            if self.stop.is_set():
                return replace(outcome, left=request, why="interrupted")
            page = self._read_page(request, number, gap)
            if isinstance(page, str):
                why = page
                return replace(outcome, left=request if why else None, why=why)
            ids = frozenset(listing.listing_id for listing in page.listings)
            if page.next is not None and number > 1 and ids <= shown and (ids or not before):
                self._note_repeat(first, number)
                return replace(outcome, ended=True, why=REPEATS)
            shown |= ids
            outcome = _sum_page(outcome, page, request, since)
            if page.lists or page.next is None:
                rows = len(shown) if _begins(gap, page) else None
                self._check_end(page, request, number, rows)
                return replace(outcome, ended=not page.lists)
            if _is_behind(page.listings, since):
                return replace(outcome, turn=outcome.turn or page.next)
            before, request = ids, page.next
            if gap is not None:
                self.store.gaps.move(gap.id, request)
        if gap is not None or self.seen.page_news or not self._was_read(outcome):
            return replace(outcome, left=request, why=PAGE_LIMIT)
        return replace(outcome, turn=outcome.turn or request)

    def _was_read(self, outcome: Outcome) -> bool:
        """Return whether known rows are those of a whole round, not of one that broke off."""
        return outcome.oldest is None or (self.good is not None and outcome.oldest < self.good)

    def _note_repeat(self, first: Request, number: int) -> None:
        missed = f"page {number} of the list {first.url}"
        self._add_unexplained([Trouble(SourceState.PARTIAL, REPEATS, missed)])

    def _check_end(self, page: ListPage, request: Request, number: int, rows: int | None) -> None:
        """Compare what a list showed with what it says it has; `rows` is None where unknown."""
        missed = f"the list {request.url}"
        if page.withheld:
            self.gaps.append(Trouble(SourceState.PARTIAL, page.withheld, missed))
        elif page.lists or rows is None:
            return
        elif page.pages is not None and number < page.pages:
            cause = f"the pager ends at page {number} of {page.pages}"
            self._add_unexplained([Trouble(SourceState.PARTIAL, cause, missed)])
        elif page.total is not None and rows < page.total * 0.9 - 1:
            cause = f"the list says it has {page.total} rows and showed {rows}"
            self._add_unexplained([Trouble(SourceState.PARTIAL, cause, missed)])

    def _read_page(self, request: Request, number: int, gap: Gap | None) -> ListPage | str:
        """Return a page; or why there is none, "" where it has not changed."""
        missed = f"page {number} of the list {request.url}"
        self.report(f"{self.name}: list page {number}")
        try:
            conditions = {} if gap else self._conditions(request, number)
            capture = self.visitor.ask(request, self.clock(), conditions)
            if capture.status == 304 and conditions:
                self.seen.unchanged += 1
                return ""
            if (refusal := self.portal.refused(capture)) is not None:
                return self._note_trouble(describe_refusal(refusal, missed))
            page = self.portal.read_listing(capture)
        except FetchError as error:
            if error.cause is FetchCause.STOPPING:
                return "interrupted"
            trouble = describe_failure(error, missed)
            self.barred |= error.cause is FetchCause.BUDGET
            return self._note_trouble(trouble)
        except PageError as error:
            advice = "it is asked for again in the next round; other sources go on"
            return self._note_trouble(Trouble(SourceState.DRIFTED, error.missing, missed, advice))
        except LayoutError as error:
            advice = "the portal changed its pages; see docs/portals.md"
            return self._note_trouble(Trouble(SourceState.DRIFTED, str(error), missed, advice))
        self._keep_page(page, capture, gap)
        self._add_unexplained(check_page(page, missed))
        return page

    def _add_unexplained(self, troubles: Sequence[Trouble]) -> None:
        """Add what no gap stands for: rows may be missing, nobody knows where."""
        self.complete &= not troubles
        self.troubles += troubles

    def _note_trouble(self, trouble: Trouble) -> str:
        # Asking on while blocked lengthens the ban.
        self.barred |= trouble.state in _BARRING
        self.troubles.append(trouble)
        return trouble.cause

    def _conditions(self, request: Request, number: int) -> Mapping[str, str]:
        """Ask 'only if changed' for first pages, where the last round saw the whole list."""
        plain = request.method == "GET" and number == 1
        if not plain or not self.conditional or self.row.state is not SourceState.CURRENT:
            return {}
        etag, modified = self.store.sources.get_validator(self.name, request.url)
        pairs = {"If-None-Match": etag, "If-Modified-Since": modified}
        return {name: value for name, value in pairs.items() if value}

    def _keep_page(self, page: ListPage, capture: Capture, gap: Gap | None) -> None:
        store, now = self.store, self.clock()
        rows = {listing.listing_id: self._fill_region(listing) for listing in page.listings}
        since = gap.span.since if gap else None
        pass_point("before rows")
        # Only this thread writes rows of this source; judging them takes longer than any lock may.
        diff = store.notices.diff(self.name, page.listings)
        flaws = check_rows(diff, rows, capture.url)
        judged = self._judge_rows(diff, rows, since, renews=bool(flaws))
        for start in range(0, len(judged), _CHUNK):
            if start:
                self.stop.wait(_BREATH)
            with store.db.immediate():
                for row, triage in judged[start : start + _CHUNK]:
                    store.notices.keep_listing(self.name, row, triage, capture.record_id, now)
                    pass_point("row kept")
        with store.db.immediate():
            if since is not None:
                for listing_id in store.notices.find_too_old(self.name, diff.known):
                    row = rows[listing_id]
                    store.notices.reconsider(
                        self.name, row, self.triage(row, True, since), capture.record_id, now
                    )
            store.notices.touch_known(self.name, diff.known, now)
            store.sources.add_issues(self.name, page.issues, capture.url, now)
        if capture.url in self.source.lists:
            self.first_pages.append(capture)
        late = None if gap or self.baseline else self.horizon
        self._add_unexplained(flaws)
        self.seen.count(page.listings, diff, late, usual=gap is None)

    def _judge_rows(
        self, diff: Diff, rows: Mapping[str, Listing], since: datetime | None, *, renews: bool
    ) -> list[tuple[Listing, Triage]]:
        """Return the new and changed rows, each with what becomes of it.

        What a site changed all at once is told in one digest.
        """
        renewed = self._find_renewed(rows) | {*(diff.changed if renews else ())}
        judged = [(rows[one], self.triage(rows[one], True, since)) for one in diff.new]
        judged += [(rows[one], self.triage(rows[one], False, since)) for one in diff.changed]
        return [
            (row, replace(triage, baseline=triage.baseline or row.listing_id in renewed))
            for row, triage in judged
        ]

    def _find_renewed(self, rows: Mapping[str, Listing]) -> set[str]:
        """Return the rows that are known notices under new ids, where the site seems to do that."""
        if self.baseline:
            return set()
        moved = self.store.notices.find_moved(self.name, list(rows.values()))
        renewed = self.seen.is_renewed(len(moved))
        self.seen.moved += len(moved)
        return moved if renewed else set()

    def _fill_region(self, listing: Listing) -> Listing:
        return listing if listing.region else replace(listing, region=self.source.region)


def _begins(gap: Gap | None, page: ListPage) -> bool:
    """Return whether a walk began at a list's first page, so that its rows can be counted."""
    if gap is None:
        return True
    fresh = gap.why.startswith(BACK_FILL) or gap.why == BROKE_OFF
    return fresh and gap.pages == 0 and page.span is not None


def _sum_page(outcome: Outcome, page: ListPage, request: Request, since: datetime) -> Outcome:
    dates = [row.published_at for row in page.listings if row.published_at is not None]
    older = bool(dates) and min(dates) < since
    return replace(
        outcome,
        turn=outcome.turn or (request if older else None),
        lists=page.lists,
        filtered=outcome.filtered or page.span is not None,
        newest=max(dates, default=outcome.newest),
        oldest=min(dates, default=outcome.oldest),
    )


def _is_behind(listings: Sequence[Listing], since: datetime) -> bool:
    """Stop on dates, never on known rows: late and corrected rows come out of order."""
    dates = [row.published_at for row in listings if row.published_at is not None]
    return bool(dates) and max(dates) + _DAY < since
