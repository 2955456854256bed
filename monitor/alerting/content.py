"""What an alert tells, as plain JSON values: complete, so that rendering needs nothing else.

Everything that a notice says passes mask_private; making it harmless to show is render's work.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from monitor.models import (
    Capture,
    Feature,
    Hit,
    Item,
    Match,
    Notice,
    Organ,
    Reason,
    Stance,
    Strength,
)
from monitor.screening.entries import Brand
from monitor.screening.firms import name_brand, name_supplier
from monitor.screening.gloss import STANCE_NAMES, TAG_NAMES, gloss_item, gloss_title, gloss_unit
from monitor.screening.lists import SanctionLists, load_packaged
from monitor.screening.score import ALERTING, REVIEWING
from monitor.screening.standing import describe_standing
from monitor.screening.terms import count_chinese
from monitor.text.dates import CHINA
from monitor.text.privacy import mask_private

MOST_HITS = 40
MOST_QUOTES = 3
MOST_ITEMS = 10
MOST_SUPPLIERS = 10
_LONGEST_GLOSSED = 60
_MOST_UNKNOWN = 0.25
_ITEM_FIELD = re.compile(r"items\[(\d+)\]")
_TELLING = re.compile(r"'(.+)' is a telling purchase")
_WITH = re.compile(r", with (.+)$")
_CHINESE_NAME = re.compile(r"[\u4e00-\u9fff]+([\x00-\x7f]*)")
_SEVERAL = re.compile(r"[、,，/;；或]")
_BY_NAME = re.compile(r" \(|, | and ")
_STANCES = list(Stance)
_STRENGTHS = list(Strength)

Content = dict[str, Any]


def build_content(
    notice: Notice,
    match: Match,
    brands: Mapping[str, Brand],
    capture: Capture,
    *,
    alert_id: str,
    source: str,
    sample: bool,
    reason: Reason,
    changed: Sequence[str] = (),
    agencies: Mapping[str, str] = MappingProxyType({}),
    lists: SanctionLists | None = None,
    links: Sequence[tuple[str, str]] = (),
) -> Content:
    """Return the content of an alert about a notice; `brands` are keyed by entry id.

    `reason` is why it is told now, `changed` the fields that differ from what was told before;
    `agencies` are the English names of agency entries by id, `lists` the sanctions lists (the
    packaged ones by default), `links` the source and address of each place where the notice
    stands. `published` is in China's time; `evidence` is in UTC.
    """
    # Masked before it is put into English: there, labels such as 联系人 are gone.
    title = mask_private(notice.title)
    hits = sort_hits(match.hits)
    items = _sort_items(notice.items, hits)
    shown, hits_more = _choose_hits(hits)
    telling = _find_telling(match.features)
    return {
        "title": title,
        "title_en": gloss_title(_name_aliases(title, hits, brands), notice.region),
        "tag": str(notice.tag) if notice.tag else "",
        "stage_en": TAG_NAMES[notice.tag] if notice.tag else "",
        "published": _write_published(notice),
        "published_raw": notice.published_raw,
        "buyer": _describe_buyer(
            notice, match.organ, _find_day(notice, capture), agencies, lists or load_packaged()
        ),
        "suppliers": [_name_body(name, notice) for name in notice.suppliers[:MOST_SUPPLIERS]],
        "agent": _name_body(notice.procuring_entity, notice) if notice.procuring_entity else None,
        "suppliers_more": max(0, len(notice.suppliers) - MOST_SUPPLIERS),
        "value": _describe_value(notice),
        "project_number": mask_private(notice.project_number),
        "hits": [_describe_hit(hit, brands) for hit in shown],
        "hits_more": hits_more,
        "products": _name_products(hits, brands),
        "telling_purchase": telling,
        "telling_en": gloss_item(telling) if telling else "",
        "items": [
            _describe_item(number, item, hits, brands) for number, item in items[:MOST_ITEMS]
        ],
        "items_more": max(0, len(items) - MOST_ITEMS),
        "features": [_describe_feature(feature) for feature in match.features],
        "exhibits": [
            {"name": mask_private(one.name), "sha256": one.sha256, "record_id": one.record_id}
            for one in notice.documents
            if one.sha256 and any(hit.place.startswith(one.name) for hit in shown if hit.place)
        ],
        "unread": [
            {"name": mask_private(document.name), "why": mask_private(document.why)}
            for document in notice.documents
            if document.read is False
        ],
        "verdict": str(match.verdict),
        "verdict_reason": str(match.reason),
        "score": match.score,
        "checkable": match.checkable,
        "url": notice.url,
        "links": [{"source": name, "url": url} for name, url in links or [(source, notice.url)]],
        "source": source,
        "evidence": {
            "sha256": capture.sha256,
            "record_id": capture.record_id,
            "fetched_at": capture.fetched_at.astimezone(UTC).isoformat(timespec="seconds"),
        },
        "alert_id": alert_id,
        "reason": str(reason),
        "changed": list(changed),
        "sample": sample,
    }


def sort_hits(hits: Sequence[Hit]) -> list[Hit]:
    """Return hits with the most telling first: stances that alert, then strong aliases."""
    return sorted(hits, key=_rank_hit)


def _rank_hit(hit: Hit) -> tuple[bool, int, int]:
    stance, strength = _STANCES.index(hit.stance), _STRENGTHS.index(hit.strength)
    return hit.stance not in ALERTING, stance, strength


def _choose_hits(hits: Sequence[Hit]) -> tuple[list[Hit], int]:
    """Return sorted hits without repeats, and the number of those left out.

    Of each brand and stance the first few stay; the first of each come before any second one.
    """
    different: dict[tuple[str, str, str], Hit] = {}
    for hit in hits:
        different.setdefault((hit.entry, hit.field, hit.quote), hit)
    rounds: list[list[Hit]] = [[] for _ in range(MOST_QUOTES)]
    seen: Counter[tuple[str, Stance]] = Counter()
    for hit in different.values():
        place = seen[hit.entry, hit.stance]
        seen[hit.entry, hit.stance] += 1
        if place < MOST_QUOTES:
            rounds[place].append(hit)
    kept = [hit for each in rounds for hit in each][:MOST_HITS]
    return sorted(kept, key=hits.index), len(different) - len(kept)


def _name_products(hits: Sequence[Hit], brands: Mapping[str, Brand]) -> list[str]:
    """Return the brands that made the verdict: told as bought, else at least as wanted."""
    told = [hit for hit in hits if hit.stance in ALERTING]
    told = told or [hit for hit in hits if hit.stance in REVIEWING]
    return list(dict.fromkeys(_name_brand(hit, brands) for hit in told))


def _name_brand(hit: Hit, brands: Mapping[str, Brand]) -> str:
    """Return a brand's name; what belongs to it is set in brackets: Oracle (with Sun)."""
    name = brands[hit.entry].name if hit.entry in brands else hit.entry
    return _WITH.sub(r" (with \1)", name)


