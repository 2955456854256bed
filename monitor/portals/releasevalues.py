"""Values of JSON notices as they come: texts, lists, numbers, sums and moments, or nothing."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from monitor.errors import LayoutError
from monitor.models import Issue, Value
from monitor.text.dates import ReadDate, read_date
from monitor.text.markup import inline_text, parse_html, squeeze
from monitor.text.normalize import drop_invisible

Json = Mapping[str, Any]
_NUMBER = re.compile(r"-?\d{1,18}(?:\.\d{1,9})?")
_CURRENCY = re.compile(r"[A-Z]{3}")
_NO_ZONE = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?")
_CONTACT = re.compile(r"(?i)contact(?!_?org)")
_MARKUP = re.compile(r"<[a-zA-Z/!]|&#?\w{1,10};")


def read_text(value: Any) -> str:
    """Return a text on one line without markup; '' for what is none and for the text null."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str) or value.strip() == "null":
        return ""
    shown = inline_text(parse_html(value)) if _MARKUP.search(value) else squeeze(value)
    return squeeze(drop_invisible(shown))


def write_content(row: Json, url: str) -> str:
    """Return a row as JSON without its contacts: names and numbers of people stay in captures.

    Raise LayoutError for one that is nested without end.
    """
    try:
        kept = json.loads(json.dumps(row), object_hook=_drop_contacts)
        return json.dumps(kept, ensure_ascii=False, separators=(",", ":"))
    except RecursionError:
        raise LayoutError(url, "rows that are not nested so deep") from None


def _drop_contacts(row: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in row.items() if not _CONTACT.search(key)}


def texts_of(value: Any) -> list[str]:
    """Return the texts of a list, or one text as a list."""
    parts = value if isinstance(value, list) else [value]
    return [text for part in parts if (text := read_text(part))]


def part_of(row: Json, key: str) -> Json:
    """Return the object under a key, {} where there is none."""
    found = row.get(key)
    return found if isinstance(found, dict) else {}


def rows_of(value: Any) -> Iterator[Json]:
    """Yield the objects of a list; nothing for what is no list."""
    return (row for row in (value if isinstance(value, list) else ()) if isinstance(row, dict))


def read_number(value: Any) -> float | None:
    """Return a number that is finite, also one written as a text; None for anything else."""
    if isinstance(value, str):
        value = float(value) if _NUMBER.fullmatch(value.strip()) else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def read_amount(value: Any, place: str, issues: list[Issue]) -> Value | None:
    """Return a sum in its own currency, such as {"amount": 12, "currency": "GBP"}.

    Zero and -1 stand for "not told". What cannot be read becomes an issue at `place`.
    """
    if value is None or value == {}:
        return None
    row: Json = value if isinstance(value, dict) else {"amount": value}
    amount, currency = row.get("amount"), row.get("currency")
    if amount is None:
        return None
    number = read_number(amount)
    raw = f"{read_text(currency)} {str(amount)[:40]}".strip()
    if number is None or number > 1e15:
        issues.append(Issue("unreadable amount", place, raw))
        return None
    if number <= 0:
        return None
    if not isinstance(currency, str) or not _CURRENCY.fullmatch(currency):
        issues.append(Issue("no currency", place, raw))
        return None
    return Value(number, raw, currency)


def add_values(values: Sequence[Value], issues: list[Issue]) -> Value | None:
    """Return the sum of lots; None, with an issue, where they are in several currencies."""
    currencies = {value.currency for value in values}
    raw = " + ".join(value.raw for value in values)[:200]
    if len(currencies) != 1:
        issues.append(Issue("several currencies", "value", raw))
        return None
    total = math.fsum(value.amount for value in values)
    return Value(round(total, 2), raw, currencies.pop())


def read_moment(raw: str) -> ReadDate | None:
    """Return a moment as ISO 8601 has it; without a zone it is UTC, not China's time."""
    return read_date(f"{raw}Z" if _NO_ZONE.fullmatch(raw) else raw)
