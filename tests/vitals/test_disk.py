"""The disk guard on a real, tiny disk: a tmpfs in a mount namespace of the test's own."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from monitor.errors import StoreError
from monitor.vitals.disk import MIB, DiskGuard, DiskState, find_fault
from tests.kit.tinydisk import mounts_allowed

needs_mounts = pytest.mark.skipif(not mounts_allowed(), reason="no mount namespace is permitted")
ROOT = Path(__file__).parents[2]


def run_on_tiny_disk(folder: Path, script: str, mib: int = 8) -> str:
    """Run Python code with `disk` as a tmpfs of so many MiB; return what it printed."""
    enter = "from tests.kit.tinydisk import enter_tiny_disk\n"
    code = f"{enter}disk = enter_tiny_disk({str(folder)!r}, {mib})\n"
    done = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", code + script], capture_output=True, text=True, timeout=60,
        cwd=ROOT, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


@needs_mounts
def test_the_guard_stops_in_time_gives_its_ballast_and_recovers(tmp_path: Path) -> None:
    out = run_on_tiny_disk(
        tmp_path,
        """
import os
from monitor.vitals.disk import MIB, DiskGuard
guard = DiskGuard(disk, reserve=2 * MIB, ballast=MIB)
print(guard.look(), guard.path.stat().st_size, guard.path.stat().st_blocks * 512)
fill = open(disk / "fill", "wb", buffering=0)
fill.write(bytes(5 * MIB + MIB // 2))
print(guard.look())
try:
    while True:
        fill.write(bytes(65536))
except OSError as error:
    print(error.errno, guard.note_failure(error), guard.state, guard.path.exists())
print(guard.look(), guard.free_bytes() > MIB - 65536)
os.truncate(disk / "fill", 0)
print(guard.look(), guard.path.exists())
""",
    )
    assert out.splitlines() == [
        f"ok {MIB} {MIB}", "low", f"{errno.ENOSPC} True full False", "full True", "ok True",
    ]  # fmt: skip


@needs_mounts
def test_a_disk_that_becomes_read_only_is_known_and_so_is_its_return(tmp_path: Path) -> None:
    out = run_on_tiny_disk(
        tmp_path,
        """
import subprocess
from monitor.vitals.disk import DiskGuard
guard = DiskGuard(disk, reserve=0, ballast=4096)
print(guard.look())
subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
print(guard.look())
subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)
print(guard.look())
""",
    )
    assert out.split() == ["ok", "readonly", "ok"]


@needs_mounts
def test_a_start_without_room_gives_the_ballast_back(tmp_path: Path) -> None:
    out = run_on_tiny_disk(
        tmp_path,
        """
from monitor.vitals.disk import MIB, DiskGuard
DiskGuard(disk, reserve=0, ballast=4 * MIB).look()
(disk / "fill").write_bytes(bytes(3 * MIB + MIB // 2))
guard = DiskGuard(disk, reserve=0, ballast=4 * MIB)
print(guard.path.exists())
guard.make_room()
print(guard.path.exists(), guard.free_bytes() > 4 * MIB)
""",
    )
    assert out.split() == ["True", "False", "True"]


@needs_mounts
def test_a_start_asks_for_room_and_takes_the_ballast_before_it_is_refused(tmp_path: Path) -> None:
    out = run_on_tiny_disk(
        tmp_path,
        """
from monitor.errors import UnwritableError
from monitor.vitals.disk import MIB, DiskGuard
guard = DiskGuard(disk, reserve=0, ballast=4 * MIB)
guard.look()
fill = open(disk / "fill", "wb", buffering=0)
try:
    while True:
        fill.write(bytes(4096))
except OSError:
    guard.demand_room()
print(guard.path.exists())
try:
    while True:
        fill.write(bytes(4096))
except OSError:
    pass
try:
    guard.demand_room()
except UnwritableError as error:
    print(error.__cause__.errno, [path.name for path in disk.iterdir()])
""",
    )
    assert out.splitlines() == ["False", f"{errno.ENOSPC} ['fill']"]


def test_a_folder_that_is_gone_is_not_called_full(tmp_path: Path) -> None:
    DiskGuard(tmp_path / "gone", reserve=0).demand_room()
    assert not (tmp_path / "gone").exists()


def test_no_ballast_is_taken_from_a_reserve_that_it_would_touch(tmp_path: Path) -> None:
    free = os.statvfs(tmp_path).f_bavail * os.statvfs(tmp_path).f_frsize
    guard = DiskGuard(tmp_path, reserve=free - MIB, ballast=512 * MIB)
    guard.look()
    assert not guard.path.exists()


def test_a_folder_that_is_gone_cannot_be_written_to(tmp_path: Path) -> None:
    assert DiskGuard(tmp_path / "gone", reserve=0).look() is DiskState.READONLY


class Full(Exception):
    """As sqlite3 names it."""

    sqlite_errorname = "SQLITE_FULL"


class Unshared(Exception):
    """As sqlite3 names a file beside the database that the disk has no room for."""

    sqlite_errorname = "SQLITE_IOERR_SHMSIZE"


@pytest.mark.parametrize(
    ("inner", "found"),
    [
        (OSError(errno.ENOSPC, "x"), errno.ENOSPC),
        (OSError(errno.EROFS, "x"), errno.EROFS),
        (Full(), errno.ENOSPC),
        (Unshared(), errno.ENOSPC),
        (OSError(errno.ECONNRESET, "x"), None),
        (ValueError("x"), None),
    ],
)
def test_the_disk_is_found_behind_the_error_that_hides_it(
    inner: Exception, found: int | None
) -> None:
    outer = StoreError("monitor.db: no")
    outer.__cause__ = inner
    assert find_fault(outer) == found
