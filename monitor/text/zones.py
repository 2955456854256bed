"""Divide a notice's blocks into zones, so that matching knows the place of every hit.

Contact particulars, panels of experts, agents' particulars and policy phrases become no
zone: they are never searched, and names and telephone numbers go no further than here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from monitor.models import Zone, ZoneKind
from monitor.text.awards import read_awards
from monitor.text.grids import Column, Grid, drop_copies, split_table
from monitor.text.items import ItemRow, read_inline, read_items, read_listed, read_pairs
from monitor.text.labels import Label, Section, Statement, find_label, simplify, split_line
from monitor.text.markup import Block, Line, Table, squeeze
from monitor.text.names import is_body, pick_names
from monitor.text.privacy import mask_private
from monitor.text.statements import find_section

_POLICY = re.compile(
    r"监狱企业|残疾人福利|中小企业|小微企业|海关报关|信用中国|失信被执行|行贿犯罪|政府采购法|"
    r"落实政府采购政策|独立承担民事责任|商业信誉|缴纳税收|重大违法记录|联合体|质疑|投诉|公告期限|"
    r"公告媒(?:体|介)|发布媒(?:体|介)|浏览器|版权所有|技术支持[:：]|备案号|ICP备|保证金|"
    r"代理服务费|代理费|招标文件售价|获取(?:招标|采购|磋商|谈判)文件|投标截止|开标(?:时间|地点)|递交"
)
_PEOPLE = re.compile(
    r"(?:评审|评标|谈判|磋商|询价|审查|采购|论证).{0,3}(?:专家|小组|委员会|人员).{0,14}(?:[:：]|名单)|"
    r"经办人|联\s*系\s*人|联系电话|联系方式|联系地址|传\s*真|电子邮[箱件]|邮\s*箱|电\s*话|手\s*机|"
    r"姓\s*名|法定代表人|法人代表|负责人|采购人代表|项目经理|身份证"
)
_PEOPLE_HEAD = re.compile(r"(?:专家|小组|小组成员|委员会成员|评审人员|名单).{0,14}$")
_NAVIGATION = re.compile(
    r"^(?:上一[篇条]|下一[篇条]|(?:您|你)?(?:现在|当前)?的?位置|当前位置|友情链接|首页|返回|打印|关闭|"
    r"责任编辑|浏览次数|分享到|主办)"
)
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

    def __init__(self) -> None:
        self.zones: list[Zone] = []
        self.items: list[ItemRow] = []
        self.seen: set[Zone] = set()
        self.section = Section.NONE

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


def divide_blocks(blocks: Sequence[Block]) -> ZonedBody:
    """Return zones and items of a notice's blocks, in reading order."""
    divider = _Divider()
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


def _zone_table(table: Table, divider: _Divider) -> None:
    parts = split_table(table)
    for award in read_awards(parts):
        divider.add_zones([Zone(ZoneKind.SUPPLIER, "supplier", award.supplier)])
    for grid in parts.grids:
        rows = read_items(grid)
        divider.add_items(rows)
        divider.add_zones(_other_cells(grid, rows))
    pairs = read_pairs(parts.loose)
    divider.add_items(pairs)
    shown = {text for row in pairs for _, text in row.cells}
    for loose in parts.loose:
        _zone_row(loose, shown, divider)


def _zone_row(row: tuple[str, ...], shown: set[str], divider: _Divider) -> None:
    cells = drop_copies(row)
    if len(cells) == 1:
        divider.section = find_section(cells[0], divider.section)
    if find_label(cells[0]) is not None and len(cells) % 2 == 0 and len(cells) <= 8:
        for name, value in zip(cells[::2], cells[1::2], strict=True):
            label = _own_label(find_label(name), squeeze(value), divider.section)
            divider.add_zones(_zone_pair(label, squeeze(name), squeeze(value)))
        return
    lines = [line for cell in cells for line in _take_items(cell, divider)]
    text = " | ".join(line for line in lines if line)
    if text and not any(squeeze(cell) in shown for cell in cells) and not _is_foreign(text):
        divider.add_zones([Zone(ZoneKind.SPECIFICATION, "table", text)])


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


def _is_foreign(text: str) -> bool:
    """Return whether a text is of people, policy or the site, not of this purchase."""
    folded = simplify(text)
    return any(p.search(folded) for p in (_PEOPLE, _POLICY, _NAVIGATION))


def _own_label(label: Label | None, value: str, section: Section) -> Label | None:
    """Return what a bare 名称 is under the heading of a supplier, won or proposed."""
    named = label is Label.NAME and section is Section.SUPPLIER and is_body(value)
    return Label.SUPPLIER if named else label


