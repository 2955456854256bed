"""Titles, item names and units in English."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from monitor.models import Stance, Tag
from monitor.screening.gloss import (
    STANCE_NAMES,
    TAG_NAMES,
    gloss_item,
    gloss_term,
    gloss_title,
    gloss_unit,
)

CHINESE = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")

TITLES = st.lists(
    st.sampled_from(
        (
            "样例市公安局 采购 项目 (二次) 公告 DNA 试剂 的 及 用 等"
            " 设备 2024年 第三包 更正 、 ( “ 甲 8T 3台"
        ).split()
    ),
    max_size=9,
).map("".join)


@pytest.mark.parametrize(
    ("title", "english"),
    [
        (
            "样例市公安局2024年硬盘采购项目公开招标公告",
            "Open tender notice: Hard disk, Sample City Public Security Bureau (2024)",
        ),
        (
            "【样例】样例县公安局监控系统升级改造采购项目竞争性磋商公告",
            "[SAMPLE] Competitive consultation notice: Surveillance system upgrade,"
            " Sample County Public Security Bureau",
        ),
        (
            "样例招标代理有限公司关于样例市公安局刑警支队DNA试剂耗材采购项目的中标(成交)结果公告",
            "Award result notice: DNA reagents and consumables, Criminal Police Detachment,"
            " Sample City Public Security Bureau",
        ),
        (
            "样例市公安局服务器采购项目更正公告（第二次）",
            "Correction notice (No. 2): Server, Sample City Public Security Bureau",
        ),
        (
            "样例市公安局服务器采购项目（二次）竞争性谈判公告",
            "Competitive negotiation notice: Server, second round,"
            " Sample City Public Security Bureau",
        ),
        (
            "样例省虚构监狱视频会议系统（项目编号：YL-2024-017）成交公告",
            "Award notice (negotiated methods): Video-conferencing system, ‹Xugou› Prison,"
            " Sample Province [No. YL-2024-017]",
        ),
        (
            "YL2024003-样例市公安局警用装备采购公告",
            "Procurement notice: Police equipment, Sample City Public Security Bureau"
            " [No. YL2024003]",
        ),
        (
            "样例市公安局2025年6月至8月政府采购意向",
            "Government procurement intention: Sample City Public Security Bureau"
            " (June to August 2025)",
        ),
        (
            "样例市公安局政府采购意向-视频存储硬盘扩容",
            "Government procurement intention: Video storage hard-disk expansion,"
            " Sample City Public Security Bureau",
        ),
        (
            "样例市公安局样例市公安局无人机采购项目单一来源采购公示",
            "Single-source procurement notice: Drone, Sample City Public Security Bureau",
        ),
        (
            "样例市公安局小型机及Oracle数据库维保服务项目合同",
            "Contract: Minicomputers and Oracle database maintenance service,"
            " Sample City Public Security Bureau",
        ),
        (
            "样例市公安局显微镜等设备采购项目（包1）询价公告",
            "Request-for-quotation notice: Microscope and other equipment, Lot 1,"
            " Sample City Public Security Bureau",
        ),
        (
            "样例市公安局“千里眼系统”服务项目招标公告",
            "Tender notice: “千里眼系统” service, Sample City Public Security Bureau",
        ),
        (
            "樣例市公安局DNA實驗室試劑採購公告",
            "Procurement notice: DNA laboratory reagents, Sample City Public Security Bureau",
        ),
        (
            "样例市公安局警务通项目二次招标竞争性谈判公告",
            "Competitive negotiation notice: Mobile police terminal, second round,"
            " Sample City Public Security Bureau",
        ),
        (
            "样例市公安局警犬采购项目询价采购",
            "Request-for-quotation: Police dogs, Sample City Public Security Bureau",
        ),
        (
            "新疆生产建设兵团第十三师样例监狱监控系统合同公告",
            "Contract notice: Surveillance system, Sample Prison, Thirteenth Division,"
            " Xinjiang Production and Construction Corps",
        ),
        (
            "样例市公安局服务器采购公告二",
            "Procurement notice (2): Server, Sample City Public Security Bureau",
        ),
        (
            "样例市公安局服务器采购公告（二）",
            "Procurement notice (2): Server, Sample City Public Security Bureau",
        ),
        (
            "样例市公安局“平安城市”监控项目（采购编号：YL-2024-17）电子化公开招标公告",
            "Electronic open tender notice: “Safe City” surveillance,"
            " Sample City Public Security Bureau [No. YL-2024-17]",
        ),
        ("服务器采购", "Server"),
        ("Laptop computers", "Laptop computers"),
    ],
)
def test_a_title_reads_type_object_body(title: str, english: str) -> None:
    assert gloss_title(title) == english


def test_a_title_that_is_mostly_unknown_leads_with_the_chinese() -> None:
    title = "样例市公安局魑魅魍魉饕餮设备采购公告"
    assert gloss_title(title) == (
        "Procurement notice: 魑魅魍魉饕餮设备 (equipment …), Sample City Public Security Bureau"
    )


def test_a_text_too_long_for_a_title_comes_back() -> None:
    text = "样例市公安局" * 200
    assert gloss_title(text) == text


def test_the_hint_reaches_the_body() -> None:
    assert gloss_title("清河分局服务器采购公告", "北京").endswith("Qinghe Sub-bureau")


@pytest.mark.parametrize(
    ("name", "english"),
    [
        ("遗传分析仪用毛细管", "Capillary for genetic analyzer"),
        ("8T监控级硬盘 480块", "8 TB surveillance-grade hard disk, 480 pieces"),
        ("安装调试1项", "Installation and commissioning, 1 item"),
        ("试剂盒（500人份/盒）", "Reagent kit (500 tests per box)"),
        ("4G执法记录仪", "4G body-worn camera"),
        ("预算123万元", "Budget CNY 1,230,000"),
        ("去离子甲酰胺", "Deionised formamide (Hi-Di)"),
        ("采购服务器、交换机及路由器", "Purchase of server, switch and router"),
        ("液相色谱仪HPLC 12.5.3版", "Liquid chromatograph HPLC 12.5.3 版"),
        ("扩增试剂盒（GlobalX™）", "Amplification (PCR) reagent kit (GlobalX)"),
        ("手持热像仪", "Handheld thermal imager"),
        ("检测公告二", "Testing notice (2)"),
        ("试剂（二）", "Reagents (2)"),
        ("十三", "十三"),
        ("魑魅科技新疆分公司车辆", "魑魅科技新疆分公司 vehicles"),
        ("监控系统2022升级", "Surveillance system 2022 upgrade"),
        ("35个基层单位监控", "35 grassroots units surveillance"),
        ("硬盘35个", "Hard disk, 35 pieces"),
        ("上海机房服务器", "Shanghai server room server"),
        ("日照传感器", "日照 sensor"),
        ("甲乙丙", "甲乙丙"),
        ("", ""),
    ],
)
def test_an_item_is_named_with_its_quantity(name: str, english: str) -> None:
    assert gloss_item(name) == english


@pytest.mark.parametrize("name", ["XDNAY", "贝尔", "H3C", "DNA2", "RTX4090"])
def test_no_term_is_found_inside_a_latin_word(name: str) -> None:
    assert gloss_item(name) == name


@pytest.mark.parametrize(
    ("unit", "english"),
    [
        ("台", "unit"),
        ("套", "set"),
        ("人份", "tests"),
        ("台/套", "units/sets"),
        ("坨", "坨"),
        ("", ""),
    ],
)
def test_units_are_translated_or_kept(unit: str, english: str) -> None:
    assert gloss_unit(unit) == english


def test_one_word_is_looked_up_whole() -> None:
    assert gloss_term("硬盘") == "hard disk"
    assert gloss_term("硬盤") == "hard disk"
    assert gloss_term("硬") is None


def test_every_tag_and_stance_has_plain_english() -> None:
    assert set(TAG_NAMES) == set(Tag)
    assert set(STANCE_NAMES) == set(Stance)
    assert TAG_NAMES[Tag.AWARD].startswith("award (")
    assert all(name.startswith(f"{stance.value}: ") for stance, name in STANCE_NAMES.items())


@given(st.one_of(st.text(max_size=60), TITLES))
@example("(((二次)(三次)")
@example("公告公告公告")
@example("9999999999999999999999年12月至99月")
@example("①②㈱㍻公告")
@settings(max_examples=150, deadline=None)
def test_no_text_fails_or_gains_chinese(text: str) -> None:
    allowed = set(CHINESE.findall(unicodedata.normalize("NFKC", text)))
    for english in (gloss_title(text), gloss_item(text), gloss_unit(text)):
        assert set(CHINESE.findall(english)) <= allowed
        assert english.strip() or not text.strip()
