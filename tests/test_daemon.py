"""The daemon in this process: its clock, and what a broken poll does to the others."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from monitor.daemon import LOOK_BYTES, Daemon, open_rooms
from monitor.errors import StoreError
from monitor.sample.server import LIST_PATH, Response, SamplePortal
from monitor.setup import Rooms, Setup, utc_now
from monitor.stanzas import SourceConfig
from monitor.vitals.disk import DiskState
from tests.kit.house import START, load_screener, make_award, make_chairs, make_config, open_house
from tests.kit.tinydisk import mounts_allowed
from tests.kit.waiting import wait_until


@contextmanager
def run_daemon(folder: Path, portal: SamplePortal, **more: SourceConfig) -> Iterator[Daemon]:
    """Run a daemon in a thread; it polls `local` every second, and what else is given."""
    facts = {"portal": "ccgp", "lists": [portal.base_url + LIST_PATH], "every": "1s", "delay": 0}
    source = SourceConfig.model_validate({**facts, "allow_loopback": True})
    config = make_config(folder, source)
    config = replace(config, sources={"local": source, **more})
    rooms = Rooms.open(folder / "state", threading.Event())
    with rooms.store:
        daemon = Daemon(Setup(config, load_screener()), rooms, {}, lambda _: None)
        thread = threading.Thread(target=daemon.run)
        thread.start()
        try:
            yield daemon
        finally:
            daemon.end()
            thread.join(30)
            assert not thread.is_alive()


def count_rounds(portal: SamplePortal) -> int:
    return portal.requests.count(LIST_PATH)


def test_a_clock_that_was_set_back_does_not_silence_the_daemon(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("monitor.daemon.SILENT_SECONDS", 1.5)
    with (
        SamplePortal(utc_now, notices=[make_chairs(1)]) as portal,
        run_daemon(tmp_path, portal) as daemon,
    ):
        wait_until(lambda: count_rounds(portal) >= 2, "two rounds")
        # What a scheduler sees whose wall clock went back a day: its next run is far away.
        far = datetime.now(UTC) + timedelta(days=1)
        daemon._scheduler.get_job("tick").modify(next_run_time=far)
        daemon.rooms.store.sources.plan_check("local", far + timedelta(days=9))
        before = count_rounds(portal)
        wait_until(lambda: count_rounds(portal) >= before + 2, "two more rounds")


def test_a_source_that_hangs_does_not_keep_another_waiting(tmp_path: Path) -> None:
    hold = threading.Event()

    def hang(path: str) -> Response | None:
        hold.wait(30)
        return None

    with (
        SamplePortal(utc_now, notices=[make_chairs(1)]) as portal,
        SamplePortal(utc_now, notices=[make_chairs(1)], fail_with=hang) as slow,
    ):
        # Another name of the same machine is another host, with a lane of its own.
        address = slow.base_url.replace("127.0.0.1", "localhost") + LIST_PATH
        facts = {"portal": "ccgp", "lists": [address], "delay": 0, "allow_loopback": True}
        hung = SourceConfig.model_validate(facts)
        with run_daemon(tmp_path, portal, hung=hung):
            wait_until(lambda: slow.requests, "the slow portal to be asked")
            before = count_rounds(portal)
            wait_until(lambda: count_rounds(portal) >= before + 3, "three rounds of the other")
            hold.set()


def test_a_poll_that_breaks_leaves_its_source_due_and_the_others_alone(
    tmp_path: Path,
) -> None:
    with SamplePortal(utc_now, notices=[make_award(1)]) as portal:
        broken = SourceConfig(portal="ccgp", lists=["http://127.0.0.1:1/"], allow_loopback=True)
        object.__setattr__(broken, "portal", "none")
        with run_daemon(tmp_path, portal, broken=broken) as daemon:
            wait_until(lambda: count_rounds(portal) >= 2, "two rounds of the other")
            row = daemon.rooms.store.sources.get("broken")
            assert row.next_check_at is not None
            assert row.next_check_at > datetime.now(UTC)


def list_subjects(daemon: Daemon) -> list[str]:
    rows = daemon.rooms.store.db.query("select content from alert order by rowid")
    return [json.loads(row["content"])["subject"] for row in rows]


def test_a_late_source_is_told_once_and_its_recovery_once(tmp_path: Path) -> None:
    with open_house(tmp_path, [make_chairs(1)], every="1h") as house:
        daemon = Daemon(house.setup, house.rooms, {}, lambda _: None)
        house.poll()
        for _ in range(4):
            house.clock.pass_time(minutes=61)
            daemon.rounds.tell_late()
        assert list_subjects(daemon) == ["Source local is late"]
        for _ in range(2):
            house.poll()
            daemon.rounds.tell_late()
        assert list_subjects(daemon) == ["Source local is late", "Source local has recovered"]
        house.clock.pass_time(minutes=121)
        daemon.rounds.tell_late()
        assert list_subjects(daemon)[2:] == ["Source local is late"]


def test_a_source_that_never_came_to_its_first_round_is_late_too(tmp_path: Path) -> None:
    with open_house(tmp_path, [make_chairs(1)], every="1h") as house:
        house.rooms.store.sources.ensure("local", sample=False)
        daemon = Daemon(house.setup, house.rooms, {}, lambda _: None)
        for _ in range(4):
            house.clock.pass_time(minutes=61)
            daemon.rounds.tell_late()
        assert list_subjects(daemon) == ["Source local is late"]


def test_a_stanza_that_changed_is_learned_anew(tmp_path: Path) -> None:
    with open_house(tmp_path, [make_chairs(n) for n in range(30)]) as house:
        house.poll()
        daemon = Daemon(house.setup, house.rooms, {}, lambda _: None)
        assert house.rooms.store.expectations.get("local")
        stanza = house.config.stanzas["local"]
        changed = replace(stanza, source=stanza.source.model_copy(update={"pages": 7}))
        config = replace(house.config, stanzas={"local": changed})
        daemon._take(replace(house.setup, config=config))
        assert house.rooms.store.expectations.get("local") == {}


def test_a_poll_that_hangs_keeps_the_watchdog_hungry_until_it_gets_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("monitor.vitals.progress.HANG_SECONDS", 2.0)
    monkeypatch.setattr("monitor.daemon.WATCH_SECONDS", 0.05)
    fed: list[str] = []
    monkeypatch.setattr("monitor.daemon.notify_systemd", lambda *states: fed.extend(states))
    release = threading.Event()

    def hang(path: str) -> Response | None:
        release.wait(30)
        return None

    with (
        SamplePortal(utc_now, notices=[make_chairs(1)], fail_with=hang) as portal,
        run_daemon(tmp_path, portal) as daemon,
    ):
        wait_until(lambda: "WATCHDOG=1" in fed, "the watchdog to be fed")
        wait_until(lambda: daemon._said.get("hung"), "the hung poll to be noticed")
        fed.clear()
        looks: list[None] = []
        monkeypatch.setattr(daemon, "_look_at_clock", lambda: looks.append(None))
        wait_until(lambda: len(looks) > 5, "five looks")
        assert daemon.keeper.find_status(True, utc_now(), utc_now()).faults[0] == (
            "the poll of local hangs"
        )
        assert "WATCHDOG=1" not in fed
        release.set()
        wait_until(lambda: "WATCHDOG=1" in fed, "the watchdog to be fed again")


JUMPS = {
    "an hour back": timedelta(hours=-1),
    "a day back": timedelta(days=-1),
    "to 1970": datetime(1970, 1, 2, tzinfo=UTC) - START,
    "an hour ahead": timedelta(hours=1),
    "a year ahead": timedelta(days=365),
}


@pytest.mark.parametrize("jump", JUMPS.values(), ids=list(JUMPS))
@pytest.mark.parametrize("noticed", [True, False], ids=["running", "while it was off"])
def test_a_clock_that_was_set_brings_one_round_within_two_intervals(
    tmp_path: Path, jump: timedelta, noticed: bool
) -> None:
    every = timedelta(minutes=5)
    with open_house(tmp_path, [make_chairs(1)], every="5m") as house:
        house.poll()
        daemon = Daemon(house.setup, house.rooms, {}, lambda _: None)
        daemon._look_at_clock()
        house.clock.at += jump
        if noticed:
            daemon._look_at_clock()
        else:
            daemon = Daemon(house.setup, house.rooms, {}, lambda _: None)
            daemon._settle_start()
        daemon.rounds.tell_late()
        house.clock.at += 2 * every
        assert daemon.rounds.list_due() == ["local"]
        house.poll()
        assert daemon.rounds.list_due() == []
        daemon.rounds.tell_late()
        assert list_subjects(daemon) == []


def test_a_message_that_waits_for_another_try_waits_no_longer_when_the_clock_is_set_back(
    tmp_path: Path,
) -> None:
    with open_house(tmp_path, [make_award(1)]) as house:
        house.poll()
        alerts, now = house.rooms.store.alerts, house.clock()
        batch = alerts.lease("terminal", "test", now, timedelta(minutes=10))
        alerts.put_back(batch, now + timedelta(minutes=1), "not now")
        daemon = Daemon(house.setup, house.rooms, {}, lambda _: None)
        house.clock.pass_time(days=-1)
        daemon._look_at_clock()
        house.clock.pass_time(minutes=1, seconds=1)
        assert alerts.lease("terminal", "test", house.clock(), timedelta(minutes=10))


def test_a_disk_without_room_stops_the_rounds_and_their_return_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("monitor.daemon.TEND_SECONDS", 0.1)
    with (
        SamplePortal(utc_now, notices=[make_chairs(1)]) as portal,
        run_daemon(tmp_path, portal) as daemon,
    ):
        wait_until(lambda: count_rounds(portal) >= 1, "a round")
        daemon.keeper.guard.reserve = 2**60
        wait_until(lambda: daemon.keeper.guard.state is DiskState.LOW, "the disk to be low")
        wait_until(lambda: not daemon.keeper.progress.has_begun("local"), "the round to end")
        ticks = [daemon._last_tick]
        before = count_rounds(portal)
        wait_until(lambda: daemon._last_tick > ticks[0] + 2.5, "ticks without a round")
        assert count_rounds(portal) == before
        daemon.keeper.guard.reserve = 0
        wait_until(lambda: count_rounds(portal) > before, "the next round")
        assert list_subjects(daemon) == ["The disk is low", "The disk has room again"]


def test_what_fails_beside_the_polls_is_logged_once_and_ends_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        raise StoreError("no room")

    with open_house(tmp_path, [make_chairs(1)]) as house:
        daemon = Daemon(house.setup, house.rooms, {}, lambda _: None)
        for _ in range(3):
            daemon._try("upkeep", fail)
        assert caplog.text.count("upkeep: no room") == 1
        daemon._try("upkeep", lambda: None)
        daemon._try("upkeep", fail)
        assert caplog.text.count("upkeep: no room") == 2


def test_a_round_that_began_before_a_reload_leaves_nothing_for_a_receiver_that_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_house(tmp_path, [make_award(1)]) as house:
        daemon = Daemon(house.setup, house.rooms, {}, lambda _: None)
        stanza = house.config.stanzas["local"]
        changed = replace(stanza, source=stanza.source.model_copy(update={"pages": 7}))
        after = replace(
            house.config,
            receivers={"chat": replace(house.config.receivers["terminal"], name="chat")},
            stanzas={"local": changed},
        )
        places: list[str] = []

        def reload(place: str) -> None:
            places.append(place)
            if places.count("fetched") == 1 and place == "fetched":
                daemon._take(replace(house.setup, config=after))

        monkeypatch.setattr("monitor.crashpoints.on_pass", reload)
        daemon.keeper.progress.begin("local", 0)
        daemon.rounds.poll("local")
        rows = house.rooms.store.db.query("select receiver, state from delivery order by id")
        assert {(row["receiver"], row["state"]) for row in rows} == {
            ("terminal", "dead"), ("chat", "waiting"),
        }  # fmt: skip
        assert house.rooms.store.expectations.get("local") == {}
        assert daemon.rounds.list_due() == ["local"]
        assert daemon._couriers[0]._name == "chat"


def test_looking_through_past_notices_keeps_no_start_and_no_reload_waiting(tmp_path: Path) -> None:
    with open_house(tmp_path, []) as house:
        house.rooms.store.vitals.put("watchlists", "{}", house.clock())
        daemon = Daemon(house.setup, house.rooms, {}, lambda _: None)
        daemon._settle_start()
        daemon._take(house.setup)
        assert list_subjects(daemon) == []
        daemon._do_chores()
        [subject] = list_subjects(daemon)
        assert subject.startswith("The watchlists have changed")


# What a start is worth on a disk without a byte free, told by a real receiver and a real socket.
FULL_START = """
import socket, sys, threading
from dataclasses import replace
from pathlib import Path
import monitor.vitals.keeper as keeper
from monitor.daemon import open_rooms
from monitor.setup import Setup
from monitor.stanzas import SourceConfig
from tests.kit.house import load_screener, make_config
from tests.kit.servers import WebhookServer
from tests.kit.tinydisk import enter_tiny_disk
from tests.kit.waiting import wait_until

