"""Numbers about the program as Prometheus text (exposition format 0.0.4)."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from monitor.models import SourceState
from monitor.store.alerts import DeliveryState
from monitor.store.sources import SourceRow
from monitor.vitals.disk import DiskState
from monitor.vitals.progress import Count
from monitor.vitals.status import Condition, Status

_PREFIX = "tender_monitor_"
_PAGE = os.sysconf("SC_PAGE_SIZE")
_COUNTED = {
    Count.POLLS: "Rounds that ended since the program began.",
    Count.SKIPPED: "Rounds left out since the program began: the one before took too long.",
    Count.LISTINGS: "Rows that lists showed since the program began.",
    Count.NEW: "Rows never seen before since the program began.",
}


@dataclass(frozen=True)
class Sample:
    """One number with its labels."""

    value: float
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Metric:
    """All samples of one name; `kind` is gauge or counter."""

    name: str
    kind: str
    text: str
    samples: tuple[Sample, ...]

    def render(self) -> str:
        """Return its lines; without a sample there is none."""
        name = _PREFIX + self.name
        if not self.samples:
            return ""
        lines = [f"# HELP {name} {_escape(self.text)}", f"# TYPE {name} {self.kind}"]
        lines += [f"{name}{_write_labels(s.labels)} {_write_number(s.value)}" for s in self.samples]
        return "".join(f"{line}\n" for line in lines)


def render_metrics(status: Status) -> str:
    """Return all numbers about a status and this process."""
    groups = (
        _describe_program(status),
        _describe_sources(status),
        _describe_outbox(status),
        _describe_store(status),
        _describe_process(),
    )
    return "".join(metric.render() for group in groups for metric in group)


def _describe_program(status: Status) -> Iterator[Metric]:
    condition = status.condition
    yield _gauge("build_info", "The version that runs.", [_one(version=version("tender-monitor"))])
    # A file or a port goes on showing the last numbers when nothing tends them any more.
    yield _gauge("status_timestamp_seconds", "When these numbers were taken.", _times(status.at))
    yield _flag("well", "Whether all is well; the heartbeat goes out only then.", not status.faults)
    yield _flag(
        "config_ok",
        "Whether the files of the configuration can be used as they are.",
        condition.config_ok,
    )
    loaded = condition.loaded_at.timestamp()
    yield _gauge(
        "config_last_reload_timestamp_seconds",
        "When the configuration in force was taken.",
        [Sample(loaded)],
    )
    yield from _describe_disk(condition)
    yield _flag(
        "database_ok", "Whether the last check of the database found it whole.", status.database_ok
    )
    yield _gauge(
        "heartbeat_last_timestamp_seconds",
        "When the heartbeat was last taken.",
        _times(status.beat_at),
    )
    yield _gauge(
        "backup_last_timestamp_seconds", "When the last backup was made.", _times(status.backup_at)
    )


def _describe_disk(condition: Condition) -> Iterator[Metric]:
    yield _flag(
        "disk_ok",
        "Whether the disk has room and can be written to.",
        condition.disk is DiskState.OK,
    )
    yield _gauge(
        "disk_state",
        "The state of the disk; one of these is 1.",
        [Sample(float(condition.disk is s), {"state": str(s)}) for s in DiskState],
    )
    yield _gauge(
        "disk_free_bytes", "Free space on the disk of the state folder.", [Sample(condition.free)]
    )


def _describe_sources(status: Status) -> Iterator[Metric]:
    rows, tally = status.sources, status.condition.tally
    yield _gauge(
        "source_state",
        "The state of a source; one of these is 1.",
        [
            Sample(float(row.state is s), {"source": row.name, "state": str(s)})
            for row in rows
            for s in SourceState
        ],
    )
    yield _gauge(
        "source_last_good_timestamp_seconds",
        "When its lists were last read whole.",
        [s for row in rows for s in _times(row.last_good_at, source=row.name)],
    )
    yield _gauge(
        "source_failures",
        "Its rounds in a row that went wrong.",
        _per_source(rows, {row.name: row.failures for row in rows}),
    )
    hung = dict.fromkeys(status.condition.hung, 1)
    yield _gauge("source_hung", "Whether its poll does nothing any more.", _per_source(rows, hung))
    for kind, text in _COUNTED.items():
        counts = {row.name: tally.get(kind, row.name) for row in rows}
        yield Metric(f"{kind}_total", "counter", text, tuple(_per_source(rows, counts)))


def _describe_outbox(status: Status) -> Iterator[Metric]:
    boxes = status.outbox
    yield _gauge(
        "deliveries",
        "Messages of a receiver by state.",
        [
            Sample(box.states.get(state, 0), {"receiver": name, "state": str(state)})
            for name, box in boxes.items()
            for state in DeliveryState
        ],
    )
    yield _gauge(
        "backlog_age_seconds",
        "For how long its oldest message should have been gone.",
        [Sample(status.backlog(name), {"receiver": name}) for name in boxes],
    )
    yield _gauge(
        "receiver_dead",
        "Whether a receiver accepts nothing any more.",
        [Sample(float(box.dead), {"receiver": n}) for n, box in boxes.items()],
    )


def _describe_store(status: Status) -> Iterator[Metric]:
    for name, number in status.rows.items():
        yield _gauge(f"stored_{name}", f"Stored {name}.", [Sample(number)])
    counts = {"alert": 0, "review": 0, **status.alerts}
    yield Metric(
        "alerts_total",
        "counter",
        "Alerts written, by verdict; self: about the program.",
        tuple(Sample(n, {"verdict": verdict}) for verdict, n in counts.items()),
    )
    number = status.head.number if status.head else 0
    yield _gauge("chain_head", "The number of the last link of evidence.", [Sample(number)])


def _describe_process() -> Iterator[Metric]:
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    files = len(os.listdir("/proc/self/fd"))
    yield _gauge("resident_memory_bytes", "Memory of this process.", [Sample(pages * _PAGE)])
    yield _gauge("threads", "Threads of this process.", [Sample(threading.active_count())])
    yield _gauge("open_files", "Open files of this process.", [Sample(files)])


def _gauge(name: str, text: str, samples: Iterable[Sample]) -> Metric:
    return Metric(name, "gauge", text, tuple(samples))


def _flag(name: str, text: str, value: bool) -> Metric:
    return _gauge(name, text, [Sample(float(value))])


def _one(**labels: str) -> Sample:
    return Sample(1, labels)


def _times(moment: datetime | None, **labels: str) -> list[Sample]:
    """Return a moment as a sample; what never was has none."""
    return [Sample(moment.timestamp(), labels)] if moment else []


def _per_source(rows: Iterable[SourceRow], numbers: Mapping[str, int]) -> list[Sample]:
    return [Sample(numbers.get(row.name, 0), {"source": row.name}) for row in rows]


def _write_labels(labels: Mapping[str, str]) -> str:
    written = (f'{name}="{_escape(value, quoted=True)}"' for name, value in labels.items())
    return f"{{{','.join(written)}}}" if labels else ""


def _escape(text: str, *, quoted: bool = False) -> str:
    text = text.replace("\\", "\\\\").replace("\n", "\\n")
    return text.replace('"', '\\"') if quoted else text


def _write_number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else repr(float(value))
