"""Bring waiting messages to one receiver: lease, send, and only then note that they are sent.

How a receiver is, and what that means for its messages:

    up       all that are due go, one after the other
    down     two failed in a row: it is left alone, each time longer, up to LONGEST_HOLD
    dead     two were refused for good, or one was tried in vain for `dead_after`, and none was
             accepted in between: the others are told, one message is tried each PROBE_EVERY
    resting  its quiet hours: nothing goes until they end

Accepted is what makes it up again; then what waited goes, in a digest where it is too much.
"""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from monitor.alerting.causes import UnconfirmedError
from monitor.alerting.compose import UNWRITABLE, compose_message, split_writable
from monitor.alerting.pacing import Queue, Step, choose_step, end_window
from monitor.alerting.reports import make_alive_report, make_dead_report, make_loss_report
from monitor.alerting.schedule import find_rest
from monitor.config import Receiver
from monitor.crashpoints import pass_point
from monitor.errors import DeliveryError
from monitor.models import Message
from monitor.store.alerts import UNCONFIRMED, Alerts, Delivery, NewAlert, Turn
from monitor.store.receivers import Receivers

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=10)
LONGEST_WAIT = 3600.0
# Give or take a fifth, this is at least ten minutes.
LONGEST_HOLD = 750.0
SPREAD = 0.2
CHAT_PAUSE = 1.0
FAILURES_IN_A_ROW = 2
REFUSALS_IN_A_ROW = 2
PROBE_EVERY = timedelta(hours=1)
# A machine that was off has tried nothing: age alone buries no message.
FEWEST_TRIES = 5
# What may have arrived can be gathered no more. A receiver in trouble is tried with these few, each
# so often, before another is, or a week of knocking would end in hundreds of single messages.
MOST_DOUBTFUL = 3
TRIES_OF_EACH = 48


class Sender(Protocol):
    """A way to one receiver."""

    def send(self, message: Message) -> None:
        """Send a message; return only once it was accepted, else raise DeliveryError."""


