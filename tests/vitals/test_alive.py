"""The alive line: once per local day or week, over DST, restarts and days off."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from monitor.config import Receiver
from monitor.evidence.backup import write_backup
from monitor.store import Store
from monitor.upkeep import AliveConfig
from monitor.vitals.alive import POLLS, find_occasion, say_alive
from monitor.vitals.disk import DiskState
from monitor.vitals.progress import Tally
from monitor.vitals.status import Condition, read_status

ZONES = (
    "UTC", "Europe/Berlin", "America/New_York", "Asia/Shanghai", "Australia/Lord_Howe",
    "America/St_Johns",
)  # fmt: skip
START = datetime(2026, 1, 1, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("at", ["00:00", "02:30", "23:59"])
def test_every_local_day_of_400_has_exactly_one_occasion(zone: str, at: str) -> None:
    config, place = AliveConfig(every="day", at=at), ZoneInfo(zone)
    found = [
        find_occasion(config, place, START + timedelta(minutes=10 * step))
        for step in range(400 * 144)
    ]
    changes = [day for before, day in pairwise(found) if day != before]
    first = changes[0]
    assert first is not None
    assert changes == [first + timedelta(days=n) for n in range(len(changes))]
    assert 399 <= len(changes) <= 400


def test_a_weekly_line_falls_on_its_day() -> None:
    config = AliveConfig(every="week", at="08:00", on="monday")
    monday = datetime(2026, 11, 23, 6, 59, tzinfo=UTC)
    assert find_occasion(config, BERLIN, monday) == date(2026, 11, 16)
    assert find_occasion(config, BERLIN, monday + timedelta(minutes=1)) == date(2026, 11, 23)
    assert find_occasion(config, BERLIN, monday + timedelta(days=6)) == date(2026, 11, 23)


def test_no_line_is_due_where_none_is_wanted() -> None:
    assert find_occasion(AliveConfig(every="never"), BERLIN, START) is None


def say(folder: Path, now: datetime, every: str = "day") -> bool:
    """Open the store as a new run would and say the line if it is due."""
    condition = Condition(DiskState.OK, 10**9, True, now, (), Tally({}))
    with Store.open(folder) as store:
        store.vitals.add(POLLS, 7, now)
        desk = {"desk": Receiver("desk", "terminal", "", frozenset(), 3 * 86_400)}
        status = read_status(store, condition, {}, desk, True, folder / "backups", now)
        config = AliveConfig.model_validate({"every": every})
        return say_alive(store, config, BERLIN, status, ["desk"])


def read_bodies(folder: Path) -> list[str]:
    with Store.open(folder) as store:
        rows = store.db.query("select content from alert order by created_at")
    return [row["content"] for row in rows]


def test_the_line_is_said_once_a_day_over_restarts_and_not_for_the_days_off(
    tmp_path: Path,
) -> None:
    hours = [0, 1, 2, 24, 25, 48, 240, 241]
    said = [hour for hour in hours if say(tmp_path, START + timedelta(hours=12 + hour))]
    # The first run has nothing to look back on; ten days off bring one line, not ten.
    assert said == [24, 48, 240]
    assert "alive: 21 polls" in read_bodies(tmp_path)[0]
    assert "alive: 14 polls" in read_bodies(tmp_path)[1]


def test_a_clock_that_goes_ahead_a_year_and_back_says_no_day_twice(tmp_path: Path) -> None:
    days = [0, 1, 366, 1, 2, 2, 366]
    said = [day for day in days if say(tmp_path, START + timedelta(days=day, hours=12))]
    assert said == [1, 366, 2]


def test_the_line_names_the_head_of_the_chain_and_the_last_backup(tmp_path: Path) -> None:
    say(tmp_path, START)
    say(tmp_path, START + timedelta(days=1))
    write_backup(tmp_path, tmp_path / "backups", START)
    with Store.open(tmp_path) as store:
        head = store.chain.head()
    assert head is not None
    say(tmp_path, START + timedelta(days=2))
    body = read_bodies(tmp_path)[1]
    assert f"{head.number}:{head.link}" in body
    assert "Last backup: 2026-01-01 00:00 UTC" in body
