"""The numbers: text that a parser of the exposition format reads, and what they say."""

from __future__ import annotations

import re
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests

from monitor.config import Receiver
from monitor.models import SourceState
from monitor.store import Store
from monitor.store.sources import Health
from monitor.vitals.disk import DiskState
from monitor.vitals.exposing import MetricsPort, write_file
from monitor.vitals.metrics import Metric, Sample, render_metrics
from monitor.vitals.progress import Progress
from monitor.vitals.status import Condition, Status, find_faults, read_status

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"')
LINE = re.compile(rf"({NAME})(?:\{{(.*)\}})? (\S+)")
ESCAPED = {"\\\\": "\\", '\\"': '"', "\\n": "\n"}

Key = tuple[str, tuple[tuple[str, str], ...]]


def parse_text(text: str) -> dict[Key, float]:
    """Read the exposition format 0.0.4 strictly: HELP, TYPE, then samples, each name in one go."""
    found: dict[Key, float] = {}
    kind, seen = "", set()
    assert text.endswith("\n")
    for line in text.splitlines():
        if line.startswith("# HELP "):
            kind = line.split(" ")[2]
            assert kind not in seen
            seen.add(kind)
        elif line.startswith("# TYPE "):
            assert re.fullmatch(rf"# TYPE {kind} (gauge|counter)", line)
        else:
            parsed = LINE.fullmatch(line)
            assert parsed is not None, line
            assert parsed[1] == kind
            key = (parsed[1], parse_labels(parsed[2] or ""))
            assert key not in found
            found[key] = float(parsed[3])
    return found


def parse_labels(text: str) -> tuple[tuple[str, str], ...]:
    labels = LABEL.findall(text)
    assert ",".join(f'{name}="{value}"' for name, value in labels) == text
    return tuple((n, re.sub(r'\\[\\"n]', lambda m: ESCAPED[m[0]], v)) for n, v in labels)


def make_status(store: Store, **changes: object) -> Status:
    progress = Progress()
    progress.begin("local", 0.0)
    progress.end("local", 200.0, 60.0)
    facts: dict[str, object] = {
        "disk": DiskState.OK, "free": 12_345, "config_ok": True, "loaded_at": NOW, "hung": (),
        "tally": progress.tally(), **changes,
    }  # fmt: skip
    condition = Condition(**facts)  # type: ignore[arg-type]
    nowhere = Path("none")
    desk = {"desk": Receiver("desk", "terminal", "", frozenset(), 3 * 86_400)}
    return read_status(store, condition, {"local": None}, desk, True, nowhere, NOW)


def test_every_number_can_be_read_back(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        store.sources.ensure("local", sample=False)
        store.sources.finish_round("local", Health(SourceState.BLOCKED, "x"), 3, NOW, whole=True)
        found = parse_text(render_metrics(make_status(store)))
    source = ("source", "local")
    assert found["tender_monitor_source_state", (source, ("state", "blocked"))] == 1
    assert found["tender_monitor_source_state", (source, ("state", "current"))] == 0
    assert found["tender_monitor_polls_total", (source,)] == 1
    assert found["tender_monitor_skipped_runs_total", (source,)] == 3
    last_good = found["tender_monitor_source_last_good_timestamp_seconds", (source,)]
    assert last_good == NOW.timestamp()
    assert found["tender_monitor_disk_free_bytes", ()] == 12_345
    assert found["tender_monitor_config_ok", ()] == 1
    assert found["tender_monitor_status_timestamp_seconds", ()] == NOW.timestamp()
    assert found["tender_monitor_backlog_age_seconds", (("receiver", "desk"),)] == 0
    assert found["tender_monitor_resident_memory_bytes", ()] > 1_000_000
    assert ("tender_monitor_heartbeat_last_timestamp_seconds", ()) not in found


def test_labels_and_help_are_escaped() -> None:
    metric = Metric("x", "gauge", "a\\b\nc", (Sample(1.5, {"k": 'a"b\\c\nd'}),))
    text = metric.render()
    assert parse_text(text) == {("tender_monitor_x", (("k", 'a"b\\c\nd'),)): 1.5}
    assert text.splitlines()[0] == "# HELP tender_monitor_x a\\\\b\\nc"


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"disk": DiskState.LOW}, "the disk is low"),
        ({"config_ok": False}, "the configuration is broken"),
        ({"hung": ("local",)}, "the poll of local hangs"),
    ],
)
def test_each_trouble_is_a_fault(tmp_path: Path, changes: dict[str, object], fault: str) -> None:
    with Store.open(tmp_path) as store:
        assert find_faults(make_status(store)) == ()
        assert find_faults(make_status(store, **changes)) == (fault,)


def test_a_file_is_replaced_whole_and_can_be_read_by_others(tmp_path: Path) -> None:
    path = tmp_path / "numbers.prom"
    path.write_text("old")
    write_file(path, "new\n")
    assert path.read_text() == "new\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_not_there_is_an_error_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        write_file(tmp_path / "none" / "numbers.prom", "new\n")


def test_the_port_serves_the_metrics_on_loopback_and_nothing_else() -> None:
    port = MetricsPort(0)
    try:
        port.text = "tender_monitor_x 1\n"
        base = f"http://127.0.0.1:{port.port}"
        answer = requests.get(f"{base}/metrics", timeout=10)
        assert (answer.status_code, answer.text) == (200, "tender_monitor_x 1\n")
        assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
        assert requests.get(f"{base}/etc/passwd", timeout=10).status_code == 404
    finally:
        port.close()
