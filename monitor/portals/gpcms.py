"""Sites of gpcms, the later design of freecms: finance portals of Guangdong, Inner Mongolia, …

Lists: {prefix}/info/selectInfoMoreChannel or …/selectInfoForIndex, rows at data.rows, 20 a page.
Notices: {prefix}/info/getInfoById?id=, HTML at data.content, files at data.attchList. Where the
stanza gives no ids, {prefix}/index/getDeploymentSiteId and {prefix}/index/list tell them.
Caveats: some sites want a captcha or a signature of their page script; pages for people are built
by scripts.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from urllib.parse import urlsplit

from monitor.errors import LayoutError
from monitor.models import Capture, Issue, Listing, Notice, Request, Span
from monitor.portals.base import ListPage
from monitor.portals.cms import (
    KIND,
    NUMBER,
    TIME,
    CmsPortal,
    name_kind,
    read_asked_days,
    read_good,
    refuse_answer,
    state_facts,
    write_days,
)
from monitor.portals.days import list_days
from monitor.portals.details import make_facts
from monitor.portals.jsonrows import (
    list_files,
    read_query,
    read_shown,
    require_object,
    take_text,
)
from monitor.portals.paths import ABSENT, find_value, write_text
from monitor.portals.refusals import Refusal
from monitor.stanzas import SourceConfig

_ASK_SITE, _ASK_CHANNELS = "/index/getDeploymentSiteId", "/index/list"
_HUMAN = "/maincms-web/article?type=notice&id={id}"
_PREFIX = "/gpcms/rest/web/v2"
_CONTENT = "content|noticeContent"
# Channels by their names: those of notices, without the office's own news.
_OF_NOTICES = re.compile("公告|公示|采购.{0,4}信息|意向|合同|结果|需求")
_OF_OFFICE = re.compile("通知|政策|法规|新闻|动态|处罚|曝光|投诉|监督|培训|系统|下载")


class GpcmsPortal(CmsPortal):
    """Read the lists and the answers for notices of a gpcms site."""

    family_call = f"{_PREFIX}/info/selectInfoMoreChannel"

    def __init__(self, source: SourceConfig) -> None:
        super().__init__(source, source.gpcms, _HUMAN)
        prefix, found, _ = self.call.partition("/info/")
        self.prefix = prefix if found else _PREFIX

    def ask_lists(self, span: Span) -> tuple[Request, ...]:
        """Return a list per kind and day, or what asks the site for its ids first.

        Such an address has the days too, which the site does not read: the lists that its answer
        leads to follow from the answer alone.
        """
        options, days = self.options, list_days(span)
        if not days or (options.site_id and options.channel):
            return self.ask_rows(options.site_id, options.channel, days)
        asked = write_days(days[-1], days[0])
        if not options.site_id:
            return (self.ask_path(f"{self.prefix}{_ASK_SITE}", asked),)
        return (self._ask_channels(options.site_id, asked),)

    def _ask_channels(self, site: str, days: dict[str, str]) -> Request:
        return self.ask_path(f"{self.prefix}{_ASK_CHANNELS}", {"site": site, **days})

    def ask_notice(self, listing: Listing) -> Request:
        """Return the call for a notice."""
        path = self.options.detail or f"{self.prefix}/info/getInfoById"
        return self.ask_path(path, {"id": listing.listing_id})

    def refused(self, capture: Capture) -> Refusal | None:
        """Return why a response is no answer; all answers of these sites are JSON."""
        return refuse_answer(capture)

    def read_listing(self, capture: Capture) -> ListPage:
        """Return the rows of a list answer, or the lists that follow from the ids of the site."""
        path = urlsplit(capture.url).path
        if path.endswith(_ASK_SITE):
            return ListPage((), lists=self._read_site(capture))
        if path.endswith(_ASK_CHANNELS):
            return ListPage((), lists=self._read_channels(capture))
        return self.read_list(capture)

    def _read_site(self, capture: Capture) -> tuple[Request, ...]:
        site = take_text(read_good(capture), "data.id")
        if not site:
            raise LayoutError(capture.url, "data.id")
        if self.options.channel:
            return self.ask_rows(site, self.options.channel, _find_days(capture))
        return (self._ask_channels(site, read_query(capture.url)),)

    def _read_channels(self, capture: Capture) -> tuple[Request, ...]:
        found = find_value(read_good(capture), "data")
        rows = found if isinstance(found, list) else []
        named = {take_text(row, "id"): take_text(row, "name") for row in rows}
        ids = [identity for identity, name in named.items() if identity and _is_of_notices(name)]
        if not ids:
            names = ", ".join(named.values())[:120] or "none"
            raise LayoutError(capture.url, f"a channel of notices (its channels: {names})")
        site = read_query(capture.url).get("site", "")
        return self.ask_rows(site, ",".join(ids), _find_days(capture))

    def read_notice(self, capture: Capture, listing: Listing) -> Notice:
        """Return the notice of a detail answer; raise LayoutError without its content key.

        A notice of which the site shows its fields alone says so in its issues.
        """
        shown = require_object(capture, read_good(capture), "data")
        content = find_value(shown, _CONTENT)
        if content is ABSENT:
            raise LayoutError(capture.url, f"data.{_CONTENT}")
        text = write_text(content)
        files = shown.get("attchList")
        documents, issues = list_files(files, "fileName", "fileUrl", text, self.source.site)
        known = make_facts(listing)
        facts = replace(
            known,
            channel=name_kind(take_text(shown, KIND)) or known.channel,
            published=known.published or take_text(shown, TIME),
            region=known.region or take_text(shown, "regionName"),
            buyer=take_text(shown, "purchaser") or known.buyer,
            procuring_entity=take_text(shown, "agency"),
            documents=documents,
        )
        if not text and (text := take_text(shown, "description")):
            issues = (*issues, Issue("no content", "content", take_text(shown, NUMBER), known.url))
        notice = read_shown(state_facts(shown, text), text, facts, self.source.site, issues)
        if "attchList" in shown:
            return notice
        # Nobody has seen whether a notice without files lacks the list: what is usual is learned.
        unlisted = Issue("no list", "attchList", "", known.url)
        return replace(notice, issues=(*notice.issues, unlisted))


def _find_days(capture: Capture) -> list[date]:
    span = read_asked_days(capture)
    if span is None:
        raise LayoutError(capture.url, "the days in its own address")
    return list_days(span)


def _is_of_notices(name: str) -> bool:
    return bool(_OF_NOTICES.search(name)) and not _OF_OFFICE.search(name)
