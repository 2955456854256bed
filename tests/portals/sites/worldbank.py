"""The World Bank: one search call, newest first, pages by offset; rows hold their whole text."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote

from tests.portals.sites.base import Anchor, Answer, Asked, Fact, Site

ELSEWHERE = "https://files.example"
PATH = "/api/v2/procnotices"


class WorldbankSite(Site):
    """The search of procurement notices; a filter that it does not know it ignores."""

    portal = "worldbank"
    anchors = (
        Anchor("rows", "list", '"procnotices"', '"notices"'),
        Anchor("total", "list", '"total"', '"count"'),
        Anchor("id", "list", '"id"', '"number"'),
        Anchor("date", "list", '"noticedate"', '"day"'),
        Anchor("type", "list", '"notice_type"', '"kind"'),
        Anchor("title", "list", '"bid_description"', '"heading"'),
        Anchor("buyer", "list", '"contact_organization"', '"agency"'),
        Anchor("text", "detail", '"notice_text"', '"text"'),
        Anchor("detail rows", "detail", '"procnotices"', '"notices"'),
    )

    def stanza(self, base_url: str) -> dict[str, Any]:
        """Return the stanza of one country."""
        return {"site": base_url, "worldbank": {"countries": ["样例省"], "page_size": 10}}

    def answer(self, asked: Asked) -> tuple[str, Answer]:
        """Answer a page of the search, one notice with its text, or a file."""
        for fact in self.facts:
            for name, body in fact.attachments:
                if unquote(asked.path) == f"/files/{name}":
                    return "file", Answer(body, "application/octet-stream")
        if asked.path != PATH:
            return "other", Answer(b"{}", "application/json", 404)
        if number := asked.query.get("id"):
            found = {
                name_fact(f): make_row(f, self._base())
                for f in self.facts
                if name_fact(f) == number
            }
            return "detail", _answer(len(found), found)
        size, start = int(asked.query["rows"]), int(asked.query["os"])
        # Every other row comes without its text, as from a search by field names.
        rows = [
            make_row(f, self._base(), whole=f.number % 2 == 0)
            for f in self.facts[start : start + size]
        ]
        return "list" if rows else "other", _answer(len(self.facts), rows)

    def _base(self) -> str:
        return self.base_url or ELSEWHERE

    def block(self, asked: Asked) -> Answer:
        """Return the page of a gate before the API."""
        text = "<html><head><title>Access Denied</title></head><body>Access Denied</body></html>"
        return Answer(text.encode(), status=403)


def name_fact(fact: Fact) -> str:
    """Return the id of a fact."""
    return f"OP{fact.number:08d}"


def make_row(fact: Fact, base_url: str = ELSEWHERE, *, whole: bool = True) -> dict[str, Any]:
    """Return a fact as a row, without its project's name, which stands in for a title."""
    row = {
        "id": name_fact(fact),
        "notice_type": "Contract Award",
        "notice_status": "Published",
        "noticedate": f"{fact.published:%d-%b-%Y}",
        "project_id": "P000001",
        "project_ctry_name": fact.region,
        "bid_reference_no": fact.project,
        "bid_description": fact.title,
        "contact_organization": fact.buyer,
        "contact_name": "〇〇〇",
    }
    links = (f'<p><a href="{base_url}/files/{name}">{name}</a></p>' for name, _ in fact.attachments)
    return row | {"notice_text": fact.body() + "".join(links)} if whole else row


def _answer(total: int, rows: Any) -> Answer:
    text = json.dumps(
        {"rows": 10, "os": 0, "page": 1, "total": str(total), "procnotices": rows},
        ensure_ascii=False, separators=(",", ":"),
    )  # fmt: skip
    return Answer(text.encode(), "application/json")
