"""Weigh a notice's hits: verdict, reason, features and score, with every weight in the open."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from monitor.models import (
    Feature,
    Hit,
    Organ,
    Reason,
    Severity,
    Stance,
    Strength,
    Verdict,
)
from monitor.screening.entries import Brand, Category
from monitor.screening.stance import ALERTING
from monitor.text.normalize import fold_name

REVIEWING = frozenset({Stance.REFERENCE, Stance.MINIMUM, Stance.AMBIGUOUS})
# The weights keep the verdicts apart: none up to 0.3, review 0.35 to 0.6, alert from 0.65.
_ORGAN_WEIGHT = {Severity.CORE: 0.3, Severity.MEDIUM: 0.25}
_NO_ORGAN_WEIGHT = -0.5
_TOLD_WEIGHT = {Strength.STRONG: 0.5, Strength.MEDIUM: 0.4}
_UNPROVEN_WEIGHT = {Strength.STRONG: 0.2, Strength.MEDIUM: 0.1}
_SUPPLIED_WEIGHT = 0.2
_TELLING_WEIGHT = 0.1


@dataclass(frozen=True)
class Weighed:
    """A hit with the words it matched; `failed` is whether its purchase came to nothing."""

    hit: Hit
    words: str
    failed: bool = False


@dataclass(frozen=True)
class Case:
    """What a verdict is made of.

    `unread` is whether a part of the notice could not be read, `telling` why it is worth a look.
    """

    buyer: str
    organ: Organ | None
    weighed: tuple[Weighed, ...]
    telling: tuple[Category, str] | None
    unread: bool = False


def decide(case: Case) -> tuple[Verdict, Reason]:
    """Return the verdict of section 4 of the design, and its reason."""
    if case.organ is None:
        return Verdict.NONE, Reason.NO_ORGAN
    stances = {one.hit.stance for one in case.weighed}
    if any(one.hit.stance in ALERTING and not one.failed for one in case.weighed):
        return Verdict.ALERT, Reason.FIRST_MATCH
    if stances & ALERTING:
        return Verdict.REVIEW, Reason.CANCELLED
    if stances & REVIEWING:
        return Verdict.REVIEW, Reason.UNPROVEN_MENTION
    if case.telling is not None:
        return Verdict.REVIEW, Reason.NOT_CHECKABLE
    if case.unread:
        return Verdict.NONE, Reason.NOT_CHECKABLE
    return Verdict.NONE, Reason.HARMLESS_MENTION if stances else Reason.NO_PRODUCT


def list_features(case: Case, expired: Iterable[Brand]) -> tuple[Feature, ...]:
    """Return every reason of a verdict with its weight; the best hit stands for its brand."""
    features = [_organ_feature(case)]
    features += [_hit_feature(one) for one in _best_hits(case.weighed)]
    if case.telling is not None:
        why = f"'{case.telling[1]}' is a telling purchase and its items stand elsewhere"
        features.append(Feature("not checkable", _TELLING_WEIGHT, why))
    for brand in expired:
        why = f"{brand.name} counts only until {brand.valid_until}"
        features.append(Feature("ownership ended", 0.0, why))
    return tuple(features)


def sum_score(features: Sequence[Feature]) -> float:
    """Return the sum of the weights, 0..1; of several products the most telling one counts."""
    others = sum(f.weight for f in features if f.name != "product")
    product = max((f.weight for f in features if f.name == "product"), default=0.0)
    return round(min(1.0, max(0.0, others + product)), 3)


def take_fingerprint(case: Case, verdict: Verdict) -> str:
    """Hash the matched fields: the buyer, and of every hit its entry, stance and words.

    Spelling does not count: width, case, script and blanks are folded away.
    """
    rows = {f"{one.hit.entry}|{one.hit.stance}|{fold_name(one.words)}" for one in case.weighed}
    told = case.telling[1] if case.telling else ""
    text = "\n".join([verdict, fold_name(case.buyer), told, *sorted(rows)])
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def _organ_feature(case: Case) -> Feature:
    organ = case.organ
    if organ is None:
        why = "no buyer was found on the page"
        if case.buyer:
            why = f"{case.buyer}: matches no core or medium agency"
        return Feature("no organ", _NO_ORGAN_WEIGHT, why)
    why = f"{organ.name} ({organ.where}) matches agency {organ.agency}, {organ.severity}"
    return Feature("organ", _ORGAN_WEIGHT[organ.severity], why)


def _best_hits(weighed: Iterable[Weighed]) -> list[Weighed]:
    """Return the most telling hit of each brand, the first of equals."""
    best: dict[str, Weighed] = {}
    for one in weighed:
        other = best.get(one.hit.entry)
        if other is None or _weigh_hit(one) > _weigh_hit(other):
            best[one.hit.entry] = one
    return list(best.values())


def _weigh_hit(one: Weighed) -> float:
    hit = one.hit
    if hit.stance in REVIEWING or (hit.stance in ALERTING and one.failed):
        return _UNPROVEN_WEIGHT[hit.strength]
    if hit.stance in ALERTING:
        more = _SUPPLIED_WEIGHT if hit.stance is Stance.SUPPLIED else 0.0
        return round(_TOLD_WEIGHT[hit.strength] + more, 3)
    return 0.0


def _hit_feature(one: Weighed) -> Feature:
    hit = one.hit
    where = f"{hit.field} of {hit.place}" if hit.place else hit.field
    why = f"{hit.entry} {hit.stance} in {where} ({hit.strength} alias): {hit.why}"
    if one.failed and hit.stance in ALERTING:
        why += "; the purchase was cancelled or failed"
    return Feature("product", _weigh_hit(one), why)
