"""Have an authority outside sign the head of the chain (RFC 3161); the door to rfc3161-client.

What is signed is the 64 characters of a link's hash. Who later alters anything at or before that
link needs the authority's key. The signature itself is judged with the authority's certificate,
which the program does not know: openssl ts -verify.
"""

from __future__ import annotations

import hashlib
import importlib.util
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from monitor.errors import MonitorError
from monitor.models import Capture, Request
from monitor.store import Store
from monitor.store.stamps import Stamp
from monitor.web.fetch import Fetcher, FetchRules

Ask = Callable[[Request], Capture]

EVERY = timedelta(days=1)
_SHA256 = "2.16.840.1.101.3.4.2.1"
_QUERY = (("Content-Type", "application/timestamp-query"),)
_MOST_BYTES = 256 * 1024


class StampError(MonitorError):
    """No time stamp could be had; names the authority."""


def find_missing() -> str:
    """Return what is missing to ask for time stamps, '' where nothing is."""
    if importlib.util.find_spec("rfc3161_client") is not None:
        return ""
    return "time stamps need the extra [timestamp]: pip install 'tender-monitor[timestamp]'"


@contextmanager
def open_asker(
    user_agent: str, stop: threading.Event, now: datetime, *, allow_loopback: bool = False
) -> Iterator[Ask]:
    """Give a way to ask an authority, under the guards of every request."""
    rules = FetchRules(
        user_agent, deadline=30, max_bytes=_MOST_BYTES, allow_loopback=allow_loopback
    )
    with Fetcher(rules, stop) as fetcher:
        yield lambda request: fetcher.ask(request, now=now)


def is_due(store: Store, now: datetime) -> bool:
    """Return whether a day has passed since the last stamp and the chain has grown.

    A stamp from the future is the trace of a clock that was set back.
    """
    head, last = store.chain.head(), store.stamps.last()
    if head is None or (last is not None and last.number == head.number):
        return False
    return last is None or not timedelta(0) <= now - last.at < EVERY


def stamp_head(store: Store, url: str, now: datetime, ask: Ask) -> Stamp | None:
    """Have the chain's head stamped and keep the answer; None where it is not due.

    Raise StampError, and FetchError of `ask`.
    """
    head = store.chain.head()
    if head is None or not is_due(store, now):
        return None
    at, token = ask_stamp(url, head.link.encode(), ask)
    stamp = Stamp(head.number, url, at, token)
    store.stamps.keep(stamp)
    return stamp


def ask_stamp(url: str, data: bytes, ask: Ask) -> tuple[datetime, bytes]:
    """Return when an authority saw data, and its whole answer; raise StampError for another's.

    The answer is checked for its status, its nonce and the digest of the data.
    """
    if missing := find_missing():
        raise StampError(missing)
    from rfc3161_client import HashAlgorithm, TimestampRequestBuilder, decode_timestamp_response

    builder = TimestampRequestBuilder().data(data).hash_algorithm(HashAlgorithm.SHA256)
    request = builder.nonce(nonce=True).cert_request(cert_request=True).build()
    capture = ask(Request(url, "POST", request.as_bytes(), _QUERY))
    if capture.status != 200:
        raise StampError(f"{url}: HTTP {capture.status} in place of a time stamp")
    try:
        answer = decode_timestamp_response(capture.body)
        if answer.status not in (0, 1):
            raise StampError(f"{url}: refused: {'; '.join(answer.status_string)[:200]}")
        info = answer.tst_info
        imprint, at = info.message_imprint, info.gen_time
    except ValueError as error:
        raise StampError(f"{url}: the answer is no time stamp") from error
    digest = (imprint.hash_algorithm.dotted_string, imprint.message)
    if info.nonce != request.nonce or digest != (_SHA256, hashlib.sha256(data).digest()):
        raise StampError(f"{url}: the time stamp is of something else")
    return at, capture.body
