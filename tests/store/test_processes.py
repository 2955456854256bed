"""The notices of one purchase are one process, by its number and its buyer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from monitor.models import Notice, Verdict
from monitor.store import Store

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path) as found:
        yield found


def make_notice(number: str, buyer: str = "样例市公安局") -> Notice:
    return Notice("https://example.org/1", "样例公告", buyer=buyer, project_number=number)


@pytest.mark.parametrize(
    ("first", "second", "joined"),
    [
        (("YLCG-2026-0117", "样例市公安局"), ("YLCG-2026-0117", "样例市公安局"), True),
        (
            ("YLCG-2026-0117", "样例市公安局"),
            ("ＹＬＣＧ－２０２６－０１１７", "样例市公安局"),
            True,
        ),
        (("YLCG-2026-0117", "样例市公安局"), ("YLCG-2026-0118", "样例市公安局"), False),
        (("2026-001", "样例市公安局"), ("2026-001", "样例县看守所"), False),
    ],
)
def test_notices_of_one_number_and_buyer_are_one_purchase(
    store: Store, first: tuple[str, str], second: tuple[str, str], joined: bool
) -> None:
    links = [store.processes.link(make_notice(*one), Verdict.NONE) for one in (first, second)]
    assert None not in links
    assert (links[0] == links[1]) is joined


@pytest.mark.parametrize("number", ["", "1", "无"])
def test_a_notice_without_a_number_of_its_own_is_linked_to_nothing(
    store: Store, number: str
) -> None:
    assert store.processes.link(make_notice(number), Verdict.ALERT) is None


def test_a_purchase_has_the_highest_verdict_and_remembers_when_it_was_told(store: Store) -> None:
    for verdict in (Verdict.NONE, Verdict.ALERT, Verdict.REVIEW):
        process = store.processes.link(make_notice("YLCG-2026-0117"), verdict)
    store.processes.note_told(process, NOW)
    (row,) = store.db.query("select verdict, last_told_at from process")
    assert (row["verdict"], str(row["last_told_at"])[:10]) == ("alert", "2026-11-22")
