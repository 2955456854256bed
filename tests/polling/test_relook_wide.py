"""A site that is rebuilt or moved makes one message, not one for each told notice."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from monitor.once import deliver_due
from monitor.sample.notices import SampleNotice
from monitor.sample.server import Response
from monitor.store.relooks import RelookState
from tests.kit.house import House, make_award, make_chairs, open_house, replace_sources
from tests.polling.test_relook import answer_details, edit_quietly, later, pass_days

MANY = 12


def list_states(house: House) -> set[RelookState]:
    rows = house.rooms.store.db.query("select distinct state from relook")
    return {RelookState(row["state"]) for row in rows}


def list_told(house: House) -> list[str]:
    """Return the subjects of what was sent of later looks and sources, in order."""
    rows = house.rooms.store.db.query(
        """select json_extract(a.content, '$.subject') as subject from alert a
           join delivery d on d.alert = a.id where a.kind = 'self' order by d.id"""
    )
    return [row["subject"] for row in rows]


def list_weekly(house: House) -> list[str]:
    """Return the subjects of what was sent of the whole source."""
    return [subject for subject in list_told(house) if subject.startswith("Source")]


def list_waiting(house: House) -> set[tuple[str, str]]:
    """Return the digests of what was sent of later looks, and when they go."""
    rows = house.rooms.store.db.query(
        """select d.digest, d.next_try_at as due from alert a join delivery d on d.alert = a.id
           where a.reason like '%AT_SOURCE'"""
    )
    return {(row["digest"], row["due"][:16]) for row in rows}


def test_a_rebuilt_site_is_one_message_and_one_at_the_week_s_end_and_every_version_is_kept(
    tmp_path: Path,
) -> None:
    with open_house(tmp_path, [make_award(n) for n in range(MANY)]) as house:
        house.poll()
        for number in range(MANY):
            edit_quietly(house, number, note="本网站已全面改版升级。")
        pass_days(house, 6)
        assert list_weekly(house) == ["Source local: told notices look different, all at once"]
        kept = later(house)
        assert len(kept) == MANY
        [body] = [one for one in read_bodies(house) if one.startswith("All told notices")]
        named = [row["later"]["of"] in body for row in kept]
        assert [row["sent_to"] for row in kept] == [0 if one else 1 for one in named]
        assert 0 < sum(named) < MANY
        assert list_waiting(house) == {("weekly:looks:local:2026-48", "2026-11-30T00:00")}
        assert all(row["later"]["before"] != row["later"]["after"] for row in kept)
        assert not any("A notice has changed at its source" in one for one in deliver(house))
        pass_days(house, 6)
        assert list_states(house) == {RelookState.UNCHANGED}
        [at_week_end] = deliver(house)
        assert at_week_end.count("A notice has changed at its source") == MANY - sum(named)


def deliver(house: House) -> list[str]:
    """Send what is due and return it."""
    messages: list[str] = []
    deliver_due(house.setup, house.rooms, messages.append)
    return messages


def test_a_site_that_moved_is_one_message_a_week(tmp_path: Path) -> None:
    with open_house(tmp_path, [make_award(n) for n in range(MANY)]) as house:
        house.poll()
        answer_details(house, Response(b"gone", status=404))
        pass_days(house, 5)
        assert list_weekly(house) == ["Source local: told notices are gone, all at once"]


def test_an_edited_fact_among_many_notices_is_told_by_itself(tmp_path: Path) -> None:
    with open_house(tmp_path, [make_award(n) for n in range(MANY)]) as house:
        house.poll()
        for number in range(MANY):
            edit_quietly(house, number, supplier="样例远山科技有限公司")
        pass_days(house, 6)
        assert {row["sent_to"] for row in later(house)} == {1}
        assert len(later(house)) == MANY


def make_untold(number: int) -> SampleNotice:
    """Return a notice of a security organ that is opened and of which nobody is told."""
    changes = {"buyer": "样例市监狱", "project": f"样例市监狱课桌椅采购项目{number}"}
    return make_chairs(number, **changes)


def show_notices(untold: int) -> list[SampleNotice]:
    return [make_award(n) for n in range(MANY)] + [make_untold(50 + n) for n in range(untold)]


def read_bodies(house: House) -> list[str]:
    rows = house.rooms.store.db.query("select content from alert where kind = 'self' order by id")
    return [json.loads(row["content"])["body"] for row in rows]


GONE = Response(b"gone", status=404)


def test_told_notices_that_are_swept_while_others_stand_are_each_told(tmp_path: Path) -> None:
    with open_house(tmp_path, show_notices(3)) as house:
        house.poll()
        assert len(house.told()) == MANY
        house.portal.fail_with = lambda p: GONE if "_91000" in p and "_910005" not in p else None
        pass_days(house, 10)
        kept = later(house)
        assert {(row["reason"], row["sent_to"]) for row in kept} == {("WITHDRAWN_AT_SOURCE", 1)}
        assert len(kept) == MANY
        beside = [row for row in kept if row["later"]["controls"]]
        assert all(len(row["later"]["controls"]) == 2 for row in beside)
        assert "are still there, looked at at the same time" in beside[0]["body"]
        assert "_910005" in beside[0]["body"]
        summary = "Source local: told notices are gone, others are still there"
        assert [one for one in list_told(house) if one.startswith("Source")] == [summary]
        read = house.rooms.archive.read
        named = [one for one in beside[0]["exhibits"] if one["name"].startswith("control")]
        assert [read(one["record_id"]).sha256 for one in named] == [one["sha256"] for one in named]


def test_told_notices_whose_text_was_edited_while_others_stand_are_each_told(
    tmp_path: Path,
) -> None:
    with open_house(tmp_path, show_notices(2)) as house:
        house.poll()
        for number in range(MANY):
            edit_quietly(house, number, note="本公告内容已调整。")
        pass_days(house, 4)
        assert {row["sent_to"] for row in later(house)} == {1}
        summary = "Source local: told notices were edited, others are as they were"
        assert [one for one in list_told(house) if one.startswith("Source")] == [summary]


def test_a_site_that_moved_is_known_by_notices_that_nobody_was_told_of(tmp_path: Path) -> None:
    with open_house(tmp_path, show_notices(3)) as house:
        house.poll()
        answer_details(house, GONE)
        pass_days(house, 5)
        assert list_weekly(house) == ["Source local: told notices are gone, all at once"]
        [body] = [one for one in read_bodies(house) if one.startswith("All told notices")]
        assert "2 notices that nobody was told of differ as well:" in body
        assert {row["sent_to"] for row in later(house) if row["later"]["of"] in body} == {0}
        assert {digest for digest, _ in list_waiting(house)} == {"weekly:looks:local:2026-48"}


def test_where_one_control_is_gone_and_one_stands_each_told_notice_is_told(
    tmp_path: Path,
) -> None:
    with open_house(tmp_path, show_notices(2)) as house:
        house.poll()
        house.portal.fail_with = lambda p: GONE if "/t2026" in p and "_9100051" not in p else None
        pass_days(house, 5)
        assert {row["sent_to"] for row in later(house)} == {1}
        [body] = [one for one in read_bodies(house) if one.startswith("All told notices")]
        assert "1 notice that nobody was told of differs as well:" in body
        assert "are still there" in body


@pytest.mark.parametrize(
    ("untold", "answer", "why"),
    [
        (0, GONE, "no other notice of about the same days is kept"),
        (2, Response(b"bad gateway", status=502), "502"),
    ],
)
def test_where_no_control_can_be_read_the_message_says_so(
    tmp_path: Path, untold: int, answer: Response, why: str
) -> None:
    with open_house(tmp_path, show_notices(untold)) as house:
        house.poll()
        house.portal.fail_with = lambda p: (
            None if "/t2026" not in p else answer if "_910005" in p else GONE
        )
        pass_days(house, 7)
        assert list_weekly(house) == ["Source local: told notices are gone, all at once"]
        [body] = [one for one in read_bodies(house) if one.startswith("All told notices")]
        line = next(one for one in body.splitlines() if one.startswith("No notice that nobody"))
        assert why in line


def limit_budget(house: House, budget: int) -> None:
    source = house.config.sources["local"].model_copy(update={"budget": budget})
    house.setup = replace(house.setup, config=replace_sources(house.config, source))


def test_a_budget_that_ends_before_the_controls_puts_the_news_off_three_days(
    tmp_path: Path,
) -> None:
    with open_house(tmp_path, [*[make_award(n) for n in range(3)], make_untold(50)]) as house:
        house.poll()
        answer_details(house, GONE)
        pass_days(house, 2)
        limit_budget(house, 5)
        pass_days(house, 3)
        assert (later(house), list_told(house)) == ([], [])
        assert list_states(house) == {RelookState.MISSING}
        pass_days(house, 1)
        assert list_weekly(house) == ["Source local: told notices are gone, all at once"]
        [body] = [one for one in read_bodies(house) if one.startswith("All told notices")]
        assert "No notice that nobody was told of could be read beside them: daily budget" in body


def test_news_that_was_put_off_is_judged_by_controls_that_can_be_read_again(
    tmp_path: Path,
) -> None:
    with open_house(tmp_path, [*[make_award(n) for n in range(3)], make_untold(50)]) as house:
        house.poll()
        house.portal.fail_with = lambda p: GONE if "_910000" in p else None
        pass_days(house, 2)
        limit_budget(house, 5)
        pass_days(house, 1)
        assert later(house) == []
        limit_budget(house, 500)
        pass_days(house, 1)
        assert [len(row["later"]["controls"]) for row in later(house)] == [1, 1, 1]
        assert {row["sent_to"] for row in later(house)} == {1}


def test_controls_are_asked_for_only_where_it_may_be_the_site(tmp_path: Path) -> None:
    with open_house(tmp_path, [make_award(1), make_award(2), make_untold(50)]) as house:
        house.poll()
        house.portal.requests.clear()
        house.portal.fail_with = lambda p: GONE if "_910000" in p else None
        pass_days(house, 10)
        assert "_9100050" not in "".join(house.portal.requests)
        assert {row["sent_to"] for row in later(house)} == {1}


def test_a_stop_before_the_controls_leaves_the_looks_for_the_next_round(tmp_path: Path) -> None:
    with open_house(tmp_path, [*[make_award(n) for n in range(3)], make_untold(50)]) as house:
        house.poll()

        def sweep(path: str) -> Response | None:
            return GONE if "_910000" in path else None

        house.portal.fail_with = sweep
        pass_days(house, 2)

        def stop_at_control(path: str) -> Response | None:
            if "_9100050" in path:
                house.rooms.stop.set()
            return sweep(path)

        house.portal.fail_with = stop_at_control
        pass_days(house, 2)
        house.rooms.stop.clear()
        assert later(house) == []
        house.portal.fail_with = sweep
        pass_days(house, 3)
        assert len(later(house)) == 3
