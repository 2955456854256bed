"""Ways into the network that a page, a name server or a proxy may try; nothing may get there."""

from __future__ import annotations

import socket
import socketserver
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from monitor.errors import FetchError
from monitor.setup import Setup
from monitor.stanzas import SourceConfig
from monitor.web.fetch import FetchRules
from tests.campaigns.outcome import Outcome
from tests.kit.fetching import AGENT, get_page
from tests.kit.house import Clock, House, load_screener, make_config, open_rooms
from tests.kit.rawserver import HostileServer, Route, redirect, reply
from tests.kit.serving import Serving

BAR = "0 requests reach the inner server by any way; without the guard they do"
SHORT, FULL = 60, 1000
_SECRET = reply(b"secret")

# {port} is the inner server's; each must be refused, whatever way it comes.
_SPELLINGS = (
    "http://127.0.0.1:{port}/", "http://127.1:{port}/", "http://127.0.1:{port}/",
    "http://2130706433:{port}/", "http://0x7f000001:{port}/", "http://0x7f.1:{port}/",
    "http://017700000001:{port}/", "http://0177.0.0.1:{port}/", "http://127.000.000.001:{port}/",
    "http://0.0.0.0:{port}/", "http://0:{port}/", "http://127.255.255.254:{port}/",
    "http://127.0.0.1.:{port}/", "http://localhost:{port}/", "http://LOCALHOST.:{port}/",
    "http://a.localhost:{port}/", "http://a.localhost.:{port}/", "http://localhost.localdomain:{port}/",
    "http://[::1]:{port}/", "http://[::]:{port}/", "http://[0:0:0:0:0:0:0:1]:{port}/",
    "http://[::ffff:127.0.0.1]:{port}/", "http://[::ffff:7f00:1]:{port}/",
    "http://[::127.0.0.1]:{port}/", "http://[64:ff9b::7f00:1]:{port}/",
    "http://[64:ff9b:1::7f00:1]:{port}/", "http://[2002:7f00:1::]:{port}/",
    "http://[2001:0:7f00:1::]:{port}/", "http://[fe80::1%25lo]:{port}/", "http://[fe80::1%lo]:{port}/",
    "http://[fc00::1]:{port}/", "http://[fec0::1]:{port}/", "http://[ff02::1]:{port}/",
    "http://user@127.0.0.1:{port}/", "http://1.1.1.1@127.0.0.1:{port}/",
    "http://127.0.0.1:{port}\\@1.1.1.1/", "http://1.1.1.1\\@127.0.0.1:{port}/",
    "http://127.0.0.1:{port}#@1.1.1.1/", "http://127.0.0.1%2e:{port}/",
    "http://１２７.０.０.１:{port}/", "http://①②⑦.⓪.⓪.①:{port}/", "http://127。0。0。1:{port}/",
    "http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ:{port}/", "\thttp://127.0.0.1:{port}/", "http://127.0.0.1:{port}/\r\nX: y",
    "http:127.0.0.1:{port}/", "http:///127.0.0.1:{port}/", "//127.0.0.1:{port}/",
    "http://169.254.169.254/latest/meta-data/", "http://[fd00:ec2::254]/latest/",
    "http://100.100.100.200/", "http://100.64.0.1/", "http://10.0.0.1/", "http://172.16.0.1/",
    "http://192.168.0.1/", "http://192.0.0.192/", "http://198.18.0.1/", "http://224.0.0.1/",
    "http://metadata.google.internal/", "https://127.0.0.1:{port}/", "file:///etc/passwd",
    "ftp://127.0.0.1:{port}/", "gopher://127.0.0.1:{port}/_GET", "dict://127.0.0.1:{port}/",
)  # fmt: skip
# What a name server says, answer by answer; a proxy is asked for none of them.
_NAMES: dict[str, tuple[tuple[str, ...], ...]] = {
    "inside.test": (("127.0.0.1",),),
    "six.test": (("::1",),),
    "mapped.test": (("::ffff:127.0.0.1",),),
    "both.test": (("1.1.1.1", "127.0.0.1"),),
    "rebind.test": (("1.1.1.1",), ("127.0.0.1",)),
    "back.test": (("127.0.0.1",), ("1.1.1.1",)),
    "private.test": (("10.0.0.1",),),
    "cloud.test": (("169.254.169.254",),),
}
_LOCAL = ("localhost", "a.localhost", "localhost.localdomain")


