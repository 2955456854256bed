"""Receivers on 127.0.0.1 that keep what they accept and refuse when told to.

with SmtpServer() as smtp:
    smtp.mode = Mode.LATER
    ...
    assert [mail["Subject"] for mail in smtp.messages] == []
"""

from __future__ import annotations

import email
import email.policy
import json
import socket
import threading
from dataclasses import dataclass, field
from email.message import EmailMessage
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self, cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


class Mode(StrEnum):
    """What a mail server does with a message."""

    ACCEPT = "accept"
    LATER = "450"
    NEVER = "550"


class SmtpServer:
    """A mail server; `stop` and `start` it to have it down, the port stays the same."""

    def __init__(self) -> None:
        self.mode = Mode.ACCEPT
        self.messages: list[EmailMessage] = []
        self.attempts = 0
        self.port = find_free_port()
        self._controller: Controller | None = None

    def url(self, recipient: str = "reader@example.org") -> str:
        """Return the Apprise URL of a mailbox on this server."""
        return f"mailto://127.0.0.1:{self.port}?from=monitor@example.org&to={recipient}"

    def start(self) -> None:
        """Begin to listen."""
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self._controller.start()

    def stop(self) -> None:
        """Go down."""
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    async def handle_RCPT(
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        address: str,
        options: list[str],
    ) -> str:
        """Answer a recipient as the mode says."""
        self.attempts += 1
        if self.mode is Mode.ACCEPT:
            envelope.rcpt_tos.append(address)
            return "250 OK"
        return f"{self.mode} mailbox {address} not now"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Keep a message."""
        content = cast(bytes, envelope.content)
        parsed = email.message_from_bytes(content, policy=email.policy.default)
        self.messages.append(parsed)
        return "250 kept"

    def __enter__(self) -> Self:
        """Start."""
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        """Stop."""
        self.stop()


class WebhookServer:
    """A web server that keeps the JSON of each POST and answers with `status`.

    `silent` keeps it from answering until the server closes.
    """

    def __init__(self, status: int = 200, location: str = "") -> None:
        self.status, self.location, self.silent = status, location, False
        self.payloads: list[dict[str, Any]] = []
        self.requests: list[str] = []
        self.closing = threading.Event()
        self._server = _HookServer(self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    @property
    def port(self) -> int:
        """The port the server listens on."""
        return int(self._server.server_address[1])

    def url(self, path: str = "/hook") -> str:
        """Return the Apprise URL of this server."""
        return f"json://127.0.0.1:{self.port}{path}"

    def __enter__(self) -> Self:
        """Start to serve."""
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        """End all answers and close."""
        self.closing.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@dataclass(frozen=True)
class Reply:
    """What a ServiceServer answers: JSON of `body`, or the text itself."""

    status: int = 200
    body: Any = ""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Call:
    """One request that a ServiceServer got; header names in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def content(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


class ServiceServer:
    """A web service that keeps every request and gives the replies one after the other.

    The last reply is given again and again; `silent` keeps it from answering until it closes.
    """

    def __init__(self, *replies: Reply) -> None:
        self.replies = list(replies) or [Reply()]
        self.calls: list[Call] = []
        self.silent = False
        self.closing = threading.Event()
        self._server = _HookServer(self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    @property
    def host(self) -> str:
        """The address with its port."""
        return f"127.0.0.1:{self._server.server_address[1]}"

    def take_reply(self) -> Reply:
        """Return the next reply."""
        return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]

    def __enter__(self) -> Self:
        """Start to serve."""
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        """End all answers and close."""
        self.closing.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _HookServer(ThreadingHTTPServer):
    block_on_close = True
    daemon_threads = False

    def __init__(self, owner: WebhookServer | ServiceServer) -> None:
        self.owner = owner
        shape = _Hook if isinstance(owner, WebhookServer) else _ServiceCall
        super().__init__(("127.0.0.1", 0), shape)

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: clients that hang up are part of these tests."""


class _ServiceCall(BaseHTTPRequestHandler):
    server: _HookServer

    def _reply(self) -> None:
        owner = cast(ServiceServer, self.server.owner)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        owner.calls.append(Call(self.command, self.path, headers, body))
        if owner.silent:
            owner.closing.wait(30)
            return
        reply = owner.take_reply()
        text = reply.body if isinstance(reply.body, str) else json.dumps(reply.body)
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    do_GET = do_POST = do_PUT = _reply

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


class _Hook(BaseHTTPRequestHandler):
    server: _HookServer

    def do_POST(self) -> None:
        owner = self._owner
        owner.requests.append(f"POST {self.path}")
        body = self.rfile.read(int(self.headers["Content-Length"]))
        owner.payloads.append(json.loads(body))
        if owner.silent:
            owner.closing.wait(30)
            return
        self._answer(owner)

    def do_GET(self) -> None:
        self._owner.requests.append(f"GET {self.path}")
        self._answer(self._owner)

    @property
    def _owner(self) -> WebhookServer:
        return cast(WebhookServer, self.server.owner)

    def _answer(self, owner: WebhookServer) -> None:
        self.send_response(owner.status)
        if owner.location:
            self.send_header("Location", owner.location)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def find_free_port() -> int:
    """Return a port on 127.0.0.1 that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
