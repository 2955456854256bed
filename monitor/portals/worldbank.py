"""The procurement notices of the World Bank, search API version 2.

GET /api/v2/procnotices, newest first by `srt=noticedate`, paged by `os`; no day can be asked for,
and a filter that it does not know is ignored. `procnotices` is a list, or an object by id. `fl`
with a wrong name gives rows of project_id alone, so no fields are asked for: a row then has its
whole text, `notice_text`. Days are 05-Oct-2026. Winners and sums stand in the text only.
"""

from __future__ import annotations

import html
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from monitor.errors import LayoutError
from monitor.models import Capture, Issue, Listing, Notice, Request, Span, Tag
from monitor.portals.base import ListPage
from monitor.portals.decoding import parse_json, read_json
from monitor.portals.pages import read_page
from monitor.portals.refusals import Refusal, find_json_refusal
from monitor.portals.releases import keep_whole
from monitor.portals.releasevalues import (
    Json,
    read_moment,
    read_text,
    rows_of,
    texts_of,
    write_content,
)
from monitor.stanzas import SourceConfig
from monitor.text.fields import PageFacts

SITE = "https://search.worldbank.org"
_PATH = "/api/v2/procnotices"
_PERSON = "https://projects.worldbank.org/en/projects-operations/procurement-detail/{id}"
_BY_COUNTRY = "project_ctry_name_exact"
_NAMED = ("id", "noticedate", "notice_type", "title")
_TITLES = ("bid_description", "project_name")
_TAGS = {
    "General Procurement Notice": Tag.PLANNING,
    "Invitation for Bids": Tag.TENDER,
    "Invitation for Prequalification": Tag.TENDER,
    "Request for Expression of Interest": Tag.TENDER,
    "Request for Proposals": Tag.TENDER,
    "Contract Award": Tag.AWARD,
}


