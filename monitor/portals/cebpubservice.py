"""cebpubservice.com, the public service platform of bidding: one plain list for each kind.

Lists: GET, filtered by day, twenty rows a page, the newest first, at most 500 pages (2026).
Times: China's wall clock to the second, in the id of a row's first cell; the row shows the day.
Caveats: a notice opens on another host, by a script, behind a challenge and a captcha, and its
text comes encrypted: it is never asked for. Whoever reads too fast gets a page of status 200 that
says that the page cannot be found. The columns differ by kind.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import NoReturn
from urllib.parse import quote, urlsplit

from monitor.errors import LayoutError
from monitor.models import Capture, Issue, Listing, Request, SourceState, Span
from monitor.portals.base import ListPage, PlainPortal
from monitor.portals.days import cover_days, list_days, read_day
from monitor.portals.decoding import page_text
from monitor.portals.jsonrows import make_query, read_count, read_query
from monitor.portals.refusals import ADVICE_BLOCKED, Refusal, find_refusal, find_truncation
from monitor.text.dates import read_date
from monitor.text.markup import (
    Element,
    Page,
    attribute,
    inline_text,
    parse_html,
    select_all,
    select_first,
    squeeze,
)

_FOLDER = "/xxfbcmses/search/"
# Each kind with its number in the site's forms and the name of its notices.
_KINDS = {
    "bulletin": ("88", "招标公告"),
    "change": ("89", "更正公告"),
    "result": ("90", "中标结果公示"),
    "candidate": ("91", "中标候选人公示"),
    "qualify": ("92", "资格预审公告"),
}
_PAGE_SIZE = 20
_MOST_PAGES = 500
_WITHHELD = f"the site shows {_MOST_PAGES} pages of a list, and a day's cannot be cut any finer"
# What the site asks its other filters with: no keyword, and a first day before it began.
_UNLIMITED = {
    "searchDate": "2000-01-01", "dates": "300", "word": "", "industryName": "", "area": "",
    "status": "", "publishMedia": "", "sourceInfo": "", "showStatus": "1",
}  # fmt: skip
_OPENED = re.compile(r"urlOpen\(\s*['\"]([^'\"]+)['\"]")
_LINK = 'a[href*="urlOpen"]'
_PAGER = "div.pagination label"
_SOFT_BLOCK = re.compile("暂时找不到|找不到此页面")
_COLUMNS = {"region": "地区", "published": "发布时间"}


@dataclass(frozen=True)
class _Asked:
    """Which list of which days a request was for, and which of its pages."""

    kind: str
    first: date
    last: date
    page: int = 1


class CebPortal(PlainPortal):
    """Read the lists of the platform; its notices cannot be read."""

    # Rows are recorded and never opened: nobody gets a notice without solving a captcha.
    lists_only = True

    def ask_lists(self, span: Span) -> tuple[Request, ...]:
        """Return a request for each day and kind."""
        kinds = self.source.cebpubservice.kinds
        return tuple(self._ask(_Asked(kind, day, day)) for day in list_days(span) for kind in kinds)

    def _ask(self, asked: _Asked) -> Request:
        """Return the request of a list's page."""
        site = self.source.site.rstrip("/")
        limits = {
            "categoryId": _KINDS[asked.kind][0],
            "startcheckDate": asked.first.isoformat(),
            "endcheckDate": f"{asked.last.isoformat()} 23:59:59",
            "page": str(asked.page),
        }
        url = f"{site}{_FOLDER}{asked.kind}.html?{make_query(_UNLIMITED | limits)}"
        return Request(url, headers=(("Referer", f"{site}/"),))

    def refused(self, capture: Capture) -> Refusal | None:
        """Return why a response is no list."""
        text = page_text(capture)
        if capture.status == 200 and "urlOpen" not in text and _SOFT_BLOCK.search(text):
            cause = "block page: the site says that the page cannot be found just now"
            return Refusal(SourceState.BLOCKED, cause, ADVICE_BLOCKED)
        return find_refusal(capture) or find_truncation(text)

    def read_listing(self, capture: Capture) -> ListPage:
        """Return the rows of a list's page and the request for the next."""
        root = parse_html(page_text(capture))
        head, columns = _find_head(root, capture.url)
        asked = _read_asked(capture.url)
        issues: list[Issue] = []
        cells = [select_all(row, "td") for row in select_all(_find_table(head), "tr")]
        cells = [row for row in cells if len(row) > 1]
        read = [_read_row(row, columns, asked, capture.url, issues) for row in cells]
        rows = tuple(row for row in read if row is not None)
        if len(rows) * 2 < len(cells):
            raise LayoutError(capture.url, f"{_LINK} with a title in most rows")
        pages = _read_pages(root, len(rows), capture.url, issues)
        return ListPage(
            rows,
            self._ask_next(asked, pages, len(rows)),
            pages,
            None if rows or pages else 0,
            cover_days(asked.first, asked.last) if asked else None,
            withheld=_WITHHELD if pages is not None and pages >= _MOST_PAGES else "",
            issues=tuple(issues),
        )

    def _ask_next(self, asked: _Asked | None, pages: int | None, shown: int) -> Request | None:
        """Return the request for the next page; without a pager, as long as pages are full."""
        if asked is None or not shown:
            return None
        more = shown >= _PAGE_SIZE if pages is None else asked.page < pages
        return self._ask(replace(asked, page=asked.page + 1)) if more else None

    def read_notice(self, capture: Capture, listing: Listing) -> NoReturn:  # noqa: ARG002
        """Raise LayoutError: whatever came is no notice."""
        raise LayoutError(capture.url, "a notice; this platform shows them to browsers only")


