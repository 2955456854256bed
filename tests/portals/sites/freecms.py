"""freecms: lists of rows that carry their notice, as a whole or as an excerpt; pages of notices."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from tests.portals.sites.base import CHINA, Anchor, Answer, Asked, Fact, Site

CALL = "/freecms/rest/v1/notice/selectInfoMoreChannel.do"
SITE_ID, CHANNEL = "5a3b-site", "77c1-channel"
_MOST = 60
_REST = (
    "<p>公告期限：自本公告发布之日起1个工作日。</p>"
    "<p>对本次公告内容提出询问，请按以上方式联系。</p>"
)
_JSON = "application/json;charset=UTF-8"
_TIME = "%Y-%m-%d %H:%M:%S"


class FreecmsSite(Site):
    """A finance portal; notices of even numbers are whole in their rows, odd ones have a page."""

    portal = "freecms"
    anchors = (
        Anchor("code", "list", '"code":', '"state":'),
        Anchor("total", "list", '"total":', '"count":'),
        Anchor("rows", "list", '"data":', '"list":'),
        Anchor("id", "list", '"id":', '"key":'),
        Anchor("title", "list", '"title":', '"heading":'),
        Anchor("time", "list", '"noticeTime":', '"when":'),
        Anchor("link", "list", '"pageurl":', '"address":'),
        Anchor("buyer", "list", '"purchaser":', '"owner":'),
        Anchor("region", "list", '"regionName":', '"place":'),
        Anchor("kind", "list", '"noticeType":', '"kindOf":'),
        Anchor("body", "detail", "info-article", "info-neu"),
    )

    def stanza(self, base_url: str) -> dict[str, Any]:
        """Return the stanza of the site."""
        return {"site": base_url, "freecms": {"site_id": SITE_ID, "channel": CHANNEL}}

    def answer(self, asked: Asked) -> tuple[str, Answer]:
        """Answer the list call, pages of notices and files."""
        name = unquote(asked.path).rsplit("/", 1)[-1]
        if asked.path == CALL and asked.query.get("siteId") == SITE_ID:
            return self._answer_list(asked)
        for fact in self.facts:
            if asked.path == _make_path(fact):
                return "detail", Answer(_render_page(fact).encode())
            for file, content in fact.attachments:
                if asked.path.startswith("/files/") and name == file:
                    return "file", Answer(content, "application/octet-stream")
        return "other", Answer(b"<html><title>404</title></html>", status=404)

    def block(self, asked: Asked) -> Answer:
        """Return the demand for a captcha."""
        said = {"code": "500", "msg": "验证码错误", "data": None}
        return Answer(json.dumps(said, ensure_ascii=False).encode(), _JSON)

    def _answer_list(self, asked: Asked) -> tuple[str, Answer]:
        found = select_facts(self.facts, asked)
        page, size = int(asked.query["currPage"]), min(int(asked.query["pageSize"]), _MOST)
        rows = [_make_row(fact) for fact in found[(page - 1) * size : page * size]]
        answer = {"msg": "操作成功", "code": "200", "total": len(found), "data": rows}
        return "list" if rows else "empty", Answer(write_json(answer), _JSON)


def select_facts(facts: Any, asked: Asked) -> list[Fact]:
    """Return the facts within the times that a list is asked for, if it is."""
    if "operationStartTime" not in asked.query:
        return list(facts)
    since, until = (
        datetime.strptime(asked.query[key], _TIME).replace(tzinfo=CHINA)
        for key in ("operationStartTime", "operationEndTime")
    )
    return [fact for fact in facts if since <= fact.published <= until]


def write_json(answer: Any) -> bytes:
    """Return JSON as these sites write it."""
    return json.dumps(answer, ensure_ascii=False, separators=(",", ":")).encode()


def render_body(fact: Fact) -> str:
    """Return the whole notice with links to its files."""
    links = "".join(f'<p><a href="/files/{name}">{name}</a></p>' for name, _ in fact.attachments)
    return f"{fact.body()}{_REST}{links}"


def _make_path(fact: Fact) -> str:
    return f"/freecms/site/sample/ggxx/info/2026/n-{fact.number}.html"


def _make_row(fact: Fact) -> dict[str, Any]:
    return {
        "id": f"n-{fact.number}",
        "noticeId": f"i{fact.number}",
        "title": fact.title,
        "noticeTime": fact.published.astimezone(CHINA).strftime(_TIME),
        "pageurl": _make_path(fact),
        "regionName": fact.region,
        "noticeType": "001021",
        "openTenderCode": fact.project,
        "purchaser": fact.buyer,
        "channel": CHANNEL,
        "content": render_body(fact) if fact.number % 2 == 0 else "<p>公告内容……</p>",
    }


def _render_page(fact: Fact) -> str:
    return (
        f'<html><body><div class="info-title">{fact.title}</div>'
        f'<div class="info-article">{render_body(fact)}</div></body></html>'
    )
