from __future__ import annotations

import io
import json
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.errors import LayoutError
from monitor.models import Capture, Listing, SourceState
from monitor.parsing import wire
from monitor.parsing.wire import Ask, PageError, Question
from monitor.portals.base import ListPage
from monitor.portals.refusals import Refusal

URL = "http://a.example/"
NOW = datetime(2026, 11, 22, 4, 5, 6, tzinfo=UTC)
CAPTURE = Capture(
    URL, URL, NOW, 200, (("Content-Type", "text/html"),), b"\0{}\n\xff", "00", sent=b"\xfe"
)
PAGE = ListPage((Listing("1", URL, "公告"),), total=1)


@pytest.mark.parametrize("listing", [None, Listing("1", URL, "公告", content="文" * 100_000)])
def test_a_question_arrives_with_its_bytes(listing: Listing | None) -> None:
    question = Question(Ask.NOTICE, '{"portal": "ccgp"}', CAPTURE, listing, 2.5)
    source = io.BytesIO(b"".join(wire.write_question(question)) + b"next")
    assert wire.read_question(source) == question
    assert source.read() == b"next"


@pytest.mark.parametrize("bytes_", [b"", b"\0", b"\0\0\0\0\0\0\0\0", b"\xff" * 8])
def test_what_is_no_question_is_refused(bytes_: bytes) -> None:
    with pytest.raises(ValueError, match="no header"):
        wire.read_question(io.BytesIO(bytes_))


@pytest.mark.parametrize("found", [PAGE, Refusal(SourceState.BLOCKED, "captcha"), None])
@pytest.mark.parametrize("noise", [b"", b"a library says {", b"half a line", b'{"a": 1}\n'])
def test_what_was_found_arrives_in_spite_of_noise(found: wire.Found, noise: bytes) -> None:
    said = bytearray(noise + wire.write_found(found, tired=True))
    assert wire.is_answer(said)
    assert wire.read_answer(said, URL) == wire.Answer(found, None, tired=True)


def test_half_a_character_is_replaced_on_its_way() -> None:
    said = bytearray(wire.write_found(Refusal(SourceState.BLOCKED, "a\ud800b"), tired=False))
    assert wire.read_answer(said, URL).found == Refusal(SourceState.BLOCKED, "a?b")


def test_errors_arrive_as_such() -> None:
    said = bytearray(wire.write_layout(LayoutError(URL, "a pager"), tired=False))
    error = wire.read_answer(said, URL).error
    assert (type(error), str(error)) == (LayoutError, str(LayoutError(URL, "a pager")))
    said = bytearray(wire.write_failure("needs memory", tired=True, costly=True))
    error = wire.read_answer(said, URL).error
    assert isinstance(error, PageError)
    assert (error.url, error.missing, error.costly, str(error)) == (
        URL, "needs memory", True, f"{URL}: needs memory",
    )  # fmt: skip


@pytest.mark.parametrize(
    "line",
    [
        b'{"tired": false}', b'{"page": [], "tired": false}', b'{"page": null}',
        b'{"page": [], "nothing": null, "tired": false}', b'{"strange": 1, "tired": false}',
        b'{"nothing": null, "tired": 1}', b'{"layout": ["a"], "tired": false}',
        b'{"layout": 5, "tired": false}', b'{"failed": "x", "tired": false}',
        b'{"failed": [1, false], "tired": true}', b'{"x": ' + b"[" * 20_000 + b"}",
        b'{"' + b"9" * 9,
    ],
)  # fmt: skip
def test_an_answer_of_another_form_is_an_error_of_the_page(line: bytes) -> None:
    with pytest.raises(PageError, match="no valid answer"):
        wire.read_answer(bytearray(b"\n" + line + b"\n"), URL)


@given(st.binary(max_size=200))
def test_any_bytes_are_an_answer_or_a_typed_error(said: bytes) -> None:
    with suppress(PageError):
        assert wire.read_answer(bytearray(b"\n" + said), URL)


def test_an_answer_that_would_cost_much_memory_is_not_read() -> None:
    said = bytearray(b"\n" + json.dumps({"page": [[]] * 500_000, "tired": False}).encode() + b"\n")
    with pytest.raises(PageError, match="more than can be kept"):
        wire.read_answer(said, URL)
