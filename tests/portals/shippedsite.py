"""What simulated sites of shipped stanzas share: the stanza pointed at them, their answers."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from tests.portals.shipped import move_stanza
from tests.portals.sites.base import Answer, Asked, Fact, Site

JSON = "application/json; charset=utf-8"
# What of a shipped stanza stays with the site, not with the plan of its portal.
_OWN = ("lists", "headers", "jsonlist", "row", "form", "detail", "region", "open")


def send_json(value: Any, *, prefix: str = "") -> Answer:
    """Return JSON as a site sends it."""
    return Answer((prefix + json.dumps(value, ensure_ascii=False)).encode(), JSON)


def shut_out(text: str = "您的访问过于频繁，请稍后再试") -> Answer:
    """Return a page that keeps a visitor out."""
    return Answer(f"<html><title>访问控制</title><body>{text}</body></html>".encode(), status=403)


class ShippedSite(Site):
    """A site that is read by the shipped stanza of the name `source`, or by one list of it."""

    source = ""
    each: Mapping[str, list[str]] = MappingProxyType({})

    def stanza(self, base_url: str) -> dict[str, Any]:
        """Return the shipped stanza pointed at this site, of one list."""
        moved = move_stanza(self.source, base_url)
        if self.each:
            moved["jsonlist"]["each"] = dict(self.each)
        moved["lists"] = moved["lists"][:1]
        return {key: moved[key] for key in _OWN if key in moved}

    def block(self, asked: Asked) -> Answer:
        """Return a page that keeps a visitor out."""
        return shut_out()

    def answer(self, asked: Asked) -> tuple[str, Answer]:
        """Answer a list, a notice or a file."""
        for fact in self.facts:
            for name, content in fact.attachments:
                if asked.path == f"/files/{name}":
                    return "file", Answer(content, "application/octet-stream")
        return "other", Answer(b"<html><title>404</title></html>", status=404)

    def find_fact(self, number: str) -> Fact | None:
        """Return the notice of a number, None for an unknown one."""
        return next((fact for fact in self.facts if str(fact.number) == number), None)

    def cut_page(self, facts: Sequence[Fact], number: int, size: int) -> Sequence[Fact]:
        """Return the notices of a page, counted from 1."""
        return facts[(number - 1) * size : number * size]


def render_body(fact: Fact) -> str:
    """Return a notice's own HTML with the links to its files."""
    links = "".join(f'<a href="/files/{name}">{name}</a>' for name, _ in fact.attachments)
    return f"<div>{fact.body()}<p>{links}</p></div>"


def in_days(facts: Sequence[Fact], since: str, until: str) -> list[Fact]:
    """Return the notices of some days, written YYYY-MM-DD."""
    return [fact for fact in facts if since <= f"{fact.published:%Y-%m-%d}" <= until]


class JsonSite(ShippedSite):
    """A site whose list is JSON."""

    portal = "jsonlist"


class LinkSite(ShippedSite):
    """A site whose list is a page of links."""

    portal = "linklist"
