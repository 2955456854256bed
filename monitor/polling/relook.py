"""Look again at told notices: changed or withdrawn at the source is news, told once.

A block page, an error of the server and a layout that cannot be read say nothing: the look is
tried again. Withdrawn is what was gone on two different days.
"""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from monitor.alerting.defuse import defuse, make_link
from monitor.archive import Archive
from monitor.config import Config
from monitor.errors import FetchCause, FetchError, LayoutError, StoreError
from monitor.health import make_self_alert
from monitor.models import Capture, Listing, Notice, Request, SourceState
from monitor.parsing.wire import PageError
from monitor.polling.differences import (
    TEXT,
    Difference,
    find_withdrawal,
    has_no_facts,
    list_differences,
)
from monitor.portals.base import Portal
from monitor.stanzas import SourceConfig
from monitor.store import Store
from monitor.store.alerts import AlertKind, NewAlert
from monitor.store.relooks import Look, RelookState
from monitor.store.tellings import name_purchase, stands_elsewhere
from monitor.text.privacy import mask_private
from monitor.text.sameness import is_other_purchase
from monitor.web.visit import Visitor

log = logging.getLogger(__name__)

CHANGED_AT_SOURCE = "CHANGED_AT_SOURCE"
WITHDRAWN_AT_SOURCE = "WITHDRAWN_AT_SOURCE"
# Looks of one round: what a long stop has made due goes over several rounds.
MOST_LOOKS = 5
# So many that differ alike, and none that does not: the site was rebuilt, or swept.
SITE_WIDE = 3
_GATHER_FOR = timedelta(minutes=10)
_LONGEST_VALUE = 300
_UNREADABLE = (ValueError, TypeError, LookupError, AttributeError, RecursionError)
_HOST_WIDE = (FetchCause.BUDGET, FetchCause.UNREACHABLE, FetchCause.TIMEOUT, FetchCause.TLS)


@dataclass(frozen=True)
class Told:
    """A notice as it was told: its capture, and its row where the list itself held it all."""

    notice: Notice
    capture: Capture
    row: Listing | None


@dataclass(frozen=True)
class Seen:
    """What a look saw; `cause` says how a notice is gone, or why nothing can be said.

    `barred` is whether the source answers nobody at present.
    """

    state: RelookState
    capture: Capture
    cause: str = ""
    differences: tuple[Difference, ...] = ()
    barred: bool = False


@dataclass(frozen=True)
class Case:
    """A look that came to a result."""

    look: Look
    told: Told
    seen: Seen


def are_alike(cases: Sequence[Case]) -> bool:
    """Return whether all looks of a round saw the same news, which may be the whole site's.

    Where a fact differs, such as a supplier, a notice was edited: that is news of its own.
    """
    states = {case.seen.state for case in cases}
    if states == {RelookState.CHANGED}:
        return all(one.field == TEXT for case in cases for one in case.seen.differences)
    gone = {RelookState.WITHDRAWN, RelookState.MISSING}
    return RelookState.WITHDRAWN in states and states <= gone


