"""What a reader of the store wants to know of a configuration; touches no secret."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from monitor.config import Config, ConfigFile, Receiver, find_host, find_state, load_stanzas
from monitor.models import Verdict
from monitor.stanzas import SourceConfig
from monitor.yamlfile import load_yaml


@dataclass(frozen=True)
class Outline:
    """What a reader of the store wants to know of a configured source.

    `every` is in seconds; `budget` is 0 where none is kept.
    """

    every: int
    budget: int
    host: str
    tls: str = ""
    proxy: str = ""


def read_outline(
    path: Path, environ: Mapping[str, str], state: Path | None = None
) -> tuple[Path, dict[str, Outline]]:
    """Return the state folder and an outline of each source; touches no secret."""
    loaded = load_yaml(path, ConfigFile)
    outlines = {
        name: Outline(
            stanza.source.every,
            0 if stanza.source.portal == "sample" else stanza.source.budget,
            _find_host(stanza.source),
            _name_opt_out(stanza.source),
            _name_proxy(stanza.source),
        )
        for name, stanza in load_stanzas(loaded).items()
        if stanza.source.enabled
    }
    return find_state(loaded.value, path, environ, state), outlines


def read_config(path: Path, environ: Mapping[str, str], state: Path | None = None) -> Config:
    """Return the configuration for what asks and tells nobody; touches no secret.

    What only a round or a message needs is neither looked for nor checked.
    """
    loaded = load_yaml(path, ConfigFile)
    file, base, stanzas = loaded.value, path.resolve().parent, load_stanzas(loaded)
    receivers = {
        name: Receiver(
            name, one.type, "", frozenset(Verdict(word) for word in one.verdicts),
            one.dead_after, one.retry, one.about_itself, one.quiet, one.flood, ZoneInfo(file.zone),
        )
        for name, one in file.receivers.items()
    }  # fmt: skip
    return Config(
        path=path,
        state=find_state(file, path, environ, state),
        watchlists=base / file.watchlists,
        lookback=file.lookback,
        user_agent=file.user_agent,
        receivers=receivers,
        sources={n: s.source for n, s in stanzas.items() if s.source.enabled},
        stanzas=stanzas,
        secrets={},
        loaded=loaded,
    )


def read_stanzas(path: Path) -> dict[str, SourceConfig]:
    """Return every stanza, read or not; touches no secret."""
    stanzas = load_stanzas(load_yaml(path, ConfigFile))
    return {name: stanza.source for name, stanza in stanzas.items()}


def _find_host(source: SourceConfig) -> str:
    addresses = source.addresses()
    return find_host(addresses[0]) if addresses else ""


def _name_opt_out(source: SourceConfig) -> str:
    """Return how a source's TLS is looser than usual, or ''."""
    found = {
        "old TLS accepted": source.legacy_tls,
        "certificate not verified": not source.verify_tls,
    }
    return ", ".join(words for words, loose in found.items() if loose)


def read_watchlist_path(path: Path) -> Path:
    """Return the folder of the watchlists; touches no secret."""
    return path.resolve().parent / load_yaml(path, ConfigFile).value.watchlists


def _name_proxy(source: SourceConfig) -> str:
    """Return the proxy of a source without the login that its address may hold."""
    parts = urlsplit(source.proxy)
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{parts.hostname}{port}" if parts.hostname else ""


def guess_state(path: Path, environ: Mapping[str, str], state: Path | None = None) -> Path:
    """Return where the state folder is by default, for when the configuration is broken."""
    plain = ConfigFile(receivers={}, sources={})
    return find_state(plain, path, environ, state)
