"""Name mails so that a second copy has the first one's Message-ID and mails of a purchase thread.

Apprise makes a new Message-ID for each attempt and has no setting for it; the function that it
makes it with is replaced here, for the one send that asks for it.
"""

from __future__ import annotations

import functools
import hashlib
import importlib
import re
import secrets
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from email.utils import make_msgid

from monitor.models import Message

_SAFE_NAME = re.compile(r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*")
_LONGEST_NAME = 100
_wanted: ContextVar[str] = ContextVar("wanted_message_id", default="")


def make_safe(name: str) -> str:
    """Return a name as it is where it can stand in a header, else its SHA-256 in hex, cut."""
    if len(name) <= _LONGEST_NAME and _SAFE_NAME.fullmatch(name):
        return name
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:40]


def number_part(key: str, part: int) -> int:
    """Return a number for a part of a message: the same at each attempt; random without a key."""
    seed = f"{key} {part}".encode("utf-8", "surrogatepass") if key else secrets.token_bytes(16)
    return int.from_bytes(hashlib.sha256(seed).digest()[:7])


def name_mail(message: Message, sender: str) -> str:
    """Return the Message-ID of a message from an address: the same at each attempt (RFC 5322).

    A message without a key gets none and "" is returned.
    """
    return f"<{make_safe(message.key)}@{_name_domain(sender)}>" if message.key else ""


def list_headers(message: Message, sender: str) -> dict[str, str]:
    """Return the headers of a message: that a program wrote it (RFC 3834), and its thread.

    Mails of one thread all answer one root, which itself is never sent: so it does not matter
    which of them came first, or came at all.
    """
    headers = {"Auto-Submitted": "auto-generated"}
    if message.thread:
        root = f"<thread-{make_safe(message.thread)}@{_name_domain(sender)}>"
        headers |= {"In-Reply-To": root, "References": root}
    return headers


def merge_headers(own: Mapping[str, str], added: Mapping[str, str]) -> dict[str, str]:
    """Return the URL's own headers with ours, which win; a Message-ID is never the URL's to set."""
    taken = {name.strip().lower() for name in added} | {"message-id"}
    return {k: v for k, v in own.items() if k.strip().lower() not in taken} | dict(added)


@contextmanager
def use_message_id(name: str) -> Iterator[None]:
    """Have mails that are sent inside carry this Message-ID; "" leaves it to Apprise."""
    replace_maker()
    token = _wanted.set(name)
    try:
        yield
    finally:
        _wanted.reset(token)


def _name_domain(sender: str) -> str:
    domain = sender.rpartition("@")[2].strip("> ")
    try:
        ascii_domain = domain.encode("idna").decode("ascii").lower()
    except UnicodeError:
        ascii_domain = ""
    return f"tender-monitor.{ascii_domain if _SAFE_NAME.fullmatch(ascii_domain) else 'invalid'}"


def _make_id(idstring: str | None = None, domain: str | None = None) -> str:
    return _wanted.get() or make_msgid(idstring, domain)


@functools.cache
def replace_maker() -> bool:
    """Have Apprise make its Message-IDs here; return False where it makes them otherwise.

    Mails then still go out, each with an ID of its own; a test tells that Apprise has changed.
    """
    with warnings.catch_warnings():
        # It imports a module that Python 3.11 and 3.12 call deprecated.
        warnings.simplefilter("ignore", DeprecationWarning)
        module = importlib.import_module("apprise.plugins.email.base")
    known = getattr(module, "make_msgid", None) is make_msgid
    if known:
        module.make_msgid = _make_id  # type: ignore[attr-defined]
    return known
