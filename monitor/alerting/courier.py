"""Bring waiting messages to one receiver: lease, send, and only then note that they are sent."""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from monitor.alerting.causes import UnconfirmedError
from monitor.alerting.render import render_alert, render_digest, render_self
from monitor.config import Receiver
from monitor.errors import DeliveryError
from monitor.models import Message
from monitor.points import pass_point
from monitor.store.alerts import UNCONFIRMED, AlertKind, Alerts, Delivery, NewAlert

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=10)
LONGEST_WAIT = 3600.0
LONGEST_HOLD = 600.0
SPREAD = 0.2
CHAT_PAUSE = 1.0
FAILURES_IN_A_ROW = 2
# A machine that was off has tried nothing: age alone buries no message.
FEWEST_TRIES = 5


class Sender(Protocol):
    """A way to one receiver."""

    def send(self, message: Message) -> None:
        """Send a message; return only once it was accepted, else raise DeliveryError."""


class Courier:
    """Deliver to one receiver; use from one thread.

    `others` are the receivers that are told when messages to this one are given up.
    `pause` is the time between two messages, in seconds; by default 1, for the terminal 0.
    """

    def __init__(
        self,
        alerts: Alerts,
        receiver: Receiver,
        sender: Sender,
        *,
        owner: str,
        rng: random.Random,
        stop: threading.Event,
        others: Sequence[str] = (),
        pause: float | None = None,
    ) -> None:
        self._alerts, self._receiver, self._sender = alerts, receiver, sender
        self._owner, self._rng, self._stop = owner, rng, stop
        self._others = [name for name in others if name != receiver.name]
        usual = 0.0 if receiver.type == "terminal" else CHAT_PAUSE
        self._pause = usual if pause is None else pause
        self._rounds_down = 0
        self._held: tuple[datetime, datetime] | None = None

    def deliver_due(self, now: Callable[[], datetime]) -> int:
        """Send one due message after the other; return how many the receiver accepted.

        After two failures in a row the receiver counts as down and is left alone for a while,
        so that a long queue knocks no oftener than a short one.
        """
        accepted = failed = sent = 0
        while not self._stop.is_set() and not self._is_held(now()):
            batch = self._alerts.lease(self._receiver.name, self._owner, now(), LEASE)
            if not batch:
                break
            if self._should_stop(sent):
                self._alerts.put_back(
                    batch, now(), _note_outcome("stopped before it was sent", batch)
                )
                break
            sent += 1
            if self._deliver(batch, now):
                accepted, failed, self._rounds_down = accepted + 1, 0, 0
            else:
                failed += 1
            if failed >= FAILURES_IN_A_ROW:
                self._hold(now())
        return accepted

    def _should_stop(self, sent: int) -> bool:
        """Wait between two messages; say whether the program is stopping."""
        return self._stop.wait(self._pause) if sent and self._pause else self._stop.is_set()

    def _deliver(self, batch: Sequence[Delivery], now: Callable[[], datetime]) -> bool:
        """Send the message of a batch; True only when the receiver accepted it."""
        try:
            message = compose_message(batch, second_copy=any(d.unconfirmed for d in batch))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            self._bury(batch, f"cannot be written: {type(error).__name__} {error}", now())
            return False
        pass_point("sending")
        try:
            self._sender.send(message)
        except DeliveryError as error:
            self._note_failure(batch, error, now())
            return False
        pass_point("sent")
        self._alerts.mark_sent(batch, now())
        pass_point("sent noted")
        return True

    def _note_failure(
        self, batch: Sequence[Delivery], error: DeliveryError, moment: datetime
    ) -> None:
        doubtful = isinstance(error, UnconfirmedError)
        age = moment - min(delivery.created_at for delivery in batch)
        tries = max(delivery.attempts for delivery in batch)
        old = age >= timedelta(seconds=self._receiver.dead_after)
        if error.permanent or (old and tries >= FEWEST_TRIES):
            self._bury(batch, str(error), moment)
            return
        at = moment + self._wait_after(tries - 1, LONGEST_WAIT)
        log.warning(
            "receiver %s did not accept %s: %s; next try at %s",
            self._receiver.name, batch[0].alert, error, f"{at:%Y-%m-%d %H:%M:%SZ}",
        )  # fmt: skip
        self._alerts.put_back(batch, at, _note_outcome(str(error), batch, doubtful=doubtful))

    def _wait_after(self, failures: int, longest: float) -> timedelta:
        """Return the receiver's wait doubled for every failure, to a cap, give or take a fifth."""
        wait = min(longest, self._receiver.retry * 2.0 ** min(failures, 20))
        return timedelta(seconds=wait * self._rng.uniform(1 - SPREAD, 1 + SPREAD))

    def _hold(self, moment: datetime) -> None:
        self._held = (moment, moment + self._wait_after(self._rounds_down, LONGEST_HOLD))
        self._rounds_down += 1

    def _is_held(self, moment: datetime) -> bool:
        """Say whether the receiver is left alone; a clock set back ends that."""
        return self._held is not None and self._held[0] <= moment < self._held[1]

    def _bury(self, batch: Sequence[Delivery], cause: str, moment: datetime) -> None:
        """Give a batch up and tell the other receivers, in one transaction."""
        log.error(
            "receiver %s: gave up %d message(s), first %s: %s",
            self._receiver.name, len(batch), batch[0].alert, cause,
        )  # fmt: skip
        with self._alerts.db.immediate():
            self._alerts.bury(batch, cause)
            if any(delivery.kind is not AlertKind.SELF for delivery in batch):
                self._tell_others(batch, cause, moment)

    def _tell_others(self, batch: Sequence[Delivery], cause: str, moment: datetime) -> None:
        """Enqueue one self-alert per receiver and day: a dead receiver is no reason for a flood."""
        if not self._others:
            log.error("no other receiver can be told that %s is dead", self._receiver.name)
            return
        name = self._receiver.name
        alert = f"dead-{name}-{moment:%Y%m%d}"
        body = (
            f"Messages to the receiver {name} were given up.\n"
            f"Cause: {cause}\n"
            f"First alert given up: {batch[0].alert}\n"
            "More may follow today without another message like this one.\n"
            f"They are kept: mend the receiver, try it with tender-monitor test-receiver {name},\n"
            "and list them with tender-monitor alerts."
        )
        content = {"subject": f"receiver {name} is dead: {cause}", "body": body}
        self._alerts.enqueue(
            NewAlert(
                id=alert, kind=AlertKind.SELF, source=None, notice=None, verdict="self",
                reason="RECEIVER_DEAD", fingerprint="", sample=False, content=content,
            ),
            self._others,
            moment,
        )  # fmt: skip


