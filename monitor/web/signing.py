"""A hook of the user's own that signs requests, where a site wants headers its pages compute.

The program ships no signature of any site: whoever may use one brings it.
"""

from __future__ import annotations

import inspect
import runpy
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from monitor.errors import MonitorError
from monitor.models import Request

Sign = Callable[[Request, datetime], Mapping[str, str]]
_NAME = "sign_request"


class SignError(MonitorError):
    """A file of the user's that cannot sign."""


def load_sign(path: Path) -> Sign:
    """Return the function sign_request(method, url, body, moment) -> headers of a Python file.

    `body` is the exact bytes sent, `moment` is in UTC. Raise SignError for a file without it; the
    function returned raises it where the file's own fails.
    """
    try:
        found = runpy.run_path(str(path)).get(_NAME)
    except OSError as error:
        raise SignError(f"{path} cannot be read: {error.strerror}") from None
    except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever a user's file raises
        raise SignError(f"{path} fails: {type(error).__name__}: {error}") from None
    if not callable(found):
        raise SignError(f"{path} has no function {_NAME}")
    try:
        inspect.signature(found).bind("GET", "", b"", None)
    except (TypeError, ValueError):
        raise SignError(f"{path}: {_NAME} must take method, url, body, moment") from None

    def sign(request: Request, now: datetime) -> Mapping[str, str]:
        try:
            headers = dict(found(request.method, request.url, request.body, now.astimezone(UTC)))
        except (Exception, SystemExit) as error:
            raise SignError(f"{path.name}: {_NAME} fails: {type(error).__name__}") from error
        if not all(isinstance(text, str) for pair in headers.items() for text in pair):
            raise SignError(f"{path.name}: {_NAME} gives headers that are no text")
        return headers

    return sign
