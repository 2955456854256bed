"""Where the numbers can be had: a file that is replaced whole, a port of this machine."""

from __future__ import annotations

import logging
import os
import tempfile
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

log = logging.getLogger(__name__)

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def write_file(path: Path, text: str) -> None:
    """Put a text in the place of a file in one step, readable by all; raise OSError."""
    descriptor, part = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            # It holds no secret, and its reader is another user.
            os.fchmod(file.fileno(), 0o644)
        os.replace(part, path)
    except OSError:
        with suppress(OSError):
            os.unlink(part)
        raise


class MetricsPort:
    """Serve /metrics on 127.0.0.1, and nothing else; raise OSError where the port is taken."""

    def __init__(self, port: int) -> None:
        self.text = ""
        self._server = _Server(self, port)
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.2,), name="metrics", daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, owner: MetricsPort, port: int) -> None:
        self.owner = owner
        super().__init__(("127.0.0.1", port), _Page)

    def handle_error(self, request: object, client_address: object) -> None:  # noqa: ARG002
        """Say little: a reader that hangs up is its own affair."""
        log.debug("a reader of the metrics hung up", exc_info=True)


class _Page(BaseHTTPRequestHandler):
    server: _Server
    timeout = 10.0

    def do_GET(self) -> None:
        """Answer /metrics."""
        found = self.path.partition("?")[0] == "/metrics"
        body = self.server.owner.text.encode() if found else b"see /metrics\n"
        self.send_response(200 if found else 404)
        self.send_header("Content-Type", CONTENT_TYPE)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Write no line for each reading."""
