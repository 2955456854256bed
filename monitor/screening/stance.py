"""What a text does with a product: by the words around it, then by zone and tag."""

from __future__ import annotations

import re

from monitor.models import Notice, Stance, Strength, Tag, Zone, ZoneKind
from monitor.screening.context import Context
from monitor.screening.cues import (
    Judged,
    feeds_device,
    gloss_cue,
    match_certificate,
    match_cue,
    match_owned,
)
from monitor.screening.entries import alias_pattern, fold_text
from monitor.screening.scan import Found
from monitor.text.corrections import STRUCK

_CLAUSE = re.compile(r"[。;；\n|]")
_REACH = 200

# 支持 A, B; C: a list of Latin names that goes on over commas and semicolons.
_LISTED = re.compile(
    r"(?:支持|兼容)[\u4e00-\u9fff]{0,6}(?:[a-z0-9(][a-z0-9 ./()+-]{1,30}[,;、]\s*)+$"
)
# What follows a brand inside a firm's or house's name. A bare 公司 is the maker itself, and a
# maker that 生产 something is named for its product.
_PART = "(?:(?![及与和或等的由对向是为])[\u4e00-\u9fff()])"
_COMPANY = re.compile(
    f"^(?!硬盘|电脑|服务器|存储|交换机|打印机|笔记本|工作站|台式|监控)(?:{_PART}{{0,16}}?(?:有限(?:责任)?公司|股份公司|事务所|合作社|经营部|商行)"
    f"|{_PART}{{2,12}}?公司|{_PART}{{0,4}}?(?:集团(?!军|采购)|银行|支行|医院|学校|大学|小学|中学)"
    f"|{_PART}{{0,1}}?(?:大厦|广场|花园|小区|大街|巷|苑|路(?![由径数灯线况]))"
    f"|{_PART}{{1,6}}?(?<!原)厂(?![商家房区级验牌址内]))"
    "(?!生产|制造|出品|原厂|原装|的|[a-z0-9])"
)
# 戴尔(中国)有限公司, 新华三信息安全技术有限公司; 飞塔建筑工程有限公司 is somebody else.
_OWN_COMPANY = re.compile(
    r"(?:\([\u4e00-\u9fff]{2,6}\)|中国|亚太|国际|全球|系统|科学|科技|技术|信息|网络|软件|硬件|电子|电脑|计算机|"
    r"半导体|集成电路|芯片|通信|通讯|无线|仪器|器材|设备|生物|生命|医学|医疗|产品|数据|存储|安全|智能|云计算|"
    r"直升机|航空|地理|研发|商贸|贸易|销售|投资|企业|管理|服务|咨询|集团|与|北京|上海|深圳|广州){0,8}"
    r"(?:有限(?:责任)?|股份(?:有限)?)?公司(?:[\u4e00-\u9fff]{2,6}分公司)?$"
)
_SERVICE = re.compile(
    r"维保|维护|维修(?!改造|工程|加固)|运维|续保|保养|延保|送修|定检|大修|技术支持服务|原厂服务|检定|校准|配件|备件|耗材更换"
)
_CARE_ITEM = re.compile(r"维保|维护|维修|保养|续保|延保|送修|定检|大修|检定|校准|年检")
_PARTS = re.compile(r"备件|备品|配件|(?:专用|配套)耗材")
_COUNTED = re.compile(r"^[^,，]{0,30}?\d\s*(?:台|套|块|件|个|部|支|架|盒|辆)")
_CHOICE = re.compile("[、/,;]|或者?")
_DELETED = re.compile("(?:删除|删去|取消|去掉)(?!文件|数据|恢复|的|功能|限制)[^,]{0,60}$")
_COUNTRY = frozenset("美国 中国 日本 德国 韩国 英国 法国 国产 进口".split())
_LONGEST_BRAND = 12
_LONGEST_CODE = 4
_CHIP = "chip"
_NO_MAKE = frozenset({"国产", "进口", "定制", "不限", "/", "-", "无", "oem"})
# 打印机采购及维保: goods and care together.
_MIXED = re.compile(
    "(?:采购|购置|更换|扩容|升级|建设|改造).{0,4}[及和与、暨]|设备.{0,2}[及和与、暨].{0,8}(?:维|保养|服务)"
)
_REFERENCE_FIELD = re.compile("参考|推荐")
_BRAND_FIELD = re.compile("品牌|型号|brand|model")
ALERTING = frozenset({Stance.SUPPLIED, Stance.SPECIFIED, Stance.SERVICED, Stance.VENDOR})
_SUPPLY = frozenset({Tag.AWARD, Tag.CONTRACT, Tag.IMPLEMENTATION})


