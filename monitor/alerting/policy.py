"""Decide what is told: one pure function of a match and of what was told before."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from monitor.config import Receiver
from monitor.models import Match, Reason, Verdict


@dataclass(frozen=True)
class Decision:
    """Whether a notice is told, and the reason that is stored either way."""

    tell: bool
    reason: Reason


def decide_alert(match: Match, told: Sequence[str]) -> Decision:
    """Return whether to tell a match; `told` are the fingerprints told of this notice before.

    An amended notice is told again only when a matched field changed.
    """
    if match.verdict is Verdict.NONE:
        return Decision(False, match.reason)
    if match.fingerprint in told:
        return Decision(False, Reason.ALREADY_TOLD)
    if told:
        return Decision(True, Reason.MATCH_CHANGED)
    return Decision(True, match.reason)


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
