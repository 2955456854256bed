"""ggzy.gov.cn: a posted form for lists of twenty rows, at most 1000 a list; notices in two pages.

The page of a purchase (a) names its notices, each of which has a page of its own (b). Both carry
left-overs of another notice in scripts and meta elements, as the real ones do.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl

from tests.portals.sites.base import CHINA, Anchor, Answer, Asked, Fact, Site

CALL = "/information/pubTradingInfo/getTradList"
_SIZE, _CAP = 20, 1000
_STAGES = {
    "tender": ("0201", "采购/资审公告"),
    "award": ("0202", "中标公告"),
    "contract": ("0203", "采购合同"),
    "tenderAmendment": ("0204", "更正事项"),
}
_PROVINCES = ("330000", "650000", "660000")
_LEFT_OVER = (
    '<meta name="others" content="页面生成时间 2024-04-26 07:22:49">'
    "<script>var mysid = '00999'; var recordTime = '2024-05-17 14:29:48';</script>"
)


class GgzySite(Site):
    """The national platform of public resource trading."""

    portal = "ggzy"
    anchors = (
        Anchor("code", "list", '"code"', '"status"'),
        Anchor("rows", "list", '"records"', '"items"'),
        Anchor("total", "list", '"total"', '"count"'),
        Anchor("pages", "list", '"pages"', '"leaves"'),
        Anchor("id", "list", '"id"', '"key"'),
        Anchor("title", "list", '"title"', '"name"'),
        Anchor("link", "list", '"url"', '"path"'),
        Anchor("date", "list", '"publishTime"', '"time"'),
        Anchor("region", "list", '"provinceText"', '"areaText"'),
        Anchor("body", "detail", 'id="mycontent"><div class="detail_content"', "><div"),
    )

    def stanza(self, base_url: str) -> dict[str, Any]:
        """Return the stanza of government procurement."""
        return {"site": base_url}

    def answer(self, asked: Asked) -> tuple[str, Answer]:
        """Answer lists, both pages of a notice, and attachments."""
        if asked.path == CALL and asked.method == "POST":
            return "list", self._list(dict(parse_qsl(asked.body.decode())))
        name = asked.path.rsplit("/", 1)[-1]
        for fact in self.facts:
            if name == f"{fact_id(fact)}.html":
                own = "/html/b/" in asked.path
                page = _render_notice(fact) if own else _render_purchase(fact)
                return ("detail" if own else "other"), Answer(page.encode())
            for file_name, content in fact.attachments:
                if asked.path == f"/files/{file_name}":
                    return "file", Answer(content, "application/octet-stream")
        return "other", Answer(b"<html><title>404</title></html>", status=404)

    def block(self, asked: Asked) -> Answer:
        """Return the site's demand for a captcha, which has status 200."""
        if asked.method == "GET":
            return Answer(b"<html><title>403 Forbidden</title></html>", status=403)
        return _write({"code": 829, "message": "", "captchaToken": "t", "captchaImage": "aGk="})

    def _list(self, form: dict[str, str]) -> Answer:
        found = [fact for fact in self.facts if _is_asked(fact, form)][:_CAP]
        page = int(form.get("PAGENUMBER", "1"))
        shown = found[(page - 1) * _SIZE : page * _SIZE]
        inner = {
            "records": [_render_row(fact) for fact in shown],
            "total": len(found),
            "size": _SIZE,
            "current": page,
            "pages": -(-len(found) // _SIZE),
        }
        return _write({"code": 200, "message": "success", "data": inner, "usetime": 0})


def fact_id(fact: Fact) -> str:
    """Return the id of a notice."""
    return f"00{province_of(fact)[:2]}{fact.number:032x}"


def province_of(fact: Fact) -> str:
    """Return the code of the province that a notice is listed under."""
    return _PROVINCES[fact.number % len(_PROVINCES)]


def _is_asked(fact: Fact, form: dict[str, str]) -> bool:
    day = f"{fact.published.astimezone(CHINA):%Y-%m-%d}"
    return (
        form.get("DEAL_TIME") == "06"
        and form["TIMEBEGIN"] <= day <= form["TIMEEND"]
        and form.get("DEAL_CLASSIFY", "02") == "02"
        and form.get("DEAL_PROVINCE", province_of(fact)) == province_of(fact)
        and form.get("DEAL_STAGE", _STAGES[fact.stage][0]) == _STAGES[fact.stage][0]
    )


def _path(fact: Fact, page: str) -> str:
    day = f"{fact.published.astimezone(CHINA):%Y%m%d}"
    stage = _STAGES[fact.stage][0]
    return f"/information/deal/html/{page}/{province_of(fact)}/{stage}/{day}/{fact_id(fact)}.html"


def _render_row(fact: Fact) -> dict[str, Any]:
    code, text = _STAGES[fact.stage]
    return {
        "id": fact_id(fact), "publishTime": f"{fact.published.astimezone(CHINA):%Y-%m-%d}",
        "transactionSourcesPlatformText": f"{fact.region}公共资源交易网",
        "businessTypeText": "政府采购", "informationType": code, "informationTypeText": text,
        "province": province_of(fact), "provinceText": fact.region, "city": None,
        "cityText": None, "title": fact.title, "tenderProjectCode": None, "bodyContent": None,
        "url": _path(fact, "a"),
    }  # fmt: skip


def _render_notice(fact: Fact) -> str:
    links = "".join(f'<p><a href="/files/{name}">{name}</a></p>' for name, _ in fact.attachments)
    return (
        f"<!doctype html><html><head><title>全国公共资源交易平台</title>{_LEFT_OVER}</head><body>"
        f'<div class="detail"><h4 class="h4_o">{fact.title}</h4><p class="p_o"><span>'
        f"发布时间：{fact.published.astimezone(CHINA):%Y-%m-%d %H:%M}</span></p>"
        f'<div id="mycontent"><div class="detail_content">{fact.body()}{links}</div></div>'
        "</div></body></html>"
    )


def _render_purchase(fact: Fact) -> str:
    code = _STAGES[fact.stage][0]
    return (
        f"<!doctype html><html><head>{_LEFT_OVER}</head><body>"
        f'<div class="fully"><h4 class="h4_o">{fact.title}</h4>'
        f'<p class="p_o"><span>采购项目编号：{fact.project}</span></p><ul class="fully_list"><li>'
        f'<a href="javascript:;" title="{fact.title}" '
        f"onclick=\"showDetail(this, '{code}','{_path(fact, 'b')}')\">{fact.title}</a>"
        f"<span>{fact.published.astimezone(CHINA):%Y-%m-%d}</span></li></ul></div></body></html>"
    )


def _write(value: dict[str, Any]) -> Answer:
    body = json.dumps(value, ensure_ascii=False).encode()
    return Answer(body, "application/json;charset=UTF-8")
