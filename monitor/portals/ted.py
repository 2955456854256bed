"""Tenders Electronic Daily of the EU, search API version 3 (OP-TED/tedapi-docs); no key.

POST /v3/notices/search. Texts are {language: text or list of texts}, one per lot, and lists of
different fields do not stand side by side. A sum of -1 is none. Paging by number ends after 15,000
notices: longer answers are cut into days. A row has all fields asked for and is its notice.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import zip_longest
from typing import Any
from zoneinfo import ZoneInfo

from monitor.errors import LayoutError
from monitor.models import Capture, Issue, Listing, Notice, Request, SourceState, Span
from monitor.portals.base import ListPage
from monitor.portals.days import cover_days
from monitor.portals.decoding import page_text, parse_json, read_json
from monitor.portals.refusals import Refusal, find_json_refusal
from monitor.portals.releaseparts import name_file
from monitor.portals.releases import keep_whole, list_release, read_release
from monitor.portals.releasevalues import Json, read_text, rows_of, texts_of, write_content
from monitor.stanzas import SourceConfig

SITE = "https://api.ted.europa.eu"
_PATH = "/v3/notices/search"
_PERSON = "https://ted.europa.eu/en/notice/-/detail/{id}"
_ZONE = ZoneInfo("Europe/Brussels")
MOST = 15_000
FIELDS = (
    "publication-number", "publication-date", "notice-type", "notice-title", "procedure-identifier",
    "buyer-name", "buyer-country", "classification-cpv", "description-proc", "title-lot",
    "description-lot", "winner-name", "result-value-notice", "result-value-cur-notice",
    "total-value", "total-value-cur", "estimated-value-proc", "estimated-value-cur-proc",
    "document-url-lot", "links",
)  # fmt: skip
_NAMED = ("publication-number", "publication-date", "notice-title", "notice-type")
_DAYS = re.compile(r"publication-date>=(\d{8}) AND publication-date<=(\d{8})")
_HEADERS = (("Content-Type", "application/json"), ("Accept", "application/json"))
# Notice types of the eForms, by how they begin; the longer beginning counts.
_TAGS = (
    ("pin-cfc", "tender"), ("pin-", "planning"), ("pmc", "planning"), ("cn-", "tender"),
    ("subco", "tender"), ("qu-sy", "tender"), ("can-modif", "contractAmendment"),
    ("can-", "award"), ("veat", "award"), ("corr", "tenderAmendment"), ("compl", "implementation"),
)  # fmt: skip


class TedPortal:
    """Read the notices of a standing query, day by day where there are too many."""

    lists_only = False

    def __init__(self, source: SourceConfig) -> None:
        if source.ted is None:
            raise ValueError("ted is missing")
        self.source, self.options = source, source.ted
        self.site = (source.site or SITE).rstrip("/")

    def ask_lists(self, span: Span) -> tuple[Request, ...]:
        """Return the request for the days of the span, all at once."""
        first, last = (moment.astimezone(_ZONE).date() for moment in (span.since, span.until))
        return (self._ask_page(first, last, 1),)

    def _ask_page(self, first: date, last: date, page: int) -> Request:
        days = f"publication-date>={first:%Y%m%d} AND publication-date<={last:%Y%m%d}"
        sent = {
            "query": f"({self.options.query}) AND {days} SORT BY publication-date DESC",
            "fields": list(FIELDS),
            "page": page,
            "limit": self.options.page_size,
            "scope": "ALL",
            "checkQuerySyntax": False,
            "paginationMode": "PAGE_NUMBER",
            "onlyLatestVersions": False,
        }
        body = json.dumps(sent, ensure_ascii=False, separators=(",", ":")).encode()
        return Request(f"{self.site}{_PATH}", "POST", body, _HEADERS)

    def ask_notice(self, listing: Listing) -> Request:
        """Return the request for a notice's page; its listing holds it already."""
        return Request(listing.url)

    def refused(self, capture: Capture) -> Refusal | None:
        """Return why a response is no answer; a refused query is the stanza's or the site's."""
        if capture.status != 400:
            return find_json_refusal(capture)
        cause = f"HTTP 400: {_find_message(capture)[:160]}"
        advice = "mend the query of the stanza; or the site has renamed a field"
        return Refusal(SourceState.DRIFTED, cause, advice)

    def read_listing(self, capture: Capture) -> ListPage:
        """Return the notices of an answer; raise LayoutError without its rows or count."""
        answer = read_json(capture)
        rows = answer.get("notices") if isinstance(answer, dict) else None
        total = answer.get("totalNoticeCount") if isinstance(answer, dict) else None
        if not isinstance(rows, list):
            raise LayoutError(capture.url, "'notices'")
        if not isinstance(total, int) or isinstance(total, bool):
            raise LayoutError(capture.url, "'totalNoticeCount'")
        issues: list[Issue] = []
        whole = keep_whole(rows_of(rows), _NAMED, capture.url, issues, _first)
        listings = tuple(self._read_row(row, issues) for row in whole)
        page = ListPage(listings, total=total, issues=tuple(issues))
        if answer.get("timedOut") is True:
            page = replace(page, withheld="the search of the site ran out of time")
        return self._go_on(page, len(rows), capture)

    def _go_on(self, page: ListPage, count: int, capture: Capture) -> ListPage:
        """Add the next page, or the days that an answer too long is cut into."""
        first, last, number = _recall(capture.sent)
        if first is None or last is None:
            return page
        page, total = replace(page, span=cover_days(first, last, _ZONE)), page.total or 0
        if total > MOST and first < last:
            days = (last - timedelta(days=n) for n in range((last - first).days + 1))
            return replace(page, lists=tuple(self._ask_page(day, day, 1) for day in days))
        if total > MOST:
            page = replace(page, withheld=f"{total} notices of one day; the site shows {MOST}")
        done = number * self.options.page_size
        if not count or done >= min(total, MOST):
            return page
        return replace(page, next=self._ask_page(first, last, number + 1))

    def _read_row(self, row: Json, issues: list[Issue]) -> Listing:
        number = _first(row, "publication-number")
        url = find_page(number)
        content = write_content(row, url)
        listing = list_release(make_release(row), url, content, self.source.region)
        if listing.published_at is None:
            issues.append(Issue("unreadable date", "publication-date", listing.published_raw, url))
        return replace(listing, listing_id=number, notice_type=_first(row, "notice-type"))

    def read_notice(self, capture: Capture, listing: Listing) -> Notice:
        """Return the notice of a row; raise LayoutError where it is none."""
        try:
            row = parse_json(listing.content or page_text(capture))
        except (ValueError, RecursionError):
            raise LayoutError(listing.url, "a row of the list") from None
        if not isinstance(row, dict) or not _first(row, "publication-number"):
            raise LayoutError(listing.url, "'publication-number'")
        notice = read_release(make_release(row), listing.url, self.source.region)
        return replace(notice, notice_type=_first(row, "notice-type"))


