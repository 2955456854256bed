"""Bring saved notices into the store: pages, JSON lines, OCDS packages, WARC files, folders.

What an import brings is told in one digest. The same bytes under the same id change nothing.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from monitor.config import Config
from monitor.deciding import Decided, Desk
from monitor.errors import LayoutError
from monitor.holding import StateLock
from monitor.models import Capture, Issue, Match, Notice, Verdict
from monitor.once import deliver_due
from monitor.reading.savednotices import Saved
from monitor.screening.score import Screener
from monitor.setup import Rooms, Setup, settle_outbox
from monitor.store import Store
from monitor.store.notices import StoredListing, Triage
from monitor.text.privacy import mask_private
from monitor.text.sketches import take_sketch

_BATCH = 100
_WHY = "imported from a file"
# For evidence of a page whose address nobody knows: a name that no host can have (RFC 2606).
_NOWHERE = "https://saved.invalid/"


@dataclass
class Imported:
    """What an import brought."""

    counts: Counter[str] = field(default_factory=Counter)
    unreadable: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Read:
    """A saved notice after reading and screening; `notice` is None where it has no text."""

    saved: Saved
    capture: Capture
    notice: Notice | None
    match: Match | None
    error: str = ""


def import_saved(
    setup: Setup,
    rooms: Rooms,
    name: str,
    found: Iterable[Saved],
    report: Callable[[str], None],
) -> Imported:
    """Import saved notices under the name of a source; raise StoreError where it cannot go on."""
    store, done = rooms.store, Imported()
    store.sources.ensure(name, sample=False)
    importer = _Importer(setup.config, rooms, setup.screener, _make_desk(setup, store, name), done)
    for number, batch in enumerate(_cut_batches(found), 1):
        importer.take_batch(batch)
        report(f"{number * _BATCH} read, {done.counts['new']} new")
    now = rooms.clock()
    store.alerts.release(f"baseline:{name}", now)
    return done


def _cut_batches(found: Iterable[Saved]) -> Iterator[list[Saved]]:
    """Yield batches in which no id stands twice: what comes later is an amendment."""
    batch: dict[str, Saved] = {}
    for saved in found:
        if saved.id in batch or len(batch) == _BATCH:
            yield list(batch.values())
            batch = {}
        batch[saved.id] = saved
    if batch:
        yield list(batch.values())


def _make_desk(setup: Setup, store: Store, name: str) -> Desk:
    source = setup.config.sources.get(name)
    receivers = source.receivers if source is not None else None
    return Desk(name, setup.config, store, setup.screener, setup.lists, receivers)


@dataclass(frozen=True)
class _Importer:
    config: Config
    rooms: Rooms
    screener: Screener
    desk: Desk
    done: Imported

    def take_batch(self, batch: list[Saved]) -> None:
        """Read, keep and save a batch; what the store has already is left alone."""
        now, counts = self.rooms.clock(), self.done.counts
        counts["read"] += len(batch)
        fresh = [saved for saved in batch if not self._is_known(saved)]
        counts["unchanged"] += len(batch) - len(fresh)
        captures = self.rooms.archive.keep_all(
            [_make_capture(s, now) for s in fresh], self.desk.name
        )
        pairs = zip(fresh, captures, strict=True)
        reads = [self._read(saved, capture) for saved, capture in pairs]
        with self.rooms.store.db.immediate():
            for read in reads:
                self._save(read, now)

    def _is_known(self, saved: Saved) -> bool:
        known = self.rooms.store.notices.find_digest(self.desk.name, saved.id)
        return known == saved.sha256

    def _read(self, saved: Saved, capture: Capture) -> _Read:
        try:
            notice = saved.read()
        except LayoutError as error:
            return _Read(saved, capture, None, None, str(error))
        source = self.config.sources.get(self.desk.name)
        organ = source.default_organ if source is not None else ""
        return _Read(saved, capture, notice, self.screener.screen(notice, default_organ=organ))

    def _save(self, read: _Read, now: datetime) -> None:
        store, counts = self.rooms.store, self.done.counts
        store.sources.keep_capture(self.desk.name, read.capture)
        stored, is_new = self._keep_listing(read, now)
        counts["new" if is_new else "changed"] += 1
        if read.notice is None or read.match is None:
            counts["unreadable"] += 1
            self.done.unreadable.append(f"{read.saved.place}: {read.error}")
            issue = Issue("no readable text", "page", mask_private(read.error), read.saved.url)
            store.sources.add_issues(self.desk.name, [issue], read.saved.url, now)
            return
        case = Decided(stored, read.notice, read.match, read.capture, take_sketch(read.notice))
        if self.desk.save(case, now):
            counts["alerts"] += read.match.verdict is Verdict.ALERT
            counts["reviews"] += read.match.verdict is Verdict.REVIEW

    def _keep_listing(self, read: _Read, now: datetime) -> tuple[StoredListing, bool]:
        """Write the row of a saved notice; say whether it is new."""
        notices, name = self.rooms.store.notices, self.desk.name
        listing, triage = read.saved.listing, Triage(False, _WHY, baseline=True)
        known = notices.find_stored(name, listing.listing_id)
        notices.keep_listing(name, listing, triage, read.capture.record_id, now)
        stored = notices.find_stored(name, listing.listing_id)
        if stored is None:
            raise KeyError(listing.listing_id)
        return stored, known is None


def _make_capture(saved: Saved, now: datetime) -> Capture:
    """Return a saved notice as evidence: its bytes as found; nobody knows how they were fetched."""
    linked = saved.url.startswith(("http://", "https://"))
    url = saved.url if linked else f"{_NOWHERE}{saved.sha256}"
    headers = (("X-Imported-From", saved.place),)
    return Capture(url, url, now, 200, headers, saved.body, saved.sha256, tls="imported")


def import_files(
    setup: Setup,
    name: str,
    found: Iterable[Saved],
    write: Callable[[str], None],
    report: Callable[[str], None],
) -> Imported:
    """Import, and deliver what is due; raise LockedError if another process holds the store."""
    with StateLock(setup.config.state):
        rooms = Rooms.open(setup.config.state, threading.Event())
        with rooms.store:
            rooms.store.alerts.free_leases(rooms.clock())
            settle_outbox(setup, rooms)
            done = import_saved(setup, rooms, name, found, report)
            deliver_due(setup, rooms, write)
    return done
