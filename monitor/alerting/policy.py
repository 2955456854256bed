"""Decide what is told: one pure function of a match and of what was told before."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from monitor.alerting.routes import list_told_entries
from monitor.models import Match, Notice, Reason, Verdict
from monitor.screening.score import ALERTING, REVIEWING
from monitor.store.judgements import Judged, Judgement, Mute, MuteKind
from monitor.store.twins import Told
from monitor.text.normalize import fold_name

_RANKS = (Verdict.NONE, Verdict.REVIEW, Verdict.ALERT)
WITHHELD = frozenset({Reason.MUTED, Reason.JUDGED_NEGATIVE, Reason.NO_ROUTE})


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


def find_objection(
    match: Match, notice: Notice, source: str, mutes: Iterable[Mute], judged: Sequence[Judged]
) -> Reason | None:
    """Return why a match that would be told is withheld: nobody wants it; None where nothing is."""
    if is_muted(match, notice, source, mutes):
        return Reason.MUTED
    return Reason.JUDGED_NEGATIVE if is_judged_negative(match, judged) else None


def is_muted(match: Match, notice: Notice, source: str, mutes: Iterable[Mute]) -> bool:
    """Return whether mutes cover a match: all entries it is told for, or where it comes from."""
    organ, muted = match.organ, {(mute.kind, fold_name(mute.value)) for mute in mutes}
    if not muted:
        return False
    facts = {
        (MuteKind.SOURCE, source),
        (MuteKind.AGENCY, organ.agency if organ else ""),
        (MuteKind.BUYER, organ.name if organ else ""),
        (MuteKind.BUYER, notice.buyer),
        (MuteKind.PROCESS, notice.project_number),
    }
    if not muted.isdisjoint((kind, fold_name(value)) for kind, value in facts if value):
        return True
    entries = list_told_entries(match)
    return bool(entries) and all((MuteKind.ENTRY, fold_name(name)) in muted for name in entries)


def is_judged_negative(match: Match, judged: Sequence[Judged]) -> bool:
    """Return whether readers saw all of a match in the same purchase and wanted none of it.

    Where one of them saw something in it, all is told on.
    """
    refused = [one for one in judged if one.judgement is Judgement.NEGATIVE]
    if not refused or any(one.judgement is Judgement.POSITIVE for one in judged):
        return False
    if all(_RANKS.index(match.verdict) > _RANKS.index(one.verdict) for one in refused):
        return False
    known = frozenset[tuple[str, str]]().union(*(one.hits for one in refused))
    telling = (hit for hit in match.hits if hit.stance in ALERTING | REVIEWING)
    return all((hit.entry, str(hit.stance)) in known for hit in telling)
