"""Divide a notice's blocks into zones, so that matching knows the place of every hit.

Contact particulars, panels of experts, agents' particulars and policy phrases become no
zone: they are never searched, and names and telephone numbers go no further than here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from monitor.models import Zone, ZoneKind
from monitor.text.awards import keep_won, read_awards, tells_losers
from monitor.text.corrections import find_columns, read_side, split_correction
from monitor.text.foreign import (
    drop_foreign,
    is_other_title,
    is_own_title,
    is_people_head,
    names_goods,
    names_people,
    opens_side_list,
    states_policy,
    tells_bidders,
)
from monitor.text.grids import Column, Grid, drop_copies, split_table
from monitor.text.items import (
    ItemRow,
    list_rest,
    read_inline,
    read_items,
    read_listed,
    read_pairs,
)
from monitor.text.labels import (
    Label,
    Section,
    find_label,
    list_uncovered,
    simplify,
    split_line,
)
from monitor.text.markup import Block, Line, Table, squeeze
from monitor.text.names import is_body, pick_names
from monitor.text.privacy import mask_private
from monitor.text.remains import drop_sums, tells_only
from monitor.text.statements import find_section

_PANEL_HEAD = re.compile(
    r"(?:专家|小组|委员会|评审人员|评委|成员)(?:成员|名单|姓名|组成|组长)*(?:[(（][^()（）]*[)）])?\s*$"
)
# 张三、李四（采购人代表）, what follows the head of a panel.
_NAMES = re.compile(  # possessive: one way only to divide a run of characters into names
    r"^(?:[\u4e00-\u9fff〇·*]{1,4}+(?:[(（][^()（）]{1,10}[)）])?+[、,，;；\s]*+){1,12}+[。.]?$"
)
_CHAPTER = re.compile(r"^\s*[一二三四五六七八九十]{1,3}[、.．]")
_SENTENCE_END = re.compile("[。；;，,]")
_OFFERED = re.compile(r"[(（](?:投标|所投|成交|中标|提供)?(?:产品|品牌|型号|设备)[^()（）]*[)）]?")
_SILENT_TITLE = re.compile(
    "地址|联系|电话|得分|序号|编号|编码|代码|金额|总价|合价|小计|合计|总额|税|期限|时间|日期|排名"
)
_TOP = 15
_LEAST_WORDS = 8
_LONGEST_PERSON = 4
_LONGEST_PANEL = 40
_HIDDEN_LABELS = frozenset({Label.PRIVATE, Label.AGENT, Label.BUYER, Label.END_USER, Label.NAME})
_SILENT_LABELS = frozenset(
    {Label.PUBLISHED, Label.REGION, Label.BUDGET, Label.CEILING, Label.AWARD_TOTAL,
     Label.AWARD_VALUE, Label.PROJECT_NUMBER}
)  # fmt: skip

_RESULT_COLUMNS = frozenset({Column.SUPPLIER, Column.BIDDER, Column.RANK, Column.AMOUNT})

# The proposed sole supplier, in a sentence: 拟定的唯一供应商为X, 拟向X采购.
_FIRM = r"(?P<name>[^，。,；;：:\s]{4,40}?公司)"
_PROPOSED = (
    re.compile(rf"(?:唯一|拟定|单一来源)的?(?:采购)?供应商(?:名称)?(?:为|是)[:：]?\s*{_FIRM}"),
    re.compile(
        rf"拟(?:采用)?(?:以)?(?:单一来源)?(?:采购)?(?:的?方式)?向\s*{_FIRM}\s*(?:直接)?采购"
    ),
)

_UNSHOWN_LABELS = _HIDDEN_LABELS | _SILENT_LABELS


@dataclass(frozen=True)
class ZonedBody:
    """The zones of a body and the items that were found while dividing it."""

    zones: tuple[Zone, ...]
    items: tuple[ItemRow, ...]


class _Divider:
    """What has been found of a body so far."""

    def __init__(self, title: str, *, corrects: bool) -> None:
        self.title, self.corrects = title, corrects
        self.zones: list[Zone] = []
        self.items: list[ItemRow] = []
        self.seen: set[Zone] = set()
        self.section = Section.NONE
        self.beside = self.listed = False
        self.correction = ""

    def add_zones(self, zones: Iterable[Zone]) -> None:
        """Keep zones, each once, with what identifies private persons masked."""
        for zone in zones:
            masked = Zone(zone.kind, zone.field, mask_private(zone.text))
            if masked not in self.seen:
                self.seen.add(masked)
                self.zones.append(masked)

    def add_items(self, rows: Iterable[ItemRow]) -> None:
        """Keep items, each cell a zone of its own."""
        for row in rows:
            number = len(self.items)
            self.items.append(row)
            self.add_zones(
                Zone(ZoneKind.ITEM, f"items[{number}].{column}", text) for column, text in row.cells
            )


def divide_blocks(blocks: Sequence[Block], title: str = "", *, corrects: bool = False) -> ZonedBody:
    """Return zones and items of a notice's blocks, in reading order.

    Lines that are titles other than the notice's own `title` belong to lists beside it. Where a
    notice `corrects` another, struck words are told from corrected ones.
    """
    divider = _Divider(title, corrects=corrects)
    blocks = blocks[_find_title(blocks, title) :]
    run: list[Line] = []
    for block in blocks:
        if isinstance(block, Line):
            run.append(block)
            continue
        _zone_lines(run, divider)
        run = []
        _zone_table(block, divider)
    _zone_lines(run, divider)
    return ZonedBody(tuple(divider.zones), tuple(divider.items))


def _find_title(blocks: Sequence[Block], title: str) -> int:
    """Return the place of the notice's own title near the top; what stands above is the site's."""
    for place, block in enumerate(blocks[:_TOP]):
        if isinstance(block, Table) or split_line(block.text) or _starts_section(block.text):
            return 0
        if (
            title
            and len(block.text) > _LEAST_WORDS
            and (block.text in title or title in block.text)
        ):
            return place
    return 0


def _zone_table(table: Table, divider: _Divider) -> None:
    parts = split_table(table)
    for award in read_awards(parts):
        divider.add_zones([Zone(ZoneKind.SUPPLIER, "supplier", award.supplier)])
    for grid in map(keep_won, parts.grids):
        if tells_losers(grid):
            continue
        rows = read_items(grid)
        if not rows:
            # A column of a result table may list what was won, line by line.
            cells = (cell.split("\n") for row in grid.rows for cell in row if "\n" in cell)
            rows = [item for lines in cells for item in read_listed(lines)]
        divider.add_items(rows)
        divider.add_zones(_other_cells(grid, rows))
        for rest in list_rest(grid):
            _zone_row(rest, set(), divider)
    pairs = read_pairs(parts.loose)
    divider.add_items(pairs)
    shown = {text for row in pairs for _, text in row.cells}
    if _zone_correction(parts.loose, divider):
        return
    panel = 0
    for loose in parts.loose:
        parted = drop_copies(loose)
        # The head of a panel of experts rules the rows of its width below it.
        panel = len(parted) if _heads_panel(parted) else panel if len(parted) == panel else 0
        if not panel:
            _zone_row(loose, shown, divider)


def _heads_panel(cells: Sequence[str]) -> bool:
    return len(cells) > 1 and any(map(is_people_head, cells))


def _zone_row(row: tuple[str, ...], shown: set[str], divider: _Divider) -> None:
    cells = drop_copies(row)
    if len(cells) == 1:
        divider.section = find_section(cells[0], divider.section)
    if find_label(cells[0]) is not None and len(cells) % 2 == 0 and len(cells) <= 8:
        for name, value in zip(cells[::2], cells[1::2], strict=True):
            label = _own_label(find_label(name), squeeze(value), divider.section)
            divider.add_zones(_zone_pair(label, squeeze(name), squeeze(value)))
        return
    if names_people(cells[0]) or any(map(tells_bidders, cells[:2])):
        return
    lines = [
        line for cell in cells if not names_people(cell) for line in _take_items(cell, divider)
    ]
    if any(squeeze(cell) in shown for cell in cells):
        return
    text = " | ".join(own for line in lines if (own := drop_foreign(line)))
    if text:
        divider.add_zones(
            [
                Zone(
                    ZoneKind.SPECIFICATION,
                    (read_side(cells[0]) if divider.corrects else "") or "table",
                    text,
                )
            ]
        )


def _zone_correction(rows: Sequence[tuple[str, ...]], divider: _Divider) -> bool:
    """Keep the rows of a table of corrections, struck words and corrected ones apart."""
    if not divider.corrects:
        return False
    heads = next(((n, found) for n, row in enumerate(rows) if (found := find_columns(row))), None)
    if heads is None:
        return False
    start, columns = heads
    for row in rows[:start]:
        _zone_row(row, set(), divider)
    for row in rows[start + 1 :]:
        for place, cell in enumerate(row):
            # A row of one cell is no row of these columns.
            field = columns.get(place, "table") if len(set(row)) > 1 else "table"
            text = "" if names_people(cell) else drop_foreign(squeeze(cell))
            divider.add_zones([Zone(ZoneKind.SPECIFICATION, field, text)] if text else [])
    return True


def _take_items(cell: str, divider: _Divider) -> list[str]:
    """Keep the items that one cell lists; return its lines without what they took."""
    lines = cell.split("\n")
    found = read_inline(lines, one_cell=True)
    divider.add_items([*found, *read_listed(lines)])
    lines = ["" if any(read_listed([line])) else line for line in lines]
    # The longest first, so that no piece of a model is left behind.
    taken = sorted({text for row in found for _, text in row.cells if len(text) > 1}, key=len)
    for text in reversed(taken):
        lines = [line.replace(text, " ") for line in lines]
    return [squeeze(line) for line in lines]


def _own_label(label: Label | None, value: str, section: Section) -> Label | None:
    """Return what a bare 名称 is: a supplier under its heading; None where it is a thing's."""
    if label is not Label.NAME:
        return label
    if section is Section.SUPPLIER and is_body(value):
        return Label.SUPPLIER
    return None if section is Section.ITEMS else label


