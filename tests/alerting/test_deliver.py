"""Sending through Apprise to real servers: what is accepted, what is refused, and why."""

from __future__ import annotations

import base64
import io
import tempfile
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote_plus

import pytest

from monitor.alerting.causes import UnconfirmedError
from monitor.alerting.deliver import AppriseSender, TerminalSender, find_problem, make_sender
from monitor.config import Receiver
from monitor.errors import DeliveryError
from monitor.models import Enclosure, Message, Verdict
from tests.alerting.services import SERVICES
from tests.kit.servers import (
    Mode,
    Reply,
    ServiceServer,
    SmtpServer,
    WebhookServer,
    find_free_port,
)

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
        ("jsons:/example.org/hunter2", "not an Apprise address"),
        ("http", "not an Apprise address"),
        (
            "http://example.org/hunter2",
            "not an Apprise address: this plain web address does not say which service it is; "
            "write json:// in place of its scheme for a webhook of JSON, or that of the service "
            "(docs/receivers.md)",
        ),
        (
            "HTTPS://u:hunter2@example.org/",
            "not an Apprise address: this plain web address does not say which service it is; "
            "write jsons:// in place",
        ),
        ("jsson://example.org/hunter2", "not an Apprise address"),
        ("json://", "not an Apprise address"),
        ("mailto:reader@example.org", "not an Apprise address"),
        ("tgram://hunter2/12315544", "not an Apprise address"),
        ("tgram://123456789:abcdefghijklmnop/1/2", "names 2 destinations"),
        ("wecombot://", "not an Apprise address"),
        ("${CHAT_URL}", "not an Apprise address"),
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
        (401, True, False),
        (403, True, False),
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


def test_a_webhook_learns_which_posts_are_the_same_message() -> None:
    with ServiceServer(Reply(503)) as server:
        sender = SERVICES["json"].open(server.host)
        for key in ("a1b2-hook", "a1b2-hook", "bad\r\nkey", ""):
            with pytest.raises(UnconfirmedError):
                sender.send(replace(MESSAGE, key=key))
        keys = [call.headers.get("idempotency-key") for call in server.calls]
    assert keys[:2] == ["a1b2-hook"] * 2
    assert keys[2] is not None
    assert len(keys[2]) == 40


@pytest.mark.parametrize("scheme", ["json", "xml"])
def test_a_webhook_gets_the_enclosed_list(scheme: str) -> None:
    service, table = SERVICES[scheme], b"id,buyer\r\n"
    message = replace(MESSAGE, enclosures=(Enclosure("alerts.csv", "text/csv", table),))
    with ServiceServer(Reply(200)) as server:
        service.open(server.host).send(message)
        [call] = server.calls
    assert b"alerts.csv" in call.body
    assert table in call.body or base64.b64encode(table) in call.body
    assert b"Not enclosed" not in call.body


@pytest.mark.parametrize("name", ["wecombot", "slack", "mmost", "ntfy", "tgram", "form"])
def test_where_a_list_cannot_go_the_text_says_how_to_get_it(name: str) -> None:
    service = SERVICES[name]
    message = replace(MESSAGE, enclosures=(Enclosure("alerts.csv", "text/csv", b"x"),))
    with ServiceServer(Reply(200, service.good)) as server:
        service.open(server.host).send(message)
        [call] = server.calls
    note = "Not enclosed here: alerts.csv. Get it with: tender-monitor alerts --json"
    assert note in unquote_plus(call.body.decode())


def test_no_file_is_left_where_a_list_was_enclosed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    message = replace(MESSAGE, enclosures=(Enclosure("a.csv", "text/csv", b"x" * 1_000_000),))
    with SmtpServer() as smtp:
        AppriseSender(smtp.url()).send(message)
        assert len(smtp.messages) == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("user", ["watch:", ""])
def test_matrix_events_of_two_messages_differ_and_those_of_two_attempts_do_not(user: str) -> None:
    reply = {"room_id": "!r:h", "access_token": "t", "user_id": "@w:h", "device_id": "D",
             "event_id": "$e", "home_server": "h"}  # fmt: skip
    with ServiceServer(Reply(200, reply)) as server:
        sender = AppriseSender(f"matrix://{user}hunter2hunter2@{server.host}/!room:example.org")
        sender._plugin.request_rate_per_sec = 0
        for key in ("one", "two", "one"):
            sender.send(replace(MESSAGE, key=key))
        paths = [call.path for call in server.calls if "/send/m.room.message/" in call.path]
    assert len(paths) == 3
    assert paths[0] == paths[2] != paths[1]


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
