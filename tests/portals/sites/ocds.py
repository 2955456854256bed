"""A publisher of OCDS release packages: pages by cursor, times filtered, two odd numbers in."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote, urlencode

from tests.portals.sites.base import Anchor, Answer, Asked, Fact, Site

PATH = "/api/1.0/ocdsReleasePackages"
ELSEWHERE = "https://files.example"
_TIME = "%Y-%m-%dT%H:%M:%SZ"


class OcdsSite(Site):
    """An endpoint in the manner of Find a Tender; it leaves out what is older than its filter."""

    portal = "ocds"
    anchors = (
        Anchor("releases", "list", '"releases"', '"entries"'),
        Anchor("ocid", "list", '"ocid"', '"process"'),
        Anchor("id", "list", '"id":"r', '"number":"r'),
        Anchor("date", "list", '"date"', '"day"'),
        Anchor("tag", "list", '"tag"', '"stage"'),
        Anchor("title", "list", '"title"', '"heading"'),
        Anchor("parties", "list", '"parties"', '"bodies"'),
        Anchor("next", "list", '"next"', '"after"'),
    )

    def stanza(self, base_url: str) -> dict[str, Any]:
        """Return the stanza of the endpoint, in windows of six hours."""
        asked = "updatedFrom={since}&updatedTo={until}&limit=5"
        human = f"{base_url}/Notice/{{id}}"
        return {
            "lists": [f"{base_url}{PATH}?{asked}"],
            "ocds": {"window": "6h", "human": human},
        }

    def answer(self, asked: Asked) -> tuple[str, Answer]:
        """Answer a page of a package, or a file."""
        for fact in self.facts:
            for name, body in fact.attachments:
                if unquote(asked.path) == f"/files/{name}":
                    return "file", Answer(body, "application/octet-stream")
        if asked.path != PATH:
            return "other", Answer(b"{}", "application/json", 404)
        kept = [f for f in self.facts if _is_inside(f, asked.query)]
        size, start = int(asked.query["limit"]), int(asked.query.get("cursor", "0"))
        package = make_package(kept[start : start + size], self.base_url or ELSEWHERE)
        query = {**asked.query, "cursor": str(start + size)}
        more = start + size < len(kept)
        package["links"] = {"next": f"{asked.path}?{urlencode(query)}" if more else None}
        # A window without releases has no anchors to change.
        kind = "list" if package["releases"] else "other"
        return kind, Answer(write_package(package), "application/json")

    def block(self, asked: Asked) -> Answer:
        """Return what says that twelve requests in two minutes are too many."""
        text = "12 request limit in 2 minute exceeded"
        return Answer(text.encode(), "text/plain", 429, (("Retry-After", "1"),))


def make_package(facts: Sequence[Fact], base_url: str = ELSEWHERE) -> dict[str, Any]:
    """Return a release package of facts."""
    return {
        "uri": "https://site.example/package",
        "releases": [make_release(f, base_url) for f in facts],
    }


def write_package(package: dict[str, Any]) -> bytes:
    """Return a package as the site writes it, with its two numbers that are not JSON's."""
    text = json.dumps(package, ensure_ascii=False, separators=(",", ":"))
    return text.replace('"odd":1', '"odd": 000').replace('"huge":1', '"huge":1e9999').encode()


def make_release(fact: Fact, base_url: str = ELSEWHERE) -> dict[str, Any]:
    """Return a fact as a release."""
    name, brand, model, quantity = fact.item
    winner = {"id": "P-2", "name": fact.supplier}
    return {
        "ocid": f"ocds-sample-{fact.project}",
        "id": f"r{fact.number}",
        "date": fact.published.astimezone(UTC).strftime(_TIME),
        "tag": [fact.stage],
        "odd": 1,
        "huge": 1,
        "parties": [
            {"id": "P-1", "name": fact.buyer, "roles": ["buyer"],
             "address": {"region": fact.region},
             "contactPoint": {"name": "〇〇〇", "email": "x@example.invalid"}},
            {**winner, "roles": ["supplier"]},
        ],
        "buyer": {"id": "P-1"},
        "tender": {
            "id": fact.project,
            "title": fact.title,
            "procuringEntity": {"name": fact.agent},
            "documents": [
                {"id": str(n), "title": label, "url": f"{base_url}/files/{label}"}
                for n, (label, _) in enumerate(fact.attachments)
            ],
        },
        "awards": [{
            "id": "a1", "status": "active", "suppliers": [{"id": "P-2"}],
            "value": {"amount": fact.amount, "currency": "CNY"},
            "items": [{
                "id": "1", "description": name, "quantity": int(quantity), "unit": {"name": "块"},
                "attributes": [
                    {"name": "brand", "value": brand}, {"name": "model", "value": model},
                ],
            }],
        }],
    }  # fmt: skip


def _is_inside(fact: Fact, query: Any) -> bool:
    since, until = (
        datetime.strptime(query[name], _TIME).replace(tzinfo=UTC)
        for name in ("updatedFrom", "updatedTo")
    )
    return since <= fact.published <= until
