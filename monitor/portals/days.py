"""Days and slices of time: sites are asked for them; spans are in UTC."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from monitor.models import Span
from monitor.text.dates import CHINA

_DAY = timedelta(days=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def list_days(span: Span) -> list[date]:
    """Return the days in China that a span touches, the newest first."""
    first, last = span.since.astimezone(CHINA).date(), span.until.astimezone(CHINA).date()
    return [last - _DAY * back for back in range((last - first).days + 1)]


def cover_days(first: date, last: date, zone: tzinfo = CHINA) -> Span:
    """Return the span of whole days in a zone, both included."""
    since = datetime.combine(first, time(), zone).astimezone(UTC)
    until = datetime.combine(last, time.max, zone).astimezone(UTC)
    return Span(since, until)


def read_day(text: str) -> date | None:
    """Return the day at the beginning of an ISO date or time, None where there is none."""
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None


def cut_span(span: Span, seconds: int) -> Iterator[Span]:
    """Yield slices no longer than `seconds`, the newest first.

    They are cut at whole multiples of their length, so each is the same in every round.
    """
    length, until = timedelta(seconds=seconds), span.until
    while True:
        cut = _EPOCH + (until - _EPOCH) // length * length
        since = max(span.since, cut if cut < until else cut - length)
        yield Span(since, until)
        if since <= span.since:
            return
        until = since


def halve_span(span: Span) -> tuple[Span, Span]:
    """Return both halves of a span, the newer first; they meet on a whole second."""
    middle = (span.since + (span.until - span.since) / 2).replace(microsecond=0)
    return Span(middle, span.until), Span(span.since, middle)
