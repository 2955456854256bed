"""Finance portals with plain lists of links, each read by its shipped stanza."""

from __future__ import annotations

import re
from urllib.parse import parse_qs

from tests.portals.shippedsite import LinkSite, render_body
from tests.portals.sites.base import Anchor, Answer, Asked, Fact

_DAYS = "Mon Tue Wed Thu Fri Sat Sun".split()
_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()


class BeijingSite(LinkSite):
    """Static pages by number, days without a time, addresses without their scheme."""

    source = "beijing"
    anchors = (
        Anchor("row", "list", 'class="datetime"', 'class="neu"'),
        Anchor("link", "list", "href=", "data-href="),
        Anchor("day", "list", "2026-11-", "neulich "),
        Anchor("body", "detail", "mainTextBox", "neu"),
    )

    def answer(self, asked: Asked) -> tuple[str, Answer]:
        """Answer the list, its pages and the notices."""
        if found := re.fullmatch(r"/xxgg/sjxxgg/A002004001index_(\d+)\.htm", asked.path):
            facts = self.cut_page(self.facts, int(found[1]), 14)
            if facts or found[1] == "1":
                rows = "".join(self._render_row(fact) for fact in facts)
                return "list", _render_list(rows, -(-len(self.facts) // 14))
        fact = self.find_fact(asked.path.rsplit("_", 1)[-1].removesuffix(".html"))
        if fact:
            page = f'<div class="mainTextBox">{render_body(fact)}</div>'
            return "detail", Answer(f"<html><body>{page}</body></html>".encode())
        return super().answer(asked)

    def _render_row(self, fact: Fact) -> str:
        host = self.base_url.removeprefix("http:")
        link = f'<a href="{host}/xxgg/sjxxgg/t20261122_{fact.number}.html">{fact.title}</a>'
        return f'<li>{link}<span class="datetime">{fact.published:%Y-%m-%d}</span></li>'


class TianjinSite(LinkSite):
    """Pages by a form, dates as Java prints them, titles cut in the text of their links."""

    source = "tianjin-city"
    anchors = (
        Anchor("link", "list", "viewer.do", "neu.do"),
        Anchor("title", "list", "title=", "data-title="),
        Anchor("time", "list", 'class="time"', 'class="neu"'),
        Anchor("zone", "list", " CST ", " EST "),
    )

    def answer(self, asked: Asked) -> tuple[str, Answer]:
        """Answer the list, its pages and the notices."""
        if asked.path == "/portal/topicView.do" and asked.method == "POST":
            form = {name: values[0] for name, values in parse_qs(asked.body.decode()).items()}
            assert (form["method"], form["id"]) == ("view", "1665")
            rows = map(_render_row, self.cut_page(self.facts, int(form["page"]), 15))
            return "list", _render_list("".join(rows), -(-len(self.facts) // 15))
        fact = self.find_fact(asked.query.get("id", ""))
        if asked.path == "/viewer.do" and fact:
            page = f"<h3>{fact.title}</h3>{render_body(fact)}"
            return "detail", Answer(f"<html><body>{page}</body></html>".encode())
        return super().answer(asked)


def _render_list(rows: str, pages: int) -> Answer:
    pager = f"<div>共<b>{pages}</b>页 <a>上一页</a> <a>下一页</a> <a>尾页</a></div>"
    return Answer(f"<html><body><ul>{rows}</ul>{pager}</body></html>".encode())


def _render_row(fact: Fact) -> str:
    at = fact.published
    # Not strftime: Java's names are English whatever the place.
    time = f"{_DAYS[at.weekday()]} {_MONTHS[at.month - 1]} {at:%d %H:%M:%S} CST {at:%Y}"
    link = f'<a href="/viewer.do?id={fact.number}&ver=2" title="{fact.title}">{fact.title[:9]}…</a>'
    return f'<li>{link}<span class="time">{time}</span></li>'
