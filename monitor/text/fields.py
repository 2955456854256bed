"""From the blocks of a notice's own text to its OCDS fields."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from monitor.models import Document, Issue, Notice, Tag, Zone, ZoneKind
from monitor.text.amounts import read_value
from monitor.text.awards import read_awards, read_bodies
from monitor.text.dates import ReadDate, read_date
from monitor.text.grids import Column, Parts, split_table
from monitor.text.items import ItemRow, points_elsewhere
from monitor.text.labels import Label, Section, Statement, fold_line, simplify
from monitor.text.markup import Block, Line, Table, squeeze
from monitor.text.names import is_body, is_name, pick_names
from monitor.text.normalize import drop_invisible
from monitor.text.noticetypes import NoticeType, read_notice_type, tag_of
from monitor.text.plaintables import restore_tables
from monitor.text.privacy import mask_private
from monitor.text.statements import read_statements
from monitor.text.titles import find_title_buyer
from monitor.text.zones import divide_blocks

DECIDED = frozenset({Tag.AWARD, Tag.CONTRACT, Tag.IMPLEMENTATION})
# A corrected award has an award's fields; 更正结果 and 预审结果 are no results of a purchase.
_AWARD_WORDS = re.compile(
    r"中标|成交|中选|定标|(?<!更正)(?<!变更)(?<!预审)(?<!资审)(?<!废标)(?<!流标)(?<!终止)结果|"
    r"合同\s*[(（]?(?:的?(?:更正|变更|补充|备案|签订)|公[告示])"
)
_MANDATE = re.compile(r"受\s*(?P<buyer>[^，。,；;：:\s]{4,40}?)\s*的?委托")
_INTENDS = re.compile(
    r"现将(?P<buyer>[^，。,；;：:\s]{3,40}?)\s*(?:\d[\d\s]{3,6}年|\d{1,2}月|第).{0,24}意向"
)
_PLANS = re.compile(r"^(?P<buyer>[^，。,；;：:\s]{3,30}?)(?:现?拟|决定)(?:对|就|采购|以|组织)")
_MASKED = re.compile(
    r"[\u4e00-\u9fff]{0,10}某[\u4e00-\u9fff]{0,3}?(?:部队|仓库|单位|总队|支队|医院|基地|部)"
)
_OPENING = 12
_CLOSING = 8
_LONGEST_DAY = 16
_ANYONE = re.compile(r"(?:采购|招标)(?:人|单位|方)")
# 受A委托，就B所需X进行公开招标: A pays, B uses.
_NEEDED = re.compile(
    r"委托[,，、]?\s*现?[就对为]\s*(?P<user>[^，。,；;：:]{4,30}?)(?:所需|拟采购|需采购|采购)"
)
_FIRM = r"[^，。,；;：:\s]{2,40}?(?:公司|厂|中心|商行|事务所|研究院)"
_WINNER = re.compile(
    rf"(?:中标|成交|中选|供货)(?:供应商|人|单位|商)(?:名称)?(?:(?:为|是)[:：]?\s*|\s+)(?P<name>{_FIRM})|"
    rf"(?:确定|推荐|选定|由)\s*(?P<sure>{_FIRM})(?:[(（][^()（）]{{0,60}}[)）])?\s*为(?:本项目|本次采购)?的?"
    r"(?:中标|成交|中选)(?:供应商|人|单位|商)|"
    rf"^\s*(?:合同包|采购包|标包|分包|标段|标项|包|第)\s*[\dA-Z一二三四五六七八九十]{{0,2}}包?\s*[:：]\s*"
    rf"(?P<lot>{_FIRM})(?=[，,；;（(。]|$)|"
    rf"(?:[A-Z\d一二三四五六]包)?(?P<first>{_FIRM})为(?:本项目)?(?:的)?第一(?:中标|成交)候选(?:供应商|人|单位)"
)
_NUMBER = re.compile(
    r"[\[(（【〔]?[A-Za-z0-9\u4e00-\u9fff][\w\[\]〔〕()（）【】\-－—–/.·＋+号第#&]{2,70}"
)
_OTHER_NUMBER = re.compile("代码|公告|计划|备案|包|标段|标项|分标|任务|登记|执行")
_NUMBER_END = re.compile(
    r"[(（](?:招标|采购|文件|项目)|[(（](?=[A-Z]?\d{8,}[)）])|[，。；;,|]|\s(?=[\u4e00-\u9fff])|"
    r"(?<=[A-Za-z0-9号])(?=项目(?:名称|联系)|采购(?:单位|方式|人)|预算)"
)
_NUMBER_TOLD = re.compile(
    r"(?:项目|招标|采购|文件|^|[\s()（）、])编号(?:为|是)?[:：\s]*(?P<number>[\[A-Za-z0-9]"
    r"(?:[\w\[\]〔〕\-—/.]|[\u4e00-\u9fff](?=[\d\-—]|[\u4e00-\u9fff]\d)){4,60})",
    re.ASCII,
)
_TOLD_TYPES = (
    (re.compile("(?:中标|成交|中选)(?:结果|供应商)[^，。]{0,8}(?:如下|为)"), Tag.AWARD),
    (
        re.compile(
            "(?:邀请|欢迎)[^。]{0,24}(?:参加|投标|报名|报价|响应)|(?:报名|投标截止|开标)时间[:：]"
        ),
        Tag.TENDER,
    ),
)
_HEADINGS = 5
_LONGEST_HEADING = 60
_ELSEWHERE = re.compile(
    r"(?:清单|参数|要求|内容|明细|标的|货物|规格|需求).{0,12}(?:详见|见).{0,8}(?:附件|文件)|"
    r"(?:详见|见)(?:本公告)?附件"
)


@dataclass(frozen=True)
class PageFacts:
    """What the portal knew of a notice before its text was read."""

    url: str
    title: str
    channel: str = ""
    published: str = ""
    region: str = ""
    buyer: str = ""
    procuring_entity: str = ""
    documents: tuple[Document, ...] = ()


@dataclass(frozen=True)
class _Reading:
    """A notice's text in the forms that its fields are read from."""

    facts: PageFacts
    blocks: Sequence[Block]
    lines: tuple[str, ...]
    tables: tuple[Parts, ...]
    statements: tuple[Statement, ...]

    def values(self, label: Label) -> list[str]:
        """Return the values under a label."""
        return [s.value for s in self.statements if s.label is label]

    def bodies(self, column: Column) -> list[str]:
        """Return the names that a column of any grid holds."""
        return [n for parts in self.tables for g in parts.grids for n in read_bodies(g, column)]

    def names(self, section: Section) -> list[str]:
        """Return the bare 名称：… of a section."""
        return [s.value for s in self.statements if s.label is Label.NAME and s.section is section]


