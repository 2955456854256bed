"""What a text does with a product: by the words around it, then by zone and tag."""

from __future__ import annotations

import re
from dataclasses import dataclass

from monitor.models import Notice, Stance, Tag, ZoneKind
from monitor.screening.entries import fold_text
from monitor.screening.scan import Found

_CLAUSE = re.compile(r"[。;；\n|]")
_NEAR = 24


@dataclass(frozen=True)
class Judged:
    """A stance with the words that decided it."""

    stance: Stance
    why: str


@dataclass(frozen=True)
class _Cue:
    """Words before or after a hit, in the same clause, that settle its stance."""

    stance: Stance
    before: re.Pattern[str] | None
    after: re.Pattern[str] | None


def _cue(stance: Stance, before: str = "", after: str = "") -> _Cue:
    return _Cue(
        stance,
        re.compile(f"(?:{before})[^,，]{{0,{_NEAR}}}$") if before else None,
        re.compile(f"^[^,，]{{0,{_NEAR}}}?(?:{after})") if after else None,
    )


# The first cue that fits decides; each is read within the clause of the hit.
_CUES = (
    _cue(
        Stance.EXCLUDED,
        before="不接受|不得(?:使用|采用|选用|为|投)|禁止|拒绝|严禁|不采用|不允许|排除|非",
        after="除外|不予接受|不接受|不得参与|(?:等)?(?:国外|进口)品牌(?:除外|不)",
    ),
    _cue(
        Stance.REFERENCE,
        before="参考品牌|推荐品牌|推荐|相当于|参照|参考型号|参考|等同于?|类似|品牌不限|如",
        after="或同等|或相当|同等(?:档次|品质|性能|或)|或优于|或同档次|相当(?:档次|品牌|于)|及以上同等|或以上(?:档次|品牌)|"
        r"等?(?:同档次|同等档次|同类)(?:品牌|产品)|\)?\s*或更(?:高|优)",
    ),
    _cue(
        Stance.MINIMUM,
        before=r"不低于|不少于|不小于|不弱于|不逊于|优于|高于|≥|>=|至少|最低",
        after=r"(?:及|或)?(?:以上|更高)(?:配置|性能|级别|处理器|规格|同等|$)|(?:同等)?性能(?:及|或)以上",
    ),
    _cue(
        Stance.SERVICED,
        before="维保|维修|保养|续保|维护|运维|检修|校准|延保|(?:配套|专用)?(?:耗材|配件|备件|备品)[:：]?",
        after="[^。]{0,16}?(?:维保|维修|保养|续保|维护服务|运维|延保|原厂服务|技术服务|升级服务|保修服务)",
    ),
    _cue(
        Stance.COMPATIBLE,
        before="兼容|适配|支持|运行(?:于|在)|对接|接入|适用于|可部署(?:于|在)|通过",
        after="(?:等)?(?:主流)?(?:操作系统|数据库|浏览器|平台|格式)?(?:环境)?(?:相)?(?:兼容|适配|下运行|互联互通)",
    ),
    _cue(
        Stance.REPLACED,
        before="替换|替代|更换原|拆除|淘汰|报废|取代|迁移自|原(?:有|用|使用)|现有|旧",
        after="[^。]{0,10}?(?:(?:的)?国产化(?:替代|替换|改造)|替换为|替代|迁移(?:至|到)|退役|报废|拆除|下架)",
    ),
)
_COMPANY = re.compile(
    r"^[\u4e00-\u9fffa-z()]{0,22}?(?:有限(?:责任)?公司|股份公司|公司|集团|事务所|合作社|厂(?!商|家)|商行|经营部|"
    r"银行|支行|医院|学校|大学|小学|中学|数据中心)"
)
_SERVICE = re.compile(
    r"维保|维护|维修|运维|续保|保养|延保|技术支持服务|原厂服务|检定|校准|配件|备件|耗材更换"
)
_SUPPLY = frozenset({Tag.AWARD, Tag.CONTRACT, Tag.IMPLEMENTATION})


def judge_stance(found: Found, notice: Notice, *, supported: bool) -> Judged:
    """Return the stance of a hit and why; `supported` is whether a weak word has company."""
    if found.zone.kind is ZoneKind.SUPPLIER:
        return _judge_supplier(found)
    before, after = _split_clause(found)
    if found.zone.kind is not ZoneKind.ITEM and (name := _COMPANY.match(after)):
        return Judged(Stance.NAME, f"stands in a name: …{name.group()}")
    if (judged := _match_cue(before, after, found)) is not None:
        return judged
    if not supported:
        return Judged(
            Stance.AMBIGUOUS, "this spelling alone proves little, nothing near supports it"
        )
    return _judge_place(found, notice)


def _split_clause(found: Found) -> tuple[str, str]:
    text = found.text.text
    before = _CLAUSE.split(text[: found.start])[-1]
    after = _CLAUSE.split(text[found.end :], maxsplit=1)[0]
    return before, after


def _match_cue(before: str, after: str, found: Found) -> Judged | None:
    label = fold_text(found.zone.field)
    for cue in _CUES:
        if cue.before is not None and (match := cue.before.search(before)):
            return Judged(cue.stance, f"after '{match.group()[:20].strip()}'")
        if cue.after is not None and (match := cue.after.search(after)):
            return Judged(cue.stance, f"before '{match.group()[-20:].strip()}'")
        if cue.stance is Stance.REFERENCE and re.search("参考品牌|推荐品牌", label):
            return Judged(cue.stance, f"under '{found.zone.field}'")
    return None


def _judge_supplier(found: Found) -> Judged:
    name = fold_text(found.zone.text)
    if any(fold_text(company) == name for company in found.brand.companies):
        return Judged(Stance.VENDOR, "the supplier is the maker's own company")
    begins = found.start == 0 and found.strength == "strong"
    if begins and name.endswith("公司"):
        return Judged(Stance.VENDOR, "the supplier bears the maker's name first")
    return Judged(Stance.NAME, "part of a supplier's name")


def _judge_place(found: Found, notice: Notice) -> Judged:
    subject = fold_text(f"{notice.title} {notice.project_name}")
    service = _SERVICE.search(subject)
    if service and found.zone.kind is not ZoneKind.ITEM:
        return Judged(Stance.SERVICED, f"the purchase is of '{service.group()}'")
    if notice.tag in _SUPPLY:
        return Judged(Stance.SUPPLIED, f"named in the {notice.tag}'s {found.zone.kind}")
    stage = notice.tag or "notice of unknown type"
    return Judged(Stance.SPECIFIED, f"named in the {stage}'s {found.zone.kind}")
