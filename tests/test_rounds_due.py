"""When a source is due: at its time, at once if never polled, and after a clock was set back."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from monitor.rounds import Rounds
from tests.kit.house import open_house


@pytest.mark.parametrize(
    ("ahead", "due"),
    [(None, True), (-1, True), (0, True), (1, False), (3600, False), (365 * 86_400, True)],
)
def test_a_source_is_due_at_its_time_and_never_further_ahead_than_it_could_wait(
    tmp_path: Path, ahead: int | None, due: bool
) -> None:
    with open_house(tmp_path, []) as house:
        rounds = Rounds(house.setup, house.rooms, cast(Any, None))
        if ahead is not None:
            house.rooms.store.sources.ensure("local", sample=False)
            at = house.clock() + timedelta(seconds=ahead)
            house.rooms.store.sources.plan_check("local", at)
        assert rounds.list_due() == (["local"] if due else [])