def read_fields(facts: PageFacts, blocks: Sequence[Block]) -> Notice:
    """Return the notice; what could not be understood is in its issues, never a default."""
    blocks = restore_tables(blocks)
    facts = replace(
        facts,
        title=squeeze(drop_invisible(facts.title)),
        buyer=squeeze(drop_invisible(facts.buyer)),
    )
    reading = _Reading(
        facts,
        blocks,
        tuple(block.text for block in blocks if isinstance(block, Line)),
        tuple(split_table(block) for block in blocks if isinstance(block, Table)),
        tuple(read_statements(blocks)),
    )
    kind = (
        tag_of(facts.title, facts.channel)
        or _find_heading(reading.lines)
        or _told_type(reading.lines)
    )
    tag = kind.tag if kind else None
    body = divide_blocks(blocks, facts.title, corrects=tag is Tag.TENDER_AMENDMENT)
    issues: list[Issue] = []
    if kind is None:
        issues.append(Issue("unknown notice type", "notice_type", facts.channel or facts.title))
    published = _read_published(reading, issues)
    decided = tag in DECIDED or (tag is Tag.TENDER_AMENDMENT and _amends_award(facts, kind))
    suppliers = _read_suppliers(reading) if decided else ()
    subject = Zone(ZoneKind.SUBJECT, "title", mask_private(facts.title))
    return Notice(
        url=facts.url,
        title=facts.title,
        tag=tag,
        notice_type=kind.name if kind else facts.channel,
        published_raw=published.raw if published else facts.published,
        published_at=published.at if published else None,
        date_only=published.date_only if published else False,
        region=facts.region or _first_text(reading, Label.REGION),
        buyer=_read_buyer(reading),
        end_user=_read_end_user(reading),
        procuring_entity=_read_agent(reading),
        suppliers=suppliers,
        project_number=_read_number(reading),
        project_name=_first_text(reading, Label.PROJECT_NAME),
        value=read_value(
            reading.statements, reading.tables, reading.lines, len(suppliers), decided, issues
        ),
        items=tuple(row.item for row in body.items),
        zones=(subject, *body.zones),
        documents=facts.documents,
        items_elsewhere=_are_items_elsewhere(body.items, reading),
        issues=tuple(issues),
    )


def _amends_award(facts: PageFacts, kind: NoticeType | None) -> bool:
    """Return whether the notice's words say that what is corrected or changed is an award."""
    words = (facts.title, facts.channel, kind.name if kind else "")
    return any(_AWARD_WORDS.search(simplify(text)) for text in words)


def _find_heading(lines: Sequence[str]) -> NoticeType | None:
    """Return the type that a heading of the text itself says, where title and channel do not."""
    heads = (line for line in lines[:_HEADINGS] if len(line) <= _LONGEST_HEADING)
    return next((kind for line in heads if (kind := read_notice_type(line)) is not None), None)


def _told_type(lines: Sequence[str]) -> NoticeType | None:
    """Return the type that sentences tell where no heading does: 邀请供应商参加, 成交结果如下."""
    for line in map(fold_line, lines):
        for pattern, tag in _TOLD_TYPES:
            if (found := pattern.search(line)) is not None:
                return NoticeType(tag, found.group())
    return None


