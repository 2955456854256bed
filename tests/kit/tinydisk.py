"""A tiny disk of a process's own: a tmpfs in a private mount namespace; needs the right to."""

from __future__ import annotations

import subprocess
import sys
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

_CLONE_NEWNS = 0x00020000


def enter_tiny_disk(folder: str, mib: int) -> Path:
    """Mount a tmpfs of so many MiB below a folder, for this process and its children alone."""
    import ctypes

    libc: Any = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWNS) != 0:
        raise PermissionError(ctypes.get_errno(), "no mount namespace")
    disk = Path(folder) / "disk"
    disk.mkdir(mode=0o700, exist_ok=True)
    # What is mounted here must not show anywhere else.
    subprocess.run(["mount", "--make-rprivate", "/"], check=True)  # noqa: S607
    size = f"size={mib}m,mode=0700"
    subprocess.run(["mount", "-t", "tmpfs", "-o", size, "tiny", disk], check=True)  # noqa: S603, S607
    return disk


@cache
def mounts_allowed() -> bool:
    """Say whether this machine lets the tests mount something for themselves."""
    with TemporaryDirectory() as folder:
        code = f"from tests.kit.tinydisk import enter_tiny_disk; enter_tiny_disk({folder!r}, 1)"
        done = subprocess.run(  # noqa: S603 - our own code
            [sys.executable, "-c", code], capture_output=True, check=False,
            cwd=Path(__file__).parents[2],
        )  # fmt: skip
    return done.returncode == 0
