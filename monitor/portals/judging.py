"""Judge a JSON answer by the codes inside it: those that a stanza names, and the usual ones."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from monitor.models import SourceState
from monitor.portals.paths import ABSENT, find_value, write_text
from monitor.portals.refusals import ADVICE_BLOCKED, Refusal

_CODES = "code|status|errcode|errCode|resultCode|state"
_MESSAGES = "msg|message|info|error|errmsg|errMsg"
_GOOD = frozenset({"200", "100", "0", "1", "ok", "success", "true"})
_FAILED = re.compile(r"5\d\d")
# An empty list beside these is no day without notices; other codes may be a site's own for "none".
_SURE = re.compile(r"5\d\d|40[135]|429")
_LATER = re.compile(r"稍[后候]|重试|try again|retry", re.IGNORECASE)
_CHANGED = frozenset({"400", "404", "410", "422"})


def judge_values(answer: Any, wanted: Mapping[str, str]) -> Refusal | None:
    """Return a refusal for a value that is not the one of a good answer."""
    for path, good in wanted.items():
        value = find_value(answer, path)
        if value is not ABSENT and write_text(value) != good:
            holder = find_value(answer, path.split("|")[0].rpartition(".")[0])
            return _refuse_code(holder, path, write_text(value))
    return None


def judge_code(answer: Any, path: str, *, sure: bool = False) -> Refusal | None:
    """Return a refusal for an answer without what was asked for that says a code of failure.

    The code may stand beside any step of the path, as in {status: 200, data: {code: 999}}.
    With `sure`, only codes that never say that there is nothing to list.
    """
    steps = path.split("|")[0].split(".")
    for depth in range(len(steps)):
        holder = find_value(answer, ".".join(steps[:depth]))
        code = write_text(find_value(holder, _CODES)) if isinstance(holder, dict) else ""
        if code and code.lower() not in _GOOD and (not sure or _is_sure(holder, code)):
            return _refuse_code(holder, "code", code)
    return None


def _is_sure(answer: Any, code: str) -> bool:
    said = write_text(find_value(answer, _MESSAGES))
    return bool(_SURE.fullmatch(code) or _LATER.search(said))


def _refuse_code(answer: Any, path: str, code: str) -> Refusal:
    message = write_text(find_value(answer, _MESSAGES))[:120]
    cause = f"{path} {code or 'empty'}: {message}".rstrip(": ")
    if _FAILED.fullmatch(code) or _LATER.search(message):
        return Refusal(SourceState.UNREACHABLE, cause, "it may pass by itself")
    if code in _CHANGED:
        return Refusal(SourceState.DRIFTED, cause, "the list call may have changed")
    return Refusal(SourceState.BLOCKED, cause, ADVICE_BLOCKED)
