"""The door to apprise: send one message to one receiver, and know whether it was accepted."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from contextvars import ContextVar
from functools import lru_cache
from urllib.parse import parse_qs, urlsplit

import apprise

from monitor.alerting.causes import LogLine, UnconfirmedError, list_secrets, read_cause
from monitor.alerting.courier import Courier, Sender
from monitor.alerting.render import render_terminal
from monitor.config import Receiver
from monitor.errors import DeliveryError
from monitor.models import Message

__all__ = ["AppriseSender", "Courier", "Sender", "TerminalSender", "find_problem", "make_sender"]

CONNECT_SECONDS = 10.0
READ_SECONDS = 20.0
SERVICE_SECONDS = 90.0
_MAIL = ("mailto", "mailtos")
# Apprise's default of 32768 is no limit of theirs; a digest is one mail.
_UNLIMITED = (*_MAIL, "json", "jsons")
_MARGIN = 16
_SMALLEST_BODY = 200

# Its DEBUG lines hold the cause of a refusal and also tokens and addresses: they are read
# here and go no further.
_apprise_log = logging.getLogger("apprise")
_apprise_log.setLevel(logging.DEBUG)
_apprise_log.propagate = False
_apprise_log.addHandler(logging.NullHandler())
_sending = ContextVar("sending", default=False)
# At DEBUG urllib3 logs the path of each request, which of a webhook is its secret.
logging.getLogger("urllib3.connectionpool").addFilter(lambda _: not _sending.get())


def make_sender(receiver: Receiver, write: Callable[[str], object]) -> Sender:
    """Return the sender of a receiver; `write` prints text for the terminal.

    Raises DeliveryError, permanent, for an address that find_problem complains about.
    """
    return TerminalSender(write) if receiver.type == "terminal" else AppriseSender(receiver.url)


def find_problem(url: str) -> str | None:
    """Return in one line, without secrets, why an Apprise URL cannot be used; None if it can."""
    with suppress(ValueError):
        wanted = parse_qs(urlsplit(url).query).get("format", ["text"])
        if wanted != ["text"]:
            return "asks for a format; messages are plain text, delete format="
    door = _open_door(url)
    if door is None or len(door.services) == 0:
        return "not an Apprise address"
    count = sum(_count_destinations(plugin) for plugin in door)
    if count == 0:
        return "names no destination that can be reached"
    if count > 1:
        return f"names {count} destinations; use one receiver each"
    return None


def _open_door(url: str) -> apprise.Apprise | None:
    asset = apprise.AppriseAsset(
        app_id="tender-monitor",
        app_desc="tender-monitor",
        app_url="",
        image_url_mask="",
        image_url_logo="",
        body_format=apprise.NotifyFormat.TEXT,
        async_mode=False,
        http_redirects=False,
        interpret_emojis=False,
        pgp_autogen=False,
        pem_autogen=False,
        service_timeout=SERVICE_SECONDS,
    )
    _load_plugins()
    door = apprise.Apprise(asset=asset)
    return door if door.add(url) else None


@lru_cache(maxsize=1)
def _load_plugins() -> None:
    """Have Apprise import its plugins; one imports a module deprecated in Python 3.11 and 3.12."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        apprise.Apprise().add("json://localhost")


def _count_destinations(plugin: apprise.NotifyBase) -> int:
    """Count who would get a message; of several, one may refuse and make a retry a duplicate."""
    if plugin.schema in _MAIL:
        return sum(len(getattr(plugin, who)) for who in ("targets", "cc", "bcc"))
    return len(plugin) // (plugin.retry + 1)


