"""Answers are kept for the one who asked, and waits are read from what services write."""

from __future__ import annotations

import contextvars
import json
import threading
from datetime import UTC, datetime

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from monitor.alerting.answers import LONGEST_WAIT, Answer, Failure, observe_answers, read_wait
from tests.kit.servers import Reply, ServiceServer, find_free_port

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ("0", 0.0),
        ("120", 120.0),
        (" 120 ", 120.0),
        ("1.5", 1.5),
        ("99999999", LONGEST_WAIT),
        ("-1", None),
        ("nan", None),
        ("inf", LONGEST_WAIT),
        ("", None),
        ("soon", None),
        ("Sun, 01 Mar 2026 12:05:00 GMT", 300.0),
        ("Sun, 01 Mar 2026 20:05:00 +0800", 300.0),
        ("Sunday, 01-Mar-26 12:05:00 GMT", 300.0),
        ("Sun, 01 Mar 2026 11:59:59 GMT", None),
        ("Fri, 31 Dec 9999 23:59:59 GMT", LONGEST_WAIT),
        ("Fri, 99 Foo 2026 12:05:00 GMT", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(header: str, wait: float | None) -> None:
    assert read_wait(Answer(429, headers={"retry-after": header}), NOW) == wait


@pytest.mark.parametrize(
    ("content", "wait"),
    [
        ({"retry_after_ms": 2500}, 2.5),
        ({"retry_after": 64.57}, 64.57),
        ({"parameters": {"retry_after": 35}}, 35.0),
        ({"parameters": None, "retry_after": None}, None),
        ({"retry_after": "x"}, None),
        ({"retry_after": -3}, None),
        ({"retry_after": 10**400}, None),
        ([1], None),
        (None, None),
    ],
)
def test_a_wait_stands_in_the_body_of_some(content: object, wait: float | None) -> None:
    assert read_wait(Answer(429, json.dumps(content).encode()), NOW) == wait


@pytest.mark.parametrize("status", [200, 301, 400, 404, 500])
def test_only_a_refusal_for_now_asks_for_time(status: int) -> None:
    assert read_wait(Answer(status, headers={"retry-after": "5"}), NOW) is None


@given(st.text(max_size=40), st.binary(max_size=60))
def test_no_header_and_no_body_makes_a_wait_that_is_none(header: str, body: bytes) -> None:
    wait = read_wait(Answer(429, body, {"retry-after": header}), NOW)
    assert wait is None or 0 <= wait <= LONGEST_WAIT


def test_a_body_nested_beyond_reason_is_no_json() -> None:
    assert Answer(200, b"[" * 60_000).content is None


def test_only_the_answers_to_one_s_own_requests_are_kept() -> None:
    with ServiceServer(Reply(418, "tea", {"Retry-After": "9"})) as server:
        url = f"http://{server.host}/"
        requests.get(url, timeout=5)
        with observe_answers() as seen:
            requests.get(url, timeout=5)
            other = threading.Thread(target=requests.get, args=(url,), kwargs={"timeout": 5})
            other.start()
            other.join()
            copy = contextvars.copy_context()
            mine = threading.Thread(target=copy.run, args=(requests.get, url))
            mine.start()
            mine.join()
        requests.get(url, timeout=5)
        assert len(server.calls) == 5
    assert seen == [Answer(418, b"tea", {"retry-after": "9"})] * 2


def test_a_request_without_an_answer_is_kept_with_the_cause() -> None:
    with observe_answers() as seen, pytest.raises(requests.ConnectionError):
        requests.get(f"http://127.0.0.1:{find_free_port()}/hunter2", timeout=5)
    [failure] = seen
    assert isinstance(failure, Failure)
    assert "Connection refused" in failure.text
    assert "hunter2" not in repr(failure)
