"""The command that makes a case file: `evidence ALERT`."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.commands.base import Settings, find_alert_id, pass_settings
from monitor.errors import ConfigError, StoreError
from monitor.terminal import count_of

if TYPE_CHECKING:
    from monitor.screening.watchlist import Watchlists
    from monitor.stanzas import SourceConfig


@click.command()
@click.argument("alert")
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False),
    help="The ZIP to write; case-ALERT.zip in this folder by default.",
)  # fmt: skip
@pass_settings
def evidence(settings: Settings, alert: str, out: Path | None) -> None:
    """Write the case file of an alert: its evidence, and the means to check it offline."""
    from monitor.documents.parts import Limits
    from monitor.documents.reader import DocumentReader
    from monitor.evidence.casefile import write_case
    from monitor.evidence.gathering import Gatherer, find_alert
    from monitor.evidence.offline import check_case
    from monitor.reading.views import explain_notice, show_explanation

    store, _ = settings.open_reading()
    with store:
        row = find_alert(store, find_alert_id(store, alert))
        stanzas, watchlists = _read_settings(settings.config)
        reader = DocumentReader(Limits(ocr=True), threading.Event())
        gatherer = Gatherer(
            store, store.db.path.parent, watchlists, stanzas.get(row["source"]), reader
        )
        found = explain_notice(store, row["id"])
        case = gatherer.gather(row["id"], list(show_explanation(found)) if found else [])
    path = out or Path(f"case-{row['id']}.zip")
    if path.exists():
        # An earlier case holds an earlier head: the very thing that shows a later forgery.
        raise StoreError(f"{path}: is there already; choose another name with --out")
    try:
        write_case(case, path)
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror}") from error
    if wrong := next((line for held, line in check_case(path) if not held), None):
        bad = path.replace(path.with_name(f"{path.name}.bad"))
        raise StoreError(f"what is stored is not as it was written: {wrong}; see {bad}")
    for one in case.exhibits:
        if one.capture is None:
            click.echo(f"warning: without the {one.role} {one.record_id}: it {one.why}", err=True)
    captures, links = (
        count_of(len(case.exhibits), "capture"),
        count_of(len(case.proof.links), "link"),
    )
    click.echo(f"{path}: {captures}, {links} of the chain")
    click.echo("it holds names as the portal published them; see its README.txt", err=True)


def _read_settings(config: Path) -> tuple[dict[str, SourceConfig], Watchlists | None]:
    """Return the stanzas and watchlists as they are now; a broken file costs no evidence."""
    from monitor.outline import read_stanzas, read_watchlist_path
    from monitor.screening.watchlist import load_watchlists

    stanzas: dict[str, SourceConfig] = {}
    try:
        stanzas = read_stanzas(config)
        return stanzas, load_watchlists(read_watchlist_path(config))
    except ConfigError as error:
        click.echo(f"warning: {error}", err=True)
        return stanzas, None
