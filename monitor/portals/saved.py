"""Read a saved detail page or a portal's JSON answer without knowing its portal for sure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from monitor.models import Notice
from monitor.portals.pages import read_meta, read_page
from monitor.text.charset import decode_page
from monitor.text.fields import PageFacts
from monitor.text.markup import inline_text, parse_html, select_all, select_first, squeeze

_CONTENT_KEYS = ("content", "html", "noticecontent", "description", "text", "body")
_TITLE_KEYS = ("title", "noticetitle", "name")
_TIME_KEYS = ("publishdate", "noticetime", "publishtime", "releasedate", "pubdate", "date")
_BUYER_KEYS = ("purchasername", "purchaser", "buyername", "buyer")
_NUMBER_KEYS = ("projectcode", "opentendercode", "projectnumber", "projectno")
_CCGP_SUMMARY = "div.vF_detail_main > div.table"
_TIME_ANCHORS = (
    "#pubTime",
    ".p_o",
    ".pubtime",
    ".time",
    ".info-source",
    '[name="releaseDateSpan"]',
)


def read_saved(body: bytes, listing: Mapping[str, str], url: str = "") -> Notice:
    """Return the notice of a saved answer: an HTML page, a fragment, or JSON around one.

    `listing` is what a list row showed before: title, date, region, buyer; any may be absent.
    Raises LayoutError where there is no text at all.
    """
    text = decode_page(body).text
    if text.lstrip()[:1] in "{[":
        try:
            return _read_json(json.loads(text), listing, url)
        except (ValueError, RecursionError):
            pass  # a page that begins with a bracket, or no answer of a portal: read as a page
    return read_saved_text(text, listing, url)


def read_saved_text(text: str, listing: Mapping[str, str], url: str = "") -> Notice:
    """Return the notice of the text of a page or fragment."""
    root = parse_html(text, dressed=False)
    crumbs = [inline_text(a) for a in select_all(root, "a.CurrChnlCls")]
    times = (found for css in _TIME_ANCHORS if (found := select_first(root, css)) is not None)
    facts = PageFacts(
        url=url,
        # Before the page's own: its heading may be the site's or the form's name.
        title=_plain_text(listing.get("title", "")),
        channel=crumbs[-1] if crumbs else listing.get("notice_type", ""),
        published=read_meta(root, "PubDate")
        or next((inline_text(t) for t in times), "")
        or listing.get("date", ""),
        region=listing.get("region", ""),
        buyer=listing.get("buyer", ""),
    )
    return read_page(root, facts, extra=(_CCGP_SUMMARY,))


def _plain_text(text: str) -> str:
    """Return a text without its markup; only what may hold any is parsed."""
    return inline_text(parse_html(text)) if "<" in text or "&" in text else squeeze(text)


def _read_json(answer: Any, listing: Mapping[str, str], url: str) -> Notice:
    found = {name: list(_find_keys(answer, keys)) for name, keys in {
        "content": _CONTENT_KEYS, "title": _TITLE_KEYS, "time": _TIME_KEYS,
        "buyer": _BUYER_KEYS, "number": _NUMBER_KEYS,
    }.items()}  # fmt: skip
    content = max(found["content"], key=len, default="")
    number = next(iter(found["number"]), "")
    if number and number not in content:
        # The number may stand in a field of the answer only, not in the notice's text.
        content = f"<p>项目编号：{number}</p>{content}"
    facts = PageFacts(
        url=url,
        title=_plain_text(listing.get("title", "")) or _plain_text(next(iter(found["title"]), "")),
        channel=listing.get("notice_type", ""),
        published=next(iter(found["time"]), "") or listing.get("date", ""),
        region=listing.get("region", ""),
        buyer=next(iter(found["buyer"]), "") or listing.get("buyer", ""),
    )
    return read_page(content, facts)


def _find_keys(value: Any, names: tuple[str, ...]) -> Iterator[str]:
    """Yield the texts and numbers under the wanted keys, outer ones first."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if str(key).lower() in names and isinstance(inner, str | int) and inner:
                yield str(inner)
        for inner in value.values():
            yield from _find_keys(inner, names)
    elif isinstance(value, list):
        for inner in value:
            yield from _find_keys(inner, names)
