"""A JSON answer is read as its portal sent it, and what is none is a typed error."""

from __future__ import annotations

import math

import pytest

from monitor.errors import LayoutError
from monitor.portals.decoding import page_text, read_json
from tests.portals.captures import make_capture


@pytest.mark.parametrize(
    ("body", "value"),
    [
        ('{"title":"公告"}', {"title": "公告"}),
        ('\ufeff {"title":"公告"}', {"title": "公告"}),
        ('{"title":"公告"}'.encode("gb18030"), {"title": "公告"}),
        ('{"title":"公告"}'.encode("utf-16"), {"title": "公告"}),
        ('jQuery_1.done({"rows":[]});', {"rows": []}),
        ("null", None),
        ("1e9999", math.inf),
    ],
)
def test_json_is_read_in_any_dress(body: str | bytes, value: object) -> None:
    assert read_json(make_capture(body, content_type="application/json")) == value


@pytest.mark.parametrize(
    "body", ["", "<html></html>", '{"rows":[', "f(", "f(1", "[" * 50_000, "1" * 5000, b"\xff\xfe"]
)
def test_what_is_no_json_is_a_layout_error_with_the_address(body: str | bytes) -> None:
    with pytest.raises(LayoutError, match=r"http://portal\.example/api: .*JSON"):
        read_json(make_capture(body, url="http://portal.example/api"))


def test_a_page_is_decoded_by_its_content() -> None:
    assert page_text(make_capture("采购公告".encode("gb18030"))) == "采购公告"
