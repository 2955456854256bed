"""ccgp.gov.cn, the portal of the Ministry of Finance: static channel lists and detail pages.

Lists: /cggg/{zygg,dfgg}/[channel/]; page 1 is index.htm, page k index_{k-1}.htm.
Times: Asia/Shanghai wall clock without a zone, to the minute. Encoding: UTF-8.
Caveats: answers 200 with an empty body now and then; list rows shift while paging; the title of
a link may be cut, its title attribute is whole; combined lists put the type first in each row.
"""

from __future__ import annotations

import re
from urllib.parse import urljoin

from monitor.errors import LayoutError
from monitor.models import Capture, Document, Issue, Listing, Notice, Request
from monitor.portals.base import ListPage, PlainPortal, join_address
from monitor.portals.decoding import page_text
from monitor.portals.links import find_documents
from monitor.portals.pages import find_page_title, read_meta, read_page
from monitor.portals.refusals import Refusal, find_refusal, find_truncation
from monitor.text.dates import read_date
from monitor.text.fields import PageFacts
from monitor.text.markup import (
    Element,
    attribute,
    inline_text,
    parse_html,
    script_texts,
    select_all,
    select_first,
    squeeze,
    text_before,
)

_ROWS = "ul.c_list_bid > li"
_PAGER = re.compile(r"Pager\(\s*\{\s*size\s*:\s*(\d+)\s*,\s*current\s*:\s*(\d+)")
_NOTICE_ID = re.compile(r"/t\d{8}_(\d+)\.s?html?")
_BODIES = ("div.vF_detail_content", "#noticeArea", "div.vT_detail_content")
_LABELS = {"发布时间": "published", "地域": "region", "采购人": "buyer", "时间": "published"}


class CcgpPortal(PlainPortal):
    """Read the static lists and both detail templates of ccgp.gov.cn."""

    def refused(self, capture: Capture) -> Refusal | None:
        """Return why a response is no page of the portal."""
        return find_refusal(capture) or find_truncation(page_text(capture))

    def read_listing(self, capture: Capture) -> ListPage:
        """Return the rows of a channel list and the address of its next page."""
        root = parse_html(page_text(capture))
        if select_first(root, "ul.c_list_bid") is None:
            raise LayoutError(capture.url, "ul.c_list_bid")
        issues: list[Issue] = []
        rows = [_read_row(row, capture.final_url, issues) for row in select_all(root, _ROWS)]
        pager = next((m for s in script_texts(root) if (m := _PAGER.search(s))), None)
        if pager is None:
            issues.append(Issue("missing anchor", "Pager", "", capture.url))
            return ListPage(tuple(r for r in rows if r), issues=tuple(issues))
        pages, current = int(pager[1]), int(pager[2])
        more = current + 1 < pages
        after = Request(urljoin(capture.final_url, f"index_{current + 1}.htm")) if more else None
        return ListPage(tuple(r for r in rows if r), after, pages, issues=tuple(issues))

    def read_notice(self, capture: Capture, listing: Listing) -> Notice:
        """Return the notice of a detail page in either template."""
        text = page_text(capture)
        root = parse_html(text)
        if select_first(root, *_BODIES) is None:
            raise LayoutError(capture.url, " or ".join(_BODIES))
        crumbs = [inline_text(a) for a in select_all(root, "a.CurrChnlCls")]
        facts = PageFacts(
            url=capture.url,
            title=find_page_title(root) or listing.title,
            channel=crumbs[-1] if crumbs else listing.notice_type,
            published=read_meta(root, "PubDate") or _anchor_text(root, "#pubTime")
            or _anchor_text(root, '[name="releaseDateSpan"]') or listing.published_raw,
            region=listing.region,
            buyer=_named_text(root, "purchaserOrgName") or listing.buyer,
            procuring_entity=_named_text(root, "agencyName"),
            documents=_find_documents(root, capture.final_url),
        )  # fmt: skip
        return read_page(text, facts, anchors=_BODIES, extra=("div.vF_detail_main > div.table",))


def _find_documents(root: Element, base_url: str) -> tuple[Document, ...]:
    """Return the attachments; a body of unbalanced tags pushes their list out of its place."""
    place = select_first(root, "div.vF_detail_main", "#noticeArea", "body") or root
    parts = (place, *select_all(root, "ul.fjxx"))
    found = {one.url or one.name: one for part in parts for one in find_documents(part, base_url)}
    return tuple(found.values())


def _read_row(row: Element, base_url: str, issues: list[Issue]) -> Listing | None:
    link = select_first(row, "a[href]")
    url = join_address(base_url, attribute(link, "href")) if link is not None else ""
    if link is None or not url:
        issues.append(Issue("row without link", "listing", inline_text(row)[:120], base_url))
        return None
    values = {"published": "", "region": "", "buyer": "", "type": ""}
    for mark in select_all(row, "em"):
        if attribute(mark, "rel") == "bxlx":
            values["type"] = inline_text(mark)
        elif (name := _LABELS.get(re.sub(r"[\s：:]", "", text_before(mark)))) is not None:
            values[name] = inline_text(mark)
    date = read_date(values["published"])
    if date is None:
        issues.append(Issue("unreadable date", "published", values["published"], url))
    number = _NOTICE_ID.search(url)
    if number is None:
        issues.append(Issue("address without number", "url", url, url))
    return Listing(
        listing_id=number.group(1) if number else attribute(link, "href"),
        url=url,
        title=squeeze(attribute(link, "title")) or inline_text(link),
        published_raw=values["published"],
        published_at=date.at if date else None,
        date_only=date.date_only if date else False,
        region=values["region"],
        buyer=values["buyer"],
        notice_type=values["type"],
    )


def _anchor_text(root: Element, css: str) -> str:
    found = select_first(root, css)
    return inline_text(found) if found is not None else ""


def _named_text(root: Element, fragment: str) -> str:
    """Return the text of the element whose id, name or class ends in a fragment."""
    css = (f'[id*="{fragment}"]', f'[name*="{fragment}"]', f'[class*="{fragment}"]')
    return next((text for one in css if (text := _anchor_text(root, one))), "")
