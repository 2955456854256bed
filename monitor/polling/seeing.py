"""See a told notice anew: ask for it as it was asked for, compare, and judge the answer.

A block page, an error of the server and a layout that cannot be read say nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from monitor.archive import Archive
from monitor.errors import FetchCause, LayoutError
from monitor.models import Capture, Listing, Notice, Request, SourceState
from monitor.polling.differences import (
    Difference,
    find_withdrawal,
    has_no_facts,
    list_differences,
)
from monitor.portals.base import Portal
from monitor.stanzas import SourceConfig
from monitor.store.relooks import RelookState
from monitor.store.tellings import name_purchase
from monitor.text.sameness import is_other_purchase

UNREADABLE = (ValueError, TypeError, LookupError, AttributeError, RecursionError)
HOST_WIDE = (FetchCause.BUDGET, FetchCause.UNREACHABLE, FetchCause.TIMEOUT, FetchCause.TLS)


@dataclass(frozen=True)
class Told:
    """A notice as it was told: its capture, and its row where the list itself held it all."""

    notice: Notice
    capture: Capture
    row: Listing | None


@dataclass(frozen=True)
class Seen:
    """What a look saw; `cause` says how a notice is gone, or why nothing can be said.

    `barred` is whether the source answers nobody at present. `notice` is what the page shows
    now, where it was read; `files` are captures of attachments that differ, by what they show;
    `unsaid` is whether nothing can be said of one of them, `again` after what time it may.
    """

    state: RelookState
    capture: Capture
    cause: str = ""
    differences: tuple[Difference, ...] = ()
    barred: bool = False
    notice: Notice | None = None
    files: tuple[tuple[str, Capture], ...] = ()
    unsaid: bool = False
    again: timedelta | None = None


@dataclass(frozen=True)
class Viewer:
    """Read what was told of notices of one source, and see what is there now."""

    source: SourceConfig
    portal: Portal
    archive: Archive
    ask: Callable[[Request], Capture]

    def read_told(self, record_id: str, listing: Listing) -> Told:
        """Return what was told, read by the program as it is now; then only the source differs."""
        capture = self.archive.read(record_id)
        row = self._find_row(capture, listing.listing_id)
        return Told(self.portal.read_notice(capture, row or listing), capture, row)

    def _find_row(self, capture: Capture, listing_id: str) -> Listing | None:
        """Return the row of a notice in an answer that is a list, else None."""
        try:
            rows = self.portal.read_listing(capture).listings
        except (LayoutError, *UNREADABLE):
            return None
        return next((row for row in rows if row.listing_id == listing_id), None)

    def see(self, listing: Listing, told: Told) -> Seen:
        """Ask for a notice again and compare; where a list held it, ask for the list first."""
        if told.row is None:
            return self._judge(self.ask(self.portal.ask_notice(listing)), listing, told)
        capture = self.ask(_repeat_request(told.capture))
        if self.portal.refused(capture) is not None:
            return self._judge(capture, told.row, told)
        row = self._find_row(capture, listing.listing_id)
        if row is not None:
            return self._judge(capture, row, told)
        if not listing.url.startswith(("http://", "https://")):
            return Seen(RelookState.UNCHANGED, capture, "its row has left the list")
        page = self.ask(Request(listing.url))
        if why := find_withdrawal(page, told.notice.title, self.source.lists):
            return Seen(RelookState.MISSING, page, why)
        state = RelookState.UNCHANGED if page.status == 200 else RelookState.UNCLEAR
        return Seen(state, page, f"its row has left the list; its address: HTTP {page.status}")

    def _judge(self, capture: Capture, listing: Listing, told: Told) -> Seen:
        refusal = self.portal.refused(capture)
        if refusal is None or refusal.state is SourceState.DRIFTED:
            why = find_withdrawal(capture, told.notice.title, self.source.lists)
            if why and told.row is None:
                return Seen(RelookState.MISSING, capture, why)
        if refusal is not None:
            barred = refusal.state is not SourceState.DRIFTED
            return Seen(RelookState.UNCLEAR, capture, refusal.cause, barred=barred)
        notice = self.portal.read_notice(capture, listing)
        if is_other_purchase(name_purchase(told.notice), name_purchase(notice)):
            return Seen(RelookState.MISSING, capture, "its address shows another purchase")
        if has_no_facts(told.notice, notice):
            return Seen(RelookState.UNCLEAR, capture, "the page shows none of the notice's facts")
        differences = list_differences(told.notice, notice)
        state = RelookState.CHANGED if differences else RelookState.UNCHANGED
        return Seen(state, capture, differences=differences, notice=notice)


def _repeat_request(capture: Capture) -> Request:
    """Return the request that a capture answered."""
    kind = "application/json" if capture.sent[:1] in (b"{", b"[") else ""
    form = "application/x-www-form-urlencoded" if capture.sent else ""
    headers = (("Content-Type", kind or form),) if capture.sent else ()
    return Request(capture.url, capture.method, capture.sent, headers)
