"""The outbox meets real servers: nothing lost, nothing told twice, nothing given up in silence."""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from monitor.alerting.causes import UnconfirmedError
from monitor.alerting.courier import Courier, Sender
from monitor.alerting.deliver import make_sender
from monitor.alerting.render import COPY_LINE
from monitor.config import Receiver
from monitor.errors import DeliveryError
from monitor.models import Message, Verdict
from monitor.store.alerts import AlertKind, Alerts, NewAlert
from monitor.store.database import Database
from monitor.store.receivers import Receivers
from tests.alerting.samples import NOW, make_content
from tests.kit.servers import Mode, SmtpServer, WebhookServer

DAY = 86_400


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> Any:
        return self.now

    def move(self, **span: float) -> None:
        self.now += timedelta(**span)


@pytest.fixture
def alerts(tmp_path: Path) -> Iterator[Alerts]:
    database = Database(tmp_path / "monitor.db")
    yield Alerts(database)
    database.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def smtp() -> Iterator[SmtpServer]:
    with SmtpServer() as server:
        yield server


def enqueue(
    alerts: Alerts, *receivers: str, alert: str = "a1", digest: str = "", content: Any = None
) -> None:
    """Write an alert of the invented notice for receivers."""
    found = make_content(alert_id=alert) if content is None else content
    new = NewAlert(alert, AlertKind.NOTICE, None, None, "alert", "r", "f", False, found)
    assert alerts.enqueue(new, receivers, NOW, digest=digest)


def make_courier(
    alerts: Alerts,
    sender: str | Sender,
    *,
    name: str = "desk",
    others: tuple[str, ...] = (),
    stop: threading.Event | None = None,
    pause: float = 0,
) -> Courier:
    """Return a courier to an address or a sender."""
    url = sender if isinstance(sender, str) else ""
    receiver = Receiver(name, "apprise", url, frozenset(Verdict), 3 * DAY)
    return Courier(
        alerts,
        receiver,
        make_sender(receiver, print) if isinstance(sender, str) else sender,
        owner="test",
        rng=random.Random(7),  # noqa: S311 - spreads retries, guards nothing
        stop=stop or threading.Event(),
        others=others,
        pause=pause,
    )


def read_row(alerts: Alerts, alert: str = "a1", receiver: str = "desk") -> dict[str, Any]:
    rows = alerts.db.query(
        "select * from delivery where alert = ? and receiver = ?", [alert, receiver]
    )
    return dict(rows[0])


class Script:
    """A sender that answers as told, then accepts; it keeps what it accepted."""

    def __init__(self, *answers: DeliveryError | None) -> None:
        self.answers, self.calls = list(answers), 0
        self.accepted: list[Message] = []
        self.refused = ""

    def send(self, message: Message) -> None:
        self.calls += 1
        if self.refused in message.alert_ids:
            raise DeliveryError("no")
        answer = self.answers.pop(0) if self.answers else None
        if answer is not None:
            raise answer
        self.accepted.append(message)


def test_an_alert_becomes_exactly_one_mail(alerts: Alerts, clock: Clock, smtp: SmtpServer) -> None:
    enqueue(alerts, "desk")
    courier = make_courier(alerts, smtp.url())
    assert courier.deliver_due(clock) == 1
    assert courier.deliver_due(clock) == 0
    clock.move(days=30)
    assert make_courier(alerts, smtp.url()).deliver_due(clock) == 0
    assert len(smtp.messages) == 1
    assert read_row(alerts)["state"] == "sent"


def test_a_mail_holds_every_field_of_its_alert(
    alerts: Alerts, clock: Clock, smtp: SmtpServer
) -> None:
    enqueue(alerts, "desk")
    make_courier(alerts, smtp.url()).deliver_due(clock)
    mail = smtp.messages[0]
    body = mail.get_content()
    for part in (
        "Seagate Technology – supplied: named in the award or contract",
        "「希捷」 in the brand of item 2",
        "Enterprise hard disk (企业级硬盘), brand Seagate Technology (希捷)",
        "model ST8000NM000A, 481 pieces (块)",
        "Yunling City Public Security Bureau",
        "云岭市公安局",
        "Sanctions lists: Not on the lists known here on the day of the notice",
        "云岭市远志商贸有限公司",
        "CNY 569,800 – printed as 「￥56.98万元」",
        "2026-11-20 17:52 (China time, +08:00)",
        "award (the purchase was made)",
        "YLCG-2026-0117",
        "is a security organ",
        "https://ggzy.example.cn/notice/2026?id=17&lang=zh",
        "SHA-256 b7d082ee12e91b756ea22e8513b8594eebcf5d39fab813da3cb55794dc888ad7",
        "urn:uuid:0f0e0d0c",
        "2026-11-21 01:02:03 UTC from source yunling",
        "tender-monitor why a1",
    ):
        assert part in body
    subject = "[ALERT] Seagate Technology – Yunling City Public Security Bureau – award"
    assert mail["Subject"] == subject


