"""Answers made to do harm, each of them what one source gets: of a list, a notice or a file."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import MappingProxyType

from monitor.sample.notices import Publication
from monitor.sample.pages import render_detail, render_list
from tests.documents.bombs import HOSTILE
from tests.kit.house import make_award, make_chairs
from tests.kit.rawserver import (
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

LIST = "/cggg/dfgg/"
MEGABYTE = 1_000_000
Body = Callable[[], bytes]
Routes = Callable[[], dict[str, Route]]
_NOTHING: Mapping[str, object] = MappingProxyType({})
_JSON = {"rows": "rows", "total": "total", "id": "id", "title": "title", "date": "date",
         "url": "url"}  # fmt: skip


@dataclass(frozen=True)
class Enemy:
    """What one source is answered; `reads` is how many of its answers may cost a whole reading."""

    name: str
    routes: Routes = field(repr=False)
    portal: str = "ccgp"
    stanza: Mapping[str, object] = field(default_factory=lambda: _NOTHING)
    reads: int = 0
    waits: int = 1
    """How many of its answers may take the whole deadline."""


def list_enemies() -> tuple[Enemy, ...]:
    """Return all enemies; the short form takes every n-th of them."""
    return (*_TRANSFERS, *_PAGES, *_FEEDS, *_ANSWERS, *_NOTICES, *_FILES)


# Transfers ---------------------------------------------------------------------------------------


def _show() -> bytes:
    return render_list([Publication(make_award(1), datetime.now(UTC))], 0, 1).encode()


def _transfer(name: str, route: Callable[[], Route], waits: int = 1) -> Enemy:
    return Enemy(name, lambda: {LIST: route()}, waits=waits)


def _coded(coding: str, body: Body) -> Callable[[], Route]:
    return lambda: reply(body(), headers={"Content-Encoding": coding})


def _chunked(tail: bytes) -> Callable[[], Route]:
    head = make_head(headers={"Transfer-Encoding": "chunked"})
    return lambda: raw(head + b"%x\r\n%s\r\n" % (len(_show()), _show()) + tail)


def _cut(share: float) -> Callable[[], Route]:
    def make() -> Route:
        packed = gzip.compress(_show())
        return raw(
            make_head(headers={"Content-Encoding": "gzip"}) + packed[: int(len(packed) * share)]
        )

    return make


def _hop() -> Route:
    def answer(visit: Visit) -> None:
        number = int(visit.target.partition("?")[2] or 0)
        visit.send(make_head(302, {"Location": f"{LIST}?{number + 1}"}))

    return answer


def _lie() -> Route:
    """Say that nothing has changed to whoever did not ask."""
    return reply(b"", status=304)


_TRANSFERS = (
    _transfer("gzip bomb", _coded("gzip", lambda: make_bomb(256))),
    _transfer("gzip bomb in gzip", _coded("gzip, gzip", lambda: gzip.compress(make_bomb(256)))),
    _transfer("deflate bomb", _coded("deflate", lambda: zlib.compress(bytes(200 * MEGABYTE), 9))),
    _transfer("brotli", _coded("br", lambda: b"\x8b\x0f\x00\x80" * 1000)),
    _transfer("zstd", _coded("zstd", lambda: b"\x28\xb5\x2f\xfd" * 1000)),
    _transfer("ten codings", _coded(", ".join(["gzip"] * 10), lambda: make_bomb(1))),
    _transfer("endless body", lambda: repeat(make_head(), b"<li>row</li>" * 5000)),
    _transfer("endless chunks", lambda: repeat(
        make_head(headers={"Transfer-Encoding": "chunked"}), b"1000\r\n" + b"x" * 4096 + b"\r\n")),
    _transfer("length of a terabyte", lambda: raw(
        make_head(headers={"Content-Length": str(10**12)}) + b"<html>")),
    _transfer("negative length", lambda: raw(make_head(headers={"Content-Length": "-1"}) + b"x")),
    _transfer("no answer", hang),
    _transfer("slow headers", lambda: drip(make_head() + b"x" * 1000, 0.3)),
    _transfer("slow body", lambda: drip(make_head() + _show(), 0.05)),
    _transfer("body that stops", lambda: hang(
        make_head(headers={"Content-Length": "5000"}) + b"<html>")),
    _transfer("closed at once", lambda: raw(b"")),
    _transfer("cut in the status", lambda: raw(b"HTTP/1.1 20")),
    _transfer("cut in the headers", lambda: raw(b"HTTP/1.1 200 OK\r\nContent-Le")),
    _transfer("cut below the length", lambda: raw(
        make_head(headers={"Content-Length": "90000"}) + _show())),
    *(_transfer(f"gzip cut at {share:.0%}", _cut(share)) for share in (0.0, 0.1, 0.5, 0.9, 0.999)),
    _transfer("chunks without an end", _chunked(b"")),
    _transfer("broken chunk size", _chunked(b"zz\r\n")),
    _transfer("chunk of 16 exabytes", _chunked(b"ffffffffffffffff\r\nx")),
    _transfer("200,000 headers", lambda: raw(
        b"HTTP/1.1 200 OK\r\n" + b"X-A: b\r\n" * 200_000 + b"\r\n")),
    _transfer("header of 8 MB", lambda: raw(
        b"HTTP/1.1 200 OK\r\nX-A: " + b"b" * 8 * MEGABYTE + b"\r\n\r\n")),
    _transfer("cookies of 8 MB", lambda: raw(
        b"HTTP/1.1 200 OK\r\n"
        + b"".join(b"Set-Cookie: a%d=%s\r\n" % (n, b"c" * 60_000) for n in range(130)) + b"\r\n")),
    _transfer("header without a name", lambda: raw(b"HTTP/1.1 200 OK\r\n: b\r\nbroken\r\n\r\nx")),
    _transfer("not HTTP", lambda: raw(b"\x00\xff" * 5000)),
    _transfer("redirect to itself", lambda: redirect(LIST)),
    _transfer("30 hops", _hop),
    *(_transfer(f"redirect to {to.partition(':')[0]}", lambda to=to: redirect(to))  # type: ignore[misc]
      for to in ("file:///etc/passwd", "ftp://127.0.0.1/", "javascript:alert(1)", "data:,x")),
    _transfer("redirect inside", lambda: redirect("http://169.254.169.254/latest/")),
    _transfer("redirect with an endless body", lambda: redirect("/gone", repeat(b"", b"x" * 9999))),
    _transfer("nothing new to who did not ask", _lie),
    _transfer("empty", lambda: reply(b""), waits=2),
    Enemy("robots.txt of 10 MB", lambda: {
        LIST: reply(_show()), "/robots.txt": reply(b"Disallow: /a*b*c\n" * 600_000)}),
    Enemy("robots.txt that hangs", lambda: {LIST: reply(_show()), "/robots.txt": hang()}, waits=2),
)  # fmt: skip


# Lists that are pages ----------------------------------------------------------------------------


def _page(name: str, body: Body, portal: str = "ccgp", **stanza: object) -> Enemy:
    return Enemy(name, lambda: {LIST: reply(body())}, portal, stanza, reads=2)


def _rows(number: int, title: str = "样例市公安局监控硬盘采购项目") -> bytes:
    rows = "".join(
        f'<li><a href="/n/{n}.htm" title="{title}">{title}</a><em>2026-11-22 10:00</em></li>'
        for n in range(number)
    )
    return f"<html><body><ul class='c_list_bid'>{rows}</ul></body></html>".encode()


def _endless() -> dict[str, Route]:
    """Show another page behind every page."""

    def answer(visit: Visit) -> None:
        number = int(visit.target.partition("?")[2] or 0)
        row = f'<li><a href="/n/{number}.htm">样例采购{number}</a> 2026-11-22</li>'
        body = f'<html><ul>{row}</ul><a class="next" href="{LIST}?{number + 1}">下一页</a></html>'
        reply(body.encode())(visit)

    return {LIST: answer}


def _flip() -> dict[str, Route]:
    """Give every row another address on every visit."""
    visits: Iterator[int] = iter(range(10**9))

    def answer(visit: Visit) -> None:
        start = next(visits) * 30
        rows = "".join(
            f'<li><a href="/n/{start + n}.htm">样例采购项目公告第{n}号</a> 2026-11-22</li>'
            for n in range(30)
        )
        reply(f"<html><ul>{rows}</ul></html>".encode())(visit)

    return {LIST: answer}


_LINKS: dict[str, object] = {"row": {"row": "li"}}
_PAGES = (
    _page("100,000 nested tags", lambda: b"<div>" * 100_000),
    _page("100,000 nested tables", lambda: b"<table><tr><td>" * 100_000),
    _page("100,000 <!", lambda: b"<!" * 100_000),
    _page("100,000 <? and <![CDATA[", lambda: b"<?a <![CDATA[" * 100_000),
    _page("7 MB of <", lambda: b"<" * 7 * MEGABYTE),
    _page("7 MB of open attributes", lambda: b"<a b='" * (7 * MEGABYTE // 6)),
    _page("one tag with a million attributes", lambda: b"<p " + b" ".join(
        b"a%d=1" % n for n in range(700_000)) + b">"),
    _page("8 MB of links", lambda: b"<li><a href='/a.htm'>b</a></li>" * 260_000, "linklist",
          **_LINKS),
    _page("20 MB of links", lambda: b"<li><a href='/a.htm'>b</a></li>" * 700_000, "linklist",
          **_LINKS),
    _page("20,000 rows", lambda: _rows(20_000), "linklist", open="none", **_LINKS),
    _page("a row that stands 500 times", lambda: _rows(1) * 500, "linklist", **_LINKS),
    _page("a title of 5 MB", lambda: _rows(1, "安" * 1_600_000), "linklist", **_LINKS),
    _page("7 MB of entities", lambda: b"&amp;&#x5b89;" * 600_000),
    _page("zero bytes", lambda: _show().replace("采购".encode(), b"\0\0")),
    _page("bytes of no charset", lambda: b"\xff\xfe\x81" * 100_000),
    _page("labelled GB 2312, is UTF-16", lambda: _show().decode().encode("utf-16")),
    _page("labelled UTF-8, is GBK", lambda: _show().decode().encode("gbk")),
    _page("UTF-7 that hides a script", lambda: b"+ADw-script+AD4-" * 10_000),
    _page("a block page", lambda: "<title>访问验证</title><body>请完成验证</body>".encode()),
    _page("a list without rows", lambda: render_list([], 0, 1).encode()),
    _page("a pager of 10**30 pages", lambda: render_list(
        [Publication(make_award(1), datetime.now(UTC))], 0, 10**30).encode()),
    _page("JSON in place of a page", lambda: b'{"a": ' * 100_000),
    _page("PDF in place of a page", lambda: b"%PDF-1.4" + bytes(MEGABYTE)),
    Enemy("a pager without end", _endless, "linklist", {
        "row": {"row": "li", "next": "a.next"}, "pages": 20}, reads=1),
    Enemy("rows with new addresses each time", _flip, "linklist", {
        **_LINKS, "every": "2s"}, reads=1),
)  # fmt: skip


# Feeds -------------------------------------------------------------------------------------------


def _feed(name: str, body: Body) -> Enemy:
    return _page(name, body, "feed")


def _rss(items: str, head: str = "") -> bytes:
    return (
        f'<?xml version="1.0"?>{head}<rss version="2.0"><channel>{items}</channel></rss>'.encode()
    )


def _laughs() -> bytes:
    lines = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    return _rss("<item><title>&l9;</title></item>", f'<!DOCTYPE r [<!ENTITY l0 "lol">{lines}]>')


_XXE = '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
_FEEDS = (
    _feed("an author made for backtracking", lambda: _rss(
        f"<item><link>http://a.example/</link><author>{'a.' * 8000}</author></item>")),
    _feed("many authors made for backtracking", lambda: _rss("".join(
        f"<item><link>http://a.example/{n}</link><author>{'a.' * 8000}</author></item>"
        for n in range(20)))),
    _feed("billion laughs", _laughs),
    _feed("quadratic blow-up", lambda: _rss(
        f"<item><title>{'&a;' * 50_000}</title></item>",
        f'<!DOCTYPE r [<!ENTITY a "{"a" * 50_000}">]>')),
    _feed("entity of a file", lambda: _rss("<item><title>&x;</title></item>", _XXE)),
    _feed("100,000 nested items", lambda: _rss("<item>" * 100_000)),
    _feed("100,000 entries", lambda: _rss("<item><link>http://a/</link></item>" * 100_000)),
    _feed("a feed cut short", lambda: _rss("<item><title>甲</title>")[:-20]),
    _feed("HTML in place of a feed", lambda: b"<html><body>error</body></html>"),
    _feed("an entry with 5 MB of markup", lambda: _rss(
        f"<item><link>http://a.example/</link><description>{'&lt;b&gt;' * 500_000}"
        "</description></item>")),
)  # fmt: skip


# JSON --------------------------------------------------------------------------------------------


def _answer(name: str, body: Body, **stanza: object) -> Enemy:
    return _page(name, body, "jsonlist", jsonlist=_JSON, **stanza)


def _json_rows(number: int, **changes: object) -> bytes:
    row = {"title": "样例采购", "date": "2026-11-22", "url": "/n.htm"}
    rows = [{"id": str(n), **row, **changes} for n in range(number)]
    return json.dumps({"rows": rows, "total": number}).encode()


_ANSWERS = (
    _answer("JSON 100,000 deep", lambda: b"[" * 100_000),
    _answer("JSON objects 100,000 deep", lambda: b'{"rows":' * 100_000),
    _answer("a number of a million digits", lambda: b'{"rows": [], "total": ' + b"9" * MEGABYTE),
    _answer("numbers without end", lambda: _json_rows(3, id=1e308).replace(b"1e+308", b"1e9999")),
    _answer("half a character", lambda: _json_rows(3, title="\ud800公安局")),
    _answer("zero characters", lambda: _json_rows(3, title="公安\0局")),
    # Keeping them takes longer than reading them.
    replace(_answer("60,000 rows", lambda: _json_rows(60_000), open="none"), reads=6),
    _answer("a million empty lists", lambda: b'{"rows": [' + b"[]," * MEGABYTE + b"[]]}"),
    _answer("years beyond the calendar", lambda: _json_rows(3, date="99999-99-99")),
)


# Notices and files -------------------------------------------------------------------------------


def _notice(name: str, body: Body) -> Enemy:
    def make() -> dict[str, Route]:
        shown = Publication(make_award(1), datetime.now(UTC))
        return {LIST: reply(render_list([shown], 0, 1).encode()), shown.path: reply(body())}

    return Enemy(name, make, reads=3)


def _within(inner: str) -> Body:
    shown = Publication(make_award(1), datetime.now(UTC))
    return lambda: render_detail(shown).replace("</body>", f"{inner}</body>").encode()


_NOTICES = (
    _notice("notice of 7 MB of cells", lambda: b"<table>" + b"<tr><td>a</td></tr>" * 350_000),
    _notice("notice with a table in a table in a table", lambda: b"<table><tr><td>" * 50_000),
    _notice("notice of 7 MB in one line", lambda: "采购".encode() * 1_150_000),
    _notice("notice of 2 MB of labels", lambda: "采购人：样例市公安局<br>".encode() * 60_000),
    _notice("notice of 5 MB of sums", lambda: b"<p>1,234,567.89</p>" * 260_000),
    _notice("notice with 50,000 links", _within("<a href='/a.pdf'>附件.pdf</a>" * 50_000)),
    _notice("notice with 100,000 rowspans", _within(
        "<table>" + "<tr><td rowspan=9999 colspan=9999>a</td></tr>" * 10_000 + "</table>")),
    _notice("empty notice", lambda: b"<html></html>"),
)  # fmt: skip


def _file(name: str, body: Body) -> Enemy:
    def make() -> dict[str, Route]:
        shown = Publication(make_award(1, attachments=("附件.pdf",)), datetime.now(UTC))
        detail = reply(render_detail(shown).encode())
        file = reply(body(), headers={"Content-Type": "application/pdf"})
        page = reply(render_list([shown], 0, 1).encode())
        return {LIST: page, shown.path: detail, f"/oss/{shown.notice.id}-1.pdf": file}

    return Enemy(f"file: {name}", make, reads=4)


_FILES = (
    *(_file(one.title, one.make) for one in HOSTILE[:: max(1, len(HOSTILE) // 12)]),
    _file("30 MB of <", lambda: b"<" * 30 * MEGABYTE),
    _file("30 MB of {", lambda: b'{"a":' * (6 * MEGABYTE)),
)


def serve_healthy() -> dict[str, Route]:
    """Return what the healthy neighbour answers: a list of chairs."""
    shown = [Publication(make_chairs(n), datetime.now(UTC)) for n in range(1, 11)]
    return {LIST: reply(render_list(shown, 0, 1).encode())}