def _zone_pair(label: Label | None, name: str, value: str) -> Iterator[Zone]:
    if label in _SILENT_LABELS:
        value = drop_sums(value)
    if not value or label in _HIDDEN_LABELS:
        return
    if names_people(name):
        return
    if label is Label.SUPPLIER:
        names = pick_names([value])
        # A person who trades under the own name is named nowhere.
        firms = (name for name in names if is_body(name) or len(name) > _LONGEST_PERSON)
        yield from (Zone(ZoneKind.SUPPLIER, "supplier", name) for name in firms)
        # 中标供应商：某公司（投标产品：戴尔R740）
        if (told := _OFFERED.search(value)) is not None:
            yield Zone(ZoneKind.SPECIFICATION, "offered by the supplier", told.group())
    elif label in (Label.PROJECT_NAME, Label.CATEGORY):
        yield Zone(ZoneKind.FIELD, str(label), value)
    elif not states_policy(value):
        yield Zone(ZoneKind.SPECIFICATION, name or "table", value)


def _zone_lines(run: Sequence[Line], divider: _Divider) -> None:
    texts = [line.text for line in run]
    found = [*read_inline(texts), *read_listed(texts)]
    divider.add_items(found)
    shown = {text for row in found for _, text in row.cells}
    expects = False
    awaits: Label | None = None
    people = ""
    for text in texts:
        divider.section = find_section(text, divider.section)
        if _stands_beside(text, divider):
            continue
        # 拟定的唯一供应商名称 and, in the next line, the firm.
        if expects and not split_line(text) and any(map(is_body, pick_names([text])[:1])):
            divider.add_zones(_zone_pair(Label.SUPPLIER, "", text))
            expects, awaits = False, None
            continue
        last = _last_label(text)
        named = last is Label.NAME and divider.section is Section.SUPPLIER
        expects = named or last is Label.SUPPLIER
        if people and not _starts_section(text) and (people == "first" or _NAMES.match(text)):
            people = "more" if len(text) < 60 else ""
            continue
        # 联系人： and, in the next line, the name.
        hidden = awaits in _HIDDEN_LABELS or (awaits in _SILENT_LABELS and not drop_sums(text))
        answers = hidden and len(text) < 80 and not split_line(text) and find_label(text) is None
        awaits = last
        if answers:
            continue
        people = _await_people(text)
        if not people:
            divider.add_zones(_zone_line(text, shown, divider))


