"""The world outside in a process of its own: a portal that grows, and receivers with moods.

It keeps the truth that a campaign compares with: what was shown, and what was accepted. A process,
and not threads, so that the campaign itself may fork.
"""

from __future__ import annotations

import json
import random
import re
from base64 import b64decode
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from threading import Lock, Thread
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, unquote, urlsplit

from tests.kit.serving import QuietAnswer, QuietServer
from tests.portals.sites.base import CHINA, Asked, Fact
from tests.portals.sites.ccgp import CcgpSite

# Two kinds of channel: a webhook of JSON and one of a form.
RECEIVERS = {"hook": "json", "form": "form"}
# As an alert, a line or a block of a digest, or its attached table names it.
_ALERT = re.compile(r'(?:^Alert: +|\(id |^ +id |^")([0-9a-f]{16})\b', re.M)
_DOUBT = 0.4
_BRANDS = ("西部数据", "希捷")
_END = "end"


class Mood(StrEnum):
    """What the receivers do with a message."""

    UP = "up"
    FLAKY = "flaky"
    """Refuse two of five with 503."""
    LYING = "accept, then 500"
    """Accept all, and say of two of five that they failed."""
    DOWN = "down"


@dataclass(frozen=True)
class Post:
    """A message that a receiver accepted; `key` is its Idempotency-Key, "" without one."""

    receiver: str
    body: str
    key: str

    @property
    def alerts(self) -> list[str]:
        """The ids of the alerts in it."""
        return list(dict.fromkeys(_ALERT.findall(self.body)))

    @property
    def says_copy(self) -> bool:
        """Whether it says of itself that it may be a second copy."""
        return "may be a second copy" in self.body


@dataclass
class _World:
    """What the servers share."""

    site: CcgpSite = field(default_factory=CcgpSite)
    moods: dict[str, Mood] = field(default_factory=lambda: dict.fromkeys(RECEIVERS, Mood.UP))
    posts: list[Post] = field(default_factory=list)
    tries: Counter[str] = field(default_factory=Counter)
    rng: random.Random = field(default_factory=lambda: random.Random(1))  # noqa: S311
    lock: Lock = field(default_factory=Lock)

    def take(self, receiver: str, body: str, key: str) -> int:
        """Return the status that a message is answered with."""
        with self.lock:
            self.tries[receiver] += 1
            mood, doubt = self.moods[receiver], self.rng.random() < _DOUBT
            if mood is Mood.DOWN or (mood is Mood.FLAKY and doubt):
                return 503
            self.posts.append(Post(receiver, body, key))
            return 500 if mood is Mood.LYING and doubt else 200


class _Server(QuietServer):
    daemon_threads = True
    request_queue_size = 64
    world: _World


class _Handler(QuietAnswer):
    server: _Server

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        path = unquote(parts.path)
        answer = self.server.world.site.reply(Asked("GET", path, query, b"", dict(self.headers)))
        self.give_answer(answer.status, answer.body, [("Content-Type", answer.content_type)])

    def do_POST(self) -> None:
        body = self.read_body()
        if len(body) < int(self.headers.get("Content-Length") or 0):
            return  # the sender died in the middle
        receiver = self.path.strip("/")
        key = self.headers.get("Idempotency-Key") or ""
        self.give_answer(self.server.world.take(receiver, read_text(receiver, body), key))


def read_text(receiver: str, body: bytes) -> str:
    """Return the text of a message, and of what is attached, as its channel carries them."""
    if RECEIVERS[receiver] == "json":
        found = json.loads(body)
        files = [b64decode(one["base64"]).decode() for one in found.get("attachments", ())]
        return "\n".join([found["message"], *files])
    whole = body.decode("utf-8", "replace")
    return parse_qs(whole).get("message", [whole])[0]


class Outside:
    """A portal at `url` and receivers, while entered."""

    def __init__(self) -> None:
        self.url = ""
        self._pipe: Connection | None = None
        self._process: BaseProcess | None = None

    def show(self, facts: Sequence[Fact]) -> None:
        """Have the portal show these notices, the newest first."""
        self._ask("show", list(facts))

    def publish(self, facts: Sequence[Fact]) -> None:
        """Have the portal show these too, above all others."""
        self._ask("publish", list(facts))

    def set_mood(self, mood: Mood, receivers: Iterable[str] = RECEIVERS) -> None:
        """Have receivers behave so from now on."""
        self._ask("moods", dict.fromkeys(receivers, mood))

    def keep_posts(self, posts: Sequence[Post]) -> None:
        """Let these be the messages that were accepted, no others."""
        self._ask("keep", list(posts))

    def list_posts(self) -> list[Post]:
        """Return the messages that were accepted, in order."""
        return list(self._ask("posts"))

    def count_tries(self, receiver: str) -> int:
        """Return how many messages a receiver was offered, accepted or not."""
        return int(self._ask("tries", receiver))

    def list_environment(self) -> dict[str, str]:
        """Return the environment variables that name the receivers' addresses."""
        host = self.url.removeprefix("http://")
        return {name.upper(): f"{kind}://{host}/{name}" for name, kind in RECEIVERS.items()}

    def _ask(self, word: str, value: Any = None) -> Any:
        assert self._pipe is not None
        self._pipe.send((word, value))
        return self._pipe.recv()

    def __enter__(self) -> Self:
        """Start the process."""
        context = get_context("fork")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs,), daemon=True)
        self._process.start()
        theirs.close()
        self.url = self._pipe.recv()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        """End it."""
        if self._pipe is not None and self._process is not None:
            self._pipe.send((_END, None))
            self._process.join()
            self._pipe.close()


def _serve(pipe: Connection) -> None:
    world = _World()
    server = _Server(("127.0.0.1", 0), _Handler)
    server.world = world
    Thread(target=server.serve_forever, daemon=True).start()
    pipe.send(f"http://127.0.0.1:{server.server_port}")
    word = ""
    while word != _END:
        word, value = pipe.recv()
        pipe.send(_obey(world, word, value))


def _obey(world: _World, word: str, value: Any) -> Any:
    if word == "show":
        world.site.facts = value
    elif word == "publish":
        world.site.facts = [*value, *world.site.facts]
    elif word == "moods":
        world.moods |= value
    elif word == "keep":
        with world.lock:
            world.posts = list(value)
    elif word == "tries":
        return world.tries[value]
    elif word == "posts":
        with world.lock:
            return list(world.posts)
    return None


def make_fact(number: int, at: datetime, *, version: int = 1, **changes: Any) -> Fact:
    """Return a notice that is told if its number is even: drives for a police station.

    An odd number is chairs for a school. Another `version` has another title, brand and model.
    """
    again = "" if version == 1 else f"（第{version}版）"
    facts: dict[str, Any] = {
        "number": number,
        "title": f"样例市第{number}中学课桌椅采购项目{again}中标公告",
        "buyer": f"样例市第{number}中学",
        "project": f"SAMPLE-C-{number}",
        "item": ("课桌椅", "样例", f"KZ-{number}", "40"),
        "published": at.astimezone(CHINA),
    }
    if is_told(number):
        facts |= {
            "title": f"样例市公安局第{number}派出所视频存储扩容项目{again}中标公告",
            "buyer": f"样例市公安局第{number}派出所",
            "item": ("监控硬盘", _BRANDS[version % 2], name_model(number, version), "48"),
        }
    return Fact(**{**facts, **changes})


def is_told(number: int) -> bool:
    """Say whether the notice of this number must be told."""
    return number % 2 == 0


def name_model(number: int, version: int) -> str:
    """Return the model that only this version of this notice names."""
    return f"ST{number}VX{version:03d}"