class Courier:
    """Deliver to one receiver; use from one thread.

    `others` are the receivers that are told when this one is dead or messages to it are given up.
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
        self._name, self._receivers = receiver.name, Receivers(alerts.db)
        self._owner, self._rng, self._stop = owner, rng, stop
        self._others = [name for name in others if name != receiver.name]
        usual = 0.0 if receiver.type == "terminal" else CHAT_PAUSE
        self._pause = usual if pause is None else pause
        self._failures = self._refusals = self._rounds_down = 0
        self._held: tuple[datetime, datetime] | None = None
        # Whoever starts the program, or mends its configuration, wants to see a dead one tried.
        self._probed = False
        self._retired = False

    def retire(self) -> None:
        """Take no further message: another courier has the place; call from any thread."""
        self._retired = True

    def deliver_due(self, now: Callable[[], datetime]) -> int:
        """Send one due message after the other; return how many the receiver accepted.

        After two failures in a row the receiver counts as down and is left alone for a while,
        after two refusals for good as dead: then one message is tried each hour.
        """
        accepted = sent = 0
        while not self._ends() and not self._rests(now()):
            batch = self._take(now())
            if not batch:
                break
            if self._should_stop(sent):
                cause = _note_outcome("stopped before it was sent", batch)
                self._alerts.put_back(batch, now(), cause)
                break
            sent += 1
            accepted += self._deliver(batch, now)
        return accepted

    def _should_stop(self, sent: int) -> bool:
        """Wait between two messages; say whether no further one is to go."""
        if sent and self._pause:
            self._stop.wait(self._pause)
        return self._ends()

    def _ends(self) -> bool:
        return self._retired or self._stop.is_set()

    def _rests(self, moment: datetime) -> bool:
        """Say whether the receiver is left alone: at night, down, or dead and tried of late.

        A clock set back ends a hold.
        """
        rest = find_rest(self._receiver.quiet, self._receiver.zone, moment)
        if rest is not None and moment < rest.end:
            return True
        if self._held is not None and self._held[0] <= moment < self._held[1]:
            return True
        dead = self._receivers.find_dead(self._name)
        if dead is None or not self._probed:
            return False
        return dead.tried_at <= moment < dead.tried_at + PROBE_EVERY

    def _take(self, moment: datetime) -> Sequence[Delivery]:
        """Lease the next message: the oldest, or the one tried least where that got nowhere."""
        with self._alerts.db.immediate():
            if self._receivers.find_dead(self._name) is not None:
                turn = Turn(fresh=self._may_try_another(), early=True, rotate=True)
            else:
                step = self._pace(moment)
                # One message that fails again and again must not stand in the way of all others.
                turn = Turn(
                    fresh=step is not Step.LATER
                    and (not self._rounds_down or self._may_try_another()),
                    early=self._rounds_down > 0,
                    rotate=self._rounds_down > 0 and self._rounds_down % 2 == 0,
                )
            return self._alerts.lease(self._name, self._owner, moment, LEASE, turn=turn)

    def _may_try_another(self) -> bool:
        """Say whether a receiver in trouble is tried with a message that it has not seen."""
        number, tries = self._alerts.count_doubtful(self._name)
        return number < MOST_DOUBTFUL or tries >= TRIES_OF_EACH

    def _pace(self, moment: datetime) -> Step:
        """Gather what goes together now; return how fresh messages go."""
        flood, rest = self._receiver.flood, self._rest_before(moment)
        window = timedelta(seconds=flood.within)
        gathered_at = self._alerts.find_flood(self._name, moment - 2 * window, moment)
        ends = [rest] if rest else []
        ends += [end_window(gathered_at, flood)] if gathered_at else []
        fresh, rested = self._alerts.count_fresh(self._name, max(ends, default=None), moment)
        singles = self._alerts.count_singles(self._name, moment - window, moment) if fresh else 0
        step = choose_step(Queue(fresh, rested, singles), flood, gathered_at, moment)
        if step in (Step.FLOOD, Step.RESTED):
            digest = f"{step}:{moment.isoformat(timespec='microseconds')}"
            self._alerts.gather(self._name, digest, moment)
        return step

    def _rest_before(self, moment: datetime) -> datetime | None:
        rest = find_rest(self._receiver.quiet, self._receiver.zone, moment)
        return rest.end if rest else None

    def _deliver(self, batch: Sequence[Delivery], now: Callable[[], datetime]) -> bool:
        """Send the message of a batch; True only when the receiver accepted it."""
        batch, message = self._compose(batch, now())
        if message is None:
            return False
        pass_point("sending")
        try:
            self._sender.send(message)
        except DeliveryError as error:
            self._note_failure(batch, error, now())
            return False
        except Exception as error:  # noqa: BLE001 - see below why it is not logged
            # Its text may hold the address, a secret: it goes into no log, whatever the level.
            cause = UnconfirmedError(f"the program failed: {type(error).__name__}")
            self._note_failure(batch, cause, now())
            return False
        finally:
            self._probed = True
        pass_point("sent")
        self._note_success(batch, now())
        pass_point("sent noted")
        return True

    def _compose(
        self, batch: Sequence[Delivery], moment: datetime
    ) -> tuple[Sequence[Delivery], Message | None]:
        """Return the message of a batch without what cannot be written, which is given up."""
        try:
            return batch, self._write(batch)
        except UNWRITABLE as error:
            good, bad = split_writable(batch)
            self._bury(bad or batch, f"cannot be written: {type(error).__name__} {error}", moment)
            return good, self._write(good) if good and bad else None

    def _write(self, batch: Sequence[Delivery]) -> Message:
        doubtful = any(delivery.unconfirmed for delivery in batch)
        return compose_message(batch, second_copy=doubtful, zone=self._receiver.zone)

    def _note_success(self, batch: Sequence[Delivery], moment: datetime) -> None:
        """Note what was accepted; after a time down or dead, let the others go in their order."""
        with self._alerts.db.immediate():
            self._alerts.mark_sent(batch, moment)
            dead = self._receivers.find_dead(self._name)
            if dead is not None and self._receivers.note_alive(self._name):
                self._tell_others(make_alive_report(self._name, dead.since, moment), moment)
            if dead is not None or self._rounds_down:
                self._alerts.wake(self._name, moment)
        self._failures = self._refusals = self._rounds_down = 0
        self._held = None

    def _note_failure(
        self, batch: Sequence[Delivery], error: DeliveryError, moment: datetime
    ) -> None:
        with self._alerts.db.immediate():
            if error.permanent:
                self._note_refusal(batch, error, moment)
            else:
                self._note_trouble(batch, error, moment)

    def _note_refusal(
        self, batch: Sequence[Delivery], error: DeliveryError, moment: datetime
    ) -> None:
        """Give up a message that is refused while others are accepted; else doubt the receiver."""
        before = batch[0].refused_at
        if before is not None and self._alerts.has_accepted(self._name, before):
            self._bury(batch, str(error), moment)
            return
        self._refusals += 1
        at = moment + self._wait_after(0, LONGEST_WAIT)
        cause = _note_outcome(str(error), batch)
        self._alerts.put_back(batch, at, cause, refused_at=moment)
        dead = self._receivers.find_dead(self._name)
        if dead or before is not None or self._refusals >= REFUSALS_IN_A_ROW:
            self._note_dead(str(error), moment)

    def _note_trouble(
        self, batch: Sequence[Delivery], error: DeliveryError, moment: datetime
    ) -> None:
        """Let a message wait; one that is old is given up, if the receiver accepted others."""
        # Time of trying only: what waited for a digest or a night was not tried meanwhile, and a
        # clock set forward is no outage.
        began = min(delivery.tried_at for delivery in batch)
        tries = max(delivery.attempts for delivery in batch)
        old = moment - began >= timedelta(seconds=self._receiver.dead_after)
        doubtful = isinstance(error, UnconfirmedError)
        if old and tries >= FEWEST_TRIES and self._alerts.has_accepted(self._name, began):
            self._bury(batch, str(error), moment, doubtful=doubtful)
            return
        at = moment + self._wait_after(tries - 1, LONGEST_WAIT, error.retry_after)
        log.warning(
            "receiver %s did not accept %s: %s; next try at %s",
            self._name, batch[0].alert, error, f"{at:%Y-%m-%d %H:%M:%SZ}",
        )  # fmt: skip
        self._alerts.put_back(batch, at, _note_outcome(str(error), batch, doubtful=doubtful))
        self._failures += 1
        if (old and tries >= FEWEST_TRIES) or self._receivers.find_dead(self._name):
            self._note_dead(str(error), moment)
        elif error.retry_after is not None:
            self._held = (moment, at)
        elif self._failures >= FAILURES_IN_A_ROW:
            self._held = (moment, moment + self._wait_after(self._rounds_down, LONGEST_HOLD))
            self._rounds_down += 1

    def _wait_after(self, failures: int, longest: float, asked: float | None = None) -> timedelta:
        """Return the receiver's wait doubled for every failure, to a cap, give or take a fifth.

        What a receiver asks for counts where it is longer, to an hour.
        """
        wait = min(longest, self._receiver.retry * 2.0 ** min(failures, 20))
        spread = wait * self._rng.uniform(1 - SPREAD, 1 + SPREAD)
        return timedelta(seconds=max(spread, min(asked or 0.0, LONGEST_WAIT)))

    def _note_dead(self, cause: str, moment: datetime) -> None:
        """Leave the receiver alone but for a try each hour; tell the others once."""
        if self._receivers.note_dead(self._name, cause, moment):
            log.error("receiver %s is dead: %s; its messages wait", self._name, cause)
            self._tell_others(make_dead_report(self._name, cause, moment), moment)

    def _bury(
        self, batch: Sequence[Delivery], cause: str, moment: datetime, *, doubtful: bool = False
    ) -> None:
        """Give a batch up and tell of it, in one transaction."""
        log.error(
            "receiver %s: gave up %d message(s), first %s: %s",
            self._name, len(batch), batch[0].alert, cause,
        )  # fmt: skip
        with self._alerts.db.immediate():
            self._alerts.bury(batch, _note_outcome(cause, batch, doubtful=doubtful))
            # The report has one id a day: one that is given up in turn makes no other.
            report = make_loss_report(self._name, batch[0].alert, cause, moment)
            self._tell_others(report, moment, itself=True)

    def _tell_others(self, report: NewAlert, moment: datetime, *, itself: bool = False) -> None:
        """Tell the others; where there is none, with `itself` the receiver that accepts others."""
        if receivers := self._others or [self._name] * itself:
            self._alerts.enqueue(report, receivers, moment)
        else:
            log.error("no other receiver can be told that %s", report.content["subject"])


def _note_outcome(cause: str, batch: Sequence[Delivery], *, doubtful: bool = False) -> str:
    """Return the error to keep; a doubt stays until the message is accepted."""
    doubt = doubtful or any(delivery.unconfirmed for delivery in batch)
    return f"{UNCONFIRMED}: {cause}" if doubt else cause
