"""The units in a systemd that was really booted, where this machine allows it.

Further roots, such as one of a newer Debian, are named in TENDER_MONITOR_ROOTS with colons between.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.booted.machine import PROGRAM, Machine, find_obstacle
from tests.booted.probe import ALLOWED, DENIED
from tests.kit.waiting import wait_until

SYSTEMD = Path(__file__).parents[2] / "systemd"
ROOTS = ["/", *filter(None, os.environ.get("TENDER_MONITOR_ROOTS", "").split(":"))]


@pytest.fixture(scope="module", params=ROOTS)
def machine(request: pytest.FixtureRequest) -> Iterator[Machine]:
    root = Path(request.param)
    if obstacle := find_obstacle(root):
        pytest.skip(f"no systemd can be booted here: {obstacle}")
    with Machine(root) as booted:
        yield booted


def run_probe(machine: Machine) -> dict[str, dict[str, str]]:
    """Return what a program in the daemon's sandbox could do."""
    machine.run("systemctl", "start", "probe")
    lines = [li for li in machine.journal("probe").splitlines() if li.startswith("PROBE ")]
    found: dict[str, dict[str, str]] = json.loads(lines[-1].removeprefix("PROBE "))
    return found


@pytest.fixture(scope="module")
def probed(machine: Machine) -> dict[str, dict[str, str]]:
    return run_probe(machine)


@pytest.mark.parametrize("action", sorted(DENIED))
def test_the_sandbox_forbids(action: str, probed: dict[str, dict[str, str]]) -> None:
    assert probed["denied"][action] != ""


@pytest.mark.parametrize("action", sorted(ALLOWED))
def test_the_sandbox_allows(action: str, probed: dict[str, dict[str, str]]) -> None:
    assert probed["allowed"][action] == ""


def test_the_daemon_says_that_it_is_up_and_takes_a_reload(machine: Machine) -> None:
    machine.run("systemctl", "reload", "tender-monitor")
    wait_until(lambda: "configuration loaded" in machine.journal(), "the reload is logged")
    assert machine.show("ActiveState") == "active"


def test_the_exposure_is_what_was_promised(machine: Machine) -> None:
    said = machine.run("systemd-analyze", "security", "--threshold=11", "tender-monitor")
    assert "1.1 OK" in said


def test_a_command_by_hand_reads_the_state_and_a_poll_is_told_who_holds_it(
    machine: Machine,
) -> None:
    by_hand = f"/{PROGRAM}/systemd/by-hand"
    assert machine.returns(by_hand, "check") == 0
    assert machine.returns(by_hand, "sources") == 0
    assert machine.returns(by_hand, "poll") == 75


def test_a_backup_is_made_beside_the_running_daemon(machine: Machine) -> None:
    machine.run("systemctl", "start", "tender-monitor-backup")
    assert machine.show("Result", "tender-monitor-backup") == "success"
    assert machine.show("ActiveState") == "active"


def test_a_killed_daemon_is_started_again(machine: Machine) -> None:
    before = machine.show("MainPID")
    machine.run("kill", "-9", before)
    machine.wait_active(before)


def test_slower_restarts_are_taken_where_systemd_knows_them(machine: Machine) -> None:
    machine.write_dropin("tender-monitor", (SYSTEMD / "slow-restarts.conf").read_text("utf-8"))
    version = int(machine.run("systemctl", "--version").split()[1])
    assert machine.show("RestartSteps") == ("6" if version >= 254 else "")
    assert machine.show("StartLimitBurst") == "12"
    before = machine.show("MainPID")
    machine.run("kill", "-9", before)
    machine.wait_active(before)


@pytest.mark.parametrize(
    ("name", "made_up", "real", "opens", "closes"),
    [
        ("lan-smtp.conf", "192.0.2.25", "10.99.0.1", "the local network", ""),
        ("proxy.conf", "", "", "this machine", ""),
        ("tor.conf", "", "", "this machine", "reach a public address"),
    ],
)
def test_a_drop_in_opens_one_address_and_closes_the_others(
    machine: Machine, name: str, made_up: str, real: str, opens: str, closes: str
) -> None:
    text = (SYSTEMD / name).read_text("utf-8")
    machine.write_dropin("probe", text.replace(made_up, real) if made_up else text)
    found = run_probe(machine)
    went_through = {key for key, error in found["denied"].items() if not error}
    assert went_through == {f"reach {opens}"}
    failed = {key for key, error in found["allowed"].items() if error}
    assert failed == ({closes} if closes else set())


def test_a_hung_daemon_is_ended_by_the_watchdog_and_started_again(machine: Machine) -> None:
    machine.write_dropin("tender-monitor", "[Service]\nWatchdogSec=6\nRestartSec=1\n")
    machine.run("systemctl", "restart", "tender-monitor")
    machine.wait_active()
    before = machine.show("MainPID")
    machine.run("kill", "-STOP", before)
    machine.wait_active(before)


def test_a_stop_ends_well(machine: Machine) -> None:
    machine.run("systemctl", "stop", "tender-monitor")
    assert machine.show("Result") == "success"
    assert machine.show("ExecMainStatus") == "0"
    machine.run("systemctl", "start", "tender-monitor")
    machine.wait_active()
