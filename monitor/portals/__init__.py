"""One module per website platform; no network, no database.

PORTALS maps each name that config.yaml may give to the class that reads it.
"""

from __future__ import annotations

from monitor.portals.base import Portal
from monitor.portals.ccgp import CcgpPortal
from monitor.portals.cebpubservice import CebPortal
from monitor.portals.epoint import EpointPortal
from monitor.portals.feed import FeedPortal
from monitor.portals.freecms import FreecmsPortal
from monitor.portals.ggzy import GgzyPortal
from monitor.portals.gpcms import GpcmsPortal
from monitor.portals.jsonlist import JsonListPortal
from monitor.portals.linklist import LinkListPortal
from monitor.portals.ocds import OcdsPortal
from monitor.portals.sam import SamPortal
from monitor.portals.ted import TedPortal
from monitor.portals.worldbank import WorldbankPortal
from monitor.portals.zcy import ZcyPortal

# `sample` has the structure of ccgp; only its address is made at start (monitor.sample).
PORTALS: dict[str, type[Portal]] = {
    "ccgp": CcgpPortal,
    "cebpubservice": CebPortal,
    "epoint": EpointPortal,
    "feed": FeedPortal,
    "freecms": FreecmsPortal,
    "ggzy": GgzyPortal,
    "gpcms": GpcmsPortal,
    "jsonlist": JsonListPortal,
    "linklist": LinkListPortal,
    "ocds": OcdsPortal,
    "sam": SamPortal,
    "sample": CcgpPortal,
    "ted": TedPortal,
    "worldbank": WorldbankPortal,
    "zcy": ZcyPortal,
}
