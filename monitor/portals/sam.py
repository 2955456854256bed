"""SAM.gov, contract opportunities of the United States, public API version 2.

GET opportunities/v2/search wants postedFrom and postedTo (MM/dd/yyyy, at most a year apart);
`offset` counts pages. The key of `key_env` is added by the fetcher: nothing here sees it. Some ten
requests a day are free, so a row is its notice; the description is an attachment behind the key.
404 with "No data found" is an empty list. A missing value may be the text "null".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit
from zoneinfo import ZoneInfo

from monitor.errors import LayoutError
from monitor.models import Capture, Issue, Listing, Notice, Request, SourceState, Span
from monitor.portals.base import ListPage
from monitor.portals.days import cover_days
from monitor.portals.decoding import page_text, parse_json, read_json
from monitor.portals.refusals import Refusal, find_json_refusal
from monitor.portals.releaseparts import is_address, name_file
from monitor.portals.releases import keep_whole, list_release, read_release
from monitor.portals.releasevalues import Json, part_of, read_text, rows_of, write_content
from monitor.stanzas import SourceConfig

SITE = "https://api.sam.gov"
_PATH = "/opportunities/v2/search"
_PERSON = "https://sam.gov/opp/{id}/view"
_DAY = "%m/%d/%Y"
_ZONE = ZoneInfo("America/New_York")
# Well below a year, as its two ends count too.
_LONGEST = timedelta(days=360)
_NO_DATA = "no data found"
_NAMED = ("noticeId", "title", "postedDate", "type")
_KEY_CODES = (401, 403)
_TAGS = {
    "Presolicitation": "planning", "Sources Sought": "planning", "Special Notice": "planning",
    "Intent to Bundle Requirements (DoD-Funded)": "planning",
    "Solicitation": "tender", "Combined Synopsis/Solicitation": "tender",
    "Award Notice": "award", "Justification": "award",
    "Justification and Approval (J&A)": "award",
}  # fmt: skip


class SamPortal:
    """Read opportunities as they stand; only the newest version of each is shown."""

    lists_only = False

    def __init__(self, source: SourceConfig) -> None:
        self.source, self.options = source, source.sam
        self.site = (source.site or SITE).rstrip("/")

    def ask_lists(self, span: Span) -> tuple[Request, ...]:
        """Return the request for each stretch of at most a year, the newest first."""
        return tuple(self._ask_page(part, 0) for part in _cut_years(span))

    def _ask_page(self, span: Span, page: int) -> Request:
        asked = [
            ("postedFrom", span.since.astimezone(_ZONE).strftime(_DAY)),
            ("postedTo", span.until.astimezone(_ZONE).strftime(_DAY)),
            ("limit", str(self.options.page_size)),
            ("offset", str(page)),
        ]
        if self.options.types:
            asked.append(("ptype", ",".join(self.options.types)))
        return Request(f"{self.site}{_PATH}?{urlencode(asked, safe='/,')}")

    def ask_notice(self, listing: Listing) -> Request:
        """Return the request for a notice's page; its listing holds it already."""
        return Request(listing.url)

    def refused(self, capture: Capture) -> Refusal | None:
        """Return why a response is no answer; a span without notices is none."""
        if _tells_nothing(capture):
            return None
        refusal = find_json_refusal(capture)
        if refusal is None:
            return None
        if capture.status in _KEY_CODES:
            advice = "give the source a key of its own: key_env, or key_file"
            return replace(refusal, advice=advice)
        if capture.status == 429:
            return replace(refusal, advice="the key's requests of the day are used up; wait")
        if capture.status == 400:
            cause = f"HTTP 400: {' '.join(page_text(capture).split())[:120]}"
            return Refusal(SourceState.DRIFTED, cause, "the site takes other parameters now")
        return refusal

    def read_listing(self, capture: Capture) -> ListPage:
        """Return the opportunities of an answer; raise LayoutError without its rows or count."""
        span, page = _recall(capture.url)
        if _tells_nothing(capture):
            return ListPage((), total=0, span=span)
        answer = read_json(capture)
        rows = answer.get("opportunitiesData") if isinstance(answer, dict) else None
        total = answer.get("totalRecords") if isinstance(answer, dict) else None
        if not isinstance(rows, list):
            raise LayoutError(capture.url, "'opportunitiesData'")
        if not isinstance(total, int) or isinstance(total, bool):
            raise LayoutError(capture.url, "'totalRecords'")
        issues: list[Issue] = []
        whole = keep_whole(rows_of(rows), _NAMED, capture.url, issues, _find_required)
        listings = tuple(self._read_row(row, issues) for row in whole)
        more = bool(rows) and span is not None and (page + 1) * self.options.page_size < total
        after = self._ask_page(span, page + 1) if more and span is not None else None
        return ListPage(listings, after, total=total, span=span, issues=tuple(issues))

    def _read_row(self, row: Json, issues: list[Issue]) -> Listing:
        release, url = make_release(row), find_page(row)
        content = write_content(row, url)
        listing = list_release(release, url, content, self.source.region)
        if listing.published_at is None:
            issues.append(Issue("unreadable date", "postedDate", listing.published_raw, url))
        return replace(
            listing, listing_id=read_text(row.get("noticeId")), notice_type=read_text(row["type"])
        )

    def read_notice(self, capture: Capture, listing: Listing) -> Notice:
        """Return the notice of a row; raise LayoutError where it is none."""
        try:
            row = parse_json(listing.content or page_text(capture))
        except (ValueError, RecursionError):
            raise LayoutError(listing.url, "a row of the list") from None
        if not isinstance(row, dict) or not read_text(row.get("noticeId")):
            raise LayoutError(listing.url, "'noticeId'")
        notice = read_release(make_release(row), listing.url, self.source.region)
        return replace(
            notice,
            notice_type=read_text(row.get("type")),
            project_number=read_text(row.get("solicitationNumber")),
        )


