"""The command line: `tender-monitor`. Rooms are imported by the command that needs them."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from monitor.cli_lists import lists
from monitor.errors import ConfigError, LockedError, MonitorError
from monitor.terminal import (
    print_rows,
    progress_line,
    set_logging,
    show_line,
    write_error,
    write_out,
)

if TYPE_CHECKING:
    from monitor.config import Outline
    from monitor.setup import Setup
    from monitor.store import Store

EXIT_WORLD, EXIT_USAGE, EXIT_HELD = 1, 2, 75


class Settings:
    """The options that stand before a command."""

    def __init__(self, config: Path, state: Path | None, debug: bool) -> None:
        self.config, self.state, self.debug = config, state, debug

    def load(self) -> Setup:
        """Return configuration and watchlists; raise ConfigError."""
        from monitor.config import current_environment
        from monitor.setup import load_setup

        return load_setup(self.config, current_environment(), self.state)

    def open_reading(self) -> tuple[Store, dict[str, Outline]]:
        """Return the store for reading and the sources' outlines; needs no secret."""
        from monitor.config import current_environment, guess_state, read_outline
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
    configuration; 75 another process holds the state folder.
    """
    context.obj = Settings(config, state, debug)
    set_logging(debug)


cli.add_command(lists)


@cli.command()
@pass_settings
def run(settings: Settings) -> None:
    """Run the daemon in the foreground."""
    import threading

    from monitor.config import current_environment
    from monitor.daemon import Daemon
    from monitor.holding import StateLock
    from monitor.setup import Rooms

    setup = settings.load()
    config = setup.config
    with StateLock(config.state):
        rooms = Rooms.open(config.state, threading.Event())
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

    setup = settings.load()
    for name in sources:
        if name not in setup.config.sources:
            known = ", ".join(setup.config.sources)
            raise click.UsageError(f"no source '{name}' in {settings.config} (known: {known})")
    # A day is a day in China, where the notices are dated.
    reach = since.replace(tzinfo=ZoneInfo("Asia/Shanghai")) if since else None
    chosen = sources or tuple(setup.config.sources)
    # With --json the rows alone go to standard output; an alert must still be seen.
    write = write_error if as_json else write_out
    with progress_line() as report:
        rounds = poll_once(setup, chosen, reach, write, report)
    rows = [
        {
            "source": r.source, "listings": r.listings, "new": r.new, "changed": r.changed,
            "opened": r.opened, "alerts": r.alerts, "reviews": r.reviews, "waiting": r.waiting,
            "state": str(r.health.state), "cause": r.health.cause,
        }
        for r in rounds
    ]  # fmt: skip
    print_rows(rows, as_json, list(rows[0]) if rows else [])
    if any(row["state"] != "current" for row in rows):
        raise SystemExit(EXIT_WORLD)


@cli.command()
@click.option("--live", is_flag=True, help="Also ask each source once.")
@as_json
@pass_settings
def check(settings: Settings, live: bool, as_json: bool) -> None:
    """Check config.yaml and all watchlists; say file, line and column of what is wrong."""
    setup = settings.load()
    lists = setup.screener.watchlists
    for warning in lists.warnings:
        click.echo(f"warning: {warning}", err=True)
    for note in lists.list_notes(datetime.now(ZoneInfo("Asia/Shanghai")).date()):
        click.echo(f"note: {note}", err=True)
    row = {
        "config": str(settings.config), "sources": len(setup.config.sources),
        "receivers": len(setup.config.receivers), "brands": len(lists.brands),
        "agencies": len(lists.agencies), "watchlists": lists.version,
        "warnings": len(lists.warnings),
    }  # fmt: skip
    if as_json:
        click.echo(json.dumps(row, ensure_ascii=False))
    else:
        click.echo(
            f"{settings.config}: good. {row['sources']} sources, {row['receivers']} receivers, "
            f"{row['brands']} brands, {row['agencies']} agency patterns, "
            f"{row['warnings']} warnings."
        )
    if live:
        check_live(setup, as_json)


@cli.command()
@click.argument("kind", type=click.Choice(["brands", "agencies", "categories", "config"]))
def schema(kind: str) -> None:
    """Print the JSON Schema of a kind of file, by which an editor completes and checks it."""
    from monitor.schema import render_schema

    click.echo(render_schema(kind), nl=False)


def check_live(setup: Setup, as_json: bool) -> None:
    """Ask each source for its first page; exit 1 if one does not answer well."""
    from monitor.once import ask_sources

    with progress_line() as report:
        rows = list(ask_sources(setup, report))
    print_rows(rows, as_json, ["source", "state", "listings", "cause"])
    if any(row["state"] != "current" for row in rows):
        raise SystemExit(EXIT_WORLD)


@cli.command()
@click.argument("files", nargs=-1, required=True)
@as_json
@pass_settings
def screen(settings: Settings, files: tuple[str, ...], as_json: bool) -> None:
    """Screen saved notices (.html .json .jsonl .warc.gz, or - for JSON lines) without the store."""
    from monitor.config import current_environment, read_outline, read_watchlist_path
    from monitor.reading.screened import UnreadableError, find_saved, read_lines, screen_saved
    from monitor.screening.listfile import load_lists
    from monitor.screening.score import Screener
    from monitor.screening.watchlist import load_watchlists

    state, _ = read_outline(settings.config, current_environment(), settings.state)
    lists = load_lists(state)
    screener = Screener.build(load_watchlists(read_watchlist_path(settings.config)))
    failed = False
    with progress_line() as report:
        for name in files:
            number = 0
            try:
                stdin = sys.stdin.buffer
                found = read_lines(stdin, Path(), "-") if name == "-" else find_saved(Path(name))
                for number, saved in enumerate(found, 1):
                    report(f"{name}: {number} screened")
                    row = screen_saved(saved, screener, lists)
                    show_screened(row, as_json)
                    if "error" in row:
                        failed = True
                        click.echo(f"error: {name}: {row['error']}", err=True)
            except UnreadableError as error:
                failed = True
                click.echo(f"error: {error}", err=True)
    if failed:
        raise SystemExit(EXIT_WORLD)


def show_screened(row: dict[str, Any], as_json: bool) -> None:
    """Print a screened notice as JSON or as a few lines."""
    if as_json:
        click.echo(json.dumps(row, ensure_ascii=False))
        return
    show_line(f"{row['verdict'].upper():7} {row['id']}  {row['reason']}  {row.get('title', '')}")
    for feature in row.get("features", ()):
        show_line(f"        {feature['weight']:+.2f} {feature['name']}: {feature['why']}")
    for hit in row.get("brands", ()):
        show_line(f"        {hit['id']} [{hit['stance']}] {hit['field']}: 「{hit['quote']}」")


@cli.command()
@click.option("--verdict", type=click.Choice(["alert", "review", "self"]), default=None)
@click.option(
    "--since", type=click.DateTime(["%Y-%m-%d"]), help="Only alerts since this day (UTC)."
)
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True)
@as_json
@pass_settings
def alerts(
    settings: Settings, verdict: str | None, since: datetime | None, limit: int, as_json: bool
) -> None:
    """List alerts, newest first, and what became of their deliveries."""
    from monitor.reading.views import list_alerts

    store, _ = settings.open_reading()
    with store:
        moment = since.replace(tzinfo=UTC) if since else None
        rows = list(list_alerts(store, verdict=verdict or "", since=moment, limit=limit))
    if not as_json:
        for row in rows:
            row["created"] = row["created_at"][:16]
            row["deliveries"] = ", ".join(
                f"{d['receiver']} {d['state']}" for d in row["deliveries"]
            )
            row["what"] = row["products"] or row["title_en"] or row["title"]
            row["verdict"] = f"SAMPLE {row['verdict']}" if row["sample"] else row["verdict"]
    print_rows(rows, as_json, ["id", "created", "verdict", "what", "buyer_en", "deliveries"])


@cli.command()
@click.argument("key", metavar="ID|URL")
@as_json
@pass_settings
def why(settings: Settings, key: str, as_json: bool) -> None:
    """Explain why a notice was told, or why it was not."""
    from monitor.reading.views import explain_notice, show_explanation

    store, _ = settings.open_reading()
    with store:
        found = explain_notice(store, key)
    if found is None:
        raise MonitorError(f"no alert or notice '{key}' in the store")
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
        return
    for line in show_explanation(found):
        show_line(line)


@cli.command()
@click.option("--issues", is_flag=True, help="List what could not be understood.")
@as_json
@pass_settings
def sources(settings: Settings, issues: bool, as_json: bool) -> None:
    """Show each source: state, cause, last good poll, lag, gaps and what to do."""
    from monitor.reading.views import list_issues, list_sources

    store, outlines = settings.open_reading()
    with store:
        if issues:
            columns = ["source", "kind", "field", "raw", "count", "url"]
            print_rows([dict(row) for row in list_issues(store)], as_json, columns)
            return
        rows = list(list_sources(store, outlines, datetime.now(UTC)))
    for row in rows if not as_json else ():
        if row.get("budget"):
            row["requests"] = f"{row['requests_today']}/{row['budget']}"
    columns = ["source", "state", "last_good", "listings", "waiting", "requests", "cause"]
    print_rows(rows, as_json, columns)
    if not as_json:
        for row in rows:
            for name in ("missed", "advice"):
                if row.get(name):
                    show_line(f"{row['source']}: {name}: {row[name]}")


@cli.command("test-receiver")
@click.argument("name")
@pass_settings
def send_test(settings: Settings, name: str) -> None:
    """Send one test message to a receiver."""
    from monitor.alerting.deliver import make_sender
    from monitor.models import Message

    receivers = settings.load().config.receivers
    if name not in receivers:
        raise click.UsageError(f"no receiver '{name}' (known: {', '.join(receivers)})")
    body = "This is a test of tender-monitor. Nothing was found; the receiver works."
    message = Message("[TEST] tender-monitor reaches this receiver", body)
    make_sender(receivers[name], write_out).send(message)
    click.echo(f"{name}: accepted", err=True)


@cli.command("remove-samples")
@pass_settings
def remove_samples(settings: Settings) -> None:
    """Remove the built-in sample portal's notices, alerts and captures from the store."""
    from monitor.once import remove_all_samples

    counts = remove_all_samples(settings.load().config)
    click.echo(f"removed {counts['listings']} sample listings and {counts['alerts']} sample alerts")


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
        raise SystemExit(EXIT_HELD if isinstance(error, LockedError) else code) from None
