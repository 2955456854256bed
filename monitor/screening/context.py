"""What a whole notice says that settles the stance of a hit from afar.

A section on what stands there already, a note that brands are named for reference, a sale.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from monitor.models import Notice, Tag, ZoneKind
from monitor.screening.entries import fold_text
from monitor.screening.lots import find_failed

_LEVELS = (
    re.compile(r"^第?[一二三四五六七八九十]{1,3}[、.章节]"),
    re.compile(r"^\([一二三四五六七八九十]{1,3}\)"),
    re.compile(r"^\d{1,2}[、.](?!\d)"),
    re.compile(r"^\(\d{1,2}\)|^\d{1,2}\.\d{1,2}|^\d{1,2}\)"),
)
_OWNED_HEAD = re.compile(
    r"现状|现有(?:设备|系统|情况|资源|网络|环境|条件)|已建|既有|原有(?:设备|系统)|在用(?:设备|系统)"
)
_LOST_HEAD = re.compile("未(?:中标|成交|通过|入围)|否决|落选|淘汰|无效(?:投标|响应)|资格审查不")
# A heading without a number: 主要中标内容：
_BARE_HEAD = re.compile(
    "^[^,。;]{2,14}(?:标的|清单|内容|信息|情况|要求)?:$|^(?:主要)?(?:中标|成交|采购)(?:标的|内容|清单)"
)
_NEW_HEAD = re.compile("需求|建设内容|新增|采购|对接|条款")
_LONGEST_HEAD = 30
_DISCLAIMED = re.compile(
    r"(?:品牌|型号|机型)[^。;,]{0,16}(?:仅供参考|只作参考|仅供[^。;,]{0,6}参考|仅作[^。;,]{0,6}(?:参考|说明)|"
    r"仅为[^。;,]{0,6}(?:参考|说明|描述)|不作为[^。;,]{0,8}(?:限制|指定|要求)|不具有?(?:限制|排他|指定)性|仅用于说明)|"
    r"(?:所列|上述|以上|参考)(?:品牌|型号)[^。;,]{0,20}(?:仅[^。;,]{0,8}参考|同档次)|"
    r"(?:品牌|型号)[^。;,]{0,8}不限于(?:所列|上述|以上)"
)
_SALE = re.compile(
    r"(?:资产|设备|物资|车辆|器材|用品|产品|残值|废旧|报废|旧)\S{0,10}(?:处置|拍卖|变卖|转让|出售|竞卖|竞价)"
    r"(?:项目|事宜)?(?:\S{0,4}(?:公告|公示|结果|成交)|$)"
)
_PURCHASE = re.compile("采购|购置|购买|处置服务")
_DECIDED = frozenset({Tag.AWARD, Tag.CONTRACT, Tag.IMPLEMENTATION})


@dataclass(frozen=True)
class Context:
    """What of a notice bears on its hits; `owned`, `lost` and `failed` are places of zones."""

    owned: Mapping[int, str] = field(default_factory=dict)
    lost: Mapping[int, str] = field(default_factory=dict)
    failed: frozenset[int] = frozenset()
    disclaimed: str = ""
    subject: str = ""
    sold: str = ""


def read_context(notice: Notice) -> Context:
    """Return what the notice as a whole says of the products it names."""
    texts = [fold_text(zone.text) for zone in notice.zones]
    told = (m for text in texts if (m := _DISCLAIMED.search(text)))
    title = fold_text(notice.title)
    sold = None if _PURCHASE.search(title) else _SALE.search(title)
    return Context(
        owned=_find_under(_OWNED_HEAD, notice, texts),
        lost=_find_under(_LOST_HEAD, notice, texts) if notice.tag in _DECIDED else {},
        failed=find_failed(notice),
        subject=fold_text(f"{notice.title} {notice.project_name}"),
        disclaimed="" if notice.tag in _DECIDED else next((m.group() for m in told), ""),
        sold=sold.group() if sold else "",
    )


def _find_under(head: re.Pattern[str], notice: Notice, texts: list[str]) -> dict[int, str]:
    """Return the places under a heading of a kind, each with the heading."""
    found: dict[int, str] = {}
    opened, title = -1, ""
    for place, text in enumerate(texts):
        if notice.zones[place].kind is not ZoneKind.SPECIFICATION:
            continue
        level = next((n for n, pattern in enumerate(_LEVELS) if pattern.match(text)), -1)
        if level >= 0 and (opened < 0 or level <= opened):
            opens = not _NEW_HEAD.search(text) and len(text) <= _LONGEST_HEAD and head.search(text)
            opened, title = (level, text) if opens else (-1, "")
        elif opened >= 0 and _BARE_HEAD.search(text):
            opened = -1
        elif opened >= 0:
            found[place] = title
    return found