@contextmanager
def stay_home() -> Iterator[None]:
    """Answer names without a name server, and let no connection leave this machine."""
    find, connect, asked = socket.getaddrinfo, socket.socket.connect, dict[str, int]()

    def look_up(host: Any, port: Any, *args: Any, **options: Any) -> list[Any]:
        name = str(host).lower().rstrip(".")
        if name in _LOCAL:
            return find("127.0.0.1", port, *args, **options)
        if name not in _NAMES:
            return find(host, port, *args, **{**options, "flags": socket.AI_NUMERICHOST})
        answers = _NAMES[name]
        if options.get("flags") == socket.AI_NUMERICHOST:
            raise socket.gaierror(socket.EAI_NONAME, "a name")
        count = asked[name] = asked.get(name, -1) + 1
        chosen = answers[min(count, len(answers) - 1)]
        return [entry for address in chosen for entry in find(address, port, type=1)]

    def reach(sock: socket.socket, address: Any) -> None:
        if not str(address[0]).startswith(("127.", "::1", "0.0.0.0", "::ffff:127.")):
            raise ConnectionRefusedError("only this machine")
        connect(sock, address)

    socket.getaddrinfo, socket.socket.connect = look_up, reach  # type: ignore[assignment, method-assign]
    try:
        yield
    finally:
        socket.getaddrinfo, socket.socket.connect = find, connect  # type: ignore[method-assign]


class _Proxy(socketserver.ThreadingTCPServer):
    """An http and SOCKS 5 proxy that leads to the inner server whatever it is asked for."""

    daemon_threads = True

    def __init__(self, inner: int) -> None:
        self.inner = inner
        super().__init__(("127.0.0.1", 0), _Forward)


class _Forward(socketserver.StreamRequestHandler):
    server: _Proxy
    timeout = 3

    def handle(self) -> None:
        with suppress(OSError, IndexError):
            first = self.rfile.read(1)
            if first == b"\x05":
                self.rfile.read(self.rfile.read(1)[0])
                self.wfile.write(b"\x05\x00")
                self.rfile.read(self.rfile.read(5)[4] + 2)
                self.wfile.write(b"\x05\x00\x00\x01" + bytes(6))
            elif first:
                self.rfile.readline()
            if first:
                self._reach_inner()

    def _reach_inner(self) -> None:
        with socket.create_connection(("127.0.0.1", self.server.inner), 3) as inner:
            inner.sendall(b"GET / HTTP/1.1\r\n\r\n")
            self.wfile.write(inner.recv(4096))


@dataclass(frozen=True)
class Attempt:
    """One way to one address."""

    way: str
    url: str


def list_attempts() -> list[Attempt]:
    """Return every way with every address that it may be given."""
    names = [f"http://{name}:{{port}}/" for name in _NAMES]
    ways = [
        *(Attempt("direct", url) for url in (*_SPELLINGS, *names)),
        *(Attempt("redirect", url) for url in (*_SPELLINGS, *names)),
        *(Attempt(way, url) for way in ("http proxy", "socks5h proxy") for url in _SPELLINGS),
    ]
    some = (_SPELLINGS[0], _SPELLINGS[3], _SPELLINGS[21], _SPELLINGS[48], names[0])
    pages = [Attempt(way, url) for way in _PAGES for url in some]
    return [*ways, *pages]


def _ask_direct(url: str, port: int, folder: Path) -> None:
    get_page(url.format(port=port), FetchRules(AGENT, deadline=5))


def _ask_redirect(url: str, port: int, folder: Path) -> None:
    target = url.format(port=port).encode().decode("latin-1")
    with HostileServer({"/go": redirect(target)}) as outer:
        origin = frozenset({("127.0.0.1", outer.port)})
        rules = FetchRules(AGENT, deadline=5, allow_loopback=True, loopback_origins=origin)
        get_page(outer.url("/go"), rules)


def _ask_proxy(scheme: str) -> Callable[[str, int, Path], None]:
    def ask(url: str, port: int, folder: Path) -> None:
        with Serving(_Proxy(port)) as proxy:
            rules = FetchRules(AGENT, deadline=5, proxy=f"{scheme}://127.0.0.1:{proxy.port}")
            get_page(url.format(port=port), rules)

    return ask


