"""Sites of the zcy platform: finance portals of Xinjiang, XPCC, Zhejiang, Guangxi, Hunan, Anhui, …

Lists: POST /portal/category, one per kind of notice, or /portal/all; rows at result.data.data.
Notices: GET /portal/detail, HTML at result.data.content, files at result.data.attachmentList.
Kinds have codes that differ by site and by year; /admin/category/home/categoryTreeFind tells them.
Times: epoch milliseconds (expiredAt alone is text in UTC). Sums: strings in yuan. Ids: base64 with
+, / and =, or numbers for old notices.
Caveats: a shield that answers with a script or HTTP 405; Zhejiang wants the very bytes of a body
signed; `author` is who published, often the agency; pathName, the kind, may be that of the list.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

from monitor.errors import LayoutError
from monitor.models import Capture, Listing, Notice, Request, SourceState, Span
from monitor.portals.base import ListPage, PlainPortal
from monitor.portals.days import cover_days, list_days, read_day
from monitor.portals.decoding import page_text, parse_json
from monitor.portals.jsonrows import (
    Row,
    has_more,
    make_query,
    read_answer,
    read_count,
    read_query,
    read_sent,
    require_object,
    require_rows,
    take_text,
    write_body,
)
from monitor.portals.paths import ABSENT, find_value, write_text
from monitor.portals.refusals import ADVICE_BLOCKED, Refusal, find_json_refusal
from monitor.portals.rows import RowPaths, read_rows
from monitor.portals.zcynotices import read_shown_notice
from monitor.stanzas import SourceConfig, ZcyOptions
from monitor.text.dates import CHINA, read_date

_CALLS = {"category": "/portal/category", "all": "/portal/all", "search": "/front/search/category"}
_TREE, _DETAIL = "/admin/category/home/categoryTreeFind", "/portal/detail"
_BEGIN, _END = "publishDateBegin", "publishDateEnd"
# Elasticsearch, on which these lists stand, shows no row behind this one unless told to.
_CAP = 10_000
_OLD_HIT = "_source"
_LATE = "the index of the site ran out of time before it had all rows"
_SHIELD = (
    (re.compile(r"aliyunCaptcha|nc_1_n1z|nc-container"), "slider of the Aliyun shield"),
    (re.compile(r"acw_sc__v2|renderData|\bvar arg1\s*="), "script challenge of the Aliyun shield"),
)
_LOGIN = re.compile(r"login|登录|登陆|未授权|unauthori[sz]ed", re.IGNORECASE)


class ZcyPortal(PlainPortal):
    """Read the lists and the answers for notices of a zcy site."""

    def __init__(self, source: SourceConfig) -> None:
        super().__init__(source)
        self.options = source.zcy or ZcyOptions(parent="")
        self.paths = RowPaths(
            id="articleId", title="title", date="publishDate", buyer="purchaseName",
            url="/site/detail?parentId={parentId}&articleId={articleId}", area="districtName",
            type="pathName", region=source.region,
        )  # fmt: skip

    def ask_lists(self, span: Span) -> tuple[Request, ...]:
        """Return a list per kind, or per day where one list has all kinds.

        Where the codes of the kinds are not those of the span's year, the site is asked for them.
        """
        days = list_days(span)
        if not days or self.options.call == "all":
            return tuple(self._ask_all(day, day) for day in days)
        year, codes = days[0].year, self.options.codes
        if codes and self.options.year in (None, year):
            stamp = _write_stamp(span.until)
            return tuple(self._ask_kind(code, days[-1], days[0], stamp) for code in codes)
        return (self._ask_tree(days[-1], days[0], span.until),)

    def _ask_tree(self, first: date, last: date, until: datetime) -> Request:
        # The days and the moment are not read there; the lists that follow are asked for by them.
        fields = {
            "parentId": self.options.parent, "siteId": self.options.site_id,
            _BEGIN: f"{first}", _END: f"{last}", "timestamp": str(_write_stamp(until)),
        }  # fmt: skip
        return Request(f"{urljoin(self.source.site, _TREE)}?{make_query(fields)}")

    def _ask_kind(self, code: str, first: date, last: date, stamp: int) -> Request:
        fields: dict[str, Any] = {
            "pageNo": 1, "pageSize": self.options.page_size, "categoryCode": code, "_t": stamp,
            _BEGIN: f"{first}", _END: f"{last}",
        }  # fmt: skip
        if self.options.districts:
            fields["districtCode"] = self.options.districts
        if self.options.exclude_districts:
            fields["excludeDistrictPrefix"] = self.options.exclude_districts
        fields |= dict.fromkeys(self.options.switches, True)
        return self._post(_CALLS[self.options.call], fields)

    def _ask_all(self, first: date, last: date) -> Request:
        days = cover_days(first, last)
        fields = {
            "keyword": "", "firstCode": "", "secondCode": "",
            "districtCode": self.options.districts,
            _BEGIN: _write_stamp(days.since), _END: _write_stamp(days.until),
            "pageNo": 1, "pageSize": self.options.page_size, "isTitleSearch": None,
            "order": "desc", "leaf": "0",
        }  # fmt: skip
        return self._post(_CALLS["all"], fields)

    def _post(self, path: str, fields: Row) -> Request:
        headers = (("Content-Type", "application/json"),)
        return Request(urljoin(self.source.site, path), "POST", write_body(fields), headers)

    def ask_notice(self, listing: Listing) -> Request:
        """Return the call for a notice; its stamp is the notice's own moment, not the clock's."""
        menu = read_query(listing.url).get("parentId", self.options.parent)
        fields = {"articleId": listing.listing_id, "parentId": menu}
        if listing.published_at is not None:
            fields["timestamp"] = str(_write_stamp(listing.published_at))
        return Request(f"{urljoin(self.source.site, _DETAIL)}?{make_query(fields)}")

    def refused(self, capture: Capture) -> Refusal | None:
        """Return why a response is no answer; all answers of these sites are JSON."""
        try:
            answer = parse_json(page_text(capture))
        except (ValueError, RecursionError):
            return _find_shield(capture) or find_json_refusal(capture)
        failure = _judge_failure(answer) if capture.status == 200 else None
        return failure or find_json_refusal(capture)

    def read_listing(self, capture: Capture) -> ListPage:
        """Return the rows of a list answer, or the lists of the kinds that the site names."""
        answer = read_good(capture)
        if urlsplit(capture.url).path.endswith(_TREE):
            return ListPage((), lists=self._read_tree(capture, answer))
        rows, total = _find_rows(capture, answer)
        prepared = [self._prepare_row(row) for row in rows]
        found, issues = read_rows(prepared, self.paths, capture.url, {})
        sent = read_sent(capture)
        kind = self.options.codes.get(write_text(sent.get("categoryCode")), "")
        listings = tuple(replace(row, notice_type=row.notice_type or kind) for row in found)
        span = _read_asked_days(sent)
        page = ListPage(listings, total=total, span=span, issues=issues)
        page = self._turn_page(capture, page, sent, len(rows))
        return replace(page, withheld=_LATE) if answer.get("timed_out") is True else page

    def _prepare_row(self, row: Row) -> Row:
        """Return a row with the menu that it stands in: its own, or that of the stanza."""
        return {**row, "parentId": take_text(row, "parentId") or self.options.parent}

    def _turn_page(
        self, capture: Capture, page: ListPage, sent: dict[str, Any], shown: int
    ) -> ListPage:
        """Return a page with where its list goes on, or the days that it must be cut into."""
        number, size = read_count(sent.get("pageNo")), read_count(sent.get("pageSize"))
        total = page.total or 0
        if not number or not size:
            return page
        if total >= _CAP and (lists := self._cut_days(sent, page.span)):
            return replace(page, listings=(), issues=(), lists=lists)
        after = self._post(urlsplit(capture.url).path, sent | {"pageNo": number + 1})
        more = has_more(number, size, shown, total)
        withheld = f"the site shows {_CAP:,} rows of a day at most" if total >= _CAP else ""
        return replace(page, next=after if more else None, withheld=withheld)

    def _cut_days(self, sent: Mapping[str, Any], span: Span | None) -> tuple[Request, ...]:
        """Return the lists of single days in place of one of several, () for one of a day."""
        days = list_days(span) if span else []
        stamp = _read_stamp(sent.get("_t"))
        if len(days) < 2 or stamp is None:
            return ()
        code = write_text(sent.get("categoryCode"))
        return tuple(self._ask_kind(code, day, day, stamp) for day in days)

    def _read_tree(self, capture: Capture, answer: Row) -> tuple[Request, ...]:
        codes = list(dict.fromkeys(_list_leaves(find_value(answer, "result.data"))))
        asked = read_query(capture.url)
        span, stamp = _read_asked_days(asked), _read_stamp(asked.get("timestamp"))
        if not codes or span is None or stamp is None:
            raise LayoutError(capture.url, "result.data with codes of kinds of notices")
        days = list_days(span)
        return tuple(self._ask_kind(code, days[-1], days[0], stamp) for code in codes)

    def read_notice(self, capture: Capture, listing: Listing) -> Notice:
        """Return the notice of a detail answer; raise LayoutError without its content."""
        return read_shown_notice(capture, read_good(capture), listing, self.source.site)


def read_good(capture: Capture) -> Row:
    """Return an answer that calls itself good, or is in the shape of 2021, which does not."""
    answer = read_answer(capture)
    if answer.get("success") is not True and "hits" not in answer:
        raise LayoutError(capture.url, "success")
    return answer


def _find_rows(capture: Capture, answer: Row) -> tuple[list[Row], int]:
    """Return the rows of a list and the number of all, in the shape of today or that of 2021."""
    if find_value(answer, "hits") is ABSENT:
        return require_rows(capture, answer, "result.data.data", "result.data.total")
    hits, total = require_rows(capture, answer, "hits.hits", "hits.total")
    return [require_object(capture, hit, _OLD_HIT) for hit in hits], total


def _list_leaves(node: object) -> Iterator[str]:
    """Yield the codes of the kinds without kinds below them."""
    if isinstance(node, list):
        for inner in node:
            yield from _list_leaves(inner)
    elif isinstance(node, dict) and node.get("children"):
        yield from _list_leaves(node["children"])
    elif isinstance(node, dict) and (code := take_text(node, "code")):
        yield code


def _find_shield(capture: Capture) -> Refusal | None:
    """Return the part of the shield that answered in place of the site."""
    text = page_text(capture)
    for pattern, cause in _SHIELD:
        if found := pattern.search(text):
            return Refusal(SourceState.BLOCKED, f"{cause} ({found.group()})", ADVICE_BLOCKED)
    if capture.status == 405:
        return Refusal(SourceState.BLOCKED, "HTTP 405 of the Aliyun shield", ADVICE_BLOCKED)
    return None


def _judge_failure(answer: object) -> Refusal | None:
    """Return what an answer says that calls itself a failure."""
    if not isinstance(answer, dict) or answer.get("success") is not False:
        return None
    keys = ("code", "message", "msg", "error", "error.message")
    said = " ".join(filter(None, (take_text(answer, key) for key in keys)))[:120]
    if _LOGIN.search(said):
        return Refusal(SourceState.BLOCKED, f"the site wants a login: {said}", ADVICE_BLOCKED)
    return Refusal(SourceState.UNREACHABLE, f"the site says that it failed: {said or 'no cause'}")


def _read_asked_days(asked: Mapping[str, Any]) -> Span | None:
    """Return the days that a list was asked for: days as texts, or moments in milliseconds."""
    first, last = (_read_asked_day(asked.get(key)) for key in (_BEGIN, _END))
    return cover_days(first, last) if first and last else None


def _read_asked_day(value: object) -> date | None:
    if isinstance(value, str):
        return read_day(value)
    moment = read_date(str(value)) if _read_stamp(value) is not None else None
    return moment.at.astimezone(CHINA).date() if moment else None


def _read_stamp(value: object) -> int | None:
    """Return a moment in milliseconds, None for what is none."""
    text = "" if isinstance(value, bool) else write_text(value)
    return int(text) if re.fullmatch("[0-9]{10,13}", text) else None


def _write_stamp(at: datetime) -> int:
    return int(at.timestamp() * 1000)
