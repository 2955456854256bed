"""A backup goes back without a loss, without a flood, and nothing that was there is thrown away."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from monitor import crashpoints
from monitor.errors import LockedError, StoreError
from monitor.evidence.backup import list_heads, write_backup
from monitor.evidence.restore import restore_backup
from monitor.evidence.verify import Head
from monitor.statelock import StateLock
from monitor.store import FILE_NAME, Store
from monitor.store.alerts import AlertKind, NewAlert
from tests.evidence.worlds import deliver_all, fill_state, find_problems
from tests.kit.house import House, make_award, open_house, open_rooms

NOW = datetime(2026, 11, 26, 4, 0, tzinfo=UTC)
WORD = "20261126T040000Z"


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fill_state(tmp_path_factory.mktemp("written"))


@pytest.fixture
def state(written: Path, tmp_path: Path) -> Path:
    return shutil.copytree(written, tmp_path / "state")


@pytest.fixture
def backup(state: Path, tmp_path: Path) -> Path:
    return write_backup(state, tmp_path / "backups", NOW).path


def list_told(state: Path) -> list[tuple[str, str]]:
    with Store.open(state, read_only=True) as store:
        rows = store.db.query("select alert, state from delivery order by id")
        return [(row["alert"], row["state"]) for row in rows]


def test_a_restored_state_is_what_was_backed_up(state: Path, backup: Path) -> None:
    before = list_told(state)
    shutil.rmtree(state)
    done = restore_backup(state, backup, NOW)
    assert list_told(state) == before
    assert (done.aside, done.captures, done.doubtful) == ((), 3, 0)
    assert find_problems(state) == []
    with Store.open(state, read_only=True) as store:
        head = store.chain.head()
    assert head is not None
    assert (head.kind, head.subject) == ("restore", WORD)
    assert str(state) not in done.manifest.head


def test_a_damaged_database_is_kept_under_another_name(state: Path, backup: Path) -> None:
    path = state / FILE_NAME
    damaged = path.read_bytes()[:8192] + b"\xa5" * 8192
    path.write_bytes(damaged)
    with pytest.raises(StoreError, match="tender-monitor restore latest"):
        Store.open(state)
    done = restore_backup(state, backup, NOW)
    assert done.aside == (state / f"{FILE_NAME}.corrupt-{WORD}",)
    assert done.aside[0].read_bytes() == damaged
    assert find_problems(state) == []


def test_a_good_database_is_kept_too(state: Path, backup: Path) -> None:
    done = restore_backup(state, backup, NOW)
    assert [path.name for path in done.aside] == [f"{FILE_NAME}.before-restore-{WORD}"]
    assert sorted(p.name for p in state.glob("*.db*")) == [FILE_NAME, done.aside[0].name]


def test_a_log_of_the_old_database_is_not_played_into_the_new(state: Path, backup: Path) -> None:
    with Store.open(state) as store:
        store.sources.ensure("later", sample=False)
        log = (state / f"{FILE_NAME}-wal").read_bytes()
        assert log
        restore_backup(state, backup, NOW)
        assert not (state / f"{FILE_NAME}-wal").exists()
    with Store.open(state, read_only=True) as restored:
        assert [row.name for row in restored.sources.list_all()] == ["local"]


def test_captures_newer_than_the_backup_stay_and_damaged_ones_go_back(
    state: Path, backup: Path
) -> None:
    grown, damaged, lost = sorted(state.glob("captures/*/*.warc.gz"))
    index = lost.with_name(f"{lost.name}.index")
    for path in (grown, grown.with_name(f"{grown.name}.index")):
        path.write_bytes(path.read_bytes() + b"newer")
    damaged.write_bytes(b"x" + damaged.read_bytes()[1:])
    lost.unlink()
    index.unlink()
    done = restore_backup(state, backup, NOW)
    assert grown.read_bytes().endswith(b"newer")
    assert done.captures == 2
    assert [p.relative_to(state).parts[0] for p in done.aside] == [
        f"captures.before-restore-{WORD}", f"captures.before-restore-{WORD}",
        f"{FILE_NAME}.before-restore-{WORD}",
    ]  # fmt: skip
    assert find_problems(state) == []


def test_a_held_state_is_left_alone(state: Path, backup: Path) -> None:
    with StateLock(state), pytest.raises(LockedError):
        restore_backup(state, backup, NOW)


def damage_backup() -> Iterator[tuple[str, str]]:
    yield FILE_NAME, "not the bytes that were backed up"
    yield "captures/local/2026-11-22.warc.gz", "not the bytes that were backed up"
    yield "manifest.json", "not the manifest of a backup"


@pytest.mark.parametrize(("name", "said"), list(damage_backup()))
def test_a_damaged_backup_changes_nothing(name: str, said: str, state: Path, backup: Path) -> None:
    path = backup / name
    path.write_bytes(b"\x00" + path.read_bytes()[1:])
    before = {p: p.read_bytes() for p in state.rglob("*") if p.is_file() and p.name != "lock"}
    with pytest.raises(StoreError, match=said):
        restore_backup(state, backup, NOW)
    assert {p: p.read_bytes() for p in state.rglob("*") if p.is_file() and p.name != "lock"} == (
        before
    )


@pytest.mark.parametrize("point", ["restore drafted", "captures restored", "database aside"])
def test_a_restore_that_was_broken_off_is_begun_anew(
    point: str, state: Path, backup: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class CutError(Exception):
        pass

    def cut(name: str) -> None:
        if name == point:
            raise CutError

    before = list_told(state)
    sorted(state.glob("captures/*/*.warc.gz"))[0].unlink()
    monkeypatch.setattr(crashpoints, "on_pass", cut)
    with pytest.raises(CutError):
        restore_backup(state, backup, NOW)
    assert list_told(state) == before
    monkeypatch.undo()
    restore_backup(state, backup, NOW + timedelta(minutes=1))
    assert find_problems(state) == []
    assert list(state.glob("*.restoring*")) == []


def test_heads_of_a_chain_that_was_left_behind_are_not_asked_for(
    state: Path, backup: Path, tmp_path: Path
) -> None:
    with Store.open(state) as store:
        store.sources.ensure("later", sample=False)
        store.alerts.enqueue(make_self("later"), ["terminal"], NOW)
    write_backup(state, tmp_path / "backups", NOW + timedelta(hours=1))
    heads = list_noted(state, tmp_path)
    assert len(heads) == 2
    assert find_problems(state, heads=heads) == []
    restore_backup(state, backup, NOW + timedelta(hours=2))
    assert list_noted(state, tmp_path) == heads[1:]
    assert find_problems(state, heads=heads[1:]) == []
    assert find_problems(state, heads=heads) != []


def test_a_backup_of_a_time_to_come_asks_for_no_head_that_a_restore_left_behind(
    state: Path, backup: Path, tmp_path: Path
) -> None:
    with Store.open(state) as store:
        store.alerts.enqueue(make_self("later"), ["terminal"], NOW)
    write_backup(state, tmp_path / "backups", NOW + timedelta(days=900))
    assert len(list_noted(state, tmp_path)) == 2
    restore_backup(state, backup, NOW + timedelta(hours=2))
    [head] = list_noted(state, tmp_path)
    assert find_problems(state, heads=[head]) == []


def make_self(name: str) -> NewAlert:
    return NewAlert(name, AlertKind.SELF, None, None, "self", "R", "f", False, {"subject": name})


def list_noted(state: Path, folder: Path) -> list[Head]:
    with Store.open(state, read_only=True) as store:
        return list(list_heads(folder / "backups", store, NOW + timedelta(days=1)))


def test_a_missing_backup_is_one_line(state: Path, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="No such file"):
        restore_backup(state, tmp_path / "nowhere", NOW)


# The gap between a backup and the damage -------------------------------------------------------


def tell_before_and_after(house: House, folder: Path) -> Path:
    """Tell of one award, back up with another waiting, tell of it and of a third."""
    house.poll()
    deliver_all(house)
    house.clock.pass_time(hours=6)
    house.portal.add(make_award(11))
    house.poll()
    backup = write_backup(folder / "state", folder / "backups", house.clock()).path
    deliver_all(house)
    house.clock.pass_time(hours=6)
    house.portal.add(make_award(12))
    house.poll()
    deliver_all(house)
    house.clock.pass_time(hours=6)
    return backup


def test_a_restore_loses_nothing_and_repeats_only_what_it_says(tmp_path: Path) -> None:
    with open_house(tmp_path, [make_award(10)]) as house:
        backup = tell_before_and_after(house, tmp_path)
        sent = [alert for alert, state in list_told(tmp_path / "state") if state == "sent"]
        house.rooms.store.db.close()
        done = restore_backup(tmp_path / "state", backup, house.clock())
        assert done.doubtful == 1
        with open_rooms(tmp_path, house.clock) as rooms:
            again = House(house.setup, rooms, house.clock, house.portal)
            house.portal.add(make_award(13))
            again.poll()
            first, second = take_messages(again)
            assert first.heading == ""
            assert first.unconfirmed
            assert "restored from a backup of 2026-11-22 10:00 UTC" in second.heading
            assert "may repeat what was told since" in second.heading
            assert len(second.alerts) == 2
            assert {*sent} == {sent[0], *first.alerts, *second.alerts[:1]}
            # The round after that is as any other.
            again.clock.pass_time(hours=6)
            again.portal.add(make_award(14))
            again.poll()
            [third] = take_messages(again)
            assert (third.heading, third.unconfirmed, len(third.alerts)) == ("", False, 1)
    assert find_problems(tmp_path / "state") == []


class Told:
    """A message as a courier would get it."""

    def __init__(self, batch: list[object]) -> None:
        self.alerts = [one.alert for one in batch]  # type: ignore[attr-defined]
        self.unconfirmed = any(one.unconfirmed for one in batch)  # type: ignore[attr-defined]
        contents = [one.content for one in batch]  # type: ignore[attr-defined]
        self.heading = contents[0].get("digest_heading", "")


def take_messages(house: House) -> list[Told]:
    """Take and accept all that is due."""
    alerts, told = house.rooms.store.alerts, []
    while batch := alerts.lease("terminal", "test", house.clock(), timedelta(minutes=10)):
        alerts.mark_sent(batch, house.clock())
        told.append(Told(list(batch)))
    return told
