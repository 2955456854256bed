"""Ids of the program in words: none is left without, and a list stays short."""

from __future__ import annotations

import pytest

from monitor.evidence.plain import (
    REASONS,
    VERDICTS,
    list_points,
    name_field,
    name_moment,
    name_outcome,
)
from monitor.models import Reason, Verdict
from tests.kit.house import load_screener


def test_every_verdict_and_reason_has_words() -> None:
    assert (set(VERDICTS), set(REASONS)) == (set(Verdict), set(Reason))
    for text in (*VERDICTS.values(), *REASONS.values()):
        assert "_" not in text
    assert name_outcome("review", "CANCELLED").startswith("For review: ")
    assert name_outcome("other", "NEW_WORD") == "other – NEW_WORD"


@pytest.mark.parametrize(("field", "words"), [
    ("items[0].brand", "item 1: brand"), ("items[11].unit_price", "item 12: unit price"),
    ("body", "main text"), ("title", "title"), ("采购人", "Purchaser (采购人)"),
])  # fmt: skip
def test_a_place_is_named_in_words(field: str, words: str) -> None:
    assert name_field(field).lower() == words.lower()


def test_a_time_is_in_utc() -> None:
    assert name_moment("2026-11-22T12:00:00.5+08:00") == "2026-11-22 04:00:00 UTC"
    assert name_moment("") == ""


def test_each_entry_of_a_watchlist_is_a_short_list_without_patterns() -> None:
    placed = load_screener().watchlists.placed
    assert len(placed) > 50
    for one in placed:
        points = list(list_points(one.entry))
        assert 0 < len(points) <= 9, one.entry.id
        assert all(label and text and len(text) < 1000 for label, text in points), one.entry.id
        assert not any("(?" in text for _, text in points), one.entry.id
