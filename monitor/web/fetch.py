"""The one door to HTTP: a guarded GET that ends in a whole Capture or a typed error."""

from __future__ import annotations

import hashlib
import http.client
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType, TracebackType
from typing import Self
from urllib.parse import urldefrag

import requests
from requests.cookies import extract_cookies_to_jar
from urllib3.exceptions import HTTPError, ProtocolError
from urllib3.response import HTTPResponse

from monitor.errors import FetchCause, FetchError, first_line
from monitor.models import Capture, Request
from monitor.web.addresses import drop_secret, find_origin, is_home, join_redirect, split_url
from monitor.web.causes import explain_error
from monitor.web.guards import Exchange, GuardedAdapter
from monitor.web.inflate import inflate_body
from monitor.web.signing import SignError

NO_HEADERS: Mapping[str, str] = MappingProxyType({})

_STEP = 64 * 1024
_MAX_HEADER_BYTES = 64 * 1024
# No site needs more; one that sends new cookies with every page would get them all back.
_MAX_COOKIE_BYTES = 16 * 1024
# Below this size a high ratio proves nothing: an empty table compresses well.
_RATIO_FLOOR = 256 * 1024
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_KEEPING = frozenset({307, 308})
# At DEBUG it writes whole addresses into the log, the API key with them.
logging.getLogger("urllib3").setLevel(logging.INFO)


