"""Every simulated site, by the name of its portal."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping

from tests.portals import sites
from tests.portals.sites.base import Site


def _load_sites() -> dict[str, type[Site]]:
    found: dict[str, type[Site]] = {}
    for module in pkgutil.iter_modules(sites.__path__):
        if module.name in ("all", "base"):
            continue
        loaded = importlib.import_module(f"tests.portals.sites.{module.name}")
        for kind in vars(loaded).values():
            if not (isinstance(kind, type) and issubclass(kind, Site)):
                continue
            # One without anchors simulates no platform: it serves some test of its own.
            if kind.__module__ == loaded.__name__ and kind.anchors:
                found[f"{kind.portal}-{kind.__name__}"] = kind
    return found


SITES: Mapping[str, type[Site]] = _load_sites()
