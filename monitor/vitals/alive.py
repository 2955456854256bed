"""The line that says that the program lives: once per local day or week."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from monitor.alerting.schedule import WEEKDAYS, find_moment
from monitor.alerting.selfalert import make_self_alert
from monitor.models import SourceState
from monitor.store import Store
from monitor.store.alerts import NewAlert
from monitor.upkeep import AliveConfig
from monitor.vitals.status import Status

POLLS = "polls"
_SAID = "alive"
_MOST_DAYS = 16


def find_occasion(config: AliveConfig, zone: ZoneInfo, now: datetime) -> date | None:
    """Return the local day of the last line that was due; None where none is wanted.

    An hour that is left out or comes twice makes no other day.
    """
    if config.every == "never":
        return None
    today = now.astimezone(zone).date()
    for number in range(1, -_MOST_DAYS, -1):
        day = today + timedelta(days=number)
        if config.every == "week" and WEEKDAYS[day.weekday()] != config.on:
            continue
        moment = find_moment(day, config.at, zone)
        if moment is not None and moment <= now:
            return day
    return None


def say_alive(
    store: Store, config: AliveConfig, zone: ZoneInfo, status: Status, receivers: list[str]
) -> bool:
    """Enqueue the line where its time has come; what was missed while off is not caught up."""
    occasion, said = find_occasion(config, zone, status.at), store.vitals.get(_SAID)
    if occasion is None:
        return False
    polled = store.vitals.get(POLLS)
    polls = polled.value if polled else "0"
    day, _, before = (said.value if said else "").partition(" ")
    if day == occasion.isoformat():
        return False
    with store.db.immediate():
        store.vitals.put(_SAID, f"{occasion.isoformat()} {polls}", status.at)
        if said is None:
            return False  # the first run has nothing to look back on
        alerts = store.vitals.count_alerts(said.at)
        alert = make_alive(status, occasion, int(polls) - int(before or 0), alerts, said.at)
        return store.alerts.enqueue(alert, receivers, status.at)


def make_alive(
    status: Status, occasion: date, polls: int, alerts: dict[str, int], since: datetime
) -> NewAlert:
    """Return the line as an alert; its id is of the day, so that a day has one."""
    current = [row.name for row in status.sources if row.state is SourceState.CURRENT]
    others = [row for row in status.sources if row.state is not SourceState.CURRENT]
    boxes = [box.states for box in status.outbox.values()]
    waiting = sum(states.get(name, 0) for states in boxes for name in ("waiting", "leased"))
    subject = (
        f"alive: {polls} polls, {len(current)} sources ok, {len(others)} in trouble, "
        f"{alerts.get('alert', 0)} alerts, {alerts.get('review', 0)} reviews"
    )
    lines = [
        f"Since {_show(since)}.",
        *(f"Source {row.name} is {row.state}: {row.cause or 'no round yet'}" for row in others),
        *(f"Not well: {fault}" for fault in status.faults),
        f"Messages that wait: {waiting}",
        f"Last backup: {_show(status.backup_at) if status.backup_at else 'none'}",
        f"Head of the evidence chain: {_show_head(status)}",
    ]
    alert = make_self_alert(subject, lines, now=status.at)
    return replace(alert, id=f"alive-{occasion.isoformat()}")


def _show_head(status: Status) -> str:
    return f"{status.head.number}:{status.head.link}" if status.head else "none"


def _show(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
