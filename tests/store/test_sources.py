"""Sources in the store: when they are due, what state they are in, what they may spend."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from monitor.models import Issue, SourceState
from monitor.store import Store
from monitor.store.sources import Health, Sources

NOW = datetime(2026, 11, 22, tzinfo=UTC)
GOOD = Health(SourceState.CURRENT)
BAD = Health(SourceState.BLOCKED, "HTTP 403")


@pytest.fixture
def sources(tmp_path: Path) -> Iterator[Sources]:
    with Store.open(tmp_path) as store:
        store.sources.ensure("local", sample=False)
        yield store.sources


def test_a_state_keeps_its_since_until_it_changes(sources: Sources) -> None:
    hours = [NOW + timedelta(hours=n) for n in range(4)]
    for moment, health in zip(hours, (BAD, BAD, GOOD, GOOD), strict=True):
        sources.finish_round("local", health, 20, moment, whole=health is GOOD)
        row = sources.get("local")
        since = hours[0] if health is BAD else hours[2]
        assert (row.state, row.state_since) == (health.state, since)
    assert (row.failures, row.last_good_at) == (0, hours[3])


def test_a_round_of_unchanged_answers_keeps_the_last_count(sources: Sources) -> None:
    sources.finish_round("local", GOOD, 40, NOW, whole=True)
    sources.finish_round("local", GOOD, 0, NOW, whole=True)
    assert sources.get("local").last_listings == 40


def test_a_baseline_is_finished_once(sources: Sources) -> None:
    sources.finish_baseline("local", NOW)
    sources.finish_baseline("local", NOW + timedelta(days=1))
    assert sources.get("local").baseline_at == NOW


def test_requests_are_counted_by_host_and_day(sources: Sources) -> None:
    day = date(2026, 11, 22)
    assert [sources.spend(host, day, 2) for host in ("a", "a", "a", "b")] == [
        True,
        True,
        False,
        True,
    ]
    assert sources.spend("a", date(2026, 11, 23), 1)
    assert not sources.spend("c", day, 0)
    assert sources.spent("a", day) == 2


def test_the_same_issue_is_one_row_with_a_count(sources: Sources) -> None:
    issue = Issue("unreadable date", "published", "某日")
    for _ in range(3):
        sources.add_issues("local", [issue], "https://example.org/1", NOW)
    assert [(row["raw"], row["count"]) for row in sources.list_issues()] == [("某日", 3)]
