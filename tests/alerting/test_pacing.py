"""How messages go: one by one while they are few, together when they are many."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from monitor.alerting.pacing import FULL, Queue, Step, choose_step
from monitor.receivers import FloodConfig

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
FLOOD = FloodConfig(most=20, within=3600)


@pytest.mark.parametrize(
    ("fresh", "rested", "singles", "minutes_since", "step"),
    [
        (0, 0, 20, None, Step.SINGLY),
        (1, 0, 0, None, Step.SINGLY),
        (20, 0, 0, None, Step.SINGLY),
        (21, 0, 0, None, Step.FLOOD),
        (5, 0, 15, None, Step.SINGLY),
        (6, 0, 15, None, Step.FLOOD),
        (1, 0, 20, None, Step.FLOOD),
        (1, 0, 0, 1, Step.LATER),
        (500, 0, 20, 59, Step.LATER),
        (FULL, 0, 20, 59, Step.FLOOD),
        (5, 5, 0, 60, Step.RESTED),
        (3, 3, 0, 60, Step.SINGLY),
        (21, 21, 0, 60, Step.FLOOD),
        (4, 4, 0, None, Step.RESTED),
        (4, 3, 0, None, Step.SINGLY),
    ],
)
def test_each_queue_has_its_step(
    fresh: int, rested: int, singles: int, minutes_since: int | None, step: Step
) -> None:
    gathered = None if minutes_since is None else NOW - timedelta(minutes=minutes_since)
    assert choose_step(Queue(fresh, rested, singles), FLOOD, gathered, NOW) is step
