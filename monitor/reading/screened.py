"""Screen saved notices without the store, and say what was found (design, section 5)."""

from __future__ import annotations

from typing import Any

from monitor.errors import LayoutError
from monitor.models import Document, Match, Notice
from monitor.reading.savednotices import Saved
from monitor.screening.firms import name_supplier
from monitor.screening.gloss import gloss_item, gloss_title
from monitor.screening.lists import SanctionLists
from monitor.screening.score import Screener
from monitor.text.dates import CHINA
from monitor.text.privacy import mask_values


def screen_saved(saved: Saved, screener: Screener, lists: SanctionLists) -> dict[str, Any]:
    """Return the screening row of a saved notice; an unreadable page is its own answer."""
    try:
        notice = saved.read()
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
        return _refuse_saved(saved, f"the program failed on it: {type(error).__name__}")
    except LayoutError as error:
        return _refuse_saved(saved, str(error))
    return describe_screened(saved, notice, screener.screen(notice), lists)


def _refuse_saved(saved: Saved, why: str) -> dict[str, Any]:
    row = {"id": saved.id, "url": saved.url, "place": saved.place, "verdict": "none"}
    return {**row, "reason": "UNREADABLE", "score": 0.0, "checkable": False, "error": why}


def describe_screened(
    saved: Saved, notice: Notice, match: Match, lists: SanctionLists
) -> dict[str, Any]:
    """Return a notice and its match as the object of section 5 of the design, persons masked."""
    row = {
        "id": saved.id,
        "url": saved.url,
        "place": saved.place,
        "verdict": str(match.verdict),
        "reason": str(match.reason),
        "score": match.score,
        "checkable": match.checkable,
        "tag": str(notice.tag or ""),
        "title": notice.title,
        "title_en": gloss_title(notice.title, notice.region),
        "project_number": notice.project_number,
        "published": _local_time(notice),
        "buyer": _describe_buyer(notice, match, lists),
        "brands": [
            {
                "id": hit.entry, "stance": str(hit.stance), "strength": str(hit.strength),
                "field": hit.field, "quote": hit.quote, "alias": hit.alias, "why": hit.why,
            }
            for hit in match.hits
        ],
        "suppliers": [
            {"name": name, "name_en": name_supplier(name, notice.region)}
            for name in notice.suppliers
        ],
        "value": {"amount": notice.value.amount, "currency": notice.value.currency}
        if notice.value
        else None,
        "items": [
            {
                "name": item.name, "name_en": gloss_item(item.name), "brand": item.brand,
                "model": item.model, "quantity": item.quantity, "unit": item.unit,
                "unit_price": item.unit_price,
            }
            for item in notice.items
        ],
        "attachments": [_describe_document(document) for document in notice.documents],
        "features": [
            {"name": f.name, "weight": f.weight, "why": f.why} for f in match.features
        ],
        "issues": [
            {"kind": issue.kind, "field": issue.field, "raw": issue.raw}
            for issue in notice.issues
        ],
    }  # fmt: skip
    return {name: mask_values(value, name) for name, value in row.items()}


def _describe_document(document: Document) -> dict[str, Any]:
    why = document.why or ("not fetched" if document.read is None else "")
    return {"name": document.name, "read": bool(document.read), "why": why}


def _local_time(notice: Notice) -> str:
    if notice.published_at is None:
        return ""
    local = notice.published_at.astimezone(CHINA)
    return local.date().isoformat() if notice.date_only else local.isoformat()


def _describe_buyer(notice: Notice, match: Match, lists: SanctionLists) -> dict[str, Any]:
    organ = match.organ
    listed: list[str] | None = []
    if organ is not None and notice.published_at is not None:
        day = notice.published_at.astimezone(CHINA).date()
        listed = [*lists.listed_on(organ.name, organ.agency, organ.region, day)]
    elif organ is not None:
        listed = None  # the day is not known, so neither is the answer
    return {
        "name": notice.buyer,
        "name_en": name_supplier(notice.buyer, notice.region) if notice.buyer else "",
        "agency": organ.agency if organ else "",
        "severity": str(organ.severity) if organ else "",
        "region": organ.region if organ else "",
        "listed": listed,
        # The body that made the severity, where it is not the buyer on paper.
        "organ": {"name": organ.name, "name_en": organ.name_en, "where": organ.where}
        if organ and organ.name != notice.buyer
        else None,
    }