def test_mail_that_waits_for_a_dead_server_arrives_exactly_once(
    alerts: Alerts, clock: Clock, smtp: SmtpServer
) -> None:
    enqueue(alerts, "desk")
    courier = make_courier(alerts, smtp.url())
    smtp.stop()
    for _ in range(5):
        assert courier.deliver_due(clock) == 0
        clock.move(hours=2)
    row = read_row(alerts)
    assert (row["state"], row["attempts"], row["error"]) == ("waiting", 5, "connection refused")
    smtp.start()
    assert courier.deliver_due(clock) == 1
    clock.move(days=1)
    assert courier.deliver_due(clock) == 0
    assert len(smtp.messages) == 1
    assert COPY_LINE not in smtp.messages[0].get_content()


def test_waiting_doubles_from_thirty_seconds_to_an_hour(alerts: Alerts, clock: Clock) -> None:
    enqueue(alerts, "desk")
    courier = make_courier(alerts, Script(*[DeliveryError("no") for _ in range(9)]))
    waits = []
    for _ in range(9):
        courier.deliver_due(clock)
        due = read_row(alerts)["next_try_at"]
        waits.append((type(clock.now).fromisoformat(due) - clock.now).total_seconds())
        clock.now = type(clock.now).fromisoformat(due)
    expected = [min(3600, 30 * 2**n) for n in range(9)]
    assert all(0.8 * e <= w <= 1.2 * e for w, e in zip(waits, expected, strict=True))
    assert waits[:3] != expected[:3]


def test_before_its_time_a_message_is_not_tried_again(alerts: Alerts, clock: Clock) -> None:
    enqueue(alerts, "desk")
    script = Script(DeliveryError("no"))
    courier = make_courier(alerts, script)
    courier.deliver_due(clock)
    clock.move(seconds=20)
    courier.deliver_due(clock)
    assert script.calls == 1


def test_a_temporary_refusal_waits(alerts: Alerts, clock: Clock, smtp: SmtpServer) -> None:
    enqueue(alerts, "desk")
    smtp.mode = Mode.LATER
    make_courier(alerts, smtp.url()).deliver_due(clock)
    assert read_row(alerts)["state"] == "waiting"
    assert read_row(alerts)["error"].startswith("SMTP 450")


@pytest.mark.parametrize("status", [404, 410])
def test_a_receiver_that_refuses_everything_is_dead_and_its_messages_wait(
    alerts: Alerts, clock: Clock, status: int
) -> None:
    for number in range(3):
        enqueue(alerts, "desk", "screen", alert=f"a{number}")
    other = Script()
    with WebhookServer(status) as hook:
        courier = make_courier(alerts, hook.url(), others=("screen", "desk"))
        for _ in range(600):
            assert courier.deliver_due(clock) == 0
            clock.move(minutes=1)
        assert len(hook.payloads) <= 2 + 10
        assert make_courier(alerts, other, name="screen").deliver_due(clock) == 4
        hook.status = 200
        clock.move(hours=1)
        assert courier.deliver_due(clock) == 3
        assert alerts.count_states() == {"sent": 7, "waiting": 1}
        keys = [payload["message"] for payload in hook.payloads[-3:]]
    assert len(set(keys)) == 3
    told = [m for m in other.accepted if m.subject.startswith("[MONITOR]")]
    assert [m.subject for m in told] == [f"[MONITOR] receiver desk is dead: HTTP {status}"]
    assert make_courier(alerts, other, name="screen").deliver_due(clock) == 1
    assert other.accepted[-1].subject == "[MONITOR] receiver desk accepts messages again"


