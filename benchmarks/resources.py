"""Measure what the program costs at rest: CPU of a cold --help, memory of the idle daemon.

Run with `make bench` or `python benchmarks/resources.py`. Ratios are against a bare interpreter
in the same run, so that they mean the same on every machine.
"""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

ROOT = Path(__file__).parent.parent
RUNS = 5
CONFIG = """watchlists: {root}/watchlists
receivers:
  terminal: {{type: terminal}}
sources:
  sample: {{portal: sample, every: 20s}}
"""


def measure_cpu(*command: str) -> float:
    """Return the least CPU seconds of several cold runs of a command."""
    times = []
    for _ in range(RUNS):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True)  # noqa: S603
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        times.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(times)


def read_memory(pid: int, field: str) -> float:
    """Return a figure of /proc/PID/status in MiB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) / 1024
    return 0.0


def measure_daemon(seconds: float) -> tuple[float, float]:
    """Return RSS at rest and at its peak of a daemon that polled the sample portal, in MiB."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "config.yaml"
        path.write_text(CONFIG.format(root=ROOT), "utf-8")
        command = [sys.executable, "-m", "monitor", "--config", str(path), "run"]
        daemon = subprocess.Popen(  # noqa: S603
            command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            threading.Event().wait(seconds)
            return read_memory(daemon.pid, "VmRSS"), read_memory(daemon.pid, "VmHWM")
        finally:
            os.kill(daemon.pid, signal.SIGTERM)
            daemon.wait(30)


def main() -> None:
    """Print the figures, one a line."""
    bare = measure_cpu(sys.executable, "-c", "pass")
    cold = measure_cpu(sys.executable, "-m", "monitor", "--help")
    print(f"cold --help: {cold:.3f} s CPU, {cold / bare:.1f} times a bare interpreter")
    rest, peak = measure_daemon(45)
    print(f"daemon after three polls of the sample: {rest:.0f} MiB RSS, {peak:.0f} MiB peak")


if __name__ == "__main__":
    main()
