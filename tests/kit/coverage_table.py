"""The coverage table of docs/portals.md, made of the shipped stanzas.

    python -m tests.kit.coverage_table

writes it anew; tests/test_docs_of_portals.py compares it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from monitor.outline import read_stanzas
from monitor.reading.coverage import list_coverage
from monitor.stanzas import SourceConfig

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "portals.md"
HEAD = "| region | coverage | read by | evidence | what stays uncovered |"
_TABLE = re.compile(rf"^{re.escape(HEAD)}\n(?:\|.*\n)+", re.MULTILINE)


def render_table() -> str:
    """Return the table of all regions, a line each, as `sources --coverage` has them."""
    stanzas = read_stanzas(ROOT / "config.yaml")
    rows = (_write_row(row, stanzas) for row in list_coverage(stanzas))
    return "\n".join([HEAD, "|---|---|---|---|---|", *rows]) + "\n"


def _write_row(row: Mapping[str, Any], stanzas: Mapping[str, SourceConfig]) -> str:
    names = (*row["own"], *row["stand_ins"], *row["national"])
    read = ", ".join(f"`{name}` ({stanzas[name].portal})" for name in names) or "no source"
    # Of national lists only where nothing of the region's own is read: they are the same for all.
    evidence = row["evidence"] or {name: stanzas[name].evidence for name in row["national"]}
    cells = (
        f"{row['region']} {row['region_en']}",
        row["coverage"],
        read,
        "; ".join(_tell_evidence(evidence)) or "none",
        row["uncovered"] or "nothing known",
    )
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"


def _tell_evidence(evidence: Mapping[str, str]) -> Iterator[str]:
    for name, text in evidence.items():
        yield f"{name}: {text or 'none given'}" if len(evidence) > 1 else text or "none given"


def find_table(page: str) -> str:
    """Return the table as it stands on a page, '' where it is missing."""
    found = _TABLE.search(page)
    return found[0] if found else ""


if __name__ == "__main__":
    text = PAGE.read_text("utf-8")
    PAGE.write_text(text.replace(find_table(text), render_table()), "utf-8")
