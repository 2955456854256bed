"""Divide a notice's blocks into zones, so that matching knows the place of every hit.

Contact particulars, panels of experts, agents' particulars and policy phrases become no
zone: they are never searched, and names and telephone numbers go no further than here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from monitor.models import Zone, ZoneKind
from monitor.text.items import Column, ItemRow, read_awards, read_inline, read_items
from monitor.text.labels import Label, Statement, find_label, split_line
from monitor.text.markup import Block, Line, Table, squeeze

_POLICY = re.compile(
    r"监狱企业|残疾人福利|中小企业|小微企业|海关报关|信用中国|失信被执行|行贿犯罪|政府采购法|"
    r"落实政府采购政策|独立承担民事责任|商业信誉|缴纳税收|重大违法记录|联合体|质疑|投诉|公告期限|"
    r"公告媒(?:体|介)|发布媒(?:体|介)|浏览器|版权所有|技术支持[:：]|备案号|ICP备|保证金|"
    r"代理服务费|代理费|招标文件售价|获取(?:招标|采购|磋商|谈判)文件|投标截止|开标(?:时间|地点)|递交"
)
_PEOPLE = re.compile(
    r"(?:评审|评标|谈判|磋商|询价|审查|采购|论证).{0,3}(?:专家|小组|委员会|人员).{0,14}(?:[:：]|名单)|"
    r"经办人|联系人|联系电话|联系方式|联系地址|传真|电子邮箱|电\s*话"
)
_PEOPLE_HEAD = re.compile(r"(?:专家|小组成员|委员会成员|评审人员).{0,14}$|名单[:：]?$")
_HIDDEN_LABELS = frozenset({Label.PRIVATE, Label.AGENT, Label.BUYER, Label.END_USER, Label.NAME})
_SILENT_LABELS = frozenset(
    {Label.PUBLISHED, Label.REGION, Label.BUDGET, Label.CEILING, Label.AWARD_TOTAL,
     Label.AWARD_VALUE, Label.PROJECT_NUMBER}
)  # fmt: skip


@dataclass(frozen=True)
class ZonedBody:
    """The zones of a body and the items that were found while dividing it."""

    zones: tuple[Zone, ...]
    items: tuple[ItemRow, ...]


def divide_blocks(blocks: Sequence[Block]) -> ZonedBody:
    """Return zones and items of a notice's blocks, in reading order."""
    zones: list[Zone] = []
    items: list[ItemRow] = []
    index = 0
    while index < len(blocks):
        block = blocks[index]
        if isinstance(block, Table):
            _zone_table(block, zones, items)
            index += 1
            continue
        run = _line_run(blocks, index)
        _zone_lines(run, zones, items)
        index += len(run)
    return ZonedBody(tuple(zones), tuple(items))


def _line_run(blocks: Sequence[Block], start: int) -> list[Line]:
    run = []
    for block in blocks[start:]:
        if not isinstance(block, Line):
            break
        run.append(block)
    return run


def _zone_table(table: Table, zones: list[Zone], items: list[ItemRow]) -> None:
    rows = read_items(table)
    if rows:
        _add_items(rows, zones, items)
        zones.extend(_other_cells(table, rows))
        return
    if awards := read_awards(table):
        zones.extend(Zone(ZoneKind.SUPPLIER, "supplier", award.supplier) for award in awards)
        return
    for row in table.rows:
        _zone_row(row, zones, items)


def _zone_row(row: tuple[str, ...], zones: list[Zone], items: list[ItemRow]) -> None:
    cells = [cell for n, cell in enumerate(row) if n == 0 or cell != row[n - 1]]
    if not cells:
        return
    label = find_label(cells[0])
    if label is not None and len(cells) % 2 == 0 and len(cells) <= 8:
        for name, value in zip(cells[::2], cells[1::2], strict=True):
            zones.extend(_zone_pair(find_label(name), squeeze(name), squeeze(value)))
        return
    found = read_inline([line for cell in cells for line in cell.split("\n")])
    if found:
        _add_items(found, zones, items)
        return
    text = " | ".join(line for cell in cells for line in cell.split("\n") if line)
    if text and not _PEOPLE.search(text) and not _POLICY.search(text):
        zones.append(Zone(ZoneKind.SPECIFICATION, "table", text))


def _zone_pair(label: Label | None, name: str, value: str) -> Iterable[Zone]:
    if not value or label in _HIDDEN_LABELS or label in _SILENT_LABELS or _PEOPLE.search(name):
        return
    if label is Label.SUPPLIER:
        yield Zone(ZoneKind.SUPPLIER, "supplier", value)
    elif label in (Label.PROJECT_NAME, Label.CATEGORY):
        yield Zone(ZoneKind.FIELD, str(label), value)
    elif not _POLICY.search(value):
        yield Zone(ZoneKind.SPECIFICATION, name or "table", value)


def _zone_lines(run: Sequence[Line], zones: list[Zone], items: list[ItemRow]) -> None:
    found = read_inline(line.text for line in run)
    if found:
        _add_items(found, zones, items)
    shown = {text for row in found for _, text in row.cells}
    people = False
    for line in run:
        if people and len(line.text) < 60 and not _starts_section(line.text):
            continue
        people = bool(_PEOPLE_HEAD.search(line.text.split("：")[0])) and len(line.text) < 40
        if not people:
            zones.extend(_zone_line(line.text, shown))


def _starts_section(text: str) -> bool:
    return bool(re.match(r"^\s*[(（]?[一二三四五六七八九十\d]{1,3}[、.．)）]", text))


def _zone_line(text: str, shown: set[str]) -> Iterable[Zone]:
    statements = split_line(text)
    for statement in statements:
        yield from _zone_statement(statement)
    rest = _uncovered(text, statements)
    if len(rest) < 2 or _POLICY.search(rest) or _PEOPLE.search(rest):
        return
    if any(piece in rest for piece in shown if len(piece) > 1):
        return
    yield Zone(ZoneKind.SPECIFICATION, "body", rest)


def _zone_statement(statement: Statement) -> Iterable[Zone]:
    return _zone_pair(statement.label, statement.label_text, statement.value)


def _uncovered(text: str, statements: Sequence[Statement]) -> str:
    """Return what of a line no known label covers."""
    if not statements:
        return text
    first = text.find(statements[0].label_text)
    return text[:first].strip(" ，,；;：:一二三四五六七八九十、.（）()") if first > 0 else ""


def _add_items(rows: Sequence[ItemRow], zones: list[Zone], items: list[ItemRow]) -> None:
    for row in rows:
        number = len(items)
        items.append(row)
        for column, text in row.cells:
            zones.append(Zone(ZoneKind.ITEM, f"items[{number}].{column}", text))


def _other_cells(table: Table, rows: Sequence[ItemRow]) -> Iterable[Zone]:
    """Yield the cells of an item table that belong to no column we know, once each."""
    shown = {text for row in rows for _, text in row.cells}
    seen: set[str] = set()
    for row in table.rows[1:]:
        for cell in row:
            text = squeeze(cell)
            telling = len(text) > 3 and not re.fullmatch(r"[\d.,￥¥元 ]+", text)
            if telling and text not in seen and not any(text in s or s in text for s in shown):
                seen.add(text)
                yield Zone(ZoneKind.SPECIFICATION, "items", text)


__all__ = ["Column", "ZonedBody", "divide_blocks"]
