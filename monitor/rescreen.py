"""Screen stored notices again with the present watchlists: read from the archive, nothing fetched.

By itself it tells nothing and writes nothing. With `tell` what it finds goes to each receiver as
one digest; ended at any moment, it goes on where it was, and nothing is lost or told twice.
"""

from __future__ import annotations

import hashlib
import json
import logging
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from monitor.alerting.routecheck import check_routes
from monitor.archive import Archive
from monitor.crashpoints import pass_point
from monitor.documents.parts import Limits
from monitor.documents.reader import DocumentReader
from monitor.errors import LayoutError, LockedError, StoreError
from monitor.models import Capture, Document, Match, Notice, Verdict
from monitor.once import deliver_due
from monitor.outline import read_config
from monitor.polling.attachments import add_text
from monitor.polling.deciding import Decided, Desk
from monitor.portals import PORTALS
from monitor.reading.savednotices import FORM_HEADER, Form, Saved
from monitor.screening.gloss import gloss_title
from monitor.screening.listfile import load_lists
from monitor.screening.score import ALERTING, REVIEWING, Screener
from monitor.screening.watchlist import load_watchlists
from monitor.setup import Rooms, Setup, settle_outbox, utc_now
from monitor.statelock import StateLock
from monitor.store import Store
from monitor.store.database import Row, write_json
from monitor.store.pasts import Past, list_pasts
from monitor.text.privacy import mask_address, mask_private
from monitor.text.sketches import take_sketch

log = logging.getLogger(__name__)

HEADING = "Past notices, screened again with the watchlists as they are now"
_PROGRESS = "rescreen"
_BATCH = 50
_BREAKS = (ValueError, TypeError, LookupError, AttributeError, RecursionError)


@dataclass(frozen=True)
class Wanted:
    """Which notices are screened again: published since a moment, naming one of these entries."""

    since: datetime | None = None
    entries: frozenset[str] = frozenset()


@dataclass
class Rescreened:
    """What it brought: counts, a row per notice that is or would be told, what was unreadable."""

    counts: Counter[str] = field(default_factory=Counter)
    found: list[dict[str, Any]] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)


def load_preview(path: Path, environ: Mapping[str, str], state: Path | None = None) -> Setup:
    """Return what a preview runs on; it needs no secret. Raise ConfigError."""
    config = read_config(path, environ, state)
    for name, stanza in config.stanzas.items():
        if stanza.source.portal not in PORTALS:
            raise config.source_error(name, ["portal"], f"no portal '{stanza.source.portal}'")
    screener = Screener.build(load_watchlists(config.watchlists))
    check_routes(config, screener.watchlists)
    return Setup(config, screener, load_lists(config.state))


def preview_rescreen(setup: Setup, wanted: Wanted, report: Callable[[str], None]) -> Rescreened:
    """Return what would be told now; nothing is written, and the daemon may run meanwhile."""
    stop = threading.Event()
    with Store.open(setup.config.state, read_only=True) as store:
        reader = DocumentReader(Limits(ocr=True), stop)
        archive = Archive(setup.config.state)
        screener = Rescreener(setup, store, archive, reader, wanted, report)
        after = 0
        while batch := list_pasts(store.db, wanted.since, after, _BATCH):
            for past in batch:
                screener.try_again(past, utc_now())
            after = batch[-1].stored.id
    return screener.done


def tell_rescreen(
    setup: Setup, wanted: Wanted, write: Callable[[str], None], report: Callable[[str], None]
) -> Rescreened:
    """Save and tell what is found, and deliver what is due; raise LockedError where held."""
    try:
        lock = StateLock(setup.config.state)
        with lock:
            rooms = Rooms.open(setup.config.state, threading.Event())
            with rooms.store:
                rooms.store.alerts.free_leases(rooms.clock())
                done = rescreen_stored(setup, rooms, wanted, report)
                settle_outbox(setup, rooms)
                deliver_due(setup, rooms, write)
    except LockedError as error:
        advice = "stop it, or leave out --tell to see what would be told"
        raise LockedError(f"{error}; {advice}") from None
    return done


def rescreen_stored(
    setup: Setup, rooms: Rooms, wanted: Wanted, report: Callable[[str], None]
) -> Rescreened:
    """Save what is found in a digest that is let go at the end; go on where a run was ended."""
    store, now = rooms.store, rooms.clock()
    progress = _find_progress(store, _name_run(setup, wanted), now)
    screener = Rescreener(
        setup, store, rooms.archive, rooms.documents, wanted, report, progress["digest"]
    )
    while batch := list_pasts(store.db, wanted.since, progress["after"], _BATCH):
        tried = [screener.try_again(past, rooms.clock()) for past in batch]
        progress["after"] = batch[-1].stored.id
        with store.db.immediate():
            for desk, case in filter(None, tried):
                desk.save(case, rooms.clock())
            store.vitals.put(_PROGRESS, write_json(progress), rooms.clock())
            pass_point("rescreened")
    with store.db.immediate():
        store.alerts.release(progress["digest"], rooms.clock())
        store.vitals.put(_PROGRESS, "{}", rooms.clock())
    return screener.done


