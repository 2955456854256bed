"""The receivers, each started when a test first asks for it; synapse once for all tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import TypeVar

import pytest

from tests.receivers.hookplace import HookPlace
from tests.receivers.ircplace import IrcPlace
from tests.receivers.mailplace import MailPlace
from tests.receivers.matrixplace import MatrixPlace
from tests.receivers.place import Place

P = TypeVar("P", bound=Place)
ROOMS = count(1)


@pytest.fixture
def mail(tmp_path: Path) -> Iterator[MailPlace]:
    with run_place(MailPlace(tmp_path / "mail")) as place:
        yield place


@pytest.fixture
def hook(tmp_path: Path) -> Iterator[HookPlace]:
    with run_place(HookPlace(tmp_path / "hook")) as place:
        yield place


@pytest.fixture
def irc(tmp_path: Path) -> Iterator[IrcPlace]:
    with run_place(IrcPlace(tmp_path / "irc")) as place:
        yield place


@pytest.fixture(scope="session")
def homeserver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MatrixPlace]:
    with run_place(MatrixPlace(tmp_path_factory.mktemp("synapse"))) as place:
        place.settle()
        yield place


@pytest.fixture
def matrix(homeserver: MatrixPlace) -> MatrixPlace:
    homeserver.open_room(f"alerts-{next(ROOMS)}")
    return homeserver


@contextmanager
def run_place(place: P) -> Iterator[P]:
    """Run a server, or skip the test and say what is missing."""
    if place.missing:
        pytest.skip(place.missing)
    place.start()
    try:
        yield place
    finally:
        place.stop()
