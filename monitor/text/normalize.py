"""Fold text so that spellings of one word match, and lead every position back to the original.

Folded: NFKC and case, traditional characters, invisible characters and trade marks, blanks.
Newlines stay, as "\\n": they keep cells and lines apart.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from importlib import resources
from itertools import chain
from operator import itemgetter

# A piece that changed its length: (start, end) in the folded text, (start, end) in the original.
Shift = tuple[int, int, int, int]

_BLANKS = "\t \u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"
_NEWLINES = "\r\v\f\u0085\u2028\u2029"
# Soft hyphen, joiners, direction marks, fillers, variation selectors, BOM, tags; and © ® ℠ ™,
# two of which NFKC would turn into letters.
_INVISIBLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\u3164\ufe00-\ufe0f\ufeff\uffa0\U000e0000-\U000e0fff"
)
_UNSEEN = re.compile(f"[{_INVISIBLE}]+")
_DROPPED = _INVISIBLE + "\u00a9\u00ae\u2120\u2122"
_CJK = re.compile(
    "[\u3005\u3007\u3041-\u3096\u30a1-\u30fa\u30fc\u3400-\u4dbf\u4e00-\u9fff\ufa0e-\ufa29"
    "\U00020000-\U0003ffff]"
)
# The blocks where characters fold or combine; elsewhere only the table of hanzi changes any.
_FOLDING_BLOCKS = (
    range(0x0041, 0x3400),
    range(0xA640, 0xAC00),
    range(0xF900, 0x12000),
    range(0x16A00, 0x17000),
    range(0x1BC00, 0x1BD00),
    range(0x1CF00, 0x20000),
    range(0x2F800, 0x2FA20),
)
_HANGUL_PARTS = (range(0x1161, 0x1176), range(0x11A8, 0x11C3))
# Above this many, one pass of str.translate is cheaper than as many of str.replace.
_FEW_SINGLES = 60
_NAME_BRACKETS = str.maketrans("[]{}〔〕【】", "()()()()")


@dataclass(frozen=True)
class Normalized:
    """A folded text with the way back to its original."""

    original: str
    text: str
    offsets: tuple[Shift, ...]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return the span of the original that text[start:end] came from.

        One character made of several, and one of several made of one, give all of it.
        Characters dropped at either end stay outside. Raises IndexError out of range.
        """
        if not 0 <= start <= end <= len(self.text):
            raise IndexError(f"span {start}:{end} of {len(self.text)} characters")
        first = self._trace(start)[0]
        return first, self._trace(end - 1)[1] if end > start else first

    def _trace(self, position: int) -> tuple[int, int]:
        index = bisect_right(self.offsets, position, key=itemgetter(0)) - 1
        if index < 0:
            return position, position + 1
        _, end, original_start, original_end = self.offsets[index]
        if position < end:
            return original_start, original_end
        original = original_end + position - end
        return original, original + 1


def drop_invisible(text: str) -> str:
    """Return a text without characters that show nothing: soft hyphens, zero-width blanks."""
    return text if text.isascii() else _UNSEEN.sub("", text)


def normalize(text: str) -> Normalized:
    """Fold a text for matching, with offsets back to it."""
    present = set(text)
    pattern = _CHANGE if _MARKS.isdisjoint(present) else _CHANGE_OR_CLUSTER
    pieces = [""]
    offsets: list[Shift] = []
    done = shift = 0
    for change in pattern.finditer(text):
        start, end = change.span()
        old = change[0]
        new = " " if old == " " else _fold_change(old)
        if new == " " and _is_cjk(text[end : end + 1]):
            before = pieces[-1][-1:] if done == start else text[start - 1 : start]
            new = "" if _is_cjk(before) else " "
        if new == old:
            continue
        pieces += (text[done:start], new)
        done = end
        if len(old) != 1 or len(new) != 1:
            offsets.append((start + shift, start + shift + len(new), start, end))
            shift += len(new) - len(old)
    pieces.append(text[done:])
    return Normalized(text, _fold_singles("".join(pieces), present), tuple(offsets))


def fold_name(text: str) -> str:
    """Fold a name for comparing: also without any whitespace, and with one kind of brackets."""
    return "".join(normalize(text).text.split()).translate(_NAME_BRACKETS)


