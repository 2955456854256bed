"""Where a request may go: no address inside the network, no other site, only the chosen proxy."""

from __future__ import annotations

import socket
import socketserver
import struct
import threading
from contextlib import suppress

import pytest

from monitor.errors import FetchCause, FetchError
from monitor.web.addresses import find_site, is_loopback, is_public
from monitor.web.fetch import FetchRules
from tests.kit.fetching import AGENT, get_page, refuse_page
from tests.kit.rawserver import HostileServer, make_head, raw, redirect, repeat, reply

PAGE = b"page"


def fake_lookup(monkeypatch: pytest.MonkeyPatch, names: dict[str, list[str]]) -> list[str]:
    """Answer for names without a resolver; numeric hosts are read as ever."""
    asked: list[str] = []
    real = socket.getaddrinfo

    def look_up(host: str, port: object, *args: int, **options: int) -> list[object]:
        if options.get("flags") == socket.AI_NUMERICHOST:
            return list(real(host, None, **options))
        asked.append(host)
        if not names.get(host):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        address = names[host].pop(0) if len(names[host]) > 1 else names[host][0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 0))]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return asked


INSIDE = [
    "http://127.0.0.1:{port}/", "http://127.1:{port}/", "http://2130706433:{port}/",
    "http://0x7f000001:{port}/", "http://017700000001:{port}/", "http://0177.0.0.1:{port}/",
    "http://0.0.0.0:{port}/", "http://0:{port}/", "http://127.255.255.254:{port}/",
    "http://localhost:{port}/", "http://LOCALHOST.:{port}/", "http://[::1]:{port}/",
    "http://[::]:{port}/", "http://[::ffff:127.0.0.1]:{port}/", "http://[::ffff:7f00:1]:{port}/",
    "http://[::127.0.0.1]:{port}/", "http://[64:ff9b::7f00:1]:{port}/",
    "http://[2002:7f00:1::]:{port}/", "http://[2001:0:7f00:1::]:{port}/",
    "http://[fe80::1%25lo]:{port}/", "http://[fc00::1]:{port}/", "http://[fec0::1]:{port}/",
    "http://[ff02::1]:{port}/", "http://[3fff::1]:{port}/",
    "http://user@127.0.0.1:{port}/", "http://portal.example@127.0.0.1:{port}/",
    "http://127.0.0.1:{port}\\@portal.example/", "http://portal.example\\@127.0.0.1:{port}/",
    "http://１２７.０.０.１:{port}/", "http://①②⑦.⓪.⓪.①:{port}/", "http://127。0。0。1:{port}/",
    "http://127.0.0.1:{port}/\r\nHost: x", "\thttp://127.0.0.1:{port}/", " http://127.0.0.1:{port}/",
    "http:127.0.0.1:{port}/", "http:///127.0.0.1:{port}/", "//127.0.0.1:{port}/",
    "http://10.0.0.1/", "http://172.16.0.1/", "http://192.168.0.1/", "http://100.64.0.1/",
    "http://100.100.100.200/", "http://169.254.169.254/latest/", "http://192.0.0.192/",
    "http://192.88.99.1/", "http://198.18.0.1/", "http://224.0.0.1/", "http://255.255.255.255/",
    "http://240.0.0.1/", "http://[::ffff:10.0.0.1]/", "http://[64:ff9b::a9fe:a9fe]/",
    "https://127.0.0.1:{port}/", "file:///etc/passwd", "ftp://127.0.0.1:{port}/",
    "gopher://127.0.0.1:{port}/", "javascript:alert(1)", "data:text/html,x", "http://", "",
    "http://127.0.0.1:99999/", "http://127.0.0.1:x/", "http://[::1/",
    "http://portal.example/" + "x" * 9000,
]  # fmt: skip


