"""What the commands share: the options before them, exit codes, how errors are shown."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from monitor.errors import ConfigError, MonitorError
from monitor.terminal import count_of

if TYPE_CHECKING:
    from monitor.outline import Outline
    from monitor.setup import Setup
    from monitor.store import Store

EXIT_WORLD, EXIT_USAGE, EXIT_DISK, EXIT_HELD = 1, 2, 74, 75
_SHORTEST_ID, _FEW_IDS = 4, 5


class Settings:
    """The options that stand before a command."""

    def __init__(self, config: Path, state: Path | None, debug: bool) -> None:
        self.config, self.state, self.debug = config, state, debug

    def load(self) -> Setup:
        """Return configuration and watchlists; raise ConfigError."""
        from monitor.config import current_environment
        from monitor.setup import load_setup

        return load_setup(self.config, current_environment(), self.state)

    def find_state(self) -> Path:
        """Return the state folder; touches nothing else, raises ConfigError."""
        from monitor.config import ConfigFile, current_environment, find_state
        from monitor.yamlfile import load_yaml

        file = load_yaml(self.config, ConfigFile).value
        return find_state(file, self.config, current_environment(), self.state)

    def open_reading(self) -> tuple[Store, dict[str, Outline]]:
        """Return the store for reading and the sources' outlines; needs no secret."""
        from monitor.config import current_environment
        from monitor.outline import guess_state, read_outline
        from monitor.store import Store

        environ = current_environment()
        try:
            state, outlines = read_outline(self.config, environ, self.state)
        except ConfigError as error:
            # A broken configuration is when people look: the daemon runs on with the old one.
            state, outlines = guess_state(self.config, environ, self.state), {}
            if not state.is_dir():
                raise
            click.echo(f"warning: {error}", err=True)
        return Store.open(state, read_only=True), outlines


pass_settings = click.make_pass_decorator(Settings)
as_json = click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")


def find_alert_id(store: Store, text: str) -> str:
    """Return the id of an alert by its whole id or its beginning, four characters or more.

    Raises MonitorError where no alert or several begin so.
    """
    start = text.strip()
    if store.alerts.has_alert(start):
        return start
    ids = store.alerts.list_ids(start) if len(start) >= _SHORTEST_ID else []
    if len(ids) > 1:
        more = f" and {len(ids) - _FEW_IDS} more" if len(ids) > _FEW_IDS else ""
        several = f"{count_of(len(ids), 'alert')} begin with '{start}'"
        raise MonitorError(f"{several}: {', '.join(ids[:_FEW_IDS])}{more}")
    if not ids:
        short = f"give {_SHORTEST_ID} characters or more; " if len(start) < _SHORTEST_ID else ""
        raise MonitorError(f"no alert '{start}' ({short}tender-monitor alerts lists them)")
    return ids[0]


def read_since(day: datetime | None) -> datetime | None:
    """Return when a day of --since begins in China, where the notices are dated.

    Raises UsageError for one that is yet to come.
    """
    start = day.replace(tzinfo=ZoneInfo("Asia/Shanghai")) if day else None
    if start and start > datetime.now(UTC):
        raise click.UsageError(f"{start:%Y-%m-%d} is yet to come")
    return start


def show_errors(errors: Sequence[object]) -> int:
    """Print errors, one a line, and return how many they are."""
    for error in errors:
        click.echo(f"error: {error}", err=True)
    return len(errors)
