"""The HTTP door against servers that misbehave; everything stays on the loopback interface."""

from __future__ import annotations

import gzip
import hashlib
import socket
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qsl, quote, quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.archive import Archive
from monitor.errors import FetchCause, FetchError
from monitor.models import Capture, Request
from monitor.web.addresses import find_origins, is_home
from monitor.web.fetch import Fetcher, FetchRules
from monitor.web.inflate import inflate_body
from tests.kit.fetching import AGENT, LOCAL, NOW, get_page, refuse_page
from tests.kit.rawserver import (
    HostileServer,
    Route,
    Visit,
    drip,
    hang,
    make_bomb,
    make_head,
    raw,
    redirect,
    repeat,
    reply,
)

PAGE = "<html><body>库尔勒市公安局 中标公告</body></html>".encode() * 40
GZIPPED = gzip.compress(PAGE)
RAW_DEFLATED = zlib.compress(PAGE, wbits=-zlib.MAX_WBITS)


def coded(body: bytes, coding: str) -> Route:
    return reply(body, headers={"Content-Encoding": coding})


def chunked(body: bytes) -> Route:
    return raw(make_head(headers={"Transfer-Encoding": "chunked"}) + body)


def unframed(body: bytes, coding: str = "identity") -> Route:
    return raw(make_head(headers={"Content-Encoding": coding}) + body)


def test_a_capture_holds_the_answer_and_how_it_came() -> None:
    headers = {"ETag": '"a"', "Set-Cookie": "a=1"}
    with HostileServer({"/list": reply(PAGE, headers=headers)}) as server:
        capture = get_page(server.url("/list"))
        asked = server.visits[0].headers
    assert (capture.status, capture.body) == (200, PAGE)
    assert capture.sha256 == hashlib.sha256(PAGE).hexdigest()
    assert capture.url == capture.final_url == server.url("/list")
    assert (capture.fetched_at, capture.tls) == (NOW, "")
    assert capture.peer == f"127.0.0.1:{server.port}"
    assert capture.header("etag") == '"a"'
    assert asked["user-agent"] == AGENT
    assert asked["accept-encoding"] == "gzip, deflate"
    assert asked["accept-language"].startswith("zh-CN")


@pytest.mark.parametrize("status", [304, 403, 404, 405, 429, 500, 503])
def test_a_status_is_no_error(status: int) -> None:
    with HostileServer({"/": reply(b"" if status == 304 else b"page", status)}) as server:
        assert get_page(server.url()).status == status


@pytest.mark.parametrize(
    "route",
    [
        coded(GZIPPED, "gzip"),
        coded(GZIPPED, "X-GZIP"),
        coded(GZIPPED + b"\0" * 9, "gzip"),
        coded(gzip.compress(PAGE[:99]) + gzip.compress(PAGE[99:]), "gzip"),
        coded(zlib.compress(PAGE), "deflate"),
        coded(RAW_DEFLATED, "deflate"),
        coded(gzip.compress(GZIPPED), "gzip, gzip"),
        coded(PAGE, "utf-8"),
        unframed(PAGE),
        unframed(GZIPPED, "gzip"),
        chunked(b"%x\r\n%b\r\n0\r\n\r\n" % (len(PAGE), PAGE)),
    ],
    ids=[
        "gzip", "x-gzip", "padded", "members", "zlib", "raw deflate", "twice", "charset for coding",
        "until close", "gzip until close", "chunked",
    ],
)  # fmt: skip
def test_a_whole_body_is_decoded_however_it_is_framed(route: Route) -> None:
    with HostileServer({"/": route}) as server:
        assert get_page(server.url()).body == PAGE


