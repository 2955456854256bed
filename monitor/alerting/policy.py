"""Decide what is told: one pure function of a match and of what was told before."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from monitor.config import Receiver
from monitor.models import Match, Reason, Verdict
from monitor.screening.score import ALERTING, REVIEWING
from monitor.store.twins import Told

_RANKS = (Verdict.NONE, Verdict.REVIEW, Verdict.ALERT)


@dataclass(frozen=True)
class Decision:
    """Whether a notice is told, and the reason that is stored either way."""

    tell: bool
    reason: Reason


def decide_alert(
    match: Match, told: Sequence[str], twins: Sequence[Told] = (), *, seen: bool = False
) -> Decision:
    """Return whether to tell a match; `told` are the fingerprints told of this notice before.

    `twins` is what was told of the same notice of other portals, `seen` whether this is a new
    version. An amended notice is told again only when a matched field changed, a twin only when
    it shows more than was told.
    """
    if match.verdict is Verdict.NONE:
        return Decision(False, match.reason)
    if match.fingerprint in told:
        return Decision(False, Reason.ALREADY_TOLD)
    if any(match.fingerprint == one.fingerprint for one in twins):
        return Decision(False, Reason.SAME_NOTICE)
    if twins and not (told or seen) and not _shows_more(match, twins):
        return Decision(False, Reason.SAME_NOTICE)
    if told or twins:
        return Decision(True, Reason.MATCH_CHANGED)
    return Decision(True, match.reason)


def _shows_more(match: Match, twins: Sequence[Told]) -> bool:
    """Return whether a verdict is higher than any told, or a telling hit was told by none."""
    if all(_RANKS.index(match.verdict) > _RANKS.index(one.verdict) for one in twins):
        return True
    known = frozenset[tuple[str, str, str]]().union(*(one.hits for one in twins))
    telling = (hit for hit in match.hits if hit.stance in ALERTING | REVIEWING)
    return any((hit.entry, str(hit.stance), hit.alias) not in known for hit in telling)


def list_untold(receivers: Iterable[str], twins: Iterable[Told]) -> list[str]:
    """Return the receivers to whom no twin was told: their route did not carry it."""
    reached = frozenset[str]().union(*(one.receivers for one in twins))
    return [name for name in receivers if name not in reached]


def name_alert(source: str, listing_id: str, fingerprint: str) -> str:
    """Return the id of an alert: the same match of the same notice always has the same one."""
    text = f"{source}\n{listing_id}\n{fingerprint}"
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def choose_receivers(
    receivers: Mapping[str, Receiver], wanted: Iterable[str] | None, verdict: Verdict
) -> list[str]:
    """Return who is told: the source's own receivers or all, of those that take the verdict."""
    names = list(wanted) if wanted is not None else list(receivers)
    return [name for name in names if verdict in receivers[name].verdicts]
