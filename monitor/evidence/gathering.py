"""Gather all that proves one alert: rows, captures, text as read, links of the chain."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from monitor.archive import Archive, parse_id
from monitor.documents.reader import DocumentReader
from monitor.errors import LayoutError, MonitorError, StoreError
from monitor.models import Capture, Notice
from monitor.portals import PORTALS
from monitor.portals.saved import read_saved
from monitor.screening.entries import Entry
from monitor.screening.watchlist import Watchlists
from monitor.stanzas import SourceConfig
from monitor.store import Store
from monitor.store.chain import BYTES, GENESIS, Link, LinkKind
from monitor.store.database import Row
from monitor.store.notices import make_listing
from monitor.store.stamps import Stamp
from monitor.text.markup import Line

log = logging.getLogger(__name__)

_UNREADABLE = (LayoutError, ValueError, TypeError, LookupError, AttributeError, RecursionError)


class CaseError(MonitorError):
    """No case file can be made of an alert; the message says why."""


@dataclass(frozen=True)
class Exhibit:
    """A capture of the case; `role` is notice, list, attachment or later look.

    `packed` are its archived bytes; `why` says why they are not there, "" where they are.
    """

    role: str
    name: str
    record_id: str
    capture: Capture | None = None
    packed: bytes = b""
    why: str = ""


@dataclass(frozen=True)
class Watched:
    """A watchlist entry that counted; `text` is its lines as the file has them now."""

    entry: Entry
    text: str


@dataclass(frozen=True)
class Proof:
    """The stretch of the chain that a case needs: `before` is the hash before the first link.

    `own` are the links of the case itself, with the facts that they are digests of.
    """

    before: str
    links: tuple[Link, ...]
    own: tuple[tuple[Link, Row], ...]
    stamps: tuple[Stamp, ...]


@dataclass(frozen=True)
class Case:
    """All that proves one alert.

    `notice` is as read from its capture by this program, None where that fails; `texts` are of
    attachments; `entries` are watchlist entries as they are now, `watchlists` their version now;
    `later` what was told of later looks.
    """

    alert: Row
    content: Mapping[str, Any]
    decision: Row
    source: str
    exhibits: tuple[Exhibit, ...]
    notice: Notice | None
    texts: tuple[tuple[str, str], ...]
    deliveries: tuple[Row, ...]
    look: Row | None
    later: tuple[Row, ...]
    entries: tuple[Watched, ...]
    watchlists: str
    why: tuple[str, ...]
    proof: Proof


@dataclass(frozen=True)
class Gatherer:
    """Gather the case of an alert from a state folder.

    `stanza` is its source's, None where the configuration has none any more; `reader` reads the
    attachments' text anew, None leaves it out.
    """

    store: Store
    state: Path
    watchlists: Watchlists | None = None
    stanza: SourceConfig | None = None
    reader: DocumentReader | None = None

    def gather(self, name: str, why: Sequence[str] = ()) -> Case:
        """Return the case of an alert, or of the one that a later look's alert is about.

        `why` is its explanation, a line each. Raise CaseError where there is none to make.
        """
        alert = find_alert(self.store, name)
        [decision] = self.store.db.query("select * from notice where id = ?", [alert["notice"]])
        listing = self.store.notices.find_row(decision["listing"])
        later = self._list_later(decision["listing"])
        exhibits = tuple(self._gather_exhibits(alert, decision, listing, later))
        content = json.loads(alert["content"])
        deliveries = self.store.db.query(
            """select receiver, state, attempts, created_at, sent_at, error from delivery
               where alert = ? order by receiver""",
            [alert["id"]],
        )
        return Case(
            alert=alert,
            content=content,
            decision=decision,
            source=listing["source"],
            exhibits=exhibits,
            notice=self._read_notice(exhibits[0], listing),
            texts=tuple(self._read_texts(exhibits)),
            deliveries=tuple(deliveries),
            look=self.store.relooks.find(decision["listing"]),
            later=later,
            entries=tuple(self._copy_entries(json.loads(decision["match"]))),
            watchlists=self.watchlists.version if self.watchlists else "",
            why=tuple(why),
            proof=self._prove(alert, exhibits, deliveries, later),
        )

    def _list_later(self, listing: int) -> tuple[Row, ...]:
        rows = self.store.db.query(
            """select a.* from alert a join notice n on n.id = a.notice
               where n.listing = ? and json_extract(a.content, '$.later') is not null
               order by a.created_at, a.id""",
            [listing],
        )
        return tuple(rows)

    # Captures -----------------------------------------------------------------------------------

    def _gather_exhibits(
        self, alert: Row, decision: Row, listing: Row, later: Sequence[Row]
    ) -> Iterator[Exhibit]:
        """Yield each capture of the case once, the notice's own first."""
        wanted = [("notice", decision["title"], decision["record_id"])]
        wanted.append(("list", "the list page", listing["record_id"]))
        files = [dict(row) for row in self.store.documents.list_for(listing["id"])]
        files += json.loads(alert["content"]).get("exhibits", ())
        wanted += [("attachment", one["name"], one["record_id"]) for one in files]
        for row in later:
            content = json.loads(row["content"])
            told, beside = content["later"], content.get("exhibits", ())
            wanted += [("later look", told["state"], told[side]) for side in ("before", "after")]
            # The attachments that differ, and the notices beside it that were looked at with it.
            wanted += [("later look", one["name"], one["record_id"]) for one in beside]
        seen = set[str]()
        for role, name, record_id in wanted:
            if record_id and record_id not in seen:
                seen.add(record_id)
                yield self._gather_one(role, name, record_id)

    def _gather_one(self, role: str, name: str, record_id: str) -> Exhibit:
        """Return a capture with its archived bytes; without the notice's own there is no case."""
        try:
            capture = Archive(self.state).read(record_id)
            file, offset, length = parse_id(record_id)
            with (self.state / file).open("rb") as archived:
                archived.seek(offset)
                return Exhibit(role, name, record_id, capture, archived.read(length))
        except (StoreError, OSError) as error:
            loss = self._explain_loss(record_id)
            why = loss or f"cannot be read: {error}"
            if role == "notice":
                advice = "" if loss else "; tender-monitor verify says what else is damaged"
                what = f"no case file: the notice's capture {record_id} {why}{advice}"
                raise CaseError(what) from error
            return Exhibit(role, name, record_id, why=why)

    def _explain_loss(self, record_id: str) -> str:
        chain = self.store.chain
        link = chain.find(LinkKind.CAPTURE, record_id)
        removed = link is not None and chain.is_removed(BYTES, link)
        return "was removed on purpose (evidence.keep in config.yaml)" if removed else ""

    # Text as read --------------------------------------------------------------------------------

    def _read_notice(self, own: Exhibit, listing: Row) -> Notice | None:
        """Return the notice as this program reads it; by its portal, else as a saved page."""
        if own.capture is None:
            return None
        try:
            if self.stanza is not None:
                portal = PORTALS[self.stanza.portal](self.stanza)
                row = make_listing(listing).listing
                if own.record_id == listing["record_id"]:
                    rows = portal.read_listing(own.capture).listings
                    row = next((one for one in rows if one.listing_id == row.listing_id), row)
                return portal.read_notice(own.capture, row)
        except _UNREADABLE as error:
            log.warning("%s: not read by its portal: %s", own.record_id, type(error).__name__)
        try:
            shown = {"title": listing["title"], "buyer": listing["buyer"]}
            return read_saved(own.capture.body, shown, own.capture.url)
        except _UNREADABLE:
            return None

    def _read_texts(self, exhibits: Sequence[Exhibit]) -> Iterator[tuple[str, str]]:
        """Yield the name and text of each attachment, as a worker process reads it."""
        for one in exhibits:
            if one.role == "attachment" and one.capture is not None and self.reader is not None:
                read = self.reader.read(one.capture.body, one.name)
                parts = [f"[{part.file} {part.place}]\n{_write_part(part)}" for part in read.parts]
                yield one.name, "\n\n".join(parts) or "not readable"

    def _copy_entries(self, match: Mapping[str, Any]) -> Iterator[Watched]:
        """Yield the lines of each watchlist entry that counted, as its file has them now."""
        wanted = {hit["entry"] for hit in match["hits"]}
        wanted |= {match["organ"]["agency"]} if match["organ"] else set()
        for placed in self.watchlists.placed if self.watchlists else ():
            if placed.entry.id not in wanted:
                continue
            lines = placed.file.path.read_text("utf-8").splitlines()
            first, _ = placed.file.mark(("entries", placed.index))
            last = len(lines)
            if placed.index + 1 < len(placed.file.value.entries):
                last = placed.file.mark(("entries", placed.index + 1))[0] - 1
            text = "\n".join(lines[first - 1 : last]).rstrip()
            yield Watched(placed.entry, f"# {placed.file.path.name}, line {first}\n{text}\n")

    # The chain -----------------------------------------------------------------------------------

    def _prove(
        self, alert: Row, exhibits: Sequence[Exhibit], deliveries: Sequence[Row],
        later: Sequence[Row],
    ) -> Proof:  # fmt: skip
        chain = self.store.chain
        wanted = [(LinkKind.CAPTURE, one.record_id) for one in exhibits]
        wanted.append((LinkKind.DECISION, str(alert["notice"])))
        wanted += [(LinkKind.ALERT, row["id"]) for row in (alert, *later)]
        wanted += [
            (LinkKind.DELIVERY, f"{alert['id']} {one['receiver']}")
            for one in deliveries
            if one["state"] == "sent"
        ]
        own = []
        for kind, subject in wanted:
            link, facts = chain.find(kind, subject), chain.read_facts(kind, subject)
            if link is None or facts is None:
                raise CaseError(f"no case file: the chain has no link of {kind} {subject}")
            own.append((link, facts))
        own.sort(key=lambda pair: pair[0].number)
        first = own[0][0].number
        links = tuple(chain.walk(max(1, first - 1)))
        before = links[0].link if first > 1 else GENESIS
        links = links[1:] if first > 1 else links
        head = links[-1].number
        stamps = [one for one in self.store.stamps.list_from(first) if one.number <= head]
        return Proof(before, links, tuple(own), tuple(stamps))


def find_alert(store: Store, name: str) -> Row:
    """Return the alert that a case is about; raise CaseError where there is none."""
    alert = store.db.first("select * from alert where id = ?", [name])
    if alert is None:
        raise CaseError(f"no alert {name!r} (tender-monitor alerts lists them)")
    later = json.loads(alert["content"]).get("later")
    if later is not None:
        return find_alert(store, later["of"])
    if alert["notice"] is None:
        raise CaseError(f"alert {name} is about the program itself: it rests on no evidence")
    return alert


def _write_part(part: Any) -> str:
    return "\n".join(
        block.text
        if isinstance(block, Line)
        else "\n".join(" | ".join(cell for cell in row) for row in block.rows)
        for block in part.blocks
    )
