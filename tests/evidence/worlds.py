"""A state folder as a few days leave it, and ways to alter it behind the program's back."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

from monitor.archive import Archive
from monitor.errors import StoreError
from monitor.evidence.verify import Finding, Head, Verifier
from monitor.store import FILE_NAME, Store
from monitor.store.judgements import Judgement, MuteKind
from tests.kit.house import House, make_award, make_chairs, open_house


def fill_state(folder: Path, *, days: int = 3) -> Path:
    """Return a state folder with some days of captures, decisions, alerts, deliveries and what
    readers said of them.
    """
    with open_house(folder, [make_chairs(1), make_award(2)]) as house:
        for day in range(days):
            house.portal.add(make_award(10 + 2 * day))
            house.portal.add(make_award(11 + 2 * day))
            house.poll()
            if not day:
                judge_some(house)
            deliver_all(house)
            house.clock.pass_time(hours=24)
    settle_file(folder / "state" / FILE_NAME)
    return folder / "state"


def judge_some(house: House) -> None:
    """Let readers judge two alerts and mute two things."""
    judgements, now = house.rooms.store.judgements, house.clock()
    rows = house.rooms.store.db.query("select id from alert where kind = 'notice' order by id")
    judgements.judge(rows[0]["id"], Judgement.NEGATIVE, "a service for old devices", now)
    judgements.judge(rows[1]["id"], Judgement.POSITIVE, "", now)
    judgements.mute(MuteKind.ENTRY, "cisco", "known", now, now + timedelta(days=30))
    judgements.mute(MuteKind.PROCESS, "SAMPLE-2026-77", "", now)


def deliver_all(house: House) -> int:
    """Let every message that is due be accepted; return how many deliveries that were."""
    alerts, count = house.rooms.store.alerts, 0
    while batch := alerts.lease("terminal", "test", house.clock(), timedelta(minutes=10)):
        alerts.mark_sent(batch, house.clock())
        count += len(batch)
    return count


def settle_file(path: Path) -> None:
    """Bring all of a database into its one file, which can then be read without others."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("pragma journal_mode = delete")


@contextmanager
def alter(state: Path) -> Iterator[sqlite3.Connection]:
    """Give a connection that no rule of the program binds, and commit."""
    with closing(sqlite3.connect(state / FILE_NAME)) as connection:
        connection.text_factory = bytes
        yield connection
        connection.commit()


def find_problems(state: Path, *, quick: bool = False, heads: Iterable[Head] = ()) -> list[str]:
    """Return what `verify` says is wrong; a database that cannot be opened is wrong too."""
    return [str(one) for one in find_all(state, quick=quick, heads=heads) if not one.note]


def find_all(state: Path, *, quick: bool = False, heads: Iterable[Head] = ()) -> list[Finding]:
    """Return problems and notes."""
    try:
        with Store.open(state, read_only=True) as store:
            return list(Verifier(store, Archive(state), quick=quick, heads=heads).run())
    except StoreError as error:
        return [Finding(FILE_NAME, str(error))]
