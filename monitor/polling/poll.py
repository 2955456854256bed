"""Poll one source once: read its lists, tell new from known, open what matters, sum it up."""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from monitor.archive import Archive
from monitor.config import Config
from monitor.crashpoints import pass_point
from monitor.credentials import Secrets
from monitor.documents.parts import Limits
from monitor.documents.reader import DocumentReader
from monitor.errors import FetchError
from monitor.health import (
    TOLD_GAP,
    Trouble,
    describe_failure,
    find_news,
    make_gap_alert,
    make_loss_alert,
    make_renewal_alert,
    plan_next,
    sum_health,
)
from monitor.models import Capture, Listing, Request, SourceState, Span
from monitor.parsing.confinement import ConfinedPortal
from monitor.polling.attachments import Attachments
from monitor.polling.deciding import Desk
from monitor.polling.opening import Opener, Tally
from monitor.polling.relook import Looker
from monitor.polling.walk import Walk
from monitor.polling.watch import check_rate, check_round, check_silence
from monitor.portals import PORTALS
from monitor.portals.base import Portal
from monitor.screening.lists import SanctionLists
from monitor.screening.score import Screener
from monitor.stanzas import SourceConfig
from monitor.store import Store
from monitor.store.notices import TOO_OLD, Triage
from monitor.store.restoring import head_resumed
from monitor.store.sources import Health, SourceRow
from monitor.web.addresses import find_origins
from monitor.web.fetch import Fetcher, FetchRules
from monitor.web.manners import Manners, Pace, Robots
from monitor.web.signing import load_sign
from monitor.web.visit import Visitor

log = logging.getLogger(__name__)