@pytest.mark.parametrize(
    ("name", "route", "cause"),
    [
        ("gzip bomb", unframed(make_bomb(1024), "gzip"), FetchCause.TOO_LARGE),
        ("bomb in gzip", coded(gzip.compress(make_bomb(64)), "gzip,gzip"), FetchCause.TOO_LARGE),
        ("endless bomb", repeat(make_head(headers={"Content-Encoding": "gzip"}), make_bomb(1)),
            FetchCause.TOO_LARGE),
        ("20 MB page", reply(bytes(20_000_000)), FetchCause.TOO_LARGE),
        ("20 MB until close", unframed(bytes(20_000_000)), FetchCause.TOO_LARGE),
        ("endless body", repeat(make_head(), b"x" * 65536), FetchCause.TOO_LARGE),
        ("endless gzip name", repeat(
            make_head(headers={"Content-Encoding": "gzip"}) + b"\x1f\x8b\x08\x08\0\0\0\0\0\0",
            b"n" * 65536), FetchCause.TOO_LARGE),
        ("endless chunks", repeat(make_head(headers={"Transfer-Encoding": "chunked"}),
            b"8000\r\n" + b"x" * 0x8000 + b"\r\n"), FetchCause.TOO_LARGE),
        ("gzip without its end", unframed(GZIPPED[:-9], "gzip"), FetchCause.TRUNCATED),
        ("gzip without its checksum", coded(GZIPPED[:-8], "gzip"), FetchCause.TRUNCATED),
        ("one byte of gzip", coded(b"\x1f", "gzip"), FetchCause.TRUNCATED),
        ("deflate without its end", unframed(RAW_DEFLATED[:-3], "deflate"), FetchCause.TRUNCATED),
        ("second member cut", coded(GZIPPED + GZIPPED[:20], "gzip"), FetchCause.TRUNCATED),
        ("short body", reply(PAGE, headers={"Content-Length": "99999"}), FetchCause.TRUNCATED),
        ("no body", reply(headers={"Content-Length": "9"}), FetchCause.TRUNCATED),
        ("no chunk end", chunked(b"5\r\nabcde\r\n"), FetchCause.TRUNCATED),
        ("cut chunk", chunked(b"50\r\nabcde"), FetchCause.TRUNCATED),
        ("bad chunk", chunked(b"zz\r\nabcde\r\n0\r\n\r\n"), FetchCause.TRUNCATED),
        ("corrupt gzip", coded(b"\x1f\x8b\x08\0 not gzip at all", "gzip"), FetchCause.PROTOCOL),
        ("flipped gzip", coded(GZIPPED[:-6] + b"\0\0" + GZIPPED[-4:], "gzip"), FetchCause.PROTOCOL),
        ("six codings", coded(PAGE, "gzip," * 5 + "gzip"), FetchCause.PROTOCOL),
        ("brotli unasked", coded(PAGE, "br"), FetchCause.PROTOCOL),
        ("no HTTP", raw(b"SSH-2.0-OpenSSH_9.2\r\n\r\n"), FetchCause.PROTOCOL),
        ("bad status", raw(b"HTTP/1.1 abc OK\r\n\r\n"), FetchCause.PROTOCOL),
        ("101 headers", reply(headers={f"X-{n}": "v" for n in range(101)}), FetchCause.PROTOCOL),
        ("huge header", reply(headers={"X": "v" * 70_000}), FetchCause.PROTOCOL),
        ("huge headers", reply(headers={f"X-{n}": "v" * 5000 for n in range(20)}),
            FetchCause.PROTOCOL),
        ("broken header", raw(b"HTTP/1.1 200 OK\r\nno colon\r\nContent-Length: 4\r\n\r\npage"),
            FetchCause.PROTOCOL),
        ("no answer", raw(b""), FetchCause.UNREACHABLE),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_an_unusable_answer_is_a_typed_error(name: str, route: Route, cause: FetchCause) -> None:
    with HostileServer({"/": route}) as server:
        assert refuse_page(server.url()).cause == cause


def test_a_bomb_unfolds_in_small_pieces() -> None:
    taken = 0

    def feed() -> Iterator[bytes]:
        nonlocal taken
        bomb = zlib.compress(bytes(64 * 1024 * 1024))
        for start in range(0, len(bomb), 64):
            taken += 64
            yield bomb[start : start + 64]

    pieces = inflate_body("http://portal.example/", feed(), "deflate")
    assert all(len(next(pieces)) <= 64 * 1024 for _ in range(16))
    assert taken <= 16 * 64


@given(st.binary(max_size=400), st.sampled_from(["gzip", "deflate", "gzip,deflate", "x"]))
@settings(max_examples=150, deadline=None)
def test_any_bytes_are_decoded_or_refused(body: bytes, coding: str) -> None:
    chunks = (body[start : start + 7] for start in range(0, len(body), 7))
    refused: FetchCause | None = None
    try:
        list(inflate_body("http://portal.example/", chunks, coding))
    except FetchError as error:
        refused = error.cause
    assert refused in (None, FetchCause.TRUNCATED, FetchCause.PROTOCOL)


@given(st.binary(max_size=200_000), st.integers(1, 70_000), st.sampled_from([31, 15, -15]))
@settings(max_examples=50, deadline=None)
def test_what_was_compressed_comes_back_however_it_is_cut(body: bytes, cut: int, bits: int) -> None:
    sent = zlib.compress(body, wbits=bits)
    chunks = (sent[start : start + cut] for start in range(0, len(sent), cut))
    coding = "gzip" if bits == 31 else "deflate"
    assert b"".join(inflate_body("http://portal.example/", chunks, coding)) == body


def test_a_page_that_unfolds_too_far_is_refused_below_the_size_cap() -> None:
    with HostileServer({"/": coded(gzip.compress(bytes(2 * 1024 * 1024)), "gzip")}) as server:
        error = refuse_page(server.url())
    assert (error.cause, "200 times" in error.detail) == (FetchCause.TOO_LARGE, True)


@pytest.mark.parametrize(
    "route",
    [
        drip(make_head() + b"x" * 1000, pause=0.1),
        hang(make_head()[:9]),
        hang(make_head(headers={"Content-Length": "9"}) + b"half"),
        hang(make_head(headers={"Content-Encoding": "gzip"}) + GZIPPED[:30]),
        repeat(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        repeat(make_head(headers={"Transfer-Encoding": "chunked"}) + b"0\r\n", b"X: y\r\n"),
        hang(),
    ],
    ids=["drip", "headers", "body", "gzip", "endless 100", "endless trailer", "silence"],
)
def test_a_slow_server_is_left_at_the_deadline(route: Route) -> None:
    rules = FetchRules(AGENT, allow_loopback=True, deadline=0.5)
    with HostileServer({"/": route}) as server:
        started = time.monotonic()
        assert refuse_page(server.url(), rules).cause == FetchCause.TIMEOUT
        assert time.monotonic() - started < 1.5


def test_slow_redirects_share_one_deadline() -> None:
    def later(visit: Visit) -> None:
        visit.pause(0.4)
        redirect("/")(visit)

    with HostileServer({"/": later}) as server:
        error = refuse_page(server.url(), FetchRules(AGENT, allow_loopback=True, deadline=1.0))
    assert error.cause == FetchCause.TIMEOUT


@pytest.fixture
def deaf_port() -> Iterator[int]:
    """A port whose queue is full: connecting to it neither succeeds nor fails."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        fillers = [socket.socket() for _ in range(4)]
        for filler in fillers:
            filler.setblocking(False)
            with suppress(BlockingIOError):
                filler.connect(listener.getsockname())
        yield listener.getsockname()[1]
        for filler in fillers:
            filler.close()


def test_a_peer_that_never_accepts_is_left_in_time(deaf_port: int) -> None:
    rules = FetchRules(AGENT, allow_loopback=True, connect_timeout=0.5)
    assert refuse_page(f"http://127.0.0.1:{deaf_port}/", rules).cause == FetchCause.TIMEOUT


@pytest.mark.parametrize("where", ["body", "headers", "connect"])
def test_the_stop_event_ends_a_request_at_once(where: str, deaf_port: int) -> None:
    stop = threading.Event()
    routes = {"/body": hang(make_head() + b"half"), "/headers": hang()}
    with HostileServer(routes) as server:
        url = f"http://127.0.0.1:{deaf_port}/" if where == "connect" else server.url(f"/{where}")
        timer = threading.Timer(0.3, stop.set)
        timer.start()
        started = time.monotonic()
        with pytest.raises(FetchError) as caught:
            get_page(url, FetchRules(AGENT, allow_loopback=True), stop)
        assert time.monotonic() - started < 1.3
        timer.join()
    assert caught.value.cause == FetchCause.STOPPING


def test_a_port_where_nobody_listens_is_unreachable() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        error = refuse_page(f"http://127.0.0.1:{unused.getsockname()[1]}/")
    assert error.cause == FetchCause.UNREACHABLE


def test_cookies_live_as_long_as_their_fetcher() -> None:
    with HostileServer({"/": reply(PAGE, headers={"Set-Cookie": "seen=1; Path=/"})}) as server:
        with Fetcher(LOCAL, threading.Event()) as fetcher:
            fetcher.get(server.url(), now=NOW)
            fetcher.get(server.url(), now=NOW, headers={"Referer": server.url(), "X-A": "b"})
        get_page(server.url())
    assert [visit.headers.get("cookie") for visit in server.visits] == [None, "seen=1", None]
    assert server.visits[1].headers["referer"] == server.url()


def test_a_site_that_sends_ever_more_cookies_gets_none_back() -> None:
    def send_cookie(visit: Visit) -> None:
        reply(PAGE, headers={"Set-Cookie": f"a{visit.target[1:]}={'b' * 5000}; Path=/"})(visit)

    routes = {f"/{number}": send_cookie for number in range(6)}
    with HostileServer(routes) as server, Fetcher(LOCAL, threading.Event()) as fetcher:
        for path in routes:
            fetcher.get(server.url(path), now=NOW)
    sizes = [len(visit.headers.get("cookie", "")) // 5000 for visit in server.visits]
    assert sizes == [0, 1, 2, 3, 0, 1]


def test_no_thread_and_no_socket_outlives_a_request() -> None:
    before = threading.active_count()
    with HostileServer({"/": hang(make_head() + b"half"), "/ok": reply(PAGE)}) as server:
        inside = threading.active_count()
        refuse_page(server.url(), FetchRules(AGENT, allow_loopback=True, deadline=0.2))
        get_page(server.url("/ok"))
        names = [thread.name for thread in threading.enumerate()]
        assert "fetch-watch" not in names
        assert inside >= before
    assert threading.active_count() == before


def test_only_the_named_origins_of_this_machine_may_be_asked() -> None:
    routes = {"/": reply(b"page")}
    with HostileServer(routes) as portal, HostileServer(routes) as private:
        origins = find_origins([portal.url("/list"), "no URL", "http://[::1/"])
        assert origins == {("127.0.0.1", portal.port)}
        rules = replace(LOCAL, loopback_origins=origins)
        assert get_page(portal.url(), rules).body == b"page"
        assert refuse_page(private.url(), rules).cause == FetchCause.FORBIDDEN_ADDRESS
        refused = refuse_page(f"http://localhost:{portal.port}/", rules)
        assert refused.cause == FetchCause.FORBIDDEN_ADDRESS
        assert get_page(private.url()).body == b"page"
        off = replace(rules, allow_loopback=False)
        assert refuse_page(portal.url(), off).cause == FetchCause.FORBIDDEN_ADDRESS
    assert len(private.visits) == 1


def test_no_named_origin_means_nothing_of_this_machine() -> None:
    rules = replace(LOCAL, loopback_origins=frozenset())
    with HostileServer({"/": reply(b"page")}) as server:
        assert refuse_page(server.url(), rules).cause == FetchCause.FORBIDDEN_ADDRESS


COOKIE, KEY = "JSESSIONID=S3CRET-COOKIE", "S3CRET KEY+/="
FORM = "keyword=&page=1&省=新疆".encode()


def ask(request: Request, rules: FetchRules = LOCAL, most: int | None = None) -> Capture:
    with Fetcher(rules, threading.Event()) as fetcher:
        return fetcher.ask(request, now=NOW, most=most)


def make_secret(server: HostileServer, **changes: object) -> FetchRules:
    secrets: dict[str, object] = {"cookie": COOKIE, "key": ("api_key", KEY)}
    return replace(LOCAL, **{**secrets, "home": (server.url(),), **changes})  # type: ignore[arg-type]


def hold_secrets(text: str) -> bool:
    spellings = (COOKIE, KEY, quote(KEY, safe=""), quote_plus(KEY), "S3CRET")
    return any(spelling in text for spelling in spellings)


def test_a_posted_body_arrives_byte_for_byte_with_its_headers() -> None:
    headers = (("Content-Type", "application/json"), ("X-Requested-With", "XMLHttpRequest"))
    rules = replace(LOCAL, headers={"Referer": "http://a.example/", "X-Site": "1"})
    body = '{ "a":1,\r\n\t"b": "库尔勒" }\x00'.encode()
    with HostileServer({"/list": reply(b"{}")}) as server:
        capture = ask(Request(server.url("/list?x=%20a"), "POST", body, headers), rules)
    (visit,) = server.visits
    assert (visit.method, visit.target, visit.body) == ("POST", "/list?x=%20a", body)
    assert visit.headers["content-type"] == "application/json"
    assert visit.headers["content-length"] == str(len(body))
    assert (visit.headers["referer"], visit.headers["x-site"]) == ("http://a.example/", "1")
    assert (capture.method, capture.sent) == ("POST", body)


@pytest.mark.parametrize(
    ("status", "method", "body"),
    [(301, "GET", b""), (302, "GET", b""), (303, "GET", b""), (307, "POST", FORM),
     (308, "POST", FORM)],
)  # fmt: skip
def test_a_redirected_post_goes_on_as_in_a_browser(status: int, method: str, body: bytes) -> None:
    routes = {"/list": redirect("/moved", status=status), "/moved": reply(b"{}")}
    with HostileServer(routes) as server:
        capture = ask(Request(server.url("/list"), "POST", FORM))
        assert capture.final_url == server.url("/moved")
    assert (server.visits[1].method, server.visits[1].body) == (method, body)
    assert (capture.method, capture.sent) == ("POST", FORM)


def test_a_body_of_more_than_the_rules_allow_is_taken_where_the_asker_says_so() -> None:
    with HostileServer({"/": reply(bytes(3000))}) as server:
        rules = replace(LOCAL, max_bytes=1000)
        assert len(ask(Request(server.url()), rules, most=3000).body) == 3000
        for most in (None, 2999):
            with pytest.raises(FetchError) as raised:
                ask(Request(server.url()), rules, most=most)
            assert raised.value.cause is FetchCause.TOO_LARGE


def test_secrets_reach_the_server_and_stand_nowhere_else(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    with HostileServer({"/list": reply(b"{}")}) as server:
        rules = make_secret(server)
        capture = ask(Request(server.url("/list?page=1")), rules)
    (visit,) = server.visits
    assert visit.headers["cookie"] == COOKIE
    assert parse_qsl(visit.target.partition("?")[2]) == [("page", "1"), ("api_key", KEY)]
    kept = Archive(tmp_path).keep(capture, "local")
    written = b"".join(p.read_bytes() for p in tmp_path.rglob("*.warc.gz"))
    assert not hold_secrets(gzip.decompress(written).decode("utf-8", "replace"))
    assert not hold_secrets(f"{rules!r} {kept!r} {caplog.text}")


@pytest.mark.parametrize(
    "location",
    [
        "/moved?page=2&api_key={key}",
        "/moved?api_key={key}&page=2",
        "/moved?api_key={key}",
        "/moved?page=2#{key}",
        "/moved?page=2",
    ],
)
def test_a_site_that_repeats_our_key_in_a_redirect_does_not_get_it_into_the_capture(
    location: str,
) -> None:
    for spelt in (KEY, quote(KEY, safe=""), quote_plus(KEY)):
        routes = {"/list": redirect(location.format(key=spelt)), "/moved": reply(b"{}")}
        with HostileServer(routes) as server:
            capture = ask(Request(server.url("/list")), make_secret(server))
        sent = parse_qsl(server.visits[1].target.partition("?")[2])
        assert [value for name, value in sent if name == "api_key"] == [KEY]
        assert not hold_secrets(repr(capture))


@pytest.mark.parametrize("location", ["http://other.example/?k={key}", "ftp://x/{key}", "//[{key}"])
def test_an_error_repeats_no_secret(location: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    bad = location.format(key=quote(KEY, safe=""))
    with HostileServer({"/list": redirect(bad)}) as server, pytest.raises(FetchError) as raised:
        ask(Request(server.url("/list")), make_secret(server))
    assert not hold_secrets(f"{raised.value} {raised.value!r} {caplog.text}")


@pytest.mark.parametrize("answer", [raw(b"no HTTP at all"), hang(), raw(b"")])
def test_a_failed_request_repeats_no_secret(answer: Route) -> None:
    with HostileServer({"/list": answer}) as server, pytest.raises(FetchError) as raised:
        ask(Request(server.url("/list")), make_secret(server, deadline=0.5))
    assert not hold_secrets(f"{raised.value} {raised.value!r}")


def test_another_site_gets_neither_cookie_nor_key() -> None:
    routes = {"/list": reply(b"page"), "/file.pdf": reply(b"%PDF")}
    with HostileServer(routes) as portal, HostileServer(routes) as other:
        ask(Request(other.url("/file.pdf")), make_secret(portal))
    assert (other.visits[0].headers.get("cookie"), other.paths) == (None, ["/file.pdf"])


@pytest.mark.parametrize(
    ("url", "home", "expected"),
    [
        ("https://api.portal.gov.cn/x", "https://www.portal.gov.cn/", True),
        ("http://www.portal.gov.cn/x", "https://www.portal.gov.cn/", False),
        ("https://www.portal.gov.cn/x", "http://www.portal.gov.cn/", True),
        ("https://portal.gov.cn.evil.example/", "https://www.portal.gov.cn/", False),
        ("https://other.gov.cn/x", "https://www.portal.gov.cn/", False),
        ("https://www.portal.gov.cn:8443/x", "https://www.portal.gov.cn/", True),
        ("http://127.0.0.1:81/", "http://127.0.0.1:80/", False),
        ("http://127.0.0.1:80/", "http://127.0.0.1/", True),
        ("https://user@www.portal.gov.cn/", "https://www.portal.gov.cn/", False),
    ],
)
def test_secrets_go_to_the_sources_own_site_alone(url: str, home: str, expected: bool) -> None:
    assert is_home(url, [home]) is expected
    assert not is_home(url, [])


def test_a_cookie_of_ones_own_takes_the_place_of_the_sites() -> None:
    with (
        HostileServer({"/": reply(PAGE, headers={"Set-Cookie": "seen=1; Path=/"})}) as server,
        Fetcher(make_secret(server, key=None), threading.Event()) as fetcher,
    ):
        fetcher.get(server.url(), now=NOW)
        fetcher.get(server.url(), now=NOW)
    assert [visit.headers["cookie"] for visit in server.visits] == [COOKIE, COOKIE]


def test_an_address_is_asked_as_it_stands_whatever_scheme_and_port_the_site_would_like() -> None:
    wish = {"Strict-Transport-Security": "max-age=31536000", "Upgrade": "TLS/1.2"}
    with (
        HostileServer({"/list": reply(b"page", headers=wish)}) as server,
        Fetcher(LOCAL, threading.Event()) as fetcher,
    ):
        captures = [fetcher.get(server.url("/list"), now=NOW) for _ in range(2)]
    assert [(c.final_url, c.tls) for c in captures] == [(server.url("/list"), "")] * 2
    assert {visit.headers["host"] for visit in server.visits} == {f"127.0.0.1:{server.port}"}
