"""A whole monitor on a temporary folder, around a portal on 127.0.0.1, with a clock in hand."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from monitor.config import Config, load_config
from monitor.polling.poll import Round
from monitor.portals import PORTALS
from monitor.receivers import ReceiverConfig
from monitor.sample.notices import SampleItem, SampleNotice
from monitor.sample.server import LIST_PATH, SamplePortal
from monitor.screening.score import Screener
from monitor.screening.watchlist import load_watchlists
from monitor.setup import Rooms, Setup
from monitor.stanzas import SourceConfig
from monitor.upkeep import EvidenceConfig
from tests.portals.sites.base import Site, serve_site

START = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
WATCHLISTS = Path(__file__).parents[2] / "watchlists"


@cache
def load_screener() -> Screener:
    """Return the shipped watchlists made ready, once for all tests."""
    return Screener.build(load_watchlists(WATCHLISTS))


class Clock:
    """A wall clock that moves only when told."""

    def __init__(self, at: datetime = START) -> None:
        self.at = at

    def __call__(self) -> datetime:
        """Return the time."""
        return self.at

    def pass_time(self, **parts: float) -> None:
        """Move on, as in pass_time(hours=6)."""
        self.at += timedelta(**parts)


@dataclass
class House:
    """A monitor with one source, `local`, and a way to poll it."""

    setup: Setup
    rooms: Rooms
    clock: Clock
    portal: SamplePortal = field(default_factory=lambda: SamplePortal(Clock(), notices=()))
    reports: list[str] = field(default_factory=list)

    @property
    def config(self) -> Config:
        """The configuration in force."""
        return self.setup.config

    def poll(self, since: datetime | None = None) -> Round:
        """Poll the source once."""
        return self.rooms.make_poller(self.setup, self.reports.append).poll_source("local", since)

    def leave_told_alone(self) -> None:
        """Look at no told notice again: its requests would count among others."""
        file = self.config.file.model_copy(update={"evidence": EvidenceConfig(look_again=False)})
        loaded = replace(self.config.loaded, value=file)
        self.setup = replace(self.setup, config=replace(self.config, loaded=loaded))

    def told(self) -> list[tuple[str, str]]:
        """Return (state, verdict) of every delivery in order."""
        rows = self.rooms.store.db.query(
            "select d.state, a.verdict from delivery d join alert a on a.id = d.alert order by d.id"
        )
        return [(row["state"], row["verdict"]) for row in rows]

    def count(self, table: str) -> int:
        """Return the number of rows of a table."""
        found = self.rooms.store.db.first(f"select count(*) as n from {table}")  # noqa: S608
        return int(found["n"]) if found else 0


def make_config(folder: Path, source: SourceConfig, **receivers: ReceiverConfig) -> Config:
    """Return a configuration with one source named local."""
    path = folder / "config.yaml"
    names = receivers or {"terminal": ReceiverConfig(type="terminal")}
    lines = ["receivers:"] + [f"  {name}: {{type: terminal}}" for name in names]
    lines += ["sources:", "  local: {portal: ccgp, lists: [http://127.0.0.1/]}"]
    path.write_text("\n".join(lines) + "\n", "utf-8")
    loaded = load_config(path, frozenset(PORTALS), {})
    return replace_sources(loaded, source)


def replace_sources(config: Config, source: SourceConfig) -> Config:
    """Return a configuration whose source local is another one."""
    return replace(config, sources={"local": source})


@contextmanager
def watch_site(folder: Path, site: Site, **options: object) -> Iterator[House]:
    """Give a house whose source reads a simulated site."""
    clock = Clock()
    with serve_site(site) as url:
        plain = {"portal": site.portal, "delay": 0.0, "allow_loopback": True}
        source = SourceConfig.model_validate({**plain, **site.stanza(url), **options})
        config = make_config(folder, source)
        with open_rooms(folder, clock) as rooms:
            yield House(Setup(config, load_screener()), rooms, clock)


@contextmanager
def open_house(folder: Path, notices: Sequence[SampleNotice], **options: object) -> Iterator[House]:
    """Give a house around a portal that shows these notices."""
    clock = Clock()
    with SamplePortal(clock, notices=notices) as portal:
        plain = {"portal": "ccgp", "lists": [portal.base_url + LIST_PATH], "delay": 0.0}
        source = SourceConfig.model_validate({**plain, "allow_loopback": True, **options})
        config = make_config(folder, source)
        with open_rooms(folder, clock) as rooms:
            yield House(Setup(config, load_screener()), rooms, clock, portal)


@contextmanager
def open_rooms(folder: Path, clock: Clock) -> Iterator[Rooms]:
    """Give rooms in a state folder of their own."""
    rooms = Rooms.open(folder / "state", threading.Event())
    with rooms.store:
        yield replace(rooms, clock=clock)


def make_award(number: int, **changes: object) -> SampleNotice:
    """Return an award of surveillance drives to a police bureau."""
    facts: dict[str, object] = {
        "id": 9_100_000 + number,
        "channel": "zbgg",
        "layout": "zcy",
        "project": f"样例市公安局视频存储扩容项目{number}",
        "buyer": "样例市公安局",
        "number": f"SAMPLE-T{number}",
        "shows": "written for a test",
        "items": (
            SampleItem(name="监控硬盘", brand="希捷", model="ST8000VX004", quantity=48,
                       unit="块", unit_price=1390.0),
        ),
        "supplier": "样例云帆科技有限公司",
        "minutes_ago": number,
    }  # fmt: skip
    return SampleNotice.model_validate({**facts, **changes})


def make_chairs(number: int, **changes: object) -> SampleNotice:
    """Return an award of chairs to a school, which nobody watches."""
    facts: dict[str, object] = {
        "project": f"样例市第一中学课桌椅采购项目{number}",
        "buyer": "样例市第一中学",
        "items": (SampleItem(name="课桌椅", brand="样例", model="Z-1", unit_price=300.0),),
    }
    return make_award(number, **{**facts, **changes})
