"""The commands by which readers answer: `judge`, `mute`, `unmute`, `resend`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from monitor.commands.base import (
    Settings,
    as_json,
    find_alert_id,
    pass_settings,
)
from monitor.commands.naming import list_chinese, settle_name
from monitor.errors import ConfigError, MonitorError
from monitor.terminal import clean_line, count_of, print_rows, show_line

if TYPE_CHECKING:
    from pathlib import Path

    from monitor.config import ConfigFile
    from monitor.store import Store

_KINDS = ("entry", "agency", "source", "buyer", "process")
# What a failed test usually comes from, by the words of its cause.
_MEANINGS = (
    (re.compile(r"HTTP (?:404|410)\b"),
     "the path or token in its address is wrong, or what took messages there was removed"),
    (re.compile(r"HTTP (?:401|403)\b|SMTP 535\b"),
     "the user, password or token in its address is wrong or was withdrawn"),
    (re.compile(r"connection refused"),
     "the host or port in its address is wrong, or no server runs there"),
    (re.compile(r"host name is not known"),
     "the host in its address is misspelt, or this machine finds no names"),
    (re.compile(r"TLS connection failed"),
     "a plain port was addressed as TLS, or its certificate is not trusted here"),
    (re.compile(r"HTTP 5\d\d\b"), "the service has trouble: try again later"),
    (re.compile(r"HTTP 3\d\d\b"), "what its address names has moved: give the new address"),
)  # fmt: skip


@click.command()
@click.argument("alert")
@click.argument("verdict", type=click.Choice(["positive", "negative", "unsure"]))
@click.option("--note", default="", help="Why, for whoever reads it later.")
@pass_settings
def judge(settings: Settings, alert: str, verdict: str, note: str) -> None:
    """Say what an alert was worth: after negative, no more of the same purchase is sent.

    What is new in it, another entry or a higher verdict, is told all the same.
    """
    from monitor.store.judgements import Judgement

    with open_writing(settings) as store:
        found = find_alert_id(store, alert)
        if not store.judgements.judge(found, Judgement(verdict), note, datetime.now(UTC)):
            raise MonitorError(
                f"alert '{found}' is about the program itself: there is no judging it"
            )
    show_line(f"{found}: judged {verdict}")


@click.command()
@click.argument("kind", type=click.Choice(_KINDS), required=False)
@click.argument("value", required=False)
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="The last day of it.")
@click.option("--why", default="", help="Why, for whoever reads it later.")
@as_json
@pass_settings
def mute(
    settings: Settings,
    kind: str | None,
    value: str | None,
    until: datetime | None,
    why: str,
    as_json: bool,
) -> None:
    """Keep alerts of an entry, agency, source, buyer or project number; send none.

    Without KIND and VALUE, list what is muted.
    """
    from monitor.store.judgements import MuteKind

    if kind is None:
        show_mutes(settings, as_json)
        return
    if not (value or "").strip():
        raise click.UsageError("say what is muted, as in: mute entry cisco")
    check_value(settings, kind, str(value))
    end = find_end(settings, until) if until else None
    if until and end and end <= datetime.now(UTC):
        raise click.UsageError(f"{until:%Y-%m-%d} is over")
    with open_writing(settings) as store:
        named = settle_name(store, kind, str(value).strip())
        store.judgements.mute(MuteKind(kind), named.value, why, datetime.now(UTC), end)
    last = f" until {until:%Y-%m-%d}" if until else ""
    shown = f"{named.value} ({named.english})" if named.english else named.value
    show_line(f"{kind} {shown}: muted{last}; its alerts are kept, tender-monitor alerts lists them")
    if named.warning:
        click.echo(clean_line(f"warning: {named.warning}"), err=True)


@click.command()
@click.argument("kind", type=click.Choice(_KINDS))
@click.argument("value")
@pass_settings
def unmute(settings: Settings, kind: str, value: str) -> None:
    """Take a mute back; what it kept from being sent is not sent now."""
    from monitor.store.judgements import MuteKind

    now = datetime.now(UTC)
    with open_writing(settings) as store:
        names = [value.strip(), *(list_chinese(store, value) if kind == "buyer" else ())]
        # All of them: what was muted by its English name is known by it.
        if not [name for name in names if store.judgements.unmute(MuteKind(kind), name, now)]:
            raise MonitorError(f"{kind} '{value}' is not muted")
    show_line(f"{kind} {value}: told again from now on")


@click.command()
@click.argument("alert", required=False, default="")
@click.option("--receiver", default="", help="Only what is meant for this receiver.")
@click.option("--dead", is_flag=True, help="All that was given up, whoever it was meant for.")
@pass_settings
def resend(settings: Settings, alert: str, receiver: str, dead: bool) -> None:
    """Send again what was given up: one alert, all of a receiver, or all.

    An alert that nobody was told, such as a muted one, is sent if it is named.
    """
    if not (alert or receiver or dead):
        raise click.UsageError("name an alert, or say --receiver NAME or --dead")
    names = choose_receivers(settings, receiver)
    now = datetime.now(UTC)
    with open_writing(settings) as store, store.db.immediate():
        alert = alert and find_alert_id(store, alert)
        count = store.alerts.revive(names, now, alert)
        if alert and not count:
            count = store.alerts.send_withheld(alert, names, now)
        for name in names if not alert else ():
            store.receivers.note_alive(name)
            store.alerts.wake(name, now)
        ways = describe_ways(settings, store, alert) if alert and not count else ""
    if alert and not count:
        raise MonitorError(f"nothing of alert '{alert}' was given up or withheld: {ways}")
    show_line(f"{count_of(count, 'message')} will go out again")


def describe_ways(settings: Settings, store: Store, alert: str) -> str:
    """Return what became of each delivery of an alert, on the clocks of the configuration."""
    zone, told = read_zone(settings), []
    for row in store.alerts.list_deliveries(alert):
        if row["sent_at"]:
            moment = show_moment(datetime.fromisoformat(row["sent_at"]), zone)
            told.append(f"it was sent to {row['receiver']} at {moment}")
        else:
            state = "was given up" if row["state"] == "dead" else "waits"
            told.append(f"it {state} for {row['receiver']}")
    return ", ".join(told)


def show_mutes(settings: Settings, as_json: bool) -> None:
    """List the mutes, those that are over marked as such.

    The table has times on the clocks of the configuration's zone, JSON in UTC.
    """
    now = datetime.now(UTC)
    store, _ = settings.open_reading()
    zone = None if as_json else read_zone(settings)
    with store:
        rows = [
            {
                "kind": str(one.kind),
                "value": one.value,
                "until": show_moment(one.until, zone) if one.until else None,
                "state": "over" if one.until and one.until <= now else "muted",
                "why": one.why,
                "since": show_moment(one.noted_at, zone),
            }
            for one in store.judgements.list_mutes()
        ]
    if rows or as_json:
        print_rows(rows, as_json, ["kind", "value", "state", "until", "why"])
    else:
        click.echo("nothing is muted")


def show_moment(moment: datetime, zone: ZoneInfo | None) -> str:
    """Return a moment on the clocks of a zone, which it names; as ISO 8601 in UTC without one."""
    if zone is None:
        return moment.isoformat(timespec="minutes")
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M} {zone.key}"


def read_zone(settings: Settings) -> ZoneInfo:
    """Return the time zone of the configuration, UTC where it cannot be read."""
    try:
        return ZoneInfo(read_file(settings.config).zone)
    except ConfigError:
        return ZoneInfo("UTC")


def check_value(settings: Settings, kind: str, value: str) -> None:
    """Raise UsageError for an entry, agency or source that there is not."""
    from monitor.alerting.routecheck import suggest_name

    known = list_known(settings.config, kind)
    if known and value.strip() not in known:
        raise click.UsageError(f"no {kind} '{value}' ({suggest_name(value, known)})")


def list_known(config: Path, kind: str) -> list[str]:
    """Return the names that a kind of mute may have; none where any may be. Needs no secret."""
    from monitor.outline import read_stanzas, read_watchlist_path
    from monitor.screening.watchlist import load_watchlists

    if kind == "source":
        return list(read_stanzas(config))
    if kind not in ("entry", "agency"):
        return []
    lists = load_watchlists(read_watchlist_path(config))
    return [one.id for one in (lists.brands if kind == "entry" else lists.agencies)]


def choose_receivers(settings: Settings, name: str) -> Sequence[str]:
    """Return the receiver of this name, all where it is ""; raise UsageError for an unknown one."""
    from monitor.alerting.routecheck import suggest_name

    known = list(read_file(settings.config).receivers)
    if name and name not in known:
        raise click.UsageError(f"no receiver '{name}' ({suggest_name(name, known)})")
    return [name] if name else known


def find_end(settings: Settings, day: datetime) -> datetime:
    """Return when a day is over on the clocks of the configuration's zone."""
    zone = ZoneInfo(read_file(settings.config).zone)
    return (day.replace(tzinfo=zone) + timedelta(days=1)).astimezone(UTC)


def read_file(path: Path) -> ConfigFile:
    """Return config.yaml as it stands; touches no secret."""
    from monitor.config import ConfigFile
    from monitor.yamlfile import load_yaml

    return load_yaml(path, ConfigFile).value


def open_writing(settings: Settings) -> Store:
    """Return the store for a small change beside a running daemon; raise where there is none."""
    from monitor.config import current_environment
    from monitor.outline import read_outline
    from monitor.store import Store, demand_database

    state = read_outline(settings.config, current_environment(), settings.state)[0]
    demand_database(state)
    return Store.open(state)


def explain_refusal(cause: str) -> str:
    """Return why a receiver did not take a message, with what that usually means."""
    found = next((meaning for words, meaning in _MEANINGS if words.search(cause)), "")
    return f"{cause} (this usually means that {found})" if found else cause


def let_go(state: Path, receiver: str) -> None:
    """Send what waits for a receiver that just accepted a test, if it counted as dead."""
    from monitor.store import FILE_NAME, Store

    if not (state / FILE_NAME).exists():
        return
    with Store.open(state) as store, store.db.immediate():
        store.receivers.note_alive(receiver)
        store.alerts.wake(receiver, datetime.now(UTC))
