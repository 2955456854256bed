"""The client's side of SOCKS 5 on a socket that is already open to the proxy (RFC 1928, 1929).

Written out because the libraries open their own socket, which no deadline could reach.
"""

from __future__ import annotations

import socket

_REFUSALS = {
    2: "not allowed by its rules",
    3: "network unreachable",
    4: "host unreachable",
    5: "connection refused",
    6: "time to live expired",
}


def ask_proxy(
    sock: socket.socket, host: str, port: int, user: str = "", password: str = ""
) -> None:
    """Have the proxy connect to a host by name, which it alone resolves.

    Raise ConnectionError when it refuses or speaks something else, ValueError for a
    name or password that the protocol cannot carry.
    """
    sock.sendall(b"\x05\x02\x00\x02" if user else b"\x05\x01\x00")
    version, method = _read_exactly(sock, 2)
    if version != 5 or method not in (0, 2 if user else 0):
        raise ConnectionError("the SOCKS proxy offers no way to log in")
    if method == 2:
        sock.sendall(b"\x01" + _count(user) + _count(password))
        if _read_exactly(sock, 2)[1] != 0:
            raise ConnectionError("the SOCKS proxy refused the password")
    sock.sendall(b"\x05\x01\x00\x03" + _count(host) + port.to_bytes(2, "big"))
    _, answer, _, kind = _read_exactly(sock, 4)
    if answer != 0:
        reason = _REFUSALS.get(answer, f"answer {answer}")
        raise ConnectionError(f"the SOCKS proxy could not connect: {reason}")
    length = {1: 4, 4: 16}.get(kind) or _read_exactly(sock, 1)[0]
    _read_exactly(sock, length + 2)


def _count(text: str) -> bytes:
    encoded = text.encode()
    if len(encoded) > 255:
        raise ValueError("longer than SOCKS allows")
    return bytes([len(encoded)]) + encoded


def _read_exactly(sock: socket.socket, size: int) -> bytes:
    found = b""
    while len(found) < size:
        more = sock.recv(size - len(found))
        if not more:
            raise ConnectionError("the SOCKS proxy closed the connection")
        found += more
    return found
