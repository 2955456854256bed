"""Causes are told in our words; whether to try again, and whether it may have arrived."""

from __future__ import annotations

import pytest

from monitor.alerting.causes import UnconfirmedError, list_secrets, read_cause

SECRETS = list_secrets("mailto://user:hunter2@mail.example.org?to=reader@example.org")


@pytest.mark.parametrize(
    ("line", "cause", "permanent", "unconfirmed"),
    [
        ("Failed to send X notification: Unauthorized, error=401.", "HTTP 401", True, False),
        ("Failed to send X notification: error=429.", "HTTP 429", False, False),
        ("Failed to send X notification: error=502.", "HTTP 502", False, True),
        ("Socket Exception: (535, b'5.7.8 bad password')", "SMTP 535 5.7.8 bad password",
         True, False),
        ("Socket Exception: (421, b'busy')", "SMTP 421 busy", False, False),
        ("SMTP: {'reader@example.org': (550, b'no hunter2 reader@example.org')}",
         "SMTP 550 no *** ***@***", True, False),
        ("Socket Exception: [Errno 111] Connection refused", "connection refused", False, False),
        ("Failed: [Errno -2] Name or service not known", "the host name is not known",
         False, False),
        ("Caused by ConnectTimeoutError(<x>, 'timed out. (connect timeout=10)')",
         "no connection in time", False, False),
        ("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed", "the TLS connection failed",
         False, False),
        ("Read timed out. (read timeout=20)", "no answer in time", False, True),
        ("Service 'X' did not finish within 90.000s.", "no answer in time", False, True),
        ("('Connection aborted.', RemoteDisconnected('closed'))", "the connection broke",
         False, True),
        ("Connection unexpectedly closed", "the connection broke", False, True),
        ("something hunter2", "not accepted, for no reason that was given", False, True),
    ],
)  # fmt: skip
def test_a_log_line_becomes_a_cause(
    line: str, cause: str, permanent: bool, unconfirmed: bool
) -> None:
    error = read_cause(["first line", line], SECRETS)
    assert str(error).replace("＊", "*").replace("＠", "@") == cause
    assert error.permanent is permanent
    assert isinstance(error, UnconfirmedError) is unconfirmed
