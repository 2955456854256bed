"""The value of a notice: the award's total over its lots, or the budget before it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from monitor.models import Issue, Value
from monitor.text.awards import read_awards, read_budgets
from monitor.text.corrections import CORRECTED, find_columns
from monitor.text.grids import Parts
from monitor.text.labels import Label, Statement, simplify
from monitor.text.markup import squeeze
from monitor.text.money import read_money

_SUM = (
    r"(?:仍?为|是|共计|合计|约)?[:：]?\s*"
    r"(?P<sum>(?:人民币)?\s*(?:[￥¥]?\s*\d[\d,.]*\s*(?:万|亿)?元|"
    r"[零壹贰叁肆伍陆柒捌玖拾佰仟万亿]{2,30}[元圆][零壹贰叁肆伍陆柒捌玖角分整]*))(?!\s*/\s*[^年\s])"
)
_BUDGET_TOLD = re.compile(
    r"(?:预算(?:金额|总额|价)?|(?:最高|总)限价|控制价)(?:[(（][^()（）]{0,10}[)）])?" + _SUM
)
# 预算金额由86万元调整为78万元: what stands.
_BUDGET_MOVED = re.compile(
    r"(?:预算|限价|控制价)[^。；;]{0,40}?(?:调整|变更|更正|修改|改)为" + _SUM
)
_TOTAL_TOLD = re.compile(
    r"(?:合计|总计|共计|总价)(?:金额)?(?:为|是)?[:：]?\s*(?P<sum>(?:人民币|[￥¥\d])[^，。；;]{2,40})"
)
_BUDGET_HEAD = re.compile("预算|限价|控制价")
_LOT = re.compile(
    r"第?[一二三四五六七八九十\d]{1,2}包|(?:采购|合同)?包\s?\d|标[段项包]\s?[\d一二三四五]"
)
_AWARD_TOLD = re.compile(
    r"(?:中标|成交|中选|合同)(?:总)?(?:供货商|供应商)?(?:金额|价格|价|总额|额)" + _SUM
)
# Prices per piece and rates are no totals; a sum per year is.
_RATE = re.compile(r"\s*(?:单价|下浮|折扣|费率|优惠率)|.*元\s*/\s*(?!年)\S")
# A bare small number beside an award's label is a row number of a broken table.
_LEAST = 10
_BID = re.compile(r"^(?:投标|最终)?报价")
_LIST_NUMBER = re.compile(r"^总价形式(?:报价)?[:：]")


def read_value(
    statements: Sequence[Statement],
    tables: Sequence[Parts],
    lines: Sequence[str],
    winners: int,
    decided: bool,
    issues: list[Issue],
) -> Value | None:
    """Return the total of an award over its `winners`, or the budget of what is not decided."""
    if decided:
        return (
            _first_money(statements, Label.AWARD_TOTAL, issues)
            or _sum_awards(tables)
            or _sum_lots(statements, winners)
            or _told_money(lines, _AWARD_TOLD)
            or _told_money(lines, _TOTAL_TOLD)
        )
    return (
        _first_money(statements, Label.BUDGET, issues)
        or _first_money(statements, Label.CEILING, issues)
        or add_values([v for parts in tables for grid in parts.grids for v in read_budgets(grid)])
        or _read_corrected(tables)
        or _told_money(lines, _BUDGET_MOVED)
        or _told_budget(lines)
    )


def _first_money(
    statements: Iterable[Statement], label: Label, issues: list[Issue]
) -> Value | None:
    for statement in statements:
        if statement.label is label and not _RATE.match(statement.value):
            value = read_money(statement.value, statement.unit)
            if value is not None:
                return value
            if re.search(r"[1-9]", statement.value):
                issues.append(Issue("unreadable amount", str(label), statement.value[:80]))
    return None


def _sum_awards(tables: Sequence[Parts]) -> Value | None:
    awards = {award: None for parts in tables for award in read_awards(parts)}
    return add_values([v for a in awards if (v := _read_award(a.amount, a.unit)) is not None])


def _sum_lots(statements: Sequence[Statement], winners: int) -> Value | None:
    found = [s for s in statements if s.label is Label.AWARD_VALUE]
    # Of what several candidates bid, the first is the winner's.
    won = [s for s in found if not _BID.search(simplify(s.label_text))]
    found = won or found[:1]
    values = [v for s in found if (v := _read_award(s.value, s.unit)) is not None]
    if len(values) == winners:
        return add_values(values)
    # The same sums again, in a summary or for another label.
    return add_values(list({value.amount: value for value in values}.values()))


def _read_award(text: str, unit: str) -> Value | None:
    """Return the sum of one lot; None for a price per piece, a discount and a rate."""
    bare = _LIST_NUMBER.sub("", simplify(text))
    value = None if _RATE.match(bare) else read_money(bare, unit)
    if value is not None and value.amount < _LEAST and bare.strip().isdecimal() and not unit:
        return None
    return value


def _told_money(lines: Iterable[str], pattern: re.Pattern[str]) -> Value | None:
    for line in lines:
        if (found := pattern.search(simplify(line))) is not None:
            return read_money(found["sum"])
    return None


def _told_budget(lines: Iterable[str]) -> Value | None:
    """Return the budget a line tells, of several lots their total: 第一包…预算2万元；第二包…."""
    for line in map(simplify, lines):
        sums = [v for m in _BUDGET_TOLD.finditer(line) if (v := read_money(m["sum"]))]
        if sums:
            return add_values(sums if len(sums) <= len(_LOT.findall(line)) else sums[:1])
    return None


def _read_corrected(tables: Sequence[Parts]) -> Value | None:
    """Return the budget or ceiling that a table of corrections ends with."""
    for rows in (parts.loose for parts in tables):
        columns = next((found for row in rows if (found := find_columns(row))), {})
        stands = [place for place, side in columns.items() if side == CORRECTED]
        for row in rows:
            if stands and stands[0] < len(row) and _BUDGET_HEAD.search(simplify(" ".join(row[:3]))):
                value = read_money(squeeze(row[stands[0]]))
                if value is not None:
                    return value
    return None


def add_values(values: Sequence[Value]) -> Value | None:
    """Return the sum of values, None of none."""
    if not values:
        return None
    total = round(sum(value.amount for value in values), 2)
    return Value(total, " + ".join(value.raw for value in values))
