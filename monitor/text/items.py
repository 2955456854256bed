"""Item tables: which columns hold name, brand, model, quantity and price, and their rows."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from monitor.models import Item
from monitor.text.labels import clean_label, find_unit
from monitor.text.markup import Table, squeeze
from monitor.text.money import read_money, read_quantity


class Column(StrEnum):
    """What a column of an item table holds; TOTAL is known and left alone."""

    NAME = "name"
    BRAND = "brand"
    MODEL = "model"
    SPECIFICATION = "specification"
    QUANTITY = "quantity"
    UNIT = "unit"
    UNIT_PRICE = "unit_price"
    TOTAL = "total"
    SUPPLIER = "supplier"
    AMOUNT = "amount"
    END_USER = "end_user"


# In this order: 品牌型号 is a model column, 主要标的单价 a price, 供应商名称 no item name.
_HEADS: tuple[tuple[re.Pattern[str], Column], ...] = (
    (re.compile(r"使用单位|最终用户|需求单位"), Column.END_USER),
    (
        re.compile(r"地址|联系|得分|排名|排序|序号|备注|产地|质保|交货|期限|时间|要求的?期"),
        Column.TOTAL,
    ),
    (re.compile(r"供应商|中标人|中标单位|成交单位|投标人|中选"), Column.SUPPLIER),
    (re.compile(r"(?:中标|成交|合同|总报价|投标|中选).{0,6}(?:金额|价|报价)"), Column.AMOUNT),
    (re.compile(r"单价|限价"), Column.UNIT_PRICE),
    (re.compile(r"总价|合价|小计|合计|金额|总额|预算"), Column.TOTAL),
    (re.compile(r"型号"), Column.MODEL),
    (re.compile(r"品牌|商标|厂牌"), Column.BRAND),
    (re.compile(r"数量"), Column.QUANTITY),
    (re.compile(r"^(?:计量)?单位$"), Column.UNIT),
    (re.compile(r"^规格|规格$|规格参数|规格及"), Column.MODEL),
    (re.compile(r"参数|技术要求|配置|服务要求|技术规格|主要要求|需求"), Column.SPECIFICATION),
    (
        re.compile(
            r"标项名称|包名称|标段名称|分包名称|项目名称|品目|分类|编码|编号|包号|标段|类别"
        ),
        Column.TOTAL,
    ),
    (
        re.compile(
            r"(?:标的|货物|产品|设备|商品|物资|服务|软件|配件|物品|采购|试剂|耗材)?名称|^标的$|品名|^采购标的|采购内容"
        ),
        Column.NAME,
    ),
)
_ITEM_COLUMNS = frozenset(
    {
        Column.NAME,
        Column.BRAND,
        Column.MODEL,
        Column.SPECIFICATION,
        Column.QUANTITY,
        Column.UNIT_PRICE,
    }
)
_TOTAL_ROW = re.compile(r"^(?:合计|总计|小计|共计|总价|合计金额)")
_ELSEWHERE = re.compile(r"详见|见附件|见采购|见招标|见磋商|见谈判|另附|后附|见公告|附后")
_LIST_MARK = re.compile(r"[、;；\n]")


@dataclass(frozen=True)
class ItemRow:
    """One item with the texts of its cells as printed, for the zones."""

    item: Item
    cells: tuple[tuple[Column, str], ...]


@dataclass(frozen=True)
class Award:
    """A row of a result table: who, and for how much as printed, with the unit of its head."""

    supplier: str
    amount: str
    unit: str


def read_head(cell: str) -> Column | None:
    """Return what a header cell announces, or None."""
    word = re.sub(r"\([^()]*\)", "", clean_label(cell.replace("\n", "")))
    if not word or len(word) > 18:
        return None
    return next((column for pattern, column in _HEADS if pattern.search(word)), None)


def _find_heads(rows: Sequence[Sequence[str]]) -> tuple[int, dict[int, Column]] | None:
    for index, row in enumerate(rows[:4]):
        heads = {n: col for n, cell in enumerate(row) if (col := read_head(cell)) is not None}
        kinds = set(heads.values())
        named = kinds & {Column.NAME, Column.BRAND, Column.MODEL}
        if (named and len(kinds & _ITEM_COLUMNS) >= 2) or Column.SUPPLIER in kinds:
            return index, heads
    return None


def _orient(table: Table) -> Sequence[Sequence[str]]:
    """Return the rows, turned where the headers stand in the first column."""
    if _find_heads(table.rows) is not None:
        return table.rows
    width = max(len(row) for row in table.rows)
    turned = [tuple(row[n] if n < len(row) else "" for row in table.rows) for n in range(width)]
    return turned if _find_heads(turned) is not None else table.rows


def read_items(table: Table) -> list[ItemRow]:
    """Return the items of a table; [] where it is no item table."""
    rows = _orient(table)
    found = _find_heads(rows)
    if found is None or not _is_item_table(found[1]):
        return []
    start, heads = found
    units = {col: find_unit(rows[start][n]) for n, col in heads.items()}
    items: list[ItemRow] = []
    for row in rows[start + 1 :]:
        if not any(row) or _TOTAL_ROW.match(squeeze(row[0])) or _is_head(row, heads):
            continue
        cells = [(col, row[n]) for n, col in heads.items() if n < len(row)]
        items.extend(_make_rows(cells, units))
    return items


def _is_item_table(heads: dict[int, Column]) -> bool:
    kinds = set(heads.values())
    return len(kinds & _ITEM_COLUMNS) >= 2 and bool(
        kinds & {Column.NAME, Column.BRAND, Column.MODEL}
    )


def _is_head(row: Sequence[str], heads: dict[int, Column]) -> bool:
    same = [n for n, col in heads.items() if n < len(row) and read_head(row[n]) is col]
    return len(same) >= 2


def _make_rows(cells: list[tuple[Column, str]], units: dict[Column, str]) -> list[ItemRow]:
    wanted = [(c, t) for c, t in cells if c in _ITEM_COLUMNS or c is Column.UNIT]
    if not any(t for c, t in wanted if c in (Column.NAME, Column.BRAND, Column.MODEL)):
        return []
    return [_make_row(part, units) for part in _split_cells(wanted)]


def _split_cells(cells: list[tuple[Column, str]]) -> list[list[tuple[Column, str]]]:
    """Split cells that each list the same number of things; the quantity decides."""
    for mark in ("\n", "、", ";", "；"):
        counts = {col: len(_pieces(text, mark)) for col, text in cells}
        number = counts.get(Column.QUANTITY, 1)
        agree = [col for col, count in counts.items() if count == number]
        if number > 1 and len(agree) >= 3:
            return [
                [
                    (c, (_pieces(t, mark) + [""] * number)[n] if counts[c] == number else t)
                    for c, t in cells
                ]
                for n in range(number)
            ]
    return [cells]


def _pieces(text: str, mark: str) -> list[str]:
    return [part.strip() for part in text.split(mark)]


def _make_row(cells: list[tuple[Column, str]], units: dict[Column, str]) -> ItemRow:
    texts: dict[Column, str] = {}
    for column, text in cells:
        value = squeeze(text)
        if value and column not in texts:
            texts[column] = value
    quantity, unit = read_quantity(texts.get(Column.QUANTITY, ""))
    price = read_money(texts.get(Column.UNIT_PRICE, ""), units.get(Column.UNIT_PRICE, ""))
    item = Item(
        name=texts.get(Column.NAME, ""),
        brand=_real_text(texts.get(Column.BRAND, "")),
        model=_real_text(texts.get(Column.MODEL) or texts.get(Column.SPECIFICATION, "")),
        quantity=quantity,
        unit=texts.get(Column.UNIT, "") or unit,
        unit_price=price.amount if price else None,
    )
    shown = (Column.NAME, Column.BRAND, Column.MODEL, Column.SPECIFICATION)
    return ItemRow(item, tuple((c, texts[c]) for c in shown if c in texts))


def _real_text(text: str) -> str:
    return "" if text in ("/", "-", "—", "无", "--", "\\") else text


def points_elsewhere(rows: Iterable[ItemRow]) -> bool:
    """Return whether the brand or model of an item is only in an attachment (详见附件)."""
    return any(
        _ELSEWHERE.search(text)
        for row in rows
        for column, text in row.cells
        if column is not Column.NAME
    )


_INLINE_HEAD = re.compile(
    r"(?P<head>(?:标的|货物|产品|设备|商品|服务)?名\s*称|品\s*牌|规\s*格\s*型\s*号|型\s*号|规\s*格|数\s*量|单\s*价|单\s*位)"
    r"\s*(?:[(（][^()（）]{0,12}[)）])?\s*[:：]"
)


def read_inline(lines: Iterable[str]) -> list[ItemRow]:
    """Return items written as 名称：… 品牌：… 规格型号：…, in one cell or line after line."""
    items: list[ItemRow] = []
    current: list[tuple[Column, str]] = []
    units: dict[Column, str] = {}

    def close() -> None:
        kinds = {column for column, text in current if text}
        if kinds & {Column.BRAND, Column.MODEL} and len(kinds) >= 2:
            items.append(_make_row(current, units))
        current.clear()

    for line in lines:
        marks = list(_INLINE_HEAD.finditer(line))
        for mark, after in zip(marks, [*marks[1:], None], strict=False):
            column = read_head(mark["head"])
            if column is None:
                continue
            if column is Column.NAME or column in {c for c, _ in current}:
                close()
            value = line[mark.end() : after.start() if after else len(line)]
            current.append((column, squeeze(value).strip("；;，,。")))
            if column is Column.UNIT_PRICE:
                units[column] = find_unit(mark.group())
        if not marks and current:
            close()
    close()
    return items


def read_awards(table: Table) -> list[Award]:
    """Return who won and for how much, row by row; [] where it is no result table."""
    rows = _orient(table)
    found = _find_heads(rows)
    if found is None:
        return []
    start, heads = found
    places = {column: n for n, column in reversed(heads.items())}
    supplier, amount = places.get(Column.SUPPLIER), places.get(Column.AMOUNT)
    if supplier is None:
        return []
    unit = find_unit(rows[start][amount]) if amount is not None else ""
    return [
        Award(
            squeeze(row[supplier]),
            squeeze(row[amount]) if amount is not None and amount < len(row) else "",
            unit,
        )
        for row in rows[start + 1 :]
        if supplier < len(row) and _is_company(row[supplier])
    ]


def read_end_users(table: Table) -> list[str]:
    """Return the bodies that a 使用单位 column names."""
    rows = _orient(table)
    found = _find_heads(rows)
    if found is None:
        return []
    start, heads = found
    places = [n for n, column in heads.items() if column is Column.END_USER]
    return [
        squeeze(row[n]) for n in places[:1] for row in rows[start + 1 :] if n < len(row) and row[n]
    ]


def _is_company(text: str) -> bool:
    name = unicodedata.normalize("NFKC", squeeze(text))
    return (
        4 <= len(name) <= 60
        and not _TOTAL_ROW.match(name)
        and read_head(name) is not Column.SUPPLIER
    )
