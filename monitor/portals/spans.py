"""Slices of time for sites that can be asked for days; spans are in UTC."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from monitor.models import Span

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


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


def cover_local_days(first: date, last: date, zone: tzinfo) -> Span:
    """Return the span of whole days in a zone, both included, in that zone."""
    return Span(datetime.combine(first, time(), zone), datetime.combine(last, time.max, zone))
