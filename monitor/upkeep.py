"""What the program does for itself: the models of heartbeat, alive, metrics, evidence, disk."""

from __future__ import annotations

import re
from typing import Literal

from monitor.receivers import Weekday, name_bounds
from monitor.yamlfile import Field, Model, Seconds, field_validator

_HOUR = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_ADDRESS = re.compile(r"https?://[^/\s]")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class HeartbeatConfig(Model):
    """An address that is asked for only while all is well; its silence is the alarm."""

    _name_bounds = field_validator("*", mode="before")(classmethod(name_bounds))

    url_env: str = ""
    """The name of the environment variable that holds the address. Never the address itself."""
    url_file: str = ""
    """The file, readable by its owner alone, whose first line is the address."""
    every: Seconds = Field(default=300, ge=30, le=86_400)
    """How often it is asked for."""

    @field_validator("url_env")
    @classmethod
    def _check_variable(cls, text: str) -> str:
        if text and not _VARIABLE.fullmatch(text):
            hint = "the address itself is a secret and stands there, not here"
            raise ValueError("expected the name of an environment variable", hint)
        return text


class AliveConfig(Model):
    """A line that says that the program lives and what it did, so that silence means something."""

    every: Literal["never", "day", "week"] = "week"
    """How often it is sent."""
    at: str = "08:00"
    """The time of day, in `zone`."""
    on: Weekday = "monday"
    """The day of a weekly line."""

    @field_validator("at")
    @classmethod
    def _check_time(cls, text: str) -> str:
        if not _HOUR.fullmatch(text):
            raise ValueError("expected a time of day such as 08:00")
        return text


class MetricsConfig(Model):
    """Numbers for Prometheus, as text in a file or on a port of this machine."""

    _name_bounds = field_validator("*", mode="before")(classmethod(name_bounds))

    file: str = ""
    """The file to write, relative to this one; for node_exporter's textfile collector."""
    port: int = Field(default=0, ge=0, le=65_535)
    """The port on 127.0.0.1 to serve /metrics on; 0 serves none."""

    # It is replaced whole every few seconds. No file of ours has this ending, and node_exporter
    # reads none without it.
    @field_validator("file")
    @classmethod
    def _check_file(cls, text: str) -> str:
        if text and not text.endswith(".prom"):
            hint = "such as metrics/tender_monitor.prom: it is overwritten"
            raise ValueError("expected a file whose name ends in .prom", hint)
        return text


class EvidenceConfig(Model):
    """How long captures are kept, and what more is done to prove them."""

    _name_bounds = field_validator("*", mode="before")(classmethod(name_bounds))

    keep: Seconds = Field(default=0, ge=0, le=36_500 * 86_400)
    """How long captures without an alert are kept; 0d keeps all. Alerts' own are always kept."""
    look_again: bool = True
    """Whether told notices are looked at again after 1, 7, 30 and 90 days."""
    timestamp_url: str = ""
    """The address of an RFC 3161 authority that signs the chain's head daily; needs [timestamp]."""

    @field_validator("timestamp_url")
    @classmethod
    def _check_address(cls, text: str) -> str:
        if text and not _ADDRESS.match(text):
            raise ValueError("expected an address that begins with http:// or https://")
        return text


class BackupConfig(Model):
    """Where `tender-monitor backup` writes, and how many it keeps."""

    _name_bounds = field_validator("*", mode="before")(classmethod(name_bounds))

    folder: str = "backups"
    """The folder, relative to the state folder."""
    keep: int = Field(default=7, ge=1, le=1000)
    """How many backups are kept."""


class DiskConfig(Model):
    """What is done before the disk is full."""

    _name_bounds = field_validator("*", mode="before")(classmethod(name_bounds))

    reserve: int = Field(default=200, ge=10, le=1_000_000)
    """Below this many MiB of free space nothing is fetched, and a person is told."""
