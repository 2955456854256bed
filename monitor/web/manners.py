"""How often a host may be asked, and what its robots.txt allows."""

from __future__ import annotations

import random
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import urlsplit

from protego import Protego

from monitor.errors import FetchCause, FetchError
from monitor.models import Capture

LONGEST_PAUSE = 3600.0
_LONGEST_CRAWL_DELAY = 120.0
_MAX_ROBOTS = 500 * 1024
_FRESH = timedelta(hours=24)
_FRESH_AFTER_ERROR = timedelta(hours=1)


@dataclass(frozen=True)
class Pace:
    """How a host is visited.

    `delay` is in seconds between requests, `jitter` a fraction of it, `budget` the
    requests per UTC day.
    """

    delay: float = 3.0
    jitter: float = 0.5
    budget: int = 2000


class Manners:
    """Keep apart the requests to each host, across all sources and threads.

    `spend(host, day, most)` counts one more request in one atomic step, or returns False where
    that many were counted; `clock` is monotonic, in seconds.
    """

    def __init__(
        self,
        spend: Callable[[str, date, int], bool],
        clock: Callable[[], float] = time.monotonic,
        rng: random.Random | None = None,
    ) -> None:
        self._spend, self.clock = spend, clock
        # Jitter hides no secret.
        self._rng = rng or random.Random()  # noqa: S311
        self._lanes: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        self._ended: dict[str, float] = {}
        self._closed_until: dict[str, float] = {}
        self._lock = threading.Lock()

    @contextmanager
    def lane(self, host: str) -> Iterator[None]:
        """Hold the one lane to a host; its end starts the delay before the next request."""
        with self._lock:
            lane = self._lanes[host]
        with lane:
            try:
                yield
            finally:
                self._ended[host] = self.clock()

    def wait(
        self, host: str, pace: Pace, stop: threading.Event, robots_delay: float | None = None
    ) -> None:
        """Wait until the host may be asked again; raise FetchError (STOPPING) when stopped.

        The delay counts from the end of the last request. `robots_delay`, the host's own
        wish in seconds, is never undercut, up to two minutes.
        """
        delay = pace.delay * (1 + self._rng.uniform(-pace.jitter, pace.jitter))
        delay = max(delay, min(robots_delay or 0.0, _LONGEST_CRAWL_DELAY))
        ready = max(
            self._ended.get(host, float("-inf")) + delay,
            self._closed_until.get(host, float("-inf")),
        )
        if stop.wait(max(ready - self.clock(), 0.0)):
            raise FetchError(host, FetchCause.STOPPING, "the program is stopping")

    def spend(self, host: str, pace: Pace, day: date) -> None:
        """Count a request; raise FetchError (BUDGET) when the day's are used up."""
        if not self._spend(host, day, pace.budget):
            detail = f"{pace.budget} requests on {day.isoformat()}"
            raise FetchError(host, FetchCause.BUDGET, detail)

    def slow_down(self, host: str, seconds: float) -> None:
        """Leave a host alone for that many seconds, an hour at most; never shortens a pause."""
        until = self.clock() + min(max(seconds, 0.0), LONGEST_PAUSE)
        with self._lock:
            self._closed_until[host] = max(until, self._closed_until.get(host, until))


@dataclass(frozen=True)
class RobotsVerdict:
    """Whether a URL may be asked for, why, and the crawl delay in seconds if one is set."""

    allowed: bool
    why: str
    delay: float | None = None


@dataclass(frozen=True)
class _Rules:
    read_at: datetime
    age: timedelta
    parsed: Protego | None
    allowed: bool
    why: str


class Robots:
    """The robots.txt of every origin, read again after a day, or an hour after an error."""

    def __init__(self) -> None:
        self._known: dict[str, _Rules] = {}
        self._locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        self._lock = threading.Lock()

    def allowed(
        self, url: str, user_agent: str, now: datetime, get: Callable[[str], Capture]
    ) -> RobotsVerdict:
        """Judge a URL by RFC 9309; `get` fetches robots.txt when it is not known.

        404 and other 4xx but 429 mean no rules; 5xx and 429 mean not now. Raise FetchError
        where robots.txt could not be had: then the page cannot be had either.
        """
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        with self._lock:
            lock = self._locks[origin]
        with lock:
            rules = self._known.get(origin)
            if rules is None or not timedelta(0) <= now - rules.read_at < rules.age:
                rules = self._known[origin] = _read_rules(f"{origin}/robots.txt", now, get)
        if rules.parsed is None:
            return RobotsVerdict(rules.allowed, rules.why)
        # Protego looks for a group's name anywhere in what it is given: "public" would find
        # the publications in a comment.
        token = _read_token(user_agent)
        allowed = bool(rules.parsed.can_fetch(url, token))
        why = f"{rules.why} {'allows' if allowed else 'disallows'} {parts.path[:80] or '/'}"
        return RobotsVerdict(allowed, why, rules.parsed.crawl_delay(token))


def _read_token(user_agent: str) -> str:
    """Return the product token, by which RFC 9309 finds the group: tender-monitor of the rest."""
    return (user_agent.split("/")[0].split() or [""])[0]


def _read_rules(url: str, now: datetime, get: Callable[[str], Capture]) -> _Rules:
    try:
        capture = get(url)
    except FetchError as error:
        if error.cause is not FetchCause.REDIRECT:
            # A host that does not answer has said nothing of robots: that is its own state,
            # and nothing to remember.
            raise
        # A redirect to nowhere useful is how many portals answer for a page they lack.
        why = f"robots.txt: {error.cause}: {error.detail}"
        return _Rules(now, _FRESH_AFTER_ERROR, None, True, why)
    status = capture.status
    if 200 <= status < 300:
        return _Rules(now, _FRESH, _parse_rules(capture.body), True, "robots.txt")
    if status == 429 or status >= 500:
        return _Rules(now, _FRESH_AFTER_ERROR, None, False, f"robots.txt answers {status}, for now")
    return _Rules(now, _FRESH, None, True, f"no robots.txt ({status})")


def _parse_rules(body: bytes) -> Protego:
    text = body[:_MAX_ROBOTS].decode("utf-8-sig", errors="replace")
    return Protego.parse(text)
