"""The short form of the campaign, and what a chain alone cannot show."""

from __future__ import annotations

import hashlib
import shutil
import threading
from datetime import timedelta
from pathlib import Path

import pytest

from monitor.archive import Archive
from monitor.store import FILE_NAME, Store
from monitor.store.alerts import AlertKind, NewAlert
from monitor.store.chain import ROW_KINDS, LinkKind
from monitor.store.stamps import Stamp
from tests.campaigns import tamper
from tests.evidence.worlds import alter, fill_state, find_all, find_problems, settle_file
from tests.kit.house import START, make_award, open_house

NOW = START + timedelta(days=10)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fill_state(tmp_path_factory.mktemp("written"))


@pytest.fixture
def state(written: Path, tmp_path: Path) -> Path:
    return shutil.copytree(written, tmp_path / "state")


def test_every_alteration_is_found(tmp_path: Path) -> None:
    found = tamper.run(tamper.SHORT, tmp_path)
    assert found.failures == ()
    assert found.cases >= 5 * tamper.SHORT
    assert {"capture bits", "deleted rows", "reordered captures"} <= found.figures.keys()


def test_what_nobody_touched_is_all_as_written(state: Path) -> None:
    assert find_all(state) == []
    assert find_all(state, quick=True) == []


def test_the_chain_covers_what_the_campaign_says(state: Path) -> None:
    with Store.open(state, read_only=True) as store:
        links = list(store.chain.walk())
    assert {link.kind for link in links} == {str(kind) for kind in ROW_KINDS}


def test_a_value_of_another_type_is_found_and_breaks_nothing(state: Path) -> None:
    """As a flipped bit in the file makes it, in a table that is strict."""
    with alter(state) as db:
        db.execute("pragma writable_schema = on")
        db.execute("update sqlite_schema set sql = replace(sql, ') strict', ')')")
    with alter(state) as db:
        db.execute("update chain set at = cast(at as blob) where number = 3")
        db.execute("update capture set fetched_at = cast(fetched_at as blob)")
    assert any(line.startswith("chain: cannot be read: ") for line in find_problems(state))


def cut_end(state: Path) -> str:
    """Let the newest thing that was told be untold, with its link; return the head before."""
    with Store.open(state, read_only=True) as store:
        head = store.chain.head()
    assert head is not None
    assert head.kind == "delivery"
    with alter(state) as db:
        db.execute("delete from chain where number = ?", [head.number])
        sql = (
            "update delivery set state = 'waiting', sent_at = null where alert = ? and receiver = ?"
        )
        db.execute(sql, head.subject.split())
    return str(head)


def test_an_end_that_was_cut_off_shows_against_a_head_noted_elsewhere(state: Path) -> None:
    number, link = cut_end(state).split(":")
    assert find_problems(state) == []
    [problem] = find_problems(state, heads=[(int(number), link)])
    assert f"link {number} was noted elsewhere" in problem


def test_a_head_of_another_chain_is_not_taken_for_ours(state: Path) -> None:
    with Store.open(state, read_only=True) as store:
        head = store.chain.head()
    assert head is not None
    assert find_problems(state, heads=[(3, "0" * 64)]) != []
    ours = (head.number, head.link)
    assert find_problems(state, heads=[ours, ours]) == []
    assert find_problems(state, heads=[ours, (head.number, "0" * 64)]) != []


def test_a_capture_that_a_crash_left_without_a_row_is_a_note(state: Path) -> None:
    with Store.open(state, read_only=True) as store:
        kept = [link.subject for link in store.chain.walk() if link.kind == "capture"]
    archive = Archive(state)
    archive.keep(archive.read(kept[-1]), "local")
    [note] = find_all(state)
    assert note.note
    assert "1 captures unclaimed by any row" in note.what


def test_what_is_written_while_verify_looks_is_no_problem(tmp_path: Path) -> None:
    with open_house(tmp_path, [make_award(1)]) as house:
        house.poll()
        stop = threading.Event()

        def poll_on() -> None:
            for number in range(2, 10_000):
                if stop.is_set():
                    return
                house.portal.add(make_award(number))
                house.poll()

        thread = threading.Thread(target=poll_on)
        thread.start()
        try:
            found = [one for _ in range(10) for one in find_problems(tmp_path / "state")]
        finally:
            stop.set()
            thread.join()
    assert found == []


