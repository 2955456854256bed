"""Render the sample portal's pages: pure functions from publications to HTML text.

The structure is that of the national portal's combined local list and its two detail
templates: a table summary (公告概要) above the body, or a #noticeArea of span anchors.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from monitor.sample.bodies import fill_template, format_deadline, gather_facts, write_body
from monitor.sample.notices import AWARD_CHANNELS, Publication

SAMPLE_MARK = "本页为演示样例，非真实采购 / SAMPLE, not a real purchase"
_LINK_LENGTH = 26


def render_list(rows: Sequence[Publication], page_index: int, page_count: int) -> str:
    """Return one page of the combined list; `page_index` counts from 0, as the pager does."""
    facts = {
        "mark": SAMPLE_MARK,
        "rows": "".join(_render_row(row) for row in rows),
        "page_index": str(page_index),
        "page_count": str(page_count),
    }
    return fill_template("list", facts)


def render_detail(publication: Publication, related: Sequence[Publication] = ()) -> str:
    """Return the page of one notice, with links to `related` ones in the box beside it."""
    attachments = publication.notice.attachments
    facts = gather_facts(publication) | {
        "mark": SAMPLE_MARK,
        "published": publication.format_time("%Y-%m-%d %H:%M"),
        "published_long": publication.format_time("%Y年%m月%d日 %H:%M"),
        "summary": _render_summary(publication),
        "body": write_body(publication),
        "attachments": _render_attachments(publication.notice.id, attachments),
        "related": "".join(_render_related(other) for other in related),
    }
    return fill_template("detail", facts)


def render_plain(title: str) -> str:
    """Return a small page with a title and a link to the list."""
    return fill_template("plain", {"mark": SAMPLE_MARK, "title": escape(title)})


def _render_row(publication: Publication) -> str:
    notice, title = publication.notice, publication.notice.title
    cut = title if len(title) <= _LINK_LENGTH else title[:_LINK_LENGTH] + "..."
    facts = gather_facts(publication) | {
        "href": "." + publication.path.removeprefix("/cggg/dfgg"),
        "cut_title": escape(cut),
        "published": publication.format_time("%Y-%m-%d %H:%M"),
        "region": escape(notice.region),
    }
    return fill_template("list_row", facts)


def _render_summary(publication: Publication) -> str:
    notice, facts = publication.notice, gather_facts(publication)
    if notice.layout == "area":
        return ""
    # The one-column layout comes from a portal that names the buyer once per lot.
    shown = ",".join([facts["buyer"]] * 2) if notice.layout == "pairs" else facts["buyer"]
    facts |= {
        "buyer_shown": shown,
        "published_wide": publication.format_time("%Y年%m月%d日  %H:%M"),
        "stage_rows": "".join(_summary_row(*row) for row in _stage_rows(publication)),
    }
    return fill_template("summary", facts)


def _stage_rows(publication: Publication) -> list[tuple[str, str]]:
    notice = publication.notice
    money = f"￥{notice.total / 10_000:.6f} 万元（人民币）"
    if notice.channel in AWARD_CHANNELS:
        label = "总成交金额" if notice.channel == "cjgg" else "总中标金额"
        if notice.layout == "pairs":
            label = label.replace("金额", "金 额")
        return [("评审专家名单", "〇〇〇、〇〇〇"), (label, money)]
    if notice.channel in ("gzgg", "fblbgg"):
        return []
    return [("预算金额", money), ("开标时间", format_deadline(publication))]


def _summary_row(label: str, value: str) -> str:
    return f"<tr><td class='title'>{label}</td><td colspan='3'>{value}</td></tr>"


def _render_attachments(notice_id: int, names: Sequence[str]) -> str:
    if not names:
        return ""
    links = "".join(
        f'<li><p style="display:inline-block"><a href="/oss/{notice_id}-{number}.pdf" ignore=1>'
        f"{escape(name)}</a></p></li>"
        for number, name in enumerate(names, 1)
    )
    # The list is left open and stands outside the body, as on the pages it follows.
    return f"<p style='font-size' class='fjxx'>附件信息：</p><ul class=\"fjxx\">{links}"


def _render_related(publication: Publication) -> str:
    title = escape(publication.notice.title)
    return f'<li><a href="{publication.path}" title="{title}">{title}</a></li>'
