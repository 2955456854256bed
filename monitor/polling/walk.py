"""The way through the lists of one source: list by list, then what is left of gaps.

Whatever is not read is noted as a gap, with the request where reading goes on; only then may the
source's horizon move. So an outage, a page limit or a kill costs time and never rows.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.health import Trouble
from monitor.models import Request, SourceState, Span
from monitor.polling.paging import BACK_FILL, BROKE_OFF, PAGE_LIMIT, REPEATS, Outcome, Pager
from monitor.store.gaps import Gap, GapState

_ENDLESS = 100_000
_DAY = timedelta(days=1)
_PROBED = timedelta(days=10)
_MOST_PROBES = 30


@dataclass
class Walk(Pager):
    """The lists of one source in one round, and the gaps that earlier rounds left."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.outcomes: list[Outcome] = []
        self.older_gaps = {gap.id for gap in self.store.gaps.list_open(self.name)}

    # The lists of a round -------------------------------------------------------------------

    def read_lists(self) -> None:
        """Read every list from its newest row to the horizon."""
        span = Span(self.horizon, self.began)
        waiting, unread = deque(self.portal.ask_lists(span)), list[Request]()
        while waiting and not self._is_over():
            request = waiting.popleft()
            outcome = self.read_list(request, span.since, self.source.pages)
            waiting.extendleft(reversed(outcome.lists))
            self.outcomes.append(outcome)
            if outcome.left == request:
                unread.append(request)
            elif outcome.left is not None:
                self._note_rest(request, outcome.left, outcome, span)
        if unread or waiting:
            self._note_unread([*unread, *waiting], span)
        if not self._is_over():
            self._check_reach(span)
            self._probe()

    def _probe(self) -> None:
        """Ask for more days where all lists are empty: a quiet Sunday, or lists that are blind?

        The first row that is shown ends it; `watch.check_round` judges a round without any.
        """
        filtered = any(outcome.filtered for outcome in self.outcomes)
        if self.seen.listings or self.troubles or not filtered:
            return
        span = Span(self.began - _PROBED, self.horizon)
        waiting = deque(self.portal.ask_lists(span)) if span.since < span.until else deque()
        for _ in range(_MOST_PROBES):
            if not waiting or self.seen.listings or self._is_over():
                return
            outcome = self.read_list(waiting.popleft(), span.since, 1)
            waiting.extendleft(reversed(outcome.lists))

    def _is_over(self) -> bool:
        return self.barred or self.stop.is_set()

    def _note_rest(self, request: Request, rest: Request, outcome: Outcome, span: Span) -> None:
        """Note what of a list was not read."""
        if self.stop.is_set():
            self.complete = False  # the next round begins anew
            return
        left = Span(span.since, outcome.newest or span.until)
        self.store.gaps.note(self.name, rest, left, outcome.why, self.clock())
        if outcome.why == PAGE_LIMIT:
            self.gaps.append(self._describe_limit(request, span))

    def _describe_limit(self, request: Request, span: Span) -> Trouble:
        cause = "the list was not read to its horizon"
        missed = f"{request.url}: more than {self.source.pages} pages since {span.since:%Y-%m-%d}"
        advice = "the next rounds read on by themselves; raise pages if it happens often"
        return Trouble(SourceState.PARTIAL, cause, missed, advice)

    def _note_unread(self, requests: Sequence[Request], span: Span) -> None:
        """Note the lists that a round did not read at all; if it read none, the horizon stays."""
        read = [o for o in self.outcomes if not o.lists and (o.left is None or o.oldest)]
        if not read or self.stop.is_set():
            self.complete = False
            return
        with self.store.db.immediate():
            for request in requests:
                self.store.gaps.note(self.name, request, span, BROKE_OFF, self.clock())

    def _check_reach(self, span: Span) -> None:
        """Say that rows may have passed unseen: a list that ends before anything known."""
        ended = [o for o in self.outcomes if o.ended and not o.filtered and o.oldest is not None]
        oldest = max((o.oldest for o in ended if o.oldest is not None), default=None)
        met = self.seen.known + self.seen.changed + self.seen.moved
        unknown = met == 0 and self.seen.new > 0
        if self.baseline or oldest is None or not unknown or oldest < span.since + _DAY:
            return
        lost = Span(span.since, oldest)
        why = f"the list shows nothing older than {oldest:%Y-%m-%d %H:%M} UTC"
        request = self.portal.ask_lists(span)[0]
        self.store.gaps.lose(self.name, request, lost, why, self.clock())
        advice = "what lay between is lost to this source; poll it more often"
        missed = f"all between {lost.since:%Y-%m-%d %H:%M} and {lost.until:%Y-%m-%d %H:%M} UTC"
        self.gaps.append(Trouble(SourceState.PARTIAL, why, missed, advice))

    def find_reach(self) -> datetime:
        """Return from when on this round has read its lists whole.

        A first round sees no further back than the shortest list shows; later rounds meet rows
        that are known.
        """
        ends = [o.oldest for o in self.outcomes if o.ended and not o.filtered and o.oldest]
        return max([self.horizon, *ends]) if self.baseline else self.horizon

    # Gaps -------------------------------------------------------------------------------------

    def plan_back_fill(self, since: datetime) -> None:
        """Note as gaps what is to be read back to a day; what is noted already goes on."""
        opened = self.store.gaps.list_open(self.name)
        span = self.store.gaps.find_unread(self.name, Span(since, self.horizon))
        if span is None or any(gap.span.since <= since for gap in opened):
            return
        if any(outcome.filtered for outcome in self.outcomes):
            requests: Sequence[Request] = self.portal.ask_lists(span)
        else:
            requests = [outcome.turn for outcome in self.outcomes if outcome.turn is not None]
        with self.store.db.immediate():
            for request in requests:
                why = f"{BACK_FILL} to {since:%Y-%m-%d}"
                self.store.gaps.note(self.name, request, span, why, self.clock())
        if not requests:
            self._lose_past(span)

    def _lose_past(self, span: Span) -> None:
        oldest = min((o.oldest for o in self.outcomes if o.oldest), default=span.until)
        if oldest > span.since + _DAY:
            why = f"the list shows nothing older than {oldest:%Y-%m-%d}"
            first = self.portal.ask_lists(span)[0]
            lost = Span(span.since, oldest)
            self.store.gaps.lose(self.name, first, lost, why, self.clock())

    def read_gaps(self, *, whole: bool) -> None:
        """Read on in what earlier rounds left; as many pages as a round may, or all of them."""
        allowed, failed = _ENDLESS if whole else self.source.pages, set[int]()
        while allowed > 0 and not self._is_over():
            gap, before = self._next_gap(failed, whole=whole), self.seen.pages
            if gap is None:
                return
            if not self._read_gap(gap, allowed):
                failed.add(gap.id)  # it keeps no other from being read
            allowed -= max(1, self.seen.pages - before)

    def _next_gap(self, failed: set[int], *, whole: bool) -> Gap | None:
        """Return the gap to read on in; what a usual round itself left is for the next one."""
        gaps = self.store.gaps.list_open(self.name)
        wanted = {gap.id for gap in gaps} if whole else self.older_gaps
        chosen = [gap for gap in gaps if gap.id in wanted - failed]
        if chosen:
            self.report(f"{self.name}: {chosen[0].why}: {len(chosen)} lists left")
        return chosen[0] if chosen else None

    def _read_gap(self, gap: Gap, allowed: int) -> bool:
        """Read on in one gap; False where it is better left for later."""
        gaps, known = self.store.gaps, len(self.troubles)
        outcome = self.read_list(gap.request, gap.span.since, allowed, gap)
        flaws, now = self.troubles[known:], self.clock()
        if outcome.left is not None:
            return outcome.why == PAGE_LIMIT
        if any(flaw.state is SourceState.DRIFTED for flaw in flaws):
            return False
        with self.store.db.immediate():
            for request in outcome.lists:
                gaps.note(self.name, request, gap.span, gap.why, now)
            self.older_gaps |= {one.id for one in gaps.list_open(self.name) if outcome.lists}
            if why := flaws[0].cause if flaws else _name_shortfall(outcome, gap.span.since):
                self._lose_gap(gap, why, outcome)
            else:
                gaps.close(gap, now)
        return True

    def _lose_gap(self, gap: Gap, why: str, outcome: Outcome) -> None:
        """Say that a gap cannot be closed; one of a first round or a back-fill is no alarm."""
        self.store.gaps.end(gap.id, GapState.LOST, why, self.clock())
        if outcome.oldest is not None and outcome.why != REPEATS:
            since = min(max(outcome.oldest, gap.span.since), gap.span.until)
            self.store.gaps.extend_reach(self.name, Span(since, gap.span.until))
        since_first = self.row.baseline_at and gap.span.until > self.row.baseline_at
        if since_first and not gap.why.startswith(BACK_FILL):
            missed = f"rows of {gap.span.since:%Y-%m-%d} to {gap.span.until:%Y-%m-%d}"
            self.gaps.append(Trouble(SourceState.PARTIAL, why, missed, "they may be lost"))


def _name_shortfall(outcome: Outcome, since: datetime) -> str:
    """Return why a list that ended does not reach back to a day, or ''."""
    oldest = outcome.oldest
    if not outcome.ended or outcome.filtered or oldest is None or oldest <= since + _DAY:
        return ""
    return f"the list ends at {oldest:%Y-%m-%d}"
