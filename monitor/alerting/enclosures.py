"""A digest's alerts as a table to go with it: CSV that a spreadsheet opens and does not run."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from monitor.alerting.defuse import defuse, make_link
from monitor.models import Enclosure

_COLUMNS = (
    "alert", "verdict", "why told", "published", "stage", "buyer", "buyer in Chinese", "agency",
    "region code", "products", "title", "title in Chinese", "suppliers", "value", "currency",
    "project number", "source", "link",
)  # fmt: skip
_LONGEST_CELL = 500
# What a spreadsheet takes for the beginning of a formula, also in full width; defuse leaves no
# tab and no line break to begin with.
_ACTIVE = ("=", "+", "-", "@", "＝", "＋", "－", "＠")


def make_table(contents: Sequence[Mapping[str, Any]], key: str) -> Enclosure:
    """Return the alerts of a digest as CSV, a row each: UTF-8 with its mark, lines end in CRLF."""
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerow(_COLUMNS)
    writer.writerows(
        [*map(defuse_cell, _list_cells(one)), make_link(one["url"])] for one in contents
    )
    name = f"alerts-{key[:8]}.csv" if key else "alerts.csv"
    return Enclosure(name, "text/csv", text.getvalue().encode("utf-8-sig", "replace"))


def defuse_cell(value: object) -> str:
    """Return a value as text that no spreadsheet takes for a formula.

    It stays on one line; a quotation mark stands before a beginning that would run.
    """
    shown = defuse("" if value is None else value, _LONGEST_CELL)
    return f"'{shown}" if shown.startswith(_ACTIVE) else shown


def _list_cells(content: Mapping[str, Any]) -> Iterator[object]:
    buyer, value = content["buyer"], content["value"] or {}
    yield from (content["alert_id"], content["verdict"], content["reason"])
    yield content["published"] or content["published_raw"]
    yield from (content["stage_en"], buyer["name_en"], buyer["name"], buyer["agency"])
    yield from (buyer.get("region", ""), "; ".join(content["products"]))
    yield from (content["title_en"], content["title"])
    yield "; ".join(one["name_en"] or one["name"] for one in content["suppliers"])
    yield from (value.get("amount"), value.get("currency", ""), content["project_number"])
    yield content["source"]
