"""RSS and Atom feeds; the only door to feedparser, which is fed bytes and nothing else.

feedparser opens addresses and files when it is given text, reads times without a zone as UTC and
takes an HTML error page for an empty feed: bytes, our own dates and the version guard against it.
"""

from __future__ import annotations

import io
import re
from typing import Any

import feedparser

from monitor.errors import LayoutError
from monitor.models import Capture, Issue, Listing, Notice
from monitor.portals.base import ListPage, PlainPortal, join_address
from monitor.portals.decoding import page_text
from monitor.portals.pages import is_whole, read_page, refuse_detour
from monitor.portals.refusals import Refusal, find_refusal
from monitor.text.dates import read_date
from monitor.text.fields import PageFacts
from monitor.text.markup import inline_text, parse_html

_REFERENCE = re.compile(r"&#(?:x0*([0-9a-f]+)|0*([0-9]+));?", re.IGNORECASE)
_SURROGATE = re.compile("[\ud800-\udfff]")


class FeedPortal(PlainPortal):
    """Read a feed; an entry that carries its whole notice needs no further request."""

    def refused(self, capture: Capture) -> Refusal | None:
        """Return why a response is no feed."""
        return find_refusal(capture)

    def read_listing(self, capture: Capture) -> ListPage:
        """Return the entries of a feed; raise LayoutError where it is none."""
        # One bad byte makes feedparser read the whole feed in a wrong charset: decode ourselves.
        text = _drop_surrogates(page_text(capture))
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
        if listing.content:
            return read_page(listing.content, facts)
        text = page_text(capture)
        refuse_detour(capture, parse_html(text))
        return read_page(text, facts, base_url=capture.final_url)


def _drop_surrogates(text: str) -> str:
    """Replace what is no character and cannot be encoded: half a pair, also as a reference."""

    def replace_reference(found: re.Match[str]) -> str:
        digits, base = (found[1], 16) if found[1] else (found[2], 10)
        code = int(digits, base) if len(digits) < 8 else -1
        return found[0] if 0 <= code < 0xD800 or 0xDFFF < code <= 0x10FFFF else "\ufffd"

    return _SURROGATE.sub("\ufffd", _REFERENCE.sub(replace_reference, text))


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
    return Listing(
        listing_id=identity,
        url=url,
        title=title,
        published_raw=raw,
        published_at=date.at if date else None,
        date_only=date.date_only if date else False,
        buyer=inline_text(parse_html(str(entry.get("author", "")))) if entry.get("author") else "",
        notice_type=", ".join(str(tag.get("term", "")) for tag in entry.get("tags", [])[:2]),
        content=_find_content(entry),
    )


def _find_content(entry: Any) -> str:
    """Return the whole notice where an entry carries it; '' for an excerpt, whose page is opened.

    content:encoded and Atom's content are the whole text by their definition, a summary is
    when it reads like a notice.
    """
    parts = [str(part.get("value", "")) for part in entry.get("content", [])]
    if (content := max(parts, key=len, default="")) and is_whole(content, fewest_labels=0):
        return content
    summary = str(entry.get("summary", ""))
    return summary if is_whole(summary) else ""
