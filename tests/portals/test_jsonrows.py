"""What portals of JSON lists share."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.errors import LayoutError
from monitor.models import Issue
from monitor.portals.jsonrows import (
    change_query,
    check_date,
    check_keys,
    has_more,
    label_lines,
    make_query,
    read_answer,
    read_count,
    read_query,
    read_sent,
    take_text,
    write_body,
)
from tests.portals.captures import make_capture

URL = "http://portal.example/list"


@pytest.mark.parametrize(
    ("value", "count"),
    [
        (12, 12), ("12", 12), (" 12 ", 12), (0, 0), (-1, None), ("1,200", None), (True, None),
        (None, None), (1.0, None), ([], None), ("9" * 5000, None), ("１２", None),
    ],
)  # fmt: skip
def test_a_count_is_a_whole_number_and_nothing_else(value: Any, count: int | None) -> None:
    assert read_count(value) == count


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("计算<font color='#be0108'>服务器</font>采购", "计算服务器采购"),
        ("A&amp;B", "A&B"),
        (" 甲  乙 ", "甲 乙"),
        (7, "7"),
        (None, ""),
        (True, ""),
        (["甲"], ""),
        ({"a": 1}, ""),
    ],
)
def test_text_is_read_plain(value: Any, text: str) -> None:
    assert take_text({"a": value}, "a") == text
    assert take_text({"a": value, "b": "乙"}, "a|b") == (text or "乙")


@pytest.mark.parametrize(
    ("shown", "more"), [([20, 20, 5], [1, 1, 0]), ([45], [0]), ([20, 0], [1, 0]), ([0], [0])]
)
def test_paging_ends_with_the_total_or_an_empty_page(shown: list[int], more: list[int]) -> None:
    found = [has_more(number, 20, rows, 45) for number, rows in enumerate(shown, 1)]
    assert found == [bool(one) for one in more]


@given(st.integers(1, 60), st.integers(1, 60), st.integers(0, 300))
def test_paging_ends_and_loses_no_more_than_a_chance_total_hides(
    size: int, shown: int, total: int
) -> None:
    number, rows = 0, 0
    while True:
        number += 1
        page = min(shown, max(0, total - rows))
        rows += page
        if not has_more(number, size, page, total):
            break
        assert number < 400
    assert rows == total or (number - 1) * size + page == total


def test_a_key_that_most_rows_lack_is_a_layout_error_and_of_few_an_issue() -> None:
    rows: list[dict[str, Any]] = [{"id": 1}, {"id": 2}, {"title": "甲"}]
    issues = check_keys(rows, ["id|key"], URL)
    assert issues == [
        Issue("missing field", "id|key", json.dumps(rows[2], ensure_ascii=False), URL)
    ]
    with pytest.raises(LayoutError, match="title or name in 2 rows"):
        check_keys(rows, ["title|name"], URL)
    assert check_keys([], ["id"], URL) == []


def test_a_day_that_cannot_be_read_is_an_issue() -> None:
    assert [issue.raw for issue in check_date("昨天", URL)] == ["昨天"]
    assert check_date("2026-11-22", URL) == check_date("", URL) == []


def test_lines_say_only_what_the_text_does_not_and_are_no_markup() -> None:
    values = (("项目编号", "S-1"), ("供应商", "<b>甲</b>"), ("预算", ""))
    assert label_lines(values, "S-1") == "<p>供应商：&lt;b&gt;甲&lt;/b&gt;</p>"


def test_a_body_has_no_blanks_and_keeps_its_order_trap_6() -> None:
    assert write_body({"b": 1, "a": ["甲"], "c": None}) == '{"b":1,"a":["甲"],"c":null}'.encode()


@pytest.mark.parametrize("sent", [b"", b"\xff", b"[1]", b"{", b"null", b"[" * 100_000])
def test_what_was_sent_in_another_form_is_nothing(sent: bytes) -> None:
    assert read_sent(replace(make_capture(""), sent=sent)) == {}


@pytest.mark.parametrize("body", ["[]", "1", '"x"', '"[1]"', "null", "not json", "[" * 100_000])
def test_what_is_no_object_is_a_layout_error(body: str) -> None:
    with pytest.raises(LayoutError):
        read_answer(make_capture(body))


def test_an_object_within_strings_is_unpacked() -> None:
    inner = {"code": "200", "data": json.dumps([{"id": 1}])}
    answer = read_answer(make_capture(json.dumps(json.dumps(inner))))
    assert answer == {"code": "200", "data": [{"id": 1}]}


words = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


@given(st.dictionaries(words.filter(bool), words, min_size=1, max_size=4))
def test_a_query_says_what_it_was_made_of(fields: dict[str, str]) -> None:
    query = make_query(fields)
    assert query.isascii()
    assert read_query(f"{URL}?{query}") == fields
    changed = change_query(f"{URL}?{query}", page="2")
    assert read_query(changed) == fields | {"page": "2"}
