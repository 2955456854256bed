"""Words before and after a product that settle what a text does with it, within one sentence."""

from __future__ import annotations

import re
from dataclasses import dataclass

from monitor.models import Stance

_NEAR = 24
# An enumeration: A、B和C, without a comma.
_LIST = 60


@dataclass(frozen=True)
class Judged:
    """A stance with the words that decided it."""

    stance: Stance
    why: str


@dataclass(frozen=True)
class _Cue:
    """Words before or after a hit, in the same sentence, that settle its stance."""

    stance: Stance
    before: re.Pattern[str] | None
    after: re.Pattern[str] | None


def _cue(
    stance: Stance, before: str = "", after: str = "", near: int = _NEAR, within: str = "[^,]"
) -> _Cue:
    """Return a cue of words at most `near` characters from the hit, `within` all between."""
    return _Cue(
        stance,
        re.compile(f"(?:{before}){within}{{0,{near}}}$") if before else None,
        re.compile(f"^{within}{{0,{near}}}?(?:{after})") if after else None,
    )


# The first cue that fits decides. Lookarounds keep out the same characters in another sense:
# 故障排除, 技术支持, 不可替代, 替换为, 不接受其他品牌.
_CUES = (
    _cue(
        Stance.NAME,
        after="(?:专家|管理员|厂商)?(?:级)?(?:认证)?(?:证书|资格证|工程师证|工程师认证)",
        near=12,
        within="[a-z0-9 /+-]",
    ),
    _cue(
        Stance.EXCLUDED,
        before="不接受(?!其他|其它|进口|联合)|不得(?:使用|采用|选用|为|投)|(?<!门)禁止|拒绝|严禁|不采用|不允许|"
        "(?<!故障)排除(?!故障)|不(?:选用|使用)(?!其他)",
        near=_LIST,
        within="[^,的]",
    ),
    _cue(
        Stance.EXCLUDED,
        after="除外|不予接受|不接受(?!其他|其它|替代|进口|联合)|不得参与|(?:等)?(?:国外|进口|境外)品牌(?:除外|不)",
        near=_LIST,
        within="[^,()]",
    ),
    _cue(
        Stance.EXCLUDED,
        before="不在本次|不列入|不纳入|不包括|不包含|不含(?!税)",
        after="不列入|不纳入|不在本次(?:采购|维保|服务|招标|项目)",
        near=_LIST,
        within=".",
    ),
    _cue(Stance.EXCLUDED, before="(?<!除)非(?!线性|制冷|接触|致命)", near=2),
    _cue(
        Stance.MINIMUM,
        within=r"(?:(?!\d\s?(?:年|月|天|小时|台|套|块|颗|个|g|t|m|%|元|万)|,).)",
        before="(?:不(?:得|应|可|能)?[低少小弱逊差次亚]于|(?<!或)优于|(?<!或)高于|≥|>=|至少|"
        "最低(?![价报评]))"
        # A count of named products is no minimum of their kind.
        r"(?!.{0,4}?\d\s*[台套块个颗片张支架])",
    ),
    _cue(
        Stance.REFERENCE,
        before="参考品牌|推荐品牌|推荐(?!中标|成交|候选|理由|意见)|相当于|参照|参考型号|参考(?!价)|等同于?|类似|"
        "品牌不限|或优于|对标|比对样机|可选用?(?=.*或)",
        after="或同等|或相当|同等(?:档次|品质|性能|或)|或优于|或同档次|同档次|相当(?:档次|品牌|于)|及以上同等|"
        r"或以上(?:档次|品牌)|等?(?:同档次|同等档次|同类型?)(?:品牌|产品|设备)|等同类|\)?\s*或更(?:高|优)|"
        "为(?:比对|参考|对标|基准)?(?:样机|基准|蓝本|参照|标杆|参考)",
        near=32,
    ),
    _cue(
        Stance.REFERENCE,
        before="(?:^|[,(:、])(?:例|比|诸)?如(?!下|果|有|需|期|何|实|图|表|遇|为)",
        near=12,
    ),
    _cue(
        Stance.REFERENCE,
        after="(?:其他|其它)(?:品牌|产品|型号).{0,14}(?:均可|亦可|也可|可以)|,(?:不限(?:于?(?:以上|上述)?品牌|型号)|"
        "(?:具体)?品牌不限|不限制品牌|(?:品牌|型号|参数)[^,]{0,6}仅供参考)|可选用(?:不低于|同等|同档)",
        near=80,
        within=".",
    ),
    _cue(Stance.REFERENCE, after="不限品牌|品牌不限|仅供参考|仅作(?:为)?参考", near=12),
    _cue(
        Stance.MINIMUM,
        after=r"(?:及|或)?(?:以上|更高)(?:配置|性能|级别|处理器|规格|同等|$)|(?:同等)?性能(?:及|或)以上",
    ),
    _cue(
        Stance.SERVICED,
        before="与(?:上述|前述|该|现有|在用)[^,]{0,10}配套(?:使用)?的?|维保|维修|保养|续保|维护|运维(?!管理|平台|审计|监控|终端|区)|检修|送修|定检|大修|校准|延保|"
        "(?:配套|专用)?(?:耗材|配件|备件|备品)[:：]?",
        after="[^。]{0,16}?(?:维保|维修|保养|续保|维护服务|运维|延保|送修|定检|检修|大修|校准|原厂服务|技术服务|"
        "升级服务|保修服务)",
    ),
    _cue(
        Stance.COMPATIBLE,
        before="(?:兼容|(?<!源)适配(?!器)|(?<!技术)支持|(?:可|能够?|可以)(?:识别|读取|调用|解析|安装|部署|导入|连接|访问|采集)|"
        "纳管)[^,]{0,52}(?:[、/(]|[和或及与等])",
        near=2,
    ),
    _cue(
        Stance.COMPATIBLE,
        before="兼容|(?<!源)适配(?!器)|(?<!技术)支持|(?:可|能够?|可以)(?:识别|读取|调用|解析|安装|部署|导入|连接|访问|采集)|"
        "纳管",
        near=8,
        within="[^,的]",
    ),
    _cue(
        Stance.COMPATIBLE,
        before="(?:运行|安装|部署)(?:于|在)|对接|接入|适用于",
        near=8,
        within="[^,的]",
    ),
    _cue(
        Stance.COMPATIBLE,
        after=r"(?:等)?(?:主流)?(?:操作系统|数据库|浏览器|平台|格式)?(?:环境)?(?:相|下运行)?"
        r"(?:(?:兼容|适配)(?=[、,)]|$|性|的|运行|使用|要求|清单|列表|版|包)|下运行|互联互通)|架构(?:安装包|版本)|(?:设备|系统|平台|产品)的?(?:对接|互联|互通)",
    ),
    _cue(Stance.COMPATIBLE, after="(?:公司|原厂|官方|专业)?认证", near=0),
    _cue(Stance.COMPATIBLE, before="导入|导出(?:到|至|为)?", near=6),
    _cue(
        Stance.REPLACED,
        before="(?:替换|替代|取代|更换原|拆除|淘汰|报废|迁移自)"
        "(?!(?:[^,]*(?:[换改代]|升级))?[为成]|[^,]*(?:采购|购置|新购|新增|安装))",
        after="[^。]{0,10}?(?:(?:的)?国产化(?:替代|替换|改造)|替换为|(?<!不可)(?<!无法)(?<!不能)替代|"
        "迁移(?:至|到)|退役|报废|拆除|下架|停用|下线)",
    ),
)
# What stands there already, by words anywhere before it in its sentence.
_OWNED = re.compile(
    r"现有|现役|服役|现采用|现使用|现用|现部署|现网|现运行|现存|既有|原有|原使用|原采用|原用|已有|已建|已部署|已采购|"
    r"已配|在用|目前(?:使用|采用|部署|运行)|正在使用|前期(?:建设|采购|已)|[一二]期(?:建设|采购|已)(?!内容)|"
    r"老旧(?=[^,]{0,6}$)|(?<![新陈利])旧(?![址版])(?=[^,]{0,6}$)|(?P<of>(?:配备|(?<!在)使用|所用|购置|采购|安装)的)|原(?=$)"
)
_KEPT = re.compile(r"利旧|不[作做](?:任何)?(?:改造|变动|调整|更换|升级)|不在本次|不属于本次|本期不")
_KEPT_BESIDE = re.compile(r"继续使用|保留使用|保持不变|在(?:原厂)?(?:维保|质保|保修)期内")
_GAINED = re.compile(
    "采购(?!的)|采用|购置(?!的)|购买(?!的)|选用|新购|新增|新建|增配|配置|配备|改用|"
    "[换改代转级]为|[换改代]成|扩容|增加|加装|安装(?!的)|部署(?!的)|上架|拟购|拟采|需更换|新装|另配|增设"
)
_GONE = re.compile(
    "替换|替代|取代|更换(?!硬盘|部件|电池|配件|备件)|[换改]为|迁移|切换[至到为]|下线|停用|退役|报废|拆除|拆下|淘汰|"
    "移交|腾退|下架|国产化"
)
# 满足现有业务需要的, 与现网兼容的: what stands there is not the product; 现有2014年购置的 is.
_OF_ANOTHER = re.compile(
    r"(?<!购置)(?<!采购)(?<!配备)(?<!使用)(?<!安装)(?<!部署)(?<!运行)(?<!建设)(?<=..)的$"
)
_ANOTHER_MAKE = re.compile("国产|迁移|替代|取代|信创|维保|维护|保养|服务")
_COUNT = re.compile(r"(?:采购|购置|购买|更换)\s*\d")
# A purchase of something else; 拟采购维保服务 is of care for what stands there.
_ANEW = re.compile(
    "(?:采购|购置|购买)(?![^,]{0,60}(?:维保|维护|维修|保养|续保|服务|配件|备件|耗材|试剂|航材|配套|原厂))|"
    "新购|新增|新建|国产(?!化)"
)
_CARED = re.compile(
    "维保|维护|维修|保养|保修|试剂|缓冲液|毛细管|续保|延保|检修|定检|年检|翻修|送修|大修|校准|扩容|扩展|备件|配件|耗材|航材|原厂|"
    "升级|技术支持|软件支持|巡检"
)
# The commonest cues in English, for readers of `Judged.why`; longer words before their parts.
_ENGLISH = {
    "续保": "renewed maintenance",
    "延保": "extended warranty",
    "保养": "upkeep",
    "运维": "operation and maintenance",
    "检修": "overhaul",
    "大修": "overhaul",
    "送修": "sent for repair",
    "定检": "scheduled inspection",
    "年检": "yearly inspection",
    "检定": "verification",
    "校准": "calibration",
    "备品": "spares",
    "淘汰": "phased out",
    "报废": "scrapped",
    "迁移": "migrated",
    "更换": "exchanged",
    "下线": "taken out of service",
    "现用": "in use",
    "原厂": "by the maker",
    "扩容": "expansion",
    "升级": "upgrade",
    "不接受": "not accepted",
    "不得": "must not be",
    "禁止": "forbidden",
    "参考品牌": "reference brand",
    "推荐品牌": "recommended brand",
    "相当于": "equivalent to",
    "对标": "benchmarked against",
    "可选": "one of a choice",
    "或同等": "or equivalent",
    "或相当": "or comparable",
    "或优于": "or better than",
    "样机": "sample machine",
    "仅供参考": "for reference only",
    "不低于": "not lower than",
    "不弱于": "not weaker than",
    "不小于": "not less than",
    "不少于": "not less than",
    "至少": "at least",
    "以上": "or above",
    "兼容": "compatible with",
    "适配": "adapted to",
    "纳管": "to be managed",
    "支持": "supports",
    "维保": "maintenance",
    "维修": "repair",
    "维护": "upkeep",
    "保修": "warranty",
    "配件": "parts",
    "备件": "spare parts",
    "耗材": "consumables",
    "替换": "replacement of",
    "替代": "replacement",
    "拆除": "removed",
    "原有": "existing",
    "现有": "existing",
    "在用": "in use",
    "利旧": "kept in use",
    "除外": "excepted",
    "证书": "certificate",
}


