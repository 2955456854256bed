"""Which region's notices are read by which source, by what evidence, and what stays uncovered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from monitor.regions import REGIONS
from monitor.stanzas import SourceConfig

# A source of more regions than this is a national list: a floor, not proof of a region.
_FEW = 3


def list_coverage(stanzas: Mapping[str, SourceConfig]) -> Iterator[dict[str, Any]]:
    """Yield a row per region: its own sources that are on, stand-ins, national lists, what is off.

    `coverage` is own, stand-in, national or none, by the best source that is on.
    """
    for region, english in REGIONS.items():
        sources = {name: s for name, s in stanzas.items() if region in s.covers}
        on = {name: source for name, source in sources.items() if source.enabled}
        national = [name for name, source in on.items() if len(source.covers) > _FEW]
        stand_ins = [n for n, s in on.items() if s.stand_in and n not in national]
        own = [name for name in on if name not in (*national, *stand_ins)]
        off = {name: source for name, source in sources.items() if not source.enabled}
        yield {
            "region": region,
            "region_en": english,
            "coverage": _name_coverage(own, stand_ins, national),
            "own": own,
            "stand_ins": stand_ins,
            "national": national,
            "off": [{"source": name, "why": s.why_off} for name, s in off.items()],
            "evidence": {name: on[name].evidence for name in (*own, *stand_ins)},
            "uncovered": _name_uncovered(own, stand_ins, national, on, off),
        }


def _name_coverage(own: list[str], stand_ins: list[str], national: list[str]) -> str:
    kinds = (("own", own), ("stand-in", stand_ins), ("national", national))
    return next((kind for kind, names in kinds if names), "none")


def _name_uncovered(
    own: list[str],
    stand_ins: list[str],
    national: list[str],
    on: Mapping[str, SourceConfig],
    off: Mapping[str, SourceConfig],
) -> str:
    """Return in a sentence what is not read of a region."""
    if own:
        lacks = [f"{name}: {on[name].leaves_out}" for name in own if on[name].leaves_out]
        return "; ".join([*lacks, *(f"{name} is off: {s.why_off}" for name, s in off.items())])
    why = "; ".join(f"{name} is off: {source.why_off}" for name, source in off.items())
    rest = f" ({why})" if why else ""
    if stand_ins:
        return f"what was not traded at the region's trading centre{rest}"
    if national:
        return f"what is not copied to the national lists{rest}"
    return f"everything{rest}"
