"""Twins: copies of a notice are found by title or number, kept together, and told once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import sqlite_utils

from monitor.models import (
    Capture,
    Hit,
    Listing,
    Match,
    Notice,
    Reason,
    Stance,
    Strength,
    Tag,
    Verdict,
    ZoneKind,
)
from monitor.store import Store
from monitor.store.alerts import AlertKind, NewAlert
from monitor.store.migrations import MIGRATIONS
from monitor.store.notices import Triage
from monitor.store.twins import Group, Link
from monitor.text.sketches import Sketch

NOW = datetime(2026, 11, 22, tzinfo=UTC)
CAPTURE = Capture("", "", NOW, 200, (), b"", "", record_id="file#0+1")
HIT = Hit("seagate", "希捷", Strength.STRONG, ZoneKind.ITEM, "items[0].brand", 0, 2, "希捷",
          Stance.SUPPLIED, "named in the award's item")  # fmt: skip
MATCH = Match(Verdict.ALERT, Reason.FIRST_MATCH, 0.9, True, None, (HIT,), (), "f1")
SKETCH = Sketch(
    title="视频存储扩容",
    number="ylcg20260117",
    buyer="样例市公安局",
    stage="award",
    day=date(2026, 11, 20),
    suppliers=("样例云帆科技有限公司",),
    items=(("监控硬盘", "st8000vx004"),),
    size=20,
    words=tuple(range(20)),
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path) as opened:
        for name in ("national", "province", "agent"):
            opened.sources.ensure(name, sample=False)
        yield opened


def save(store: Store, source: str, sketch: Sketch = SKETCH, identity: str = "1") -> Group | None:
    """Save a notice with this sketch at a source; return the group that it joined."""
    url = f"https://{source}.example.cn/{identity}"
    listing = store.notices.diff(source, [Listing(identity, url, "t")])
    if listing.new:
        row = Listing(identity, url, "t", published_raw="2026-11-20")
        store.notices.keep_listing(source, row, Triage(True, "test"), "", NOW)
    listing_id = find_listing(store, url)
    group = store.twins.find_group(listing_id, source, sketch)
    notice = Notice(url, f"t{len(sketch.words)}", Tag.AWARD)
    notice_id, _, _ = store.notices.save_version(
        listing_id, notice, MATCH, CAPTURE,
        decision="", process=None, watchlists="", now=NOW,
    )  # fmt: skip
    store.twins.keep(listing_id, notice_id, sketch, group, NOW)
    return group


def find_listing(store: Store, url: str) -> int:
    row = store.notices.find_listing(url)
    assert row is not None
    return int(row["id"])


def tell(store: Store, url: str, *receivers: str) -> None:
    notice = store.notices.find_notice(url)
    assert notice is not None
    content = {"url": url, "links": [{"source": "x", "url": url}]}
    alert = NewAlert(
        f"a-{url}", AlertKind.NOTICE, None, notice["id"], "alert", "", "f1", False, content
    )
    store.alerts.enqueue(alert, receivers, NOW)


def list_groups(store: Store) -> list[int]:
    return [row["same_as"] for row in store.db.query("select same_as from twin order by listing")]


@pytest.mark.parametrize(
    "copy",
    [
        SKETCH,
        replace(SKETCH, number=""),
        replace(SKETCH, title="另一标题"),
        replace(SKETCH, day=date(2026, 11, 25)),
        replace(SKETCH, suppliers=()),
    ],
    ids=["all", "title", "number", "days later", "no supplier"],
)
def test_a_copy_at_another_source_joins_the_first(store: Store, copy: Sketch) -> None:
    assert save(store, "national") is None
    group = save(store, "province", copy)
    assert group is not None
    assert group.why.startswith("same ")
    assert list_groups(store) == [1, 1]
    links = store.twins.find_links(find_listing(store, "https://province.example.cn/1"))
    assert links == [
        Link("national", "https://national.example.cn/1"),
        Link("province", "https://province.example.cn/1", group.why),
    ]


@pytest.mark.parametrize(
    "other",
    [
        replace(SKETCH, lots=("2",)),
        replace(SKETCH, round=2),
        replace(SKETCH, stage="contract"),
        replace(SKETCH, suppliers=("样例远志商贸有限公司",)),
        replace(SKETCH, day=date(2026, 12, 20)),
        replace(SKETCH, title="", number=""),
    ],
    ids=["lot", "round", "stage", "supplier", "month", "nothing in common"],
)
def test_another_notice_stays_alone(store: Store, other: Sketch) -> None:
    save(store, "national")
    assert save(store, "province", other) is None
    assert list_groups(store) == [1, 2]


def test_one_source_shows_a_notice_twice_only_where_all_is_equal(store: Store) -> None:
    save(store, "national")
    assert save(store, "national", replace(SKETCH, day=date(2026, 11, 21)), "2") is None
    group = save(store, "national", SKETCH, "3")
    assert group == Group(1, "one portal shows the same notice under two ids")
    assert list_groups(store) == [1, 2, 1]


def test_a_group_takes_nobody_whom_one_of_it_speaks_against(store: Store) -> None:
    """A title alone fits two lots; it must not tie them together."""
    bare = replace(SKETCH, suppliers=(), number="", size=0, words=())
    save(store, "national", SKETCH)
    assert save(store, "agent", bare) is not None
    assert save(store, "province", replace(SKETCH, suppliers=("样例远志商贸有限公司",))) is None
    assert list_groups(store) == [1, 1, 3]


def test_a_group_takes_one_that_is_the_same_as_any_of_it(store: Store) -> None:
    bare = replace(SKETCH, suppliers=(), items=(), number="", size=0, words=())
    save(store, "agent", bare)
    assert save(store, "national", SKETCH) is not None
    assert save(store, "province", replace(SKETCH, day=date(2026, 11, 24))) is not None
    assert list_groups(store) == [1, 1, 1]


def test_a_new_version_keeps_its_group_and_one_that_was_alone_may_join(store: Store) -> None:
    save(store, "national")
    save(store, "province", replace(SKETCH, title="", number=""))
    assert list_groups(store) == [1, 2]
    assert save(store, "province") is not None
    assert list_groups(store) == [1, 1]
    save(store, "national", replace(SKETCH, title="改名", number="", words=tuple(range(15))))
    assert list_groups(store) == [1, 1]
    assert store.db.query("select max(version) as n from notice where listing = 1")[0]["n"] == 2


def test_what_was_told_of_twins_is_known_with_its_hits_and_receivers(store: Store) -> None:
    save(store, "national")
    tell(store, "https://national.example.cn/1", "anna", "desk")
    save(store, "province")
    own, twin = (find_listing(store, f"https://{n}.example.cn/1") for n in ("national", "province"))
    assert store.twins.list_told(1, own) == []
    (told,) = store.twins.list_told(1, twin)
    assert (told.verdict, told.fingerprint) == (Verdict.ALERT, "f1")
    assert told.hits == {("seagate", "supplied", "希捷")}
    assert told.receivers == {"anna", "desk"}


def test_an_alert_gets_the_links_of_twins_until_it_is_sent(store: Store) -> None:
    save(store, "national")
    tell(store, "https://national.example.cn/1", "desk")
    save(store, "province")
    first = '"links":[{"source":"national","url":"https://national.example.cn/1"},'
    both = first + '{"source":"province","url":"https://province.example.cn/1"}]'
    assert both in read_content(store)
    store.db.execute("update delivery set state = 'sent'")
    save(store, "agent")
    assert both in read_content(store)


def read_content(store: Store) -> str:
    return str(store.db.query("select content from alert")[0]["content"])


def test_candidates_are_looked_up_by_index(store: Store) -> None:
    for column in ("title", "number"):
        plan = store.db.query(
            f"explain query plan select listing from twin where {column} = 'x' "  # noqa: S608
            "and stage = 'award' and (day is null or day between '1' and '2') order by day desc"
        )
        assert "USING INDEX twin_" in plan[0]["detail"].replace("COVERING ", "")


def test_a_store_of_before_gets_the_table_and_keeps_its_rows(tmp_path: Path) -> None:
    old = sqlite_utils.Database(tmp_path / "monitor.db")
    MIGRATIONS.apply(old, stop_before="m0002_join_notices")
    old.execute("insert into source (name) values ('national')")
    old.conn.commit()
    old.close()
    with Store.open(tmp_path) as store:
        assert save(store, "national") is None
        assert list_groups(store) == [1]


def test_a_source_that_is_deleted_leaves_no_twin(store: Store) -> None:
    save(store, "national")
    save(store, "province")
    store.db.execute("delete from source where name = 'national'")
    assert [link.source for link in store.twins.list_links(1)] == ["province"]
