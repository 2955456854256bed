"""The heartbeat: it goes out only while all is well, disturbs nothing, and tells no secret."""

from __future__ import annotations

import logging
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from monitor.config import load_config
from monitor.errors import ConfigError
from monitor.vitals.heartbeat import Heartbeat
from tests.kit.servers import WebhookServer, find_free_port

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
SECRET = "c0ffee-5ec2e7"


def make_heartbeat(url: str, every: float = 60.0) -> Heartbeat:
    return Heartbeat(url, every, "tests", threading.Event())


def test_it_asks_for_its_address_on_this_machine() -> None:
    with WebhookServer() as server:
        assert make_heartbeat(f"http://127.0.0.1:{server.port}/{SECRET}").beat(NOW, 0.0)
        assert server.requests == [f"GET /{SECRET}"]


def test_it_is_due_once_in_its_time() -> None:
    with WebhookServer() as server:
        heartbeat = make_heartbeat(f"http://127.0.0.1:{server.port}/")
        assert heartbeat.is_due(1000.0)
        heartbeat.beat(NOW, 1000.0)
        assert [heartbeat.is_due(count) for count in (1030.0, 1059.9, 1060.0)] == [
            False, False, True,
        ]  # fmt: skip


def test_none_is_due_without_an_address() -> None:
    assert not make_heartbeat("").is_due(0.0)


@pytest.mark.parametrize("status", [301, 404, 500])
def test_an_answer_that_is_no_yes_is_a_failure_and_a_redirect_is_not_followed(
    status: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with WebhookServer(status, location="/elsewhere") as server:
        assert not make_heartbeat(f"http://127.0.0.1:{server.port}/{SECRET}").beat(NOW, 0.0)
        assert server.requests == [f"GET /{SECRET}"]
    assert "the heartbeat was not taken" in caplog.text
    assert SECRET not in caplog.text


def test_nobody_there_is_said_once_without_the_address(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    heartbeat = make_heartbeat(f"http://127.0.0.1:{find_free_port()}/{SECRET}")
    assert [heartbeat.beat(NOW, float(n)) for n in range(3)] == [False] * 3
    assert caplog.text.count("the heartbeat was not taken: unreachable") == 1
    assert SECRET not in caplog.text


@pytest.mark.parametrize(
    ("stanza", "environ", "said"),
    [
        ("{url_env: BEAT}", {}, "6:22: environment variable BEAT is not set"),
        ("{url_env: BEAT}", {"BEAT": SECRET}, "6:22: what stands there is no http:// or"),
        ("{url_env: BEAT, url_file: beat}", {}, "give url_env or url_file, not both"),
        ("{url_file: none}", {}, "none cannot be read: No such file"),
        ("{url_file: beat}", {}, "beat can be read by others"),
        (f"{{url_env: 'https://x/{SECRET}'}}", {}, "the name of an environment variable"),
    ],
)
def test_an_address_that_cannot_be_used_is_refused_at_its_place_and_never_shown(
    tmp_path: Path, stanza: str, environ: dict[str, str], said: str
) -> None:
    path = tmp_path / "config.yaml"
    lines = ["receivers:", "  terminal: {type: terminal}", "sources:", "  a: {portal: sample}", ""]
    path.write_text("\n".join([*lines, f"heartbeat: {stanza}"]), "utf-8")
    (tmp_path / "beat").write_text(f"http://127.0.0.1/{SECRET}\n")
    (tmp_path / "beat").chmod(0o644)
    with pytest.raises(ConfigError) as raised:
        load_config(path, frozenset({"sample"}), environ)
    assert said in str(raised.value)
    assert SECRET not in str(raised.value)


def test_an_address_in_a_closed_file_is_taken_and_not_printed(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    lines = ["receivers:", "  terminal: {type: terminal}", "sources:", "  a: {portal: sample}"]
    path.write_text("\n".join([*lines, "heartbeat: {url_file: beat}"]), "utf-8")
    (tmp_path / "beat").write_text(f"http://127.0.0.1/{SECRET}\n")
    (tmp_path / "beat").chmod(0o600)
    config = load_config(path, frozenset({"sample"}), {})
    assert config.heartbeat_url == f"http://127.0.0.1/{SECRET}"
    assert SECRET not in repr(config)
