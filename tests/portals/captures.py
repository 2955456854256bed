"""Captures made of texts, as fetch would hand them to a portal."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path

from monitor.models import Capture

NOW = datetime(2026, 6, 1, 1, 30, tzinfo=UTC)


def make_capture(
    body: bytes | str,
    *,
    status: int = 200,
    url: str = "http://portal.example/cggg/dfgg/",
    content_type: str = "text/html; charset=utf-8",
) -> Capture:
    """Return a capture of a body, UTF-8 where it is text."""
    raw = body.encode() if isinstance(body, str) else body
    headers = (("Content-Type", content_type),)
    return Capture(url, url, NOW, status, headers, raw, hashlib.sha256(raw).hexdigest())


def read_saved_page(name: str) -> str:
    """Return the text of a page in tests/portals/pages; each is written for these tests."""
    return Path(__file__).with_name("pages").joinpath(name).read_text(encoding="utf-8")
