"""Screen a notice: organ, hits with stances, verdict, and every reason in the open. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from monitor.models import (
    Feature,
    Hit,
    Match,
    Notice,
    Organ,
    Reason,
    Severity,
    Stance,
    Strength,
    Tag,
    Verdict,
    ZoneKind,
)
from monitor.screening.entries import Brand, Category, fold_text
from monitor.screening.organs import Agencies
from monitor.screening.scan import Found, Scanner
from monitor.screening.stance import judge_stance
from monitor.screening.watchlist import Watchlists

ALERTING = frozenset({Stance.SUPPLIED, Stance.SPECIFIED, Stance.SERVICED, Stance.VENDOR})
REVIEWING = frozenset({Stance.REFERENCE, Stance.MINIMUM, Stance.AMBIGUOUS})
CHINA = ZoneInfo("Asia/Shanghai")
_QUOTE = 24
_SUPPORT = 30


@dataclass(frozen=True)
class Screener:
    """The watchlists made ready; one for all threads, replaced whole on reload."""

    watchlists: Watchlists
    scanner: Scanner
    agencies: Agencies

    @classmethod
    def build(cls, watchlists: Watchlists) -> Screener:
        """Return a screener for a set of watchlists."""
        return cls(watchlists, Scanner(watchlists.brands), Agencies(watchlists.agencies))

    def screen(self, notice: Notice, *, default_organ: str = "") -> Match:
        """Return the match of a notice: verdict, hits, features; also for none."""
        organ = self.agencies.judge_buyer(notice, default_organ)
        found = [
            one
            for zone in notice.zones
            if zone.kind is not ZoneKind.BOILERPLATE
            for one in self.scanner.scan_zone(zone)
        ]
        expired = [one for one in found if _is_expired(one.brand, notice)]
        live = [one for one in found if not _is_expired(one.brand, notice)]
        hits = tuple(self._make_hits(live, notice))
        telling = self._find_telling(notice) if notice.items_elsewhere else None
        verdict, reason = _decide(notice, organ, hits, telling)
        features = _list_features(notice, organ, hits, telling, expired)
        return Match(
            verdict=verdict,
            reason=reason,
            score=_sum_score(features),
            checkable=not (notice.items_elsewhere and not hits),
            organ=organ,
            hits=hits,
            features=features,
            fingerprint=_take_fingerprint(verdict, notice, hits),
        )

    def _make_hits(self, found: Sequence[Found], notice: Notice) -> list[Hit]:
        hits = []
        for one in found:
            if one.strength is Strength.WEAK:
                continue
            supported = one.strength is Strength.STRONG or self._is_supported(one, found)
            judged = judge_stance(one, notice, supported=supported)
            start, end = one.original
            hits.append(
                Hit(
                    one.brand.id, one.alias, one.strength, one.zone.kind, one.zone.field,
                    start, end, _quote(one.zone.text, start, end), judged.stance, judged.why,
                )
            )  # fmt: skip
        return hits

    def _is_supported(self, one: Found, found: Sequence[Found]) -> bool:
        """A medium word needs a brand or model column, a noun of its category, or company."""
        if one.zone.kind is ZoneKind.ITEM and not one.zone.field.endswith("name"):
            return True
        if any(other.brand is one.brand and other is not one for other in found):
            return True
        near = one.text.text[max(0, one.start - _SUPPORT) : one.end + _SUPPORT]
        return any(fold_text(noun) in near for noun in self._nouns(one.brand))

    def _nouns(self, brand: Brand) -> list[str]:
        return [
            noun
            for category in self.watchlists.categories
            if category.id in brand.category
            for noun in category.nouns
        ]

    def _find_telling(self, notice: Notice) -> tuple[Category, str] | None:
        names = (notice.title, notice.project_name, *(item.name for item in notice.items))
        text = fold_text("\n".join(names))
        for category in self.watchlists.categories:
            for word in category.telling:
                if fold_text(word) in text:
                    return category, word
        return None


def _is_expired(brand: Brand, notice: Notice) -> bool:
    if brand.valid_until is None or notice.published_at is None:
        return False
    return notice.published_at.astimezone(CHINA).date() > brand.valid_until


def _quote(text: str, start: int, end: int) -> str:
    left, right = max(0, start - _QUOTE), min(len(text), end + _QUOTE)
    shown = re.sub(r"\s+", " ", text[left:right]).strip()
    return f"{'…' if left else ''}{shown}{'…' if right < len(text) else ''}"


def _decide(
    notice: Notice, organ: Organ | None, hits: Sequence[Hit], telling: object
) -> tuple[Verdict, Reason]:
    stances = {hit.stance for hit in hits}
    if organ is None:
        return Verdict.NONE, Reason.NO_ORGAN
    if stances & ALERTING:
        if notice.tag is Tag.CANCELLATION:
            return Verdict.REVIEW, Reason.CANCELLED
        return Verdict.ALERT, Reason.FIRST_MATCH
    if stances & REVIEWING:
        return Verdict.REVIEW, Reason.UNPROVEN_MENTION
    if telling is not None:
        return Verdict.REVIEW, Reason.NOT_CHECKABLE
    return Verdict.NONE, Reason.HARMLESS_MENTION if hits else Reason.NO_PRODUCT


_STRENGTH_WEIGHT = {Strength.STRONG: 0.4, Strength.MEDIUM: 0.25, Strength.WEAK: 0.0}


def _list_features(
    notice: Notice,
    organ: Organ | None,
    hits: Sequence[Hit],
    telling: tuple[Category, str] | None,
    expired: Sequence[Found],
) -> tuple[Feature, ...]:
    features = []
    if organ is None:
        shown = notice.buyer or "no buyer found"
        features.append(Feature("no organ", 0.0, f"{shown}: matches no core or medium agency"))
    else:
        weight = 0.4 if organ.severity is Severity.CORE else 0.3
        why = f"{organ.name} ({organ.where}) matches agency {organ.agency}, {organ.severity}"
        features.append(Feature("organ", weight, why))
    for hit in _best_hits(hits):
        features.append(_hit_feature(hit))
    if notice.tag is Tag.CANCELLATION and hits:
        features.append(Feature("cancelled", -0.3, "the purchase was cancelled or failed"))
    if telling is not None:
        why = f"'{telling[1]}' is a telling purchase and its items stand elsewhere"
        features.append(Feature("not checkable", 0.1, why))
    for brand in dict.fromkeys(one.brand for one in expired):
        why = f"{brand.name} counts only until {brand.valid_until}"
        features.append(Feature("ownership ended", 0.0, why))
    return tuple(features)


def _best_hits(hits: Sequence[Hit]) -> list[Hit]:
    """Return the most telling hit of each brand."""
    order = list(Stance)
    best: dict[str, Hit] = {}
    for hit in hits:
        other = best.get(hit.entry)
        if other is None or (order.index(hit.stance), -_STRENGTH_WEIGHT[hit.strength]) < (
            order.index(other.stance),
            -_STRENGTH_WEIGHT[other.strength],
        ):
            best[hit.entry] = hit
    return list(best.values())


def _hit_feature(hit: Hit) -> Feature:
    weight = _STRENGTH_WEIGHT[hit.strength]
    if hit.stance in REVIEWING:
        weight *= 0.5
    elif hit.stance not in ALERTING:
        weight = 0.0
    elif hit.stance is Stance.SUPPLIED:
        weight += 0.15
    why = f"{hit.entry} {hit.stance} in {hit.field} ({hit.strength} alias): {hit.why}"
    return Feature("product", round(weight, 3), why)


def _sum_score(features: Sequence[Feature]) -> float:
    organ = sum(f.weight for f in features if f.name != "product")
    product = max((f.weight for f in features if f.name == "product"), default=0.0)
    return round(min(1.0, max(0.0, organ + product)), 3)


def _take_fingerprint(verdict: Verdict, notice: Notice, hits: Sequence[Hit]) -> str:
    """Hash the matched fields: the buyer, and for every hit its entry, stance and words."""
    rows = sorted({f"{hit.entry}|{hit.stance}|{fold_text(hit.quote)}" for hit in hits})
    text = "\n".join([str(verdict), fold_text(notice.buyer), *rows])
    return hashlib.sha256(text.encode()).hexdigest()[:24]
