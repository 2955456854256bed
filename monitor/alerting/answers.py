"""What a service answered over HTTP: whether it took the message, and when to come back.

Apprise takes HTTP 200 for acceptance where many services refuse with 200 and a code in the
body, and throws the answer away. So the answers to its requests are kept aside here.
"""

from __future__ import annotations

import functools
import json
import logging
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import requests

LONGEST_WAIT = 3600.0
_KEPT_BODY = 65_536
_HEADERS = ("retry-after", "x-ratelimit-reset-after", "x-ratelimit-remaining")
_ASKS_FOR_TIME = frozenset({403, 429, 503})


@dataclass(frozen=True)
class Answer:
    """One answer: its status, the headers about waiting (lower case) and its first 64 KiB."""

    status: int
    body: bytes = field(default=b"", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)

    @functools.cached_property
    def content(self) -> Any:
        """The body as JSON, or None if it is something else."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None


@dataclass(frozen=True)
class Failure:
    """A request that got no answer; the text of its exception holds secrets: show it nowhere."""

    text: str = field(repr=False)


_seen: ContextVar[list[Answer | Failure] | None] = ContextVar("seen_answers", default=None)


@contextmanager
def observe_answers() -> Iterator[list[Answer | Failure]]:
    """Collect what came of all requests made inside, and keep urllib3 from logging them.

    Requests of other threads are left alone, unless they run in a copy of this context.
    """
    _watch_requests()
    seen: list[Answer | Failure] = []
    token = _seen.set(seen)
    try:
        yield seen
    finally:
        _seen.reset(token)


class TooLongError(requests.RequestException):
    """A plugin would sleep for longer than a message may take."""


def refuse_wait(seconds: float) -> TooLongError:
    """Return the error that ends a send in which the service asked for a long wait.

    The wait is kept as an answer of its own: that of the service may be of an earlier message.
    """
    seen = _seen.get()
    if seen is not None:
        seen.append(Answer(429, headers={"retry-after": str(seconds)}))
    return TooLongError("asked to wait")


@functools.cache
def _watch_requests() -> None:
    """Wrap the one method that all requests pass; Apprise makes a session for each of its own."""
    send = requests.Session.send

    @functools.wraps(send)
    def send_and_keep(
        session: requests.Session, request: requests.PreparedRequest, **settings: Any
    ) -> requests.Response:
        seen = _seen.get()
        if seen is None:
            return send(session, request, **settings)
        try:
            response = send(session, request, **settings)
        except Exception as error:
            seen.append(Failure(str(error)))
            raise
        seen.append(_keep_answer(response, read=not settings.get("stream")))
        return response

    requests.Session.send = send_and_keep  # type: ignore[method-assign,assignment]
    # At DEBUG they tell the path of each request, which of a webhook is its secret.
    for name in ("connectionpool", "connection", "poolmanager", "util.retry"):
        logging.getLogger(f"urllib3.{name}").addFilter(lambda _: _seen.get() is None)


def _keep_answer(response: requests.Response, *, read: bool) -> Answer:
    headers = {name: response.headers[name] for name in _HEADERS if name in response.headers}
    return Answer(response.status_code, response.content[:_KEPT_BODY] if read else b"", headers)


def is_limited(answer: Answer) -> bool:
    """Say whether a refusal is about how often, not whether: GitHub and others say 403 for it."""
    spent = answer.headers.get("x-ratelimit-remaining", "").strip() in ("0", "0.0")
    return answer.status == 429 or "retry-after" in answer.headers or spent


def read_wait(answer: Answer, now: datetime) -> float | None:
    """Return how many seconds a service asks to be left alone, an hour at most, or None.

    Read are Retry-After (RFC 9110 section 10.2.3: seconds or a date), X-RateLimit-Reset-After
    and retry_after (Discord), parameters.retry_after (Telegram) and retry_after_ms (Matrix).
    """
    if answer.status not in _ASKS_FOR_TIME:
        return None
    waits = (
        _read_seconds(answer.headers.get("retry-after")),
        _read_date(answer.headers.get("retry-after"), now),
        _read_seconds(answer.headers.get("x-ratelimit-reset-after")),
        *_read_body(answer.content),
    )
    return next((min(wait, LONGEST_WAIT) for wait in waits if wait is not None), None)


def _read_body(content: Any) -> Iterator[float | None]:
    if not isinstance(content, dict):
        return
    parameters = content.get("parameters")
    if isinstance(parameters, dict):
        yield _read_seconds(parameters.get("retry_after"))
    yield _read_seconds(content.get("retry_after"))
    milliseconds = _read_seconds(content.get("retry_after_ms"))
    yield None if milliseconds is None else milliseconds / 1000


def _read_seconds(value: object) -> float | None:
    try:
        seconds = float(value) if isinstance(value, str | int | float) else math.nan
    except (ValueError, OverflowError):
        return None
    return seconds if seconds >= 0 else None


def _read_date(value: str | None, now: datetime) -> float | None:
    try:
        moment = parsedate_to_datetime(value or "")
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    wait = (moment - now).total_seconds()
    return wait if wait >= 0 else None
