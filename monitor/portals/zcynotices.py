"""The answer of a zcy site for one notice: HTML, its files, and what else its keys say.

Of the other notices of the purchase that it names (announcementLinkDtoList) nothing is read but
which of them it is itself.
"""

from __future__ import annotations

import re
from dataclasses import replace

from monitor.errors import LayoutError
from monitor.models import Capture, Listing, Notice
from monitor.portals.details import make_facts
from monitor.portals.jsonrows import (
    Row,
    label_lines,
    list_files,
    read_shown,
    require_object,
    take_text,
)
from monitor.portals.paths import ABSENT, find_value, write_text

# What the text says itself where it has the last word; sums are in yuan.
_SUMS = (("预算金额", "budgetPrice", "预算"), ("中标（成交）金额", "totalContractAmount", "金额"))


def read_shown_notice(capture: Capture, answer: Row, listing: Listing, site: str) -> Notice:
    """Return the notice of an answer; raise LayoutError without its content."""
    shown = require_object(capture, answer, "result.data")
    content = find_value(shown, "content")
    if content is ABSENT:
        raise LayoutError(capture.url, "result.data.content")
    if _is_other(take_text(shown, "articleId"), listing.listing_id):
        raise LayoutError(capture.url, "result.data.articleId of this notice")
    text, files = write_text(content), find_value(shown, "attachmentList")
    documents, issues = list_files(files, "name", "path", text, site)
    known = make_facts(listing)
    facts = replace(
        known,
        title=known.title or take_text(shown, "title"),
        channel=known.channel or _name_kind(shown),
        published=known.published or take_text(shown, "publishDate"),
        buyer=take_text(shown, "purchaseName") or known.buyer,
        documents=documents,
    )
    return read_shown(_state_facts(shown, text), text, facts, site, issues)


def _is_other(number: str, asked: str) -> bool:
    """Return whether an answer is of another notice; old notices are asked for by a number."""
    return bool(number) and not asked.isdecimal() and number != asked


def _name_kind(shown: Row) -> str:
    """Return the last of the categories of a notice, else what it is in its purchase's life."""
    categories = find_value(shown, "categoryNames")
    if isinstance(categories, list) and categories:
        return write_text(categories[-1])
    links = find_value(shown, "announcementLinkDtoList")
    current = (link for link in links if _is_current(link)) if isinstance(links, list) else ()
    return next((take_text(link, "typeName") for link in current), "")


def _is_current(link: object) -> bool:
    return isinstance(link, dict) and link.get("isCurrent") is True


def _state_facts(shown: Row, text: str) -> str:
    """Return what an answer knows as lines, where its text does not say it."""
    sums = [
        (label, f"{amount}元")
        for label, key, said in _SUMS
        if said not in text and re.search("[1-9]", amount := take_text(shown, key))
    ]
    supplier = ("中标（成交）供应商", take_text(shown, "supplierName"))
    number = ("项目编号", take_text(shown, "projectCode"))
    return label_lines((number, supplier, *sums), text)
