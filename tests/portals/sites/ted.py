"""TED: one search call for posted queries; texts by language, pages up to a cap."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from tests.portals.sites.base import Anchor, Answer, Asked, Fact, Site

PATH = "/v3/notices/search"
ELSEWHERE = "https://files.example"
_DAYS = re.compile(r"publication-date>=(\d{8}) AND publication-date<=(\d{8})")


@dataclass
class TedSite(Site):
    """The search of version 3; `most` is how far its pages go."""

    most: int = 15_000

    portal = "ted"
    anchors = (
        Anchor("rows", "list", '"notices"', '"results"'),
        Anchor("total", "list", '"totalNoticeCount"', '"total"'),
        Anchor("number", "list", '"publication-number"', '"number"'),
        Anchor("date", "list", '"publication-date"', '"day"'),
        Anchor("title", "list", '"notice-title"', '"heading"'),
        Anchor("buyer", "list", '"buyer-name"', '"purchaser"'),
        Anchor("type", "list", '"notice-type"', '"kind"'),
    )

    def stanza(self, base_url: str) -> dict[str, Any]:
        """Return the stanza of a standing query."""
        return {"site": base_url, "ted": {"query": "buyer-country = SMP", "page_size": 10}}

    def answer(self, asked: Asked) -> tuple[str, Answer]:
        """Answer a page of the search, a file, or say what is wrong with the query."""
        for fact in self.facts:
            for name, body in fact.attachments:
                if unquote(asked.path) == f"/files/{name}":
                    return "file", Answer(body, "application/octet-stream")
        if asked.path != PATH or asked.method != "POST":
            return "other", _answer({"message": "not found"}, 404)
        sent = json.loads(asked.body)
        found = _DAYS.search(sent["query"])
        if found is None or not sent.get("fields"):
            said = {"type": "QuerySyntaxError", "location": {"beginLine": 1}}
            return "other", _answer({"message": "Syntax error in query", "error": said}, 400)
        kept = [f for f in self.facts if found[1] <= f"{f.published:%Y%m%d}" <= found[2]]
        size, start = sent["limit"], (sent["page"] - 1) * sent["limit"]
        rows = [
            make_row(f, self.base_url or ELSEWHERE) for f in kept[: self.most][start : start + size]
        ]
        answer = {"notices": rows, "totalNoticeCount": len(kept), "iterationNextToken": None}
        return "list" if rows else "other", _answer({**answer, "timedOut": False})

    def block(self, asked: Asked) -> Answer:
        """Return what says that there were too many requests."""
        return _answer({"message": "Too many requests"}, 429)


def make_row(fact: Fact, base_url: str = ELSEWHERE) -> dict[str, Any]:
    """Return a fact as a row: each field in the form that the search gives it."""
    name, brand, model, quantity = fact.item
    number = f"{fact.number}-2026"
    return {
        "publication-number": number,
        "publication-date": f"{fact.published:%Y-%m-%d}+08:00",
        "notice-type": "can-standard",
        "notice-title": {"fra": "Titre", "eng": fact.title},
        "procedure-identifier": f"p-{fact.project}",
        "buyer-name": {"mul": [fact.buyer]},
        "buyer-country": ["SMP"],
        "classification-cpv": ["30233132", "30233132"],
        "title-lot": {"zho": [name]},
        "description-lot": {"zho": [f"{name}：{brand} {model}，{quantity}块"]},
        "winner-name": {"zho": [fact.supplier, fact.supplier]},
        "result-value-notice": fact.amount,
        "result-value-cur-notice": "CNY",
        "total-value": -1,
        "document-url-lot": [f"{base_url}/files/{label}" for label, _ in fact.attachments],
        "links": {"html": {"ENG": f"https://ted.example/en/notice/{number}/html"}},
    }


def _answer(value: Any, status: int = 200) -> Answer:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return Answer(text.encode(), "application/json", status)
