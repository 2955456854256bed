"""What an IRC server said of a message: it has no word for acceptance, but numbers for refusal.

It answers in order. So Apprise is made to ask it for a PONG before it leaves: then all lines have
gone on, however slowly the server lets them through, and every refusal of them has been read.
"""

from __future__ import annotations

import functools
import importlib
import re
import warnings
from collections.abc import Iterable
from typing import Any

from monitor.alerting.causes import LogLine, quote_refusal
from monitor.errors import DeliveryError

# Only a server can send a number there: what people say in a room comes as PRIVMSG or NOTICE.
_READ = re.compile(r"IRC read: (?::\S+ )?(\d{3}) \S+ (.*)", re.S)
# RFC 2812 section 5.1, and of later servers 439 and 707 (too fast), 477 (register first),
# 489 and 531. Who is not there now (401), a busy name (437) and a full room (471) may change.
_PASSING = frozenset({"401", "437", "439", "471", "707"})
_LASTING = frozenset({"403", "404", "407", "411", "412", "464", "465", "473", "474", "475",
                      "477", "486", "489", "531"})  # fmt: skip

# A server that holds a client to a line every two seconds needs so long for a part.
_ANSWER_SECONDS = 60.0


@functools.cache
def await_server() -> bool:
    """Have Apprise leave a server only after its answer; return False where it cannot be done.

    Messages then still go out; a test tells that Apprise has changed.
    """
    with warnings.catch_warnings():
        # It imports a module that Python 3.11 and 3.12 call deprecated.
        warnings.simplefilter("ignore", DeprecationWarning)
        client = getattr(importlib.import_module("apprise.plugins.irc.client"), "IRCClient", None)
    leave = getattr(client, "quit", None)
    if leave is None or not hasattr(client, "check_connection"):
        return False

    def leave_answered(self: Any, message: str, timeout: float) -> None:
        if not self.check_connection(timeout=_ANSWER_SECONDS):
            raise TimeoutError("timed out after the last line")
        leave(self, message, timeout)

    setattr(client, "quit", leave_answered)  # noqa: B010 - mypy knows no attribute of it
    return True


def find_refusal(lines: Iterable[LogLine], secrets: frozenset[str]) -> DeliveryError | None:
    """Return the first refusal that Apprise read from a server and passed over, or None."""
    for line in lines:
        found = _READ.match(line.text)
        if line.level == "TRACE" and found and found[1] in _PASSING | _LASTING:
            said = quote_refusal(found[2].rpartition(" :")[2], secrets)
            return DeliveryError(f"IRC {found[1]}: {said}", permanent=found[1] in _LASTING)
    return None
