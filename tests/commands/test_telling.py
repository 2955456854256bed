"""What readers answer on the command line: judge, mute, unmute, resend."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from monitor.cli import cli
from monitor.store import Store
from monitor.store.alerts import AlertKind, Leg, NewAlert
from tests.alerting.samples import NOW, make_content

CONFIG = """
zone: Asia/Shanghai
watchlists: {watchlists}
receivers:
  terminal: {{type: terminal}}
sources:
  local: {{portal: sample}}
"""
WATCHLISTS = Path(__file__).parents[2] / "watchlists"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    (tmp_path / "config.yaml").write_text(CONFIG.format(watchlists=WATCHLISTS), "utf-8")
    with Store.open(tmp_path / "state") as found:
        for name, legs in (("told", [Leg("terminal")]), ("kept", [])):
            content = make_content(alert_id=name)
            reason = "FIRST_MATCH" if legs else "MUTED"
            found.alerts.post(
                NewAlert(name, AlertKind.NOTICE, None, None, "alert", reason, "f", False, content),
                legs,
                NOW,
            )
        yield found


def invoke(folder: Path, *arguments: str) -> Result:
    options = ["--config", str(folder / "config.yaml"), "--state", str(folder / "state")]
    return CliRunner().invoke(cli, [*options, *arguments])


def test_a_judgement_is_kept_and_the_last_one_counts(tmp_path: Path, store: Store) -> None:
    found = invoke(tmp_path, "judge", "told", "negative", "--note", "a school")
    assert (found.exit_code, found.output) == (0, "told: judged negative\n")
    invoke(tmp_path, "judge", "told", "positive")
    rows = [json.loads(line) for line in invoke(tmp_path, "alerts", "--json").output.splitlines()]
    assert {row["id"]: row["judgement"] for row in rows} == {"told": "positive", "kept": ""}
    kept = [(row["verdict"], row["note"]) for row in store.judgements.list_for("told")]
    assert kept == [("negative", "a school"), ("positive", "")]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["judge", "nothing", "positive"], "no alert 'nothing' about a notice in the store"),
        (["mute", "entry", "seagat"], "no entry 'seagat' (did you mean 'seagate'?)"),
        (["mute", "source", "lokal"], "no source 'lokal' (did you mean 'local'?)"),
        (["mute", "entry"], "say what is muted, as in: mute entry cisco"),
        (["unmute", "entry", "seagate"], "entry 'seagate' is not muted"),
        (["resend"], "name an alert, or say --receiver NAME or --dead"),
        (["resend", "--receiver", "terminall"], "(did you mean 'terminal'?)"),
        (["resend", "nothing"], "nothing of alert 'nothing' was given up or withheld"),
    ],
)
def test_a_slip_is_said(tmp_path: Path, store: Store, arguments: list[str], said: str) -> None:
    found = invoke(tmp_path, *arguments)
    assert found.exit_code != 0
    assert said in f"{found.output}{found.exception}"


def test_a_mute_lasts_to_the_end_of_its_last_day(tmp_path: Path, store: Store) -> None:
    assert invoke(tmp_path, "mute", "buyer", "样例市公安局", "--until", "2199-11-22").exit_code == 0
    [mute] = store.judgements.list_mutes()
    assert mute.until is not None
    assert mute.until.isoformat() == "2199-11-22T16:00:00+00:00"
    row = json.loads(invoke(tmp_path, "mute", "--json").output)
    assert (row["kind"], row["value"]) == ("buyer", "样例市公安局")
    assert invoke(tmp_path, "unmute", "buyer", "样例市公安局").exit_code == 0
    assert store.judgements.list_mutes() == []


def test_a_day_that_is_over_mutes_nothing(tmp_path: Path, store: Store) -> None:
    done = invoke(tmp_path, "mute", "buyer", "样例市公安局", "--until", "2020-01-01")
    assert (done.exit_code, "is over" in done.output) == (2, True)
    assert store.judgements.list_mutes() == []


def test_what_nobody_was_told_is_counted_and_sent_when_it_is_asked_for(
    tmp_path: Path, store: Store
) -> None:
    shown = invoke(tmp_path, "alerts").output
    assert "not sent: MUTED" in shown
    assert "not sent to anybody: 1 MUTED" in shown
    for expected in (0, 1):
        assert (invoke(tmp_path, "resend", "kept").exit_code != 0) is bool(expected)
    assert store.alerts.count_states() == {"waiting": 2}
    assert store.alerts.count_withheld() == {}


@pytest.mark.parametrize("words", [["told"], ["--dead"], ["--receiver", "terminal"]])
def test_what_was_given_up_is_sent_again(tmp_path: Path, store: Store, words: list[str]) -> None:
    store.db.execute("update delivery set state = 'dead', error = 'HTTP 413'")
    assert invoke(tmp_path, "resend", *words).output == "1 message will go out again\n"
    assert store.alerts.count_states() == {"waiting": 1}


def test_what_waited_for_a_receiver_that_was_renamed_can_be_sent_under_the_new_name(
    tmp_path: Path, store: Store
) -> None:
    store.db.execute("update delivery set receiver = 'old'")
    assert store.alerts.bury_unknown(["terminal"]) == 1
    assert invoke(tmp_path, "resend", "told").output == "1 message will go out again\n"
    assert store.alerts.count_states() == {"dead": 1, "waiting": 1}
    assert invoke(tmp_path, "resend", "told").exit_code != 0


def test_a_receiver_that_takes_a_test_is_no_longer_dead(tmp_path: Path, store: Store) -> None:
    store.receivers.note_dead("terminal", "HTTP 410", NOW)
    assert invoke(tmp_path, "test-receiver", "terminal").exit_code == 0
    assert store.receivers.find_dead("terminal") is None


def test_before_the_first_run_there_is_nothing_to_answer(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(CONFIG.format(watchlists=WATCHLISTS), "utf-8")
    assert "no database yet" in str(invoke(tmp_path, "judge", "a", "positive").exception)
