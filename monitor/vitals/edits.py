"""Tell once that the watchlists were edited, and about how many past notices that concerns.

Past notices are never told one by one for it: `tender-monitor rescreen --tell` tells them together.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from monitor.alerting.defuse import defuse
from monitor.alerting.selfalert import make_self_alert
from monitor.screening.entries import Brand, alias_pattern, fold_text
from monitor.screening.watchlist import Watchlists
from monitor.store import Store
from monitor.store.database import write_json

_NAME = "watchlists"
# So many notices are looked through, the newest first: an edit must not hold up the daemon.
_MOST_NOTICES = 50_000
_MOST_SHOWN = 20


def tell_edit(
    store: Store, watchlists: Watchlists, receivers: Sequence[str], now: datetime
) -> bool:
    """Note which words are watched; tell of new ones, once; return whether somebody is told.

    The first time that anything is noted is no edit.
    """
    known = store.vitals.get(_NAME)
    present = describe_words(watchlists)
    if known is not None and json.loads(known.value) == present:
        return False
    added = _find_added(json.loads(known.value) if known else present, present)
    lines = list(_write_lines(store, watchlists, added))
    with store.db.immediate():
        store.vitals.put(_NAME, write_json(present), now)
        if not lines:
            return False
        names = ", ".join(list(added)[:3]) + (" and others" if len(added) > 3 else "")
        alert = make_self_alert(f"The watchlists have changed: {defuse(names)}", lines, now=now)
        return store.alerts.enqueue(alert, receivers, now)


def describe_words(watchlists: Watchlists) -> dict[str, list[str]]:
    """Return the words that each entry is found by, as plain values to compare."""
    words = {f"brand {brand.id}": sorted(_list_words(brand)) for brand in watchlists.brands}
    bodies = {f"agency {one.id}": sorted(one.patterns) for one in watchlists.agencies}
    return words | bodies


def _list_words(brand: Brand) -> set[str]:
    aliases = {*brand.aliases.strong, *brand.aliases.medium, *brand.companies}
    return aliases | {product.pattern for product in brand.products}


def _find_added(
    before: Mapping[str, Sequence[str]], present: Mapping[str, Sequence[str]]
) -> dict[str, set[str]]:
    """Return the new words of each entry that has any; what was taken away is not told."""
    news = {name: {*words} - {*before.get(name, ())} for name, words in present.items()}
    return {name: words for name, words in news.items() if words}


def _write_lines(
    store: Store, watchlists: Watchlists, added: Mapping[str, set[str]]
) -> Iterator[str]:
    brands = {f"brand {brand.id}": brand for brand in watchlists.brands}
    words = {
        name: _list_aliases(brands[name], new) for name, new in added.items() if name in brands
    }
    counts = count_named(store, words) if words else {}
    for name in list(added)[:_MOST_SHOWN]:
        if name not in words:
            yield f"Added or widened: {name}. Rows that were recorded unopened stay so."
        elif number := counts[name]:
            entry = brands[name].id
            yield f"Added or widened: {name}: at least {number} past notices of organs name it."
            command = f"tender-monitor rescreen --entry {entry} --tell"
            yield f"They were not told one by one; all in one digest: {command}"
        else:
            yield f"Added or widened: {name}: no past notice of an organ was seen to name it."
    if len(added) > _MOST_SHOWN:
        yield f"and {len(added) - _MOST_SHOWN} more entries"
    if added:
        yield "New notices are screened with these watchlists from now on."


def _list_aliases(brand: Brand, new: set[str]) -> set[str]:
    """Return the new words that are plain text; how often a pattern fits is not counted."""
    return new - {product.pattern for product in brand.products}


def count_named(store: Store, words: Mapping[str, set[str]]) -> dict[str, int]:
    """Return how many stored notices of organs hold one of each entry's words in their fields.

    A lower bound: text that is not in a field, as of an attachment, is not looked through.
    """
    counts = dict.fromkeys(words, 0)
    patterns = {
        name: re.compile("|".join(alias_pattern(word).pattern for word in sorted(some)))
        for name, some in words.items()
        if some
    }
    for fields in _stream_fields(store):
        text = fields.lower()
        # What is not written plainly, as in full width, is folded where that costs little.
        folded = text if text.isascii() or len(text) > 20_000 else fold_text(fields)
        for name, pattern in patterns.items():
            counts[name] += pattern.search(folded) is not None
    return counts


def _stream_fields(store: Store) -> Iterator[str]:
    rows = store.db.stream(
        """select fields from notice n
           where json_extract(match, '$.organ') is not null
             and version = (select max(version) from notice where listing = n.listing)
           order by id desc limit ?""",
        [_MOST_NOTICES],
    )
    return (str(row["fields"]) for row in rows)
