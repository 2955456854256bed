"""What a source usually shows: counts that add up, fade, and can be forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from monitor.store import Store
from monitor.store.expectations import Expectations, Share


@pytest.fixture
def expectations(tmp_path: Path) -> Iterator[Expectations]:
    with Store.open(tmp_path) as store:
        for name in ("local", "other"):
            store.sources.ensure(name, sample=False)
        yield store.expectations


@pytest.mark.parametrize(("share", "part"), [(Share(0, 0), 0.0), (Share(8, 2), 0.25)])
def test_a_share_of_nothing_is_none(share: Share, part: float) -> None:
    assert share.part == part


def test_rounds_add_up_by_source_and_field(expectations: Expectations) -> None:
    expectations.learn("local", {"buyer": Share(20, 10), "date": Share(20, 20)})
    expectations.learn("local", {"buyer": Share(20, 20)})
    assert expectations.get("local") == {"buyer": Share(40, 30), "date": Share(20, 20)}
    assert expectations.get("other") == {}


def test_a_round_without_rows_teaches_nothing(expectations: Expectations) -> None:
    expectations.learn("local", {"buyer": Share(0, 0)})
    assert expectations.get("local")["buyer"].part == 0.0


def test_old_counts_fade(expectations: Expectations) -> None:
    for _ in range(100):
        expectations.learn("local", {"buyer": Share(100, 100)})
    for _ in range(40):
        expectations.learn("local", {"buyer": Share(100, 0)})
    share = expectations.get("local")["buyer"]
    assert share.rows == pytest.approx(2000)
    assert share.part < 0.2


def test_what_was_learned_can_be_forgotten(expectations: Expectations) -> None:
    for name in ("local", "other"):
        expectations.learn(name, {"buyer": Share(20, 10)})
    expectations.forget("local")
    assert (expectations.get("local"), len(expectations.get("other"))) == ({}, 1)
