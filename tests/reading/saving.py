"""A notice saved in many ways, and short ways to read it."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from monitor.reading.savedfiles import Tally, find_saved, read_lines
from monitor.reading.savednotices import Saved
from tests.portals.sites.base import Fact

FACT = Fact(7)
PAGE = f"<html><body><h1>{FACT.title}</h1><div id='zoom'>{FACT.body()}</div></body></html>"
NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)
LIST = "".join(f"<li><a href='/{n}.htm'>样例市第{n}中学采购项目中标公告</a></li>" for n in range(9))


def find_all(path: Path) -> tuple[list[Saved], Tally]:
    """Return what a path holds, and what was left out."""
    tally = Tally()
    return list(find_saved(path, tally)), tally


def read_rows(lines: Iterable[Any], folder: Path = Path()) -> tuple[list[Saved], list[str]]:
    """Return the notices and errors of JSON lines, given as texts or values."""
    tally = Tally()
    text = "\n".join(one if isinstance(one, str) else json.dumps(one) for one in lines)
    found = list(read_lines(io.BytesIO(text.encode()), folder, "x.jsonl", tally))
    return found, [str(error) for error in tally.unreadable]
