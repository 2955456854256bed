"""Time that passes only when someone waits, and a budget counted in memory."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable
from datetime import date

SEEDED = random.Random(7)  # noqa: S311


class FakeTime(threading.Event):
    """A clock, and a stop event whose waiting moves it."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds = 1000.0
        self.waits: list[float] = []

    def clock(self) -> float:
        """Return the seconds of this time."""
        return self.seconds

    def wait(self, timeout: float | None = None) -> bool:
        """Let that much time pass at once."""
        self.waits.append(timeout or 0.0)
        self.seconds += timeout or 0.0
        return self.is_set()


def count_in(spent: Counter[tuple[str, date]]) -> Callable[[str, date, int], bool]:
    """Return what Manners spends with, counting in `spent`."""

    def spend(host: str, day: date, most: int) -> bool:
        allowed = spent[host, day] < most
        spent[host, day] += allowed
        return allowed

    return spend