@dataclass(frozen=True)
class Looker:
    """Look again at the told notices of one source during one round."""

    name: str
    source: SourceConfig
    config: Config
    portal: Portal
    store: Store
    archive: Archive
    visitor: Visitor
    clock: Callable[[], datetime]
    report: Callable[[str], None]
    stop: threading.Event

    def look_again(self) -> int:
        """Plan the looks at what was told, make those that are due; return how many were made."""
        self.store.relooks.plan_missing(self.name, self.clock())
        made, cases = 0, list[Case]()
        for look in self.store.relooks.list_due(self.name, self.clock(), MOST_LOOKS):
            self.report(f"{self.name}: looking again at {mask_private(look.listing.title)[:40]}")
            if self.stop.is_set() or not self._try_look(look, cases):
                break
            made += 1
        self._note_all(cases)
        return made

    def _try_look(self, look: Look, cases: list[Case]) -> bool:
        """Make one look, add what it came to; False where the others are better left for later."""
        relooks = self.store.relooks
        try:
            told = self._read_told(look)
        except FetchError:
            return False  # the program is stopping
        except PageError as error:
            # It was read before: a busy machine, not the page.
            relooks.postpone(look, error.missing, self.clock())
            return True
        except (StoreError, LayoutError, *_UNREADABLE) as error:
            cause = f"what was told cannot be read any more: {type(error).__name__}"
            log.warning("%s: %s: %s", self.name, look.alert, error)
            relooks.note(look, RelookState.UNCLEAR, self.clock(), cause=cause)
            return True
        try:
            seen = self._find_elsewhere(look, self._see(look, told))
        except FetchError as error:
            if error.cause is not FetchCause.STOPPING:
                relooks.postpone(look, f"{error.cause}: {error.detail}", self.clock())
            return error.cause not in (*_HOST_WIDE, FetchCause.STOPPING)
        except (LayoutError, *_UNREADABLE) as error:
            relooks.postpone(look, f"not readable: {type(error).__name__}", self.clock())
            return True
        return self._judge_again(Case(look, told, seen), cases)

    # What was told, and what is there now -------------------------------------------------------

    def _read_told(self, look: Look) -> Told:
        """Return what was told, read by the program as it is now; then only the source differs."""
        capture = self.archive.read(look.compared)
        row = self._find_row(capture, look.listing.listing_id)
        return Told(self.portal.read_notice(capture, row or look.listing), capture, row)

    def _find_row(self, capture: Capture, listing_id: str) -> Listing | None:
        """Return the row of a notice in an answer that is a list, else None."""
        try:
            rows = self.portal.read_listing(capture).listings
        except (LayoutError, *_UNREADABLE):
            return None
        return next((row for row in rows if row.listing_id == listing_id), None)

    def _see(self, look: Look, told: Told) -> Seen:
        """Ask for a notice again and compare; where a list held it, ask for the list first."""
        if told.row is None:
            return self._judge(self._ask(self.portal.ask_notice(look.listing)), look.listing, told)
        capture = self._ask(_repeat_request(told.capture))
        if self.portal.refused(capture) is not None:
            return self._judge(capture, told.row, told)
        row = self._find_row(capture, look.listing.listing_id)
        if row is not None:
            return self._judge(capture, row, told)
        if not look.listing.url.startswith(("http://", "https://")):
            return Seen(RelookState.UNCHANGED, capture, "its row has left the list")
        page = self._ask(Request(look.listing.url))
        if why := find_withdrawal(page, told.notice.title, self.source.lists):
            return Seen(RelookState.MISSING, page, why)
        state = RelookState.UNCHANGED if page.status == 200 else RelookState.UNCLEAR
        return Seen(state, page, f"its row has left the list; its address: HTTP {page.status}")

    def _find_elsewhere(self, look: Look, seen: Seen) -> Seen:
        """Return a look whose notice is gone and stands under a new id as one without news."""
        gone = seen.state is RelookState.MISSING
        if not gone or not stands_elsewhere(self.store.db, look.notice):
            return seen
        return replace(seen, state=RelookState.UNCHANGED, cause="it stands under another id now")

    def _ask(self, request: Request) -> Capture:
        return self.visitor.ask(request, self.clock())

    def _judge(self, capture: Capture, listing: Listing, told: Told) -> Seen:
        refusal = self.portal.refused(capture)
        if refusal is None or refusal.state is SourceState.DRIFTED:
            why = find_withdrawal(capture, told.notice.title, self.source.lists)
            if why and told.row is None:
                return Seen(RelookState.MISSING, capture, why)
        if refusal is not None:
            barred = refusal.state is not SourceState.DRIFTED
            return Seen(RelookState.UNCLEAR, capture, refusal.cause, barred=barred)
        notice = self.portal.read_notice(capture, listing)
        if is_other_purchase(name_purchase(told.notice), name_purchase(notice)):
            return Seen(RelookState.MISSING, capture, "its address shows another purchase")
        if has_no_facts(told.notice, notice):
            return Seen(RelookState.UNCLEAR, capture, "the page shows none of the notice's facts")
        differences = list_differences(told.notice, notice)
        state = RelookState.CHANGED if differences else RelookState.UNCHANGED
        return Seen(state, capture, differences=differences)

    # What becomes of it --------------------------------------------------------------------------

    def _judge_again(self, case: Case, cases: list[Case]) -> bool:
        """Add a look that came to a result, put off one that did not; False where the rest waits.

        Gone on a second day is withdrawn.
        """
        now, look, seen = self.clock(), case.look, case.seen
        if seen.state is RelookState.UNCLEAR:
            self.store.relooks.postpone(look, seen.cause, now)
            return not seen.barred
        if seen.state is RelookState.MISSING and look.state is RelookState.MISSING:
            if look.looked_at is not None and look.looked_at.date() == now.date():
                self.store.relooks.postpone(look, seen.cause, now)
                return True
            case = replace(case, seen=replace(seen, state=RelookState.WITHDRAWN))
        cases.append(case)
        return True

    def _note_all(self, cases: Sequence[Case]) -> None:
        """Note what the looks of a round saw and tell it, in one transaction."""
        now, relooks = self.clock(), self.store.relooks
        changed = (RelookState.CHANGED, RelookState.WITHDRAWN)
        news = [case for case in cases if case.seen.state in changed]
        with self.store.db.immediate():
            for look, seen in ((case.look, case.seen) for case in cases):
                compared = seen.capture.record_id if seen.state is RelookState.CHANGED else ""
                relooks.note(look, seen.state, now, cause=seen.cause, compared=compared)
            wide = are_alike(cases) and self._tell_together(cases, news, now)
            for case in news:
                self._tell(case, now, wide=wide)
        for case in cases:
            log.info("%s: looked again at %s: %s", self.name, case.look.alert, case.seen.state)

    def _tell(self, case: Case, now: datetime, *, wide: bool) -> None:
        """Tell who was told of the notice; what falls together in a round goes in one message.

        Where it is the whole site's, the alert is kept for its evidence and sent to nobody.
        """
        receivers = [] if wide else self._list_receivers([case])
        alert = _make_alert(self.name, case.look, case.told, case.seen, now)
        digest = f"looks:{self.name}:{now:%Y-%m-%d}"
        self.store.alerts.enqueue(alert, receivers, now, digest=digest, due=now + _GATHER_FOR)

    def _tell_together(self, cases: Sequence[Case], news: Sequence[Case], now: datetime) -> bool:
        """Tell once a week that all that was looked at differs alike; False where it is too few."""
        alerts, alert = self.store.alerts, _make_site_alert(self.name, news, now)
        if alerts.has_alert(alert.id):
            return True
        if len(cases) < SITE_WIDE:
            return False
        return alerts.gather_self(alert, self._list_receivers(news), now)

    def _list_receivers(self, cases: Sequence[Case]) -> list[str]:
        """Return who was told of the notices; where none of them is configured any more, all."""
        relooks = self.store.relooks
        told = {name for case in cases for name in relooks.list_receivers(case.look.id)}
        known = [name for name in self.config.receivers if name in told]
        return known or self.config.list_self_receivers(self.source.receivers)


