"""What differs between two versions of a notice."""

from __future__ import annotations

import json
from dataclasses import asdict
from enum import StrEnum
from typing import Any

from monitor.models import Match, Notice
from monitor.store.database import Row, write_json, write_time
from monitor.text.privacy import mask_values


class Change(StrEnum):
    """How a version of a notice differs from the one before."""

    NEW = "NEW"
    AMENDED = "AMENDED"
    UNCHANGED = "UNCHANGED"


def describe_fields(notice: Notice) -> dict[str, Any]:
    """Return a notice's fields as plain values; zones and private persons stay in the evidence."""
    fields = {
        "title": notice.title,
        "tag": str(notice.tag or ""),
        "notice_type": notice.notice_type,
        "published_raw": notice.published_raw,
        "published_at": write_time(notice.published_at),
        "date_only": notice.date_only,
        "region": notice.region,
        "buyer": notice.buyer,
        "end_user": notice.end_user,
        "procuring_entity": notice.procuring_entity,
        "suppliers": list(notice.suppliers),
        "project_number": notice.project_number,
        "project_name": notice.project_name,
        "value": asdict(notice.value) if notice.value else None,
        "items": [asdict(item) for item in notice.items],
        # Where its capture lies differs by each look at it, and is no news.
        "documents": [
            {"name": one.name, "url": one.url, "read": one.read, "why": one.why}
            for one in notice.documents
        ],
        "items_elsewhere": notice.items_elsewhere,
    }
    return {name: mask_values(value, name) for name, value in fields.items()}


def compare_versions(
    before: Row | None, fields: dict[str, Any], match: Match
) -> tuple[Change, tuple[str, ...]]:
    """Return how a version differs from the one before it, and the names of what differs."""
    if before is None:
        return Change.NEW, ()
    old = json.loads(before["fields"])
    new = json.loads(write_json(fields))
    names = tuple(sorted(name for name in new if old.get(name) != new[name]))
    if json.loads(before["match"])["fingerprint"] != match.fingerprint:
        # The page's text counts too, or `why` would contradict what is told.
        names = (*names, "match")
    return (Change.AMENDED if names else Change.UNCHANGED), names
