"""Damage a page: pieces left out, doubled, swapped, spoiled, put between or repeated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

# Pieces that markup and readers must survive anywhere; repeated, they show what is not linear.
FRAGMENTS = tuple(
    piece.encode()
    for piece in (
        "<table>", "</table>", "<td rowspan=999 colspan=999>", "</tr>", "<div>", "</div>", "<!--",
        "-->", "<script>", "<![CDATA[", "<?xml", "&#0;", "&#x110000;", "&", "<", '"', "\0", "{",
        "采购人：", "品牌：", "（", "1.", "、", "，", "公司", "  ", "\n", "\u3000", "\u0301",
    )
)  # fmt: skip


@dataclass(frozen=True)
class Edit:
    """One damage: `place` and `length` are shares of the page, `seed` chooses among pieces."""

    kind: str
    place: float
    length: float
    seed: int


def delete_piece(body: bytes, start: int, stop: int, _: Random) -> bytes:
    """Leave a piece out."""
    return body[:start] + body[stop:]


def double_piece(body: bytes, start: int, stop: int, _: Random) -> bytes:
    """Write a piece twice."""
    return body[:stop] + body[start:]


def swap_pieces(body: bytes, start: int, stop: int, rng: Random) -> bytes:
    """Exchange a piece with what follows it up to another place."""
    end = rng.randint(stop, len(body))
    return body[:start] + body[stop:end] + body[start:stop] + body[end:]


def spoil_piece(body: bytes, start: int, stop: int, rng: Random) -> bytes:
    """Write random bytes over the first of a piece."""
    stop = min(stop, start + 16)
    return body[:start] + rng.randbytes(stop - start) + body[stop:]


def insert_fragment(body: bytes, start: int, _: int, rng: Random) -> bytes:
    """Put a fragment between, now and then many times over."""
    times = rng.choice((1, 1, 3, 40, 400))
    return body[:start] + rng.choice(FRAGMENTS) * times + body[start:]


def repeat_piece(body: bytes, start: int, stop: int, rng: Random) -> bytes:
    """Write a short piece many times over."""
    stop = min(stop, start + 60)
    return body[:start] + body[start:stop] * rng.choice((10, 100, 500)) + body[stop:]


EDITS = {
    "delete": delete_piece,
    "double": double_piece,
    "swap": swap_pieces,
    "spoil": spoil_piece,
    "insert": insert_fragment,
    "repeat": repeat_piece,
}


def apply_edits(body: bytes, edits: Sequence[Edit]) -> bytes:
    """Return the damaged page."""
    for edit in edits:
        start = int(edit.place * len(body))
        stop = min(len(body), start + 1 + int(edit.length * len(body) / 4))
        body = EDITS[edit.kind](body, start, stop, Random(edit.seed))  # noqa: S311
    return body


def draw_edits(rng: Random) -> list[Edit]:
    """Return one to four edits."""
    return [
        Edit(rng.choice(list(EDITS)), rng.random(), rng.random() ** 3, rng.randrange(2**32))
        for _ in range(rng.randint(1, 4))
    ]
