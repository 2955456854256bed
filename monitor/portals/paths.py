"""Values of a JSON answer by their path: data.rows, list.0.id, title|titlenew, . for all of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

ABSENT: Final = object()

_STEP = r"[^\s.|{}\[\]\"']+"
_PATH = re.compile(rf"(?:\.|{_STEP}(?:\.{_STEP})*)(?:\|(?:\.|{_STEP}(?:\.{_STEP})*))*")
_EMPTY = (ABSENT, None, "")


def is_path(text: str) -> bool:
    """Return whether a text is a path; '' is one, of the answer itself."""
    return not text or _PATH.fullmatch(text) is not None


def find_value(value: Any, path: str) -> Any:
    """Return what stands at a path, of alternatives the first that holds something, or ABSENT."""
    found = [_descend(value, one) for one in path.split("|")]
    return next((one for one in found if one not in _EMPTY), found[0])


def find_all(value: Any, path: str) -> Iterator[tuple[Any, Any]]:
    """Yield what stands at a path, with the member of a list that * stood for, else None."""
    head, star, tail = path.partition("*")
    if not star:
        yield None, find_value(value, path)
        return
    members = find_value(value, head.rstrip("."))
    for member in members if isinstance(members, list) else []:
        yield member, find_value(member, tail.lstrip("."))


def write_text(value: Any) -> str:
    """Return a scalar as text, '' for what is none."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip() if isinstance(value, str | int | float) else ""


def _descend(value: Any, path: str) -> Any:
    for step in path.split(".") if path not in ("", ".") else []:
        if isinstance(value, dict):
            value = value.get(step, ABSENT)
        elif isinstance(value, list) and step.isdecimal() and int(step) < len(value):
            value = value[int(step)]
        else:
            return ABSENT
    return value
