"""Who may read now: a quick page waits for no slow one, and slow ones are as few as quick ones."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from monitor.confined import LOOK

# An ordinary page is read in a tenth of it, beside other work too.
QUICK = 1.0


class Stopped(Exception):
    """The program stops while a seat is waited for."""


class Seat:
    """The right to have one page read: a quick seat first, a slow one when it takes long."""

    def __init__(self, quick: threading.Semaphore, slow: threading.Semaphore) -> None:
        self._held, self._slow = quick, slow

    @property
    def is_slow(self) -> bool:
        """Whether the page may take all the time there is for one."""
        return self._held is self._slow

    def move(self) -> bool:
        """Change to a slow seat if one is free; say whether it was."""
        if not self._slow.acquire(blocking=False):
            return False
        self._held.release()
        self._held = self._slow
        return True

    def wait(self, stop: threading.Event) -> None:
        """Leave the quick seat to others and wait for a slow one; raise Stopped."""
        self._held.release()
        self._held = threading.Semaphore()
        _acquire(self._slow, stop)
        self._held = self._slow

    def leave(self) -> None:
        """Leave it to the next page."""
        self._held.release()


class Seats:
    """As many quick seats as slow ones; safe from any thread."""

    def __init__(self, size: int) -> None:
        self._quick, self._slow = threading.BoundedSemaphore(size), threading.BoundedSemaphore(size)

    @contextmanager
    def take(self, stop: threading.Event) -> Iterator[Seat]:
        """Wait for a quick seat; raise Stopped."""
        _acquire(self._quick, stop)
        seat = Seat(self._quick, self._slow)
        try:
            yield seat
        finally:
            seat.leave()


def _acquire(seats: threading.Semaphore, stop: threading.Event) -> None:
    while not seats.acquire(timeout=LOOK):
        if stop.is_set():
            raise Stopped
