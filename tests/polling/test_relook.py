"""Told notices looked at again: what the source does to them, and what is told of it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from monitor.sample.notices import Publication, SampleNotice
from monitor.sample.server import Response
from monitor.store.relooks import RelookState
from tests.kit.house import House, make_award, make_chairs, open_house

BLOCK = Response("<html><title>频繁访问!中国政府采购网</title><p>访问过于频繁</p></html>".encode())
DELETED = Response(
    "<html><head><title>提示</title></head><body>该公告已被删除</body></html>".encode()
)
DRIVES = make_award(1).items[0].model_dump()


def edit_quietly(house: House, number: int, **changes: Any) -> None:
    """Change a notice's page and leave its row in the list as it was."""
    shown = house.portal._shown
    for place, publication in enumerate(shown):
        if publication.notice.id == 9_100_000 + number:
            notice = SampleNotice.model_validate({**publication.notice.model_dump(), **changes})
            shown[place] = Publication(notice, publication.at)


def answer_details(house: House, response: Response | None) -> None:
    """Let the portal answer every notice so; None ends it."""
    house.portal.fail_with = lambda path: response if "/t2026" in path else None


def later(house: House) -> list[dict[str, Any]]:
    """Return what was told of later looks, in order."""
    rows = house.rooms.store.db.query(
        "select a.*, count(d.id) as sent_to from alert a left join delivery d on d.alert = a.id "
        "where a.reason like '%AT_SOURCE' group by a.id order by a.created_at, a.id"
    )
    return [{**row, **json.loads(row["content"])} for row in rows]


def state_of(house: House) -> RelookState:
    row = house.rooms.store.db.first("select state from relook")
    assert row is not None
    return RelookState(row["state"])


def pass_days(house: House, days: int) -> None:
    for _ in range(days):
        house.clock.pass_time(days=1)
        house.poll()


def count_looks(house: House) -> int:
    return sum("_9100001" in path for path in house.portal.requests)


def test_an_unchanged_notice_is_looked_at_four_times_and_nobody_is_told(tmp_path: Path) -> None:
    with open_house(tmp_path, [make_award(1), make_chairs(2)]) as house:
        house.poll()
        looks = []
        for day in range(1, 101):
            house.portal.requests.clear()
            house.clock.pass_time(days=1)
            house.poll()
            if count_looks(house):
                looks.append(day)
        assert [day - due for day, due in zip(looks, (1, 7, 30, 90), strict=True)] in (
            [0, 0, 0, 0], [1, 1, 1, 1],
        )  # fmt: skip
        assert later(house) == []
        assert "_9100002" not in "".join(house.portal.requests)


@pytest.mark.parametrize(
    ("changes", "field", "old", "new"),
    [
        ({"supplier": "样例远山科技有限公司"}, "suppliers", "云帆", "远山"),
        ({"items": [{**DRIVES, "quantity": 480}]}, "items", " 48 ", " 480 "),
        ({"note": "本公告自发布之日起重新公示十日"}, "text", "–", "重新公示十日"),
    ],
)
def test_what_is_edited_in_place_is_told_once_with_both_versions(
    tmp_path: Path, changes: dict[str, Any], field: str, old: str, new: str
) -> None:
    with open_house(tmp_path, [make_award(1)]) as house:
        house.poll()
        edit_quietly(house, 1, **changes)
        pass_days(house, 40)
        [told] = later(house)
        assert (told["reason"], told["verdict"], told["sent_to"]) == (
            "CHANGED_AT_SOURCE", "alert", 1,
        )  # fmt: skip
        lines = told["body"].splitlines()
        before = next(line for line in lines if line.startswith(f"{field}, as told:"))
        after = next(line for line in lines if line.startswith(f"{field}, now:"))
        assert old in before
        assert new in after
        read = house.rooms.archive.read
        first, second = read(told["later"]["before"]), read(told["later"]["after"])
        assert (first.url, first.sha256 == second.sha256) == (second.url, False)
        assert first.sha256 in told["body"]
        assert second.sha256 in told["body"]


def test_a_second_change_is_told_against_the_first(tmp_path: Path) -> None:
    with open_house(tmp_path, [make_award(1)]) as house:
        house.poll()
        edit_quietly(house, 1, supplier="样例远山科技有限公司")
        pass_days(house, 3)
        edit_quietly(house, 1, supplier="样例近水科技有限公司")
        pass_days(house, 10)
        first, second = later(house)
        assert "云帆" in first["body"]
        assert "suppliers, as told: 样例远山科技有限公司" in second["body"]


def test_blanks_and_visits_and_boxes_of_other_notices_are_no_change(tmp_path: Path) -> None:
    with open_house(tmp_path, [make_award(1)]) as house:
        house.poll()
        house.portal.add(make_chairs(3, aside=True))
        render = house.portal._find_page

        def dress(path: str) -> Response | None:
            if "_9100001" not in path:
                return None
            page = render(path)
            text = page.body.decode().replace("</p>", " \n </p>")
            return replace(
                page, body=text.replace("</body>", "<p>浏览次数：87</p></body>").encode()
            )

        house.portal.fail_with = dress
        pass_days(house, 10)
        assert (later(house), state_of(house)) == ([], RelookState.UNCHANGED)


