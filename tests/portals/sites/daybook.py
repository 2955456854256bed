"""A plain JSON list of our own that can be asked for days, and does what a test wants of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.portals.sites.base import CHINA, Answer, Asked, Fact, Site

SIZE = 5
_JSON = "application/json"


@dataclass
class Daybook(Site):
    """A list of five rows a page; `dated` is whether it can be asked for days.

    `keeps` is how many of its newest rows it shows; `twist` may change an answer in place, or
    return another: it is given the first day asked for, "" where there is none, and the page.
    """

    portal = "jsonlist"
    dated: bool = True
    keeps: int = 10**6
    heeds_days: bool = True
    twist: Callable[[str, int, dict[str, Any]], Answer | None] = lambda *_: None

    def stanza(self, base_url: str) -> dict[str, Any]:
        """Return a stanza that reads the list and opens nothing."""
        days = "since={since}&until={until}&" if self.dated else ""
        options = {
            "rows": "rows", "id": "id", "title": "title", "date": "date", "buyer": "buyer",
            "url": f"{base_url}/notice/{{id}}", "size": SIZE, "days": 1 if self.dated else 0,
        }  # fmt: skip
        if self.dated:
            options["total"] = "total"
        return {"lists": [f"{base_url}/list?{days}page={{page}}"], "jsonlist": options,
                "open": "none"}  # fmt: skip

    def answer(self, asked: Asked) -> tuple[str, Answer]:
        """Answer the list; there are no notices."""
        if asked.path != "/list":
            return "other", Answer(b"<html><title>404</title></html>", status=404)
        since, page = asked.query.get("since", ""), int(asked.query["page"])
        found = [fact for fact in self.facts if self._is_asked(fact, asked)][: self.keeps]
        rows = [_show(fact) for fact in found[(page - 1) * SIZE : page * SIZE]]
        answer = {"total": len(found), "rows": rows}
        other = self.twist(since[:10], page, answer)
        return "list", other or Answer(json.dumps(answer).encode(), _JSON)

    def block(self, asked: Asked) -> Answer:
        """Return a status that says no."""
        return Answer(b"no", status=403)

    def list_asked(self) -> list[tuple[str, int]]:
        """Return the first day and the page of every list that was asked for."""
        lists = [one.query for one in self.asked if one.path == "/list"]
        return [(query.get("since", "")[:10], int(query["page"])) for query in lists]

    def _is_asked(self, fact: Fact, asked: Asked) -> bool:
        if not (self.dated and self.heeds_days):
            return True
        day = f"{fact.published.astimezone(CHINA):%F}"
        return asked.query["since"][:10] <= day <= asked.query["until"][:10]


def _show(fact: Fact) -> dict[str, Any]:
    at = f"{fact.published.astimezone(CHINA):%F %T}"
    return {"id": fact.number, "title": fact.title, "date": at, "buyer": fact.buyer}
