"""A page of notices that grows, and a webhook that may refuse: the same for every program."""

from __future__ import annotations

import json
import re
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from tests.campaigns.outside import make_fact
from tests.kit.serving import QuietAnswer, QuietServer, Serving
from tests.portals.sites.base import CHINA, Fact

# How long the receiver takes to answer, in seconds: time to be killed in.
_SLOWNESS = 0.2
_NAMED = re.compile(r"第(\d+)派出所")
_COPY = "may be a second copy"


class PeerWorld(Serving):
    """A page at `url`/list and a webhook at `url`/hook, while entered.

    `refusing` has the webhook answer 503; `asked` is set when the page is asked for.
    """

    def __init__(self) -> None:
        self.refusing = False
        self.asked = threading.Event()
        self.facts: list[Fact] = []
        self.texts: list[str] = []
        self._lock = threading.Lock()
        server = _Server(("127.0.0.1", 0), _Handler)
        server.world = self
        super().__init__(server)

    @property
    def url(self) -> str:
        """The address, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    def publish(self) -> None:
        """Show one notice more, above all others; it has the next even number, so it is told."""
        number = 2 * len(self.facts)
        self.facts.insert(0, make_fact(number, datetime.now(CHINA) - timedelta(minutes=1)))

    def list_due(self) -> list[int]:
        """Return the numbers of the notices to be told: all but the one of the first look."""
        return [fact.number for fact in self.facts[:-1]]

    def count_posts(self) -> int:
        """Return how many messages were accepted."""
        with self._lock:
            return len(self.texts)

    def count_told(self) -> tuple[Counter[int], Counter[int]]:
        """Return how often each number was told, and how often in what says it is a copy."""
        told, copies = Counter[int](), Counter[int]()
        with self._lock:
            for text in self.texts:
                told.update(numbers := _find_numbers(text))
                copies.update(numbers if _COPY in text else ())
        return told, copies

    def take(self, text: str) -> int:
        """Return the status that a message is answered with."""
        if self.refusing:
            return 503
        with self._lock:
            self.texts.append(text)
        return 200

    def write_page(self) -> str:
        """Return the page as it is now."""
        rows = (
            f'<li><a href="/notice/{fact.number}">{fact.title}</a>'
            f"<span>{fact.published:%Y-%m-%d %H:%M}</span></li>\n"
            for fact in self.facts
        )
        return f"<html><body><ul>\n{''.join(rows)}</ul></body></html>"

    def find_body(self, path: str) -> str | None:
        """Return the page of a notice, None for any other address."""
        number = path.removeprefix("/notice/")
        found = next((fact for fact in self.facts if str(fact.number) == number), None)
        return f"<html><body>{found.body()}</body></html>" if found else None


def _find_numbers(text: str) -> set[int]:
    """Return the notices that a message tells of; in a diff only its added lines tell."""
    lines = text.splitlines()
    if any(line.startswith("+++") for line in lines):
        lines = [line for line in lines if line.startswith("+")]
    return {int(number) for line in lines for number in _NAMED.findall(line)}


class _Server(QuietServer):
    daemon_threads = True
    world: PeerWorld


class _Handler(QuietAnswer):
    server: _Server

    def do_GET(self) -> None:
        world = self.server.world
        if self.path == "/list":
            world.asked.set()
            self._show(200, world.write_page())
        else:
            body = world.find_body(self.path)
            self._show(200 if body else 404, body or "")

    def do_POST(self) -> None:
        content = self.read_body()
        if len(content) < int(self.headers.get("Content-Length") or 0):
            return  # the sender died in the middle
        status = self.server.world.take("\n".join(_find_texts(json.loads(content))))
        threading.Event().wait(_SLOWNESS)
        self._show(status, "")

    def _show(self, status: int, text: str) -> None:
        self.give_answer(status, text.encode(), [("Content-Type", "text/html; charset=utf-8")])


def _find_texts(content: dict[str, Any]) -> Iterator[str]:
    """Yield the text of a message: ours is in `message`, the others' in `text`."""
    return (str(content[name]) for name in ("message", "text") if name in content)
