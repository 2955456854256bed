"""A release of the Open Contracting Data Standard as a notice; SAM and TED are read through it.

Releases are whole notices (schema 1.1): what a list holds needs no further request. Contact points
are never read. Money keeps its own currency.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from typing import Any

from monitor.errors import LayoutError
from monitor.models import Issue, Item, Listing, Notice, Tag, Value, Zone, ZoneKind
from monitor.portals.releaseparts import (
    FAILED,
    Parties,
    find_brand,
    find_model,
    list_items,
    list_standing,
    name_body,
    name_item,
    read_documents,
    read_parties,
    zone_items,
    zone_words,
)
from monitor.portals.releasevalues import (
    Json,
    add_values,
    part_of,
    read_amount,
    read_moment,
    read_number,
    read_text,
    rows_of,
    texts_of,
)
from monitor.text.fields import DECIDED
from monitor.text.privacy import mask_private

# The last stage that a release tells of decides; what it only carries along does not.
_STAGES = {
    Tag.IMPLEMENTATION: {"implementation", "implementationUpdate", "contractTermination"},
    Tag.CONTRACT: {"contract", "contractUpdate", "contractAmendment"},
    Tag.AWARD: {"award", "awardUpdate"},
    Tag.CANCELLATION: {"tenderCancellation", "awardCancellation"},
    Tag.TENDER_AMENDMENT: {"tenderUpdate", "tenderAmendment"},
    Tag.TENDER: {"tender"},
    Tag.PLANNING: {"planning", "planningUpdate"},
}
_SECTIONS = {
    "contracts": Tag.CONTRACT, "awards": Tag.AWARD, "tender": Tag.TENDER, "planning": Tag.PLANNING,
}  # fmt: skip
_FEWEST_LACKING = 2
_LONGEST_TITLE = 1000


def list_releases(answer: Any) -> list[Json] | None:
    """Return the releases of a package, of a list, or a single one; None for another answer.

    Of a record its embedded releases count, else its compiled one; a record that only links to
    its releases is returned as it is.
    """
    if isinstance(answer, list):
        return list(rows_of(answer)) if any(map(_is_release, rows_of(answer))) else None
    if not isinstance(answer, dict):
        return None
    if isinstance(answer.get("releases"), list):
        return list(rows_of(answer["releases"]))
    if isinstance(answer.get("records"), list):
        return list(chain.from_iterable(map(_open_record, rows_of(answer["records"]))))
    return [answer] if _is_release(answer) else None


def _is_release(answer: Json) -> bool:
    return "ocid" in answer and bool({"tag", "tender", "awards", "contracts"} & answer.keys())


def _open_record(row: Json) -> Sequence[Json]:
    inner = [one for one in rows_of(row.get("releases")) if "id" in one]
    compiled = row.get("compiledRelease")
    return inner or ([compiled] if isinstance(compiled, dict) else [row])


def keep_whole(
    rows: Iterable[Json],
    keys: Iterable[str],
    url: str,
    issues: list[Issue],
    find: Callable[[Json, str], object],
) -> list[Json]:
    """Return the rows in which `find` finds what none may lack; the others become issues.

    Raise LayoutError naming a key that most rows lack.
    """
    known, bad = list(rows), set[int]()
    for key in keys:
        lacking = [number for number, row in enumerate(known) if not find(row, key)]
        if len(lacking) >= _FEWEST_LACKING and len(lacking) * 2 > len(known):
            raise LayoutError(url, f"'{key}' in {len(lacking)} of {len(known)} rows")
        issues.extend(Issue("missing field", key, str(known[n])[:120], url) for n in lacking)
        bad.update(lacking)
    return [row for number, row in enumerate(known) if number not in bad]


def find_required(release: Json, key: str) -> object:
    """Return what a release has under a key that none may lack; its title may stand deeper.

    Tags alone are a list: a release whose id became one has no name, and all would be the same.
    """
    if key == "title":
        return find_title(release)
    value = release.get(key)
    return texts_of(value) if key == "tag" else read_text(value)


def name_release(release: Json) -> str:
    """Return the identity of a release: ocid and id, '' where one is missing."""
    ocid, number = read_text(release.get("ocid")), read_text(release.get("id"))
    return f"{ocid}/{number}" if ocid and number else ""


def find_title(release: Json) -> str:
    """Return the title of the purchase, or of its first award or contract."""
    parts = chain(
        [part_of(release, "tender")],
        rows_of(release.get("awards")),
        rows_of(release.get("contracts")),
    )
    titles = (read_text(part.get("title")) for part in parts)
    planned = read_text(part_of(release, "planning").get("project"))
    return (next(filter(None, titles), "") or planned)[:_LONGEST_TITLE]


def read_tag(release: Json) -> Tag | None:
    """Return the last stage that the tags of a release name; None for tags not in the standard."""
    names = set(texts_of(release.get("tag")))
    found = next((tag for tag, words in _STAGES.items() if names & words), None)
    if found is None and "compiled" in names:
        found = next((tag for key, tag in _SECTIONS.items() if release.get(key)), None)
    if found in (Tag.TENDER, Tag.TENDER_AMENDMENT):
        failed = read_text(part_of(release, "tender").get("status")) in FAILED
        return Tag.CANCELLATION if failed else found
    failed = bool(release.get("awards")) and not list_standing(release, "awards")
    return Tag.CANCELLATION if found is Tag.AWARD and failed else found


def list_release(release: Json, url: str, content: str, region: str = "") -> Listing:
    """Return the row of a release; `content` is the release, `region` where it names none."""
    raw = read_text(release.get("date"))
    date = read_moment(raw)
    parties = read_parties(release)
    return Listing(
        listing_id=name_release(release),
        url=url,
        title=find_title(release),
        published_raw=raw,
        published_at=date.at if date else None,
        date_only=date.date_only if date else False,
        region=parties.region or region,
        buyer=parties.buyer,
        notice_type=", ".join(texts_of(release.get("tag"))),
        content=content,
    )


def read_release(release: Json, url: str, region: str = "") -> Notice:
    """Return the notice of a release; what could not be understood is in its issues."""
    row = list_release(release, url, "", region)
    tag, parties = read_tag(release), read_parties(release)
    decided = tag in DECIDED
    issues = list(_find_doubts(row, tag))
    rows = list_items(release, decided=decided)
    suppliers = _find_suppliers(release, parties) if decided else ()
    documents = tuple(read_documents(release, url))
    return Notice(
        url=url,
        title=row.title,
        tag=tag,
        notice_type=row.notice_type,
        published_raw=row.published_raw,
        published_at=row.published_at,
        date_only=row.date_only,
        region=row.region,
        buyer=row.buyer,
        procuring_entity=parties.procuring,
        suppliers=suppliers,
        project_number=read_text(release.get("ocid"))
        or read_text(part_of(release, "tender").get("id")),
        project_name=read_text(part_of(release, "tender").get("title")),
        value=_read_price(release, issues) if decided else _read_budget(release, issues),
        items=tuple(_read_item(item, issues) for item in rows),
        zones=tuple(_make_zones(release, row.title, rows, suppliers)),
        documents=documents,
        items_elsewhere=not rows and bool(documents),
        issues=tuple(issues),
    )


def _find_doubts(row: Listing, tag: Tag | None) -> Iterator[Issue]:
    if tag is None:
        yield Issue("unknown notice type", "tag", row.notice_type, row.url)
    if row.published_at is None:
        kind = "unreadable date" if row.published_raw else "no date"
        yield Issue(kind, "published", row.published_raw, row.url)
    if not row.title:
        yield Issue("missing field", "title", row.listing_id, row.url)


def _find_suppliers(release: Json, parties: Parties) -> tuple[str, ...]:
    """Return who won: the suppliers of the awards that stand, else the parties of that role."""
    told = chain.from_iterable(
        rows_of(award.get("suppliers")) for award in list_standing(release, "awards")
    )
    names = [name for one in told if (name := name_body(one, parties.names))]
    return tuple(dict.fromkeys(names or parties.suppliers))


def _read_price(release: Json, issues: list[Issue]) -> Value | None:
    """Return what was agreed on; a budget is no price."""
    for key in ("awards", "contracts"):
        rows = list_standing(release, key)
        values = [read_amount(row.get("value"), f"{key}.value", issues) for row in rows]
        if found := [value for value in values if value is not None]:
            return add_values(found, issues)
    return None


def _read_budget(release: Json, issues: list[Issue]) -> Value | None:
    """Return what is to be spent."""
    planned = part_of(part_of(release, "planning"), "budget").get("amount")
    value = read_amount(part_of(release, "tender").get("value"), "tender.value", issues)
    return value or read_amount(planned, "planning.budget.amount", issues)


def _read_item(row: Json, issues: list[Issue]) -> Item:
    """Return an item; only a price in yuan has a place in it."""
    unit = part_of(row, "unit")
    price = read_amount(unit.get("value"), "unit.value", issues)
    return Item(
        name=name_item(row),
        brand=find_brand(row),
        model=find_model(row),
        quantity=read_number(row.get("quantity")),
        unit=read_text(unit.get("name")),
        unit_price=price.amount if price and price.currency == "CNY" else None,
    )


def _make_zones(
    release: Json, title: str, items: Sequence[Json], suppliers: Iterable[str]
) -> Iterator[Zone]:
    """Yield what may be searched: never an address, never a contact."""
    made = chain(
        [Zone(ZoneKind.SUBJECT, "title", title)],
        zone_items(items),
        (Zone(ZoneKind.SUPPLIER, "supplier", name) for name in suppliers),
        zone_words(release),
    )
    masked = (Zone(zone.kind, zone.field, mask_private(zone.text)) for zone in made)
    yield from dict.fromkeys(zone for zone in masked if zone.text)
