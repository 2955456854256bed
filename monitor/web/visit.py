"""One polite visit: robots.txt, lane, pace, budget, request, archive."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from monitor.config import find_host
from monitor.errors import FetchCause, FetchError
from monitor.models import Capture, Request
from monitor.web.fetch import NO_HEADERS, Fetcher, Trip
from monitor.web.manners import LONGEST_PAUSE, Manners, Pace, Robots

log = logging.getLogger(__name__)


class Visitor:
    """Get pages for one source as a good guest would.

    `on_capture` keeps the bytes of every answer and returns the capture as kept; it runs
    before anyone else sees them.
    """

    def __init__(
        self,
        fetcher: Fetcher,
        manners: Manners,
        robots: Robots,
        pace: Pace,
        obey_robots: bool,
        on_capture: Callable[[Capture], Capture],
    ) -> None:
        self._fetcher, self._manners, self._robots = fetcher, manners, robots
        self._pace, self._obey_robots, self._on_capture = pace, obey_robots, on_capture

    def get(self, url: str, now: datetime, headers: Mapping[str, str] = NO_HEADERS) -> Capture:
        """Return the archived answer to a GET, as `ask` does."""
        return self.ask(Request(url), now, headers)

    def ask(
        self,
        request: Request,
        now: datetime,
        headers: Mapping[str, str] = NO_HEADERS,
        *,
        most: int | None = None,
    ) -> Capture:
        """Return an archived answer, whatever its status, of `most` bytes in place of the usual.

        `fetched_at` is `now` plus the time waited. An empty 200 is asked for once more
        and then returned as it is. Raise FetchError, and StoreError from `on_capture`.
        """
        began = self._manners.clock()

        def read_clock() -> datetime:
            return now + timedelta(seconds=self._manners.clock() - began)

        capture = self._visit(request, now, read_clock, headers, most)
        if capture.status == 200 and not capture.body:
            log.info("empty answer, asking once more: %s", request.url)
            capture = self._visit(request, now, read_clock, headers, most)
        return capture

    def _visit(
        self,
        request: Request,
        now: datetime,
        read_clock: Callable[[], datetime],
        headers: Mapping[str, str],
        most: int | None,
    ) -> Capture:
        """Return a page as kept; each redirect is a request of its own to robots.txt and pace."""
        trip, capture = self._fetcher.begin(request, headers, most), None
        while capture is None:
            # Outside the lane: robots.txt of the same host has to pass through it.
            url = trip.next.url
            delay = self._ask_robots(url, now, read_clock) if self._obey_robots else None
            capture = self._step(trip, read_clock, delay)
        return self._on_capture(capture)

    def _ask_robots(
        self, url: str, now: datetime, read_clock: Callable[[], datetime]
    ) -> float | None:
        agent = self._fetcher.rules.user_agent
        verdict = self._robots.allowed(
            url, agent, now, lambda robots: self._get_robots(robots, read_clock)
        )
        log.debug("robots: %s: %s", verdict.why, url)
        if not verdict.allowed:
            raise FetchError(url, FetchCause.ROBOTS, verdict.why)
        return verdict.delay

    def _get_robots(self, url: str, read_clock: Callable[[], datetime]) -> Capture:
        """Return the answer for robots.txt; its redirects ask no other one (RFC 9309)."""
        trip, capture = self._fetcher.begin(Request(url)), None
        while capture is None:
            capture = self._step(trip, read_clock)
        return self._on_capture(capture)

    def _step(
        self, trip: Trip, read_clock: Callable[[], datetime], delay: float | None = None
    ) -> Capture | None:
        host = find_host(trip.next.url)
        with self._manners.lane(host):
            self._manners.wait(host, self._pace, self._fetcher.stop, delay)
            self._manners.spend(host, self._pace, read_clock().astimezone(UTC).date())
            capture = self._fetcher.step(trip, read_clock())
            if capture is not None and capture.status in (429, 503):
                pause = read_retry_after(capture.header("Retry-After"), capture.fetched_at)
                self._manners.slow_down(host, pause or 0.0)
            return capture


def read_retry_after(value: str, now: datetime) -> float | None:
    """Return the seconds that a Retry-After header asks for, an hour at most, or None."""
    value = value.strip()
    if value.isascii() and value.isdigit():
        return min(float(value[:9]), LONGEST_PAUSE)
    try:
        moment = parsedate_to_datetime(value)
    except (TypeError, ValueError, IndexError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return min(max((moment - now).total_seconds(), 0.0), LONGEST_PAUSE)
