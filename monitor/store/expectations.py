"""What a source's rows and notices usually hold: counts of how many had each field."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from monitor.store.database import Database

# Above this, old counts fade: what a source showed a year ago says little.
_MOST = 2000.0


@dataclass(frozen=True)
class Share:
    """Of `rows`, how many had a field."""

    rows: float
    having: float

    @property
    def part(self) -> float:
        """The part that had it, 0..1; 0 without rows."""
        return self.having / self.rows if self.rows else 0.0


@dataclass
class Fields:
    """How many rows or notices had each field, as a round goes on."""

    rows: Counter[str] = field(default_factory=Counter)
    having: Counter[str] = field(default_factory=Counter)

    def add(self, described: Mapping[str, bool]) -> None:
        """Count one row or notice."""
        self.rows.update(described.keys())
        self.having.update(name for name, value in described.items() if value)

    def shares(self) -> dict[str, Share]:
        """Return which part had each field."""
        return {name: Share(self.rows[name], self.having[name]) for name in self.rows}


class Expectations:
    """Read and write the shares of a source, by the name of the field."""

    def __init__(self, db: Database) -> None:
        self.db = db

    def get(self, source: str) -> dict[str, Share]:
        """Return what is known of a source."""
        rows = self.db.query("select * from expectation where source = ?", [source])
        return {row["field"]: Share(row["rows"], row["held"]) for row in rows}

    def learn(self, source: str, seen: Mapping[str, Share]) -> None:
        """Add what a good round showed."""
        known = self.get(source)
        for name, share in seen.items():
            before = known.get(name, Share(0, 0))
            rows, having = before.rows + share.rows, before.having + share.having
            fade = min(1.0, _MOST / rows) if rows else 1.0
            values = {
                "source": source, "field": name, "rows": rows * fade, "held": having * fade,
            }  # fmt: skip
            update = "(source, field) do update set rows = excluded.rows, held = excluded.held"
            self.db.insert("expectation", values, on_conflict=update)

    def forget(self, source: str) -> None:
        """Learn anew, after the stanza changed."""
        self.db.execute("delete from expectation where source = ?", [source])
