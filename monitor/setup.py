"""Configuration and watchlists, loaded and checked together, and the rooms built on them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from monitor.alerting.deliver import find_problem as find_receiver_problem
from monitor.alerting.routecheck import check_routes
from monitor.alerting.selfalert import make_self_alert
from monitor.archive import Archive
from monitor.config import Config, load_config
from monitor.documents.parts import Limits
from monitor.documents.reader import DocumentReader
from monitor.polling.poll import Poller, make_rules
from monitor.portals import PORTALS
from monitor.portals.checks import find_problem
from monitor.sample.server import LIST_PATH, SamplePortal
from monitor.screening.listfile import find_file, load_lists
from monitor.screening.lists import SanctionLists, load_packaged
from monitor.screening.score import Screener
from monitor.screening.watchlist import load_watchlists
from monitor.stanzas import SourceConfig
from monitor.store import Store
from monitor.text.markup import is_selector
from monitor.vitals.clock import ClockMemory
from monitor.vitals.disk import DiskGuard
from monitor.vitals.edits import tell_edit
from monitor.web.manners import Manners, Robots
from monitor.web.signing import SignError

SAMPLE_PORT = 8765


@dataclass(frozen=True)
class Setup:
    """What the program runs on; replaced whole on reload, never changed."""

    config: Config
    screener: Screener
    lists: SanctionLists = field(default_factory=load_packaged)


def load_setup(path: Path, environ: Mapping[str, str], state: Path | None = None) -> Setup:
    """Load config.yaml, its watchlists and the sanction lists of the state folder.

    Raise ConfigError before anything changes.
    """
    config = load_config(path, frozenset(PORTALS), environ, state)
    for name, receiver in config.receivers.items():
        if receiver.url and (problem := find_receiver_problem(receiver.url)):
            stanza = config.loaded.value.receivers[name]
            key = "url_env" if stanza.url_env else "url_file"
            raise config.loaded.error(["receivers", name, key], problem)
    screener = Screener.build(load_watchlists(config.watchlists))
    check_routes(config, screener.watchlists)
    organs = {agency.id for agency in screener.watchlists.agencies}
    for name, source in config.sources.items():
        _check_source(config, name, source, organs)
    return Setup(config, screener, load_lists(config.state))


def _check_source(config: Config, name: str, source: SourceConfig, organs: set[str]) -> None:
    """Refuse what only other rooms can judge: selectors, the proxy's kind, an organ's name."""
    for part in ("row", "detail"):
        selectors = getattr(source, part)
        for key, css in (selectors.model_dump() if selectors else {}).items():
            if key != "page_url" and css and not is_selector(css):
                message = f"'{css}' is no CSS selector"
                raise config.source_error(name, [part, key], message)
    if (problem := find_problem(source)) is not None:
        raise config.source_error(name, problem[0], problem[1])
    if source.default_organ and source.default_organ not in organs:
        message = f"no agency '{source.default_organ}' in the watchlists"
        raise config.source_error(name, ["default_organ"], message)
    try:
        make_rules(config, name)
    except SignError as error:
        raise config.source_error(name, ["sign"], str(error)) from None
    except ValueError as error:
        raise config.source_error(name, ["proxy"], str(error)) from None


def sign_files(setup: Setup) -> tuple[tuple[str, int, int, int], ...]:
    """Return a signature of the files behind a setup; it differs after any edit."""
    paths = [*setup.config.list_files(), find_file(setup.config.state)]
    folder = setup.config.watchlists
    if folder.is_dir():
        paths += sorted(folder.glob("*.yaml"))
    signature = []
    for path in paths:
        try:
            stat = path.stat()
        except OSError:
            signature.append((str(path), 0, 0, 0))
        else:
            signature.append((str(path), stat.st_mtime_ns, stat.st_size, stat.st_ino))
    return tuple(signature)


def utc_now() -> datetime:
    """Return the time of the wall clock in UTC."""
    return datetime.now(UTC)


class SampleHost:
    """Serve the built-in sample portal for as long as a setup asks for it, while entered.

    A reload does not start it anew: it would begin its story again, on another port.
    """

    def __init__(self) -> None:
        self._portal: SamplePortal | None = None

    def point(self, setup: Setup) -> Setup:
        """Return the setup with its sample sources pointed at the portal, now running."""
        samples = {n: s for n, s in setup.config.sources.items() if s.portal == "sample"}
        if not samples:
            self._stop()
            return setup
        portal = self._start()
        update = {
            "lists": [portal.base_url + LIST_PATH],
            "allow_loopback": True,
            "delay": 0.0,
            "budget": 10_000_000,
        }
        served = {name: source.model_copy(update=update) for name, source in samples.items()}
        sources = {name: served.get(name, s) for name, s in setup.config.sources.items()}
        return replace(setup, config=replace(setup.config, sources=sources))

    def _start(self) -> SamplePortal:
        if self._portal is None:
            self._portal = SamplePortal(utc_now, port=SAMPLE_PORT).__enter__()
        return self._portal

    def _stop(self) -> None:
        if self._portal is not None:
            self._portal.__exit__(None, None, None)
            self._portal = None

    def __enter__(self) -> Self:
        """Return the host itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        """Stop the portal."""
        self._stop()


