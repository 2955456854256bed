"""Read a notice's page of any design: by a stanza's selectors, else by the usual anchors."""

from __future__ import annotations

from dataclasses import replace

from monitor.errors import LayoutError
from monitor.models import Capture, Listing, Notice
from monitor.portals.decoding import page_text
from monitor.portals.pages import BODY_ANCHORS, find_page_title, read_page, refuse_detour
from monitor.stanzas import BodySelectors
from monitor.text.fields import PageFacts
from monitor.text.markup import Element, inline_text, parse_html, select_first


def make_facts(listing: Listing) -> PageFacts:
    """Return what a row told of its notice."""
    return PageFacts(
        url=listing.url,
        title=listing.title,
        channel=listing.notice_type,
        published=listing.published_raw,
        region=listing.region,
        buyer=listing.buyer,
    )


def read_detail(capture: Capture, listing: Listing, selectors: BodySelectors) -> Notice:
    """Return the notice of a page; raise LayoutError without the body that a stanza names."""
    text = page_text(capture)
    root = parse_html(text)
    anchors = (selectors.body,) if selectors.body else BODY_ANCHORS
    if selectors.body and select_first(root, selectors.body) is None:
        raise LayoutError(capture.url, selectors.body)
    refuse_detour(capture, root, anchors)
    facts = replace(
        make_facts(listing),
        url=capture.url,
        title=_find_part(root, selectors.title) or listing.title or find_page_title(root),
        published=_find_part(root, selectors.date) or listing.published_raw,
    )
    return read_page(text, facts, anchors=anchors, base_url=capture.final_url)


def _find_part(root: Element, css: str) -> str:
    found = select_first(root, css) if css else None
    return inline_text(found) if found is not None else ""