def _repeat_request(capture: Capture) -> Request:
    """Return the request that a capture answered."""
    kind = "application/json" if capture.sent[:1] in (b"{", b"[") else ""
    form = "application/x-www-form-urlencoded" if capture.sent else ""
    headers = (("Content-Type", kind or form),) if capture.sent else ()
    return Request(capture.url, capture.method, capture.sent, headers)


def _make_alert(source: str, look: Look, told: Told, seen: Seen, now: datetime) -> NewAlert:
    """Return the alert of a look; the same news of the same alert always has the same id."""
    withdrawn = seen.state is RelookState.WITHDRAWN
    news = "withdrawn" if withdrawn else repr(seen.differences)
    name = hashlib.sha256(f"{look.alert}\n{news}".encode("utf-8", "replace")).hexdigest()[:16]
    title = look.content.get("title_en") or look.content["title"]
    heading = "Withdrawn at the source" if withdrawn else "Changed at the source"
    content: dict[str, Any] = {
        "subject": mask_private(f"{heading}: {title}"),
        "body": "\n".join(_write_body(look, told, seen, now)),
        "sample": look.sample,
        # As in the alert of a notice: what an alert names here is kept for good.
        "evidence": _name_capture(seen.capture),
        "exhibits": [{"name": "as told", **_name_capture(told.capture)}],
        "later": {
            "of": look.alert,
            "state": str(seen.state),
            "cause": seen.cause,
            "before": told.capture.record_id,
            "after": seen.capture.record_id,
            "differences": [
                {name: mask_private(text) for name, text in asdict(one).items()}
                for one in seen.differences
            ],
        },
    }
    if thread := look.content.get("thread"):
        content["thread"] = thread
    reason = WITHDRAWN_AT_SOURCE if withdrawn else CHANGED_AT_SOURCE
    return NewAlert(
        name, AlertKind.SELF, source, look.notice, look.verdict, reason, "", look.sample, content
    )


