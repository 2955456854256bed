"""The file of a refresh: read back as written, and never taken when harmed."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.screening.csl import ListsError
from monitor.screening.listfile import dump_refresh, find_file, load_lists, parse_refresh
from monitor.screening.lists import load_packaged
from monitor.screening.refreshed import lay_over, take_answer
from tests.kit.screeninglist import list_known, make_entry, write_answer

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
EXTRA = make_entry("Korla City Police", start_date="?", end_date="2025-01-01", alt_names=["巴州"])
REFRESH = take_answer(write_answer([*list_known(), EXTRA]), url="here", fetched_at=NOW, before=None)
WRITTEN = dump_refresh(REFRESH)


def test_a_refresh_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    assert parse_refresh(WRITTEN) == REFRESH
    find_file(tmp_path).write_bytes(WRITTEN)
    assert load_lists(tmp_path) == lay_over(REFRESH)[0]


def test_without_a_file_the_packaged_rows_are_in_force(tmp_path: Path) -> None:
    assert load_lists(tmp_path / "nothing") is load_packaged()


@pytest.mark.parametrize(
    "harmed",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        WRITTEN[:-10],
        WRITTEN.replace(b"2019-10-09", b"2009-10-09", 1),
        WRITTEN.replace(b'"format": 1', b'"format": 2'),
        b"[" * 200_000,
        b"\xff\xfe",
    ],
    ids=range(9),
)
def test_a_damaged_file_is_said_and_the_packaged_rows_are_used(
    tmp_path: Path, harmed: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    find_file(tmp_path).write_bytes(harmed)
    with caplog.at_level(logging.WARNING):
        assert load_lists(tmp_path) is load_packaged()
    [line] = [record.getMessage() for record in caplog.records]
    assert line.startswith(f"{find_file(tmp_path)}: ")
    assert line.endswith("; the packaged sanction lists are used")


def test_a_file_that_cannot_be_read_is_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    find_file(tmp_path).mkdir()
    with caplog.at_level(logging.WARNING):
        assert load_lists(tmp_path) is load_packaged()
    assert "Is a directory" in caplog.text


@given(st.integers(0, len(WRITTEN) - 1), st.integers(1, 255))
@settings(max_examples=200, deadline=None)
def test_no_changed_byte_changes_what_is_taken(place: int, flip: int) -> None:
    changed = bytearray(WRITTEN)
    changed[place] ^= flip
    try:
        taken = parse_refresh(bytes(changed))
    except ListsError:
        return
    assert taken == REFRESH
