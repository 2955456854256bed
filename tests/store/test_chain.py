"""The chain: each link follows from the one before it and stands for a row as it was written."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.archive import Archive
from monitor.evidence.verify import Verifier
from monitor.models import Capture
from monitor.store import FILE_NAME, Store
from monitor.store.alerts import AlertKind, NewAlert
from monitor.store.chain import BYTES, GENESIS, LinkKind, digest_facts, hash_link
from monitor.store.judgements import Judgement, MuteKind

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path) as store:
        store.sources.ensure("ccgp", sample=False)
        yield store


def keep_capture(store: Store, number: int, source: str = "ccgp") -> str:
    """Note a capture that lies nowhere; return its id."""
    record_id = f"captures/{source}/2026-11-22.warc.gz#{number * 10}+10"
    capture = Capture(
        url="http://portal.example/", final_url="http://portal.example/", fetched_at=NOW,
        status=200, headers=(), body=b"", sha256="a" * 64, tls="verified", peer="1.2.3.4:443",
        record_id=record_id, packed="b" * 64,
    )  # fmt: skip
    store.sources.keep_capture(source, capture)
    return record_id


def make_alert(name: str) -> NewAlert:
    return NewAlert(name, AlertKind.SELF, "ccgp", None, "self", "R", "f", False, {"subject": name})


def test_each_link_follows_from_the_one_before_it(store: Store) -> None:
    for number in range(3):
        keep_capture(store, number)
    before = GENESIS
    for number, link in enumerate(store.chain.walk(), 1):
        assert link.number == number
        assert link.link == hash_link(
            before, number, link.at, "capture", link.subject, link.digest
        )  # fmt: skip
        before = link.link
    head = store.chain.head()
    assert head is not None
    assert (head.number, head.link, str(head)) == (3, before, f"3:{before}")


@pytest.mark.parametrize("count", [0, 1, 999, 1000, 1001, 2500])
def test_a_long_chain_is_walked_once_and_in_order(count: int, store: Store) -> None:
    links = ((LinkKind.REMOVAL, f"capture {number}") for number in range(count))
    assert store.chain.append_all(links, NOW) == count
    assert [link.number for link in store.chain.walk()] == list(range(1, count + 1))
    assert [link.number for link in store.chain.walk(990)] == list(range(990, count + 1))


def test_a_link_stands_for_its_row_as_it_is_written(store: Store) -> None:
    record_id = keep_capture(store, 1)
    link = store.chain.find(LinkKind.CAPTURE, record_id)
    assert link is not None
    facts = store.chain.read_facts(LinkKind.CAPTURE, record_id)
    assert facts is not None
    assert facts["packed"] == "b" * 64
    assert digest_facts(facts) == link.digest
    store.db.execute("update capture set status = 404")
    assert digest_facts(store.chain.read_facts(LinkKind.CAPTURE, record_id) or {}) != link.digest


def test_a_row_and_its_link_are_written_together_or_not_at_all(store: Store) -> None:
    def write_and_fail() -> None:
        with store.db.immediate():
            keep_capture(store, 1)
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError):
        write_and_fail()
    assert (store.chain.head(), store.db.query("select * from capture")) == (None, [])


def test_the_same_capture_noted_twice_is_one_link(store: Store) -> None:
    keep_capture(store, 1)
    keep_capture(store, 1)
    assert len(list(store.chain.walk())) == 1


def test_a_delivery_is_linked_when_it_is_accepted(store: Store) -> None:
    store.alerts.enqueue(make_alert("a"), ["desk", "chat"], NOW)
    batch = store.alerts.lease("desk", "test", NOW, timedelta(minutes=1))
    store.alerts.mark_sent(batch, NOW)
    kinds = [(link.kind, link.subject) for link in store.chain.walk()]
    assert kinds == [("alert", "a"), ("delivery", "a desk")]
    facts = store.chain.read_facts(LinkKind.DELIVERY, "a desk")
    assert facts is not None
    assert facts["receiver"] == "desk"
    assert store.chain.read_facts(LinkKind.DELIVERY, "a chat") is None


def test_what_readers_say_is_linked_as_often_as_they_say_it(store: Store) -> None:
    notice = replace(make_alert("a"), kind=AlertKind.NOTICE)
    store.alerts.enqueue(notice, ["desk"], NOW)
    said = store.judgements
    assert said.judge("a", Judgement.NEGATIVE, "old devices", NOW)
    said.mute(MuteKind.ENTRY, "cisco", "known", NOW)
    said.mute(MuteKind.ENTRY, "cisco", "known well", NOW)
    assert [said.unmute(MuteKind.ENTRY, "cisco", NOW) for _ in range(2)] == [True, False]
    assert [(link.kind, link.subject) for link in store.chain.walk()] == [
        ("alert", "a"), ("judgement", "1"), ("mute", "entry cisco"), ("mute", "entry cisco"),
        ("removal", "mute entry cisco"),
    ]  # fmt: skip
    muted = store.chain.find(LinkKind.MUTE, "entry cisco")
    assert muted is not None
    assert store.chain.is_removed(LinkKind.MUTE, muted)
    said.mute(MuteKind.ENTRY, "cisco", "once more", NOW)
    again = store.chain.find(LinkKind.MUTE, "entry cisco")
    assert again is not None
    assert not store.chain.is_removed(LinkKind.MUTE, again)
    store.chain.remove_source("ccgp", NOW)
    removed = [link.subject for link in store.chain.walk(6) if link.kind == "removal"]
    assert removed == ["alert a", "judgement 1"]


def test_a_row_in_the_place_of_one_that_was_taken_away_hides_nothing(store: Store) -> None:
    store.alerts.enqueue(replace(make_alert("a"), kind=AlertKind.NOTICE), ["desk"], NOW)
    store.judgements.judge("a", Judgement.NEGATIVE, "", NOW)
    store.db.execute("delete from judgement")
    store.judgements.judge("a", Judgement.POSITIVE, "", NOW)
    found = [str(one) for one in Verifier(store, Archive(store.db.path.parent)).run()]
    assert "link 2 (judgement 1): the row is gone, and another one has its id" in found


def test_what_a_source_brought_is_said_to_be_removed(store: Store) -> None:
    store.sources.ensure("other", sample=False)
    gone, left = keep_capture(store, 1), keep_capture(store, 1, "other")
    store.alerts.enqueue(make_alert("a"), ["desk"], NOW)
    batch = store.alerts.lease("desk", "test", NOW, timedelta(minutes=1))
    store.alerts.mark_sent(batch, NOW)
    assert store.chain.remove_source("ccgp", NOW) == 3
    removed = [link.subject for link in store.chain.walk() if link.kind == "removal"]
    assert removed == [f"capture {gone}", "alert a", "delivery a desk"]
    for subject, expected in ((gone, True), (left, False)):
        link = store.chain.find(LinkKind.CAPTURE, subject)
        assert link is not None
        assert store.chain.is_removed(LinkKind.CAPTURE, link) is expected
        assert not store.chain.is_removed(BYTES, link)


def test_a_name_that_comes_again_is_removed_no_more(store: Store) -> None:
    record_id = keep_capture(store, 1)
    store.chain.remove_source("ccgp", NOW)
    store.db.execute("delete from capture")
    keep_capture(store, 1)
    link = store.chain.find(LinkKind.CAPTURE, record_id)
    assert link is not None
    assert (link.number, store.chain.is_removed(LinkKind.CAPTURE, link)) == (3, False)


def test_rows_older_than_the_chain_are_linked_at_the_next_opening(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        store.sources.ensure("ccgp", sample=False)
        ids = [keep_capture(store, number) for number in range(3)]
        store.alerts.enqueue(make_alert("a"), ["desk"], NOW)
    with closing(sqlite3.connect(tmp_path / FILE_NAME)) as old:
        old.execute("delete from chain")
        old.execute("delete from vital")
        old.commit()
    for _ in range(2):
        with Store.open(tmp_path) as store:
            assert [link.subject for link in store.chain.walk()] == [*ids, "a"]
            assert list(store.chain.list_unlinked(LinkKind.ALERT)) == []


def test_a_chain_that_was_emptied_is_not_begun_anew(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        store.sources.ensure("ccgp", sample=False)
        record_id = keep_capture(store, 1)
        store.db.execute("delete from chain")
    with Store.open(tmp_path) as store:
        assert store.chain.head() is None
        assert list(store.chain.list_unlinked(LinkKind.CAPTURE)) == [record_id]


_PART = st.text(st.characters(exclude_characters="\n", exclude_categories=["Cs"]), max_size=8)


@given(st.tuples(_PART, _PART, _PART), st.tuples(_PART, _PART, _PART))
def test_other_parts_make_another_hash(
    one: tuple[str, str, str], two: tuple[str, str, str]
) -> None:
    hashes = {hash_link(GENESIS, 1, *parts, "d") for parts in (one, two)}
    assert len(hashes) == (1 if one == two else 2)


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ({"a": 1}, {"a": "1"}), ({"a": 1}, {"a": 1.0}), ({"a": None}, {"a": ""}),
        ({"a": "?"}, {"a": "\udcbf"}), ({"a": "b"}, {"b": "a"}), ({}, {"a": None}),
    ],
)  # fmt: skip
def test_other_facts_make_another_digest(one: dict[str, object], two: dict[str, object]) -> None:
    assert digest_facts(one) != digest_facts(two)
    assert digest_facts(one) == digest_facts(dict(reversed(one.items())))
