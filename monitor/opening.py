"""Open waiting listings: get, archive, read, screen, decide, and save it all in one transaction."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from monitor.alerting.content import build_content
from monitor.alerting.policy import choose_receivers, decide_alert, name_alert
from monitor.archive import Archive
from monitor.config import Config, SourceConfig
from monitor.errors import FetchCause, FetchError, LayoutError
from monitor.health import Trouble, describe_failure, describe_refusal
from monitor.models import Capture, Issue, Match, Notice, SourceState, Verdict
from monitor.portals.base import Portal
from monitor.screening.lists import SanctionLists
from monitor.screening.score import Screener
from monitor.store import Store
from monitor.store.alerts import AlertKind, NewAlert
from monitor.store.notices import ListingState, StoredListing
from monitor.text.privacy import mask_private
from monitor.web.visit import Visitor

log = logging.getLogger(__name__)

POISON_AFTER = 5
_FIRST_RETRY = timedelta(minutes=10)
_POISON_RETRY = timedelta(days=7)
_LONGEST_STREAK = 3
_BATCH = 50


@dataclass
class Tally:
    """What opening brought, for the table after a round."""

    opened: int = 0
    unread: int = 0
    alerts: int = 0
    reviews: int = 0
    streak: int = 0
    given_up: list[str] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)


@dataclass(frozen=True)
class Opener:
    """Open the listings of one source during one round."""

    name: str
    source: SourceConfig
    config: Config
    portal: Portal
    store: Store
    archive: Archive
    screener: Screener
    lists: SanctionLists
    visitor: Visitor
    clock: Callable[[], datetime]
    report: Callable[[str], None]

    def open_waiting(self) -> Tally:
        """Open every listing that is due; stop where the source stops answering."""
        tally = Tally()
        while batch := self.store.notices.list_waiting(self.name, self.clock(), _BATCH):
            for stored in batch:
                self.report(f"{self.name}: opening {stored.listing.title[:40]}")
                if not self._try_open(stored, tally):
                    return tally
        if tally.unread > tally.opened:
            tried = tally.unread + tally.opened
            cause = f"{tally.unread} of {tried} notices have an unknown layout"
            advice = "the portal changed its pages; see docs/portals.md"
            tally.troubles.append(Trouble(SourceState.DRIFTED, cause, "", advice))
        return tally

    def _try_open(self, stored: StoredListing, tally: Tally) -> bool:
        """Open one listing; False where the rest of the round is better left for later."""
        missed = f"the notice at {stored.listing.url}"
        try:
            capture = self._get_capture(stored)
            if (refusal := self.portal.refused(capture)) is not None:
                return self._note_trouble(stored, describe_refusal(refusal, missed), tally)
            notice = self.portal.read_notice(capture, stored.listing)
            self._save(stored, notice, capture, tally)
        except FetchError as error:
            if error.cause is FetchCause.STOPPING:
                return False
            return self._note_trouble(stored, describe_failure(error, missed), tally)
        except LayoutError as error:
            tally.unread += 1
            trouble = Trouble(SourceState.PARTIAL, str(error), missed)
            return self._note_trouble(stored, trouble, tally)
        except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
            # A page that breaks the reading is one notice lost from sight, not a source.
            log.exception("%s: %s could not be read", self.name, stored.listing.url)
            cause = f"the program failed on it: {type(error).__name__}"
            return self._note_trouble(stored, Trouble(SourceState.PARTIAL, cause, missed), tally)
        tally.streak = 0
        return True

    def _get_capture(self, stored: StoredListing) -> Capture:
        if stored.listing.content:
            row = self.store.notices.find_row(stored.id)
            return self.archive.read(row["record_id"])
        return self.visitor.get(stored.listing.url, now=self.clock())

    def _note_trouble(self, stored: StoredListing, trouble: Trouble, tally: Tally) -> bool:
        """Put a listing back; False where its host, not the notice, is in trouble."""
        host_wide = trouble.state in (SourceState.BLOCKED, SourceState.UNREACHABLE)
        one = trouble if host_wide else replace(trouble, state=SourceState.PARTIAL)
        tally.troubles.append(one)
        if host_wide or "daily budget" in trouble.cause:
            # An outage says nothing against the notice: it does not count as a try.
            at = self.clock() + _FIRST_RETRY
            self.store.notices.defer(stored.id, trouble.cause, at)
            tally.streak += 1
            return trouble.cause.startswith("HTTP 5") and tally.streak < _LONGEST_STREAK
        self._postpone(stored, trouble.cause, tally)
        return True

    def _postpone(self, stored: StoredListing, error: str, tally: Tally) -> None:
        poison = stored.attempts + 1 >= POISON_AFTER
        wait = _POISON_RETRY if poison else _FIRST_RETRY * 2**stored.attempts
        self.store.notices.postpone(stored.id, error, self.clock() + wait, poison=poison)
        if poison and stored.state is not ListingState.POISON:
            log.error("%s: given up after %d tries: %s", self.name, POISON_AFTER, error)
            tally.given_up.append(stored.listing.url)
            issue = Issue("poison notice", "url", stored.listing.url, stored.listing.url)
            self.store.sources.add_issues(self.name, [issue], stored.listing.url, self.clock())

    def _save(self, stored: StoredListing, notice: Notice, capture: Capture, tally: Tally) -> None:
        # Screening is pure and may take long: it stays outside the lock.
        match = self.screener.screen(notice, default_organ=self.source.default_organ)
        now = self.clock()
        with self.store.db.immediate():
            told = self._save_decided(stored, notice, match, capture, now)
        tally.opened += 1
        if told:
            tally.alerts += match.verdict is Verdict.ALERT
            tally.reviews += match.verdict is Verdict.REVIEW
            log.info("%s: %s: %s", self.name, match.verdict, mask_private(notice.title))

    def _save_decided(
        self, stored: StoredListing, notice: Notice, match: Match, capture: Capture, now: datetime
    ) -> bool:
        notices, alerts = self.store.notices, self.store.alerts
        decision = decide_alert(match, alerts.told_fingerprints(stored.id))
        process = self.store.processes.link(notice, match.verdict)
        notice_id, _, changed = notices.save_version(
            stored.id,
            notice,
            match,
            capture,
            decision=str(decision.reason),
            process=process,
            watchlists=self.screener.watchlists.version,
            now=now,
        )
        self.store.sources.add_issues(self.name, notice.issues, notice.url, now)
        notices.mark_opened(stored.id)
        if not decision.tell:
            return False
        sample = self.source.portal == "sample"
        alert_id = name_alert(self.name, stored.listing.listing_id, match.fingerprint)
        content = build_content(
            notice,
            match,
            {brand.id: brand for brand in self.screener.watchlists.brands},
            capture,
            alert_id=alert_id,
            source=self.name,
            sample=sample,
            reason=decision.reason,
            changed=changed,
            agencies={agency.id: agency.name for agency in self.screener.watchlists.agencies},
            lists=self.lists,
        )
        alert = NewAlert(
            alert_id, AlertKind.NOTICE, self.name, notice_id, str(match.verdict),
            str(decision.reason), match.fingerprint, sample, content,
        )  # fmt: skip
        receivers = choose_receivers(self.config.receivers, self.source.receivers, match.verdict)
        digest = f"baseline:{self.name}" if stored.baseline else ""
        self.store.processes.note_told(process, now)
        return alerts.enqueue(alert, receivers, now, digest=digest)