def settle_clock(rooms: Rooms) -> timedelta:
    """Move all that waits with a clock that was set back while nothing ran; return the step."""
    now, memory = rooms.clock(), ClockMemory(rooms.store.vitals)
    if step := memory.find_step(now):
        rooms.store.vitals.shift_waits(step)
    memory.note(now, 0.0)
    return step


def settle_outbox(setup: Setup, rooms: Rooms) -> None:
    """Let nothing wait for what is configured no more; tell of edited watchlists."""
    settle_deliveries(setup, rooms)
    tell_words(setup, rooms)


def tell_words(setup: Setup, rooms: Rooms) -> None:
    """Tell once of edited watchlists; it may take minutes to look through past notices."""
    receivers = setup.config.list_self_receivers()
    tell_edit(rooms.store, setup.screener.watchlists, receivers, rooms.clock())


def settle_deliveries(setup: Setup, rooms: Rooms) -> None:
    """Let nothing wait for a receiver or a source that is configured no more."""
    now, alerts = rooms.clock(), rooms.store.alerts
    receivers = list(setup.config.receivers)
    buried = alerts.bury_unknown(receivers)
    alerts.release_orphans(setup.config.sources, now)
    if buried:
        lines = [
            f"{buried} messages waited for receivers that are not in the configuration now.",
            "They will not be sent; `tender-monitor alerts` shows them as dead.",
        ]
        alert = make_self_alert("Messages of a removed receiver", lines, now=now)
        alerts.enqueue(alert, setup.config.list_self_receivers(), now)


@dataclass(frozen=True)
class Rooms:
    """What lives as long as the process: store, archive, manners."""

    store: Store
    archive: Archive
    manners: Manners
    robots: Robots
    documents: DocumentReader
    stop: threading.Event
    clock: Callable[[], datetime] = utc_now

    @classmethod
    def open(cls, state: Path, stop: threading.Event) -> Rooms:
        """Open the rooms of a state folder; raise StoreError where they cannot be used."""
        # A disk that is full must not keep the program from saying so.
        DiskGuard(state, 0).make_room()
        store = Store.open(state)
        # A stanza may have changed while nothing ran: 304 would hide what it shows now.
        store.db.execute("delete from validator")
        archive = Archive(state)
        reader = DocumentReader(Limits(ocr=True), stop)
        return cls(store, archive, Manners(store.sources.spend), Robots(), reader, stop)

    def make_poller(self, setup: Setup, report: Callable[[str], None]) -> Poller:
        """Return a poller that works with a setup."""
        return Poller(
            config=setup.config,
            store=self.store,
            archive=self.archive,
            screener=setup.screener,
            lists=setup.lists,
            manners=self.manners,
            robots=self.robots,
            documents=self.documents,
            stop=self.stop,
            clock=self.clock,
            report=report,
        )