@dataclass(frozen=True)
class FetchRules:
    """How one source is asked; times in seconds, sizes in bytes.

    `deadline` is wall time for the whole exchange with its redirects; `max_bytes` holds
    for the body as sent and as decoded; `max_ratio` is decoded to sent. `allow_loopback`
    is for a portal on this very machine: at `loopback_origins` (host, port), or where that
    is None at the origin of the URL asked for, and nowhere else. `trusted` is for an address that
    the operator alone chose: its origin may be anywhere. `ca_file`, `verify_tls` and
    `legacy_tls` are the only ways to loosen TLS and are written into every capture. `proxy` is
    an http or socks5h URL; raise ValueError for another. `headers` go with every request. The
    secrets, `cookie`, `key` (name and value, put into the query) and what `sign` answers for the
    exact bytes of a request, go to the sites of the addresses `home` alone; no capture holds them.
    """

    user_agent: str
    connect_timeout: float = 10
    deadline: float = 60
    max_bytes: int = 8 * 1024 * 1024
    max_ratio: int = 200
    max_redirects: int = 5
    allow_loopback: bool = False
    loopback_origins: frozenset[tuple[str, int]] | None = None
    trusted: bool = False
    ca_file: str = ""
    verify_tls: bool = True
    legacy_tls: bool = False
    proxy: str = field(default="", repr=False)
    headers: Mapping[str, str] = field(default_factory=lambda: NO_HEADERS)
    cookie: str = field(default="", repr=False)
    key: tuple[str, str] | None = field(default=None, repr=False)
    sign: Callable[[Request, datetime], Mapping[str, str]] | None = None
    home: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a proxy that would resolve names on this side, or not at all."""
        if self.proxy and not self.proxy.startswith(("http://", "socks5h://")):
            raise ValueError("a proxy is an http:// or socks5h:// URL")


@dataclass
class Trip:
    """A request on its way through redirects: what is asked next, and the seconds left for all."""

    asked: Request
    next: Request
    origin: tuple[str, int]
    headers: Mapping[str, str]
    rules: FetchRules
    left: float
    hops: int = 0


class Fetcher:
    """Ask one source, one request at a time, with cookies that die with `close`."""

    def __init__(self, rules: FetchRules, stop: threading.Event) -> None:
        self.rules, self.stop = rules, stop
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers.clear()
        self._session.headers.update(
            {
                "User-Agent": rules.user_agent,
                "Accept": "text/html,application/xhtml+xml,application/xml,application/json,*/*",
                "Accept-Language": "zh-CN,zh;q=0.9,en;q=0.5",
                "Accept-Encoding": "gzip, deflate",
                # Every request opens and checks its own connection.
                "Connection": "close",
            }
        )

    def __enter__(self) -> Self:
        """Return the fetcher itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        """Close the fetcher."""
        self.close()

    def close(self) -> None:
        """Drop the cookies and the session."""
        self._session.cookies.clear()
        self._session.close()

    def get(self, url: str, *, now: datetime, headers: Mapping[str, str] = NO_HEADERS) -> Capture:
        """Return the answer to a GET, as `ask` does."""
        return self.ask(Request(url), now=now, headers=headers)

    def ask(
        self,
        request: Request,
        *,
        now: datetime,
        headers: Mapping[str, str] = NO_HEADERS,
        most: int | None = None,
    ) -> Capture:
        """Return the answer to a request, whatever its status, with its whole body.

        `now` becomes `fetched_at`; `most` bytes are taken in place of the rules' cap. Redirects
        are followed within the site; after 301 to 303 a POST goes on as a GET, as in every
        browser. Nothing is retried. Raise FetchError, and nothing else, when there is no usable
        answer.
        """
        trip = self.begin(request, headers, most)
        while (capture := self.step(trip, now)) is None:
            pass
        return capture

    def begin(
        self, request: Request, headers: Mapping[str, str] = NO_HEADERS, most: int | None = None
    ) -> Trip:
        """Return a trip to take step by step; raise FetchError for an address that is none."""
        try:
            url = self._normalize_url(request.url)
            origin = find_origin(split_url(url))
        except (ValueError, OSError) as error:
            shown = "".join(c if c.isprintable() else "?" for c in request.url[:200])
            raise FetchError(shown, FetchCause.PROTOCOL, first_line(error)) from error
        rules = self.rules if most is None else replace(self.rules, max_bytes=most)
        return Trip(request, replace(request, url=url), origin, headers, rules, rules.deadline)

    def step(self, trip: Trip, now: datetime) -> Capture | None:
        """Ask what a trip asks next; return the answer, None where that is a redirect.

        All steps of a trip share its deadline. Raise FetchError as `ask` does.
        """
        url, began = trip.asked.url, time.monotonic()
        with (
            self._begin_exchange(trip) as exchange,
            closing(GuardedAdapter(self.rules.legacy_tls)) as adapter,
        ):
            try:
                return self._take_step(adapter, exchange, trip, now)
            except FetchError:
                exchange.check_time()
                raise
            except SignError as error:
                raise FetchError(url, FetchCause.SIGN_FILE, str(error)) from error
            except (HTTPError, http.client.HTTPException, OSError, ValueError) as error:
                # A socket that the watch has shut looks like a broken one.
                exchange.check_time()
                raise explain_error(url, error, requests.RequestException) from error
            finally:
                trip.left -= time.monotonic() - began

    def _begin_exchange(self, trip: Trip) -> Exchange:
        rules = self.rules
        return Exchange(
            trip.asked.url,
            seconds=rules.deadline,
            left=trip.left,
            connect_seconds=rules.connect_timeout,
            stop=self.stop,
            loopback=self._find_loopback(trip.origin),
            trusted=trip.origin if rules.trusted else None,
            socks=rules.proxy if self._uses_socks() else "",
        )

    def _find_loopback(self, origin: tuple[str, int]) -> frozenset[tuple[str, int]]:
        rules = self.rules
        if not rules.allow_loopback:
            return frozenset()
        return frozenset({origin}) if rules.loopback_origins is None else rules.loopback_origins

    def _uses_socks(self) -> bool:
        return self.rules.proxy.startswith("socks5h:")

    def _normalize_url(self, url: str) -> str:
        """Return the URL as requests will connect to it, so that what is checked is used."""
        split_url(url)
        return urldefrag(requests.Request("GET", url).prepare().url or "").url

    def _take_step(
        self, adapter: GuardedAdapter, exchange: Exchange, trip: Trip, now: datetime
    ) -> Capture | None:
        request = trip.next
        with closing(self._send_request(adapter, exchange, request, now, trip.headers)) as response:
            location = response.headers.get("Location", "").strip()
            if response.status_code not in _REDIRECTS or not location:
                capture = self._make_capture(response, exchange, request.url, now, trip.rules)
                return replace(capture, method=trip.asked.method, sent=trip.asked.body)
        trip.hops += 1
        if trip.hops > self.rules.max_redirects:
            detail = f"more than {self.rules.max_redirects} redirects"
            raise FetchError(exchange.url, FetchCause.REDIRECT, detail)
        keeps = response.status_code in _KEEPING
        step = request if keeps else Request(request.url, headers=request.headers)
        try:
            moved = join_redirect(step.url, drop_secret(location, self.rules.key))
            trip.next = replace(step, url=self._normalize_url(moved))
        except (ValueError, OSError) as error:
            detail = first_line(error)
            raise FetchError(exchange.url, FetchCause.REDIRECT, detail) from error
        return None

    def _prepare(
        self, request: Request, now: datetime, headers: Mapping[str, str]
    ) -> requests.PreparedRequest:
        """Return a request with all its headers and secrets; what is signed is what is sent."""
        rules = self.rules
        sent = {**rules.headers, **dict(request.headers), **headers}
        # A notice may link to anywhere: what is ours alone does not go there.
        at_home = is_home(request.url, rules.home)
        if rules.cookie and at_home:
            self._session.cookies.clear()
            sent["Cookie"] = rules.cookie
        if rules.sign is not None and at_home:
            sent.update(rules.sign(request, now))
        return self._session.prepare_request(
            requests.Request(
                request.method,
                request.url,
                headers=sent,
                data=request.body or None,
                params=dict([rules.key]) if rules.key and at_home else None,
            )
        )

    def _send_request(
        self,
        adapter: GuardedAdapter,
        exchange: Exchange,
        request: Request,
        now: datetime,
        headers: Mapping[str, str],
    ) -> requests.Response:
        exchange.check_time()
        url = request.url
        rules = self.rules
        if rules.proxy:
            exchange.check_proxied(*find_origin(split_url(url)))
        if rules.ca_file and not os.path.isfile(rules.ca_file):
            raise FetchError(exchange.url, FetchCause.TLS, "the CA file is missing")
        prepared = self._prepare(request, now, headers)
        proxied = rules.proxy and not self._uses_socks()
        # Not Session.send: it reads the body of a redirect to its end, whatever its size.
        response = adapter.send(
            prepared,
            stream=True,
            timeout=(rules.connect_timeout, rules.deadline),
            verify=rules.ca_file or rules.verify_tls,
            proxies={"http": rules.proxy, "https": rules.proxy} if proxied else None,
        )
        try:
            _check_headers(exchange.url, response.raw)
        except FetchError:
            response.close()
            raise
        extract_cookies_to_jar(self._session.cookies, prepared, response.raw)  # type: ignore[no-untyped-call]
        if sum(len(cookie.name) + len(cookie.value or "") for cookie in self._session.cookies) > (
            _MAX_COOKIE_BYTES
        ):
            self._session.cookies.clear()
        return response

    def _make_capture(
        self,
        response: requests.Response,
        exchange: Exchange,
        target: str,
        now: datetime,
        rules: FetchRules,
    ) -> Capture:
        body = read_body(response.raw, exchange, rules)
        return Capture(
            url=exchange.url,
            final_url=target,
            fetched_at=now,
            status=response.status_code,
            headers=tuple(response.raw.headers.items()),
            body=body,
            sha256=hashlib.sha256(body).hexdigest(),
            tls=self._name_tls(target),
            peer=exchange.peer,
        )

    def _name_tls(self, url: str) -> str:
        if not url.startswith("https:"):
            return ""
        rules = self.rules
        trust = "ca file" if rules.ca_file else "" if rules.verify_tls else "not verified"
        return ", ".join(filter(None, ["legacy" if rules.legacy_tls else "", trust])) or "verified"


