"""ggzy.gov.cn, the national platform of public resource trading: JSON lists, static notices.

Lists: a form is posted; twenty rows a page, filtered by day, province and stage. Of no list does
the site show more than 1000 rows (2026-10): a day with more is asked for by province, a
province's day by stage.
Times: rows have the day in China, notices the minute. Encoding: UTF-8.
Caveats: refusals are codes in an answer of status 200; rows show no buyer; a row leads to the
page of a whole purchase (/html/a/), which loads the notice from the same path under /html/b/.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from urllib.parse import parse_qs, urlencode, urlsplit

from monitor.errors import LayoutError
from monitor.models import Capture, Issue, Listing, Notice, Request, SourceState, Span
from monitor.portals.base import ListPage, PlainPortal, join_address
from monitor.portals.days import cover_days, list_days, read_day
from monitor.portals.decoding import page_text
from monitor.portals.details import make_facts
from monitor.portals.ggzypages import find_own_address, read_notice_page
from monitor.portals.jsonrows import (
    Row,
    check_date,
    check_keys,
    read_answer,
    read_count,
    require_rows,
    take_text,
)
from monitor.portals.refusals import (
    Refusal,
    find_json_refusal,
    find_refusal,
    find_truncation,
    refuse_code,
)
from monitor.text.dates import CHINA, read_date

_CALL = "/information/pubTradingInfo/getTradList"
_PAGE_SIZE = 20
_CAP = 1000
_LISTED_DAYS = 365
# The codes of the site's own menu; 660000 is the Xinjiang Production and Construction Corps.
PROVINCES = tuple(
    f"{code}0000"
    for code in (
        "11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 "
        "65 66"
    ).split()
)
_GOOD, _TOO_MANY = "200", "804"
_STATES = {
    "800": SourceState.BLOCKED,
    "801": SourceState.DRIFTED,
    "829": SourceState.BLOCKED,
}
_CAUSES = {
    "800": "the site finds the requests too frequent",
    "801": "the site does not accept the parameters",
    "829": "the site asks for a captcha",
}
# What the site's menu calls the stages, for rows that have the code alone.
_TYPES = {
    "0101": "招标/资审公告", "0102": "开标记录", "0104": "交易结果公示",
    "0105": "招标/资审文件澄清", "0201": "采购/资审公告", "0202": "中标公告",
    "0203": "采购合同", "0204": "更正事项", "9001": "交易公告", "9002": "成交公示",
}  # fmt: skip
_REQUIRED = ("id", "title", "url", "publishTime")
_WITHHELD_CAP = f"the site shows {_CAP} rows of a list, and this one cannot be cut any finer"
_WITHHELD_AGE = "the site lists one year; older notices are on its history page, which is not read"


@dataclass(frozen=True)
class _Asked:
    """What a list request was limited to, and which of its pages it was for."""

    first: date
    last: date
    province: str = ""
    stage: str = ""
    page: int = 1


@dataclass(frozen=True)
class _Table:
    """The rows of an answer with the answer's own counts; the older form may lack `total`."""

    rows: Sequence[Row]
    total: int | None
    pages: int

    def is_capped(self) -> bool:
        """Return whether the site may hold more rows back."""
        return (self.pages * _PAGE_SIZE if self.total is None else self.total) >= _CAP


