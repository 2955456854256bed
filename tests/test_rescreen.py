"""Past notices screened again: nothing is told unasked, then all of it once, in one digest."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import monitor.crashpoints
from monitor.errors import ConfigError, LockedError
from monitor.importing import import_saved
from monitor.reading.savedfiles import find_saved
from monitor.rescreen import (
    Rescreened,
    Wanted,
    load_preview,
    preview_rescreen,
    rescreen_stored,
    tell_rescreen,
)
from monitor.setup import Rooms, Setup
from monitor.statelock import StateLock
from tests.kit.house import START, House, load_screener, make_award, make_chairs, open_house
from tests.kit.program import WATCHLISTS
from tests.vitals.test_edits import leave_out


def add_brand(house: House) -> Setup:
    """Return the house's setup with the brand that was left out."""
    return replace(house.setup, screener=load_screener())


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A house whose store has three awards of a brand that was not watched, and chairs."""
    rows = [make_award(1), make_award(2), make_award(3), make_chairs(4)]
    with open_house(tmp_path, rows) as opened:
        opened.setup = replace(opened.setup, screener=leave_out("seagate"))
        opened.poll()
        assert opened.told() == []
        yield opened


def again(house: House, wanted: Wanted = Wanted()) -> Rescreened:  # noqa: B008 - frozen
    return rescreen_stored(add_brand(house), house.rooms, wanted, house.reports.append)


def list_digests(house: House) -> list[tuple[str, str, int]]:
    rows = house.rooms.store.db.query(
        "select digest, state, count(*) as n from delivery group by digest, state"
    )
    return [(row["digest"], row["state"], row["n"]) for row in rows]


def test_a_preview_shows_what_would_be_told_and_writes_nothing(house: House) -> None:
    done = preview_rescreen(add_brand(house), Wanted(), house.reports.append)
    assert [row["products"] for row in done.found] == ["seagate"] * 3
    assert (done.counts["read"], done.counts["changed"], done.unreadable) == (3, 3, [])
    assert house.count("notice") == 3
    assert house.told() == []


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("ccgp", "ccpg", r"config\.yaml:6:19: no portal 'ccpg'"),
        ("routes: []", "routes: [{receivers: [hok]}]", r":4:23: no receiver 'hok'"),
    ],
)
def test_a_preview_needs_no_secret_and_still_a_configuration_that_makes_sense(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    path = tmp_path / "config.yaml"
    source = "{portal: ccgp, lists: ['http://127.0.0.1:1/x/'], cookie_env: NOT_SET}"
    text = (
        f"watchlists: {WATCHLISTS}\nreceivers:\n  hook: {{url_env: NOT_SET}}\nroutes: []\n"
        f"sources:\n  local: {source}\n"
    )
    path.write_text(text, "utf-8")
    assert list(load_preview(path, {}).config.receivers) == ["hook"]
    path.write_text(text.replace(old, new), "utf-8")
    with pytest.raises(ConfigError, match=message):
        load_preview(path, {})


def test_telling_makes_one_digest_and_a_second_run_tells_nothing(house: House) -> None:
    assert len(again(house).found) == 3
    assert list_digests(house) == [(f"rescreen:{START:%Y-%m-%dT%H:%M:%S}", "waiting", 3)]
    house.clock.pass_time(hours=1)
    assert again(house).found == []
    assert len(house.told()) == 3
    row = house.rooms.store.db.first("select decision, change from notice order by id desc")
    assert row == {"decision": "FIRST_MATCH", "change": "AMENDED"}


def test_only_the_entries_and_days_asked_for_are_told(house: House) -> None:
    assert again(house, Wanted(entries=frozenset({"cisco"}))).found == []
    assert again(house, Wanted(since=START.replace(year=2027))).counts["read"] == 0
    assert len(again(house, Wanted(START.replace(month=1), frozenset({"seagate"}))).found) == 3


def test_new_notices_are_told_at_once_after_an_edit(house: House) -> None:
    house.setup = add_brand(house)
    house.clock.pass_time(hours=6)
    house.portal.add(make_award(9))
    assert house.poll().alerts == 1
    assert list_digests(house) == [("", "waiting", 1)]


@pytest.mark.parametrize("nth", [1, 2, 3])
def test_killed_at_any_batch_nothing_is_lost_and_nothing_told_twice(
    house: House, nth: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("monitor.rescreen._BATCH", 1)
    setup, state = add_brand(house), house.config.state
    child = os.fork()
    if not child:
        left = [nth]

        def die(name: str) -> None:
            left[0] -= name == "rescreened"
            if not left[0]:
                os.kill(os.getpid(), signal.SIGKILL)

        monitor.crashpoints.on_pass = die
        rooms = replace(Rooms.open(state, threading.Event()), clock=house.clock)
        rescreen_stored(setup, rooms, Wanted(), lambda _: None)
        os._exit(1)
    assert os.WIFSIGNALED(os.waitpid(child, 0)[1])
    done = again(house)
    assert (len(house.told()), done.counts["read"]) == (3, 3 - nth + 1)
    assert {state for _, state, _ in list_digests(house)} == {"waiting"}


def test_it_is_refused_with_advice_while_another_process_holds_the_store(house: House) -> None:
    with (
        StateLock(house.config.state),
        pytest.raises(LockedError, match="leave out --tell"),
    ):
        tell_rescreen(add_brand(house), Wanted(), house.reports.append, house.reports.append)


def test_a_notice_whose_bytes_are_gone_is_named_and_keeps_no_other_from_being_read(
    house: House,
) -> None:
    house.rooms.store.db.execute(
        "update notice set record_id = 'captures/local/gone.warc.gz#0+1' where id = 1"
    )
    done = again(house)
    assert (len(done.found), done.counts["unreadable"]) == (2, 1)
    assert done.unreadable[0].startswith(house.portal.base_url)


def test_imported_notices_of_every_form_are_read_again(tmp_path: Path, house: House) -> None:
    page = "<html><h1>样例市公安局硬盘采购中标公告</h1><p>采购人：样例市公安局</p>"
    goods = (
        "<table><tr><th>货物名称</th><th>品牌</th></tr><tr><td>硬盘</td><td>希捷</td></tr></table>"
    )
    (tmp_path / "one.html").write_text(page + goods, "utf-8")
    (tmp_path / "two.txt").write_text(
        "样例县公安局硬盘采购中标公告\n采购人：样例县公安局\n主要标的：希捷监控硬盘\n", "utf-8"
    )
    for name in ("one.html", "two.txt"):
        found = find_saved(tmp_path / name)
        import_saved(house.setup, house.rooms, "saved", found, house.reports.append)
    done = again(house)
    assert done.unreadable == []
    assert [row["source"] for row in done.found].count("saved") == 2
