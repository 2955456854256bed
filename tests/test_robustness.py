"""Cut and damaged pages end in a match or a typed error, and the same bytes in the same."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.errors import MonitorError
from monitor.models import Match
from tests.kit.damage import EDITS, FRAGMENTS, Edit, apply_edits
from tests.kit.examples import try_examples
from tests.screening.pages import TEMPLATES, add_item, buy_word, list_words, screen_bytes

PAGES = {
    name: template(add_item(buy_word(list_words()[0]))) for name, template in TEMPLATES.items()
}
SHARES = st.floats(0, 1, exclude_max=True)
DAMAGE = st.builds(
    Edit, kind=st.sampled_from(list(EDITS)), place=SHARES, length=SHARES, seed=st.integers(0, 2**32)
)
NAMES = st.sampled_from(list(PAGES))


def screen_damaged(body: bytes) -> Match | None:
    """Return the match, or None for a page that was refused with a typed error."""
    with suppress(MonitorError):
        return screen_bytes(body)
    return None


@pytest.mark.parametrize("name", PAGES)
def test_every_page_cut_short_ends_well(name: str) -> None:
    body = PAGES[name].encode()
    for end in range(0, len(body), 61):
        match = screen_damaged(body[:end])
        assert match is None or match.features


@given(NAMES, SHARES, st.sampled_from(["utf-8", "gb18030", "utf-16"]))
@try_examples(40)
def test_no_cut_of_bytes_or_characters_breaks(name: str, share: float, encoding: str) -> None:
    body = PAGES[name].encode(encoding)
    screen_damaged(body[: int(share * len(body))])
    text = body.decode(encoding)
    screen_damaged(text[: int(share * len(text))].encode(encoding))


@given(NAMES, st.lists(DAMAGE, min_size=1, max_size=4))
@try_examples(60)
def test_no_damage_breaks(name: str, edits: list[Edit]) -> None:
    body = apply_edits(PAGES[name].encode(), edits)
    match = screen_damaged(body)
    assert match == screen_damaged(body)


@given(st.lists(st.sampled_from(FRAGMENTS) | st.binary(max_size=8), max_size=30))
@try_examples(60)
def test_no_heap_of_pieces_breaks(pieces: list[bytes]) -> None:
    screen_damaged(b"".join(pieces))


@given(st.binary(max_size=300))
@try_examples(40)
def test_no_bytes_break(body: bytes) -> None:
    screen_damaged(body)
