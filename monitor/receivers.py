"""Who is told what, and when: the models of `receivers` and `routes` in config.yaml."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from monitor.yamlfile import Field, Model, Seconds, field_validator, parse_duration

_ADDRESS_HINT = "the address itself is a secret and stands there, not here"
_HOUR = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_SPAN = re.compile(r"([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d")

Send = Literal["now", "hourly", "daily", "weekly"]
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


@dataclass(frozen=True)
class _Bounds:
    """The least and the most of a number; `lasting` says that it is seconds of a duration."""

    least: int
    most: int
    lasting: bool

    def admit(self, raw: Any) -> bool:
        """Say whether a number is within; what is none is refused by its type."""
        try:
            number = parse_duration(raw) if self.lasting else int(raw)
        except (TypeError, ValueError):
            return True
        return self.least <= number <= self.most

    def __str__(self) -> str:
        show = show_duration if self.lasting else str
        return f"{show(self.least)} to {show(self.most)}"


def name_bounds(cls: type[Model], raw: Any, info: Any) -> Any:
    """Refuse a number beyond the `ge` or `le` of its field with both of them."""
    bounds = _find_bounds(cls.model_fields[info.field_name].metadata)
    if bounds is not None and not bounds.admit(raw):
        raise ValueError(f"expected {bounds}, got '{raw}'")
    return raw


def _find_bounds(metadata: Sequence[Any]) -> _Bounds | None:
    """Return the bounds that a field has by `ge` and `le`; None where it lacks one."""
    found = {key: getattr(m, key) for m in metadata for key in ("ge", "le") if hasattr(m, key)}
    if len(found) < 2:
        return None
    lasting = any(getattr(m, "func", None) is parse_duration for m in metadata)
    return _Bounds(found["ge"], found["le"], lasting)


def show_duration(seconds: int) -> str:
    """Return seconds as they stand in a file, such as 6h."""
    sizes = (("d", 86_400), ("h", 3600), ("m", 60), ("s", 1))
    unit, size = next((unit, size) for unit, size in sizes if seconds % size == 0)
    return f"{seconds // size}{unit}"


class FloodConfig(Model):
    """How many messages are too many at once; what is beyond goes together in one digest."""

    _name_bounds = field_validator("*", mode="before")(classmethod(name_bounds))

    most: int = Field(default=20, ge=1, le=10_000)
    """Messages within the window that go one by one."""
    within: Seconds = Field(default=3600, ge=60, le=7 * 86_400)
    """The window."""


class ReceiverConfig(Model):
    """One place that messages go to: the terminal, or one Apprise URL kept outside this file."""

    _name_bounds = field_validator("*", mode="before")(classmethod(name_bounds))

    type: Literal["terminal", "apprise"] = "apprise"
    """terminal writes to standard output; apprise sends to one address."""
    url_env: str = ""
    """The name of the environment variable that holds the Apprise URL. Never the URL itself."""
    url_file: str = ""
    """The file, readable by its owner alone, whose first line is the Apprise URL."""
    verdicts: tuple[Literal["alert", "review"], ...] = ("alert", "review")
    """Which notices it is told of."""
    about_itself: bool = True
    """Whether it is told of troubles of the program: sources, receivers, the disk."""
    quiet: str = ""
    """Hours of the day, such as 22:00-07:00, in which nothing is sent; what waits goes together."""
    flood: FloodConfig = FloodConfig()
    """How many messages are too many at once."""
    retry: Seconds = Field(default=30, ge=1, le=3600)
    """The first wait after a failed attempt; it doubles up to an hour."""
    dead_after: Seconds = Field(default=3 * 86_400, ge=60, le=365 * 86_400)
    """How long a message is tried before it is given up, or its receiver counts as dead."""

    # The likeliest slip is to write the secret itself here: it must not be repeated anywhere.
    @field_validator("url_env")
    @classmethod
    def _check_variable(cls, text: str) -> str:
        if text and not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", text):
            raise ValueError("expected the name of an environment variable", _ADDRESS_HINT)
        return text

    @field_validator("url_file")
    @classmethod
    def _check_file(cls, text: str) -> str:
        if "://" in text:
            raise ValueError("expected the name of a file", _ADDRESS_HINT)
        return text

    @field_validator("quiet")
    @classmethod
    def _check_quiet(cls, text: str) -> str:
        if text and not _SPAN.fullmatch(text):
            raise ValueError("expected hours such as 22:00-07:00")
        begin, _, end = text.partition("-")
        if text and begin == end:
            raise ValueError("these hours end as they begin", "write them as 22:00-07:00")
        return text


class RouteConfig(Model):
    """Which alerts go to which receivers; an empty condition holds for all."""

    receivers: list[str]
    """Who is told."""
    entries: list[str] = Field(default_factory=list)
    """Ids of watchlist entries, or files of watchlists such as brands.yaml."""
    agencies: list[str] = Field(default_factory=list)
    """Ids of agencies.yaml."""
    severities: list[Literal["core", "medium"]] = Field(default_factory=list)
    """How sure it is that the buyer is a security organ."""
    verdicts: list[Literal["alert", "review"]] = Field(default_factory=list)
    """Which verdicts."""
    regions: list[str] = Field(default_factory=list)
    """Names of regions as in `covers`, such as 新疆."""
    stages: list[str] = Field(default_factory=list)
    """Stages of the purchase, such as tender or award."""
    sources: list[str] = Field(default_factory=list)
    """Names of sources."""
    send: Send = "now"
    """At once, or together in a digest each hour, day or week."""
    at: str = "08:00"
    """The time of day of a daily or weekly digest, in `zone`."""
    on: Weekday = "monday"
    """The day of a weekly digest."""
    last: bool = False
    """Whether routes below are left alone once this one holds."""

    @field_validator("at")
    @classmethod
    def _check_time(cls, text: str) -> str:
        if not _HOUR.fullmatch(text):
            raise ValueError("expected a time of day such as 08:00")
        return text
