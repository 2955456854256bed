"""Look again at the attachments that a told alert rests on: replaced or withdrawn is a change.

Only bytes tell: a page that stays as it was may hand out another file under the same name.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import quote

from monitor.archive import Archive
from monitor.errors import FetchCause, FetchError, StoreError
from monitor.models import Capture, Document, Notice, Request
from monitor.polling.differences import Difference, find_withdrawal
from monitor.polling.seeing import Seen
from monitor.portals.decoding import page_text
from monitor.store.relooks import NEXT_DAY, Look, Relooks, RelookState, find_wait
from monitor.text.privacy import mask_private

log = logging.getLogger(__name__)

MOST_FILES = 3
_GONE = (404, 410)
_MISSING = "no longer there"
_PAGE_STARTS = (b"<", b"{", b"[")
_RTF = b"{\\rtf"
# What may stand before a page: marks of a byte order, blanks, and the NULs of UTF-16.
_BEFORE_PAGE = b"\xef\xbb\xbf\xfe\xff\0 \t\r\n\v\f"
_LARGEST_MESSAGE = 2048


@dataclass(frozen=True)
class File:
    """An attachment as it was last told, and as its page lists it now.

    `shows` is what was last told of it, `told` its bytes when it was last there.
    """

    name: str
    shows: str
    told: Capture
    document: Document


@dataclass(frozen=True)
class FileViewer:
    """See the attachments of told notices of one source; `ask` keeps their limit of size.

    `lists` are the addresses of the source's lists.
    """

    source: str
    lists: Sequence[str]
    archive: Archive
    relooks: Relooks
    ask: Callable[[Request], Capture]

    def look_at_files(self, look: Look, seen: Seen, now: datetime) -> Seen:
        """Return what a look saw with what differs of the attachments that were told.

        Raise FetchError only where the program stops.
        """
        if seen.notice is None:
            return seen
        exhibits = look.content.get("exhibits", ())
        seen = _note_rest(seen, len(exhibits) - MOST_FILES)
        for one in exhibits[:MOST_FILES]:
            try:
                file = self._find_file(one, look, seen.notice)
            except StoreError as error:
                log.warning("%s: %s: %s", self.source, look.alert, error)
                seen = _note_unsaid(seen, one["name"], "what was told cannot be read any more")
                continue
            if file is None:
                continue
            try:
                seen = self._look_at_file(look, file, seen, now)
            except FetchError as error:
                if error.cause is FetchCause.STOPPING:
                    raise
                why = f"{error.cause}: {error.detail}"
                if error.cause is FetchCause.BUDGET:
                    return _note_unsaid(seen, file.name, why, again=NEXT_DAY)
                seen = _note_unsaid(seen, file.name, why, again=find_wait(look, now))
        return seen

    def _find_file(self, exhibit: dict[str, str], look: Look, notice: Notice | None) -> File | None:
        """Return what the page still lists; that it lists one no more is told as it is.

        Raise StoreError where what was told cannot be read any more.
        """
        name, documents = exhibit["name"], notice.documents if notice else ()
        named = [row for row in documents if mask_private(row.name) == name]
        if not named or not exhibit["record_id"]:
            return None
        told = self.archive.read(exhibit["record_id"])
        same = [row for row in named if row.url == told.url]
        if not same and len(named) > 1:
            return None
        file = File(name, _show_hash(told.sha256), told, (same or named)[0])
        return self._follow_tellings(file, look)

    def _follow_tellings(self, file: File, look: Look) -> File:
        """Return a file as the last of its changes that were told left it."""
        for content in self.relooks.list_later(look.notice):
            for one in content["later"]["differences"]:
                if (one["field"], one["old"]) != (_name_field(file.name), file.shows):
                    continue
                kept = content.get("exhibits", ())
                now = [row for row in kept if _show_hash(row["sha256"]) == one["new"]]
                told = self.archive.read(now[0]["record_id"]) if now else file.told
                file = replace(file, shows=one["new"], told=told)
                break
        return file

    def _look_at_file(self, look: Look, file: File, seen: Seen, now: datetime) -> Seen:
        found = self._get_file(file, look)
        shows = _show_hash(found.sha256)
        why = self._find_gone(found, look)
        if why and not self._find_gone(file.told, look):
            return self._judge_missing(look, file, found, seen, now)
        later = find_wait(look, now)
        if found.status not in (200, 203) or not found.body:
            what = f"HTTP {found.status}, {len(found.body)} bytes"
            return _note_unsaid(seen, file.name, what, again=later)
        if shows == file.shows:
            return seen
        if _is_page(found) and not _is_page(file.told):
            return _note_unsaid(seen, file.name, "a page came in place of the file", again=later)
        # Some sites write a file anew for everyone who asks: its bytes say nothing.
        if self._get_file(file, look).sha256 != found.sha256:
            return _note_unsaid(seen, file.name, "its bytes differ each time")
        return _note_difference(seen, file, found, shows)

    def _judge_missing(
        self, look: Look, file: File, found: Capture, seen: Seen, now: datetime
    ) -> Seen:
        """Tell a file that was gone on an earlier day too; else have it looked at again."""
        if file.shows == _MISSING:
            return seen
        why = self._find_gone(found, look)
        if self._was_gone(look, found, now):
            return _note_difference(_note_cause(seen, file.name, why), file, found, _MISSING)
        # An address that is new at each visit cannot be found gone twice.
        again = NEXT_DAY if file.document.url == file.told.url else None
        return _note_unsaid(seen, file.name, why, again=again)

    def _find_gone(self, capture: Capture, look: Look) -> str:
        """Return how an answer says that its file is gone, '' where it does not."""
        if capture.status in _GONE or _starts_page(capture) or _read_message(capture):
            return find_withdrawal(capture, look.listing.title, self.lists)
        return ""

    def _was_gone(self, look: Look, found: Capture, now: datetime) -> bool:
        """Return whether an address was gone when it was last asked for on an earlier day."""
        record_id = self.relooks.find_earlier(self.source, found.url, look.told_at, now)
        try:
            return bool(record_id and self._find_gone(self.archive.read(record_id), look))
        except StoreError as error:
            log.warning("%s: %s: %s", self.source, look.alert, error)
            return False

    def _get_file(self, file: File, look: Look) -> Capture:
        referer = quote(look.listing.url, safe="%/:=&?~#+!$,;'@()*[]")
        return self.ask(Request(file.document.url, headers=(("Referer", referer),)))


def _show_hash(sha256: str) -> str:
    # As an alert keeps it: what is compared with an earlier one went the same way.
    return mask_private(f"SHA-256 {sha256}")


def _name_field(name: str) -> str:
    return f"attachment {name}"


def _note_difference(seen: Seen, file: File, found: Capture, shows: str) -> Seen:
    return replace(
        seen,
        state=RelookState.CHANGED,
        differences=(*seen.differences, Difference(_name_field(file.name), file.shows, shows)),
        files=(*seen.files, (f"{file.name}, as told", file.told), (f"{file.name}, now", found)),
    )


def _note_unsaid(seen: Seen, name: str, why: str, *, again: timedelta | None = None) -> Seen:
    """Return a look that can say nothing of a file; `again` is after what time it may."""
    waits = [wait for wait in (seen.again, again) if wait is not None]
    seen = _note_cause(seen, name, why)
    return replace(seen, unsaid=True, again=min(waits, default=None))


def _note_cause(seen: Seen, name: str, why: str) -> Seen:
    return replace(seen, cause="; ".join(filter(None, (seen.cause, f"{_name_field(name)}: {why}"))))


def _note_rest(seen: Seen, rest: int) -> Seen:
    """Return a look that says how many attachments it leaves out."""
    if rest <= 0:
        return seen
    what = "attachment was" if rest == 1 else "attachments were"
    return replace(seen, cause=f"{rest} further {what} not looked at")


def _is_page(capture: Capture) -> bool:
    """Return whether a body is what sites send in place of a file: a page, or one line of text."""
    message = _read_message(capture)
    return _starts_page(capture) or bool(message and "\n" not in message)


def _starts_page(capture: Capture) -> bool:
    bare = capture.body.lstrip(_BEFORE_PAGE)
    return bare.startswith(_PAGE_STARTS) and not bare.startswith(_RTF)


def _read_message(capture: Capture) -> str:
    """Return a body that is a few words of plain text, else ''."""
    if len(capture.body) > _LARGEST_MESSAGE:
        return ""
    text = page_text(capture).lstrip("\ufeff").strip()
    plain = "".join(text.split())
    return text if plain.isprintable() and "\ufffd" not in plain else ""
