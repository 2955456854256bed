"""Names of suppliers, agents and makers in English."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from monitor.screening.firms import name_brand, name_supplier
from monitor.screening.sounds import spell_name

CHINESE = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")
NAMES = st.lists(
    st.sampled_from(
        "样例市 新疆 虚构 远志 科技 集团 有限公司 公司 分公司 (北京) ( ) 联合体 A".split()
    ),
    max_size=8,
).map("".join)


@pytest.mark.parametrize(
    ("name", "english"),
    [
        ("新疆虚构科技有限公司", "Xinjiang ‹Xugou› Technology Co., Ltd."),
        ("样例市虚构商贸有限责任公司", "Sample ‹Xugou› Trading Co., Ltd."),
        ("虚构无名信息技术股份有限公司", "‹Xugou Wuming› Information Technology Co., Ltd."),
        ("内蒙古虚构警用装备有限公司", "Inner Mongolia ‹Xugou› Police Equipment Co., Ltd."),
        ("广西南宁虚构招标代理有限公司", "Guangxi Nanning ‹Xugou› Tendering Agency Co., Ltd."),
        ("成都市新都区虚构工程有限公司", "Chengdu Xindu District ‹Xugou› Engineering Co., Ltd."),
        ("普洛麦格（北京）生物技术有限公司", "Promega Biotechnology (Beijing) Co., Ltd."),
        ("虚构建设（集团）有限公司", "‹Xugou› Construction (Group) Co., Ltd."),
        ("虚构建设集团有限公司", "‹Xugou› Construction Group Co., Ltd."),
        ("中国电信股份有限公司喀什分公司", "China Telecom Co., Ltd., Kashgar Branch"),
        ("中国移动通信集团福建有限公司", "China Mobile Fujian Co., Ltd."),
        ("华润天津医药有限公司", "China Resources Tianjin Pharmaceutical Co., Ltd."),
        ("样例市虚构办公设备经营部", "Sample ‹Xugou› Office Equipment Sales Department"),
        ("新疆虛構科技有限公司", "Xinjiang ‹Xugou› Technology Co., Ltd."),
        (
            "新疆虚构科技有限公司（联合体牵头人）",
            "Xinjiang ‹Xugou› Technology Co., Ltd. (consortium leader)",
        ),
    ],
)
def test_a_firm_is_named_by_place_own_name_trade_and_form(name: str, english: str) -> None:
    assert name_supplier(name) == english


@pytest.mark.parametrize(
    ("name", "english"),
    [
        ("样例市第一人民医院", "Sample City First People's Hospital"),
        ("公安部第三研究所", "Third Research Institute of the Ministry of Public Security"),
        ("Acme Forensics Ltd", "Acme Forensics Ltd"),
        ("王某", "王某"),
        ("公司", "公司"),
        ("", ""),
    ],
)
def test_what_is_no_firm_is_named_as_a_body_or_kept(name: str, english: str) -> None:
    assert name_supplier(name) == english


def test_a_long_unknown_run_stays_in_chinese() -> None:
    assert name_supplier("魑魅魍魉饕餮混沌有限公司") == "魑魅魍魉饕餮混沌 Co., Ltd."


@pytest.mark.parametrize(
    ("brand", "english"),
    [
        ("赛默飞世尔", "Thermo Fisher"),
        ("虚构", "‹Xugou›"),
        ("国产", "Domestic"),
        ("虚构、华为/三星（或同等档次）", "‹Xugou›, Huawei, Samsung (Or equivalent grade)"),
        ("DELL", "DELL"),
        ("/", "/"),
        ("", ""),
    ],
)
def test_a_maker_is_known_or_given_by_its_sound(brand: str, english: str) -> None:
    assert name_brand(brand) == english


@pytest.mark.parametrize(
    ("name", "sound"),
    [
        ("远志", "‹Yuanzhi›"),
        ("西安", "‹Xi'an›"),
        ("长虹", "‹Changhong›"),
        ("成都", "‹Chengdu›"),
        ("绿源", "‹Lüyuan›"),
        ("天润恒达", "‹Tianrun Hengda›"),
        ("天润恒达源", "‹Tianrun Hengdayuan›"),
    ],
)
def test_a_name_is_spelled_as_names_are_read(name: str, sound: str) -> None:
    assert spell_name(name) == sound


@given(st.one_of(st.text(max_size=60), NAMES), st.text(max_size=10))
@example("有限公司分公司", "")
@example("(集团)有限公司", "")
@settings(max_examples=150, deadline=None)
def test_no_name_fails_or_gains_chinese(name: str, hint: str) -> None:
    allowed = set(CHINESE.findall(unicodedata.normalize("NFKC", name)))
    for english in (name_supplier(name, hint), name_brand(name)):
        assert set(CHINESE.findall(english)) <= allowed
        assert english.strip() or not name.strip()
