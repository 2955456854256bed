"""A simulated site read as a round reads it: over a real connection, list by list, page by page."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

from monitor.models import Capture, Issue, Listing, Request, Span
from monitor.portals import PORTALS
from monitor.portals.base import ListPage, Portal
from monitor.stanzas import SourceConfig
from monitor.web.fetch import Fetcher
from tests.kit.fetching import LOCAL, NOW
from tests.portals.sites.base import Site

_MOST = 60


@dataclass
class Walked:
    """The pages of all lists in the order of their reading, with what they were read from."""

    pages: list[ListPage] = field(default_factory=list)
    captures: list[Capture] = field(default_factory=list)

    @property
    def rows(self) -> list[Listing]:
        """All rows."""
        return [row for page in self.pages for row in page.listings]

    @property
    def issues(self) -> list[Issue]:
        """All issues."""
        return [issue for page in self.pages for issue in page.issues]


def make_portal(site: Site, base_url: str, **changes: Any) -> Portal:
    """Return the portal of a site's stanza."""
    stanza = site.stanza(base_url) | changes
    return PORTALS[site.portal](SourceConfig(portal=site.portal, **stanza))


def ask_site(request: Request) -> Capture:
    """Return the answer of a site on this machine."""
    with Fetcher(LOCAL, threading.Event()) as fetcher:
        return fetcher.ask(request, now=NOW)


def walk_lists(portal: Portal, span: Span) -> Walked:
    """Return all pages of all lists; a refusal fails, and so does a list without an end."""
    walked, waiting = Walked(), list(portal.ask_lists(span))
    while waiting:
        assert len(walked.pages) < _MOST, "the lists have no end"
        capture = ask_site(waiting.pop(0))
        assert portal.refused(capture) is None, capture.body[:200]
        page = portal.read_listing(capture)
        waiting = [*page.lists, *filter(None, [page.next]), *waiting]
        walked.pages.append(page)
        walked.captures.append(capture)
    return walked
