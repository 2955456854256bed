"""An edit is taken whole or not at all, and its trouble is told once."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from monitor.errors import ConfigError
from monitor.reloading import BROKEN_SECONDS, Reloader, check_state
from monitor.setup import Setup, load_setup

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
GOOD = """watchlists: lists
receivers: {terminal: {type: terminal}}
sources:
  local: {portal: sample, every: 1h}
"""


@pytest.fixture
def setup(tmp_path: Path) -> Setup:
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists" / "brands.yaml").write_text("kind: brands\nentries: []\n", "utf-8")
    (tmp_path / "config.yaml").write_text(GOOD, "utf-8")
    return load_setup(tmp_path / "config.yaml", {})


def make_reloader(setup: Setup) -> Reloader:
    return Reloader(setup, {}, None, NOW)


def test_a_setup_may_take_the_place_of_another_only_with_the_same_state(
    setup: Setup, tmp_path: Path
) -> None:
    save(setup, GOOD + "lookback: 9d\n")
    later = load_setup(setup.config.path, {})
    assert check_state(setup, later) is later
    with pytest.raises(ConfigError, match="state cannot change while running"):
        check_state(setup, load_setup(setup.config.path, {}, tmp_path / "elsewhere"))


def save(setup: Setup, text: str) -> None:
    """Save as an editor does: a new file in the place of the old."""
    part = setup.config.path.with_suffix(".part")
    part.write_text(text, "utf-8")
    os.replace(part, setup.config.path)


def test_an_edit_is_seen_when_it_has_come_to_rest(setup: Setup) -> None:
    reloader = make_reloader(setup)
    assert not reloader.have_changed(setup)
    save(setup, GOOD.replace("1h", "2h"))
    assert [reloader.have_changed(setup) for _ in range(2)] == [False, True]
    found = reloader.load(setup, NOW, 0.0)
    assert found is not None
    assert found.config.sources["local"].every == 7200
    assert not reloader.have_changed(found)


def test_a_broken_period_is_told_once_whatever_its_errors_and_its_end_once(setup: Setup) -> None:
    reloader, told = make_reloader(setup), []
    for count, text in enumerate(["a: [", "b: {", "c: ]", "d: ["]):
        save(setup, text)
        assert reloader.load(setup, NOW, count * BROKEN_SECONDS) is None
        assert not reloader.ok
        told.append(reloader.find_news(count * BROKEN_SECONDS))
    assert [news is None for news in told] == [True, False, True, True]
    save(setup, GOOD)
    assert reloader.load(setup, NOW, 99.0) is not None
    good = reloader.find_news(99.0)
    assert good is not None
    assert good[0] == "The configuration is good again"
    assert reloader.find_news(100.0) is None


def test_a_save_under_way_is_not_told(setup: Setup) -> None:
    reloader = make_reloader(setup)
    save(setup, "a: [")
    assert reloader.load(setup, NOW, 0.0) is None
    assert reloader.find_news(BROKEN_SECONDS - 1) is None
    save(setup, GOOD)
    assert reloader.load(setup, NOW, BROKEN_SECONDS) is not None
    assert reloader.find_news(2 * BROKEN_SECONDS) is None


def test_the_error_names_file_line_and_column(setup: Setup) -> None:
    reloader = make_reloader(setup)
    save(setup, GOOD + "  local: {}\n")
    assert reloader.load(setup, NOW, 0.0) is None
    news = reloader.find_news(BROKEN_SECONDS)
    assert news is not None
    assert "config.yaml:5:3: 'local' is already given on line 4" in news[1][0]


def test_another_state_folder_is_refused_while_running(setup: Setup) -> None:
    reloader = make_reloader(setup)
    save(setup, GOOD + "state: elsewhere\n")
    assert reloader.load(setup, NOW, 0.0) is None
    news = reloader.find_news(BROKEN_SECONDS)
    assert news is not None
    assert "state cannot change while running" in news[1][0]


def test_files_that_change_while_they_are_read_are_read_again(
    setup: Setup, monkeypatch: pytest.MonkeyPatch
) -> None:
    def load_slowly(*arguments: object) -> Setup:
        found = load_setup(setup.config.path, {})
        save(setup, GOOD.replace("1h", "3h"))
        return found

    reloader = make_reloader(setup)
    save(setup, GOOD.replace("1h", "2h"))
    monkeypatch.setattr("monitor.reloading.load_setup", load_slowly)
    assert reloader.load(setup, NOW, 0.0) is None
    assert reloader.ok
    monkeypatch.undo()
    assert [reloader.have_changed(setup) for _ in range(2)] == [False, True]
    found = reloader.load(setup, NOW, 1.0)
    assert found is not None
    assert found.config.sources["local"].every == 10_800


def test_what_breaks_the_loader_itself_keeps_the_old_configuration(
    setup: Setup, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: object) -> Setup:
        raise RecursionError("too deep")

    monkeypatch.setattr("monitor.reloading.load_setup", fail)
    reloader = make_reloader(setup)
    assert reloader.load(setup, NOW, 0.0) is None
    assert not reloader.ok
