"""The line of an alert on the sanction lists."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from monitor.screening.lists import ListedBody, SanctionLists, Status
from monitor.screening.standing import describe_standing

ROW = ListedBody(
    source="BIS Entity List",
    name_en="Sample Bureau",
    names_zh=("样例公安局",),
    adcode="",
    since=date(2019, 10, 9),
    citation="84 FR 1",
    status=Status.SEEN,
)
SDN = replace(ROW, source="OFAC SDN", since=date(2020, 7, 9))
FOUND = datetime(2026, 11, 15, tzinfo=UTC)
LOST = replace(ROW, status=Status.VERIFY, confirmed_at=FOUND)
DAY = date(2020, 1, 1)


@pytest.mark.parametrize(
    ("rows", "day", "line"),
    [
        ([ROW], DAY, "Listed on the day of the notice: BIS Entity List since 2019-10-09"),
        ([ROW], ROW.since, "Listed on the day of the notice: BIS Entity List since 2019-10-09"),
        ([ROW], date(2019, 10, 8), "Listed only later than the notice: BIS Entity List since "
         "2019-10-09 (1 rows, as packaged)"),
        ([ROW, SDN], DAY, "Listed on the day of the notice: BIS Entity List since 2019-10-09; "
         "listed only later: OFAC SDN since 2020-07-09"),
        ([ROW, SDN], date(2021, 1, 1), "Listed on the day of the notice: BIS Entity List since "
         "2019-10-09; OFAC SDN since 2020-07-09"),
        ([replace(ROW, until=DAY)], DAY, "No longer listed on that day: BIS Entity List since "
         "2019-10-09 until 2020-01-01 (1 rows, as packaged)"),
        ([replace(ROW, status=Status.VERIFY)], DAY, "Listed on the day of the notice: BIS Entity "
         "List since 2019-10-09 (recalled, verify)"),
        ([replace(ROW, status=Status.VERIFY_NAME)], DAY, "Listed on the day of the notice: BIS "
         "Entity List since 2019-10-09 (verify that it is this body)"),
        ([LOST], DAY, "Listed on the day of the notice: BIS Entity List since 2019-10-09 "
         "(last found 2026-11-15, verify)"),
        ([], DAY, "Not on the lists known here on the day of the notice (0 rows, as packaged)"),
    ],
)  # fmt: skip
def test_a_standing_reads_well(rows: list[ListedBody], day: date, line: str) -> None:
    assert describe_standing(SanctionLists(tuple(rows)), "样例公安局", "psb", "", day) == line


def test_a_part_of_a_listed_body_is_called_so() -> None:
    lists = SanctionLists((ROW,))
    line = describe_standing(lists, "样例公安局特警支队", "psb", "", DAY)
    assert line.endswith("since 2019-10-09 (as a part of Sample Bureau)")


def test_no_listing_says_how_fresh_the_lists_are() -> None:
    lists = SanctionLists((ROW,), FOUND)
    line = describe_standing(lists, "另一个公安局", "psb", "", DAY, "the capture")
    known = "Not on the lists known here on the day of the capture"
    assert line == f"{known} (1 rows, refreshed 2026-11-15)"
    assert describe_standing(lists, "", "", "", DAY).startswith("Not on the lists")
