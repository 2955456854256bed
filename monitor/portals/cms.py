"""What freecms and gpcms have in common: a list call by days and pages, its rows, its refusals.

Sites: finance portals of a dozen provinces, zycg.gov.cn, plap.mil.cn. Times: Asia/Shanghai wall
clock to the second. Sums: strings in yuan. Titles: marks of a search may stand within words.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from urllib.parse import urljoin

from monitor.errors import LayoutError
from monitor.models import Capture, Request, SourceState, Span
from monitor.portals.base import ListPage, PlainPortal
from monitor.portals.days import cover_days, read_day
from monitor.portals.decoding import page_text, parse_json
from monitor.portals.jsonrows import (
    Row,
    change_query,
    has_more,
    label_lines,
    make_query,
    read_answer,
    read_count,
    read_query,
    require_rows,
    take_text,
)
from monitor.portals.paths import find_value
from monitor.portals.refusals import Refusal, find_json_refusal, refuse_code
from monitor.portals.rows import RowPaths, read_rows
from monitor.stanzas import CmsOptions, SourceConfig

TITLE, NUMBER = "title|shorttitle", "openTenderCode"
TIME = "noticeTime|addtimeStr|fieldValues.f_noticeTime"
KIND = "noticeTypeName|noticeType"
SINCE, UNTIL = "operationStartTime", "operationEndTime"

# What the numbers of kinds stand for; a longer number is a kind of the kind that it begins with.
_KINDS = {
    "59": "采购意向", "5E": "采购意向", "00101": "采购公告", "00102": "中标（成交）结果公告",
    "00103": "更正公告", "001003": "更正公告", "001004": "废标公告", "001006": "终止公告",
    "001009": "验收公告", "00105A": "验收公告", "001051": "单一来源公示", "001052": "资格预审公告",
    "001054": "合同公告", "001059": "采购需求公示",
}  # fmt: skip
_OK = frozenset({"200", "0"})
# Codes inside an answer that was sent with HTTP 200; all others say that the site failed.
_CODES = {
    "401": SourceState.BLOCKED, "403": SourceState.BLOCKED, "405": SourceState.BLOCKED,
    "429": SourceState.BLOCKED, "404": SourceState.DRIFTED,
}  # fmt: skip
_CAPTCHA = Refusal(
    SourceState.BLOCKED,
    "the list wants a captcha",
    "none is solved; see docs/portals.md for another source of this region",
)
_SIGNATURE = Refusal(
    SourceState.BLOCKED,
    "the list wants a signature of its page script: see sign",
    "give the source a sign file of your own; see docs/portals.md",
)
_DEMANDS = (
    (re.compile(r"验证码|verify_?code|captcha", re.IGNORECASE), _CAPTCHA),
    (re.compile(r"nsssjss|\b4009\b|验签|签名|\bsign(?:ature)?\b(?![- ]?in)", re.I), _SIGNATURE),
)
_LONGEST_DEMAND = 4000
_WORDS = ("code", "msg", "message", "error", "data")


class CmsPortal(PlainPortal):
    """The list call of both families; a subclass says where its notices are."""

    family_call = ""

    def __init__(self, source: SourceConfig, options: CmsOptions, human: str) -> None:
        super().__init__(source)
        self.options = options
        self.call = options.call or self.family_call
        address = options.human.replace("{number}", f"{{{NUMBER}}}") or human
        self.paths = RowPaths(
            id="id", title=TITLE, url=address, date=TIME, buyer="purchaser", area="regionName",
            type=KIND, content="content", region=source.region,
        )  # fmt: skip

    def ask_rows(self, site: str, channel: str, days: Sequence[date]) -> tuple[Request, ...]:
        """Return what asks for the first page of each kind on each day, the newest day first."""
        kinds = self.options.notice_types or [""]
        dated: Sequence[date | None] = days if self.options.dated else (None,)
        return tuple(self._ask_first(site, channel, kind, day) for day in dated for kind in kinds)

    def _ask_first(self, site: str, channel: str, kind: str, day: date | None) -> Request:
        fields = {
            "siteId": site, "channel": channel, "currPage": "1",
            "pageSize": str(self.options.page_size), "noticeType": kind,
            "regionCode": self.options.region_code,
        }  # fmt: skip
        if day is not None:
            fields |= {**write_days(day, day), "selectTimeName": "noticeTime"}
        if self.call.endswith("ForIndex"):
            fields["requestSource"] = "qwjs"
        return self.ask_path(self.call, fields)

    def ask_path(self, path: str, fields: dict[str, str]) -> Request:
        """Return what asks a call of the site."""
        return self._ask(f"{urljoin(self.source.site, path)}?{make_query(fields)}")

    def _ask(self, url: str) -> Request:
        """Return a request with the headers that both families want, save the stanza's own."""
        known = {name.lower() for name in self.source.headers}
        wanted = (
            ("Referer", urljoin(self.source.site, "/")),
            ("X-Requested-With", "XMLHttpRequest"),
        )
        return Request(url, headers=tuple(pair for pair in wanted if pair[0].lower() not in known))

    def read_list(self, capture: Capture) -> ListPage:
        """Return the rows of a list answer; raise LayoutError without its anchors."""
        answer = read_good(capture)
        inner = isinstance(find_value(answer, "data"), dict)
        where = ("data.rows", "data.total") if inner else ("data", "total")
        rows, total = require_rows(capture, answer, *where)
        prepared = [self.prepare_row(row) for row in rows]
        found, issues = read_rows(prepared, self.paths, capture.url, {})
        listings = tuple(replace(row, notice_type=name_kind(row.notice_type)) for row in found)
        page = ListPage(listings, total=total, span=read_asked_days(capture), issues=issues)
        asked = read_query(capture.url)
        number, size = read_count(asked.get("currPage")), read_count(asked.get("pageSize"))
        if not number or not size:
            return page
        after = self._ask(change_query(capture.url, currPage=str(number + 1)))
        more = has_more(number, size, len(rows), total)
        return replace(page, next=after if more else None)

    def prepare_row(self, row: Row) -> Row:
        """Return a row as `paths` read it: without a number, its address has none."""
        return {**row, NUMBER: take_text(row, NUMBER), "content": ""}


