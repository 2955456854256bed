"""Tables with a row of heads: which rows they rule and what each column holds.

A portal's table may hold label-value rows, banners and one or more grids below each other.
"""

from __future__ import annotations

import re
from collections.abc import Container, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from monitor.text.labels import clean_label, find_label, find_unit
from monitor.text.markup import Table, squeeze


class Column(StrEnum):
    """What a column holds; OTHER is known and left alone."""

    NAME = "name"
    BRAND = "brand"
    MODEL = "model"
    SPECIFICATION = "specification"
    QUANTITY = "quantity"
    QUANTITY_PRICE = "quantity_price"
    UNIT = "unit"
    UNIT_PRICE = "unit_price"
    BUDGET = "budget"
    BUYER = "buyer"
    SUPPLIER = "supplier"
    BIDDER = "bidder"
    RANK = "rank"
    AMOUNT = "amount"
    END_USER = "end_user"
    OTHER = "other"


# In this order: 品牌型号 is a model column, 主要标的单价 a price, 供应商名称 no item name.
_HEADS: tuple[tuple[re.Pattern[str], Column], ...] = tuple(
    (re.compile(pattern), column)
    for pattern, column in (
        (r"使用单位|最终用户|需求单位|使用部门", Column.END_USER),
        (r"^(?:采购单位|采购人|招标人|建设单位)(?:名称)?$", Column.BUYER),
        (r"未中标|未成交|落选|淘汰|无效|审查|原因", Column.OTHER),
        (r"排名|排序|名次|推荐顺序", Column.RANK),
        (r"地址|联系|电话|姓名|得分|序号|备注|产地|质保|交货|期限|时间|日期|代码", Column.OTHER),
        (r"(?:投标|响应|参与|参加|报价).{0,3}供应商", Column.BIDDER),
        (r"(?:中标|成交|中选|入围)(?:候选)?(?:人|单位|商|公司)|供应商|供货商", Column.SUPPLIER),
        (r"投标人|投标单位|响应人|报价人|报价单位|候选人", Column.BIDDER),
        (r"数量.{0,2}单价", Column.QUANTITY_PRICE),
        (r"单价|限价", Column.UNIT_PRICE),
        (r"(?:中标|成交|合同|总报价|投标|中选|报价).{0,6}(?:金额|价|报价)|^报价$", Column.AMOUNT),
        (r"总价|合价|小计|合计|总额", Column.OTHER),
        (r"预算", Column.BUDGET),
        (r"金额", Column.OTHER),
        (r"型号|部件号|^P/N$|货号|订货号|料号", Column.MODEL),
        (r"品牌|商标|厂牌", Column.BRAND),
        (r"数量", Column.QUANTITY),
        (r"^(?:计量)?单位$", Column.UNIT),
        (r"^规格|规格$|规格参数|规格及", Column.MODEL),
        (r"参数|技术要求|核心要求|主要要求|配置|要求$|技术规格|需求|指标", Column.SPECIFICATION),
        (r"(?:标项|包|标段|项目|工程|合同|品目|人|机构|厂家|公司|制造商|企业)名称", Column.OTHER),
        (r"品目|分类|编码|编号|包号|标段|类别|生产厂|制造商", Column.OTHER),
        (r"名称|^(?:主要)?标的$|品名|^采购标的|采购内容|^物品$|^货物$|^设备$|^产品$", Column.NAME),
    )
)  # fmt: skip
ITEM_COLUMNS = frozenset(
    {Column.NAME, Column.BRAND, Column.MODEL, Column.SPECIFICATION, Column.QUANTITY,
     Column.QUANTITY_PRICE, Column.UNIT_PRICE}
)  # fmt: skip
TELLING_COLUMNS = frozenset({Column.NAME, Column.BRAND, Column.MODEL})
_MAKER = re.compile("^(?:生产)?(?:厂家|厂商|企业|制造商|生产商|制造厂商)(?:名称)?$")
_REFERENCE = re.compile("^(?:参考|推荐|建议).*(?:型号|机型)")
# 品牌：戴尔 is a head with its value.
_PAIR = re.compile(r"[:：]\s*\S")
_LONGEST_HEAD = 18
_VALUE = re.compile(r"[￥¥]?\d[\d,.]*万?元?|.{4,}公司")


@dataclass(frozen=True)
class Grid:
    """Rows under heads: `columns` by place, `titles` as printed, `units` named in them."""

    columns: tuple[Column | None, ...]
    titles: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    @property
    def kinds(self) -> frozenset[Column]:
        """Return the columns that are there."""
        return frozenset(column for column in self.columns if column is not None)

    def place(self, column: Column) -> int | None:
        """Return the first place of a column, or None."""
        return self.columns.index(column) if column in self.columns else None

    def unit(self, column: Column) -> str:
        """Return 元 or 万元 where the head of a column names it, else ''."""
        place = self.place(column)
        return find_unit(self.titles[place]) if place is not None else ""

    @property
    def lists_items(self) -> bool:
        """Return whether the rows are things bought."""
        return len(self.kinds & ITEM_COLUMNS) >= 2 and bool(self.kinds & TELLING_COLUMNS)


@dataclass(frozen=True)
class Parts:
    """A table divided: grids, and the rows of labels and values around them."""

    grids: tuple[Grid, ...]
    loose: tuple[tuple[str, ...], ...]


@lru_cache(maxsize=4096)
def read_head(cell: str) -> Column | None:
    """Return what a header cell announces, or None."""
    word = _bare_head(cell)
    if not word or len(word) > _LONGEST_HEAD or _REFERENCE.search(word) or _PAIR.search(cell):
        return None
    return next((column for pattern, column in _HEADS if pattern.search(word)), None)


