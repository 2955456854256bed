"""JSON answers with one value left out or replaced by another kind of value, for Hypothesis."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

DROPPED = "left out"
_OTHERS: tuple[Any, ...] = (
    None, [], {}, "", "样例", "<b>", "[1]", "{", 0, -1, 2.5, True, [None], {"a": 1}, 10**30,
    1763800000000, DROPPED,
)  # fmt: skip


def mutate_json(text: str) -> st.SearchStrategy[str]:
    """Return a strategy for a JSON text with one to three of its values changed."""
    places = list(_list_places(json.loads(text)))
    change = st.tuples(st.sampled_from(places), st.sampled_from(_OTHERS))
    return st.lists(change, min_size=1, max_size=3).map(lambda changes: _change(text, changes))


def _list_places(value: Any, here: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    keys: list[Any] = list(value) if isinstance(value, dict) else []
    keys = list(range(len(value))) if isinstance(value, list) else keys
    for key in keys:
        yield (*here, key)
        yield from _list_places(value[key], (*here, key))


def _change(text: str, changes: list[tuple[tuple[str | int, ...], Any]]) -> str:
    answer = json.loads(text)
    for place, other in changes:
        holder = answer
        try:
            for key in place[:-1]:
                holder = holder[key]
            if other == DROPPED:
                del holder[place[-1]]
            else:
                holder[place[-1]] = copy.deepcopy(other)
        except (KeyError, IndexError, TypeError):
            continue  # an earlier change took the place away
    return json.dumps(answer, ensure_ascii=False)
