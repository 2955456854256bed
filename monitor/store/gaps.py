"""Gaps and reach: what of a source's past is still to be read, and what was read whole."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from monitor.models import Request, Span
from monitor.store.database import Database, Row, clean_text, write_json, write_time


class GapState(StrEnum):
    """OPEN is still to be read, CLOSED was read, LOST lies beyond what the portal shows."""

    OPEN = "open"
    CLOSED = "closed"
    LOST = "lost"


@dataclass(frozen=True)
class Gap:
    """A stretch of a list that was not read. `request` is where reading goes on."""

    id: int
    source: str
    request: Request
    span: Span
    why: str
    pages: int
    state: GapState = GapState.OPEN


class Gaps:
    """Read and write gaps and reach; spans are of days of publication."""

    def __init__(self, db: Database) -> None:
        self.db = db

    def note(self, source: str, request: Request, span: Span, why: str, now: datetime) -> None:
        """Remember what is to be read yet; the same stretch of a list is one gap.

        A gap that nobody began to read and that reaches as far back covers it. One that was begun,
        or ended, is read anew: since then rows may have come before the place where it goes on.
        """
        if self._widen(source, request, span):
            return
        values = {
            "source": source, "list": _sign_request(request), "request": write_request(request),
            "since": write_time(span.since), "until": write_time(span.until), "why": why,
            "state": str(GapState.OPEN), "noted_at": write_time(now),
        }  # fmt: skip
        anew = ", ".join(f"{name} = excluded.{name}" for name in ("request", "why", "state"))
        update = f"{anew}, pages = 0, until = max(until, excluded.until), ended_at = null"
        self.db.insert("gap", values, on_conflict=f"(source, list, since) do update set {update}")

    def _widen(self, source: str, request: Request, span: Span) -> bool:
        """Let a gap of the same list that is still unread take in a span; False without one."""
        return bool(
            self.db.execute(
                """update gap set until = max(until, ?) where id = (
                     select id from gap where source = ? and list = ? and state = 'open'
                       and pages = 0 and since <= ? order by since desc limit 1)""",
                [write_time(span.until), source, _sign_request(request), write_time(span.since)],
            )
        )

    def lose(self, source: str, request: Request, span: Span, why: str, now: datetime) -> None:
        """Note a stretch that the portal does not show any more."""
        values = {
            "source": source, "list": _sign_request(request), "request": write_request(request),
            "since": write_time(span.since), "until": write_time(span.until), "why": why,
            "state": str(GapState.LOST), "noted_at": write_time(now), "ended_at": write_time(now),
        }  # fmt: skip
        self.db.insert("gap", values, on_conflict="(source, list, since) do nothing")

    def move(self, gap: int, request: Request) -> None:
        """Note that one more page of a gap was read, and where it goes on."""
        self.db.execute(
            "update gap set request = ?, pages = pages + 1 where id = ?",
            [write_request(request), gap],
        )

    def end(self, gap: int, state: GapState, why: str, now: datetime) -> None:
        """Close a gap, or say that it cannot be closed."""
        self.db.execute(
            "update gap set state = ?, why = ?, ended_at = ?, pages = pages + 1 where id = ?",
            [str(state), why, write_time(now), gap],
        )

    def list_open(self, source: str) -> list[Gap]:
        """Return what is to be read yet, the newest days first."""
        sql = "select * from gap where source = ? and state = 'open' order by until desc, id"
        return [_make_gap(row) for row in self.db.query(sql, [source])]

    def close(self, gap: Gap, now: datetime) -> None:
        """Note that a gap was read; what no other gap leaves open is then read whole."""
        self.end(gap.id, GapState.CLOSED, gap.why, now)
        opened = [one.span for one in self.list_open(gap.source)]
        if any(one.since < gap.span.until and gap.span.since < one.until for one in opened):
            return
        closed = self._list_closed(gap)
        since = min((one.since for one in closed), default=gap.span.since)
        until = max((one.until for one in closed), default=gap.span.until)
        older = [one.until for one in opened if one.until <= gap.span.since]
        newer = [one.since for one in opened if one.since >= gap.span.until]
        self.extend_reach(gap.source, Span(max([since, *older]), min([until, *newer])))

    def _list_closed(self, gap: Gap) -> list[Span]:
        """Return the spans of closed gaps that meet one."""
        sql = """select since, until from gap where source = ? and state = 'closed'
                 and since <= ? and until >= ?"""
        spans = [gap.source, write_time(gap.span.until), write_time(gap.span.since)]
        return [_read_span(row) for row in self.db.query(sql, spans)]

    def list_lost(self, source: str, limit: int = 20) -> list[Gap]:
        """Return what the portal did not show any more, the newest first."""
        sql = "select * from gap where source = ? and state = 'lost' order by until desc limit ?"
        return [_make_gap(row) for row in self.db.query(sql, [source, limit])]

    def extend_reach(self, source: str, span: Span) -> None:
        """Note that a span was read whole; spans that touch become one."""
        since, until = span.since, span.until
        for row in self.db.query("select * from reach where source = ?", [source]):
            known = _read_span(row)
            if known.since <= until and since <= known.until:
                since, until = min(since, known.since), max(until, known.until)
                self.db.execute("delete from reach where id = ?", [row["id"]])
        values = {"source": source, "since": write_time(since), "until": write_time(until)}
        self.db.insert("reach", values)

    def list_reach(self, source: str) -> list[Span]:
        """Return the spans that were read whole, the newest first."""
        sql = "select * from reach where source = ? order by until desc"
        return [_read_span(row) for row in self.db.query(sql, [source])]

    def find_unread(self, source: str, span: Span) -> Span | None:
        """Return what of a span lies before all that was read whole up to its end, or None."""
        until = span.until
        for known in self.list_reach(source):
            if known.since <= until <= known.until:
                until = known.since
        return Span(span.since, until) if span.since < until else None


def write_request(request: Request) -> str:
    """Return a request as JSON that `read_request` reads."""
    return write_json(
        {
            "url": clean_text(request.url),
            "method": request.method,
            "body": request.body.decode("utf-8"),
            "headers": request.headers,
        }
    )


def read_request(text: str) -> Request:
    """Return the request that `write_request` wrote."""
    found = json.loads(text)
    headers: Sequence[Sequence[str]] = found["headers"]
    pairs = tuple((name, value) for name, value in headers)
    return Request(found["url"], found["method"], found["body"].encode(), pairs)


def _sign_request(request: Request) -> str:
    return hashlib.sha256(write_request(request).encode()).hexdigest()[:16]


def _make_gap(row: Row) -> Gap:
    request, state = read_request(row["request"]), GapState(row["state"])
    return Gap(row["id"], row["source"], request, _read_span(row), row["why"], row["pages"], state)


def _read_span(row: Row) -> Span:
    return Span(datetime.fromisoformat(row["since"]), datetime.fromisoformat(row["until"]))
