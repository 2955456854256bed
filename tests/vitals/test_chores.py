"""Daily chores: once a day, each for itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from monitor.errors import StoreError
from monitor.store import Store
from monitor.upkeep import EvidenceConfig
from monitor.vitals.chores import CHECK_DATABASE, Chore, Chores, has_failed, list_chores
from tests.kit.house import open_house

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
DAY = timedelta(days=1)


@contextmanager
def open_store(folder: Path) -> Iterator[Store]:
    with Store.open(folder) as store:
        yield store


def fail(now: datetime) -> None:
    raise StoreError("the shelf is broken")


def test_each_chore_runs_once_a_day_over_restarts(tmp_path: Path) -> None:
    ran: list[datetime] = []
    for now in (NOW, NOW + timedelta(hours=1), NOW + DAY, NOW + DAY):
        with open_store(tmp_path) as store:
            list(Chores(store.vitals, [Chore("sweep", ran.append)]).run_due(now, trusted=True))
    assert ran == [NOW, NOW + DAY]


def test_one_that_fails_is_told_once_and_keeps_no_other_from_its_turn(tmp_path: Path) -> None:
    ran: list[datetime] = []
    with open_store(tmp_path) as store:
        chores = Chores(store.vitals, [Chore("shelf", fail), Chore("sweep", ran.append)])
        found = [
            failure
            for days in range(3)
            for failure in chores.run_due(NOW + days * DAY, trusted=True)
        ]
        assert [(f.cause, f.is_new) for f in found] == [
            ("the shelf is broken", True),
            ("the shelf is broken", False),
            ("the shelf is broken", False),
        ]
        assert has_failed(store.vitals, "shelf")
        assert not has_failed(store.vitals, "sweep")
    assert len(ran) == 3


def test_nothing_is_removed_by_its_age_while_the_clock_is_not_trusted(tmp_path: Path) -> None:
    ran: list[datetime] = []
    with open_store(tmp_path) as store:
        chores = Chores(store.vitals, [Chore("remove", ran.append, ages=True)])
        list(chores.run_due(NOW, trusted=False))
        assert ran == []
        list(chores.run_due(NOW, trusted=True))
    assert ran == [NOW]


def test_a_chore_that_ends_the_process_does_not_do_so_at_every_start(tmp_path: Path) -> None:
    def die(now: datetime) -> None:
        raise SystemExit(1)

    ran: list[datetime] = []
    with open_store(tmp_path) as store:
        with pytest.raises(SystemExit):
            list(Chores(store.vitals, [Chore("sweep", die)]).run_due(NOW, trusted=True))
        list(Chores(store.vitals, [Chore("sweep", ran.append)]).run_due(NOW, trusted=True))
    assert ran == []


def test_a_page_that_is_damaged_on_the_disk_alone_is_found_by_the_chore(tmp_path: Path) -> None:
    """The connection of the program remembers the page as it was."""
    with open_house(tmp_path, []) as house:
        store = house.rooms.store
        for number in range(500):
            store.sources.ensure(f"source-{number}", sample=False)
        store.db.query("pragma wal_checkpoint(truncate)")
        remembered = store.sources.list_all()
        body = bytearray(store.db.path.read_bytes())
        body[4096 : len(body) - 4096] = b"\xa5" * (len(body) - 8192)
        store.db.path.write_bytes(body)
        assert store.sources.list_all() == remembered
        chores = list_chores(house.config, store, house.rooms.archive, house.rooms.stop)
        [failure] = Chores(store.vitals, chores).run_due(NOW, trusted=True)
        assert failure.chore == CHECK_DATABASE
        assert "monitor.db" in failure.cause


def test_one_that_is_asked_often_runs_in_its_own_time_and_after_a_clock_was_set_back(
    tmp_path: Path,
) -> None:
    ran: list[datetime] = []
    with open_store(tmp_path) as store:
        chore = Chore("stamp", ran.append, every=timedelta(hours=1))
        for minutes in (0, 30, 60, 61, -300):
            now = NOW + timedelta(minutes=minutes)
            list(Chores(store.vitals, [chore]).run_due(now, trusted=True))
    assert [(at - NOW) / timedelta(minutes=1) for at in ran] == [0, 60, -300]


@pytest.mark.parametrize(
    ("evidence", "names"),
    [
        ({}, [CHECK_DATABASE]),
        ({"keep": "90d"}, [CHECK_DATABASE, "let old captures go"]),
        ({"timestamp_url": "https://tsa.example.org/"}, [CHECK_DATABASE, "time stamp"]),
    ],
)
def test_what_the_configuration_wants_is_done(
    tmp_path: Path, evidence: dict[str, str], names: list[str]
) -> None:
    with open_house(tmp_path, []) as house:
        file = house.config.loaded.value
        file = file.model_copy(update={"evidence": EvidenceConfig.model_validate(evidence)})
        config = replace(house.config, loaded=replace(house.config.loaded, value=file))
        rooms = house.rooms
        chores = list_chores(config, rooms.store, rooms.archive, rooms.stop)
        assert [chore.name for chore in chores] == names
        # Nothing is kept yet: nothing is old, and there is no head to stamp.
        assert list(Chores(rooms.store.vitals, chores).run_due(NOW, trusted=True)) == []
