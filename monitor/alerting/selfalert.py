"""What the program has to say of itself: a source in trouble, a full disk, a dead receiver."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime

from monitor.store.alerts import AlertKind, NewAlert


def make_self_alert(
    subject: str, lines: Sequence[str], *, now: datetime, source: str | None = None,
    sample: bool = False,
) -> NewAlert:  # fmt: skip
    """Return an alert about the program itself, to be told to every receiver.

    Its id is that of its subject and time: whoever tells of a trouble once notes that itself, as
    `told_state` of a source or a row of `vital`, or gives the alert an id of its own.
    """
    text = f"{subject}\n{now.isoformat()}"
    return NewAlert(
        id=hashlib.sha256(text.encode()).hexdigest()[:16],
        kind=AlertKind.SELF,
        source=source,
        notice=None,
        verdict="self",
        reason="SOURCE_STATE" if source else "PROGRAM",
        fingerprint="",
        sample=sample,
        content={"subject": subject, "body": "\n".join(lines), "sample": sample},
    )
