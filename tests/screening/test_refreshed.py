"""What a refresh makes of the packaged rows: confirmed, corrected, lost, added, not mapped."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import pytest

from monitor.screening.csl import ListsError, find_family
from monitor.screening.lists import ListedBody, SanctionLists, Status, load_packaged
from monitor.screening.refreshed import Finding, FindingKind, Refresh, lay_over, take_answer
from tests.kit.screeninglist import Entry, list_known, make_entry, write_answer

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
WEEK = timedelta(days=7)
HAMI = "Hami Municipality Public Security Bureau"
SEEN = "Xinjiang Police College"
LATE = date(2026, 11, 1)


def take(entries: Sequence[object], at: datetime = NOW, before: Refresh | None = None) -> Refresh:
    return take_answer(write_answer(entries), url="here", fetched_at=at, before=before)


def change(name: str, /, **changes: object) -> list[Entry]:
    """Return the known entries with one of them changed."""
    return [{**one, **changes} if one["name"] == name else one for one in list_known()]


def drop(*names: str) -> list[Entry]:
    return [one for one in list_known() if one["name"] not in names]


def find_row(lists: SanctionLists, name: str) -> ListedBody:
    return next(row for row in lists.rows if row.name_en == name)


def find_kinds(findings: Sequence[Finding], name: str) -> dict[FindingKind, str]:
    return {found.kind: found.detail for found in findings if found.name_en == name}


def test_a_whole_answer_confirms_every_row_that_it_covers() -> None:
    lists, findings = lay_over(take(list_known()))
    assert {found.kind for found in findings} == {FindingKind.CONFIRMED}
    for row in lists.rows:
        covered = bool(find_family(row.source))
        assert (row.confirmed_at == NOW) is covered
        assert (row.status is Status.CONFIRMED) is (covered and row.status != Status.VERIFY_NAME)
    assert lists.listed_on("哈密市公安局", "psb", "", LATE) == ("BIS Entity List 2019-10-09",)
    assert lists.refreshed_at == NOW


def test_rows_of_other_lists_stay_as_they_are() -> None:
    lists, _ = lay_over(take(list_known()))
    others = {row for row in load_packaged().rows if not find_family(row.source)}
    assert others
    assert others <= set(lists.rows)


def test_a_name_that_is_only_ours_is_not_confirmed_by_the_english() -> None:
    lists, _ = lay_over(take(list_known()))
    label = ("BIS Entity List 2020-06-05 (verify)",)
    assert lists.listed_on("公安部第二研究所", "psb", "", LATE) == label


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "HAMI CITY PUBLIC SECURITY BUREAU"},
        {"name": "Kumul Municipality Public Security Bureau"},
        {"name": "Qumul Bureau", "alt_names": ["Kumul City Bureau", HAMI]},
        {"name": f"Qumul Bureau, a.k.a. {HAMI}", "alt_names": None},
    ],
)
def test_a_row_is_found_by_another_spelling_or_alias(changes: Entry) -> None:
    _, findings = lay_over(take(change(HAMI, **changes)))
    assert find_kinds(findings, HAMI).keys() == {FindingKind.CONFIRMED}


@pytest.mark.parametrize("day", ["2019-10-07", "2020-07-22"])
def test_where_days_differ_the_source_wins_and_it_is_said(day: str) -> None:
    lists, findings = lay_over(take(change(HAMI, start_date=day)))
    assert find_row(lists, HAMI).since == date.fromisoformat(day)
    said = find_kinds(findings, HAMI)[FindingKind.DISAGREEMENT]
    assert said == f"packaged since 2019-10-09, the source says {day}"


def test_of_two_entries_for_one_body_the_earlier_day_counts() -> None:
    twice = [*list_known(), make_entry(HAMI, id="2", start_date="2020-07-22")]
    lists, _ = lay_over(take(twice))
    assert find_row(lists, HAMI).since == date(2019, 10, 9)


def test_a_day_that_the_source_lacks_or_garbles_confirms_no_recalled_day() -> None:
    for value in (None, "soon"):
        lists, findings = lay_over(take(change(HAMI, start_date=value)))
        assert find_row(lists, HAMI).status is Status.VERIFY
        kinds = find_kinds(findings, HAMI)
        assert kinds[FindingKind.CONFIRMED] == f"{HAMI}; the source gives no day"
        assert (FindingKind.UNREADABLE in kinds) is (value is not None)


def test_a_listing_that_ended_counts_up_to_its_end() -> None:
    lists, _ = lay_over(take(change(HAMI, end_date="2024-05-01")))
    assert lists.listed_on("哈密市公安局", "psb", "", date(2024, 4, 30))
    assert not lists.listed_on("哈密市公安局", "psb", "", date(2024, 5, 1))


def test_what_the_answer_lacks_stays_to_be_verified_and_is_said() -> None:
    lists, findings = lay_over(take(drop(HAMI, SEEN)))
    assert find_row(lists, HAMI).status is Status.VERIFY
    assert find_kinds(findings, HAMI) == {FindingKind.NOT_FOUND: "recalled, and not in the answer"}
    assert find_row(lists, SEEN).status is Status.VERIFY
    assert "read at the source before" in find_kinds(findings, SEEN)[FindingKind.NOT_FOUND]


def test_what_an_earlier_answer_had_says_when_it_was_last_found() -> None:
    korla = make_entry("Korla City Public Security Bureau", start_date="2025-03-01")
    first = take([*list_known(), korla])
    second = take(drop(HAMI), NOW + WEEK, first)
    third = take(drop(HAMI), NOW + 2 * WEEK, second)
    lists, findings = lay_over(third)
    assert find_row(lists, HAMI).confirmed_at == NOW
    said = find_kinds(findings, HAMI)[FindingKind.NOT_FOUND]
    assert said.startswith("last found on 2026-11-22")
    label = ("BIS Entity List 2025-03-01 (verify)",)
    assert lists.listed_on("库尔勒市公安局", "psb", "", LATE) == label
    assert find_kinds(findings, korla["name"])[FindingKind.NOT_FOUND]


def test_a_body_that_comes_back_is_confirmed_again() -> None:
    gone = take(drop(HAMI), NOW + WEEK, take(list_known()))
    back = take(list_known(), NOW + 2 * WEEK, gone)
    lists, findings = lay_over(back)
    assert find_row(lists, HAMI).status is Status.CONFIRMED
    assert {found.kind for found in findings} == {FindingKind.CONFIRMED}


def test_a_new_body_is_added_under_the_one_chinese_name_of_its_english() -> None:
    korla = make_entry("Korla Municipal Public Security Bureau", start_date="2025-03-01")
    lists, findings = lay_over(take([*list_known(), korla]))
    assert FindingKind.ADDED in find_kinds(findings, korla["name"])
    on = lists.listed_on("库尔勒市公安局", "psb", "652801", LATE)
    assert on == ("BIS Entity List 2025-03-01",)
    assert lists.listed_on("库尔勒市公安局", "psb", "440100", LATE) == ()


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (make_entry("Atlantis Police"), "no Chinese name follows from it"),
        (make_entry("Chaoyang District Public Security Bureau"), "may be 朝阳区公安局"),
        (make_entry("Korla City Police", start_date=None), "no Chinese name follows from it"),
        (make_entry("Korla Public Security Bureau"), "no Chinese name follows from it"),
        (make_entry("Turpan City Prison", start_date=None), "the source gives no day"),
    ],
)  # fmt: skip
def test_a_new_body_without_one_chinese_name_and_a_day_is_only_told(
    entry: Entry, said: str
) -> None:
    lists, findings = lay_over(take([*list_known(), entry]))
    assert find_kinds(findings, entry["name"])[FindingKind.NOT_MAPPED].startswith(said)
    assert len(lists.rows) == len(load_packaged().rows)


@pytest.mark.parametrize(
    "entry",
    [
        make_entry("Korla City Public Security Bureau", addresses=[{"country": "RU"}]),
        make_entry("Korla Police Equipment Co., Ltd."),
        make_entry("A Person of the Korla City Police", "SDN", type="Individual"),
        make_entry("Korla Cotton Works"),
    ],
)
def test_what_is_no_security_body_in_china_is_left_alone(entry: Entry) -> None:
    _, findings = lay_over(take([*list_known(), entry]))
    assert find_kinds(findings, entry["name"]) == {}


def test_the_counts_and_the_hash_of_an_answer_are_kept() -> None:
    entries = [*list_known(), make_entry("Some Works", addresses=[]), make_entry("")]
    refresh = take(entries)
    body = write_answer(entries)
    assert refresh.sha256 == hashlib.sha256(body).hexdigest()
    assert (refresh.size, refresh.results, refresh.unread) == (len(body), len(entries), 1)
    assert len(refresh.kept) == len(list_known())


def test_an_answer_that_lost_most_known_bodies_is_refused() -> None:
    known = list_known()
    half = (len(known) + 1) // 2
    filler = [make_entry(f"Works {number}") for number in range(500)]
    take([*known[:half], *filler])
    with pytest.raises(ListsError, match=f"has {half - 1} of the {len(known)} bodies"):
        take([*known[: half - 1], *filler])


def test_an_answer_that_shrank_to_less_than_half_is_refused() -> None:
    filler = [make_entry(f"Works {number}") for number in range(500)]
    before = take([*list_known(), *filler])
    with pytest.raises(ListsError, match="the one before had"):
        take(list_known(), NOW + WEEK, before)


def test_an_older_answer_does_not_replace_a_newer_one() -> None:
    with pytest.raises(ListsError, match="older than the lists kept, of 2026-11-22T04:00"):
        take(list_known(), NOW - WEEK, take(list_known()))
