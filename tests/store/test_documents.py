"""Attachments in the store: what was read of each, and who waits for another look."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from monitor.models import Listing
from monitor.store import Store
from monitor.store.notices import Triage

NOW = datetime(2026, 11, 22, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path) as store:
        store.sources.ensure("local", sample=False)
        row = Listing("1", "http://a.example/1", "中标公告", content="<p>全文</p>")
        store.notices.keep_listing("local", row, Triage(True, "opened"), "r#1", NOW)
        yield store


def describe(name: str, **changes: Any) -> Mapping[str, Any]:
    facts = {"read": True, "why": "", "kind": "pdf", "record_id": "r#2", "sha256": "ab"}
    return {"name": name, "url": f"http://a.example/{name}", **facts, **changes}


def list_due(store: Store, at: datetime) -> list[int]:
    store.db.execute("update listing set state = 'opened'")
    return [stored.id for stored in store.notices.list_waiting("local", at, 9)]


def test_another_look_replaces_what_was_known_of_a_notices_files(store: Store) -> None:
    store.documents.keep(1, [describe("a"), describe("b", read=False, why="HTTP 404")], NOW)
    store.documents.keep(1, [describe("b")], NOW + HOUR)
    (row,) = store.documents.list_for(1)
    assert (row["name"], row["read"], row["why"]) == ("b", 1, "")
    assert row["tried_at"].startswith("2026-11-22T01")


def test_a_file_that_a_notice_links_to_twice_is_one(store: Store) -> None:
    store.documents.keep(1, [describe("a"), describe("a", read=False)], NOW)
    assert [row["read"] for row in store.documents.list_for(1)] == [1]


def test_text_that_the_database_cannot_hold_is_no_end(store: Store) -> None:
    store.documents.keep(1, [describe("a\x00\ud800", why="\ud800")], NOW)
    assert [row["name"] for row in store.documents.list_for(1)] == ["a?"]


def test_a_notice_is_due_again_when_its_recheck_is(store: Store) -> None:
    assert list_due(store, NOW) == []
    store.documents.plan_recheck(1, NOW + HOUR)
    assert list_due(store, NOW + HOUR - timedelta(seconds=1)) == []
    assert list_due(store, NOW + HOUR) == [1]
    assert store.documents.count_rechecks(1) == 1


def test_a_notice_that_was_read_whole_waits_no_more_and_begins_to_count_anew(store: Store) -> None:
    store.documents.plan_recheck(1, NOW)
    store.documents.end_rechecks(1)
    assert list_due(store, NOW + 9 * HOUR) == []
    assert store.documents.count_rechecks(1) == 0


def test_a_recheck_that_is_the_last_leaves_nothing_due(store: Store) -> None:
    store.documents.plan_recheck(1, None)
    assert list_due(store, NOW + 9 * HOUR) == []
    assert store.documents.count_rechecks(1) == 1


def test_a_rows_own_text_is_kept_as_long_as_a_recheck_may_need_it(store: Store) -> None:
    store.notices.mark_opened(1)
    assert store.notices.find_row(1)["content"] == "<p>全文</p>"
    store.documents.end_rechecks(1)
    assert store.notices.find_row(1)["content"] == ""


def test_a_removed_listing_takes_its_attachments_with_it(store: Store) -> None:
    store.documents.keep(1, [describe("a")], NOW)
    store.db.execute("delete from source")
    assert store.documents.list_for(1) == []


def test_an_unknown_listing_was_never_rechecked(store: Store) -> None:
    assert store.documents.count_rechecks(99) == 0