def test_one_message_that_is_refused_among_others_is_given_up(alerts: Alerts, clock: Clock) -> None:
    for number in range(3):
        enqueue(alerts, "desk", alert=f"a{number}")
    refusal = DeliveryError("HTTP 413", permanent=True)
    script = Script(refusal, None, None, refusal)
    courier = make_courier(alerts, script, others=("screen",))
    assert courier.deliver_due(clock) == 2
    assert read_row(alerts, "a0")["state"] == "waiting"
    clock.move(minutes=1)
    assert courier.deliver_due(clock) == 0
    assert (read_row(alerts, "a0")["state"], read_row(alerts, "a0")["error"]) == (
        "dead", "HTTP 413",
    )  # fmt: skip
    assert Receivers(alerts.db).find_dead("desk") is None
    other = Script()
    make_courier(alerts, other, name="screen").deliver_due(clock)
    assert [m.subject for m in other.accepted] == [
        "[MONITOR] messages to desk were given up: HTTP 413"
    ]
    assert "First alert given up: a0" in other.accepted[0].body


def test_a_message_that_is_refused_alone_makes_its_receiver_dead_and_is_kept(
    alerts: Alerts, clock: Clock, smtp: SmtpServer
) -> None:
    enqueue(alerts, "desk")
    smtp.mode = Mode.NEVER
    courier = make_courier(alerts, smtp.url(), others=("screen",))
    for _ in range(3):
        courier.deliver_due(clock)
        clock.move(minutes=1)
    assert read_row(alerts)["state"] == "waiting"
    assert read_row(alerts)["attempts"] == 2
    dead = Receivers(alerts.db).find_dead("desk")
    assert dead is not None
    assert dead.cause.startswith("SMTP 550")
    smtp.mode = Mode.ACCEPT
    clock.move(hours=1)
    assert courier.deliver_due(clock) == 1


def test_a_dead_receiver_is_tried_with_a_message_that_it_may_take(
    alerts: Alerts, clock: Clock
) -> None:
    enqueue(alerts, "desk", alert="a1")
    refusal = DeliveryError("HTTP 413", permanent=True)
    script = Script(refusal, refusal)
    courier = make_courier(alerts, script, others=("screen",))
    for _ in range(2):
        courier.deliver_due(clock)
        clock.move(minutes=1)
    assert Receivers(alerts.db).find_dead("desk") is not None
    enqueue(alerts, "desk", alert="a2")
    script.answers = [None, refusal]
    clock.move(hours=1)
    assert courier.deliver_due(clock) == 1
    assert script.accepted[0].alert_ids == ("a2",)
    assert read_row(alerts, "a1")["state"] == "dead"


def test_a_mended_configuration_tries_a_dead_receiver_at_once(alerts: Alerts, clock: Clock) -> None:
    Receivers(alerts.db).note_dead("desk", "HTTP 410", clock())
    enqueue(alerts, "desk")
    script = Script()
    assert make_courier(alerts, script).deliver_due(clock) == 1
    assert Receivers(alerts.db).find_dead("desk") is None


def test_many_refusals_make_one_report(alerts: Alerts, clock: Clock) -> None:
    for number in range(5):
        enqueue(alerts, "desk", alert=f"a{number}")
    script = Script(*[DeliveryError("HTTP 404", permanent=True) for _ in range(9)])
    courier = make_courier(alerts, script, others=("screen",))
    for _ in range(5):
        courier.deliver_due(clock)
        clock.move(hours=1)
    assert alerts.count_states() == {"waiting": 5 + 1}


def test_an_old_message_is_given_up_if_others_were_accepted(alerts: Alerts, clock: Clock) -> None:
    enqueue(alerts, "desk")
    script = Script(*[DeliveryError("no") for _ in range(5)])
    courier = make_courier(alerts, script)
    for _ in range(4):
        courier.deliver_due(clock)
        assert read_row(alerts)["state"] == "waiting"
        clock.move(hours=2)
    script.answers = []
    script.refused = "a1"
    enqueue(alerts, "desk", alert="a2")
    for _ in range(20):
        courier.deliver_due(clock)
        clock.move(minutes=15)
    assert [m.alert_ids for m in script.accepted] == [("a2",)]
    assert read_row(alerts)["state"] == "waiting"
    for _ in range(3 * 24):
        clock.move(hours=1)
        courier.deliver_due(clock)
    assert read_row(alerts)["state"] == "dead"


