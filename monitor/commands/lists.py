"""The commands `tender-monitor lists` and `lists update`."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import click

from monitor.terminal import count_of, print_rows, progress_line, show_line

if TYPE_CHECKING:
    from monitor.refresh import Update
    from monitor.screening.lists import ListedBody
    from monitor.screening.refreshed import Finding

as_json = click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")


class Options(Protocol):
    """The options that stand before a command."""

    config: Path
    state: Path | None


@click.group(invoke_without_command=True)
@as_json
@click.pass_context
def lists(context: click.Context, as_json: bool) -> None:
    """Show the sanction lists: who is on them since when, and how sure that is."""
    if context.invoked_subcommand is not None:
        return
    from monitor.screening.listfile import load_lists
    from monitor.screening.standing import describe_lists

    loaded = load_lists(find_state(context.obj))
    rows = [describe_row(row, as_json) for row in loaded.rows]
    print_rows(rows, as_json, ["list", "since", "status", "names_zh", "name_en", "source"])
    if not as_json:
        show_line(f"{describe_lists(loaded)}; `tender-monitor lists update` asks for news")


@lists.command()
@click.option("--url", default="", help="Where to ask, or where FILE is from.")
@click.option(
    "--file", "path", type=click.Path(path_type=Path), help="Read a saved list, ask nobody."
)
@as_json
@click.pass_obj
def update(options: Options, url: str, path: Path | None, as_json: bool) -> None:
    """Compare the rows with the U.S. Consolidated Screening List and keep what it says."""
    from monitor.refresh import CSL_URL, fetch_answer, read_answer, update_lists

    state, now = find_state(options), datetime.now(UTC)
    with progress_line() as report:
        report(f"asking {url or CSL_URL}")
        if path is not None:
            answer = read_answer(path, url, now)
        else:
            answer = fetch_answer(url or CSL_URL, read_user_agent(options.config), now)
        report(f"reading {len(answer.body)} bytes")
        done = update_lists(state, answer)
    rows = [describe_finding(found) for found in done.findings]
    if as_json:
        print_rows(rows, as_json, [])
    else:
        show_update(done, rows)


def find_state(options: Options) -> Path:
    """Return the state folder; raise ConfigError where the configuration cannot be read."""
    from monitor.config import current_environment
    from monitor.outline import read_outline

    return read_outline(options.config, current_environment(), options.state)[0]


def read_user_agent(path: Path) -> str:
    """Return the name that config.yaml has the program give itself; touches no secret."""
    from monitor.config import ConfigFile
    from monitor.yamlfile import load_yaml

    return load_yaml(path, ConfigFile).value.user_agent


def describe_row(row: ListedBody, as_json: bool) -> dict[str, Any]:
    """Return a row of the lists as it is shown; `confirmed` is when a refresh last found it."""
    confirmed = row.confirmed_at.isoformat(timespec="seconds") if row.confirmed_at else None
    shown = {
        "list": row.source, "name_en": row.name_en, "names_zh": list(row.names_zh),
        "adcode": row.adcode, "since": row.since.isoformat(),
        "until": row.until.isoformat() if row.until else None, "status": str(row.status),
        "citation": row.citation, "confirmed": confirmed,
    }  # fmt: skip
    if as_json:
        return shown
    source = f"screening list {confirmed[:10]}: {row.citation}" if confirmed else row.citation
    return {**shown, "names_zh": "、".join(row.names_zh), "source": source}


def describe_finding(found: Finding) -> dict[str, Any]:
    """Return what came of one row as it is shown."""
    return {
        "kind": str(found.kind), "list": found.source, "name_en": found.name_en,
        "names_zh": list(found.names_zh), "detail": found.detail,
        "since": found.since.isoformat() if found.since else None,
    }  # fmt: skip


def show_update(done: Update, rows: list[dict[str, Any]]) -> None:
    """Print what a person should look at, and a summary."""
    told = [
        {**row, "names_zh": "、".join(row["names_zh"])}
        for row in rows
        if row["kind"] != "confirmed"
    ]
    if told:
        print_rows(told, False, ["kind", "list", "name_en", "names_zh", "detail"])
    counts = Counter(row["kind"] for row in rows)
    refresh = done.refresh
    show_line(", ".join(f"{number} {kind}" for kind, number in sorted(counts.items())))
    show_line(
        f"{refresh.url}: {count_of(refresh.results, 'entry')}, "
        f"{count_of(refresh.size, 'byte')}, "
        f"{refresh.fetched_at.isoformat(timespec='seconds')}, SHA-256 {refresh.sha256}"
    )
    show_line(f"kept in {done.path}; a running daemon takes it within seconds")
