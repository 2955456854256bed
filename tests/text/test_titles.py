"""Who asks, by the title alone."""

from __future__ import annotations

import pytest

from monitor.text.titles import find_title_buyer, strip_frame


@pytest.mark.parametrize(
    ("title", "buyer"),
    [
        ("样例市公安局硬盘采购项目中标公告", "样例市公安局"),
        ("样例市公安局城东分局视频存储扩容项目", "样例市公安局城东分局"),
        ("样例招标有限公司关于样例市公安局服务器采购的公告", "样例市公安局"),
        ("【样例省】样例县公安局采购公告", "样例县公安局"),
        ("[样例县]关于样例县看守所设备采购的公告", "样例县看守所"),
        ("样例工程大学感知模块采购询价公告", "样例工程大学"),
        ("关于我司代理的样例市人民医院采购项目", "样例市人民医院"),
        ("样例省样例监狱办公计算机采购", "样例省样例监狱"),
        ("样例公安县财政局打印机采购", "样例公安县财政局"),
        ("服务器采购项目", ""),
        ("DNA实验室建设项目公安局部分", ""),
        ("", ""),
    ],
)
def test_the_title_names_its_buyer_or_none(title: str, buyer: str) -> None:
    assert find_title_buyer(title) == buyer


@pytest.mark.parametrize(
    ("title", "bare"),
    [
        ("【更正】（二次）样例市公安局采购", "样例市公安局采购"),
        ("样例咨询有限公司受样例局委托就样例采购", "样例采购"),
        ("  样例 采购 ", "样例 采购"),
    ],
)
def test_marks_and_agents_before_the_subject_are_taken_off(title: str, bare: str) -> None:
    assert strip_frame(title) == bare
