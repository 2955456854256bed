"""The command that screens stored notices again: `rescreen`."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import click

from monitor.commands.base import (
    EXIT_WORLD,
    Settings,
    as_json,
    pass_settings,
    read_since,
    show_errors,
)
from monitor.terminal import print_rows, progress_line, write_error, write_out

if TYPE_CHECKING:
    from monitor.setup import Setup

_SHOWN = ["verdict", "products", "buyer_en", "published", "title_en", "url"]


@click.command()
@click.option(
    "--since", type=click.DateTime(["%Y-%m-%d"]), help="Only notices published since a day."
)
@click.option(
    "--entry", "entries", multiple=True, metavar="ID",
    help="Only what names this brand of the watchlists; may be given several times.",
)  # fmt: skip
@click.option("--tell", is_flag=True, help="Save it, and tell each receiver in one digest.")
@as_json
@pass_settings
def rescreen(
    settings: Settings,
    since: datetime | None,
    entries: tuple[str, ...],
    tell: bool,
    as_json: bool,
) -> None:
    """Screen stored notices again with the watchlists as they are now.

    Prints what would be told, writes nothing and needs no secret. With --tell it is told, which
    needs the store for itself: stop the daemon. Interrupted, it goes on where it was.
    """
    from monitor.config import current_environment
    from monitor.rescreen import Wanted, load_preview, preview_rescreen, tell_rescreen
    from monitor.store import demand_database

    day = read_since(since)
    if tell:
        setup = settings.load()
    else:
        setup = load_preview(settings.config, current_environment(), settings.state)
    demand_database(setup.config.state)
    check_entries(setup, entries)
    wanted = Wanted(day, frozenset(entries))
    write = write_error if as_json else write_out
    with progress_line() as report:
        if tell:
            done = tell_rescreen(setup, wanted, write, report)
        else:
            done = preview_rescreen(setup, wanted, report)
    if done.found or as_json:
        print_rows(done.found, as_json, _SHOWN)
    else:
        click.echo("nothing is told" if tell else "nothing would be told")
    counts = ", ".join(f"{done.counts[name]} {name}" for name in ("read", "changed", "unreadable"))
    outcome = "told" if tell else "would be told; add --tell to tell it in one digest"
    click.echo(f"{counts}; {len(done.found)} {outcome}", err=True)
    if show_errors(done.unreadable):
        raise SystemExit(EXIT_WORLD)


def check_entries(setup: Setup, entries: tuple[str, ...]) -> None:
    """Raise UsageError for an entry that no watchlist has."""
    from monitor.alerting.routecheck import suggest_name

    known = [brand.id for brand in setup.screener.watchlists.brands]
    for entry in entries:
        if entry not in known:
            raise click.UsageError(f"no entry '{entry}' ({suggest_name(entry, known)})")