def judge_stance(
    found: Found,
    notice: Notice,
    *,
    supported: bool,
    context: Context,
    place: int,
) -> Judged:
    """Return the stance of a hit and why; `supported` is whether a medium word has company.

    `context` is what the notice says as a whole, `place` that of the hit's zone in it.
    """
    if found.zone.kind is ZoneKind.SUPPLIER:
        return _judge_supplier(found)
    if found.zone.field == STRUCK:
        return Judged(Stance.REPLACED, "struck out by the correction")
    if place in context.lost:
        return Judged(Stance.EXCLUDED, f"under the heading '{context.lost[place]}'")
    if context.sold:
        return Judged(Stance.REPLACED, f"the body sells what it has: '{context.sold}'")
    judged = _judge_words(found, notice, context, context.owned.get(place, ""))
    if judged is None:
        judged = _judge_place(found, notice, context)
    if judged.stance in ALERTING and not supported:
        return Judged(
            Stance.AMBIGUOUS, "this spelling alone proves little, nothing near supports it"
        )
    return judged


def _judge_words(found: Found, notice: Notice, context: Context, section: str) -> Judged | None:
    before, after = _split_clause(found)
    if found.zone.kind is not ZoneKind.ITEM and (name := _COMPANY.match(after)):
        return Judged(Stance.NAME, f"stands in a name: …{name.group()}")
    known = f"under the heading '{section}'" if section else ""
    subject = context.subject
    service = bool(_SERVICE.search(subject) or _PARTS.search(subject))
    if feeds_device(before, f"{subject} {join_row(found.zone, notice)}"):
        return Judged(Stance.SERVICED, "supplies for a device that the buyer has")
    if notice.tag is Tag.TENDER_AMENDMENT and _DELETED.search(before):
        return Judged(Stance.REPLACED, "deleted by the correction")
    return (
        match_certificate(before, after)
        or match_owned(before, after, known=known, service=service)
        or match_cue(before, after)
        or _judge_list(found)
        or _judge_make(found, notice)
    )


def join_row(zone: Zone, notice: Notice) -> str:
    """Return the folded cells of the item row that a zone belongs to."""
    if zone.kind is not ZoneKind.ITEM:
        return fold_text(zone.text)
    row = zone.field.split(".")[0] + "."
    return fold_text("\n".join(z.text for z in notice.zones if z.field.startswith(row)))


def _judge_make(found: Found, notice: Notice) -> Judged | None:
    """Judge a short or medium word in the model of a row whose brand is another maker's."""
    short = len(found.alias) <= _LONGEST_CODE and found.alias.isascii()
    if _CHIP in found.brand.category:
        return None  # a processor stands inside a machine of another make
    if found.zone.field.split(".")[-1] != "model" or not (short or found.strength != "strong"):
        return None
    cell = found.zone.field.removesuffix("model") + "brand"
    make = next((fold_text(z.text) for z in notice.zones if z.field == cell), "")
    aliases = [alias for _, _, alias in found.brand.aliases.graded()]
    if not make or make in _NO_MAKE or any(alias_pattern(a).search(make) for a in aliases):
        return None
    return Judged(Stance.NAME, f"part of a model of another make, {make}")


def names_brand(field: str) -> bool:
    """Say whether a field holds brands or models and nothing else."""
    return bool(_BRAND_FIELD.search(field))


def _split_clause(found: Found) -> tuple[str, str]:
    text = found.text.text
    before = _CLAUSE.split(text[max(0, found.start - _REACH) : found.start])[-1]
    after = _CLAUSE.split(text[found.end : found.end + _REACH], maxsplit=1)[0]
    return before, after