class GgzyPortal(PlainPortal):
    """Read the lists and notices of the national platform."""

    def ask_lists(self, span: Span) -> tuple[Request, ...]:
        """Return a request for each day; what is older than a year is one request."""
        days = list_days(span)
        pieces = [(day, day) for day in days[:_LISTED_DAYS]]
        if older := days[_LISTED_DAYS:]:
            pieces.append((older[-1], older[0]))
        provinces = self.source.ggzy.provinces or [""]
        return tuple(
            self._ask(_Asked(first, last, province))
            for first, last in pieces
            for province in provinces
        )

    def _ask(self, asked: _Asked) -> Request:
        """Return the request of a list's page."""
        form = {
            "SOURCE_TYPE": "1",  # the platforms of the provinces, as the site's own page asks
            "DEAL_TIME": "06",
            "TIMEBEGIN": asked.first.isoformat(),
            "TIMEEND": asked.last.isoformat(),
            "DEAL_CLASSIFY": self.source.ggzy.kind,
            "DEAL_STAGE": asked.stage,
            "DEAL_PROVINCE": asked.province,
            "isShowAll": "1",
            "PAGENUMBER": str(asked.page),
        }
        # The site's own page leaves out what limits nothing: '', 0 and 00.
        body = urlencode({name: value for name, value in form.items() if value.strip("0")})
        site = self.source.site.rstrip("/")
        headers = (
            ("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8"),
            ("Referer", f"{site}/deal/dealList.html"),
            ("X-Requested-With", "XMLHttpRequest"),
        )
        return Request(f"{site}{_CALL}", "POST", body.encode(), headers)

    def ask_notice(self, listing: Listing) -> Request:
        """Return the request for the notice itself, which the row's page would load."""
        return Request(find_own_address(listing.url))

    def refused(self, capture: Capture) -> Refusal | None:
        """Return why a response is neither a list nor a page of the site."""
        if not urlsplit(capture.url).path.endswith(_CALL):
            return find_refusal(capture) or find_truncation(page_text(capture))
        return _find_code(capture) or find_json_refusal(capture)

    def read_listing(self, capture: Capture) -> ListPage:
        """Return the rows of a list's page, or the finer lists that it must be read by."""
        asked = _read_asked(capture.sent)
        span = cover_days(asked.first, asked.last) if asked else None
        answer = read_answer(capture)
        code = take_text(answer, "code")
        if code == _TOO_MANY:
            finer = self._cut(asked)
            return ListPage((), span=span, lists=finer, withheld="" if finer else _WITHHELD_CAP)
        if code != _GOOD:
            raise LayoutError(capture.url, f"code {_GOOD}{code and f', not {code[:20]}'}")
        table = _read_table(capture, answer)
        if table.is_capped() and (finer := self._cut(asked)):
            return ListPage((), pages=table.pages, total=table.total, span=span, lists=finer)
        _check_province(asked, table, capture.url)
        issues = check_keys(table.rows, _REQUIRED, capture.url)
        rows = [_read_row(row, capture.final_url, issues) for row in table.rows]
        return ListPage(
            tuple(row for row in rows if row is not None),
            self._ask_next(asked, table),
            table.pages,
            table.total,
            span,
            withheld=_find_withheld(asked, table, capture),
            issues=tuple(issues),
        )

    def _cut(self, asked: _Asked | None) -> tuple[Request, ...]:
        """Return the finer lists that a day's list is made of, none where nothing is finer."""
        if asked is None or asked.first != asked.last or asked.stage:
            return ()
        first = replace(asked, page=1)
        if not asked.province:
            return tuple(self._ask(replace(first, province=code)) for code in PROVINCES)
        return tuple(self._ask(replace(first, stage=code)) for code in self.source.ggzy.stages)

    def _ask_next(self, asked: _Asked | None, table: _Table) -> Request | None:
        if asked is None or asked.page >= table.pages:
            return None
        return self._ask(replace(asked, page=asked.page + 1))

    def read_notice(self, capture: Capture, listing: Listing) -> Notice:
        """Return the notice of its own page, or what the page of its purchase shows of it."""
        return read_notice_page(capture, page_text(capture), make_facts(listing))


def _find_code(capture: Capture) -> Refusal | None:
    """Return the refusal that a list's answer is a code for."""
    try:
        code = take_text(read_answer(capture), "code") if capture.status == 200 else ""
    except LayoutError:
        return None
    return refuse_code(code, _CAUSES.get(code, ""), _STATES)


def _read_asked(sent: bytes) -> _Asked | None:
    """Return what a form asked for, None where it is no form of a list."""
    form = {name: values[0] for name, values in parse_qs(sent.decode("utf-8", "replace")).items()}
    first, last = read_day(form.get("TIMEBEGIN", "")), read_day(form.get("TIMEEND", ""))
    page = read_count(form.get("PAGENUMBER"))
    if first is None or last is None or page is None:
        return None
    return _Asked(first, last, form.get("DEAL_PROVINCE", ""), form.get("DEAL_STAGE", ""), page)


def _read_table(capture: Capture, answer: Row) -> _Table:
    """Return the rows and counts of an answer in its present or its older form."""
    if isinstance(answer.get("data"), list):
        rows, leaves = require_rows(capture, answer, "data", "ttlpage")
        count = read_count(answer.get("ttlrow"))
        return _Table(rows, 0 if count is None and not leaves else count, leaves)
    rows, total = require_rows(capture, answer, "data.records", "data.total")
    pages = read_count(answer["data"].get("pages"))
    if pages is None:
        raise LayoutError(capture.url, "data.pages")
    return _Table(rows, total, pages)


def _check_province(asked: _Asked | None, table: _Table, url: str) -> None:
    """Raise LayoutError where most rows of a province's list are of several others.

    Each of the finer lists would be the whole day again, and none would be whole.
    """
    shown = [take_text(row, "province") for row in table.rows]
    others = [
        code for code in shown if asked and asked.province and code not in ("", asked.province)
    ]
    if len(others) * 2 > len(shown) and len(set(others)) > 1:
        raise LayoutError(url, "rows of one province: 'DEAL_PROVINCE' was ignored")


def _find_withheld(asked: _Asked | None, table: _Table, capture: Capture) -> str:
    """Return why an answer shows less than the site has, '' where it does not."""
    oldest = capture.fetched_at.astimezone(CHINA).date() - timedelta(days=_LISTED_DAYS)
    if asked is not None and asked.first < oldest:
        return _WITHHELD_AGE
    return _WITHHELD_CAP if table.is_capped() else ""


def _read_row(row: Row, base_url: str, issues: list[Issue]) -> Listing | None:
    number, title, path, raw = (take_text(row, key) for key in _REQUIRED)
    url = join_address(base_url, path)
    if path and not url:
        issues.append(Issue("row without link", "url", path[:120], base_url))
    if not (number and title and url):
        return None
    issues += check_date(raw, url)
    published = read_date(raw)
    province, city = take_text(row, "provinceText"), take_text(row, "cityText")
    return Listing(
        listing_id=number,
        url=url,
        title=title,
        published_raw=raw,
        published_at=published.at if published else None,
        date_only=published.date_only if published else False,
        region=city if city.startswith(province) else province + city,
        notice_type=take_text(row, "informationTypeText")
        or _TYPES.get(take_text(row, "informationType"), ""),
    )
