"""Long messages are split between lines, in the unit each service counts, and lose nothing."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.alerting.parts import (
    LIMITS,
    Limit,
    clean_subject,
    clean_text,
    count_bytes,
    count_discord,
    count_escaped,
    count_telegram,
    count_utf16,
    find_limit,
    split_message,
    split_text,
    wrap_lines,
)

COUNTS = [count_bytes, count_utf16, count_escaped, count_discord, count_telegram]
# Chinese, emoji with skin and joiner, flags, accents, Arabic, line ends, NUL, half an emoji.
ALPHABET = (
    "ab 1:库尔勒\U0001f600\U0001f469\u200d\U0001f3fd\U0001f1e8\U0001f1f3e\u0301مر\u202e\r\n\0\ud83d"
)
TEXTS = st.text(alphabet=ALPHABET, max_size=400)


@pytest.mark.parametrize(
    ("text", "sizes"),
    [
        ("ab", (2, 2, 2, 2, 2)),
        ("库", (3, 1, 6, 1, 1)),
        ("\U0001f600", (4, 2, 12, 2, 2)),
        ("e\u0301", (3, 2, 7, 2, 2)),
        ('"\n', (2, 2, 4, 2, 3)),
        (":name:", (6, 6, 6, 8, 6)),
    ],
)
def test_each_service_counts_in_its_own_unit(text: str, sizes: tuple[int, ...]) -> None:
    assert tuple(count(text) for count in COUNTS) == sizes


@settings(max_examples=300, deadline=None)
@given(TEXTS, st.integers(16, 60), st.sampled_from(COUNTS))
def test_splitting_loses_nothing_and_keeps_to_the_room(
    text: str, room: int, count: Callable[[str], int]
) -> None:
    text = clean_text(text)
    parts = split_text(text, room, count)
    assert "".join(parts) == text
    assert all(count(part) <= room for part in parts)


@settings(max_examples=300, deadline=None)
@given(TEXTS, st.integers(60, 200), st.sampled_from(COUNTS))
def test_no_letter_loses_its_marks_where_there_is_another_place(
    text: str, room: int, count: Callable[[str], int]
) -> None:
    parts = split_text(clean_text(text), room, count)
    for before, after in pairwise(parts):
        torn = unicodedata.combining(after[0]) > 0 or before[-1:] + after[:1] == "\r\n"
        # Nowhere else to cut: as far back as one steps, all is marks of one letter.
        marks = all(unicodedata.combining(char) or char == "\u200d" for char in before[-32:])
        assert not torn or marks, (before, after)


def test_a_family_stays_together() -> None:
    family = "\U0001f468\u200d\U0001f469\u200d\U0001f467\U0001f3fd"
    parts = split_text(family * 20, 100)
    assert all(len(part) % len(family) == 0 for part in parts)
    assert "".join(parts) == family * 20


@settings(max_examples=200, deadline=None)
@given(TEXTS, TEXTS, st.integers(120, 400), st.sampled_from(COUNTS), st.sampled_from([0, 40]))
def test_the_parts_of_a_message_are_all_of_it_within_the_limit(
    subject: str, body: str, size: int, count: Callable[[str], int], room: int
) -> None:
    parts = split_message(subject, body, Limit(size, count), room)
    whole, told = "".join(part.body for part in parts), clean_subject(subject)
    expected = clean_text(body)
    if parts[0].subject != told:
        expected = f"{told}\n{expected}"
    assert whole == expected
    assert [part.number for part in parts] == list(range(1, len(parts) + 1))
    assert {part.total for part in parts} == {len(parts)}
    for part in parts:
        text = part.write_body(second_copy=True)
        assert count(f"{part.subject}\r\n{text}") <= size
        assert room == 0 or len(part.subject) <= room
        text.encode()


@pytest.mark.parametrize("schema", LIMITS)
@pytest.mark.parametrize(
    "line",
    [
        "库尔勒市公安局 希捷 481 hard disks",
        "\U0001f600" * 40,
        "مرحبا " * 20,
        "x" * 999,
        "e\u0301" * 99,
    ],
    ids=["mixed", "emoji", "rtl", "long", "marks"],
)
def test_two_hundred_kilobytes_fit_every_known_service(schema: str, line: str) -> None:
    body = "\n".join([line] * (200_000 // len(line.encode())))
    limit = LIMITS[schema]
    parts = split_message("[ALERT] 希捷 Seagate", body, limit, 0)
    assert all(limit.count(f"{p.subject}\r\n{p.write_body()}") <= limit.size for p in parts)
    whole = "".join(part.body for part in parts)
    assert whole.replace("\n", "") == body.replace("\n", "")
    if limit.line:
        assert max(count_bytes(text) for text in whole.splitlines()) <= limit.line


def test_a_short_message_has_no_mark() -> None:
    [part] = split_message("subject", "body\n", LIMITS["wecombot"], 0)
    assert (part.subject, part.write_body()) == ("subject", "body\n")
    assert part.write_body(second_copy=True) == "body\n"


def test_several_parts_are_marked_and_keep_the_subject() -> None:
    parts = split_message("subject", "line of text\n" * 20, Limit(150), 0)
    assert {part.subject for part in parts} == {"subject"}
    assert parts[1].write_body().startswith(f"(2/{len(parts)})\n")
    assert (
        parts[1]
        .write_body(second_copy=True)
        .startswith(f"(2/{len(parts)}, may be a second copy)\n")
    )
    assert all(part.body.endswith("\n") for part in parts)


def test_a_subject_too_long_for_its_place_stands_whole_in_the_body() -> None:
    subject = "[ALERT] " + "库尔勒" * 30
    [part] = split_message(subject, "body", Limit(4000), 50)
    assert len(part.subject) == 50
    assert part.subject.endswith("…")
    assert part.body == f"{subject}\nbody"


def test_a_subject_that_would_fill_the_message_stands_there_once() -> None:
    subject = "[ALERT] " + "库尔勒" * 15
    parts = split_message(subject, "body " * 60, Limit(160), 0)
    assert {part.subject for part in parts} == {""}
    assert "".join(part.body for part in parts) == f"{subject}\n{'body ' * 60}"


def test_a_subject_is_one_line_and_begins_no_header() -> None:
    assert clean_subject("a\r\nBcc: x@example.org\0\x85b") == "a Bcc: x@example.org\ufffd b"
    assert clean_subject("\ud83d") == "\ufffd"


def test_wrapping_adds_line_ends_and_takes_nothing() -> None:
    assert wrap_lines("库" * 5 + "\n\nab", 6) == "库库\n库库\n库\n\nab"


@pytest.mark.parametrize(
    ("schema", "figure", "size"),
    [
        ("ntfy", 7800, 4096),
        ("pover", 1024, 1024),
        ("dingtalk", 19_985, 19_500),
        ("irc", 380, 1000),
        ("unheard", 500, 500),
    ],
)
def test_the_smaller_limit_counts(schema: str, figure: int, size: int) -> None:
    assert find_limit(schema, figure).size == size
