"""Tell the type of a notice from its title and from the channel it was listed in.

A title is <buyer><project><type>. Words of the type stand in project names too (合同能源管理,
竣工验收), so a word counts only beside 公告 and its like, or alone at the end of the title.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from monitor.models import Tag
from monitor.text.normalize import normalize

_METHODS = (
    "公开招标 邀请招标 国际招标 招标 竞标 竞争性谈判 谈判 竞争性磋商 磋商 询价 询比 询比价 比价 "
    "比选 竞价 遴选 单一来源 竞谈"
).split()
# Longer words go before shorter ones: 废标结果 is no 结果. None: no stage of a purchase.
_STEMS: dict[Tag | None, str] = {
    Tag.PLANNING: "采购意向 意向 意向变更 采购计划 招标计划 招标预告 采购预告 预告 预",
    Tag.TENDER: (
        "采购 邀请 征集 需求 需求论证 采购需求 资格预审 资格预审结果 资审 征求意见 意见征询 "
        "意见征求 意见 调研 论证 论证意见 招标文件 招标文件预 采购文件 审核前 采前 进口产品 "
        "发包 交易 恢复招标 重新招标"
    ),
    Tag.TENDER_AMENDMENT: (
        "更正 更正结果 变更 变更结果 澄清 补遗 补充 修改 延期 顺延 推迟 答疑 暂停 恢复 勘误 "
        "调整 质疑答复"
    ),
    Tag.AWARD: (
        "中标 成交 中选 入围 结果 候选人 候选单位 候选供应商 中标人 中标供应商 成交供应商 定标 "
        "预中标 预成交 征集结果"
    ),
    Tag.CONTRACT: "合同 合同变更 合同备案 合同签订",
    Tag.IMPLEMENTATION: "验收 验收结果 履约",
    Tag.CANCELLATION: (
        "废标 废标结果 流标 流标结果 终止 终止结果 中止 取消 失败 失败结果 异常 撤销 撤回 作废 废止"
    ),
    None: "处理 处理结果 处理决定 处罚 处罚结果 投诉 监督检查 控制价 审批意见",
}
_TAGS = {word: tag for tag, words in _STEMS.items() for word in words.split()}
_TAGS |= dict.fromkeys(_METHODS, Tag.TENDER)
# These take their object with them: 取消招标公告 is no 招标公告.
_STOPPING = ("终止", "取消", "撤销", "中止", "暂停")
_ALONE_WORDS = {
    Tag.PLANNING: "采购意向 意向公开 采购计划 招标计划 预告",
    Tag.TENDER: (
        "单一来源采购 招标采购 询价采购 询价函 招标文件 采购文件 谈判文件 磋商文件 征求意见 "
        "意见征询"
    ),
    Tag.TENDER_AMENDMENT: (
        "更正 更正事项 变更 澄清 澄清函 澄清纪要 补遗 补遗书 延期 答疑 答疑书 暂停 质疑答复 "
        "质疑答复函"
    ),
    Tag.AWARD: "中标 成交 中标结果 成交结果 采购结果 评审结果 评标结果 中标候选人 成交候选人",
    Tag.CONTRACT: "合同 合同备案",
    Tag.IMPLEMENTATION: "履约验收 验收结果 验收报告 验收书 验收单",
    Tag.CANCELLATION: "废标 流标 终止 采购失败 作废",
}
_ALONE = {word: tag for tag, words in _ALONE_WORDS.items() for word in words.split()}
# 谈判 and 比价 alone end the names of projects too.
_ALONE |= {word: Tag.TENDER for word in _METHODS if word not in ("谈判", "比价")}
_UNDOING = (Tag.TENDER_AMENDMENT, Tag.CANCELLATION)


def _alternatives(words: Iterable[str]) -> str:
    return "|".join(sorted(words, key=len, reverse=True))


_STEM = _alternatives(_TAGS)
_METHOD = _alternatives(_METHODS)
_NOUN = "公告|公示|公布|公开(?![招竞询比征])|通知书?|通告|告知书|邀请[函书]"
_ORDINAL = r"第?[一二三四五六七八九十\d]{1,3}次|再次"
_FILLER = rf"的|事项|信息|情况|内容|文件|开标|报名|及|{_ORDINAL}|[-()\[\]/、_ ,·:]"
_TYPE = re.compile(rf"(?P<stem>{_STEM})(?:{_FILLER})*(?:{_NOUN})")
_LONG_TYPE = re.compile(
    rf"(?P<stem>{_METHOD}|{_alternatives(_STOPPING)})"
    rf"(?:{_METHOD}|采购|项目|方式|交易|{_FILLER})*(?:{_NOUN})"
)
_RUN_BEFORE = re.compile(rf"(?:{_STEM})(?:{_STEM}|[()/、])*$")
_AT_END = re.compile(
    rf"({_alternatives(_ALONE)})(?:\([^()]*\)|\[[^\[\]]*\]|{_ORDINAL}|[-\s\d,.:;_、。])*$"
)
_MARKED = re.compile(
    rf"[(\[【]已?({_alternatives(w for w, t in _ALONE.items() if t in _UNDOING)})[)\]】]"
)
_AWARDED = re.compile("中标|成交|中选|入围|定标|候选")
_LONGEST_TITLE = 300


@dataclass(frozen=True)
class NoticeType:
    """What a notice says it is: `name` is the words that say so, folded by text.normalize."""

    tag: Tag
    name: str


def read_notice_type(text: str) -> NoticeType | None:
    """Read the type from a title or a channel's name; the rightmost words count.

    None where no word of a type stands in the place of one.
    """
    title = normalize(text).text[-_LONGEST_TITLE:].strip()
    marked = _MARKED.search(title)
    if marked is not None:
        return NoticeType(_ALONE[marked[1]], marked[1])
    written = _find_written(title)
    alone = _find_alone(title)
    if alone is not None and (written is None or alone.tag in _UNDOING):
        return alone
    return written


def tag_of(title: str, channel: str) -> NoticeType | None:
    """Return the type that the title says, else the channel's.

    A plain 结果公告 in a channel of cancellations is one: the result was that nobody won.
    """
    said, listed = read_notice_type(title), read_notice_type(channel)
    if said is None or listed is None:
        return said or listed
    plain_result = said.tag is Tag.AWARD and not _AWARDED.search(said.name)
    return listed if plain_result and listed.tag is Tag.CANCELLATION else said


def _find_written(title: str) -> NoticeType | None:
    """Find the last type that is written out, as in 中标(成交)结果公告."""
    found = [*_LONG_TYPE.finditer(title), *_TYPE.finditer(title)]
    last = max(found, key=lambda match: match.end(), default=None)
    tag = _TAGS[last["stem"]] if last else None
    if last is None or tag is None:
        return None
    run = _RUN_BEFORE.search(title, 0, last.start()) or last
    return NoticeType(tag, title[run.start() : last.end()])


def _find_alone(title: str) -> NoticeType | None:
    """Find a word that ends the title without 公告, as in 某项目竞争性磋商(二次)."""
    found = _AT_END.search(title)
    return NoticeType(_ALONE[found[1]], found[1]) if found else None
