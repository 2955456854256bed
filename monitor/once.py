"""One round from the command line: poll, deliver, and put the state folder down again."""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import quote

from monitor.alerting.courier import Courier
from monitor.alerting.deliver import make_sender
from monitor.archive import Archive
from monitor.config import Config
from monitor.credentials import Secrets
from monitor.errors import FetchError, LayoutError, MonitorError
from monitor.health import Trouble, describe_failure, describe_refusal
from monitor.models import SourceState
from monitor.polling.poll import Round, make_rules, make_span
from monitor.portals import PORTALS
from monitor.setup import Rooms, SampleHost, Setup, settle_clock, settle_outbox, utc_now
from monitor.statelock import StateLock
from monitor.store import Store
from monitor.web.fetch import Fetcher

log = logging.getLogger(__name__)


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
            settle_clock(rooms)
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
            others=setup.config.list_self_receivers(),
        ).deliver_due(rooms.clock)


def ask_sources(
    setup: Setup, names: Sequence[str], report: Callable[[str], None]
) -> Iterator[dict[str, Any]]:
    """Yield how the first page of each of these sources answers; nothing is stored."""
    sources = {name: setup.config.sources[name] for name in names}
    chosen = replace(setup, config=replace(setup.config, sources=sources))
    with SampleHost() as samples:
        config = samples.point(chosen).config
        for name in sources:
            report(f"{name}: asking")
            found = _read_first_page(config, name)
            trouble = Trouble(SourceState.CURRENT, "", "") if isinstance(found, int) else found
            yield {
                "source": name,
                "state": str(trouble.state),
                "listings": found if isinstance(found, int) else 0,
                "cause": _hide_secrets(trouble.cause, config.secrets.get(name, Secrets())),
            }


def _read_first_page(config: Config, name: str) -> int | Trouble:
    """Return how many rows a source's first page has, or why nobody knows."""
    source = config.sources[name]
    try:
        portal = PORTALS[source.portal](source)
        request = portal.ask_lists(make_span(utc_now()))[0]
        with Fetcher(make_rules(config, name), threading.Event()) as fetcher:
            capture = fetcher.ask(request, now=utc_now())
        if (refusal := portal.refused(capture)) is not None:
            return describe_refusal(refusal, "")
        return len(portal.read_listing(capture).listings)
    except FetchError as error:
        return describe_failure(error, "")
    except LayoutError as error:
        # The address comes last: what is missing must stand where the table does not cut.
        where = f" at {error.url}" if error.url else ""
        return Trouble(SourceState.DRIFTED, f"layout not recognised: {error.missing}{where}", "")
    except MonitorError as error:
        return Trouble(SourceState.PARTIAL, str(error), "")
    except Exception as error:
        # One source that breaks the program keeps no other from being asked.
        log.exception("%s: could not be asked", name)
        return Trouble(SourceState.PARTIAL, f"the program failed: {type(error).__name__}", "")


def _hide_secrets(text: str, secrets: Secrets) -> str:
    """Return a text that a site may have written without the secrets that it was sent."""
    for secret in filter(None, (secrets.cookie, secrets.key)):
        for shape in (secret, quote(secret, safe="")):
            text = text.replace(shape, "…")
    return text


def remove_all_samples(config: Config) -> dict[str, int]:
    """Remove sample sources with all that came from them; return what was removed."""
    with StateLock(config.state), Store.open(config.state) as store:
        samples = [row.name for row in store.sources.list_all() if row.sample]
        counts = store.sources.remove_samples(utc_now())
        archive = Archive(config.state)
        for name in samples:
            archive.drop_source(name)
    return counts
