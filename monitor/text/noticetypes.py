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
    "公开招标 邀请招标 国际招标 竞争性谈判 竞争性磋商 谈判 磋商 询价 询比 询比价 比价 比选 竞价 遴选 单一来源 招标 竞标"
)
# Longer words go before shorter ones, so 废标结果 is no 结果. None: no stage of a purchase.
_STEMS: dict[Tag | None, str] = {
    Tag.PLANNING: "采购意向 意向 意向变更 采购计划 招标计划 招标预告 采购预告 预告 预",
    Tag.TENDER: f"{_METHODS} 采购 邀请 征集 需求 需求论证 采购需求 资格预审 资格预审结果 资审 征求意见 意见征询"
    " 意见 调研 论证 论证意见 招标文件 招标文件预 采购文件 审核前 进口产品 发包 恢复招标 重新招标",
    Tag.TENDER_AMENDMENT: "更正 变更 澄清 补遗 补充 修改 延期 延期开标 顺延 推迟 答疑 暂停 中止 恢复 勘误 调整"
    " 质疑答复 更正结果 变更结果",
    Tag.AWARD: "中标 成交 中选 入围 结果 候选人 候选单位 候选供应商 推荐成交供应商 中标供应商 中标人 成交供应商"
    " 定标 预中标 预成交 征集结果 调研结果",
    Tag.CONTRACT: "合同 合同变更 合同备案 合同签订",
    Tag.IMPLEMENTATION: "验收 验收结果 履约 履约验收结果",
    Tag.CANCELLATION: "废标 流标 终止 终结 取消 失败 撤销 撤回 作废 废止 终止采购 取消采购 废标结果 流标结果 终止结果"
    " 失败结果 采购失败",
    None: "处理 处理结果 处理决定 处罚 处罚结果 投诉 监督检查 控制价",
}
_TAGS = {word: tag for tag, words in _STEMS.items() for word in words.split()}
_ALONE = {word: _TAGS[word] for word in _METHODS.split() if word not in ("谈判", "比价")} | {
    word: tag
    for tag, words in {
        Tag.PLANNING: "采购意向 意向公开",
        Tag.TENDER: "单一来源采购 招标采购 招标文件 采购文件 谈判文件 磋商文件 邀请书 邀请函 谈判邀请 征求意见",
        Tag.TENDER_AMENDMENT: "更正 变更 澄清 补遗 延期 答疑 暂停",
        Tag.AWARD: "中标 成交 中标结果 成交结果 采购结果 评审结果 中标候选人 成交候选人 中标通知书 成交通知书",
        Tag.CONTRACT: "合同",
        Tag.IMPLEMENTATION: "履约验收 验收结果 验收报告 验收书 验收单",
        Tag.CANCELLATION: "废标 流标 终止 采购失败 作废",
    }.items()
    for word in words.split()
}
_UNDOING = (Tag.TENDER_AMENDMENT, Tag.CANCELLATION)


def _alternatives(words: Iterable[str]) -> str:
    return "|".join(sorted(words, key=len, reverse=True))


_STEM = _alternatives(_TAGS)
_NOUN = "公告|公示|公布|公开(?![招竞询比征])|通知书?|通告|告知书|邀请[函书]"
_ORDINAL = r"第?[一二三四五六七八九十\d]+次|再次"
_FILLER = rf"的|事项|信息|情况|内容|文件|及|{_ORDINAL}|[-()\[\]/、_ ,·:]"
_TYPE = re.compile(rf"(?P<stem>{_STEM})(?:{_FILLER})*(?:{_NOUN})")
_METHOD_TYPE = re.compile(
    rf"(?P<stem>{_alternatives(_METHODS.split())})(?:{_FILLER}|采购|项目|方式)*(?:{_NOUN})"
)
_RUN_BEFORE = re.compile(rf"(?:{_STEM})(?:{_STEM}|[()/、])*$")
_TAIL = re.compile(rf"(?:\([^()]*\)|\[[^\[\]]*\]|{_ORDINAL}|[-\s\d,.:;_、。])*$")
_MARKED = re.compile(
    rf"[(\[【]已?({_alternatives(w for w, t in _ALONE.items() if t in _UNDOING)})[)\]】]"
)
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
    """Return the type that the title says, else the channel's."""
    return read_notice_type(title) or read_notice_type(channel)


def _find_written(title: str) -> NoticeType | None:
    """Find the last type that is written out, as in 中标(成交)结果公告."""
    matches = [*_METHOD_TYPE.finditer(title), *_TYPE.finditer(title)]
    if not matches:
        return None
    last = max(matches, key=lambda match: match.end())
    tag = _TAGS[last["stem"]]
    if tag is None:
        return None
    before = _RUN_BEFORE.search(title, 0, last.start())
    return NoticeType(tag, title[before.start() if before else last.start() : last.end()])


def _find_alone(title: str) -> NoticeType | None:
    """Find a word of a type that ends the title without 公告, as in 某项目竞争性磋商."""
    end = _TAIL.search(title)
    head = title[: end.start()] if end else title
    for word, tag in _ALONE.items():
        if head.endswith(word):
            return NoticeType(tag, word)
    return None
