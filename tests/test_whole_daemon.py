"""The daemon as a process, a portal and a mail server on loopback: one award, one e-mail."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from monitor.sample.server import LIST_PATH, SamplePortal
from monitor.store import Store
from tests.kit.house import make_award, make_chairs
from tests.kit.program import Program, run_once, write_config
from tests.kit.servers import Mode, SmtpServer
from tests.kit.waiting import wait_until


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Scene:
    """A portal with two pages of chairs, a mail server, and the daemon between them."""

    folder: Path
    portal: SamplePortal
    smtp: SmtpServer
    program: Program

    def wait_rounds(self, number: int) -> None:
        """Wait until the list was asked for a number of times more."""
        before = self._count_rounds()
        wait_until(lambda: self._count_rounds() >= before + number, f"{number} more polls")

    def _count_rounds(self) -> int:
        return sum(1 for path in self.portal.requests if path == LIST_PATH)

    def wait_stored(self, deliveries: int) -> None:
        """Wait until that many deliveries are committed."""

        def count() -> bool:
            with Store.open(self.folder / "state", read_only=True) as store:
                return sum(store.alerts.count_states().values()) >= deliveries

        wait_until(count, f"{deliveries} deliveries in the outbox")

    def subjects(self) -> list[str]:
        """Return the subjects of the mails that arrived."""
        return [str(mail["Subject"]) for mail in self.smtp.messages]


@contextmanager
def stage_scene(folder: Path) -> Iterator[Scene]:
    rows = [make_chairs(number) for number in range(1, 31)]
    with SamplePortal(utc_now, notices=rows) as portal, SmtpServer() as smtp:
        source = f"""  local:
    portal: ccgp
    lists: [{portal.base_url}{LIST_PATH}]
    every: 1s
    delay: 0
    allow_loopback: true
"""
        write_config(folder, source, "  email: {url_env: TEST_EMAIL_URL, retry: 1s}")
        program = Program(folder, env={"TEST_EMAIL_URL": smtp.url()})
        with program:
            scene = Scene(folder, portal, smtp, program)
            program.expect("30 listings, 30 new")
            yield scene


def test_a_new_award_between_two_polls_sends_exactly_one_mail_with_everything(
    tmp_path: Path,
) -> None:
    with stage_scene(tmp_path) as scene:
        url = scene.portal.add(make_award(77))
        wait_until(lambda: scene.smtp.messages, "the mail")
        scene.wait_rounds(3)
        assert scene.program.stop() == 0
        assert len(scene.smtp.messages) == 1
        body = scene.smtp.messages[0].get_content()
        for piece in (
            "Seagate Technology",
            "希捷",
            "ST8000VX004",
            "Sample City Public Security Bureau",
            "样例市公安局",
            "样例云帆科技有限公司",
            "CNY 66,720",
            "￥6.672000 万元",
            "award",
            "supplied",
            url,
            "SHA-256",
            "SAMPLE-T77",
        ):
            assert piece in body
        assert scene.smtp.messages[0].get_content_type() == "text/plain"


def test_a_mail_server_that_is_down_for_three_polls_gets_exactly_one_mail(tmp_path: Path) -> None:
    with stage_scene(tmp_path) as scene:
        scene.smtp.stop()
        scene.portal.add(make_award(77))
        scene.wait_stored(1)
        scene.wait_rounds(3)
        scene.smtp.start()
        wait_until(lambda: scene.smtp.messages, "the mail", 60)
        scene.wait_rounds(2)
        assert scene.program.stop() == 0
        assert len(scene.smtp.messages) == 1


def test_kill_minus_nine_after_the_commit_and_before_sending_still_sends_exactly_one_mail(
    tmp_path: Path,
) -> None:
    with stage_scene(tmp_path) as scene:
        scene.smtp.mode = Mode.LATER
        scene.portal.add(make_award(77))
        scene.wait_stored(1)
        wait_until(lambda: scene.smtp.attempts, "the first try")
        scene.program.kill()
        assert scene.smtp.messages == []
        scene.smtp.mode = Mode.ACCEPT
        with scene.program:
            wait_until(lambda: scene.smtp.messages, "the mail")
            scene.wait_rounds(2)
            assert scene.program.stop() == 0
        assert len(scene.smtp.messages) == 1


def test_the_outbox_and_why_tell_what_was_sent(tmp_path: Path) -> None:
    with stage_scene(tmp_path) as scene:
        url = scene.portal.add(make_award(77))
        wait_until(lambda: scene.smtp.messages, "the mail")
        scene.wait_rounds(1)
        scene.program.stop()
    code, out, _ = run_once(tmp_path, "alerts", "--json")
    row = json.loads(out)
    assert code == 0
    assert (row["verdict"], row["deliveries"][0]["state"]) == ("alert", "sent")
    code, out, _ = run_once(tmp_path, "why", url, "--json")
    assert (code, json.loads(out)["reason"]) == (0, "FIRST_MATCH")
    code, out, err = run_once(tmp_path, "why", "nothing")
    assert (code, out, err) == (
        1,
        "",
        "error: no alert 'nothing' (tender-monitor alerts lists them)\n",
    )


def test_a_second_daemon_on_the_same_state_exits_75_naming_the_holder(tmp_path: Path) -> None:
    with stage_scene(tmp_path) as scene:
        env = {"TEST_EMAIL_URL": scene.smtp.url()}
        for command in ("run", "poll"):
            code, _, err = run_once(tmp_path, command, env=env)
            assert code == 75
            assert f"is held by process {scene.program.pid}" in err


def test_an_edit_is_taken_whole_or_not_at_all(tmp_path: Path) -> None:
    with stage_scene(tmp_path) as scene:
        path = tmp_path / "config.yaml"
        good = path.read_text("utf-8")
        path.write_text(good + "  local:\n    portal: ccgp\n", "utf-8")
        scene.program.expect("config.yaml:12:3: 'local' is already given on line 5")
        scene.program.expect("the old configuration stays")
        scene.portal.add(make_award(77))
        wait_until(lambda: any("Seagate" in s for s in scene.subjects()), "the alert")
        wait_until(lambda: any("configuration" in s for s in scene.subjects()), "the self-alert")
        path.write_text(good.replace("every: 1s", "every: 2s"), "utf-8")
        scene.program.expect("configuration loaded: 1 sources, 1 receivers")
        assert scene.program.stop() == 0


@pytest.mark.parametrize("mode", list(Mode))
def test_sigterm_ends_the_daemon_with_zero_and_nothing_leased(tmp_path: Path, mode: Mode) -> None:
    with stage_scene(tmp_path) as scene:
        scene.smtp.mode = mode
        scene.portal.add(make_award(77))
        scene.wait_stored(1)
        assert scene.program.stop() == 0
        with Store.open(tmp_path / "state", read_only=True) as store:
            assert "leased" not in store.alerts.count_states()
