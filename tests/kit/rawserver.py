"""A web server on 127.0.0.1 that answers with whatever bytes a test wants.

A route is a function that gets a Visit and sends bytes, or none, at its own pace:

    with HostileServer({"/": reply(b"hello"), "/slow": drip(b"x" * 100, pause=0.1)}) as server:
        fetch(server.url("/slow"))
        assert server.paths == ["/slow"]
"""

from __future__ import annotations

import gzip
import socket
import socketserver
import ssl
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from tests.kit.serving import Serving


@dataclass(frozen=True)
class Visit:
    """One request that reached the server, and the way to answer it."""

    target: str
    headers: Mapping[str, str]
    _sock: socket.socket
    _closing: threading.Event
    method: str = "GET"
    body: bytes = b""

    def send(self, data: bytes) -> None:
        """Send bytes as they are; raise OSError when the client has gone."""
        self._sock.sendall(data)

    def pause(self, seconds: float) -> None:
        """Wait; raise ConnectionError when the server is closing."""
        if self._closing.wait(seconds):
            raise ConnectionError("server is closing")


Route = Callable[[Visit], None]


class HostileServer(Serving):
    """Serve routes by path, on a port of its own; remember every request."""

    def __init__(self, routes: Mapping[str, Route], tls: ssl.SSLContext | None = None) -> None:
        self.routes, self.tls = dict(routes), tls
        self.visits: list[Visit] = []
        super().__init__(_Server(self))

    @property
    def paths(self) -> list[str]:
        """The request targets seen so far."""
        return [visit.target for visit in self.visits]

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        """Return the URL of a path on this server."""
        return f"{'https' if self.tls else 'http'}://{host}:{self.port}{path}"


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    block_on_close = True

    def __init__(self, owner: HostileServer) -> None:
        self.owner = owner
        super().__init__(("127.0.0.1", 0), _Answer)

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: clients that hang up are the point of these tests."""


class _Answer(socketserver.BaseRequestHandler):
    server: _Server
    request: socket.socket

    def handle(self) -> None:
        owner = self.server.owner
        self.request.settimeout(5)
        with suppress(OSError):
            sock = (
                owner.tls.wrap_socket(self.request, server_side=True) if owner.tls else self.request
            )
            try:
                self._answer(owner, sock)
            finally:
                with suppress(OSError):
                    sock.shutdown(socket.SHUT_WR)
                sock.close()

    def _answer(self, owner: HostileServer, sock: socket.socket) -> None:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            more = sock.recv(1)
            if not more:
                return
            head += more
            if not head[:1].isalpha():
                sock.sendall(make_head(400))
                return
        first, *lines = head.decode("latin-1").split("\r\n")
        method, target = first.split(" ")[:2]
        pairs = (line.split(": ", 1) for line in lines if ": " in line)
        headers = {k.lower(): v for k, v in pairs}
        body = b""
        while len(body) < int(headers.get("content-length", 0)) and (more := sock.recv(4096)):
            body += more
        visit = Visit(target, headers, sock, owner.closing, method, body)
        owner.visits.append(visit)
        owner.routes.get(target.partition("?")[0], reply(b"no such page", status=404))(visit)


def reply(body: bytes = b"", status: int = 200, headers: Mapping[str, str] | None = None) -> Route:
    """Answer properly: a whole body with its Content-Length."""
    return raw(make_head(status, {"Content-Length": str(len(body)), **(headers or {})}) + body)


def redirect(location: str, body: Route | None = None, status: int = 302) -> Route:
    """Answer with a Location, sent as Latin-1, and then what `body` sends."""

    def answer(visit: Visit) -> None:
        visit.send(make_head(status, {"Location": location}))
        if body is not None:
            body(visit)

    return answer


def raw(data: bytes) -> Route:
    """Send these bytes and close."""
    return lambda visit: visit.send(data)


def drip(data: bytes, pause: float) -> Route:
    """Send one byte after another with a pause between."""

    def answer(visit: Visit) -> None:
        for offset in range(len(data)):
            visit.send(data[offset : offset + 1])
            visit.pause(pause)

    return answer


def repeat(head: bytes, piece: bytes) -> Route:
    """Send `head`, then `piece` for as long as the client takes it."""

    def answer(visit: Visit) -> None:
        visit.send(head)
        while True:
            visit.pause(0)
            visit.send(piece)

    return answer


def hang(data: bytes = b"") -> Route:
    """Send these bytes and then nothing, with the connection open."""

    def answer(visit: Visit) -> None:
        visit.send(data)
        visit.pause(60)

    return answer


def make_head(status: int = 200, headers: Mapping[str, str] | None = None) -> bytes:
    """Return a status line and headers, ready to send."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in (headers or {}).items())
    return f"HTTP/1.1 {status} Reason\r\n{lines}\r\n".encode("latin-1")


def make_bomb(mebibytes: int) -> bytes:
    """Return a gzip stream that unfolds to that many MiB of zeros."""
    return gzip.compress(bytes(1024 * 1024)) * mebibytes
