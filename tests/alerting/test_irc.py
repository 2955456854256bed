"""An IRC server never confirms a message: what it refuses is heard, and lines keep their limit."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from monitor.alerting.causes import LogLine, UnconfirmedError
from monitor.alerting.deliver import AppriseSender
from monitor.alerting.irc import await_server, find_refusal
from monitor.errors import DeliveryError
from monitor.models import Message


class Room(socketserver.ThreadingTCPServer):
    """An IRC server with one answer to what is said in its rooms, and one to who comes in."""

    daemon_threads = False

    def __init__(self, said: str = "", joined: str = "") -> None:
        self.said, self.joined, self.deaf = said, joined, False
        self.lines: list[bytes] = []
        super().__init__(("127.0.0.1", 0), _Guest)

    def answer(self, word: str, rest: str) -> str:
        """Return the answer to one command, without the server's name."""
        if word == "USER":
            return "001 monitor :welcome\r\n:s 376 monitor :end"
        if word == "JOIN":
            return self.joined or f"366 monitor {rest} :end"
        if word == "PING" and not self.deaf:
            return f"PONG s {rest}"
        return self.said if word == "PRIVMSG" else ""


class _Guest(socketserver.StreamRequestHandler):
    server: Room

    def handle(self) -> None:
        for line in self.rfile:
            self.server.lines.append(line)
            word, _, rest = line.decode().strip().partition(" ")
            if word == "JOIN" and not self.server.joined:
                self.wfile.write(f":monitor!m@h JOIN {rest}\r\n".encode())
            if text := self.server.answer(word, rest):
                self.wfile.write(f":s {text}\r\n".encode())
            if word == "QUIT":
                return


@contextmanager
def open_room(said: str = "", joined: str = "") -> Iterator[tuple[Room, AppriseSender]]:
    with Room(said, joined) as room:
        thread = threading.Thread(target=room.serve_forever, args=(0.02,))
        thread.start()
        try:
            port = room.server_address[1]
            sender = AppriseSender(f"irc://monitor@127.0.0.1:{port}/#alerts")
            sender._plugin.request_rate_per_sec = 0
            yield room, sender
        finally:
            room.shutdown()
            thread.join()


def test_every_line_fits_the_protocol_and_nothing_is_lost() -> None:
    body = "库" * 270 + "\n481 hard disks\n"
    with open_room() as (room, sender):
        sender.send(Message("[ALERT] 希捷", body))
    said = [line for line in room.lines if line.startswith(b"PRIVMSG")]
    assert max(len(line) for line in room.lines) <= 510
    assert b"".join(said).decode().count("库") == 270
    assert said[0] == "PRIVMSG #alerts :[ALERT] 希捷\r\n".encode()
    assert said[-1] == b"PRIVMSG #alerts :481 hard disks\r\n"


@pytest.mark.parametrize("body", ["x\r\nQUIT :gone", "x\0QUIT", "x\rJOIN #other"])
def test_no_line_of_a_notice_is_a_command(body: str) -> None:
    with open_room() as (room, sender):
        sender.send(Message("s\r\nJOIN #other", body))
    rooms = [line.split()[1] for line in room.lines if line.startswith(b"JOIN")]
    assert rooms == [b"#alerts"]
    assert not any(line.startswith(b"QUIT :gone") for line in room.lines)


def test_a_room_that_takes_no_message_refuses_it() -> None:
    refused = pytest.raises(DeliveryError, match="IRC 404: Cannot send to channel")
    with (
        open_room(said="404 monitor #alerts :Cannot send to channel") as (_, sender),
        refused as caught,
    ):
        sender.send(Message("s", "b"))
    assert caught.value.permanent


def test_a_room_that_lets_nobody_in_refuses_it() -> None:
    refused = pytest.raises(DeliveryError, match="IRC 473: Cannot join")
    with (
        open_room(joined="473 monitor #alerts :Cannot join channel (+i)") as (_, sender),
        refused as caught,
    ):
        sender.send(Message("s", "b"))
    assert caught.value.permanent


@pytest.mark.parametrize(
    ("level", "text", "refusal"),
    [
        ("TRACE", "IRC read: :s 404 me #a :Cannot send", ("IRC 404: Cannot send", True)),
        ("TRACE", "IRC read: 404 me #a :Cannot send", ("IRC 404: Cannot send", True)),
        ("TRACE", "IRC read: :s 401 me nick :No such nick", ("IRC 401: No such nick", False)),
        ("TRACE", "IRC read: :s 404 me #a :hunter2 @here", ("IRC 404: ＊＊＊ ＠here", True)),
        ("TRACE", "IRC read: :s 001 me :Welcome 404 me #a :x", None),
        ("TRACE", "IRC read: :x!y@z PRIVMSG #a :s 404 me #a :no", None),
        ("TRACE", "IRC read: :x!y@z NOTICE #a 404 me :no", None),
        ("TRACE", "IRC write: :s 404 me #a :no", None),
        ("DEBUG", "IRC read: :s 404 me #a :no", None),
    ],
)
def test_only_the_server_s_own_numbers_count(
    level: str, text: str, refusal: tuple[str, bool] | None
) -> None:
    error = find_refusal([LogLine(level, text)], frozenset({"hunter2"}))
    assert (error and (str(error), error.permanent)) == refusal


def test_apprise_still_leaves_a_server_in_the_way_that_is_replaced() -> None:
    assert await_server()


def test_lines_that_the_server_never_answered_for_may_have_arrived(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("monitor.alerting.irc._ANSWER_SECONDS", 0.3)
    with open_room() as (room, sender):
        room.deaf = True
        with pytest.raises(UnconfirmedError, match="no answer in time"):
            sender.send(Message("s", "b"))
