"""What the program says of its receivers, to the other ones."""

from __future__ import annotations

from datetime import datetime

from monitor.store.alerts import AlertKind, NewAlert


def make_dead_report(receiver: str, cause: str, now: datetime) -> NewAlert:
    """Return the alert that a receiver accepts nothing; its messages wait."""
    return _make_report(
        f"dead-{receiver}-{now:%Y%m%d%H%M}",
        "RECEIVER_DEAD",
        f"receiver {receiver} is dead: {cause}",
        f"The receiver {receiver} accepts no message.",
        f"Cause: {cause}",
        "All that is meant for it is kept; one message is tried each hour.",
        f"Mend its address or its service, then try it: tender-monitor test-receiver {receiver}",
        "Once it accepts again, what waited goes out.",
    )


def make_alive_report(receiver: str, since: datetime, now: datetime) -> NewAlert:
    """Return the alert that a dead receiver accepts messages again."""
    return _make_report(
        f"alive-{receiver}-{now:%Y%m%d%H%M}",
        "RECEIVER_ALIVE",
        f"receiver {receiver} accepts messages again",
        f"The receiver {receiver} accepts messages again; what waited goes out.",
        f"It was dead since {since:%Y-%m-%d %H:%M} UTC.",
    )


def make_loss_report(receiver: str, first: str, cause: str, now: datetime) -> NewAlert:
    """Return the alert that messages were given up; the same for all of one day."""
    return _make_report(
        f"lost-{receiver}-{now:%Y%m%d}",
        "MESSAGE_DEAD",
        f"messages to {receiver} were given up: {cause}",
        f"Messages to the receiver {receiver} were given up, while it accepts others.",
        f"Cause: {cause}",
        f"First alert given up: {first}",
        "More may follow today without another message like this one.",
        "They are kept: list them with tender-monitor alerts, and send them again with",
        f"tender-monitor resend --receiver {receiver}",
    )


def _make_report(name: str, reason: str, subject: str, *lines: str) -> NewAlert:
    content = {"subject": subject, "body": "\n".join(lines)}
    return NewAlert(
        id=name, kind=AlertKind.SELF, source=None, notice=None, verdict="self", reason=reason,
        fingerprint="", sample=False, content=content,
    )  # fmt: skip
