"""What readers answer on the command line: judge, mute, unmute, resend."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from monitor.cli import cli
from monitor.commands.judging import explain_refusal
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
LISTED = "tender-monitor alerts lists them"
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
        (["judge", "nothing", "positive"], f"no alert 'nothing' ({LISTED})"),
        (["why", "nothing"], f"no alert 'nothing' ({LISTED})"),
        (["why", "https://a.example/"], "no alert or notice 'https://a.example/' (tender-"),
        (["why", "tol"], f"no alert 'tol' (give 4 characters or more; {LISTED})"),
        (["mute", "entry", "seagat"], "no entry 'seagat' (did you mean 'seagate'?)"),
        (["mute", "source", "lokal"], "no source 'lokal' (did you mean 'local'?)"),
        (["mute", "entry"], "say what is muted, as in: mute entry cisco"),
        (["unmute", "entry", "seagate"], "entry 'seagate' is not muted"),
        (["resend"], "name an alert, or say --receiver NAME or --dead"),
        (["resend", "--receiver", "terminall"], "(did you mean 'terminal'?)"),
        (["resend", "nothing"], f"no alert 'nothing' ({LISTED})"),
        (["resend", "told"], "was given up or withheld: it waits for terminal"),
    ],
)
def test_a_slip_is_said(tmp_path: Path, store: Store, arguments: list[str], said: str) -> None:
    found = invoke(tmp_path, *arguments)
    assert found.exit_code != 0
    assert said in f"{found.output}{found.exception}"


def add_alerts(store: Store, *names: str, kind: AlertKind = AlertKind.NOTICE) -> None:
    for name in names:
        content = make_content(alert_id=name)
        new = NewAlert(name, kind, None, None, "alert", "MUTED", "f", False, content)
        store.alerts.post(new, [], NOW)


def test_an_alert_is_named_by_the_beginning_of_its_id(tmp_path: Path, store: Store) -> None:
    add_alerts(store, "e1a9c37b44d01f02", "e1a9%_7b44d01f02", "e1a9c37b44d0")
    for start, whole in (
        ("e1a9c37b44d01", "e1a9c37b44d01f02"),
        ("e1a9c37b44d0", "e1a9c37b44d0"),
        ("e1a9%", "e1a9%_7b44d01f02"),
    ):
        assert invoke(tmp_path, "judge", start, "unsure").output == f"{whole}: judged unsure\n"
        assert len(store.judgements.list_for(whole)) == 1
    assert invoke(tmp_path, "resend", "e1a9%").output == "1 message will go out again\n"


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (2, "2 alerts begin with 'abcd': abcd0, abcd1"),
        (5, "5 alerts begin with 'abcd': abcd0, abcd1, abcd2, abcd3, abcd4"),
        (8, "8 alerts begin with 'abcd': abcd0, abcd1, abcd2, abcd3, abcd4 and 3 more"),
    ],
)
def test_a_beginning_of_several_ids_changes_nothing(
    tmp_path: Path, store: Store, count: int, said: str
) -> None:
    add_alerts(store, *(f"abcd{number}" for number in range(count)))
    for words in (["judge", "abcd", "negative"], ["why", "abcd"], ["resend", "abcd"]):
        found = invoke(tmp_path, *words)
        assert (found.exit_code, str(found.exception)) == (1, said)
    assert store.judgements.read_newest() == {}
    assert store.alerts.count_states() == {"waiting": 1}


def test_an_alert_about_the_program_itself_is_not_judged(tmp_path: Path, store: Store) -> None:
    add_alerts(store, "itself", kind=AlertKind.SELF)
    found = invoke(tmp_path, "judge", "itself", "negative")
    said = "alert 'itself' is about the program itself: there is no judging it"
    assert str(found.exception) == said


def test_the_list_of_mutes_has_times_of_the_configurations_zone(
    tmp_path: Path, store: Store
) -> None:
    invoke(tmp_path, "mute", "buyer", "样例市公安局", "--until", "2199-11-22")
    assert "2199-11-23 00:00 Asia/Shanghai" in invoke(tmp_path, "mute").output
    row = json.loads(invoke(tmp_path, "mute", "--json").output)
    assert row["until"] == "2199-11-22T16:00+00:00"
    with (tmp_path / "config.yaml").open("a", encoding="utf-8") as file:
        file.write("\tbroken")
    assert "2199-11-22 16:00 UTC" in invoke(tmp_path, "mute").output


GONE = "the path or token in its address is wrong, or what took messages there was removed"
DENIED = "the user, password or token in its address is wrong or was withdrawn"
MOVED = "what its address names has moved: give the new address"
CAUSES = [
    ("HTTP 404", GONE),
    ("HTTP 410 gone", GONE),
    ("HTTP 401", DENIED),
    ("part 2 of 3: HTTP 403", DENIED),
    ("SMTP 535 5.7.8 bad", DENIED),
    ("connection refused", "the host or port in its address is wrong, or no server runs there"),
    (
        "the host name is not known",
        "the host in its address is misspelt, or this machine finds no names",
    ),
    (
        "the TLS connection failed",
        "a plain port was addressed as TLS, or its certificate is not trusted here",
    ),
    ("HTTP 500", "the service has trouble: try again later"),
    ("part 1 of 2: HTTP 503", "the service has trouble: try again later"),
    ("HTTP 302: redirects are not followed", MOVED),
]


@pytest.mark.parametrize(("cause", "meaning"), CAUSES)
def test_a_refusal_is_told_with_what_it_usually_means(cause: str, meaning: str) -> None:
    assert explain_refusal(cause) == f"{cause} (this usually means that {meaning})"


@pytest.mark.parametrize("cause", ["HTTP 5000", "HTTP 4040", "SMTP 550 no such box", "no answer"])
def test_nothing_is_guessed_of_other_refusals(cause: str) -> None:
    assert explain_refusal(cause) == cause


@pytest.mark.parametrize(
    "words",
    [["alerts"], ["sources"], ["why", "told"], ["mute"], ["judge", "told", "positive"],
     ["resend", "told"], ["rescreen"], ["mute", "buyer", "a"]],
)  # fmt: skip
@pytest.mark.parametrize("empty", [False, True])
def test_a_database_that_is_gone_from_beside_its_captures_is_said_to_be_missing(
    tmp_path: Path, words: list[str], empty: bool
) -> None:
    (tmp_path / "config.yaml").write_text(CONFIG.format(watchlists=WATCHLISTS), "utf-8")
    folder = tmp_path / "state" / "captures" / "local"
    folder.mkdir(parents=True)
    (folder / "2026-01-01.warc.gz").write_bytes(b"x")
    database = tmp_path / "state" / "monitor.db"
    if empty:
        database.touch()
    found = invoke(tmp_path, *words)
    assert (found.exit_code, str(found.exception)) == (
        1,
        f"{database}: the database is missing although captures are there; put it back with: "
        "tender-monitor restore latest",
    )
    assert database.exists() is empty


def test_a_mute_lasts_to_the_end_of_its_last_day(tmp_path: Path, store: Store) -> None:
    assert invoke(tmp_path, "mute", "buyer", "样例市公安局", "--until", "2199-11-22").exit_code == 0
    [mute] = store.judgements.list_mutes()
    assert mute.until is not None
    assert mute.until.isoformat() == "2199-11-22T16:00:00+00:00"
    row = json.loads(invoke(tmp_path, "mute", "--json").output)
    assert (row["kind"], row["value"]) == ("buyer", "样例市公安局")
    assert invoke(tmp_path, "unmute", "buyer", "样例市公安局").exit_code == 0
    assert store.judgements.list_mutes() == []


def test_without_mutes_it_is_said_that_nothing_is_muted(tmp_path: Path, store: Store) -> None:
    assert invoke(tmp_path, "mute").output == "nothing is muted\n"
    assert invoke(tmp_path, "mute", "--json").output == ""


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


def test_of_what_was_sent_it_is_said_to_whom_and_when(tmp_path: Path, store: Store) -> None:
    sql = "update delivery set state = 'sent', sent_at = '2026-11-22T04:05:06+00:00'"
    store.db.execute(sql)
    found = invoke(tmp_path, "resend", "told")
    assert (found.exit_code, str(found.exception)) == (
        1,
        "nothing of alert 'told' was given up or withheld: "
        "it was sent to terminal at 2026-11-22 12:05 Asia/Shanghai",
    )


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


@pytest.mark.parametrize("begun", [False, True])
@pytest.mark.parametrize("words", [["judge", "a", "positive"], ["alerts"]])
def test_before_the_first_run_there_is_nothing_to_answer(
    tmp_path: Path, words: list[str], begun: bool
) -> None:
    (tmp_path / "config.yaml").write_text(CONFIG.format(watchlists=WATCHLISTS), "utf-8")
    if begun:  # and killed before a table was made
        (tmp_path / "state").mkdir()
        (tmp_path / "state" / "monitor.db").touch()
    assert "no database yet" in str(invoke(tmp_path, *words).exception)
