"""Poll one source once: read its lists, tell new from known, open what matters, sum it up."""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from monitor.archive import Archive
from monitor.config import Config, SourceConfig
from monitor.errors import FetchError, LayoutError
from monitor.health import (
    Trouble,
    describe_failure,
    describe_refusal,
    find_news,
    make_gap_alert,
    make_loss_alert,
    plan_next,
    sum_health,
)
from monitor.models import Capture, Listing, SourceState
from monitor.opening import Opener, Tally
from monitor.portals import PORTALS
from monitor.portals.base import ListPage, Portal
from monitor.screening.lists import SanctionLists
from monitor.screening.score import Screener
from monitor.store import Store
from monitor.store.notices import Triage
from monitor.store.sources import Health, SourceRow
from monitor.web.addresses import find_origins
from monitor.web.fetch import Fetcher, FetchRules
from monitor.web.manners import Manners, Pace, Robots
from monitor.web.visit import Visitor

log = logging.getLogger(__name__)

_MOST_MISSING = 0.5


@dataclass(frozen=True)
class Round:
    """What one poll of one source brought."""

    source: str
    listings: int
    new: int
    changed: int
    opened: int
    alerts: int
    reviews: int
    waiting: int
    health: Health


@dataclass
class _Seen:
    """What the lists of a round held so far."""

    listings: int = 0
    new: int = 0
    changed: int = 0


@dataclass(frozen=True)
class Poller:
    """Everything a poll needs; one for all sources, safe to use from several threads."""

    config: Config
    store: Store
    archive: Archive
    screener: Screener
    lists: SanctionLists
    manners: Manners
    robots: Robots
    stop: threading.Event
    clock: Callable[[], datetime]
    report: Callable[[str], None] = lambda _: None
    rng: random.Random = field(default_factory=random.Random)

    def poll_source(self, name: str, since: datetime | None = None) -> Round:
        """Poll one source and note how it went; whatever breaks a round becomes its state.

        `since` reaches further back than the source's own horizon.
        """
        source = self.config.sources[name]
        self.store.sources.ensure(name, sample=source.portal == "sample")
        self.store.sources.start_round(name, self.clock())
        with Fetcher(make_rules(source, self.config.user_agent), self.stop) as fetcher:
            visitor = self._make_visitor(name, source, fetcher)
            try:
                return self._run_round(name, source, visitor, since)
            except Exception as error:
                log.exception("%s: the round failed", name)
                return self._note_break(name, source, error)

    def _note_break(self, name: str, source: SourceConfig, error: Exception) -> Round:
        """Say that a round broke off: a full disk, a page that breaks the program."""
        cause = f"the program failed: {type(error).__name__}: {str(error)[:200]}"
        advice = "see the log; free space on the disk if it is full; report it if it stays"
        missed = "the rest of the round"
        health = sum_health([Trouble(SourceState.PARTIAL, cause, missed, advice)])
        with self.store.db.immediate():
            self._close_round(name, source, health, 0, whole=False)
        waiting = self.store.notices.count_waiting(name)
        return Round(name, 0, 0, 0, 0, 0, 0, waiting, health)

    def _make_visitor(self, name: str, source: SourceConfig, fetcher: Fetcher) -> Visitor:
        return Visitor(
            fetcher=fetcher,
            manners=self.manners,
            robots=self.robots,
            pace=Pace(delay=source.delay, jitter=source.jitter, budget=source.budget),
            obey_robots=source.obey_robots,
            on_capture=lambda capture: self._keep_capture(name, capture),
        )

    def _keep_capture(self, name: str, capture: Capture) -> Capture:
        kept = self.archive.keep(capture, name)
        self.store.sources.keep_capture(name, kept)
        return kept

    def _run_round(
        self, name: str, source: SourceConfig, visitor: Visitor, since: datetime | None
    ) -> Round:
        portal = PORTALS[source.portal](source)
        row = self.store.sources.get(name)
        walk = _Walk(self, name, source, portal, visitor, row, since)
        for url in portal.first_urls():
            walk.read_list(url)
        tally = self._open(name, source, portal, visitor) if not self.stop.is_set() else Tally()
        unread = self._find_unread(name)
        health = sum_health([*walk.troubles, *walk.gaps, *tally.troubles, *unread])
        self._finish(name, source, health, walk, tally)
        return Round(
            name, walk.seen.listings, walk.seen.new, walk.seen.changed, tally.opened,
            tally.alerts, tally.reviews, self.store.notices.count_waiting(name), health,
        )  # fmt: skip

    def _find_unread(self, name: str) -> list[Trouble]:
        """Say that notices are known and unread, also in the rounds between two tries."""
        number = self.store.notices.count_failing(name)
        if not number:
            return []
        cause = f"{number} notices could not be opened yet"
        return [Trouble(SourceState.PARTIAL, cause, "", "they are tried again by themselves")]

    def _open(self, name: str, source: SourceConfig, portal: Portal, visitor: Visitor) -> Tally:
        opener = Opener(
            name, source, self.config, portal, self.store, self.archive, self.screener,
            self.lists, visitor, self.clock, self.report,
        )  # fmt: skip
        return opener.open_waiting()

    def _finish(
        self, name: str, source: SourceConfig, health: Health, walk: _Walk, tally: Tally
    ) -> None:
        now, whole = self.clock(), not walk.troubles
        if self.stop.is_set():
            # An interrupted round says nothing about the source: it is simply due again.
            self.store.sources.plan_check(name, now)
            return
        with self.store.db.immediate():
            row = self._close_round(name, source, health, walk.seen.listings, whole=whole)
            if whole:
                self.store.sources.finish_baseline(name, now)
                self.store.sources.keep_validators(name, walk.first_pages)
            if tally.given_up:
                lost = make_loss_alert(row, tally.given_up, now)
                self.store.alerts.enqueue(lost, self._everyone(source), now)
            if walk.gaps and not walk.baseline:
                gap = make_gap_alert(row, walk.gaps, now)
                self.store.alerts.enqueue(gap, self._everyone(source), now)

    def _close_round(
        self, name: str, source: SourceConfig, health: Health, listings: int, *, whole: bool
    ) -> SourceRow:
        """Note a round's end, let its digest go, plan the next and tell of trouble."""
        now, sources = self.clock(), self.store.sources
        sources.finish_round(name, health, listings, now, whole=whole)
        if not whole:
            # After a torn round a 304 would hide the pages that were not read.
            sources.forget_validators(name)
        self.store.alerts.release(f"baseline:{name}", now)
        row = sources.get(name)
        sources.plan_check(name, plan_next(source, health, row.failures, now, self.rng.random()))
        self._tell_news(name, source, row, now)
        return row

    def _everyone(self, source: SourceConfig) -> list[str]:
        return source.receivers or list(self.config.receivers)

    def _tell_news(self, name: str, source: SourceConfig, row: SourceRow, now: datetime) -> None:
        news = find_news(row, now)
        if news is None:
            return
        self.store.alerts.enqueue(news, self._everyone(source), now)
        current = row.state is SourceState.CURRENT
        self.store.sources.note_told(name, "" if current else str(row.state))


