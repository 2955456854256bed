"""Read a notice out of an answer that holds more than its text: a JSON detail, a page's script."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from monitor.errors import LayoutError
from monitor.models import Capture, Issue, Listing, Notice
from monitor.portals.decoding import page_text
from monitor.portals.details import make_facts
from monitor.portals.jsonrows import label_lines, read_text
from monitor.portals.pages import read_page
from monitor.portals.paths import ABSENT, find_all, find_value, write_text
from monitor.stanzas import JsonListOptions
from monitor.text.charset import decode_page
from monitor.text.markup import parse_html, script_texts


def has_variable(capture: Capture, name: str) -> bool:
    """Return whether a script of a page gives a variable an object or a list."""
    return any(_find_values(capture, name))


def find_script_value(capture: Capture, name: str) -> Any:
    """Return the JSON that a page's script gives a variable, ABSENT where none has it.

    Raises LayoutError for a variable that holds something else.
    """
    for text in _find_values(capture, name):
        try:
            return json.JSONDecoder().raw_decode(text)[0]
        except (ValueError, RecursionError):
            raise LayoutError(capture.url, f"JSON in variable {name}") from None
    return ABSENT


def _find_values(capture: Capture, name: str) -> Iterator[str]:
    """Yield the scripts that give a variable a value, from where the value begins."""
    pattern = re.compile(rf"\b{re.escape(name)}\s*=\s*(?=[{{\[])")
    for text in script_texts(parse_html(page_text(capture))):
        if found := pattern.search(text):
            yield text[found.end() :]


def read_answer_notice(
    answer: Any,
    options: JsonListOptions,
    listing: Listing,
    capture: Capture,
    anchors: Iterable[str],
) -> Notice:
    """Return the notice of an answer; raise LayoutError without the text at `detail_body`."""
    body = write_text(_pick_value(answer, options.detail_body, listing))
    if not body:
        raise LayoutError(capture.url, f"'{options.detail_body}' of this notice")
    if options.detail_base64:
        body = _open_base64(body, options.detail_body, capture.url)
    for mark in options.detail_breaks:
        body = body.replace(mark, "<br>")
    lines = options.detail_lines.items()
    told = [(label, read_text(_pick_value(answer, path, listing))) for label, path in lines]
    day = write_text(_pick_value(answer, options.detail_date, listing))
    facts = replace(make_facts(listing), published=day or listing.published_raw)
    text = label_lines(told, body) + body
    notice = read_page(text, facts, anchors=anchors, base_url=capture.final_url)
    if not (other := _find_other_title(answer, options.detail_body, listing.title)):
        return notice
    # It may be an earlier notice of the purchase: read, and said.
    issue = Issue("another title", options.detail_body, other, listing.url)
    return replace(notice, issues=(*notice.issues, issue))


def _open_base64(text: str, path: str, url: str) -> str:
    try:
        return decode_page(base64.b64decode("".join(text.split()), validate=True)).text
    except (binascii.Error, ValueError):
        raise LayoutError(url, f"base64 in '{path}'") from None


def _pick_value(answer: Any, path: str, listing: Listing) -> Any:
    """Return what stands at a path; where * stands for several, in the one of a row's title.

    Answers about a purchase hold its other notices too.
    """
    found = [(one, value) for one, value in find_all(answer, path) if value not in (None, "")]
    if len(found) > 1:
        found = [(one, value) for one, value in found if _is_titled(one, listing.title)]
    return found[0][1] if found else ABSENT


def _is_titled(member: Any, title: str) -> bool:
    values = member.values() if isinstance(member, dict) else ()
    return any(read_text(value) == title for value in values)


def _find_other_title(answer: Any, path: str, title: str) -> str:
    """Return the title of the only notice of an answer where it is not even a part of the row's."""
    members = [one for one, value in find_all(answer, path) if value not in (None, "")]
    shown = read_text(find_value(members[0], "title")) if len(members) == 1 else ""
    left, right = (re.sub(r"\W", "", text) for text in (shown, title))
    return "" if left in right or right in left else shown
