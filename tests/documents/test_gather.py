"""Parts: what came before an error is kept, other places are read, limits end the text."""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from monitor.documents.gather import count_characters, gather_parts
from monitor.documents.parts import DocumentError, Fault, Limits
from monitor.text.markup import Block, Line, Table
from tests.documents.words import list_lines, read_until_error


def break_after(*texts: str) -> Iterator[Block]:
    yield from map(Line, texts)
    raise DocumentError(Fault.DAMAGED, f"after {texts}")


def test_a_broken_place_keeps_what_it_gave_and_the_others_are_read() -> None:
    places = [("p. 1", break_after("a")), ("p. 2", iter([Line("b")])), ("p. 3", break_after())]
    parts, error = read_until_error(gather_parts(places, Limits()))
    assert [(part.place, part.blocks) for part in parts] == [
        ("p. 1", (Line("a"),)),
        ("p. 2", (Line("b"),)),
    ]
    assert error is not None
    assert error.detail == "after ('a',)"


def test_signs_that_no_page_shows_are_left_out() -> None:
    blocks: list[Block] = [Line("a\x00\x07b\ud800"), Table((("c\nd\x1f", "e"),))]
    parts = list(gather_parts([("", blocks)], Limits()))
    assert parts[0].blocks == (Line("ab"), Table((("c\nd", "e"),)))


ROWS = st.lists(
    st.lists(st.text("甲b", max_size=5), min_size=1, max_size=3), min_size=1, max_size=5
)


@given(rows=ROWS, lines=st.lists(st.text("甲b", max_size=9)), most=st.integers(0, 60))
def test_text_is_whole_or_ends_at_the_limit_with_an_error(
    rows: list[list[str]], lines: list[str], most: int
) -> None:
    blocks: list[Block] = [Table(tuple(map(tuple, rows))), *map(Line, lines)]
    parts, error = read_until_error(gather_parts([("", blocks)], Limits(text=most)))
    if sum(map(count_characters, blocks)) <= most:
        assert error is None
        assert [block for part in parts for block in part.blocks] == blocks
    else:
        assert error is not None
        assert error.fault is Fault.TOO_LARGE
        assert sum(map(len, list_lines(parts))) <= most