# The name that SAM.gov, the only keyed portal so far, has for it.
_KEY_NAME = "api_key"
_WEEK = timedelta(days=7)
_DOWN = (SourceState.BLOCKED, SourceState.UNREACHABLE)


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
    unchecked: int
    waiting: int
    health: Health


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
    documents: DocumentReader
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
        try:
            # The rules too: a sign file that broke since the start is a state of its source.
            with Fetcher(make_rules(self.config, name), self.stop) as fetcher:
                visitor = self._make_visitor(name, source, fetcher)
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
        return Round(name, 0, 0, 0, 0, 0, 0, 0, waiting, health)

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
        pass_point("fetched")
        kept = self.archive.keep(capture, name)
        self.store.sources.keep_capture(name, kept)
        pass_point("capture noted")
        return kept

    def _run_round(
        self, name: str, source: SourceConfig, visitor: Visitor, since: datetime | None
    ) -> Round:
        portal = ConfinedPortal(source, self.stop)
        walk = self._make_walk(name, source, portal, visitor, since)
        if source.warm_up:
            self._warm_up(source, visitor, walk)
        walk.read_lists()
        if since is not None and not walk.barred and not self.stop.is_set():
            walk.plan_back_fill(since)
        walk.read_gaps(whole=since is not None)
        judged = self._judge_rows(name, source, walk)
        # Asking on while blocked lengthens the ban: what waits is opened in a later round.
        blocked = any(trouble.state is SourceState.BLOCKED for trouble in walk.troubles)
        idle = self.stop.is_set() or blocked
        tally = Tally() if idle else self._open(name, source, portal, visitor)
        if not (idle or any(t.state in _DOWN for t in tally.troubles)):
            self._look_again(name, source, portal, visitor)
        unread = self._find_unread(name)
        troubles = [*walk.troubles, *judged, *walk.gaps, *tally.troubles, *unread]
        health = sum_health(troubles)
        self._finish(name, source, health, walk, tally)
        return Round(
            name, walk.seen.listings, walk.seen.new, walk.seen.changed, tally.opened,
            tally.alerts, tally.reviews, tally.unchecked, self.store.notices.count_waiting(name),
            health,
        )  # fmt: skip

    def _make_walk(
        self,
        name: str,
        source: SourceConfig,
        portal: Portal,
        visitor: Visitor,
        since: datetime | None,
    ) -> Walk:
        lookback = source.lookback or self.config.lookback
        fresh_from = self.clock() - timedelta(seconds=lookback)
        baseline = self.store.sources.get(name).baseline_at is None
        return Walk(
            name, source, portal, visitor, self.store, self.clock, self.stop, self.report,
            triage=lambda row, is_new, gap: self._triage(
                source, row, baseline=baseline and is_new, fresh_from=fresh_from, gap=gap
            ),
            fresh_from=min(filter(None, (fresh_from, since if baseline else None))),
            conditional=since is None,
        )  # fmt: skip

    def _warm_up(self, source: SourceConfig, visitor: Visitor, walk: Walk) -> None:
        """Ask for the page that gives a site's cookies; what it says of itself comes later."""
        try:
            visitor.ask(Request(source.warm_up), self.clock())
        except FetchError as error:
            walk.troubles.append(describe_failure(error, f"the page {source.warm_up}"))
            walk.barred, walk.complete = True, False

    def _judge_rows(self, name: str, source: SourceConfig, walk: Walk) -> list[Trouble]:
        """Compare a round's rows with what the source usually shows."""
        if self.stop.is_set() or walk.barred:
            return []
        now = self.clock()
        rate, last_new = self.store.notices.find_rate(name, now)
        learned = self.store.expectations.get(name)
        return [
            *check_round(walk.seen, learned, source.expect),
            *check_silence(source.expect, last_new, rate, now),
            *self._check_rate(name, source, walk, now),
        ]

    def _check_rate(
        self, name: str, source: SourceConfig, walk: Walk, now: datetime
    ) -> list[Trouble]:
        """Compare the last week with what the stanza asks for, once a week has passed."""
        if walk.row.baseline_at is None or walk.row.baseline_at > now - _WEEK:
            return []
        return check_rate(source.expect, self.store.notices.count_new(name, now - _WEEK), _WEEK)

    def _find_unread(self, name: str) -> list[Trouble]:
        """Say that notices are known and unread, also in the rounds between two tries."""
        troubles = []
        if gaps := self.store.gaps.list_open(name):
            since = min(gap.span.since for gap in gaps)
            until = max(gap.span.until for gap in gaps)
            cause = f"{len(gaps)} lists are not read back to {since:%Y-%m-%d} yet"
            missed = f"rows of {since:%Y-%m-%d} to {until:%Y-%m-%d}"
            advice = "the next rounds read on by themselves"
            troubles.append(Trouble(SourceState.PARTIAL, cause, missed, advice))
        if number := self.store.notices.count_failing(name):
            cause = f"{number} notices could not be opened yet"
            advice = "they are tried again by themselves"
            troubles.append(Trouble(SourceState.PARTIAL, cause, "", advice))
        return troubles

    def _open(
        self, name: str, source: SourceConfig, portal: ConfinedPortal, visitor: Visitor
    ) -> Tally:
        # What was told after a backup that was restored is told again, together, and says so.
        resumed = head_resumed(self.store.db, self.store.sources.get(name))
        desk = Desk(
            name, self.config, self.store, self.screener, self.lists, source.receivers,
            sample=source.portal == "sample", heading=resumed,
            digest=f"baseline:{name}" if resumed else "",
        )  # fmt: skip
        attachments = Attachments(
            visitor, self.documents, portal.refused_file, Limits(), self.clock, self.report,
            self.stop,
        )  # fmt: skip
        opener = Opener(
            name, source, portal, self.store, self.archive, self.screener, desk, visitor,
            self.clock, self.report, attachments,
        )  # fmt: skip
        return opener.open_waiting()

    def _look_again(
        self, name: str, source: SourceConfig, portal: Portal, visitor: Visitor
    ) -> None:
        """Look again at told notices that are due; the sample's pages date themselves anew."""
        if self.config.file.evidence.look_again and source.portal != "sample":
            Looker(
                name, source, self.config, portal, self.store, self.archive, visitor, self.clock,
                self.report, self.stop,
            ).look_again()  # fmt: skip

    def _finish(
        self, name: str, source: SourceConfig, health: Health, walk: Walk, tally: Tally
    ) -> None:
        now, whole, store = self.clock(), not walk.troubles, self.store
        if self.stop.is_set():
            # An interrupted round says nothing about the source: it is simply due again.
            store.sources.plan_check(name, now)
            return
        with store.db.immediate():
            row = self._close_round(name, source, health, walk.seen.listings, whole=whole)
            pass_point("round closing")
            if walk.complete:
                self._move_on(name, walk, now)
            if whole:
                store.sources.keep_validators(name, walk.first_pages)
            if health.state is not SourceState.DRIFTED:
                shown = walk.seen.fields.shares() | tally.fields.shares()
                store.expectations.learn(name, shown)
            if tally.given_up:
                lost = make_loss_alert(row, tally.given_up, now)
                store.alerts.gather_self(lost, self._everyone(source), now)
            if walk.seen.is_renewed():
                renewal = make_renewal_alert(row, walk.seen.moved, now)
                store.alerts.gather_self(renewal, self._everyone(source), now)
            if walk.gaps and not walk.baseline and store.sources.get(name).told_state != TOLD_GAP:
                gap = make_gap_alert(row, walk.gaps, now)
                store.alerts.gather_self(gap, self._everyone(source), now)
                store.sources.note_told(name, TOLD_GAP)
        pass_point("round closed")

    def _move_on(self, name: str, walk: Walk, now: datetime) -> None:
        """Let the next round begin where this one did: all before is read or noted as a gap."""
        self.store.sources.finish_baseline(name, now)
        self.store.sources.move_horizon(name, walk.began)
        gaps = self.store.gaps
        left = [gap.span.until for gap in [*gaps.list_open(name), *gaps.list_lost(name)]]
        since = max([walk.find_reach(), *(until for until in left if until <= walk.began)])
        self.store.gaps.extend_reach(name, Span(since, walk.began))

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

    def _triage(
        self,
        source: SourceConfig,
        listing: Listing,
        *,
        baseline: bool,
        fresh_from: datetime,
        gap: datetime | None,
    ) -> Triage:
        """Judge a row; what a gap or a back-fill brings is told in one digest, as a first round.

        So is what is old, as after a month in which the source was off.
        """
        at, aside = listing.published_at, baseline or gap is not None
        quiet = aside or (at is not None and at < fresh_from)
        if source.open == "none" or PORTALS[source.portal].lists_only:
            return Triage(False, "the source records only", quiet)
        if aside and at is not None and at < (gap or fresh_from):
            return Triage(False, TOO_OLD, quiet)
        if source.open == "all":
            return Triage(True, "the source opens all", quiet)
        opens, why = self.screener.agencies.is_candidate(listing.title, listing.buyer)
        return Triage(opens, why, quiet)

    def _everyone(self, source: SourceConfig) -> list[str]:
        return self.config.list_self_receivers(source.receivers)

    def _tell_news(self, name: str, source: SourceConfig, row: SourceRow, now: datetime) -> None:
        news = find_news(row, now)
        if news is None:
            return
        self.store.alerts.gather_self(news, self._everyone(source), now)
        current = row.state is SourceState.CURRENT
        self.store.sources.note_told(name, "" if current else str(row.state))


def make_span(now: datetime) -> Span:
    """Return the last day, for who only wants to know whether a source answers."""
    return Span(now - timedelta(days=1), now)


def make_rules(config: Config, name: str) -> FetchRules:
    """Return how a source is asked; raise ValueError for a bad proxy, SignError for a bad hook."""
    source, secrets = config.sources[name], config.secrets.get(name, Secrets())
    folder = config.path.resolve().parent
    return FetchRules(
        user_agent=config.user_agent,
        deadline=source.deadline,
        allow_loopback=source.allow_loopback,
        loopback_origins=find_origins(source.addresses()),
        verify_tls=source.verify_tls,
        legacy_tls=source.legacy_tls,
        ca_file=source.ca_file,
        proxy=source.proxy,
        headers=source.headers,
        cookie=secrets.cookie,
        key=(_KEY_NAME, secrets.key) if secrets.key else None,
        sign=load_sign(folder / source.sign) if source.sign else None,
        home=tuple(source.addresses()),
    )
