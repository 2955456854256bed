"""A receiver as people have it: a server of its own, an address, and a client that reads."""

from __future__ import annotations

import socket
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from tests.kit.servers import find_free_port
from tests.kit.waiting import wait_until

ROOT = Path(__file__).parents[2]


class Place(ABC):
    """A server in a process of its own; `stop` and `start` it, the port stays the same.

    What it was told survives in `folder`. Its process is ended by its pid.
    """

    missing = ""
    """What keeps this server from being started here, and what to do about it."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.port = folder, find_free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    @abstractmethod
    def url(self) -> str:
        """The Apprise URL that leads here."""

    @abstractmethod
    def list_command(self) -> Sequence[str]:
        """Return the command that starts the server."""

    @abstractmethod
    def read(self) -> list[str]:
        """Return every message so far, as a client that did not send them sees it."""

    def is_up(self) -> bool:
        """Say whether the server takes connections."""
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
            return True
        return False

    def start(self) -> None:
        """Start the server and wait until it is up."""
        with (self.folder / "output.txt").open("ab") as output:
            self._process = subprocess.Popen(  # noqa: S603 - a command of this folder's own
                self.list_command(), stdout=output, stderr=output, cwd=ROOT
            )
        wait_until(lambda: self.is_up() or self._has_ended(), f"{type(self).__name__} is up")
        assert not self._has_ended(), (self.folder / "output.txt").read_text("utf-8")[-2000:]

    def stop(self) -> None:
        """End the server."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(30)
            self._process = None

    def _has_ended(self) -> bool:
        return self._process is not None and self._process.poll() is not None

    def read_text(self) -> str:
        """Return all messages as one text."""
        return "\n".join(self.read())
