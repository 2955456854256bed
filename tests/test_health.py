"""States of sources: each is produced by something, told once, and its end once."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from monitor.health import TOLD_GAP, Trouble, find_late, find_news, sum_health
from monitor.models import SourceState
from monitor.outline import Outline
from monitor.reading.views import list_sources
from monitor.store.sources import SourceRow
from tests.kit.house import House, watch_site
from tests.portals.sites.base import Answer, make_facts
from tests.portals.sites.daybook import Daybook

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
Twist = Callable[[str, int, dict[str, Any]], Answer | None]
ROW = SourceRow(
    "local", SourceState.CURRENT, "", "", "", NOW, NOW, NOW, NOW, 9, 0, "", NOW, sample=False
)


def give(answer: Answer) -> Twist:
    return lambda *_: answer


def write(**parts: Any) -> Answer:
    return Answer(json.dumps(parts).encode(), "application/json")


def forget_dates(since: str, page: int, answer: dict[str, Any]) -> None:
    for row in answer["rows"]:
        row["date"] = "某日"


def drop_rows(since: str, page: int, answer: dict[str, Any]) -> None:
    answer["rows"] = answer["rows"][::3]


def list_told(house: House) -> list[str]:
    rows = house.rooms.store.db.query("select content from alert order by rowid")
    return [json.loads(row["content"])["subject"] for row in rows]


def poll_with(house: House, site: Daybook, twist: Twist | None) -> SourceState:
    site.twist = twist or (lambda *_: None)
    house.clock.pass_time(hours=6)
    fresh = replace(site.facts[0], number=site.facts[0].number + 1, published=house.clock())
    site.facts = [fresh, *site.facts]
    return house.poll().health.state


SCENES: dict[SourceState, Twist | None] = {
    SourceState.CURRENT: None,
    SourceState.PARTIAL: drop_rows,
    SourceState.EMPTY: give(Answer(b"")),
    SourceState.BLOCKED: give(Answer(b"no", status=403)),
    SourceState.DRIFTED: forget_dates,
    SourceState.UNREACHABLE: give(Answer(b"no", status=502)),
}


def test_every_state_has_its_scene() -> None:
    assert SCENES.keys() | {SourceState.NEW, SourceState.LATE} == set(SourceState)


@pytest.mark.parametrize("state", SCENES)
def test_a_state_comes_about_and_is_told_once_with_its_end(
    tmp_path: Path, state: SourceState
) -> None:
    site = Daybook(make_facts(40))
    with watch_site(tmp_path, site) as house:
        house.poll()
        states = [poll_with(house, site, SCENES[state]) for _ in range(3)]
        assert states == [state] * 3
        row = house.rooms.store.sources.get("local")
        assert bool(row.cause) == (state is not SourceState.CURRENT)
        states = [poll_with(house, site, None) for _ in range(4)]
        assert states[2:] == [SourceState.CURRENT] * 2
        told = [f"Source local is {state}", "Source local has recovered"]
        assert list_told(house) == ([] if state is SourceState.CURRENT else told)


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (write(total=0, rows=[]), SourceState.EMPTY),
        (write(total=70, rows=[]), SourceState.DRIFTED),
        (write(rows=[]), SourceState.DRIFTED),
        (write(total=4, lines=[]), SourceState.DRIFTED),
        (Answer(b'{"total": 4, "rows": [{'), SourceState.PARTIAL),
        (Answer(b"<html><title>login</title></html>"), SourceState.BLOCKED),
        (Answer(b"moved", status=404), SourceState.DRIFTED),
    ],
)
def test_a_list_that_answers_nothing_is_never_no_news(
    tmp_path: Path, answer: Answer, state: SourceState
) -> None:
    site = Daybook(make_facts(40), dated=True)
    with watch_site(tmp_path, site) as house:
        house.poll()
        house.clock.pass_time(days=5)
        assert poll_with(house, site, give(answer)) is state


def test_a_source_is_new_before_its_first_round_and_late_after_two_intervals(
    tmp_path: Path,
) -> None:
    with watch_site(tmp_path, Daybook(make_facts(4))) as house:
        outlines = {"local": Outline(every=6 * 3600, budget=9, host="a.example")}

        def show() -> str:
            (row,) = list_sources(house.rooms.store, outlines, house.clock())
            return str(row["state"])

        assert show() == SourceState.NEW
        house.poll()
        house.clock.pass_time(hours=12)
        assert show() == SourceState.CURRENT
        house.clock.pass_time(seconds=1)
        assert show() == SourceState.LATE


def test_sources_show_their_gaps_and_what_was_read_whole(tmp_path: Path) -> None:
    site = Daybook(make_facts(40))
    with watch_site(tmp_path, site) as house:
        blocked = Answer(b"no", status=403)
        site.twist = lambda since, *_: blocked if since == "2026-11-20" else None
        house.poll()
        outlines = {"local": Outline(every=6 * 3600, budget=9, host="a.example")}
        (row,) = list_sources(house.rooms.store, outlines, house.clock())
        assert {gap["why"] for gap in row["gaps"]} == {"the round broke off"}
        assert {gap["state"] for gap in row["gaps"]} == {"open"}
        site.twist = lambda *_: None
        house.clock.pass_time(hours=6)
        house.poll()
        (row,) = list_sources(house.rooms.store, outlines, house.clock())
        assert row["gaps"] == []
        assert [(span["since"], span["until"]) for span in row["read_whole"]] == [
            ("2026-11-15T04:00:00+00:00", "2026-11-22T10:00:00+00:00")
        ]


# What is told ---------------------------------------------------------------------------------


def run_states(states: list[tuple[SourceState, bool]]) -> list[str]:
    """Return what is told over rounds that end so; True is a round with a gap."""
    row, told = ROW, list[str]()
    for number, (state, gap) in enumerate(states):
        now = NOW + number * HOUR
        row = replace(
            row,
            state=state,
            state_since=row.state_since if row.state is state else now,
            failures=0 if state is SourceState.CURRENT else row.failures + 1,
        )
        if news := find_news(row, now):
            told.append(str(news.content["subject"]).removeprefix("Source local "))
            known = "" if state is SourceState.CURRENT else str(state)
            row = replace(row, told_state=known)
        if gap and row.told_state != TOLD_GAP:
            told.append("gap")
            row = replace(row, told_state=TOLD_GAP)
    return told


GOOD, BAD = (SourceState.CURRENT, False), (SourceState.BLOCKED, False)
DOWN, PART = (SourceState.UNREACHABLE, False), (SourceState.PARTIAL, False)
GAP = (SourceState.PARTIAL, True)


@pytest.mark.parametrize(
    ("states", "told"),
    [
        ([GOOD, BAD, GOOD], []),
        ([BAD, BAD, BAD], ["is blocked"]),
        ([BAD, BAD, GOOD, GOOD], ["is blocked", "has recovered"]),
        ([BAD, DOWN], ["is unreachable"]),
        ([BAD, BAD, DOWN, BAD, DOWN, BAD], ["is blocked"]),
        ([BAD, BAD, DOWN, DOWN, DOWN], ["is blocked", "is unreachable"]),
        ([GAP, GOOD, GOOD], ["gap", "has recovered"]),
        ([GAP, GAP, GAP, PART, PART, GOOD], ["gap", "has recovered"]),
        ([GAP, BAD, BAD, BAD], ["gap", "is blocked"]),
        ([PART, PART, GAP, GAP, PART, GOOD], ["is partial", "gap", "has recovered"]),
        ([GAP, GOOD, GAP, GOOD], ["gap", "has recovered"] * 2),
    ],
)
def test_each_trouble_is_told_once(states: list[tuple[SourceState, bool]], told: list[str]) -> None:
    assert run_states(states) == told


def test_a_source_that_was_late_recovers_once_or_is_told_what_it_has() -> None:
    late = replace(ROW, told_state=str(SourceState.LATE))
    news = find_news(late, NOW)
    assert news is not None
    assert news.content["subject"] == "Source local has recovered"
    down = replace(late, state=SourceState.UNREACHABLE, failures=1)
    assert find_news(down, NOW) is None
    news = find_news(replace(down, failures=2), NOW)
    assert news is not None
    assert news.content["subject"] == "Source local is unreachable"


@pytest.mark.parametrize(
    ("row", "running", "now", "late"),
    [
        (ROW, -99, 12, False),
        (ROW, -99, 12.1, True),
        (ROW, 0, 12.1, True),
        (ROW, 1, 12.1, False),
        (ROW, 1, 13.1, True),
        (replace(ROW, state=SourceState.BLOCKED, failures=1), -99, 12, False),
        (replace(ROW, state=SourceState.BLOCKED, failures=1), -99, 12.1, True),
        (replace(ROW, state=SourceState.BLOCKED, next_check_at=NOW + 24 * HOUR), -99, 30, False),
        (replace(ROW, state=SourceState.NEW, next_check_at=None), 0, 12, False),
        (replace(ROW, state=SourceState.NEW, next_check_at=None), 0, 12.1, True),
    ],
)
def test_a_source_is_late_when_nobody_read_it_for_two_intervals(
    row: SourceRow, running: float, now: float, late: bool
) -> None:
    began, moment = NOW + running * HOUR, NOW + now * HOUR
    assert find_late(row, 6 * HOUR, began, moment) is late


def test_the_worst_of_several_troubles_is_the_state_and_all_are_missed() -> None:
    troubles = [
        Trouble(SourceState.PARTIAL, "a", "page 1"),
        Trouble(SourceState.BLOCKED, "b", "page 2", "wait"),
        Trouble(SourceState.EMPTY, "c", "page 1"),
        *(Trouble(SourceState.PARTIAL, "d", f"page {n}") for n in range(3, 8)),
    ]
    health = sum_health(troubles)
    assert (health.state, health.cause, health.advice) == (SourceState.BLOCKED, "b", "wait")
    assert health.missed == "page 1; page 2; page 3; page 4; page 5; and 2 more"
