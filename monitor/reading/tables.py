"""Rows for people and for programs: aligned tables, or one JSON object a line."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tabulate import tabulate


def format_json(row: Mapping[str, Any]) -> str:
    """Return a row as one line of JSON; control characters are escaped, Chinese is not."""
    text = json.dumps(row, ensure_ascii=False)
    return "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in text)


def format_table(rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> str:
    """Return rows as an aligned table of the given columns; wide characters count as two."""
    cells = [[_show(row.get(column)) for column in columns] for row in rows]
    return str(tabulate(cells, headers=list(columns), tablefmt="simple", disable_numparse=True))


def _show(value: Any) -> str:
    if value is None:
        return "-"
    # A page wrote some of this: nothing in it may steer a terminal.
    text = "".join(char if char.isprintable() else " " for char in str(value))
    return text if len(text) <= 60 else text[:59] + "…"