def _name_aliases(text: str, hits: Sequence[Hit], brands: Mapping[str, Brand]) -> str:
    """Return a text with the Chinese names of the brands found in it in English.

    Of an alias such as 贝尔429 only the name is put into English.
    """
    for hit in hits:
        found = _CHINESE_NAME.fullmatch(hit.alias)
        if found and (hit.strength is Strength.STRONG or hit.stance in (*ALERTING, *REVIEWING)):
            name = _BY_NAME.split(_name_brand(hit, brands), maxsplit=1)[0]
            text = text.replace(hit.alias, f" {name} {found[1]}")
    return text


def _gloss_known(text: str, limit: int | None = None) -> str:
    """Return a text in English, or "" where the glossary knows too little of it."""
    if not count_chinese(text) or (limit and len(text) > limit):
        return ""
    english = gloss_item(text)
    return english if count_chinese(english) <= count_chinese(text) * _MOST_UNKNOWN else ""


def _find_telling(features: Sequence[Feature]) -> str:
    """Return the word for which a notice is told whose items could not be read, or ""."""
    found = (_TELLING.match(f.why) for f in features if f.name == "not checkable")
    return next((one[1] for one in found if one), "")


def _sort_items(items: Sequence[Item], hits: Sequence[Hit]) -> list[tuple[int, Item]]:
    """Return the items that hits touch in the order of the hits, then the others as printed.

    Each has its number in the notice, counted from 1.
    """
    touched = [
        int(found[1]) for hit in hits if (found := _ITEM_FIELD.search(hit.field)) is not None
    ]
    order = dict.fromkeys([*(n for n in touched if n < len(items)), *range(len(items))])
    return [(number + 1, items[number]) for number in order]


