"""All labelled values of a notice, in reading order: from lines, cells and headings."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import lru_cache

from monitor.text.grids import drop_copies, split_table
from monitor.text.labels import (
    Label,
    Section,
    Statement,
    find_label,
    find_unit,
    simplify,
    split_line,
)
from monitor.text.markup import Block, Line, Table, squeeze
from monitor.text.names import is_body

_SECTIONS: tuple[tuple[re.Pattern[str], Section], ...] = (
    (re.compile(r"代理机构(?:信息|情况|联系方式)?$|招标代理"), Section.AGENT),
    (re.compile(r"(?:采购人|采购单位|招标人|采购方)(?:信息|情况|联系方式|名称)?$"), Section.BUYER),
    (re.compile(r"(?:中标|成交|中选|供应商|中标人).{0,8}(?:信息|结果|情况)$"), Section.SUPPLIER),
    (
        re.compile(r"(?:拟定|唯一|单一来源).{0,6}供应商(?:名称)?(?:[、及].{0,4})?$"),
        Section.SUPPLIER,
    ),
    (
        re.compile(r"标的.{0,6}(?:信息|内容|情况|明细)|(?:成交|中标|采购)(?:标的|明细|清单|内容)"),
        Section.ITEMS,
    ),
    (re.compile(r"^(?:[一二三四五六七八九十]+、).{2,}"), Section.NONE),
)
_BODY_LABELS = frozenset({Label.BUYER, Label.END_USER, Label.AGENT, Label.SUPPLIER})
_LONGEST_VALUE = 80
_HEAD_END = re.compile(r"[:：]")
_CUT_SUM = re.compile(r"[\d.,]$")
_SUM_TAIL = re.compile(r"^(?:万|亿)?元")


def find_section(line: str, current: Section) -> Section:
    """Return the section that a heading line opens, or the one already open."""
    head = _HEAD_END.split(line[:25], maxsplit=1)[0]
    if len(head) > 24:
        return current
    found = _section_of(head)
    return current if found is None else found


@lru_cache(maxsize=4096)
def _section_of(head: str) -> Section | None:
    """Return the section that a heading's words open; NONE ends one, None says nothing."""
    folded = re.sub(r"\s+", "", unicodedata.normalize("NFKC", simplify(head)))
    folded = re.sub(r"\([^()]*\)", "", folded)
    for pattern, section in _SECTIONS:
        if pattern.search(folded):
            return section
    return None


def read_statements(blocks: Iterable[Block]) -> Iterator[Statement]:
    """Yield every labelled value; one whose value stands in the next line gets it."""
    section = Section.NONE
    waiting: Statement | None = None
    colon = False
    for block in join_sums(blocks):
        if isinstance(block, Table):
            waiting = None
            yield from _table_statements(block)
            continue
        section = find_section(block.text, section)
        found = split_line(block.text, section) or _bare_label(block, section)
        value = _lead_text(block, found)
        if waiting is not None and 0 < len(value) < _LONGEST_VALUE:
            yield from _complete(waiting, value, colon=colon)
        waiting = found[-1] if found and not found[-1].value else None
        colon = block.text.rstrip(" |")[-1:] in (":", "：")
        yield from (statement for statement in found if statement.value)


def join_sums(blocks: Iterable[Block]) -> Iterator[Block]:
    """Join a number to the line after it where that begins with its unit (119.2 / 万元)."""
    held: Line | None = None
    for block in blocks:
        if isinstance(block, Line) and held is not None and _SUM_TAIL.match(block.text):
            held = Line(held.text + block.text, held.heading)
            continue
        if held is not None:
            yield held
        held = block if isinstance(block, Line) and _CUT_SUM.search(block.text) else None
        if held is None:
            yield block
    if held is not None:
        yield held


def _lead_text(line: Line, found: list[Statement]) -> str:
    """Return what stands in a line before its first label."""
    if not found:
        return line.text.strip(" |")
    return line.text[: max(line.text.find(found[0].label_text), 0)].strip(" |，,；;")


def _complete(waiting: Statement, value: str, *, colon: bool) -> Iterator[Statement]:
    """Yield the statement with its value from the next line, where that can be its value."""
    # Cells of a table, one a line, put another head after a head without a colon.
    if waiting.label not in _BODY_LABELS or colon or is_body(value):
        yield replace(waiting, value=value)


def _bare_label(line: Line, section: Section) -> list[Statement]:
    """Return a label that is a line of its own, its value to come: 一、项目编号."""
    label = find_label(line.text)
    if label is None or label is Label.NAME:
        return []
    printed = squeeze(line.text).rstrip(":：")
    return [Statement(label, "", printed, find_unit(line.text), section)]


def _table_statements(table: Table) -> Iterator[Statement]:
    section = Section.NONE
    for row in split_table(table).loose:
        cells = drop_copies(row)
        if len(cells) == 1:
            section = find_section(cells[0], section)
        yield from _row_statements(cells, section)


def _row_statements(cells: list[str], section: Section) -> Iterator[Statement]:
    column = 0
    while column < len(cells):
        label = find_label(cells[column])
        after = cells[column + 1] if column + 1 < len(cells) else ""
        below = cells[column + 2] if column + 2 < len(cells) else ""
        if label in _BODY_LABELS and below and not is_body(after):
            # 中标人 | 单位名称 | X: a head over rows of labels of their own.
            if label is not None and find_label(after) is Label.NAME:
                yield Statement(label, squeeze(below), squeeze(cells[column]), "", section)
                column += 2
            column += 1
            continue
        if label is not None and after and find_label(after) is None:
            printed = squeeze(cells[column])
            yield Statement(label, squeeze(after), printed, find_unit(printed), section)
            column += 2
            continue
        for line in cells[column].split("\n"):
            yield from (s for s in split_line(line, section) if s.value)
        column += 1
