"""One module per website platform; no network, no database.

PORTALS maps each name that config.yaml may give to the class that reads it.
"""

from __future__ import annotations

from monitor.portals.base import Portal
from monitor.portals.ccgp import CcgpPortal
from monitor.portals.feed import FeedPortal
from monitor.portals.linklist import LinkListPortal

# `sample` has the structure of ccgp; only its address is made at start (monitor.sample).
PORTALS: dict[str, type[Portal]] = {
    "ccgp": CcgpPortal,
    "feed": FeedPortal,
    "linklist": LinkListPortal,
    "sample": CcgpPortal,
}
