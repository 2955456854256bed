"""The title's own parts: who asks and by which words."""

from __future__ import annotations

import re

from monitor.text.labels import drop_blanks, simplify
from monitor.text.markup import squeeze

_FRAME = re.compile(r"^(?:\s*[【\[\(（][^】\]\)）]{1,16}[】\]\)）])+")
_AGENT = re.compile(
    r"^.{2,40}?(?:公司|代理机构|招标局|交易中心|采购中心|事务所)(?:受.{2,40}?委托)?(?:关于|就|：|:)"
)
_BODY = re.compile(
    r"^(?P<body>[^，。,；;：:“”\"]{1,30}?(?:"
    r"公安厅|公安部(?!门)|公安局|公安分局|公安处|国家安全[厅局]|司法[厅局]|监狱管理局|戒毒管理局|戒毒所|监狱|看守所|"
    r"拘留所|派出所|边防检查站|边境管理支队|边境管理总队|海警局|政法委员会|政法委|缉私局|未成年犯管教所|"
    r"检察院|法院|大学|学院|医院|中学|小学|学校|幼儿园|委员会|人民政府|管理局|管委会|"
    r"总队|支队|大队|部队|研究所|研究院|出版社|电视台|图书馆|博物馆|[^公]局|[^大]厅|服务中心|管理中心|中心))"
)
_PLANNED = re.compile(
    r"^(?P<body>[^，。,；;：:采购项目]{3,40}?)\s*(?:\d[\d\s]{3,6}年|\d{1,2}(?:月|至)).{0,24}意向"
)
_UNIT = re.compile(
    r"^[^，。,；;：:“”\"的]{0,12}?(?:分局|支队|大队|总队|中队|派出所|看守所|拘留所|戒毒所|监狱|研究所|"
    r"鉴定中心|医院|学院|公安局|公安分局|公安处|边防检查站|检查站|管理局)"
)
# Words of a purchase; those that are part of a body's own name do not count.
_PURCHASE = re.compile(
    r"采购(?!中心)|项目|设备|系统|工程(?!\w{0,4}(?:大学|学院|学校|管理|中心|研究|局))|服务(?!\w{0,2}(?:中心|局))|"
    r"建设(?!\w{0,4}(?:局|厅|委|兵团))|购置|改造|维护"
)


_OURS = re.compile(r"^(?:我|本)(?:司|公司|中心|单位)(?:代理|组织|承办)?的?")


def strip_frame(title: str) -> str:
    """Return a title without leading marks in brackets and without the agent before 关于."""
    text = squeeze(title)
    text = _FRAME.sub("", text)
    text = _AGENT.sub("", text)
    return _OURS.sub("", text.removeprefix("关于").strip())


def find_title_buyer(title: str) -> str:
    """Return the body that a title begins with, as printed; '' where it names none.

    Titles are '<agent>关于<body><project><type>': the agent is never the buyer.
    """
    spaced = drop_blanks(squeeze(title))
    folded = simplify(spaced)
    body = _find_body(strip_frame(folded))
    start = folded.find(body)
    return spaced[start : start + len(body)]


def _find_body(text: str) -> str:
    if (planned := _PLANNED.match(text)) is not None:
        return planned["body"]
    found = _BODY.match(text)
    if found is None or _PURCHASE.search(found["body"]):
        return ""
    body = found["body"]
    while (more := _UNIT.match(text[len(body) :])) and not _PURCHASE.search(more.group()):
        if more.group() in body or more.group().startswith(body[:4]):
            break
        body += more.group()
    return body
