"""An edited watchlist is told once, with a count of past notices, and never notice by notice."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from monitor.screening.score import Screener
from monitor.screening.watchlist import Watchlists
from monitor.vitals.edits import tell_edit
from tests.kit.house import House, load_screener, make_award, make_chairs, open_house

LISTS = load_screener().watchlists


def leave_out(*brands: str) -> Screener:
    """Return the shipped watchlists without some brands."""
    kept = tuple(brand for brand in LISTS.brands if brand.id not in brands)
    version = f"without {' '.join(brands)}"
    return Screener.build(replace(LISTS, brands=kept, version=version, placed=()))


def tell(house: House, lists: Watchlists) -> str:
    """Take watchlists, and return what is told of them."""
    before = house.count("alert")
    house.clock.pass_time(minutes=1)
    tell_edit(house.rooms.store, lists, ["terminal"], house.clock())
    rows = house.rooms.store.db.query("select content from alert order by rowid")
    return "\n".join(json.loads(row["content"])["body"] for row in rows[before:])


def fill(house: House, awards: int = 3) -> None:
    """Store awards with a brand that nobody watches yet, and chairs."""
    house.setup = replace(house.setup, screener=leave_out("seagate"))
    tell(house, house.setup.screener.watchlists)
    for number in range(1, awards + 1):
        house.portal.add(make_award(number))
    house.portal.add(make_chairs(99))
    house.poll()


def test_the_first_watchlists_are_no_edit(tmp_path: Path) -> None:
    with open_house(tmp_path, [make_award(1)]) as house:
        house.poll()
        assert tell(house, LISTS) == ""


def test_a_new_brand_is_told_once_with_how_many_past_notices_name_it(tmp_path: Path) -> None:
    with open_house(tmp_path, []) as house:
        fill(house)
        said = tell(house, LISTS)
        assert "brand seagate: at least 3 past notices of organs name it" in said
        assert "tender-monitor rescreen --entry seagate --tell" in said
        assert tell(house, LISTS) == ""


def test_a_new_spelling_alone_is_told_as_widened(tmp_path: Path) -> None:
    [seagate] = [brand for brand in LISTS.brands if brand.id == "seagate"]
    with open_house(tmp_path, []) as house:
        fill(house)
        tell(house, LISTS)
        strong = (*seagate.aliases.strong, "监控硬盘")
        aliases = seagate.aliases.model_copy(update={"strong": strong})
        wider = seagate.model_copy(update={"aliases": aliases})
        brands = tuple(wider if brand is seagate else brand for brand in LISTS.brands)
        said = tell(house, replace(LISTS, brands=brands, version="wider"))
        assert "widened: brand seagate: at least 3 past notices" in said


@pytest.mark.parametrize("taken", [("seagate",), ("seagate", "cisco")])
def test_what_is_taken_away_is_told_to_nobody(tmp_path: Path, taken: Sequence[str]) -> None:
    with open_house(tmp_path, []) as house:
        tell(house, LISTS)
        assert tell(house, leave_out(*taken).watchlists) == ""
        assert "no past notice of an organ was seen to name it" in tell(house, LISTS)
