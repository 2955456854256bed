"""Labelled notices: what a careful reader makes of a page, beside what the program does."""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from monitor.models import Match, Notice
from monitor.portals.saved import read_saved
from monitor.screening.score import Screener

CASES = Path(__file__).parents[1] / "cases" / "labels.jsonl"
# Stances that bear on a verdict, but for a doubtful spelling's.
TELLING = frozenset("supplied specified serviced vendor reference minimum".split())
Differences = dict[str, str]


@dataclass(frozen=True)
class Case:
    """A page and its label."""

    id: str
    page: Path
    label: Mapping[str, Any]

    @property
    def verdict(self) -> str:
        """Return the verdict that the label asks for."""
        return str(self.label["verdict"])

    def asks(self, field: str) -> bool:
        """Return whether the label says something of a field."""
        return field == "verdict" or bool(READERS[field][0](self.label))

    def verdict_of(self, differences: Differences) -> str:
        """Return the verdict that the program gave."""
        return differences.get("verdict", self.verdict)


def load_cases(path: Path = CASES) -> Iterator[Case]:
    """Yield the cases of JSON lines; pages lie beside them."""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.strip():
            label = json.loads(line)
            yield Case(str(label["id"]), path.parent / label["file"], label)


def compare_case(case: Case, screener: Screener) -> Differences:
    """Return what the program makes of a page otherwise than its label, by field."""
    listing = case.label.get("listing", {})
    notice = read_saved(case.page.read_bytes(), listing, case.label.get("url", ""))
    match = screener.screen(notice)
    found = {} if match.verdict == case.verdict else {"verdict": str(match.verdict)}
    for field, (wanted_of, given_of) in READERS.items():
        wanted, given = wanted_of(case.label), given_of(notice, match)
        # What tables list beside the label's items is no mistake; what they lack is.
        lacking = bool(wanted - given) if isinstance(wanted, Counter) else wanted != given
        if case.asks(field) and lacking:
            found[field] = f"wanted {wanted}, got {given}"
    return found


def squash(text: str | None) -> str:
    """Return a text without blanks, width and case: as names are compared."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text or "")).casefold()


def _key(brand: str, model: str, quantity: float | None) -> tuple[str, str, float | None]:
    return squash(brand), squash(model), quantity


def _read_items(label: Mapping[str, Any]) -> Counter[Any]:
    rows = label.get("items") or []
    return Counter(_key(row["brand"], row["model"], row["quantity"]) for row in rows)


def _read_stances(label: Mapping[str, Any]) -> set[tuple[str, str]]:
    rows = ((row["id"], row["stance"]) for row in label.get("brands") or [])
    return {(entry, stance) for entry, stance in rows if stance in TELLING}


def _list_stances(match: Match) -> set[tuple[str, str]]:
    return {(hit.entry, str(hit.stance)) for hit in match.hits if str(hit.stance) in TELLING}


_Reader = tuple[Callable[[Mapping[str, Any]], Any], Callable[[Notice, Match], Any]]
READERS: dict[str, _Reader] = {
    "buyer": (lambda label: squash(label["buyer"]), lambda notice, _: squash(notice.buyer)),
    "suppliers": (
        lambda label: {squash(name) for name in label["suppliers"]},
        lambda notice, _: {squash(name) for name in notice.suppliers},
    ),
    "amount": (
        lambda label: (label.get("value") or {}).get("amount"),
        lambda notice, _: notice.value.amount if notice.value else None,
    ),
    "project number": (
        lambda label: squash(label.get("project_number")),
        lambda notice, _: squash(notice.project_number),
    ),
    "tag": (lambda label: label["tag"], lambda notice, _: str(notice.tag or "")),
    "items": (
        _read_items,
        lambda notice, _: Counter(_key(i.brand, i.model, i.quantity) for i in notice.items),
    ),
    "stances": (_read_stances, lambda _, match: _list_stances(match)),
}
