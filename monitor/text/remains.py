"""What is left of a text when its sums, or the items read from it, are taken out."""

from __future__ import annotations

import re
from collections.abc import Iterable

from monitor.text.markup import squeeze

_SUMS = re.compile(
    r"[\d.,，、￥¥%:：()（）\-—/\sA-Za-z]+|人民币|大写|小写|[零〇一二三四五六七八九十壹贰叁肆伍陆柒捌玖拾佰仟万亿圆元整角分]+|"
    r"年|月|日|时|含税|总价|单价|号|第|详见\S*|采购|招标|项目|公告"
)
_LEAST_WORDS = 5
_LABELS_AND_COUNTS = re.compile(r"[\u4e00-\u9fff]{1,12}\s*[:：]|[\W\d_]|[台套块个部元万单价含税]")
_FEW = 4


def tells_only(text: str, shown: Iterable[str]) -> bool:
    """Return whether a line has little beside the items that were read from it."""
    pieces = sorted((p for p in shown if len(p) > 1 and p in text), key=len, reverse=True)
    if not pieces:
        return False
    rest = text
    for piece in pieces:
        rest = rest.replace(piece, " ")
    return len(_LABELS_AND_COUNTS.sub("", rest)) <= _FEW


def drop_sums(value: str) -> str:
    """Return the words beside a sum, a date or a number, '' where there are none."""
    rest = _SUMS.sub("", value)
    words = sum("\u4e00" <= char <= "\u9fff" for char in rest)
    return squeeze(value) if words >= _LEAST_WORDS else ""