def _read_published(reading: _Reading, issues: list[Issue]) -> ReadDate | None:
    raws = [reading.facts.published, *reading.values(Label.PUBLISHED)]
    for raw in raws:
        if raw and (date := read_date(raw)) is not None:
            return date
    # 二〇二四年五月六日, 2024年5月6日: the day below the last words.
    closing = (squeeze(line) for line in reversed(reading.lines[-_CLOSING:]))
    for line in closing:
        if len(line) <= _LONGEST_DAY and (date := read_date(line)) is not None:
            return date
    raw = next((r for r in raws if r), "")
    issues.append(Issue("unreadable date" if raw else "no date", "published", raw))
    return None


def _first_text(reading: _Reading, label: Label) -> str:
    return next((mask_private(v) for v in reading.values(label) if is_name(v)), "")


def _read_buyer(reading: _Reading) -> str:
    # One body usually stands under several labels; the first label that names it decides.
    names = (
        pick_names(reading.values(Label.BUYER))
        or pick_names(reading.names(Section.BUYER))
        or pick_names(reading.bodies(Column.BUYER))
        or pick_names([reading.facts.buyer])
    )
    if names:
        return _shared_name(names)
    for line in reading.lines:
        told = (pattern.search(simplify(line)) for pattern in (_MANDATE, _INTENDS, _PLANS))
        found = next((match for match in told if match is not None), None)
        if found is not None and not _ANYONE.match(found["buyer"]):
            return squeeze(line[found.start("buyer") : found.end("buyer")])
    return find_title_buyer(reading.facts.title) or _find_masked(reading.lines)


def _find_masked(lines: Sequence[str]) -> str:
    """Return the body whose name a line begins with and half hides: 联勤保障部队某仓库."""
    found = (_MASKED.match(squeeze(line)) for line in lines[:_OPENING])
    return next((match.group() for match in found if match is not None), "")


def _shared_name(names: Sequence[str]) -> str:
    first = names[0]
    others = [n for n in names[1:] if n not in first and first not in n]
    return "、".join([first, *others]) if len(others) < 4 else first


def _read_end_user(reading: _Reading) -> str:
    columns = reading.bodies(Column.END_USER)
    named = [value.rstrip("）)") for value in reading.values(Label.END_USER)]
    return "、".join(pick_names([*named, *columns, *_told_users(reading.lines)])[:4])


def _told_users(lines: Sequence[str]) -> list[str]:
    """Return the bodies for whose need a sentence says that another buys."""
    found = ((line, m) for line in lines for m in _NEEDED.finditer(simplify(line)))
    users = (squeeze(line[m.start("user") : m.end("user")]) for line, m in found)
    return [user for user in users if is_body(user)]


def _read_agent(reading: _Reading) -> str:
    if reading.facts.procuring_entity:
        return reading.facts.procuring_entity
    named = [*reading.values(Label.AGENT), *reading.names(Section.AGENT)]
    return next(iter(pick_names(named)), "")


def _read_suppliers(reading: _Reading) -> tuple[str, ...]:
    rows = [award.supplier for parts in reading.tables for award in read_awards(parts)]
    labelled = [*reading.values(Label.SUPPLIER), *reading.names(Section.SUPPLIER)]
    names = pick_names([*labelled, *rows])
    firms = [name for name in names if is_body(name)]
    return tuple(firms or _told_winners(reading.lines) or [n for n in names if len(n) >= 4][:1])


def _told_winners(lines: Sequence[str]) -> list[str]:
    """Return the firms that a sentence says have won."""
    told = []
    for line in lines:
        for found in _WINNER.finditer(simplify(line)):
            group = next(name for name in ("name", "sure", "lot", "first") if found[name])
            told.append(line[found.start(group) : found.end(group)])
    return pick_names(told)


def _read_number(reading: _Reading) -> str:
    numbers = [s for s in reading.statements if s.label is Label.PROJECT_NUMBER]
    # A plan's or a package's number stands beside that of the project.
    numbers.sort(key=lambda statement: bool(_OTHER_NUMBER.search(statement.label_text)))
    for value in (statement.value for statement in numbers):
        # 项目编号：A（招标文件编号：A） and numbers glued to the sentence that follows.
        head = _NUMBER_END.split(value.strip(), maxsplit=1)[0]
        named = is_name(head.strip()) or head.strip().isdecimal()
        if named and (found := _NUMBER.match(head.strip())) is not None:
            return found.group().strip("（( ")
    told = (_NUMBER_TOLD.search(simplify(line)) for line in reading.lines)
    return next((found["number"].rstrip(".-") for found in told if found is not None), "")


def _are_items_elsewhere(rows: Sequence[ItemRow], reading: _Reading) -> bool:
    if rows:
        return points_elsewhere(rows)
    cells = (cell for b in reading.blocks if isinstance(b, Table) for row in b.rows for cell in row)
    texts: Iterable[str] = (*reading.lines, *cells)
    return bool(reading.facts.documents) or any(_ELSEWHERE.search(fold_line(t)) for t in texts)
