"""Notices written for the tests of screening, and the shipped watchlists made ready once."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from monitor.models import Item, Notice, Stance, Tag, Zone, ZoneKind
from monitor.screening.score import Screener
from monitor.screening.watchlist import load_watchlists

WATCHLISTS = Path(__file__).parents[2] / "watchlists"
ORGAN = "青禾市公安局"
PUBLISHED = datetime(2024, 5, 6, 2, 0, tzinfo=UTC)


@cache
def load_screener() -> Screener:
    """Return the shipped watchlists made ready."""
    return Screener.build(load_watchlists(WATCHLISTS))


def make_zone(text: str, kind: ZoneKind = ZoneKind.SPECIFICATION, field: str = "body") -> Zone:
    """Return a zone, by default a line of the body."""
    return Zone(kind, field, text)


def make_notice(
    *zones: Zone | str,
    title: str = "青禾市公安局设备采购公告",
    tag: Tag | None = Tag.TENDER,
    buyer: str = ORGAN,
    end_user: str = "",
    project_name: str = "",
    items: tuple[Item, ...] = (),
    items_elsewhere: bool = False,
    published_at: datetime | None = PUBLISHED,
) -> Notice:
    """Return a notice of an organ; plain strings become lines of its body."""
    body = tuple(make_zone(zone) if isinstance(zone, str) else zone for zone in zones)
    return Notice(
        url="https://portal.example/notice/1",
        title=title,
        tag=tag,
        buyer=buyer,
        end_user=end_user,
        project_name=project_name,
        published_at=published_at,
        items=items,
        items_elsewhere=items_elsewhere,
        zones=(Zone(ZoneKind.SUBJECT, "title", title), *body),
    )


def list_stances(notice: Notice) -> dict[str, set[Stance]]:
    """Return the stances of every brand that screening finds in a notice."""
    stances: dict[str, set[Stance]] = {}
    for hit in load_screener().screen(notice).hits:
        stances.setdefault(hit.entry, set()).add(hit.stance)
    return stances
