"""Bytes are on the disk before a row names them: at no moment would a power cut leave a row alone.

What a power cut keeps is what was synced: so the sizes of files at their last fsync are noted, and
each row is looked for by another connection, which sees only what was committed.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from monitor import crashpoints
from monitor.archive import parse_id
from monitor.errors import StoreError
from monitor.store import Store
from tests.kit.house import make_award, open_house


class Disk:
    """What of the files of captures is on the disk for sure, and where the rows lead."""

    def __init__(self, state: Path, sync: Callable[[int], None]) -> None:
        self.state, self.sync = state, sync
        self.safe: dict[str, int] = {}
        self.named: set[Path] = set()
        self.looks, self.wrong = 0, list[str]()

    def fsync(self, descriptor: int) -> None:
        """Note a file's size, or a folder's names, once they are safe."""
        self.sync(descriptor)
        path = Path(os.readlink(f"/proc/self/fd/{descriptor}"))
        if path.is_dir():
            self.named |= set(path.iterdir())
        else:
            self.safe[str(path)] = path.stat().st_size
        self.look("fsync")

    def look(self, point: str) -> None:
        """Check each committed row against what is safe."""
        if not (self.state / "monitor.db").exists():
            return
        try:
            with Store.open(self.state, read_only=True) as store:
                ids = [row["record_id"] for row in store.db.query("select record_id from capture")]
        except StoreError:
            return  # before its tables are there
        for record_id in ids:
            name, offset, length = parse_id(record_id)
            for path in (self.state / name, self.state / f"{name}.index"):
                if path not in self.named:
                    self.wrong.append(f"{point}: {record_id}: {path.name} has no safe name")
            if self.safe.get(str(self.state / name), 0) < offset + length:
                self.wrong.append(f"{point}: {record_id}: not on the disk")
            self.looks += 1


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Disk:
    disk = Disk(tmp_path / "state", os.fsync)
    monkeypatch.setattr(os, "fsync", disk.fsync)
    monkeypatch.setattr(crashpoints, "on_pass", disk.look)
    return disk


def test_no_row_names_bytes_that_a_power_cut_would_take(disk: Disk, tmp_path: Path) -> None:
    with open_house(tmp_path, [make_award(1), make_award(2)]) as house:
        house.poll()
        house.clock.pass_time(days=1)
        house.portal.add(make_award(3))
        house.poll()
        captures = house.count("capture")
    assert disk.wrong == []
    assert captures >= 6
    assert disk.looks > 10 * captures


def test_the_look_would_see_a_row_that_comes_first(disk: Disk, tmp_path: Path) -> None:
    with open_house(tmp_path, [make_award(1)]) as house:
        house.poll()
        house.rooms.store.db.execute(
            "insert into capture select replace(record_id, '#0', '#999999'), source, url, "
            "fetched_at, status, sha256, tls, packed from capture where record_id like '%#0+%'"
        )
    disk.look("after")
    assert [line for line in disk.wrong if "not on the disk" in line] != []
