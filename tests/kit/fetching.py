"""One request as most tests make it."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import pytest

from monitor.errors import FetchError
from monitor.models import Capture
from monitor.web.fetch import Fetcher, FetchRules

NOW = datetime(2026, 11, 22, 4, 5, 6, tzinfo=UTC)
AGENT = "tender-monitor-test/1"
LOCAL = FetchRules(AGENT, allow_loopback=True, deadline=5, connect_timeout=1)


def get_page(url: str, rules: FetchRules = LOCAL, stop: threading.Event | None = None) -> Capture:
    """Get a URL with a fetcher of its own."""
    with Fetcher(rules, stop or threading.Event()) as fetcher:
        return fetcher.get(url, now=NOW)


def refuse_page(url: str, rules: FetchRules = LOCAL) -> FetchError:
    """Get a URL and return the error, which must come and be one line."""
    with pytest.raises(FetchError) as caught:
        get_page(url, rules)
    assert "\n" not in str(caught.value)
    return caught.value
