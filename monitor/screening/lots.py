"""Which lots of an awarded notice failed: what they name was not bought."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from monitor.models import Notice, Tag, Zone, ZoneKind
from monitor.screening.entries import fold_text

_NUMBER = "[一二三四五六七八九十]{1,3}|[0-9]{1,3}|[a-z](?![a-z0-9])"
_MARKER = re.compile(
    rf"^[^\w]*(?:(?:标项|标包|标段|分标|采购包|合同包|包件|分包|品目|包)\s*[:：]?\s*(?P<after>{_NUMBER})"
    rf"|第?(?P<before>{_NUMBER})\s*(?:标项|标包|标段|采购包|合同包|分包|包))"
)
_SECTION = re.compile(r"^[一二三四五六七八九十]{1,3}[、.．]")
# 废标情况：无 says the contrary.
_FAILED = re.compile(
    r"(?:废标|流标|(?:采购|招标|谈判|磋商)失败|终止(?:采购|招标)?|不足(?:三|3)家(?!的))"
    r"(?![^。;|]{0,8}[:：]?\s*(?:无|没有|/|-)\s*(?:$|[。;|]))"
)
_WINNER = re.compile(r"(?:供应商|中标人|成交人|中标单位|成交单位)(?:名称)?\s*[:：]")
_DECIDED = frozenset({Tag.AWARD, Tag.CONTRACT})


@dataclass
class _Lot:
    number: str
    zones: list[int]
    failed: bool = False
    won: bool = False

    def add_zone(self, place: int, zone: Zone, text: str) -> None:
        self.zones.append(place)
        self.failed |= bool(_FAILED.search(text))
        self.won |= zone.kind is ZoneKind.SUPPLIER or bool(_WINNER.search(text))


def find_failed(notice: Notice) -> frozenset[int]:
    """Return the places in `notice.zones` that belong to a lot that failed, of an award."""
    if notice.tag not in _DECIDED:
        return frozenset()
    rows = frozenset(
        place
        for place, zone in enumerate(notice.zones)
        if zone.field == "table" and _FAILED.search(fold_text(zone.text))
    )
    lots = list(_divide_lots(notice.zones))
    won = {lot.number for lot in lots if lot.won}
    failed = {lot.number for lot in lots if lot.failed} - won
    return rows | frozenset(place for lot in lots if lot.number in failed for place in lot.zones)


def _divide_lots(zones: Sequence[Zone]) -> Iterator[_Lot]:
    """Yield the runs of zones from one lot's marker to the next marker or section."""
    lot: _Lot | None = None
    for place, zone in enumerate(zones):
        text = fold_text(zone.text)
        marker = _MARKER.match(text) if zone.kind is not ZoneKind.SUBJECT else None
        if marker or _SECTION.match(text):
            if lot is not None:
                yield lot
            lot = None
        if marker:
            lot = _Lot(marker["after"] or marker["before"], [])
        if lot is not None:
            lot.add_zone(place, zone, text)
    if lot is not None:
        yield lot
