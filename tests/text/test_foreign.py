"""What of a text is not of this purchase falls, and nothing beside it."""

from __future__ import annotations

import pytest

from monitor.text.foreign import (
    drop_foreign,
    is_other_title,
    is_own_title,
    opens_side_list,
    tells_bidders,
)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("本项目采购希捷硬盘2块，代理费由供应商支付。", "本项目采购希捷硬盘2块"),
        (
            "至投标截止时间，包1（希捷硬盘）仅一家递交投标文件",
            "至投标截止时间，包1（希捷硬盘）仅一家递交投标文件",
        ),
        ("监狱企业视同小型企业", ""),
        ("监狱企业参加采购活动时，应当提供证明文件。", "应当提供证明文件。"),
        ("公 告 媒 体 ： 希捷网", ""),
        ("信 用 中 国 希 捷", ""),
        ("采购希捷硬盘。联系人：王某某，李某某。", "采购希捷硬盘。"),
        ("下 一篇：希捷硬盘采购公告", ""),
        ("手机取证设备1套", "手机取证设备1套"),
        ("传真机2台、电话机10部", "传真机2台、电话机10部"),
        ("身份证读卡器5台", "身份证读卡器5台"),
        ("类似业绩：希捷硬盘采购项目", ""),
    ],
)
def test_policy_falls_with_its_clause_and_people_with_their_sentence(text: str, left: str) -> None:
    assert drop_foreign(text) == left


@pytest.mark.parametrize(
    "line", ["相关推荐", "最新公告 更多>", "【近期公告】", "热点内容", "猜你喜欢"]
)
def test_a_heading_opens_a_side_list(line: str) -> None:
    assert opens_side_list(line)


@pytest.mark.parametrize(
    "line", ["采购公告", "更正内容", "成交信息", "其他补充事宜", "推荐品牌：希捷"]
)
def test_a_section_of_the_notice_opens_none(line: str) -> None:
    assert not opens_side_list(line)


TITLE = "样例市公安局视频监控硬盘采购项目成交结果公告"


@pytest.mark.parametrize(
    ("line", "other"),
    [
        ("样例学院惠普工作站采购更正公告", True),
        ("样例县人民医院思科交换机维保项目成交公告 2024-05-06", True),
        (TITLE, False),
        ("样例市公安局视频监控硬盘采购成交公告", False),
        ("视频监控硬盘采购项目成交结果公告", False),
        ("一、项目名称：样例硬盘采购公告", False),
        ("希捷硬盘200块", False),
    ],
)
def test_the_title_of_another_notice_is_no_line_of_this_one(line: str, other: bool) -> None:
    assert is_other_title(line, TITLE) is other


def test_without_a_title_no_line_is_another_ones() -> None:
    assert not is_other_title("样例学院惠普工作站采购更正公告", "")
    assert not is_own_title("样例", "")


@pytest.mark.parametrize(
    ("head", "told"),
    [("申报的业绩", True), ("未中标人（排序第二）", True), ("标的名称", False), ("中标人", False)],
)
def test_rows_on_bidders_are_told_by_their_head(head: str, told: bool) -> None:
    assert tells_bidders(head) is told
