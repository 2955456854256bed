"""Which alerts go to whom, and when."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from monitor.alerting.routes import Subject, choose_legs, describe_subject, find_regions
from monitor.config import Receiver
from monitor.models import Severity, Stance, Verdict
from monitor.receivers import RouteConfig
from monitor.store.alerts import Leg
from tests.alerting.samples import HIT, MATCH, NOTICE

NOW = datetime(2026, 11, 22, 4, 5, 6, tzinfo=UTC)
UTC_ZONE = ZoneInfo("UTC")
RECEIVERS = {
    name: Receiver(name, "terminal", "", frozenset(verdicts), 86_400)
    for name, verdicts in {
        "anna": (Verdict.ALERT, Verdict.REVIEW),
        "ben": (Verdict.ALERT, Verdict.REVIEW),
        "cleo": (Verdict.ALERT,),
    }.items()
}
SUBJECT = Subject(
    source="gansu", verdict=Verdict.ALERT, entries=frozenset({"cisco", "dell"}),
    files=frozenset({"brands.yaml"}), agency="psb", severity=Severity.CORE,
    regions=frozenset({"甘肃"}), stage="award",
)  # fmt: skip


def choose(
    routes: list[dict[str, Any]], subject: Subject = SUBJECT, own: list[str] | None = None
) -> list[tuple[str, str]]:
    made = [RouteConfig.model_validate(route) for route in routes]
    legs = choose_legs(made, RECEIVERS, own, subject, UTC_ZONE, NOW)
    return [(leg.receiver, leg.digest) for leg in legs]


@pytest.mark.parametrize(
    ("conditions", "holds"),
    [
        ({}, True),
        ({"entries": ["cisco"]}, True),
        ({"entries": ["intel", "dell"]}, True),
        ({"entries": ["intel"]}, False),
        ({"entries": ["brands.yaml"]}, True),
        ({"entries": ["others.yaml"]}, False),
        ({"agencies": ["psb"]}, True),
        ({"agencies": ["prison"]}, False),
        ({"severities": ["core"]}, True),
        ({"severities": ["medium"]}, False),
        ({"verdicts": ["alert"]}, True),
        ({"verdicts": ["review"]}, False),
        ({"regions": ["新疆", "甘肃"]}, True),
        ({"regions": ["新疆"]}, False),
        ({"stages": ["tender", "award"]}, True),
        ({"stages": ["tender"]}, False),
        ({"sources": ["gansu"]}, True),
        ({"sources": ["ccgp"]}, False),
        ({"entries": ["cisco"], "regions": ["甘肃"], "stages": ["award"]}, True),
        ({"entries": ["cisco"], "regions": ["新疆"], "stages": ["award"]}, False),
    ],
)
def test_a_route_holds_where_all_its_conditions_do(conditions: dict[str, Any], holds: bool) -> None:
    assert bool(choose([{"receivers": ["anna"], **conditions}])) is holds


@pytest.mark.parametrize(
    ("subject", "conditions"),
    [
        (replace(SUBJECT, entries=frozenset(), files=frozenset()), {"entries": ["cisco"]}),
        (replace(SUBJECT, agency="", severity=None), {"agencies": ["psb"]}),
        (replace(SUBJECT, agency="", severity=None), {"severities": ["core", "medium"]}),
        (replace(SUBJECT, regions=frozenset()), {"regions": ["甘肃"]}),
        (replace(SUBJECT, stage=""), {"stages": ["award"]}),
    ],
)
def test_what_is_not_known_meets_no_condition(subject: Subject, conditions: dict[str, Any]) -> None:
    assert choose([{"receivers": ["anna"], **conditions}], subject) == []


def test_without_routes_all_receivers_are_told_at_once() -> None:
    assert choose([]) == [("anna", ""), ("ben", ""), ("cleo", "")]


def test_a_source_and_a_receiver_keep_their_own_limits_with_and_without_routes() -> None:
    review = replace(SUBJECT, verdict=Verdict.REVIEW)
    everyone: list[dict[str, Any]] = [{"receivers": ["anna", "ben", "cleo"]}]
    for routes in (everyone[:0], everyone):
        assert [name for name, _ in choose(routes, review)] == ["anna", "ben"]
        assert [name for name, _ in choose(routes, own=["ben"])] == ["ben"]
        assert choose(routes, review, own=["cleo"]) == []


def test_the_receivers_of_all_routes_that_hold_are_told() -> None:
    routes = [
        {"receivers": ["anna"], "entries": ["cisco"]},
        {"receivers": ["ben"], "entries": ["intel"]},
        {"receivers": ["cleo", "anna"]},
    ]
    assert choose(routes) == [("anna", ""), ("cleo", "")]


def test_after_a_last_route_that_holds_no_other_counts() -> None:
    routes: list[dict[str, Any]] = [
        {"receivers": ["anna"], "entries": ["intel"], "last": True},
        {"receivers": ["ben"], "entries": ["cisco"], "last": True},
        {"receivers": ["cleo"]},
    ]
    assert choose(routes) == [("ben", "")]


def test_of_two_ways_to_one_receiver_the_earliest_counts() -> None:
    weekly = {"receivers": ["anna"], "send": "weekly", "on": "friday"}
    daily = {"receivers": ["anna"], "send": "daily", "at": "06:00"}
    name = "daily:2:2026-11-22T06:00+00:00"
    assert choose([weekly, daily]) == [("anna", name)]
    assert choose([weekly, daily, {"receivers": ["anna"]}]) == [("anna", "")]


def test_a_digest_is_named_by_its_route_and_time() -> None:
    route = RouteConfig(receivers=["anna"], send="hourly")
    legs = choose_legs([route], RECEIVERS, None, SUBJECT, UTC_ZONE, NOW)
    due = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
    assert legs == [Leg("anna", "hourly:1:2026-11-22T05:00+00:00", due, "route 1")]


@pytest.mark.parametrize(
    ("code", "name", "covers", "regions"),
    [
        ("652801", "库尔勒市公安局", ["甘肃"], {"新疆"}),
        ("650000", "新疆生产建设兵团公安局", [], {"新疆", "兵团"}),
        ("", "兵团第一师公安局", ["新疆"], {"兵团"}),
        ("", "某市公安局", ["甘肃", "青海"], {"甘肃", "青海"}),
        ("990000", "某局", [], set()),
    ],
)
def test_a_buyer_is_of_its_codes_region_else_of_any_that_its_source_covers(
    code: str, name: str, covers: list[str], regions: set[str]
) -> None:
    assert find_regions(code, name, covers) == regions


def test_only_entries_that_tell_are_asked_for() -> None:
    mention = replace(HIT, entry="cisco", stance=Stance.COMPATIBLE)
    match = replace(MATCH, hits=(HIT, mention))
    files = {"seagate": "brands.yaml", "cisco": "others.yaml"}
    subject = describe_subject(NOTICE, match, "yunling", [], files)
    assert subject.entries == frozenset({"seagate"})
    assert subject.files == frozenset({"brands.yaml"})
    assert (subject.stage, subject.agency, subject.severity) == ("award", "psb", Severity.CORE)
