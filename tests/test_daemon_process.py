"""The daemon as a process: one of ten, told to stop at the worst moment, on a dead disk."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from monitor.sample.server import LIST_PATH, Response, SamplePortal
from monitor.setup import utc_now
from monitor.store import Store
from tests.kit.house import make_award
from tests.kit.program import Program, write_config
from tests.kit.servers import WebhookServer
from tests.kit.tinydisk import mounts_allowed
from tests.kit.waiting import wait_until

ROOT = Path(__file__).parent.parent


def write_source(folder: Path, base: str, receivers: str = "  terminal: {type: terminal}") -> None:
    source = f"""  local:
    portal: ccgp
    lists: [{base}{LIST_PATH}]
    every: 1s
    delay: 0
    allow_loopback: true
"""
    write_config(folder, source, receivers)


def test_of_ten_daemons_at_once_one_runs_and_the_others_name_it(tmp_path: Path) -> None:
    write_source(tmp_path, "http://127.0.0.1:1")
    command = [sys.executable, "-m", "monitor", "--config", str(tmp_path / "config.yaml"), "run"]
    started = [
        subprocess.Popen(  # noqa: S603 - our own program
            command, stderr=subprocess.PIPE, text=True, cwd=ROOT
        )
        for _ in range(10)
    ]
    wait_until(lambda: sum(one.poll() is not None for one in started) >= 9, "nine to be refused")
    running = [one for one in started if one.poll() is None]
    assert len(running) == 1
    said = {(one.returncode, one.communicate()[1]) for one in started if one not in running}
    state = tmp_path / "state"
    expected = f"error: {state} is held by process {running[0].pid}; stop it first\n"
    assert said == {(75, expected)}
    running[0].kill()
    running[0].communicate()
    # A holder that died holds nothing.
    with Program(tmp_path) as program:
        program.expect("sources local")


def test_sigterm_while_a_portal_hangs_ends_with_zero(tmp_path: Path) -> None:
    hold = threading.Event()

    def hang(path: str) -> Response | None:
        hold.wait(60)
        return None

    with SamplePortal(utc_now, notices=[], fail_with=hang) as portal:
        write_source(tmp_path, portal.base_url)
        with Program(tmp_path) as program:
            wait_until(lambda: portal.requests, "the portal to be asked")
            assert program.stop() == 0
        hold.set()


def test_sigterm_while_a_receiver_is_silent_ends_with_zero_and_the_message_is_kept(
    tmp_path: Path,
) -> None:
    with (
        SamplePortal(utc_now, notices=[make_award(1)]) as portal,
        WebhookServer() as hook,
    ):
        hook.silent = True
        write_source(tmp_path, portal.base_url, "  desk: {url_env: TEST_DESK_URL, retry: 1s}")
        program = Program(tmp_path, env={"TEST_DESK_URL": hook.url()})
        with program:
            wait_until(lambda: hook.requests, "the receiver to be asked")
            assert program.stop() == 0
        with Store.open(tmp_path / "state", read_only=True) as store:
            states = store.alerts.count_states()
        assert "sent" not in states
        assert sum(states.values()) >= 1


@pytest.mark.skipif(not mounts_allowed(), reason="no mount namespace is permitted")
def test_a_state_on_a_read_only_disk_ends_with_74(tmp_path: Path) -> None:
    write_source(tmp_path, "http://127.0.0.1:1")
    script = f"""
import subprocess, sys
from tests.kit.tinydisk import enter_tiny_disk
disk = enter_tiny_disk({str(tmp_path)!r}, 4)
subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
command = [sys.executable, "-m", "monitor", "--config", {str(tmp_path / "config.yaml")!r}]
raise SystemExit(subprocess.run([*command, "--state", str(disk / "state"), "run"]).returncode)
"""
    done = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert done.returncode == 74
    assert "Read-only file system" in done.stderr


@pytest.mark.skipif(not mounts_allowed(), reason="no mount namespace is permitted")
def test_a_start_on_a_full_disk_waits_and_still_ends_when_told_to(
    tmp_path: Path,
) -> None:
    write_source(tmp_path, "http://127.0.0.1:1")
    code = f"""
from pathlib import Path
from tests.kit.program import Program
from tests.kit.tinydisk import enter_tiny_disk
folder = Path({str(tmp_path)!r})
disk = enter_tiny_disk(str(folder), 8)
(disk / "state").mkdir()
with (disk / "fill").open("wb", buffering=0) as fill:
    try:
        while True:
            fill.write(bytes(4096))
    except OSError:
        fill.truncate(fill.tell() - 8192)
with Program(folder, "--state", str(disk / "state"), "run") as program:
    program.expect("no room to start")
    assert not program.has_ended
    assert program.stop() == -15
"""
    done = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert done.returncode == 0, done.stderr
