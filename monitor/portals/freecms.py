"""Sites of freecms: finance portals of Tibet and Shaanxi, zycg.gov.cn, plap.mil.cn.

Lists: /freecms/rest/v1/notice/selectInfoMoreChannel.do (zycg: selectInfoMore.do; plap: under
/freecms-glht), `data` is the list of rows. A row carries its whole notice, save where the site
shows an excerpt or nothing: then its page is opened, div.info-article.
"""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urljoin, urlsplit

from monitor.errors import LayoutError
from monitor.models import Capture, Listing, Notice, Request, Span
from monitor.portals.base import ListPage
from monitor.portals.cms import CmsPortal, refuse_answer, state_facts
from monitor.portals.days import list_days
from monitor.portals.decoding import page_text
from monitor.portals.details import make_facts, read_detail
from monitor.portals.jsonrows import Row, make_query, take_text
from monitor.portals.pages import BODY_ANCHORS, is_whole, read_page
from monitor.portals.paths import find_value, write_text
from monitor.portals.refusals import Refusal, find_refusal, find_truncation
from monitor.stanzas import SourceConfig
from monitor.text.markup import parse_html, select_first

_PAGE = "pageurl|pageUrl|htmlpath"
_ASKED = ("noticeType", "channel")


class FreecmsPortal(CmsPortal):
    """Read the lists of a freecms site, and the pages of rows that are not whole."""

    family_call = "/freecms/rest/v1/notice/selectInfoMoreChannel.do"

    def __init__(self, source: SourceConfig) -> None:
        super().__init__(source, source.freecms, _PAGE)

    def ask_lists(self, span: Span) -> tuple[Request, ...]:
        """Return a list per kind and day; raise LayoutError without the ids of site and channel."""
        options = self.options
        if not (options.site_id and options.channel):
            raise LayoutError(self.source.site, "freecms.site_id and freecms.channel of the stanza")
        return self.ask_rows(options.site_id, options.channel, list_days(span))

    def refused(self, capture: Capture) -> Refusal | None:
        """Return why a response is no list, or no page of a notice."""
        if self._is_list(capture):
            return refuse_answer(capture)
        return find_refusal(capture) or find_truncation(page_text(capture))

    def _is_list(self, capture: Capture) -> bool:
        return urlsplit(capture.url).path == urlsplit(urljoin(self.source.site, self.call)).path

    def read_listing(self, capture: Capture) -> ListPage:
        """Return the rows of a list answer."""
        return self.read_list(capture)

    def prepare_row(self, row: Row) -> Row:
        """Return a row with its whole notice or none, and the address of its page."""
        content = write_text(find_value(row, "content"))
        whole = state_facts(row, content) + content if is_whole(content) else ""
        page = write_text(find_value(row, _PAGE))
        if page and self.options.detail_query:
            asked = make_query({key: take_text(row, key) for key in _ASKED})
            row = {**row, "pageurl": f"{page.partition('?')[0]}?{asked}"}
        return {**super().prepare_row(row), "content": whole}

    def read_notice(self, capture: Capture, listing: Listing) -> Notice:
        """Return the notice of a whole row, or of its page."""
        if listing.content:
            return read_page(listing.content, make_facts(listing))
        if select_first(parse_html(page_text(capture)), *BODY_ANCHORS) is None:
            raise LayoutError(capture.url, "div.info-article")
        return replace(read_detail(capture, listing, self.source.detail), url=listing.url)
