"""JSON Schemas of the files that people write, for editors that complete and check YAML.

Draft 7 without any $ref, which yaml-language-server reads best. An editor sees what one file
shows; `tender-monitor check` sees everything.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from monitor.config import ConfigFile
from monitor.portals import PORTALS
from monitor.receivers import show_duration
from monitor.screening.entries import Kind
from monitor.screening.watchlist import FILES
from monitor.stanzas import BY_SITE, NEEDED
from monitor.yamlfile import Model

Schema = dict[str, Any]

CONFIG = "config"
KINDS = (*(kind.value for kind in Kind), CONFIG)
_NAME = "^[a-z0-9][a-z0-9_-]{0,39}$"
# The skeleton of a new entry: an editor offers it after the dash.
_SNIPPETS: dict[str, Schema] = {
    Kind.BRANDS: {
        "id": "${1:my_brand}",
        "name": "${2:Name in English}",
        "category": ["${3:storage}"],
        "aliases": {"strong": ["${4:中文名}"]},
        "seen": ["${5:a phrase of a notice with 中文名 in it}"],
    },
    Kind.AGENCIES: {
        "id": "${1:my_agency}",
        "name": "${2:Name in English}",
        "zh": "${3:中文名}",
        "group": "${4:other}",
        "severity": "${5|core,medium,refine,context,never|}",
        "patterns": ["${6:中文名}"],
        "seen": ["${7:the whole name of such a body}"],
    },
    Kind.CATEGORIES: {
        "id": "${1:my_category}",
        "name": "${2:Name in English}",
        "nouns": ["${3:词}"],
    },
}


def render_schema(kind: str) -> str:
    """Return the schema of a kind of file, one of KINDS, as indented JSON."""
    return json.dumps(build_schema(kind), ensure_ascii=False, indent=2) + "\n"


def build_schema(kind: str) -> Schema:
    """Return the schema of a kind of file, one of KINDS."""
    if kind == CONFIG:
        return _finish_schema(ConfigFile, "tender-monitor: config.yaml", _refine_config)
    title = f"tender-monitor: a watchlist of {kind}"
    return _finish_schema(FILES[Kind(kind)], title, lambda schema: _add_snippet(schema, kind))


def _finish_schema(model: type[Model], title: str, refine: Callable[[Schema], None]) -> Schema:
    raw = model.model_json_schema()
    schema = _write_out(raw, raw.pop("$defs", {}))
    refine(schema)
    return {"$schema": "http://json-schema.org/draft-07/schema#", "title": title, **schema}


def _write_out(part: Schema, parts: Schema) -> Schema:
    """Return a part of a schema with its references written out and its noise left out."""
    reference = part.get("$ref", "")
    whole = {**parts.get(reference.rpartition("/")[2], {}), **part}
    # An optional value is left out of a file, not written as null.
    for option in whole.pop("anyOf", ()):
        if option != {"type": "null"}:
            whole = {**_write_out(option, parts), **whole}
    if isinstance(default := whole.get("default"), int) and whole.get("type") == "string":
        whole["default"] = show_duration(default)
    shown: Schema = {}
    for key, value in whole.items():
        if key == "properties":
            shown[key] = {name: _write_out(inner, parts) for name, inner in value.items()}
        elif isinstance(value, dict) and key in ("items", "additionalProperties"):
            shown[key] = _write_out(value, parts)
        elif key not in ("$ref", "title", "default") or _is_worth_showing(key, value):
            shown[key] = value
    if shown.get("type") == "boolean":
        # The loader takes yes and no too; to an editor they are text.
        shown |= {"type": ["boolean", "string"], "enum": [True, False, "yes", "no"]}
    return shown


def _is_worth_showing(key: str, value: object) -> bool:
    return key == "default" and isinstance(value, bool | int | float | str) and value != ""


def _add_snippet(schema: Schema, kind: str) -> None:
    snippet = {"label": "a new entry", "body": _SNIPPETS[kind]}
    schema["properties"]["entries"]["items"]["defaultSnippets"] = [snippet]


def _refine_config(schema: Schema) -> None:
    for name in ("receivers", "sources"):
        schema["properties"][name]["propertyNames"] = {"pattern": _NAME}
    source = schema["properties"]["sources"]["additionalProperties"]
    source["properties"]["portal"]["enum"] = sorted(PORTALS)
    parts = [
        {"if": _portal_in(portal), "then": {"required": [part]}} for portal, part in NEEDED.items()
    ]
    source["allOf"] = [
        *parts,
        {"if": _portal_in(*BY_SITE), "then": {"required": ["site"]}},
        {"if": _portal_in("sample", *BY_SITE), "else": {"required": ["lists"]}},
    ]


def _portal_in(*names: str) -> Schema:
    return {"properties": {"portal": {"enum": sorted(names)}}, "required": ["portal"]}
