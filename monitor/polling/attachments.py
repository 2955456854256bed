"""Fetch and read the attachments of one notice, and put their text where its own text is."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import quote, urlsplit

from monitor.documents.parts import Fault, Limits, Part, ReadDocument
from monitor.documents.reader import DocumentReader
from monitor.errors import FetchCause, FetchError
from monitor.models import Capture, Document, Notice, Request, Tag, Zone
from monitor.parsing.wire import PageError
from monitor.portals.refusals import Refusal
from monitor.text.markup import Line
from monitor.text.privacy import mask_private
from monitor.text.zones import divide_blocks
from monitor.web.visit import Visitor

MOST_DOCUMENTS = 20
_ITEM = re.compile(r"^items\[(\d+)\]")
_PROBE = 40
_RAISED = (FetchCause.STOPPING, FetchCause.BUDGET)
_DOWN = (FetchCause.UNREACHABLE, FetchCause.TIMEOUT, FetchCause.TLS)
# Kinds that a message in place of a file may look like, and names of files that are such.
_PAGES = frozenset({"html", "txt", "csv"})
_PAGE_NAMES = (".htm", ".html", ".shtml", ".txt", ".csv", ".json")


@dataclass(frozen=True)
class Attached:
    """An attachment as it was had, and its type by content."""

    document: Document
    kind: str = ""


@dataclass(frozen=True)
class Attachments:
    """Read the attachments of notices of one source; one at a time, under all guards.

    `refused` says why a page that came in place of a file is no answer.
    """

    visitor: Visitor
    reader: DocumentReader
    refused: Callable[[Capture], Refusal | None]
    limits: Limits
    clock: Callable[[], datetime]
    report: Callable[[str], None]
    stop: threading.Event

    def read_all(self, notice: Notice) -> tuple[Notice, tuple[Attached, ...]]:
        """Return the notice with the text of its attachments, and what became of each.

        Raise FetchError where the program stops or the day's budget is spent: then the whole
        notice waits.
        """
        found, attached, down = notice, list[Attached](), dict[str, str]()
        for document in notice.documents[:MOST_DOCUMENTS]:
            self.report(f"attachment {mask_private(document.name)[:40]}")
            one, read = self._read_one(document, notice.url, down)
            attached.append(one)
            found = add_text(found, document.name, read)
        for document in notice.documents[MOST_DOCUMENTS:]:
            why = f"more than {MOST_DOCUMENTS} attachments"
            attached.append(Attached(replace(document, read=False, why=why)))
        return replace(found, documents=tuple(one.document for one in attached)), tuple(attached)

    def _read_one(
        self, document: Document, referer: str, down: dict[str, str]
    ) -> tuple[Attached, ReadDocument]:
        """Return what became of an attachment; `down` are hosts that did not answer, and why."""
        if not document.url:
            why = document.why or "no address"
            return Attached(replace(document, read=False, why=why)), ReadDocument("")
        try:
            capture = self._get_file(document.url, referer, down)
        except FetchError as error:
            if error.cause in _RAISED:
                raise
            why = f"{error.cause}: {error.detail}"
            return Attached(replace(document, read=False, why=why)), ReadDocument("")
        read, why = ReadDocument(""), self._find_refusal(capture)
        if not why:
            read = self.reader.read(capture.body, document.name)
            if self.stop.is_set():
                # What the reader was told to leave says nothing about the file.
                raise FetchError(document.url, FetchCause.STOPPING, "the program is stopping")
            if page := _refuse_page(capture, read, document.name):
                read = ReadDocument(read.kind)
            why = page or _name_flaws(read)
        whole = replace(
            document, read=not why, why=why, record_id=capture.record_id, sha256=capture.sha256
        )
        return Attached(whole, read.kind), read

    def _find_refusal(self, capture: Capture) -> str:
        """Return why a response is no file, or ''."""
        if capture.status not in (200, 203):
            return f"HTTP {capture.status}"
        if not capture.body:
            return "HTTP 200 with an empty body"
        if capture.body.lstrip()[:1] not in (b"<", b"{"):
            return ""
        try:
            refusal = self.refused(capture)
        except PageError as error:
            return error.missing
        return refusal.cause if refusal is not None else ""

    def _get_file(self, url: str, referer: str, down: dict[str, str]) -> Capture:
        """Return a file's capture; a host that was down a moment ago is not asked again."""
        host = _find_host(url)
        if host in down:
            raise FetchError(url, FetchCause.UNREACHABLE, down[host])
        shown = quote(referer, safe="%/:=&?~#+!$,;'@()*[]")
        try:
            request = Request(url, headers=(("Referer", shown),))
            return self.visitor.ask(request, self.clock(), most=self.limits.size)
        except FetchError as error:
            if error.cause in _DOWN:
                down[host] = error.detail
            raise


