"""Try what the unit must forbid and what it must allow; print what happened as one JSON line.

Runs inside the unit's sandbox with the standard library alone.
"""

from __future__ import annotations

import json
import mmap
import os
import signal
import socket
import sqlite3
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

STATE = Path(os.environ.get("STATE_DIRECTORY", ".").split(":")[0])
PORT = 18080
_CLONE_NEWUSER = 0x10000000


def write_file(path: str) -> None:
    Path(path).write_text("x")


def run_script(folder: Path) -> None:
    """Write a program into a folder and start it."""
    script = folder / "evil"
    script.write_text("#!/bin/sh\nexit 0\n")
    script.chmod(0o755)
    subprocess.run([script], check=True)  # noqa: S603 - the sandbox must refuse it


def connect(host: str) -> None:
    socket.create_connection((host, PORT), timeout=2).close()


def unshare() -> None:
    import ctypes

    if ctypes.CDLL(None, use_errno=True).unshare(_CLONE_NEWUSER) != 0:
        raise OSError(ctypes.get_errno(), "unshare")


def map_code() -> None:
    mode = mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC
    mmap.mmap(-1, 4096, prot=mode).close()


def use_database() -> None:
    with sqlite3.connect(STATE / "probe.db") as connection:
        connection.execute("pragma journal_mode = wal")
        connection.execute("create table if not exists probe (value)")


def start_threads() -> None:
    threads = [threading.Thread(target=os.getpid) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


DENIED: dict[str, Callable[[], object]] = {
    "write /etc": lambda: write_file("/etc/x"),
    "write /usr": lambda: write_file("/usr/x"),
    "write /var/lib": lambda: write_file("/var/lib/x"),
    "write /opt/tender-monitor": lambda: write_file("/opt/tender-monitor/x"),
    "look into /root": lambda: next(Path("/root").iterdir()),
    "look into /home": lambda: write_file("/home/x"),
    "read /etc/shadow": lambda: Path("/etc/shadow").read_text(),
    "read the credential's source": lambda: Path("/etc/credstore/tender-monitor.email").read_text(),
    "read another process": lambda: Path("/proc/1/environ").read_bytes(),
    "run what lies in the state": lambda: run_script(STATE),
    "run what lies in /tmp": lambda: run_script(Path("/tmp")),  # noqa: S108
    "run from memory": lambda: os.memfd_create("x", 0),
    "map writable code": map_code,
    "listen": lambda: socket.create_server(("0.0.0.0", 18999)),
    "raw socket": lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1),
    "netlink socket": lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0),
    "reach this machine": lambda: connect("127.0.0.1"),
    "reach the local network": lambda: connect("10.99.0.1"),
    "reach the metadata address": lambda: connect("169.254.169.254"),
    "change an owner": lambda: os.chown(STATE / "probe.db", 0, 0),
    "open a user namespace": unshare,
    "set the host name": lambda: socket.sethostname("x"),
    "use shared memory": lambda: write_file("/dev/shm/x"),  # noqa: S108
}
ALLOWED: dict[str, Callable[[], object]] = {
    "use a database in the state": use_database,
    "read the credential": lambda: Path(os.environ["CREDENTIALS_DIRECTORY"], "email").read_text(),
    "reach a public address": lambda: connect("8.8.4.4"),
    "start sixteen threads": start_threads,
    "start a child": lambda: subprocess.run([sys.executable, "-I", "-c", ""], check=True),
    "make a TLS context": ssl.create_default_context,
    "read the system's time zones": lambda: Path("/usr/share/zoneinfo/Asia/Shanghai").read_bytes(),
}


def try_action(action: Callable[[], object]) -> str:
    """Return "" where an action went through, else what stood in its way."""
    try:
        action()
    except Exception as error:  # noqa: BLE001 - whatever it is, it is the answer
        return f"{type(error).__name__}: {error}"[:100]
    return ""


def main() -> None:
    """Print which actions went through."""
    # A forbidden call that kills in place of failing would end the probe silently.
    signal.signal(signal.SIGSYS, signal.SIG_IGN)
    found = {
        "denied": {name: try_action(action) for name, action in sorted(DENIED.items())},
        "allowed": {name: try_action(action) for name, action in ALLOWED.items()},
    }
    print("PROBE " + json.dumps(found), flush=True)


if __name__ == "__main__":
    main()