def test_a_receiver_that_takes_nothing_for_days_is_dead_and_keeps_its_messages(
    alerts: Alerts, clock: Clock
) -> None:
    for number in range(4):
        enqueue(alerts, "desk", alert=f"a{number}")
    script = Script(*[DeliveryError("connection refused") for _ in range(9_999)])
    courier = make_courier(alerts, script, others=("screen",))
    for _ in range(7 * 24 * 6):
        courier.deliver_due(clock)
        clock.move(minutes=10)
    assert alerts.count_states() == {"waiting": 4 + 1}
    assert script.calls < 3 * 24 * 6 + 4 * 24 + 10
    script.answers.clear()
    clock.move(hours=1)
    assert courier.deliver_due(clock) == 4
    rest = [m.alert_ids[0] for m in script.accepted[1:]]
    assert rest == sorted(rest)


def test_after_days_without_power_the_first_refusals_bury_nothing(
    alerts: Alerts, clock: Clock
) -> None:
    enqueue(alerts, "desk")
    script = Script(*[DeliveryError("no") for _ in range(4)])
    courier = make_courier(alerts, script)
    clock.move(days=4)
    for _ in range(4):
        courier.deliver_due(clock)
        assert read_row(alerts)["state"] == "waiting"
        clock.move(hours=2)
    assert courier.deliver_due(clock) == 1


def test_a_mended_password_lets_the_waiting_message_out(alerts: Alerts, clock: Clock) -> None:
    enqueue(alerts, "desk")
    with WebhookServer(401) as hook:
        courier = make_courier(alerts, hook.url())
        courier.deliver_due(clock)
        assert read_row(alerts)["state"] == "waiting"
        hook.status = 200
        clock.move(hours=2)
        assert courier.deliver_due(clock) == 1


