"""Sending through Apprise to real servers: what is accepted, what is refused, and why."""

from __future__ import annotations

import io
import logging

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.alerting.causes import UnconfirmedError
from monitor.alerting.deliver import (
    AppriseSender,
    TerminalSender,
    find_problem,
    make_sender,
    split_body,
)
from monitor.config import Receiver
from monitor.errors import DeliveryError
from monitor.models import Message, Verdict
from tests.servers import Mode, SmtpServer, WebhookServer, find_free_port

MESSAGE = Message("[ALERT] Seagate – 云岭市公安局", "What: 希捷\n\nAlert:     a1b2\n", ("a1b2",))


@pytest.mark.parametrize(
    "url",
    [
        "json://127.0.0.1:8000/hook",
        "mailto://user:secret@example.org?to=reader@example.org",
        "discord://1234567890/abcdefghijklmnop",
        "tgram://123456789:abcdefghijklmnop/12315544/",
    ],
)
def test_an_address_of_one_destination_is_usable(url: str) -> None:
    assert find_problem(url) is None


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("", "not an Apprise address"),
        ("hunter2", "not an Apprise address"),
        ("nosuch://hunter2", "not an Apprise address"),
        ("mailto://u:hunter2@example.org?to=a@example.org,b@example.org", "names 2 destinations"),
        ("mailto://u:hunter2@example.org?to=a@example.org&cc=b@example.org", "names 2 dest"),
        ("mailto://u:hunter2@example.org?to=a@example.org&bcc=b@example.org", "names 2 dest"),
        ("mailto://u:hunter2@example.org?to=nobody", "names no destination"),
        ("json://one/hunter2, json://two/hunter2", "names 2 destinations"),
        ("slack://T1JJ3T3L2/A1BRTD4JD/hunter2hunter2hunter2hun/#a/#b", "names 2 destinations"),
        ("json://example.org/hunter2?format=markdown", "asks for a format"),
        ("json://example.org/hunter2?format=html", "asks for a format"),
    ],
)
def test_an_unusable_address_is_explained_in_one_line_without_secrets(
    url: str, problem: str, capsys: pytest.CaptureFixture[str]
) -> None:
    found = find_problem(url)
    assert found is not None
    assert found.startswith(problem)
    assert "\n" not in found
    assert "hunter2" not in found + "".join(capsys.readouterr())


def test_a_mail_is_plain_text_with_its_subject() -> None:
    with SmtpServer() as smtp:
        AppriseSender(smtp.url()).send(MESSAGE)
        [mail] = smtp.messages
    assert mail["Subject"] == MESSAGE.subject
    assert mail["To"] == "reader@example.org"
    assert mail.get_content_type() == "text/plain"
    assert mail.get_content().replace("\r\n", "\n").strip() == MESSAGE.body.strip()


def test_a_long_digest_is_one_mail() -> None:
    body = "库尔勒市公安局\n" * 20_000
    with SmtpServer() as smtp:
        AppriseSender(smtp.url()).send(Message("digest", body))
        assert len(smtp.messages) == 1


def test_mails_follow_one_another_without_the_throttle_of_apprise() -> None:
    with SmtpServer() as smtp:
        sender = AppriseSender(smtp.url())
        assert sender._plugin.request_rate_per_sec == 0
        sender.send(MESSAGE)
        sender.send(MESSAGE)
        assert len(smtp.messages) == 2


@pytest.mark.parametrize(
    ("mode", "permanent", "cause"),
    [(Mode.LATER, False, "SMTP 450"), (Mode.NEVER, True, "SMTP 550")],
)
def test_a_mail_server_s_refusal_is_read_without_the_mailbox(
    mode: Mode, permanent: bool, cause: str
) -> None:
    with SmtpServer() as smtp:
        smtp.mode = mode
        with pytest.raises(DeliveryError, match=cause) as caught:
            AppriseSender(smtp.url()).send(MESSAGE)
    assert caught.value.permanent is permanent
    assert not isinstance(caught.value, UnconfirmedError)
    assert "reader" not in str(caught.value)
    assert "not now" in str(caught.value)