def _note_outcome(cause: str, batch: Sequence[Delivery], *, doubtful: bool = False) -> str:
    """Return the error to keep; a doubt stays until the message is accepted."""
    doubt = doubtful or any(delivery.unconfirmed for delivery in batch)
    return f"{UNCONFIRMED}: {cause}" if doubt else cause


def compose_message(batch: Sequence[Delivery], *, second_copy: bool = False) -> Message:
    """Return the one message of a leased batch: an alert, a self-alert or a digest.

    A digest's heading is `digest_heading` of its first content, else made of its sources.
    """
    notices = [d.content for d in batch if d.kind is AlertKind.NOTICE]
    messages = [
        render_self({**d.content, "alert_id": d.alert}, second_copy=second_copy)
        for d in batch
        if d.kind is AlertKind.SELF
    ]
    if notices and batch[0].digest:
        sources = ", ".join(sorted({str(content["source"]) for content in notices}))
        heading = notices[0].get("digest_heading") or f"Summary of {sources}"
        messages.insert(0, render_digest(notices, heading, second_copy=second_copy))
    elif notices:
        messages.insert(0, render_alert(notices[0], second_copy=second_copy))
    several = len(messages) > 1 and not notices
    return Message(
        f"[MONITOR] {len(messages)} messages about sources" if several else messages[0].subject,
        "\n".join(message.body for message in messages),
        tuple(name for message in messages for name in message.alert_ids),
    )
