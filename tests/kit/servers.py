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
from dataclasses import dataclass, field
from email.message import EmailMessage
from enum import StrEnum
from types import TracebackType
from typing import Any, Self, cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.kit.serving import QuietAnswer, QuietServer, Serving


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


class ServiceServer(Serving):
    """A web service that keeps every request and gives the replies one after the other.

    The last reply is given again and again; `silent` keeps it from answering until it closes.
    """

    def __init__(self, *replies: Reply) -> None:
        self.replies = list(replies) or [Reply()]
        self.calls: list[Call] = []
        self.silent = False
        super().__init__(_Listening(self))

    @property
    def host(self) -> str:
        """The address with its port."""
        return f"127.0.0.1:{self.port}"

    def take_reply(self) -> Reply:
        """Return the next reply."""
        return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]


class WebhookServer(ServiceServer):
    """A webhook of JSON that answers with `status`, which may be changed."""

    def __init__(self, status: int = 200, location: str = "") -> None:
        super().__init__()
        self.status, self.location = status, location

    def url(self, path: str = "/hook") -> str:
        """Return the Apprise URL of this server."""
        return f"json://{self.host}{path}"

    @property
    def payloads(self) -> list[dict[str, Any]]:
        """The JSON of each POST so far."""
        return [call.content for call in self.calls if call.method == "POST"]

    @property
    def requests(self) -> list[str]:
        """Method and path of each request so far."""
        return [f"{call.method} {call.path}" for call in self.calls]

    def take_reply(self) -> Reply:
        """Return the answer as it is set now."""
        return Reply(self.status, headers={"Location": self.location} if self.location else {})


class _Listening(QuietServer):
    def __init__(self, owner: ServiceServer) -> None:
        self.owner = owner
        super().__init__(("127.0.0.1", 0), _Answering)


class _Answering(QuietAnswer):
    server: _Listening

    def do_POST(self) -> None:
        owner = self.server.owner
        headers = {name.lower(): value for name, value in self.headers.items()}
        owner.calls.append(Call(self.command, self.path, headers, self.read_body()))
        if owner.silent:
            owner.closing.wait(30)
            return
        reply = owner.take_reply()
        text = reply.body if isinstance(reply.body, str) else json.dumps(reply.body)
        self.give_answer(reply.status, text.encode(), reply.headers.items())

    do_GET = do_PUT = do_POST


def find_free_port() -> int:
    """Return a port on 127.0.0.1 that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
