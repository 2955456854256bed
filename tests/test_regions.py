"""A region that does not exist is answered with the one that was probably meant."""

from __future__ import annotations

import pytest

from monitor.regions import REGIONS, suggest_region


@pytest.mark.parametrize(
    ("text", "region"),
    [
        ("新疆维吾尔自治区", "新疆"),
        ("新疆生产建设兵团", "兵团"),
        ("甘肃省", "甘肃"),
        ("新彊", "新疆"),
        ("Xinjiang", "新疆"),
        ("inner mongolia", "内蒙古"),
        ("Sichaun", "四川"),
        ("", ""),
        ("Bavaria", ""),
    ],
)
def test_a_region_is_guessed_or_not(text: str, region: str) -> None:
    assert suggest_region(text) == region


def test_every_region_has_a_name_of_its_own() -> None:
    assert len(set(REGIONS.values())) == len(REGIONS) == 34
