"""How an answer that is no answer is recognised; never 'no news'."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from monitor.models import Capture, SourceState
from monitor.portals.blockpages import Finding, find_title, judge_message, judge_page, plain_words
from monitor.portals.decoding import page_text, parse_json


@dataclass(frozen=True)
class Refusal:
    """Why a response is no answer to the request; never 'no news'."""

    state: SourceState
    cause: str
    advice: str = ""


ADVICE_BLOCKED = "wait; lower the pace of this source; see docs/portals.md on blocks"
_ADVICE = {
    SourceState.BLOCKED: ADVICE_BLOCKED,
    SourceState.DRIFTED: "open the address in a browser; the list may have moved",
}
_PASSING = "it may pass by itself"
_BLOCKED = frozenset({401, 403, 405, 406, 412, 418, 429, 430, 451, 456, 493, 509, 521, 566, 567})
_GONE = frozenset({404, 410})
# Headers by which a shield says that it answered itself.
_SHIELD_HEADERS = ("punish-type", "cf-mitigated")
_DETOURS = (
    (re.compile(r"(?i)serverisbusy|punish|captcha|verify(?:code)?\b|\bwaf\b"), "block page"),
    (re.compile(r"(?:[Ll]og[-_]?[Ii]n|(?<![A-Za-z])[Ss]ign[-_]?[Ii]n)(?![a-z])"), "login page"),
    (re.compile(r"(?i)(?:^|[/.])(?:sso|cas|passport)[/.]"), "login page"),
)  # fmt: skip
_NOT_FOUND = re.compile(r"(?i)(?:^|/)(?:404|error|notfound)(?:\.\w+)?/?$")
_STORE_ERROR = re.compile(r"(?is)\s*(?:<\?xml[^<>]*>\s*)?<Error>.{0,2000}?<Code>\s*(\w{1,60})")
_STORE_STATES = {
    "AccessDenied": SourceState.BLOCKED, "SlowDown": SourceState.BLOCKED,
    "NoSuchKey": SourceState.DRIFTED, "NoSuchBucket": SourceState.DRIFTED,
}  # fmt: skip
_FORMATS = (
    (b"\x1f\x8b", "gzip"), (b"\x28\xb5\x2f\xfd", "zstd"), (b"%PDF-", "PDF"),
    (b"PK\x03\x04", "ZIP"), (b"\xd0\xcf\x11\xe0", "Office"), (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"), (b"GIF8", "GIF"),
)  # fmt: skip
_PACKED = frozenset({"gzip", "zstd"})
_BLANK = b" \t\r\n\v\f\0"
_SHORT_ANSWER = 4000


def find_refusal(capture: Capture) -> Refusal | None:
    """Return why a response of any portal is no page: status, emptiness, block page."""
    if refusal := _find_outer(capture):
        return refusal
    if (form := _find_format(capture.body)) in _PACKED:
        return _refuse(SourceState.DRIFTED, f"{form} body that no header announces")
    finding = _judge_text(page_text(capture), rumps=True)
    return _refuse(finding.state, finding.cause, finding.advice) if finding else None


def find_json_refusal(
    capture: Capture, *, parse: Callable[[str], Any] = parse_json
) -> Refusal | None:
    """Return why a response is no JSON, or is JSON that only says it will not answer.

    Codes inside an answer are the portal's own; see `refuse_code`. `parse` is for platforms whose
    JSON needs mending first; it raises ValueError for what is none.
    """
    if refusal := _find_outer(capture):
        return refusal
    if form := _find_format(capture.body):
        return _refuse(SourceState.DRIFTED, f"{form} file where JSON was due")
    text = page_text(capture).lstrip("\ufeff \t\r\n")
    try:
        finding = _judge_spoken(parse(text), text)
        blocked = finding is not None and finding.state is SourceState.BLOCKED
        return _refuse(SourceState.BLOCKED, finding.cause) if finding and blocked else None
    except RecursionError:
        return _refuse(SourceState.DRIFTED, "JSON nested too deep")
    except ValueError as error:
        return _refuse_text(text, error)


def refuse_code(code: object, message: str, table: Mapping[str, SourceState]) -> Refusal | None:
    """Return what a code inside an answer means by a portal's own table, None if not in it."""
    state = table.get(str(code))
    return (
        _refuse(state, f"code {code}: {plain_words(message, 120)}".rstrip(": ")) if state else None
    )


def find_truncation(text: str) -> Refusal | None:
    """Return a refusal for a page that opens <html> and never closes it."""
    head, tail = text[:3000].lower(), text[-3000:].lower()
    if "<html" in head and "</html" not in tail and "</body" not in tail:
        return _refuse(SourceState.PARTIAL, "page without its end")
    return None


