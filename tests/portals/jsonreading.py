"""A reader of JSON lists with the usual paths, and answers to what it asks."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from monitor.models import Capture, Request, Span
from monitor.portals.jsonlist import JsonListPortal
from monitor.stanzas import SourceConfig
from tests.portals.captures import make_capture
from tests.portals.sitereading import BASE
from tests.portals.sites.base import make_facts

URL = "http://json.example/api/list"
SPAN = Span(datetime(2026, 6, 1, 3, tzinfo=UTC), datetime(2026, 6, 2, 20, tzinfo=UTC))
PATHS = {"rows": "data.rows", "id": "id", "title": "title", "date": "date", "url": "/n/{id}"}
ROW = {"id": "7", "title": "样例市公安局硬盘采购公告", "date": "2026-06-01 09:30:00"}


def make_reader(at: str = URL, region: str = "", **options: Any) -> JsonListPortal:
    """Return a reader of a stanza with the usual paths."""
    stanza = {"portal": "jsonlist", "lists": [at], "region": region}
    return JsonListPortal(SourceConfig.model_validate({**stanza, "jsonlist": {**PATHS, **options}}))


def give(asked: Request, body: Any) -> Capture:
    """Return what a site answers to a request: text as it is, anything else as JSON."""
    text = body if isinstance(body, str | bytes) else json.dumps(body, ensure_ascii=False)
    capture = make_capture(text, url=asked.url, content_type="application/json")
    return replace(capture, method=asked.method, sent=asked.body)


def give_first(reader: JsonListPortal, body: Any) -> Capture:
    """Return what a site answers to the first request of a reader."""
    return give(reader.ask_lists(SPAN)[0], body)


def wrap(*rows: Any, **more: Any) -> dict[str, Any]:
    """Return an answer with rows, and whatever else stands beside them."""
    return {"data": {"rows": list(rows), **more}}


def make_site(kind: type[Any]) -> tuple[Any, JsonListPortal]:
    """Return a site with its facts, and what reads it."""
    site = kind(facts=make_facts(70))
    stanza = SourceConfig.model_validate({"portal": "jsonlist", **site.stanza(BASE)})
    return site, JsonListPortal(stanza)
