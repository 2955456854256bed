"""The campaigns in their short form, each in a process of its own, and what runs them."""

from __future__ import annotations

import random
import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from tests.campaigns.__main__ import (
    BEGIN,
    END,
    Timed,
    list_campaigns,
    place_table,
    read_rows,
    update_page,
    write_row,
    write_table,
)
from tests.campaigns.diskimage import Call, Disk
from tests.campaigns.ledger import draw_balance
from tests.campaigns.outcome import Outcome
from tests.campaigns.outside import Post, make_fact
from tests.kit.house import START, make_award, open_house

# Run by the tests of their own rooms.
ELSEWHERE = ("peers", "ssrf", "tamper")
SHORT = [name for name in list_campaigns() if name not in ELSEWHERE]
# What a machine may lack, in the words of the campaign that needs it.
OBSTACLES = ("strace is missing", "nothing can be mounted")
_TIMED = re.compile(r"\d s (?:late|of)\b")
HELD = Outcome("storm", "nothing lost", 2000, (), {"lost": 0})


@pytest.mark.parametrize("name", SHORT)
def test_the_bar_holds_in_the_short_form(name: str) -> None:
    command = [sys.executable, "-m", "tests.campaigns", "--short", "--json", name]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    outcome = Outcome.from_json(done.stdout.splitlines()[-1]) if done.stdout else None
    lacking = [line for line in outcome.failures if line.startswith(OBSTACLES)] if outcome else []
    if lacking:
        pytest.skip(lacking[0])
    assert outcome is not None, done.stderr
    # `make campaign` holds these too; a busy machine is no bug, and no test asserts a time.
    failures = [line for line in outcome.failures if not _TIMED.search(line)]
    assert failures == [], done.stderr
    assert outcome.cases > 0


def test_every_campaign_says_its_bar_and_has_two_sizes() -> None:
    campaigns = list_campaigns()
    assert set(SHORT) <= campaigns.keys()
    for campaign in campaigns.values():
        assert campaign.BAR
        assert isinstance(campaign.SHORT, int)
        assert isinstance(campaign.FULL, int)


def test_a_campaign_without_cases_is_not_good() -> None:
    assert not Outcome("storm", "nothing lost", 0, (), {}).good


def test_an_outcome_survives_its_line_of_json() -> None:
    failed = Outcome("storm", "nothing lost", 3, ("lost: 样例",), {"p99 s": 0.5})
    assert Outcome.from_json(failed.to_json()) == failed
    assert "\n" not in failed.to_json()


def test_the_table_stands_between_its_markers_and_nothing_else_changes() -> None:
    page = f"# Reliability\n\n{BEGIN}\nold\n{END}\n\nMore.\n"
    table = write_table([write_row(Timed(HELD, 61.4), "today")])
    placed = place_table(page, table, "Run.")
    assert placed == f"# Reliability\n\n{BEGIN}\nRun.\n\n{table}\n{END}\n\nMore.\n"
    assert place_table(placed, table, "Run.") == placed
    with pytest.raises(ValueError, match="campaign begin"):
        place_table("# Reliability\n", table, "Run.")


def test_a_new_run_replaces_its_own_rows_and_leaves_the_others() -> None:
    outage = Outcome("outage", "all told", 10, ("lost: 1",), {})
    old = [write_row(Timed(outage, 5.0), "old"), write_row(Timed(HELD, 6.0), "old")]
    page = update_page(f"{BEGIN}\n{END}\n", old, "Run.")
    page = update_page(page, [write_row(Timed(HELD, 7.0), "new")], "Run.")
    assert {name: row[-2:] for name, row in read_rows(page).items()} == {
        "storm": ("7", "new"),
        "outage": ("5", "old"),
    }


def test_the_lines_of_the_table_are_aligned() -> None:
    failed = Outcome("outage", "all | told", 10, ("lost: 1",), {})
    timed = [Timed(HELD, 1.0), Timed(failed, 100.0)]
    lines = write_table(write_row(one, "today") for one in timed).splitlines()
    assert len({len(line) for line in lines}) == 1
    assert "FAILED (1)" in lines[3]


# A campaign that could not fail would show nothing --------------------------------------------


def test_a_message_that_no_receiver_accepted_is_counted_as_lost(tmp_path: Path) -> None:
    with open_house(tmp_path, [make_award(1)]) as house:
        house.poll()
        facts = [make_fact(2, START)]
        ledger = draw_balance(house.config.state, facts, [])
    assert ledger.lost == (
        "notice 2 at hook: no alert in the store",
        "notice 2 at form: no alert in the store",
    )


@pytest.mark.parametrize(
    ("words", "doubled", "resent"),
    [("", 1, 0), ("This may be a second copy: the first could not be confirmed.\n", 0, 1)],
)
def test_a_copy_counts_as_doubled_unless_it_says_so(
    tmp_path: Path, words: str, doubled: int, resent: int
) -> None:
    body = "Alert:     0123456789abcdef\n"
    posts = [Post("hook", body, ""), Post("form", body, ""), Post("hook", words + body, "")]
    with open_house(tmp_path, []) as house:
        ledger = draw_balance(house.config.state, [], posts)
    assert (len(ledger.doubled), ledger.resent) == (doubled, resent)


def test_a_capture_that_was_changed_on_disk_is_a_flaw(tmp_path: Path) -> None:
    with open_house(tmp_path, [make_award(1)]) as house:
        house.poll()
        state = house.config.state
        assert draw_balance(state, [], []).flaws == ()
        path = next((state / "captures").glob("*/*.warc.gz"))
        found = bytearray(path.read_bytes())
        found[len(found) // 2] ^= 1
        path.write_bytes(found)
        assert draw_balance(state, [], []).flaws


def replay(*calls: Call, share: float) -> dict[str, bytes]:
    disk = Disk("/d")
    for call in calls:
        disk.apply(call)
    return disk.survive(random.Random(1), share)  # noqa: S311


MADE = Call("openat", "/d/a", makes=True)
WRITTEN = Call("pwrite64", "/d/a", b"x" * 1024, 0)
SYNCED, NAMED = Call("fsync", "/d/a"), Call("fsync", "/d")


@pytest.mark.parametrize(
    ("calls", "share", "left"),
    [
        ((MADE, WRITTEN, SYNCED, NAMED), 0.0, {"a": b"x" * 1024}),
        ((MADE, WRITTEN, NAMED), 0.0, {"a": b""}),
        ((MADE, WRITTEN, SYNCED), 0.0, {}),
        ((MADE, WRITTEN), 1.0, {"a": b"x" * 1024}),
        ((MADE, WRITTEN, SYNCED, NAMED, Call("unlink", "/d/a")), 0.0, {"a": b"x" * 1024}),
        ((MADE, WRITTEN, SYNCED, NAMED, Call("unlink", "/d/a"), NAMED), 0.0, {}),
        ((MADE, WRITTEN, SYNCED, NAMED, Call("ftruncate", "/d/a", number=1)), 1.0, {"a": b"x"}),
    ],
    ids=["synced", "not synced", "not named", "lucky", "removed", "gone", "cut"],
)
def test_a_power_cut_leaves_what_was_synced(
    calls: tuple[Call, ...], share: float, left: dict[str, bytes]
) -> None:
    assert replay(*calls, share=share) == left


def test_only_even_notices_must_be_told() -> None:
    assert "公安局" in make_fact(2, START).buyer
    assert "公安局" not in make_fact(3, START + timedelta(hours=1)).buyer