# What a site may have a source ask for: the routes of the site, given the address.
_ROW = "<ul><li><a href='{}'>样例市公安局采购公告</a> 2026-11-22</li></ul>"
_FILE = (
    "<h1>样例市公安局采购公告</h1><div class='article-content'><p>采购人：样例市公安局</p>{}</div>"
)
_PAGES: dict[str, Callable[[str], dict[str, Route]]] = {
    "link of a row": lambda url: {"/list": _html(_ROW.format(url))},
    "link of a pager": lambda url: {
        "/list": _html(_ROW.format("/n.htm") + f"<a class='next' href='{url}'>下一页</a>")
    },
    "attachment": lambda url: {
        "/list": _html(_ROW.format("/n.htm")),
        "/n.htm": _html(_FILE.format(f"<a href='{url}a.pdf'>附件.pdf</a>")),
    },
    "redirect of an attachment": lambda url: {
        "/list": _html(_ROW.format("/n.htm")),
        "/n.htm": _html(_FILE.format("<a href='/a.pdf'>附件.pdf</a>")),
        "/a.pdf": redirect(url),
    },
    "redirect of a notice": lambda url: {
        "/list": _html(_ROW.format("/n.htm")), "/n.htm": redirect(url),
    },
    "redirect of robots.txt": lambda url: {
        "/list": _html(_ROW.format("/n.htm")), "/robots.txt": redirect(url),
    },
    "base of a page": lambda url: {"/list": _html(f"<base href='{url}'>" + _ROW.format("n.htm"))},
}  # fmt: skip


def _html(body: str) -> Route:
    return reply(f"<html><body>{body}</body></html>".encode())


def _poll_site(way: str) -> Callable[[str, int, Path], None]:
    def poll(url: str, port: int, folder: Path) -> None:
        with HostileServer(_PAGES[way](url.format(port=port))) as site:
            source = SourceConfig.model_validate({
                "portal": "linklist", "lists": [site.url("/list")], "delay": 0, "open": "all",
                "allow_loopback": True, "deadline": 5, "row": {"row": "li", "next": "a.next"},
            })  # fmt: skip
            clock = Clock()
            with open_rooms(folder, clock) as rooms:
                setup = Setup(make_config(folder, source), load_screener())
                House(setup, rooms, clock).poll()
            if "/list" not in site.paths:
                raise AssertionError(f"{way}: the site was not read")

    return poll


_WAYS: dict[str, Callable[[str, int, Path], None]] = {
    "direct": _ask_direct,
    "redirect": _ask_redirect,
    "http proxy": _ask_proxy("http"),
    "socks5h proxy": _ask_proxy("socks5h"),
    **{way: _poll_site(way) for way in _PAGES},
}


def try_attempt(attempt: Attempt, folder: Path) -> int:
    """Return how many requests reached the inner server."""
    with HostileServer({"/": _SECRET}) as inner:
        with suppress(FetchError):
            _WAYS[attempt.way](attempt.url, inner.port, folder)
        return len(inner.visits)


def count_leaks(attempts: list[Attempt]) -> int:
    """Return how many of the addresses requests alone would have taken to the inner server."""
    leaks = 0
    for attempt in attempts:
        with HostileServer({"/": _SECRET}) as inner:
            with suppress(Exception), requests.Session() as session:
                session.trust_env = False
                session.get(attempt.url.format(port=inner.port), timeout=2)
            leaks += bool(inner.visits)
    return leaks


def run(size: int, folder: Path) -> Outcome:
    """Try so many attempts, spread over all ways."""
    attempts = list_attempts()
    chosen = attempts[:: max(1, -(-len(attempts) // size))]
    failures = []
    with stay_home():
        for number, attempt in enumerate(chosen):
            place = folder / str(number)
            place.mkdir()
            if reached := try_attempt(attempt, place):
                failures.append(f"{attempt.way}: {attempt.url!r}: {reached} requests inside")
        direct = [attempt for attempt in chosen if attempt.way == "direct"]
        leaks = count_leaks(direct)
    if not leaks:
        failures.append("the control reached nothing: this campaign shows nothing")
    figures: dict[str, int | float | str] = {
        "reached": sum("inside" in failure for failure in failures),
        "ways": len({attempt.way for attempt in chosen}),
        "control": f"{leaks} of {len(direct)} reached",
    }
    return Outcome("ssrf", BAR, len(chosen), tuple(failures), figures)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        size = int(sys.argv[1]) if len(sys.argv) > 1 else FULL
        print(run(size, Path(temporary)).to_json())
