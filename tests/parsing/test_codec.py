from __future__ import annotations

import json
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.models import Listing, Notice, Request, Tag
from monitor.parsing.codec import pack_value, unpack_value
from monitor.portals.base import ListPage
from monitor.portals.refusals import Refusal

MOMENTS = st.datetimes(timezones=st.just(UTC))
st.register_type_strategy(datetime, MOMENTS)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
st.register_type_strategy(str, TEXT)
st.register_type_strategy(float, st.floats(allow_nan=False))


@pytest.mark.parametrize("kind", [ListPage, Notice, Refusal, Listing, Request])
@given(data=st.data())
def test_what_is_packed_comes_back_the_same(kind: type[Any], data: st.DataObject) -> None:
    value = data.draw(
        st.builds(kind, **{f.name: st.from_type(_hint(kind, f.name)) for f in fields(kind)})
    )
    assert unpack_value(kind, json.loads(json.dumps(pack_value(value)))) == value


def _hint(kind: type[Any], name: str) -> Any:
    from typing import get_type_hints

    return get_type_hints(kind)[name]


GOOD = pack_value(Listing("1", "http://a.example/", "公告"))


@pytest.mark.parametrize(
    "said",
    [
        None, {}, "x", [], GOOD[:-1], [*GOOD, ""], [1, *GOOD[1:]], [None, *GOOD[1:]],
        [*GOOD[:4], "yesterday", *GOOD[5:]], [*GOOD[:4], "2026-11-22T00:00:00", *GOOD[5:]],
        [*GOOD[:4], 5, *GOOD[5:]], [*GOOD[:5], 0, *GOOD[6:]], [*GOOD[:5], "true", *GOOD[6:]],
    ],
)  # fmt: skip
def test_a_value_of_another_form_is_refused(said: Any) -> None:
    with pytest.raises(ValueError, match=r"."):
        unpack_value(Listing, said)


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (int, True), (int, 1.0), (int, "1"), (float, True), (float, "1"), (float, 10**400),
        (bool, 1), (bytes, "?"), (bytes, 1), (Tag, "bribe"), (Tag, []), (str, b"x"),
        (tuple[str, str], ["a"]), (tuple[str, str], ["a", "b", "c"]), (tuple[str, ...], "ab"),
    ],
)  # fmt: skip
def test_a_leaf_of_another_form_is_refused(kind: Any, said: Any) -> None:
    with pytest.raises(ValueError, match=r"."):
        unpack_value(kind, said)


def test_a_whole_number_is_read_where_a_fraction_may_stand() -> None:
    assert unpack_value(float, 3) == 3.0


@dataclass(frozen=True)
class Odd:
    """A class with what has no form on the wire."""

    value: dict[str, str]


def test_what_has_no_form_on_the_wire_is_refused_on_both_sides() -> None:
    with pytest.raises(TypeError, match="dict cannot be packed"):
        pack_value(Odd({}))
    with pytest.raises(TypeError, match="cannot be read"):
        unpack_value(Odd, [{}])
