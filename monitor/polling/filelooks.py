"""Look again at the attachments that a told alert rests on: replaced or withdrawn is a change.

Only bytes tell: a page that stays as it was may hand out another file under the same name.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import quote

from monitor.archive import Archive
from monitor.errors import FetchCause, FetchError, StoreError
from monitor.models import Capture, Document, Notice, Request
from monitor.polling.differences import Difference
from monitor.polling.seeing import Seen
from monitor.store.relooks import Look, Relooks, RelookState
from monitor.text.privacy import mask_private

log = logging.getLogger(__name__)

MOST_FILES = 3
_GONE = (404, 410)
_PAGE_STARTS = (b"<", b"{")


@dataclass(frozen=True)
class File:
    """An attachment as it was told and as its page lists it now."""

    name: str
    told: Capture
    document: Document


@dataclass(frozen=True)
class FileViewer:
    """See the attachments of told notices of one source; `ask` keeps their limit of size."""

    source: str
    archive: Archive
    relooks: Relooks
    ask: Callable[[Request], Capture]

    def look_at_files(self, look: Look, seen: Seen, now: datetime) -> Seen:
        """Return what a look saw with what differs of the attachments that were told.

        Raise FetchError only where the program stops.
        """
        if seen.notice is None:
            return seen
        for file in self._list_files(look, seen.notice):
            try:
                seen = self._look_at_file(look, file, seen, now)
            except FetchError as error:
                if error.cause is FetchCause.STOPPING:
                    raise
                seen = _note_unsaid(seen, file, f"{error.cause}: {error.detail}")
                if error.cause is FetchCause.BUDGET:
                    return replace(seen, again=True)
        return seen

    def _list_files(self, look: Look, notice: Notice) -> Iterator[File]:
        """Yield what the page still lists; that it lists one no more is told as it is."""
        for one in look.content.get("exhibits", ())[:MOST_FILES]:
            named = [row for row in notice.documents if mask_private(row.name) == one["name"]]
            if not named or not one["record_id"]:
                continue
            try:
                told = self.archive.read(one["record_id"])
            except StoreError as error:
                log.warning("%s: %s: %s", self.source, look.alert, error)
                continue
            same = [row for row in named if row.url == told.url]
            if same or len(named) == 1:
                yield File(one["name"], told, (same or named)[0])

    def _look_at_file(self, look: Look, file: File, seen: Seen, now: datetime) -> Seen:
        found = self._get_file(file, look)
        if found.status in _GONE:
            return self._judge_missing(look, file, found, seen, now)
        if found.status not in (200, 203) or not found.body:
            return _note_unsaid(seen, file, f"HTTP {found.status}, {len(found.body)} bytes")
        if found.sha256 == file.told.sha256:
            return seen
        if _starts_page(found) and not _starts_page(file.told):
            return _note_unsaid(seen, file, "a page came in place of the file")
        # Some sites write a file anew for everyone who asks: its bytes say nothing.
        if self._get_file(file, look).sha256 != found.sha256:
            return _note_unsaid(seen, file, "its bytes differ each time")
        return _note_difference(seen, file, found, f"SHA-256 {found.sha256}")

    def _judge_missing(
        self, look: Look, file: File, found: Capture, seen: Seen, now: datetime
    ) -> Seen:
        """Tell a file that was gone on an earlier day too; else have it looked at again."""
        if self.relooks.was_gone(self.source, found.url, look.told_at, now):
            return _note_difference(seen, file, found, "no longer there")
        unsaid = _note_unsaid(seen, file, f"HTTP {found.status}")
        # An address that is new at each visit cannot be found gone twice.
        return replace(unsaid, again=seen.again or file.document.url == file.told.url)

    def _get_file(self, file: File, look: Look) -> Capture:
        referer = quote(look.listing.url, safe="%/:=&?~#+!$,;'@()*[]")
        return self.ask(Request(file.document.url, headers=(("Referer", referer),)))


def _note_difference(seen: Seen, file: File, found: Capture, shows: str) -> Seen:
    told = f"SHA-256 {file.told.sha256}"
    return replace(
        seen,
        state=RelookState.CHANGED,
        differences=(*seen.differences, Difference(f"attachment {file.name}", told, shows)),
        files=(*seen.files, (f"{file.name}, as told", file.told), (f"{file.name}, now", found)),
    )


def _note_unsaid(seen: Seen, file: File, why: str) -> Seen:
    cause = "; ".join(filter(None, (seen.cause, f"attachment {file.name}: {why}")))
    return replace(seen, cause=cause)


def _starts_page(capture: Capture) -> bool:
    return capture.body.lstrip()[:1] in _PAGE_STARTS
