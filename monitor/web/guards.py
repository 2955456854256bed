"""Sockets for requests: every peer checked before a byte is sent, every wait bounded.

The classes below replace urllib3's own way to open a connection. They find the rules
of the running request in a context variable; without one nothing can be opened.
"""

from __future__ import annotations

import queue
import socket
import ssl
import threading
import time
from contextlib import suppress
from contextvars import ContextVar
from types import TracebackType
from typing import Any, Self
from urllib.parse import unquote, urlsplit

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.util.ssl_ import create_urllib3_context

from monitor.errors import FetchCause, FetchError
from monitor.web.addresses import is_loopback, is_public
from monitor.web.socks import ask_proxy

_TICK = 0.2
# Names that never leave a network: RFC 6761, RFC 6762, RFC 8375, and what is usual.
_LOCAL_NAMES = (
    ".localhost", ".local", ".internal", ".home.arpa", ".lan", ".intranet", ".corp", ".home",
    ".private", ".localdomain",
)  # fmt: skip
# getaddrinfo cannot be interrupted: a dead resolver must not pile up threads.
_LOOKUPS = threading.BoundedSemaphore(16)
_CURRENT: ContextVar[Exchange] = ContextVar("exchange")


class Exchange:
    """One step of a request: which peers it may reach and how long it may last.

    A thread shuts the sockets when the time is up or the program stops, because a
    timeout of a socket starts again with every byte of a slow sender. `seconds` is what the whole
    request has, `left` what earlier steps have left of it. `loopback` holds each host and port for
    which a loopback address is allowed, `trusted` one that may have any address; `socks` is the
    URL of a proxy that resolves names itself, or ''.
    """

    def __init__(
        self,
        url: str,
        *,
        seconds: float,
        left: float | None = None,
        connect_seconds: float,
        stop: threading.Event,
        loopback: frozenset[tuple[str, int]] = frozenset(),
        trusted: tuple[str, int] | None = None,
        socks: str = "",
    ) -> None:
        self.url, self.peer = url, ""
        self._seconds, self._connect_seconds = seconds, connect_seconds
        self._stop, self._loopback, self._socks = stop, loopback, urlsplit(socks)
        self._trusted = trusted
        self._ends = time.monotonic() + (seconds if left is None else left)
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._handles: list[socket.socket] = []
        self._watcher = threading.Thread(target=self._watch_time, name="fetch-watch", daemon=True)

    def __enter__(self) -> Self:
        """Begin to watch the time."""
        self._token = _CURRENT.set(self)
        self._watcher.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        """Stop watching and let go of the sockets."""
        _CURRENT.reset(self._token)
        self._over.set()
        self._watcher.join()
        for handle in self._handles:
            handle.close()

    def remaining(self) -> float:
        """Return the seconds left, never below zero."""
        return max(self._ends - time.monotonic(), 0.0)

    def check_time(self) -> None:
        """Raise FetchError (STOPPING, TIMEOUT) when the exchange must end."""
        if self._stop.is_set():
            raise FetchError(self.url, FetchCause.STOPPING, "the program is stopping")
        if not self.remaining():
            detail = f"no complete answer within {self._seconds:g} s"
            raise FetchError(self.url, FetchCause.TIMEOUT, detail)

    def check_address(self, host: str, port: int, address: str) -> None:
        """Raise FetchError (FORBIDDEN_ADDRESS) unless `address` may be reached for `host`."""
        own = (host, port) in self._loopback and is_loopback(address)
        if not own and (host, port) != self._trusted and not is_public(address):
            detail = f"{host[:80]} is {address}"
            raise FetchError(self.url, FetchCause.FORBIDDEN_ADDRESS, detail)

    def check_proxied(self, host: str, port: int) -> None:
        """Check a host that a proxy will resolve: an address in any spelling, or a local name."""
        # A final dot names the same host, to a proxy as well.
        bare = host.rstrip(".")
        if address := _read_numeric(bare):
            self.check_address(host, port, address)
        elif "." not in bare or bare.endswith(_LOCAL_NAMES):
            raise FetchError(self.url, FetchCause.FORBIDDEN_ADDRESS, f"{host[:80]} is a local name")

    def open_socket(self, host: str, port: int, options: Any, proxied: bool) -> socket.socket:
        """Return a connected socket to a host, or to the http proxy that `host` then is."""
        if proxied:
            return self._open_proxy(host, port, options)
        return (self._open_socks if self._socks.netloc else self._open_direct)(host, port, options)

    def _open_direct(self, host: str, port: int, options: Any) -> socket.socket:
        # What is checked is what is connected to: no second look-up can slip in another address.
        addresses = self._resolve_host(host)
        for address in addresses:
            self.check_address(host, port, address)
        return self._open_any(addresses, port, options)

    def _open_proxy(self, host: str, port: int, options: Any) -> socket.socket:
        # The operator chose it: wherever it is, it may be reached.
        sock = self._open_any(self._resolve_host(host), port, options)
        self.peer = "proxy"
        return sock

    def _open_socks(self, host: str, port: int, options: Any) -> socket.socket:
        proxy = self._socks
        sock = self._open_proxy(proxy.hostname or "", proxy.port or 1080, options)
        try:
            user, password = unquote(proxy.username or ""), unquote(proxy.password or "")
            ask_proxy(sock, host, port, user, password)
        except (OSError, ValueError) as error:
            sock.close()
            self.check_time()
            raise FetchError(self.url, FetchCause.UNREACHABLE, str(error)) from error
        return sock

    def _hold_socket(self, sock: socket.socket) -> None:
        # A duplicate, because TLS takes the original away.
        with self._lock:
            self.check_time()
            self._handles.append(sock.dup())

    def _open_any(self, addresses: list[str], port: int, options: Any) -> socket.socket:
        failure: OSError | None = None
        for address in addresses:
            try:
                return self._connect_socket(address, port, options)
            except OSError as error:
                failure = error
        self.check_time()
        timeout = isinstance(failure, TimeoutError)
        cause = FetchCause.TIMEOUT if timeout else FetchCause.UNREACHABLE
        raise FetchError(self.url, cause, _describe_failure(failure)) from failure

    def _connect_socket(self, address: str, port: int, options: Any) -> socket.socket:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            for option in options or ():
                sock.setsockopt(*option)
            self._hold_socket(sock)
            sock.settimeout(min(self._connect_seconds, self.remaining() + _TICK))
            sock.connect((address, port))
            self.check_time()
        except BaseException:
            sock.close()
            raise
        self.peer = f"[{address}]:{port}" if family == socket.AF_INET6 else f"{address}:{port}"
        return sock

    def _resolve_host(self, host: str) -> list[str]:
        numeric = _read_numeric(host)
        if numeric:
            return [numeric]
        if not _LOOKUPS.acquire(blocking=False):
            raise FetchError(self.url, FetchCause.UNREACHABLE, "too many name lookups hang")
        answers: queue.SimpleQueue[list[str] | Exception] = queue.SimpleQueue()
        threading.Thread(target=_look_up, args=(host, answers), daemon=True).start()
        while True:
            with suppress(queue.Empty):
                answer = answers.get(timeout=_TICK)
                break
            self.check_time()
        if isinstance(answer, Exception):
            detail = f"name not resolved: {host[:80]}"
            raise FetchError(self.url, FetchCause.UNREACHABLE, detail) from answer
        return answer

    def _watch_time(self) -> None:
        while not self._over.wait(min(_TICK, self.remaining())):
            if self._stop.is_set() or not self.remaining():
                break
        with self._lock:
            for handle in () if self._over.is_set() else self._handles:
                with suppress(OSError):
                    handle.shutdown(socket.SHUT_RDWR)


