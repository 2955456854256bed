"""Tell notices from what else a crawl keeps: lists, block pages, styles, pictures."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from monitor.models import Capture
from monitor.portals.decoding import page_text
from monitor.portals.ocds import mend_body
from monitor.portals.pages import BODY_ANCHORS
from monitor.portals.refusals import find_refusal
from monitor.portals.releases import list_releases
from monitor.text.markup import parse_html, select_first, squeeze
from monitor.text.noticetypes import read_notice_type
from monitor.warc import Response

_READABLE = ("html", "json", "text/plain", "javascript")
_LIST_MARK = "c_list_bid"
# The text of a link, whatever it is set in.
_LINK = re.compile(r"<a\b[^<>]*+>(?:\s*+<[^<>]++>){0,4}+\s*+([^<>]{9,200})", re.IGNORECASE)
# Where the rows of SAM, TED and the World Bank stand.
_ROW_KEYS = {"opportunitiesData", "notices", "procnotices"}
_FEWEST_TITLES = 5
_LEAST_SHARE = 0.4
_SHORTEST_TEXT = 40
_LONGEST_SCRAP = 200
# When a response came matters to no refusal.
_ANY_TIME = datetime(2000, 1, 1, tzinfo=UTC)


def find_reason(response: Response) -> str:
    """Return why a response is no notice, '' if it may be one."""
    if not response.url.startswith(("http://", "https://")):
        return "no web page"
    if urlsplit(response.url).path == "/robots.txt":
        return "robots.txt"
    capture = _make_capture(response)
    kind = capture.header("content-type").partition(";")[0].strip().lower()
    if kind and not any(word in kind for word in _READABLE):
        return f"{kind} file"
    if (refusal := find_refusal(capture)) is not None:
        return f"no answer: {refusal.state}"
    text = page_text(capture)
    if reason := find_list(text):
        return reason
    if text.lstrip("\ufeff \t\r\n")[:1] in ("{", "["):
        return "" if _has_notice(text) else "JSON without a notice"
    return "" if "<" in text else "no page"


def _make_capture(response: Response) -> Capture:
    digest = hashlib.sha256(response.body).hexdigest()
    return Capture(
        response.url, response.url, _ANY_TIME, response.status, response.headers,
        response.body, digest,
    )  # fmt: skip


def find_list(text: str) -> str:
    """Return what kind of list a page or answer is; its rows are of many buyers. '' for none."""
    if text.lstrip("\ufeff \t\r\n")[:1] not in ("{", "["):
        return "list page" if _is_list_page(text) else ""
    answer = _parse(text)
    if list_releases(answer) is not None or _holds_rows(answer):
        return ""
    return "JSON list" if _names_titles(answer) and not _has_text(answer) else ""


def _is_list_page(text: str) -> bool:
    """Return whether a page is mostly links with the titles of notices."""
    if _LIST_MARK in text:
        return True
    titles = [title for title in map(squeeze, _LINK.findall(text)) if read_notice_type(title)]
    if len(titles) < _FEWEST_TITLES:
        return False
    root = parse_html(text)
    shown = len(squeeze(root.get_text()))
    return (
        select_first(root, *BODY_ANCHORS) is None
        and sum(map(len, titles)) > shown * _LEAST_SHARE
    )  # fmt: skip


def _has_notice(text: str) -> bool:
    answer = _parse(text)
    told = answer is None or list_releases(answer) is not None or _holds_rows(answer)
    return told or _has_text(answer)


def _parse(text: str) -> Any:
    """Return the value of a text, None for a page that begins with a bracket."""
    try:
        return json.loads(mend_body(text.encode("utf-8", "replace")))
    except (ValueError, RecursionError):
        return None


def _holds_rows(answer: Any) -> bool:
    """Return whether an answer lists whole notices."""
    return isinstance(answer, dict) and bool(_ROW_KEYS & answer.keys())


def _has_text(value: Any) -> bool:
    """Return whether an answer has a text of a notice, outside of its lists of titles."""
    return any(
        len(text) > (_SHORTEST_TEXT if "</" in text else _LONGEST_SCRAP)
        for text in _list_values(value)
        if isinstance(text, str)
    )


def _names_titles(value: Any) -> bool:
    return any(isinstance(one, list) for one in _list_values(value))


def _list_values(value: Any) -> list[Any]:
    """Return the texts of an answer, and its lists of titles unopened."""
    stack, found = [value], []
    while stack:
        one = stack.pop()
        if isinstance(one, dict):
            stack.extend(one.values())
        elif isinstance(one, list) and not _lists_titles(one):
            stack.extend(one)
        else:
            found.append(one)
    return found


def _lists_titles(rows: list[Any]) -> bool:
    named = (any("title" in str(key).lower() for key in row) for row in rows if type(row) is dict)
    return sum(named) > 1
