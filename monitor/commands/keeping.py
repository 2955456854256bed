"""The commands that keep the evidence: `verify`, `backup`, `restore`."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.commands.base import EXIT_WORLD, Settings, as_json, pass_settings
from monitor.errors import ConfigError
from monitor.terminal import count_of, show_line

if TYPE_CHECKING:
    from monitor.config import ConfigFile
    from monitor.evidence.verify import Tally

_HEAD = re.compile(r"(\d{1,15}):([0-9a-f]{64})")


@click.command()
@click.option("--quick", is_flag=True, help="Leave the captures' bytes unread.")
@click.option(
    "--head", "heads", multiple=True, metavar="NUMBER:HASH",
    help="A link noted elsewhere, in a message or a backup; may be given several times.",
)  # fmt: skip
@click.option(
    "--heads", "folders", multiple=True, metavar="FOLDER", type=click.Path(path_type=Path),
    help="A folder of backups, as on another disk, whose heads count too; may be given several "
    "times.",
)  # fmt: skip
@as_json
@pass_settings
def verify(
    settings: Settings, quick: bool, heads: tuple[str, ...], folders: tuple[Path, ...],
    as_json: bool,
) -> None:  # fmt: skip
    """Check every stored byte and row against the hash chain.

    A line for each problem, which names what is wrong; exit 1 if there is one. A note is odd and
    no sign of a change. That the newest links were cut off, or an older state put back, shows only
    against a head that was noted elsewhere: by the backups in the folder for them, by those of
    --heads, and by --head.
    """
    from monitor.archive import Archive
    from monitor.evidence.backup import list_heads
    from monitor.evidence.manifest import check_folder
    from monitor.evidence.verify import Verifier
    from monitor.store import Store

    noted = [read_head(text) for text in heads]
    state, file = find_keeping(settings)
    now = datetime.now(UTC)
    for folder in folders:
        check_folder(folder, now)
    with Store.open(state, read_only=True) as store:
        for folder in dict.fromkeys((state / file.backup.folder, *folders)):
            noted += list_heads(folder, store, now)
        verifier = Verifier(store, Archive(state), quick=quick, heads=noted)
        for finding in verifier.run():
            kind = "note" if finding.note else "problem"
            row = {"kind": kind, "where": finding.where, "what": finding.what}
            show_line(json.dumps(row, ensure_ascii=False) if as_json else f"{kind}: {finding}")
    show_tally(verifier.tally, quick, as_json)
    if verifier.tally.problems:
        raise SystemExit(EXIT_WORLD)


def read_head(text: str) -> tuple[int, str]:
    """Return number and hash of a link; raise UsageError where a text is none."""
    found = _HEAD.fullmatch(text.strip())
    if found is None:
        raise click.UsageError(f"'{text[:100]}' is no link: give its number, a colon, its hash")
    return int(found[1]), found[2]


def show_tally(tally: Tally, quick: bool, as_json: bool) -> None:
    """Print what was looked at, and how it was found."""
    row = {
        "kind": "sum", "links": tally.links, "captures": tally.captures, "bytes": tally.size,
        "removed": tally.removed, "removals": dict(tally.removals),
        "problems": tally.problems, "notes": tally.notes, "head": str(tally.head or ""),
    }  # fmt: skip
    if as_json:
        show_line(json.dumps(row))
        return
    verdict = count_of(tally.problems, "problem") if tally.problems else "all as written"
    read = "bytes not read" if quick else count_of(tally.size, "byte")
    links, captures = count_of(tally.links, "link"), count_of(tally.captures, "capture")
    show_line(f"{links}, {captures}, {read}: {verdict}")
    if removed := tally.list_removals():
        show_line(f"removed on purpose, as the chain says: {removed}")
    if tally.head:
        show_line(f"head {tally.head}")


@click.command()
@click.option("--out", type=click.Path(path_type=Path), help="The folder for backups.")
@as_json
@pass_settings
def backup(settings: Settings, out: Path | None, as_json: bool) -> None:
    """Write a verified backup; the daemon may run meanwhile.

    Exit 1 if it cannot be written or what is copied is not as it was written: such a backup is
    kept, and the last good one too.
    """
    from monitor.evidence.backup import write_backup
    from monitor.store import demand_database

    state, file = find_keeping(settings)
    demand_database(state)
    folder = out or state / file.backup.folder
    reserve = file.disk.reserve * 1024 * 1024
    now = datetime.now(UTC)
    done = write_backup(state, folder, now, keep=file.backup.keep, reserve=reserve)
    made = done.manifest
    for problem in made.problems:
        click.echo(f"problem: {problem}", err=True)
    for name in done.rotted:
        told = f"problem: {state / name} is not what was written; this backup has it as it was"
        click.echo(told, err=True)
    row = {
        "path": str(done.path), "good": made.good, "files": len(made.files), "bytes": made.size,
        "head": made.head, "removed": [path.name for path in done.removed],
        "rotted": list(done.rotted),
    }  # fmt: skip
    if as_json:
        show_line(json.dumps(row, ensure_ascii=False))
    else:
        verdict = "verified" if made.good else "NOT as written: see above"
        files = count_of(len(made.files), "file")
        show_line(f"{done.path}: {files}, {made.size} bytes, {verdict}")
        show_line(f"head {made.head}")
    if done.rotted or not made.good:
        raise SystemExit(EXIT_WORLD)


@click.command()
@click.argument("source", metavar="BACKUP|latest")
@click.option("--from", "folder", type=click.Path(path_type=Path), help="The folder of backups.")
@pass_settings
def restore(settings: Settings, source: str, folder: Path | None) -> None:
    """Put a backup back: the folder of one, its name, or the latest good one.

    What is there is moved aside. Captures newer than the backup stay. What was told since the
    backup may be told again, in one digest for each source that says so.
    """
    from monitor.evidence.manifest import choose_backup
    from monitor.evidence.restore import restore_backup

    state, file = find_keeping(settings)
    now = datetime.now(UTC)
    chosen = choose_backup(folder or state / file.backup.folder, source, now)
    done = restore_backup(state, chosen, now)
    show_line(f"restored {chosen}, of {done.manifest.made_at:%Y-%m-%d %H:%M} UTC")
    if not done.manifest.good:
        show_line(f"it was not whole: {done.manifest.problems[0]}")
    for path in done.aside:
        show_line(f"moved aside: {path}")
    files, waiting = count_of(done.captures, "capture file"), count_of(done.doubtful, "message")
    show_line(f"{files} put back; {waiting} waited in it, to go as what may be a second copy")


def find_keeping(settings: Settings) -> tuple[Path, ConfigFile]:
    """Return the state folder and the configuration; touches no secret.

    A broken configuration is no reason for no backup: then all is as by default.
    """
    from monitor.config import ConfigFile, current_environment, find_state
    from monitor.yamlfile import load_yaml

    environ = current_environment()
    try:
        file = load_yaml(settings.config, ConfigFile).value
    except ConfigError as error:
        file = ConfigFile(receivers={}, sources={})
        if not find_state(file, settings.config, environ, settings.state).is_dir():
            raise
        click.echo(f"warning: {error}", err=True)
    return find_state(file, settings.config, environ, settings.state), file