class TerminalSender:
    """Write messages as framed blocks."""

    def __init__(self, write: Callable[[str], object]) -> None:
        self._write = write

    def send(self, message: Message) -> None:
        """Write and flush; raise DeliveryError when the terminal has gone."""
        text = render_terminal(message)
        try:
            try:
                self._write(text)
            except UnicodeEncodeError:
                self._write(text.encode("ascii", "backslashreplace").decode("ascii"))
            flush = getattr(getattr(self._write, "__self__", None), "flush", None)
            if flush is not None:
                flush()
        except (OSError, ValueError) as error:
            raise DeliveryError(f"cannot be written: {type(error).__name__}") from None


class AppriseSender:
    """Send to one Apprise URL; use from one thread."""

    def __init__(self, url: str) -> None:
        problem = find_problem(url)
        door = None if problem else _open_door(url)
        if door is None:
            raise DeliveryError(problem or "not an Apprise address", permanent=True)
        self._door = door
        self._plugin = door[0]
        self._secrets = list_secrets(url)
        self._set_guards()

    def _set_guards(self) -> None:
        """Take from the URL's own settings all that would hide, repeat or redirect a message."""
        plugin = self._plugin
        plugin.optional = False
        plugin.retry = 0
        plugin.redirects = False
        plugin.overflow_mode = apprise.OverflowMode.UPSTREAM
        plugin.socket_connect_timeout = CONNECT_SECONDS
        plugin.socket_read_timeout = READ_SECONDS
        if plugin.schema in _MAIL:
            # One timeout serves connecting and each answer; the Courier paces instead.
            plugin.socket_connect_timeout = READ_SECONDS
            plugin.request_rate_per_sec = 0

    def send(self, message: Message) -> None:
        """Send a message, in parts where it is too long; raise DeliveryError with the cause.

        Where a part was accepted and a later one was not, the error is UnconfirmedError.
        """
        parts = self._split(message)
        for number, (subject, body) in enumerate(parts):
            try:
                self._send_part(subject, body)
            except DeliveryError as error:
                if number == 0 or error.permanent:
                    raise
                cause = f"part {number + 1} of {len(parts)}: {error}"
                raise UnconfirmedError(cause) from None

    def _send_part(self, subject: str, body: str) -> None:
        token = _sending.set(True)
        try:
            result = self._door.notify(body=body, title=subject, log_level=logging.DEBUG)
        finally:
            _sending.reset(token)
        with result:
            if result:
                return
            lines = [LogLine(entry.level, entry.message) for entry in result.logs()]
        raise read_cause(lines, self._secrets)

    def _split(self, message: Message) -> list[tuple[str, str]]:
        plugin = self._plugin
        subject = message.subject
        title_room = plugin.title_maxlen
        if plugin.schema in _UNLIMITED:
            return [(subject, message.body)]
        if 0 < title_room < len(subject):
            subject = subject[: title_room - 1] + "…"
        # A service without titles gets the subject as the first line of the body.
        taken = len(subject.encode()) + _MARGIN
        room = max(_SMALLEST_BODY, plugin.body_maxlen - taken)
        bodies = split_body(message.body, room)
        if len(bodies) == 1:
            return [(subject, bodies[0])]
        return [(subject, f"({n}/{len(bodies)})\n{b}") for n, b in enumerate(bodies, start=1)]


def split_body(body: str, room: int) -> list[str]:
    """Split a text between lines into parts of at most `room` bytes of UTF-8.

    A line that is longer by itself is cut between characters.
    """
    parts, current, used = [], "", 0
    for piece in (p for line in body.splitlines(keepends=True) for p in _cut_line(line, room)):
        size = len(piece.encode())
        if current and used + size > room:
            parts.append(current)
            current, used = "", 0
        current, used = current + piece, used + size
    return [*parts, current]


def _cut_line(line: str, room: int) -> Iterator[str]:
    raw = line.encode()
    while len(raw) > room:
        end = room
        while end > 0 and raw[end] & 0xC0 == 0x80:
            end -= 1
        end = end or room
        yield raw[:end].decode("utf-8", "replace")
        raw = raw[end:]
    yield raw.decode("utf-8", "replace")