_CERTIFIED = re.compile("(?:具有|持有|具备|取得|获得|通过)[^,]{0,24}$")
_CERTIFICATE = re.compile(
    "^[a-z0-9 /+-]{0,12}(?:(?:或|及|和|、)[\u4e00-\u9fff]{0,6}[a-z0-9 +-]{0,10})?(?:同类)?"
    "(?:认证(?!授权)|证书|资格证)"
)
_COUNTED = re.compile(r"[^,]{0,16}?\d\s*[台套块]")
# An owned device whose warranty has run out is to be cared for.
_EXPIRED = re.compile(
    "(?:超出|超过|过了?)(?:质|维|保)[保修]?期|过保|(?:保修|质保|维保)期?(?:已满|到期|届满)"
)
# What feeds or mends a device the buyer has.
_FEEDS = re.compile("(?:用于|供|配套|专用于?|适配|适用于?)[^,]{0,6}$")
_SUPPLIES = re.compile(
    "试剂|耗材|缓冲液|毛细管|分离胶|胶|染料|色谱柱|墨盒|硒鼓|碳粉|电池|备件|配件|部件|航材|板卡|扩展盘|灯管"
)


def match_cue(before: str, after: str) -> Judged | None:
    """Return the stance that the words around a hit settle, None where they say nothing."""
    for cue in _CUES:
        if cue.stance is Stance.MINIMUM and cue.before is not None and _COUNTED.match(after):
            continue  # 至少配备戴尔服务器20台 is a number of them
        if cue.before is not None and (match := cue.before.search(before)):
            words = match.group()[:20].strip()
            return Judged(cue.stance, f"after '{words}'{gloss_cue(words)}")
        if cue.after is not None and (match := cue.after.search(after)):
            words = match.group()[-20:].strip()
            return Judged(cue.stance, f"before '{words}'{gloss_cue(words, last=True)}")
    return None


