"""Wait for what another process does."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


def wait_until(check: Callable[[], object], what: str, seconds: float = 30.0) -> None:
    """Return as soon as a check holds; fail with what was waited for when time is up."""
    until = time.monotonic() + seconds
    pause = threading.Event()
    while not check():
        if time.monotonic() > until:
            raise AssertionError(f"not within {seconds:g} s: {what}")
        pause.wait(0.02)