def _bare_head(cell: str) -> str:
    """Return a head without brackets and its English, cut where it is no head anyway."""
    return re.sub(r"\([^()]*\)|/[A-Za-z .]+$", "", clean_label(cell[:80].replace("\n", "")))


@lru_cache(maxsize=16)
def split_table(table: Table) -> Parts:
    """Divide a table into grids and loose rows; a table on its side is turned."""
    grids, loose = _split_rows(table.rows)
    if not grids and (turned := _turn_table(table)) is not None:
        return Parts((turned,), ())
    return Parts(tuple(grids), tuple(loose))


def _split_rows(
    rows: Sequence[tuple[str, ...]],
) -> tuple[list[Grid], list[tuple[str, ...]]]:
    grids: list[Grid] = []
    loose: list[tuple[str, ...]] = []
    index = 0
    while index < len(rows):
        columns = _read_heads(rows[index])
        if columns and (below := _read_second(rows, index + 1, columns)) is not None:
            columns, index = below, index + 1
        stop = _find_stop(rows, index + 1, columns) if columns else index
        if columns and stop > index + 1:
            heads = {squeeze(cell) for cell in rows[index]}
            body = tuple(r for r in rows[index + 1 : stop] if not _repeats_words(r, heads))
            grids.append(Grid(columns, rows[index], body))
            index = stop
        else:
            loose.append(rows[index])
            index += 1
    return grids, loose


def _read_second(
    rows: Sequence[tuple[str, ...]], index: int, columns: tuple[Column | None, ...]
) -> tuple[Column | None, ...] | None:
    """Return the columns of a second row of heads that parts what the first one joins."""
    below = _read_heads(rows[index]) if index < len(rows) else None
    if below is None or len(below) != len(columns) or not set(rows[index]) & set(rows[index - 1]):
        return None
    return below if {*below} - {*columns} else None


def _find_stop(
    rows: Sequence[tuple[str, ...]], start: int, columns: tuple[Column | None, ...]
) -> int:
    for index in range(start, len(rows)):
        row = rows[index]
        other = _read_heads(row)
        if _is_banner(row) or (other is not None and not _repeats_heads(row, columns)):
            return index
        if _is_pair(row) and len(columns) > 2:
            return index
    return len(rows)


def _read_heads(row: Sequence[str]) -> tuple[Column | None, ...] | None:
    """Return the columns where a row is one of heads: known words beside each other."""
    columns = tuple(read_head(cell) for cell in row)
    shown = {cell for cell in row if cell.strip()}
    known = {cell for cell, column in zip(row, columns, strict=True) if column is not None}
    kinds = {column for column in columns if column is not None}
    if len(known) < 2 or 2 * len(known) <= len(shown) or any(_is_value(cell) for cell in shown):
        return None
    telling = bool(kinds & TELLING_COLUMNS) and len(kinds & ITEM_COLUMNS) >= 2
    asked = Column.BUDGET in kinds and len(shown) >= 3
    won = bool(kinds & {Column.SUPPLIER, Column.BIDDER})
    return _find_maker(columns, row) if telling or won or asked else None


def _find_maker(
    columns: tuple[Column | None, ...], row: Sequence[str]
) -> tuple[Column | None, ...]:
    """Take the maker's column for the brand's where there is no other."""
    if Column.BRAND in columns:
        return columns
    makers = [n for n, cell in enumerate(row) if _MAKER.search(_bare_head(cell))]
    return tuple(Column.BRAND if n in makers[:1] else c for n, c in enumerate(columns))


def _is_value(cell: str) -> bool:
    """Return whether a cell is no head: a number, a firm, or too long a text."""
    word = _bare_head(cell)
    return len(word) > _LONGEST_HEAD or _VALUE.fullmatch(word) is not None


def _is_banner(row: Sequence[str]) -> bool:
    return len(row) > 1 and len(set(row)) == 1 and bool(row[0].strip())


def _is_pair(row: Sequence[str]) -> bool:
    cells = drop_copies(row)
    return len(cells) == 2 and find_label(cells[0]) is not None


def _repeats_words(row: Sequence[str], heads: Container[str]) -> bool:
    """Return whether a row is that of the heads again, word for word."""
    return all(squeeze(cell) in heads for cell in row)


def _repeats_heads(row: Sequence[str], columns: Sequence[Column | None]) -> bool:
    pairs = zip(row, columns, strict=False)
    return sum(column is not None and read_head(cell) is column for cell, column in pairs) >= 2


def _turn_table(table: Table) -> Grid | None:
    """Return the grid of a table whose heads stand in the first column."""
    width = max(len(row) for row in table.rows)
    if width < 2 or len(table.rows) < 2:
        return None
    turned = [tuple(row[n] if n < len(row) else "" for row in table.rows) for n in range(width)]
    columns = tuple(read_head(cell) for cell in turned[0])
    rows = [row for n, row in enumerate(turned[1:]) if row != turned[n]]
    grid = Grid(columns, turned[0], tuple(rows))
    known = sum(column is not None for column in columns)
    labels = sum(find_label(cell) is not None for cell in turned[0])
    return grid if grid.lists_items and 2 * known > len(columns) and labels < 3 else None


def drop_copies(row: Sequence[str]) -> list[str]:
    """Drop the copies that a colspan left beside a cell."""
    return [cell for n, cell in enumerate(row) if n == 0 or cell != row[n - 1] or not cell]


def cell_at(row: Sequence[str], place: int | None) -> str:
    """Return the cell of a row at a place in one line, '' where there is none."""
    return squeeze(row[place]) if place is not None and place < len(row) else ""
