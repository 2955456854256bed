"""An Epoint site: a list by the number of its first row, limited by time, JSON within JSON."""

from __future__ import annotations

import json
from typing import Any

from tests.portals.sites.base import Anchor, Answer, Asked, Fact, Site

JSON = "application/json; charset=utf-8"


class EpointSite(Site):
    """The full-text list of a platform of public resource trading."""

    portal = "epoint"
    cap = 360
    anchors = (
        Anchor("answer", "list", '"result"', '"neu"'),
        Anchor("rows", "list", '\\"records\\"', '\\"neu\\"'),
        Anchor("total", "list", '\\"totalcount\\"', '\\"neu\\"'),
        Anchor("id", "list", '\\"id\\"', '\\"neu\\"'),
        Anchor("title", "list", '\\"title\\"', '\\"neu\\"'),
        Anchor("link", "list", '\\"linkurl\\"', '\\"neu\\"'),
        Anchor("date", "list", '\\"webdate\\"', '\\"neu\\"'),
        Anchor("body", "detail", "ewb-article-info", "neu"),
    )

    def stanza(self, base_url: str) -> dict[str, Any]:
        """Return the stanza of the whole platform."""
        return {"site": base_url, "epoint": {"most": self.cap}}

    def answer(self, asked: Asked) -> tuple[str, Answer]:
        """Answer the list, the notices and their files."""
        if asked.path.endswith("/getFullTextDataNew") and asked.method == "POST":
            return "list", self._answer_list(json.loads(asked.body))
        name = asked.path.rsplit("/", 1)[-1]
        for fact in self.facts:
            if name == f"{fact.number}.html":
                return "detail", Answer(_render_notice(fact).encode())
            for file, content in fact.attachments:
                if name == file:
                    return "file", Answer(content, "application/octet-stream")
        return "other", Answer(b"<html><title>404</title></html>", status=404)

    def block(self, asked: Asked) -> Answer:
        """Return the page of the platform's shield."""
        body = "<html><title>安全验证</title><body>请完成安全验证后继续访问</body></html>"
        return Answer(body.encode())

    def _answer_list(self, wanted: dict[str, Any]) -> Answer:
        (time,) = wanted["time"]
        known = [
            fact
            for fact in self.facts
            if time["startTime"] <= f"{fact.published:%Y-%m-%d %H:%M:%S}" <= time["endTime"]
        ]
        shown = known[: self.cap][wanted["pn"] : wanted["pn"] + wanted["rn"]]
        result = {"totalcount": len(known), "records": [*map(_show_row, shown)]}
        text = json.dumps({"result": json.dumps(result, ensure_ascii=False)}, ensure_ascii=False)
        return Answer(text.encode(), JSON)


def _show_row(fact: Fact) -> dict[str, str]:
    return {
        "id": f"{fact.number}_001",
        "title": fact.title.replace("采购", "<em style='color:red'>采购</em>"),
        "linkurl": f"/jyxx/002002/{fact.number}.html",
        "webdate": f"{fact.published:%Y-%m-%d %H:%M:%S}",
        "categoryname": "结果公告",
        "categorynum": "002002002",
        "xiaquname": fact.region,
        "content": fact.title,
    }


def _render_notice(fact: Fact) -> str:
    links = "".join(f'<p><a href="/files/{name}">{name}</a></p>' for name, _ in fact.attachments)
    return (
        f"<html><head><title>{fact.title}</title></head><body><h3>{fact.title}</h3>"
        f'<div class="ewb-article-info">{fact.body()}{links}</div></body></html>'
    )
