"""What is wrong with a stanza's places and paths, found before anything is asked for."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

from monitor.portals.asking import find_places, find_wrong_place
from monitor.portals.paths import is_path
from monitor.portals.rows import is_pattern, list_paths
from monitor.stanzas import CmsOptions, JsonListOptions, RowSelectors, SourceConfig

Place = tuple[str | int, ...]

_NAME = re.compile(r"[A-Za-z_]\w*")
_PAGE = re.compile(r"page(?:[+-]\d+)?")
_PATHS = ("rows", "total", "pages", "next", "id", "title", "date", "url", "buyer", "region",
          "content", "detail_date")  # fmt: skip


def find_problem(source: SourceConfig) -> tuple[Place, str] | None:
    """Return where in a stanza the first wrong place or path stands, and what is wrong; or None."""
    found: Iterator[tuple[Place, str]]
    if source.portal == "jsonlist" and source.jsonlist is not None:
        found = _check_jsonlist(source, source.jsonlist)
    elif source.portal == "linklist" and source.row is not None:
        found = _check_linklist(source, source.row)
    elif source.portal == "freecms":
        found = _check_freecms(source.freecms)
    else:
        return None
    return next(((place, said) for place, said in found if said), None)


def _check_freecms(options: CmsOptions) -> Iterator[tuple[Place, str]]:
    """Yield what this family cannot ask its site for."""
    for key in ("site_id", "channel"):
        yield ("freecms",), "" if getattr(options, key) else f"{key} is missing"


def _check_linklist(source: SourceConfig, row: RowSelectors) -> Iterator[tuple[Place, str]]:
    texts: list[tuple[Place, str]] = [(("lists", n), url) for n, url in enumerate(source.lists)]
    texts += [(("form", name), text) for name, text in source.form.items()]
    for place, text in texts:
        wrong = next((name for name, _ in find_places(text) if name not in ("page", "page-1")), "")
        yield place, f"unknown placeholder '{{{wrong}}}'" if wrong else ""
    for name, _ in find_places(row.page_url):
        wrong = "" if _PAGE.fullmatch(name) else f"unknown placeholder '{{{name}}}'"
        yield ("row", "page_url"), wrong


def _check_jsonlist(source: SourceConfig, options: JsonListOptions) -> Iterator[tuple[Place, str]]:
    top = "jsonlist"
    for name, values in options.each.items():
        wrong = (
            "" if _NAME.fullmatch(name) and values else f"'{name}' needs a plain name and values"
        )
        yield (top, "each", name), wrong
    texts: list[tuple[Place, str]] = [(("lists", n), url) for n, url in enumerate(source.lists)]
    texts += [((top, "form", name), text) for name, text in options.form.items()]
    texts += [((top, "body"), options.body)]
    yield from ((place, find_wrong_place(text, options.each)) for place, text in texts)
    names = {name for _, text in texts for name, _ in find_places(text)}
    yield (top, "size"), _check_size(options, names)
    yield (top, "method"), _check_method(options)
    yield (top, "body"), _check_body(options)
    yield from _check_paths(options)
    yield (top, "detail"), _check_detail(options)
    if unused := [name for name in options.each if name not in names]:
        yield (top, "each", unused[0]), f"'{unused[0]}' stands in no address, form or body"


def _check_size(options: JsonListOptions, names: set[str]) -> str:
    needs = [name for name in ("offset", "size") if name in names]
    return f"'{{{needs[0]}}}' needs a size" if needs and not options.size else ""


def _check_method(options: JsonListOptions) -> str:
    if options.form and options.body:
        return "form and body cannot both be posted"
    if options.method == "GET" and (options.form or options.body):
        return "form and body need method POST"
    return "next needs method GET" if options.next and options.method == "POST" else ""


def _check_body(options: JsonListOptions) -> str:
    """Return what is wrong with a body that is no JSON once it is filled in."""
    if not options.body:
        return ""
    names = {name for name, _ in find_places(options.body)}
    text = options.body
    for name in names:
        text = re.sub(rf"\{{{re.escape(name)}(?::[^{{}}\"]*)?\}}", "1", text)
    try:
        json.loads(text)
    except ValueError as error:
        return f"no JSON: {error}"
    return ""


def _check_paths(options: JsonListOptions) -> Iterator[tuple[Place, str]]:
    singles = [((key,), getattr(options, key)) for key in _PATHS]
    singles += [(("detail_body",), options.detail_body.replace("*", "0"))]
    if options.type not in options.each:
        singles += [(("type",), options.type)]
    several: Mapping[str, list[str]] = {
        "ok": list(options.ok),
        "skip": list(options.skip),
        "decode": options.decode,
    }
    for key, paths in several.items():
        singles += [((key,), path) for path in paths]
    singles += [(("detail_lines",), path) for path in options.detail_lines.values()]
    for place, text in singles:
        wrong = next((one for one in _list_all(place[0], text) if not is_path(one)), "")
        yield (
            ("jsonlist", *place),
            f"'{wrong}' is no path; write data.rows or list.0.id" if wrong else "",
        )


def _list_all(key: str, text: str) -> list[str]:
    """Return the paths of a text; only an id and an address may have theirs in braces."""
    return list_paths(text) if key in ("id", "url") and is_pattern(text) else [text]


def _check_detail(options: JsonListOptions) -> str:
    needs = [key for key in ("date", "base64", "breaks", "script", "lines")
             if getattr(options, f"detail_{key}") and not options.detail_body]  # fmt: skip
    if needs:
        return f"detail_{needs[0]} needs detail_body"
    if not options.detail:
        return ""
    known = {options.id, *(list_paths(options.url))}
    wrong = next((name for name in list_paths(options.detail) if name not in known), "")
    return f"'{{{wrong}}}' stands neither in url nor in id" if wrong else ""
