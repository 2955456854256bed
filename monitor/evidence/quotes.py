"""The places that counted, and how they show in a text: every quotation marked in it."""

from __future__ import annotations

import html
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from monitor.evidence.gathering import Case
from monitor.screening.gloss import STANCE_NAMES
from monitor.text.privacy import mask_private, mask_values

Hit = Mapping[str, Any]

_KEY = ("entry", "stance", "field", "place", "quote")
_STANCES = {str(stance): name for stance, name in STANCE_NAMES.items()}
_NOTHING = re.compile(r"(?!)")


def show_text(text: object) -> str:
    """Return a text of anyone's, safe in HTML: private data masked, nothing hidden in it."""
    return _escape(mask_private(str(text)))


def _escape(text: str) -> str:
    shown = (char for char in text if char == "\n" or unicodedata.category(char)[0] != "C")
    return html.escape("".join(shown))


def list_hits(case: Case) -> list[Hit]:
    """Return all hits of a decision: those of the message, then those it had no room for."""
    told = list(case.content["hits"])
    names = {one.entry.id: one.entry.name for one in case.entries}
    seen = {tuple(hit[key] for key in _KEY) for hit in told}
    for hit in mask_values(json.loads(case.decision["match"]))["hits"]:
        key = tuple(hit.get(name, "") for name in _KEY)
        if key not in seen:
            seen.add(key)
            stance = _STANCES.get(hit["stance"], hit["stance"])
            name = names.get(hit["entry"], hit["entry"])
            told.append({"place": "", **hit, "name": name, "stance_en": stance, "quote_en": ""})
    return told


def find_around(case: Case, hit: Hit) -> str:
    """Return the text that a hit's quotation stands in, the quotation itself where none has it."""
    pattern = _compile_quote(hit["quote"])
    found = (text for text in _list_texts(case, hit) if pattern.search(text))
    return next(found, hit["quote"])


def _list_texts(case: Case, hit: Hit) -> Iterator[str]:
    """Yield the masked texts that a hit may stand in."""
    if not hit["place"]:
        zones = case.notice.zones if case.notice else ()
        yield from (mask_private(zone.text) for zone in zones if zone.field == hit["field"])
        return
    shown = ((mask_private(name), text) for name, text in case.texts)
    named = [(name, text) for name, text in shown if hit["place"].startswith(name)]
    # 报价.xls is how 报价.xlsx begins, too.
    for _, text in sorted(named, key=lambda pair: -len(pair[0]))[:1]:
        yield from _mask_lines(text)


@lru_cache(maxsize=64)
def _mask_lines(text: str) -> tuple[str, ...]:
    """Return the lines of a text, masked once for all hits in it."""
    return tuple(map(mask_private, text.splitlines()))


@lru_cache(maxsize=1024)
def _compile_quote(quote: str) -> re.Pattern[str]:
    """Return a pattern of a quotation, which has "…" where it was cut, and single blanks."""
    words = [re.escape(word) for word in quote.strip("…").split()]
    return re.compile(r"\s+".join(words)) if words else _NOTHING


def mark_quotes(text: str, hits: Iterable[Hit]) -> str:
    """Return a text for HTML with the quotations of all hits marked; what overlaps, as one."""
    plain = mask_private(text)
    quotes = {hit["quote"] for hit in hits}
    spans = [found.span() for one in quotes for found in _compile_quote(one).finditer(plain)]
    parts, end = list[str](), 0
    for first, last in _merge_spans(spans):
        parts += [_escape(plain[end:first]), f"<mark>{_escape(plain[first:last])}</mark>"]
        end = last
    return "".join([*parts, _escape(plain[end:])])


def _merge_spans(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for first, last in sorted(spans):
        if merged and first < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    return merged