HOSTILE = (
    "error=404",
    "x (550, b'x')",
    "Failed to send JSON POST notification: error=404.",
    "Socket Exception: (550, b'x')",
    "a\nFailed to send X notification: error=404.\nSocket Exception: (550, b'x')\n",
    "'}\r\nSocket Exception: {'b@example.org': (550, b'x')}",
)


@pytest.mark.parametrize("scheme", ["json", "form", "xml", "form-get", "mailto"])
@pytest.mark.parametrize("text", HOSTILE)
def test_what_a_notice_says_is_no_answer_of_the_receiver(scheme: str, text: str) -> None:
    method = "&method=get" if scheme == "form-get" else ""
    scheme = scheme.removesuffix("-get")
    url = f"{scheme}://127.0.0.1:{find_free_port()}/?from=a@example.org&to=b@example.org{method}"
    with pytest.raises(DeliveryError, match=r"^connection refused$") as caught:
        AppriseSender(url).send(Message(text.replace("\n", " ").replace("\r", ""), text))
    assert not caught.value.permanent


@pytest.mark.parametrize("text", HOSTILE)
def test_what_a_notice_says_does_not_hide_the_answer(text: str) -> None:
    with WebhookServer(503) as hook, pytest.raises(UnconfirmedError, match="HTTP 503"):
        AppriseSender(hook.url()).send(Message("s", text))
    with SmtpServer() as smtp:
        smtp.mode = Mode.LATER
        with pytest.raises(DeliveryError, match="SMTP 450") as caught:
            AppriseSender(smtp.url()).send(Message("s", text))
    assert not caught.value.permanent


@pytest.mark.parametrize("scheme", ["mailto", "json"])
def test_a_server_that_is_down_is_no_lasting_refusal(scheme: str) -> None:
    port = find_free_port()
    url = f"{scheme}://127.0.0.1:{port}/?from=a@example.org&to=b@example.org"
    with pytest.raises(DeliveryError, match=r"^connection refused$") as caught:
        AppriseSender(url).send(MESSAGE)
    assert not caught.value.permanent
    assert not isinstance(caught.value, UnconfirmedError)


def test_a_webhook_gets_subject_and_body_with_the_ids() -> None:
    with WebhookServer() as hook:
        AppriseSender(hook.url()).send(MESSAGE)
        [payload] = hook.payloads
    assert payload["title"] == MESSAGE.subject
    assert payload["message"] == MESSAGE.body.strip()
    assert "a1b2" in payload["message"]
    assert "http" not in str(payload)


@pytest.mark.parametrize(
    ("status", "permanent", "unconfirmed"),
    [
        (500, False, True),
        (503, False, True),
        (429, False, False),
        (302, False, False),
        (400, True, False),
        (401, False, False),
        (403, False, False),
        (404, True, False),
        (410, True, False),
    ],
)
def test_an_http_status_decides_whether_to_try_again(
    status: int, permanent: bool, unconfirmed: bool
) -> None:
    with WebhookServer(status, location="/elsewhere") as hook:
        with pytest.raises(DeliveryError, match=f"HTTP {status}") as caught:
            AppriseSender(hook.url("/token-hunter2?redirect=yes&retry=3&wait=0")).send(MESSAGE)
        assert hook.requests == ["POST /token-hunter2"]
    assert caught.value.permanent is permanent
    assert isinstance(caught.value, UnconfirmedError) is unconfirmed
    assert "hunter2" not in str(caught.value)


def test_an_address_that_calls_itself_optional_still_has_to_accept() -> None:
    with WebhookServer(500) as hook, pytest.raises(DeliveryError):
        AppriseSender(hook.url("/hook?optional=yes")).send(MESSAGE)