def _find_day(notice: Notice, capture: Capture) -> datetime:
    """Return the day in China that lists are asked for: of the notice, else of its capture."""
    return (notice.published_at or capture.fetched_at).astimezone(CHINA)


def _write_published(notice: Notice) -> str | None:
    if notice.published_at is None:
        return None
    local = notice.published_at.astimezone(CHINA)
    return local.date().isoformat() if notice.date_only else local.isoformat(timespec="seconds")


def _describe_buyer(
    notice: Notice,
    organ: Organ | None,
    day: datetime,
    agencies: Mapping[str, str],
    lists: SanctionLists,
) -> Content:
    name = mask_private(organ.name if organ else notice.buyer)
    agency, region = (organ.agency, organ.region) if organ else ("", "")
    formal = notice.buyer if organ and notice.buyer != organ.name else ""
    event = "the notice" if notice.published_at else "the capture"
    return {
        "name": name,
        "name_en": mask_private(organ.name_en if organ else name_supplier(name, notice.region)),
        "agency": agency,
        "agency_en": agencies.get(agency, ""),
        "severity": str(organ.severity) if organ else "",
        "where": organ.where if organ else "",
        "listed": list(lists.listed_on(name, agency, region, day.date())) if name else [],
        "listed_day": day.date().isoformat(),
        "standing": describe_standing(lists, name, agency, region, day.date(), event),
        # Who buys on paper, where the organ is the end user or stands in the title only.
        "formal": _name_body(formal, notice) if formal else None,
    }


def _name_body(name: str, notice: Notice) -> Content:
    """Return the name of a body or firm with its English; "" where no part of it is known."""
    shown = mask_private(name)
    english = name_supplier(shown, notice.region)
    return {"name": shown, "name_en": "" if english == shown else english}


def _describe_value(notice: Notice) -> Content | None:
    value = notice.value
    if value is None:
        return None
    return {"amount": value.amount, "raw": mask_private(value.raw), "currency": value.currency}


def _gloss_quote(hit: Hit, brands: Mapping[str, Brand]) -> str:
    """Return a short quotation in English; "" for a mere name, and for what is told elsewhere."""
    if hit.quote == hit.alias or hit.field in ("title", "project name", "supplier"):
        return ""
    quote = _name_aliases(mask_private(hit.quote), [hit], brands)
    return _gloss_known(quote, _LONGEST_GLOSSED)


def _describe_hit(hit: Hit, brands: Mapping[str, Brand]) -> Content:
    return {
        "entry": hit.entry,
        "name": _name_brand(hit, brands),
        "alias": hit.alias,
        "strength": str(hit.strength),
        "stance": str(hit.stance),
        "stance_en": STANCE_NAMES[hit.stance],
        "telling": hit.stance in ALERTING or hit.stance in REVIEWING,
        "why": mask_private(hit.why),
        "field": hit.field,
        "place": mask_private(hit.place),
        "quote": mask_private(hit.quote),
        "quote_en": _gloss_quote(hit, brands),
    }


def _describe_item(
    number: int, item: Item, hits: Sequence[Hit], brands: Mapping[str, Brand]
) -> Content:
    name, brand, model = (mask_private(text) for text in (item.name, item.brand, item.model))
    of_brand = [hit for hit in hits if hit.field == f"items[{number - 1}].brand"]
    alone = of_brand and not _SEVERAL.search(brand)
    return {
        "number": number,
        "name": name,
        "name_en": gloss_item(_name_aliases(name, hits, brands)),
        "brand": brand,
        "brand_en": _name_brand(of_brand[0], brands)
        if alone
        else name_brand(_name_aliases(brand, hits, brands)),
        "model": model,
        "model_en": _gloss_known(_name_aliases(model, hits, brands)),
        "quantity": item.quantity,
        "unit": item.unit,
        "unit_en": gloss_unit(item.unit) if item.unit else "",
        "unit_price": item.unit_price,
    }


def _describe_feature(feature: Feature) -> Content:
    return {"name": feature.name, "weight": feature.weight, "why": mask_private(feature.why)}