def _name_run(setup: Setup, wanted: Wanted) -> str:
    """Return a name of what is asked for: another question or edited watchlists begin anew."""
    parts = (setup.screener.watchlists.version, str(wanted.since), *sorted(wanted.entries))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def _find_progress(store: Store, run: str, now: datetime) -> dict[str, Any]:
    """Return where the same run was ended, else a beginning."""
    noted = store.vitals.get(_PROGRESS)
    found: dict[str, Any] = json.loads(noted.value) if noted else {}
    if found.get("run") == run:
        return found
    return {"run": run, "after": 0, "digest": f"rescreen:{now:%Y-%m-%dT%H:%M:%S}"}


@dataclass
class Rescreener:
    """Read and screen past notices one by one."""

    setup: Setup
    store: Store
    archive: Archive
    documents: DocumentReader
    wanted: Wanted
    report: Callable[[str], None]
    digest: str = ""
    done: Rescreened = field(default_factory=Rescreened)

    def try_again(self, past: Past, now: datetime) -> tuple[Desk, Decided] | None:
        """Return what is to be saved of a past notice, None where nothing is news."""
        self.done.counts["read"] += 1
        self.report(f"{self.done.counts['read']} read, {len(self.done.found)} found")
        try:
            case = self._screen(past)
        except (LayoutError, StoreError) as error:
            self._note_unreadable(past, str(error))
            return None
        except _BREAKS as error:
            log.exception("%s could not be read", mask_address(past.stored.listing.url))
            self._note_unreadable(past, f"the program failed: {type(error).__name__}")
            return None
        if self.wanted.entries and not self._names_wanted(case.match):
            return None
        desk = self._make_desk(past.stored.source)
        if (decision := desk.decide(case, now)).tell:
            self.done.counts[f"{case.match.verdict}s"] += 1
            self.done.found.append(_describe(past, case, str(decision.reason)))
        differs = case.match.fingerprint != past.fingerprint
        self.done.counts["changed"] += differs
        return (desk, case) if decision.tell or differs else None

    def _names_wanted(self, match: Match) -> bool:
        telling = ALERTING | REVIEWING
        return any(h.entry in self.wanted.entries and h.stance in telling for h in match.hits)

    def _screen(self, past: Past) -> Decided:
        own, capture = self._read(past)
        notice = self._read_attached(past, own)
        source = self.setup.config.sources.get(past.stored.source)
        organ = source.default_organ if source else ""
        match = self.setup.screener.screen(notice, default_organ=organ)
        return Decided(past.stored, notice, match, capture, take_sketch(own))

    def _read(self, past: Past) -> tuple[Notice, Capture]:
        """Return a notice as its portal reads it, and its capture."""
        capture = self.archive.read(past.record_id)
        source = self.setup.config.sources.get(past.stored.source)
        if source is None or capture.tls == "imported":
            return _open_saved(past, capture).read(), capture
        return PORTALS[source.portal](source).read_notice(capture, past.stored.listing), capture

    def _read_attached(self, past: Past, own: Notice) -> Notice:
        """Return a notice with the text of the attachments that are kept."""
        rows = {row["url"]: row for row in self.store.documents.list_for(past.stored.id)}
        notice, documents = own, list[Document]()
        for document in own.documents:
            row = rows.get(document.url)
            documents.append(_describe_document(document, row))
            if row is not None and row["record_id"]:
                body = self.archive.read(row["record_id"]).body
                notice = add_text(notice, document.name, self.documents.read(body, document.name))
        return replace(notice, documents=tuple(documents))

    def _make_desk(self, name: str) -> Desk:
        setup = self.setup
        source = setup.config.sources.get(name)
        return Desk(
            name, setup.config, self.store, setup.screener, setup.lists,
            source.receivers if source else None,
            sample=source is not None and source.portal == "sample",
            digest=self.digest, heading=HEADING,
        )  # fmt: skip

    def _note_unreadable(self, past: Past, why: str) -> None:
        self.done.counts["unreadable"] += 1
        place = mask_address(past.stored.listing.url) or past.stored.listing.listing_id
        self.done.unreadable.append(f"{place}: {mask_private(why)}")


def _describe_document(document: Document, row: Row | None) -> Document:
    if row is None:
        return document
    return replace(
        document, read=bool(row["read"]), why=row["why"], record_id=row["record_id"],
        sha256=row["sha256"],
    )  # fmt: skip


def _open_saved(past: Past, capture: Capture) -> Saved:
    """Return an imported capture as the saved notice that it was."""
    row = past.stored.listing
    facts = {
        "title": row.title, "date": row.published_raw, "region": row.region,
        "buyer": row.buyer, "notice_type": row.notice_type,
    }  # fmt: skip
    return Saved(
        row.listing_id, row.url, past.record_id, capture.body,
        {name: text for name, text in facts.items() if text},
        form=Form(capture.header(FORM_HEADER) or Form.PAGE),
    )  # fmt: skip


def _describe(past: Past, case: Decided, reason: str) -> dict[str, Any]:
    """Return a row for who asks what would be told."""
    organ, notice = case.match.organ, case.notice
    telling = dict.fromkeys(h.entry for h in case.match.hits if h.stance in ALERTING | REVIEWING)
    return {
        "verdict": str(case.match.verdict),
        "reason": reason,
        "products": ", ".join(telling),
        "buyer_en": mask_private(organ.name_en) if organ else "",
        "published": f"{notice.published_at:%Y-%m-%d}" if notice.published_at else "",
        "title": mask_private(notice.title),
        "title_en": mask_private(gloss_title(notice.title, notice.region)),
        "source": past.stored.source,
        "url": mask_address(notice.url),
        "before": str(past.verdict or Verdict.NONE),
    }
