"""The table of a digest: every alert in it, and nothing in it that a spreadsheet runs."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.alerting.enclosures import defuse_cell, make_table
from tests.alerting.samples import NOTICE, make_content


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ('=HYPERLINK("x")', '\'=HYPERLINK("x")'),
        ("+1", "'+1"),
        ("-2+3", "'-2+3"),
        ("@SUM(A1)", "'＠SUM(A1)"),
        ("\t=1", "'=1"),
        ("\r\n=1", "'=1"),
        ("\u200b=1", "'=1"),
        ("＝1", "'＝1"),
        ("云岭市公安局", "云岭市公安局"),
        ("a\nb", "a b"),
        (None, ""),
        (569_800.0, "569800.0"),
        (-1.5, "'-1.5"),
    ],
)
def test_a_cell_is_text_and_never_a_formula(text: object, cell: str) -> None:
    assert defuse_cell(text) == cell


@given(st.text(max_size=60))
def test_no_cell_begins_as_a_formula_does(text: str) -> None:
    assert not defuse_cell(text).startswith(("=", "+", "-", "@", "\t", "\r", "\n"))


def test_a_table_has_a_row_for_each_alert() -> None:
    bad = replace(NOTICE, title='=cmd|" /C calc"!A0', url="javascript:alert(1)")
    table = make_table([make_content(), make_content(bad, alert_id="b")], "0123456789abcdef")
    assert (table.name, table.media_type) == ("alerts-01234567.csv", "text/csv")
    rows = list(csv.DictReader(io.StringIO(table.body.decode("utf-8-sig"), newline="")))
    assert [row["alert"] for row in rows] == ["a1b2c3d4", "b"]
    assert rows[0]["link"] == NOTICE.url
    assert rows[0]["value"] == "569800.0"
    assert rows[1]["title in Chinese"].startswith("'=cmd")
    assert rows[1]["link"] == ""
