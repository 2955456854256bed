"""Decide whether a screened notice is told, and save it with all that follows from it.

Whoever reads notices, a poll or an import, brings them here: one transaction holds the notice,
its purchase, its twins, the decision even when it is no, and one delivery per receiver.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

from monitor.alerting.content import build_content
from monitor.alerting.policy import (
    WITHHELD,
    Decision,
    decide_alert,
    find_objection,
    list_untold,
    name_alert,
)
from monitor.alerting.routecheck import map_files
from monitor.alerting.routes import choose_legs, describe_subject
from monitor.config import Config
from monitor.crashpoints import pass_point
from monitor.models import Capture, Match, Notice, Reason
from monitor.screening.lists import SanctionLists
from monitor.screening.score import Screener
from monitor.store import Store
from monitor.store.alerts import AlertKind, Leg, NewAlert
from monitor.store.database import Row
from monitor.store.notices import StoredListing
from monitor.store.tellings import Telling, find_telling
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
    """Save the notices of one source; `receivers` are those of its stanza, None for all.

    Where `digest` names one, all that is told goes there, under its `heading`.
    """

    name: str
    config: Config
    store: Store
    screener: Screener
    lists: SanctionLists
    receivers: Sequence[str] | None = None
    sample: bool = False
    digest: str = ""
    heading: str = ""

    def save(self, case: Decided, now: datetime) -> bool:
        """Save a notice and what follows; say whether somebody is told. Hold the write lock."""
        store, stored, notice, match = self.store, case.stored, case.notice, case.match
        group = store.twins.find_group(stored.id, self.name, case.sketch)
        telling = self._find_telling(case)
        before = store.notices.last_version(stored.id)
        decision, legs = self._decide(case, group, telling, now)
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
        if not decision.tell and decision.reason not in WITHHELD:
            return False
        alert = self._make_alert(case, decision, notice_id, changed, telling)
        alert.content["thread"] = store.processes.name_thread(process, stored.id)
        quiet = stored.baseline or self._is_relisted(before, changed)
        if digest := self.digest or (f"baseline:{self.name}" if quiet else ""):
            legs = [replace(leg, digest=digest, due=None) for leg in legs]
        return store.alerts.post(alert, legs, now) and decision.tell

    def _find_telling(self, case: Decided) -> Telling:
        replaced = self.store.twins.is_replaced(case.stored.id, case.sketch)
        return find_telling(self.store.db, case.stored.id, case.notice, replaced=replaced)

    def _is_relisted(self, before: Row | None, changed: Sequence[str]) -> bool:
        """Return whether a match changed with the watchlists alone: that is no news to hurry."""
        version = self.screener.watchlists.version
        return bool(before and changed == ("match",) and before["watchlist_version"] != version)

    def _make_alert(
        self,
        case: Decided,
        decision: Decision,
        notice_id: int,
        changed: Sequence[str],
        telling: Telling,
    ) -> NewAlert:
        match, lists = case.match, self.screener.watchlists
        identity = "\n".join(filter(None, (case.stored.listing.listing_id, telling.identity)))
        alert_id = name_alert(self.name, identity, match.fingerprint)
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
        if self.heading:
            content["digest_heading"] = self.heading
        return NewAlert(
            alert_id, AlertKind.NOTICE, self.name, notice_id, str(match.verdict),
            str(decision.reason), match.fingerprint, self.sample, content,
        )  # fmt: skip

    def decide(self, case: Decided, now: datetime) -> Decision:
        """Return what would be told of a notice, without saving it."""
        group = self.store.twins.find_group(case.stored.id, self.name, case.sketch)
        return self._decide(case, group, self._find_telling(case), now)[0]

    def _decide(
        self, case: Decided, group: Group | None, telling: Telling, now: datetime
    ) -> tuple[Decision, list[Leg]]:
        """Return whether a notice is told, and on which ways; `group` are its twins elsewhere."""
        stored, match = case.stored, case.match
        found = self.store.twins.list_told(group.id, stored.id) if group else []
        # Nobody heard of a twin that was withheld.
        twins = [twin for twin in found if twin.receivers]
        seen = self.store.notices.last_version(stored.id) is not None
        decision = decide_alert(match, telling.fingerprints, twins, seen=seen)
        legs = self._choose_legs(case, now)
        if decision.reason is Reason.SAME_NOTICE:
            untold = list_untold([leg.receiver for leg in legs], twins)
            legs = [leg for leg in legs if leg.receiver in untold]
            decision = Decision(True, match.reason) if legs else decision
        if decision.tell and (objection := self._find_objection(case, legs, now)):
            return Decision(False, objection), []
        return decision, legs

    def _find_objection(self, case: Decided, legs: Sequence[Leg], now: datetime) -> Reason | None:
        """Return why a notice that would be told is withheld, None where nothing is."""
        judgements, notice = self.store.judgements, case.notice
        process = self.store.processes.find(notice)
        judged = judgements.list_judged(case.stored.id, process)
        mutes = judgements.list_mutes(now)
        reason = find_objection(case.match, notice, self.name, mutes, judged)
        return reason or (None if legs else Reason.NO_ROUTE)

    def _choose_legs(self, case: Decided, now: datetime) -> list[Leg]:
        config, stanza = self.config, self.config.sources.get(self.name)
        covers = stanza.covers if stanza else []
        subject = describe_subject(case.notice, case.match, self.name, covers, self._files)
        return choose_legs(
            config.file.routes, config.receivers, self.receivers, subject, config.zone, now
        )

    @cached_property
    def _files(self) -> Mapping[str, str]:
        """The file of each watchlist entry."""
        return map_files(self.screener.watchlists)
