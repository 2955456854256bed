"""Which buyer was on which list, and from which day."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.screening.lists import SanctionLists, Status, load_packaged

LATE = date(2025, 6, 27)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("新疆警察学院", ("BIS Entity List 2019-10-09",)),
        (
            "新疆维吾尔自治区公安厅",
            ("BIS Entity List 2019-10-09", "OFAC SDN (GLOMAG) 2020-07-09"),
        ),
        ("公安部物证鉴定中心", ("BIS Entity List 2020-06-05",)),
        ("公安部第二研究所", ("BIS Entity List 2020-06-05 (verify)",)),
        ("哈密市公安局", ("BIS Entity List 2019-10-09 (verify)",)),
        ("新疆维吾尔自治区哈密市公安局", ("BIS Entity List 2019-10-09 (verify)",)),
        ("烏魯木齊市公安局", ("BIS Entity List 2019-10-09 (verify)",)),
        ("新疆生产建设兵团第八师石河子市公安局", ("BIS Entity List 2019-10-09 (verify)",)),
        ("喀什地区公安局交通警察支队", ("BIS Entity List 2019-10-09 (verify)",)),
        ("乌鲁木齐市公安局天山区分局", ("BIS Entity List 2019-10-09 (verify)",)),
    ],
)
def test_a_listed_body_is_found_by_its_names_and_sub_units(
    name: str, expected: tuple[str, ...]
) -> None:
    assert load_packaged().listed_on(name, "psb", "", LATE) == expected


@pytest.mark.parametrize(
    "name",
    [
        "库尔勒市公安局",
        "西藏自治区公安厅",
        "广州市公安局",
        "伊宁市公安局",
        "喀什市公安局",
        "哈密市公安局职工活动室",
        "哈密市",
        "公安局",
        "",
    ],
)
def test_a_body_that_no_row_names_is_not_listed(name: str) -> None:
    assert load_packaged().listed_on(name, "psb", "", LATE) == ()


def test_a_sub_unit_counts_only_for_a_recognised_organ() -> None:
    assert load_packaged().listed_on("哈密市公安局特警支队", "", "", LATE) == ()
    assert load_packaged().listed_on("哈密市公安局特警支队", "psb", "", LATE)


def test_a_body_of_another_province_is_another_body() -> None:
    assert load_packaged().listed_on("哈密市公安局", "psb", "440100", LATE) == ()
    assert load_packaged().listed_on("哈密市公安局", "psb", "650500", LATE)


def test_a_listing_counts_from_its_day_on() -> None:
    first = date(2019, 10, 9)
    assert (
        load_packaged().listed_on("新疆警察学院", "police_college", "", first - timedelta(days=1))
        == ()
    )
    assert load_packaged().listed_on("新疆警察学院", "police_college", "", first)


def test_every_row_can_be_found_by_each_of_its_names() -> None:
    for row in load_packaged().rows:
        for name in row.names_zh:
            assert row.label in load_packaged().listed_on(name, "", row.adcode, row.since)


def test_every_row_has_a_citation_and_a_name() -> None:
    rows = load_packaged().rows
    assert rows
    assert all(row.citation and row.name_en and row.names for row in rows)


def test_a_row_ends_on_the_day_it_is_taken_off_the_list() -> None:
    [row] = [one for one in load_packaged().rows if one.name_en == "Xinjiang Police College"]
    ended = replace(row, until=date(2024, 5, 1))
    lists = SanctionLists((ended,))
    assert lists.listed_on("新疆警察学院", "", "", date(2024, 4, 30)) == (row.label,)
    assert lists.listed_on("新疆警察学院", "", "", date(2024, 5, 1)) == ()


@pytest.mark.parametrize(
    ("status", "mark"),
    [(Status.SEEN, ""), (Status.CONFIRMED, ""), (Status.VERIFY, " (verify)"),
     (Status.VERIFY_NAME, " (verify)")],
)  # fmt: skip
def test_a_label_says_what_is_not_sure(status: Status, mark: str) -> None:
    row = replace(load_packaged().rows[0], status=status)
    assert row.label == f"BIS Entity List 2019-10-09{mark}"


def test_a_part_of_a_listed_body_is_told_from_the_body_itself() -> None:
    lists = load_packaged()
    assert [one.whole for one in lists.find_listings("哈密市公安局", "psb", "")] == [True]
    assert [one.whole for one in lists.find_listings("哈密市公安局特警支队", "psb", "")] == [False]


@given(st.text(max_size=40))
@settings(max_examples=100, deadline=None)
def test_no_text_makes_the_lists_fail(name: str) -> None:
    assert isinstance(load_packaged().listed_on(name, "psb", "", LATE), tuple)
