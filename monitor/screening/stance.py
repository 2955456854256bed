"""What a text does with a product: by the words around it, then by zone and tag."""

from __future__ import annotations

import re
from dataclasses import dataclass

from monitor.models import Notice, Stance, Strength, Tag, ZoneKind
from monitor.screening.entries import fold_text
from monitor.screening.scan import Found

_CLAUSE = re.compile(r"[。;；\n|]")
_NEAR = 24
_REACH = 200


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


def _cue(stance: Stance, before: str = "", after: str = "", near: int = _NEAR) -> _Cue:
    """Return a cue of words that stand at most `near` characters from the hit, no comma between."""
    return _Cue(
        stance,
        re.compile(f"(?:{before})[^,，]{{0,{near}}}$") if before else None,
        re.compile(f"^[^,，]{{0,{near}}}?(?:{after})") if after else None,
    )


# The first cue that fits decides; each is read within the clause of the hit. Lookarounds keep out
# the same characters in another sense: 故障排除, 技术支持, 不可替代, 替换为, 不接受其他品牌.
_CUES = (
    _cue(
        Stance.EXCLUDED,
        before="不接受(?!其他|其它)|不得(?:使用|采用|选用|为|投)|(?<!门)禁止|拒绝|严禁|不采用|不允许|(?<!故障)排除",
        after="除外|不予接受|不接受(?!其他|其它|替代)|不得参与|(?:等)?(?:国外|进口)品牌(?:除外|不)",
    ),
    _cue(Stance.EXCLUDED, before="(?<!除)非(?!线性|制冷|接触|致命)", near=2),
    _cue(
        Stance.MINIMUM,
        before="(?:不低于|不少于|不小于|不弱于|不逊于|(?<!或)优于|(?<!或)高于|≥|>=|至少|最低(?![价报评]))"
        # A count of named products is no minimum of their kind.
        r"(?!.{0,4}?\d\s*[台套块个颗片张支架])",
    ),
    _cue(
        Stance.REFERENCE,
        before="参考品牌|推荐品牌|推荐(?!中标|成交|候选)|相当于|参照|参考型号|参考(?!价)|等同于?|类似|品牌不限|或优于",
        after="或同等|或相当|同等(?:档次|品质|性能|或)|或优于|或同档次|相当(?:档次|品牌|于)|及以上同等|或以上(?:档次|品牌)|"
        r"等?(?:同档次|同等档次|同类)(?:品牌|产品)|\)?\s*或更(?:高|优)",
    ),
    _cue(
        Stance.REFERENCE,
        before="(?:^|[,，(:、])(?:例|比|诸)?如(?!下|果|有|需|期|何|实|图|表|遇|为)",
        near=12,
    ),
    _cue(
        Stance.MINIMUM,
        after=r"(?:及|或)?(?:以上|更高)(?:配置|性能|级别|处理器|规格|同等|$)|(?:同等)?性能(?:及|或)以上",
    ),
    _cue(
        Stance.SERVICED,
        before="维保|维修|保养|续保|维护|运维(?!管理|平台|审计|监控|终端|区)|检修|送修|定检|大修|校准|延保|"
        "(?:配套|专用)?(?:耗材|配件|备件|备品)[:：]?",
        after="[^。]{0,16}?(?:维保|维修|保养|续保|维护服务|运维|延保|送修|定检|检修|大修|校准|原厂服务|技术服务|"
        "升级服务|保修服务)",
    ),
    _cue(
        Stance.COMPATIBLE,
        before="兼容|适配|(?<!技术)支持|运行(?:于|在)|对接|接入|适用于|可部署(?:于|在)",
        after=r"(?:等)?(?:主流)?(?:操作系统|数据库|浏览器|平台|格式)?(?:环境)?(?:相|下运行)?"
        r"(?:(?:兼容|适配)(?=[、,)]|$|性|的|运行|使用|要求)|下运行|互联互通)",
    ),
    _cue(Stance.COMPATIBLE, after="(?:公司|原厂|官方|专业)?认证", near=0),
    _cue(Stance.COMPATIBLE, before="导入|导出(?:到|至|为)?", near=6),
    _cue(
        Stance.REPLACED,
        before="(?:替换|替代|取代|更换原|拆除|淘汰|报废|迁移自|原(?:有|用|使用)|现有|旧)"
        "(?!(?:[^,，]*(?:[换改代]|升级))?[为成]|[^,，]*(?:采购|购置|新购|新增))",
        after="[^。]{0,10}?(?:(?:的)?国产化(?:替代|替换|改造)|替换为|(?<!不可)(?<!无法)(?<!不能)替代|"
        "迁移(?:至|到)|退役|报废|拆除|下架)",
    ),
)
# The commonest cues in English, for readers of `Judged.why`; longer words before their parts.
_ENGLISH = {
    "不接受": "not accepted",
    "不得": "must not be",
    "参考品牌": "reference brand",
    "推荐品牌": "recommended brand",
    "相当于": "equivalent to",
    "或同等": "or equivalent",
    "或相当": "or comparable",
    "或优于": "or better than",
    "不低于": "not lower than",
    "不少于": "not less than",
    "至少": "at least",
    "以上": "or above",
    "兼容": "compatible with",
    "适配": "adapted to",
    "支持": "supports",
    "维保": "maintenance",
    "维修": "repair",
    "维护": "upkeep",
    "配件": "parts",
    "耗材": "consumables",
    "替换": "replacement of",
    "替代": "replacement",
    "原有": "existing",
    "现有": "existing",
    "除外": "excepted",
}
# 支持 A, B; C: a list of Latin names that goes on over commas and semicolons.
_LISTED = re.compile(
    r"(?:支持|兼容)[\u4e00-\u9fff]{0,6}(?:[a-z0-9(][a-z0-9 ./()+-]{1,30}[,;、]\s*)+$"
)
# What follows a brand inside a firm's or house's name. A bare 公司 is the maker itself, and a
# maker that 生产 something is named for its product.
_PART = "(?:(?![及与和或等的由对向是为])[\u4e00-\u9fff()])"
_COMPANY = re.compile(
    f"^(?:{_PART}{{0,16}}?(?:有限(?:责任)?公司|股份公司|事务所|合作社|经营部|商行)"
    f"|{_PART}{{2,12}}?公司|{_PART}{{0,4}}?(?:集团(?!军|采购)|银行|支行|医院|学校|大学|小学|中学)"
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
    r"维保|维护|维修|运维|续保|保养|延保|送修|定检|大修|技术支持服务|原厂服务|检定|校准|配件|备件|耗材更换"
)
_PARTS = re.compile(r"备件|备品|配件|(?:专用|配套)耗材")
_COUNTED = re.compile(r"^[^,，]{0,30}?\d\s*(?:台|套|块|件|个|部|支|架|盒|辆)")
_REFERENCE_FIELD = re.compile("参考|推荐")
_BRAND_FIELD = re.compile("品牌|型号|brand|model")
ALERTING = frozenset({Stance.SUPPLIED, Stance.SPECIFIED, Stance.SERVICED, Stance.VENDOR})
_SUPPLY = frozenset({Tag.AWARD, Tag.CONTRACT, Tag.IMPLEMENTATION})


