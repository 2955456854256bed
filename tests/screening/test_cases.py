"""Whole pages, from bytes to verdict, come out as their labels say (tests/cases/README.md)."""

from __future__ import annotations

import pytest

from tests.kit.labelled import Case, compare_case, load_cases
from tests.screening.samples import load_screener


@pytest.mark.parametrize(
    "case", list(load_cases()), ids=lambda case: f"{case.id}-{case.label['kind']}"
)
def test_a_page_comes_out_as_its_label_says(case: Case) -> None:
    assert compare_case(case, load_screener()) == {}