def _make_site_alert(source: str, news: Sequence[Case], now: datetime) -> NewAlert:
    """Return the alert of a whole site; the same for all of one week."""
    gone = news[0].seen.state is RelookState.WITHDRAWN
    what = "are gone" if gone else "look different"
    why = "the site was moved or rebuilt" if gone else "the pages of the site were rebuilt"
    lines = [
        f"All told notices of the source '{source}' that were looked at again {what}.",
        f"It is likely that {why}; else all of them were {'taken down' if gone else 'edited'}.",
        *(f"Alert {case.look.alert}: {_show_title(case.look)}" for case in news),
        f"Compare one: tender-monitor evidence {news[0].look.alert}",
        "Where it is the site: see with tender-monitor check --live whether it is still read.",
        "More may follow this week without another message; tender-monitor alerts lists them.",
    ]
    subject = f"Source {source}: told notices {what}, all at once"
    alert = make_self_alert(subject, lines, source=source, sample=news[0].look.sample, now=now)
    week = hashlib.sha256(f"{subject}\n{now:%G-%V}".encode()).hexdigest()[:16]
    return replace(alert, id=week)


def _show_title(look: Look) -> str:
    return _show(look.content.get("title_en") or look.content["title"])


def _name_capture(capture: Capture) -> dict[str, str]:
    fetched = capture.fetched_at.isoformat(timespec="seconds")
    return {"sha256": capture.sha256, "record_id": capture.record_id, "fetched_at": fetched}


def _write_body(look: Look, told: Told, seen: Seen, now: datetime) -> list[str]:
    """Return the lines of a message that needs no other beside it."""
    content, buyer = look.content, look.content.get("buyer") or {}
    withdrawn = seen.state is RelookState.WITHDRAWN
    what = "is no longer at its source" if withdrawn else "has changed at its source"
    lines = [
        f"A notice {what} since it was told as alert {look.alert}.",
        f"Notice: {_show(content.get('title_en'))}",
        f"Original title: {_show(content['title'])}",
        f"Buyer: {_show(buyer.get('name_en'))} ({_show(buyer.get('name'))})",
        f"Link: {make_link(look.listing.url) or 'none that is safe'}",
        f"Told: {look.told_at:%Y-%m-%d %H:%M} UTC",
    ]
    if withdrawn and look.looked_at is not None:
        lines.append(f"Found gone: {look.looked_at:%Y-%m-%d} and {now:%Y-%m-%d} (UTC)")
        lines.append(f"How: {_show(seen.cause)}")
    for one in seen.differences:
        lines += [f"{one.field}, as told: {_show(one.old)}", f"{one.field}, now: {_show(one.new)}"]
    return [*lines, *_write_versions(look, told, seen)]


def _write_versions(look: Look, told: Told, seen: Seen) -> list[str]:
    return [
        f"As told: capture {told.capture.record_id}, SHA-256 {told.capture.sha256}",
        f"Now: capture {seen.capture.record_id}, SHA-256 {seen.capture.sha256}",
        f"Both are kept: tender-monitor evidence {look.alert}",
    ]


def _show(text: object) -> str:
    """Return a value of a notice, harmless to show; what the notice does not say is a dash."""
    return defuse(mask_private(str(text or "")), _LONGEST_VALUE) or "–"
