"""A site that is rebuilt or moved makes one message, not one for each told notice."""

from __future__ import annotations

from pathlib import Path

from monitor.sample.server import Response
from monitor.store.relooks import RelookState
from tests.kit.house import House, make_award, open_house
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


def test_a_rebuilt_site_is_one_message_a_week_and_every_version_is_kept(tmp_path: Path) -> None:
    with open_house(tmp_path, [make_award(n) for n in range(MANY)]) as house:
        house.poll()
        for number in range(MANY):
            edit_quietly(house, number, note="本网站已全面改版升级。")
        pass_days(house, 6)
        assert list_told(house) == ["Source local: told notices look different, all at once"]
        kept = later(house)
        assert len(kept) == MANY
        assert {row["sent_to"] for row in kept} == {0}
        assert all(row["later"]["before"] != row["later"]["after"] for row in kept)
        pass_days(house, 6)
        assert list_states(house) == {RelookState.UNCHANGED}


def test_a_site_that_moved_is_one_message_a_week(tmp_path: Path) -> None:
    with open_house(tmp_path, [make_award(n) for n in range(MANY)]) as house:
        house.poll()
        answer_details(house, Response(b"gone", status=404))
        pass_days(house, 5)
        assert list_told(house) == ["Source local: told notices are gone, all at once"]


def test_an_edited_fact_among_many_notices_is_told_by_itself(tmp_path: Path) -> None:
    with open_house(tmp_path, [make_award(n) for n in range(MANY)]) as house:
        house.poll()
        for number in range(MANY):
            edit_quietly(house, number, supplier="样例远山科技有限公司")
        pass_days(house, 6)
        assert {row["sent_to"] for row in later(house)} == {1}
        assert len(later(house)) == MANY
