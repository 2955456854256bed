"""Twins: notices of several portals, or of one under two ids, that are the same notice.

Each listing has one row with the sketch of its newest version; twins share `same_as`, the id of
the first notice of their group.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any

from monitor.models import Verdict
from monitor.store.chain import Chain, LinkKind
from monitor.store.database import Database, Row, clean_text, write_json
from monitor.text.sameness import (
    LONGEST_LAG,
    Sameness,
    find_difference,
    is_moved,
    is_repeated,
    is_replaced,
    is_same,
)
from monitor.text.sketches import Sketch

_MOST_CANDIDATES = 100


@dataclass(frozen=True)
class Group:
    """The group that a notice belongs to, `id` being its first notice, and why."""

    id: int
    why: str


@dataclass(frozen=True)
class Link:
    """Where a twin was published, and why it belongs to its group; "" for the first."""

    source: str
    url: str
    why: str = ""


@dataclass(frozen=True)
class Told:
    """What was told of a twin: `hits` are of entry, stance and alias; to whom."""

    verdict: Verdict
    fingerprint: str
    hits: frozenset[tuple[str, str, str]]
    receivers: frozenset[str]


class Twins:
    """Find notices that are the same and keep them together."""

    def __init__(self, db: Database) -> None:
        self.db = db

    def find_group(self, listing: int, source: str, sketch: Sketch) -> Group | None:
        """Return the group of notices that a listing's notice is the same as, or None.

        A listing stays in the group where it is. Another one joins only where no notice of the
        group speaks against it.
        """
        if (joined := self._find_joined(listing, sketch)) is not None:
            return joined
        tried: set[int] = set()
        for row in self._list_candidates(listing, sketch):
            if row["same_as"] in tried:
                continue
            tried.add(row["same_as"])
            if why := _find_likeness(source, sketch, self._list_members(row["same_as"], listing)):
                return Group(row["same_as"], why)
        return None

    def keep(
        self, listing: int, notice: int, sketch: Sketch, group: Group | None, now: datetime
    ) -> None:
        """Write a notice's sketch, as a member of a group or the first of its own.

        Alerts of the group that were not sent yet get its link.
        """
        values = {
            "listing": listing, "notice": notice, "same_as": group.id if group else notice,
            "why": group.why if group else "", "stage": sketch.stage,
            "title": clean_text(sketch.title), "number": clean_text(sketch.number),
            "day": sketch.day.isoformat() if sketch.day else None,
            "sketch": write_json(_write_sketch(sketch)),
        }  # fmt: skip
        # The first notice of a group keeps its name when a new version of it comes.
        kept = "case when :moved then excluded.same_as else twin.same_as end"
        changes = ", ".join(
            f"{name} = {kept if name == 'same_as' else f'excluded.{name}'}"
            for name in values
            if name != "listing"
        )
        columns = ", ".join(values)
        marks = ", ".join(f":{name}" for name in values)
        self.db.execute(
            f"insert into twin ({columns}) values ({marks}) "  # noqa: S608
            f"on conflict (listing) do update set {changes}",
            {**values, "moved": group is not None or self.is_replaced(listing, sketch)},
        )
        if group is not None:
            self._note_links(group.id, now)

    def is_replaced(self, listing: int, sketch: Sketch) -> bool:
        """Return whether a listing's id shows another purchase than its newest version did."""
        row = self.db.first("select sketch from twin where listing = ?", [listing])
        return row is not None and is_replaced(_read_sketch(row["sketch"]), sketch)

    def list_links(self, group: int) -> list[Link]:
        """Return where the notices of a group stand, the first one first."""
        rows = self.db.query(
            """select l.source, n.url, t.why from twin t join listing l on l.id = t.listing
               join notice n on n.id = t.notice where t.same_as = ? order by t.why <> '', l.id""",
            [group],
        )
        return [Link(row["source"], row["url"], row["why"]) for row in rows]

    def list_told(self, group: int, listing: int) -> list[Told]:
        """Return what was told of the other notices of a group."""
        rows = self.db.query(
            """select a.id, a.verdict, a.fingerprint, n.match from twin t
               join notice n on n.listing = t.listing join alert a on a.notice = n.id
               where t.same_as = ? and t.listing <> ?""",
            [group, listing],
        )
        return [
            Told(
                Verdict(row["verdict"]),
                row["fingerprint"],
                frozenset(
                    (hit["entry"], hit["stance"], hit["alias"])
                    for hit in json.loads(row["match"])["hits"]
                ),
                self._list_receivers(row["id"]),
            )
            for row in rows
        ]

    def _note_links(self, group: int, now: datetime) -> None:
        """Put all links of a group into its alerts that were not sent yet."""
        links = [{"source": link.source, "url": link.url} for link in self.list_links(group)]
        rows = self.db.query(
            """select a.id, a.content from twin t join notice n on n.listing = t.listing
               join alert a on a.notice = n.id
               where t.same_as = ? and exists (select 1 from delivery d where d.alert = a.id
                 and d.state in ('held', 'waiting') and d.attempts = 0)""",
            [group],
        )
        for row in rows:
            content = {**json.loads(row["content"]), "links": links}
            sql = "update alert set content = ? where id = ?"
            self.db.execute(sql, [write_json(content), row["id"]])
            Chain(self.db).append(LinkKind.ALERT, row["id"], now)

    def find_links(self, listing: int) -> list[Link]:
        """Return where the notice of a listing stands, itself among them."""
        row = self.db.first("select same_as from twin where listing = ?", [listing])
        return self.list_links(row["same_as"]) if row else []

    def _find_joined(self, listing: int, sketch: Sketch) -> Group | None:
        row = self.db.first(
            """select same_as, why from twin t where listing = ?
               and exists (select 1 from twin o where o.same_as = t.same_as and o.listing <> ?)""",
            [listing, listing],
        )
        if row is None or self.is_replaced(listing, sketch):
            return None
        return Group(row["same_as"], row["why"])

    def _list_receivers(self, alert: str) -> frozenset[str]:
        # What was given up was told to nobody: the next copy of the notice may reach them.
        sql = "select receiver from delivery where alert = ? and state <> 'dead'"
        rows = self.db.query(sql, [alert])
        return frozenset(row["receiver"] for row in rows)

    def _list_candidates(self, listing: int, sketch: Sketch) -> list[Row]:
        """Return rows of the same title or number of these days, the oldest first."""
        rows = [
            row
            for column, key in (("title", sketch.title), ("number", sketch.number))
            if key
            for row in self._list_equal(column, key, sketch)
        ]
        return sorted((row for row in rows if row["listing"] != listing), key=_read_listing)

    def _list_equal(self, column: str, key: str, sketch: Sketch) -> list[Row]:
        lag = timedelta(days=LONGEST_LAG)
        return self.db.query(
            f"""select listing, same_as from twin
                where {column} = :key and stage = :stage
                  and (day is null or :first is null or day between :first and :last)
                order by day desc limit {_MOST_CANDIDATES}""",  # noqa: S608
            {
                "key": clean_text(key),
                "stage": sketch.stage,
                "first": (sketch.day - lag).isoformat() if sketch.day else None,
                "last": (sketch.day + lag).isoformat() if sketch.day else None,
            },
        )

    def _list_members(self, group: int, listing: int) -> Sequence[Row]:
        """Return the sketches of a group, and which are of rows that their list shows no more.

        Gone is what the running round has not met, if it came before the listing itself did.
        """
        return self.db.query(
            """select t.sketch, l.source, l.last_seen_at < s.last_attempt_at
                 and l.last_seen_at < new.first_seen_at as gone
               from twin t join listing l on l.id = t.listing join source s on s.name = l.source
               join listing new on new.id = :listing
               where t.same_as = :group order by l.id""",
            {"group": group, "listing": listing},
        )


