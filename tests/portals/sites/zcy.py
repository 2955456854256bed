"""zcy: kinds of notices with codes, lists asked for by posted JSON, notices as JSON."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote

from tests.portals.sites.base import CHINA, Anchor, Answer, Asked, Fact, Site
from tests.portals.sites.freecms import render_body, write_json

PARENT, SITE_ID = "3661", "80"
AWARDS, OTHERS = "ZcyAnnouncement4", ("ZcyAnnouncement11", "ZcyAnnouncement3001")
_MOST = 100
_JSON = "application/json;charset=UTF-8"


class ZcySite(Site):
    """A finance portal whose shield now and then answers in its place."""

    portal = "zcy"
    anchors = (
        Anchor("success", "list", '"success":', '"good":'),
        Anchor("result", "list", '"result":', '"answer":'),
        Anchor("total", "list", '"total":', '"count":'),
        Anchor("rows", "list", '"data":[', '"list":['),
        Anchor("id", "list", '"articleId":', '"key":'),
        Anchor("title", "list", '"title":', '"heading":'),
        Anchor("time", "list", '"publishDate":', '"when":'),
        Anchor("buyer", "list", '"purchaseName":', '"owner":'),
        Anchor("region", "list", '"districtName":', '"place":'),
        Anchor("kind", "list", '"pathName":', '"kindOf":'),
        Anchor("answer", "detail", '"result":', '"answer":'),
        Anchor("success of a notice", "detail", '"success":', '"good":'),
        Anchor("content", "detail", '"content":', '"html":'),
        Anchor("attachments", "detail", '"attachmentList":', '"files":'),
    )

    def stanza(self, base_url: str) -> dict[str, Any]:
        """Return the stanza of a site that is asked for the codes of its kinds."""
        return {"site": base_url, "zcy": {"parent": PARENT, "site_id": SITE_ID}}

    def answer(self, asked: Asked) -> tuple[str, Answer]:
        """Answer the calls and files."""
        if asked.path == "/admin/category/home/categoryTreeFind":
            return "tree", _answer(_TREE_ANSWER)
        if asked.path == "/portal/category" and asked.method == "POST":
            return self._answer_list(json.loads(asked.body))
        for fact in self.facts:
            if asked.path == "/portal/detail" and asked.query.get("articleId") == _make_id(fact):
                return "detail", _answer(_make_notice(fact))
            for name, content in fact.attachments:
                if unquote(asked.path) == f"/files/{name}":
                    return "file", Answer(content, "application/octet-stream")
        return "other", Answer(b"<html><title>404</title></html>", status=404)

    def block(self, asked: Asked) -> Answer:
        """Return the script that the shield sends in place of an answer."""
        script = "var arg1='3A5F';document.cookie='acw_sc__v2='+arg1;location.reload();"
        return Answer(f"<html><script>{script}</script></html>".encode())

    def _answer_list(self, sent: dict[str, Any]) -> tuple[str, Answer]:
        since, until = sent["publishDateBegin"], sent["publishDateEnd"]
        facts = self.facts if sent["categoryCode"] == AWARDS else ()
        found = [f for f in facts if since <= f"{f.published.astimezone(CHINA):%F}" <= until]
        size = min(sent["pageSize"], _MOST)
        rows = [_make_row(fact) for fact in found[(sent["pageNo"] - 1) * size :][:size]]
        answer = {"total": len(found), "data": rows, "empty": not rows}
        return "list" if rows else "empty", _answer(answer)


_TREE_ANSWER = {
    "id": PARENT, "name": "采购公告", "code": "ZcyAnnouncement", "children": [
        {"id": 1, "name": "采购意向", "code": OTHERS[0], "children": None},
        {"id": 2, "name": "采购项目公告", "code": "ZcyAnnouncement2", "children": [
            {"id": 3, "name": "公开招标公告", "code": OTHERS[1], "children": []},
        ]},
        {"id": 4, "name": "采购结果公告", "code": AWARDS, "children": []},
    ],
}  # fmt: skip


def _answer(value: Any) -> Answer:
    body = {"success": True, "result": {"data": value}, "error": None}
    return Answer(write_json(body), _JSON)


def _make_id(fact: Fact) -> str:
    return f"q+{fact.number}/xYz=="


def _make_row(fact: Fact) -> dict[str, Any]:
    return {
        "articleId": _make_id(fact),
        "siteId": 80,
        "author": fact.agent,
        "pathName": "采购结果公告",
        "title": fact.title,
        "content": None,
        "publishDate": round(fact.published.timestamp() * 1000),
        "districtCode": "650100",
        "districtName": fact.region,
        "projectCode": None,
        "purchaseName": fact.buyer,
        "budgetPrice": "70000.00",
        "invalid": 0,
    }


def _make_notice(fact: Fact) -> dict[str, Any]:
    files = [{"name": name, "path": f"/files/{name}"} for name, _ in fact.attachments]
    bare = Fact(**{**vars(fact), "attachments": ()})
    return {
        "title": fact.title,
        "articleId": _make_id(fact),
        "author": fact.agent,
        "projectCode": fact.project,
        "publishDate": round(fact.published.timestamp() * 1000),
        "categoryNames": ["采购公告", "采购结果公告"],
        "announcementLinkDtoList": None,
        "content": f"<style>th {{border:1px}}</style>{render_body(bare)}",
        "attachmentList": files or None,
        "expiredAt": "2026-12-01T15:59:59.000+0000",
    }
