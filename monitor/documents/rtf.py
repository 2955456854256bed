"""Read RTF 1.9 as Word, WPS and LibreOffice write it: text in Chinese code pages, and tables.

Of the small readers on the package index none keeps tables apart or reads GBK by font.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace

from monitor.documents.cells import split_lines
from monitor.documents.gather import gather_parts
from monitor.documents.parts import DocumentError, Fault, Limits, Part
from monitor.documents.rtfcells import Story
from monitor.text.markup import Block

_MAGIC = b"{\\rtf"
_TOKEN = re.compile(
    rb"\\(?:([a-zA-Z]{1,32})(-?[0-9]{1,9})?[ ]?|'([0-9a-fA-F]{2})|([^a-zA-Z]))"
    rb"|([{}])|([^\\{}\r\n]+)",
    re.DOTALL,
)
_MOST_DEPTH = 500
_MOST_NESTED = 10
# What a paragraph or cell takes of the limit of text beside its letters.
_PIECE = 8
# Running heads are written once for each section: the same is not told again.
_LATEST = 50
# Groups that print nothing. A group that begins with \* is left out too unless it is known.
_SILENT = frozenset(
    b"fonttbl colortbl stylesheet info pict fldinst listtable listoverridetable rsidtbl xmlnstbl "
    b"themedata colorschememapping datastore latentstyles generator filetbl revtbl sp objdata "
    b"objclass bkmkstart bkmkend nonesttables pntext pntxta pntxtb pgdsctbl atnid atnauthor "
    b"annotation datafield panose falt xe tc blipuid mmathPr userprops template shprslt".split()
)
# Notes, running heads and text boxes: they stand within other text, and print elsewhere.
_ASIDE = frozenset(
    b"header headerl headerr headerf footer footerl footerr footerf footnote shptxt".split()
)
_KNOWN = _ASIDE | {b"shpinst", b"nesttableprops"}
_SIGNS = {
    b"tab": " ", b"line": "\n", b"emdash": "—", b"endash": "–", b"lquote": "‘", b"rquote": "’",
    b"ldblquote": "“", b"rdblquote": "”", b"bullet": "•", b"emspace": " ", b"enspace": " ",
    b"qmspace": " ", b"softline": "\n",
}  # fmt: skip
_SYMBOLS = {b"~": " ", b"_": "-", b"\\": "\\", b"{": "{", b"}": "}", b"\n": "\r", b"\r": "\r"}
_CHARSETS = {
    0: "cp1252", 128: "cp932", 129: "cp949", 134: "gb18030", 136: "big5hkscs", 204: "cp1251",
}  # fmt: skip
_PAGES = {
    936: "gb18030", 950: "big5hkscs", 932: "cp932", 949: "cp949", 1251: "cp1251",
    65001: "utf-8", 54936: "gb18030", 10008: "gb18030",
}  # fmt: skip


def read_rtf(body: bytes, limits: Limits) -> Iterator[Part]:
    """Yield an RTF file as one part; raise DocumentError."""
    return gather_parts([("", _read_blocks(body, limits))], limits)


def _read_blocks(body: bytes, limits: Limits) -> Iterator[Block]:
    if not body.lstrip()[: len(_MAGIC)] == _MAGIC:
        raise DocumentError(Fault.DAMAGED, "does not begin as RTF does")
    reader = _Reader(body)
    for token in reader.walk_tokens():
        reader.take_token(token)
        if token[1]:
            yield from reader.take_blocks()
        if reader.taken > limits.text:
            break
    reader.finish()
    yield from reader.take_blocks()
    if reader.taken > limits.text:
        raise DocumentError(Fault.TOO_LARGE, f"more than {limits.text} characters")
    if reader.depth > 0:
        raise DocumentError(Fault.DAMAGED, "cut: its last group does not end")


@dataclass(frozen=True)
class _State:
    """What a group sets, and its end takes back."""

    silent: bool = False
    hidden: bool = False
    heading: bool = False
    in_fonts: bool = False
    encoding: str = ""
    skip: int = 1
    nesting: int = 0


class _Reader:
    """Reads tokens one after another; its groups lie on a list, not on Python's stack."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._state = _State(encoding="cp1252")
        self._stack: list[_State] = []
        self._default = "cp1252"
        self._fonts: dict[int, str] = {}
        self._font = 0
        self._raw = bytearray()
        self._texts: list[str] = []
        self._story = Story()
        self._outer: list[tuple[int, list[str], Story]] = []
        self._asides: list[Block] = []
        self._high = ""
        self._to_skip = 0
        self._starred = False
        self._at = 0
        self.taken = self.depth = 0

    def walk_tokens(self) -> Iterator[re.Match[bytes]]:
        """Yield the tokens of the file, without what \\bin passes over."""
        while token := _TOKEN.search(self._body, self._at):
            self._at = token.end()
            if token[1] == b"bin" and token[2]:
                self._at += max(int(token[2]), 0)
            yield token

    def take_blocks(self) -> list[Block]:
        """Return the blocks that are ready, once; while a note is read, none are."""
        if self._outer or not self._story.blocks:
            return []
        ready, self._story.blocks = self._story.blocks, []
        return ready

    def take_token(self, token: re.Match[bytes]) -> None:
        """Take a control word, a byte, a sign, a brace or text."""
        word, number, code, symbol, brace, text = token.groups()
        if word:
            self._take_word(word, int(number) if number else None)
        elif brace:
            self._open_group() if brace == b"{" else self._close_group()
        elif code:
            self._take_bytes(bytes.fromhex(code.decode("ascii")))
        elif symbol:
            self._take_symbol(symbol)
        elif text:
            self._take_bytes(text)

    def finish(self) -> None:
        """End the last paragraph and table."""
        self._flush()
        self.depth = len(self._stack)
        while self._stack:
            self._pop_state()
        self._end_paragraph()
        self._story.end_tables()
        self._story.blocks += self._asides

    def _open_group(self) -> None:
        self._flush()
        if len(self._stack) >= _MOST_DEPTH:
            raise DocumentError(Fault.DAMAGED, f"groups nest deeper than {_MOST_DEPTH}")
        self._stack.append(self._state)
        self._to_skip = 0
        self._starred = False

    def _close_group(self) -> None:
        self._flush()
        self._to_skip = 0
        if self._stack:
            self._pop_state()

    def _pop_state(self) -> None:
        if self._outer and self._outer[-1][0] == len(self._stack):
            self._close_aside()
        self._state = self._stack.pop()

    def _open_aside(self) -> None:
        """Put the text at hand away until a note, running head or text box ends."""
        self._outer.append((len(self._stack), self._texts, self._story))
        self._texts, self._story = [], Story()
        self._state = replace(self._state, nesting=0, hidden=False)

    def _close_aside(self) -> None:
        self._end_paragraph()
        self._story.end_tables()
        self._asides += [b for b in self._story.blocks if b not in self._asides[-_LATEST:]]
        _, self._texts, self._story = self._outer.pop()

    def _take_symbol(self, symbol: bytes) -> None:
        if symbol == b"*":
            self._starred = True
        elif symbol in _SYMBOLS:
            if _SYMBOLS[symbol] == "\r":
                self._end_paragraph()
            else:
                self._take_text(_SYMBOLS[symbol])

    def _take_bytes(self, raw: bytes) -> None:
        skipped = min(self._to_skip, len(raw))
        self._to_skip -= skipped
        if not self._state.silent and not self._state.hidden:
            self._raw += raw[skipped:]

    def _take_text(self, text: str) -> None:
        self._flush()
        if self._to_skip:
            self._to_skip -= 1
        elif not self._state.silent and not self._state.hidden:
            self._texts.append(text)
            self.taken += 1

    def _flush(self) -> None:
        """Decode the bytes at hand; letters of two bytes may come as code and as text."""
        if not self._raw:
            return
        self.taken += len(self._raw)
        raw, self._raw = bytes(self._raw), bytearray()
        # Word names the font of Western letters where Chinese ones follow.
        if self._state.encoding == "cp1252" != self._default and not raw.isascii():
            with suppress(UnicodeDecodeError):
                self._texts.append(raw.decode(self._default))
                return
        self._texts.append(raw.decode(self._state.encoding, "replace"))

    def _take_word(self, word: bytes, number: int | None) -> None:
        starred, self._starred = self._starred, False
        if word == b"u" and number is not None:
            self._take_unicode(number)
            return
        self._flush()
        self._to_skip = 0
        if (starred and word not in _KNOWN) or word in _SILENT:
            self._state = replace(self._state, silent=True, in_fonts=word == b"fonttbl")
        elif word in _ASIDE and not self._state.silent:
            self._open_aside()
        elif word in _SIGNS:
            self._take_text(_SIGNS[word])
        elif self._state.silent or not self._take_layout(word, number or 0):
            self._take_property(word, number)

    def _take_unicode(self, number: int) -> None:
        """Take a letter by its number; the other that stands for it in old readers is skipped."""
        self._flush()
        letter = chr(number % 0x10000)
        if letter < "\ud800" or letter > "\udfff":
            self._to_skip = 0
            self._take_text(letter)
        elif letter < "\udc00":
            self._high = letter
        else:
            self._to_skip = 0
            pair = (self._high + letter).encode("utf-16-le", "surrogatepass")
            self._take_text(pair.decode("utf-16-le", "replace"))
            self._high = ""
        self._to_skip = self._state.skip

    def _take_property(self, word: bytes, number: int | None) -> None:
        on = number != 0
        state = self._state
        if word == b"ansicpg" and number is not None:
            self._default = _PAGES.get(number, "cp1252")
            self._state = replace(state, encoding=self._default)
        elif word == b"f" and number is not None:
            self._font = number
            self._state = replace(state, encoding=self._fonts.get(number, self._default))
        elif word == b"fcharset" and number is not None and state.in_fonts:
            self._fonts[self._font] = _CHARSETS.get(number, self._default)
        elif word == b"plain":
            self._state = replace(state, hidden=False, encoding=self._default)
        elif word in (b"v", b"deleted"):
            self._state = replace(state, hidden=on)
        elif word == b"uc" and number is not None:
            self._state = replace(state, skip=max(0, min(number, 10)))
        elif word == b"outlinelevel":
            self._state = replace(state, heading=number is not None and number < 9)

    def _take_layout(self, word: bytes, number: int) -> bool:
        """Take a word that ends or begins paragraphs, cells and rows; return whether it is one."""
        outer, inner = max(self._state.nesting, 1), max(self._state.nesting, 2)
        match word:
            case b"par" | b"sect" | b"page":
                self._end_paragraph()
            case b"pard":
                self._state = replace(self._state, nesting=0, heading=False)
            case b"intbl":
                self._state = replace(self._state, nesting=outer)
            case b"itap":
                self._state = replace(self._state, nesting=max(0, min(number, _MOST_NESTED)))
            case b"cell":
                self._end_cell(1)
            case b"nestcell":
                self._end_cell(inner)
            case b"row":
                self._story.end_row(1)
            case b"nestrow":
                self._story.end_row(inner)
            case b"trowd":
                self._story.open_row(outer)
            case b"clvmrg":
                self._story.continue_cell(outer)
            case b"clmrg":
                self._story.merge_cell(outer)
            case b"cellx":
                self._story.add_edge(number, outer)
            case _:
                return False
        return True

    def _end_paragraph(self) -> None:
        blocks = self._take_line(heading=self._state.heading)
        self._story.add_paragraph(blocks, self._state.nesting)

    def _end_cell(self, nesting: int) -> None:
        self._state = replace(self._state, nesting=nesting)
        self._story.end_cell(self._take_line(), nesting)

    def _take_line(self, *, heading: bool = False) -> list[Block]:
        self._flush()
        text = "".join(self._texts)
        self._texts = []
        self.taken += _PIECE
        return split_lines(text, heading=heading)
