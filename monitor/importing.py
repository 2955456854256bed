"""Bring saved notices into the store: pages, JSON lines, OCDS packages, WARC files, folders.

What an import brings is told in one digest. The same bytes under the same id change nothing.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from urllib.parse import quote

from monitor.config import Config
from monitor.errors import LayoutError
from monitor.models import Capture, Issue, Listing, Match, Notice, Verdict
from monitor.once import deliver_due
from monitor.polling.deciding import Decided, Desk
from monitor.reading.savednotices import FORM_HEADER, Saved
from monitor.screening.score import Screener
from monitor.setup import Rooms, Setup, settle_outbox
from monitor.statelock import StateLock
from monitor.store import Store
from monitor.store.notices import Triage
from monitor.text.privacy import mask_private
from monitor.text.sketches import take_sketch

log = logging.getLogger(__name__)

_BATCH = 100
_WHY = "imported from a file"
# For evidence of a page whose address nobody knows: a name that no host can have (RFC 2606).
_NOWHERE = "https://saved.invalid/"
_LONGEST_NAME = 200
# A page that breaks the reading is one notice lost from sight, not an import.
_BREAKS = (ValueError, TypeError, LookupError, AttributeError, RecursionError)


@dataclass
class Imported:
    """What an import brought."""

    counts: Counter[str] = field(default_factory=Counter)
    unreadable: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Read:
    """A saved notice after reading and screening; `found` is None where it could not be read."""

    saved: Saved
    capture: Capture
    listing: Listing
    found: tuple[Notice, Match] | None = None
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
    for batch in _cut_batches(found):
        importer.take_batch(batch)
        report(f"{done.counts['read']} read, {done.counts['new']} new")
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
        notices, url = self.rooms.store.notices, _find_address(saved)
        return notices.has_read(self.desk.name, saved.id, url, saved.sha256)

    def _read(self, saved: Saved, capture: Capture) -> _Read:
        source = self.config.sources.get(self.desk.name)
        organ = source.default_organ if source is not None else ""
        listing = Listing(saved.id, saved.url, saved.facts.get("title", ""))
        try:
            listing = saved.listing
            notice = saved.read()
            match = self.screener.screen(notice, default_organ=organ)
        except LayoutError as error:
            return _Read(saved, capture, listing, error=str(error))
        except _BREAKS as error:
            log.exception("%s could not be read", saved.place)
            told = f"the program failed on it: {type(error).__name__}"
            return _Read(saved, capture, listing, error=told)
        return _Read(saved, capture, listing, (notice, match))

    def _save(self, read: _Read, now: datetime) -> None:
        store, counts, name = self.rooms.store, self.done.counts, self.desk.name
        store.sources.keep_capture(name, read.capture)
        triage = Triage(False, _WHY, baseline=True)
        stored, is_new = store.notices.keep_listing(
            name, read.listing, triage, read.capture.record_id, now
        )
        counts["new" if is_new else "changed"] += 1
        if read.found is None:
            self._note_unreadable(read, now)
            return
        notice, match = read.found
        # What changed is told in the import's one digest too.
        listed = replace(stored, baseline=True)
        if self.desk.save(Decided(listed, notice, match, read.capture, take_sketch(notice)), now):
            counts["alerts"] += match.verdict is Verdict.ALERT
            counts["reviews"] += match.verdict is Verdict.REVIEW

    def _note_unreadable(self, read: _Read, now: datetime) -> None:
        saved = read.saved
        self.done.counts["unreadable"] += 1
        self.done.unreadable.append(f"{saved.place}: {read.error}")
        issue = Issue("no readable text", "page", mask_private(read.error), saved.url)
        self.rooms.store.sources.add_issues(self.desk.name, [issue], saved.url, now)


def _make_capture(saved: Saved, now: datetime) -> Capture:
    """Return a saved notice as evidence: its bytes as found; nobody knows how they were fetched."""
    url = _find_address(saved)
    headers = (("X-Imported-From", saved.place), (FORM_HEADER, str(saved.form)))
    return Capture(url, url, now, 200, headers, saved.body, saved.sha256, tls="imported")


def _find_address(saved: Saved) -> str:
    """Return the address that a saved notice is captured under: its own, else one of its id."""
    if saved.url.startswith(("http://", "https://")):
        return saved.url
    return _NOWHERE + quote(saved.id[:_LONGEST_NAME], safe=":", errors="replace")


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
