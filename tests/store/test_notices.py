"""The diff: known, new and changed, by an id of raw source values."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.models import Listing
from monitor.store import Store
from monitor.store.notices import Notices, Triage

NOW = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture
def notices(tmp_path: Path) -> Iterator[Notices]:
    with Store.open(tmp_path) as store:
        store.sources.ensure("local", sample=False)
        yield store.notices


def make_listing(identity: str, title: str = "title", date: str = "2026-11-22") -> Listing:
    return Listing(identity, f"https://example.org/{identity}", title, published_raw=date)


def keep(notices: Notices, *listings: Listing, opens: bool = False) -> None:
    for listing in listings:
        notices.keep_listing("local", listing, Triage(opens, "test"), "file#0+1", NOW)


def test_new_changed_and_known_are_told_apart(notices: Notices) -> None:
    keep(notices, make_listing("a"), make_listing("b"), make_listing("c"))
    rows = [
        make_listing("a"), make_listing("b", title="other"), make_listing("c", date="2026-11-23"),
        make_listing("d"),
    ]  # fmt: skip
    diff = notices.diff("local", rows)
    assert (diff.new, diff.changed, diff.known) == (("d",), ("b", "c"), ("a",))


def test_a_region_or_buyer_that_comes_and_goes_is_no_change(notices: Notices) -> None:
    keep(notices, make_listing("a"))
    row = Listing("a", "https://other.example/a", "title", published_raw="2026-11-22", buyer="x")
    assert notices.diff("local", [row]).known == ("a",)


def test_a_row_that_stands_twice_counts_once(notices: Notices) -> None:
    assert notices.diff("local", [make_listing("a"), make_listing("a")]).new == ("a",)


def test_the_same_id_at_another_source_is_another_listing(notices: Notices) -> None:
    keep(notices, make_listing("a"))
    assert notices.diff("other", [make_listing("a")]).new == ("a",)


def test_a_changed_row_keeps_its_old_value_and_waits_again(notices: Notices) -> None:
    keep(notices, make_listing("a"), opens=True)
    notices.mark_opened(notices.list_waiting("local", NOW, 9)[0].id)
    keep(notices, make_listing("a", title="after"), opens=True)
    changes = notices.db.query("select field, old, new from listing_change")
    assert [tuple(row.values()) for row in changes] == [("title", "title", "after")]
    assert [row.listing.title for row in notices.list_waiting("local", NOW, 9)] == ["after"]


def test_a_failed_opening_waits_its_turn_and_then_gives_up(notices: Notices) -> None:
    keep(notices, make_listing("a"), opens=True)
    stored = notices.list_waiting("local", NOW, 9)[0]
    later = NOW + timedelta(minutes=10)
    notices.postpone(stored.id, "HTTP 502", later, poison=False)
    assert notices.list_waiting("local", NOW, 9) == []
    assert notices.list_waiting("local", later, 9)[0].attempts == 1
    week = later + timedelta(days=7)
    notices.postpone(stored.id, "HTTP 404", week, poison=True)
    assert notices.list_waiting("local", week - timedelta(seconds=1), 9) == []
    assert [row.state for row in notices.list_waiting("local", week, 9)] == ["poison"]


def test_an_outage_of_the_host_is_no_failed_try(notices: Notices) -> None:
    keep(notices, make_listing("a"), opens=True)
    stored = notices.list_waiting("local", NOW, 9)[0]
    notices.defer(stored.id, "HTTP 502", NOW + timedelta(minutes=10))
    assert notices.list_waiting("local", NOW, 9) == []
    assert notices.count_failing("local") == 1
    assert notices.list_waiting("local", NOW + timedelta(minutes=10), 9)[0].attempts == 0


def test_another_buyer_is_a_change_and_the_new_one_is_kept(notices: Notices) -> None:
    first = Listing("a", "https://example.org/a", "title", buyer="样例市第一中学")
    keep(notices, first)
    row = Listing("a", "https://example.org/a", "title", buyer="样例市公安局")
    assert notices.diff("local", [row]).changed == ("a",)
    keep(notices, row, opens=True)
    assert notices.list_waiting("local", NOW, 9)[0].listing.buyer == "样例市公安局"


@settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(identity=st.text(min_size=1, max_size=40), title=st.text(max_size=80))
def test_any_text_that_was_kept_is_known_the_next_time(
    notices: Notices, identity: str, title: str
) -> None:
    row = make_listing(identity, title)
    keep(notices, row)
    diff = notices.diff("local", [row])
    assert (diff.new, diff.changed) == ((), ())
