"""A message counts as accepted only if the service says so, in its status and in its body."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from monitor.alerting.acceptance import READINGS, find_reading, judge_answers
from monitor.alerting.answers import Answer, Failure
from monitor.alerting.causes import UnconfirmedError
from monitor.errors import DeliveryError
from monitor.models import Message
from tests.alerting.services import SECRET, SERVICES
from tests.kit.servers import Reply, ServiceServer

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MESSAGE = Message("[ALERT] Seagate", "What: 希捷\n", ("a1b2",), key="a1b2-email")
READ = sorted(name for name in SERVICES if find_reading(name))


@pytest.mark.parametrize("name", SERVICES)
def test_what_a_service_accepts_is_accepted(name: str) -> None:
    service = SERVICES[name]
    with ServiceServer(Reply(200, service.good)) as server:
        service.open(server.host).send(MESSAGE)
        assert len(server.calls) == 1


@pytest.mark.parametrize("name", READ)
@pytest.mark.parametrize("body", ["<html>Log in to the network</html>", "", {}, [], {"x": 0}])
def test_an_answer_without_the_service_s_code_is_no_acceptance(name: str, body: Any) -> None:
    service = SERVICES[name]
    with ServiceServer(Reply(200, body)) as server, pytest.raises(UnconfirmedError):
        service.open(server.host).send(MESSAGE)


# Service, its answer with HTTP 200, whether the refusal is for good, and the wait in seconds.
REFUSALS: list[tuple[str, Any, bool, float | None]] = [
    ("wecombot", {"errcode": 93000, "errmsg": "invalid webhook url"}, True, None),
    ("wecombot", {"errcode": 45009, "errmsg": "api freq out of limit"}, False, 60),
    ("wecombot", {"errcode": -1, "errmsg": "system busy"}, False, 60),
    ("wecombot", {"errcode": 99999999, "errmsg": "new"}, False, None),
    ("wecombot", {"errcode": "93000"}, True, None),
    ("dingtalk", {"errcode": 300001, "errmsg": "token is not exist"}, True, None),
    ("dingtalk", {"errcode": 310000, "errmsg": "keywords not in content"}, True, None),
    ("dingtalk", {"errcode": 130101, "errmsg": "send too fast"}, False, 600),
    ("dingtalk", {"errcode": 410100, "errmsg": "send too fast"}, False, 600),
    ("dingtalk", {"errcode": 430104, "errmsg": "unfit"}, True, None),
    ("feishu", {"code": 19001, "msg": "param invalid: token invalid"}, True, None),
    ("feishu", {"code": 11232, "msg": "frequency limited psm"}, False, 60),
    ("feishu", {"code": 9499, "msg": "too many request"}, False, 60),
    ("feishu", {"code": 19024, "msg": "Key Words Not Found"}, True, None),
    ("feishu", {"StatusCode": 19021, "StatusMessage": "sign match fail"}, True, None),
    ("lark", {"code": 19001, "msg": "param invalid"}, True, None),
    ("lark", {"code": 11232, "msg": "frequency limited"}, False, 60),
    ("pushplus", {"code": 903, "msg": "no such token"}, True, None),
    ("pushplus", {"code": 900, "msg": "too many"}, False, 3600),
    ("schan", {"code": 40001, "message": "bad key"}, False, None),
    ("wxpusher", {"code": 1001, "msg": "wrong app token"}, True, None),
    ("bark", {"code": 400, "message": "failed to get device token"}, False, None),
    ("pushdeer", {"code": 80501, "error": "bad key"}, False, None),
    ("qq", {"success": False, "reason": "no such key", "code": 500}, False, None),
    ("tgram", {"ok": False, "description": "chat not found"}, False, None),
    ("slack", {"ok": False, "error": "channel_not_found"}, False, None),
    ("pover", {"status": 0, "errors": ["user is invalid"]}, False, None),
    ("zulip", {"result": "error", "msg": "no such stream"}, False, None),
    ("synology", {"success": False, "error": {"code": 404}}, False, None),
    ("join", {"success": False, "errorMessage": "User not authenticated"}, False, None),
    ("viber", {"status": 2, "status_message": "invalidAuthToken"}, True, None),
]


@pytest.mark.parametrize(("name", "body", "permanent", "wait"), REFUSALS)
def test_a_refusal_with_http_200_is_read_from_the_body(
    name: str, body: Any, permanent: bool, wait: float | None
) -> None:
    service = SERVICES[name]
    with ServiceServer(Reply(200, body)) as server, pytest.raises(DeliveryError) as caught:
        service.open(server.host).send(MESSAGE)
    error = caught.value
    assert not isinstance(error, UnconfirmedError)
    assert (error.permanent, error.retry_after) == (permanent, wait)
    assert str(error).startswith("HTTP 200, code ")
    assert len(server.calls) == 1


def test_every_service_that_is_read_is_refused_once_in_a_test() -> None:
    tried = {name for name, *_ in REFUSALS}
    # These need an account's own server or more than one request; their reading is the same code.
    assert READINGS.keys() - tried == {"wechat", "pushme", "wpush", "kook", "zalo"}


def test_what_a_service_says_of_its_refusal_is_told_without_its_secrets() -> None:
    body = {"errcode": 93000, "errmsg": f"no key {SECRET} <!channel> 13800138000"}
    service = SERVICES["wecombot"]
    with ServiceServer(Reply(200, body)) as server, pytest.raises(DeliveryError) as caught:
        service.open(server.host).send(MESSAGE)
    assert str(caught.value).startswith("HTTP 200, code 93000: no key ＊＊＊ ＜!channel＞")
    assert SECRET not in str(caught.value)
    assert "13800138000" not in str(caught.value)


STATUSES = [
    (400, True), (401, True), (403, True), (404, True), (407, True), (408, False),
    (409, False), (410, True), (413, True), (421, False), (423, False), (425, False),
    (429, False), (500, False), (502, False), (503, False), (504, False), (302, False),
]  # fmt: skip


@pytest.mark.parametrize("name", ["json", "ntfy", "gotify", "slack", "tgram", "lark", "mmost"])
@pytest.mark.parametrize(("status", "permanent"), STATUSES)
def test_a_status_means_the_same_whatever_the_service(
    name: str, status: int, permanent: bool
) -> None:
    service = SERVICES[name]
    reply = Reply(status, headers={"Location": "/elsewhere"})
    with ServiceServer(reply) as server, pytest.raises(DeliveryError) as caught:
        service.open(server.host).send(MESSAGE)
    assert str(caught.value).startswith(f"HTTP {status}")
    assert caught.value.permanent is permanent
    assert isinstance(caught.value, UnconfirmedError) is (status >= 500)
    assert len(server.calls) == 1


WAITS: list[tuple[str, Reply, float | None]] = [
    ("json", Reply(429, headers={"Retry-After": "120"}), 120),
    ("json", Reply(429, headers={"Retry-After": "99999999"}), 3600),
    ("json", Reply(429, headers={"Retry-After": "-5"}), None),
    ("json", Reply(429, headers={"Retry-After": "soon"}), None),
    ("json", Reply(429, headers={"Retry-After": "Fri, 31 Dec 2100 23:59:59 GMT"}), 3600),
    ("json", Reply(503, headers={"Retry-After": "7"}), 7),
    ("json", Reply(429), None),
    ("tgram", Reply(429, {"ok": False, "parameters": {"retry_after": 35}}), 35),
    ("discord", Reply(429, {"retry_after": 64.57}), 64.57),
    ("discord", Reply(429, headers={"X-RateLimit-Reset-After": "3.5"}), 3.5),
    ("slack", Reply(429, "rate_limited", {"Retry-After": "30"}), 30),
    ("feishu", Reply(429, {"code": 11232, "msg": "limit"}, {"Retry-After": "15"}), 15),
]


@pytest.mark.parametrize(("name", "reply", "wait"), WAITS)
def test_how_long_a_service_wants_to_be_left_alone_is_kept_to_an_hour(
    name: str, reply: Reply, wait: float | None
) -> None:
    with ServiceServer(reply) as server, pytest.raises(DeliveryError) as caught:
        SERVICES[name].open(server.host).send(MESSAGE)
    assert caught.value.retry_after == wait
    assert not caught.value.permanent
    assert len(server.calls) <= 2


def test_a_forbidden_that_is_about_how_often_is_no_lasting_refusal() -> None:
    reply = Reply(403, headers={"X-RateLimit-Remaining": "0"})
    with ServiceServer(reply) as server, pytest.raises(DeliveryError) as caught:
        SERVICES["json"].open(server.host).send(MESSAGE)
    assert not caught.value.permanent


def test_a_long_wait_for_a_full_bucket_is_the_courier_s_not_a_sleeping_thread_s() -> None:
    far = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "4102444800"}
    with ServiceServer(Reply(204, headers=far)) as server:
        sender = SERVICES["discord"].open(server.host)
        sender.send(MESSAGE)
        with pytest.raises(DeliveryError, match="HTTP 429") as caught:
            sender.send(MESSAGE)
        assert caught.value.retry_after == 3600
        assert len(server.calls) == 1


def test_a_failure_after_a_good_answer_is_not_hidden_by_it() -> None:
    secrets: frozenset[str] = frozenset()
    answers: list[Answer | Failure] = [Answer(200, b'{"ok": true}'), Failure("Read timed out.")]
    error = judge_answers("tgram", answers, NOW, secrets, accepted=False)
    assert str(error) == "no answer in time"
    error = judge_answers("tgram", [], NOW, secrets, accepted=True)
    assert isinstance(error, UnconfirmedError)


@pytest.mark.parametrize("reading", READINGS.values(), ids=READINGS)
def test_every_reading_names_its_source_and_contradicts_itself_nowhere(reading: Any) -> None:
    assert reading.source.startswith("https://")
    assert not reading.good & reading.busy
    assert not reading.good & reading.lasting
    assert not reading.busy & reading.lasting
