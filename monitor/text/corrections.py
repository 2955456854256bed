"""Which words of a correction are struck and which count: 更正前 and 更正后, 原…现更正为….

Forms of 更正公告 in 政府采购公告和公示信息格式规范 (2020), and prose.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from monitor.text.labels import simplify

STRUCK = "before the correction"
CORRECTED = "after the correction"
_DOES = "(?:更正|变更|修改|澄清|调整|修正|勘误|更改)"
_BEFORE = re.compile(
    rf"{_DOES}前(?:的?内容)?|原(?:采购|招标|磋商|谈判|询价)?(?:公告|文件|内容)+(?=[:：|]|$)|原(?:文|为)?(?=[:：]|$)"
)
_AFTER = re.compile(
    rf"{_DOES}后(?:的?内容)?|(?:现|现将|统一)?(?:{_DOES}|改|变)为|现(?:内容)?(?=[:：])"
)
_ORIGIN = re.compile("原|(?:由|将|把)[^，,；;]*$")
_OLD_HEAD = re.compile(
    "^原(?:采购|招标|磋商|谈判|询价)?(?:公告|文件)?(?:的?内容|条款|要求|参数|为)?$"
)
_NEW_HEAD = re.compile("^现(?:更正|变更|修改|调整)?(?:的?内容|条款|要求|参数|为)?$")
_SENTENCE = re.compile(r"(?<=[。！？])")


def split_correction(text: str) -> list[tuple[str, str]]:
    """Return the pieces of a line with '' or what a correction makes of each."""
    folded = simplify(text)
    if _BEFORE.search(folded) is None and _AFTER.search(folded) is None:
        return [("", text)]
    return [piece for sentence in _SENTENCE.split(text) for piece in _split_sentence(sentence)]


def _split_sentence(text: str) -> Iterator[tuple[str, str]]:
    folded = simplify(text)
    before, after = _BEFORE.search(folded), _AFTER.search(folded)
    start = before.start() if before else 0
    if after is None:
        yield from _pieces(("", text[:start]), (STRUCK if before else "", text[start:]))
    elif before is None and not _ORIGIN.search(folded, 0, after.start()):
        yield ("", text) if text else ("", "")
    elif start > after.start():
        yield from _pieces((CORRECTED, text[:start]), (STRUCK, text[start:]))
    else:
        yield from _pieces(
            ("", text[:start]),
            (STRUCK, text[start : after.start()]),
            (CORRECTED, text[after.start() :]),
        )


def _pieces(*pieces: tuple[str, str]) -> Iterator[tuple[str, str]]:
    yield from (piece for piece in pieces if piece[1].strip())


def find_columns(row: Sequence[str]) -> dict[int, str]:
    """Return which cells of a table's head announce struck and corrected words, by place."""
    found = {}
    for place, cell in enumerate(row):
        head = simplify(cell.strip())
        if len(head) > 12:
            continue
        if _BEFORE.match(head) or _OLD_HEAD.match(head):
            found[place] = STRUCK
        elif _AFTER.match(head) or _NEW_HEAD.match(head):
            found[place] = CORRECTED
    return found if STRUCK in found.values() and CORRECTED in found.values() else {}


def read_side(cell: str) -> str:
    """Return what a short head at the side of a row says of its words, or ''."""
    head = simplify(cell.strip()).rstrip(":： ")
    if len(head) > 12:
        return ""
    if _BEFORE.match(head):
        return STRUCK
    return CORRECTED if _AFTER.match(head) else ""
