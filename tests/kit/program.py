"""The real program as a process of its own, ended by its pid."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.kit.waiting import wait_until

WATCHLISTS = Path(__file__).parents[2] / "watchlists"


class Program:
    """`tender-monitor` on a folder with config.yaml; its output lies in files beside it."""

    def __init__(self, folder: Path, *arguments: str, env: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self.arguments = arguments or ("run",)
        self.env = {**os.environ, **(env or {})}
        self.out, self.err = folder / "out.txt", folder / "err.txt"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The pid of the running program."""
        assert self._process is not None
        return self._process.pid

    @property
    def has_ended(self) -> bool:
        """Whether the program has been started and runs no more."""
        return self._process is not None and self._process.poll() is not None

    @property
    def errors(self) -> str:
        """What was written to standard error by all runs."""
        return self.err.read_text("utf-8") if self.err.exists() else ""

    @property
    def output(self) -> str:
        """What was written to standard output by all runs."""
        return self.out.read_text("utf-8") if self.out.exists() else ""

    def start(self) -> Self:
        """Start the program."""
        command = [sys.executable, "-m", "monitor", "--config", str(self.folder / "config.yaml")]
        with self.out.open("ab") as out, self.err.open("ab") as err:
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                [*command, *self.arguments], stdout=out, stderr=err, env=self.env,
                cwd=Path(__file__).parents[2],
            )  # fmt: skip
        return self

    def send(self, number: signal.Signals) -> None:
        """Send a signal."""
        os.kill(self.pid, number)

    def wait(self, seconds: float = 30.0) -> int:
        """Return the exit code."""
        assert self._process is not None
        return self._process.wait(seconds)

    def stop(self) -> int:
        """End the program as systemd would and return its exit code."""
        self.send(signal.SIGTERM)
        return self.wait()

    def kill(self) -> None:
        """End the program as a power cut of its process would."""
        self.send(signal.SIGKILL)
        self.wait()

    def expect(self, text: str, seconds: float = 30.0) -> None:
        """Wait until standard error holds a text."""
        try:
            wait_until(lambda: text in self.errors, repr(text), seconds)
        except AssertionError as error:
            raise AssertionError(f"{error} in:\n{self.errors[-2000:]}") from None

    def __enter__(self) -> Self:
        """Start the program."""
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        """End the program if it still runs."""
        if self._process is not None and self._process.poll() is None:
            self.kill()


def run_once(
    folder: Path, *arguments: str, env: Mapping[str, str] | None = None
) -> tuple[int, str, str]:
    """Run one command to its end; return exit code, standard output and standard error."""
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", "monitor", "--config", str(folder / "config.yaml"), *arguments],
        capture_output=True, env={**os.environ, **(env or {})}, timeout=60, check=False,
        cwd=Path(__file__).parents[2],
    )  # fmt: skip
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def write_config(
    folder: Path, sources: str, receivers: str = "  terminal: {type: terminal}"
) -> None:
    """Write a config.yaml with the shipped watchlists."""
    text = f"watchlists: {WATCHLISTS}\nreceivers:\n{receivers}\nsources:\n{sources}\n"
    (folder / "config.yaml").write_text(text, "utf-8")
