"""Look again at told notices: changed or withdrawn at the source is news, told once.

A look that says nothing is tried again. Withdrawn is what was gone on two different days.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from enum import Enum

from monitor.archive import Archive
from monitor.config import Config
from monitor.documents.parts import Limits
from monitor.errors import FetchCause, FetchError, LayoutError, StoreError
from monitor.models import Capture, Request
from monitor.parsing.wire import PageError
from monitor.polling.controls import Case, Controls, ControlViewer, are_alike
from monitor.polling.filelooks import FileViewer
from monitor.polling.relook_words import make_look_alert, make_site_alert, make_sweep_alert
from monitor.polling.seeing import HOST_WIDE, UNREADABLE, Seen, Viewer
from monitor.portals.base import Portal
from monitor.stanzas import SourceConfig
from monitor.store import Store
from monitor.store.relooks import Look, RelookState
from monitor.store.tellings import stands_elsewhere
from monitor.text.privacy import mask_private
from monitor.web.visit import Visitor

log = logging.getLogger(__name__)

CHANGED_AT_SOURCE = "CHANGED_AT_SOURCE"
WITHDRAWN_AT_SOURCE = "WITHDRAWN_AT_SOURCE"
# Looks of one round: what a long stop has made due goes over several rounds.
MOST_LOOKS = 5
# So many that differ alike, and none that does not: the site was rebuilt, or swept.
SITE_WIDE = 3
_GATHER_FOR = timedelta(minutes=10)
# On so many days running, news that may be the site's waits for controls that can be read.
_MOST_WAITS = 3
_STREAK = timedelta(days=3)
_NEWS = (RelookState.CHANGED, RelookState.WITHDRAWN)


class Way(Enum):
    """How news that came together is told: each case, all in one message, or late in the week."""

    EACH = "each"
    TOGETHER = "together"
    AT_WEEK_END = "at the end of the week"


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
        try:
            self._note_all(cases, self._look_beside(cases))
        except FetchError:
            # The program is stopping: nothing is noted, and the looks are due again.
            log.info("%s: %d looks are left for later", self.name, len(cases))
        return made

    @property
    def _viewer(self) -> Viewer:
        return Viewer(self.source, self.portal, self.archive, self._ask)

    @property
    def _file_viewer(self) -> FileViewer:
        lists, relooks = self.source.lists, self.store.relooks
        return FileViewer(self.name, lists, self.archive, relooks, self._ask_file)

    def _try_look(self, look: Look, cases: list[Case]) -> bool:
        """Make one look, add what it came to; False where the others are better left for later."""
        relooks = self.store.relooks
        try:
            told = self._viewer.read_told(look.compared, look.listing)
        except FetchError:
            return False  # the program is stopping
        except PageError as error:
            # It was read before: a busy machine, not the page.
            relooks.postpone(look, error.missing, self.clock())
            return True
        except (StoreError, LayoutError, *UNREADABLE) as error:
            cause = f"what was told cannot be read any more: {type(error).__name__}"
            log.warning("%s: %s: %s", self.name, look.alert, error)
            relooks.note(look, RelookState.UNCLEAR, self.clock(), cause=cause)
            return True
        try:
            seen = self._find_elsewhere(look, self._viewer.see(look.listing, told))
            seen = self._file_viewer.look_at_files(look, seen, self.clock())
        except FetchError as error:
            if error.cause is not FetchCause.STOPPING:
                relooks.postpone(look, f"{error.cause}: {error.detail}", self.clock())
            return error.cause not in (*HOST_WIDE, FetchCause.STOPPING)
        except (LayoutError, *UNREADABLE) as error:
            relooks.postpone(look, f"not readable: {type(error).__name__}", self.clock())
            return True
        return self._judge_again(Case(look, told, seen), cases)

    def _find_elsewhere(self, look: Look, seen: Seen) -> Seen:
        """Return a look whose notice is gone and stands under a new id as one without news."""
        gone = seen.state is RelookState.MISSING
        if not gone or not stands_elsewhere(self.store.db, look.notice):
            return seen
        return replace(seen, state=RelookState.UNCHANGED, cause="it stands under another id now")

    def _ask(self, request: Request) -> Capture:
        return self.visitor.ask(request, self.clock())

    def _ask_file(self, request: Request) -> Capture:
        return self.visitor.ask(request, self.clock(), most=Limits().size)

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

    def _look_beside(self, cases: Sequence[Case]) -> Controls:
        """Return what untold notices show, where the cases may be the whole site's news.

        Raise FetchError where the program is stopping.
        """
        if not are_alike(cases):
            return Controls()
        if len(cases) < SITE_WIDE and not self._has_told_week(cases, self.clock()):
            return Controls()
        self.report(f"{self.name}: looking at notices beside those that were told")
        beside = ControlViewer(self.name, self._viewer, self.store.relooks, self.stop)
        return beside.look_beside(cases)

    def _has_told_week(self, cases: Sequence[Case], now: datetime) -> bool:
        """Return whether it was told this week already that the whole site differs so."""
        week = make_site_alert(self.name, _list_news(cases), now, Controls())
        return self.store.alerts.has_alert(week.id)

    def _note_all(self, cases: Sequence[Case], controls: Controls) -> None:
        """Note what the looks of a round saw and tell it, in one transaction."""
        now, relooks, news = self.clock(), self.store.relooks, _list_news(cases)
        with self.store.db.immediate():
            if controls.barred and self._put_off(news, controls, now):
                cases, news = [case for case in cases if case not in news], []
            for look, seen in ((case.look, case.seen) for case in cases):
                compared = seen.capture.record_id if seen.state is RelookState.CHANGED else ""
                relooks.note(
                    look, seen.state, now, cause=seen.cause, compared=compared,
                    unsaid=seen.unsaid, again=seen.again,
                )  # fmt: skip
            way = self._tell_together(cases, now, controls) if are_alike(cases) else Way.EACH
            for case in news:
                self._tell(case, now, controls, way)
        for case in cases:
            log.info("%s: looked again at %s: %s", self.name, case.look.alert, case.seen.state)

    def _put_off(self, news: Sequence[Case], controls: Controls, now: datetime) -> bool:
        """Put news off a day for controls that can be read; False where it is to be told now."""
        name, vitals = f"controls:{self.name}", self.store.vitals
        last = vitals.get(name)
        if last is not None and now - last.at >= _STREAK:
            last = None
        waits = int(last.value) if last is not None else 0
        if last is None or last.at.date() != now.date():
            waits += 1
        if waits > _MOST_WAITS or self._has_told_week(news, now):
            return False
        vitals.put(name, str(waits), now)
        for case in news:
            cause = f"no notice beside it could be read: {controls.why}"
            self.store.relooks.put_off(case.look, cause, now)
        log.info("%s: %d looks wait for notices beside them", self.name, len(news))
        return True

    def _tell(self, case: Case, now: datetime, controls: Controls, way: Way) -> None:
        """Tell who was told of the notice; what falls together in a round goes in one message.

        Where a message of the whole site names it, the alert is kept for its evidence and sent to
        nobody.
        """
        receivers = [] if way is Way.TOGETHER else self._list_receivers([case])
        withdrawn = case.seen.state is RelookState.WITHDRAWN
        reason = WITHDRAWN_AT_SOURCE if withdrawn else CHANGED_AT_SOURCE
        alert = make_look_alert(self.name, reason, case, now, controls)
        digest, due = self._name_digest(now), now + _GATHER_FOR
        if way is Way.AT_WEEK_END:
            # The outbox lets a digest of this kind wait for days.
            digest, due = f"weekly:looks:{self.name}:{now:%G-%V}", _find_week_end(now)
        self.store.alerts.enqueue(alert, receivers, now, digest=digest, due=due)

    def _name_digest(self, now: datetime) -> str:
        return f"looks:{self.name}:{now:%Y-%m-%d}"

    def _tell_together(self, cases: Sequence[Case], now: datetime, controls: Controls) -> Way:
        """Tell once a week that all that was looked at differs alike; return how each is told.

        Each is news of its own where they are too few, and where other notices of the source
        stand as they stood.
        """
        alerts, news = self.store.alerts, _list_news(cases)
        if controls.there:
            alert = make_sweep_alert(self.name, news, now, controls)
            digest, due = self._name_digest(now), now + _GATHER_FOR
            alerts.enqueue(alert, self._list_receivers(news), now, digest=digest, due=due)
            return Way.EACH
        if self._has_told_week(cases, now):
            return Way.AT_WEEK_END
        if len(cases) < SITE_WIDE:
            return Way.EACH
        alert = make_site_alert(self.name, news, now, controls)
        alerts.gather_self(alert, self._list_receivers(news), now)
        return Way.TOGETHER

    def _list_receivers(self, cases: Sequence[Case]) -> list[str]:
        """Return who was told of the notices; where none of them is configured any more, all."""
        relooks = self.store.relooks
        told = {name for case in cases for name in relooks.list_receivers(case.look.id)}
        known = [name for name in self.config.receivers if name in told]
        return known or self.config.list_self_receivers(self.source.receivers)


def _list_news(cases: Sequence[Case]) -> list[Case]:
    return [case for case in cases if case.seen.state in _NEWS]


def _find_week_end(now: datetime) -> datetime:
    """Return when the ISO week of a time ends, in UTC."""
    monday = now.astimezone(UTC).date() + timedelta(days=8 - now.astimezone(UTC).isoweekday())
    return datetime.combine(monday, time(), UTC)
