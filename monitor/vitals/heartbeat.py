"""Ask for an address while all is well; whoever listens there raises the alarm at silence."""

from __future__ import annotations

import logging
import threading
from datetime import datetime

from monitor.errors import FetchError
from monitor.web.fetch import Fetcher, FetchRules

log = logging.getLogger(__name__)

_DEADLINE = 15.0
_MAX_BYTES = 64 * 1024


class Heartbeat:
    """Beat at most once in `every` seconds; the address is a secret and is never logged."""

    def __init__(self, url: str, every: float, user_agent: str, stop: threading.Event) -> None:
        self._url, self._every, self._stop = url, every, stop
        # The operator chose the address: it may be on this network, a redirect from it may not.
        self._rules = FetchRules(
            user_agent, deadline=_DEADLINE, max_bytes=_MAX_BYTES, max_redirects=0, trusted=True
        )
        self._last: float | None = None
        self._failing = False

    def is_due(self, count: float) -> bool:
        """Return whether it is time for a beat; `count` is in monotonic seconds."""
        return bool(self._url) and (self._last is None or count - self._last >= self._every)

    def beat(self, now: datetime, count: float) -> bool:
        """Ask for the address; False where nobody took notice. Raises nothing."""
        self._last = count
        try:
            with Fetcher(self._rules, self._stop) as fetcher:
                status = fetcher.get(self._url, now=now).status
            problem = "" if 200 <= status < 300 else f"answer {status}"
        except FetchError as error:
            problem = str(error.cause)
        if problem and not self._failing:
            log.warning("the heartbeat was not taken: %s", problem)
        self._failing = bool(problem)
        return not problem
