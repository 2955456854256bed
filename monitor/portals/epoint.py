"""Epoint's full-text list, which public resource platforms of many provinces run on.

List: POST {site}/inteligentsearch/rest/esinteligentsearch/getFullTextDataNew with JSON text, the
newest first. `pn` is the number of the first row, not of a page. `result` may be JSON in a string.
Times: Asia/Shanghai wall clock without a zone. Caveat: rows far from the first cannot be had, so
lists are cut by day and, where a day has too many rows, by time.
"""

from __future__ import annotations

import json

from monitor.portals.jsonlist import JsonListPortal
from monitor.stanzas import EpointOptions, JsonListOptions, SourceConfig

_MOMENT = "%Y-%m-%d %H:%M:%S"


class EpointPortal(JsonListPortal):
    """Read the full-text list of an Epoint site, and its pages."""

    def __init__(self, source: SourceConfig) -> None:
        site = source.site.rstrip("/")
        lists = source.lists or [f"{site}{source.epoint.call}"]
        super().__init__(source.model_copy(update={"lists": lists}), _make_options(source.epoint))


def _make_options(epoint: EpointOptions) -> JsonListOptions:
    return JsonListOptions(
        method="POST",
        body=_make_body(epoint),
        each={"category": epoint.categories} if epoint.categories else {},
        decode=["result", "."],
        rows="result.records",
        total="result.totalcount",
        size=epoint.page_size,
        days=epoint.days,
        most=epoint.most,
        # An id of its own is not on every site; the address is.
        id="linkurl",
        title="title|titlenew",
        date="|".join(dict.fromkeys((epoint.sort, "webdate", "infodate", "showdate"))),
        url="linkurl",
        region="xiaquname|infod",
        type="categoryname",
    )


def _make_body(epoint: EpointOptions) -> str:
    """Return the JSON text of a request, with places for the page, the time and the category."""
    wanted = {"categorynum": "{category}"} if epoint.categories else {}
    conditions = [
        {"fieldName": name, "equal": value, "notEqual": None, "isLike": True, "likeType": like}
        for fields, like in ((wanted, 2), (epoint.conditions, 0))
        for name, value in fields.items()
    ]
    times = {"startTime": f"{{since:{_MOMENT}}}", "endTime": f"{{until:{_MOMENT}}}"}
    asked = {
        "token": "", "pn": "<offset>", "rn": epoint.page_size, "sdt": "", "edt": "", "wd": "",
        "inc_wd": "", "exc_wd": "", "fields": "title", "cnum": epoint.channel,
        "sort": json.dumps({epoint.sort: "0"}, separators=(",", ":")), "ssort": "title",
        "cl": 500, "terminal": "", "condition": conditions or None,
        "time": [{"fieldName": epoint.sort, **times}], "highlights": "", "statistics": None,
        "unionCondition": None, "accuracy": "", "noParticiple": "1", "searchRange": None,
        **epoint.extra,
    }  # fmt: skip
    # The number of a row is a number in the sites' own requests, not a text.
    return json.dumps(asked, ensure_ascii=False).replace('"<offset>"', "{offset}")
