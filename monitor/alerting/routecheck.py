"""Refuse routes that name what does not exist, and say what no route carries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches

from monitor.config import Config
from monitor.models import Tag
from monitor.receivers import RouteConfig
from monitor.regions import REGIONS, suggest_region
from monitor.screening.watchlist import Watchlists

_WORDS = {
    "receivers": "receiver", "sources": "source", "regions": "region", "stages": "stage",
    "agencies": "agency", "entries": "watchlist entry or file",
}  # fmt: skip
_FEW = 12


def check_routes(config: Config, lists: Watchlists) -> None:
    """Raise ConfigError, naming file, line and column, at the first unknown name in a route."""
    known: Mapping[str, list[str]] = {
        "receivers": list(config.receivers),
        "sources": list(config.stanzas),
        "regions": list(REGIONS),
        "stages": [str(tag) for tag in Tag],
        "agencies": [agency.id for agency in lists.agencies],
        "entries": [brand.id for brand in lists.brands] + sorted(set(map_files(lists).values())),
    }
    for number, route in enumerate(config.file.routes):
        if not route.receivers:
            raise config.loaded.error(["routes", number], "receivers is empty", "say who is told")
        for key, names in known.items():
            for index, name in enumerate(getattr(route, key)):
                if name not in names:
                    hint, message = suggest_name(name, names, key), f"no {_WORDS[key]} '{name}'"
                    raise config.loaded.error(["routes", number, key, index], message, hint)


def suggest_name(name: str, known: Sequence[str], key: str = "") -> str:
    """Return what was probably meant by an unknown name, else what there is."""
    near = [suggest_region(name)] if key == "regions" else get_close_matches(name, known, n=1)
    if near and near[0]:
        return f"did you mean '{near[0]}'?"
    more = f" and {len(known) - _FEW} more" if len(known) > _FEW else ""
    return f"known are {', '.join(known[:_FEW])}{more}"


def map_files(lists: Watchlists) -> dict[str, str]:
    """Return the name of the file that each brand stands in, by its id."""
    brands = {brand.id for brand in lists.brands}
    return {p.entry.id: p.file.path.name for p in lists.placed if p.entry.id in brands}


def list_route_warnings(routes: Sequence[RouteConfig]) -> list[str]:
    """Return what the routes leave out: alerts for which none holds are told to nobody."""
    carried: set[str] = set()
    for route in routes:
        if not _has_conditions(route):
            carried |= set(route.verdicts) or {"alert", "review"}
    left = [verdict for verdict in ("alert", "review") if verdict not in carried]
    if not routes or not left:
        return []
    what = " and ".join(f"{verdict}s" for verdict in left)
    return [
        f"no route carries all {what}: those for which none holds are told to nobody and "
        "`tender-monitor alerts` shows them as NO_ROUTE (a last route with receivers alone "
        "takes the rest)"
    ]


def _has_conditions(route: RouteConfig) -> bool:
    return any(
        (route.entries, route.agencies, route.severities, route.regions, route.stages,
         route.sources)
    )  # fmt: skip