def write_days(first: date, last: date) -> dict[str, str]:
    """Return two days as these lists are asked for them."""
    return {SINCE: f"{first} 00:00:00", UNTIL: f"{last} 23:59:59"}


def read_asked_days(capture: Capture) -> Span | None:
    """Return the days that an address asks for."""
    asked = read_query(capture.url)
    first, last = read_day(asked.get(SINCE, "")), read_day(asked.get(UNTIL, ""))
    return cover_days(first, last) if first and last else None


def name_kind(shown: str) -> str:
    """Return the kind of notice that a row names, or what its number stands for.

    A number that is not known says nothing.
    """
    number = shown.partition(",")[0].strip()
    if not re.fullmatch("[0-9A-Z]+", number):
        return shown
    ends = range(len(number), 1, -1)
    return next((_KINDS[number[:end]] for end in ends if number[:end] in _KINDS), "")


def state_facts(row: Row, text: str) -> str:
    """Return the number and the budget of a row as lines, where its text does not say them."""
    budget = take_text(row, "budget")
    # A budget of nothing is one that nobody filled in.
    missing = bool(re.search("[1-9]", budget)) and "预算" not in text
    values = (("项目编号", take_text(row, NUMBER)), ("预算金额", f"{budget}元" if missing else ""))
    return label_lines(values, text)


def read_good(capture: Capture) -> Row:
    """Return an answer; raise LayoutError for one that does not call itself good."""
    answer = read_answer(capture)
    if take_text(answer, "code") not in _OK:
        raise LayoutError(capture.url, "code 200")
    return answer


def refuse_answer(capture: Capture) -> Refusal | None:
    """Return why a JSON answer is none: a captcha, a signature, a block, a code that is not 200."""
    code, said = _read_words(capture)
    for pattern, refusal in _DEMANDS:
        if pattern.search(said):
            return refusal
    if (refused := find_json_refusal(capture)) or not code or code in _OK:
        return refused
    state = _CODES.get(code, SourceState.UNREACHABLE)
    return refuse_code(code, said.removeprefix(code).strip(), {code: state})


def _read_words(capture: Capture) -> tuple[str, str]:
    """Return the code of an answer, and what it says where it is no good answer."""
    text = page_text(capture)
    try:
        answer = parse_json(text)
    except (ValueError, RecursionError):
        return "", text if len(text) < _LONGEST_DEMAND else ""
    if not isinstance(answer, dict):
        return "", ""
    code = take_text(answer, "code")
    if code in _OK and capture.status == 200 and answer.get("data") is not None:
        return code, ""
    return code, " ".join(filter(None, (take_text(answer, key) for key in _WORDS)))
