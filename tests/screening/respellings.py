"""Other ways to write the same page: scripts, widths, blanks, tags, references, encodings.

All change the text between the tags only, never a tag, a script, a comment or the head.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from random import Random

from monitor.text.normalize import read_traditional
from tests.screening.pages import Page

Change = Callable[[str, Random], str]

_KEPT = re.compile(
    r"(<head>.*?</head>|<!--.*?-->|<script.*?</script>|<[^>]+>|&[#\w]+;)", re.DOTALL | re.IGNORECASE
)
_HANZI = "[\u4e00-\u9fff]"
_BETWEEN = re.compile(f"(?<={_HANZI})(?={_HANZI})")
_INSIDE = re.compile(r"(?<=[\w-])(?=[\w-])")
_TRADITIONAL = {simple: hant for hant, simple in read_traditional().items()}


def change_text(page: Page, change: Change, seed: int) -> Page:
    """Return the page with its text, and the title shown beside it, changed."""
    rng = Random(seed)  # noqa: S311
    return replace(page, html=_change_html(page.html, change, rng), title=change(page.title, rng))


def _change_html(html: str, change: Change, rng: Random) -> str:
    pieces = _KEPT.split(html)
    return "".join(piece if n % 2 else change(piece, rng) for n, piece in enumerate(pieces))


def widen_text(text: str, _: Random) -> str:
    """Write ASCII in full width."""
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


def write_traditional(text: str, _: Random) -> str:
    """Write simplified characters as a traditional one that folds to them."""
    return "".join(_TRADITIONAL.get(c, c) for c in text)


def insert_pieces(place: re.Pattern[str], pieces: tuple[str, ...], share: float) -> Change:
    """Return the change that puts one of the pieces into a share of the places."""

    def change(text: str, rng: Random) -> str:
        return place.sub(lambda _: rng.choice(pieces) if rng.random() < share else "", text)

    return change


def wrap_pieces(tags: tuple[str, ...], share: float) -> Change:
    """Return the change that puts single characters into an inline element."""

    def wrap(char: str, rng: Random) -> str:
        if char.isspace() or rng.random() >= share:
            return char
        tag = rng.choice(tags)
        return f"<{tag}>{char}</{tag.split()[0]}>"

    return lambda text, rng: "".join(wrap(char, rng) for char in text)


def write_references(text: str, rng: Random) -> str:
    """Write a third of the characters as references, decimal or hexadecimal."""
    forms = ("&#{};", "&#x{:x};", "&#X{:X};")
    return "".join(rng.choice(forms).format(ord(c)) if rng.random() < 0.3 else c for c in text)


CHANGES: dict[str, Change] = {
    "full width": widen_text,
    "traditional": write_traditional,
    "upper case": lambda text, _: text.upper(),
    "lower case": lambda text, _: text.lower(),
    "mixed case": lambda text, rng: "".join(rng.choice((c.upper(), c.lower())) for c in text),
    "blanks": insert_pieces(_BETWEEN, (" ",), 1),
    "some blanks": insert_pieces(_BETWEEN, (" ", "  "), 0.2),
    "hard blanks": insert_pieces(_BETWEEN, ("\u00a0", "&nbsp;", "&#160;"), 0.2),
    "wide blanks": insert_pieces(_BETWEEN, ("\u3000", "&#12288;", "\u2003", "&emsp;"), 0.2),
    "line ends": insert_pieces(_BETWEEN, ("\n", "\r\n", "\n    ", "\t"), 0.2),
    "invisible": insert_pieces(_INSIDE, ("\u200b", "\ufeff", "\u2060", "&zwnj;", "&#8203;"), 0.2),
    "soft hyphens": insert_pieces(_INSIDE, ("\u00ad", "&shy;", "&#173;", "<wbr>"), 0.2),
    "comments": insert_pieces(_INSIDE, ("<!---->", "<!-- 戴尔 -->", "<o:p></o:p>"), 0.2),
    "empty tags": insert_pieces(_INSIDE, ("<span></span>", "<a name='x'></a>"), 0.2),
    "cut tags": insert_pieces(_INSIDE, ("</span><span>", "</font><font>"), 0.2),
    "spans": wrap_pieces(("span", "span lang=EN-US", "SPAN style='color:red'"), 0.3),
    "styles": wrap_pieces(("b", "font color=red", "u", "em", "strong", "o:p", "i"), 0.3),
    "smart tags": wrap_pieces(("st1:place w:st='on'", "w:r", "nobr", "acronym"), 0.3),
    "references": write_references,
}

ENCODINGS = ("utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16")
DECLARED = ("", "utf-8", "gb2312", "gbk", "GB18030")


def declare_charset(page: Page, name: str) -> Page:
    """Return the page with a meta element that names a character set, or with none."""
    meta = f'<meta charset="{name}">' if name else ""
    return replace(page, html=page.html.replace('<meta charset="utf-8">', meta))
