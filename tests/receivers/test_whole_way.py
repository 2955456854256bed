"""From the portal through the daemon to each real receiver, with an outage between."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from monitor.sample.server import LIST_PATH, SamplePortal
from tests.kit.house import make_award, make_chairs
from tests.kit.program import Program, run_once, write_config
from tests.kit.waiting import wait_until
from tests.receivers.conftest import run_place
from tests.receivers.hookplace import HookPlace
from tests.receivers.ircplace import IrcPlace
from tests.receivers.mailplace import MailPlace
from tests.receivers.matrixplace import MatrixPlace
from tests.receivers.place import Place

KINDS: Mapping[str, type[Place]] = {
    "mail": MailPlace, "matrix": MatrixPlace, "irc": IrcPlace, "hook": HookPlace,
}  # fmt: skip
# The last line of an alert begins so.
LAST = "Alert:     "
_SOURCE = """\
  local:
    portal: ccgp
    lists: [{url}]
    every: 1s
    delay: 0
    allow_loopback: true
"""
_PIECES = (
    "Seagate Technology",
    "希捷",
    "ST8000VX004",
    "样例市公安局",
    "样例云帆科技有限公司",
    "CNY 66,720",
    "SAMPLE-T77",
)


@dataclass(frozen=True)
class Told:
    """An award, the alert of it, and what each receiver's reader saw in the end."""

    url: str
    alert: Mapping[str, Any]
    texts: Mapping[str, str]

    def find_state(self, kind: str) -> str:
        """Return the state of the delivery to a receiver."""
        found = {one["receiver"]: one["state"] for one in self.alert["deliveries"]}
        return str(found[kind])


@pytest.fixture(scope="module")
def told(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Told:
    folder = tmp_path_factory.mktemp("whole-way")
    with ExitStack() as stack:
        places = {
            kind: stack.enter_context(run_place(make(folder / kind)))
            for kind, make in KINDS.items()
            if kind != "matrix" and not make.missing
        }
        if not MatrixPlace.missing:
            homeserver = request.getfixturevalue("homeserver")
            homeserver.open_room("whole-way")
            places["matrix"] = homeserver
        return tell_after_an_outage(folder, places)


def sees_end(place: Place) -> bool:
    return LAST in place.read_text()


def tell_after_an_outage(folder: Path, places: Mapping[str, Place]) -> Told:
    """Run the daemon, publish an award while no receiver is up, then start them all."""
    env = {f"URL_{kind}": place.url for kind, place in places.items()}
    desks = "\n".join(f"  {kind}: {{url_env: URL_{kind}, retry: 1s}}" for kind in places)
    with SamplePortal(lambda: datetime.now(UTC), notices=[make_chairs(1)]) as portal:
        write_config(folder, _SOURCE.format(url=portal.base_url + LIST_PATH), desks)
        with Program(folder, env=env) as program:
            program.expect("1 listings, 1 new")
            for place in places.values():
                place.stop()
            url = portal.add(make_award(77))
            for kind in places:
                program.expect(f"receiver {kind} did not accept")
            for place in places.values():
                place.start()
            for kind, place in places.items():
                wait_until(partial(sees_end, place), f"all of it at {kind}", 60)
            polls = len(portal.requests)
            wait_until(lambda: len(portal.requests) >= polls + 2, "two more polls")
            assert program.stop() == 0
    _, out, _ = run_once(folder, "alerts", "--json", env=env)
    texts = {kind: place.read_text() for kind, place in places.items()}
    return Told(url, json.loads(out), texts)


@pytest.mark.parametrize("kind", KINDS)
def test_an_alert_waits_while_its_receiver_is_down_and_is_then_read_there_once_and_whole(
    kind: str, told: Told
) -> None:
    if KINDS[kind].missing:
        pytest.skip(KINDS[kind].missing)
    text = told.texts[kind]
    assert text.count(f"{LAST}{told.alert['id']}") == 1
    assert told.find_state(kind) == "sent"
    for piece in (*_PIECES, told.url):
        assert piece in text
    assert "second copy" not in text
