"""The notices of one purchase are one process, by its number and its buyer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from monitor.models import Notice, Verdict
from monitor.store import Store


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


def test_a_purchase_has_the_highest_verdict_of_its_notices(store: Store) -> None:
    notice = make_notice("YLCG-2026-0117")
    assert store.processes.find(notice) is None
    for verdict in (Verdict.NONE, Verdict.ALERT, Verdict.REVIEW):
        process = store.processes.link(notice, verdict)
    assert store.processes.find(notice) == process
    (row,) = store.db.query("select verdict from process")
    assert row["verdict"] == "alert"


def test_messages_about_one_purchase_have_one_thread_and_no_other_has_it(store: Store) -> None:
    first, second = (
        store.processes.link(make_notice(number), Verdict.ALERT) for number in ("YL-01", "YL-02")
    )
    thread = store.processes.name_thread(first, 1)
    assert thread == store.processes.name_thread(first, 2)
    others = {store.processes.name_thread(*one) for one in ((second, 1), (None, 1), (None, 2))}
    assert len(others | {thread}) == 4