def test_with_nobody_else_to_tell_a_dead_receiver_is_an_error_in_the_log(
    alerts: Alerts, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    enqueue(alerts, "desk")
    enqueue(alerts, "desk", alert="a2")
    refusal = DeliveryError("HTTP 401", permanent=True)
    make_courier(alerts, Script(refusal, refusal), others=("desk",)).deliver_due(clock)
    errors = [r.getMessage() for r in caplog.records if r.levelno == logging.ERROR]
    assert any(
        "no other receiver can be told that receiver desk is dead" in line for line in errors
    )
    assert alerts.count_states() == {"waiting": 2}


def test_one_bad_receiver_does_not_keep_another_waiting(
    alerts: Alerts, clock: Clock, smtp: SmtpServer
) -> None:
    enqueue(alerts, "desk", "hook")
    with WebhookServer(500) as hook:
        assert make_courier(alerts, hook.url(), name="hook").deliver_due(clock) == 0
    assert make_courier(alerts, smtp.url()).deliver_due(clock) == 1
    assert read_row(alerts, receiver="hook")["error"] == "not confirmed: HTTP 500"


def test_one_bad_message_does_not_keep_the_next_waiting(alerts: Alerts, clock: Clock) -> None:
    enqueue(alerts, "desk", alert="a1")
    enqueue(alerts, "desk", alert="a2")
    script = Script(DeliveryError("HTTP 500"))
    assert make_courier(alerts, script).deliver_due(clock) == 1
    assert script.accepted[0].alert_ids == ("a2",)


def test_a_long_queue_knocks_no_oftener_than_a_short_one(alerts: Alerts, clock: Clock) -> None:
    for number in range(40):
        enqueue(alerts, "desk", alert=f"a{number:02}")
    script = Script(*[DeliveryError("connection refused") for _ in range(1000)])
    courier = make_courier(alerts, script)
    for _ in range(3600):
        courier.deliver_due(clock)
        clock.move(seconds=1)
    assert 2 <= script.calls <= 10
    script.answers.clear()
    clock.move(hours=2)
    assert courier.deliver_due(clock) >= 1
    assert len({name for m in script.accepted for name in m.alert_ids}) == 40


def test_a_digest_is_one_mail_with_all_ids(alerts: Alerts, clock: Clock, smtp: SmtpServer) -> None:
    ids = [f"a{number}" for number in range(6)]
    for alert in ids:
        enqueue(alerts, "desk", alert=alert, digest="first look")
    courier = make_courier(alerts, smtp.url())
    assert courier.deliver_due(clock) == 0
    alerts.release("first look", clock())
    assert courier.deliver_due(clock) == 1
    [mail] = smtp.messages
    assert "6 alerts, 0 reviews" in mail["Subject"]
    assert all(f"id {alert}" in mail.get_content() for alert in ids)
    assert alerts.count_states() == {"sent": 6}


def test_a_digest_that_fails_waits_as_a_whole(alerts: Alerts, clock: Clock) -> None:
    for alert in ("a1", "a2"):
        enqueue(alerts, "desk", alert=alert, digest="d")
    alerts.release("d", clock())
    script = Script(DeliveryError("HTTP 429"))
    courier = make_courier(alerts, script)
    assert courier.deliver_due(clock) == 0
    assert alerts.count_states() == {"waiting": 2}
    clock.move(hours=1)
    assert courier.deliver_due(clock) == 1
    assert script.accepted[0].alert_ids == ("a1", "a2")


def test_after_a_crash_the_second_copy_says_so(alerts: Alerts, clock: Clock) -> None:
    enqueue(alerts, "desk")
    assert alerts.lease("desk", "process that died", clock(), timedelta(minutes=10))
    script = Script()
    courier = make_courier(alerts, script)
    assert courier.deliver_due(clock) == 0
    clock.move(minutes=11)
    assert courier.deliver_due(clock) == 1
    assert script.accepted[0].body.startswith(COPY_LINE)
    assert script.accepted[0].alert_ids == ("a1",)


def test_after_a_plain_refusal_another_process_sends_no_copy_line(
    alerts: Alerts, clock: Clock
) -> None:
    enqueue(alerts, "desk")
    make_courier(alerts, Script(DeliveryError("connection refused"))).deliver_due(clock)
    clock.move(hours=1)
    script = Script()
    assert make_courier(alerts, script).deliver_due(clock) == 1
    assert COPY_LINE not in script.accepted[0].body


def test_a_doubt_outlives_a_later_plain_refusal(alerts: Alerts, clock: Clock) -> None:
    enqueue(alerts, "desk")
    answers = (UnconfirmedError("timeout"), DeliveryError("connection refused"))
    for answer in answers:
        make_courier(alerts, Script(answer)).deliver_due(clock)
        clock.move(hours=1)
    script = Script()
    assert make_courier(alerts, script).deliver_due(clock) == 1
    assert COPY_LINE in script.accepted[0].body


def test_after_an_unclear_answer_the_second_copy_says_so(alerts: Alerts, clock: Clock) -> None:
    enqueue(alerts, "desk")
    with WebhookServer(500) as hook:
        courier = make_courier(alerts, hook.url())
        courier.deliver_due(clock)
        hook.status = 200
        clock.move(hours=1)
        courier.deliver_due(clock)
    first, second = (payload["message"] for payload in hook.payloads)
    assert COPY_LINE not in first
    assert second.startswith(COPY_LINE)
    assert "tender-monitor why a1" in first
    assert "tender-monitor why a1" in second


class StopInPause(threading.Event):
    """An event that the first wait finds set, as when a signal comes in the pause."""

    def wait(self, timeout: float | None = None) -> bool:
        self.set()
        return True


def test_a_stop_between_two_messages_puts_back_what_was_leased(
    alerts: Alerts, clock: Clock
) -> None:
    enqueue(alerts, "desk", alert="a1")
    enqueue(alerts, "desk", alert="a2")
    script = Script()
    courier = make_courier(alerts, script, stop=StopInPause(), pause=30)
    assert courier.deliver_due(clock) == 1
    assert alerts.count_states() == {"sent": 1, "waiting": 1}
    assert read_row(alerts, "a2")["error"] == "stopped before it was sent"
    assert courier.deliver_due(clock) == 0
    assert script.calls == 1


def test_a_content_that_cannot_be_written_is_dead_and_the_next_goes_out(
    alerts: Alerts, clock: Clock
) -> None:
    enqueue(alerts, "desk", alert="a1", content={"title": "of another version"})
    enqueue(alerts, "desk", alert="a2")
    script = Script()
    assert make_courier(alerts, script, others=("screen",)).deliver_due(clock) == 1
    assert read_row(alerts)["error"].startswith("cannot be written: KeyError")


def test_a_sample_is_marked_in_the_mail(alerts: Alerts, clock: Clock, smtp: SmtpServer) -> None:
    enqueue(alerts, "desk", content=make_content(alert_id="a1", sample=True))
    make_courier(alerts, smtp.url()).deliver_due(clock)
    [mail] = smtp.messages
    assert mail["Subject"].startswith("[SAMPLE] [ALERT] ")
    lines = mail.get_content().strip().splitlines()
    assert lines[0] == lines[-1]
    assert lines[0].startswith("SAMPLE: invented notice")
