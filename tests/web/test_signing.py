"""A user's own file that signs requests: what it is given, and what happens where it fails."""

from __future__ import annotations

import hashlib
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from monitor.errors import FetchCause, FetchError
from monitor.models import Capture, Request
from monitor.web.fetch import Fetcher
from monitor.web.signing import SignError, load_sign
from tests.kit.fetching import LOCAL, NOW
from tests.kit.rawserver import HostileServer, redirect, reply

SIGN = """
import hashlib

def sign_request(method, url, body, moment):
    seen = method.encode() + url.encode() + body + moment.isoformat().encode()
    return {"X-Signature": hashlib.sha256(seen).hexdigest()}
"""
BODY = b'{ "keyword":"",\n"pageNo": 1 }'


def write_sign(folder: Path, text: str) -> Path:
    path = folder / "sign.py"
    path.write_text(text, "utf-8")
    return path


def ask_signed(server: HostileServer, path: Path, home: tuple[str, ...] = ()) -> Capture:
    rules = replace(LOCAL, sign=load_sign(path), home=home or (server.url(),))
    with Fetcher(rules, threading.Event()) as fetcher:
        return fetcher.ask(Request(server.url("/list"), "POST", BODY), now=NOW)


def test_the_exact_bytes_that_are_sent_are_signed(tmp_path: Path) -> None:
    with HostileServer({"/list": reply(b"{}")}) as server:
        ask_signed(server, write_sign(tmp_path, SIGN))
        seen = b"POST" + server.url("/list").encode() + BODY + NOW.isoformat().encode()
    (visit,) = server.visits
    assert visit.headers["x-signature"] == hashlib.sha256(seen).hexdigest()
    assert visit.body == BODY


def test_a_redirected_request_is_signed_anew(tmp_path: Path) -> None:
    with HostileServer({"/list": redirect("/moved"), "/moved": reply(b"{}")}) as server:
        ask_signed(server, write_sign(tmp_path, SIGN))
        seen = b"GET" + server.url("/moved").encode() + NOW.isoformat().encode()
    assert server.visits[1].headers["x-signature"] == hashlib.sha256(seen).hexdigest()


def test_a_moment_is_given_in_utc(tmp_path: Path) -> None:
    text = "def sign_request(method, url, body, moment): return {'X-At': moment.isoformat()}\n"
    sign = load_sign(write_sign(tmp_path, text))
    china = datetime(2026, 11, 22, 12, tzinfo=timezone(timedelta(hours=8)))
    moment = datetime(2026, 11, 22, 4, tzinfo=UTC)
    assert sign(Request("http://a.example/"), china) == {"X-At": moment.isoformat()}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("def sign_requests(): pass\n", "has no function sign_request"),
        ("sign_request = 'x'\n", "has no function sign_request"),
        ("def sign_request(:\n", "fails: SyntaxError"),
        ("import no_such_module_here\n", "fails: ModuleNotFoundError"),
        ("raise SystemExit(3)\n", "fails: SystemExit"),
        (None, "cannot be read: No such file"),
    ],
)
def test_a_file_that_cannot_sign_is_refused_by_name(
    tmp_path: Path, text: str | None, message: str
) -> None:
    path = tmp_path / "sign.py" if text is None else write_sign(tmp_path, text)
    with pytest.raises(SignError, match=message) as raised:
        load_sign(path)
    assert str(raised.value).startswith(str(path))


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("raise KeyError('S3CRET')", "sign_request fails: KeyError"),
        ("raise SystemExit", "sign_request fails: SystemExit"),
        ("return None", "sign_request fails: TypeError"),
        ("return 'x'", "sign_request fails: ValueError"),
        ("return {'X-Signature': 7}", "gives headers that are no text"),
        ("return {7: 'x'}", "gives headers that are no text"),
    ],
)
def test_a_signature_that_fails_is_a_typed_error_and_nothing_is_sent(
    tmp_path: Path, line: str, message: str
) -> None:
    path = write_sign(tmp_path, f"def sign_request(method, url, body, moment):\n    {line}\n")
    with HostileServer({"/list": reply(b"{}")}) as server:
        with pytest.raises(FetchError, match=f"sign.py: .*{message}|{message}") as raised:
            ask_signed(server, path)
        assert server.visits == []
    assert raised.value.cause is FetchCause.SIGN_FILE
    assert "S3CRET" not in str(raised.value)


def test_another_site_gets_no_signature(tmp_path: Path) -> None:
    with HostileServer({"/list": reply(b"{}")}) as server:
        ask_signed(server, write_sign(tmp_path, SIGN), home=("https://portal.example/",))
    assert "x-signature" not in server.visits[0].headers


def test_a_function_that_takes_other_things_is_refused_at_once(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text("def sign_request(url):\n    return {}\n", "utf-8")
    with pytest.raises(SignError, match="must take method, url, body, moment"):
        load_sign(path)
