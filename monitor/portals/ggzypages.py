"""The pages of ggzy.gov.cn: a notice of its own (B), and a whole purchase with its notices (A).

The scripts and meta elements of both hold ids and times of other notices: only what a visitor
sees is read. A purchase names its notices by links that a script opens.
"""

from __future__ import annotations

import re
from dataclasses import replace
from html import escape
from urllib.parse import urljoin, urlsplit

from monitor.errors import LayoutError
from monitor.models import Capture, Document, Issue, Notice
from monitor.portals.links import find_documents
from monitor.portals.pages import read_page
from monitor.text.fields import PageFacts
from monitor.text.markup import (
    Element,
    Page,
    attribute,
    inline_text,
    parse_html,
    select_all,
    select_first,
)

_BODIES = ("#mycontent", "div.detail_content")
_NOTICES = "ul.fully_list"
_PUBLISHED = re.compile(r"发布时间\s*[:：]\s*(\d{4}[-/.年][-/.年月日\d]*(?:\s+\d[\d:]*)?)")
_OPENED = re.compile(r"showDetail\([^()]*['\"](/[^'\"()]+)['\"]\s*\)")


def find_own_address(url: str) -> str:
    """Return the address of a notice's own page from that of its purchase."""
    return url.replace("/html/a/", "/html/b/", 1)


def read_notice_page(capture: Capture, text: str, facts: PageFacts) -> Notice:
    """Return the notice of either page; raise LayoutError for any other.

    Of a purchase's page its number is read, and the notice's own page is its document.
    """
    root = parse_html(text)
    known = replace(facts, title=_find_text(root, "h4.h4_o") or facts.title)
    if not known.title:
        raise LayoutError(capture.url, "h4.h4_o")
    if (body := select_first(root, *_BODIES)) is not None:
        return _read_own_page(root, body, known, capture)
    if select_first(root, _NOTICES) is None:
        raise LayoutError(capture.url, " or ".join((*_BODIES, _NOTICES)))
    return _read_purchase(root, known, capture)


def _read_own_page(root: Page, body: Element, facts: PageFacts, capture: Capture) -> Notice:
    # The same line tells when a contract was signed or bids were opened, which is no publication.
    told = _PUBLISHED.search(_find_text(root, "p.p_o"))
    known = replace(
        facts,
        published=told[1] if told else facts.published,
        documents=find_documents(select_first(root, "div.detail") or root, capture.final_url),
    )
    if inline_text(body):
        return read_page(root, known, anchors=_BODIES)
    gap = Issue("left out", "page", "the notice has no text of its own", known.url)
    notice = _read_heading(root, known)
    return replace(notice, issues=(*notice.issues, gap))


def _read_purchase(root: Page, facts: PageFacts, capture: Capture) -> Notice:
    links = select_all(root, f"{_NOTICES} a")
    calls = (_OPENED.search(attribute(link, "onclick")) for link in links)
    own = find_own_address(urlsplit(facts.url).path)
    if own not in [call[1] for call in calls if call is not None]:
        return _read_heading(root, facts)
    document = Document(facts.title, urljoin(capture.final_url, own))
    return _read_heading(root, replace(facts, documents=(document,)))


def _read_heading(root: Page, facts: PageFacts) -> Notice:
    """Return the notice of title and second line alone; what it buys stands elsewhere."""
    lines = [inline_text(part) for part in select_all(root, "p.p_o > span")]
    shown = "".join(f"<p>{escape(line)}</p>" for line in lines if line)
    notice = read_page(shown or f"<p>{escape(facts.title)}</p>", facts)
    return replace(notice, items_elsewhere=True)


def _find_text(root: Element, css: str) -> str:
    found = select_first(root, css)
    return inline_text(found) if found is not None else ""
