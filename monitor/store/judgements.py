"""What readers say of alerts, and what they do not want to be told of."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from monitor.models import Verdict
from monitor.store.chain import Chain, LinkKind
from monitor.store.database import Database, Row, clean_text, read_time, write_time

_BODIES = """
    select json_extract(content, '$.buyer.name') as name,
           json_extract(content, '$.buyer.name_en') as name_en
    from alert where kind = 'notice'
    union select json_extract(content, '$.buyer.formal.name'),
                 json_extract(content, '$.buyer.formal.name_en')
    from alert where kind = 'notice'
    union select json_extract(match, '$.organ.name'), json_extract(match, '$.organ.name_en')
    from notice
    union select buyer, '' from notice
    order by 1, 2"""
_NUMBERS = """
    select json_extract(content, '$.project_number') as number from alert where kind = 'notice'
    union select project_number from notice"""


class Judgement(StrEnum):
    """What a reader said of an alert."""

    POSITIVE = "positive"
    NEGATIVE = "negative"
    UNSURE = "unsure"


class MuteKind(StrEnum):
    """What a mute holds for. BUYER is a body's name, PROCESS a project number."""

    ENTRY = "entry"
    AGENCY = "agency"
    SOURCE = "source"
    BUYER = "buyer"
    PROCESS = "process"


@dataclass(frozen=True)
class Mute:
    """Something nobody wants to be told of; `until` is when that ends, None for never."""

    kind: MuteKind
    value: str
    why: str
    noted_at: datetime
    until: datetime | None


@dataclass(frozen=True)
class Judged:
    """An alert that was judged: its verdict, and the entry and stance of each hit."""

    judgement: Judgement
    verdict: Verdict
    hits: frozenset[tuple[str, str]]


class Judgements:
    """Read and write judgements and mutes."""

    def __init__(self, db: Database) -> None:
        self.db = db

    def judge(self, alert: str, judgement: Judgement, note: str, now: datetime) -> bool:
        """Keep what a reader says of an alert about a notice; False where there is no such one."""
        if not self.db.first("select 1 from alert where id = ? and kind = 'notice'", [alert]):
            return False
        values = {
            "alert": alert, "verdict": str(judgement), "note": clean_text(note),
            "judged_at": write_time(now),
        }  # fmt: skip
        with self.db.immediate():
            self.db.insert("judgement", values)
            row = self.db.first("select max(id) as id from judgement")
            Chain(self.db).append(LinkKind.JUDGEMENT, str(row["id"] if row else ""), now)
        return True

    def list_for(self, alert: str) -> list[Row]:
        """Return the judgements of an alert, oldest first; the last one counts."""
        sql = "select verdict, note, judged_at from judgement where alert = ? order by id"
        return self.db.query(sql, [alert])

    def read_newest(self) -> Mapping[str, str]:
        """Return the judgement that counts of each judged alert."""
        rows = self.db.query("select alert, verdict from judgement order by id")
        return {row["alert"]: row["verdict"] for row in rows}

    def list_judged(self, listing: int, process: int | None) -> list[Judged]:
        """Return the judged alerts of a listing, of its twins and of its purchase."""
        rows = self.db.query(
            """select j.verdict as judgement, a.verdict, n.match from judgement j
               join alert a on a.id = j.alert join notice n on n.id = a.notice
               where j.id = (select max(id) from judgement where alert = j.alert)
                 and (n.listing = :listing or n.process = :process or n.listing in (
                   select other.listing from twin other join twin own
                     on own.same_as = other.same_as where own.listing = :listing))""",
            {"listing": listing, "process": process},
        )
        return [
            Judged(
                Judgement(row["judgement"]),
                Verdict(row["verdict"]),
                frozenset(
                    (hit["entry"], hit["stance"]) for hit in json.loads(row["match"])["hits"]
                ),
            )
            for row in rows
        ]

    def mute(
        self, kind: MuteKind, value: str, why: str, now: datetime, until: datetime | None = None
    ) -> None:
        """Keep a mute, in the place of an earlier one of the same thing."""
        values = {
            "kind": str(kind), "value": clean_text(value), "why": clean_text(why),
            "noted_at": write_time(now), "until": write_time(until),
        }  # fmt: skip
        update = "why = excluded.why, noted_at = excluded.noted_at, until = excluded.until"
        with self.db.immediate():
            self.db.insert("mute", values, on_conflict=f"(kind, value) do update set {update}")
            Chain(self.db).append(LinkKind.MUTE, f"{values['kind']} {values['value']}", now)

    def unmute(self, kind: MuteKind, value: str, now: datetime) -> bool:
        """Take a mute back; say whether there was one."""
        sql, value = "delete from mute where kind = ? and value = ?", clean_text(value)
        with self.db.immediate():
            was = bool(self.db.execute(sql, [str(kind), value]))
            if was:
                Chain(self.db).append(LinkKind.REMOVAL, f"{LinkKind.MUTE} {kind} {value}", now)
        return was

    def list_buyers(self) -> list[tuple[str, str]]:
        """Return the names of stored buyers, in Chinese and, "" where unknown, in English."""
        return [
            (row["name"], row["name_en"] or "") for row in self.db.query(_BODIES) if row["name"]
        ]

    def list_numbers(self) -> list[str]:
        """Return the project numbers of stored notices."""
        return [row["number"] for row in self.db.query(_NUMBERS) if row["number"]]

    def list_mutes(self, now: datetime | None = None) -> list[Mute]:
        """Return the mutes that hold at a moment, without one all."""
        rows = self.db.query(
            """select * from mute where :now is null or until is null or until > :now
               order by kind, value""",
            {"now": write_time(now)},
        )
        return [_read_mute(row) for row in rows]


def _read_mute(row: Row) -> Mute:
    noted = read_time(row["noted_at"])
    if noted is None:
        raise ValueError(f"mute {row['id']} has no time")
    return Mute(MuteKind(row["kind"]), row["value"], row["why"], noted, read_time(row["until"]))
