"""Why a receiver did not accept a message, read from what Apprise logged; without secrets."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import unquote

from monitor.alerting.defuse import defuse
from monitor.errors import DeliveryError
from monitor.text.privacy import mask_private


class UnconfirmedError(DeliveryError):
    """No acceptance was seen, but the message may have arrived: a timeout, a 500 after reading."""


class LogLine(NamedTuple):
    """One entry of Apprise's log: the name of its level and its text."""

    level: str
    text: str


# What a notice says of itself is in the log too, in DEBUG lines with the payload. Only the
# plugins' own failure lines count: each pattern is tied to where the plugin's words stand.
_LOUD = frozenset({"WARNING", "ERROR", "CRITICAL"})
_HTTP = re.compile(r"Failed to .*\berror=(\d{3})\.?\Z", re.S)
_EXCEPTION = re.compile(r"(?:Socket|I/O|SMTP|JSON|IRC) Exception: (.*)", re.S)
_UNFINISHED = re.compile(r"Service '.*' did not finish within [\d.]+s\.\Z")
_SMTP = re.compile(r"(?:\{(?:'[^']*'|\"[^\"]*\"): )?\((\d{3}), b(['\"])(.{0,200}?)\2")
# A GET carries the message in its address.
_ADDRESS = re.compile(r"(?<=with url: )\S+")
# A service may repeat a part of a token only.
_WORD = re.compile(r"[\w-]{6,}")
_BEFORE_SENDING = (
    (re.compile(r"Connection refused", re.I), "connection refused"),
    (re.compile(r"Name or service not known|getaddrinfo|NameResolution|No address", re.I),
     "the host name is not known"),
    (re.compile(r"Network is unreachable|No route to host", re.I), "no route to the host"),
    (re.compile(r"ConnectTimeout|Max retries exceeded.*connect timeout", re.I),
     "no connection in time"),
    (re.compile(r"certificate|\bSSL|TLS", re.I), "the TLS connection failed"),
)  # fmt: skip
_AFTER_SENDING = (
    (re.compile(r"timed out|did not finish", re.I), "no answer in time"),
    (re.compile(r"Connection aborted|reset by peer|unexpectedly closed|Broken pipe", re.I),
     "the connection broke"),
)  # fmt: skip
# Busy, or not now. The other 4xx, as SMTP's 5xx, will say the same tomorrow: the password is
# wrong, the token revoked, the room gone, the message unfit. Someone has to be told at once.
_TEMPORARY = frozenset({408, 409, 421, 423, 425, 429})


def read_cause(lines: Iterable[LogLine], secrets: frozenset[str]) -> DeliveryError:
    """Return the error for what Apprise logged, in words of ours: nothing secret is repeated."""
    reasons: list[str] = []
    for level, text in lines:
        if level in _LOUD and (found := _HTTP.match(text)):
            return judge_status(int(found[1]), f"HTTP {found[1]}")
        if found := _EXCEPTION.match(text):
            reasons.append(_ADDRESS.sub("", found[1]))
        elif level in _LOUD and _UNFINISHED.match(text):
            reasons.append(text)
    return _judge_reasons(reasons, secrets)


def judge_failure(text: str, secrets: frozenset[str]) -> DeliveryError:
    """Return the error for a request that got no answer, by the words of its exception."""
    return _judge_reasons([_ADDRESS.sub("", text)], secrets)


def _judge_reasons(reasons: list[str], secrets: frozenset[str]) -> DeliveryError:
    for reason in reasons:
        if found := _SMTP.match(reason):
            cause = f"SMTP {found[1]} {quote_refusal(found[3], secrets)}".rstrip()
            return DeliveryError(cause, permanent=found[1].startswith("5"))
    text = "\n".join(reasons)
    for pattern, cause in _BEFORE_SENDING:
        if pattern.search(text):
            return DeliveryError(cause)
    for pattern, cause in _AFTER_SENDING:
        if pattern.search(text):
            return UnconfirmedError(cause)
    return UnconfirmedError("not accepted, for no reason that was given")


def judge_status(
    status: int, cause: str, wait: float | None = None, *, limited: bool = False
) -> DeliveryError:
    """Return the error for a refusal by HTTP status.

    `wait` is how many seconds the service asked for; `limited` says that it refuses for now only.
    """
    if status >= 500:
        return UnconfirmedError(cause, retry_after=wait)
    if 300 <= status < 400:
        return DeliveryError(f"{cause}: redirects are not followed")
    lasting = status not in _TEMPORARY and not limited
    return DeliveryError(cause, permanent=lasting, retry_after=None if lasting else wait)


def list_secrets(url: str) -> frozenset[str]:
    """Return the pieces of an address that may be secret: all but its scheme, as written and meant.

    A piece is meant as `a@b` where it is written as `a%40b`.
    """
    written = re.split(r"[/?&=:@+,]", url.partition("://")[2])
    pieces = {*written, *(unquote(piece) for piece in written)}
    return frozenset(piece for piece in pieces if len(piece) >= 4)


def quote_refusal(text: str, secrets: frozenset[str]) -> str:
    """Return what a service said of a refusal: harmless, without secrets, 100 characters."""
    return defuse(_mask_secrets(text, secrets), 100)


def _mask_secrets(text: str, secrets: frozenset[str]) -> str:
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, "***")
    text = _WORD.sub(lambda word: "***" if any(word[0] in s for s in secrets) else word[0], text)
    return mask_private(text)
