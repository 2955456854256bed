"""What the program names by its own ids, in words for who has never seen the program."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType

from monitor.models import Reason, Severity, Verdict
from monitor.screening.entries import Agency, Brand, Category, Entry
from monitor.screening.gloss import gloss_item

VERDICTS: Mapping[str, str] = MappingProxyType(
    {
        Verdict.ALERT: "Alert",
        Verdict.REVIEW: "For review: a person has to look at it",
        Verdict.NONE: "No finding",
    }
)
REASONS: Mapping[str, str] = MappingProxyType(
    {
        Reason.FIRST_MATCH: "told for the first time",
        Reason.MATCH_CHANGED: "told before; what was found in it has changed",
        Reason.ALREADY_TOLD: "told before, and nothing that counts has changed",
        Reason.SAME_NOTICE: "the same notice was told from another source",
        Reason.NO_ORGAN: "the buyer is not known as a security organ",
        Reason.NO_PRODUCT: "no watched product is named",
        Reason.HARMLESS_MENTION: "a watched name stands there, but not as what is bought",
        Reason.NOT_CHECKABLE: "what is bought could not be read; not checked does not mean no",
        Reason.CANCELLED: "a purchase that names the product was cancelled or failed",
        Reason.UNPROVEN_MENTION: "the product is named without proof that it is bought",
        Reason.NO_ROUTE: "nobody is set to be told of it",
        Reason.MUTED: "a reader asked not to be told of it",
        Reason.JUDGED_NEGATIVE: "a reader judged the purchase to be no finding",
    }
)
_SEVERITIES: Mapping[Severity, str] = MappingProxyType(
    {
        Severity.CORE: "a security organ",
        Severity.MEDIUM: "a body of the security system",
        Severity.REFINE: "a part of an organ, for its English name only",
        Severity.CONTEXT: "shown, tells of nothing",
        Severity.NEVER: "no organ",
    }
)
_FIELDS = {
    "body": "main text",
    "table": "table",
    "items": "item table",
    "supplier": "supplier's name",
    "after the correction": "corrected text",
}
_TLS = {"": "none: not encrypted", "verified": "encrypted; the server's certificate was checked"}
_ITEM_FIELD = re.compile(r"items\[(\d+)\]\.(\w+)")
_CHINESE = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")
_MOST_WORDS = 12
Pair = tuple[str, str]


def name_outcome(verdict: str, reason: str) -> str:
    """Return a verdict with its reason; what is no word of the program stays as it is."""
    return f"{VERDICTS.get(verdict, verdict)} – {REASONS.get(reason, reason)}"


def name_field(field: str) -> str:
    """Return where a text stands: items[0].brand is the brand of item 1."""
    if found := _ITEM_FIELD.fullmatch(field):
        return f"item {int(found[1]) + 1}: {found[2].replace('_', ' ')}"
    english = gloss_item(field) if _CHINESE.search(field) else ""
    return _FIELDS.get(field) or (f"{english} ({field})" if english not in ("", field) else field)


def name_moment(written: str) -> str:
    """Return a time in UTC to the second; "" for none."""
    if not written:
        return ""
    return f"{datetime.fromisoformat(written).astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def name_protection(tls: str) -> str:
    """Return how the connection was protected; an opt-out keeps its own name."""
    return _TLS.get(tls, tls)


def list_points(entry: Entry) -> Iterator[Pair]:
    """Yield what a watchlist entry looks for, label and text; what is empty is left out."""
    yield from ((label, text) for label, text in _list_all(entry) if text)


def _list_all(entry: Entry) -> Iterator[Pair]:
    if isinstance(entry, Brand):
        yield from _list_brand(entry)
    elif isinstance(entry, Agency):
        yield "Chinese name", entry.zh
        yield "Counts as", _SEVERITIES[entry.severity]
        yield "Found in names such as", _join(entry.seen)
        yield "Not in", _join(entry.not_seen)
    elif isinstance(entry, Category):
        yield "Words for such products", _join(entry.nouns)
        yield "Purchases that matter by themselves", _join(entry.telling)
    yield "Note", entry.note
    yield "Not confirmed yet", "known from memory" if entry.verify else ""


def _list_brand(brand: Brand) -> Iterator[Pair]:
    models = [f"{one.what} (such as {one.seen[0]})" for one in brand.products]
    yield "Names that are enough", _join(brand.aliases.strong)
    yield "Names that need support", _join(brand.aliases.medium)
    yield "Names that only support", _join(brand.aliases.weak)
    yield "Models and part numbers", _join(models)
    yield "Own companies", _join(brand.companies)
    yield "Means something else", _join(brand.exclude)
    yield "Counts until", str(brand.valid_until or "")


def _join(words: Sequence[str]) -> str:
    more = f" and {len(words) - _MOST_WORDS} more" if len(words) > _MOST_WORDS else ""
    return ", ".join(words[:_MOST_WORDS]) + more
