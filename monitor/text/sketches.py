"""Take down of a notice what tells it apart from others: a sketch, small enough to keep.

Portals copy a notice under another title, number and layout: what they add is taken off here,
and what parts two notices of one purchase (stage, round, correction, lots) is kept apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from heapq import nsmallest
from zlib import crc32

from monitor.models import Item, Notice, Tag, ZoneKind
from monitor.text.dates import CHINA
from monitor.text.names import is_name
from monitor.text.normalize import fold_name, normalize
from monitor.text.noticetypes import read_notice_type
from monitor.text.privacy import mask_private
from monitor.text.titles import find_title_buyer, strip_frame

KEPT_WORDS = 64
_GRAM = 4
_MOST_ITEMS = 100
_SHORTEST_CORE = 4
_FARTHEST_BUYER = 6
_DIGITS = "一二三四五六七八九十"
_ORDINAL = rf"(?:\d{{1,2}}|[{_DIGITS}]{{1,3}})"
_PLACE = rf"(?:\d{{1,3}}|[a-z]|[{_DIGITS}]{{1,3}})"
_PLACES = rf"{_PLACE}(?:[-、,~/和及至]{_PLACE})*"
_LOT_WORD = "合同包|采购包|分包|标包|子包|包组|包件|包号|标段|标项|分标|品目"
# 12包 and 第二标段; 包1 and 标项二; no 包装, 包头 or 承包.
_LOT = re.compile(
    rf"(?<![a-z\d])第?(?P<before>{_PLACES})(?:{_LOT_WORD}|包(?![括装含干裹车头钢保扎]))|"
    rf"(?:{_LOT_WORD}|(?<![承总发])包):?第?(?P<after>{_PLACES})(?![a-z\d年月])"
)
_AMENDS = "更正|变更|澄清|补充|答疑|延期|补遗|修改"
_CORRECTION = re.compile(
    rf"第?(?P<before>{_ORDINAL})[次号](?:{_AMENDS})|"
    rf"(?:{_AMENDS})[^()\d]{{0,8}}?[-(]?第?(?P<after>{_ORDINAL})[次号]?\)?$"
)
_ROUND = re.compile(
    rf"\((?:重新?招标?|重新采购|再次[^()]{{0,6}})\)|\(第?(?P<inside>{_ORDINAL})次[^()]{{0,6}}\)|"
    rf"第?(?P<open>{_ORDINAL})次(?=公开|邀请|竞争|竞价|招标|采购|公[告示]|谈判|磋商|询[价比]|"
    r"单一|[流废]标|终止|成交|中标|结果|合同|$)|重新(?:招标|采购|公告|发布)|重招"
)
_NUMBER_LABEL = "(?:项目|采购|招标|标书|文件)?编号:?"
_CODE = re.compile(
    rf"\(?{_NUMBER_LABEL}[^()\u4e00-\u9fff]{{0,2}}[^()]{{4,40}}\)?|"
    # Two years are no number: 2026-2027年.
    r"(?<![a-z\d])(?!\d{4}-\d{4}(?!\d))(?=[a-z\d_/.\-]*\d{4})[a-z\d]"
    r"(?:[a-z\d_/.\-]|\([a-z\d]{1,8}\)){7,}"
)
_LABEL = re.compile("^.*编号:?")
_AGENT_WORDS = "招标|代理|咨询|项目管理|工程管理|拍卖|采购服务"
_AGENT = re.compile(rf"^[^,:()]{{2,24}}?(?:{_AGENT_WORDS})[^,:()]{{0,10}}?公司(?=.{{6}})")
_AGENT_NAME = re.compile(rf"(?:{_AGENT_WORDS}).{{0,16}}公司")
_REGION = re.compile(r"^[\u4e00-\u9fff]{2,9}(?:省|自治区|市|区|县|州|盟|旗)[-_·/]")
_OPENING = re.compile("^(?:关于|有关)")
_ENDING = re.compile("(?:的|项目|采购|公开|电子化|网)+$")
_EDGES = "-_,:.()[] "
_SIGNS = re.compile(r"[\W_]+")
_WORD = re.compile("[a-z0-9]+|[\u3400-\u4dbf\u4e00-\u9fff]+")
_BODY = frozenset({ZoneKind.FIELD, ZoneKind.ITEM, ZoneKind.SPECIFICATION, ZoneKind.SUPPLIER})
# Notices of one tag that stand beside each other in one purchase.
_STAGES: dict[Tag, tuple[tuple[str, str], ...]] = {
    Tag.TENDER: (
        ("prequalification", "资格预审|(?<!/)资审"),
        ("consultation", "意见|论证|调研|需求|预公告|审核前|采前|进口|征集|(?:标|采购|商|判)文件"),
        ("single source", "单一来源"),
    ),
    Tag.AWARD: (("candidates", "候选|预中标|预成交|评[标审]结果"),),
    Tag.CONTRACT: (("changed", "变更|补充|更正"),),
    Tag.TENDER_AMENDMENT: (
        ("result", "中标|成交|(?<!更正)(?<!变更)结果|合同"),
        ("pause", "暂停|恢复"),
    ),
}


@dataclass(frozen=True)
class Sketch:
    """What tells a notice apart; "", 0 words and None are unknown, all texts are folded.

    `title` is its core, without buyer, agent, number and type. `day` is of China. `round` and
    `correction` count from 1. `items` are names and models. `words` are the smallest hashes of
    `size` different pieces of the body: enough to compare two bodies, too little to read one.
    `body` is a hash of all of them.
    """

    title: str
    number: str = ""
    buyer: str = ""
    stage: str = ""
    round: int = 1
    correction: int = 1
    lots: tuple[str, ...] = ()
    day: date | None = None
    suppliers: tuple[str, ...] = ()
    value: float | None = None
    items: tuple[tuple[str, str], ...] = ()
    size: int = 0
    words: tuple[int, ...] = ()
    body: int = 0


@dataclass(frozen=True)
class _Head:
    """A title taken apart."""

    core: str
    ending: str
    round: int
    correction: int
    lots: tuple[str, ...]
    number: str


def take_sketch(notice: Notice) -> Sketch:
    """Return the sketch of a notice."""
    head = _split_title(notice)
    hashes = _hash_body(notice)
    value = notice.value.amount if notice.value else None
    return Sketch(
        title=head.core,
        number=_fold_number(notice.project_number) or head.number,
        buyer=_name_buyer(notice),
        stage=_name_stage(notice, head.ending),
        round=max(head.round, _find_round(fold_name(notice.project_name))),
        correction=head.correction,
        lots=head.lots,
        day=notice.published_at.astimezone(CHINA).date() if notice.published_at else None,
        suppliers=_fold_all(notice.suppliers),
        # 0元 stands for a price that was not written down.
        value=value or None,
        items=_fold_items(notice.items),
        size=len(hashes),
        words=tuple(nsmallest(KEPT_WORDS, hashes)),
        body=crc32(repr(sorted(hashes)).encode()),
    )


def _split_title(notice: Notice) -> _Head:
    # Folded, a label loses the mark that shows whose name follows.
    title = fold_name(mask_private(notice.title))
    lots = tuple(sorted({_write_place(found) for found in _LOT.finditer(title)}))
    text = _LOT.sub("", title)
    correction = 1
    if notice.tag is Tag.TENDER_AMENDMENT and (found := _CORRECTION.search(text)):
        correction = _read_ordinal(found["before"] or found["after"])
        text = text.replace(found.group(), re.sub(rf"第?{_ORDINAL}[次号]?", "", found.group()))
    round_ = _find_round(text)
    text = _ROUND.sub("", text)
    codes = [_fold_number(_LABEL.sub("", found.group())) for found in _CODE.finditer(text)]
    if known := fold_name(notice.project_number):
        text = re.sub(rf"\(?(?:{_NUMBER_LABEL})?{re.escape(known)}\)?", "", text)
    text = _CODE.sub("", text)
    core, ending = _cut_type(text)
    number = next((code for code in codes if code), "")
    return _Head(_cut_bodies(core, notice), ending, round_, correction, lots, number)


def _cut_type(text: str) -> tuple[str, str]:
    """Divide a title into purchase and type; it may end with two types, or begin with one."""
    core, types = text, ""
    while (kind := read_notice_type(core)) is not None and kind.name in core:
        place = core.rindex(kind.name)
        before, after = core[:place].rstrip(_EDGES), core[place + len(kind.name) :].lstrip(_EDGES)
        core, types = before or after, kind.name + types
    return core, types


def _cut_bodies(text: str, notice: Notice) -> str:
    """Return a title without the region, agent and buyer before the purchase itself."""
    core = strip_frame(_REGION.sub("", strip_frame(text)))
    core = _AGENT.sub("", core.removeprefix(fold_name(notice.procuring_entity)))
    core = _OPENING.sub("", core)
    # The title's own buyer goes first: who else is named differs from portal to portal.
    for buyer in (fold_name(find_title_buyer(core)), *fold_name(notice.buyer).split("、")):
        while buyer and 0 <= (place := core.find(buyer)) <= _FARTHEST_BUYER:
            core = core[place + len(buyer) :]
    core = _trim_core(core)
    core = core if len(core) >= _SHORTEST_CORE else _trim_core(text)
    return core if len(core) >= _SHORTEST_CORE else ""


def _trim_core(text: str) -> str:
    plain = _SIGNS.sub("", text).removeprefix("的")
    return _ENDING.sub("", plain)


def _find_round(title: str) -> int:
    found = _ROUND.search(title)
    if found is None:
        return 1
    # 重新招标 says that it is not the first, not which it is.
    return _read_ordinal(found["inside"] or found["open"] or "2")


def _write_place(found: re.Match[str]) -> str:
    """Return which lots are meant: 第二标段 and 包02 are 2, 1-3 stays a range."""
    places = re.split(r"([-、,~/和及至])", found["before"] or found["after"])
    return "".join(p if p.isalpha() and p.isascii() else _write_number(p) for p in places)


def _write_number(text: str) -> str:
    return str(_read_ordinal(text)) if re.fullmatch(_ORDINAL + r"|\d{3}", text) else "-"


def _read_ordinal(text: str) -> int:
    """Return a number up to 99, in digits or written out: 二十一 is 21."""
    if text.isdecimal():
        return int(text)
    tens, ten, ones = text.rpartition("十")
    high = (_DIGITS.find(tens) + 1 if tens else 1) * 10 if ten else 0
    return high + (_DIGITS.find(ones) + 1 if ones else 0)


def _fold_number(text: str) -> str:
    # The number of the next heading often stands behind it: X-2026-01二、…
    plain = _SIGNS.sub("", fold_name(text)).removesuffix("号").rstrip(_DIGITS)
    return plain if len(plain) >= 6 and any(c.isdecimal() for c in plain) else ""


def _name_buyer(notice: Notice) -> str:
    """Return who buys, "" where that is hidden or where an agent stands in its place."""
    name = fold_name(notice.buyer or find_title_buyer(notice.title))
    hidden = "某" in name or _AGENT_NAME.search(name) or name == fold_name(notice.procuring_entity)
    return "" if hidden else name


def _name_stage(notice: Notice, ending: str) -> str:
    """Return the tag, with what tells notices of one tag apart: candidates are no winners."""
    if notice.tag is None:
        return ""
    said = fold_name(notice.notice_type) + ending
    kinds = _STAGES.get(notice.tag, ())
    kind = next((name for name, words in kinds if re.search(words, said)), "")
    return f"{notice.tag} {kind}".rstrip()


def _fold_all(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({folded for name in names if (folded := _SIGNS.sub("", fold_name(name)))}))


def _fold_items(items: Iterable[Item]) -> tuple[tuple[str, str], ...]:
    """Return name and model of each item; 详见附件 and the like are unknown."""
    pairs = (
        tuple(_SIGNS.sub("", fold_name(text)) if is_name(text) else "" for text in texts)
        for texts in ((item.name, item.model) for item in items)
    )
    return tuple(sorted({(name, model) for name, model in pairs if name or model}))[:_MOST_ITEMS]


def _hash_body(notice: Notice) -> set[int]:
    """Return the hashes of the different pieces of a body.

    Pieces do not reach over signs and line ends: a table and the lines made of it have the same.
    """
    body = "\n".join(zone.text for zone in notice.zones if zone.kind in _BODY)
    hashes: set[int] = set()
    for word in set(_WORD.findall(normalize(body).text)):
        last = 1 if word[0].isascii() else len(word) - _GRAM + 1
        pieces = (word[n : n + _GRAM] for n in range(last)) if last > 1 else (word,)
        hashes.update(crc32(piece.encode()) for piece in pieces)
    return hashes
