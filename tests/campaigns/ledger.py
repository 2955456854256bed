"""Compare what the world showed with what its receivers accepted, and with what is on disk."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from monitor.archive import Archive
from monitor.errors import StoreError
from monitor.evidence.verify import Verifier
from monitor.store import Store
from tests.campaigns.outside import RECEIVERS, Post, is_told
from tests.portals.sites.base import Fact


@dataclass(frozen=True)
class Ledger:
    """What came of every notice that must be told.

    `doubled` are copies that do not say that they may be one, `resent` those that do, `flaws`
    what is wrong with the files. `due` counts pairs of alert and receiver.
    """

    due: int
    lost: tuple[str, ...]
    doubled: tuple[str, ...]
    resent: int
    flaws: tuple[str, ...]

    def list_failures(self) -> list[str]:
        """Return a line for each thing that breaks a promise."""
        return [
            *(f"lost: {one}" for one in self.lost),
            *(f"doubled: {one}" for one in self.doubled),
            *self.flaws,
        ]


def draw_balance(state: Path, facts: Sequence[Fact], posts: Sequence[Post]) -> Ledger:
    """Return the ledger of a state folder that nothing runs on; what is told has even numbers."""
    with closing(sqlite3.connect(state / "monitor.db")) as db:
        flaws = [*_check_database(db), *_check_captures(db, state)]
        alerts = _find_alerts(db, facts)
    flaws += _verify(state)
    accepted = {(post.receiver, alert) for post in posts for alert in post.alerts}
    lost = [
        f"notice {number} at {receiver}: {'not accepted' if alert else 'no alert in the store'}"
        for number, alert in alerts.items()
        for receiver in RECEIVERS
        if (receiver, alert) not in accepted
    ]
    resent, doubled = _count_copies(posts)
    due = len(alerts) * len(RECEIVERS)
    return Ledger(due, tuple(lost), tuple(doubled), resent, tuple(flaws))


def _find_alerts(db: sqlite3.Connection, facts: Sequence[Fact]) -> dict[int, str]:
    """Return for each notice that must be told the alert that tells its last version, or ''."""
    found = {}
    rows = db.execute("select id, content from alert where kind = 'notice'").fetchall()
    by_model = {match[1]: alert for alert, content in rows if (match := _MODEL.search(content))}
    for fact in facts:
        if is_told(fact.number):
            found[fact.number] = by_model.get(fact.item[2], "")
    return found


_MODEL = re.compile(r'"model":"(ST\d+VX\d+)"')


def _count_copies(posts: Sequence[Post]) -> tuple[int, list[str]]:
    """Return how many copies said that they may be one, and those that did not.

    A copy of a whole message must have its key too, where its channel carries keys.
    """
    seen, resent, doubled = dict[tuple[str, str], Post](), 0, []
    for post in posts:
        for alert in post.alerts:
            first = seen.setdefault((post.receiver, alert), post)
            if first is post:
                continue
            resent += post.says_copy
            if not post.says_copy:
                doubled.append(f"alert {alert} at {post.receiver}")
            elif post.alerts == first.alerts and post.key != first.key:
                doubled.append(f"alert {alert} at {post.receiver} with another key")
    return resent, doubled


def _verify(state: Path) -> list[str]:
    """Return what `tender-monitor verify` finds; a note, such as a torn tail, is no flaw."""
    with Store.open(state) as store:
        found = Verifier(store, Archive(state)).run()
        return [f"verify: {finding}" for finding in found if not finding.note]


def _check_database(db: sqlite3.Connection) -> Iterator[str]:
    for (line,) in db.execute("pragma integrity_check"):
        if line != "ok":
            yield f"integrity_check: {line}"
    for table, row, parent, _ in db.execute("pragma foreign_key_check"):
        yield f"foreign key of {table} row {row} to {parent}"


def _check_captures(db: sqlite3.Connection, state: Path) -> Iterator[str]:
    """Yield the captures that a row names and that are not there as they were written."""
    archive = Archive(state)
    for record, sha256, packed in db.execute("select record_id, sha256, packed from capture"):
        try:
            capture = archive.read(record)
        except StoreError as error:
            yield f"capture: {error}"
            continue
        if (capture.sha256, capture.packed) != (sha256, packed):
            yield f"capture {record}: not the bytes that its row names"
