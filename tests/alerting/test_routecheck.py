"""A slip in a route is an error with its place; what routes leave out is a warning."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from monitor.alerting.routecheck import list_route_warnings
from monitor.errors import ConfigError
from monitor.receivers import RouteConfig
from monitor.setup import load_setup
from tests.kit.house import WATCHLISTS

CONFIG = """watchlists: {watchlists}
receivers:
  anna: {{type: terminal}}
  desk: {{type: terminal}}
sources:
  local: {{portal: sample}}
routes:
  - receivers: [desk]
    sources: [local]
  - receivers: [anna]
    {line}
"""


def load(folder: Path, line: str) -> None:
    path = folder / "config.yaml"
    path.write_text(CONFIG.format(watchlists=WATCHLISTS, line=line), "utf-8")
    load_setup(path, {})


@pytest.mark.parametrize(
    "line",
    [
        "entries: [cisco, brands.yaml]", "agencies: [psb]", "regions: [新疆, 兵团]",
        "stages: [tender, award]", "sources: [local]", "send: weekly", "last: true",
    ],
)  # fmt: skip
def test_a_route_may_name_what_there_is(tmp_path: Path, line: str) -> None:
    load(tmp_path, line)


@pytest.mark.parametrize(
    ("line", "column", "said"),
    [
        (
            "entries: [cisco, ciscoo]", 22,
            "no watchlist entry or file 'ciscoo' (did you mean 'cisco'?)",
        ),
        ("entries: [brand.yaml]", 15, "(did you mean 'brands.yaml'?)"),
        ("agencies: [psbb]", 16, "no agency 'psbb' (did you mean 'psb'?)"),
        ("regions: [新彊]", 15, "no region '新彊' (did you mean '新疆'?)"),
        ("regions: [Xinjiang]", 15, "(did you mean '新疆'?)"),
        ("stages: [awards]", 14, "no stage 'awards' (did you mean 'award'?)"),
        ("sources: [locale]", 15, "no source 'locale' (did you mean 'local'?)"),
        ("severities: [high]", 18, ""),
        ("send: yearly", 11, ""),
        ("at: '25:00'", 9, "expected a time of day such as 08:00"),
    ],
)  # fmt: skip
def test_a_slip_in_a_route_names_its_place(
    tmp_path: Path, line: str, column: int, said: str
) -> None:
    with pytest.raises(ConfigError) as error:
        load(tmp_path, line)
    assert (error.value.line, error.value.column) == (11, column)
    assert said in str(error.value)


@pytest.mark.parametrize(
    ("receivers", "said"),
    [("[ana]", "no receiver 'ana' (did you mean 'anna'?)"), ("[]", "receivers is empty")],
)
def test_a_route_leads_to_somebody(tmp_path: Path, receivers: str, said: str) -> None:
    path = tmp_path / "config.yaml"
    text = CONFIG.format(watchlists=WATCHLISTS, line="last: true")
    path.write_text(text.replace("[anna]", receivers), "utf-8")
    with pytest.raises(ConfigError) as error:
        load_setup(path, {})
    assert error.value.line == 10
    assert said in str(error.value)


@pytest.mark.parametrize(
    ("routes", "left"),
    [
        ([], ""),
        ([{}], ""),
        ([{"entries": ["cisco"]}, {"send": "daily"}], ""),
        ([{"verdicts": ["alert"]}, {"verdicts": ["review"]}], ""),
        ([{"verdicts": ["alert"]}], "reviews"),
        ([{"entries": ["cisco"]}], "alerts and reviews"),
    ],
)
def test_routes_that_do_not_take_everything_are_warned_of(
    routes: list[dict[str, Any]], left: str
) -> None:
    made = [RouteConfig.model_validate({"receivers": ["anna"], **one}) for one in routes]
    found = list_route_warnings(made)
    assert bool(found) is bool(left)
    assert all(f"no route carries all {left}" in line for line in found)
