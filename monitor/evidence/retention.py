"""Let old captures go that no alert rests on; the chain says which, and that it was on purpose."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from monitor.archive import Archive
from monitor.crashpoints import pass_point
from monitor.store import Store
from monitor.store.chain import BYTES, LinkKind

log = logging.getLogger(__name__)

_DAY = re.compile(r"/(\d{4}-\d\d-\d\d)(-\d+)?\.warc\.gz$")
_NO_DAY = "9999-12-31"

# A capture that something still rests on: told or to be reviewed, or waiting to be read again.
_NEEDED = """
with chosen as (
  select distinct n.listing as id from notice n left join alert a on a.notice = n.id
  where n.verdict in ('alert', 'review') or a.id is not null
  union select id from listing
    where state in ('waiting', 'poison') or recheck_at is not null
  union select listing from relook)
select record_id from notice where listing in chosen
union select record_id from attachment where listing in chosen
union select record_id from relook
union select record_id from listing where id in chosen
union select json_extract(content, '$.evidence.record_id') from alert
union select json_extract(one.value, '$.record_id')
  from alert, json_each(alert.content, '$.exhibits') as one
"""


@dataclass(frozen=True)
class LetGo:
    """What was removed: files, the captures in them, their bytes on the disk."""

    files: int = 0
    captures: int = 0
    size: int = 0


def remove_old(store: Store, archive: Archive, keep: int, now: datetime) -> LetGo:
    """Remove files of captures older than `keep` seconds that nothing rests on; 0 keeps all.

    A file goes whole or stays whole. Rows stay, and the chain tells of each that its bytes are
    gone, before they are. What counts is the day before the newest of which there are captures:
    a clock that jumped ahead removes nothing on its first day. Raise StoreError.
    """
    days = _list_days(archive)
    if not keep or len(days) < 2:
        return LetGo()
    # A file holds a whole day: it is as old as the end of that.
    newest = datetime.fromisoformat(days[-2]).replace(tzinfo=UTC)
    oldest = (min(now, newest + timedelta(days=1)) - timedelta(seconds=keep)).date().isoformat()
    files = [name for name in archive.list_files() if _find_day(name) < oldest]
    if not files:
        return LetGo()
    needed = {(row["record_id"] or "").split("#")[0] for row in store.db.stream(_NEEDED)}
    gone = LetGo()
    for name in files:
        if name not in needed:
            size, captures = archive.measure(name) or 0, _note_removal(store, name, now)
            pass_point("removal noted")
            archive.drop_file(name)
            gone = LetGo(gone.files + 1, gone.captures + captures, gone.size + size)
    if gone.files:
        log.info("%d old captures were removed, %d bytes", gone.captures, gone.size)
    return gone


def _list_days(archive: Archive) -> list[str]:
    return sorted({_find_day(name) for name in archive.list_files()} - {_NO_DAY})


def _find_day(name: str) -> str:
    """Return the UTC day of a file of captures; what has none is of no day, and stays."""
    found = _DAY.search(name)
    return found[1] if found else _NO_DAY


def _note_removal(store: Store, name: str, now: datetime) -> int:
    """Add a link for each capture of a file whose bytes will go; once only, after a crash too."""
    sql = "select record_id from capture where record_id >= ? and record_id < ?"
    rows = store.db.query(sql, [f"{name}#", f"{name}$"])
    with store.db.immediate():
        links = [store.chain.find(LinkKind.CAPTURE, row["record_id"]) for row in rows]
        going = [link for link in links if link and not store.chain.is_removed(BYTES, link)]
        return store.chain.append_all(
            ((LinkKind.REMOVAL, f"{BYTES} {link.subject}") for link in going), now
        )
