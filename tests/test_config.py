"""config.yaml: what is refused, and where the message points."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.config import Outline, load_config, read_outline
from monitor.errors import ConfigError
from monitor.models import Verdict
from monitor.portals import PORTALS

BROKEN = Path(__file__).parent / "broken_configs"
NAMES = frozenset(PORTALS)
GOOD = """
receivers:
  terminal: {type: terminal}
sources:
  local: {portal: ccgp, lists: [https://example.org/cggg/dfgg/]}
"""

CASES = {
    "bracket_left_open": (
        7, 10, "the [ of line 6 lacks a comma or its ] (add it before this place)",
    ),
    "interval_not_a_duration": (
        7, 12, "expected a duration, got 'six hours' (write it like 20s, 15m, 6h, 1d or 2w)",
    ),
    "key_given_twice": (8, 5, "'every' is already given on line 7"),
    "key_misspelt": (7, 5, "unknown key 'evry' (did you mean 'every'?)"),
    "linklist_without_row": (5, 5, "row is missing (say which CSS selector finds a row)"),
    "list_address_wrong": (
        8, 9, "'example.org/cggg/zygg/' is no address (an address begins with http:// or https://)",
    ),
    "lists_not_a_list": (
        6, 12, "expected a list, got 'https://example.org/cggg/dfgg/' (write [x] or a - line)",
    ),
    "pages_not_a_number": (7, 12, "expected a whole number, got 'ten'"),
    "portal_unknown": (5, 13, "no portal 'ccpg' (one of ccgp, feed, linklist, sample)"),
    "receiver_of_source_unknown": (7, 27, "no receiver 'chat' (known are terminal)"),
    "receiver_variable_not_set": (
        3, 14, "environment variable TENDER_MONITOR_NOT_SET is not set",
    ),
    "receiver_without_address": (
        2, 10, "give url_env or url_file (the address is a secret)",
    ),
    "sources_missing": (1, 1, "'sources' is missing"),
    "tab_in_indentation": (4, 1, "a tab in the indentation (use spaces)"),
    "verdict_unknown": (4, 23, "expected one of alert, review, got 'maybe'"),
}  # fmt: skip


@pytest.mark.parametrize("case", sorted(CASES))
def test_a_broken_configuration_names_file_line_and_column(case: str) -> None:
    path = BROKEN / f"{case}.yaml"
    line, column, message = CASES[case]
    with pytest.raises(ConfigError) as raised:
        load_config(path, NAMES, {})
    assert str(raised.value) == f"{path}:{line}:{column}: {message}"


def test_every_broken_configuration_has_its_expectation() -> None:
    assert {path.stem for path in BROKEN.glob("*.yaml")} == CASES.keys()


def test_a_missing_file_is_said_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"config\.yaml:1:1: .*not found"):
        load_config(tmp_path / "config.yaml", NAMES, {})


def test_the_shipped_configuration_is_good() -> None:
    config = load_config(Path(__file__).parent.parent / "config.yaml", NAMES, {})
    assert list(config.sources) == ["sample", "ccgp-local", "ccgp-central"]
    assert config.sources["sample"].receivers == ["terminal"]


def test_the_state_folder_is_the_options_then_systemds_then_the_files(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("state: mine\n" + GOOD, "utf-8")
    systemd = {"STATE_DIRECTORY": "/var/lib/tender-monitor:/other"}
    assert load_config(path, NAMES, {}).state == tmp_path / "mine"
    assert load_config(path, NAMES, systemd).state == Path("/var/lib/tender-monitor")
    assert load_config(path, NAMES, systemd, Path("/given")).state == Path("/given")


def test_an_address_comes_from_the_environment_and_is_not_printed(tmp_path: Path) -> None:
    text = GOOD.replace("{type: terminal}", "{url_env: TOLD}")
    config = load_config(write(tmp_path, text), NAMES, {"TOLD": "json://host/secret-token"})
    receiver = config.receivers["terminal"]
    assert receiver.url == "json://host/secret-token"
    assert "secret-token" not in repr(receiver) + repr(config)


def test_a_secret_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    secret = tmp_path / "address"
    secret.write_text("json://host/secret-token\n", "utf-8")
    secret.chmod(0o644)
    path = write(tmp_path, GOOD.replace("{type: terminal}", "{url_file: address}"))
    with pytest.raises(ConfigError, match=r"config.yaml:3:24: .*can be read by others") as raised:
        load_config(path, NAMES, {})
    assert "secret-token" not in str(raised.value)
    secret.chmod(0o600)
    assert load_config(path, NAMES, {}).receivers["terminal"].url == "json://host/secret-token"


def test_a_credential_is_read_from_systemds_folder(tmp_path: Path) -> None:
    (tmp_path / "email").write_text("json://host/x", "utf-8")
    path = write(tmp_path, GOOD.replace("{type: terminal}", "{url_file: 'credential:email'}"))
    environ = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    assert load_config(path, NAMES, environ).receivers["terminal"].url == "json://host/x"
    with pytest.raises(ConfigError, match="CREDENTIALS_DIRECTORY is not set"):
        load_config(path, NAMES, {})


@pytest.mark.parametrize("key", ["url_env", "url_file"])
def test_a_secret_written_into_the_configuration_is_not_repeated(tmp_path: Path, key: str) -> None:
    text = GOOD.replace("{type: terminal}", f"{{{key}: 'mailtos://bob:S3CRET@mail.example'}}")
    with pytest.raises(ConfigError, match=r"config\.yaml:3:\d+: expected the name of") as raised:
        load_config(write(tmp_path, text), NAMES, {})
    assert "S3CRET" not in str(raised.value)


def test_reading_commands_need_no_secret(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD.replace("{type: terminal}", "{url_env: NOT_SET}"))
    state, outlines = read_outline(path, {})
    assert (state, outlines) == (
        tmp_path / "state",
        {"local": Outline(every=6 * 3600, budget=1500, host="example.org")},
    )


def test_a_disabled_source_is_not_read(tmp_path: Path) -> None:
    text = GOOD.replace("portal: ccgp,", "portal: ccgp, enabled: no,")
    assert load_config(write(tmp_path, text), NAMES, {}).sources == {}


def test_a_receiver_takes_alerts_and_reviews_unless_told(tmp_path: Path) -> None:
    config = load_config(write(tmp_path, GOOD), NAMES, {})
    assert config.receivers["terminal"].verdicts == {Verdict.ALERT, Verdict.REVIEW}


def write(folder: Path, text: str) -> Path:
    path = folder / "config.yaml"
    path.write_text(text, "utf-8")
    return path
