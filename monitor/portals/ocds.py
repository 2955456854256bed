"""Any endpoint of OCDS release or record packages, such as the UK's two.

Find a Tender (kingfisher-collect's united_kingdom_fts): windows of at most 6 hours, longer ones
leave releases out without a word; numbers such as 000 and 1e9999 that are not JSON's; 12 requests
in 2 minutes, then 429. Contracts Finder: Latin-1 bytes; 403 for five minutes after too many.
Times are UTC in addresses and answers. What is listed is whole: notices need no further request.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

from monitor.errors import LayoutError
from monitor.models import Capture, Issue, Listing, Notice, Request, Span
from monitor.portals.base import ListPage, join_address
from monitor.portals.days import cut_span, halve_span
from monitor.portals.decoding import parse_json, read_json
from monitor.portals.paths import find_value
from monitor.portals.refusals import Refusal, find_json_refusal
from monitor.portals.releaseparts import find_own_page
from monitor.portals.releases import (
    find_required,
    keep_whole,
    list_release,
    list_releases,
    name_release,
    read_release,
)
from monitor.portals.releasevalues import Json, read_text, write_content
from monitor.stanzas import SourceConfig
from monitor.text.charset import decode_page, find_labels

REQUIRED = ("ocid", "id", "date", "tag", "title")
_PLACE = re.compile(r"\{(since|until)(?::([^{}]*))?\}")
_ISO = "%Y-%m-%dT%H:%M:%SZ"
_SIZES = frozenset({"limit", "size", "pagesize", "page_size", "rows", "per_page"})
_SHORTEST = timedelta(minutes=10)
# Both only directly after a key: the same characters in a text are left alone.
_LEADING_ZEROS = re.compile(r'("\s*:\s*-?)0{1,30}(?=\d{1,30}\s{0,9}[,}\]])')
_HUGE_NUMBER = re.compile(r'("\s*:\s*)(-?\d{1,30}(?:\.\d{1,30})?[eE]\+?\d{3,30})')
_LATIN = "application/json; charset=iso-8859-1"


def mend_body(body: bytes, content_type: str = "") -> str:
    """Return a package as JSON text, whatever its encoding; bad numbers become texts or zero."""
    # Chinese encodings are the guess elsewhere; packages that are not UTF-8 are Western.
    labelled = find_labels(b"", content_type) not in ([], ["utf-8"])
    text = decode_page(body, content_type if labelled else _LATIN).text
    return _HUGE_NUMBER.sub(r'\1"\2"', _LEADING_ZEROS.sub(r"\1", text))


class OcdsPortal:
    """Read packages by `links.next` or another path, in slices where the address takes dates."""

    lists_only = False

    def __init__(self, source: SourceConfig) -> None:
        self.source, self.options = source, source.ocds

    def ask_lists(self, span: Span) -> tuple[Request, ...]:
        """Return a request for each window of the span, newest first, or for each address."""
        dated = [url for url in self.source.lists if _PLACE.search(url)]
        plain = [url for url in self.source.lists if not _PLACE.search(url)]
        windows = cut_span(span, self.options.window) if dated else ()
        return (
            *(Request(url) for url in plain),
            *(Request(_fill(url, part)) for part in windows for url in dated),
        )

    def ask_notice(self, listing: Listing) -> Request:
        """Return the request for a release's page; its listing holds it already."""
        return Request(listing.url)

    def refused(self, capture: Capture) -> Refusal | None:
        """Return why a response is no package."""
        return find_json_refusal(_mend_capture(capture))

    def read_listing(self, capture: Capture) -> ListPage:
        """Return the releases of a package; raise LayoutError for what is no package."""
        answer = read_json(_mend_capture(capture))
        releases = list_releases(answer)
        if releases is None:
            raise LayoutError(capture.url, "'releases' or 'records'")
        issues: list[Issue] = []
        whole = keep_whole(releases, REQUIRED, capture.url, issues, find_required)
        listings = tuple(self._read_row(release, capture, issues) for release in whole)
        pattern, span = self._recall_span(capture.url)
        page = ListPage(listings, span=span, issues=tuple(issues))
        return self._go_on(page, answer, len(releases), capture, pattern)

    def _read_row(self, release: Json, capture: Capture, issues: list[Issue]) -> Listing:
        identity = name_release(release)
        url = self._find_address(release) or f"{capture.url}#{quote(identity, safe='/')}"
        content = write_content(release, url)
        row = list_release(release, url, content, self.source.region)
        if row.published_at is None:
            issues.append(Issue("unreadable date", "date", row.published_raw, url))
        return row

    def _find_address(self, release: Json) -> str:
        pattern = self.options.human
        for key in ("id", "ocid"):
            pattern = pattern.replace(f"{{{key}}}", quote(read_text(release.get(key)), safe=""))
        return pattern or find_own_page(release)

    def _go_on(
        self, page: ListPage, answer: Any, count: int, capture: Capture, pattern: str
    ) -> ListPage:
        """Add where the list goes on: its next page, or halves of a full one that names none."""
        told = find_value(answer, self.options.next) if isinstance(answer, dict) else None
        url = join_address(capture.final_url, told) if isinstance(told, str) else ""
        if url == capture.url:
            return replace(page, withheld="the address of the next page is that of this one")
        if url:
            return replace(page, next=Request(url))
        if not count:
            return replace(page, total=0)
        if not _is_full(capture.url, count):
            return page
        if page.span and (halves := _halve(pattern, page.span, capture.url)):
            return replace(page, lists=halves)
        issue = Issue("missing anchor", self.options.next, "", capture.url)
        return replace(page, issues=(*page.issues, issue))

    def _recall_span(self, url: str) -> tuple[str, Span | None]:
        """Return the address of the stanza that a request was made of, and its span."""
        asked = dict(parse_qsl(urlsplit(url).query))
        for pattern in self.source.lists:
            times = dict(_recall_times(pattern, asked))
            if len(times) == 2:
                return pattern, Span(times["since"], times["until"])
        return "", None

    def read_notice(self, capture: Capture, listing: Listing) -> Notice:
        """Return the notice of a listing's release, or of the one of its name in a package."""
        try:
            answer = parse_json(listing.content or mend_body(capture.body))
        except (ValueError, RecursionError):
            raise LayoutError(listing.url, "a release") from None
        releases = list_releases(answer) or []
        found = [one for one in releases if name_release(one) == listing.listing_id]
        if not found:
            raise LayoutError(listing.url, f"the release {listing.listing_id}")
        return read_release(found[0], listing.url, listing.region or self.source.region)


