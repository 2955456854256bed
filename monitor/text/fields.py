"""From the blocks of a notice's own text to its OCDS fields."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from monitor.models import Document, Issue, Notice, Tag, Value, Zone, ZoneKind
from monitor.text.dates import ReadDate, read_date
from monitor.text.items import ItemRow, points_elsewhere, read_awards, read_end_users
from monitor.text.labels import Label, Section, Statement, read_statements
from monitor.text.markup import Block, Line, Table, squeeze
from monitor.text.money import read_money
from monitor.text.noticetypes import tag_of
from monitor.text.titles import find_title_buyer
from monitor.text.zones import divide_blocks

_DECIDED = frozenset({Tag.AWARD, Tag.CONTRACT, Tag.IMPLEMENTATION})
_NO_NAME = re.compile(r"^(?:[/\\\-—.·…*\s]+|无|详见.*|见附件.*|见公告.*|\d+)$")
_MANDATE = re.compile(r"受(?P<buyer>[^，。,；;：:\s]{4,40}?)(?:的)?委托")
_NUMBER = re.compile(r"[A-Za-z0-9\u4e00-\u9fff][\w\[\]〔〕()（）【】\-—–/.·＋+号第#&]{2,70}")
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


def read_fields(facts: PageFacts, blocks: Sequence[Block]) -> Notice:
    """Return the notice; what could not be understood is in its issues, never a default."""
    statements = [statement for _, statement in read_statements(blocks)]
    body = divide_blocks(blocks)
    kind = tag_of(facts.title, facts.channel)
    tag = kind.tag if kind else None
    issues: list[Issue] = []
    if kind is None:
        issues.append(Issue("unknown notice type", "notice_type", facts.channel or facts.title))
    published = _read_published(facts, statements, issues)
    zones = (Zone(ZoneKind.SUBJECT, "title", squeeze(facts.title)), *body.zones)
    return Notice(
        url=facts.url,
        title=squeeze(facts.title),
        tag=tag,
        notice_type=kind.name if kind else facts.channel,
        published_raw=published.raw if published else facts.published,
        published_at=published.at if published else None,
        date_only=published.date_only if published else False,
        region=facts.region or _first_text(statements, Label.REGION),
        buyer=_read_buyer(facts, statements, blocks),
        end_user=_read_end_user(statements, blocks),
        procuring_entity=_read_agent(facts, statements),
        suppliers=_read_suppliers(statements, blocks) if tag in _DECIDED else (),
        project_number=_read_number(statements),
        project_name=_first_text(statements, Label.PROJECT_NAME),
        value=_read_value(tag, statements, blocks, issues),
        items=tuple(row.item for row in body.items),
        zones=zones,
        documents=facts.documents,
        items_elsewhere=_are_items_elsewhere(body.items, blocks, facts),
        issues=tuple(issues),
    )


def _read_published(
    facts: PageFacts, statements: Sequence[Statement], issues: list[Issue]
) -> ReadDate | None:
    raws = [facts.published, *(s.value for s in statements if s.label is Label.PUBLISHED)]
    for raw in raws:
        if raw and (date := read_date(raw)) is not None:
            return date
    issues.append(Issue("unreadable date", "published", next((r for r in raws if r), "")))
    return None


def _first_text(statements: Iterable[Statement], label: Label) -> str:
    return next((s.value for s in statements if s.label is label and _is_name(s.value)), "")


def _is_name(value: str) -> bool:
    return bool(value) and len(value) <= 120 and not _NO_NAME.match(value)


def _unique_names(values: Iterable[str]) -> list[str]:
    """Split names repeated per lot and drop the copies."""
    names: list[str] = []
    for value in values:
        for part in re.split(r"[,，;；、|]\s*(?=[\u4e00-\u9fff])", value):
            name = _trim_name(part)
            if _is_name(name) and name not in names:
                names.append(name)
    return names


def _trim_name(text: str) -> str:
    name = re.sub(
        r"^[(（]?(?:包|标包|标段|第)?\s*[\dA-Z一二三四五六七八九十]{1,2}\s*(?:包|标段)?[)）]?\s*[:：]",
        "",
        text,
    )
    name = re.split(r"\s{1,}(?=[\u4e00-\u9fff]{2,8}[:：])|[(（](?:联系|地址|排名)", name)[0]
    return squeeze(name).strip("。.；;，, ")


def _read_buyer(facts: PageFacts, statements: Sequence[Statement], blocks: Sequence[Block]) -> str:
    labelled = [s.value for s in statements if s.label is Label.BUYER]
    named = [s.value for s in statements if s.label is Label.NAME and s.section is Section.BUYER]
    # One body usually stands under several labels; the first label that names it decides.
    names = _unique_names(labelled) or _unique_names(named) or _unique_names([facts.buyer])
    if names:
        return _shared_name(names)
    for block in blocks:
        if isinstance(block, Line) and (found := _MANDATE.search(block.text)):
            return squeeze(found["buyer"])
    return find_title_buyer(facts.title)


def _shared_name(names: Sequence[str]) -> str:
    first = names[0]
    others = [n for n in names[1:] if n not in first and first not in n]
    return "、".join([first, *others]) if len(others) < 4 else first


def _read_end_user(statements: Sequence[Statement], blocks: Sequence[Block]) -> str:
    columns = [n for b in blocks if isinstance(b, Table) for n in read_end_users(b)]
    named = [s.value.rstrip("）)") for s in statements if s.label is Label.END_USER]
    return "、".join(_unique_names([*named, *columns])[:4])


def _read_agent(facts: PageFacts, statements: Sequence[Statement]) -> str:
    if facts.procuring_entity:
        return facts.procuring_entity
    named = [s.value for s in statements if s.label is Label.AGENT]
    named += [s.value for s in statements if s.label is Label.NAME and s.section is Section.AGENT]
    return next(iter(_unique_names(named)), "")


def _read_suppliers(statements: Sequence[Statement], blocks: Sequence[Block]) -> tuple[str, ...]:
    rows = [a.supplier for b in blocks if isinstance(b, Table) for a in read_awards(b)]
    labelled = [s.value for s in statements if s.label is Label.SUPPLIER]
    labelled += [
        s.value for s in statements if s.label is Label.NAME and s.section is Section.SUPPLIER
    ]
    names = _unique_names([*labelled, *rows])
    return tuple(name for name in names if len(name) >= 4)


def _read_number(statements: Iterable[Statement]) -> str:
    for statement in statements:
        if statement.label is Label.PROJECT_NUMBER and _is_name(statement.value):
            # 项目编号：A（招标文件编号：A） and numbers glued to the sentence that follows.
            value = re.split(
                r"[(（](?:招标|采购|文件|项目)|[，。；;,]|\s(?=[\u4e00-\u9fff])", statement.value
            )[0]
            if (found := _NUMBER.match(value.strip())) is not None:
                return found.group().strip("（( ")
    return ""


def _read_value(
    tag: Tag | None, statements: Sequence[Statement], blocks: Sequence[Block], issues: list[Issue]
) -> Value | None:
    if tag in _DECIDED:
        return (
            _first_money(statements, Label.AWARD_TOTAL, issues)
            or _sum_rows(blocks)
            or _sum_values(statements)
        )
    return _first_money(statements, Label.BUDGET, issues) or _first_money(
        statements, Label.CEILING, issues
    )


def _first_money(
    statements: Iterable[Statement], label: Label, issues: list[Issue]
) -> Value | None:
    for statement in statements:
        if statement.label is label:
            value = read_money(statement.value, statement.unit)
            if value is not None:
                return value
            if re.search(r"\d", statement.value):
                issues.append(Issue("unreadable amount", str(label), statement.value[:80]))
    return None


def _sum_rows(blocks: Sequence[Block]) -> Value | None:
    awards = [a for b in blocks if isinstance(b, Table) for a in read_awards(b)]
    values = [v for a in awards if (v := read_money(a.amount, a.unit)) is not None]
    return _add_values(values)


def _sum_values(statements: Sequence[Statement]) -> Value | None:
    found = [s for s in statements if s.label is Label.AWARD_VALUE]
    values = [v for s in found if (v := read_money(s.value, s.unit)) is not None]
    suppliers = {s.value for s in statements if s.label is Label.SUPPLIER}
    if len(values) == len(suppliers):
        return _add_values(values)
    return _add_values(list({v.amount: v for v in values}.values()))


def _add_values(values: Sequence[Value]) -> Value | None:
    if not values:
        return None
    total = round(sum(value.amount for value in values), 2)
    return Value(total, " + ".join(value.raw for value in values))


def _are_items_elsewhere(
    rows: Sequence[ItemRow], blocks: Sequence[Block], facts: PageFacts
) -> bool:
    if rows:
        return points_elsewhere(rows)
    lines = (block.text for block in blocks if isinstance(block, Line))
    cells = (cell for b in blocks if isinstance(b, Table) for row in b.rows for cell in row)
    return bool(facts.documents) or any(_ELSEWHERE.search(text) for text in (*lines, *cells))
