"""What the keeper does at its turns: tells of the disk once, beats while all is well."""

from __future__ import annotations

import errno
import json
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest

from monitor.alerting.selfalert import make_self_alert
from monitor.config import Config
from monitor.errors import StoreError, UnwritableError
from monitor.receivers import ReceiverConfig
from monitor.upkeep import HeartbeatConfig, MetricsConfig
from monitor.vitals.chores import Chore
from monitor.vitals.disk import DiskGuard, DiskState
from monitor.vitals.keeper import STATUS_SECONDS, Keeper, start_with_room
from tests.kit.house import House, make_chairs, make_config, open_house
from tests.kit.servers import WebhookServer, find_free_port


def free_bytes(folder: Path) -> int:
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize


def set_file(config: Config, **changes: object) -> Config:
    """Return a configuration whose file says something else in these keys."""
    file = config.loaded.value.model_copy(update=changes)
    return replace(config, loaded=replace(config.loaded, value=file))


@dataclass
class Desk:
    """A keeper of a house, its clocks in hand."""

    house: House
    keeper: Keeper
    printed: list[str]

    def tend(self, seconds: float = STATUS_SECONDS) -> None:
        """Let time pass and tend once."""
        self.house.clock.pass_time(seconds=seconds)
        now = self.house.clock()
        self.keeper.tend(True, now, now)

    def subjects(self) -> list[str]:
        """Return what was told, in order."""
        rows = self.house.rooms.store.db.query("select content from alert order by rowid")
        return [json.loads(row["content"])["subject"] for row in rows]


@contextmanager
def open_desk(folder: Path, beat: str = "", **changes: object) -> Iterator[Desk]:
    with open_house(folder, [make_chairs(1)]) as house:
        config = set_file(replace(house.config, heartbeat_url=beat), **changes)
        guard = DiskGuard(config.state, reserve=0, ballast=4096)
        printed: list[str] = []

        def count() -> float:
            return house.clock().timestamp()

        rooms = house.rooms
        keeper = Keeper(config, rooms.store, guard, rooms.stop, printed.append, count)
        try:
            yield Desk(house, keeper, printed)
        finally:
            keeper.close()


def test_a_disk_without_room_is_told_once_and_its_end_once(tmp_path: Path) -> None:
    with open_desk(tmp_path) as desk:
        desk.tend()
        assert desk.subjects() == []
        desk.keeper.guard.reserve = 10 * free_bytes(tmp_path)
        for _ in range(3):
            desk.tend()
        assert desk.keeper.guard.state is DiskState.LOW
        assert desk.subjects() == ["The disk is low"]
        desk.keeper.guard.reserve = 0
        for _ in range(3):
            desk.tend()
        assert desk.subjects() == ["The disk is low", "The disk has room again"]


def test_a_restart_on_a_full_disk_tells_nothing_twice(tmp_path: Path) -> None:
    for _ in range(2):
        with open_desk(tmp_path) as desk:
            desk.keeper.guard.reserve = 10 * free_bytes(tmp_path)
            desk.tend()
            assert desk.subjects() == ["The disk is low"]


def test_a_state_that_cannot_be_written_is_said_once_without_the_outbox(tmp_path: Path) -> None:
    with open_desk(tmp_path) as desk:
        desk.keeper.guard.folder = tmp_path / "gone"
        desk.tend()
        desk.tend()
        assert desk.subjects() == []
        assert "".join(desk.printed).count("The state folder cannot be written to") == 1


def test_the_heartbeat_goes_out_in_its_time_and_only_while_all_is_well(tmp_path: Path) -> None:
    with WebhookServer() as server:
        url = f"http://127.0.0.1:{server.port}/beat"
        with open_desk(tmp_path, url, heartbeat=HeartbeatConfig(every=60)) as desk:
            for _ in range(9):
                desk.tend()
            assert len(server.requests) == 3
            desk.keeper.guard.reserve = 10 * free_bytes(tmp_path)
            for _ in range(9):
                desk.tend()
            assert len(server.requests) == 3
            desk.keeper.guard.reserve = 0
            desk.tend()
            assert len(server.requests) == 4
            assert desk.house.rooms.store.vitals.get("heartbeat") is not None


def test_a_source_whose_trouble_was_told_keeps_the_heartbeat_in(tmp_path: Path) -> None:
    with WebhookServer() as server, open_desk(tmp_path, f"http://127.0.0.1:{server.port}/") as desk:
        desk.house.poll()
        desk.house.rooms.store.sources.note_told("local", "blocked")
        desk.tend()
        assert server.requests == []


