"""Wrong places and paths of a stanza are found before anything is asked for."""

from __future__ import annotations

from typing import Any

import pytest

from monitor.portals.checks import find_problem
from monitor.stanzas import SourceConfig

GOOD = {"rows": "data", "id": "id", "title": "title", "url": "/n/{id}"}


def check(
    lists: str = "http://l.example/", **options: Any
) -> tuple[tuple[str | int, ...], str] | None:
    stanza = {"portal": "jsonlist", "lists": [lists], "jsonlist": {**GOOD, **options}}
    return find_problem(SourceConfig.model_validate(stanza))


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"lists": "http://l.example/?p={page-1}&a={since:%Y/%m/%d}&b={until_ms}"},
        {"method": "POST", "body": '{"a": {"b": {page}}, "c": "{since} 00:00:00", "d": {}}'},
        {"method": "POST", "form": {"p": "{offset}"}, "size": 10},
        {"lists": "http://l.example/?k={kind}", "each": {"kind": ["1"]}, "type": "kind"},
        {"rows": "", "total": "a|b.c", "date": "list.0.day", "id": "{col}-{id}"},
        {"detail": "/j?id={id}", "detail_body": "data.*.text", "detail_lines": {"采购人": "a.b"}},
        {"decode": ["result", "."], "ok": {"code": "200"}, "skip": {"day": ["/"]}},
        {"decode": ["@key"], "rows": "@key", "total": "@value"},
    ],
)
def test_a_right_stanza_has_no_problem(options: dict[str, Any]) -> None:
    assert check(**options) is None


@pytest.mark.parametrize(
    ("options", "place", "said"),
    [
        ({"lists": "http://l.example/?p={pages}"}, ("lists", 0), "unknown placeholder '{pages}'"),
        (
            {"lists": "http://l.example/?p={keyword}"},
            ("lists", 0),
            "unknown placeholder '{keyword}'",
        ),
        (
            {"lists": "http://l.example/?a={since:%q}"},
            ("lists", 0),
            "'%q' in '{since:%q}' is not known",
        ),
        ({"lists": "http://l.example/?a={page:%Y}"}, ("lists", 0), "'{page}' takes no format"),
        ({"lists": "http://l.example/?n={size}"}, ("jsonlist", "size"), "'{size}' needs a size"),
        (
            {"lists": "http://l.example/?n={offset}"},
            ("jsonlist", "size"),
            "'{offset}' needs a size",
        ),
        (
            {"method": "POST", "form": {"p": "{seite}"}},
            ("jsonlist", "form", "p"),
            "unknown placeholder '{seite}'",
        ),
        (
            {"method": "POST", "body": '{"p": {seite}}'},
            ("jsonlist", "body"),
            "unknown placeholder '{seite}'",
        ),
        ({"method": "POST", "body": '{"p": {page}'}, ("jsonlist", "body"), "no JSON"),
        ({"form": {"p": "1"}}, ("jsonlist", "method"), "form and body need method POST"),
        (
            {"method": "POST", "form": {"p": "1"}, "body": "{}"},
            ("jsonlist", "method"),
            "form and body cannot both be posted",
        ),
        ({"method": "POST", "next": "a"}, ("jsonlist", "method"), "next needs method GET"),
        ({"each": {"kind": ["1"]}}, ("jsonlist", "each", "kind"), "stands in no address"),
        ({"each": {"kind": []}}, ("jsonlist", "each", "kind"), "needs a plain name and values"),
        ({"rows": "data[]"}, ("jsonlist", "rows"), "'data[]' is no path"),
        ({"rows": "data..rows"}, ("jsonlist", "rows"), "'data..rows' is no path"),
        ({"date": "a b"}, ("jsonlist", "date"), "'a b' is no path"),
        ({"title": "{title}"}, ("jsonlist", "title"), "'{title}' is no path"),
        ({"url": "/n/{a[0]}"}, ("jsonlist", "url"), "'a[0]' is no path"),
        ({"ok": {"a.": "1"}}, ("jsonlist", "ok"), "'a.' is no path"),
        ({"detail_lines": {"采购人": ".a"}}, ("jsonlist", "detail_lines"), "'.a' is no path"),
        (
            {"detail_base64": True},
            ("jsonlist", "detail"),
            "detail_base64 needs detail_body",
        ),
        (
            {"detail": "/j?id={number}"},
            ("jsonlist", "detail"),
            "'{number}' stands neither in url nor in id",
        ),
    ],
)
def test_a_wrong_place_or_path_is_named_with_its_key(
    options: dict[str, Any], place: tuple[str | int, ...], said: str
) -> None:
    found = check(**options)
    assert found is not None
    assert found[0] == place
    assert said in found[1]


@pytest.mark.parametrize(
    ("keys", "place"),
    [
        ({"lists": ["http://l.example/{seite}"]}, ("lists", 0)),
        ({"form": {"p": "{since}"}}, ("form", "p")),
        ({"row": {"row": "li", "page_url": "{n}.htm"}}, ("row", "page_url")),
        ({"form": {"p": "{page}"}}, None),
        ({"row": {"row": "li", "page_url": "{page+1}.htm"}}, None),
    ],
)
def test_a_plain_list_knows_pages_only(keys: dict[str, Any], place: Any) -> None:
    stanza = {"portal": "linklist", "lists": ["http://l.example/"], "row": {"row": "li"}, **keys}
    found = find_problem(SourceConfig.model_validate(stanza))
    assert (found[0] if found else None) == place


def test_other_portals_have_no_places() -> None:
    assert find_problem(SourceConfig(portal="ccgp", lists=["http://l.example/{x}"])) is None