def test_a_row_that_somebody_removed_with_a_link_that_says_so_is_noted(state: Path) -> None:
    with Store.open(state) as store, store.db.immediate():
        [row] = store.db.query("select id, notice from alert where kind = 'notice' limit 1")
        for kind, subject in (("alert", row["id"]), ("delivery", f"{row['id']} terminal")):
            store.chain.append(LinkKind.REMOVAL, f"{kind} {subject}", NOW)
        store.db.execute("delete from alert where id = ?", [row["id"]])
    settle_file(state / FILE_NAME)
    [note] = find_all(state)
    assert note.note
    assert "1 of alert, 1 of delivery" in note.what


def test_a_message_that_was_taken_out_of_the_outbox_is_noted(state: Path) -> None:
    alert = NewAlert(
        "x", AlertKind.NOTICE, None, None, "alert", "FIRST_MATCH", "f", False,
        {"evidence": {"record_id": ""}},
    )  # fmt: skip
    with Store.open(state) as store:
        store.alerts.enqueue(alert, ["terminal"], NOW)
        store.db.execute("delete from delivery where alert = 'x'")
    settle_file(state / FILE_NAME)
    assert [str(one) for one in find_all(state)] == [
        "alert x: goes to nobody, though its reason is FIRST_MATCH"
    ]


def test_an_end_that_was_cut_off_behind_a_restore_that_never_was_is_noted(state: Path) -> None:
    cut_end(state)
    with Store.open(state) as store:
        store.chain.append(LinkKind.RESTORE, "20261122T000000Z", NOW)
    settle_file(state / FILE_NAME)
    [note] = find_all(state)
    assert note.note
    assert "a backup was put back" in note.what


def test_a_time_stamp_of_another_chain_is_found(state: Path) -> None:
    with Store.open(state) as store:
        head = store.chain.head()
        assert head is not None
        token = b"..." + hashlib.sha256(head.link.encode()).digest() + b"..."
        store.stamps.keep(Stamp(head.number, "http://tsa.example/", NOW, token))
    settle_file(state / FILE_NAME)
    assert find_all(state) == []
    with alter(state) as db:
        db.execute("update timestamp set token = ?", [token.replace(b"...", b"", 1)[1:]])
    assert find_problems(state) == [f"time stamp of link {head.number}: it is of something else"]


def make_older(state: Path) -> None:
    """Make a state of before the chain: no links, no hash of the bytes as they were packed."""
    with alter(state) as db:
        db.execute("update capture set packed = ''")
        db.execute("delete from chain")
        db.execute("delete from vital")
    Store.open(state).db.close()


def test_captures_of_before_the_chain_are_checked_by_their_bodies(state: Path) -> None:
    make_older(state)
    assert find_all(state) == []
    [path, *_] = sorted(state.glob("captures/*/*.warc.gz"))
    whole = bytearray(path.read_bytes())
    whole[60] ^= 1
    path.write_bytes(whole)
    assert any(path.name in line for line in find_problems(state))
    with alter(state) as db:
        db.execute("update capture set sha256 = ?", ["0" * 64])
    assert len(find_problems(state)) > 1


def test_a_torn_tail_is_a_note(state: Path) -> None:
    [path, *_] = sorted(state.glob("captures/*/*.warc.gz"))
    with path.open("ab") as file:
        file.write(b"half a capture")
    [note] = find_all(state)
    assert (note.note, "14 bytes beyond" in note.what) == (True, True)


def test_quick_finds_what_needs_no_reading(state: Path) -> None:
    [path, *_] = sorted(state.glob("captures/*/*.warc.gz"))
    whole = bytearray(path.read_bytes())
    whole[len(whole) // 2] ^= 1
    path.write_bytes(whole)
    assert find_problems(state, quick=True) == []
    path.write_bytes(whole[:-1])
    assert "the file ends before it" in find_problems(state, quick=True)[0]
    path.unlink()
    assert "the file is missing" in find_problems(state, quick=True)[0]


def test_a_clock_that_was_set_back_is_a_note(tmp_path: Path) -> None:
    with open_house(tmp_path, [make_award(1)]) as house:
        house.poll()
        house.clock.pass_time(hours=-5)
        house.portal.add(make_award(2))
        house.poll()
    found = find_all(tmp_path / "state")
    assert [(one.note, one.what) for one in found] == [(True, "the clock was set back 1 times")]


def test_a_database_that_is_no_database_is_said(state: Path) -> None:
    (state / FILE_NAME).write_bytes(b"\xa5" * 8192)
    [problem] = find_problems(state)
    assert "tender-monitor restore latest" in problem
