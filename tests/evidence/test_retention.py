"""Old captures go where nothing rests on them, and the chain says that it was on purpose."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from monitor.errors import StoreError
from monitor.evidence.retention import LetGo, remove_old
from tests.evidence.worlds import deliver_all, find_all, find_problems
from tests.kit.house import START, House, make_award, make_chairs, open_house

DAY = 86_400


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """Give three days: chairs, an award, chairs; then a fourth without anything."""
    with open_house(tmp_path, [make_chairs(1)], open="all", every="6h") as house:
        for found in (make_chairs(2), make_award(3), make_chairs(4), make_chairs(5)):
            house.portal.add(found)
            house.poll()
            deliver_all(house)
            house.clock.pass_time(days=1)
        yield house


def list_days(house: House) -> list[str]:
    return [name[-len("2026-11-22.warc.gz") :][:10] for name in house.rooms.archive.list_files()]


def let_go(house: House, days: int) -> LetGo:
    rooms = house.rooms
    return remove_old(rooms.store, rooms.archive, days * DAY, house.clock())


def test_what_an_alert_rests_on_stays_and_the_rest_goes(house: House, tmp_path: Path) -> None:
    assert list_days(house) == ["2026-11-22", "2026-11-23", "2026-11-24", "2026-11-25"]
    gone = let_go(house, 1)
    assert gone.files == 1
    assert gone.captures > 0
    assert list_days(house) == ["2026-11-23", "2026-11-24", "2026-11-25"]
    assert find_all(tmp_path / "state") == []
    assert find_all(tmp_path / "state", quick=True) == []
    house.clock.pass_time(days=30)
    house.poll()
    house.clock.pass_time(days=1)
    house.poll()
    assert let_go(house, 1).files == 2
    assert list_days(house) == ["2026-11-23", "2026-12-26", "2026-12-27"]
    assert find_problems(tmp_path / "state") == []


@pytest.mark.parametrize("days", [0, 4, 400])
def test_nothing_goes_before_its_time(days: int, house: House) -> None:
    assert let_go(house, days) == LetGo()


def test_a_clock_that_jumped_ahead_removes_nothing(house: House) -> None:
    house.clock.pass_time(days=365)
    house.poll()
    before = list_days(house)
    assert let_go(house, 30) == LetGo()
    assert list_days(house) == before


def test_a_removal_that_was_broken_off_is_ended(house: House, tmp_path: Path) -> None:
    store, archive = house.rooms.store, house.rooms.archive
    first = archive.list_files()[0]
    whole = {p: p.read_bytes() for p in (tmp_path / "state" / "captures" / "local").iterdir()}
    let_go(house, 1)
    links = store.chain.head()
    for path, found in whole.items():
        path.write_bytes(found)
    assert find_problems(tmp_path / "state") == []
    assert let_go(house, 1).captures == 0
    assert store.chain.head() == links
    assert first not in archive.list_files()


def test_a_removal_that_nobody_noted_is_a_problem(house: House, tmp_path: Path) -> None:
    for path in (tmp_path / "state" / "captures" / "local").glob("2026-11-22*"):
        path.unlink()
    [problem] = find_problems(tmp_path / "state")
    assert "the file is missing, with" in problem


def test_a_row_that_waits_keeps_its_capture(house: House) -> None:
    house.rooms.store.db.execute("update listing set state = 'waiting' where id = 1")
    assert let_go(house, 1) == LetGo()


def test_what_is_no_file_of_captures_is_never_removed(house: House) -> None:
    with pytest.raises(StoreError, match="not a file of captures"):
        house.rooms.archive.drop_file("captures/../monitor.db")


def test_samples_that_are_removed_are_no_loss(tmp_path: Path) -> None:
    with open_house(tmp_path, [make_award(1)]) as house:
        house.poll()
        deliver_all(house)
        house.rooms.store.db.execute("update source set sample = 1")
        counts = house.rooms.store.sources.remove_samples(START + timedelta(hours=1))
        assert counts["alerts"] == 1
        house.rooms.archive.drop_source("local")
        [note] = find_all(tmp_path / "state")
        assert note.note
        assert "1 of alert, 3 of capture, 1 of decision, 1 of delivery" in note.what
        # The same names come again, for other captures.
        house.poll()
        assert find_problems(tmp_path / "state") == []
        house.rooms.store.db.execute("update capture set status = 201")
    assert "the row is not what was written" in find_problems(tmp_path / "state")[0]
