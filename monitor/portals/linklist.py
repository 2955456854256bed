"""Any plain list page, read by the CSS selectors of its stanza in config.yaml; no code."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urljoin, urlsplit

from monitor.config import BodySelectors, RowSelectors, SourceConfig
from monitor.errors import LayoutError
from monitor.models import Capture, Issue, Listing, Notice
from monitor.portals.base import (
    ListPage,
    Refusal,
    find_refusal,
    find_truncation,
    join_address,
    page_text,
)
from monitor.portals.pages import BODY_ANCHORS, find_page_title, read_page, refuse_detour
from monitor.text.dates import read_date
from monitor.text.fields import PageFacts
from monitor.text.markup import (
    Element,
    attribute,
    inline_text,
    parse_html,
    select_all,
    select_first,
    squeeze,
)

_DATE = re.compile(r"\d{4}[-./年]\d{1,2}[-./月]\d{1,2}日?(?:\s+\d{1,2}:\d{2}(?::\d{2})?)?")
_PAGE_NUMBER = re.compile(r"\{page(?:([+-]\d+))?\}")


class LinkListPortal:
    """Read list pages of links. `row.next` finds the next page, or `row.page_url` makes it."""

    def __init__(self, source: SourceConfig) -> None:
        self.source = source
        self.row = source.row or RowSelectors(row="li")
        self.detail: BodySelectors = source.detail

    def first_urls(self) -> tuple[str, ...]:
        """Return the list addresses of the source."""
        return tuple(self.source.lists)

    def refused(self, capture: Capture) -> Refusal | None:
        """Return why a response is no list or detail page."""
        return find_refusal(capture) or find_truncation(page_text(capture))

    def read_listing(self, capture: Capture) -> ListPage:
        """Return the rows that the selectors find; raise LayoutError where they find none."""
        root = parse_html(page_text(capture))
        rows = select_all(root, self.row.row)
        if not rows:
            raise LayoutError(capture.url, f"rows by '{self.row.row}'")
        issues: list[Issue] = []
        listings = [self._read_row(row, capture.final_url, issues) for row in rows]
        found = tuple(listing for listing in listings if listing is not None)
        if not found:
            raise LayoutError(capture.url, f"links by '{self.row.link}'")
        return ListPage(found, self._next_url(root, capture), issues=tuple(issues))

    def _read_row(self, row: Element, base_url: str, issues: list[Issue]) -> Listing | None:
        link = row if row.name == "a" else select_first(row, self.row.link)
        href = attribute(link, "href").strip() if link is not None else ""
        url = join_address(base_url, href)
        if link is None or not url:
            issues.append(Issue("row without link", "listing", inline_text(row)[:120], base_url))
            return None
        raw = self._part(row, self.row.date)
        if not raw and (found := _DATE.search(inline_text(row))):
            raw = found.group()
        date = read_date(raw)
        if date is None:
            issues.append(Issue("unreadable date", "published", raw, url))
        title = self._part(row, self.row.title) or squeeze(attribute(link, "title"))
        return Listing(
            listing_id=_make_identity(href, url),
            url=url,
            title=title or inline_text(link),
            published_raw=raw,
            published_at=date.at if date else None,
            date_only=date.date_only if date else False,
            region=self._part(row, self.row.region) or self.source.region,
            buyer=self._part(row, self.row.buyer),
            notice_type=self._part(row, self.row.type),
        )

    def _part(self, row: Element, css: str) -> str:
        found = select_first(row, css) if css else None
        return inline_text(found) if found is not None else ""

    def _next_url(self, root: Element, capture: Capture) -> str:
        if self.row.next:
            link = select_first(root, self.row.next)
            href = attribute(link, "href").strip() if link is not None else ""
            return join_address(capture.final_url, href)
        if self.row.page_url:
            return urljoin(capture.final_url, _fill_page(self.row.page_url, self._number(capture)))
        return ""

    def _number(self, capture: Capture) -> int:
        """Return the number of the page after this one, counted from 1."""
        if capture.url in self.source.lists:
            return 2
        for number in range(2, self.source.pages + 2):
            made = urljoin(capture.final_url, _fill_page(self.row.page_url, number))
            if _same_address(made, capture.url):
                return number + 1
        return 2

    def read_notice(self, capture: Capture, listing: Listing) -> Notice:
        """Return the notice of a detail page by the stanza's selectors or the usual anchors."""
        text = page_text(capture)
        root = parse_html(text)
        anchors = (self.detail.body,) if self.detail.body else BODY_ANCHORS
        if self.detail.body and select_first(root, self.detail.body) is None:
            raise LayoutError(capture.url, self.detail.body)
        refuse_detour(capture, root, anchors)
        facts = PageFacts(
            url=capture.url,
            title=self._part(root, self.detail.title) or listing.title or find_page_title(root),
            channel=listing.notice_type,
            published=self._part(root, self.detail.date) or listing.published_raw,
            region=listing.region,
            buyer=listing.buyer,
        )
        return read_page(text, facts, anchors=anchors, base_url=capture.final_url)


def _make_identity(href: str, url: str) -> str:
    """Return what tells a listing of a source: 1.html may stand in two of its lists."""
    return href if href.lower().startswith(("http://", "https://")) else url


def _fill_page(pattern: str, number: int) -> str:
    return _PAGE_NUMBER.sub(lambda m: str(number + int(m.group(1) or 0)), pattern)


def _same_address(left: str, right: str) -> bool:
    one, two = urlsplit(left), urlsplit(right)
    return (one.netloc, one.path, sorted(parse_qsl(one.query))) == (
        two.netloc, two.path, sorted(parse_qsl(two.query)),
    )  # fmt: skip