class WorldbankPortal:
    """Read the notices of some countries, or of all."""

    lists_only = False

    def __init__(self, source: SourceConfig) -> None:
        self.source, self.options = source, source.worldbank
        self.site = (source.site or SITE).rstrip("/")

    def ask_lists(self, span: Span) -> tuple[Request, ...]:  # noqa: ARG002
        """Return the request for each country's list; they begin at their newest row."""
        return tuple(self._ask_page(name, 0) for name in self.options.countries or [""])

    def _ask_page(self, country: str, offset: int) -> Request:
        asked = {
            "format": "json", "rows": self.options.page_size, "os": offset,
            "srt": "noticedate", "order": "desc",
        }  # fmt: skip
        named = {_BY_COUNTRY: country} if country else {}
        return Request(f"{self.site}{_PATH}?{urlencode(asked | named)}")

    def ask_notice(self, listing: Listing) -> Request:
        """Return the request for a notice with its text."""
        asked = urlencode({"format": "json", "id": listing.listing_id})
        return Request(f"{self.site}{_PATH}?{asked}")

    def refused(self, capture: Capture) -> Refusal | None:
        """Return why a response is no answer."""
        return find_json_refusal(capture)

    def read_listing(self, capture: Capture) -> ListPage:
        """Return the notices of an answer; raise LayoutError without its rows or count."""
        rows, total = _open_answer(capture)
        if total is None:
            raise LayoutError(capture.url, "'total'")
        issues: list[Issue] = []
        whole = keep_whole(rows, _NAMED, capture.url, issues, _find_required)
        listings = tuple(self._read_row(row, issues) for row in whole)
        asked = dict(parse_qsl(urlsplit(capture.url).query))
        offset = int(asked["os"]) if asked.get("os", "").isdecimal() else 0
        country, after = asked.get(_BY_COUNTRY, ""), None
        if country and sum(row.region != country for row in listings) * 2 > len(listings):
            raise LayoutError(capture.url, f"rows of {country}: '{_BY_COUNTRY}' was ignored")
        if rows and offset + len(rows) < total:
            after = self._ask_page(country, offset + len(rows))
        return ListPage(listings, after, total=total, issues=tuple(issues))

    def _read_row(self, row: Json, issues: list[Issue]) -> Listing:
        number, raw = read_text(row.get("id")), read_text(row.get("noticedate"))
        date, url = read_moment(raw), find_page(number)
        if date is None:
            issues.append(Issue("unreadable date", "noticedate", raw, url))
        content = write_content(row, url)
        return Listing(
            listing_id=number,
            url=url,
            title=find_title(row),
            published_raw=raw,
            published_at=date.at if date else None,
            date_only=date.date_only if date else False,
            region=read_text(row.get("project_ctry_name")) or self.source.region,
            buyer=read_text(row.get("contact_organization")),
            notice_type=read_text(row.get("notice_type")),
            # A row without its text is no notice: that is asked for by its id.
            content=content if row.get("notice_text") else "",
        )

    def read_notice(self, capture: Capture, listing: Listing) -> Notice:
        """Return the notice of a row; raise LayoutError where it has no text."""
        row = self._find_row(capture, listing)
        text = row.get("notice_text")
        if not isinstance(text, str) or not text.strip():
            raise LayoutError(listing.url, "'notice_text'")
        kind = read_text(row.get("notice_type")) or listing.notice_type
        facts = PageFacts(
            url=listing.url,
            title=find_title(row) or listing.title,
            channel=kind,
            published=read_text(row.get("noticedate")) or listing.published_raw,
            region=read_text(row.get("project_ctry_name")) or listing.region,
            buyer=read_text(row.get("contact_organization")) or listing.buyer,
        )
        notice = read_page(_write_lines(row) + text, facts)
        tag = _TAGS.get(kind)
        issues = tuple(i for i in notice.issues if not (tag and i.kind == "unknown notice type"))
        return replace(notice, tag=tag or notice.tag, notice_type=kind, issues=issues)

    def _find_row(self, capture: Capture, listing: Listing) -> Json:
        if listing.content:
            try:
                row = parse_json(listing.content)
            except (ValueError, RecursionError):
                raise LayoutError(listing.url, "a row of the list") from None
            return row if isinstance(row, dict) else {}
        rows = _open_answer(capture)[0]
        return next((row for row in rows if read_text(row.get("id")) == listing.listing_id), {})


def list_rows(answer: Any) -> list[Json] | None:
    """Return the rows of an answer, which has them in a list or by their ids; None without any."""
    found: Any = answer.get("procnotices") if isinstance(answer, dict) else None
    if isinstance(found, dict):
        found = list(found.values())
    return list(rows_of(found)) if isinstance(found, list) else None


def _open_answer(capture: Capture) -> tuple[list[Json], int | None]:
    """Return the rows and the count of an answer; raise LayoutError without rows."""
    answer = read_json(capture)
    rows = list_rows(answer)
    if rows is None:
        raise LayoutError(capture.url, "'procnotices'")
    total = next(iter(texts_of(answer.get("total"))), "")
    return rows, int(total) if total.isdecimal() else None


def _find_required(row: Json, key: str) -> str:
    return find_title(row) if key == "title" else read_text(row.get(key))


def find_page(number: str) -> str:
    """Return the address at which people read a notice."""
    return _PERSON.format(id=number)


def find_title(row: Json) -> str:
    """Return what is bought, or else the name of its project."""
    return next(filter(None, (read_text(row.get(key)) for key in _TITLES)), "")


def _write_lines(row: Json) -> str:
    """Return what the row knows and the text may not, as labelled lines."""
    told = (
        ("项目编号", read_text(row.get("bid_reference_no")) or read_text(row.get("project_id"))),
        ("项目名称", read_text(row.get("project_name"))),
    )
    return "".join(f"<p>{name}：{html.escape(value)}</p>" for name, value in told if value)
