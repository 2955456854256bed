"""Screen a notice: organ, hits with stances, verdict, and every reason in the open. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from monitor.models import (
    Hit,
    Match,
    Notice,
    Stance,
    Strength,
    Tag,
    ZoneKind,
)
from monitor.screening.context import read_context
from monitor.screening.cues import Judged
from monitor.screening.entries import Brand, Category, alias_pattern, fold_text
from monitor.screening.organs import Agencies
from monitor.screening.scan import Found, Scanner
from monitor.screening.stance import ALERTING, join_row, judge_stance, names_brand
from monitor.screening.watchlist import Watchlists
from monitor.screening.weigh import (
    REVIEWING,
    Case,
    Weighed,
    decide,
    list_features,
    sum_score,
    take_fingerprint,
)
from monitor.text.dates import CHINA

__all__ = ["ALERTING", "REVIEWING", "Screener"]

_QUOTE = 24
_QUOTE_REACH = 60
_QUOTE_SHIFT = 20
# Not 、: what is said of a list stands before its first word.
_CLAUSE_END = re.compile(r"[；，。！？;|\n]|(?<![0-9]),|,(?![0-9])")
# A quotation cut behind one of these says the opposite: 不予|接受思科.
_NEGATED = re.compile(r"[不未非无勿禁][^；，。！？;,|\n]{0,3}\Z")
_TORN_WORD = re.compile(r"[A-Za-z0-9.,\-/]{2}")
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
        found = self._find_all(notice)
        brands = dict.fromkeys(one.brand for _, one in found)
        expired = [brand for brand in brands if _is_expired(brand, notice)]
        weighed = self._weigh_found(
            [(place, one) for place, one in found if one.brand not in expired], notice
        )
        unread = _is_unread(notice)
        telling = self._find_telling(notice) if unread else None
        case = Case(notice.buyer, organ, weighed, telling, unread)
        verdict, reason = decide(case)
        features = list_features(case, expired)
        return Match(
            verdict=verdict,
            reason=reason,
            score=sum_score(features),
            checkable=not (unread and (not weighed or has_unread_files(notice))),
            organ=organ,
            hits=tuple(one.hit for one in weighed),
            features=features,
            fingerprint=take_fingerprint(case, verdict),
        )

    def _find_all(self, notice: Notice) -> list[tuple[int, Found]]:
        """Return what is found in all zones, each with the place of its zone."""
        zones = [(n, z) for n, z in enumerate(notice.zones) if z.kind is not ZoneKind.BOILERPLATE]
        scanned = self.scanner.scan_zones(zone for _, zone in zones)
        pairs = zip(zones, scanned, strict=True)
        return [(place, one) for (place, _), found in pairs for one in found]

    def _weigh_found(
        self, found: Sequence[tuple[int, Found]], notice: Notice
    ) -> tuple[Weighed, ...]:
        """Return what was found as hits with stances; a weak word alone is none."""
        if not found:
            return ()
        context = read_context(notice)
        words: dict[str, set[str]] = {}
        for _, one in found:
            words.setdefault(one.brand.id, set()).add(one.alias)
        weighed = []
        for place, one in found:
            if one.strength is Strength.WEAK:
                continue
            supported = self._is_supported(one, words[one.brand.id], notice)
            judged = judge_stance(one, notice, supported=supported, context=context, place=place)
            if place in context.failed and judged.stance in ALERTING:
                judged = Judged(Stance.SPECIFIED, "named in a lot that failed")
            failed = place in context.failed or notice.tag is Tag.CANCELLATION
            start, end = one.original
            weighed.append(Weighed(_make_hit(one, judged), one.zone.text[start:end], failed))
        return tuple(weighed)

    def _is_supported(self, one: Found, words: set[str], notice: Notice) -> bool:
        """A medium word needs a brand or model column, another word of its brand, or a noun.

        The same word once more is no company, and one weak word is.
        """
        if one.strength is Strength.STRONG or names_brand(one.zone.field):
            return True
        if words - {one.alias}:
            return True
        near = one.text.text[max(0, one.start - _SUPPORT) : one.end + _SUPPORT]
        row = join_row(one.zone, notice) if one.zone.kind is ZoneKind.ITEM else ""
        return any(
            alias_pattern(noun).search(text)
            for noun in self._nouns(one.brand)
            for text in (near, row)
        )

    def _nouns(self, brand: Brand) -> list[str]:
        return [
            noun
            for category in self.watchlists.categories
            if category.id in brand.category
            for noun in category.nouns
        ]

    def _find_telling(self, notice: Notice) -> tuple[Category, str] | None:
        text = fold_text("\n".join(_list_purchases(notice)))
        for category in self.watchlists.categories:
            for word in category.telling:
                if alias_pattern(word).search(text):
                    return category, word
        return None


def _make_hit(one: Found, judged: Judged) -> Hit:
    start, end = one.original
    return Hit(
        entry=one.brand.id,
        alias=one.alias,
        strength=one.strength,
        kind=one.zone.kind,
        field=one.zone.field,
        start=start,
        end=end,
        quote=_quote(one.zone.text, start, end),
        stance=judged.stance,
        why=judged.why,
        place=one.zone.place,
    )


def has_unread_files(notice: Notice) -> bool:
    """Say whether an attachment was tried and not read whole."""
    return any(document.read is False for document in notice.documents)


def _is_unread(notice: Notice) -> bool:
    """Say whether a part of the notice was not there to read: could not check is never no."""
    if has_unread_files(notice):
        return True
    if notice.items_elsewhere and not any(document.read for document in notice.documents):
        return True
    title = fold_text(notice.title)
    return all(fold_text(zone.text) in title for zone in notice.zones)


def _list_purchases(notice: Notice) -> Iterator[str]:
    """Yield the notice's own names for what is bought."""
    yield notice.title
    yield notice.project_name
    yield from (item.name for item in notice.items)
    if notice.tag is Tag.PLANNING:
        # An intention names its purchases in a table; its title only names the months.
        yield from (z.text for z in notice.zones if z.kind is ZoneKind.SPECIFICATION)


def _is_expired(brand: Brand, notice: Notice) -> bool:
    if brand.valid_until is None or notice.published_at is None:
        return False
    return notice.published_at.astimezone(CHINA).date() > brand.valid_until


def _quote(text: str, start: int, end: int) -> str:
    """Return the words around a place up to the ends of their clauses, never cut to mislead."""
    near, far = max(0, start - _QUOTE), max(0, start - _QUOTE_REACH)
    left = _find_cut(text, range(near, far - 1, -1))
    near, far = min(len(text), end + _QUOTE), min(len(text), end + _QUOTE_REACH)
    right = _find_cut(text, range(near, far + 1))
    shown = re.sub(r"\s+", " ", text[left:right]).strip()
    return f"{'…' if left else ''}{shown}{'…' if right < len(text) else ''}"


def _find_cut(text: str, reach: range) -> int:
    """Return the first place of a reach where a clause ends, else the first fair one behind it."""
    for place in reach:
        mark = place - 1 if reach.step < 0 else place
        if place in (0, len(text)) or _CLAUSE_END.match(text, mark):
            return place
    last = reach[-1]
    for place in range(last, last + reach.step * _QUOTE_SHIFT, reach.step):
        if not 0 < place < len(text):
            return min(max(place, 0), len(text))
        torn = _TORN_WORD.match(text, place - 1)
        if not torn and not _NEGATED.search(text, max(0, place - 4), place):
            return place
    return last
