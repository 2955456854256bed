"""SAM.gov: a search by days that wants a key, pages by number, and 404 where there is nothing."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Any
from urllib.parse import unquote
from zoneinfo import ZoneInfo

from tests.portals.sites.base import Anchor, Answer, Asked, Fact, Site

PATH = "/opportunities/v2/search"
ELSEWHERE = "https://files.example"
_DAY = "%m/%d/%Y"


class SamSite(Site):
    """The public API of contract opportunities."""

    portal = "sam"
    anchors = (
        Anchor("rows", "list", '"opportunitiesData"', '"opportunities"'),
        Anchor("total", "list", '"totalRecords"', '"total"'),
        Anchor("id", "list", '"noticeId"', '"id"'),
        Anchor("title", "list", '"title"', '"heading"'),
        Anchor("date", "list", '"postedDate"', '"posted"'),
        Anchor("type", "list", '"type"', '"kind"'),
        Anchor("buyer", "list", '"fullParentPathName"', '"path"'),
    )

    def stanza(self, base_url: str) -> dict[str, Any]:
        """Return the stanza of all opportunities."""
        return {"site": base_url, "sam": {"page_size": 10}}

    def answer(self, asked: Asked) -> tuple[str, Answer]:
        """Answer a page of the search, a description, or a file."""
        for fact in self.facts:
            for name, body in fact.attachments:
                if unquote(asked.path) == f"/files/{name}":
                    return "file", Answer(body, "application/octet-stream")
        if asked.path == "/noticedesc":
            number = asked.query["noticeid"]
            told = (f.body() for f in self.facts if f"{f.number:032x}" == number)
            return "file", _answer({"description": next(told)})
        if asked.path != PATH:
            return "other", _answer({"message": "not found"}, 404)
        try:
            first, last = (_read_day(asked.query[name]) for name in ("postedFrom", "postedTo"))
        except (KeyError, ValueError):
            return "other", Answer(b"PostedFrom and PostedTo are mandatory", "text/plain", 400)
        if (last - first).days > 365:
            return "other", Answer(b"Date range must be 1 year(s) apart", "text/plain", 400)
        kept = [f for f in self.facts if first <= posted_on(f) <= last]
        if not kept:
            return "other", _answer({"errorMessage": "No data found"}, 404)
        size, page = int(asked.query["limit"]), int(asked.query["offset"])
        rows = [
            make_row(f, self.base_url or ELSEWHERE) for f in kept[page * size : (page + 1) * size]
        ]
        found = {"totalRecords": len(kept), "limit": size, "offset": page}
        return "list", _answer({**found, "opportunitiesData": rows, "links": []})

    def block(self, asked: Asked) -> Answer:
        """Return what says that the key's requests of the day are used up."""
        said = {"code": "900804", "message": "Message throttled out", "nextAccessTime": "2026"}
        return _answer(said, 429)


def make_row(fact: Fact, base_url: str = ELSEWHERE) -> dict[str, Any]:
    """Return a fact as a row; what is missing is null, or the text null."""
    files = [f"{base_url}/files/{name}" for name, _ in fact.attachments]
    described = f"{base_url}/noticedesc?noticeid={fact.number:032x}"
    return {
        "noticeId": f"{fact.number:032x}",
        "title": f"{fact.title} ",
        "solicitationNumber": f" {fact.project} ",
        "fullParentPathName": f"样例部.{fact.buyer}",
        "postedDate": f"{posted_on(fact):%Y-%m-%d}",
        "type": "Award Notice",
        "baseType": "Award Notice",
        "responseDeadLine": None,
        "award": {
            "date": f"{fact.published:%Y-%m-%d}",
            "number": "A-1",
            "amount": fact.amount,
            "awardee": {"name": fact.supplier, "ueiSAM": "null"},
        },
        "pointOfContact": [{"fullName": "〇〇〇", "email": "x@example.invalid"}],
        # Some rows have files and no text.
        "description": "null" if files else described,
        "placeOfPerformance": {"state": {"code": "SA", "name": fact.region}},
        "uiLink": "null",
        "resourceLinks": files or None,
    }


def posted_on(fact: Fact) -> date:
    """Return the day of a fact where the site is."""
    return fact.published.astimezone(ZoneInfo("America/New_York")).date()


def _read_day(text: str) -> date:
    return datetime.strptime(text, _DAY).date()  # noqa: DTZ007


def _answer(value: Any, status: int = 200) -> Answer:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return Answer(text.encode(), "application/json", status)