def match_owned(before: str, after: str, *, known: str, service: bool) -> Judged | None:
    """Return the stance of what the buyer has already; None where it is not said to have it.

    `known` is why it is known from elsewhere, `service` whether care of devices is bought.
    What it has is cared for (serviced), done away with (replaced), or only stands around.
    """
    owned, kept = _find_owned(before, after), _KEPT.search(after)
    if owned is not None or known:
        kept = kept or _KEPT_BESIDE.search(after)
    # 现有硬盘损坏，采购20块更换: more of the same.
    if owned is not None and _COUNT.search(after) and not _ANOTHER_MAKE.search(after):
        return None
    said = owned or kept
    words = said.group()[:16] if said else known
    if not words:
        return None
    told = known if known else f"'{words}'{gloss_cue(words, last=owned is None)}"
    if kept:
        return Judged(Stance.COMPATIBLE, f"it stands there already: {told}")
    tail = _EXPIRED.sub("", after)
    gone = _GONE.search(before[-_LIST:]) or _GONE.search(tail)
    cared = _CARED.search(_ANEW.split(tail, maxsplit=1)[0])
    if gone and not (cared and gone.string is tail and cared.start() < gone.start()):
        return Judged(Stance.REPLACED, f"{told} and '{gone.group()}'{gloss_cue(gone.group())}")
    if cared or service:
        what = f"'{cared.group()}'{gloss_cue(cared.group())}" if cared else "service is bought"
        return Judged(Stance.SERVICED, f"{told} and {what}")
    return Judged(Stance.COMPATIBLE, f"it stands there already: {told}")


