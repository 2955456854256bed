"""What `check` and `remove-samples` say of a configuration beside its errors."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from monitor.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitor.commands.base import Settings
    from monitor.config import Config
    from monitor.setup import Setup

_SAMPLE_BEGIN, _SAMPLE_END = "# --- sample begin", "# --- sample end"


def show_warnings(setup: Setup) -> Sequence[str]:
    """Print what loads but is probably not meant, and return it."""
    from monitor.alerting.routecheck import list_route_warnings
    from monitor.statelock import find_exposures

    config = setup.config
    warnings = [
        *setup.screener.watchlists.warnings,
        *list_route_warnings(config.file.routes),
        *list_hasty(config),
        *find_exposures(config.state),
    ]
    for warning in warnings:
        click.echo(f"warning: {warning}", err=True)
    return warnings


def list_hasty(config: Config) -> list[str]:
    """Return file:line:column: message of each source that asks a site without any pause."""
    from monitor.config import is_loopback

    found = []
    for name, source in config.sources.items():
        hosts = [urlsplit(url).hostname or "" for url in source.addresses()]
        far = [host for host in hosts if not is_loopback(host)]
        if far and not source.delay and source.portal != "sample":
            message = f"delay is 0: {far[0]} is asked without a pause"
            found.append(str(config.source_error(name, ["delay"], message, "leave delay out")))
    return found


def load_checked(settings: Settings) -> Setup:
    """Return the setup; where it is refused, say first what else is wrong that needs no secret.

    Raises the ConfigError of the first thing wrong.
    """
    from monitor.config import current_environment
    from monitor.rescreen import load_preview

    try:
        return settings.load()
    except ConfigError as first:
        try:
            show_warnings(load_preview(settings.config, current_environment(), settings.state))
        except ConfigError as other:
            if (other.file, other.line) != (first.file, first.line):
                click.echo(f"error: {other}", err=True)
        raise


def list_left_samples(config: Config) -> list[str]:
    """Return file:line:column: message of each sample source that is still read."""
    found = []
    for name, source in config.sources.items():
        if source.portal == "sample":
            file = config.stanzas[name].file
            text = file.path.read_text("utf-8")
            marked = _SAMPLE_BEGIN in text and _SAMPLE_END in text
            lines = f"the lines from `{_SAMPLE_BEGIN}` to `{_SAMPLE_END}`" if marked else "it"
            message = f"the next round brings the notices of '{name}' back: delete {lines}"
            found.append(str(file.error(["sources", name], message, on_key=True)))
    return found
