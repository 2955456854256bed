"""bulletin.cebpubservice.com: one list for each kind of notice; the notices are elsewhere."""

from __future__ import annotations

from typing import Any

from tests.portals.sites.base import CHINA, Anchor, Answer, Asked, Fact, Site

_SIZE = 20
_KINDS = {"award": "result", "tender": "bulletin", "tenderAmendment": "change"}
_HEADS = ("公告名称", "所属行业", "所属地区", "来源渠道", "公告发布时间", "距离开标时间")


class CebSite(Site):
    """The public service platform of bidding."""

    portal = "cebpubservice"
    anchors = (
        Anchor("head", "list", "公告发布时间", "公告日"),
        Anchor("region", "list", "所属地区", "所在地"),
        Anchor("link", "list", "urlOpen", "openUrl"),
        Anchor("pager", "list", "<label>", "<b>"),
    )

    def stanza(self, base_url: str) -> dict[str, Any]:
        """Return the stanza of the kinds that have facts."""
        kinds = sorted({_KINDS[fact.stage] for fact in self.facts})
        return {"site": base_url, "cebpubservice": {"kinds": kinds}}

    def answer(self, asked: Asked) -> tuple[str, Answer]:
        """Answer a page of a list."""
        kind = asked.path.removeprefix("/xxfbcmses/search/").removesuffix(".html")
        if kind not in _KINDS.values():
            return "other", Answer(b"<html><title>404</title></html>", status=404)
        first, last = asked.query["startcheckDate"], asked.query["endcheckDate"]
        found = [
            fact
            for fact in self.facts
            if _KINDS[fact.stage] == kind
            and first <= f"{fact.published.astimezone(CHINA):%Y-%m-%d %H:%M:%S}" <= last
        ]
        return "list", Answer(_render_list(found, int(asked.query["page"])).encode())

    def block(self, asked: Asked) -> Answer:
        """Return the page for hasty visitors, which has status 200."""
        head = "<head><title>提示信息</title></head>"
        return Answer(f"<html>{head}<body><p>抱歉，页面暂时找不到。</p></body></html>".encode())


def fact_uuid(fact: Fact) -> str:
    """Return the id of a notice."""
    return f"{fact.number:032x}"


def _render_list(facts: list[Fact], page: int) -> str:
    heads = "".join(f"<th>{head}</th>" for head in _HEADS)
    rows = "".join(map(_render_row, facts[(page - 1) * _SIZE : page * _SIZE]))
    pages = -(-len(facts) // _SIZE)
    return (
        "<html><head><title>公告公示</title></head><body>"
        f'<table class="table_text"><tr>{heads}</tr>{rows}</table>'
        f'<div class="pagination">共<label>{pages}</label>页</div></body></html>'
    )


def _render_row(fact: Fact) -> str:
    time = fact.published.astimezone(CHINA)
    return (
        f'<tr><td name="imgShow" id="{time:%Y-%m-%d %H:%M:%S}">'
        f'<a href="javascript:urlOpen(\'{fact_uuid(fact)}\')" title="{fact.title}">'
        f'{fact.title[:10]}...</a></td><td><span title="货物">货物</span></td>'
        f'<td><span title="{fact.region}">【{fact.region}】</span></td><td>样例交易平台</td>'
        f'<td>{time:%Y-%m-%d}</td><td name="openTime" id="2026-12-20 09:30:00"></td></tr>'
    )
