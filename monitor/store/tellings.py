"""What was told of the purchase that a listing shows now; an id may have shown another before."""

from __future__ import annotations

from dataclasses import dataclass

from monitor.models import Notice
from monitor.store.database import Database, Row, clean_text, read_time
from monitor.text.dates import CHINA
from monitor.text.privacy import mask_private
from monitor.text.sameness import Purchase, is_other_purchase


@dataclass(frozen=True)
class Telling:
    """What was told of the purchase that a listing shows now, as fingerprints, oldest first.

    `identity` names the purchase where its id showed another one before, and is "" elsewhere.
    """

    fingerprints: tuple[str, ...] = ()
    identity: str = ""


def find_telling(db: Database, listing: int, notice: Notice, *, replaced: bool) -> Telling:
    """Return what was told of the purchase of a notice; `replaced` is whether its id is reused.

    Sites that number anew show one notice under the id of another: then what was told of the
    same title, number and day counts under any id of the source.
    """
    rows = db.query(
        """select n.title, n.project_number, n.published_at, a.fingerprint from notice n
           left join alert a on a.notice = n.id
             and exists (select 1 from delivery d where d.alert = a.id)
           where n.listing = ? order by n.id, a.id""",
        [listing],
    )
    now = _read_purchase(rows[-1]) if rows and not replaced else name_purchase(notice)
    same = [row for row in rows if not is_other_purchase(_read_purchase(row), now)]
    told = [row["fingerprint"] for row in same if row["fingerprint"]]
    if len(same) == len(rows):
        return Telling(tuple(told))
    told += _list_elsewhere(db, listing, now)
    return Telling(tuple(told), f"{now.title}|{now.number}")


def _list_elsewhere(db: Database, listing: int, purchase: Purchase) -> list[str]:
    rows = db.query(
        """select n.title, n.project_number, n.published_at, a.fingerprint
           from notice n join alert a on a.notice = n.id join listing l on l.id = n.listing
           where l.source = (select source from listing where id = :id) and l.id <> :id
             and n.title = :title
             and exists (select 1 from delivery d where d.alert = a.id)""",
        {"id": listing, "title": purchase.title},
    )
    return [row["fingerprint"] for row in rows if _read_purchase(row) == purchase]


def stands_elsewhere(db: Database, notice: int) -> bool:
    """Return whether a newer listing of the same source shows the same title, number and day."""
    sql = """select 1 from notice n join listing l on l.id = n.listing
             join listing o on o.source = l.source and o.id > l.id and o.state = 'opened'
             join notice m on m.listing = o.id and m.title = n.title
               and m.project_number = n.project_number and m.published_at is n.published_at
             where n.id = ?"""
    return db.first(sql, [notice]) is not None


def name_purchase(notice: Notice) -> Purchase:
    """Return what a notice says of which purchase it is about, as the store keeps it."""
    at = notice.published_at
    day = at.astimezone(CHINA).date() if at else None
    return Purchase(mask_private(clean_text(notice.title)), clean_text(notice.project_number), day)


def _read_purchase(row: Row) -> Purchase:
    at = read_time(row["published_at"])
    return Purchase(
        row["title"], row["project_number"], at.astimezone(CHINA).date() if at else None
    )
