"""The commands that show what the store holds: `alerts`, `why`, `sources`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import click

from monitor.commands.base import Settings, as_json, find_alert_id, pass_settings
from monitor.errors import MonitorError
from monitor.terminal import print_rows, show_each, show_line

# An address in a sentence, without what the sentence puts behind it.
_URL = re.compile(r"https?://\S+?(?=[;:]?(?:\s|$))")
_LONGEST_URL = 120


@click.command()
@click.option("--verdict", type=click.Choice(["alert", "review", "self"]), default=None)
@click.option(
    "--since", type=click.DateTime(["%Y-%m-%d"]), help="Only alerts since this day (UTC)."
)
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True)
@click.option("--unchecked", is_flag=True, help="List notices of organs that could not be read.")
@as_json
@pass_settings
def alerts(
    settings: Settings,
    verdict: str | None,
    since: datetime | None,
    limit: int,
    unchecked: bool,
    as_json: bool,
) -> None:
    """List alerts, newest first, and what became of their deliveries."""
    from monitor.reading.views import list_alerts

    if unchecked:
        show_unchecked(settings, limit, as_json)
        return

    store, _ = settings.open_reading()
    with store:
        moment = since.replace(tzinfo=UTC) if since else None
        rows = list(list_alerts(store, verdict=verdict or "", since=moment, limit=limit))
        withheld = store.alerts.count_withheld()
    if not as_json:
        for row in rows:
            row["created"] = row["created_at"][:16]
            ways = [f"{d['receiver']} {d['state']}" for d in row["deliveries"]]
            row["deliveries"] = ", ".join(ways) or f"not sent: {row['reason']}"
            row["what"] = row["products"] or row["title_en"] or row["title"]
            row["verdict"] = f"SAMPLE {row['verdict']}" if row["sample"] else row["verdict"]
    columns = ["id", "created", "verdict", "what", "buyer_en", "deliveries", "judgement"]
    print_rows(rows, as_json, columns)
    for reason, number in withheld.items() if not as_json else ():
        show_line(f"not sent to anybody: {number} {reason}; `tender-monitor resend ID` sends one")


def show_unchecked(settings: Settings, limit: int, as_json: bool) -> None:
    """List the notices of organs of which something could not be read: nobody knows what."""
    from monitor.reading.views import list_unchecked

    store, _ = settings.open_reading()
    with store:
        rows = list(list_unchecked(store, limit))
    for row in rows if not as_json else ():
        files = [f"{one['name']}: {one['why']}" for one in row["attachments"]]
        row["unread"] = "; ".join(files) or "its items stand elsewhere"
        row["what"] = row["title_en"] or row["title"]
        row["next_try"] = (row["next_try"] or "never")[:16]
    columns = ["source", "verdict", "what", "buyer_en", "unread", "next_try", "url"]
    print_rows(rows, as_json, columns)


@click.command()
@click.argument("key", metavar="ID|URL")
@as_json
@pass_settings
def why(settings: Settings, key: str, as_json: bool) -> None:
    """Explain why a notice was told, or why it was not."""
    from monitor.reading.views import explain_notice, show_explanation, show_history

    store, _ = settings.open_reading()
    with store:
        found = explain_notice(store, key)
        if found is None and "://" not in key:
            found = explain_notice(store, find_alert_id(store, key))
    if found is None:
        raise MonitorError(f"no alert or notice '{key}' (tender-monitor alerts lists the alerts)")
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
        return
    for line in (*show_explanation(found), *show_history(found)):
        show_line(line)


@click.command()
@click.option("--issues", is_flag=True, help="List what could not be understood.")
@click.option("--coverage", is_flag=True, help="List which source reads each region of China.")
@as_json
@pass_settings
def sources(settings: Settings, issues: bool, coverage: bool, as_json: bool) -> None:
    """Show each source: state, cause, last good poll, lag, gaps and what to do."""
    from monitor.reading.views import find_pause, list_issues, list_sources

    if coverage:
        show_coverage(settings, as_json)
        return

    store, outlines = settings.open_reading()
    with store:
        if issues:
            columns = ["source", "kind", "field", "raw", "count", "url"]
            print_rows([dict(row) for row in list_issues(store)], as_json, columns)
            return
        rows = list(list_sources(store, outlines, datetime.now(UTC)))
        pause = find_pause(store)
    for row in rows if not as_json else ():
        if row.get("budget"):
            row["requests"] = f"{row['requests_today']}/{row['budget']}"
    columns = ["source", "state", "last_good", "listings", "waiting", "requests", "cause"]
    print_rows(rows, as_json, columns)
    if not as_json and pause:
        show_line(f"nothing is fetched since {pause:%Y-%m-%d %H:%M} UTC: the disk is full or low")
    for line in write_notes(rows) if not as_json else ():
        show_line(line)


def write_notes(rows: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Yield what a table of sources has no room for; what to do stands once for all it helps."""
    advice = dict[str, list[str]]()
    for row in rows:
        if row.get("missed"):
            yield f"{row['source']}: missed: {_URL.sub(_cut_url, row['missed'])}"
        if row.get("tls"):
            yield f"{row['source']}: tls: {row['tls']}"
        if row.get("proxy"):
            yield f"{row['source']}: through {row['proxy']}"
        for line in write_gaps(row):
            yield f"{row['source']}: {line}"
        if told := row.get("advice"):
            advice.setdefault(told, []).append(row["source"])
    for told, names in advice.items():
        yield f"what to do: {told} ({', '.join(names)})"


def _cut_url(found: re.Match[str]) -> str:
    url = found[0]
    return url if len(url) <= _LONGEST_URL else f"{url[: _LONGEST_URL - 1]}…"


def write_gaps(row: dict[str, Any]) -> Iterator[str]:
    """Yield what was read whole of a source and what was not, a line each."""
    for span in row.get("read_whole", ()):
        yield f"read whole from {span['since'][:16]} to {span['until'][:16]} UTC"
    for gap in row.get("gaps", ()):
        what = "still to be read" if gap["state"] == "open" else "cannot be read any more"
        yield f"{what}: {gap['since'][:16]} to {gap['until'][:16]} UTC ({gap['why']})"


def show_coverage(settings: Settings, as_json: bool) -> None:
    """List each region of China with the sources that read it, and what stays uncovered."""
    from monitor.outline import read_stanzas
    from monitor.reading.coverage import list_coverage

    rows = list(list_coverage(read_stanzas(settings.config)))
    for row in rows if not as_json else ():
        row["region"] = f"{row['region_en']} {row['region']}"
        row["read by"] = ", ".join((*row["own"], *row["stand_ins"], *row["national"]))
    print_rows(rows, as_json, ["region", "coverage", "read by"])
    if not as_json:
        show_each(rows, "region", "uncovered")
