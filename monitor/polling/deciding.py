"""Decide whether a screened notice is told, and save it with all that follows from it.

Whoever reads notices, a poll or an import, brings them here: one transaction holds the notice,
its purchase, its twins, the decision even when it is no, and one delivery per receiver.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from monitor.alerting.content import build_content
from monitor.alerting.policy import (
    Decision,
    choose_receivers,
    decide_alert,
    list_untold,
    name_alert,
)
from monitor.config import Config
from monitor.models import Capture, Match, Notice, Reason
from monitor.points import pass_point
from monitor.screening.lists import SanctionLists
from monitor.screening.score import Screener
from monitor.store import Store
from monitor.store.alerts import AlertKind, NewAlert
from monitor.store.notices import StoredListing
from monitor.store.twins import Group
from monitor.text.sketches import Sketch


@dataclass(frozen=True)
class Decided:
    """A screened notice on its way into the store."""

    stored: StoredListing
    notice: Notice
    match: Match
    capture: Capture
    sketch: Sketch


@dataclass(frozen=True)
class Desk:
    """Save the notices of one source; `receivers` are those of its stanza, None for all."""

    name: str
    config: Config
    store: Store
    screener: Screener
    lists: SanctionLists
    receivers: Sequence[str] | None = None
    sample: bool = False

    def save(self, case: Decided, now: datetime) -> bool:
        """Save a notice and what follows; say whether somebody is told. Hold the write lock."""
        store, stored, notice, match = self.store, case.stored, case.notice, case.match
        group = store.twins.find_group(stored.id, self.name, case.sketch)
        decision, receivers = self._decide(stored, match, group)
        process = store.processes.link(notice, match.verdict)
        notice_id, _, changed = store.notices.save_version(
            stored.id,
            notice,
            match,
            case.capture,
            decision=str(decision.reason),
            process=process,
            watchlists=self.screener.watchlists.version,
            now=now,
        )
        store.twins.keep(stored.id, notice_id, case.sketch, group, now)
        store.sources.add_issues(self.name, notice.issues, notice.url, now)
        store.notices.mark_opened(stored.id)
        pass_point("notice saved")
        if not decision.tell:
            return False
        alert = self._make_alert(case, decision, notice_id, changed)
        digest = f"baseline:{self.name}" if stored.baseline else ""
        store.processes.note_told(process, now)
        return store.alerts.enqueue(alert, receivers, now, digest=digest)

    def _make_alert(
        self, case: Decided, decision: Decision, notice_id: int, changed: Sequence[str]
    ) -> NewAlert:
        match, lists = case.match, self.screener.watchlists
        alert_id = name_alert(self.name, case.stored.listing.listing_id, match.fingerprint)
        links = self.store.twins.find_links(case.stored.id)
        content = build_content(
            case.notice,
            match,
            {brand.id: brand for brand in lists.brands},
            case.capture,
            alert_id=alert_id,
            source=self.name,
            sample=self.sample,
            reason=decision.reason,
            changed=changed,
            agencies={agency.id: agency.name for agency in lists.agencies},
            lists=self.lists,
            links=[(link.source, link.url) for link in links],
        )
        return NewAlert(
            alert_id, AlertKind.NOTICE, self.name, notice_id, str(match.verdict),
            str(decision.reason), match.fingerprint, self.sample, content,
        )  # fmt: skip

    def _decide(
        self, stored: StoredListing, match: Match, group: Group | None
    ) -> tuple[Decision, list[str]]:
        """Return whether a notice is told, and to whom; `group` are its twins elsewhere."""
        twins = self.store.twins.list_told(group.id, stored.id) if group else []
        told = self.store.alerts.told_fingerprints(stored.id)
        seen = self.store.notices.last_version(stored.id) is not None
        decision = decide_alert(match, told, twins, seen=seen)
        receivers = choose_receivers(self.config.receivers, self.receivers, match.verdict)
        if decision.reason is Reason.SAME_NOTICE and (untold := list_untold(receivers, twins)):
            return Decision(True, match.reason), untold
        return decision, receivers
