"""ngircd with one channel; the second client sits in it from the start, on a plain socket."""

from __future__ import annotations

import re
import shutil
import socket
from collections.abc import Sequence
from pathlib import Path

from tests.receivers.place import Place

NGIRCD = shutil.which("ngircd") or shutil.which("ngircd", path="/usr/sbin:/usr/local/sbin")
# Flood control stays on, as people have it; only the count of connections from one address,
# which here is everybody's, and look-ups of names and users are off.
_CONFIG = """\
[Global]
Name = irc.example.org
Info = tests
AdminInfo1 = tests
AdminEMail = irc@example.org
Listen = 127.0.0.1
Ports = {port}
MotdPhrase = welcome
[Limits]
MaxConnectionsIP = 0
[Options]
DNS = no
Ident = no
PAM = no
[Channel]
Name = #alerts
"""
_SAID = re.compile(r":(\S+?)!\S+ PRIVMSG #alerts :(.*)")


class IrcPlace(Place):
    """An IRC server and somebody who reads in its channel; IRC keeps nothing for who comes later.

    `lines` are those of all times, as bytes with their ends.
    """

    missing = "" if NGIRCD else "ngircd is missing: install the package ngircd"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.lines: list[bytes] = []
        self._socket: socket.socket | None = None
        self._rest = b""

    @property
    def url(self) -> str:
        """The Apprise URL of the channel."""
        return f"irc://monitor@127.0.0.1:{self.port}/#alerts"

    def list_command(self) -> Sequence[str]:
        """Return the command that starts ngircd."""
        assert NGIRCD is not None
        path = self.folder / "ngircd.conf"
        path.write_text(_CONFIG.format(port=self.port), "utf-8")
        return (NGIRCD, "--nodaemon", "--config", str(path))

    def start(self) -> None:
        """Start the server and enter the channel."""
        super().start()
        self._socket = socket.create_connection(("127.0.0.1", self.port), 10)
        self._say("NICK reader", "USER reader 0 * :reader", "JOIN #alerts")
        self._read_until(b" 366 ")

    def stop(self) -> None:
        """End the server and hang up."""
        super().stop()
        if self._socket is not None:
            self._socket.close()
            self._socket, self._rest = None, b""

    def read(self) -> list[str]:
        """Return every line said in the channel; ask first, so that none is on its way."""
        if self._socket is not None:
            self._say("PING :all")
            self._read_until(b" PONG ")
        said = (_SAID.match(line.decode().rstrip("\r\n")) for line in self.lines)
        return [match[2] for match in said if match]

    def _say(self, *commands: str) -> None:
        assert self._socket is not None
        self._socket.sendall("".join(f"{command}\r\n" for command in commands).encode())

    def _read_until(self, mark: bytes) -> None:
        """Take lines up to one that has a mark."""
        assert self._socket is not None
        while True:
            line, end, rest = self._rest.partition(b"\n")
            if not end:
                chunk = self._socket.recv(65_536)
                assert chunk, "the server hung up"
                self._rest += chunk
                continue
            self._rest = rest
            self.lines.append(line + end)
            if line.startswith(b"PING"):
                self._say(line.decode().rstrip().replace("PING", "PONG", 1))
            elif mark in line:
                return
