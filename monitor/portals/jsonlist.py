"""Any list that is JSON, read by the paths of its stanza in config.yaml; no code.

Days that are asked for are China's. An answer may have a mark of its byte order or a callback
around it, and JSON within its strings.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any
from urllib.parse import unquote, urlsplit

from monitor.errors import LayoutError
from monitor.models import Capture, Issue, Listing, Notice, Request, Span
from monitor.portals.answers import find_script_value, has_variable, read_answer_notice
from monitor.portals.asking import ListCall, Turn, cut_days, halve_turn, make_calls
from monitor.portals.base import ListPage, join_address
from monitor.portals.decoding import page_text, parse_json, read_json
from monitor.portals.details import make_facts, read_detail
from monitor.portals.jsonrows import read_text
from monitor.portals.judging import judge_code, judge_values
from monitor.portals.pages import BODY_ANCHORS, read_page
from monitor.portals.paths import ABSENT, find_all, find_value, write_text
from monitor.portals.refusals import (
    Refusal,
    find_json_refusal,
    find_refusal,
    find_truncation,
)
from monitor.portals.rows import RowPaths, fill_pattern, read_rows, recall_values
from monitor.stanzas import JsonListOptions, SourceConfig

# How a count stands in a fragment of HTML: 共 120 条 8 页.
_COUNTS = {
    "total": re.compile(r"共\D{0,9}(\d+)\D{0,3}[条项]"),
    "pages": re.compile(r"共\D{0,3}(\d+)\D{0,3}页"),
}
_DEEPEST = 3
# Page sizes that sites cap their lists at.
_USUAL_SIZES = frozenset({10, 12, 15, 16, 20, 25, 30, 40, 50})


class JsonListPortal:
    """Read a list by paths; its notices are HTML pages, parts of JSON, or in the rows."""

    lists_only = False

    def __init__(self, source: SourceConfig, options: JsonListOptions | None = None) -> None:
        options = options or source.jsonlist
        if options is None:
            raise ValueError("jsonlist is missing")
        self.source, self.options = source, options
        self.calls = make_calls(
            source.lists, options.method, options.form, options.body, options.size, options.each
        )
        self.paths = _make_paths(options, source.region)

    def ask_lists(self, span: Span) -> tuple[Request, ...]:
        """Return the request for each list, of the days of the span where the site can be told."""
        return tuple(
            call.make_request(turn if call.is_dated() else Turn())
            for index, turn in enumerate(cut_days(span, self.options.days))
            for call in self.calls
            if call.is_dated() or index == 0
        )

    def ask_notice(self, listing: Listing) -> Request:
        """Return the request for a notice: its page, or the answer that has it."""
        if not self.options.detail:
            return Request(listing.url)
        values = recall_values(self.options.url, listing.url)
        known = {path: unquote(text) for path, text in values.items()}
        row = {**known, self.options.id: listing.listing_id}
        made = fill_pattern(self.options.detail, row.get, address=True)
        return Request(join_address(listing.url, made or "") or listing.url)

    def refused(self, capture: Capture) -> Refusal | None:
        """Return why a response is no answer, by its form and the values that it should have."""
        listed = self._is_list(capture)
        if not listed and (self.options.detail_script or not self.options.detail_body):
            if self._has_script(capture):
                return None
            return find_refusal(capture) or find_truncation(page_text(capture))
        if refusal := find_json_refusal(capture):
            return refusal
        answer = self._decode(parse_json(page_text(capture)))
        if listed:
            rows = find_value(answer, self.options.rows)
            if refusal := judge_values(answer, self.options.ok):
                return refusal
            is_list = isinstance(rows, list)
            return None if is_list and rows else judge_code(answer, self.options.rows, sure=is_list)
        whole = any(write_text(text) for _, text in find_all(answer, self.options.detail_body))
        return None if whole else judge_code(answer, self.options.detail_body)

    def read_listing(self, capture: Capture) -> ListPage:
        """Return the rows of a list answer; raise LayoutError without its rows or counts."""
        answer = self._decode(read_json(capture))
        for path in self.options.ok:
            if find_value(answer, path) is ABSENT:
                raise LayoutError(capture.url, f"'{path}'")
        call, turn = self._recall(capture)
        rows = find_value(answer, self.options.rows)
        total = self._read_count("total", answer, rows, capture.url)
        pages = self._read_count("pages", answer, rows, capture.url)
        if rows is None and total == 0:
            rows = []
        if not isinstance(rows, list):
            raise LayoutError(capture.url, f"'{self.options.rows or '.'}' with the rows")
        chosen = call.chosen if call else {}
        listings, issues = read_rows(rows, self.paths, capture.final_url, chosen)
        span = turn.span(capture.fetched_at)
        page = ListPage(listings, pages=pages, total=total, span=span, issues=issues)
        if call and turn.page == 1 and self.options.most and (total or 0) >= self.options.most:
            page = self._cut(page, call, turn)
        return page if page.lists else self._go_on(page, answer, len(rows), capture)

    def read_notice(self, capture: Capture, listing: Listing) -> Notice:
        """Return the notice of a page, of a detail answer, or of the row itself."""
        own = self.source.detail.body
        anchors = (own, *BODY_ANCHORS) if own else BODY_ANCHORS
        if listing.content:
            return read_page(listing.content, make_facts(listing), anchors=anchors)
        answer = self._open_answer(capture)
        if answer is ABSENT:
            return read_detail(capture, listing, self.source.detail)
        return read_answer_notice(answer, self.options, listing, capture, anchors)

    def _has_script(self, capture: Capture) -> bool:
        """Return whether a page has the variable to read; its scripts may build all it shows."""
        name = self.options.detail_script
        whole = capture.status == 200 and find_truncation(page_text(capture)) is None
        return bool(name) and whole and has_variable(capture, name)

    def _open_answer(self, capture: Capture) -> Any:
        """Return the answer that holds a notice, ABSENT where a page is the notice itself."""
        if not self.options.detail_body:
            return ABSENT
        if self.options.detail_script:
            return find_script_value(capture, self.options.detail_script)
        return self._decode(read_json(capture))

    def _recall(self, capture: Capture) -> tuple[ListCall | None, Turn]:
        """Return which list a capture is of, and which page and days of it."""
        for call in self.calls:
            if turn := call.recall(capture):
                return call, turn
        return None, Turn()

    def _is_list(self, capture: Capture) -> bool:
        if self._recall(capture)[0] is not None:
            return True
        places = {urlsplit(call.url)[1:3] for call in self.calls}
        return bool(self.options.next) and urlsplit(capture.url)[1:3] in places

    def _decode(self, answer: Any) -> Any:
        """Return the answer with the JSON that its strings hold in their place."""
        for path in self.options.decode:
            if path in ("", "."):
                answer = _parse_text(answer)
                continue
            above, _, key = path.rpartition(".")
            holder = find_value(answer, above)
            if isinstance(holder, dict) and holder and key == "@key":
                # Ningxia's rows are the only key of the object, and its counts the value.
                first = next(iter(holder))
                holder.update({"@key": _parse_text(first), "@value": holder[first]})
            elif isinstance(holder, dict) and key in holder:
                holder[key] = _parse_text(holder[key])
        return answer

    def _read_count(self, name: str, answer: Any, rows: Any, url: str) -> int | None:
        """Return a number of rows or pages, None where the stanza names none."""
        path = str(getattr(self.options, name))
        if not path:
            return None
        value = find_value(answer, path)
        text = read_text(value)
        if text.isdecimal():
            return int(text)
        if found := _COUNTS[name].search(text):
            return int(found[1])
        if value in (None, "") and not rows:
            return 0
        raise LayoutError(url, f"'{path}' with a number")

    def _cut(self, page: ListPage, call: ListCall, turn: Turn) -> ListPage:
        """Return a list that is longer than the site shows as two, or as one that is not whole."""
        if halves := halve_turn(turn, call):
            return replace(page, lists=tuple(call.make_request(half) for half in halves))
        said = f"The site shows at most {self.options.most} of {page.total} rows."
        return replace(page, withheld=said)

    def _go_on(self, page: ListPage, answer: Any, count: int, capture: Capture) -> ListPage:
        """Return the page with what asks for the one after it."""
        call, turn = self._recall(capture)
        if self.options.next:
            url = join_address(capture.final_url, write_text(find_value(answer, self.options.next)))
            return replace(page, next=Request(url) if url and url != capture.url else None)
        if call is None:
            issue = Issue("unknown page", "list", capture.url, capture.url)
            return replace(page, issues=(*page.issues, issue))
        if not call.is_paged() or not count or not self._has_more(page, turn.page, count):
            return page
        return replace(page, next=call.make_request(replace(turn, page=turn.page + 1)))

    def _has_more(self, page: ListPage, number: int, count: int) -> bool:
        if page.pages is not None:
            return number < page.pages
        if not self.options.size:
            return True
        if page.total is not None:
            return number * self.options.size < page.total
        # A site may cap its pages below what is asked for; where it counts nothing, only a page
        # of an odd number of rows is surely the last one.
        return count >= self.options.size or (number == 1 and count in _USUAL_SIZES)


def _make_paths(options: JsonListOptions, region: str) -> RowPaths:
    return RowPaths(
        id=options.id,
        title=options.title,
        url=options.url,
        date=options.date,
        buyer=options.buyer,
        area=options.region,
        type=options.type,
        content=options.content,
        region=region,
        types=options.types,
        skip=options.skip,
    )


def _parse_text(value: Any) -> Any:
    """Return the JSON in a string, or in the string in it; what is none stays as it is."""
    for _ in range(_DEEPEST):
        if not isinstance(value, str):
            break
        try:
            value = parse_json(value)
        except (ValueError, RecursionError):
            break
    return value