folder = Path(sys.argv[1])
keeper.ROOM_SECONDS = 0.1
disk = enter_tiny_disk(str(folder), 8)
(disk / "state").mkdir()
fill = disk / "fill"
with fill.open("wb", buffering=0) as file:
    try:
        while True:
            file.write(bytes(4096))
    except OSError:
        pass
source = SourceConfig.model_validate({"portal": "ccgp", "lists": ["http://127.0.0.1/"]})
config = make_config(folder, source)
opened = []
with WebhookServer(status=503) as hook:
    desk = replace(config.receivers["terminal"], type="apprise", url=hook.url())
    config = replace(config, state=disk / "state", receivers={"terminal": desk})
    setup = Setup(config, load_screener())
    start = threading.Thread(
        target=lambda: opened.append(open_rooms(setup, threading.Event(), lambda _: None))
    )
    start.start()
    wait_until(lambda: len(hook.payloads) >= 2, "a second try to tell")
    hook.status = 200
    tried = len(hook.payloads)
    wait_until(lambda: len(hook.payloads) > tried, "a try that is accepted")
    fill.unlink()
    start.join(30)
    for one in (hook.payloads[-2], hook.payloads[-1]):
        print(one["title"], "|", one["message"].splitlines()[0])
    opened[0].store.db.close()
