"""Causes are told in our words; whether to try again, and whether it may have arrived."""

from __future__ import annotations

import pytest

from monitor.alerting.causes import (
    LogLine,
    UnconfirmedError,
    list_secrets,
    quote_refusal,
    read_cause,
)

SECRETS = list_secrets("mailto://user:hunter2@mail.example.org?to=reader@example.org")


@pytest.mark.parametrize(
    ("line", "cause", "permanent", "unconfirmed"),
    [
        ("Failed to send X notification: Not found, error=404.", "HTTP 404", True, False),
        ("Failed to send X notification: Unauthorized, error=401.", "HTTP 401", True, False),
        ("Failed to send X notification: error=403", "HTTP 403", True, False),
        ("Failed to send X notification: error=429.", "HTTP 429", False, False),
        ("Failed to send X notification: error=502.", "HTTP 502", False, True),
        ("Service 'X' did not finish within 90.000s.", "no answer in time", False, True),
        ("something hunter2", "not accepted, for no reason that was given", False, True),
        ("no error=404 at its end: x", "not accepted, for no reason that was given", False, True),
    ],
)
def test_a_warning_becomes_a_cause(
    line: str, cause: str, permanent: bool, unconfirmed: bool
) -> None:
    check_cause(
        [LogLine("DEBUG", "first line"), LogLine("WARNING", line)], cause, permanent, unconfirmed
    )


@pytest.mark.parametrize(
    ("exception", "cause", "permanent", "unconfirmed"),
    [
        ("(550, b'no')", "SMTP 550 no", True, False),
        ("(535, b'5.7.8 bad password')", "SMTP 535 5.7.8 bad password", True, False),
        ("(530, b'log in first')", "SMTP 530 log in first", True, False),
        ("(454, b'4.7.0 later')", "SMTP 454 4.7.0 later", False, False),
        ("(421, b'busy')", "SMTP 421 busy", False, False),
        ("(553, b'sender', 'monitor@example.org')", "SMTP 553 sender", True, False),
        ("{'reader@example.org': (550, b'no hunter2 reader@example.org')}",
         "SMTP 550 no *** ***@***", True, False),
        ("{\"o'reader@example.org\": (550, b'no')}", "SMTP 550 no", True, False),
        ("[Errno 111] Connection refused", "connection refused", False, False),
        ("[Errno -2] Name or service not known", "the host name is not known", False, False),
        ("Caused by ConnectTimeoutError(<x>, 'timed out. (connect timeout=10)')",
         "no connection in time", False, False),
        ("[SSL: WRONG_VERSION_NUMBER] wrong version number", "the TLS connection failed",
         False, False),
        ("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed", "the TLS connection failed",
         False, False),
        ("Read timed out. (read timeout=20)", "no answer in time", False, True),
        ("('Connection aborted.', RemoteDisconnected('closed'))", "the connection broke",
         False, True),
        ("Connection unexpectedly closed", "the connection broke", False, True),
        ("Max retries exceeded with url: /h?m=Connection+refused (Caused by timed out)",
         "no answer in time", False, True),
    ],
)  # fmt: skip
def test_an_exception_becomes_a_cause(
    exception: str, cause: str, permanent: bool, unconfirmed: bool
) -> None:
    lines = [
        LogLine("WARNING", "A Connection error occurred sending X notification to h."),
        LogLine("DEBUG", f"Socket Exception: {exception}"),
    ]
    check_cause(lines, cause, permanent, unconfirmed)


@pytest.mark.parametrize(
    "line",
    [
        "Failed to send X notification: error=404.",
        "X Payload: {'message': 'Failed to send: error=404.'}",
        "X Payload: a\nSocket Exception: (550, b'x')",
        "Response Details:\r\nb'Connection refused'",
    ],
)
def test_a_debug_line_with_the_message_decides_nothing(line: str) -> None:
    cause = "not accepted, for no reason that was given"
    check_cause([LogLine("DEBUG", line)], cause, permanent=False, unconfirmed=True)


def check_cause(lines: list[LogLine], cause: str, permanent: bool, unconfirmed: bool) -> None:
    error = read_cause(lines, SECRETS)
    assert str(error).replace("＊", "*").replace("＠", "@") == cause
    assert error.permanent is permanent
    assert isinstance(error, UnconfirmedError) is unconfirmed


def test_a_secret_is_masked_as_written_and_as_meant() -> None:
    secrets = list_secrets("mailtos://user:hun%40ter%2F2@mail.example.org?to=reader@example.org")
    said = quote_refusal("no hun%40ter%2F2 and no hun@ter/2 of user", secrets)
    assert "hun" not in said
    assert "ter" not in said
    assert "user" not in said


def test_a_part_of_a_secret_is_masked_too() -> None:
    secrets = list_secrets("tgram://123456789:hunter2hunter2hunter2/1")
    assert "hunter" not in quote_refusal("no token hunter2hun... in /bot1", secrets)
