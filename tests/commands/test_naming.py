"""What a mute holds for, where a reader gives the name that a table shows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from monitor.alerting.policy import is_muted
from monitor.cli import cli
from monitor.models import Match, Notice
from monitor.store import Store
from monitor.store.alerts import AlertKind, NewAlert
from monitor.store.judgements import MuteKind
from tests.alerting.samples import MATCH, NOTICE, NOW, make_content

ENGLISH = "Yunling City Public Security Bureau"
KEPT = "its alerts are kept, tender-monitor alerts lists them"
SUZHOU = "Suzhou City Public Security Bureau"
UNSEEN = (
    "warning: no stored notice has the buyer '{}'; its Chinese name counts, as `why ID` shows it\n"
)


def rename(name: str, english: str) -> tuple[Notice, Match]:
    assert MATCH.organ is not None
    organ = replace(MATCH.organ, name=name, name_en=english)
    return replace(NOTICE, buyer=name), replace(MATCH, organ=organ)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    text = "receivers:\n  terminal: {type: terminal}\nsources:\n  local: {portal: sample}\n"
    (tmp_path / "config.yaml").write_text(text, "utf-8")
    bodies = [(NOTICE, MATCH), rename("苏州市公安局", SUZHOU), rename("宿州市公安局", SUZHOU)]
    # The organ uses what another body buys: both are told.
    bodies.append((replace(NOTICE, buyer="云岭市政府采购中心"), MATCH))
    with Store.open(tmp_path / "state") as found:
        for number, (notice, match) in enumerate(bodies):
            content = make_content(notice, match, alert_id=f"a{number}")
            kind, said = AlertKind.NOTICE, "FIRST_MATCH"
            alert = NewAlert(f"a{number}", kind, None, None, "alert", said, "f", False, content)
            found.alerts.post(alert, [], NOW)
        yield found


def invoke(folder: Path, *arguments: str) -> Result:
    options = ["--config", str(folder / "config.yaml"), "--state", str(folder / "state")]
    return CliRunner().invoke(cli, [*options, *arguments])


@pytest.mark.parametrize(
    ("kind", "given", "kept", "said", "warned"),
    [
        ("buyer", "云岭市公安局", "云岭市公安局", "云岭市公安局", ""),
        ("buyer", " 云岭市 公安局", "云岭市 公安局", "云岭市 公安局", ""),
        ("buyer", "云岭市政府采购中心", "云岭市政府采购中心", "云岭市政府采购中心", ""),
        ("buyer", ENGLISH, "云岭市公安局", f"云岭市公安局 ({ENGLISH})", ""),
        ("buyer", ENGLISH.lower(), "云岭市公安局", f"云岭市公安局 ({ENGLISH.lower()})", ""),
        ("buyer", "Yunling Police", "Yunling Police", "Yunling Police", "Yunling Police"),
        ("buyer", "白塔市公安局", "白塔市公安局", "白塔市公安局", "白塔市公安局"),
        ("process", "YLCG-2026-0117", "YLCG-2026-0117", "YLCG-2026-0117", ""),
    ],
)
def test_a_buyer_is_muted_by_its_chinese_name(
    tmp_path: Path, store: Store, kind: str, given: str, kept: str, said: str, warned: str
) -> None:
    found = invoke(tmp_path, "mute", kind, given)
    [mute] = store.judgements.list_mutes()
    assert (found.exit_code, mute.value) == (0, kept)
    assert found.stdout == f"{kind} {said}: muted; {KEPT}\n"
    assert found.stderr == (UNSEEN.format(warned) if warned else "")


def test_a_mute_by_the_english_name_silences_and_is_taken_back_by_it(
    tmp_path: Path, store: Store
) -> None:
    invoke(tmp_path, "mute", "buyer", ENGLISH)
    assert is_muted(MATCH, NOTICE, "local", store.judgements.list_mutes())
    assert invoke(tmp_path, "unmute", "buyer", ENGLISH).exit_code == 0
    assert store.judgements.list_mutes() == []
    found = invoke(tmp_path, "unmute", "buyer", ENGLISH)
    assert str(found.exception) == f"buyer '{ENGLISH}' is not muted"


def test_a_project_number_that_nothing_stored_has_is_warned_of(
    tmp_path: Path, store: Store
) -> None:
    found = invoke(tmp_path, "mute", "process", "YLCG-2026-0118")
    assert found.stderr == (
        "warning: no stored notice has the project number 'YLCG-2026-0118'; "
        "it counts as the notice prints it\n"
    )
    assert [mute.kind for mute in store.judgements.list_mutes()] == [MuteKind.PROCESS]


def test_an_english_name_of_two_buyers_mutes_neither(tmp_path: Path, store: Store) -> None:
    found = invoke(tmp_path, "mute", "buyer", SUZHOU)
    assert found.exit_code == 2
    assert "the English name of 2 buyers: give one of 宿州市公安局, 苏州市公安局" in found.stderr
    assert store.judgements.list_mutes() == []
