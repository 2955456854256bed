"""The command line: `tender-monitor`. Rooms are imported by the command that needs them."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from monitor.commands.base import (
    EXIT_DISK,
    EXIT_HELD,
    EXIT_USAGE,
    EXIT_WORLD,
    Settings,
    as_json,
    pass_settings,
    read_since,
)
from monitor.commands.checking import list_left_samples, load_checked, show_warnings
from monitor.commands.evidence import evidence
from monitor.commands.judging import explain_refusal, judge, let_go, mute, resend, unmute
from monitor.commands.keeping import backup, restore, verify
from monitor.commands.lists import lists
from monitor.commands.reading import alerts, sources, why, write_gaps
from monitor.commands.rescreening import rescreen
from monitor.commands.saved import import_command, screen
from monitor.errors import (
    ConfigError,
    DeliveryError,
    LockedError,
    MonitorError,
    UnwritableError,
)
from monitor.terminal import (
    count_of,
    print_rows,
    progress_line,
    set_logging,
    show_each,
    show_line,
    write_error,
    write_out,
)

if TYPE_CHECKING:
    from monitor.setup import Setup


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="tender-monitor")
@click.option(
    "--config", type=click.Path(path_type=Path), default=Path("config.yaml"), show_default=True,
    help="The configuration file.",
)  # fmt: skip
@click.option("--state", type=click.Path(path_type=Path), help="The state folder.")
@click.option("--debug", is_flag=True, help="Show every step, and tracebacks.")
@click.pass_context
def cli(context: click.Context, config: Path, state: Path | None, debug: bool) -> None:
    """Watch public procurement portals for products bought by security organs.

    Exit codes: 0 done; 1 something is wrong with the world; 2 wrong usage or
    configuration; 74 the disk takes nothing; 75 another process holds the state folder.
    """
    context.obj = Settings(config, state, debug)
    set_logging(debug)


for command in (
    lists, alerts, why, sources, screen, import_command, rescreen, evidence, verify, backup,
    restore, judge, mute, unmute, resend,
):  # fmt: skip
    cli.add_command(command)


@cli.command()
@pass_settings
def run(settings: Settings) -> None:
    """Run the daemon in the foreground."""
    from monitor.statelock import StateLock

    # Before all that takes time: whoever comes second says so at once.
    with StateLock(settings.find_state()):
        run_daemon(settings)


def run_daemon(settings: Settings) -> None:
    """Run the daemon in a state folder that is held."""
    import threading

    from monitor.config import current_environment
    from monitor.daemon import Daemon, open_rooms
    from monitor.reloading import check_state
    from monitor.setup import sign_files

    setup = settings.load()
    signature = sign_files(setup)
    rooms = open_rooms(setup, threading.Event(), write_out)
    if sign_files(setup) != signature:
        # A full disk was waited for, and the files were edited meanwhile.
        setup = check_state(setup, settings.load())
    config = setup.config
    with rooms.store:
        log = logging.getLogger(__name__)
        log.info("%s: sources %s", config.path, ", ".join(config.sources) or "none")
        log.info("state in %s; receivers %s", config.state, ", ".join(config.receivers))
        for warning in setup.screener.watchlists.warnings:
            log.warning("%s", warning)
        daemon = Daemon(setup, rooms, current_environment(), write_out, settings.state)
        daemon.install_signals()
        daemon.run()


@cli.command()
@click.argument("sources", nargs=-1)
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="Read back to this day.")
@as_json
@pass_settings
def poll(
    settings: Settings, sources: tuple[str, ...], since: datetime | None, as_json: bool
) -> None:
    """Poll sources once, deliver what is due, and print a table."""
    from monitor.once import poll_once

    reach = read_since(since)
    setup = settings.load()
    chosen = choose_sources(setup, sources)
    # With --json the rows alone go to standard output; an alert must still be seen.
    write = write_error if as_json else write_out
    with progress_line() as report:
        rounds = poll_once(setup, chosen, reach, write, report)
    rows = [
        {
            "source": r.source, "listings": r.listings, "new": r.new, "changed": r.changed,
            "opened": r.opened, "alerts": r.alerts, "reviews": r.reviews,
            "unchecked": r.unchecked, "waiting": r.waiting,
            "state": str(r.health.state), "cause": r.health.cause,
        }
        for r in rounds
    ]  # fmt: skip
    print_rows(rows, as_json, list(rows[0]) if rows else [])
    if since is not None and not as_json:
        show_reach(settings, chosen)
    if any(row["state"] != "current" for row in rows):
        raise SystemExit(EXIT_WORLD)


def choose_sources(setup: Setup, names: Sequence[str]) -> Sequence[str]:
    """Return these sources, all where none is named; raise UsageError for an unknown one."""
    config = setup.config
    for name in names:
        if name not in config.sources:
            known = ", ".join(config.sources)
            raise click.UsageError(f"no source '{name}' in {config.path} (known: {known})")
    return names or tuple(config.sources)


def show_reach(settings: Settings, names: Sequence[str]) -> None:
    """Say how far back sources were read whole, and what of it was not."""
    from monitor.reading.views import list_sources

    store, outlines = settings.open_reading()
    with store:
        rows = [r for r in list_sources(store, outlines, datetime.now(UTC)) if r["source"] in names]
    for row in rows:
        for line in write_gaps(row):
            show_line(f"{row['source']}: {line}")


@cli.command()
@click.argument("sources", nargs=-1)
@click.option("--live", is_flag=True, help="Also ask each source once, or the SOURCES named.")
@as_json
@pass_settings
def check(settings: Settings, sources: tuple[str, ...], live: bool, as_json: bool) -> None:
    """Check config.yaml and all watchlists; say file, line and column of what is wrong."""
    if sources and not live:
        raise click.UsageError("sources are named to ask them: add --live")
    setup = load_checked(settings)
    chosen = choose_sources(setup, sources)
    lists = setup.screener.watchlists
    warnings = show_warnings(setup)
    for note in lists.list_notes(datetime.now(ZoneInfo("Asia/Shanghai")).date()):
        click.echo(f"note: {note}", err=True)
    row = {
        "config": str(settings.config), "sources": len(setup.config.sources),
        "receivers": len(setup.config.receivers), "brands": len(lists.brands),
        "agencies": len(lists.agencies), "watchlists": lists.version,
        "warnings": len(warnings),
    }  # fmt: skip
    click.echo(json.dumps(row, ensure_ascii=False) if as_json else describe_check(row))
    if live:
        check_live(setup, chosen, as_json)


@cli.command()
@click.argument("kind", type=click.Choice(["brands", "agencies", "categories", "config"]))
def schema(kind: str) -> None:
    """Print the JSON Schema of a kind of file, by which an editor completes and checks it."""
    from monitor.schema import render_schema

    click.echo(render_schema(kind), nl=False)


def describe_check(row: Mapping[str, Any]) -> str:
    """Return in one line what a configuration holds that is good."""
    words = {
        "sources": "source", "receivers": "receiver", "brands": "brand",
        "agencies": "agency pattern", "warnings": "warning",
    }  # fmt: skip
    return f"{row['config']}: good. {', '.join(count_of(row[k], w) for k, w in words.items())}."


def check_live(setup: Setup, names: Sequence[str], as_json: bool) -> None:
    """Ask sources for their first page; exit 1 if one does not answer well."""
    from monitor.once import ask_sources

    with progress_line() as report:
        rows = list(ask_sources(setup, names, report))
    print_rows(rows, as_json, ["source", "state", "listings", "cause"])
    if not as_json:
        show_each(rows, "source", "cause")
    if any(row["state"] != "current" for row in rows):
        raise SystemExit(EXIT_WORLD)


@cli.command("test-receiver")
@click.argument("name")
@pass_settings
def send_test(settings: Settings, name: str) -> None:
    """Send one test message to a receiver."""
    from monitor.alerting.deliver import make_sender
    from monitor.models import Message

    config = settings.load().config
    receivers = config.receivers
    if name not in receivers:
        raise click.UsageError(f"no receiver '{name}' (known: {', '.join(receivers)})")
    body = "This is a test of tender-monitor. Nothing was found; the receiver works."
    message = Message("[TEST] tender-monitor reaches this receiver", body)
    try:
        make_sender(receivers[name], write_out).send(message)
    except DeliveryError as error:
        raise MonitorError(f"{name}: {explain_refusal(str(error))}") from error
    let_go(config.state, name)
    click.echo(f"{name}: accepted", err=True)


@cli.command("remove-samples")
@pass_settings
def remove_samples(settings: Settings) -> None:
    """Remove the built-in sample portal's notices, alerts and captures from the store."""
    from monitor.once import remove_all_samples

    config = settings.load().config
    counts = remove_all_samples(config)
    removed = [count_of(counts[f"{one}s"], f"sample {one}") for one in ("listing", "alert")]
    click.echo(f"removed {' and '.join(removed)}")
    for warning in list_left_samples(config):
        click.echo(f"warning: {warning}", err=True)