def _find_owned(before: str, after: str) -> re.Match[str] | None:
    """Return the last words that say of a hit that the buyer has it."""
    said = [m for m in _OWNED.finditer(before) if not m["of"] or _EXPIRED.search(after)]
    last = said[-1] if said else None
    if last is None or _GAINED.search(before, last.end()):
        return None
    return None if _OF_ANOTHER.search(before[last.end() :]) else last


def match_certificate(before: str, after: str) -> Judged | None:
    """Return the stance of a name in a person's or firm's certificate, or None."""
    if not _CERTIFIED.search(before) or (found := _CERTIFICATE.search(after)) is None:
        return None
    return Judged(Stance.NAME, f"a certificate's name: …{found.group()}")


def feeds_device(before: str, row: str) -> bool:
    """Return whether supplies are bought for a device: 试剂, 用于我局现有3500型."""
    owned = _find_owned(before, "")
    if owned is None or not _SUPPLIES.search(row):
        return False
    return bool(_FEEDS.search(before[: owned.start()]))


def gloss_cue(words: str, *, last: bool = False) -> str:
    """Return the English of the cue that begins, or with `last` ends, the words; '' if unknown."""
    if last:
        place, cue = max((words.rfind(zh), zh) for zh in _ENGLISH)
    else:
        place, cue = max((0 if words.startswith(zh) else -1, zh) for zh in _ENGLISH)
    return f" ({_ENGLISH[cue]})" if place >= 0 else ""