def _find_required(row: Json, key: str) -> str:
    return read_text(row.get(key))


def make_release(row: Json) -> dict[str, Any]:
    """Return a row as an OCDS release; what it has no place for is left out."""
    kind = read_text(row.get("type"))
    award, place = part_of(row, "award"), part_of(part_of(row, "placeOfPerformance"), "state")
    buyer = _name_office(row)
    region = read_text(place.get("name")) or read_text(place.get("code"))
    told = row.get("description")
    release: dict[str, Any] = {
        "ocid": read_text(row.get("solicitationNumber")) or read_text(row.get("noticeId")),
        "id": read_text(row.get("noticeId")),
        "date": read_text(row.get("postedDate")),
        "tag": [_TAGS.get(kind, kind)],
        "buyer": {"name": buyer},
        "parties": [{"name": buyer, "roles": ["buyer"], "address": {"region": region}}],
        "tender": {
            "title": read_text(row.get("title")),
            "description": "" if is_address(told) else told,
            "documents": list(_list_documents(row)),
        },
    }
    if award:
        winner = read_text(part_of(award, "awardee").get("name"))
        value = {"amount": award.get("amount"), "currency": "USD"}
        told_sum = value if read_text(award.get("amount")) else None
        release["awards"] = [{"suppliers": [{"name": winner}], "value": told_sum}]
    return release


def _name_office(row: Json) -> str:
    """Return the path of offices, the highest first; older rows have them one by one."""
    if path := read_text(row.get("fullParentPathName")):
        return " / ".join(part.strip() for part in path.split(".") if part.strip())
    parts = (read_text(row.get(key)) for key in ("department", "subTier", "office"))
    return " / ".join(filter(None, parts))


def _list_documents(row: Json) -> Iterator[Json]:
    if is_address(row.get("description")):
        # It comes as JSON around a fragment of HTML: by its name it is read as a page.
        yield {"url": row["description"], "title": "description.html"}
    links = row.get("resourceLinks")
    for number, url in enumerate(links if isinstance(links, list) else (), 1):
        yield {"url": url, "title": name_file(read_text(url), f"attachment {number}")}


def find_page(row: Json) -> str:
    """Return the address at which people read a row."""
    link = read_text(row.get("uiLink"))
    return link if is_address(link) else _PERSON.format(id=read_text(row.get("noticeId")))


def _tells_nothing(capture: Capture) -> bool:
    return capture.status == 404 and _NO_DATA in page_text(capture)[:2000].lower()


def _cut_years(span: Span) -> Iterator[Span]:
    until = span.until
    while until - span.since > _LONGEST:
        yield Span(until - _LONGEST, until)
        until -= _LONGEST
    yield Span(span.since, until)


def _recall(url: str) -> tuple[Span | None, int]:
    """Return the days and the page, counted from 0, that an address asks for."""
    asked = dict(parse_qsl(urlsplit(url).query))
    try:
        first, last = (
            datetime.strptime(asked.get(name, ""), _DAY).replace(tzinfo=UTC).date()
            for name in ("postedFrom", "postedTo")
        )
    except ValueError:
        return None, 0
    page = asked.get("offset", "")
    return cover_days(first, last, _ZONE), int(page) if page.isdecimal() else 0