def read_traditional() -> dict[str, str]:
    """Return the shipped one-to-one table of traditional to simplified characters."""
    table = resources.files("monitor.text").joinpath("hant.tsv").read_text(encoding="utf-8")
    rows = (line.split("\t") for line in table.splitlines() if not line.startswith("#"))
    return {row[0]: row[1] for row in rows}


def fold_character(character: str, traditional: Mapping[str, str]) -> str:
    """Fold one character, again until nothing changes.

    Spacing accents and their like stay: NFKC would split them into a blank and a mark.
    """
    before, folded = "", character
    while folded != before:
        before = folded
        folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", folded).casefold())
        folded = "".join(traditional.get(c, c) for c in folded)
    return character if " " in folded else folded


def _fold_change(old: str) -> str:
    """Fold a run of blanks and dropped characters, an expanding character or a cluster."""
    if _GAP.match(old):
        return " " if _BLANK.search(old) else ""
    return "\n" if old == "\r\n" else _FOLDS.get(old) or _fold_cluster(old)


def _is_cjk(neighbour: str) -> bool:
    """Tell whether a gap beside this character separates nothing."""
    if neighbour < "\u2e80":
        return False
    return _CJK.match(_fold_single(neighbour)) is not None


def _fold_singles(text: str, present: set[str]) -> str:
    """Replace the characters that fold one to one; by the replacement while they are few."""
    singles = _SINGLES & present
    if len(singles) > _FEW_SINGLES:
        return text.translate({ord(c): _FOLDS[c] for c in singles})
    for character in singles:
        text = text.replace(character, _FOLDS[character])
    return text


def _fold_single(character: str) -> str:
    return _FOLDS.get(character, character)


def _fold_cluster(old: str) -> str:
    """Compose a character and the marks after it, as NFKC does in a whole text."""
    before, folded = "", _GAP.sub("", old)
    while folded != before:
        before = folded
        folded = unicodedata.normalize("NFC", "".join(map(_fold_single, folded)))
    return folded


def _collect_folds() -> dict[str, str]:
    traditional = read_traditional()
    candidates = chain(filter(_may_fold, map(chr, chain(*_FOLDING_BLOCKS))), traditional)
    folds = {c: fold_character(c, traditional) for c in candidates if not _GAP.match(c)}
    changed = {c: folded for c, folded in folds.items() if c != folded}
    return changed | dict.fromkeys(_NEWLINES, "\n")


def _may_fold(character: str) -> bool:
    return unicodedata.normalize("NFKC", character.casefold()) != character


def _collect_marks(folds: Mapping[str, str]) -> frozenset[str]:
    """Return the characters that may combine with the one before them."""
    marks = set(map(chr, chain(*_HANGUL_PARTS)))
    for character in map(chr, chain(*_FOLDING_BLOCKS)):
        if unicodedata.combining(character):
            marks.add(character)
        parts = unicodedata.decomposition(character).split()
        if len(parts) == 2 and parts[0][0] != "<":
            marks.add(chr(int(parts[1], 16)))
    return frozenset(marks | {c for c, folded in folds.items() if folded[0] in marks})


def _class_of(characters: AbstractSet[str]) -> str:
    """Return a character class, of few ranges: the regex engine tests them one by one."""
    points = sorted(map(ord, characters))
    starts = [p for p in points if chr(p - 1) not in characters]
    ends = [p for p in points if chr(p + 1) not in characters]
    return "".join(f"\\U{a:08x}-\\U{b:08x}" for a, b in zip(starts, ends, strict=True))


# Every pattern below starts with one plain class: only then does the engine skip fast.
_GAP = re.compile(f"[{_BLANKS}{_DROPPED}]+")
_BLANK = re.compile(f"[{_BLANKS}]")
_FOLDS = _collect_folds()
_SINGLES = frozenset(c for c, folded in _FOLDS.items() if len(folded) == 1)
_MARKS = _collect_marks(_FOLDS)
_IN_MARKS = _class_of(_MARKS)
_CHANGE = re.compile(
    f"[{_BLANKS}{_DROPPED}{_class_of(_FOLDS.keys() - _SINGLES)}\r]"
    f"(?:(?<={_GAP.pattern[:-1]}){_GAP.pattern}|(?<=\r)\n)?"
)
_CHANGE_OR_CLUSTER = re.compile(
    f"[^{_IN_MARKS}{_BLANKS}{_DROPPED}{_NEWLINES}\n]?(?:[{_DROPPED}]*[{_IN_MARKS}])+|{_CHANGE.pattern}"
)
