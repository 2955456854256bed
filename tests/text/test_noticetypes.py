"""The type of a notice from its title, its channel, and both."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.models import Tag
from monitor.text.noticetypes import read_notice_type, tag_of

SETTINGS = settings(max_examples=150, deadline=None)
PROJECT = "某某县公安局数据中心存储设备采购项目"


@pytest.mark.parametrize(
    ("words", "tag", "name"),
    [
        ("采购意向公告", Tag.PLANNING, "采购意向公告"),
        ("政府采购意向公开", Tag.PLANNING, "采购意向公开"),
        ("招标计划", Tag.PLANNING, "招标计划"),
        ("公开招标公告", Tag.TENDER, "公开招标公告"),
        ("邀请招标公告", Tag.TENDER, "邀请招标公告"),
        ("竞争性谈判采购公告", Tag.TENDER, "竞争性谈判采购公告"),
        ("竞争性磋商", Tag.TENDER, "竞争性磋商"),
        ("竞争性磋商（二次）", Tag.TENDER, "竞争性磋商"),
        ("询价公告", Tag.TENDER, "询价公告"),
        ("单一来源采购公示", Tag.TENDER, "单一来源采购公示"),
        ("采购实行单一来源采购方式的公示", Tag.TENDER, "单一来源采购方式的公示"),
        ("资格预审公告", Tag.TENDER, "资格预审公告"),
        ("招标（采购）公告", Tag.TENDER, "招标(采购)公告"),
        ("比选公告", Tag.TENDER, "比选公告"),
        ("网上竞价公告", Tag.TENDER, "竞价公告"),
        ("采购需求公示", Tag.TENDER, "采购需求公示"),
        ("采购需求征求意见公告", Tag.TENDER, "采购需求征求意见公告"),
        ("更正公告（第一次）", Tag.TENDER_AMENDMENT, "更正公告"),
        ("更正事项公告(二次)", Tag.TENDER_AMENDMENT, "更正事项公告"),
        ("变更公告", Tag.TENDER_AMENDMENT, "变更公告"),
        ("澄清公告", Tag.TENDER_AMENDMENT, "澄清公告"),
        ("招标文件补遗书", Tag.TENDER_AMENDMENT, "补遗书"),
        ("延期开标公告", Tag.TENDER_AMENDMENT, "延期开标公告"),
        ("答疑公告", Tag.TENDER_AMENDMENT, "答疑公告"),
        ("暂停公告", Tag.TENDER_AMENDMENT, "暂停公告"),
        ("公开招标公告（变更）", Tag.TENDER_AMENDMENT, "变更"),
        ("结果更正公告", Tag.TENDER_AMENDMENT, "结果更正公告"),
        ("中标公告", Tag.AWARD, "中标公告"),
        ("中标（成交）结果公告", Tag.AWARD, "中标(成交)结果公告"),
        ("竞争性磋商成交公告", Tag.AWARD, "竞争性磋商成交公告"),
        ("结果公告(包1)", Tag.AWARD, "结果公告"),
        ("中选公告", Tag.AWARD, "中选公告"),
        ("入围结果公告", Tag.AWARD, "入围结果公告"),
        ("[中标候选人公示]", Tag.AWARD, "中标候选人公示"),
        ("政府采购合同公告", Tag.CONTRACT, "采购合同公告"),
        ("合同公示", Tag.CONTRACT, "合同公示"),
        ("的合同", Tag.CONTRACT, "合同"),
        ("合同变更公告", Tag.CONTRACT, "合同变更公告"),
        ("履约验收公告", Tag.IMPLEMENTATION, "履约验收公告"),
        ("验收结果公告", Tag.IMPLEMENTATION, "验收结果公告"),
        ("废标公告", Tag.CANCELLATION, "废标公告"),
        ("公开招标废标公告", Tag.CANCELLATION, "公开招标废标公告"),
        ("废标/终止公告", Tag.CANCELLATION, "废标/终止公告"),
        ("流标公告", Tag.CANCELLATION, "流标公告"),
        ("中标结果终止公告", Tag.CANCELLATION, "中标结果终止公告"),
        ("采购公告终止公告", Tag.CANCELLATION, "终止公告"),
        ("取消招标公告", Tag.CANCELLATION, "取消招标公告"),
        ("采购失败公告", Tag.CANCELLATION, "采购失败公告"),
        ("撤销公告", Tag.CANCELLATION, "撤销公告"),
        ("招标公告（已终止）", Tag.CANCELLATION, "终止"),
    ],
)
def test_the_words_at_the_end_of_a_title_tell_the_type(words: str, tag: Tag, name: str) -> None:
    found = read_notice_type(f"{PROJECT}{words}")
    assert found is not None
    assert (found.tag, found.name) == (tag, name)


@pytest.mark.parametrize(
    ("title", "tag"),
    [
        ("某某监狱合同能源管理项目招标公告", Tag.TENDER),
        ("某某市监狱竣工验收服务采购公告", Tag.TENDER),
        ("某某局变更登记系统升级公开招标公告", Tag.TENDER),
        ("某某县土地成交数据分析服务竞争性磋商公告", Tag.TENDER),
        ("某某市合同管理系统中标公告", Tag.AWARD),
        ("某某公司关于某某县公安局招标代理服务项目成交结果公告", Tag.AWARD),
        ("【更正公告】某某县公安局硬盘采购项目", Tag.TENDER_AMENDMENT),
        ("某某縣公安局儲存設備採購項目公開招標公告", Tag.TENDER),
        ("某某县公安局 硬盘 采购项目 中 标 公 告", Tag.AWARD),
    ],
)
def test_words_inside_the_name_of_a_project_do_not_count(title: str, tag: Tag) -> None:
    found = read_notice_type(title)
    assert found is not None
    assert found.tag is tag


@pytest.mark.parametrize(
    "text",
    [
        "",
        "公告",
        PROJECT,
        "某某县公安局竞争性磋商文件编制费及验收费",
        "投诉处理结果公告",
        "某某市监狱合同能源管理",
        "关于作出审批意见的公示",
        "关于召开座谈会的通知",
    ],
)
def test_a_title_without_a_type_has_none(text: str) -> None:
    assert read_notice_type(text) is None


@pytest.mark.parametrize(
    ("title", "channel", "tag"),
    [
        (PROJECT, "公开招标", Tag.TENDER),
        (PROJECT, "中标（成交）公告", Tag.AWARD),
        (PROJECT, "废标（终止）公告", Tag.CANCELLATION),
        (PROJECT, "更正事项", Tag.TENDER_AMENDMENT),
        (PROJECT, "采购意向公开", Tag.PLANNING),
        (PROJECT, "采购/资审公告", Tag.TENDER),
        (PROJECT, "合同公告", Tag.CONTRACT),
        (f"{PROJECT}废标公告", "公开招标公告", Tag.CANCELLATION),
        (f"{PROJECT}成交公告", "更正公告", Tag.AWARD),
        (f"{PROJECT}结果公告", "终止公告", Tag.CANCELLATION),
        (f"{PROJECT}中标结果公告", "终止公告", Tag.AWARD),
        (f"{PROJECT}结果公告", "其他公告", Tag.AWARD),
    ],
)
def test_the_title_goes_before_the_channel(title: str, channel: str, tag: Tag) -> None:
    found = tag_of(title, channel)
    assert found is not None
    assert found.tag is tag


def test_an_unknown_channel_and_an_unknown_title_give_none() -> None:
    assert tag_of(PROJECT, "其他公告") is None


WORDS = "公开招标 竞争性磋商 采购 结果 中标 更正 终止 合同 验收 公告 公示 项目".split()
WORDS += ["第", "次", "的", *"()【】- ", "1" * 60]


@SETTINGS
@given(st.lists(st.sampled_from(WORDS), max_size=60).map("".join) | st.text(max_size=40))
def test_any_text_gives_none_or_words_that_stand_in_it(text: str) -> None:
    found = read_notice_type(text)
    if found is not None:
        assert found.name
        again = read_notice_type(found.name)
        assert again is None or again.tag in Tag
        assert found == read_notice_type(f"{PROJECT}{text}")


@SETTINGS
@given(
    st.sampled_from(["废标公告", "中标公告", "更正公告", "合同公告"]),
    st.text("公安局采购合同中标项目(一)", max_size=20),
)
def test_a_type_at_the_end_wins_over_whatever_stands_before_it(words: str, before: str) -> None:
    found, plain = read_notice_type(before + words), read_notice_type(words)
    assert found is not None
    assert plain is not None
    assert found.tag is plain.tag