"""


@pytest.mark.skipif(not mounts_allowed(), reason="no mount namespace is permitted")
def test_a_start_on_a_full_disk_tells_waits_and_goes_on_once_there_is_room(tmp_path: Path) -> None:
    done = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", FULL_START, str(tmp_path)], capture_output=True, text=True,
        check=False, cwd=Path(__file__).parents[1], timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    state = tmp_path / "disk" / "state"
    assert done.stdout.splitlines() == [
        f"[MONITOR] No room to start | {state}: 0.0 MiB free; 1 MiB are needed to start, "
        "200 MiB to fetch (disk.reserve).",
        "[MONITOR] Started | There is room on the disk again.",
    ]
    assert f"no room to start: {state}: 0.0 MiB free" in done.stderr


def test_a_start_that_fails_for_another_cause_does_not_wait(tmp_path: Path) -> None:
    config = make_config(tmp_path, SourceConfig(portal="ccgp", lists=["http://127.0.0.1/"]))
    config.state.mkdir(exist_ok=True)
    (config.state / "monitor.db").write_bytes(b"no database at all" * 1000)
    with pytest.raises(StoreError, match="restore latest"):
        open_rooms(Setup(config, load_screener()), threading.Event(), lambda _: None)


def test_systemd_waits_for_the_look_as_long_as_the_database_is_large(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = make_config(tmp_path, SourceConfig(portal="ccgp", lists=["http://127.0.0.1/"]))
    setup = Setup(config, load_screener())
    open_rooms(setup, threading.Event(), lambda _: None).store.db.close()
    size = (config.state / "monitor.db").stat().st_size
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told:
        told.bind(str(tmp_path / "notify"))
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        open_rooms(setup, threading.Event(), lambda _: None).store.db.close()
        lines = told.recv(4096).decode().splitlines()
    assert lines == [
        f"EXTEND_TIMEOUT_USEC={round(size / LOOK_BYTES * 1_000_000)}",
        "STATUS=looking through 0 MiB for damage",
    ]
