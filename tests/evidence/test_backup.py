"""A backup is whole, verified, made while others write; the last good one is never lost."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from monitor.errors import LockedError, StoreError
from monitor.evidence.backup import write_backup
from monitor.evidence.manifest import (
    check_files,
    choose_backup,
    find_latest,
    list_backups,
    read_manifest,
)
from monitor.statelock import StateLock
from monitor.store import FILE_NAME, Store
from tests.evidence.worlds import alter, fill_state, find_all, find_problems
from tests.kit.house import make_award, open_house

NOW = datetime(2026, 11, 25, 4, 0, tzinfo=UTC)
LATER = NOW + timedelta(days=1)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fill_state(tmp_path_factory.mktemp("written"))


@pytest.fixture
def state(written: Path, tmp_path: Path) -> Path:
    return shutil.copytree(written, tmp_path / "state")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "backups"


def test_a_backup_is_a_state_folder_that_verifies(state: Path, folder: Path) -> None:
    done = write_backup(state, folder, NOW)
    manifest = read_manifest(done.path)
    assert (done.path.name, manifest, manifest.good) == ("20261125T040000Z", done.manifest, True)
    assert find_all(done.path) == []
    assert list(check_files(done.path, manifest)) == []
    with Store.open(done.path, read_only=True) as copy:
        assert str(copy.chain.head()) == manifest.head
    there = {p.relative_to(done.path).as_posix() for p in done.path.rglob("*") if p.is_file()}
    assert there == {file.name for file in manifest.files} | {"manifest.json"}


def test_what_did_not_grow_is_one_file_in_both_backups(state: Path, folder: Path) -> None:
    first = write_backup(state, folder, NOW).path
    grown, *_ = sorted(state.glob("captures/*/*.warc.gz"))
    with grown.open("ab") as file:
        file.write(b"a write that is going on")
    second = write_backup(state, folder, NOW + timedelta(hours=1))
    shared = {
        file.name for file in second.manifest.files
        if os.path.samefile(first / file.name, second.path / file.name)
    }  # fmt: skip
    name = grown.relative_to(state).as_posix()
    assert {f.name for f in second.manifest.files} - shared == {FILE_NAME, name}
    assert not os.path.samefile(grown, second.path / name)
    assert second.manifest.good


def test_a_backup_is_whole_while_polls_go_on(tmp_path: Path) -> None:
    with open_house(tmp_path, [make_award(1)]) as house:
        house.poll()
        stop, errors = threading.Event(), list[Exception]()

        def poll_on() -> None:
            number = 2
            while not stop.is_set():
                house.portal.add(make_award(number))
                try:
                    house.poll()
                except Exception as error:  # noqa: BLE001 - shown by the test
                    errors.append(error)
                number += 1

        thread = threading.Thread(target=poll_on)
        thread.start()
        try:
            state, times = house.config.state, [NOW + timedelta(minutes=n) for n in range(5)]
            made = [write_backup(state, tmp_path / "backups", now) for now in times]
        finally:
            stop.set()
            thread.join()
    assert [one.manifest.problems for one in made] == [()] * 5
    assert errors == []


def test_the_oldest_go_and_the_last_good_one_stays(state: Path, folder: Path) -> None:
    good = write_backup(state, folder, NOW, keep=2)
    [damaged, *_] = sorted(state.glob("captures/*/*.warc.gz"))
    whole = bytearray(damaged.read_bytes())
    damaged.write_bytes(whole[:-1])
    bad = [
        write_backup(state, folder, NOW + timedelta(hours=number), keep=2) for number in (1, 2, 3)
    ]
    assert [one.manifest.good for one in bad] == [False] * 3
    assert list_backups(folder, LATER) == [bad[2].path, bad[1].path, good.path]
    assert bad[2].removed == (bad[0].path,)
    assert find_latest(folder, LATER) == good.path
    damaged.write_bytes(whole)
    mended = write_backup(state, folder, NOW + timedelta(hours=4), keep=2)
    assert list_backups(folder, LATER) == [mended.path, bad[2].path]


def test_a_backup_of_a_time_to_come_is_never_the_latest(
    state: Path, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    ahead = write_backup(state, folder, NOW + timedelta(days=900), keep=2).path
    with pytest.raises(StoreError, match=f"no good backup up to now; there are {ahead.name}"):
        find_latest(folder, NOW)
    first = write_backup(state, folder, NOW, keep=2)
    assert (first.removed, list_backups(folder, NOW)) == ((), [first.path, ahead])
    assert find_latest(folder, NOW) == first.path
    assert choose_backup(folder, ahead.name, NOW) == ahead
    assert [one.getMessage().partition(":")[0] for one in caplog.records] == [str(ahead)]
    second = write_backup(state, folder, NOW + timedelta(hours=1), keep=2)
    assert second.removed == (ahead,)
    assert list_backups(folder, LATER) == [second.path, first.path]
    assert find_latest(folder, NOW) == first.path


def test_what_did_not_grow_is_linked_to_the_newest_by_a_clock_that_was_right(
    state: Path, folder: Path
) -> None:
    ahead = write_backup(state, folder, NOW + timedelta(days=900)).path
    capture, *_ = sorted(state.glob("captures/*/*.warc.gz"))
    name = capture.relative_to(state)
    (ahead / name).unlink()
    first = write_backup(state, folder, NOW).path
    second = write_backup(state, folder, NOW + timedelta(hours=1)).path
    assert os.path.samefile(first / name, second / name)


def test_a_backup_that_someone_renamed_is_theirs(state: Path, folder: Path) -> None:
    theirs = write_backup(state, folder, NOW).path.rename(folder / "before-the-move")
    made = [write_backup(state, folder, NOW + timedelta(hours=n), keep=1).path for n in (1, 2)]
    assert list_backups(folder, LATER) == [made[1], theirs]
    assert find_latest(folder, LATER) == made[1]


def test_a_capture_that_went_bad_is_kept_good_by_the_backup(state: Path, folder: Path) -> None:
    write_backup(state, folder, NOW)
    [damaged, *_] = sorted(state.glob("captures/*/*.warc.gz"))
    whole = bytearray(damaged.read_bytes())
    whole[40] ^= 1
    damaged.write_bytes(whole)
    second = write_backup(state, folder, NOW + timedelta(hours=1))
    assert find_problems(state) != []
    assert find_problems(second.path) == []
    assert second.rotted == (damaged.relative_to(state).as_posix(),)


def rewrite_manifest(backup: Path, name: str, body: bytes) -> None:
    """Let a backup say that a file of it is these bytes."""
    path = backup / "manifest.json"
    manifest = json.loads(path.read_text("utf-8"))
    for file in manifest["files"]:
        if file["name"] == name:
            file["sha256"] = hashlib.sha256(body).hexdigest()
    path.write_text(json.dumps(manifest), "utf-8")


def test_a_file_of_the_same_length_is_shared_only_if_it_is_the_same(
    state: Path, folder: Path
) -> None:
    first = write_backup(state, folder, NOW)
    [index, *_] = sorted(state.glob("captures/*/*.warc.gz.index"))
    name = index.relative_to(state).as_posix()
    # An earlier life of the state left another index of the same length in the backup.
    kept = first.path / name
    other = kept.read_bytes()[::-1]
    assert other != kept.read_bytes()
    kept.unlink()
    kept.write_bytes(other)
    rewrite_manifest(first.path, name, other)
    second = write_backup(state, folder, NOW + timedelta(hours=1))
    assert (second.rotted, second.manifest.good) == ((), True)
    assert (second.path / name).read_bytes() == index.read_bytes()
    assert find_all(second.path) == []


def test_a_file_that_rotted_in_the_earlier_backup_is_copied_anew(state: Path, folder: Path) -> None:
    first = write_backup(state, folder, NOW)
    [live, *_] = sorted(state.glob("captures/*/*.warc.gz"))
    kept = first.path / live.relative_to(state)
    body = bytearray(live.read_bytes())
    body[40] ^= 1
    kept.unlink()
    kept.write_bytes(body)
    second = write_backup(state, folder, NOW + timedelta(hours=1))
    assert (second.rotted, second.manifest.good) == ((), True)
    assert find_all(second.path) == []


def test_a_folder_whose_disk_is_not_there_is_not_made(state: Path, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="is its disk mounted"):
        write_backup(state, tmp_path / "disk" / "backups", NOW)
    assert not (tmp_path / "disk").exists()


def test_half_a_backup_never_looks_like_one(
    state: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(StoreError, match="No space left on device"):
        write_backup(state, folder, NOW)
    assert [path.name for path in folder.iterdir()] == ["lock"]
    monkeypatch.undo()
    (folder / ".writing-20261124T040000Z" / "captures").mkdir(parents=True)
    done = write_backup(state, folder, NOW)
    assert sorted(path.name for path in folder.iterdir()) == [done.path.name, "lock"]


def test_a_disk_that_would_be_too_full_is_left_alone(state: Path, folder: Path) -> None:
    with pytest.raises(StoreError, match=r"a backup needs \d+ MiB free, there are \d+ MiB"):
        write_backup(state, folder, NOW, reserve=1 << 60)
    assert list_backups(folder, LATER) == []


def test_two_backups_at_once_are_one(state: Path, folder: Path) -> None:
    folder.mkdir()
    with StateLock(folder), pytest.raises(LockedError):
        write_backup(state, folder, NOW)


def test_the_daemon_that_holds_the_state_is_in_no_ones_way(state: Path, folder: Path) -> None:
    with StateLock(state):
        assert write_backup(state, folder, NOW).manifest.good


def test_a_damaged_database_gives_no_backup(state: Path, folder: Path) -> None:
    kept = write_backup(state, folder, NOW).path
    path = state / FILE_NAME
    path.write_bytes(path.read_bytes()[:4096] + b"\xa5" * 8192)
    with pytest.raises(StoreError, match="tender-monitor restore latest"):
        write_backup(state, folder, NOW + timedelta(hours=1))
    assert list_backups(folder, LATER) == [kept]


def test_only_the_owner_can_read_a_backup(state: Path, folder: Path) -> None:
    write_backup(state, folder, NOW)
    modes = {path: path.stat().st_mode & 0o777 for path in [folder, *folder.rglob("*")]}
    assert {mode for path, mode in modes.items() if path.is_dir()} == {0o700}
    assert {mode for path, mode in modes.items() if path.is_file()} == {0o600}


def break_manifests() -> Iterator[tuple[str, str]]:
    yield "", "not the manifest of a backup"
    yield "[]", "not the manifest of a backup"
    yield '{"files": [{"name": "../x", "size": 1, "sha256": ""}]}', "outside the backup"
    yield json.dumps({"files": []}), "not the manifest of a backup"
    yield '{"files": [{"name": 1, "size": 1, "sha256": ""}]}', "not the manifest of a backup"
    yield '{"files": [], "made_at": "2026-11-25T04:00:00"}', "a time without a zone"


@pytest.mark.parametrize(("text", "said"), list(break_manifests()))
def test_a_manifest_that_is_none_is_refused(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(StoreError, match=said):
        read_manifest(tmp_path)


def test_where_no_backup_is_good_there_is_no_latest(state: Path, folder: Path) -> None:
    with pytest.raises(StoreError, match="no good backup"):
        find_latest(folder, LATER)
    with alter(state) as db:
        db.execute("update capture set status = 999 where rowid = 1")
    bad = write_backup(state, folder, NOW)
    assert "the row is not what was written" in bad.manifest.problems[0]
    with pytest.raises(StoreError, match="no good backup"):
        find_latest(folder, LATER)