_ANYWHERE = ("--config", "--state")


def move_options(arguments: list[str]) -> list[str]:
    """Return arguments with --config, --state and --debug in front, wherever they stood."""
    front, rest, waiting = [], [], iter(arguments)
    for word in waiting:
        if word == "--":
            rest += [word, *waiting]
        elif word in _ANYWHERE:
            front += [word, *([value] if (value := next(waiting, None)) is not None else [])]
        elif word == "--debug" or word.startswith(tuple(f"{name}=" for name in _ANYWHERE)):
            front.append(word)
        else:
            rest.append(word)
    return [*front, *rest]


def main() -> None:
    """Run the command line and turn errors into one line and an exit code."""
    try:
        cli.main(move_options(sys.argv[1:]), standalone_mode=False)
    except click.ClickException as error:
        error.show()
        raise SystemExit(EXIT_USAGE) from None
    except click.exceptions.Abort:
        raise SystemExit(130) from None
    except MonitorError as error:
        if "--debug" in sys.argv:
            raise
        click.echo(f"error: {error}", err=True)
        code = EXIT_USAGE if isinstance(error, ConfigError) else EXIT_WORLD
        code = EXIT_DISK if isinstance(error, UnwritableError) else code
        raise SystemExit(EXIT_HELD if isinstance(error, LockedError) else code) from None
