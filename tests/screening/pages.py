"""Whole pages written for the tests of screening: each template a structure that portals use.

Every purchase is invented. A template writes the notice from a Purchase; its Layout arranges the
table of items, its Around says what stands beside them, in the notice and in the page's chrome.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache

from monitor.models import Match, Strength
from monitor.portals.saved import read_saved
from tests.screening.samples import load_screener

PLAIN = "禾木"
PLAIN_MODEL = "HM-100"
# The first of the category's nouns that names a thing and no kind of service.
NOUNS = {
    "dna": "遗传分析仪", "lab": "质谱仪", "storage": "硬盘", "chip": "处理器", "network": "交换机",
    "server": "服务器", "software": "软件", "cloud": "云服务", "radio": "对讲机",
    "thermal": "热像仪", "tscm": "反窃听", "aviation": "直升机", "forensics": "取证",
    "lesslethal": "电击枪",
}  # fmt: skip


@dataclass(frozen=True)
class Word:
    """A watched spelling: what a brand or a model column may hold."""

    entry: str
    text: str
    noun: str
    is_model: bool = False


@dataclass(frozen=True)
class Layout:
    """How a table of items is written; `order` are places of columns."""

    order: tuple[int, ...] = (0, 1, 2, 3, 4, 5)
    turned: bool = False
    parted: bool = False
    neutral: bool = False
    reversed_rows: bool = False
    copies: int = 1
    wraps: int = 0


@dataclass(frozen=True)
class Around:
    """What stands around the items: first in the notice itself, then in the page's chrome."""

    buyer_address: str = "青禾市人民路1号"
    agent: str = "青禾建联招标代理有限公司"
    agent_address: str = "青禾市建设路2号"
    contact: str = "张〇"
    bidder: str = "青禾同创科技有限公司"
    qualification: str = "具有独立承担民事责任的能力"
    note: str = ""
    side: str = "青禾市第三小学课桌椅采购公告"
    footer: str = "版权所有 青禾市公共资源交易平台"
    script: str = "var id = 1;"
    comment: str = "正文开始"


@dataclass(frozen=True)
class Purchase:
    """The facts of an invented notice; an item is (name, brand, model)."""

    items: tuple[tuple[str, str, str], ...]
    buyer: str = "青禾市公安局"
    supplier: str = "青禾诚信商贸有限公司"
    kind: str = ""
    layout: Layout = Layout()
    around: Around = Around()

    @property
    def project(self) -> str:
        return f"{self.items[0][0]}采购项目"


@dataclass(frozen=True)
class Page:
    """A notice as a portal answers: HTML, and a title that the page itself does not show."""

    html: str
    title: str = ""
    is_json: bool = False

    def encode(self, encoding: str = "utf-8") -> bytes:
        """Return the bytes as served; what the encoding lacks is written as a reference."""
        text = self.html
        if self.is_json:
            data = {"title": self.title, "content": self.html, "publishDate": "2017-05-06 09:30:00"}
            text = json.dumps({"success": True, "result": {"data": data}}, ensure_ascii=False)
        return text.encode(encoding, "xmlcharrefreplace")

    def screen(self, encoding: str = "utf-8") -> Match:
        """Return the match of the served bytes with the shipped watchlists."""
        return screen_bytes(self.encode(encoding), "" if self.is_json else self.title)


def screen_bytes(body: bytes, title: str = "") -> Match:
    """Take the whole way from bytes to verdict."""
    listing = {"title": title, "date": "2017-05-06"}
    return load_screener().screen(read_saved(body, listing, "https://portal.example/1"))


@cache
def list_words() -> tuple[Word, ...]:
    """Return every strong alias and every example of a product of the shipped watchlists."""
    words = []
    for brand in load_screener().watchlists.brands:
        noun = NOUNS[brand.category[0]]
        for strength, _, alias in brand.aliases.graded():
            if strength is Strength.STRONG:
                words.append(Word(brand.id, alias, noun))
        for product in brand.products:
            words += [Word(brand.id, text, noun, is_model=True) for text in product.seen]
    return tuple(words)


@cache
def list_buyers() -> tuple[str, ...]:
    """Return the names of organs that the shipped agency list gives as examples."""
    agencies = load_screener().agencies
    seen = [name for agency in agencies.agencies for name in agency.seen]
    return tuple(dict.fromkeys(name for name in seen if agencies.find_agency(name)))


