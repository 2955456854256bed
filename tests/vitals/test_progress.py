"""Which polls get on."""

from __future__ import annotations

from monitor.vitals.progress import Count, Progress


def test_a_poll_that_marks_nothing_hangs_and_one_that_does_not() -> None:
    progress = Progress()
    progress.begin("quiet", 0.0)
    progress.begin("busy", 0.0)
    progress.mark("busy", 90.0)
    assert progress.find_hung(100.0, 50.0) == ("quiet",)
    progress.end("quiet", 100.0, 60.0)
    assert progress.find_hung(100.0, 50.0) == ()


def test_a_source_is_polled_by_one_at_a_time() -> None:
    progress = Progress()
    assert progress.begin("local", 0.0)
    assert not progress.begin("local", 1.0)
    progress.end("local", 2.0, 60.0)
    assert progress.begin("local", 3.0)


def test_rounds_that_a_long_poll_left_out_are_counted() -> None:
    progress = Progress()
    progress.begin("local", 0.0)
    progress.end("local", 185.0, 60.0)
    tally = progress.tally()
    assert (tally.get(Count.SKIPPED, "local"), tally.get(Count.POLLS, "local")) == (3, 1)


def test_a_mark_of_a_poll_that_is_over_changes_nothing() -> None:
    progress = Progress()
    progress.mark("local", 1.0)
    assert progress.find_hung(10_000.0, 1.0) == ()
