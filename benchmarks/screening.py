"""Measure what reading and screening a page costs, beside a floor of common tools.

    python benchmarks/screening.py [LABELS.jsonl]

LABELS holds JSON lines as `tender-monitor screen` takes them; without it the pages of the sample
portal are read. The floor is requests' decoding, beautifulsoup4's text of the page (lxml) and one
regular expression of all aliases: it finds words, and knows neither buyer, item nor stance.
"""

from __future__ import annotations

import argparse
import re
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests
from bs4 import BeautifulSoup

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from monitor.portals import pages, saved  # noqa: E402
from monitor.reading.savedfiles import find_saved  # noqa: E402
from monitor.sample.notices import Publication, load_notices  # noqa: E402
from monitor.sample.pages import render_detail  # noqa: E402
from monitor.screening.entries import Aliases, Brand, fold_text  # noqa: E402
from monitor.screening.score import Screener  # noqa: E402
from monitor.screening.watchlist import load_watchlists  # noqa: E402

ALIASES = 5000
ROUNDS = 5
STEPS = (
    (saved, "decode_page", "decode"),
    (saved, "parse_html", "parse"),
    (pages, "parse_html", "parse"),
    (pages, "read_fields", "fields"),
)
TOTALS = ("floor", "ours")
PARTS = ("decode", "parse", "fields", "screening")
SYLLABLES = "安百诚达恩丰冠豪佳凯力明诺普瑞赛泰维欣颐中"


Figures = dict[str, list[float]]


@dataclass(frozen=True)
class Sheet:
    """A page as bytes, with what its list row showed."""

    body: bytes
    listing: Mapping[str, str]


def read_sheets(path: Path | None) -> list[Sheet]:
    """Return the pages of a labelled set, or those of the sample portal."""
    if path is None:
        at = datetime(2026, 1, 5, tzinfo=UTC)
        made = [render_detail(Publication(notice, at)) for notice in load_notices()]
        return [Sheet(page.encode(), {}) for page in made]
    return [Sheet(saved.body, saved.facts) for saved in find_saved(path)]


def load_aliases() -> tuple[Screener, list[str]]:
    """Return a screener of the shipped watchlists filled up to ALIASES, and the aliases."""
    shipped = load_watchlists(ROOT / "watchlists")
    aliases = [alias for brand in shipped.brands for _, _, alias in brand.aliases.graded()]
    category = shipped.brands[0].category
    made = [name_brand(number) for number in range(ALIASES - len(aliases))]
    brands = tuple(
        Brand(id=f"made_{n}", name=word, category=category, aliases=Aliases(strong=(word,)))
        for n, word in enumerate(made)
    )
    return Screener.build(replace(shipped, brands=shipped.brands + brands)), aliases + made


def name_brand(number: int) -> str:
    """Return an invented name, of Chinese or of Latin letters."""
    places = (number // 441, number // 21 % 21, number % 21)
    if number % 2:
        return "".join(SYLLABLES[place % 21] for place in places) + "仪"
    return "".join(chr(ord("a") + place % 26) for place in places) + f"tron{number}"


class Split:
    """CPU milliseconds spent in the parts of a page's reading; one that calls another holds it."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = {}

    def wrap(self, part: str, step: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function that does the step and adds its time to a part."""

        def timed(*args: Any, **options: Any) -> Any:
            began = time.process_time()
            try:
                return step(*args, **options)
            finally:
                spent = (time.process_time() - began) * 1000
                self.spent[part] = self.spent.get(part, 0.0) + spent

        return timed


def make_floor(aliases: list[str]) -> Callable[[Sheet], object]:
    """Return the floor: bytes to text, page to text, aliases by one regular expression."""
    words = sorted(map(fold_text, aliases), key=len, reverse=True)
    pattern = re.compile("|".join(map(re.escape, words)), re.IGNORECASE)

    def read_floor(sheet: Sheet) -> object:
        response = requests.Response()
        response._content = sheet.body
        response.encoding = "utf-8"
        return pattern.findall(BeautifulSoup(response.text, "lxml").get_text("\n"))

    return read_floor


def measure_pages(sheets: list[Sheet], screener: Screener, aliases: list[str]) -> Figures:
    """Return for each part the least CPU milliseconds of each page, over rounds of all pages."""
    split = Split()
    for module, name, part in STEPS:
        setattr(module, name, split.wrap(part, getattr(module, name)))
    read_floor = split.wrap("floor", make_floor(aliases))
    screen = split.wrap("screening", screener.screen)

    def read_whole(sheet: Sheet) -> None:
        screen(saved.read_saved(sheet.body, sheet.listing))

    read_ours = split.wrap("ours", read_whole)
    least: Figures = {}
    for _ in range(ROUNDS):
        for place, sheet in enumerate(sheets):
            split.spent = {}
            read_floor(sheet)
            read_ours(sheet)
            for part, spent in split.spent.items():
                figures = least.setdefault(part, [float("inf")] * len(sheets))
                figures[place] = min(figures[place], spent)
    return least


def print_figures(figures: Figures) -> None:
    """Print median and 95th percentile of each part, and its ratio to the floor."""
    floor = statistics.median(figures["floor"])
    print(f"{'CPU ms a page':<16}{'median':>8}{'p95':>8}{'times the floor':>17}")
    for part in ("floor", "ours", *PARTS):
        values = figures[part]
        median, high = statistics.median(values), statistics.quantiles(values, n=20)[-1]
        print(f"{part if part in TOTALS else '  ' + part:<16}", end="")
        print(f"{median:>8.2f}{high:>8.2f}{median / floor:>17.2f}")


def main() -> None:
    """Print the figures of the floor and of the program, from one run."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("labels", nargs="?", type=Path, help="JSON lines as screen takes them")
    sheets = read_sheets(parser.parse_args().labels)
    screener, aliases = load_aliases()
    print(f"{len(sheets)} pages, {len(aliases)} aliases")
    print_figures(measure_pages(sheets, screener, aliases))


if __name__ == "__main__":
    main()
