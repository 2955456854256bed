"""States of sources turned into what a person is told, once per state and once on recovery."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from monitor.alerting.selfalert import make_self_alert
from monitor.errors import FetchCause, FetchError
from monitor.models import SourceState
from monitor.portals.refusals import ADVICE_BLOCKED, Refusal
from monitor.stanzas import SourceConfig
from monitor.store.alerts import NewAlert
from monitor.store.sources import Health, SourceRow

ROUNDS_BEFORE_TELLING = 2
LATE_INTERVALS = 2
# A round takes its time, however short the interval.
_LEAST_LATE = timedelta(minutes=1)
# What `told_state` is after a gap was told: the source is partial, and a person knows of its gap.
TOLD_GAP = "gap"
_RETRY = timedelta(minutes=15)
_RETRY_BLOCKED = timedelta(hours=1)
_LONGEST = timedelta(hours=24)
_MOST_MISSED = 5

# Worst first: of several things that went wrong in a round the first of these is its state.
_WORST = (
    SourceState.BLOCKED,
    SourceState.DRIFTED,
    SourceState.UNREACHABLE,
    SourceState.EMPTY,
    SourceState.PARTIAL,
)
_ADVICE = {
    FetchCause.UNREACHABLE: "check the network and the address; it may pass by itself",
    FetchCause.TIMEOUT: "it may pass by itself; a longer deadline can be set",
    FetchCause.TLS: "see legacy_tls, ca_file and verify_tls in docs/configuration.md",
    FetchCause.FORBIDDEN_ADDRESS: "addresses inside the network are never opened; for a portal on "
    "this very machine set allow_loopback: true",
    FetchCause.ROBOTS: "the site's robots.txt forbids or could not be read",
    FetchCause.BUDGET: "the rest follows tomorrow; raise budget if the site can bear it",
    FetchCause.REDIRECT: "open the address in a browser; the list may have moved",
    FetchCause.TOO_LARGE: "the page is larger than any list; check the address",
    FetchCause.TRUNCATED: "it may pass by itself",
    FetchCause.PROTOCOL: "it may pass by itself",
    FetchCause.SIGN_FILE: "mend the file that `sign` of this source names",
    FetchCause.STOPPING: "the round goes on after the restart",
}


@dataclass(frozen=True)
class Trouble:
    """One thing that went wrong in a round; `missed` says what was not seen."""

    state: SourceState
    cause: str
    missed: str = ""
    advice: str = ""
    fetch: FetchCause | None = None
    """Why a request failed, where it was one."""


def describe_failure(error: FetchError, missed: str) -> Trouble:
    """Return the trouble that a failed request means for its source."""
    partial = (FetchCause.BUDGET, FetchCause.STOPPING)
    state = SourceState.PARTIAL if error.cause in partial else SourceState.UNREACHABLE
    if error.cause is FetchCause.TRUNCATED:
        state = SourceState.PARTIAL
    if error.cause is FetchCause.ROBOTS:
        state = SourceState.BLOCKED
    same = str(error.cause) == str(state)
    cause = error.detail if same else f"{error.cause}: {error.detail}"
    return Trouble(state, cause, missed, _ADVICE[error.cause], error.cause)


def describe_refusal(refusal: Refusal, missed: str) -> Trouble:
    """Return the trouble that a refused page means for its source."""
    return Trouble(refusal.state, refusal.cause, missed, refusal.advice or ADVICE_BLOCKED)


def sum_health(troubles: Sequence[Trouble]) -> Health:
    """Return the state of a source after a round, by the worst thing that happened."""
    for state in _WORST:
        for trouble in troubles:
            if trouble.state is state:
                return Health(state, trouble.cause, _join_missed(troubles), trouble.advice)
    return Health(SourceState.CURRENT)


def _join_missed(troubles: Sequence[Trouble]) -> str:
    missed = list(dict.fromkeys(t.missed for t in troubles if t.missed))
    more = f"; and {len(missed) - _MOST_MISSED} more" if len(missed) > _MOST_MISSED else ""
    return "; ".join(missed[:_MOST_MISSED]) + more


def plan_next(
    source: SourceConfig, health: Health, failures: int, now: datetime, spread: float
) -> datetime:
    """Return when a source is due next; `spread` in 0..1 keeps polls off the exact minute.

    Troubles that pass by themselves are tried again soon; asking while blocked lengthens the
    ban, so a blocked source waits longer each time.
    """
    every = timedelta(seconds=source.every)
    step = min(failures, 6)
    if health.state is SourceState.CURRENT:
        wait = every
    elif health.state is SourceState.BLOCKED:
        wait = max(every, min(_LONGEST, _RETRY_BLOCKED * 2**step))
    else:
        wait = min(every, _RETRY * 2**step)
    return now + wait * (1 + 0.1 * spread)


def find_longest_wait(source: SourceConfig, state: SourceState) -> timedelta:
    """Return the longest wait that `plan_next` makes; what is further is of a clock set back."""
    every = timedelta(seconds=source.every)
    longest = max(every, _LONGEST) if state is SourceState.BLOCKED else max(every, _RETRY)
    return longest * 1.1 + timedelta(minutes=1)


def find_news(row: SourceRow, now: datetime) -> NewAlert | None:
    """Return the self-alert that a source's state calls for, None where all was told.

    A trouble is told after two rounds in a row, another state when it has lasted as long, and the
    end of all once. `now` is when the last round ended.
    """
    troubled = row.state not in (SourceState.CURRENT, SourceState.NEW)
    if troubled and row.failures >= ROUNDS_BEFORE_TELLING and _is_untold(row, now):
        return make_self_alert(
            f"Source {row.name} is {row.state}",
            [
                f"The source '{row.name}' could not be read properly.",
                "This is not 'no news': notices may be missed until it recovers.",
                f"State: {row.state} since {_show(row.state_since)}",
                f"Cause: {row.cause or 'unknown'}",
                f"Missed: {row.missed or 'unknown'}",
                f"What to do: {row.advice or 'see tender-monitor sources'}",
                f"Its lists were last read whole: {_show(row.last_good_at)}",
            ],
            source=row.name,
            sample=row.sample,
            now=now,
        )
    if not troubled and row.told_state:
        lines = [f"The source '{row.name}' is read again since {_show(row.last_good_at)}."]
        title = f"Source {row.name} has recovered"
        return make_self_alert(title, lines, source=row.name, sample=row.sample, now=now)
    return None


def _is_untold(row: SourceRow, now: datetime) -> bool:
    """Return whether a person knows of no trouble yet, or of one that has given way to another.

    A source that wavers between two states is told of once.
    """
    told = SourceState.PARTIAL if row.told_state == TOLD_GAP else row.told_state
    if told in ("", SourceState.LATE):
        return True
    return told != row.state and row.state_since != now


def find_late(row: SourceRow, every: timedelta, running_since: datetime, now: datetime) -> bool:
    """Return whether a source is not read any more, by no fault of its site.

    Two intervals count from its last whole round, or where that went wrong from when it was due
    again; never from before the program began to run.
    """
    last = row.last_good_at if row.state is SourceState.CURRENT else row.next_check_at
    # A time to come was noted by a clock that has been set back since.
    from_last = last if last is not None and last <= now else running_since
    patience = max(LATE_INTERVALS * every, _LEAST_LATE)
    return now - max(from_last, running_since) > patience


def make_late_alert(row: SourceRow, now: datetime) -> NewAlert:
    """Return the self-alert of a source that the program itself does not come to."""
    lines = [
        f"The source '{row.name}' was last read at {_show(row.last_good_at)}, and is overdue.",
        "This is not 'no news': notices may be missed until it is read again.",
        "What to do: see the program's log; restart it if it hangs; poll slow sources less often",
    ]
    return make_self_alert(
        f"Source {row.name} is late", lines, source=row.name, sample=row.sample, now=now
    )


def make_loss_alert(row: SourceRow, urls: Sequence[str], now: datetime) -> NewAlert:
    """Return the self-alert of notices that were given up; they are tried again each week."""
    lines = [
        f"{len(urls)} notices of '{row.name}' could not be read in several tries.",
        "What they say is not known. They are tried again each week.",
        *(f"Missed: {url}" for url in urls[:_MOST_MISSED]),
        *([f"and {len(urls) - _MOST_MISSED} more"] if len(urls) > _MOST_MISSED else []),
        f"Why: tender-monitor why {urls[0]}",
    ]
    subject = f"Source {row.name} has notices that cannot be read"
    return make_self_alert(subject, lines, source=row.name, sample=row.sample, now=now)


def make_gap_alert(row: SourceRow, gaps: Sequence[Trouble], now: datetime) -> NewAlert:
    """Return the self-alert of a gap; it is told at once."""
    lines = [
        f"The lists of the source '{row.name}' were not read as far as they should.",
        *(f"Missed: {gap.missed}; {gap.cause}" for gap in gaps[:_MOST_MISSED]),
        *([f"and {len(gaps) - _MOST_MISSED} more"] if len(gaps) > _MOST_MISSED else []),
        f"What to do: {gaps[0].advice or 'see tender-monitor sources'}",
    ]
    subject = f"Source {row.name} has a gap"
    return make_self_alert(subject, lines, source=row.name, sample=row.sample, now=now)


def make_renewal_alert(row: SourceRow, moved: int, now: datetime) -> NewAlert:
    """Return the self-alert of a site that gave its notices new ids; once a day, by its id."""
    lines = [
        f"{moved} notices of the source '{row.name}' came again under other ids or addresses.",
        "They are read again. Of those that are the same nothing is told;",
        "what differs comes in one message, and new notices are told as ever.",
    ]
    subject = f"Source {row.name} has changed the ids of its notices"
    alert = make_self_alert(subject, lines, source=row.name, sample=row.sample, now=now)
    name = hashlib.sha256(f"{subject}\n{now:%Y-%m-%d}".encode()).hexdigest()[:16]
    return replace(alert, id=name)


def _show(moment: datetime | None) -> str:
    return moment.strftime("%Y-%m-%d %H:%M UTC") if moment else "never"