@pytest.mark.parametrize(
    "answer",
    [Response(b"gone", status=404), Response(b"", status=410), DELETED,
     Response(status=302, headers=(("Location", "/"),)),
     Response(status=302, headers=(("Location", "/cggg/dfgg/"),))],
)  # fmt: skip
def test_a_withdrawn_notice_is_told_once_after_two_days(tmp_path: Path, answer: Response) -> None:
    with open_house(tmp_path, [make_award(1)]) as house:
        house.poll()
        answer_details(house, answer)
        pass_days(house, 2)
        assert (later(house), state_of(house)) == ([], RelookState.MISSING)
        pass_days(house, 100)
        [told] = later(house)
        assert (told["reason"], state_of(house)) == ("WITHDRAWN_AT_SOURCE", RelookState.WITHDRAWN)
        assert "Found gone: 2026-11-" in told["body"]
        assert house.rooms.archive.read(told["later"]["before"]).status == 200


def test_a_notice_that_comes_back_was_never_withdrawn(tmp_path: Path) -> None:
    with open_house(tmp_path, [make_award(1)]) as house:
        house.poll()
        answer_details(house, Response(b"gone", status=404))
        pass_days(house, 2)
        answer_details(house, None)
        pass_days(house, 10)
        assert (later(house), state_of(house)) == ([], RelookState.UNCHANGED)


@pytest.mark.parametrize(
    "answer",
    [BLOCK, Response(b"bad gateway", status=502), Response(b"no", status=403), Response(b""),
     Response("<html><body><p>系统维护中，请稍后访问</p></body></html>".encode())],
)  # fmt: skip
def test_what_is_no_answer_is_neither_change_nor_withdrawal_and_is_tried_again(
    tmp_path: Path, answer: Response
) -> None:
    with open_house(tmp_path, [make_award(1)]) as house:
        house.poll()
        answer_details(house, answer)
        pass_days(house, 9)
        assert (later(house), state_of(house)) == ([], RelookState.PLANNED)
        answer_details(house, None)
        edit_quietly(house, 1, supplier="样例远山科技有限公司")
        pass_days(house, 2)
        assert [told["reason"] for told in later(house)] == ["CHANGED_AT_SOURCE"]


def test_an_amendment_that_the_list_showed_is_not_told_a_second_time(tmp_path: Path) -> None:
    with open_house(tmp_path, [make_award(1)]) as house:
        house.poll()
        drives = make_award(1).items[0].model_copy(update={"model": "ST16000NM001G"})
        edit_quietly(house, 1, items=[drives], project="样例市公安局视频存储扩容项目1（更正）")
        house.clock.pass_time(hours=6)
        house.portal._changed_at = house.clock()
        house.poll()
        reasons = [r["reason"] for r in house.rooms.store.db.query("select reason from alert")]
        assert reasons.count("MATCH_CHANGED") == 1
        pass_days(house, 10)
        assert later(house) == []


def test_a_clock_set_forward_a_year_brings_no_burst(tmp_path: Path) -> None:
    with open_house(tmp_path, [make_award(number) for number in range(1, 13)]) as house:
        house.poll()
        house.clock.pass_time(days=365)
        asked = []
        for _ in range(4):
            house.portal.requests.clear()
            house.poll()
            asked.append(sum("/t2026" in path for path in house.portal.requests))
            house.clock.pass_time(hours=6)
        assert asked == [5, 5, 2, 0]


def test_no_look_is_made_while_the_source_blocks_or_where_none_is_wanted(tmp_path: Path) -> None:
    with open_house(tmp_path, [make_award(1)]) as house:
        house.poll()
        house.portal.requests.clear()
        house.portal.fail_with = lambda path: BLOCK if path.endswith("/dfgg/") else None
        pass_days(house, 3)
        assert count_looks(house) == 0
        house.portal.fail_with = None
        evidence = house.config.file.evidence.model_copy(update={"look_again": False})
        file = house.config.file.model_copy(update={"evidence": evidence})
        loaded = replace(house.config.loaded, value=file)
        house.setup = replace(house.setup, config=replace(house.config, loaded=loaded))
        pass_days(house, 3)
        assert count_looks(house) == 0


def test_hostile_text_of_a_changed_page_reaches_nobody_as_a_link_or_a_ping(tmp_path: Path) -> None:
    with open_house(tmp_path, [make_award(1)]) as house:
        house.poll()
        evil = "@everyone 见 http://evil.example/x 联系人：张〇 13800000000"
        edit_quietly(house, 1, note=evil)
        pass_days(house, 3)
        [told] = later(house)
        text = json.dumps(told["body"] + told["subject"], ensure_ascii=False)
        assert "http://evil" not in text
        assert "@everyone" not in text
        assert "13800000000" not in json.dumps(told["content"])


def test_news_of_a_notice_reaches_somebody_when_its_receiver_was_renamed(tmp_path: Path) -> None:
    with open_house(tmp_path, [make_award(1)]) as house:
        house.poll()
        house.rooms.store.db.execute("update delivery set receiver = 'of old', state = 'sent'")
        edit_quietly(house, 1, supplier="样例远山科技有限公司")
        pass_days(house, 2)
        [told] = later(house)
        assert told["sent_to"] == 1
