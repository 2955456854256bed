"""RSS and Atom feeds; the only door to feedparser, which is fed bytes and nothing else.

feedparser opens addresses and files when it is given text, reads times without a zone as UTC and
takes an HTML error page for an empty feed: bytes, our own dates and the version guard against it.
"""

from __future__ import annotations

import io
from typing import Any

import feedparser

from monitor.config import SourceConfig
from monitor.errors import LayoutError
from monitor.models import Capture, Issue, Listing, Notice
from monitor.portals.base import ListPage, Refusal, find_refusal, join_address, page_text
from monitor.portals.pages import read_page
from monitor.text.dates import read_date
from monitor.text.fields import PageFacts
from monitor.text.markup import inline_text, parse_html

_WHOLE_NOTICE = 200


class FeedPortal:
    """Read a feed; an entry that carries its whole notice needs no further request."""

    def __init__(self, source: SourceConfig) -> None:
        self.source = source

    def first_urls(self) -> tuple[str, ...]:
        """Return the feed addresses of the source."""
        return tuple(self.source.lists)

    def refused(self, capture: Capture) -> Refusal | None:
        """Return why a response is no feed."""
        return find_refusal(capture)

    def read_listing(self, capture: Capture) -> ListPage:
        """Return the entries of a feed; raise LayoutError where it is none."""
        # One bad byte makes feedparser read the whole feed in a wrong charset: decode ourselves.
        text = page_text(capture)
        head, _, rest = text.partition("?>")
        body = rest if head.lstrip().startswith("<?xml") else text
        parsed = feedparser.parse(
            io.BytesIO(b'<?xml version="1.0" encoding="utf-8"?>' + body.encode("utf-8")),
            response_headers={"content-type": "application/xml; charset=utf-8"},
            sanitize_html=False,
            resolve_relative_uris=False,
        )
        if not parsed.version:
            raise LayoutError(capture.url, "a feed (RSS or Atom)")
        issues: list[Issue] = []
        rows = [_read_entry(entry, capture.final_url, issues) for entry in parsed.entries]
        if parsed.bozo and not parsed.entries:
            raise LayoutError(capture.url, "a complete feed")
        return ListPage(tuple(row for row in rows if row is not None), issues=tuple(issues))

    def read_notice(self, capture: Capture, listing: Listing) -> Notice:
        """Return the notice of the page behind an entry, or of the entry's own content."""
        facts = PageFacts(
            url=listing.url,
            title=listing.title,
            channel=listing.notice_type,
            published=listing.published_raw,
            region=listing.region or self.source.region,
            buyer=listing.buyer,
        )
        return read_page(listing.content or page_text(capture), facts)


def _read_entry(entry: Any, base_url: str, issues: list[Issue]) -> Listing | None:
    title = inline_text(parse_html(str(entry.get("title", ""))))
    link = str(entry.get("link", "")).strip()
    identity = str(entry.get("id", "")).strip() or link
    url = join_address(base_url, link)
    if not identity or not url:
        issues.append(Issue("entry without address", "link", title[:120], base_url))
        return None
    raw = str(entry.get("published") or entry.get("updated") or "").strip()
    date = read_date(raw)
    if date is None:
        issues.append(Issue("unreadable date", "published", raw, url))
    content = _entry_content(entry)
    return Listing(
        listing_id=identity,
        url=url,
        title=title,
        published_raw=raw,
        published_at=date.at if date else None,
        date_only=date.date_only if date else False,
        buyer=inline_text(parse_html(str(entry.get("author", "")))) if entry.get("author") else "",
        notice_type=", ".join(str(tag.get("term", "")) for tag in entry.get("tags", [])[:2]),
        content=content if len(content) >= _WHOLE_NOTICE else "",
    )


def _entry_content(entry: Any) -> str:
    parts = [str(part.get("value", "")) for part in entry.get("content", [])]
    return max([*parts, str(entry.get("summary", ""))], key=len)
