"""Things bought, with name, brand, model, quantity and price, from grids, cells and lines."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from monitor.models import Item
from monitor.text.grids import (
    ITEM_COLUMNS,
    TELLING_COLUMNS,
    Column,
    Grid,
    drop_copies,
    read_head,
)
from monitor.text.labels import drop_blanks, find_unit, fold_line
from monitor.text.markup import squeeze
from monitor.text.money import read_money, read_quantity

Cells = list[tuple[Column, str]]

_TOTAL_ROW = re.compile(
    r"^(?:合计|总计|小计|共计|总价|合计金额)(?:[(（][^()（）]*[)）])?[:：]?[\s￥¥\d.,元万整]*$"
)
_ELSEWHERE = re.compile(r"详见|见附件|见采购|见招标|见磋商|见谈判|另附|后附|见公告|附后")
_LIST_MARKS = ("\n", "、", ";", "；")
_SHOWN = (Column.NAME, Column.BRAND, Column.MODEL, Column.SPECIFICATION)


@dataclass(frozen=True)
class ItemRow:
    """One item with the texts of its cells as printed, for the zones."""

    item: Item
    cells: tuple[tuple[Column, str], ...]


def read_items(grid: Grid) -> list[ItemRow]:
    """Return the items of a grid; [] where its rows are no things bought."""
    if not grid.lists_items:
        return []
    units = {column: grid.unit(column) for column in grid.kinds}
    return [item for row in grid.rows for item in _read_row(row, grid, units)]


def list_rest(grid: Grid) -> Iterator[tuple[str, ...]]:
    """Yield the rows of a grid of items that are no item of their own: more of the one above."""
    for row in grid.rows if grid.lists_items else ():
        if any(row) and not _is_total(row) and not _read_row(row, grid, {}):
            yield row


def _is_total(row: Sequence[str]) -> bool:
    return any(_TOTAL_ROW.match(drop_blanks(squeeze(cell))) for cell in row[:2])


def _read_row(row: Sequence[str], grid: Grid, units: dict[Column, str]) -> list[ItemRow]:
    if not any(row) or _is_total(row):
        return []
    pairs = zip(grid.columns, row, strict=False)
    cells = [(c, t) for c, t in pairs if c in ITEM_COLUMNS or c is Column.UNIT]
    wanted = [pair for pair in cells if pair[0] is not None]
    if not any(text for column, text in wanted if column in TELLING_COLUMNS):
        return []
    return [_make_row(part, units) for part in _split_cells(wanted)]


def _split_cells(cells: Sequence[tuple[Column | None, str]]) -> list[Cells]:
    """Split cells that each list the same number of things; the quantity decides."""
    named = [(column, text) for column, text in cells if column is not None]
    for mark in _LIST_MARKS:
        counts = {column: len(text.split(mark)) for column, text in named}
        number = counts.get(Column.QUANTITY, 1)
        agree = [column for column, count in counts.items() if count == number]
        if number > 1 and len(agree) >= 3:
            return [
                [(c, t.split(mark)[n].strip() if counts[c] == number else t) for c, t in named]
                for n in range(number)
            ]
    return [named]


def _make_row(cells: Cells, units: dict[Column, str]) -> ItemRow:
    texts: dict[Column, str] = {}
    more: Cells = []
    for column, text in cells:
        value = squeeze(text)
        if value and column in texts and column in _SHOWN:
            more.append((column, value))
        elif value and column not in texts:
            texts[column] = value
    count, rate = _split_quantity_price(texts)
    quantity, unit = read_quantity(count)
    price = read_money(rate, units.get(Column.UNIT_PRICE, ""))
    item = Item(
        name=texts.get(Column.NAME, ""),
        brand=texts.get(Column.BRAND, ""),
        model=texts.get(Column.MODEL) or texts.get(Column.SPECIFICATION, ""),
        quantity=quantity,
        unit=texts.get(Column.UNIT, "") or unit,
        unit_price=price.amount if price else None,
    )
    return ItemRow(item, (*((c, texts[c]) for c in _SHOWN if c in texts), *more))


def _split_quantity_price(texts: dict[Column, str]) -> tuple[str, str]:
    """Return count and unit price; one column may hold both: 55台，3990元/台."""
    both = re.split(
        r"[，,;；、/×*]\s*(?=[￥¥]?\d)", texts.get(Column.QUANTITY_PRICE, ""), maxsplit=1
    )
    count = texts.get(Column.QUANTITY) or both[0]
    rate = texts.get(Column.UNIT_PRICE) or (both[1] if len(both) == 2 else "")
    return count, rate


def points_elsewhere(rows: Iterable[ItemRow]) -> bool:
    """Return whether the brand or model of an item is only in an attachment (详见附件)."""
    return any(
        _ELSEWHERE.search(fold_line(text))
        for row in rows
        for column, text in row.cells
        if column is not Column.NAME
    )


_INLINE_HEAD = re.compile(
    r"(?:主要)?(?:标的|货物)?(?:的)?"
    r"(?P<head>(?:标的|货物|产品|设备|商品|服务)?名\s*[称稱]|品\s*牌(?:\s*型\s*[号號])?|"
    r"[规規]\s*格(?:\s*型\s*[号號])?|型\s*[号號]|[数數]\s*量|[单單]\s*[价價]|[单單]\s*位)"
    r"\s*(?:[(（][^()（）]{0,12}[)）])?\s*[:：]"
)


# 型号：K65，数量16台，单价38500元: heads without a colon go on in the value.
_COUNT_TOLD = re.compile(
    r"[，,；;]\s*(?P<head>数量|单价)(?:为|共)?\s*(?P<value>[￥¥]?\d[\d,.]*[\u4e00-\u9fff]{0,2})"
)


class _Open:
    """The item that is being read, pair by pair, and those that are done."""

    def __init__(self) -> None:
        self.done: list[ItemRow] = []
        self.cells: Cells = []
        self.units: dict[Column, str] = {}

    def add(self, column: Column, value: str, title: str) -> None:
        """Take one pair; a name, or a column already there, begins the next item."""
        if column is Column.NAME or column in {c for c, _ in self.cells}:
            self.close()
        self.cells.append((column, squeeze(value).strip("；;，,。")))
        if column is Column.UNIT_PRICE:
            self.units[column] = find_unit(title)

    def extend(self, text: str) -> None:
        """Take a line without a head as the rest of the last value (西部 / 数据)."""
        column, value = self.cells[-1]
        self.cells[-1] = (column, value + text)

    def close(self) -> None:
        """End the item; kept are those with brand or model and one thing more."""
        kinds = {column for column, text in self.cells if text}
        if kinds & {Column.BRAND, Column.MODEL} and len(kinds) >= 2:
            self.done.append(_make_row(self.cells, self.units))
        self.cells = []


def read_inline(lines: Iterable[str], *, one_cell: bool = False) -> list[ItemRow]:
    """Return items written as 名称：… 品牌：… 规格型号：…, in one cell or line after line.

    In one cell a line without a head goes on with the value before it; else it ends the item.
    """
    reading = _Open()
    for line in lines:
        marks = list(_INLINE_HEAD.finditer(line))
        for mark, after in zip(marks, [*marks[1:], None], strict=False):
            column = read_head(mark["head"])
            if column is not None:
                value = line[mark.end() : after.start() if after else len(line)]
                reading.add(column, _COUNT_TOLD.split(value)[0], mark.group())
                for told in _COUNT_TOLD.finditer(value):
                    reading.add(read_head(told["head"]) or Column.OTHER, told["value"], "")
        if not marks and reading.cells:
            reading.extend(line) if one_cell else reading.close()
    reading.close()
    return reading.done


def read_pairs(rows: Iterable[Sequence[str]]) -> list[ItemRow]:
    """Return items of a table of labels and values: 标的名称 | X / 规格型号 | Y."""
    reading = _Open()
    for row in rows:
        cells = drop_copies(row)
        if len(cells) % 2:
            reading.close()
            continue
        for title, value in zip(cells[::2], cells[1::2], strict=True):
            column = read_head(title)
            wanted = column in ITEM_COLUMNS or column is Column.UNIT
            if column is not None and wanted and read_head(value) is None:
                reading.add(column, value, title)
    reading.close()
    return reading.done


_LISTED = re.compile(
    r"(?:\d{1,2}\s*[.、．)）]\s*)?(?P<words>\S{1,40}(?:\s\S{1,40}){1,8}?)\s"
    r"(?P<quantity>\d+(?:\.\d+)?\s*[\u4e00-\u9fff]{1,2})\s*[，,]?\s*"
    r"(?:单价\s*[:：]?\s*)?(?P<price>[￥¥]?[\d,]+(?:\.\d+)?(?:\s*元)?)(?:元?/[\u4e00-\u9fff]{1,2}|(?<=\d)$|(?<=元)$)"
)
_LEAST_LISTED = 2
# 1、打印机，惠普M405，2台，含税单价1860元；
_PARTED = re.compile(
    r"(?:[(（]?\d{1,2}\s*[)）.、．]\s*)(?P<name>[^，,；;。:：]{2,24})[，,]\s*(?P<model>[^，,；;。:：]{2,60})[，,]\s*"
    r"(?P<quantity>\d+\s*[\u4e00-\u9fff]{1,2})[，,]\s*(?:含税)?单价[:：]?\s*(?P<unit_price>[￥¥]?[\d,]+(?:\.\d+)?\s*元)\S{0,6}?[；;。]?"
)
_DIGIT = re.compile(r"\d")
_LONGEST_SHORT = 3
# 台式机：惠普 ProDesk 600 48台、打印机：得实 DS-1100 3台
_COLON_LISTED = re.compile(
    r"(?P<name>[^：:、；;，,。\d]{2,20})[：:]\s*(?P<model>[^：:、；;，,。≥≤不须应]{2,60}?)\s*"
    r"(?P<quantity>\d+\s*[台套块个部只支张件把架辆盒])(?=[、；;，,。]|$)"
)
_BRAND_TOLD = re.compile(r"品\s*牌\s*[:：]\s*(?P<brand>\S+)")
_CODE = re.compile(r"(?=.*[A-Za-z])(?=.*\d)[\x21-\x7e]+")
_GENERATION = re.compile(r"(?:Gen|G|V|Mk|Rev)\.?\d{1,2}", re.I)
_MEASURE = re.compile(
    r"[\d.]+(?:[*xX×/-][\d.]+)*(?:[TGMP]B?|K|U|GE?|[KM]?W|V|A|[MCK]?M|M?L|K?G|[MG]?HZ)", re.I
)


def read_listed(lines: Iterable[str]) -> Iterator[ItemRow]:
    """Yield items written one a line without heads: 1.服务器 <words> <model> 4台 58,800.00元/台.

    Three words or more, the first two without a digit, are name, brand and model, as forms
    have them. Otherwise only what looks like a model is one, and all the rest is the name.
    """
    for line in lines:
        listed = list(_COLON_LISTED.finditer(squeeze(line)))
        if len(listed) >= _LEAST_LISTED:
            for item in listed:
                yield _make_row([(Column(n), text) for n, text in item.groupdict().items()], {})
            continue
        if (parted := _PARTED.fullmatch(squeeze(line))) is not None:
            yield _make_row([(Column(name), text) for name, text in parted.groupdict().items()], {})
            continue
        found = _LISTED.fullmatch(squeeze(line))
        if found is None or len(_INLINE_HEAD.findall(line)) > 1:
            continue
        told = _BRAND_TOLD.search(found["words"])
        words = _BRAND_TOLD.sub(" ", found["words"]).split()
        brand = told["brand"] if told else ""
        if not told and len(words) >= 3 and not any(map(_is_long_code, words[:2])):
            name, brand, model = words[0], words[1], " ".join(words[2:])
        else:
            name, model = _split_words(words)
        cells = [
            (Column.NAME, name),
            (Column.BRAND, brand),
            (Column.MODEL, model),
            (Column.QUANTITY, found["quantity"]),
            (Column.UNIT_PRICE, found["price"]),
        ]
        yield _make_row(cells, {})


def _split_words(words: Sequence[str]) -> tuple[str, str]:
    """Return name and model; the model is the one word of Latin letters and digits, or ''.

    A generation (DL380 Gen10) belongs to the model before it. Of two models neither is told.
    """
    codes = [place for place, word in enumerate(words) if _is_code(word)]
    size = len(codes)
    if size == 2 and codes[1] == codes[0] + 1 and _GENERATION.fullmatch(words[codes[1]]):
        codes = codes[:1]
    if len(codes) != 1 or size == len(words):
        return " ".join(words), ""
    start, stop = codes[0], codes[0] + size
    return " ".join([*words[:start], *words[stop:]]), " ".join(words[start:stop])


def _is_long_code(word: str) -> bool:
    """Return whether a word has a digit and is no maker's short name: H3C, 3M."""
    return len(word) > _LONGEST_SHORT and bool(_DIGIT.search(word))


def _is_code(word: str) -> bool:
    folded = unicodedata.normalize("NFKC", word)
    return bool(_CODE.fullmatch(folded)) and not _MEASURE.fullmatch(folded)
