"""Judge by its text whether a page is a portal's own or stands in for one.

Structure decides before words: notices buy captchas and firewalls too, so a page with rows, or with
the labels or the title of a notice, is ordinary whatever it says. A page that stands in for another
says little, and says it to the visitor.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from functools import cached_property

from monitor.models import SourceState
from monitor.portals import blockwords as words
from monitor.text.privacy import mask_private

# Weights (see _Look.weight): pages that stand in for others seldom reach the first.
_SMALL, _TINY, _RUMP = 500, 120, 60
_LONGEST = 500_000
_ROW_CHARS, _FEWEST_ROWS, _LINK_CHARS = 10, 3, 6

_SCRIPT = re.compile(r"(?is)<(script|style)\b.*?(?:</\1\s*>|$)")
_COMMENT = re.compile(r"(?s)<!--.*?(?:-->|$)")
_TAG = re.compile(r"<[^<>]*>")
_TITLE = re.compile(r"(?is)<title[^<>]{0,200}>(.{0,200}?)</title>")
_ALERT = re.compile(r"\balert\(\s*[\"']([^\"']{1,200})")
_IS_FEED = re.compile(r"(?i)<(?:rss|feed|rdf:rdf)[\s>]")
_HAS_CONTENT = re.compile(r"(?i)<(?:img|embed|object|iframe|frame|input)\b")
_IS_WHOLE = re.compile(r"(?i)</(?:html|body)\s*>")
_HAS_PASSWORD = re.compile(r"(?i)\btype\s*=\s*[\"']?password")
_IS_SHELL = re.compile(
    r"(?i)<div[^<>]{0,100}\bid\s*=\s*[\"']?(?:app|root|__next|__nuxt)\b[^<>]{0,100}>[^<>]{0,40}</div"
)
_LEADS_AWAY = re.compile(r"(?i)<meta[^<>]{0,100}http-equiv\s*=\s*[\"']?refresh[^<>]{0,400}url\s*=")


@dataclass(frozen=True)
class Finding:
    """What a page that is no answer is; `advice` is "" where that of its state will do."""

    state: SourceState
    cause: str
    advice: str = ""


@dataclass(frozen=True)
class _Look:
    """A page as its reader sees it, and the signs that it is a portal's own."""

    markup: str

    @cached_property
    def title(self) -> str:
        """What the browser's tab says."""
        found = _TITLE.search(self.markup)
        return _squeeze(html.unescape(found[1])) if found else ""

    @cached_property
    def said(self) -> str:
        """The title, then all visible words; those of message boxes where there are few others."""
        bare = _COMMENT.sub(" ", _SCRIPT.sub(" ", _TITLE.sub(" ", self.markup, count=1)))
        visible = _squeeze(html.unescape(_TAG.sub(" ", bare)))
        boxes = " ".join(_ALERT.findall(self.markup[:20_000])) if len(visible) < _TINY else ""
        return f"{self.title} {visible} {boxes}".strip()

    @cached_property
    def weight(self) -> int:
        """How much it says: a hanzi is 1, three other characters are."""
        hanzi = sum("\u4e00" <= char <= "\u9fff" for char in self.said)
        return hanzi + (len(self.said) - hanzi) // 3

    @cached_property
    def links(self) -> list[str]:
        """The words of its links, those to the filing of the site left out."""
        parts = re.split(r"(?i)<a\b", self.markup)[1:]
        texts = (_TAG.sub("", part.partition("</a")[0][:2000].partition(">")[2]) for part in parts)
        squeezed = (_squeeze(text) for text in texts)
        return [text for text in squeezed if text and not words.FILING.search(text)]

    @cached_property
    def has_link(self) -> bool:
        """Whether the words of a link might be a title."""
        return any(len(text) >= _LINK_CHARS for text in self.links)

    @cached_property
    def is_own(self) -> bool:
        """Whether it has rows, or the labels, terms or title of a notice."""
        rows = sum(len(text) >= _ROW_CHARS for text in self.links)
        labels = {found.group() for found in words.LABEL.finditer(self.said)}
        terms = {found.group() for found in words.TERM.finditer(self.said)}
        titled = words.TITLED.search(self.said) and not words.CLOSED.search(self.said)
        return rows >= _FEWEST_ROWS or len(labels) >= 2 or len(terms) >= 3 or bool(titled)

    @cached_property
    def may_be_own(self) -> bool:
        """Whether it has a single row with a date, a single label, or says that it has no rows."""
        dated = self.has_link and words.DATE.search(self.said)
        return bool(dated or words.NO_ROWS.search(self.said) or words.LABEL.search(self.said))


