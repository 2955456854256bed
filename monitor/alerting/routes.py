"""Which alerts go to whom: the routes of config.yaml, as a pure function of an alert."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from monitor.alerting.schedule import find_due
from monitor.config import Receiver
from monitor.models import Match, Notice, Severity, Verdict
from monitor.receivers import RouteConfig
from monitor.screening.score import ALERTING, REVIEWING
from monitor.store.alerts import Leg

# How the codes of administrative divisions begin, GB/T 2260.
_CODES: Mapping[str, str] = {
    "11": "北京", "12": "天津", "13": "河北", "14": "山西", "15": "内蒙古", "21": "辽宁",
    "22": "吉林", "23": "黑龙江", "31": "上海", "32": "江苏", "33": "浙江", "34": "安徽",
    "35": "福建", "36": "江西", "37": "山东", "41": "河南", "42": "湖北", "43": "湖南",
    "44": "广东", "45": "广西", "46": "海南", "50": "重庆", "51": "四川", "52": "贵州",
    "53": "云南", "54": "西藏", "61": "陕西", "62": "甘肃", "63": "青海", "64": "宁夏",
    "65": "新疆",
}  # fmt: skip
_CORPS = "兵团"
_FIRST = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Subject:
    """What of an alert the routes ask for; `regions` are names as in `covers`.

    `files` are the watchlist files of its `entries`, `stage` is "" where it is not known.
    """

    source: str
    verdict: Verdict
    entries: frozenset[str] = frozenset()
    files: frozenset[str] = frozenset()
    agency: str = ""
    severity: Severity | None = None
    regions: frozenset[str] = frozenset()
    stage: str = ""


def list_told_entries(match: Match) -> frozenset[str]:
    """Return the entries for which a match is told, not those that it only mentions."""
    telling = ALERTING | REVIEWING
    return frozenset(hit.entry for hit in match.hits if hit.stance in telling)


def describe_subject(
    notice: Notice,
    match: Match,
    source: str,
    covers: Sequence[str],
    files: Mapping[str, str],
) -> Subject:
    """Return what routes ask for; `covers` is of the source, `files` by entry id."""
    organ, entries = match.organ, list_told_entries(match)
    return Subject(
        source=source,
        verdict=match.verdict,
        entries=entries,
        files=frozenset(files[entry] for entry in entries if entry in files),
        agency=organ.agency if organ else "",
        severity=organ.severity if organ else None,
        regions=find_regions(organ.region if organ else "", organ.name if organ else "", covers),
        stage=str(notice.tag) if notice.tag else "",
    )


def find_regions(code: str, name: str, covers: Sequence[str]) -> frozenset[str]:
    """Return the regions of a buyer, by its code and name.

    Where nothing tells its region it may be any that the source covers: told too often is better
    than not at all.
    """
    found = {_CODES[code[:2]]} if code[:2] in _CODES else set[str]()
    if _CORPS in name:
        found.add(_CORPS)
    return frozenset(found or covers)


def choose_legs(
    routes: Sequence[RouteConfig],
    receivers: Mapping[str, Receiver],
    own: Sequence[str] | None,
    subject: Subject,
    zone: ZoneInfo,
    now: datetime,
) -> list[Leg]:
    """Return the ways of an alert; none where no route holds for it.

    `own` are the receivers of the source's stanza, None for all. Without routes it goes at once
    to all of them. Where several routes name a receiver, the earliest way counts.
    """
    allowed = [
        name
        for name in (receivers if own is None else own)
        if name in receivers and subject.verdict in receivers[name].verdicts
    ]
    if not routes:
        return [Leg(name) for name in dict.fromkeys(allowed)]
    legs: dict[str, Leg] = {}
    for number, route in _list_holding(routes, subject):
        due = find_due(route.send, route.at, route.on, zone, now)
        for name in route.receivers:
            leg = Leg(name, _name_digest(route, number, due), due, f"route {number}")
            if name in allowed and (name not in legs or _is_earlier(leg, legs[name])):
                legs[name] = leg
    return list(legs.values())


def _list_holding(
    routes: Sequence[RouteConfig], subject: Subject
) -> Iterator[tuple[int, RouteConfig]]:
    """Yield the routes that hold for an alert with their numbers from 1, to a last one."""
    for number, route in enumerate(routes, start=1):
        if is_holding(route, subject):
            yield number, route
            if route.last:
                return


def is_holding(route: RouteConfig, subject: Subject) -> bool:
    """Return whether every condition of a route holds; an empty one always does."""
    return (
        _has_one(route.entries, subject.entries | subject.files)
        and _has_one(route.agencies, {subject.agency})
        and _has_one(route.severities, {str(subject.severity)})
        and _has_one(route.verdicts, {str(subject.verdict)})
        and _has_one(route.regions, subject.regions)
        and _has_one(route.stages, {subject.stage})
        and _has_one(route.sources, {subject.source})
    )


def _has_one(wanted: Sequence[str], found: frozenset[str] | set[str]) -> bool:
    return not wanted or not found.isdisjoint(wanted)


def _is_earlier(leg: Leg, other: Leg) -> bool:
    return (leg.due or _FIRST) < (other.due or _FIRST)


def _name_digest(route: RouteConfig, number: int, due: datetime | None) -> str:
    """Return the name of a digest: one for each route and time."""
    return f"{route.send}:{number}:{due.isoformat(timespec='minutes')}" if due else ""