def add_text(notice: Notice, name: str, read: ReadDocument) -> Notice:
    """Return a notice with an attachment's text in its zones and items.

    Items count on from the notice's own; each zone says in which file and on which page it is.
    """
    blocks = [block for part in read.parts for block in part.blocks]
    if not blocks:
        return notice
    body = divide_blocks(blocks, notice.title, corrects=notice.tag is Tag.TENDER_AMENDMENT)
    pages = [(_name_place(name, part), _join_text(part)) for part in read.parts]
    shift = len(notice.items)
    zones = tuple(
        _move_zone(zone, shift, _find_place(zone.text, pages) or name) for zone in body.zones
    )
    items = tuple(row.item for row in body.items)
    return replace(notice, zones=(*notice.zones, *zones), items=(*notice.items, *items))


def _move_zone(zone: Zone, shift: int, place: str) -> Zone:
    field = _ITEM.sub(lambda found: f"items[{int(found[1]) + shift}]", zone.field)
    return replace(zone, field=field, place=place)


def _name_place(name: str, part: Part) -> str:
    return ", ".join(text for text in (name, part.file, part.place) if text)


def _join_text(part: Part) -> str:
    """Return a part's text without blanks, to look for a zone in."""
    texts = (
        [block.text] if isinstance(block, Line) else [cell for row in block.rows for cell in row]
        for block in part.blocks
    )
    return "".join("".join(text for several in texts for text in several).split())


def _find_place(text: str, pages: Sequence[tuple[str, str]]) -> str:
    """Return the first page that holds a zone's first words, '' where none does.

    The only page of a file holds them all.
    """
    probe = "".join(text.split())[:_PROBE]
    if len(pages) == 1:
        return pages[0][0]
    return next((place for place, page in pages if probe and probe in page), "")


def _find_host(url: str) -> str:
    try:
        return urlsplit(url).netloc
    except ValueError:
        return ""


def _refuse_page(capture: Capture, read: ReadDocument, name: str) -> str:
    """Return why a page is no attachment: files have names, messages come in their place."""
    names = (capture.url.partition("?")[0], name)
    named = any(text.strip().lower().endswith(_PAGE_NAMES) for text in names)
    if read.kind not in _PAGES or named:
        return ""
    if read.kind != "html":
        is_json = capture.body.lstrip()[:1] in (b"{", b"[")
        return "a message came in place of the file" if is_json else ""
    sent_as_file = "attachment" in capture.header("content-disposition").lower()
    return "" if sent_as_file else "a web page came in place of the file"


def _name_flaws(read: ReadDocument) -> str:
    """Return what was not read, the first things of it, or ''."""
    told = [
        ": ".join(part for part in (flaw.where, str(flaw.fault), flaw.detail) if part)
        for flaw in read.flaws
    ]
    if not told:
        return "" if read.parts else f"{Fault.UNKNOWN_TYPE}: no text"
    more = f"; and {len(told) - 3} more" if len(told) > 3 else ""
    return "; ".join(told[:3]) + more