def judge_page(markup: str, *, rumps: bool = False) -> Finding | None:
    """Return what stands in for a page, None for a page that may be the portal's own.

    With `rumps`, a small whole page without one word of the trade is none either.
    """
    if len(markup) > _LONGEST or _IS_FEED.search(markup[:3000]):
        return None
    look = _Look(markup)
    if look.weight >= _SMALL or look.is_own:
        return None
    if (finding := _judge_words(look)) or look.may_be_own:
        return finding
    return _judge_build(look) or (_judge_rump(look) if rumps else None)


def judge_message(text: str) -> Finding | None:
    """Return what a message without a page around it says to its visitor."""
    look = _Look(text)
    if look.weight >= _SMALL or look.is_own:
        return None
    return _judge_words(look) or (None if look.may_be_own else _judge_nouns(look))


def plain_words(text: str, limit: int = 60) -> str:
    """Return the first words of a stranger's text for a cause: no address, number or mailbox."""
    return words.ADDRESS.sub("…", mask_private(_squeeze(text[:400])))[:limit].strip()


def find_title(markup: str) -> str:
    """Return what the title of a page says, or ''."""
    return _Look(markup).title


_SCRIPT_SHELL = Finding(SourceState.DRIFTED, "page that its scripts build: nothing to read in it")
_LOGIN_PAGE = Finding(SourceState.BLOCKED, "login page", "this list needs an account")
# The first that a page says is what it is.
_SAYINGS = (
    (words.ON_THE_WAY, SourceState.UNREACHABLE, "page of a network on the way"),
    (words.KEPT_OUT, SourceState.BLOCKED, "block page"),
    (words.FRESH_SERVER, SourceState.DRIFTED, "first page of an empty web server"),
    (words.PARKED, SourceState.DRIFTED, "parked domain"),
    (words.GONE, SourceState.DRIFTED, "page not found, sent as a page"),
    (words.UPKEEP, SourceState.UNREACHABLE, "under maintenance"),
    (words.SERVER_ERROR, SourceState.UNREACHABLE, "error page"),
)  # fmt: skip


def _judge_words(look: _Look) -> Finding | None:
    if _IS_SHELL.search(look.markup) and "<noscript" in look.markup.lower():
        return _SCRIPT_SHELL
    if _HAS_PASSWORD.search(look.markup) and words.LOGIN_TITLE.search(look.title):
        return _LOGIN_PAGE
    for pattern, state, cause in _SAYINGS:
        if found := pattern.search(look.said):
            return Finding(state, f"{cause}: '{plain_words(found.group())}'")
    return None


def _judge_build(look: _Look) -> Finding | None:
    """Return what a page is that has no sign of a list or notice, by its build."""
    if _HAS_PASSWORD.search(look.markup) or words.LOGIN_TITLE.search(look.title):
        return _LOGIN_PAGE
    if look.weight >= _TINY:
        return None
    if found := words.SHIELD.search(look.markup):
        return Finding(SourceState.BLOCKED, f"script challenge: '{plain_words(found.group())}'")
    if finding := _judge_nouns(look):
        return finding
    if look.weight < _RUMP and (found := words.CHALLENGE.search(look.markup)):
        return Finding(SourceState.BLOCKED, f"script challenge: '{plain_words(found.group())}'")
    if _LEADS_AWAY.search(look.markup):
        return Finding(SourceState.DRIFTED, "page that leads elsewhere")
    return _SCRIPT_SHELL if _IS_SHELL.search(look.markup) else None


def _judge_nouns(look: _Look) -> Finding | None:
    if look.weight >= _TINY or words.TRADE.search(look.said):
        return None
    if found := words.BARE_NOUN.search(look.said):
        return Finding(SourceState.BLOCKED, f"block page: '{plain_words(found.group())}'")
    return None


def _judge_rump(look: _Look) -> Finding | None:
    """Return a finding for a whole page that could be nobody's list or notice."""
    if words.TRADE.search(look.said) or _HAS_CONTENT.search(look.markup):
        return None
    if look.has_link or (look.links and words.DATE.search(look.said)):
        return None
    if "<" in look.markup and not _IS_WHOLE.search(look.markup):
        return None
    if not look.said:
        return Finding(SourceState.EMPTY, "page without any text")
    return Finding(SourceState.DRIFTED, f"page that says only '{plain_words(look.said)}'")


def _squeeze(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()
