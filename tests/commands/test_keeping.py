"""`verify`, `backup` and `restore` as a person runs them: what is said, and the exit codes."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from monitor.statelock import StateLock
from monitor.store import FILE_NAME, Store
from monitor.store.chain import LinkKind
from tests.evidence.worlds import alter, fill_state
from tests.kit.program import run_once

ALL_WELL = re.compile(
    r"\d+ links, \d+ captures, \d+ bytes: all as written\nhead \d+:[0-9a-f]{64}\n"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a folder with a configuration and a state."""
    fill_state(tmp_path, days=1)
    return tmp_path


def read_rows(out: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in out.splitlines()]


def test_what_is_as_written_is_said_with_its_head(folder: Path) -> None:
    code, out, err = run_once(folder, "verify")
    assert (code, err) == (0, "")
    assert ALL_WELL.fullmatch(out)
    head = out.split()[-1]
    assert run_once(folder, "verify", "--head", head, "--quick")[0] == 0
    code, out, _ = run_once(folder, "verify", "--head", f"999:{'0' * 64}")
    assert code == 1
    assert "problem: chain: link 999 was noted elsewhere" in out


def test_a_change_is_named_and_makes_verify_exit_one(folder: Path) -> None:
    with alter(folder / "state") as db:
        db.execute("update notice set buyer = 'another' where id = 1")
    code, out, _ = run_once(folder, "verify")
    assert code == 1
    assert re.match(r"problem: link \d+ \(decision 1\): the row is not what was written\n", out)
    code, out, err = run_once(folder, "verify", "--json")
    first, last = read_rows(out)
    assert (code, err) == (1, "")
    assert (first["kind"], last["kind"], last["problems"]) == ("problem", "sum", 1)


@pytest.mark.parametrize("head", ["", "7", f"7:{'0' * 63}", f"x:{'0' * 64}"])
def test_a_head_that_is_none_is_wrong_usage(head: str, folder: Path) -> None:
    code, out, err = run_once(folder, "verify", "--head", head)
    assert (code, out) == (2, "")
    assert "is no link" in err


def test_a_damaged_database_is_said_in_one_line_with_the_way_back(folder: Path) -> None:
    (folder / "state" / FILE_NAME).write_bytes(b"\xa5" * 8192)
    code, out, err = run_once(folder, "verify")
    assert (code, out, len(err.splitlines())) == (1, "", 1)
    assert "tender-monitor restore latest" in err


def test_a_backup_is_made_beside_a_running_daemon_and_goes_back_without_it(folder: Path) -> None:
    with StateLock(folder / "state"):
        code, out, err = run_once(folder, "backup", "--json")
        assert (code, err) == (0, "")
        [row] = read_rows(out)
        assert row["good"] is True
        code, out, err = run_once(folder, "restore", "latest")
        assert (code, out) == (75, "")
        assert "stop it first" in err
    (folder / "state" / FILE_NAME).write_bytes(b"\xa5" * 8192)
    code, out, err = run_once(folder, "restore", "latest")
    assert code == 0
    assert f"restored {row['path']}" in out
    assert re.search(r"moved aside: .*monitor\.db\.corrupt-\d{8}T\d{6}Z\n", out)
    assert run_once(folder, "verify", "--head", str(row["head"]))[0] == 0


def name_backups(folder: Path) -> Iterator[str]:
    path = next((folder / "kept").glob("2*"))
    yield path.name
    yield str(path)


def test_a_backup_can_be_named_by_its_name_or_its_folder(folder: Path) -> None:
    assert run_once(folder, "backup", "--out", str(folder / "kept"))[0] == 0
    for name in name_backups(folder):
        assert run_once(folder, "restore", name, "--from", str(folder / "kept"))[0] == 0
        (aside,) = (folder / "state").glob("*.before-restore-*")
        aside.unlink()


def test_a_backup_that_is_not_there_is_said_with_those_that_are(folder: Path) -> None:
    state = folder / "state"
    code, out, err = run_once(folder, "restore", "nosuch")
    assert (code, out) == (1, "")
    assert err == f"error: no backup 'nosuch' in {state / 'backups'}; there is none at all\n"
    assert run_once(folder, "backup", "--out", str(folder / "kept"))[0] == 0
    name = next(name_backups(folder))
    code, out, err = run_once(folder, "restore", "nosuch", "--from", str(folder / "kept"))
    assert (code, out) == (1, "")
    assert err == f"error: no backup 'nosuch' in {folder / 'kept'}; there are {name}\n"
    assert list(state.glob("*.before-restore-*")) == []


def test_heads_of_backups_on_another_disk_count_too(folder: Path) -> None:
    old, kept = folder / "old", folder / "kept"
    assert run_once(folder, "backup", "--out", str(old))[0] == 0
    with Store.open(folder / "state") as store:
        store.chain.append(LinkKind.REMOVAL, "bytes nothing", datetime(2026, 12, 1, tzinfo=UTC))
    assert run_once(folder, "backup", "--out", str(kept))[0] == 0
    assert run_once(folder, "verify", "--heads", str(old), "--heads", str(kept))[0] == 0
    [earlier] = old.glob("2*")
    shutil.copyfile(earlier / FILE_NAME, folder / "state" / FILE_NAME)
    assert run_once(folder, "verify", "--heads", str(old))[0] == 0
    code, out, _ = run_once(folder, "verify", "--heads", str(old), "--heads", str(kept))
    assert (code, "was noted elsewhere" in out) == (1, True)


def test_a_folder_without_heads_is_said(folder: Path) -> None:
    code, out, err = run_once(folder, "verify", "--heads", str(folder / "nowhere"))
    assert (code, out) == (1, "")
    assert err == f"error: {folder / 'nowhere'}: no backup is there\n"


def test_a_backup_of_what_was_changed_is_kept_and_not_good(folder: Path) -> None:
    with alter(folder / "state") as db:
        db.execute("update alert set content = '{}'")
    code, out, err = run_once(folder, "backup")
    assert code == 1
    assert "NOT as written" in out
    assert "the row is not what was written" in err
    code, out, err = run_once(folder, "restore", "latest")
    assert (code, "no good backup" in err) == (1, True)


def test_a_broken_configuration_keeps_nobody_from_a_backup(folder: Path) -> None:
    with (folder / "config.yaml").open("a") as file:
        file.write("nonsense: [\n")
    code, out, err = run_once(folder, "backup")
    assert code == 0
    assert err.startswith("warning: ")
    assert "verified" in out
