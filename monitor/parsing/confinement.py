"""A portal whose reading happens in the limited processes, for whoever takes a portal.

A page that costs too much time or memory ends its process and nothing else: whoever asked gets a
PageError, the next page a new process.
"""

from __future__ import annotations

import atexit
import threading
from dataclasses import dataclass

from monitor.models import Capture, Listing, Notice, Request, Span
from monitor.parsing.reader import Pool
from monitor.parsing.wire import Ask, Found, PageError, Question
from monitor.portals import PORTALS
from monitor.portals.base import ListPage, Portal
from monitor.portals.refusals import Refusal
from monitor.stanzas import SourceConfig

# What portals do not need, and what may hold a secret.
_UNTOLD = {"proxy", "headers", "sign", "ca_file"}
_OTHER = "its reader answered another question"
_SHARED = Pool()
atexit.register(_SHARED.close)


@dataclass(frozen=True)
class PageLimits:
    """What reading one response may cost: processor and wall time in seconds."""

    cpu: float = 10.0
    wall: float = 15.0


class ConfinedPortal:
    """The portal of a source; it asks as its own, and has its answers read elsewhere.

    Every reading raises PageError, a LayoutError, for a response that cannot be read within the
    limits, FetchError (STOPPING) once `stop` is set, and NoWorkerError.
    """

    def __init__(
        self,
        source: SourceConfig,
        stop: threading.Event,
        limits: PageLimits | None = None,
        pool: Pool = _SHARED,
    ) -> None:
        self._portal: Portal = PORTALS[source.portal](source)
        self._stanza = source.model_dump_json(exclude=_UNTOLD, exclude_defaults=True)
        self._stop, self._limits, self._pool = stop, limits or PageLimits(), pool
        self.lists_only = self._portal.lists_only

    def ask_lists(self, span: Span) -> tuple[Request, ...]:
        """Return what asks for the first page of each list."""
        return self._portal.ask_lists(span)

    def ask_notice(self, listing: Listing) -> Request:
        """Return what asks for a notice."""
        return self._portal.ask_notice(listing)

    def refused(self, capture: Capture) -> Refusal | None:
        """Return why a response is no answer, or None."""
        return self._find_refusal(Ask.REFUSAL, capture)

    def refused_file(self, capture: Capture) -> Refusal | None:
        """Return why a response that should be a file is a page that refuses it, or None."""
        return self._find_refusal(Ask.FILE_REFUSAL, capture)

    def read_listing(self, capture: Capture) -> ListPage:
        """Return the listings of a list response; raise LayoutError without its anchors."""
        found = self._ask(Ask.LIST, capture)
        if not isinstance(found, ListPage):
            raise PageError(capture.url, _OTHER)
        return found

    def read_notice(self, capture: Capture, listing: Listing) -> Notice:
        """Return the notice of a detail response; raise LayoutError without its anchors."""
        found = self._ask(Ask.NOTICE, capture, listing)
        if not isinstance(found, Notice):
            raise PageError(capture.url, _OTHER)
        return found

    def _find_refusal(self, ask: Ask, capture: Capture) -> Refusal | None:
        found = self._ask(ask, capture)
        if found is not None and not isinstance(found, Refusal):
            raise PageError(capture.url, _OTHER)
        return found

    def _ask(self, ask: Ask, capture: Capture, listing: Listing | None = None) -> Found:
        question = Question(ask, self._stanza, capture, listing, self._limits.cpu)
        return self._pool.ask(question, self._limits.wall, self._stop)
