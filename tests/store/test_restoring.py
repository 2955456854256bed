"""After a restore, what waits says that it may be a second copy, and a source's first round too."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from monitor.store import Store
from monitor.store.alerts import AlertKind, NewAlert
from monitor.store.restoring import head_resumed, note_restored

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
MADE, RESTORED = NOW + timedelta(hours=1), NOW + timedelta(days=2)
LEASE = timedelta(minutes=10)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path) as store:
        store.sources.ensure("ccgp", sample=False)
        yield store


def enqueue(store: Store, name: str, **more: str) -> None:
    alert = NewAlert(name, AlertKind.SELF, None, None, "self", "R", "f", False, {"subject": name})
    store.alerts.enqueue(alert, ["desk"], NOW, **more)  # type: ignore[arg-type]


def test_what_waited_in_a_backup_may_be_a_second_copy(store: Store) -> None:
    enqueue(store, "sent")
    store.alerts.mark_sent(store.alerts.lease("desk", "test", NOW, LEASE), NOW)
    enqueue(store, "held", digest="baseline:ccgp")
    enqueue(store, "leased")
    store.alerts.lease("desk", "test", NOW, LEASE)
    enqueue(store, "waiting")
    assert note_restored(store.db, "20261122T130000Z", MADE, RESTORED) == 3
    store.alerts.free_leases(RESTORED)
    store.alerts.release("baseline:ccgp", RESTORED)
    again: dict[str, bool] = {}
    while batch := store.alerts.lease("desk", "test", RESTORED, LEASE):
        again |= {one.alert: one.unconfirmed for one in batch}
        store.alerts.mark_sent(batch, RESTORED)
    assert again == {"held": True, "leased": True, "waiting": True}
    enqueue(store, "new")
    assert [d.unconfirmed for d in store.alerts.lease("desk", "test", RESTORED, LEASE)] == [False]


@pytest.mark.parametrize(
    ("baseline", "horizon", "heads"),
    [
        (None, None, False),  # never read whole: a first round is quiet anyway
        (NOW, None, True),
        (NOW, NOW, True),
        (NOW, RESTORED - timedelta(seconds=1), True),
        (NOW, RESTORED, False),  # read whole since
        (NOW, RESTORED + timedelta(hours=6), False),
        (RESTORED + timedelta(hours=1), NOW, False),  # added since
    ],
)
def test_a_source_resumes_until_it_was_read_whole(
    baseline: datetime | None, horizon: datetime | None, heads: bool, store: Store
) -> None:
    note_restored(store.db, "20261122T130000Z", MADE, RESTORED)
    if baseline is not None:
        store.sources.finish_baseline("ccgp", baseline)
    if horizon is not None:
        store.sources.move_horizon("ccgp", horizon)
    heading = head_resumed(store.db, store.sources.get("ccgp"))
    said = "ccgp, restored from a backup of 2026-11-22 13:00 UTC: may repeat what was told since"
    assert heading == (said if heads else "")


def test_a_database_that_was_never_restored_has_no_such_heading(store: Store) -> None:
    store.sources.finish_baseline("ccgp", NOW)
    assert head_resumed(store.db, store.sources.get("ccgp")) == ""


def test_a_restore_is_a_link_of_the_chain(store: Store) -> None:
    note_restored(store.db, "20261122T130000Z", MADE, RESTORED)
    head = store.chain.head()
    assert head is not None
    assert (head.kind, head.subject) == ("restore", "20261122T130000Z")