def read_body(raw: HTTPResponse, exchange: Exchange, rules: FetchRules) -> bytes:
    """Read and decode a body within the caps; raise FetchError unless it is whole."""
    sent, body = 0, bytearray()

    def count_sent() -> Iterator[bytes]:
        nonlocal sent
        for chunk in _read_wire(raw, exchange):
            sent += len(chunk)
            _check_size(exchange.url, sent, rules.max_bytes)
            yield chunk

    _check_size(exchange.url, raw.length_remaining or 0, rules.max_bytes)
    coding = raw.headers.get("Content-Encoding", "")
    for piece in inflate_body(exchange.url, count_sent(), coding):
        body += piece
        _check_size(exchange.url, len(body), rules.max_bytes)
        if len(body) > max(_RATIO_FLOOR, sent * rules.max_ratio):
            detail = f"unfolds to more than {rules.max_ratio} times its size"
            raise FetchError(exchange.url, FetchCause.TOO_LARGE, detail)
    return bytes(body)


def _read_wire(raw: HTTPResponse, exchange: Exchange) -> Iterator[bytes]:
    """Yield what arrives, as it arrives, with the transfer coding undone."""
    while raw.length_remaining != 0:
        try:
            chunk = raw.read1(min(_STEP, raw.length_remaining or _STEP), decode_content=False)
        except ProtocolError as error:
            detail = "the answer ends early or is cut into bad chunks"
            raise FetchError(exchange.url, FetchCause.TRUNCATED, detail) from error
        # A socket that the watch has shut looks like the end of the body.
        exchange.check_time()
        if not chunk:
            return
        yield chunk


def _check_size(url: str, size: int, limit: int) -> None:
    if size > limit:
        raise FetchError(url, FetchCause.TOO_LARGE, f"more than {limit} bytes")


def _check_headers(url: str, raw: HTTPResponse) -> None:
    size = sum(len(name) + len(value) for name, value in raw.headers.items())
    if size > _MAX_HEADER_BYTES:
        detail = f"headers of more than {_MAX_HEADER_BYTES} bytes"
        raise FetchError(url, FetchCause.PROTOCOL, detail)
    original = raw._original_response
    if original is not None and original.msg.defects:
        # The parser drops what follows a broken line, and with it how the body is framed.
        raise FetchError(url, FetchCause.PROTOCOL, "broken header line")
