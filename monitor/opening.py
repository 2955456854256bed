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
from monitor.screening.score import Screener
from monitor.store import Store
from monitor.store.alerts import AlertKind, NewAlert
from monitor.store.notices import StoredListing
from monitor.text.privacy import mask_private
from monitor.web.visit import Visitor

log = logging.getLogger(__name__)

POISON_AFTER = 5
_FIRST_RETRY = timedelta(minutes=10)
_BATCH = 50


@dataclass
class Tally:
    """What opening brought, for the table after a round."""

    opened: int = 0
    unread: int = 0
    alerts: int = 0
    reviews: int = 0
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
            cause = (
                f"{tally.unread} of {tally.unread + tally.opened} notices have an unknown layout"
            )
            advice = "the portal changed its pages; see docs/portals.md"
            tally.troubles.append(Trouble(SourceState.DRIFTED, cause, "", advice))
        return tally

    def _try_open(self, stored: StoredListing, tally: Tally) -> bool:
        """Open one listing; False where the rest of the round is better left for later."""
        try:
            capture = self._get_capture(stored)
            if (refusal := self._refuse(stored, capture)) is not None:
                self._postpone(stored, refusal.cause)
                blocked = refusal.state is SourceState.BLOCKED
                # One notice that is not to be had makes the round partial, no more.
                one = refusal if blocked else replace(refusal, state=SourceState.PARTIAL)
                tally.troubles.append(one)
                return not blocked
            notice = self.portal.read_notice(capture, stored.listing)
        except FetchError as error:
            if error.cause is FetchCause.STOPPING:
                return False
            return self._note_failure(stored, error, tally)
        except LayoutError as error:
            self._postpone(stored, str(error))
            tally.unread += 1
            missed = f"a notice of unknown layout: {stored.listing.url}"
            tally.troubles.append(Trouble(SourceState.PARTIAL, str(error), missed))
            return True
        self._save(stored, notice, capture, tally)
        return True

    def _get_capture(self, stored: StoredListing) -> Capture:
        if stored.listing.content:
            row = self.store.notices.find_row(stored.id)
            return self.archive.read(row["record_id"])
        return self.visitor.get(stored.listing.url, now=self.clock())

    def _refuse(self, stored: StoredListing, capture: Capture) -> Trouble | None:
        refusal = self.portal.refused(capture)
        if refusal is None:
            return None
        return describe_refusal(refusal, f"the notice at {stored.listing.url}")

    def _note_failure(self, stored: StoredListing, error: FetchError, tally: Tally) -> bool:
        # One dead link is its own trouble; a host that does not answer is everybody's.
        host_wide = error.cause in (FetchCause.UNREACHABLE, FetchCause.TIMEOUT, FetchCause.BUDGET)
        trouble = describe_failure(error, f"the notice at {stored.listing.url}")
        tally.troubles.append(trouble if host_wide else replace(trouble, state=SourceState.PARTIAL))
        if error.cause is not FetchCause.BUDGET:
            self._postpone(stored, str(error))
        return not host_wide

    def _postpone(self, stored: StoredListing, error: str) -> None:
        poison = stored.attempts + 1 >= POISON_AFTER
        next_try = self.clock() + _FIRST_RETRY * 2**stored.attempts
        self.store.notices.postpone(stored.id, error, next_try, poison=poison)
        if poison:
            log.error("%s: given up after %d tries: %s", self.name, POISON_AFTER, error)
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
        )
        alert = NewAlert(
            alert_id, AlertKind.NOTICE, self.name, notice_id, str(match.verdict),
            str(decision.reason), match.fingerprint, sample, content,
        )  # fmt: skip
        receivers = choose_receivers(self.config.receivers, self.source.receivers, match.verdict)
        digest = f"baseline:{self.name}" if stored.baseline else ""
        self.store.processes.note_told(process, now)
        return alerts.enqueue(alert, receivers, now, digest=digest)
