"""One holder at a time, and what of a state folder others can reach."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from monitor.errors import LockedError, StoreError
from monitor.statelock import StateLock, find_exposures


def test_a_second_holder_is_refused_and_told_who_the_first_is(tmp_path: Path) -> None:
    with StateLock(tmp_path), pytest.raises(LockedError, match=f"by process {os.getpid()}"):
        StateLock(tmp_path).__enter__()


def test_the_lock_of_a_dead_holder_does_not_block(tmp_path: Path) -> None:
    (tmp_path / "lock").write_text("999999\n")
    with StateLock(tmp_path):
        assert (tmp_path / "lock").read_text() == f"{os.getpid()}\n"


def test_a_holder_that_dies_by_minus_nine_does_not_block(tmp_path: Path) -> None:
    child = os.fork()
    if child == 0:
        StateLock(tmp_path).__enter__()
        os.kill(os.getpid(), 9)
    os.waitpid(child, 0)
    with StateLock(tmp_path):
        assert (tmp_path / "lock").read_text() == f"{os.getpid()}\n"


def test_a_place_that_cannot_hold_a_folder_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="Not a directory"):
        StateLock(tmp_path / "file" / "state").__enter__()


@pytest.mark.parametrize(
    ("name", "mode", "said"),
    [
        ("monitor.db", 0o600, None),
        ("monitor.db", 0o640, "monitor.db can be read by others"),
        ("monitor.db-wal", 0o666, "monitor.db-wal can be changed by others"),
        ("", 0o755, "can be read by others (chmod 700"),
        ("", 0o770, "can be changed by others"),
    ],
)
def test_what_others_can_reach_is_named(
    tmp_path: Path, name: str, mode: int, said: str | None
) -> None:
    state = tmp_path / "state"
    state.mkdir(mode=0o700)
    (state / "monitor.db").touch(mode=0o600)
    (state / name).touch(mode=0o600)
    (state / name).chmod(mode)
    found = [line for line in find_exposures(state) if "emptied" not in line]
    assert said in found[0] if said else found == [], found


def test_a_state_folder_in_a_passing_place_is_named() -> None:
    assert find_exposures(Path("/dev/shm/x")) == [  # noqa: S108 - only named
        "/dev/shm/x lies in /dev/shm: it may be emptied at any time"  # noqa: S108
    ]
    assert find_exposures(Path("/srv/x")) == []
