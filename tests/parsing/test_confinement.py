from __future__ import annotations

import hashlib
import threading
from datetime import UTC, datetime

import pytest

from monitor.errors import LayoutError
from monitor.models import Capture, Listing, SourceState, Span
from monitor.parsing.confinement import ConfinedPortal, PageLimits
from monitor.parsing.wire import PageError
from monitor.portals import PORTALS
from monitor.portals.refusals import find_refusal
from monitor.sample.notices import Publication
from monitor.sample.pages import render_detail, render_list
from monitor.stanzas import SourceConfig
from tests.kit.house import START, make_award
from tests.portals.shipped import load_sources

URL = "http://portal.example/cggg/dfgg/"
CCGP = SourceConfig(portal="ccgp", lists=[URL], region="样例省", every=7200)
FEED = SourceConfig(portal="feed", lists=[URL])
ROW = Publication(make_award(1), START)
LIST, DETAIL = render_list([ROW], 0, 2).encode(), render_detail(ROW).encode()
NOW = datetime(2026, 11, 22, 4, 5, 6, tzinfo=UTC)


def capture(body: bytes, url: str = URL, status: int = 200) -> Capture:
    headers = (("Content-Type", "text/html"),)
    return Capture(url, url, NOW, status, headers, body, hashlib.sha256(body).hexdigest())


def confine(source: SourceConfig, **limits: float) -> ConfinedPortal:
    return ConfinedPortal(source, threading.Event(), PageLimits(**limits))


def test_a_confined_portal_reads_what_the_portal_reads() -> None:
    portal, confined = PORTALS["ccgp"](CCGP), confine(CCGP)
    page = confined.read_listing(capture(LIST))
    assert page == portal.read_listing(capture(LIST))
    (row,) = page.listings
    detail = capture(DETAIL, row.url)
    notice = confined.read_notice(detail, row)
    assert notice == portal.read_notice(detail, row)
    assert notice.items
    assert confined.refused(detail) is None


def test_it_asks_as_the_portal_does() -> None:
    portal, confined = PORTALS["ccgp"](CCGP), confine(CCGP)
    span, row = Span(NOW, NOW), Listing("1", URL, "公告")
    assert confined.ask_lists(span) == portal.ask_lists(span)
    assert confined.ask_notice(row) == portal.ask_notice(row)
    assert confined.lists_only == portal.lists_only


@pytest.mark.parametrize(
    "body", ["<title>访问验证</title><body>请完成验证</body>", "", "<html><body>", "{}"]
)
@pytest.mark.parametrize("status", [200, 403, 500])
def test_it_refuses_what_the_portal_refuses(body: str, status: int) -> None:
    answer, confined = capture(body.encode(), status=status), confine(CCGP)
    assert confined.refused(answer) == PORTALS["ccgp"](CCGP).refused(answer)
    assert confined.refused_file(answer) == find_refusal(answer)


def test_a_layout_that_the_portal_does_not_know_is_said_the_same() -> None:
    answer = capture(b"<html><body>nothing</body></html>")
    with pytest.raises(LayoutError) as here:
        PORTALS["ccgp"](CCGP).read_listing(answer)
    with pytest.raises(LayoutError) as there:
        confine(CCGP).read_listing(answer)
    assert (type(there.value), str(there.value)) == (LayoutError, str(here.value))


def test_every_shipped_source_is_the_same_portal_elsewhere() -> None:
    answer = capture(b"\xff", status=500)
    for source in load_sources().values():
        refusal = ConfinedPortal(source, threading.Event()).refused(answer)
        assert refusal is not None
        assert refusal.state is SourceState.UNREACHABLE


def test_no_secret_goes_to_a_worker() -> None:
    secret = "hidden"
    changes = {"proxy": f"http://me:{secret}@a.example", "headers": {"X": secret}, "sign": secret}
    source = CCGP.model_copy(update=changes)
    assert secret not in ConfinedPortal(source, threading.Event())._stanza


def _make_feed(author: str, entries: int) -> bytes:
    entry = f"<item><link>http://a.example/</link><author>{author}</author></item>"
    return f'<rss version="2.0"><channel>{entry * entries}</channel></rss>'.encode()


def test_a_feed_made_for_backtracking_costs_its_worker_and_nothing_else() -> None:
    confined = confine(FEED, cpu=0.5)
    with pytest.raises(PageError, match=r"page costs more than 0\.5 s to read") as caught:
        confined.read_listing(capture(_make_feed("a." * 8000, 20)))
    assert caught.value.costly
    assert len(confined.read_listing(capture(_make_feed("甲", 2))).listings) == 2


def test_a_page_that_takes_too_long_on_the_wall_costs_its_worker_and_nothing_else() -> None:
    confined = confine(FEED, wall=0.5)
    with pytest.raises(PageError, match=r"page takes more than 0\.5 s to read"):
        confined.read_listing(capture(_make_feed("a." * 8000, 20)))


@pytest.mark.parametrize(
    ("source", "body"),
    [
        (CCGP, b"<div>" * 100_000),
        (CCGP, b"<table><tr><td>" * 100_000),
        (CCGP, b"<" * 1_000_000),
        (FEED, b"<!" * 100_000),
        (FEED, b"[" * 1_000_000),
    ],
    ids=["nested tags", "nested tables", "open tags", "declarations", "brackets"],
)
def test_a_harmful_page_is_read_or_a_typed_error(source: SourceConfig, body: bytes) -> None:
    with pytest.raises(LayoutError):
        confine(source, cpu=0.5).read_listing(capture(body))
    assert confine(CCGP).read_listing(capture(LIST)).listings