def _read_asked(url: str) -> _Asked | None:
    """Return what an address asked for, None where it is no list's."""
    query = read_query(url)
    kind = urlsplit(url).path.rpartition("/")[2].removesuffix(".html")
    first, last = (read_day(query.get(f"{end}checkDate", "")) for end in ("start", "end"))
    page = read_count(query.get("page"))
    if kind not in _KINDS or first is None or last is None or page is None:
        return None
    return _Asked(kind, first, last, page)


def _find_head(root: Page, url: str) -> tuple[Element, Mapping[str, int]]:
    """Return the head of the list's table, and which cell of a row holds what."""
    for row in select_all(root, "tr"):
        heads = [inline_text(cell) for cell in select_all(row, "th")]
        columns = {
            name: place
            for name, word in _COLUMNS.items()
            for place, head in enumerate(heads)
            if word in head
        }
        if "published" in columns:
            return row, columns
    raise LayoutError(url, f"th {_COLUMNS['published']}")


def _find_table(row: Element) -> Element:
    table: Element = row
    while table.name != "table" and table.parent is not None:
        table = table.parent
    return table


def _read_row(
    cells: Sequence[Element],
    columns: Mapping[str, int],
    asked: _Asked | None,
    url: str,
    issues: list[Issue],
) -> Listing | None:
    link = next((found for cell in cells if (found := select_first(cell, _LINK))), None)
    opened = _OPENED.search(attribute(link, "href")) if link is not None else None
    title = squeeze(attribute(link, "title")) or inline_text(link) if link is not None else ""
    if opened is None or not title:
        shown = " ".join(inline_text(cell) for cell in cells)
        issues.append(Issue("row without link", "listing", shown[:120], url))
        return None
    raw = _find_time(cells, columns, url, issues)
    published = read_date(raw)
    number = opened[1]
    return Listing(
        listing_id=number,
        # For people: the page asks a browser's visitor for a captcha.
        url=f"https://ctbpsp.com/#/bulletinDetail?uuid={quote(number, safe='')}"
        "&inpvalue=&dataSource=0&tenderAgency=",
        title=title,
        published_raw=raw,
        published_at=published.at if published else None,
        date_only=published.date_only if published else False,
        region=_cell_text(cells, columns.get("region")).strip("【】 "),
        notice_type=_KINDS[asked.kind][1] if asked else "",
    )


def _find_time(
    cells: Sequence[Element], columns: Mapping[str, int], url: str, issues: list[Issue]
) -> str:
    """Return the whole time of a row where it belongs to the day that the row shows."""
    shown = _cell_text(cells, columns["published"])
    marked = next((cell for cell in cells if attribute(cell, "name") == "imgShow"), None)
    whole = squeeze(attribute(marked, "id")) if marked is not None else ""
    if read_date(whole) is not None and read_day(shown) in (None, read_day(whole)):
        return whole
    if not whole:
        issues.append(Issue("missing field", "td[name=imgShow] id", shown, url))
    if read_date(shown) is None:
        issues.append(Issue("unreadable date", "published", shown, url))
    return shown


def _cell_text(cells: Sequence[Element], place: int | None) -> str:
    return inline_text(cells[place]) if place is not None and place < len(cells) else ""


def _read_pages(root: Page, shown: int, url: str, issues: list[Issue]) -> int | None:
    """Return the number of pages; a list that fills no page may have no pager."""
    found = select_first(root, _PAGER)
    pages = read_count(inline_text(found)) if found is not None else None
    if pages is None and (found is not None or shown >= _PAGE_SIZE):
        said = inline_text(found)[:120] if found is not None else ""
        issues.append(Issue("missing anchor", _PAGER, said, url))
    return pages
