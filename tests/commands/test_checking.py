"""What is said of a configuration beside its errors."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.commands.base import Settings
from monitor.commands.checking import list_hasty, list_left_samples, load_checked
from monitor.config import Config, load_config
from monitor.errors import ConfigError
from monitor.portals import PORTALS
from tests.kit.program import write_config

REAL = "  local: {portal: ccgp, lists: ['http://127.0.0.1:1/x/']}"
FAR, NEAR = "https://example.org/x/", "http://127.0.0.1:1/x/"


def load(folder: Path, sources: str) -> Config:
    write_config(folder, sources)
    return load_config(folder / "config.yaml", frozenset(PORTALS), {})


@pytest.mark.parametrize(
    ("stanza", "column"),
    [
        (f"lists: ['{FAR}'], delay: 0", 67),
        (f"delay: 0.0, lists: ['{NEAR}', '{FAR}']", 32),
        (f"lists: ['{FAR}'], delay: 0, enabled: no", 0),
        (f"lists: ['{FAR}'], delay: 1", 0),
        (f"lists: ['{FAR}']", 0),
        (f"lists: ['{NEAR}'], delay: 0", 0),
        ("lists: ['http://localhost/x/'], delay: 0", 0),
        ("lists: ['http://[::1]:1/x/'], delay: 0", 0),
    ],
)
def test_a_site_that_is_asked_without_a_pause_is_warned_of(
    tmp_path: Path, stanza: str, column: int
) -> None:
    said = "delay is 0: example.org is asked without a pause (leave delay out)"
    wanted = [f"{tmp_path}/config.yaml:5:{column}: {said}"] if column else []
    assert list_hasty(load(tmp_path, f"  local: {{portal: ccgp, {stanza}}}")) == wanted


MARKED = "the lines from `# --- sample begin` to `# --- sample end`"


@pytest.mark.parametrize(
    ("sources", "line", "lines"),
    [
        ("  sample: {portal: sample}", 5, "it"),
        ("  # --- sample begin\n  sample: {portal: sample}\n  # --- sample end", 6, MARKED),
        (f"  sample: {{portal: sample, enabled: no}}\n{REAL}", 0, ""),
        (REAL, 0, ""),
    ],
)
def test_a_sample_that_is_still_read_is_named_with_what_to_delete(
    tmp_path: Path, sources: str, line: int, lines: str
) -> None:
    said = f"the next round brings the notices of 'sample' back: delete {lines}"
    wanted = [f"{tmp_path}/config.yaml:{line}:3: {said}"] if line else []
    assert list_left_samples(load(tmp_path, sources)) == wanted


@pytest.mark.parametrize(
    ("more", "other"),
    [
        ("", ""),
        ("routes:\n  - receivers: [hok]\n", "7:17: no receiver 'hok' (did you mean 'hook'?)"),
        ("state: 7\nevry: 1\n", ""),
    ],
)
def test_a_missing_secret_hides_no_other_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], more: str, other: str
) -> None:
    write_config(tmp_path, REAL, "  hook: {url_env: NOT_SET}")
    path = tmp_path / "config.yaml"
    with path.open("a", encoding="utf-8") as file:
        file.write(more)
    with pytest.raises(ConfigError) as raised:
        load_checked(Settings(path, None, False))
    # What cannot be read at all is one error, said once.
    assert ("environment variable NOT_SET" in str(raised.value)) is not more.startswith("state")
    said = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error:")]
    assert said == ([f"error: {path}:{other}"] if other else [])
