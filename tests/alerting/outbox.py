"""An outbox on a real database with a clock in hand, and senders that answer as told."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from monitor.alerting.courier import Courier, Sender
from monitor.config import Receiver
from monitor.errors import DeliveryError
from monitor.models import Message, Verdict
from monitor.store.alerts import AlertKind, Alerts, Leg, NewAlert
from tests.alerting.samples import NOW, make_content

DAY = 86_400
CONTENT = make_content()


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        """Return the time."""
        return self.now

    def move(self, **span: float) -> None:
        """Move on, as in move(hours=6), or back."""
        self.now += timedelta(**span)


class Desk:
    """A sender that keeps what it accepts; while `answer` is set it refuses so."""

    def __init__(self) -> None:
        self.answer: DeliveryError | None = None
        self.calls = 0
        self.accepted: list[Message] = []

    def send(self, message: Message) -> None:
        """Take a message."""
        self.calls += 1
        if self.answer is not None:
            raise self.answer
        self.accepted.append(message)

    def list_alerts(self) -> list[str]:
        """Return the ids of all alerts that were accepted, in order."""
        return [name for message in self.accepted for name in message.alert_ids]


def post(alerts: Alerts, names: Iterable[str], now: datetime, *legs: Leg) -> None:
    """Write alerts of the invented notice in one transaction, to desk where nothing is said."""
    with alerts.db.immediate():
        for name in names:
            content: dict[str, Any] = {**CONTENT, "alert_id": name}
            new = NewAlert(name, AlertKind.NOTICE, None, None, "alert", "r", "f", False, content)
            assert alerts.post(new, legs or (Leg("desk"),), now)


def make_courier(alerts: Alerts, sender: Sender, **options: Any) -> Courier:
    """Return a courier to the receiver desk, whose settings are as in `Receiver`."""
    others: Sequence[str] = options.pop("others", ("screen",))
    receiver = replace(Receiver("desk", "apprise", "", frozenset(Verdict), 3 * DAY), **options)
    return Courier(
        alerts, receiver, sender, owner="test", stop=threading.Event(), others=others,
        rng=random.Random(7), pause=0,  # noqa: S311 - spreads retries, guards nothing
    )  # fmt: skip
