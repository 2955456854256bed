"""What a campaign found: how many cases, which failed, and its figures."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

Figure = int | float | str


@dataclass(frozen=True)
class Outcome:
    """One campaign's result; it is good only if cases ran and none failed.

    `bar` is the sentence that must hold; each failure names its case in one line.
    """

    name: str
    bar: str
    cases: int
    failures: tuple[str, ...]
    figures: dict[str, Figure]

    @property
    def good(self) -> bool:
        """Say whether the bar was met; a campaign without cases has shown nothing."""
        return self.cases > 0 and not self.failures

    def to_json(self) -> str:
        """Write the outcome as one line of JSON."""
        return json.dumps({**asdict(self), "good": self.good}, ensure_ascii=False)

    @classmethod
    def from_json(cls, line: str) -> Outcome:
        """Return the outcome that to_json wrote."""
        found = json.loads(line)
        failures, figures = tuple(found["failures"]), found["figures"]
        return cls(found["name"], found["bar"], found["cases"], failures, figures)


class Campaign(Protocol):
    """What each module of this folder offers; the folder given to `run` is its own and empty."""

    BAR: str
    SHORT: int
    FULL: int
    run: Callable[[int, Path], Outcome]