def buy_word(word: Word) -> Purchase:
    """Return the purchase of a watched thing."""
    brand, model = ("/", word.text) if word.is_model else (word.text, "QH-01")
    return Purchase(((word.noun, brand, model),))


def buy_plain(noun: str) -> Purchase:
    """Return the purchase of a thing that nobody watches."""
    return Purchase(((noun, PLAIN, PLAIN_MODEL),))


def add_item(purchase: Purchase) -> Purchase:
    """Return the purchase with a second, unrelated item."""
    return replace(purchase, items=(*purchase.items, ("会议桌", PLAIN, "HM-200")))


def change_around(purchase: Purchase, **texts: str) -> Purchase:
    """Return the purchase with other words around its items."""
    return replace(purchase, around=replace(purchase.around, **texts))


HEADS = ("序号", "标的名称", "品牌", "规格型号", "数量", "单价（元）")


def write_items(purchase: Purchase) -> str:
    """Return the item table, or tables, in the purchase's layout."""
    layout = purchase.layout
    rows = [
        (str(n), name, brand, model, "2台", "1500.00")
        for n, (name, brand, model) in enumerate(purchase.items, 1)
    ]
    rows = rows[::-1] if layout.reversed_rows else rows
    parts = [[row] for row in rows] if layout.parted else [rows]
    return "".join(_write_table(part, layout) for part in parts) * layout.copies


def _write_table(rows: Sequence[tuple[str, ...]], layout: Layout) -> str:
    grid = [[row[place] for place in layout.order] for row in (HEADS, *rows)]
    if layout.neutral:
        grid = [[*row, "备注" if n == 0 else "原厂质保"] for n, row in enumerate(grid)]
    if layout.turned:
        grid = [list(row) for row in zip(*grid, strict=True)]
    text = f'<table border="1">{"".join(map(_write_row, grid))}</table>'
    for _ in range(layout.wraps):
        text = f"<table><tbody><tr><td><div>{text}</div></td></tr></tbody></table>"
    return text


def _write_row(cells: list[str]) -> str:
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def _write_closing(p: Purchase) -> str:
    a = p.around
    return (
        f"<p>五、评审专家名单：张〇、李〇</p><p>六、其它补充事宜</p><p>{a.note}</p>"
        "<p>七、凡对本次公告内容提出询问，请按以下方式联系</p>"
        f"<p>1.采购人信息</p><p>名称：{p.buyer}</p><p>地址：{a.buyer_address}</p>"
        f"<p>联系方式：{a.contact}</p>"
        f"<p>2.采购代理机构信息</p><p>名称：{a.agent}</p><p>地址：{a.agent_address}</p>"
        "<p>联系方式：000-0000000</p>"
    )


def _frame_page(title: str, body: str, around: Around, anchor: str) -> str:
    return (
        '<!DOCTYPE html><html><head><meta charset="utf-8">'
        f"<title>{title}</title><script>{around.script}</script></head><body>"
        '<div class="nav"><a href="/">首页</a> <a href="/cggg/">采购公告</a></div>'
        f'<h2 class="tc">{title}</h2><!-- {around.comment} -->'
        f'<div class="{anchor}">{body}</div>'
        f'<div class="sidebar"><ul><li><a href="/2.htm">{around.side}</a></li></ul></div>'
        f'<div class="footer"><p>{around.footer}</p></div></body></html>'
    )


def _title(p: Purchase, kind: str) -> str:
    return f"{p.buyer}{p.project}{p.kind or kind}"


def write_ccgp(p: Purchase) -> Page:
    """A central award: summary table, sections, a table of items."""
    summary = (
        '<div class="vF_detail_main"><div class="table"><table>'
        f"<tr><td>采购项目名称</td><td>{p.project}</td></tr>"
        f"<tr><td>采购单位</td><td>{p.buyer}</td></tr><tr><td>行政区域</td><td>青禾市</td></tr>"
        "</table></div></div>"
    )
    body = (
        f"<p>一、项目编号：QH-2017-01</p><p>二、项目名称：{p.project}</p>"
        f"<p>三、中标（成交）信息</p><p>供应商名称：{p.supplier}</p>"
        f"<p>供应商地址：青禾市和平路3号</p><p>中标（成交）金额：0.3000000（万元）</p>"
        f"<p>四、主要标的信息</p>{write_items(p)}{_write_closing(p)}"
    )
    title = _title(p, "中标公告")
    return Page(_frame_page(title, summary + body, p.around, "vF_detail_content"))