def _await_people(text: str) -> str:
    """Return "first" where the names of a panel are to come, "more" where they have begun."""
    head, *named = re.split("[:：]", simplify(text), maxsplit=1)
    if len(text) >= _LONGEST_PANEL or not _PANEL_HEAD.search(head):
        return ""
    return "more" if "".join(named).strip() else "first"


def _stands_beside(text: str, divider: _Divider) -> bool:
    """Return whether a line belongs to a list of other notices beside this one."""
    if opens_side_list(text):
        divider.beside = divider.listed = True
    elif _starts_section(text) or is_own_title(text, divider.title) or split_line(text):
        divider.beside = divider.listed = False
    elif is_other_title(text, divider.title):
        divider.listed = True
        return True
    # What goes on with such titles without a heading ends with the first sentence.
    divider.listed &= len(text) <= _LONGEST_PANEL and not _SENTENCE_END.search(text)
    divider.listed &= not names_goods(text)
    return divider.beside or divider.listed


def _last_label(text: str) -> Label | None:
    """Return the label that a line ends with, its value to come in the next line."""
    statements = split_line(text)
    if statements:
        return None if statements[-1].value else statements[-1].label
    label = find_label(text)
    return None if label is Label.NAME else label


def _starts_section(text: str) -> bool:
    return bool(re.match(r"^\s*[(（]?[一二三四五六七八九十\d]{1,3}[、.．)）]", text))


