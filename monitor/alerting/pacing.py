"""How messages go to a receiver: one by one, together or later. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from monitor.receivers import FloodConfig

# So many go one by one after a rest; more go together.
FEW = 3
# More than so many are not held back: they fill a digest.
FULL = 2_000


@dataclass(frozen=True)
class Queue:
    """What waits for a receiver and what it was sent lately.

    `fresh` messages are due and were never tried; `rested` of them are from before the end of
    the last quiet hours or flood. `singles` went one by one within the flood's window.
    """

    fresh: int
    rested: int
    singles: int


class Step(StrEnum):
    """What is done with fresh messages; the words begin the names of the digests made."""

    SINGLY = "singly"
    RESTED = "rested"
    FLOOD = "flood"
    LATER = "later"


def choose_step(
    queue: Queue, flood: FloodConfig, gathered_at: datetime | None, now: datetime
) -> Step:
    """Return how fresh messages go now; `gathered_at` is when the last flood's digest went.

    Within any window at most `flood.most` go one by one. What is beyond goes as one digest, and
    what comes in the window after that waits for its end.
    """
    if queue.fresh == 0:
        return Step.SINGLY
    if queue.fresh >= FULL:
        return Step.FLOOD
    if gathered_at is not None and now < end_window(gathered_at, flood):
        return Step.LATER
    if queue.fresh > flood.most - queue.singles:
        return Step.FLOOD
    return Step.RESTED if queue.rested > FEW else Step.SINGLY


def end_window(gathered_at: datetime, flood: FloodConfig) -> datetime:
    """Return until when messages gather after a flood's digest."""
    return gathered_at + timedelta(seconds=flood.within)