def _judge_list(found: Found) -> Judged | None:
    if _LISTED.search(found.text.text, max(0, found.start - _REACH), found.start):
        return Judged(Stance.COMPATIBLE, "one of a list of what is to be supported")
    return None


def _judge_supplier(found: Found) -> Judged:
    name = fold_text(found.zone.text)
    if any(name.startswith(fold_text(company)) for company in found.brand.companies):
        return Judged(Stance.VENDOR, "the supplier's name begins with a company of this entry")
    before = name[: found.start]
    own = None if before.removeprefix("中国") else _OWN_COMPANY.match(name[found.end :])
    # 微软(中国)有限公司 is the maker's; a name that others bear too proves nothing without 中国.
    if own and (found.strength is Strength.STRONG or "中国" in before + own.group()):
        return Judged(Stance.VENDOR, "the supplier bears the maker's name first")
    return Judged(Stance.NAME, "part of a supplier's name")


def _judge_place(found: Found, notice: Notice, context: Context) -> Judged:
    _, after = _split_clause(found)
    judged = _judge_zone(found, notice, context.subject, after)
    if judged.stance is Stance.SPECIFIED and context.disclaimed:
        return Judged(Stance.REFERENCE, f"the notice says: '{context.disclaimed}'")
    if judged.stance is Stance.SPECIFIED and (others := _list_others(found, notice)):
        return Judged(Stance.REFERENCE, f"one brand of a choice, beside {others}")
    return judged


def _list_others(found: Found, notice: Notice) -> str:
    """Return the other brands that a brand's cell offers beside the hit's; '' for none."""
    if "品牌" not in found.zone.field and not found.zone.field.endswith("brand"):
        return ""
    own = [alias for _, _, alias in found.brand.aliases.graded()]
    pieces = (piece.strip(" ()") for piece in _CHOICE.split(found.text.text))
    others = [p for p in pieces if p and not any(alias_pattern(a).search(p) for a in own)]
    if _counts_names(found, notice, len(others) + 1):
        return ""
    return "、".join(p for p in others if len(p) <= _LONGEST_BRAND and p not in _COUNTRY)


def _counts_names(found: Found, notice: Notice, number: int) -> bool:
    """Return whether the row names as many goods as its brand cell makers: 服务器、交换机."""
    cell = found.zone.field.rsplit(".", 1)[0] + ".name"
    names = (fold_text(zone.text) for zone in notice.zones if zone.field == cell)
    return any(len(_CHOICE.split(name)) == number for name in names)


def _judge_zone(found: Found, notice: Notice, subject: str, after: str) -> Judged:
    if _REFERENCE_FIELD.search(fold_text(found.zone.field)):
        return Judged(Stance.REFERENCE, f"under '{found.zone.field}'")
    row = join_row(found.zone, notice) if found.zone.kind is ZoneKind.ITEM else ""
    if care := _CARE_ITEM.search(row.split("\n")[0]):
        return Judged(Stance.SERVICED, f"the item is of '{care.group()}'{gloss_cue(care.group())}")
    if notice.tag not in _SUPPLY and (parts := _PARTS.search(subject)):
        return Judged(
            Stance.SERVICED, f"the purchase is of '{parts.group()}'{gloss_cue(parts.group())}"
        )
    service = _SERVICE.search(subject)
    # In a purchase of goods and of service, what is counted out is goods.
    item = found.zone.kind is ZoneKind.ITEM
    mixed = _MIXED.search(subject) or _PARTS.search(subject)
    if service and not (mixed and (item or _COUNTED.match(after))):
        return Judged(
            Stance.SERVICED, f"the purchase is of '{service.group()}'{gloss_cue(service.group())}"
        )
    if notice.tag in _SUPPLY:
        return Judged(Stance.SUPPLIED, f"named in the {notice.tag}'s {found.zone.kind}")
    stage = notice.tag or "notice of unknown type"
    return Judged(Stance.SPECIFIED, f"named in the {stage}'s {found.zone.kind}")