def test_a_silent_server_leaves_it_open_whether_the_message_arrived() -> None:
    with WebhookServer() as hook:
        hook.silent = True
        sender = AppriseSender(hook.url())
        sender._plugin.socket_read_timeout = 0.3
        with pytest.raises(UnconfirmedError, match="no answer in time"):
            sender.send(MESSAGE)
        assert len(hook.payloads) == 1


class _Collector(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


def test_nothing_of_an_address_reaches_the_log_even_at_debug() -> None:
    root, below, collector = logging.getLogger(), logging.getLogger("urllib3"), _Collector()
    levels = {logger: logger.level for logger in (root, below)}
    root.addHandler(collector)
    for logger in levels:
        logger.setLevel(logging.DEBUG)
    try:
        with WebhookServer(500) as hook, pytest.raises(DeliveryError):
            AppriseSender(hook.url("/token-hunter2")).send(MESSAGE)
        requests.get(f"http://127.0.0.1:{find_free_port()}/seen", timeout=1)
    except requests.ConnectionError:
        pass
    finally:
        for logger, level in levels.items():
            logger.setLevel(level)
        root.removeHandler(collector)
    assert [line for line in collector.lines if "hunter2" in line] == []
    assert [line for line in collector.lines if "new HTTP connection" in line] != []


def test_a_message_too_long_for_a_chat_goes_in_whole_lines() -> None:
    lines = [f"{n}: 库尔勒市公安局" for n in range(300)]
    with WebhookServer() as hook:
        sender = AppriseSender(hook.url())
        sender._plugin.schema, sender._plugin.body_maxlen = "chat", 2000
        sender.send(Message("[DIGEST]", "\n".join(lines)))
    bodies = [payload["message"] for payload in hook.payloads]
    assert len(bodies) > 3
    assert [b.splitlines()[0] for b in bodies] == [
        f"({n}/{len(bodies)})" for n in range(1, len(bodies) + 1)
    ]
    assert [line for b in bodies for line in b.splitlines()[1:]] == lines
    assert all(len(body.encode()) <= 2000 for body in bodies)


def test_a_second_part_that_fails_leaves_the_message_unconfirmed() -> None:
    with WebhookServer() as hook:
        sender = AppriseSender(hook.url())
        sender._plugin.schema, sender._plugin.body_maxlen = "chat", 400
        send = sender._send_part

        def send_then_refuse(subject: str, body: str) -> None:
            send(subject, body)
            hook.status = 429

        sender._send_part = send_then_refuse  # type: ignore[method-assign]
        with pytest.raises(UnconfirmedError, match="part 2 of 2: HTTP 429"):
            sender.send(Message("s", "line\n" * 120))


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet="ab库尔\n\r\U0001f600", max_size=400), st.integers(8, 60))
def test_splitting_loses_nothing_and_keeps_to_the_limit(body: str, room: int) -> None:
    parts = split_body(body, room)
    assert "".join(parts) == body
    assert all(len(part.encode()) <= room for part in parts)


class _Terminal(io.StringIO):
    flushed = 0

    def flush(self) -> None:
        self.flushed += 1


def test_the_terminal_gets_a_framed_block_and_is_flushed() -> None:
    out = _Terminal()
    receiver = Receiver("screen", "terminal", "", frozenset(Verdict), 60)
    make_sender(receiver, out.write).send(MESSAGE)
    assert out.getvalue().startswith("┌─ [ALERT] Seagate – 云岭市公安局\n│ What: 希捷\n│\n")
    assert out.getvalue().endswith("└─\n")
    assert out.flushed == 1


def test_a_terminal_without_chinese_still_shows_the_message() -> None:
    raw = io.BytesIO()
    with io.TextIOWrapper(raw, encoding="ascii") as out:
        TerminalSender(out.write).send(MESSAGE)
        assert b"What: \\u5e0c\\u6377" in raw.getvalue()


def test_a_closed_terminal_is_a_failed_delivery() -> None:
    out = io.StringIO()
    out.close()
    with pytest.raises(DeliveryError, match="cannot be written"):
        TerminalSender(out.write).send(MESSAGE)
