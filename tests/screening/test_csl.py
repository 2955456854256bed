"""The screening list: every field, and every answer that is none."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.screening.csl import ListsError, find_family, read_entries
from tests.kit.screeninglist import Entry, list_known, make_entry, write_answer


def read_one(**changes: Any) -> object:
    [entry] = read_entries(write_answer([make_entry("Sample Bureau", **changes)]))
    return entry


@pytest.mark.parametrize(
    ("changes", "field", "expected"),
    [
        ({}, "name", "Sample Bureau"),
        ({}, "start", date(2019, 10, 9)),
        ({}, "notice", "84 FR 54002"),
        ({}, "country", frozenset({"CN"})),
        ({}, "label", "BIS Entity List"),
        ({"name": "  Sample\n Bureau\u202e\x1b[2J "}, "name", "Sample Bureau[2J"),
        ({"name": "Sample Bureau, a.k.a. Sample Police"}, "also", ("Sample Police",)),
        ({"name": "Sample Bureau (f.k.a. Old Police)"}, "also", ("Old Police",)),
        ({"name": "X, a.k.a., the following two aliases: —One Bureau; and —Two Bureau"}, "also",
         ("One Bureau", "Two Bureau")),
        ({"name": None}, "name", ""),
        ({"alt_names": None}, "also", ()),
        ({"alt_names": "One Bureau; Other Bureau"}, "also", ("One Bureau", "Other Bureau")),
        ({"alt_names": ["One Bureau", "", None, 5]}, "also", ("One Bureau",)),
        ({"start_date": None}, "start", None),
        ({"start_date": "2019-10-09T00:00:00Z"}, "start", date(2019, 10, 9)),
        ({"start_date": "10/9/2019"}, "problems", ("unreadable start_date: '10/9/2019'",)),
        ({"end_date": "2019-02-31"}, "problems", ("unreadable end_date: '2019-02-31'",)),
        ({"end_date": "2024-05-01"}, "end", date(2024, 5, 1)),
        ({"federal_register_notice": None}, "notice", ""),
        ({"addresses": None, "country": "CN"}, "country", frozenset({"CN"})),
        ({"addresses": ["CN", {}, {"country": None}]}, "country", frozenset()),
        ({"type": "Individual"}, "person", True),
        ({"family": "SDN"}, "label", "OFAC SDN (GLOMAG)"),
        ({"source": "Military End User (MEU) List - Bureau of Industry and Security"}, "label",
         "BIS Military End User List"),
        ({"source": "Some List (XYZ) - Some Department"}, "label", "Some List (XYZ)"),
        ({"source": None}, "family", ""),
    ],
)  # fmt: skip
def test_an_entry_is_read_as_it_is_printed(
    changes: dict[str, object], field: str, expected: object
) -> None:
    assert getattr(read_one(**changes), field) == expected


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "the answer is empty"),
        (b" \n", "the answer is empty"),
        (b"<!DOCTYPE html><html>blocked</html>", "the answer is a web page, not the list"),
        (b"\xef\xbb\xbf <html>", "the answer is a web page, not the list"),
        (b'{"results": ["\xff"]}', "the answer is not UTF-8"),
        (b"Service Unavailable", "the answer is not JSON of the expected form"),
        (b"[]", "the answer is not JSON of the expected form"),
        (b"{}", "the answer is cut off or broken behind character 1 of 2"),
        (b'{"total": 0}', 'the answer has no "results"'),
        (b'{"results": {}}', "the answer is cut off or broken behind character 12 of 15"),
        (b'{"results": [7]}', "a result of the answer is no object"),
        (b'{"results": [], "results": []}', "the answer has two lists of results"),
        (b'{"results": []} {"results": []}', "something follows the end of the answer"),
        (b'{"results": [' + b"[" * 200_000, "the answer is nested too deeply"),
        (b'{"results": [{"name": ' + b"9" * 9999 + b"}]}",
         "the answer is cut off or broken behind character 13 of 10,024"),
    ],
)  # fmt: skip
def test_an_answer_that_is_no_list_is_refused_in_one_line(body: bytes, said: str) -> None:
    with pytest.raises(ListsError) as raised:
        list(read_entries(body))
    assert str(raised.value) == said


def test_other_keys_may_stand_before_and_behind_the_results() -> None:
    entry = make_entry("Sample Bureau")
    body = json.dumps({"total": 1, "results": [entry], "sources": [{"a": [1, {}]}]}, indent=2)
    assert [one.name for one in read_entries(body.encode())] == ["Sample Bureau"]


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_a_list_that_is_cut_anywhere_is_refused(data: st.DataObject) -> None:
    whole = write_answer(list_known()[:4], total=4)
    cut = data.draw(st.integers(0, len(whole) - 1))
    with pytest.raises(ListsError):
        list(read_entries(whole[:cut]))


_ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(sorted(make_entry("x"))), _ANY))
@settings(max_examples=200, deadline=None)
def test_any_object_is_read_as_an_entry(changes: Entry) -> None:
    [entry] = read_entries(write_answer([{**make_entry("x"), **changes}]))
    assert isinstance(entry.name, str)


@pytest.mark.parametrize(
    ("label", "family"),
    [
        ("BIS Entity List", "EL"),
        ("OFAC SDN (GLOMAG)", "SDN"),
        ("OFAC SDN", "SDN"),
        ("OFAC SDN2", ""),
        ("EU Global Human Rights", ""),
        ("UK and Canada human-rights sanctions", ""),
    ],
)
def test_lists_of_europe_are_not_looked_for_in_it(label: str, family: str) -> None:
    assert find_family(label) == family
