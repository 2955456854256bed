"""The door to apprise: send one message to one receiver, and know whether it was accepted."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qs, urlsplit

import apprise
from apprise.attachment.memory import AttachMemory

from monitor.alerting.acceptance import judge_answers
from monitor.alerting.answers import Answer, Failure, observe_answers, refuse_wait
from monitor.alerting.causes import LogLine, UnconfirmedError, list_secrets, read_cause
from monitor.alerting.courier import Courier, Sender
from monitor.alerting.irc import await_server, find_refusal
from monitor.alerting.mail import (
    list_headers,
    make_safe,
    merge_headers,
    name_mail,
    number_part,
    use_message_id,
)
from monitor.alerting.parts import Part, find_limit, split_message
from monitor.alerting.render import render_terminal
from monitor.config import Receiver
from monitor.errors import DeliveryError
from monitor.models import Enclosure, Message

__all__ = ["AppriseSender", "Courier", "Sender", "TerminalSender", "find_problem", "make_sender"]

CONNECT_SECONDS = 10.0
READ_SECONDS = 20.0
SERVICE_SECONDS = 90.0
PAUSE_SECONDS = 10.0
_MAIL = ("mailto", "mailtos")
# Apprise's default of 32768 is no limit of theirs, nor of a mail: a digest is one message.
_WEBHOOKS = ("json", "jsons", "form", "forms", "xml", "xmls")
_MATRIX = ("matrix", "matrixs")
_IRC = ("irc", "ircs")
# Apprise's own level below DEBUG, at which it tells what an IRC server says.
_TRACE = logging.DEBUG - 1
# They take text and files in one request, and files from memory. The others take pictures
# only, or post files after the text: a file that is refused would make the text come again.
_CARRIERS = (*_MAIL, "json", "jsons", "xml", "xmls")
_REMEMBERED = 64

# Its DEBUG lines hold the cause of a refusal and also tokens and addresses: they are read
# here and go no further.
_apprise_log = logging.getLogger("apprise")
_apprise_log.setLevel(_TRACE)
_apprise_log.propagate = False
_apprise_log.addHandler(logging.NullHandler())


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
        return f"not an Apprise address{_suggest_form(url)}"
    count = sum(_count_destinations(plugin) for plugin in door)
    if count == 0:
        return "names no destination that can be reached"
    if count > 1:
        return f"names {count} destinations; use one receiver each"
    return None


def _suggest_form(url: str) -> str:
    """Return what to write in the place of a plain web address; "" where it is none.

    Those of some services, such as Slack's webhooks, are Apprise addresses as they are.
    """
    webhook = {"http": "json", "https": "jsons"}.get(url.partition("://")[0].lower())
    if webhook is None or "://" not in url:
        return ""
    return (
        f": this plain web address does not say which service it is; write {webhook}:// in place "
        "of its scheme for a webhook of JSON, or that of the service (docs/receivers.md)"
    )


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
        if message.enclosures:
            message = replace(message, body=_add_note(message.body, message.enclosures))
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
        # What is set below belongs to the plugins of single services.
        self._plugin: Any = door[0]
        self._secrets = list_secrets(url)
        self._own_headers = dict(getattr(self._plugin, "headers", {}))
        self._unfinished: dict[str, tuple[list[Part], int, bool]] = {}
        self._set_guards()

    def _set_guards(self) -> None:
        """Take from the URL's own settings all that would hide, repeat or redirect a message."""
        plugin = self._plugin
        plugin.optional = False
        plugin.retry = 0
        plugin.redirects = False
        plugin.overflow_mode = apprise.OverflowMode.UPSTREAM
        plugin.body_max_line_count = 0
        plugin.socket_connect_timeout = CONNECT_SECONDS
        plugin.socket_read_timeout = READ_SECONDS
        plugin.throttle = _pace(plugin.throttle)
        if plugin.schema in _IRC:
            await_server()
        if plugin.schema in _MAIL:
            # One timeout serves connecting and each answer; the Courier paces instead.
            plugin.socket_connect_timeout = READ_SECONDS
            plugin.request_rate_per_sec = 0

    def send(self, message: Message) -> None:
        """Send a message, in parts where it is too long; raise DeliveryError with the cause.

        Where a part was accepted and a later one was not, the error is UnconfirmedError and
        names the part. The next try with the same key goes on there, with the parts of the first.
        """
        parts, accepted, doubtful = self._unfinished.get(message.key, ([], 0, False))
        parts = parts or self._split(message)
        for part in parts[accepted:]:
            try:
                self._send_part(part, message, second_copy=doubtful)
            except DeliveryError as error:
                raise self._note_stop(message.key, parts, part, error) from None
            doubtful = False
        self._unfinished.pop(message.key, None)

    def _note_stop(
        self, key: str, parts: list[Part], part: Part, error: DeliveryError
    ) -> DeliveryError:
        """Remember where a message stopped; return the error to raise for it."""
        if part.number == 1:
            return error
        if key:
            doubtful = isinstance(error, UnconfirmedError)
            self._unfinished[key] = (parts, part.number - 1, doubtful)
            for old in list(self._unfinished)[:-_REMEMBERED]:
                del self._unfinished[old]
        cause = f"part {part.number} of {part.total}: {error}"
        return UnconfirmedError(cause, permanent=error.permanent, retry_after=error.retry_after)

    def _send_part(self, part: Part, message: Message, *, second_copy: bool) -> None:
        body = part.write_body(second_copy=second_copy)
        enclosed = part.number == part.total and self._carries_enclosures
        attach = _enclose(message.enclosures) if enclosed else None
        self._name_part(part, message)
        with observe_answers() as answers, use_message_id(self._name_mail(message)):
            result = self._door.notify(
                body=body, title=part.subject, attach=attach, log_level=_TRACE
            )
        with result:
            accepted = bool(result)
            lines = [LogLine(entry.level, entry.message) for entry in result.logs()]
        self._raise_refusal(answers, lines, accepted=accepted)

    def _raise_refusal(
        self, answers: list[Answer | Failure], lines: list[LogLine], *, accepted: bool
    ) -> None:
        """Raise the error for what was answered; return if nothing speaks against acceptance."""
        schema, now = self._plugin.schema, datetime.now(UTC)
        error = judge_answers(schema, answers, now, self._secrets, accepted=accepted)
        if error is None and schema in _IRC:
            error = find_refusal(lines, self._secrets)
        if error is None and not accepted:
            error = read_cause(lines, self._secrets)
        if error is not None:
            raise error

    def _name_part(self, part: Part, message: Message) -> None:
        """Give the plugin what tells a second copy from another message, where it has a place."""
        plugin = self._plugin
        if plugin.schema in _WEBHOOKS and message.key:
            added = {"Idempotency-Key": make_safe(message.key)}
            plugin.headers = merge_headers(self._own_headers, added)
        if plugin.schema in _MATRIX:
            # A homeserver drops what comes again with a number it has seen: so a second copy is
            # dropped, and with an access token all but the first message, as Apprise never
            # counts up then.
            plugin.transaction_id = number_part(message.key, part.number)
            if plugin.access_token is None and plugin.password and not plugin.user:
                # Apprise would do so at the first send, and take another number.
                plugin.access_token = plugin.password

    def _name_mail(self, message: Message) -> str:
        """Give the plugin the headers of a mail; return its Message-ID."""
        plugin = self._plugin
        if plugin.schema not in _MAIL:
            return ""
        sender = str(plugin.from_addr[1])
        plugin.headers = merge_headers(self._own_headers, list_headers(message, sender))
        return name_mail(message, sender)

    @property
    def _carries_enclosures(self) -> bool:
        return self._plugin.schema in _CARRIERS and bool(self._plugin.attachment_support)

    def _split(self, message: Message) -> list[Part]:
        plugin, body = self._plugin, message.body
        if message.enclosures and not self._carries_enclosures:
            body = _add_note(body, message.enclosures)
        unlimited = plugin.schema in (*_MAIL, *_WEBHOOKS)
        limit = None if unlimited else find_limit(plugin.schema, plugin.body_maxlen)
        return split_message(message.subject, body, limit, 0 if unlimited else plugin.title_maxlen)


def _enclose(enclosures: Iterable[Enclosure]) -> apprise.AppriseAttachment | None:
    """Return enclosures as attachments in memory: no file is written."""
    make: Callable[..., apprise.AttachBase] = AttachMemory
    attachments = apprise.AppriseAttachment()
    for enclosure in enclosures:
        name = make_safe(enclosure.name)
        attachments.add(make(enclosure.body, name=name, mimetype=enclosure.media_type))
    return attachments if len(attachments) else None


def _add_note(body: str, enclosures: Iterable[Enclosure]) -> str:
    names = ", ".join(make_safe(enclosure.name) for enclosure in enclosures)
    note = f"Not enclosed here: {names}. Get it with: tender-monitor alerts --json"
    return f"{body.rstrip()}\n\n{note}\n"


def _pace(throttle: Callable[..., None]) -> Callable[..., None]:
    """Return an Apprise throttle that sleeps for a service only as long as a send may take."""

    def keep_pace(last_io: datetime | None = None, wait: float | None = None) -> None:
        if wait is not None and wait > PAUSE_SECONDS:
            raise refuse_wait(wait)
        throttle(last_io, wait)

    return keep_pace