def judge_stance(found: Found, notice: Notice, *, supported: bool) -> Judged:
    """Return the stance of a hit and why; `supported` is whether a medium word has company."""
    if found.zone.kind is ZoneKind.SUPPLIER:
        return _judge_supplier(found)
    before, after = _split_clause(found)
    if found.zone.kind is not ZoneKind.ITEM and (name := _COMPANY.match(after)):
        return Judged(Stance.NAME, f"stands in a name: …{name.group()}")
    judged = _match_cue(before, after) or _judge_list(found) or _judge_place(found, notice, after)
    if judged.stance in ALERTING and not supported:
        return Judged(
            Stance.AMBIGUOUS, "this spelling alone proves little, nothing near supports it"
        )
    return judged


def names_brand(field: str) -> bool:
    """Say whether a field holds brands or models and nothing else."""
    return bool(_BRAND_FIELD.search(field))


def _split_clause(found: Found) -> tuple[str, str]:
    text = found.text.text
    before = _CLAUSE.split(text[max(0, found.start - _REACH) : found.start])[-1]
    after = _CLAUSE.split(text[found.end : found.end + _REACH], maxsplit=1)[0]
    return before, after


def _match_cue(before: str, after: str) -> Judged | None:
    for cue in _CUES:
        if cue.before is not None and (match := cue.before.search(before)):
            words = match.group()[:20].strip()
            return Judged(cue.stance, f"after '{words}'{_gloss_cue(words)}")
        if cue.after is not None and (match := cue.after.search(after)):
            words = match.group()[-20:].strip()
            return Judged(cue.stance, f"before '{words}'{_gloss_cue(words, last=True)}")
    return None


def _gloss_cue(words: str, *, last: bool = False) -> str:
    """Return the English of the cue that begins, or with `last` ends, the words; '' if unknown."""
    if last:
        place, cue = max((words.rfind(zh), zh) for zh in _ENGLISH)
    else:
        place, cue = max((0 if words.startswith(zh) else -1, zh) for zh in _ENGLISH)
    return f" ({_ENGLISH[cue]})" if place >= 0 else ""


def _judge_list(found: Found) -> Judged | None:
    if _LISTED.search(found.text.text, max(0, found.start - _REACH), found.start):
        return Judged(Stance.COMPATIBLE, "one of a list of what is to be supported")
    return None


def _judge_supplier(found: Found) -> Judged:
    name = fold_text(found.zone.text)
    if any(name.startswith(fold_text(company)) for company in found.brand.companies):
        return Judged(Stance.VENDOR, "the supplier is the maker's own company")
    before = name[: found.start]
    own = None if before.removeprefix("中国") else _OWN_COMPANY.match(name[found.end :])
    # 微软(中国)有限公司 is the maker's; a name that others bear too proves nothing without 中国.
    if own and (found.strength is Strength.STRONG or "中国" in before + own.group()):
        return Judged(Stance.VENDOR, "the supplier bears the maker's name first")
    return Judged(Stance.NAME, "part of a supplier's name")


def _judge_place(found: Found, notice: Notice, after: str) -> Judged:
    if _REFERENCE_FIELD.search(fold_text(found.zone.field)):
        return Judged(Stance.REFERENCE, f"under '{found.zone.field}'")
    subject = fold_text(f"{notice.title} {notice.project_name}")
    if notice.tag not in _SUPPLY and (parts := _PARTS.search(subject)):
        return Judged(Stance.SERVICED, f"the purchase is of '{parts.group()}'")
    service = _SERVICE.search(subject)
    # In a purchase of goods and of service, what is counted out is goods.
    if service and found.zone.kind is not ZoneKind.ITEM and not _COUNTED.match(after):
        return Judged(Stance.SERVICED, f"the purchase is of '{service.group()}'")
    if notice.tag in _SUPPLY:
        return Judged(Stance.SUPPLIED, f"named in the {notice.tag}'s {found.zone.kind}")
    stage = notice.tag or "notice of unknown type"
    return Judged(Stance.SPECIFIED, f"named in the {stage}'s {found.zone.kind}")
