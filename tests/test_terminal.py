from __future__ import annotations

import io
import logging
from collections.abc import Iterator

import pytest

from monitor.terminal import count_of, set_logging


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    stream = io.StringIO()
    monkeypatch.setattr("sys.stderr", stream)
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    set_logging(debug=False)
    yield stream
    root.handlers[:] = before
    root.setLevel(level)


def test_no_notice_can_forge_a_log_entry(logged: io.StringIO) -> None:
    logging.getLogger("monitor.test").info("opened %s", "title\n2026-11-22 ERROR forged\x1b[2J")
    [line] = logged.getvalue().splitlines()
    assert line.endswith("INFO opened title 2026-11-22 ERROR forged [2J")


def test_an_error_that_quotes_a_person_is_logged_without_him(logged: io.StringIO) -> None:
    try:
        int("联系人：样某某 13900000001")
    except ValueError:
        logging.getLogger("monitor.test").exception("a page could not be read")
    first, *rest = logged.getvalue().splitlines()
    assert first.endswith("ERROR a page could not be read")
    assert all(line.startswith("    | ") for line in rest)
    assert "invalid literal" in rest[-1]
    assert not {"样某某", "13900000001"} & {*rest[-1].replace("'", " ").replace("：", " ").split()}


@pytest.mark.parametrize(
    ("number", "word", "shown"),
    [
        (1, "receiver", "1 receiver"), (0, "receiver", "0 receivers"),
        (2, "agency pattern", "2 agency patterns"), (1, "entry", "1 entry"),
        (2, "entry", "2 entries"), (2, "day", "2 days"), (2, "match", "2 matches"),
    ],
)  # fmt: skip
def test_a_word_is_in_the_plural_unless_there_is_one(number: int, word: str, shown: str) -> None:
    assert count_of(number, word) == shown
