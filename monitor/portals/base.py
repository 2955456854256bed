"""What every portal can do, and how an answer that is no answer is recognised."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urljoin, urlsplit

from monitor.config import SourceConfig
from monitor.models import Capture, Issue, Listing, Notice, SourceState
from monitor.text.charset import decode_page


@dataclass(frozen=True)
class Refusal:
    """Why a response is no answer to the request; never 'no news'."""

    state: SourceState
    cause: str
    advice: str = ""


@dataclass(frozen=True)
class ListPage:
    """The listings of one response, and where the list goes on.

    `next_url` is "" at the end. `pages` is the list's own count of pages, None where it has none.
    """

    listings: tuple[Listing, ...]
    next_url: str = ""
    pages: int | None = None
    issues: tuple[Issue, ...] = ()


class Portal(Protocol):
    """Code that can read one website platform or feed format; pure, given bytes."""

    def __init__(self, source: SourceConfig) -> None: ...

    def first_urls(self) -> tuple[str, ...]:
        """Return the addresses where the lists of a source begin."""

    def refused(self, capture: Capture) -> Refusal | None:
        """Return why a response is no answer, or None."""

    def read_listing(self, capture: Capture) -> ListPage:
        """Return the listings of a list response; raise LayoutError without its anchors."""

    def read_notice(self, capture: Capture, listing: Listing) -> Notice:
        """Return the notice of a detail response; raise LayoutError without its anchors."""


_BLOCK_WORDS = re.compile(
    r"频繁访问|访问过于频繁|请求过于频繁|访问频率|安全验证|人机验证|滑动验证|拖动滑块|请输入验证码|"
    r"完成验证|访问验证|访问被拒绝|拒绝访问|您的访问(?:被|已)|IP.{0,60}(?:封禁|限制|禁止)|网站防火墙|"
    r"请求(?:存在|包含).{0,6}(?:威胁|攻击)|禁止访问|网站维护|系统维护中|正在访问中国政府采购网搜索平台|"
    r"access denied|request (?:was )?(?:blocked|rejected)|you have been blocked|"
    r"verify you are (?:a )?human|checking your browser|just a moment|enable javascript|"
    r"attention required|captcha|web application firewall|too many requests",
    re.IGNORECASE,
)
_CHALLENGE = re.compile(
    r"(?:location\.(?:reload|href|replace)|document\.cookie\s*=|acw_sc__v2|_waf_|eval\(function)",
    re.IGNORECASE,
)
_LOGIN = re.compile(r"type\s*=\s*[\"']?password", re.IGNORECASE)
_STATUS_STATES = {
    401: SourceState.BLOCKED, 403: SourceState.BLOCKED, 405: SourceState.BLOCKED,
    406: SourceState.BLOCKED, 412: SourceState.BLOCKED, 418: SourceState.BLOCKED,
    429: SourceState.BLOCKED, 521: SourceState.BLOCKED,
    404: SourceState.DRIFTED, 410: SourceState.DRIFTED,
}  # fmt: skip
_SMALL_TEXT = 600
ADVICE_BLOCKED = "wait; lower the pace of this source; see docs/portals.md on blocks"


def find_refusal(capture: Capture) -> Refusal | None:
    """Return why a response of any portal is no page: status, emptiness, block page."""
    if capture.status not in (200, 203):
        state = _STATUS_STATES.get(capture.status, SourceState.UNREACHABLE)
        advice = ADVICE_BLOCKED if state is SourceState.BLOCKED else "it may pass by itself"
        return Refusal(state, f"HTTP {capture.status}", advice)
    if not capture.body.strip():
        return Refusal(SourceState.EMPTY, "HTTP 200 with an empty body", "it may pass by itself")
    if len(capture.body) > 200_000:
        return None
    return _find_block(page_text(capture))


def _find_block(text: str) -> Refusal | None:
    visible = _strip_markup(text)
    if len(visible) < _SMALL_TEXT:
        if found := _BLOCK_WORDS.search(f"{visible} {_title(text)}"):
            return Refusal(SourceState.BLOCKED, f"block page: '{found.group()}'", ADVICE_BLOCKED)
        if len(visible) < 80 and _CHALLENGE.search(text):
            return Refusal(SourceState.BLOCKED, "script challenge", ADVICE_BLOCKED)
        if _LOGIN.search(text):
            return Refusal(SourceState.BLOCKED, "login page", "this list needs an account")
    return None


def _strip_markup(text: str) -> str:
    bare = re.sub(r"(?is)<(script|style)\b.*?(?:</\1>|$)", " ", text[:100_000])
    return re.sub(r"\s+", " ", re.sub(r"<[^<>]*>", " ", bare)).strip()


def _title(text: str) -> str:
    found = re.search(r"(?is)<title[^>]*>(.{0,200}?)</title>", text)
    return found.group(1) if found else ""


def find_truncation(text: str) -> Refusal | None:
    """Return a refusal for a page that opens <html> and never closes it."""
    head, tail = text[:3000].lower(), text[-3000:].lower()
    if "<html" in head and "</html" not in tail and "</body" not in tail:
        return Refusal(SourceState.PARTIAL, "page without its end", "it may pass by itself")
    return None


def join_address(base_url: str, href: str) -> str:
    """Return the whole address of a link, '' where it leads to no web page (javascript:)."""
    try:
        url = urljoin(base_url, href.strip())
        return url if href.strip() and urlsplit(url).scheme in ("http", "https") else ""
    except ValueError:
        return ""


def page_text(capture: Capture) -> str:
    """Return the text of a capture, decoded by its content before its labels."""
    return decode_page(capture.body, capture.header("content-type")).text
