"""What every portal can do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urljoin, urlsplit

from monitor.models import Capture, Issue, Listing, Notice, Request, Span
from monitor.portals.refusals import Refusal
from monitor.stanzas import SourceConfig


@dataclass(frozen=True)
class ListPage:
    """The listings of one response, and where the list goes on.

    `next` asks for the next page, None at the end. `pages` and `total` are the list's own counts
    of pages and rows, None where it has none. `span` is what the request limited the rows to.
    `lists` are lists that this answer names or must be cut into: they are read in its place, and
    an answer that has them needs no rows. `withheld` says why the list shows less than there is.
    """

    listings: tuple[Listing, ...]
    next: Request | None = None
    pages: int | None = None
    total: int | None = None
    span: Span | None = None
    lists: tuple[Request, ...] = ()
    withheld: str = ""
    issues: tuple[Issue, ...] = ()


class Portal(Protocol):
    """Code that can read one website platform or feed format; pure, given bytes."""

    lists_only: bool
    """Whether rows are recorded and no notice can be opened."""

    def __init__(self, source: SourceConfig) -> None: ...

    def ask_lists(self, span: Span) -> tuple[Request, ...]:
        """Return what asks for the first page of each list.

        Where a platform can limit its rows by day, the lists are cut so that each is well below
        what the site shows, newest first; others begin at their newest row whatever the span.
        """

    def ask_notice(self, listing: Listing) -> Request:
        """Return what asks for a notice; `listing.url` stays its address for people."""

    def refused(self, capture: Capture) -> Refusal | None:
        """Return why a response is no answer, or None."""

    def read_listing(self, capture: Capture) -> ListPage:
        """Return the listings of a list response; raise LayoutError without its anchors."""

    def read_notice(self, capture: Capture, listing: Listing) -> Notice:
        """Return the notice of a detail response; raise LayoutError without its anchors."""


class PlainPortal:
    """A portal whose lists are the addresses of its stanza, and whose notices are pages."""

    lists_only: bool = False

    def __init__(self, source: SourceConfig) -> None:
        self.source = source

    def ask_lists(self, span: Span) -> tuple[Request, ...]:  # noqa: ARG002
        """Return the list addresses of the source; they begin at their newest row."""
        return tuple(Request(url) for url in self.source.lists)

    def ask_notice(self, listing: Listing) -> Request:
        """Return the request for a notice's page."""
        return Request(listing.url)


def join_address(base_url: str, href: str) -> str:
    """Return the whole address of a link, '' where it leads to no web page (javascript:)."""
    try:
        url = urljoin(base_url, href.strip())
        return url if href.strip() and urlsplit(url).scheme in ("http", "https") else ""
    except ValueError:
        return ""
