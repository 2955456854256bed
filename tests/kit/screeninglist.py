"""A Consolidated Screening List in small, written for tests: the packaged bodies and what we add.

body = write_answer([*list_known(), make_entry("Sample City Police", start_date="2024-01-01")])
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from monitor.screening.csl import find_family
from monitor.screening.lists import load_packaged

SOURCES = {
    "EL": "Entity List (EL) - Bureau of Industry and Security",
    "SDN": "Specially Designated Nationals (SDN) - Treasury Department",
}

Entry = dict[str, Any]


def make_entry(name: str, /, family: str = "EL", **changes: object) -> Entry:
    """Return an entry as the list prints it."""
    el = family == "EL"
    return {
        "id": f"id of {name}",
        "source": SOURCES[family],
        "name": name,
        "alt_names": [],
        "type": None if el else "Entity",
        "programs": [] if el else ["GLOMAG"],
        "start_date": "2019-10-09" if el else None,
        "end_date": None,
        "federal_register_notice": "84 FR 54002" if el else None,
        "addresses": [{"address": "Xinjiang", "country": "CN"}],
        "country": None,
        **changes,
    }


def list_known() -> list[Entry]:
    """Return an entry for each packaged body that the list covers, with the packaged day."""
    known = {}
    for row in load_packaged().rows:
        family = find_family(row.source)
        if family == "EL":
            start = {"start_date": row.since.isoformat()}
            known[family, row.name_en] = make_entry(row.name_en, family, **start)
        elif family:
            known[family, row.name_en] = make_entry(row.name_en, family)
    return list(known.values())


def write_answer(entries: Sequence[object], **around: object) -> bytes:
    """Return the bytes of an answer with these entries."""
    return json.dumps({**around, "results": list(entries)}).encode()
