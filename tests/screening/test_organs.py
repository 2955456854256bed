"""Who buys: labelled buyers and end users, titles only where no buyer is, and listings' rows."""

from __future__ import annotations

import pytest

from monitor.models import Severity
from monitor.screening.organs import is_masked
from tests.screening.samples import load_screener, make_notice

AGENCIES = load_screener().agencies


@pytest.mark.parametrize(
    ("name", "agency"),
    [
        ("青禾市公安局", "psb"),
        ("青禾市公安局河东分局", "psb_sub"),
        ("青禾油田公安处", "psb_office"),
        ("青禾铁路公安处", "rail"),
        ("北山省公安厅", "psd"),
        ("北山省青禾监狱", "prison"),
        ("北山省监狱管理局", "prison_bureau"),
        ("青禾市第二看守所", "detention"),
        ("青禾市拘留所", "adm_det"),
        ("北山省强制隔离戒毒所", "drug_det"),
        ("青禾出入境边防检查站", "border_check"),
        ("青禾边境管理支队", "border_mgmt"),
        ("青禾市国家安全局", "mss"),
        ("青禾市司法局", "justice"),
        ("中共青禾市委政法委员会", "plac"),
        ("北山警察学院", "police_college"),
        ("武警北山省总队", "pap"),
        ("青禾海关缉私局", "customs"),
        ("公安县公安局", "psb"),
        ("青禾市公安局消防救援装备库", "psb"),
        ("青禾市公安局司法鉴定中心", "psb"),
    ],
)
def test_the_most_telling_pattern_of_an_organ_names_its_agency(name: str, agency: str) -> None:
    found = AGENCIES.find_agency(name)
    assert found is not None
    assert found.id == agency
    assert found.severity in (Severity.CORE, Severity.MEDIUM)


@pytest.mark.parametrize(
    "name",
    [
        "公安县人民医院",
        "公安县自然资源和规划局",
        "青禾市监狱企业联合会",
        "青禾政法学院司法鉴定中心",
        "青禾市消防救援支队",
        "青禾市中级人民法院",
        "青禾市人民检察院",
        "国家税务总局青禾市税务局",
        "青禾市生态环境局河东分局",
        "青禾热电厂",
        "青禾市应急管理局",
        "北山省水库移民管理局",
        "青禾市戒毒医院",
        "",
    ],
)
def test_other_bodies_are_no_organs(name: str) -> None:
    assert AGENCIES.find_agency(name) is None


@pytest.mark.parametrize(
    ("buyer", "end_user", "title", "where"),
    [
        ("青禾市公安局", "", "青禾市政务中心采购公告", "buyer"),
        ("青禾市大数据中心", "青禾市公安局", "青禾市大数据中心采购公告", "end user"),
        ("青禾市公安局", "北山省青禾监狱", "联合采购公告", "buyer"),
        ("", "", "青禾市公安局硬盘采购公告", "title"),
        ("某单位", "", "青禾市公安局硬盘采购公告", "title"),
        ("青禾市政务中心", "", "青禾市公安局硬盘采购公告", "title"),
        ("青禾市政务中心", "", "青禾市公安局对面停车场建设项目招标公告", None),
        ("青禾市政务中心", "", "青禾市公安局家属院改造项目招标公告", None),
        ("青禾市人民医院", "", "人民医院安防设备（接入公安局）采购", None),
        ("", "", "北山诚信招标有限公司关于青禾市公安局硬盘采购公告", "title"),
        ("", "", "硬盘采购公告", None),
    ],
)
def test_the_labelled_buyer_decides_then_the_end_user_then_whom_the_title_begins_with(
    buyer: str, end_user: str, title: str, where: str | None
) -> None:
    organ = AGENCIES.judge_buyer(make_notice(buyer=buyer, end_user=end_user, title=title))
    assert (organ.where if organ else None) == where


def test_an_organ_has_its_english_name_and_region() -> None:
    organ = AGENCIES.judge_buyer(make_notice(buyer="库尔勒市公安局"))
    assert organ is not None
    assert (organ.name_en, organ.region) == ("Korla City Public Security Bureau", "652801")


@pytest.mark.parametrize("buyer", ["", "..", "某部队", "某单位", "SPD-28", "***", "—", "某支队"])
def test_a_hidden_name_is_masked(buyer: str) -> None:
    assert is_masked(buyer)


@pytest.mark.parametrize("buyer", ["青禾市公安局", "北山大学", "青禾市第一中学"])
def test_a_shown_name_is_not_masked(buyer: str) -> None:
    assert not is_masked(buyer)


@pytest.mark.parametrize(
    ("buyer", "default", "agency"),
    [
        ("某部队", "pap", "pap"),
        ("", "pap", "pap"),
        ("某部队", "", None),
        ("青禾市人民医院", "pap", None),
        ("青禾市公安局", "pap", "psb"),
        ("某部队", "court", None),
        ("某部队", "no_such_agency", None),
    ],
)
def test_a_source_may_say_who_hides_behind_a_masked_buyer(
    buyer: str, default: str, agency: str | None
) -> None:
    organ = AGENCIES.judge_buyer(make_notice(buyer=buyer, title="物资采购公告"), default)
    assert (organ.agency if organ else None) == agency


@pytest.mark.parametrize(
    ("title", "buyer", "opens", "why"),
    [
        ("硬盘采购公告", "青禾市公安局", True, "buyer is an organ: psb"),
        ("青禾市公安局硬盘采购公告", "青禾市人民医院", False, "buyer is no organ"),
        ("青禾市公安局硬盘采购公告", "", True, "title names an organ: psb"),
        ("北山诚信招标有限公司关于青禾监狱采购公告", "", True, "title names an organ: prison"),
        ("青禾市人民医院硬盘采购公告", "", False, "title names another body"),
        ("无人机采购公告", "", True, "title names no body"),
        ("无人机采购公告", "某部队", True, "buyer is masked"),
        ("公安县人民医院设备采购公告", "", False, "title names another body"),
        ("监狱企业政策宣讲采购公告", "", True, "title names no body"),
    ],
)
def test_a_row_is_opened_by_the_buyer_and_the_body_it_shows(
    title: str, buyer: str, opens: bool, why: str
) -> None:
    assert AGENCIES.is_candidate(title, buyer) == (opens, why)
