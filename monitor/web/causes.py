"""What an exception from the libraries below means to whoever asked for a page."""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Iterator

from monitor.errors import FetchCause, FetchError

# Asked from the innermost outwards, first answer wins.
_CAUSES: tuple[tuple[type[BaseException], FetchCause, str], ...] = (
    (ssl.SSLError, FetchCause.TLS, "no trusted TLS connection"),
    (TimeoutError, FetchCause.TIMEOUT, "no answer in time"),
    (http.client.IncompleteRead, FetchCause.TRUNCATED, "the answer ends early"),
    (http.client.RemoteDisconnected, FetchCause.UNREACHABLE, "closed without an answer"),
    (http.client.HTTPException, FetchCause.PROTOCOL, "not a valid HTTP answer"),
    (ConnectionError, FetchCause.UNREACHABLE, "the connection broke"),
    (ValueError, FetchCause.PROTOCOL, "not a usable request or answer"),
)


def explain_error(url: str, error: BaseException, wrapper: type[BaseException]) -> FetchError:
    """Return what a failed request means, in our words: texts from below may hold a password.

    Exceptions of the kind `wrapper` say nothing by themselves, only by what they wrap.
    """
    for inner in reversed(list(_walk_causes(error))):
        if isinstance(inner, wrapper):
            continue
        for kind, cause, detail in _CAUSES:
            if isinstance(inner, kind):
                return FetchError(url, cause, _add_reason(detail, inner))
    return FetchError(url, FetchCause.UNREACHABLE, f"no connection ({type(error).__name__})")


def _walk_causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception and those that it wraps, outermost first."""
    queue, seen = [error], {id(error)}
    while queue:
        current = queue.pop(0)
        yield current
        wrapped = (*current.args, getattr(current, "reason", None), current.__cause__)
        for inner in (*wrapped, current.__context__):
            if isinstance(inner, BaseException) and id(inner) not in seen:
                seen.add(id(inner))
                queue.append(inner)


def _add_reason(detail: str, error: BaseException) -> str:
    reason = getattr(error, "verify_message", "") or getattr(error, "reason", "")
    return f"{detail}: {reason}" if isinstance(error, ssl.SSLError) and reason else detail