def find_number(row: Json) -> str:
    """Return the publication number of a row, '' for what is none."""
    return _first(row, "publication-number")


def find_page(number: str) -> str:
    """Return the address at which people read a notice."""
    return _PERSON.format(id=number)


def find_texts(value: Any) -> list[str]:
    """Return the texts of a field in one language: English, else the first that it has."""
    if isinstance(value, dict):
        value = next((value[key] for key in ("eng", "mul") if value.get(key)), None) or next(
            filter(None, value.values()), None
        )
    return texts_of(value)


def make_release(row: Json) -> dict[str, Any]:
    """Return a row as an OCDS release."""
    kind = _first(row, "notice-type")
    tag = next((tag for head, tag in _TAGS if kind.startswith(head)), kind)
    buyer = "、".join(dict.fromkeys(find_texts(row.get("buyer-name"))))
    number = _first(row, "publication-number")
    release: dict[str, Any] = {
        "ocid": _first(row, "procedure-identifier") or number,
        "id": number,
        "date": _first(row, "publication-date"),
        "tag": [tag],
        "buyer": {"name": buyer},
        "parties": [
            {"name": buyer, "roles": ["buyer"], "address": {"region": _first(row, "buyer-country")}}
        ],
        "tender": {
            "title": _first(row, "notice-title"),
            "description": "\n".join(find_texts(row.get("description-proc"))),
            "lots": list(_list_lots(row)),
            "value": _find_sum(row, "estimated-value-proc", "estimated-value-cur-proc"),
            "documents": [
                {"url": url, "title": name_file(url, "procurement documents")}
                for url in dict.fromkeys(find_texts(row.get("document-url-lot")))
            ],
        },
    }
    if tag in ("award", "contractAmendment"):
        names = dict.fromkeys(find_texts(row.get("winner-name")))
        total = _find_sum(row, "result-value-notice", "result-value-cur-notice")
        value = total or _find_sum(row, "total-value", "total-value-cur")
        release["awards"] = [{"suppliers": [{"name": name} for name in names], "value": value}]
    return release


def _list_lots(row: Json) -> Iterator[Json]:
    titles, words = find_texts(row.get("title-lot")), find_texts(row.get("description-lot"))
    for title, text in zip_longest(titles, words, fillvalue=""):
        yield {"title": title, "description": text}


def _find_sum(row: Json, amount: str, currency: str) -> Json | None:
    if not (told := _first(row, amount)):
        return None
    return {"amount": told, "currency": _first(row, currency)}


def _first(row: Json, key: str) -> str:
    return next(iter(find_texts(row.get(key))), "")


def _find_message(capture: Capture) -> str:
    """Return what an error says of itself, without the list of all fields behind it."""
    text = page_text(capture)
    try:
        answer = parse_json(text)
    except (ValueError, RecursionError):
        return " ".join(text.split())
    error = answer.get("error") if isinstance(answer, dict) else None
    row = error if isinstance(error, dict) else answer if isinstance(answer, dict) else {}
    return " ".join(filter(None, (read_text(row.get("type")), read_text(row.get("message")))))


def _recall(sent: bytes) -> tuple[date | None, date | None, int]:
    """Return the days and the page that a request asked for."""
    try:
        asked = parse_json(sent.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None, None, 1
    row = asked if isinstance(asked, dict) else {}
    found = _DAYS.search(str(row.get("query")))
    if found is None:
        return None, None, 1
    first, last = (datetime.strptime(day, "%Y%m%d").replace(tzinfo=UTC) for day in found.groups())
    page = row.get("page")
    return first.date(), last.date(), page if isinstance(page, int) else 1
