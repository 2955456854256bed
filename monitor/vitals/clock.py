"""Notice that the wall clock was set, by the clock that only counts seconds."""

from __future__ import annotations

from datetime import datetime, timedelta

from monitor.store.vitals import Vitals

# Less is a busy machine or a correction over the network.
LEAST_JUMP = timedelta(seconds=30)
# So long a clock must go evenly before anything is removed by its age.
_TRUSTED_AFTER = 3600.0
_SEEN = "clock"
_SEEN_EVERY = 60.0


class ClockWatch:
    """Compare wall time with monotonic time; `now` in UTC, `count` in monotonic seconds."""

    def __init__(self, now: datetime, count: float) -> None:
        self._wall, self._count = now, count
        self._even_since = count

    def look(self, now: datetime, count: float) -> timedelta:
        """Return by how much the clock was set since the last look; zero for a little."""
        jump = (now - self._wall) - timedelta(seconds=count - self._count)
        self._wall, self._count = now, count
        if abs(jump) < LEAST_JUMP:
            return timedelta()
        self._even_since = count
        return jump

    def is_trusted(self, count: float) -> bool:
        """Return whether the clock has gone evenly for long enough to remove what is old."""
        return count - self._even_since >= _TRUSTED_AFTER


class ClockMemory:
    """Remember the last wall time that a run saw, for a clock set back while nothing ran."""

    def __init__(self, vitals: Vitals) -> None:
        self._vitals, self._noted = vitals, 0.0

    def find_step(self, now: datetime) -> timedelta:
        """Return how far the clock stands before the last time seen; zero where it does not."""
        seen = self._vitals.get(_SEEN)
        step = now - seen.at if seen else timedelta()
        return step if step <= -LEAST_JUMP else timedelta()

    def note(self, now: datetime, count: float) -> None:
        """Remember the time, once a minute."""
        if not self._noted or count - self._noted >= _SEEN_EVERY:
            self._vitals.put(_SEEN, "", now)
            self._noted = count
