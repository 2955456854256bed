"""Quotations in a text of a case's page: all are marked, nothing is lost, nothing runs."""

from __future__ import annotations

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.evidence.quotes import mark_quotes


def mark(text: str, *quotes: str) -> str:
    return mark_quotes(text, [{"quote": quote} for quote in quotes])


@pytest.mark.parametrize(("text", "quotes", "shown"), [
    ("希捷与希捷", ["希捷"], "<mark>希捷</mark>与<mark>希捷</mark>"),
    ("希捷、西数", ["西数", "希捷"], "<mark>希捷</mark>、<mark>西数</mark>"),
    ("甲希捷8TB乙", ["甲希捷", "希捷8TB"], "<mark>甲希捷8TB</mark>乙"),
    ("前文希捷\n 8TB后文", ["…希捷 8TB…"], "前文<mark>希捷\n 8TB</mark>后文"),
    ("a<b>希捷</b>", ["<b>希捷"], "a<mark>&lt;b&gt;希捷</mark>&lt;/b&gt;"),
    ("希捷", ["", "…", "没有"], "希捷"),
])  # fmt: skip
def test_each_quotation_is_marked_wherever_it_stands(
    text: str, quotes: list[str], shown: str
) -> None:
    assert mark(text, *quotes) == shown


@given(st.text("ab <&…\n希", max_size=30), st.lists(st.text("ab <&…希", max_size=4), max_size=5))
def test_marks_change_no_text(text: str, quotes: list[str]) -> None:
    shown = mark(text, *quotes)
    assert html.unescape(re.sub("</?mark>", "", shown)) == text
    for found in re.findall("<[^>]*>", shown):
        assert found in ("<mark>", "</mark>")