def _zone_pair(label: Label | None, name: str, value: str) -> Iterator[Zone]:
    if not value or label in _HIDDEN_LABELS or label in _SILENT_LABELS:
        return
    if _PEOPLE.search(simplify(name)):
        return
    if label is Label.SUPPLIER:
        names = pick_names([value]) or [value]
        yield from (Zone(ZoneKind.SUPPLIER, "supplier", name) for name in names)
    elif label in (Label.PROJECT_NAME, Label.CATEGORY):
        yield Zone(ZoneKind.FIELD, str(label), value)
    elif not _POLICY.search(simplify(value)):
        yield Zone(ZoneKind.SPECIFICATION, name or "table", value)


def _zone_lines(run: Sequence[Line], divider: _Divider) -> None:
    texts = [line.text for line in run]
    found = [*read_inline(texts), *read_listed(texts)]
    divider.add_items(found)
    shown = {text for row in found for _, text in row.cells}
    people = awaits = expects = False
    for text in texts:
        divider.section = find_section(text, divider.section)
        # 拟定的唯一供应商名称 and, in the next line, the firm.
        if expects and not split_line(text) and any(map(is_body, pick_names([text])[:1])):
            divider.add_zones(_zone_pair(Label.SUPPLIER, "", text))
            expects = awaits = False
            continue
        last = _last_label(text)
        named = last is Label.NAME and divider.section is Section.SUPPLIER
        expects = named or last is Label.SUPPLIER
        if people and len(text) < 60 and not _starts_section(text):
            continue
        # 联系人： and, in the next line, the name.
        answers = awaits and len(text) < 80 and not split_line(text) and find_label(text) is None
        awaits = _awaits_hidden(text)
        if answers:
            continue
        head = re.split("[:：]", simplify(text), maxsplit=1)[0]
        people = len(text) < 40 and _PEOPLE_HEAD.search(head) is not None
        if not people:
            divider.add_zones(_zone_line(text, shown, divider.section))


def _last_label(text: str) -> Label | None:
    """Return the label that a line ends with, its value to come in the next line."""
    statements = split_line(text)
    if statements:
        return None if statements[-1].value else statements[-1].label
    label = find_label(text)
    return None if label is Label.NAME else label


def _awaits_hidden(text: str) -> bool:
    """Return whether a line ends with a label whose value, in the next line, is not shown."""
    return _last_label(text) in _UNSHOWN_LABELS


def _starts_section(text: str) -> bool:
    return bool(re.match(r"^\s*[(（]?[一二三四五六七八九十\d]{1,3}[、.．)）]", text))


def _zone_line(text: str, shown: set[str], section: Section) -> Iterator[Zone]:
    statements = split_line(text, section)
    for statement in statements:
        label = _own_label(statement.label, statement.value, statement.section)
        yield from _zone_pair(label, statement.label_text, statement.value)
    for found in (m for p in _PROPOSED for m in p.finditer(simplify(text))):
        name = text[found.start("name") : found.end("name")]
        yield Zone(ZoneKind.SUPPLIER, "supplier", name)
    rest = _uncovered(text, statements)
    if len(rest) < 2 or _is_foreign(rest):
        return
    if any(piece in rest for piece in shown if len(piece) > 1):
        return
    yield Zone(ZoneKind.SPECIFICATION, "body", rest)


def _uncovered(text: str, statements: Sequence[Statement]) -> str:
    """Return what of a line no known label covers."""
    if not statements:
        return text
    first = text.find(statements[0].label_text)
    return text[:first].strip(" ，,；;：:一二三四五六七八九十、.（）()") if first > 0 else ""


def _other_cells(grid: Grid, rows: Sequence[ItemRow]) -> Iterator[Zone]:
    """Yield the cells of a grid that are no item's: all but those of people, sums and winners."""
    shown = {text for row in rows for _, text in row.cells}
    places = [n for n, title in enumerate(grid.titles) if _is_shown(grid.columns[n], title, rows)]
    for row in grid.rows:
        for text in (squeeze(row[n]) for n in places if n < len(row)):
            telling = len(text) > 3 and not re.fullmatch(r"[\d.,￥¥元 ]+", text)
            if telling and not any(text in s or s in text for s in shown) and not _is_foreign(text):
                yield Zone(ZoneKind.SPECIFICATION, "items", text)


def _is_shown(column: Column | None, title: str, rows: Sequence[ItemRow]) -> bool:
    if _PEOPLE.search(simplify(title)) or "地址" in simplify(title):
        return False
    return column is None or (not rows and column not in _RESULT_COLUMNS)
