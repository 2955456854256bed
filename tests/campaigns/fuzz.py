"""Fuzzing: whatever a site sends or a person writes ends in a result or a typed error.

Guided by coverage where atheris is installed, in a process per target; else by damaging the
seeds: python -m tests.campaigns.fuzz TARGET COUNT runs one target so that it can be looked at.
"""

from __future__ import annotations

import importlib.util
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random

from tests.campaigns.outcome import Figure, Outcome

BAR = "every input ends in a result or a typed error, within 1 s of CPU"
SHORT = 2_000
FULL = 1_000_000

# Name and share; the targets themselves are imported by the children only.
SHARES = {
    "rendering": 0.03, "list": 0.08, "money": 0.30, "dates": 0.30, "charset": 0.20, "notice": 0.02,
    "fields": 0.02, "yaml": 0.05,
}  # fmt: skip
MOST_CPU = 1.0
LONGEST = 4096
_LIMIT = 6 * 3600
_FOUND = "FOUND "


class SlowError(Exception):
    """An input that cost more CPU than any may."""


def run(size: int, folder: Path) -> Outcome:
    """Give all targets their share of so many inputs, two at a time."""
    with ThreadPoolExecutor(2) as pool:
        wanted = [
            (name, max(1, round(size * share)), folder / name) for name, share in SHARES.items()
        ]
        done = list(pool.map(lambda one: _run_child(*one), wanted))
    counts = {name: count for name, (count, _, _) in zip(SHARES, done, strict=True)}
    failures = tuple(failure for _, found, _ in done for failure in found)
    figures: dict[str, Figure] = dict(counts)
    figures["peak MiB"] = max(peak for _, _, peak in done)
    figures["guided"] = "yes" if _has_atheris() else "no"
    return Outcome("fuzz", BAR, sum(counts.values()), failures, figures)


def _has_atheris() -> bool:
    return importlib.util.find_spec("atheris") is not None


def _run_child(name: str, count: int, folder: Path) -> tuple[int, list[str], int]:
    folder.mkdir(parents=True)
    command = [sys.executable, "-m", "tests.campaigns.fuzz", name, str(count), str(folder)]
    done = subprocess.run(  # noqa: S603 - our own module
        command, capture_output=True, text=True, check=False, timeout=_LIMIT,
        cwd=Path(__file__).parents[2],
    )  # fmt: skip
    lines = [line for line in done.stdout.splitlines() if line.startswith(_FOUND)]
    if not lines:
        tail = " ".join((done.stderr or done.stdout).split()[-60:])
        return 0, [f"{name}: ended with {done.returncode}: {tail}"], 0
    found = json.loads(lines[-1].removeprefix(_FOUND))
    return found["count"], found["failures"], found["peak"]


class Trial:
    """Counts inputs and keeps the first that went wrong."""

    def __init__(self, name: str, check: Callable[[bytes], None], folder: Path) -> None:
        self.name, self.check, self.folder = name, check, folder
        self.count = 0
        self.failures: list[str] = []

    def __call__(self, data: bytes) -> None:
        """Try one input."""
        from monitor.errors import MonitorError

        self.count += 1
        began = time.process_time()
        try:
            self.check(data)
        except MonitorError:
            pass
        except Exception as error:  # noqa: BLE001 - each is a finding
            self._note(data, f"{type(error).__name__}: {error}")
        if (spent := time.process_time() - began) > MOST_CPU:
            self._note(data, f"{spent:.1f} s of CPU")

    def _note(self, data: bytes, what: str) -> None:
        path = self.folder / f"found-{len(self.failures)}"
        path.write_bytes(data)
        if len(self.failures) < 20:
            self.failures.append(f"{self.name}: {what[:200]}: {data[:80]!r}")

    def tell(self) -> None:
        """Print what was found as one line."""
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        found = {"count": self.count, "failures": self.failures, "peak": peak}
        print(_FOUND + json.dumps(found), flush=True)


def _run_guided(trial: Trial, seeds: list[bytes], count: int, folder: Path) -> None:
    import atheris

    corpus = folder / "corpus"
    corpus.mkdir(exist_ok=True)
    for number, seed in enumerate(seeds):
        (corpus / f"seed-{number}").write_bytes(seed[:LONGEST])

    def try_one(data: bytes) -> None:
        trial(data)
        if trial.count % 1000 == 0 or trial.count >= count:
            trial.tell()

    options = [f"-runs={count}", f"-max_len={LONGEST}", "-seed=1", "-timeout=60",
               "-rss_limit_mb=2048", "-print_final_stats=0", "-verbosity=0"]  # fmt: skip
    atheris.Setup(["fuzz", *options, str(corpus)], try_one)
    atheris.Fuzz()


def _run_plain(trial: Trial, seeds: list[bytes], count: int) -> None:
    from tests.kit.damage import apply_edits, draw_edits

    rng = Random(1)  # noqa: S311 - damage, not secrets
    while trial.count < count:
        seed = seeds[rng.randrange(len(seeds))][:LONGEST]
        trial(apply_edits(seed, draw_edits(rng)))
    trial.tell()


def main(name: str, count: int, folder: Path) -> None:
    """Fuzz one target; its findings lie in the folder."""
    if _has_atheris():
        import atheris

        with atheris.instrument_imports(include=["monitor"]):
            from tests.campaigns.fuzztargets import TARGETS
    else:
        from tests.campaigns.fuzztargets import TARGETS
    target = TARGETS[name]
    trial = Trial(name, target.check, folder)
    if _has_atheris():
        _run_guided(trial, target.seeds(), count, folder)
    else:
        _run_plain(trial, target.seeds(), count)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3] if len(sys.argv) > 3 else "."))
