"""The parts of an OCDS release: its bodies, its items, its documents and its words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any
from urllib.parse import unquote, urlsplit

from monitor.models import Document, Zone, ZoneKind
from monitor.portals.releasevalues import Json, part_of, read_text, rows_of, texts_of
from monitor.text.foreign import drop_foreign
from monitor.text.labels import Label
from monitor.text.markup import Table, parse_html, read_blocks, squeeze

FAILED = frozenset({"cancelled", "unsuccessful", "withdrawn"})
_OWN_PAGES = frozenset({"planningNotice", "tenderNotice", "awardNotice", "contractNotice"})
_FILE_NAME = re.compile(r"[^/]\.[A-Za-z0-9]{1,5}$")
_BRAND_WORDS = frozenset({"brand", "make", "manufacturer", "品牌"})
_MODEL_WORDS = frozenset({"model", "part number", "规格型号", "型号"})


@dataclass(frozen=True)
class Parties:
    """The bodies of a release; who has no name where it stands is found by its id."""

    names: Mapping[str, str]
    buyer: str
    procuring: str
    suppliers: tuple[str, ...]
    region: str


def read_parties(release: Json) -> Parties:
    """Return who buys and who may supply.

    The body that runs a purchase is its buyer only where a release names no buyer at all.
    """
    parties = list(rows_of(release.get("parties")))
    named = ((read_text(party.get("id")), read_text(party.get("name"))) for party in parties)
    names = {number: name for number, name in named if number}
    buying = [party for party in parties if "buyer" in texts_of(party.get("roles"))]
    supplying = [party for party in parties if "supplier" in texts_of(party.get("roles"))]
    procuring = name_body(part_of(release, "tender").get("procuringEntity"), names)
    buyer = name_body(release.get("buyer"), names) or "、".join(_name_all(buying[:4]))
    home = next((party for party in buying if read_text(party.get("name")) in buyer), {})
    address = part_of(home, "address")
    region = read_text(address.get("region")) or read_text(address.get("countryName"))
    if not (buyer or buying or release.get("buyer")):
        buyer = procuring
    return Parties(names, buyer, procuring, tuple(_name_all(supplying)), region)


def name_body(reference: Any, names: Mapping[str, str]) -> str:
    """Return the name in a reference to a party, or the name that its id has."""
    row: Json = reference if isinstance(reference, dict) else {}
    return read_text(row.get("name")) or names.get(read_text(row.get("id")), "")


def _name_all(parties: Sequence[Json]) -> list[str]:
    return list(dict.fromkeys(name for p in parties if (name := read_text(p.get("name")))))


def list_standing(release: Json, key: str) -> list[Json]:
    """Return the awards or contracts that were not cancelled."""
    return [row for row in rows_of(release.get(key)) if read_text(row.get("status")) not in FAILED]


def list_items(release: Json, *, decided: bool) -> list[Json]:
    """Return the items of the last stage that names any."""
    won = [list_standing(release, key) for key in ("awards", "contracts")] if decided else []
    for parts in (*won, [part_of(release, "tender")]):
        rows = chain.from_iterable(rows_of(part.get("items")) for part in parts)
        if found := [row for row in rows if name_item(row)]:
            return found
    return []


def name_item(row: Json) -> str:
    """Return what an item is called, or else the name of its class."""
    named = read_text(row.get("description")) or read_text(row.get("title"))
    return named or read_text(part_of(row, "classification").get("description"))


def find_brand(row: Json) -> str:
    """Return the brand of an item (the attributes extension of OCDS)."""
    return _find_attribute(row, _BRAND_WORDS)


def find_model(row: Json) -> str:
    """Return the model of an item."""
    return _find_attribute(row, _MODEL_WORDS)


def _find_attribute(row: Json, words: frozenset[str]) -> str:
    named = (
        read_text(one.get("value"))
        for one in rows_of(row.get("attributes"))
        if read_text(one.get("name")).lower() in words
    )
    return next(filter(None, named), "")


def zone_items(rows: Sequence[Json]) -> Iterator[Zone]:
    """Yield the cells of items as zones, and their classes."""
    for number, row in enumerate(rows):
        cells = ("name", name_item(row)), ("brand", find_brand(row)), ("model", find_model(row))
        for column, text in cells:
            yield Zone(ZoneKind.ITEM, f"items[{number}].{column}", text)
        category = read_text(part_of(row, "classification").get("description"))
        yield Zone(ZoneKind.FIELD, str(Label.CATEGORY), category)


def zone_words(release: Json) -> Iterator[Zone]:
    """Yield the descriptions of a release, line by line."""
    category = read_text(part_of(part_of(release, "tender"), "classification").get("description"))
    yield Zone(ZoneKind.FIELD, str(Label.CATEGORY), category)
    for place, text in _list_words(release):
        for line in _split_lines(text):
            yield Zone(ZoneKind.SPECIFICATION, place, drop_foreign(line))


def _list_words(release: Json) -> Iterator[tuple[str, Any]]:
    planning, tender = part_of(release, "planning"), part_of(release, "tender")
    yield "planning.rationale", planning.get("rationale")
    yield "planning.budget.description", part_of(planning, "budget").get("description")
    yield "tender.description", tender.get("description")
    parts = (
        ("lots", rows_of(tender.get("lots"))),
        ("amendments", rows_of(tender.get("amendments"))),
        ("awards", list_standing(release, "awards")),
        ("contracts", list_standing(release, "contracts")),
    )
    for key, rows in parts:
        for number, row in enumerate(rows):
            for name in ("title", "description", "rationale"):
                yield f"{key}[{number}].{name}", row.get(name)


def _split_lines(value: Any) -> Iterator[str]:
    text = value if isinstance(value, str) and value != "null" else ""
    if "<" not in text:
        yield from filter(None, map(squeeze, text.splitlines()))
        return
    for block in read_blocks(parse_html(text)):
        rows = block.rows if isinstance(block, Table) else ((block.text,),)
        yield from (" | ".join(dict.fromkeys(map(squeeze, row))) for row in rows)


def read_documents(release: Json, url: str) -> Iterator[Document]:
    """Yield what a release attaches, each once; pages that show the notice itself are left out."""
    seen = {url}
    for row in _list_documents(release):
        address = read_text(row.get("url"))
        if address in seen or _is_own_page(row) or not is_address(address):
            continue
        seen.add(address)
        named = read_text(row.get("title")) or read_text(row.get("description"))
        yield Document(named or name_file(address, address.rsplit("/", 1)[-1]), address)


def name_file(url: str, otherwise: str) -> str:
    """Return the name at the end of an address, or another where that is no file's."""
    name = unquote(url.partition("?")[0].rsplit("/", 1)[-1])
    return name if _FILE_NAME.search(name) else otherwise


def find_own_page(release: Json) -> str:
    """Return where people read a release: the document of its last stage that is the notice."""
    pages = [
        row
        for row in reversed(list(_list_documents(release)))
        if _is_own_page(row) and is_address(row.get("url"))
    ]
    shown = [row for row in pages if row.get("format") == "text/html"] or pages
    return read_text(shown[0]["url"]) if shown else ""


def _is_own_page(row: Json) -> bool:
    return read_text(row.get("documentType")) in _OWN_PAGES


def _list_documents(release: Json) -> Iterator[Json]:
    parts = chain(
        [part_of(release, "planning"), part_of(release, "tender")],
        rows_of(release.get("awards")),
        rows_of(release.get("contracts")),
    )
    return chain.from_iterable(rows_of(part.get("documents")) for part in parts)


def is_address(value: Any) -> bool:
    """Return whether a value is the whole address of a web page."""
    try:
        parts = urlsplit(read_text(value))
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc)
