"""Make text of a notice harmless to show: it pings nobody, links nowhere and hides nothing."""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from urllib.parse import quote, urlsplit

QUOTE_LIMIT = 220
TITLE_LIMIT = 200
LINK_LIMIT = 1500
_LONGEST_READ = 20_000

_ANSI = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c]{0,500}"
    r"(?:\x07|\x1b\\|\x9c)|\x1b[@-Z\\-~]?"
)
# Letters that show nothing: fillers, the braille blank, the combining grapheme joiner.
_INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
_MARKS_IN_A_ROW = 2
_CHANGES = (
    # An @ or < of full width pings in no chat: @everyone, @here, <@123>, <!channel>, <a href>.
    (re.compile("[@﹫]"), "＠"),
    (re.compile("[<﹤]"), "＜"),
    (re.compile("[>﹥]"), "＞"),
    (re.compile("`"), "'"),
    (re.compile(r"\*"), "＊"),
    (re.compile(r"([~_|])\1+"), r"\1"),
    (re.compile(r"\]\s*([(\[])"), r"] \1"),
    (re.compile(r"\[(?=[^\[\]]*\]\s*:)"), "［"),
    (re.compile(r"\s*:\s*(?=[/\\]{2})"), " : "),
    (
        re.compile(
            r"\b(javascript|vbscript|data|blob|mailto|tel|callto|facetime|sips?|sms|xmpp|matrix|"
            r"irc|tg|slack|magnet|skype|weixin|geo|intent|file):(?=\S)",
            re.IGNORECASE,
        ),
        r"\1 : ",
    ),
    # One slash, or none, is enough for some: http:/evil, https:evil.
    (re.compile(r"(https?|ftps?):(?=\S)", re.IGNORECASE), r"\1 : "),
    # A dot with a blank before it ends what a program takes for a host: evil.com, www.evil.com.
    # brands.yaml:3:4 is the place of an error, and no host ends in .yaml.
    (re.compile(r"(?<=[\w\-)])\.(?!yaml:\d)(?=(?:xn--)?[^\W\d_]{2})"), " ."),
)

_OWN_LINK = re.compile(
    r"(https?://(?:\[[0-9a-f:.]+\])?[!#-&+-;=?-Z_a-z~]*[#-&+\-/0-9=A-Z_a-z~])", re.IGNORECASE
)


def defuse(text: object, limit: int = TITLE_LIMIT) -> str:
    """Return a value on one line with nothing in it that a chat, mailer or terminal acts on.

    Dropped: control characters, terminal escapes, direction marks, zero-width characters.
    Broken up, but readable: mentions, markup, Markdown links, addresses. Longer values end in …
    """
    plain = _clean(text)
    for pattern, replacement in _CHANGES:
        plain = pattern.sub(replacement, plain)
    plain = " ".join(plain.split())
    return plain if len(plain) <= limit else plain[: limit - 1].rstrip() + "…"


def defuse_own(text: object, limit: int) -> str:
    """Return a line of the program's own text: as defuse, but http addresses stay whole.

    What stands around an address, and an address that make_link refuses, is defused.
    """
    plain = _clean(text)
    if len(plain) > limit:
        # A cut address would lead elsewhere.
        return defuse(plain, limit)
    shown = ""
    for number, part in enumerate(_OWN_LINK.split(plain)):
        link = make_link(part) if number % 2 else ""
        part = link or defuse(part, limit)
        # A blank keeps an address apart from words before it and behind it: 见http://…
        glue = shown and part and part[0] not in ",.;:!?)"
        shown += (" " if glue else "") + part
    return shown


def _clean(text: object) -> str:
    """Return a value on one line without terminal escapes and all that does not show."""
    return " ".join("".join(_keep_visible(_ANSI.sub("", str(text)[:_LONGEST_READ]))).split())


def _keep_visible(text: str) -> list[str]:
    """Return the characters that show; blanks for line ends, at most two marks on one letter."""
    kept, marks = [], 0
    for char in text:
        kind = unicodedata.category(char)
        marks = marks + 1 if kind in ("Mn", "Me") else 0
        if char in "\t\n\r\v\f\x85" or kind in ("Zs", "Zl", "Zp"):
            kept.append(" ")
        elif kind[0] != "C" and char not in _INVISIBLE and marks <= _MARKS_IN_A_ROW:
            kept.append(char)
    return kept


def quote_text(text: object) -> str:
    """Return a defused quotation in 「」, which the text itself cannot end."""
    inside = defuse(text, QUOTE_LIMIT).translate({ord("「"): "『", ord("」"): "』"})
    return f"「{inside}」"


def make_link(url: str) -> str:
    """Return an address that may be clicked, or "" for anything but plain http and https.

    All but letters, digits and harmless marks is percent-encoded; the host is shown in ASCII,
    so that a look-alike shows as xn--; a user name before the host is dropped.
    """
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return ""
    shown = _write_host(host)
    if parts.scheme not in ("http", "https") or not shown:
        return ""
    link = f"{parts.scheme}://{shown}{f':{port}' if port else ''}{_encode(parts.path) or '/'}"
    link += f"?{_encode(parts.query)}" if parts.query else ""
    link += f"#{_encode(parts.fragment)}" if parts.fragment else ""
    return link if len(link) <= LINK_LIMIT else ""


def _write_host(host: str) -> str:
    try:
        if ":" in host:
            return f"[{ipaddress.IPv6Address(host)}]"
        name = host.encode("idna").decode("ascii").lower()
    except (ValueError, UnicodeError):
        return ""
    return name if re.fullmatch(r"[a-z0-9](?:[a-z0-9_.-]*[a-z0-9])?\.?", name) else ""


def _encode(part: str) -> str:
    part = re.sub(r"%(?![0-9A-Fa-f]{2})", "%25", part)
    return quote(part, safe="/%:;=,~!$&+?-._", errors="replace")
