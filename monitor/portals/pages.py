"""Read any detail page: find the notice's own part, leave the chrome, read its fields."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from urllib.parse import urlsplit

from monitor.errors import LayoutError
from monitor.models import Capture, Issue, Notice
from monitor.portals.links import find_documents
from monitor.text.fields import PageFacts, read_fields
from monitor.text.labels import find_label, split_line
from monitor.text.markup import (
    Element,
    Page,
    Table,
    attribute,
    find_chrome,
    inline_text,
    parse_html,
    read_blocks,
    read_body,
    select_all,
    select_first,
    squeeze,
)

# The notice's own part on the platforms seen; the first that is there is taken.
BODY_ANCHORS = (
    "div.vF_detail_content_container", "div.vF_detail_content", "#noticeArea", "#mycontent",
    "div.info-article", "div.article-content", "div.ewb-article-info", "div.article_con",
    "#print-content", "div.notice-content", "div.detail_content", "#zoom", "div.vT_detail_content",
    "article",
)  # fmt: skip
_TITLE_ANCHORS = ("h2.tc", "h1", "h2", ".info-title", ".article-title", "h3", "h4")
_LONGEST_TITLE = 1000
_FEWEST_CHARS = 200
# How an excerpt ends: with dots, or with the words of the link to the rest.
_CUT = re.compile(
    r"(?:…|\.{3}|(?:阅读|查看|浏览|点击)(?:全文|原文|更多|详情|详细|查看)|更多|全文|详情|"
    r"(?:read|continue|learn) ?(?:more|reading|on))[\s\[\]()（）【】>»→。.]*$",
    re.IGNORECASE,
)


def read_meta(root: Element, name: str) -> str:
    """Return the content of a meta element by its name, or ''."""
    found = select_first(root, f'meta[name="{name}"]')
    return squeeze(attribute(found, "content")) if found is not None else ""


def find_page_title(root: Element) -> str:
    """Return the title that a detail page shows."""
    if title := read_meta(root, "ArticleTitle"):
        return title
    for css in _TITLE_ANCHORS:
        for element in select_all(root, css)[:3]:
            text = inline_text(element)
            if 6 <= len(text) <= 200:
                return text
    found = select_first(root, "title")
    return squeeze(found.get_text()) if found is not None else ""


def is_whole(content: str, fewest_labels: int = 2) -> bool:
    """Return whether a text that a list shows is a whole notice: long, labelled and not cut off."""
    if len(content) < _FEWEST_CHARS:
        return False
    lines: list[str] = []
    labels = 0
    for block in read_blocks(parse_html(content)):
        if isinstance(block, Table):
            cells = [cell for row in block.rows for cell in row]
            lines += cells
            labels += sum(find_label(cell) is not None for cell in cells)
        else:
            lines.append(block.text)
    labels += sum(len(split_line(line)) for line in lines)
    text = "\n".join(lines).strip()
    return len(text) >= _FEWEST_CHARS and labels >= fewest_labels and not _CUT.search(text[-40:])


def refuse_detour(capture: Capture, root: Element, anchors: Iterable[str] = BODY_ANCHORS) -> None:
    """Raise LayoutError for a redirect to another path without any of the anchors.

    Portals send whoever asks for a notice that they cannot show to their home page.
    """
    asked, shown = urlsplit(capture.url).path, urlsplit(capture.final_url).path
    if asked.rstrip("/") != shown.rstrip("/") and select_first(root, *anchors) is None:
        raise LayoutError(capture.url, f"a notice, not a redirect to {shown[:80] or '/'}")


def read_page(
    page: str | Page,
    facts: PageFacts,
    *,
    anchors: Iterable[str] = BODY_ANCHORS,
    extra: Iterable[str] = (),
    base_url: str = "",
) -> Notice:
    """Return the notice of a page; without any anchor the page minus its chrome is read.

    `extra` are further parts to read before the body, such as a summary table; `base_url` is
    where the page was found, for its relative links, if that is not the notice's own address.
    What is too much to read is left out, with an issue that says so.
    """
    root = parse_html(page, dressed=False) if isinstance(page, str) else page
    body = select_first(root, *anchors)
    parts = [part for css in extra for part in select_all(root, css)[:1]]
    documents = facts.documents or find_documents(
        body or root, base_url or facts.url, beside=root if body is not None else None
    )
    title = facts.title or find_page_title(root)
    losses = [f"{len(title)} characters of title"] if len(title) > _LONGEST_TITLE else []
    body = body or select_first(root, "body") or root
    read = read_body(*parts, body, chrome=find_chrome(body))
    if not read.blocks:
        raise LayoutError(facts.url, "no readable text")
    known = replace(facts, title=title[:_LONGEST_TITLE], documents=documents)
    notice = read_fields(known, read.blocks)
    issues = [Issue("left out", "page", what, facts.url) for what in (*losses, *read.left_out)]
    return replace(notice, issues=(*notice.issues, *issues))
