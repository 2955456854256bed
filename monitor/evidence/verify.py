"""Check that all is as it was written: the database, the chain, its rows, every captured byte.

What a chain cannot show by itself is that its newest links were cut off, or that an older state
was put back whole: for that, one needs a head noted elsewhere, in a message or a backup.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from monitor.alerting.policy import WITHHELD
from monitor.archive import Archive, Look, parse_id
from monitor.errors import StoreError, first_line
from monitor.store import BROKEN_VALUES, Store
from monitor.store.chain import (
    BYTES,
    GENESIS,
    ROW_KINDS,
    WRITTEN_ONCE,
    Link,
    LinkKind,
    digest_facts,
    hash_link,
)
from monitor.store.database import Row, read_time, write_json

# Threads note what they fetched a little out of order; a clock that was set back is more.
_OUT_OF_ORDER = timedelta(hours=1)
_SUBJECT_SHOWN = 200

Head = tuple[int, str]
"""Number and hash of a link."""


@dataclass(frozen=True)
class Finding:
    """One thing that is not as it was written; a `note` is odd and no sign of a change."""

    where: str
    what: str
    note: bool = False

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


@dataclass
class Tally:
    """What was looked at; `size` is the bytes of captures that were read.

    `removals` are the links that say that something was removed on purpose, by its kind.
    """

    links: int = 0
    captures: int = 0
    size: int = 0
    removed: int = 0
    problems: int = 0
    notes: int = 0
    head: Link | None = None
    removals: Counter[str] = field(default_factory=Counter)

    def list_removals(self, without: str = "") -> str:
        """Return what was removed on purpose, in words; "" where nothing was."""
        known = sorted(self.removals.items())
        return ", ".join(f"{number} of {kind}" for kind, number in known if kind != without)


class Verifier:
    """Check one state folder, or one backup, which is laid out alike.

    `quick` leaves the captures' bytes unread and looks at the files' sizes only. `heads` are
    links noted elsewhere: each must be in the chain.
    """

    def __init__(
        self, store: Store, archive: Archive, *, quick: bool = False,
        heads: Iterable[Head] = (),
    ) -> None:  # fmt: skip
        self.store, self.archive, self.chain = store, archive, store.chain
        self.quick, self.heads = quick, dict[int, set[str]]()
        for number, link in heads:
            self.heads.setdefault(number, set()).add(link)
        self.tally = Tally()

    def run(self) -> Iterator[Finding]:
        """Yield what is found, as it is found; `tally` is whole at the end."""
        with self.store.db.snapshot():
            yield from self._count(self._check_database())
            yield from self._count(_guard("chain", self._check_links()))
            yield from self._count(_guard("time stamps", self._check_stamps()))
            yield from self._count(_guard("database", self._check_rows()))
        # Outside the snapshot: what is written meanwhile has its bytes before its row.
        yield from self._count(_guard("captures", self._check_files()))

    def _count(self, found: Iterable[Finding]) -> Iterator[Finding]:
        for finding in found:
            if finding.note:
                self.tally.notes += 1
            else:
                self.tally.problems += 1
            yield finding

    # The database and the chain ---------------------------------------------------------------

    def _check_database(self) -> Iterator[Finding]:
        for damage in self.store.db.find_damage():
            yield Finding(self.store.db.path.name, damage)

    def _check_links(self) -> Iterator[Finding]:
        before, number, latest, backwards = GENESIS, 0, None, 0
        for link in self.chain.walk():
            if link.number != number + 1:
                yield Finding(_name_link(link), f"links {number + 1} to {link.number - 1} missing")
            if self.heads.pop(link.number, {link.link}) != {link.link}:
                yield Finding(_name_link(link), "not the link that was noted elsewhere")
            made = hash_link(
                before, link.number, link.at, link.kind, link.subject, link.digest
            )  # fmt: skip
            if made != link.link:
                yield Finding(_name_link(link), "its hash does not follow from the link before it")
            else:
                yield from _guard(_name_link(link), self._check_row(link))
                at = read_time(link.at)
                backwards += bool(latest and at and at < latest - _OUT_OF_ORDER)
                latest = at
            before, number = link.link, link.number
            yield from self._note_break(link)
            self.tally.links += 1
            self.tally.head = link
        if backwards:
            yield Finding("chain", f"the clock was set back {backwards} times", note=True)
        if gone := self.tally.list_removals(without=BYTES):
            yield Finding("chain", f"rows were removed on purpose: {gone}", note=True)
        for missing in sorted(self.heads):
            what = f"link {missing} was noted elsewhere, and the chain ends at {number}"
            yield Finding("chain", what)

    def _check_row(self, link: Link) -> Iterator[Finding]:
        """Compare the newest link of a subject with its row."""
        if link.kind not in ROW_KINDS:
            return
        kind = LinkKind(link.kind)
        newest = self.chain.find(kind, link.subject)
        if newest is None or newest.number != link.number:
            if kind in WRITTEN_ONCE and not self.chain.is_removed(kind, link):
                yield Finding(_name_link(link), "the row is gone, and another one has its id")
            return
        facts = self.chain.read_facts(kind, link.subject)
        if self.chain.is_removed(kind, link):
            self.tally.removed += 1
            if facts is not None:
                yield Finding(_name_link(link), "the row was removed, and it is there again")
        elif facts is None:
            yield Finding(_name_link(link), "the row is gone")
        elif digest_facts(facts) != link.digest:
            yield Finding(_name_link(link), "the row is not what was written")

    def _note_break(self, link: Link) -> Iterator[Finding]:
        """Note what the chain itself allows: whoever has the file could have written it so."""
        if link.kind == LinkKind.RESTORE:
            what = f"a backup was put back at {link.at}: what came after it is not in this chain"
            yield Finding(_name_link(link), what, note=True)
        elif link.kind == LinkKind.REMOVAL:
            self.tally.removals[link.subject.partition(" ")[0]] += 1

    def _check_stamps(self) -> Iterator[Finding]:
        """Look whether each time stamp is of its link; its signature needs other tools."""
        for stamp in self.store.stamps.list_from(1):
            link = next(self.chain.walk(stamp.number), None)
            made = hashlib.sha256(link.link.encode()).digest() if link else b""
            if link is None or link.number != stamp.number or made not in stamp.token:
                yield Finding(f"time stamp of link {stamp.number}", "it is of something else")

    def _check_rows(self) -> Iterator[Finding]:
        """Look for rows without a link, and for alerts that name no capture."""
        for kind in ROW_KINDS:
            for subject in self.chain.list_unlinked(kind):
                yield Finding(f"{kind} {subject[:_SUBJECT_SHOWN]}", "a row without a link")
        for row in self.store.db.stream(_UNPROVED):
            where = f"alert {row['id']}"
            yield Finding(where, f"names a capture that is unknown: {row['record_id']}")
        for row in self.store.db.stream(_UNSENT, [write_json(sorted(WITHHELD))]):
            # No link stands for a message that waits: what was taken away shows only here.
            what = f"goes to nobody, though its reason is {row['reason']}"
            yield Finding(f"alert {row['id']}", what, note=True)

    # The captures -----------------------------------------------------------------------------

    def _check_files(self) -> Iterator[Finding]:
        named = [row["name"] for row in self.store.db.query(_FILES)]
        for name in sorted({*self.archive.list_files(), *named}):
            yield from _guard(name, self.check_file(name))

    def check_file(self, name: str) -> Iterator[Finding]:
        """Yield what is found of one file of captures."""
        rows = self._list_rows(name)
        size = self.archive.measure(name)
        if size is None:
            yield from self._explain_missing(name, rows)
            return
        if self.quick:
            yield from self._check_size(name, size, rows)
            return
        yield from self._check_captures(name, rows)
        # A write that goes on has no line in the index yet: only what stays is told.
        tail = self.archive.find_tail(name)
        if tail[1] and tail == self.archive.find_tail(name):
            what = f"{tail[1]} bytes beyond the last whole capture, as a crash leaves them"
            yield Finding(f"{name} at {tail[0]}", what, note=True)

    def _list_rows(self, name: str) -> dict[str, Row]:
        """Return the capture rows of a file by record id; "$" is the sign after "#"."""
        sql = "select * from capture where record_id >= ? and record_id < ?"
        return {row["record_id"]: row for row in self.store.db.query(sql, [f"{name}#", f"{name}$"])}

    def _check_captures(self, name: str, rows: dict[str, Row]) -> Iterator[Finding]:
        unclaimed = 0
        for look in self.archive.look_through(name):
            row = rows.pop(look.record_id, None) or self._find_row(look.record_id)
            self.tally.captures += 1
            self.tally.size += parse_id(look.record_id)[2]
            unclaimed += row is None and not look.flaw
            yield from self._judge_look(look, row)
        for record_id, row in rows.items():
            yield Finding(_name_place(record_id), "the index does not name this capture")
            yield from self._judge_look(Look(record_id, self.archive.hash_bytes(record_id)), row)
        if unclaimed:
            what = (
                f"{unclaimed} captures unclaimed by any row: left by a crash or a restore, or new"
            )
            yield Finding(name, what, note=True)

    def _find_row(self, record_id: str) -> Row | None:
        """Return the row of a capture that was written while the check went on."""
        return self.store.db.first("select * from capture where record_id = ?", [record_id])

    def _judge_look(self, look: Look, row: Row | None) -> Iterator[Finding]:
        where = _name_place(look.record_id)
        if row is None or row["packed"] == look.digest:
            if look.flaw:
                # The row has just said that the bytes are right.
                line = "its line of the index: " if row is not None else ""
                yield Finding(where, line + look.flaw)
        elif row["packed"]:
            yield Finding(where, "not the bytes that were captured")
        else:
            yield from self._judge_body(look, row)

    def _judge_body(self, look: Look, row: Row) -> Iterator[Finding]:
        """Check a capture of before the chain, of which only the body's hash is known."""
        if look.flaw:
            yield Finding(_name_place(look.record_id), look.flaw)
        try:
            if self.archive.read(look.record_id).sha256 != row["sha256"]:
                yield Finding(_name_place(look.record_id), "not the body that was captured")
        except StoreError as error:
            yield Finding(_name_place(look.record_id), str(error))

    def _check_size(self, name: str, size: int, rows: Mapping[str, Row]) -> Iterator[Finding]:
        self.tally.captures += len(rows)
        known = {f"{name}#{p.offset}+{p.length}" for p in self.archive.list_places(name)}
        for record_id in rows:
            _, offset, length = parse_id(record_id)
            if offset + length > size:
                yield Finding(_name_place(record_id), f"the file ends before it, at {size}")
            if record_id not in known:
                yield Finding(_name_place(record_id), "the index does not name this capture")

    def _explain_missing(self, name: str, rows: Mapping[str, Row]) -> Iterator[Finding]:
        """Say which captures of a missing file nobody removed on purpose."""
        lost = [record_id for record_id in rows if not self._is_let_go(record_id)]
        self.tally.removed += len(rows) - len(lost)
        if lost:
            first = min(parse_id(record_id)[1] for record_id in lost)
            yield Finding(f"{name} at {first}", f"the file is missing, with {len(lost)} captures")
        elif not rows:
            yield Finding(name, "the captures of this index are missing")

    def _is_let_go(self, record_id: str) -> bool:
        link = self.chain.find(LinkKind.CAPTURE, record_id)
        return link is not None and self.chain.is_removed(BYTES, link)


_FILES = "select distinct substr(record_id, 1, instr(record_id, '#') - 1) as name from capture"
_UNPROVED = """
with named as (
  select id, json_extract(content, '$.evidence.record_id') as record_id from alert
  union all
  select alert.id, json_extract(one.value, '$.record_id')
    from alert, json_each(alert.content, '$.exhibits') as one)
select * from named where record_id <> ''
  and not exists (select 1 from capture where capture.record_id = named.record_id)
"""


_UNSENT = """
select id, reason from alert where kind = 'notice'
  and not exists (select 1 from delivery where delivery.alert = alert.id)
  and reason not in (select value from json_each(?))
"""


def _guard(where: str, found: Iterator[Finding]) -> Iterator[Finding]:
    """Pass findings on; what cannot be read any more is one of them."""
    try:
        yield from found
    except (StoreError, *BROKEN_VALUES) as error:
        yield Finding(where, f"cannot be read: {first_line(error)}")


def _name_link(link: Link) -> str:
    return f"link {link.number} ({link.kind} {link.subject[:_SUBJECT_SHOWN]})"


def _name_place(record_id: str) -> str:
    name, offset, _ = parse_id(record_id)
    return f"{name} at {offset}"
