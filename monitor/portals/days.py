"""Days in China: portals filter by them, spans are in UTC."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from monitor.models import Span
from monitor.text.dates import CHINA

_DAY = timedelta(days=1)


def list_days(span: Span) -> list[date]:
    """Return the days in China that a span touches, the newest first."""
    first, last = span.since.astimezone(CHINA).date(), span.until.astimezone(CHINA).date()
    return [last - _DAY * back for back in range((last - first).days + 1)]


def cover_days(first: date, last: date) -> Span:
    """Return the span of whole days in China, both included."""
    since = datetime.combine(first, time(), CHINA).astimezone(UTC)
    until = datetime.combine(last, time.max, CHINA).astimezone(UTC)
    return Span(since, until)


def read_day(text: str) -> date | None:
    """Return the day at the beginning of an ISO date or time, None where there is none."""
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None
