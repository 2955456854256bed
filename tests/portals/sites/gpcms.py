"""gpcms: the site's ids, lists of at most twenty rows, notices as JSON; pages built by scripts."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

from tests.portals.sites.base import CHINA, Anchor, Answer, Asked, Fact, Site
from tests.portals.sites.freecms import render_body, select_facts, write_json

PREFIX = "/gpcms/rest/web/v2"
SITE_ID = "94c9-site"
CHANNELS = {"c5bf-1": "政府采购公告", "6d48-2": "公示信息", "11aa-3": "通知公告"}
_MOST = 20
_JSON = "application/json;charset=UTF-8"


class GpcmsSite(Site):
    """A finance portal that tells its ids; it shows twenty rows a page whatever is asked for."""

    portal = "gpcms"
    anchors = (
        Anchor("code", "list", '"code":', '"state":'),
        Anchor("total", "list", '"total":', '"count":'),
        Anchor("rows", "list", '"rows":', '"list":'),
        Anchor("data", "list", '"data":', '"result":'),
        Anchor("id", "list", '"id":', '"key":'),
        Anchor("title", "list", '"title":', '"heading":'),
        Anchor("time", "list", '"noticeTime":', '"when":'),
        Anchor("buyer", "list", '"purchaser":', '"owner":'),
        Anchor("region", "list", '"regionName":', '"place":'),
        Anchor("kind", "list", '"noticeType', '"kindOf'),
        Anchor("answer", "detail", '"data":', '"result":'),
        Anchor("code of a notice", "detail", '"code":', '"state":'),
        Anchor("content", "detail", '"content":', '"html":'),
        Anchor("attachments", "detail", '"attchList":', '"files":'),
    )

    def stanza(self, base_url: str) -> dict[str, Any]:
        """Return the stanza of a site that is asked for its ids."""
        return {"site": base_url, "gpcms": {}}

    def answer(self, asked: Asked) -> tuple[str, Answer]:
        """Answer the calls and files."""
        if asked.path == f"{PREFIX}/index/getDeploymentSiteId":
            return "ids", _answer({"id": SITE_ID})
        if asked.path == f"{PREFIX}/index/list" and asked.query.get("site") == SITE_ID:
            rows = [{"id": k, "name": v, "pagemark": f"p{k}"} for k, v in CHANNELS.items()]
            return "ids", _answer(rows)
        if asked.path == f"{PREFIX}/info/selectInfoMoreChannel" and _knows_ids(asked):
            return self._answer_list(asked)
        for fact in self.facts:
            if asked.query.get("id") == f"g-{fact.number}":
                return "detail", _answer(_make_notice(fact))
            for name, content in fact.attachments:
                if unquote(asked.path) == f"/gpcms/files/{name}":
                    return "file", Answer(content, "application/octet-stream")
        return "other", Answer(b"<html><title>403 Forbidden</title></html>", status=403)

    def block(self, asked: Asked) -> Answer:
        """Return the demand for a captcha."""
        return Answer(write_json({"code": "403", "msg": "请输入验证码"}), _JSON, 403)

    def _answer_list(self, asked: Asked) -> tuple[str, Answer]:
        found = select_facts(self.facts, asked)
        first = (int(asked.query["currPage"]) - 1) * _MOST
        rows = [_make_row(fact) for fact in found[first : first + _MOST]]
        return "list" if rows else "empty", _answer({"total": len(found), "rows": rows})


def _knows_ids(asked: Asked) -> bool:
    return asked.query.get("siteId") == SITE_ID and asked.query["channel"].startswith("c5bf-1")


def _answer(value: Any) -> Answer:
    return Answer(write_json({"code": "200", "msg": "操作成功", "data": value}), _JSON)


def _make_row(fact: Fact) -> dict[str, Any]:
    half = len(fact.title) // 2
    return {
        "id": f"g-{fact.number}",
        "title": f"{fact.title[:half]}<font color='#be0108'>{fact.title[half:]}</font>",
        "description": "项目概况",
        "noticeTime": f"{fact.published.astimezone(CHINA):%Y-%m-%d %H:%M:%S}",
        "purchaser": fact.buyer,
        "regionName": fact.region,
        "noticeType": "001021",
        "noticeTypeName": "公开招标中标公告",
        "openTenderCode": fact.project,
        "budget": "70000.0000",
    }


def _make_notice(fact: Fact) -> dict[str, Any]:
    files = [{"fileName": name, "fileUrl": f"/gpcms/files/{name}"} for name, _ in fact.attachments]
    bare = Fact(**{**vars(fact), "attachments": ()})
    return {**_make_row(fact), "content": render_body(bare), "attchList": files}
