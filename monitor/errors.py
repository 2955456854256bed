"""The typed errors of the whole program: each names where it happened in one line."""

from __future__ import annotations

from enum import StrEnum


class MonitorError(Exception):
    """Base of every error that the program raises on purpose."""


class ConfigError(MonitorError):
    """A YAML file that cannot be used; raised while loading, before anything changes."""

    def __init__(self, file: str, line: int, column: int, message: str, hint: str = "") -> None:
        self.file, self.line, self.column = file, line, column
        self.message, self.hint = message, hint
        tail = f" ({hint})" if hint else ""
        super().__init__(f"{file}:{line}:{column}: {message}{tail}")


class FetchCause(StrEnum):
    """Why a response could not be had or used."""

    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    TLS = "tls"
    FORBIDDEN_ADDRESS = "forbidden address"
    ROBOTS = "robots.txt"
    BUDGET = "daily budget"
    REDIRECT = "redirect"
    TOO_LARGE = "too large"
    TRUNCATED = "truncated"
    PROTOCOL = "protocol"
    SIGN_FILE = "sign file"
    STOPPING = "stopping"


class FetchError(MonitorError):
    """No usable response; raised by fetch, names the URL and the cause."""

    def __init__(self, url: str, cause: FetchCause, detail: str) -> None:
        self.url, self.cause, self.detail = url, cause, detail
        super().__init__(f"{url}: {cause}: {detail}")


class LayoutError(MonitorError):
    """A page without the anchors its portal relies on; raised by portals."""

    def __init__(self, url: str, missing: str) -> None:
        self.url, self.missing = url, missing
        super().__init__(f"{url}{': ' if url else ''}layout not recognised: {missing}")


class StoreError(MonitorError):
    """The database or archive cannot be used; raised by store and archive."""


class LockedError(StoreError):
    """Another process holds the state directory; exit code 75."""


class UnwritableError(StoreError):
    """The disk of the state folder takes nothing; exit code 74."""


class DeliveryError(MonitorError):
    """A receiver did not accept a message; raised by alerting.deliver.

    `retry_after` is how many seconds the receiver asked to be left alone, None if it did not.
    """

    def __init__(
        self, message: str, *, permanent: bool = False, retry_after: float | None = None
    ) -> None:
        self.permanent, self.retry_after = permanent, retry_after
        super().__init__(message)


def first_line(error: BaseException) -> str:
    """Return an error's first line, cut, or its type's name where it says nothing."""
    return (str(error).splitlines() or [type(error).__name__])[0][:160]
