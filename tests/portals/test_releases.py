"""An OCDS release as a notice: stage, bodies, money, items, documents and zones."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from monitor.errors import LayoutError
from monitor.models import Item, Notice, Tag, Zone, ZoneKind
from monitor.portals.releaseparts import find_own_page
from monitor.portals.releases import list_releases, name_release, read_release, read_tag
from monitor.portals.releasevalues import read_moment, read_number, read_text, write_content

URL = "https://people.example/1"


def make_release(**more: Any) -> dict[str, Any]:
    told = {
        "ocid": "ocds-1", "id": "1", "date": "2026-11-22T01:00:00Z", "tag": ["award"],
        "tender": {"title": "Disk shelves for the traffic police"},
        "buyer": {"name": "Sample Police"},
    }  # fmt: skip
    return told | more


def read(**more: Any) -> Notice:
    return read_release(make_release(**more), URL)


def make_award(amount: Any = 10, currency: Any = "GBP", **more: Any) -> dict[str, Any]:
    value = {"amount": amount, "currency": currency}
    return {"status": "active", "value": value, "suppliers": [{"name": "Firm Ltd"}]} | more


@pytest.mark.parametrize(
    ("tags", "more", "tag"),
    [
        (["planning"], {}, Tag.PLANNING),
        (["planningUpdate"], {}, Tag.PLANNING),
        (["tender"], {}, Tag.TENDER),
        (["tenderUpdate"], {}, Tag.TENDER_AMENDMENT),
        (["tenderAmendment"], {}, Tag.TENDER_AMENDMENT),
        (["tenderCancellation"], {}, Tag.CANCELLATION),
        (["awardCancellation"], {}, Tag.CANCELLATION),
        (["tender"], {"tender": {"status": "withdrawn"}}, Tag.CANCELLATION),
        (["award"], {}, Tag.AWARD),
        (["awardUpdate"], {}, Tag.AWARD),
        (["award"], {"awards": [{"status": "cancelled"}]}, Tag.CANCELLATION),
        (["award"], {"awards": [{"status": "cancelled"}, {"status": "active"}]}, Tag.AWARD),
        (["planning", "tender", "award"], {}, Tag.AWARD),
        (["award", "contract"], {}, Tag.CONTRACT),
        (["contractAmendment"], {}, Tag.CONTRACT),
        (["contractTermination"], {}, Tag.IMPLEMENTATION),
        (["implementation"], {}, Tag.IMPLEMENTATION),
        (["compiled"], {"awards": [make_award()]}, Tag.AWARD),
        (["compiled"], {"contracts": [{}], "awards": [{}]}, Tag.CONTRACT),
        (["compiled"], {}, Tag.TENDER),
        ("award", {}, Tag.AWARD),
        (["something"], {}, None),
        (None, {}, None),
        ([{"x": []}], {}, None),
    ],
)
def test_the_last_stage_counts(tags: Any, more: dict[str, Any], tag: Tag | None) -> None:
    assert read_tag(make_release(tag=tags) | more) is tag
    kinds = [issue.kind for issue in read(tag=tags, **more).issues]
    assert ("unknown notice type" in kinds) == (tag is None)


@pytest.mark.parametrize(
    ("more", "buyer", "procuring"),
    [
        ({}, "Sample Police", ""),
        ({"buyer": {"id": "P"}, "parties": [{"id": "P", "name": "Named"}]}, "Named", ""),
        ({"buyer": None, "parties": [{"name": "By role", "roles": ["buyer"]}]}, "By role", ""),
        ({"buyer": None, "tender": {"procuringEntity": {"name": "Runs it"}}}, "Runs it", "Runs it"),
        ({"tender": {"procuringEntity": {"name": "Agent"}}}, "Sample Police", "Agent"),
        ({"buyer": "text"}, "", ""),
        ({"buyer": {"id": "?"}, "tender": {"procuringEntity": {"name": "Agent"}}}, "", "Agent"),
        ({"buyer": {"name": ""}, "parties": [{"name": "No id", "roles": ["supplier"]}]}, "", ""),
    ],
)
def test_the_buyer_is_named_where_it_stands_or_among_the_parties(
    more: dict[str, Any], buyer: str, procuring: str
) -> None:
    notice = read(**more)
    assert (notice.buyer, notice.procuring_entity) == (buyer, procuring)


@pytest.mark.parametrize(
    ("awards", "value", "issues"),
    [
        ([make_award()], (10.0, "GBP"), []),
        ([make_award(), make_award(2.5)], (12.5, "GBP"), []),
        ([make_award(), make_award(99, status="cancelled")], (10.0, "GBP"), []),
        ([make_award("800620")], (800620.0, "GBP"), []),
        ([make_award(), make_award(1, "EUR")], None, ["several currencies"]),
        ([make_award(10, None)], None, ["no currency"]),
        ([make_award("about ten")], None, ["unreadable amount"]),
        ([make_award(float("inf"))], None, ["unreadable amount"]),
        ([make_award(True)], None, ["unreadable amount"]),
        ([make_award(0)], None, []),
        ([make_award(-1)], None, []),
        ([{"value": {}}], None, []),
    ],
)
def test_money_keeps_its_currency_and_lots_are_summed(
    awards: list[Any], value: tuple[float, str] | None, issues: list[str]
) -> None:
    notice = read(awards=awards)
    found = (notice.value.amount, notice.value.currency) if notice.value else None
    assert found == value
    assert [issue.kind for issue in notice.issues] == issues


def test_a_budget_is_no_price_and_a_tender_has_its_budget() -> None:
    tender = {"title": "t", "value": {"amount": 5, "currency": "EUR"}}
    assert read(tender=tender).value is None
    value = read(tender=tender, tag=["tender"]).value
    assert value is not None
    assert value.amount == 5
    planning = {"budget": {"amount": {"amount": 7, "currency": "EUR"}}}
    value = read(planning=planning, tag=["planning"]).value
    assert value is not None
    assert value.amount == 7


def test_suppliers_are_those_of_standing_awards_by_name_or_id() -> None:
    parties = [{"id": "S", "name": "By id Ltd", "roles": ["supplier", "tenderer"]}]
    awards = [
        make_award(suppliers=[{"id": "S"}, {"name": "Firm Ltd"}, {"name": "Firm Ltd"}]),
        make_award(status="unsuccessful", suppliers=[{"name": "Lost Ltd"}]),
    ]
    assert read(awards=awards, parties=parties).suppliers == ("By id Ltd", "Firm Ltd")
    assert read(parties=parties).suppliers == ("By id Ltd",)
    assert read(parties=parties, tag=["tender"]).suppliers == ()


def test_items_of_the_award_go_before_those_of_the_tender() -> None:
    unit = {"name": "pcs", "value": {"amount": 12, "currency": "CNY"}}
    row = {"description": "Disk", "quantity": "48", "unit": unit,
           "attributes": [{"name": "Brand", "value": "Make"}, {"name": "model", "value": "M-1"}],
           "classification": {"description": "Storage"}}  # fmt: skip
    tender = {"title": "t", "items": [{"id": "1"}, {"description": "Wanted"}]}
    notice = read(awards=[make_award(items=[row])], tender=tender)
    assert notice.items == (Item("Disk", "Make", "M-1", 48.0, "pcs", 12.0),)
    assert [z.field for z in notice.zones if z.kind is ZoneKind.ITEM] == [
        "items[0].name", "items[0].brand", "items[0].model",
    ]  # fmt: skip
    assert Zone(ZoneKind.FIELD, "category", "Storage") in notice.zones
    assert [item.name for item in read(tender=tender).items] == ["Wanted"]


def test_a_unit_price_in_other_money_is_left_out() -> None:
    unit = {"value": {"amount": 12, "currency": "GBP"}}
    notice = read(awards=[make_award(items=[{"description": "Disk", "unit": unit}])])
    assert [item.unit_price for item in notice.items] == [None]


def test_descriptions_are_zones_line_by_line_without_markup_or_contacts() -> None:
    tender = {
        "title": "t",
        "description": "<p>Supply of disks</p><table><tr><td>Make</td><td>M-1</td></tr></table>",
        "lots": [{"title": "Lot 1", "description": "First\nSecond, ask x@example.invalid"}],
    }
    contact = {
        "contactPoint": {"name": "〇〇〇", "telephone": "0"},
        "name": "P",
        "roles": ["buyer"],
    }
    notice = read(tender=tender, parties=[contact])
    words = {(z.field, z.text) for z in notice.zones if z.kind is ZoneKind.SPECIFICATION}
    assert words == {
        ("tender.description", "Supply of disks"), ("tender.description", "Make | M-1"),
        ("lots[0].title", "Lot 1"), ("lots[0].description", "First"),
        ("lots[0].description", "Second, ask [e-mail]"),
    }  # fmt: skip
    assert "〇" not in str(notice.zones)


def test_documents_are_listed_once_and_the_notices_own_pages_are_none() -> None:
    documents = [
        {"documentType": "tenderNotice", "url": "https://people.example/own", "format": "x"},
        {"title": "Specification", "url": "https://files.example/a.pdf"},
        {"title": "Again", "url": "https://files.example/a.pdf"},
        {"description": "By its words", "url": "https://files.example/b"},
        {"url": "https://files.example/c.doc"},
        {"title": "No address"}, {"title": "Script", "url": "javascript:x"},
    ]  # fmt: skip
    release = make_release(tender={"title": "t", "documents": documents}, tag=["tender"])
    notice = read_release(release, URL)
    assert [d.name for d in notice.documents] == ["Specification", "By its words", "c.doc"]
    assert notice.items_elsewhere
    assert find_own_page(release) == "https://people.example/own"


def test_the_own_page_of_the_last_stage_is_taken() -> None:
    tender = {"documents": [{"documentType": "tenderNotice", "url": "https://p.example/tender"}]}
    award = {"documents": [{"documentType": "awardNotice", "url": "https://p.example/award"}]}
    assert find_own_page(make_release(tender=tender, awards=[award])) == "https://p.example/award"
    assert find_own_page(make_release()) == ""


@pytest.mark.parametrize(
    ("answer", "count"),
    [
        ({"releases": [make_release(), "x"]}, 1),
        ({"releases": []}, 0),
        ({"records": [{"ocid": "a"}]}, 1),
        ([make_release()], 1),
        (make_release(), 1),
        ([{"title": "x"}], None),
        ({"ocid": "only"}, None),
        ("text", None),
        (None, None),
    ],
)
def test_releases_are_found_in_packages_lists_and_alone(answer: Any, count: int | None) -> None:
    found = list_releases(answer)
    assert (len(found) if found is not None else None) == count


def test_a_release_has_no_name_without_both_its_parts() -> None:
    assert name_release(make_release()) == "ocds-1/1"
    assert name_release(make_release(id=None)) == name_release(make_release(ocid=[])) == ""


@pytest.mark.parametrize(
    ("raw", "moment"),
    [
        ("2026-11-22T01:00:00Z", datetime(2026, 11, 22, 1, tzinfo=UTC)),
        ("2026-11-22T01:00:00", datetime(2026, 11, 22, 1, tzinfo=UTC)),
        ("2026-11-22T01:00:00.1234567", datetime(2026, 11, 22, 1, 0, 0, 123456, tzinfo=UTC)),
        ("2026-11-22T01:00:00+01:00", datetime(2026, 11, 22, 0, tzinfo=UTC)),
        ("2026-11-22+01:00", datetime(2026, 11, 21, 16, tzinfo=UTC)),
    ],
)
def test_a_moment_without_a_zone_is_utc(raw: str, moment: datetime) -> None:
    found = read_moment(raw)
    assert found is not None
    assert found.at == moment


@pytest.mark.parametrize(
    ("value", "text", "number"),
    [
        (" a\n b ", "a b", None), ("null", "", None), (None, "", None), (7, "7", 7.0),
        (True, "", None), ("A &amp; <b>B</b>", "A & B", None), ("1.50", "1.50", 1.5),
        ("1e5", "1e5", None), (10**400, "1" + "0" * 400, None), ([1], "", None),
        (float("nan"), "nan", None),
    ],
)  # fmt: skip
def test_values_are_texts_or_numbers_or_nothing(
    value: Any, text: str, number: float | None
) -> None:
    assert (read_text(value), read_number(value)) == (text, number)


def test_what_is_missing_is_an_issue() -> None:
    notice = read(date="", tender={})
    assert [(i.kind, i.field) for i in notice.issues] == [
        ("no date", "published"), ("missing field", "title"),
    ]  # fmt: skip


def test_what_is_kept_of_a_row_has_no_contacts() -> None:
    row = {
        "parties": [{"name": "甲局", "contactPoint": {"telephone": "0"}}],
        "pointOfContact": ["〇"], "contact_name": "〇", "contact_organization": "乙局",
        "contracts": [{"id": "1"}],
    }  # fmt: skip
    assert json.loads(write_content(row, URL)) == {
        "parties": [{"name": "甲局"}], "contact_organization": "乙局", "contracts": [{"id": "1"}],
    }  # fmt: skip


def test_a_row_that_is_nested_without_end_is_a_layout_error() -> None:
    deep: Any = []
    for _ in range(5000):
        deep = [deep]
    with pytest.raises(LayoutError, match="nested"):
        write_content({"x": deep}, URL)


def test_a_title_without_end_is_cut() -> None:
    assert len(read(tender={"title": "x" * 5000}).title) == 1000
