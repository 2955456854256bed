"""What is fuzzed: a function from any bytes, which may raise typed errors and nothing else.

Each target has seeds, true to what portals send and people write, to begin from.
"""

from __future__ import annotations

import hashlib
import re
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from monitor.alerting.render import render_alert, render_digest, render_self
from monitor.config import ConfigFile
from monitor.errors import MonitorError
from monitor.models import Capture, Document, Item, Listing, Request, Span
from monitor.polling.poll import make_span
from monitor.portals import PORTALS
from monitor.portals.base import Portal
from monitor.portals.saved import read_saved
from monitor.sample.notices import Publication, load_notices
from monitor.sample.pages import render_detail
from monitor.screening.watchlist import load_watchlists
from monitor.stanzas import SourceConfig
from monitor.text.charset import decode_page
from monitor.text.dates import read_date
from monitor.text.money import read_money, read_quantity
from monitor.yamlfile import load_yaml
from tests.alerting.samples import MATCH, NOTICE, make_content
from tests.portals.sites.all import SITES
from tests.portals.sites.base import Asked, Site, make_facts

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
_ADDRESS = "http://127.0.0.1:9"
_SAMPLES = 6
# What a chat, a mailer or a terminal would act on.
_ACTIVE = re.compile(r"[@<>`\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]")
_OUR_HOST = "portal.example"


@dataclass(frozen=True)
class Target:
    """A thing to fuzz and what to begin from."""

    check: Callable[[bytes], None]
    seeds: Callable[[], list[bytes]]


class WrongOutputError(Exception):
    """An output that must never be, whatever the input was."""


def check_charset(data: bytes) -> None:
    """Decode a page with a label of its own choice."""
    label, _, body = data.partition(b"\n")
    decode_page(body, label.decode("latin-1"))


def check_list(data: bytes) -> None:
    """Read a list of the portal that the first byte names, or see that it is none."""
    portals = list_portals()
    portal, _ = portals[data[0] % len(portals) if data else 0]
    capture = _make_capture(Request(_ADDRESS + "/"), data[1:])
    if portal.refused(capture) is None:
        portal.read_listing(capture)


def check_notice(data: bytes) -> None:
    """Read a notice of the portal that the first byte names."""
    portals = list_portals()
    portal, _ = portals[data[0] % len(portals) if data else 0]
    listing = Listing("1", _ADDRESS + "/1.html", "样例市公安局视频存储扩容项目中标公告")
    portal.read_notice(_make_capture(Request(listing.url), data[1:]), listing)


def check_fields(data: bytes) -> None:
    """Read a saved page, as `screen` does."""
    read_saved(data, {"title": "样例市公安局采购项目中标公告"})


def check_dates(data: bytes) -> None:
    """Read a date; what is read lies in years that a portal may mean."""
    found = read_date(data.decode("utf-8", "replace"))
    if found is not None and not 1900 <= found.at.year <= 2200:
        raise WrongOutputError(f"the year {found.at.year}")


def check_money(data: bytes) -> None:
    """Read an amount and a quantity; neither is negative, infinite or no number."""
    text = data.decode("utf-8", "replace")
    value, (number, _) = read_money(text), read_quantity(text)
    for amount in (value.amount if value else None, number):
        if amount is not None and not 0 <= amount < float("inf"):
            raise WrongOutputError(f"the amount {amount}")


def check_yaml(data: bytes) -> None:
    """Load a configuration or a watchlist, by the first byte."""
    if data[:1] < b"\x80":
        (_scratch() / "fuzzed.yaml").write_bytes(data[1:])
        load_watchlists(_scratch())
    else:
        path = _scratch() / "config.yml"
        path.write_bytes(data[1:])
        load_yaml(path, ConfigFile)


def check_rendering(data: bytes) -> None:
    """Write messages of hostile words; nothing in them may act, nor lead anywhere else."""
    text = data.decode("utf-8", "replace")
    parts = [text, text[::2], text[1::2]]
    notice = replace(
        NOTICE, title=parts[0], buyer=parts[1], project_number=parts[2], url=parts[0],
        suppliers=(parts[2],), items=(Item(parts[0], parts[1], parts[2]),),
        documents=(Document(parts[1], parts[0], False, parts[2]),),
    )  # fmt: skip
    hits = tuple(replace(hit, quote=parts[0], why=parts[1]) for hit in MATCH.hits)
    content = make_content(notice, replace(MATCH, hits=hits))
    messages = [
        render_alert(content),
        render_digest([content, content], parts[2]),
        render_self({"subject": parts[0], "body": "a line\nof our own"}),
    ]
    for message in messages:
        for line in [message.subject, *message.body.splitlines()]:
            _check_line(line)