@dataclass
class _Walk:
    """The way through the lists of one source in one round."""

    poller: Poller
    name: str
    source: SourceConfig
    portal: Portal
    visitor: Visitor
    row: SourceRow
    since: datetime | None

    def __post_init__(self) -> None:
        self.seen = _Seen()
        self.troubles: list[Trouble] = []
        self.gaps: list[Trouble] = []
        self.page_news = 0
        self.first_pages: list[Capture] = []
        self.baseline = self.row.baseline_at is None
        lookback = self.source.lookback or self.poller.config.lookback
        now = self.poller.clock()
        self.fresh_from = min(filter(None, (now - timedelta(seconds=lookback), self.since)))
        good = self.row.last_good_at
        if good is not None and good > now:
            good = None  # written by a clock that was set back since: it proves nothing
        overlap = timedelta(seconds=self.source.overlap)
        self.horizon = self.since or (good - overlap if good else self.fresh_from)

    def read_list(self, first_url: str) -> None:
        """Read a list page by page until its end, its horizon or the page limit."""
        url, before = first_url, frozenset[str]()
        for number in range(1, self.source.pages + 1):
            page = self._read_page(url, number)
            if page is None:
                return
            ids = frozenset(listing.listing_id for listing in page.listings)
            if ids and ids == before:
                cause = "the pager shows the page before again"
                missed = f"page {number} of the list {first_url}"
                self.troubles.append(Trouble(SourceState.PARTIAL, cause, missed))
                return
            before = ids
            if not page.next_url or self._is_behind(page.listings):
                return
            url = page.next_url
        if self.page_news:
            self._note_gap(first_url)

    def _note_gap(self, first_url: str) -> None:
        """Say that the page limit came before known rows; what lies behind is not asked for."""
        cause = "the list was not read to its horizon"
        missed = f"{first_url}: more than {self.source.pages} pages since {self.horizon:%Y-%m-%d}"
        advice = "raise pages for this source or poll it more often; poll --since closes the gap"
        self.gaps.append(Trouble(SourceState.PARTIAL, cause, missed, advice))

    def _is_behind(self, listings: Sequence[Listing]) -> bool:
        """Stop on dates, never on known rows: late and corrected rows come out of order."""
        dates = [row.published_at for row in listings if row.published_at is not None]
        day = timedelta(days=1)
        return bool(dates) and max(dates) + day < self.horizon

    def _read_page(self, url: str, number: int) -> ListPage | None:
        missed = f"page {number} of the list {url}"
        poller = self.poller
        poller.report(f"{self.name}: list page {number}")
        try:
            conditions = self._conditions(url, number)
            capture = self.visitor.get(url, now=poller.clock(), headers=conditions)
            if capture.status == 304 and conditions:
                return None
            if (refusal := self.portal.refused(capture)) is not None:
                self.troubles.append(describe_refusal(refusal, missed))
                return None
            page = self.portal.read_listing(capture)
        except FetchError as error:
            self.troubles.append(describe_failure(error, missed))
            return None
        except LayoutError as error:
            advice = "the portal changed its pages; see docs/portals.md"
            self.troubles.append(Trouble(SourceState.DRIFTED, str(error), missed, advice))
            return None
        self._keep_page(page, capture)
        self._check_page(page, missed)
        return page

    def _conditions(self, url: str, number: int) -> Mapping[str, str]:
        """Ask 'only if changed' for first pages, where the last round saw the whole list."""
        if number > 1 or self.since or self.row.state is not SourceState.CURRENT:
            return {}
        etag, modified = self.poller.store.sources.get_validator(self.name, url)
        pairs = {"If-None-Match": etag, "If-Modified-Since": modified}
        return {name: value for name, value in pairs.items() if value}

    def _check_page(self, page: ListPage, missed: str) -> None:
        if not page.listings:
            advice = "open the list in a browser; a list without rows is unusual"
            cause = "the list has no rows"
            self.troubles.append(Trouble(SourceState.EMPTY, cause, missed, advice))
            return
        if any(issue.kind == "missing anchor" for issue in page.issues):
            cause = "the list has no pager: nobody knows whether it goes on"
            self.troubles.append(Trouble(SourceState.DRIFTED, cause, missed, ""))
        undated = sum(1 for row in page.listings if row.published_at is None)
        if undated > len(page.listings) * _MOST_MISSING:
            cause = f"{undated} of {len(page.listings)} rows have no readable date"
            self.troubles.append(Trouble(SourceState.DRIFTED, cause, missed, ""))

    def _keep_page(self, page: ListPage, capture: Capture) -> None:
        store, now = self.poller.store, self.poller.clock()
        rows = {listing.listing_id: listing for listing in page.listings}
        with store.db.immediate():
            diff = store.notices.diff(self.name, page.listings)
            for listing_id in (*diff.new, *diff.changed):
                triage = self._triage(rows[listing_id], is_new=listing_id in diff.new)
                listing = self._fill_region(rows[listing_id])
                store.notices.keep_listing(self.name, listing, triage, capture.record_id, now)
            store.notices.touch_known(self.name, diff.known, now)
            store.sources.add_issues(self.name, page.issues, capture.url, now)
        if capture.url in self.source.lists:
            self.first_pages.append(capture)
        self.page_news = len(diff.new)
        self.seen.listings += len(rows)
        self.seen.new += len(diff.new)
        self.seen.changed += len(diff.changed)

    def _fill_region(self, listing: Listing) -> Listing:
        return listing if listing.region else replace(listing, region=self.source.region)

    def _triage(self, listing: Listing, *, is_new: bool) -> Triage:
        baseline = self.baseline and is_new
        if self.source.open == "none":
            return Triage(False, "the source records only", baseline)
        if baseline and listing.published_at and listing.published_at < self.fresh_from:
            return Triage(False, "older than the lookback of a first round", baseline)
        if self.source.open == "all":
            return Triage(True, "the source opens all", baseline)
        opens, why = self.poller.screener.agencies.is_candidate(listing.title, listing.buyer)
        return Triage(opens, why, baseline)


def make_rules(source: SourceConfig, user_agent: str) -> FetchRules:
    """Return how a source is asked."""
    return FetchRules(
        user_agent=user_agent,
        deadline=source.deadline,
        allow_loopback=source.allow_loopback,
        loopback_origins=find_origins(source.lists),
        verify_tls=source.verify_tls,
        ca_file=source.ca_file,
        proxy=source.proxy,
    )
