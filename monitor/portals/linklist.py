"""Any plain list page, read by the CSS selectors of its stanza in config.yaml; no code."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urljoin, urlsplit

from monitor.errors import LayoutError
from monitor.models import Capture, Issue, Listing, Notice, Request, Span
from monitor.portals.asking import Turn, make_calls
from monitor.portals.base import ListPage, PlainPortal, join_address
from monitor.portals.decoding import page_text
from monitor.portals.details import read_detail
from monitor.portals.refusals import Refusal, find_refusal, find_truncation
from monitor.stanzas import RowSelectors, SourceConfig
from monitor.text.dates import read_date
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
# Some sites write the way of purchase before the title, and the link's title has it too.
_METHOD = re.compile(
    r"^\s*[\[【](?:公开招标|邀请招标|竞争性谈判|竞争性磋商|单一来源(?:采购)?|询价(?:采购)?|框架协议(?:采购)?|"
    r"合作创新采购|协议供货|定点采购|网上竞价|电子卖场|其他)[\]】]\s*"
)
_GLUE = r"(?:<[^<>]{0,80}>|\s|&nbsp;){0,6}"
# 共 12 页 in a pager; beside other words it may be of anything.
_PAGES = re.compile(rf"共{_GLUE}(\d{{1,6}}){_GLUE}页")
_ONWARD = ("下一页", "下页", "尾页", "末页")
_NEAR = 800
_PAGE_NUMBER = re.compile(r"\{page(?:([+-]\d+))?\}")


class LinkListPortal(PlainPortal):
    """Read list pages of links, asked for by address or by a form.

    `row.next` finds the next page, or {page} in `row.page_url`, address or form makes it.
    """

    def __init__(self, source: SourceConfig) -> None:
        super().__init__(source)
        self.row = source.row or RowSelectors(row="li")
        self.calls = make_calls(source.lists, "POST" if source.form else "GET", source.form)

    def ask_lists(self, span: Span) -> tuple[Request, ...]:  # noqa: ARG002
        """Return the requests for the lists; they begin at their newest row."""
        return tuple(call.make_request(Turn()) for call in self.calls)

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
        pages, number = _find_pages(page_text(capture)), self._find_number(capture)
        after = self._ask_next(root, capture, number)
        if number and pages and number >= pages and not self.row.next:
            after = None
        return ListPage(found, after, pages, issues=tuple(issues))

    def read_notice(self, capture: Capture, listing: Listing) -> Notice:
        """Return the notice of a detail page by the stanza's selectors or the usual anchors."""
        return read_detail(capture, listing, self.source.detail)

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
        title = _METHOD.sub("", title or inline_text(link))
        if not title:
            issues.append(Issue("missing field", "title", href[:120], base_url))
            return None
        return Listing(
            listing_id=_make_identity(href, url),
            url=url,
            title=title,
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

    def _ask_next(self, root: Element, capture: Capture, number: int) -> Request | None:
        if self.row.next:
            link = select_first(root, self.row.next)
            href = attribute(link, "href").strip() if link is not None else ""
            url = join_address(capture.final_url, href)
            return Request(url) if url else None
        if self.row.page_url:
            made = _fill_page(self.row.page_url, max(number, 1) + 1)
            return Request(urljoin(capture.final_url, made))
        for call in self.calls:
            if call.is_paged() and call.recall(capture):
                return call.make_request(Turn(number + 1))
        return None

    def _find_number(self, capture: Capture) -> int:
        """Return the number of a page, counted from 1; 0 where pages have none."""
        for call in self.calls:
            if turn := call.recall(capture):
                return turn.page if call.is_paged() or self.row.page_url else 0
        for number in range(2, self.source.pages + 2) if self.row.page_url else ():
            made = urljoin(capture.final_url, _fill_page(self.row.page_url, number))
            if _same_address(made, capture.url):
                return number
        return 0


def _find_pages(text: str) -> int | None:
    """Return how many pages a list's own pager says there are, None where it says nothing."""
    for found in _PAGES.finditer(text):
        around = text[max(0, found.start() - _NEAR) : found.end() + _NEAR]
        if any(word in around for word in _ONWARD):
            return int(found[1])
    return None


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