def _refuse(state: SourceState, cause: str, advice: str = "") -> Refusal:
    return Refusal(state, cause, advice or _ADVICE.get(state, _PASSING))


def _find_outer(capture: Capture) -> Refusal | None:
    """Return what status, headers, address and size alone tell."""
    if capture.status not in (200, 203):
        return _judge_status(capture)
    for name in _SHIELD_HEADERS:
        if value := capture.header(name):
            return _refuse(SourceState.BLOCKED, f"block page: header {name}: {value[:40]}")
    if refusal := _find_detour(capture):
        return refusal
    if not capture.body.removeprefix(b"\xef\xbb\xbf").strip(_BLANK):
        what = "nothing but blanks" if capture.body else "an empty body"
        return _refuse(SourceState.EMPTY, f"HTTP {capture.status} with {what}")
    return None


def _judge_status(capture: Capture) -> Refusal:
    """Return the refusal of a status that is no success; its page may tell more."""
    cause = f"HTTP {capture.status}"
    if capture.status in _GONE:
        return _refuse(SourceState.DRIFTED, cause)
    finding = _judge_text(page_text(capture))
    if finding is not None and finding.state is SourceState.BLOCKED:
        return _refuse(finding.state, f"{cause}: {finding.cause}", finding.advice)
    blocked = capture.status in _BLOCKED or any(map(capture.header, _SHIELD_HEADERS))
    return _refuse(SourceState.BLOCKED if blocked else SourceState.UNREACHABLE, cause)


def _find_detour(capture: Capture) -> Refusal | None:
    """Return a refusal for a redirect to a page that only ever stands in for others."""
    asked, shown = _split_place(capture.url), _split_place(capture.final_url)
    if asked == shown:
        return None
    for pattern, cause in _DETOURS:
        if pattern.search(shown) and not pattern.search(asked):
            advice = "this list needs an account" if cause == "login page" else ""
            return _refuse(SourceState.BLOCKED, f"{cause}: redirect to {shown[:80]}", advice)
    if _NOT_FOUND.search(shown):
        return _refuse(SourceState.DRIFTED, f"redirect to {shown[:80]}")
    return None


def _split_place(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return f"{parts.netloc}{parts.path}"


def _find_format(body: bytes) -> str:
    return next((name for mark, name in _FORMATS if body.startswith(mark)), "")


def _judge_text(text: str, *, rumps: bool = False) -> Finding | None:
    """Return what stands in for a page: an error of an object store, a message in JSON, a page."""
    if found := _STORE_ERROR.match(text):
        state = _STORE_STATES.get(found[1], SourceState.UNREACHABLE)
        return Finding(state, f"error of an object store: {found[1]}")
    bare = text.lstrip("\ufeff \t\r\n")
    if bare[:1] not in ("{", "["):
        return judge_page(text, rumps=rumps)
    try:
        return _judge_spoken(parse_json(bare), bare) if len(bare) < _SHORT_ANSWER else None
    except (ValueError, RecursionError):
        return None


def _judge_spoken(answer: Any, text: str) -> Finding | None:
    """Return what a short JSON answer without rows says to its visitor."""
    if not isinstance(answer, dict) or len(text) >= _SHORT_ANSWER:
        return None
    spoken = list(_list_strings(answer))
    if None in spoken:
        return None
    return judge_message(" ".join(part for part in spoken if part))


def _list_strings(value: object) -> Iterator[str | None]:
    """Yield every string of a value; None for a list that holds something, which is an answer."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _list_strings(inner)
    elif isinstance(value, list) and value:
        yield None


def _refuse_text(text: str, error: ValueError) -> Refusal:
    """Return what a text that is no JSON looks like."""
    due = "where JSON was due"
    if text[:1] in ("{", "["):
        return _refuse(SourceState.PARTIAL, _describe_damage(text, error))
    if finding := _judge_text(text):
        return _refuse(finding.state, f"{finding.cause} {due}", finding.advice)
    if text.startswith("<"):
        title = find_title(text)
        named = f"HTML page '{plain_words(title)}'" if title else "HTML page"
        return _refuse(SourceState.BLOCKED, f"{named} {due}")
    return _refuse(SourceState.BLOCKED, f"text '{plain_words(text)}' {due}")


def _describe_damage(text: str, error: ValueError) -> str:
    place = getattr(error, "pos", 0)
    cut = text.rstrip()[-1:] not in ("}", "]") or place >= len(text.rstrip()) - 1
    return "JSON cut short" if cut else f"damaged JSON at character {place}"