def _find_likeness(source: str, sketch: Sketch, members: Sequence[Row]) -> str:
    """Return why a notice belongs to a group, "" where it does not or one speaks against it."""
    whys = []
    for member in members:
        other = _read_sketch(member["sketch"])
        one_source = member["source"] == source
        found = _compare_own(other, sketch, member) if one_source else is_same(other, sketch)
        if not found.same and (one_source or find_difference(other, sketch)):
            return ""
        if found.same:
            whys.append(found.why)
    return whys[0] if whys else ""


def _compare_own(other: Sketch, sketch: Sketch, member: Row) -> Sameness:
    """Compare two notices of one source: twice in its list, or the new id of one that is gone."""
    repeated = is_repeated(other, sketch)
    return is_moved(other, sketch) if member["gone"] and not repeated.same else repeated


def _read_listing(row: Row) -> int:
    return int(row["listing"])


def _write_sketch(sketch: Sketch) -> dict[str, Any]:
    return {**asdict(sketch), "day": sketch.day.isoformat() if sketch.day else None}


def _read_sketch(text: str) -> Sketch:
    values = json.loads(text)
    day = date.fromisoformat(values["day"]) if values["day"] else None
    # JSON has no tuples.
    lists = {name: tuple(value) for name, value in values.items() if isinstance(value, list)}
    items = tuple((name, model) for name, model in values["items"])
    return Sketch(**{**values, **lists, "items": items, "day": day})
