"""When a digest is due and when a receiver rests: pure functions of a moment and a time zone.

Moments are aware and in UTC; hours of the day are those of the zone's clocks.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from monitor.receivers import Send, Weekday

WEEKDAYS: tuple[Weekday, ...] = (
    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday",
)  # fmt: skip
# A zone that changed sides of the date line left one weekday out: then it is the week after.
_MOST_DAYS = 16
_SPAN = re.compile(r"(\d\d:\d\d)-(\d\d:\d\d)")


@dataclass(frozen=True)
class Rest:
    """One stretch of quiet hours, `begin` included, `end` not; both in UTC."""

    begin: datetime
    end: datetime


def find_due(send: Send, at: str, on: Weekday, zone: ZoneInfo, now: datetime) -> datetime | None:
    """Return when the next digest is due, after `now`; None for what goes at once.

    Each local day, or each such weekday, has one due time: of an hour that clocks show twice the
    first, of one that they leave out the next that the same day has.
    """
    if send == "now":
        return None
    if send == "hourly":
        local = now.astimezone(zone)
        past = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
        return now.astimezone(UTC) - past + timedelta(hours=1)
    today = now.astimezone(zone).date()
    for number in range(-1, _MOST_DAYS):
        day = today + timedelta(days=number)
        if send == "weekly" and WEEKDAYS[day.weekday()] != on:
            continue
        moment = find_moment(day, at, zone)
        if moment is not None and moment > now:
            return moment
    raise ValueError(f"{zone.key} has no {at} after {now.isoformat()}")


def find_moment(day: date, at: str, zone: ZoneInfo) -> datetime | None:
    """Return the moment in UTC at which a local day shows a time; None for a day left out.

    A time that the clocks leave out is moved by as much as they are, within the same day.
    """
    for fold in (0, 1):
        local = datetime.combine(day, time.fromisoformat(at), zone).replace(fold=fold)
        moment = local.astimezone(UTC)
        if moment.astimezone(zone).date() == day:
            return moment
    return None


def find_rest(quiet: str, zone: ZoneInfo, now: datetime) -> Rest | None:
    """Return the newest quiet hours that have begun, over or not; None without any.

    `quiet` is as 22:00-07:00; hours that end before they begin end on the next day.
    """
    found = _SPAN.fullmatch(quiet)
    if found is None:
        return None
    first, last = found[1], found[2]
    today = now.astimezone(zone).date()
    for number in (1, 0, -1, -2):
        day = today + timedelta(days=number)
        begin = find_moment(day, first, zone)
        end = find_moment(day + timedelta(days=last <= first), last, zone)
        if begin is not None and end is not None and begin <= now and begin < end:
            return Rest(begin, end)
    return None
