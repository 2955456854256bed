from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.documents import wire
from monitor.documents.parts import Fault, Flaw, Limits, Part
from monitor.text.markup import Line, Table

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
BLOCKS = st.one_of(
    st.builds(Line, TEXT, st.booleans()),
    st.builds(Table, st.lists(st.lists(TEXT, max_size=3).map(tuple), max_size=3).map(tuple)),
)
PARTS = st.builds(Part, TEXT, TEXT, st.lists(BLOCKS, max_size=4).map(tuple))
FLAWS = st.builds(Flaw, st.sampled_from(Fault), TEXT, TEXT)


@given(parts=st.lists(PARTS, max_size=3), flaws=st.lists(FLAWS, max_size=3), noise=st.binary())
def test_what_a_worker_says_arrives_in_spite_of_noise(
    parts: list[Part], flaws: list[Flaw], noise: bytes
) -> None:
    steps = [*map(wire.write_step, parts), *map(wire.write_step, flaws)]
    answer = noise.replace(b"{", b"").join([wire.write_kind("pdf"), *steps, wire.END])
    heard = wire.read_answer(answer)
    document = heard.document
    assert document.kind == "pdf"
    assert document.parts == tuple(parts)
    assert document.flaws == tuple(flaws)
    assert heard.is_whole


def test_a_request_arrives_with_its_limits() -> None:
    limits = Limits(wall=1.5, text=7, ocr=True)
    source = io.BytesIO(wire.write_header("附件.pdf", limits, 3) + b"abc")
    assert wire.read_header(source) == wire.Request("附件.pdf", limits, 3)
    assert source.read() == b"abc"


@pytest.mark.parametrize("said", [b"", b"\0\0", b"\xff" * 8, b"\0\1\0\1\0\0\0\0{"])
def test_what_is_no_request_is_refused(said: bytes) -> None:
    with pytest.raises(ValueError, match="no header"):
        wire.read_header(io.BytesIO(said))


@pytest.mark.parametrize(
    "line",
    [
        b'{"kind": "pdf"',
        b'{"fault": "invented", "where": "", "detail": ""}',
        b'{"blocks": 7, "file": "", "place": ""}',
        b'{"blocks": [{"rows": 7}], "file": "", "place": ""}',
        b'{"blocks": [null], "file": "", "place": ""}',
        b'{"blocks": []}',
        b"[1, 2]",
        b"7",
        b"[" * 100_000,
        b"\xff\xfe",
    ],
)
def test_a_line_of_a_worker_gone_mad_is_left_out(line: bytes) -> None:
    flaw = Flaw(Fault.DAMAGED)
    answer = b"\n".join([line, wire.write_step(flaw)])
    heard = wire.read_answer(answer)
    assert (heard.document.parts, heard.document.flaws, heard.is_whole) == ((), (flaw,), False)


def test_lone_surrogates_do_not_stop_an_answer() -> None:
    document = wire.read_answer(wire.write_step(Part("", "", (Line("a\ud800b"),)))).document
    assert document.parts[0].blocks == (Line("a?b"),)
