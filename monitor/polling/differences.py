"""What differs between a notice as it was told and as its source shows it now; pure.

Blanks, order, page chrome and counters of visits are no difference.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from monitor.models import Capture, Item, Notice, Zone, ZoneKind
from monitor.portals.decoding import page_text
from monitor.text.dates import CHINA
from monitor.text.markup import inline_text, parse_html

_CHROME = frozenset({ZoneKind.BOILERPLATE, ZoneKind.SUBJECT})
_LINE = re.compile(r"[\n。；]")
# What pages count or date by themselves at each visit.
_COUNTER = re.compile(r"(?:浏览|阅读|点击|访问|查看)(?:次数|人数|量|数)|今天是|当前时间|打印时间")
_GONE = re.compile(
    r"已被?(?:删除|下架|撤销|撤回|屏蔽)|不存在或已|(?i:(?:page|file|document)notfound)"
    r"|(?:公告|信息|页面|内容|文章|数据|文件|网页|记录)[^，。；]{0,6}(?:不存在|已失效|无法找到)"
    r"|(?:找不到|未找到)[^，。；]{0,8}(?:公告|信息|页面|内容|文章|数据|文件|网页|记录)"
)
_HOME = re.compile(r"/?(?:(?:index|default|home|404|error|notfound)(?:\.\w+)?)?/?", re.IGNORECASE)
_LONGEST_APOLOGY = 600
# A larger page says more than that; this one is read outside the limited processes.
_LARGEST_APOLOGY = 32 * 1024
_TITLE_PROBE = 12
TEXT = "text"
"""The field of a difference that lies in no fact."""


@dataclass(frozen=True)
class Difference:
    """One field that differs; "" where a side does not show it."""

    field: str
    old: str
    new: str


def list_differences(before: Notice, after: Notice) -> tuple[Difference, ...]:
    """Return what differs of the fields that are told, then of the text."""
    shown, now = _list_fields(before), _list_fields(after)
    fields = [
        Difference(name, old, now[name])
        for name, old in shown.items()
        if _fold(old) != _fold(now[name])
    ]
    return (*fields, *_compare_texts(before.zones, after.zones))


def has_no_facts(before: Notice, after: Notice) -> bool:
    """Return whether a page shows none of what its notice said: another page in its place."""
    empty = (after.buyer, *after.suppliers, after.project_number, *after.items, after.value)
    told = (before.buyer, *before.suppliers, before.project_number, *before.items, before.value)
    return not after.zones or (any(told) and not any(empty))


def find_withdrawal(capture: Capture, title: str, lists: Sequence[str]) -> str:
    """Return how an answer says that its notice is gone, '' where it does not.

    `lists` are the addresses of the source's lists: a redirect to one of them, to a folder above
    or to the first page of the site says so too.
    """
    if capture.status in (404, 410):
        return f"HTTP {capture.status}"
    if capture.status != 200:
        return ""
    away = "its address leads to another page of the site"
    if _is_led_home(capture, lists):
        return away
    if len(capture.body) > _LARGEST_APOLOGY:
        return ""
    text = _squeeze(inline_text(parse_html(page_text(capture))))
    probe = _squeeze(title)[:_TITLE_PROBE]
    if probe and probe in text:
        return ""
    if _is_led_up(capture):
        return away
    found = _GONE.search(text) if len(text) <= _LONGEST_APOLOGY else None
    return f"its page says 「{found.group()}」" if found else ""


def _is_led_home(capture: Capture, lists: Sequence[str]) -> bool:
    """Return whether an address led to a list, which may still show the title, or home."""
    final = _cut(capture.final_url)
    if final == _cut(capture.url):
        return False
    return final in map(_cut, lists) or bool(_HOME.fullmatch(final[0]))


def _is_led_up(capture: Capture) -> bool:
    asked, final = _cut(capture.url)[0], _cut(capture.final_url)[0]
    return asked != final and final.endswith("/") and asked.startswith(final)


def _cut(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.path, parts.query


def _list_fields(notice: Notice) -> dict[str, str]:
    day = notice.published_at.astimezone(CHINA).date().isoformat() if notice.published_at else ""
    value = notice.value
    return {
        "title": notice.title,
        "buyer": notice.buyer,
        "suppliers": _join(notice.suppliers),
        "items": _join(_name_item(item) for item in notice.items),
        "amount": f"{value.currency} {value.amount:,.2f}" if value else "",
        "project number": notice.project_number,
        "published": day,
        "attachments": _join(document.name for document in notice.documents),
    }


def _join(texts: Iterable[str]) -> str:
    return "; ".join(sorted(filter(None, texts)))


def _name_item(item: Item) -> str:
    quantity = f"{item.quantity:g}{item.unit}" if item.quantity is not None else ""
    price = f"{item.unit_price:g}" if item.unit_price is not None else ""
    return " ".join(filter(None, (item.name, item.brand, item.model, quantity, price)))


def _compare_texts(before: Sequence[Zone], after: Sequence[Zone]) -> list[Difference]:
    old, new = _list_lines(before), _list_lines(after)
    gone = [line for key, line in old.items() if key not in new]
    come = [line for key, line in new.items() if key not in old]
    return [Difference(TEXT, " / ".join(gone), " / ".join(come))] if gone or come else []


def _list_lines(zones: Sequence[Zone]) -> dict[str, str]:
    """Return the lines of the notice's own text by what is compared of them."""
    lines = (line for zone in zones if zone.kind not in _CHROME for line in _LINE.split(zone.text))
    return {_fold(line): " ".join(line.split()) for line in lines if _counts(line)}


def _counts(line: str) -> bool:
    return bool(_fold(line)) and _COUNTER.search(line) is None


def _fold(text: str) -> str:
    return _squeeze(unicodedata.normalize("NFKC", text)).casefold()


def _squeeze(text: str) -> str:
    return "".join(text.split())
