"""What an IRC server said of a message: it has no word for acceptance, but numbers for refusal."""

from __future__ import annotations

import re
from collections.abc import Iterable

from monitor.alerting.causes import LogLine, quote_refusal
from monitor.errors import DeliveryError

# Only a server can send a number there: what people say in a room comes as PRIVMSG or NOTICE.
_READ = re.compile(r"IRC read: (?::\S+ )?(\d{3}) \S+ (.*)", re.S)
# RFC 2812 section 5.1, and of later servers 439 and 707 (too fast), 477 (register first),
# 489 and 531. Who is not there now (401), a busy name (437) and a full room (471) may change.
_PASSING = frozenset({"401", "437", "439", "471", "707"})
_LASTING = frozenset({"403", "404", "407", "411", "412", "464", "465", "473", "474", "475",
                      "477", "486", "489", "531"})  # fmt: skip


def find_refusal(lines: Iterable[LogLine], secrets: frozenset[str]) -> DeliveryError | None:
    """Return the first refusal that Apprise read from a server and passed over, or None."""
    for line in lines:
        found = _READ.match(line.text)
        if line.level == "TRACE" and found and found[1] in _PASSING | _LASTING:
            said = quote_refusal(found[2].rpartition(" :")[2], secrets)
            return DeliveryError(f"IRC {found[1]}: {said}", permanent=found[1] in _LASTING)
    return None
