"""Write the body of a notice in the layouts that provinces really use.

Each layout is a template in html/; here stand the rows and the facts put into them.
The shapes follow saved pages of 2019 to 2026; every sentence is invented.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import cache
from html import escape
from itertools import accumulate, cycle, islice, pairwise
from pathlib import Path
from string import Template

from monitor.sample.notices import AWARD_CHANNELS, CHANNEL_LABELS, Publication, SampleItem

# Word documents saved as HTML cut runs anywhere, also inside a brand.
_RUN_LENGTHS = (2, 1, 3, 1)
_RUN_STYLE = "FONT-FAMILY: 宋体; FONT-SIZE: 10.5pt; mso-font-kerning: 0pt"
_TENDER_OPEN = timedelta(days=20)


def write_body(publication: Publication) -> str:
    """Return the HTML of a notice's own text, in the layout that the notice names."""
    return _LAYOUTS[publication.notice.layout](publication)


def fill_template(name: str, facts: Mapping[str, str]) -> str:
    """Fill html/<name>.html with facts that are already escaped; KeyError if one is missing."""
    return _load_template(name).substitute(facts)


def gather_facts(publication: Publication) -> dict[str, str]:
    """Return what every template may show of a notice, escaped."""
    notice = publication.notice
    return {
        "title": escape(notice.title),
        "label": CHANNEL_LABELS[notice.channel],
        "project": escape(notice.project),
        "number": escape(notice.number),
        "buyer": escape(notice.buyer),
        "agent": escape(notice.agent),
        "supplier": escape(notice.supplier),
        "category": escape(notice.category),
        "note": escape(notice.note),
        "total": f"{notice.total:.2f}",
        "total_wan": format_wan(notice.total),
        "text": "\n".join(f"<p>{escape(line)}</p>" for line in notice.text),
        "release_date": publication.format_time("%Y年%m月%d日"),
        "deadline": format_deadline(publication),
    }


def format_wan(amount: float) -> str:
    """Write yuan in units of ten thousand, as summaries do, e.g. 56.98."""
    return f"{amount / 10_000:.6f}".rstrip("0").rstrip(".")


def format_deadline(publication: Publication) -> str:
    """Write when the bids of a tender are opened: some weeks after it appeared."""
    opening = Publication(publication.notice, publication.at + _TENDER_OPEN)
    return opening.format_time("%Y年%m月%d日 09:30")


@cache
def _load_template(name: str) -> Template:
    path = Path(__file__).with_name("html") / f"{name}.html"
    return Template(path.read_text(encoding="utf-8"))


def _write_zcy(publication: Publication) -> str:
    notice = publication.notice
    rows = [
        _table_row(
            "1",
            notice.project,
            item.name,
            item.brand,
            item.model,
            str(item.quantity),
            _format_price(item),
        )
        for item in notice.items
    ]
    return fill_template("zcy", gather_facts(publication) | {"item_rows": "\n".join(rows)})


def _write_pairs(publication: Publication) -> str:
    lines = [line for item in publication.notice.items for line in _item_pairs(item)]
    rows = "".join(
        f"<tr style='height:40px'><td>{label}：<u>{escape(value)}</u></td></tr>"
        for label, value in lines
    )
    return fill_template("pairs", gather_facts(publication) | {"item_rows": rows})


def _write_cells(publication: Publication) -> str:
    cells = (
        "<br/>".join(f"{label}：{escape(value)}" for label, value in _item_pairs(item))
        for item in publication.notice.items
    )
    rows = "\n".join(
        f"<tr><td>{number}</td><td>{cell}</td></tr>" for number, cell in enumerate(cells, 1)
    )
    return fill_template("cells", gather_facts(publication) | {"item_rows": rows})


def _item_pairs(item: SampleItem) -> list[tuple[str, str]]:
    return [
        ("名称", item.name),
        ("品牌（如有）", item.brand or "/"),
        ("规格型号", item.model or "/"),
        ("数量", f"{item.quantity}{item.unit}"),
        ("单价", f"{_format_price(item)}元"),
    ]


def _write_area(publication: Publication) -> str:
    rows = [
        _table_row(
            str(number),
            item.name,
            f"{item.brand} {item.model}".strip() or "/",
            str(item.quantity),
            item.unit,
            _format_price(item),
        )
        for number, item in enumerate(publication.notice.items, 1)
    ]
    extra = {"item_rows": "\n".join(rows), "result": _area_result(publication)}
    return fill_template("area", gather_facts(publication) | extra)