def _mend_capture(capture: Capture) -> Capture:
    text = mend_body(capture.body, capture.header("content-type"))
    # An empty body has to stay empty: that is a state of its own.
    return replace(capture, body=text.encode("utf-8", "replace"), headers=_label(capture.headers))


def _label(headers: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    kept = [(name, value) for name, value in headers if name.lower() != "content-type"]
    return (*kept, ("Content-Type", "application/json; charset=utf-8"))


def _fill(pattern: str, span: Span) -> str:
    """Return an address with its times; where it has only days, they hold the whole span."""

    def write(found: re.Match[str]) -> str:
        form = found[2] or _ISO
        moment = (span.since if found[1] == "since" else span.until).astimezone(UTC)
        if found[1] == "until" and "%H" not in form and moment.time() != time():
            moment += timedelta(days=1)
        return quote(moment.strftime(form), safe=":/-")

    return _PLACE.sub(write, pattern)


def _recall_times(pattern: str, asked: dict[str, str]) -> Iterator[tuple[str, datetime]]:
    """Yield the times that stand in an address for the places of a pattern."""
    for part in pattern.partition("?")[2].split("&"):
        name, _, text = part.partition("=")
        found = _PLACE.fullmatch(text)
        if found is None or name not in asked:
            continue
        try:
            moment = datetime.strptime(asked[name], found[2] or _ISO)  # noqa: DTZ007
        except ValueError:
            continue
        yield found[1], moment.replace(tzinfo=UTC)


def _halve(pattern: str, span: Span, url: str) -> tuple[Request, ...]:
    """Return requests for both halves of a window, () where an address cannot say them."""
    if span.until - span.since < 2 * _SHORTEST:
        return ()
    halves = tuple(Request(_fill(pattern, half)) for half in halve_span(span))
    same = dict(parse_qsl(urlsplit(url).query)).items()
    made = (dict(parse_qsl(urlsplit(half.url).query)).items() for half in halves)
    return () if any(query <= same for query in made) else halves


def _is_full(url: str, count: int) -> bool:
    """Return whether a page holds as many releases as its address asks for."""
    sizes = [v for k, v in parse_qsl(urlsplit(url).query) if k.lower() in _SIZES and v.isdecimal()]
    return any(count >= int(size) for size in sizes)
