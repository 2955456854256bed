"""Tables and lines for a terminal."""

from __future__ import annotations

from monitor.reading.tables import format_json, format_table
from monitor.terminal import clean_line


def test_a_table_shows_the_columns_asked_for_and_a_dash_for_nothing() -> None:
    shown = format_table([{"a": 1, "b": None, "c": "left out"}], ["a", "b"])
    assert [line.split() for line in shown.splitlines()][::2] == [["a", "b"], ["1", "-"]]


def test_a_long_value_is_cut_with_a_mark() -> None:
    assert format_table([{"a": "x" * 99}], ["a"]).splitlines()[-1] == "x" * 59 + "…"


def test_nothing_that_a_page_wrote_steers_a_terminal() -> None:
    hostile = "标题\x1b[2J\r\n\u202e电话 13800000000"
    for shown in (format_table([{"a": hostile}], ["a"]).splitlines()[-1], clean_line(hostile)):
        assert shown.isprintable()
    assert "13800000000" not in clean_line(hostile)


def test_json_stays_on_one_line_and_keeps_chinese() -> None:
    assert format_json({"a": "公安\n局"}) == '{"a": "公安\\n局"}'
