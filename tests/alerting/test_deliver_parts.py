"""A message in several parts: whole, in order, and going on where it stopped."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from monitor.alerting.causes import UnconfirmedError
from monitor.alerting.deliver import AppriseSender
from monitor.alerting.parts import LIMITS, count_utf16
from monitor.errors import DeliveryError
from monitor.models import Message
from tests.alerting.services import SERVICES
from tests.kit.servers import Call, Reply, ServiceServer


def open_chat(server: ServiceServer, room: int) -> AppriseSender:
    """Return a sender to a chat that takes `room` bytes; of Mattermost only the server is ours."""
    sender = SERVICES["mmost"].open(server.host)
    sender._plugin.body_maxlen = room
    return sender


def read_texts(server: ServiceServer) -> list[str]:
    return [call.content["text"] for call in server.calls]


def test_a_message_too_long_for_a_chat_goes_in_whole_lines() -> None:
    lines = [f"{n}: 库尔勒市公安局" for n in range(300)]
    with ServiceServer(Reply(200, "ok")) as server:
        open_chat(server, 2000).send(Message("[DIGEST]", "\n".join(lines)))
        assert all(len(text.encode()) <= 2000 for text in read_texts(server))
        texts = [text.splitlines() for text in read_texts(server)]
    assert len(texts) > 3
    assert {text[0] for text in texts} == {"[DIGEST]"}
    assert [text[1] for text in texts] == [f"({n}/{len(texts)})" for n in range(1, len(texts) + 1)]
    assert [line for text in texts for line in text[2:]] == lines


def test_a_second_part_that_fails_leaves_the_message_unconfirmed_and_goes_on_there() -> None:
    message = Message("s", "".join(f"line {n}\n" for n in range(120)), key="k")
    with ServiceServer(Reply(200, "ok"), Reply(429, "", {"Retry-After": "5"})) as server:
        sender = open_chat(server, 400)
        with pytest.raises(UnconfirmedError, match=r"part 2 of \d: HTTP 429") as caught:
            sender.send(message)
        assert caught.value.retry_after == 5
        server.replies = [Reply(200, "ok")]
        sender.send(replace(message, body="This may be a second copy\n" + message.body))
        texts = read_texts(server)
        total = len(texts) - 1
        assert [text.splitlines()[1] for text in texts] == [
            f"({n}/{total})" for n in (1, 2, *range(2, total + 1))
        ]
        told = [line for text in [texts[0], *texts[2:]] for line in text.splitlines()[2:]]
        assert told == message.body.splitlines()
        sender.send(message)
        assert len(server.calls) == len(texts) + total


def test_a_part_that_may_have_arrived_says_so_when_it_comes_again() -> None:
    message = Message("s", "line\n" * 120, key="k")
    with ServiceServer(Reply(200, "ok"), Reply(500)) as server:
        sender = open_chat(server, 400)
        with pytest.raises(UnconfirmedError, match="part 2 of 2: HTTP 500"):
            sender.send(message)
        server.replies = [Reply(200, "ok")]
        sender.send(message)
        marks = [text.splitlines()[1] for text in read_texts(server)]
    assert marks == ["(1/2)", "(2/2)", "(2/2, may be a second copy)"]


def test_a_part_refused_for_good_ends_the_message_and_is_named() -> None:
    replies = Reply(200, "ok"), Reply(404)
    refused = pytest.raises(DeliveryError, match="part 2 of 2: HTTP 404")
    with ServiceServer(*replies) as server, refused as caught:
        open_chat(server, 400).send(Message("s", "line\n" * 120, key="k"))
    assert caught.value.permanent
    # Part of it is there already.
    assert isinstance(caught.value, UnconfirmedError)


def test_another_message_begins_with_its_first_part() -> None:
    with ServiceServer(Reply(200, "ok"), Reply(429)) as server:
        sender = open_chat(server, 400)
        with pytest.raises(UnconfirmedError):
            sender.send(Message("s", "line\n" * 120, key="k"))
        server.replies = [Reply(200, "ok")]
        sender.send(Message("s", "other\n" * 90, key="l"))
        assert read_texts(server)[2].splitlines()[1:3] == ["(1/2)", "other"]


def test_no_more_is_remembered_than_a_round_can_leave() -> None:
    with ServiceServer(Reply(200, "ok")) as server:
        sender = open_chat(server, 400)
        for number in range(70):
            server.replies = [Reply(200, "ok"), Reply(429)]
            with pytest.raises(UnconfirmedError):
                sender.send(Message("s", "line\n" * 120, key=f"k{number}"))
    assert len(sender._unfinished) == 64


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("wecombot", lambda call: call.content["text"]["content"]),
        ("dingtalk", lambda call: call.content["text"]["content"]),
        ("feishu", lambda call: call.content["content"]["text"]),
        ("lark", lambda call: call.content["content"]["text"]),
        ("discord", lambda call: call.content["content"]),
        ("tgram", lambda call: call.content["text"]),
        ("ntfy", lambda call: call.content["message"]),
        ("slack", lambda call: call.content["attachments"][0]["text"]),
        ("mmost", lambda call: call.content["text"]),
        ("json", lambda call: call.content["message"]),
        ("gotify", lambda call: call.content["message"]),
    ],
)
def test_a_service_gets_every_line_of_a_long_message_in_order(
    name: str, read: Callable[[Call], str]
) -> None:
    lines = [f"{n:04}: 库尔勒市公安局 \U0001f600 12:30:45" for n in range(700)]
    service = SERVICES[name]
    with ServiceServer(Reply(200, service.good)) as server:
        service.open(server.host).send(Message("[DIGEST] 700", "\n".join(lines), key="k"))
        texts = [read(call) for call in server.calls]
    told = [line for text in texts for line in text.splitlines() if line[:4].isdigit()]
    assert [line[:4] for line in told] == [line[:4] for line in lines]
    assert all(len(text.encode()) <= 40_000 or name == "json" for text in texts)
    if limit := LIMITS.get(name):
        # What Apprise changes in the text is in it already.
        count = count_utf16 if name in ("discord", "tgram") else limit.count
        assert all(count(re.sub("</?b>", "", text)) <= limit.size for text in texts)