def _check_line(line: str) -> None:
    if line.lstrip().startswith(("Link:", "http")):
        return  # the one address of the notice, percent-encoded
    if found := _ACTIVE.search(line):
        raise WrongOutputError(f"{found[0]!r} in {line[:80]!r}")
    if re.search(r"(?:https?|ftp|\b(?:javascript|data)):(?=[\w/\\.])", line, re.IGNORECASE):
        raise WrongOutputError(f"an address in {line[:80]!r}")


@cache
def _scratch() -> Path:
    return Path(tempfile.mkdtemp(prefix="fuzz-"))


@cache
def list_portals() -> list[tuple[Portal, list[bytes]]]:
    """Return a portal for each simulated site, with true answers of its lists and notices."""
    found = []
    for kind in SITES.values():
        site = kind(facts=make_facts(4))
        site.base_url = _ADDRESS
        stanza = {"portal": site.portal, "allow_loopback": True, **site.stanza(_ADDRESS)}
        portal = PORTALS[site.portal](SourceConfig.model_validate(stanza))
        found.append((portal, list(_list_answers(portal, site))))
    return found


def _list_answers(portal: Portal, site: Site) -> Iterator[bytes]:
    span = Span(make_span(NOW).since, NOW)
    for request in portal.ask_lists(span)[:1]:
        body = _reply(site, request)
        yield body
        try:
            rows = portal.read_listing(_make_capture(request, body)).listings
        except MonitorError:
            return
        for row in rows[:1]:
            if not row.content:
                yield _reply(site, portal.ask_notice(row))


def _reply(site: Site, request: Request) -> bytes:
    parts = urlsplit(request.url)
    query = {k: v[0] for k, v in parse_qs(parts.query, keep_blank_values=True).items()}
    headers = dict(request.headers)
    asked = Asked(request.method, unquote(parts.path), query, request.body, headers)
    return site.reply(asked).body


def _make_capture(request: Request, body: bytes) -> Capture:
    kind = "application/json" if body[:1] in (b"{", b"[") else "text/html"
    return Capture(
        request.url, request.url, NOW, 200, (("Content-Type", kind),), body,
        hashlib.sha256(body).hexdigest(), method=request.method, sent=request.body,
    )  # fmt: skip


def _seed_portals() -> list[bytes]:
    return [
        bytes([number]) + body
        for number, (_, bodies) in enumerate(list_portals())
        for body in bodies
    ]


@cache
def _seed_pages() -> list[bytes]:
    pages = [render_detail(Publication(one, NOW)).encode() for one in load_notices()[:_SAMPLES]]
    return [*pages, *(page.decode().encode("gb18030") for page in pages[:2])]


def _seed_charsets() -> list[bytes]:
    labels = (b"text/html; charset=gb2312", b"text/html", b"text/html; charset=utf-8", b"big5")
    return [label + b"\n" + page for label in labels for page in _seed_pages()[-3:]]


def _seed_texts(*texts: str) -> Callable[[], list[bytes]]:
    return lambda: [text.encode() for text in texts]


def _seed_yaml() -> list[bytes]:
    root = Path(__file__).parents[2]
    config = (root / "config.yaml").read_bytes()
    brands = (root / "watchlists" / "brands.yaml").read_bytes()
    return [b"\xff" + config, b"\x00" + brands[:4000], b"\x00brands: []\n", b"\xffreceivers: {}\n"]


TARGETS: dict[str, Target] = {
    "charset": Target(check_charset, _seed_charsets),
    "list": Target(check_list, _seed_portals),
    "notice": Target(check_notice, _seed_portals),
    "fields": Target(check_fields, _seed_pages),
    "dates": Target(
        check_dates,
        _seed_texts("2025年6月27日 17:52", "二〇二五年六月二十七日", "2025-06-27T17:52:00+08:00",
                    "06/27/2025", "1751017920000", "23:59:60", "2024-02-30"),
    ),
    "money": Target(
        check_money,
        _seed_texts("569,800.00元", "伍拾陆万玖仟捌佰元整", "56.98万元（人民币）", "1.2e3",
                    "壹亿零叁万元", "48块", "￥１２３．４５"),
    ),
    "yaml": Target(check_yaml, _seed_yaml),
    "rendering": Target(
        check_rendering,
        _seed_texts("@everyone <@&1> [官网](http://evil.example)", "=HYPERLINK(\"http://x\")",
                    "\u202e\x1b[31m<script>", "javascript:alert(1)", f"https://{_OUR_HOST}/a?b=c"),
    ),
}  # fmt: skip