def _read_numeric(host: str) -> str:
    """Return the address that a host spells in numbers (127.1, 0x7f000001, ::1), or ''."""
    with suppress(OSError, UnicodeError):
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
        return str(found[0][4][0])
    return ""


def _look_up(host: str, answers: queue.SimpleQueue[list[str] | Exception]) -> None:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        answers.put(list(dict.fromkeys(str(entry[4][0]) for entry in found)))
    except (OSError, UnicodeError) as error:
        answers.put(error)
    finally:
        _LOOKUPS.release()


def _describe_failure(error: OSError | None) -> str:
    if isinstance(error, TimeoutError):
        return "no connection in time"
    return (error and error.strerror) or "no connection"


class _PlainConnection(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        return _open_for(self)


class _SecureConnection(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        return _open_for(self)


def _open_for(connection: HTTPConnection) -> socket.socket:
    exchange, host = _CURRENT.get(), connection.host.strip("[]")
    port = connection.port or connection.default_port
    sock = exchange.open_socket(host, port, connection.socket_options, bool(connection.proxy))
    sock.settimeout(exchange.remaining())
    return sock


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _PlainConnection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection

    def _validate_conn(self, conn: Any) -> None:
        """Connect without urllib3's warning: an unverified peer is written into the capture."""
        if conn.is_closed:
            conn.connect()


_POOLS: dict[str, Any] = {"http": _PlainPool, "https": _SecurePool}
# Python names it from 3.12 on.
_OP_LEGACY_SERVER_CONNECT = 0x4


class GuardedAdapter(HTTPAdapter):
    """The adapter of requests, with connections that an Exchange opens; no retries.

    `legacy_tls` lets this adapter, and no other, talk to servers of TLS 1.0, with old ciphers
    or without secure renegotiation. Certificates are verified all the same.
    """

    def __init__(self, legacy_tls: bool = False) -> None:
        super().__init__(max_retries=0)
        self._legacy_tls = legacy_tls

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Make the pool for direct connections."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        """Make the pool for connections through an http proxy."""
        found = super().proxy_manager_for(proxy, **kwargs)
        found.pool_classes_by_scheme = _POOLS
        return found

    def build_connection_pool_key_attributes(
        self, request: Any, verify: Any, cert: Any = None
    ) -> Any:
        """Say what a connection needs: for an old server, a context that speaks its TLS."""
        host, pool = super().build_connection_pool_key_attributes(request, verify, cert)
        if self._legacy_tls:
            pool["ssl_context"] = _make_legacy_context(verify is not False)
        return host, pool


def _make_legacy_context(verify: bool) -> ssl.SSLContext:
    context = create_urllib3_context(
        cert_reqs=ssl.CERT_REQUIRED if verify else ssl.CERT_NONE,
        # SSL 3 stays off by its own option; naming TLS 1.0 would raise a warning.
        ssl_minimum_version=ssl.TLSVersion.MINIMUM_SUPPORTED,
        ciphers="DEFAULT:@SECLEVEL=0",
    )
    context.options |= _OP_LEGACY_SERVER_CONNECT
    return context
