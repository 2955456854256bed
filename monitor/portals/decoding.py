"""The text of a response, or the value of one that is JSON."""

from __future__ import annotations

import json
import re
from typing import Any

from monitor.errors import LayoutError
from monitor.models import Capture
from monitor.text.charset import decode_page

_CALLBACK = re.compile(r"\s*[A-Za-z_$][\w$.]{0,80}\s*\((.*)\)\s*;?\s*", re.DOTALL)


def page_text(capture: Capture) -> str:
    """Return the text of a capture, decoded by its content before its labels."""
    return decode_page(capture.body, capture.header("content-type")).text


def read_json(capture: Capture) -> Any:
    """Return the value of a JSON answer; raise LayoutError where it is none.

    `find_json_refusal` comes first: it says what stands there instead.
    """
    try:
        return parse_json(page_text(capture))
    except (ValueError, RecursionError):
        raise LayoutError(capture.url, "JSON") from None


def parse_json(text: str) -> Any:
    """Return the value of a text, with or without a mark of its byte order or a callback around it.

    Raises ValueError for what is no JSON, RecursionError for what is nested without end.
    """
    bare = text.lstrip("\ufeff \t\r\n")
    if found := _CALLBACK.fullmatch(bare):
        bare = found[1]
    return json.loads(bare)
