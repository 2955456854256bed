"""English names of bodies: which are one, and which Chinese name they lead to."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.screening.bureaus import find_chinese, fold_english, is_security_body


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Urumqi Municipal Public Security Bureau", "URUMQI MUNICIPALITY PUBLIC SECURITY BUREAU"),
        ("Ürümqi City Public Security Bureau", "Urumqi Municipal Public Security Bureau"),
        ("Kashgar District Public Security Bureau", "Kashgar Prefecture Public Security Bureau"),
        (
            "Xinjiang Uighur Autonomous Region (XUAR) Police",
            "Xinjiang Uyghur Autonomous Region Police",
        ),
        (
            "Institute of X, Ministry of Public Security",
            "Ministry of Public Security’s Institute of X",
        ),
        ("Police of the People's Republic of China", "Police of China"),
    ],
)
def test_spellings_of_one_name_are_one(one: str, other: str) -> None:
    assert fold_english(one) == fold_english(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Aksu City Public Security Bureau", "Aksu District Public Security Bureau"),
        ("Sample Corps", "Sample Corps Public Security Bureau"),
        ("No. 1 Prison", "No. 2 Prison"),
        ("People's Armed Police", "Armed Police"),
    ],
)  # fmt: skip
def test_names_of_two_bodies_stay_two(one: str, other: str) -> None:
    assert fold_english(one) != fold_english(other)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Korla Municipal Public Security Bureau", [("库尔勒市公安局", "652801")]),
        ("Guangdong Province Public Security Department", [("广东省公安厅", "440000")]),
        ("Beijing Municipal Public Security Bureau", [("北京市公安局", "110000")]),
        ("Aksu District Public Security Bureau", [("阿克苏地区公安局", "652900")]),
        ("Aksu City Public Security Bureau", [("阿克苏市公安局", "652901")]),
        ("Atlantis City Public Security Bureau", []),
        ("Korla", []),
        ("", []),
    ],
)
def test_a_name_leads_to_the_chinese_that_our_rule_puts_so(
    name: str, expected: list[tuple[str, str]]
) -> None:
    assert list(find_chinese(name)) == expected


def test_a_name_that_several_places_share_leads_to_all_of_them() -> None:
    assert len(find_chinese("Chaoyang District Public Security Bureau")) > 1


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Korla City Public Security Bureau", True),
        ("Xinjiang Women's Prison", True),
        ("Railway Police College", True),
        ("People's Armed Police", True),
        ("Xinjiang Public Security Equipment Co., Ltd.", False),
        ("Urumqi Police Technology Group", False),
        ("Xinjiang Cotton", False),
    ],
)
def test_a_security_body_is_told_from_a_company(name: str, expected: bool) -> None:
    assert is_security_body(name) is expected


@given(st.text(max_size=60))
@settings(max_examples=100, deadline=None)
def test_no_text_makes_a_name_fail(name: str) -> None:
    assert isinstance(find_chinese(name), tuple)
