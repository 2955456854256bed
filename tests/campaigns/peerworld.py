"""A page of notices that grows, and a webhook that may refuse: the same for every program."""

from __future__ import annotations

import json
import re
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from tests.campaigns.outside import make_fact
from tests.portals.sites.base import CHINA, Fact

# How long the receiver takes to answer, in seconds: time to be killed in.
_SLOWNESS = 0.2
_NAMED = re.compile(r"第(\d+)派出所")
_COPY = "may be a second copy"


class PeerWorld:
    """A page at `url`/list and a webhook at `url`/hook, while entered.

    `refusing` has the webhook answer 503; `asked` is set when the page is asked for.
    """

    def __init__(self) -> None:
        self.refusing = False
        self.asked = threading.Event()
        self.facts: list[Fact] = []
        self.texts: list[str] = []
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.world = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    @property
    def url(self) -> str:
        """The address, without a slash at the end."""
        return f"http://127.0.0.1:{self._server.server_port}"

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

    def __enter__(self) -> Self:
        """Begin to serve."""
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        """End."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def _find_numbers(text: str) -> set[int]:
    """Return the notices that a message tells of; in a diff only its added lines tell."""
    lines = text.splitlines()
    if any(line.startswith("+++") for line in lines):
        lines = [line for line in lines if line.startswith("+")]
    return {int(number) for line in lines for number in _NAMED.findall(line)}


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    world: PeerWorld

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: clients die here by design."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        world = self.server.world
        if self.path == "/list":
            world.asked.set()
            self._answer(200, world.write_page())
        else:
            body = world.find_body(self.path)
            self._answer(200 if body else 404, body or "")

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        content = self.rfile.read(length)
        if len(content) < length:
            return  # the sender died in the middle
        status = self.server.world.take("\n".join(_find_texts(json.loads(content))))
        threading.Event().wait(_SLOWNESS)
        self._answer(status, "")

    def _answer(self, status: int, text: str) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def _find_texts(content: dict[str, Any]) -> Iterator[str]:
    """Yield the text of a message: ours is in `message`, the others' in `text`."""
    return (str(content[name]) for name in ("message", "text") if name in content)