def write_pairs(p: Purchase) -> Page:
    """An award whose items are label and value, one cell a row."""
    lines = [
        f"{head}：{value}"
        for name, brand, model in p.items
        for head, value in (
            ("名称", name), ("品牌", brand), ("规格型号", model), ("数量", "2台"),
        )
    ]  # fmt: skip
    rows = "".join(_write_row([line]) for line in lines)
    body = (
        f"<p>一、项目编号：QH-2017-02</p><p>采购人：{p.buyer}</p>"
        f"<p>三、中标（成交）信息</p><p>供应商名称：{p.supplier}</p>"
        f"<p>四、主要标的信息</p><table>{rows}</table>{_write_closing(p)}"
    )
    return Page(_frame_page(_title(p, "成交公告"), body, p.around, "detail_content"))


def write_lots(p: Purchase) -> Page:
    """An award of two lots: a table of bidders and winners, then the items."""
    lots = (
        "<table><tr><td>标项</td><td>中标供应商名称</td><td>中标金额（元）</td></tr>"
        f"<tr><td>1</td><td>{p.supplier}</td><td>3000.00</td></tr>"
        f"<tr><td>2</td><td>青禾永信商贸有限公司</td><td>5000.00</td></tr></table>"
    )
    bidders = (
        "<table><tr><td>投标供应商</td><td>未中标原因</td></tr>"
        f"<tr><td>{p.around.bidder}</td><td>得分较低</td></tr></table>"
    )
    body = (
        f"<p>采购人：{p.buyer}</p><p>项目名称：{p.project}</p><p>三、中标信息</p>{lots}"
        f"<p>四、主要标的信息</p>{write_items(p)}<p>五、未中标供应商</p>{bidders}{_write_closing(p)}"
    )
    return Page(_frame_page(_title(p, "中标结果公告"), body, p.around, "article_con"))


def write_turned(p: Purchase) -> Page:
    """An award whose heads stand in the first column."""
    turned = replace(p, layout=replace(p.layout, turned=not p.layout.turned))
    body = (
        f"<p>采购单位：{p.buyer}</p><p>中标供应商：{p.supplier}</p>"
        f"<p>主要中标标的</p>{write_items(turned)}{_write_closing(p)}"
    )
    return Page(_frame_page(_title(p, "中标公告"), body, p.around, "notice-content"))


def write_contract(p: Purchase) -> Page:
    """A contract in prose."""
    bought = "；".join(f"{name}，品牌为{brand}，型号为{model}" for name, brand, model in p.items)
    body = (
        f"<p>甲方（采购人）：{p.buyer}</p><p>乙方（供应商）：{p.supplier}</p>"
        f"<p>根据招标结果，双方签订本合同。甲方向乙方购买{bought}，共2台，合同金额3000元。</p>"
        f"<p>质保期三年，自验收之日起算。</p>{_write_closing(p)}"
    )
    return Page(_frame_page(_title(p, "合同公告"), body, p.around, "detail_content"))


def write_zcy(p: Purchase) -> Page:
    """A platform's JSON answer with the notice as HTML."""
    codes = ("code-a", "code-b", "code-c", "code-d")
    marked = [zip(codes, (*item, "2台"), strict=True) for item in p.items]
    rows = "".join(
        f"<tr>{''.join(f'<td class={code}>{cell}</td>' for code, cell in row)}</tr>"
        for row in marked
    )
    body = (
        "<blockquote style='display: none'>旧模板</blockquote><div class='noticeArea'>"
        f"<p>一、项目编号：<span>QH-2017-03</span></p><p>采购人：{p.buyer}</p>"
        f"<p>供应商名称：{p.supplier}</p><p>四、主要标的信息</p>"
        f"<table><tr><th>标的名称</th><th>品牌</th><th>规格型号</th><th>数量</th></tr>{rows}</table>"
        f"{_write_closing(p)}</div>"
    )
    return Page(body, _title(p, "中标（成交）结果公告"), is_json=True)


