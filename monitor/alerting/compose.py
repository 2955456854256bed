"""Write the one message of a leased batch: an alert, a self-alert or a digest. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from monitor.alerting.defuse import defuse
from monitor.alerting.enclosures import make_table
from monitor.alerting.render import SHOWN_BLOCKS, render_alert, render_digest, render_self
from monitor.models import Message
from monitor.store.alerts import AlertKind, Delivery

# What a content that was written by another version, or damaged, makes of rendering.
UNWRITABLE = (KeyError, TypeError, ValueError, AttributeError, IndexError)
_HEADINGS = {
    "hourly": "Hourly digest",
    "daily": "Daily digest",
    "weekly": "Weekly digest",
    "flood": "Many at once",
    "rested": "What waited",
}
_SCHEDULED = frozenset({"hourly", "daily", "weekly"})
_UTC = ZoneInfo("UTC")


def compose_message(
    batch: Sequence[Delivery], *, second_copy: bool = False, zone: ZoneInfo = _UTC
) -> Message:
    """Return the message of a batch; times in a heading are of `zone`.

    A digest's heading says how it came about, else is `digest_heading` of its first content,
    else made of its sources.
    """
    notices = [one.content for one in batch if one.kind is AlertKind.NOTICE]
    messages = _write_selves(batch, second_copy)
    if notices and batch[0].digest:
        heading = _write_heading(batch[0].digest, notices, zone)
        messages.insert(0, render_digest(notices, heading, second_copy=second_copy))
    elif notices:
        messages.insert(0, render_alert(notices[0], second_copy=second_copy))
    key = batch[0].batch
    enclosures = (make_table(notices, key),) if len(notices) > SHOWN_BLOCKS else ()
    thread = str(batch[0].content.get("thread", "")) if len(batch) == 1 else ""
    return replace(
        _join_messages(messages, batch, only_selves=not notices),
        key=key, thread=thread, enclosures=enclosures,
    )  # fmt: skip


def split_writable(batch: Sequence[Delivery]) -> tuple[list[Delivery], list[Delivery]]:
    """Return the deliveries that a message can be written of, and those that spoil it."""
    good: list[Delivery] = []
    bad: list[Delivery] = []
    for delivery in batch:
        try:
            compose_message([delivery])
        except UNWRITABLE:
            bad.append(delivery)
        else:
            good.append(delivery)
    return good, bad


def _write_selves(batch: Sequence[Delivery], second_copy: bool) -> list[Message]:
    selves = [one for one in batch if one.kind is AlertKind.SELF]
    return [
        render_self({**one.content, "alert_id": one.alert}, second_copy=second_copy)
        for one in selves
    ]


def _join_messages(
    messages: Sequence[Message], batch: Sequence[Delivery], *, only_selves: bool
) -> Message:
    """Return several messages as one; beyond the first few each has one line."""
    if len(messages) == 1:
        return messages[0]
    about = " about sources" if batch[0].digest == "sources" else ""
    subject = f"[MONITOR] {len(messages)} messages{about}" if only_selves else messages[0].subject
    bodies = [message.body for message in messages[:SHOWN_BLOCKS]]
    rest = [f"{message.subject}\n" for message in messages[SHOWN_BLOCKS:]]
    ids = tuple(name for message in messages for name in message.alert_ids)
    return Message(subject, "\n".join([*bodies, "".join(rest)] if rest else bodies), ids)


def _write_heading(digest: str, notices: Sequence[dict[str, object]], zone: ZoneInfo) -> str:
    kind, _, rest = digest.partition(":")
    if kind not in _HEADINGS:
        sources = ", ".join(sorted({str(content["source"]) for content in notices}))
        return defuse(notices[0].get("digest_heading") or f"Summary of {sources}")
    moment = datetime.fromisoformat(rest.partition(":")[2] if kind in _SCHEDULED else rest)
    return f"{_HEADINGS[kind]} of {moment.astimezone(zone):%Y-%m-%d %H:%M} ({zone.key})"
