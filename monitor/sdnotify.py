"""Tell systemd how the service is, over the datagram socket of sd_notify(3)."""

from __future__ import annotations

import os
import socket


def notify_systemd(*states: str) -> bool:
    """Send states such as READY=1; False where the process is not a systemd service."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return False
    # A leading @ stands for Linux's abstract namespace.
    target = "\0" + address[1:] if address.startswith("@") else address
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        try:
            channel.sendto("\n".join(states).encode(), target)
        except OSError:
            return False
    return True


def watchdog_seconds() -> float | None:
    """Return how often WATCHDOG=1 is expected, None where no watchdog is set."""
    raw = os.environ.get("WATCHDOG_USEC", "")
    return int(raw) / 1_000_000 if raw.isdecimal() and int(raw) > 0 else None
