"""Notices that nobody was told of, looked at beside told ones that are all gone or all changed.

Where they stand as they stood, it is not the site that moved: the told ones alone were touched.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlsplit

from monitor.errors import FetchCause, FetchError, LayoutError, StoreError
from monitor.models import Listing
from monitor.parsing.wire import PageError
from monitor.polling.differences import TEXT
from monitor.polling.seeing import HOST_WIDE, UNREADABLE, Seen, Told, Viewer
from monitor.store.relooks import Look, Relooks, RelookState, Untold

log = logging.getLogger(__name__)

MOST_CONTROLS = 2
# The archived bytes of most may be gone, and a page may be unclear; few requests in any case.
_MOST_CHOSEN = 12
_MOST_ASKED = 4


@dataclass(frozen=True)
class Case:
    """A look that came to a result."""

    look: Look
    told: Told
    seen: Seen


@dataclass(frozen=True)
class Control:
    """An untold notice as it was captured and as it is now; `day` is its own or when first seen."""

    listing: Listing
    day: datetime
    told: Told
    seen: Seen


@dataclass(frozen=True)
class Controls:
    """The control notices that could be judged: still `there`, or differing `alike`.

    `why` says why there is none, where there is none; `barred` is whether that may pass: the
    day's budget was spent, or the source could not be reached or answers nobody at present.
    """

    there: tuple[Control, ...] = ()
    alike: tuple[Control, ...] = ()
    why: str = ""
    barred: bool = False

    @property
    def all(self) -> tuple[Control, ...]:
        """Every control that says something."""
        return (*self.there, *self.alike)


@dataclass(frozen=True)
class ControlViewer:
    """Choose and see the controls of one source; a visit like any other, within its budget."""

    name: str
    viewer: Viewer
    relooks: Relooks
    stop: threading.Event

    def look_beside(self, cases: Sequence[Case]) -> Controls:
        """Return what the nearest untold notices show now.

        Raise FetchError only where the program stops: then nothing can be said of the cases.
        """
        found, why, asked = Controls(), "no other notice of about the same days is kept", 0
        barred = False
        for untold in self._choose(cases):
            if len(found.all) >= MOST_CONTROLS or asked >= _MOST_ASKED:
                break
            if (told := self._read_told(untold)) is None:
                continue
            asked += 1
            try:
                seen = self.viewer.see(untold.listing, told)
            except FetchError as error:
                if error.cause is FetchCause.STOPPING:
                    raise
                why = f"{error.cause}: {error.detail}"
                if barred := error.cause in HOST_WIDE:
                    break
                continue
            except (PageError, LayoutError, *UNREADABLE) as error:
                why = f"not readable: {type(error).__name__}"
                continue
            why = seen.cause or why
            found = _add(found, Control(untold.listing, untold.day, told, seen), cases)
            if barred := seen.barred:
                break
        for one in found.all:
            log.info("%s: control %s: %s", self.name, one.listing.listing_id, one.seen.state)
        return found if found.all else replace(found, why=why, barred=barred)

    def _choose(self, cases: Sequence[Case]) -> list[Untold]:
        """Return the untold notices that are most like the middle one of the cases."""
        days = sorted(case.look.listing.published_at or case.look.told_at for case in cases)
        host = urlsplit(cases[0].told.capture.url)
        told = [case.look.id for case in cases]
        site = f"{host.scheme}://{host.netloc}/"
        return self.relooks.list_untold(self.name, told, site, days[len(days) // 2], _MOST_CHOSEN)

    def _read_told(self, untold: Untold) -> Told | None:
        """Return a control as it was captured, None where that cannot be read any more."""
        if self.stop.is_set():
            raise FetchError(untold.listing.url, FetchCause.STOPPING, "the program is stopping")
        try:
            return self.viewer.read_told(untold.record_id, untold.listing)
        except (PageError, StoreError, LayoutError, *UNREADABLE) as error:
            log.info("%s: no control: %s", untold.record_id, type(error).__name__)
            return None


def _add(found: Controls, control: Control, cases: Sequence[Case]) -> Controls:
    """Return the controls with one more, if it says something of the cases.

    Beside notices that are gone, one that was edited is still there; beside notices whose text
    differs, one that is gone or of which a fact differs says nothing.
    """
    seen = control.seen
    if seen.state is RelookState.UNCLEAR or (seen.state is RelookState.UNCHANGED and seen.cause):
        return found
    gone = any(case.seen.state is RelookState.WITHDRAWN for case in cases)
    dressed = all(one.field == TEXT for one in seen.differences)
    alike = RelookState.MISSING if gone else RelookState.CHANGED
    if seen.state is alike and (gone or dressed):
        return replace(found, alike=(*found.alike, control))
    if seen.state is RelookState.UNCHANGED or (gone and seen.state is RelookState.CHANGED):
        return replace(found, there=(*found.there, control))
    return found


def are_alike(cases: Sequence[Case]) -> bool:
    """Return whether all looks of a round saw the same news, which may be the whole site's.

    Where a fact differs, such as a supplier, a notice was edited: that is news of its own.
    """
    states = {case.seen.state for case in cases}
    if states == {RelookState.CHANGED}:
        return all(one.field == TEXT for case in cases for one in case.seen.differences)
    gone = {RelookState.WITHDRAWN, RelookState.MISSING}
    return RelookState.WITHDRAWN in states and states <= gone
