"""How the calls of a list are filled in, and recognised by their answers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.models import Request, Span
from tests.portals.jsonreading import ROW, SPAN, URL, give, give_first, make_reader, wrap

START = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("options", "url", "asked"),
    [
        ({}, f"{URL}?p={{page}}&q={{page-1}}", f"{URL}?p=1&q=0"),
        ({"size": 20}, f"{URL}?o={{offset}}&n={{size}}", f"{URL}?o=0&n=20"),
        ({}, f"{URL}?a={{since}}&b={{until}}", f"{URL}?a=2026-06-01&b=2026-06-03"),
        ({}, f"{URL}?a={{since:%Y/%m/%d}}", f"{URL}?a=2026/06/01"),
        ({}, f"{URL}?a={{since:%Y:%m:%d}}", f"{URL}?a=2026:06:01"),
        ({}, f"{URL}?b={{until:%Y%m%d%H%M%S}}", f"{URL}?b=20260603235959"),
        ({}, f"{URL}?a={{since_ms}}&b={{until_ms}}", f"{URL}?a=1780243200000&b=1780502399999"),
    ],
)
def test_an_address_is_filled_in_with_days_of_china(
    options: dict[str, Any], url: str, asked: str
) -> None:
    assert make_reader(url, **options).ask_lists(SPAN) == (Request(asked),)


@pytest.mark.parametrize(
    ("options", "sent", "kind"),
    [
        (
            {"form": {"a": "{page}", "b": "{since}"}},
            "a=1&b=2026-06-01",
            "application/x-www-form-urlencoded",
        ),
        (
            {"body": '{"p": {page}, "t": {"since": "{since}"}}'},
            '{"p": 1, "t": {"since": "2026-06-01"}}',
            "application/json",
        ),
    ],
)
def test_a_posted_list_says_what_it_posts(options: dict[str, Any], sent: str, kind: str) -> None:
    (asked,) = make_reader(method="POST", **options).ask_lists(SPAN)
    assert (asked.method, asked.body.decode()) == ("POST", sent)
    assert dict(asked.headers)["Content-Type"].startswith(kind)


def test_each_combination_of_values_is_a_list_of_its_own() -> None:
    reader = make_reader(f"{URL}?k={{kind}}&l={{level}}", each={"kind": ["a", "b"], "level": ["1"]})
    assert [asked.url for asked in reader.ask_lists(SPAN)] == [f"{URL}?k=a&l=1", f"{URL}?k=b&l=1"]


def test_a_span_is_cut_into_days_the_newest_first() -> None:
    reader = make_reader(f"{URL}?a={{since}}&b={{until}}", days=2)
    assert [asked.url for asked in reader.ask_lists(SPAN)] == [
        f"{URL}?a=2026-06-02&b=2026-06-03",
        f"{URL}?a=2026-06-01&b=2026-06-01",
    ]


def test_a_list_that_takes_no_days_is_asked_for_once() -> None:
    assert make_reader(days=1).ask_lists(SPAN) == (Request(URL),)


def test_the_days_that_were_asked_for_are_told() -> None:
    reader = make_reader(f"{URL}?a={{since}}&b={{until_ms}}")
    span = reader.read_listing(give_first(reader, wrap(ROW))).span
    assert span == Span(
        datetime(2026, 5, 31, 16, tzinfo=UTC),
        datetime(2026, 6, 3, 15, 59, 59, 999_000, tzinfo=UTC),
    )


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 4000).map(lambda hours: START + timedelta(hours=hours)),
    st.integers(0, 400),
    st.integers(1, 60),
)
def test_every_moment_of_a_span_is_asked_for_exactly_once(
    since: datetime, hours: int, days: int
) -> None:
    span = Span(since, since + timedelta(hours=hours))
    reader = make_reader(f"{URL}?a={{since_ms}}&b={{until_ms}}", days=days)
    asked = [reader.read_listing(give(one, wrap())).span for one in reader.ask_lists(span)]
    spans = sorted((one.since, one.until) for one in asked if one)
    assert spans[0][0] <= span.since
    assert spans[-1][1] >= span.until.replace(microsecond=0)
    for (_, end), (begin, _) in pairwise(spans):
        assert timedelta(0) < begin - end <= timedelta(milliseconds=1)
