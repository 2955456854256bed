"""Whole pages, from bytes to verdict, come out as their labels say (tests/cases/README.md)."""

from __future__ import annotations

import pytest

from tests.labelled import Case, compare_case, load_cases
from tests.screening.samples import load_screener

# What is still read otherwise, and why: mend the cause and take the line out.
KNOWN: dict[str, frozenset[str]] = {}


@pytest.mark.parametrize(
    "case", list(load_cases()), ids=lambda case: f"{case.id}-{case.label['kind']}"
)
def test_a_page_comes_out_as_its_label_says(case: Case) -> None:
    differences = compare_case(case, load_screener())
    unknown = {k: v for k, v in differences.items() if k not in KNOWN.get(case.id, frozenset())}
    assert unknown == {}


def test_what_is_known_to_be_wrong_still_is() -> None:
    cases = {case.id: case for case in load_cases()}
    mended = [
        (name, field)
        for name, fields in KNOWN.items()
        for field in fields - compare_case(cases[name], load_screener()).keys()
    ]
    assert mended == []
