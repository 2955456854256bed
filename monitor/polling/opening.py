"""Open waiting listings: get, archive, read with their attachments, screen, decide."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from monitor.archive import Archive
from monitor.crashpoints import pass_point
from monitor.errors import FetchCause, FetchError, LayoutError
from monitor.health import Trouble, describe_failure, describe_refusal
from monitor.models import Capture, Issue, Match, Notice, SourceState, Verdict
from monitor.parsing.wire import PageError
from monitor.polling.attachments import Attached, Attachments
from monitor.polling.deciding import Decided, Desk
from monitor.polling.watch import compare_shares, describe_opened
from monitor.portals.base import Portal
from monitor.screening.score import Screener
from monitor.stanzas import SourceConfig
from monitor.store import Store
from monitor.store.expectations import Fields
from monitor.store.notices import ListingState, StoredListing
from monitor.text.privacy import mask_address, mask_private
from monitor.text.sketches import take_sketch
from monitor.web.visit import Visitor

log = logging.getLogger(__name__)

POISON_AFTER = 5
_FIRST_RETRY = timedelta(minutes=10)
_POISON_RETRY = timedelta(days=7)
_LONGEST_STREAK = 3
# Pages that cost all the time or memory that reading may take; the rest waits for a later round.
_MOST_COSTLY = 3
_BATCH = 50
# Fewer notices than this prove no change of layout by what they lack.
_FEW_NOTICES = 3
# What could not be read of an attachment is tried again after these, and then left.
_RECHECKS = (
    timedelta(hours=1),
    timedelta(hours=6),
    timedelta(days=1),
    timedelta(days=3),
    timedelta(days=7),
)


@dataclass
class Tally:
    """What opening brought, for the table after a round."""

    opened: int = 0
    unread: int = 0
    alerts: int = 0
    reviews: int = 0
    unchecked: int = 0
    streak: int = 0
    costly: int = 0
    given_up: list[str] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)
    fields: Fields = field(default_factory=Fields)
    missing: Counter[str] = field(default_factory=Counter)

    def count(self, notice: Notice) -> None:
        """Add which fields an opened notice has."""
        self.fields.add(describe_opened(notice))
        for issue in notice.issues:
            if issue.kind in ("missing anchor", "missing field"):
                self.missing[issue.field] += 1

    def list_missing(self) -> list[Trouble]:
        """Return a trouble per part that answers used to have and most have no more."""
        advice = "the portal changed its pages; see docs/portals.md"
        return [
            Trouble(
                SourceState.DRIFTED, f"{number} of {self.opened} notices lack {name}", "", advice
            )
            for name, number in self.missing.items()
            if number > self.opened / 2
        ]


@dataclass(frozen=True)
class Opener:
    """Open the listings of one source during one round."""

    name: str
    source: SourceConfig
    portal: Portal
    store: Store
    archive: Archive
    screener: Screener
    desk: Desk
    visitor: Visitor
    clock: Callable[[], datetime]
    report: Callable[[str], None]
    attachments: Attachments

    def open_waiting(self) -> Tally:
        """Open every listing that is due; stop where the source stops answering."""
        tally = Tally()
        while batch := self.store.notices.list_waiting(self.name, self.clock(), _BATCH):
            for stored in batch:
                self.report(f"{self.name}: opening {mask_private(stored.listing.title)[:40]}")
                if not self._try_open(stored, tally):
                    return tally
        tally.troubles += tally.list_missing()
        learned = self.store.expectations.get(self.name)
        tally.troubles += compare_shares(tally.fields.shares(), learned, {}, few=_FEW_NOTICES)
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
            whole, attached = self._read_attachments(notice)
            self._save(stored, notice, whole, attached, capture, tally)
        except FetchError as error:
            if error.cause is FetchCause.STOPPING:
                return False
            return self._note_trouble(stored, describe_failure(error, missed), tally)
        except PageError as error:
            self._note_trouble(stored, Trouble(SourceState.PARTIAL, error.missing, missed), tally)
            tally.costly += error.costly
            return tally.costly < _MOST_COSTLY
        except LayoutError as error:
            tally.unread += 1
            trouble = Trouble(SourceState.PARTIAL, str(error), missed)
            return self._note_trouble(stored, trouble, tally)
        except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
            # A page that breaks the reading is one notice lost from sight, not a source.
            log.exception("%s: %s could not be read", self.name, mask_address(stored.listing.url))
            cause = f"the program failed on it: {type(error).__name__}"
            return self._note_trouble(stored, Trouble(SourceState.PARTIAL, cause, missed), tally)
        tally.streak = 0
        return True

    def _get_capture(self, stored: StoredListing) -> Capture:
        if stored.listing.content:
            row = self.store.notices.find_row(stored.id)
            return self.archive.read(row["record_id"])
        return self.visitor.ask(self.portal.ask_notice(stored.listing), self.clock())

    def _read_attachments(self, notice: Notice) -> tuple[Notice, tuple[Attached, ...]]:
        """Return a notice with the text of its attachments, if its buyer is an organ."""
        if not (notice.documents and self.source.attachments):
            return notice, ()
        if self.screener.agencies.judge_buyer(notice, self.source.default_organ) is None:
            return notice, ()
        return self.attachments.read_all(notice)

    def _note_trouble(self, stored: StoredListing, trouble: Trouble, tally: Tally) -> bool:
        """Put a listing back; False where its host, not the notice, is in trouble."""
        host_wide = trouble.state in (SourceState.BLOCKED, SourceState.UNREACHABLE)
        one = trouble if host_wide else replace(trouble, state=SourceState.PARTIAL)
        tally.troubles.append(one)
        if host_wide or trouble.fetch is FetchCause.BUDGET:
            # An outage says nothing against the notice: it does not count as a try.
            at = self.clock() + _FIRST_RETRY
            self.store.notices.defer(stored.id, trouble.cause, at)
            tally.streak += 1
            return trouble.cause.startswith("HTTP 5") and tally.streak < _LONGEST_STREAK
        self._postpone(stored, trouble.cause, tally)
        return True

    def _postpone(self, stored: StoredListing, error: str, tally: Tally) -> None:
        if stored.state is ListingState.OPENED:
            self._plan_recheck(stored, self.clock())
            return
        poison = stored.attempts + 1 >= POISON_AFTER
        wait = _POISON_RETRY if poison else _FIRST_RETRY * 2**stored.attempts
        self.store.notices.postpone(stored.id, error, self.clock() + wait, poison=poison)
        if poison and stored.state is not ListingState.POISON:
            log.error("%s: given up after %d tries: %s", self.name, POISON_AFTER, error)
            tally.given_up.append(stored.listing.url)
            issue = Issue("poison notice", "url", stored.listing.url, stored.listing.url)
            self.store.sources.add_issues(self.name, [issue], stored.listing.url, self.clock())

    def _save(
        self,
        stored: StoredListing,
        own: Notice,
        notice: Notice,
        attached: Sequence[Attached],
        capture: Capture,
        tally: Tally,
    ) -> None:
        """Screen a notice and save it with what follows; `own` is without its attachments."""
        # Screening is pure and may take long: it stays outside the lock.
        match = self.screener.screen(notice, default_organ=self.source.default_organ)
        sketch, now = take_sketch(own), self.clock()
        case = Decided(stored, notice, match, capture, sketch)
        with self.store.db.immediate():
            told = self.desk.save(case, now)
            self._keep_attached(stored, attached, match, now)
            pass_point("deciding")
        pass_point("decided")
        tally.opened += 1
        tally.unchecked += match.organ is not None and not match.checkable
        tally.count(own)
        if told:
            tally.alerts += match.verdict is Verdict.ALERT
            tally.reviews += match.verdict is Verdict.REVIEW
            log.info("%s: %s: %s", self.name, match.verdict, mask_private(notice.title))

    def _keep_attached(
        self, stored: StoredListing, attached: Sequence[Attached], match: Match, now: datetime
    ) -> None:
        """Keep what became of attachments; what was not read is tried again, ever more seldom."""
        documents = self.store.documents
        documents.keep(stored.id, [_describe_attached(one) for one in attached], now)
        if match.organ is None or all(one.document.read for one in attached):
            documents.end_rechecks(stored.id)
            return
        self._plan_recheck(stored, now)

    def _plan_recheck(self, stored: StoredListing, now: datetime) -> None:
        tries = self.store.documents.count_rechecks(stored.id)
        wait = _RECHECKS[tries] if tries < len(_RECHECKS) else None
        at = now + wait if wait is not None else None
        self.store.documents.plan_recheck(stored.id, at)


def _describe_attached(one: Attached) -> dict[str, Any]:
    """Return an attachment as the store keeps it; nobody's name or number in its name."""
    document = one.document
    return {
        "url": document.url, "name": mask_private(document.name), "read": bool(document.read),
        "why": mask_private(document.why), "kind": one.kind, "record_id": document.record_id,
        "sha256": document.sha256,
    }  # fmt: skip