@pytest.mark.parametrize("template", INSIDE)
def test_nothing_inside_the_network_is_reached_directly(
    template: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_lookup(monkeypatch, {"localhost": ["127.0.0.1"], "localhost.": ["127.0.0.1"]})
    with HostileServer({"/": reply(b"secret")}) as server:
        error = refuse_page(template.format(port=server.port), FetchRules(AGENT, deadline=5))
    assert error.cause in (FetchCause.FORBIDDEN_ADDRESS, FetchCause.PROTOCOL)
    assert server.visits == []


@pytest.mark.parametrize("template", INSIDE)
def test_nothing_inside_the_network_is_reached_by_a_redirect(
    template: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_lookup(monkeypatch, {"localhost": ["127.0.0.1"], "localhost.": ["127.0.0.1"]})
    with HostileServer({"/": reply(b"secret")}) as inner:
        target = template.format(port=inner.port).encode().decode("latin-1")
        with HostileServer({"/go": redirect(target)}) as outer, suppress(FetchError):
            # An empty or relative Location stays on the outer server, which is no escape.
            assert get_page(outer.url("/go")).final_url.startswith(outer.url(""))
    assert inner.visits == []


@pytest.mark.parametrize("template", INSIDE)
def test_nothing_inside_the_network_is_asked_of_a_proxy(template: str) -> None:
    with HostileServer({}) as proxy:
        rules = FetchRules(AGENT, proxy=proxy.url(""))
        refuse_page(template.format(port=proxy.port), rules)
    assert proxy.visits == []


@pytest.mark.parametrize(
    "host", ["127.0.0.1.", "a.localhost", "a.localhost.", "printer.local.", "nas.lan",
             "router.home.arpa", "metadata.google.internal", "intranet", "intranet."],
)  # fmt: skip
def test_a_local_name_is_asked_of_no_proxy_however_it_ends(host: str) -> None:
    with HostileServer({}) as proxy:
        error = refuse_page(f"http://{host}/", FetchRules(AGENT, proxy=proxy.url("")))
    assert error.cause == FetchCause.FORBIDDEN_ADDRESS
    assert proxy.visits == []


def test_without_the_guard_the_same_urls_do_reach_a_server() -> None:
    with HostileServer({"/": reply(b"secret")}) as server:
        for spelling in ("127.0.0.1", "127.1", "2130706433", "0x7f000001", "017700000001"):
            assert get_page(server.url(host=spelling)).body == b"secret"


def test_a_name_that_changes_its_address_is_looked_up_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with HostileServer({"/": reply(b"secret")}) as server:
        asked = fake_lookup(monkeypatch, {"portal.example": ["127.0.0.1", "1.1.1.1"]})
        url = server.url(host="portal.example")
        assert refuse_page(url, FetchRules(AGENT)).cause == FetchCause.FORBIDDEN_ADDRESS
    assert (asked, server.visits) == (["portal.example"], [])


@pytest.mark.parametrize(
    "location",
    [
        "http://127.0.0.1:{other}/", "http://127.1:{own}/", "http://localhost:{own}/",
        "http://10.0.0.1/", "http://portal.example/", "//portal.example/", "https://127.0.0.1:{other}/",
        "file:///etc/passwd", "ftp://127.0.0.1:{own}/", "javascript:alert(1)", "http://u@127.0.0.1:{own}/",
        "\\\\127.0.0.1:{other}\\", "/\\127.0.0.1:{other}/", "http://127.0.0.1:x/", "http://[::1/",
    ],
)  # fmt: skip
def test_a_redirect_off_the_site_is_refused(location: str) -> None:
    with HostileServer({"/": reply(b"secret")}) as other, HostileServer({}) as server:
        server.routes["/go"] = redirect(location.format(own=server.port, other=other.port))
        error = refuse_page(server.url("/go"))
    assert error.cause == FetchCause.REDIRECT
    assert (other.visits, server.paths) == ([], ["/go"])


@pytest.mark.parametrize(
    ("location", "asked"),
    [
        ("/list?页=1".encode().decode("latin-1"), "/list?%E9%A1%B5=1"),
        ("/list?页=1".encode("gb18030").decode("latin-1"), "/list?%D2%B3=1"),
        ("list?a=b%20c&d=%2B", "/list?a=b%20c&d=%2B"),
        ("  /list?a=b c#part ", "/list?a=b%20c"),
    ],
)
def test_a_redirect_on_the_site_keeps_its_bytes(location: str, asked: str) -> None:
    with HostileServer({"/go": redirect(location), "/list": reply(PAGE)}) as server:
        capture = get_page(server.url("/go"))
    assert (capture.url, capture.final_url) == (server.url("/go"), server.url(asked))
    assert server.paths == ["/go", asked]


@pytest.mark.parametrize("host", ["portal.example", "a" * 70 + ".example", "a..example"])
def test_a_name_that_does_not_exist_is_unreachable(
    host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_lookup(monkeypatch, {})
    assert refuse_page(f"http://{host}/").cause == FetchCause.UNREACHABLE


def test_a_redirect_loop_ends_after_five() -> None:
    with HostileServer({"/": redirect("/")}) as server:
        assert refuse_page(server.url()).cause == FetchCause.REDIRECT
    assert len(server.visits) == 6


def test_the_body_of_a_redirect_is_never_read() -> None:
    endless = repeat(b"", b"x" * 65536)
    with HostileServer({"/go": redirect("/", body=endless), "/": reply(PAGE)}) as server:
        assert get_page(server.url("/go")).body == PAGE


def test_a_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with HostileServer({}) as proxy, HostileServer({"/": reply(PAGE)}) as server:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url())
        assert get_page(server.url()).body == PAGE
    assert proxy.visits == []


def test_an_http_proxy_gets_the_request_and_its_own_password() -> None:
    page = "http://portal.example/list"
    with HostileServer({page: reply(PAGE)}) as proxy:
        rules = FetchRules(AGENT, proxy=f"http://me:hidden@127.0.0.1:{proxy.port}")
        capture = get_page(page, rules)
    assert (capture.body, capture.peer, proxy.paths) == (PAGE, "proxy", [page])
    assert proxy.visits[0].headers["proxy-authorization"].startswith("Basic ")


@pytest.mark.parametrize("proxy", ["socks5://a:1", "socks4://a:1", "https://a:1", "a:1"])
def test_a_proxy_of_another_kind_is_refused_without_showing_it(proxy: str) -> None:
    with pytest.raises(ValueError, match=r"^a proxy is an http:// or socks5h:// URL$"):
        FetchRules(AGENT, proxy=proxy)


@pytest.mark.parametrize("scheme", ["http", "socks5h"])
@pytest.mark.parametrize("url", ["http://portal.example/", "https://portal.example/"])
def test_the_password_of_a_proxy_is_in_no_message(scheme: str, url: str) -> None:
    with HostileServer({"http://portal.example/": raw(b"")}) as proxy:
        rules = FetchRules(AGENT, proxy=f"{scheme}://me:hidden@127.0.0.1:{proxy.port}", deadline=2)
        assert "hidden" not in str(refuse_page(url, rules))


class _Socks(socketserver.StreamRequestHandler):
    """Enough of RFC 1928 to answer one CONNECT by name and serve a page behind it."""

    def handle(self) -> None:
        greeting = self.rfile.read(2)
        self.rfile.read(greeting[1])
        self.wfile.write(b"\x05\x00")
        length = self.rfile.read(5)[4]
        host = self.rfile.read(length).decode()
        (port,) = struct.unpack(">H", self.rfile.read(2))
        self.server.asked.append((host, port))  # type: ignore[attr-defined]
        self.wfile.write(b"\x05\x00\x00\x01\0\0\0\0\0\0")
        self.rfile.readline()
        self.wfile.write(make_head(headers={"Content-Length": "4"}) + b"page")


def test_a_socks_proxy_resolves_the_name() -> None:
    with socketserver.TCPServer(("127.0.0.1", 0), _Socks) as proxy:
        proxy.asked = []  # type: ignore[attr-defined]
        thread = threading.Thread(target=proxy.handle_request)
        thread.start()
        rules = FetchRules(AGENT, proxy=f"socks5h://127.0.0.1:{proxy.server_address[1]}")
        capture = get_page("http://portal.example/", rules)
        thread.join()
    assert (capture.body, capture.peer) == (b"page", "proxy")
    assert proxy.asked == [("portal.example", 80)]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("1.1.1.1", True), ("223.5.5.5", True), ("2400:3200::1", True), ("::ffff:1.1.1.1", True),
        ("64:ff9b::101:101", True), ("10.0.0.1", False), ("100.64.0.1", False), ("::1", False),
        ("64:ff9b::a00:1", False), ("64:ff9b:1::101:101", False), ("2002:101:101::", False),
        ("2001:db8::1", False), ("fe80::1%eth0", False), ("224.0.0.251", False), ("::", False),
    ],
)  # fmt: skip
def test_only_global_unicast_is_public(address: str, public: bool) -> None:
    assert is_public(address) is public


def test_loopback_is_known_in_every_form() -> None:
    assert [is_loopback(a) for a in ("127.9.9.9", "::1", "::ffff:127.0.0.1", "10.0.0.1")] == [
        True, True, True, False,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("host", "site"),
    [
        ("www.ccgp.gov.cn", "ccgp.gov.cn"), ("ccgp.gov.cn", "ccgp.gov.cn"), ("gov.cn", "gov.cn"),
        ("a.b.ccgp-hubei.gov.cn.", "ccgp-hubei.gov.cn"), ("zfcg.sh.cn", "zfcg.sh.cn"),
        ("www.zfcg.sh.cn", "zfcg.sh.cn"), ("www.example.com", "example.com"),
        ("a.example.co.uk", "example.co.uk"), ("1.2.3.4", "1.2.3.4"), ("::1", "::1"),
        ("localhost", "localhost"), ("WWW.Example.COM", "example.com"),
    ],
)  # fmt: skip
def test_a_site_is_what_one_owner_registers(host: str, site: str) -> None:
    assert find_site(host) == site
