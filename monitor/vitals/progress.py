"""Which polls are under way and when each last did something; safe to use from many threads."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

# The longest lawful silence is an hour: what a site may ask for with Retry-After.
HANG_SECONDS = 90 * 60.0


class Count(StrEnum):
    """What is counted of polls: rounds that ended or were left out, rows shown, new rows."""

    POLLS = "polls"
    SKIPPED = "skipped_runs"
    LISTINGS = "listings"
    NEW = "new"


@dataclass(frozen=True)
class Tally:
    """What polls did since the program began, by what is counted and source."""

    counts: Mapping[Count, Mapping[str, int]]

    def get(self, kind: Count, source: str) -> int:
        """Return a number, 0 where nothing was counted."""
        return self.counts.get(kind, {}).get(source, 0)


class Progress:
    """Mark the progress of polls; times are monotonic seconds."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._began: dict[str, float] = {}
        self._marks: dict[str, float] = {}
        self._counts: dict[Count, Counter[str]] = {kind: Counter() for kind in Count}

    def begin(self, source: str, count: float) -> bool:
        """Note that a poll begins; False where one of this source is under way."""
        with self._lock:
            if source in self._began:
                return False
            self._began[source] = self._marks[source] = count
            return True

    def has_begun(self, source: str) -> bool:
        """Return whether a poll of a source is under way."""
        with self._lock:
            return source in self._began

    def mark(self, source: str, count: float) -> None:
        """Note that a poll did something."""
        with self._lock:
            if source in self._marks:
                self._marks[source] = count

    def end(self, source: str, count: float, every: float) -> None:
        """Note that a poll is over; rounds that came due meanwhile were left out."""
        with self._lock:
            began = self._began.pop(source, count)
            self._marks.pop(source, None)
            self._counts[Count.POLLS][source] += 1
            self._counts[Count.SKIPPED][source] += int((count - began) // every)

    def note_rows(self, source: str, listings: int, new: int) -> None:
        """Count the rows that a round showed."""
        with self._lock:
            self._counts[Count.LISTINGS][source] += listings
            self._counts[Count.NEW][source] += new

    def find_hung(self, count: float, longest: float | None = None) -> tuple[str, ...]:
        """Return the sources whose poll has done nothing for too long."""
        limit = HANG_SECONDS if longest is None else longest
        with self._lock:
            return tuple(sorted(n for n, at in self._marks.items() if count - at > limit))

    def tally(self) -> Tally:
        """Return what was counted."""
        with self._lock:
            return Tally({kind: dict(counter) for kind, counter in self._counts.items()})
