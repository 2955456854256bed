"""Read a simulated site through its portal without a network: requests in, captures out."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from monitor.models import Capture, Listing, Notice, Request, Span
from monitor.portals.base import ListPage, Portal
from tests.portals.captures import NOW
from tests.portals.sites.base import NOON, Asked, Site

BASE = "https://site.example"
DAY = Span(NOON - timedelta(hours=24), NOON)
DROP = "take it away"
STRANGE: list[Any] = [DROP, None, [], {}, "", "null", "Ω<b", 7, -1, 1e308, True, [None], [["x"]]]


def ask_site(site: Site, request: Request) -> Capture:
    """Return the answer of a site to a request."""
    parts = urlsplit(request.url)
    query = {k: v[0] for k, v in parse_qs(parts.query, keep_blank_values=True).items()}
    asked = Asked(request.method, parts.path, query, request.body, dict(request.headers))
    answer = site.reply(asked)
    headers = (("Content-Type", answer.content_type), *answer.headers)
    return Capture(
        request.url, request.url, NOW, answer.status, headers, answer.body,
        hashlib.sha256(answer.body).hexdigest(), method=request.method, sent=request.body,
    )  # fmt: skip


@dataclass
class Reading:
    """What the lists of a site gave."""

    pages: list[ListPage] = field(default_factory=list)
    rows: dict[str, tuple[Listing, Capture]] = field(default_factory=dict)

    def kinds(self) -> set[str]:
        """Return the kinds of issues that the pages have."""
        return {issue.kind for page in self.pages for issue in page.issues}


def read_site(portal: Portal, site: Site, span: Span = DAY, most: int = 200) -> Reading:
    """Read all lists of a site, whole; a refusal or more than `most` pages fails."""
    reading, waiting = Reading(), deque(portal.ask_lists(span))
    while waiting:
        assert len(reading.pages) < most, "the lists have no end"
        capture = ask_site(site, waiting.popleft())
        assert portal.refused(capture) is None
        page = portal.read_listing(capture)
        reading.pages.append(page)
        waiting.extend(page.lists)
        if not page.lists:
            reading.rows |= {row.listing_id: (row, capture) for row in page.listings}
            waiting.extend([page.next] if page.next else [])
    return reading


def open_row(portal: Portal, site: Site, listing: Listing, capture: Capture) -> Notice:
    """Return the notice of a row, of its list's answer where that holds it whole."""
    found = capture if listing.content else ask_site(site, portal.ask_notice(listing))
    assert portal.refused(found) is None
    return portal.read_notice(found, listing)


def list_places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the paths of all members of a JSON value."""
    inner: Any = ()
    if isinstance(value, dict):
        inner = value.items()
    elif isinstance(value, list):
        inner = enumerate(value)
    deeper = [place for key, one in inner for place in list_places(one, (*path, key))]
    return [path, *deeper] if path else deeper


def damage_json(value: Any, changes: Sequence[tuple[tuple[Any, ...], Any]]) -> Any:
    """Return a JSON value with other things at some of its places, as far as these still exist."""
    for path, new in changes:
        try:
            value = _put_at(value, path, new)
        except (KeyError, IndexError, TypeError):
            continue
    return value


def _put_at(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    key, *rest = path
    copy = dict(value) if isinstance(value, dict) else list(value)
    if rest:
        copy[key] = _put_at(copy[key], tuple(rest), new)
    elif new == DROP:
        del copy[key]
    else:
        copy[key] = new
    return copy