def _area_result(publication: Publication) -> str:
    facts = gather_facts(publication)
    if publication.notice.channel not in AWARD_CHANNELS:
        return (
            f"<p>预算金额：{facts['total']}元</p><h4><strong>二、响应文件提交</strong></h4>"
            '<p>截止时间：<span class="u-content bidFileSubmitTime3">'
            f"{facts['deadline']}</span></p>"
        )
    return (
        "<h4><strong>二、采购结果</strong></h4>"
        f'<p>供应商名称：<span class="supplierName">{facts["supplier"]}</span></p>'
        "<p>供应商地址：样例市创业路000号</p>"
        f'<p>成交金额：<span class="price">{facts["total"]}</span>元</p>'
    )


def _write_word(publication: Publication) -> str:
    notice = publication.notice
    parts = [
        _word_paragraph(f"{notice.agent}受{notice.buyer}委托组织采购，现将结果公告如下："),
        _word_paragraph(f"一、项目编号：{notice.number}"),
        _word_paragraph(f"二、项目名称：{notice.project}"),
        _word_paragraph("三、成交信息"),
        _word_table(
            ("供应商名称", "供应商地址", "中标（成交）金额"),
            (notice.supplier, "样例市创业路000号", f"{notice.total:.2f}元"),
        ),
        _word_paragraph("四、主要标的信息"),
        _word_table(
            ("货物名称", "品牌", "规格型号", "数量", "单价（元）"),
            *map(_word_cells, notice.items),
        ),
        _word_paragraph("五、评审小组名单：〇〇〇、〇〇〇、〇〇〇"),
        _word_paragraph("六、公告期限：自本公告发布之日起1个工作日。"),
        _word_paragraph(f"七、其他补充事宜：{notice.note}"),
        _word_paragraph(f"八、联系方式：采购人 {notice.buyer} 联系电话：0000-0000000"),
    ]
    return '<div id="fontzoom">' + "\n".join(parts) + "</div>"


def _word_cells(item: SampleItem) -> tuple[str, ...]:
    return (item.name, item.brand, item.model, f"{item.quantity}{item.unit}", _format_price(item))


def _word_paragraph(text: str) -> str:
    return f'<p class="MsoNormal" style="MARGIN: 0cm">{_cut_runs(text)}<o:p></o:p></p>'


def _word_table(*rows: tuple[str, ...]) -> str:
    cells = (
        "".join(f'<td valign="top"><p class="MsoNormal">{_cut_runs(cell)}</p></td>' for cell in row)
        for row in rows
    )
    body = "".join(f"<tr>{row}</tr>" for row in cells)
    return f'<table border="1" cellpadding="0" cellspacing="0"><tbody>{body}</tbody></table>'


def _cut_runs(text: str) -> str:
    ends = list(accumulate(islice(cycle(_RUN_LENGTHS), len(text)), initial=0))
    return "".join(
        f'<span style="{_RUN_STYLE}">{escape(text[start:end])}</span>'
        for start, end in pairwise(ends)
        if start < len(text)
    )


def _write_prose(publication: Publication) -> str:
    templates = {"gzgg": "correction", "fblbgg": "ending"}
    name = templates.get(publication.notice.channel, "tender")
    return fill_template(
        name, gather_facts(publication) | {"items": _requirement_table(publication)}
    )


def _requirement_table(publication: Publication) -> str:
    items = publication.notice.items
    if not items:
        return ""
    rows = [_table_row("序号", "标的名称", "规格型号及技术要求", "数量")]
    rows += [
        _table_row(
            str(number),
            item.name,
            f"{item.brand} {item.model}".strip(),
            f"{item.quantity}{item.unit}",
        )
        for number, item in enumerate(items, 1)
    ]
    return f'<table border="1" cellspacing="0" width="100%"><tbody>{"".join(rows)}</tbody></table>'


def _table_row(*cells: str) -> str:
    return "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>"


def _format_price(item: SampleItem) -> str:
    return f"{item.unit_price:.2f}"


_LAYOUTS: dict[str, Callable[[Publication], str]] = {
    "zcy": _write_zcy,
    "pairs": _write_pairs,
    "cells": _write_cells,
    "area": _write_area,
    "word": _write_word,
    "prose": _write_prose,
}
