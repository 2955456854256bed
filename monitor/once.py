"""One round from the command line: poll, deliver, and put the state folder down again."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

from monitor.alerting.courier import Courier
from monitor.alerting.deliver import make_sender
from monitor.archive import Archive
from monitor.config import Config
from monitor.errors import FetchError, LayoutError
from monitor.health import describe_failure
from monitor.holding import StateLock
from monitor.models import SourceState
from monitor.poll import Round, make_rules, make_span
from monitor.portals import PORTALS
from monitor.setup import Rooms, SampleHost, Setup, settle_outbox, utc_now
from monitor.store import Store
from monitor.web.fetch import Fetcher


def poll_once(
    setup: Setup,
    names: Sequence[str],
    since: datetime | None,
    write: Callable[[str], None],
    report: Callable[[str], None],
) -> list[Round]:
    """Poll sources one after the other and deliver what is due; raise LockedError if held."""
    with StateLock(setup.config.state):
        rooms = Rooms.open(setup.config.state, threading.Event())
        with rooms.store, SampleHost() as samples:
            rooms.store.alerts.free_leases(rooms.clock())
            settle_outbox(setup, rooms)
            poller = rooms.make_poller(samples.point(setup), report)
            rounds = [poller.poll_source(name, since) for name in names]
            deliver_due(setup, rooms, write)
    return rounds


def deliver_due(setup: Setup, rooms: Rooms, write: Callable[[str], None]) -> None:
    """Deliver what is due to every receiver, once."""
    for receiver in setup.config.receivers.values():
        Courier(
            rooms.store.alerts,
            receiver,
            make_sender(receiver, write),
            owner="poll",
            rng=random.Random(),  # noqa: S311 - spreads retries, guards nothing
            stop=rooms.stop,
            others=list(setup.config.receivers),
        ).deliver_due(rooms.clock)


def ask_sources(setup: Setup, report: Callable[[str], None]) -> Iterator[dict[str, Any]]:
    """Yield how each source's first page answers; nothing is stored."""
    with SampleHost() as samples:
        served = samples.point(setup)
        for name, source in served.config.sources.items():
            report(f"{name}: asking")
            portal = PORTALS[source.portal](source)
            rules = make_rules(served.config, name)
            with Fetcher(rules, threading.Event()) as fetcher:
                state, listings, cause = SourceState.CURRENT, 0, ""
                try:
                    capture = fetcher.ask(portal.ask_lists(make_span(utc_now()))[0], now=utc_now())
                    refusal = portal.refused(capture)
                    if refusal is not None:
                        state, cause = refusal.state, refusal.cause
                    else:
                        listings = len(portal.read_listing(capture).listings)
                except FetchError as error:
                    trouble = describe_failure(error, "")
                    state, cause = trouble.state, trouble.cause
                except LayoutError as error:
                    state, cause = SourceState.DRIFTED, str(error)
            yield {"source": name, "state": str(state), "listings": listings, "cause": cause}


def remove_all_samples(config: Config) -> dict[str, int]:
    """Remove sample sources with all that came from them; return what was removed."""
    with StateLock(config.state), Store.open(config.state) as store:
        samples = [row.name for row in store.sources.list_all() if row.sample]
        counts = store.sources.remove_samples()
        archive = Archive(config.state)
        for name in samples:
            archive.drop_source(name)
    return counts