def _zone_line(text: str, shown: set[str], divider: _Divider) -> Iterator[Zone]:
    for statement in split_line(text, divider.section):
        label = _own_label(statement.label, statement.value, statement.section)
        yield from _zone_pair(label, statement.label_text, statement.value)
    for found in (m for p in _PROPOSED for m in p.finditer(simplify(text))):
        name = text[found.start("name") : found.end("name")]
        yield Zone(ZoneKind.SUPPLIER, "supplier", name)
    for piece in list_uncovered(text, _UNSHOWN_LABELS):
        yield from _zone_rest(piece, shown, divider)


def _zone_rest(text: str, shown: set[str], divider: _Divider) -> Iterator[Zone]:
    if tells_only(text, shown):
        return
    side = read_side(text) if divider.corrects else ""
    if side or _CHAPTER.match(text) or text.startswith(("现", "补充")):
        divider.correction = side
    for field, piece in split_correction(text) if divider.corrects else [("", text)]:
        own = squeeze(drop_foreign(piece))
        if len(own) > 1:
            yield Zone(ZoneKind.SPECIFICATION, field or divider.correction or "body", own)


def _other_cells(grid: Grid, rows: Sequence[ItemRow]) -> Iterator[Zone]:
    """Yield the cells of a grid that are no item's: all but those of people, sums and winners."""
    shown = {text for row in rows for _, text in row.cells}
    places = [n for n, title in enumerate(grid.titles) if _is_shown(grid.columns[n], title, rows)]
    for row in grid.rows:
        for title, text in (
            (squeeze(grid.titles[n]), squeeze(row[n])) for n in places if n < len(row)
        ):
            telling = len(text) > 3 and not re.fullmatch(r"[\d.,￥¥元 ]+", text)
            if (
                telling
                and not any(text in s or s in text for s in shown)
                and (own := drop_foreign(text))
            ):
                yield Zone(ZoneKind.SPECIFICATION, title or "items", own)


def _is_shown(column: Column | None, title: str, rows: Sequence[ItemRow]) -> bool:
    if names_people(title) or _SILENT_TITLE.search(simplify(title)):
        return False
    if rows:
        return column in (None, Column.OTHER)
    return column not in _RESULT_COLUMNS