def test_a_heartbeat_that_fails_disturbs_nothing(tmp_path: Path) -> None:
    numbers = tmp_path / "numbers.prom"
    url = f"http://127.0.0.1:{find_free_port()}/"
    with open_desk(tmp_path, url, metrics=MetricsConfig(file=str(numbers))) as desk:
        desk.tend()
        assert "tender_monitor_well 1" in numbers.read_text()
        assert desk.subjects() == []


def test_a_file_that_cannot_be_written_and_a_port_that_is_taken_disturb_nothing(
    tmp_path: Path,
) -> None:
    with WebhookServer() as server:
        metrics = MetricsConfig(file="none/numbers.prom", port=server.port)
        with open_desk(tmp_path, metrics=metrics) as desk:
            desk.tend()
            desk.tend()
            assert desk.subjects() == []


def test_a_chore_that_fails_is_told_once_and_makes_the_database_not_well(tmp_path: Path) -> None:
    def fail(now: object) -> None:
        raise StoreError("a page is damaged")

    with open_desk(tmp_path) as desk:
        for _ in range(3):
            now = desk.house.clock()
            desk.keeper.run_chores([Chore("check database", fail)], now, trusted=True)
            desk.house.clock.pass_time(days=1)
        assert desk.subjects() == ["A daily chore failed: check database"]
        now = desk.house.clock()
        assert "the database is damaged" in desk.keeper.find_status(True, now, now).faults


def test_messages_that_wait_too_long_are_a_fault(tmp_path: Path) -> None:
    with open_desk(tmp_path) as desk:
        desk.keeper.tell("Something happened", ["x"], desk.house.clock())
        now = desk.house.clock()
        assert desk.keeper.find_status(True, now, now).faults == ()
        now += timedelta(hours=3)
        assert desk.keeper.find_status(True, now, now).faults == ("messages wait for terminal",)


def test_what_waits_for_the_end_of_a_night_is_no_fault(tmp_path: Path) -> None:
    with open_desk(tmp_path) as desk:
        receiver = replace(desk.house.config.receivers["terminal"], quiet="03:00-09:00")
        config = replace(desk.keeper.config, receivers={"terminal": receiver})
        desk.keeper.take(config)
        start = desk.house.clock()
        desk.keeper.tell("Something happened", ["x"], start - timedelta(hours=1, minutes=10))
        for hours, late in ((0, False), (4, False), (6, False), (7.5, True)):
            now = start + timedelta(hours=hours)
            faults = desk.keeper.find_status(True, now, now).faults
            assert faults == ("messages wait for terminal",) * late


def test_a_digest_that_failed_once_is_late_from_then_on_and_not_from_its_first_alert(
    tmp_path: Path,
) -> None:
    with open_desk(tmp_path) as desk:
        alerts, now = desk.house.rooms.store.alerts, desk.house.clock()
        alert = make_self_alert("Something", ["x"], now=now)
        due = now + timedelta(days=7)
        alerts.enqueue(alert, ["terminal"], now, digest="weekly:1:x", due=due)
        batch = alerts.lease("terminal", "test", due, timedelta(minutes=10))
        alerts.put_back(batch, due + timedelta(seconds=30), "busy")
        status = desk.keeper.find_status(True, now, due + timedelta(minutes=1))
        assert status.faults == ()
        assert status.backlog("terminal") == 60


@pytest.mark.parametrize(
    ("shy", "wanted", "told"),
    [
        ([], None, ["desk", "chat"]),
        (["chat"], None, ["desk"]),
        (["chat"], ["chat"], ["desk"]),
        (["desk", "chat"], None, ["desk", "chat"]),
        (["desk", "chat"], ["chat"], ["chat"]),
    ],
)
def test_who_does_not_want_to_hear_of_the_program_does_not_unless_nobody_does(
    tmp_path: Path, shy: list[str], wanted: list[str] | None, told: list[str]
) -> None:
    with open_house(tmp_path, []) as house:
        source = house.config.sources["local"]
        plain = ReceiverConfig(type="terminal")
        config = make_config(tmp_path, source, desk=plain, chat=plain)
    receivers = {
        name: replace(receiver, about_itself=name not in shy)
        for name, receiver in config.receivers.items()
    }
    assert replace(config, receivers=receivers).list_self_receivers(wanted) == told


def test_systemd_is_asked_for_time_before_slow_receivers_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A start that waits for room must not look like one that hangs."""
    said = list[str]()
    with open_house(tmp_path, []) as house:
        config = house.setup.config
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.setblocking(False)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))

        def write(_: str) -> None:
            said.append(systemd.recv(4096).decode())

        def begin() -> None:
            raise UnwritableError("no room") from OSError(errno.ENOSPC, "No space left on device")

        stop = threading.Event()
        stop.set()
        with pytest.raises(UnwritableError):
            start_with_room(config, write, stop, begin)
    assert said[0].startswith("EXTEND_TIMEOUT_USEC=")