def write_word(p: Purchase) -> Page:
    """A word processor's export: classes, namespaces, runs of text."""

    def run(text: str) -> str:
        return (
            '<p class=MsoNormal style="mso-pagination:none"><span lang=EN-US>'
            f"{text}<o:p></o:p></span></p>"
        )

    rows = "".join(
        "<tr>" + "".join(f"<td>{run(cell)}</td>" for cell in row) + "</tr>"
        for row in (("货物名称", "品牌", "规格型号", "数量"), *((*item, "2") for item in p.items))
    )
    body = (
        '<?xml:namespace prefix = "o" ns = "urn:schemas-microsoft-com:office:office" />'
        f"{run('采购人名称：' + p.buyer)}{run('中标供应商：' + p.supplier)}"
        f"<table class=MsoTableGrid border=1>{rows}</table>{_write_closing(p)}"
    )
    return Page(_frame_page(_title(p, "成交公告"), body, p.around, "article-content"))


def write_plan(p: Purchase) -> Page:
    """Purchase intentions: one table, the thing wanted in the outline of the need."""
    wants = "".join(
        f"<tr><td>{n}</td><td>{name}采购</td><td>购置{brand}{name}，型号{model}，2台</td>"
        "<td>0.30</td><td>2017年6月</td></tr>"
        for n, (name, brand, model) in enumerate(p.items, 1)
    )
    body = (
        f"<p>为便于供应商了解采购信息，现将{p.buyer}2017年6月采购意向公开如下：</p>"
        "<table><tr><th>序号</th><th>采购项目名称</th><th>采购需求概况</th>"
        f"<th>预算金额（万元）</th><th>预计采购时间</th></tr>{wants}</table><p>{p.buyer}</p>"
    )
    title = f"{p.buyer}2017年6月{p.kind or '政府采购意向'}"
    return Page(_frame_page(title, body, p.around, "article-content"))


def write_tender(p: Purchase) -> Page:
    """A tender with a table of what is specified."""
    rows = "".join(
        f"<tr><td>{name}</td><td>品牌：{brand}；型号：{model}；含安装调试</td><td>2</td></tr>"
        for name, brand, model in p.items
    )
    body = (
        f"<p>采购人：{p.buyer}</p><p>项目名称：{p.project}</p><p>预算金额：3000元</p>"
        "<p>二、采购需求</p>"
        f"<table><tr><th>设备名称</th><th>技术参数</th><th>数量</th></tr>{rows}</table>"
        f"<p>三、申请人的资格要求：</p><p>1.{p.around.qualification}；</p>{_write_closing(p)}"
    )
    return Page(_frame_page(_title(p, "公开招标公告"), body, p.around, "vF_detail_content"))


def write_feed(p: Purchase) -> Page:
    """The description of an entry of a feed: a few lines, no page."""
    bought = "<br/>".join(f"{name}：{brand} {model} 2台" for name, brand, model in p.items)
    html = (
        f"采购人：{p.buyer}<br/>成交供应商：{p.supplier}<br/>成交内容：<br/>{bought}<br/>"
        f"采购代理机构：{p.around.agent}<br/>地址：{p.around.agent_address}"
    )
    return Page(html, _title(p, "成交公告"))


def write_cells(p: Purchase) -> Page:
    """An award with each item whole in one cell."""
    rows = "".join(
        f"<tr><td>{n}</td><td>名称：{name}<br/>品牌：{brand}<br/>规格型号：{model}<br/>数量：2台</td></tr>"
        for n, (name, brand, model) in enumerate(p.items, 1)
    )
    body = (
        f"<p>采购人：{p.buyer}</p><p>供应商名称：{p.supplier}</p><p>主要标的信息</p>"
        f"<table><tr><td>序号</td><td>货物类</td></tr>{rows}</table>{_write_closing(p)}"
    )
    return Page(_frame_page(_title(p, "中标公告"), body, p.around, "info-article"))


Template = Callable[[Purchase], Page]
AWARDS: dict[str, Template] = {
    "ccgp": write_ccgp, "pairs": write_pairs, "lots": write_lots, "turned": write_turned,
    "contract": write_contract, "zcy": write_zcy, "word": write_word, "feed": write_feed,
    "cells": write_cells,
}  # fmt: skip
TEMPLATES: dict[str, Template] = {**AWARDS, "plan": write_plan, "tender": write_tender}
GRIDS = ("ccgp", "lots", "turned")
FRAMED = tuple(name for name in TEMPLATES if name not in ("zcy", "feed"))
CLOSED = tuple(name for name in TEMPLATES if name not in ("plan", "feed"))
