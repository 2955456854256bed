"""Labels and the statements they make: in lines, cells, headings and glued sentences."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.text.labels import Label, Section, clean_label, find_label, find_unit, split_line
from monitor.text.markup import Line, Table
from monitor.text.statements import read_statements


def told(text: str) -> list[tuple[Label, str]]:
    return [(found.label, found.value) for found in split_line(text)]


@pytest.mark.parametrize(
    ("raw", "label"),
    [
        ("采购人", Label.BUYER),
        ("采 购 人：", Label.BUYER),
        ("一、采购单位名称：", Label.BUYER),
        ("采购人（甲方）", Label.BUYER),
        ("採購人", Label.BUYER),
        ("中标（成交）供应商名称", Label.SUPPLIER),
        ("总中标金 额", Label.AWARD_TOTAL),
        ("（二）项目编号", Label.PROJECT_NUMBER),
        ("3.1 项目名称", Label.PROJECT_NAME),
        ("预算金额（万元）", Label.BUDGET),
        ("項目編號", Label.PROJECT_NUMBER),
        ("使用单位", Label.END_USER),
        ("采购人联系电话", Label.PRIVATE),
        ("本项目说明", None),
        ("采购人须知", None),
        ("采" * 500, None),
    ],
)
def test_a_label_is_known_by_its_words_alone(raw: str, label: Label | None) -> None:
    assert find_label(raw) is label


@pytest.mark.parametrize(
    ("text", "statements"),
    [
        ("采购人：样例市公安局", [(Label.BUYER, "样例市公安局")]),
        ("采 购 人 ： 样例市公安局 ；", [(Label.BUYER, "样例市公安局")]),
        ("本项目采购人：样例市公安局", [(Label.BUYER, "样例市公安局")]),
        ("第一包成交供应商：样例甲公司", [(Label.SUPPLIER, "样例甲公司")]),
        (
            "成交供应商：样例甲公司 成交金额：壹万元整",
            [(Label.SUPPLIER, "样例甲公司"), (Label.AWARD_VALUE, "壹万元整")],
        ),
        (
            "五、采购人：样例市公安局 地址：样例路0号 联系电话：0000-0000000",
            [
                (Label.BUYER, "样例市公安局"),
                (Label.PRIVATE, "样例路0号"),
                (Label.PRIVATE, "0000-0000000"),
            ],
        ),
        (
            "受托就样例项目（项目编号：样例公招（货物）2019-01）组织采购",
            [(Label.PROJECT_NUMBER, "样例公招（货物）2019-01")],
        ),
        ("原公告的采购项目编号：S-1", [(Label.PROJECT_NUMBER, "S-1")]),
        ("中标（成交）金额：（可填写费率）：5万元", [(Label.AWARD_VALUE, "5万元")]),
        ("未中标供应商：样例乙公司，得分80", []),
        ("非采购人：样例", []),
        ("与采购人签订合同", []),
    ],
)
def test_a_line_is_cut_where_labels_begin(text: str, statements: list[tuple[Label, str]]) -> None:
    assert told(text) == statements


@pytest.mark.parametrize(
    ("label", "unit"),
    [("预算金额（万元）", "万元"), ("单价(元)", "元"), ("单价（單位：元）", "元"), ("单价", "")],
)
def test_the_unit_of_a_label_is_kept(label: str, unit: str) -> None:
    assert find_unit(label) == unit


def statements_of(*blocks: str | tuple[tuple[str, ...], ...]) -> list[tuple[Label, str, Section]]:
    made = [Line(b) if isinstance(b, str) else Table(b) for b in blocks]
    return [(s.label, s.value, s.section) for s in read_statements(made)]


def test_a_bare_name_belongs_to_its_section() -> None:
    found = statements_of(
        "九、联系方式",
        "1.采购人信息",
        "名 称：样例市公安局",
        "地址：样例路",
        "2.采购代理机构信息（如有）",
        "名称：样例招标公司",
    )
    names = [(value, section) for label, value, section in found if label is Label.NAME]
    assert names == [("样例市公安局", Section.BUYER), ("样例招标公司", Section.AGENT)]


def test_sections_may_change_within_one_line() -> None:
    found = statements_of("1.采购人信息 名称：样例局 地址：路 2.采购代理机构信息 名称：样例公司")
    names = [(value, section) for label, value, section in found if label is Label.NAME]
    assert names == [("样例局", Section.BUYER), ("样例公司", Section.AGENT)]


@pytest.mark.parametrize(
    ("lines", "statement"),
    [
        (["名 称：", "x"], (Label.NAME, "x")),
        (["一、项目编号", "SAMPLE-1"], (Label.PROJECT_NUMBER, "SAMPLE-1")),
        (["采购人 |", "样例市公安局 |"], (Label.BUYER, "样例市公安局")),
        (["总中标金额：", "119.2", "万元（人民币）"], (Label.AWARD_TOTAL, "119.2万元（人民币）")),
        (
            ["成交供应商名称、地址及成交金额：", "样例公司，地址：样例路，成交金额：6元"],
            (Label.SUPPLIER, "样例公司"),
        ),
    ],
)
def test_a_value_may_stand_in_the_next_line(lines: list[str], statement: tuple[Label, str]) -> None:
    assert statement in [(label, value) for label, value, _ in statements_of(*lines)]


def test_a_head_after_a_bare_head_is_no_name() -> None:
    assert statements_of("中标供应商", "评审结果", "得分") == []


def test_tables_of_labels_give_pairs_and_rows_of_heads_give_none() -> None:
    pairs = (
        ("采购单位", "样例市公安局", "样例市公安局"),
        ("行政区域", "样例省", "公告时间", "2024-01-02"),
    )
    heads = (("序号", "供应商名称", "货物名称"), ("1", "样例公司", "硬盘"))
    assert [(label, value) for label, value, _ in statements_of(pairs, heads)] == [
        (Label.BUYER, "样例市公安局"),
        (Label.REGION, "样例省"),
        (Label.PUBLISHED, "2024-01-02"),
    ]


@given(st.text(alphabet="采购人名称：: （）()中标项目编号A1\n 、；", max_size=200))
@settings(max_examples=150, deadline=None)
def test_values_are_pieces_of_the_line(text: str) -> None:
    bare = "".join(text.split())
    for found in split_line(text):
        assert "".join(found.value.split()) in bare


@given(st.text(max_size=80))
@settings(max_examples=150, deadline=None)
def test_cleaning_a_label_twice_changes_nothing_more(text: str) -> None:
    once = clean_label(text)
    assert " " not in once
    find_label(text)
