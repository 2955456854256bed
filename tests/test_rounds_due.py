"""When a source is due: at its time, at once if never polled, and after a clock was set back."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from monitor.health import find_longest_wait
from monitor.models import SourceState
from monitor.rounds import Rounds
from tests.kit.house import House, open_house


def list_due(house: House, ahead: timedelta | None) -> list[str]:
    """Return what is due where the source is due so far ahead, or was never polled."""
    if ahead is not None:
        house.rooms.store.sources.ensure("local", sample=False)
        house.rooms.store.sources.plan_check("local", house.clock() + ahead)
    return Rounds(house.setup, house.rooms, cast(Any, None)).list_due()


@pytest.mark.parametrize(
    ("ahead", "due"),
    [(None, True), (-1, True), (0, True), (1, False), (3600, False), (365 * 86_400, True)],
)
def test_a_source_is_due_at_its_time_and_never_further_ahead_than_it_could_wait(
    tmp_path: Path, ahead: int | None, due: bool
) -> None:
    span = None if ahead is None else timedelta(seconds=ahead)
    with open_house(tmp_path, []) as house:
        assert list_due(house, span) == (["local"] if due else [])


@pytest.mark.parametrize(("beyond", "due"), [(0, False), (1, True)])
def test_a_source_may_be_as_far_ahead_as_it_could_wait_and_no_second_further(
    tmp_path: Path, beyond: int, due: bool
) -> None:
    with open_house(tmp_path, []) as house:
        longest = find_longest_wait(house.config.sources["local"], SourceState.NEW)
        ahead = longest + timedelta(seconds=beyond)
        assert list_due(house, ahead) == (["local"] if due else [])
