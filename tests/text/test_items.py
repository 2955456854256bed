"""Item tables in every layout portals use, result tables, and what is no item at all."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.models import Item
from monitor.text.awards import Award, read_awards, read_bodies, read_budgets
from monitor.text.grids import Column, read_head, split_table
from monitor.text.items import (
    points_elsewhere,
    read_inline,
    read_items,
    read_listed,
    read_pairs,
)
from monitor.text.markup import Table, parse_html, read_blocks

Rows = tuple[tuple[str, ...], ...]


def items_of(*rows: tuple[str, ...]) -> list[Item]:
    parts = split_table(Table(rows))
    return [row.item for grid in parts.grids for row in read_items(grid)]


def awards_of(*rows: tuple[str, ...]) -> list[tuple[str, str, str]]:
    found = read_awards(split_table(Table(rows)))
    return [(award.supplier, award.amount, award.unit) for award in found]


DISK = Item("监控硬盘", "希捷", "ST8000VX004", 36.0, "块", 1460.0)


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param(
            (
                ("序号", "标的名称", "品牌", "规格型号", "数量", "单价（元）"),
                ("1", "监控硬盘", "希捷", "ST8000VX004", "36块", "1460.00"),
            ),
            id="plain",
        ),
        pytest.param(
            (
                ("名 称", "品 牌", "型 号", "数 量", "单 位", "单 价"),
                ("监控硬盘", "希捷", "ST8000VX004", "36", "块", "￥1,460.00"),
            ),
            id="spaced heads",
        ),
        pytest.param(
            (
                ("標的名稱", "品牌", "規格型號", "數量", "單價（元）"),
                ("监控硬盘", "希捷", "ST8000VX004", "36块", "1460"),
            ),
            id="traditional heads",
        ),
        pytest.param(
            (
                ("货物名称", "货物品牌", "货物型号", "货物数量", "货物单价（万元）"),
                ("监控硬盘", "希捷", "ST8000VX004", "36块", "0.146"),
            ),
            id="unit in the head",
        ),
        pytest.param(
            (
                (
                    "品目号",
                    "品目编号及品目名称",
                    "采购标的",
                    "品牌",
                    "规格型号",
                    "数量（单位）",
                    "单价(元)",
                    "总价(元)",
                ),
                (
                    "1-1",
                    "A0201 存储",
                    "监控硬盘",
                    "希捷",
                    "ST8000VX004",
                    "36.00（块）",
                    "1,460.00",
                    "52,560.00",
                ),
            ),
            id="provincial cloud",
        ),
        pytest.param(
            (
                ("序号", "1"),
                ("标的名称", "监控硬盘"),
                ("品牌", "希捷"),
                ("规格型号", "ST8000VX004"),
                ("数量", "36块"),
                ("单价", "1460元"),
            ),
            id="on its side",
        ),
        pytest.param(
            (
                ("Ⅱ 成交信息", "Ⅱ 成交信息", "Ⅱ 成交信息", "Ⅱ 成交信息"),
                ("货物名称", "品牌", "型号", "数量及单价"),
                ("监控硬盘", "希捷", "ST8000VX004", "36块，1460元/块"),
                ("Ⅲ 其他",) * 4,
            ),
            id="within a sheet",
        ),
        pytest.param(
            (
                ("名称", "品牌", "型号", "数量", "单价（元）"),
                ("名称", "品牌", "型号", "数量", "单价（元）"),
                ("监控硬盘", "希捷", "ST8000VX004", "36块", "1460"),
                ("合计", "", "", "", "52560"),
            ),
            id="heads twice and a total",
        ),
    ],
)
def test_one_item_is_read_from_every_layout(rows: Rows) -> None:
    assert items_of(*rows) == [DISK]


def test_cells_of_zcy_pages_are_items() -> None:
    html = (
        '<table><tr><th class="code-index">序号</th><th class="code-mainBidItemName">标的名称</th>'
        '<th class="code-brand">品牌</th><th class="code-spec">规格型号</th><th>数量</th>'
        '<th>单价（元）</th></tr><tr><td class="code-index">1</td><td>监控硬盘</td>'
        "<td>希<span>捷</span></td>"
        "<td>ST8000VX004</td><td>36块</td><td>1460</td></tr></table>"
    )
    (table,) = (b for b in read_blocks(parse_html(html)) if isinstance(b, Table))
    assert items_of(*table.rows) == [DISK]


@pytest.mark.parametrize("mark", ["、", "\n", "；", ";"])
def test_cells_that_list_the_same_number_of_things_are_split(mark: str) -> None:
    found = items_of(
        ("名称", "品牌", "规格型号", "数量", "单价（元）"),
        tuple(
            mark.join(pair)
            for pair in (
                ("监控硬盘", "录像机"),
                ("希捷", "/"),
                ("ST8000VX004", "X-1"),
                ("36块", "2台"),
                ("1460", "9000"),
            )
        ),
    )
    assert found == [DISK, Item("录像机", "/", "X-1", 2.0, "台", 9000.0)]


def test_a_comma_of_a_name_splits_nothing_without_the_quantity() -> None:
    (found,) = items_of(("名称", "品牌", "数量"), ("硬盘、支架", "希捷、样例", "1批"))
    assert found == Item("硬盘、支架", "希捷、样例", "", 1.0, "批", None)


def test_a_combined_column_goes_to_the_model_and_is_not_guessed_apart() -> None:
    (found,) = items_of(("名称", "品牌、型号", "数量"), ("台式机", "戴尔 7020MT", "60台"))
    assert (found.brand, found.model) == ("", "戴尔 7020MT")


@pytest.mark.parametrize("title", ["部件号（P/N）", "货号", "订货号", "型号/规格"])
def test_part_numbers_are_models(title: str) -> None:
    (found,) = items_of(("名称", title, "数量"), ("交换机备件", "WS-C3850-24T-S", "4台"))
    assert found.model == "WS-C3850-24T-S"


def test_the_specification_of_a_tender_is_the_model() -> None:
    (found,) = items_of(("标的名称", "技术要求", "数量"), ("离心机", "转速≥20000", "2台"))
    assert found.model == "转速≥20000"


def test_items_of_one_column_end_with_the_next_name() -> None:
    lines = [
        "标包：A",
        "名称：核心交换机",
        "品牌（如有）：新华三",
        "规格型号：S7506X",
        "数量：2",
        "单价：168000元",
        "名称：监控硬盘",
        "品牌（如有）：希捷",
        "规格型号：ST8000VX004",
        "数量：36块",
        "单价：1460元",
        "五、其他",
    ]
    found = [row.item for row in read_inline(lines)]
    assert [item.brand for item in found] == ["新华三", "希捷"]
    assert found[1] == DISK


def test_a_line_without_a_head_goes_on_only_within_a_cell() -> None:
    cell = ["名称：硬盘", "品牌：西部", "数据", "规格型号：WD60PURX", "数量：2块"]
    (whole,) = read_inline(cell, one_cell=True)
    assert whole.item == Item("硬盘", "西部数据", "WD60PURX", 2.0, "块", None)
    assert read_inline(cell)[0].item.brand == "西部"


def test_labels_and_values_of_a_contract_table_are_one_item() -> None:
    (found,) = read_pairs(
        [
            ("标的名称", "监控硬盘", "品牌", "希捷"),
            ("规格型号", "ST8000VX004", "数量", "36块"),
            ("单价（元）", "1460"),
        ]
    )
    assert found.item == DISK


def test_numbered_lines_with_brand_model_quantity_and_price_are_items() -> None:
    line = "1.监控硬盘 品牌：希捷 ST8000VX004 36块 1,460.00元/块"
    (found,) = read_listed([line, "质保三年"])
    assert found.item == DISK


@pytest.mark.parametrize(
    ("words", "name", "brand", "model"),
    [
        ("希捷 ST8000NM000A 硬盘", "希捷 硬盘", "", "ST8000NM000A"),
        ("监控硬盘 希捷 ST8000VX004", "监控硬盘", "希捷", "ST8000VX004"),
        ("硬盘 希捷 8TB ST8000NM000A", "硬盘", "希捷", "8TB ST8000NM000A"),
        ("硬盘 ST8000VX004 ST8000NM000A", "硬盘 ST8000VX004 ST8000NM000A", "", ""),
        ("硬盘 希捷 8TB", "硬盘", "希捷", "8TB"),
        ("基因分析仪 3500xL", "基因分析仪", "", "3500xL"),
        ("硬盘 ＳＴ６０００ＶＸ００１", "硬盘", "", "ＳＴ６０００ＶＸ００１"),
        ("服务器 HPE ProLiant DL380 Gen10", "服务器", "HPE", "ProLiant DL380 Gen10"),
    ],
)
@pytest.mark.parametrize("price", ["4400元/块", "单价4,400.00"])
def test_words_without_heads_are_name_brand_and_model_in_the_order_of_forms(
    words: str, name: str, brand: str, model: str, price: str
) -> None:
    (found,) = read_listed([f"{words} 200块 {price}"])
    assert (found.item.name, found.item.brand, found.item.model) == (name, brand, model)
    assert found.item.unit_price == 4400


def test_names_with_colons_list_items_in_one_line() -> None:
    line = "台式机：惠普 ProDesk 600 48台、打印机：得实 DS-1100 3台"
    assert [(r.item.name, r.item.model, r.item.quantity) for r in read_listed([line])] == [
        ("台式机", "惠普 ProDesk 600", 48),
        ("打印机", "得实 DS-1100", 3),
    ]


def test_what_is_only_in_an_attachment_is_said() -> None:
    (grid,) = split_table(
        Table((("名称", "品牌", "型号", "数量"), ("试剂", "详见附件", "详见附件", "1批")))
    ).grids
    rows = read_items(grid)
    assert rows[0].item.brand == "详见附件"
    assert points_elsewhere(rows)


@pytest.mark.parametrize(
    "rows",
    [
        (("采购单位", "样例市公安局"), ("项目名称", "样例采购")),
        (("序号", "评委"), ("1", "〇〇〇")),
        (("供应商名称", "供应商地址", "中标金额"), ("样例公司", "样例路", "1元")),
        (("", ""), ("", "")),
        (("名称", "品牌"),),
    ],
)
def test_other_tables_hold_no_items(rows: Rows) -> None:
    assert items_of(*rows) == []


@pytest.mark.parametrize(
    ("rows", "awards"),
    [
        pytest.param(
            (
                ("序号", "供应商名称", "供应商地址", "中标（成交）金额(万元)", "评审总得分"),
                ("1", "样例甲公司", "样例路", "12.5", "90"),
                ("合计", "", "", "12.5", ""),
            ),
            [("样例甲公司", "12.5", "万元")],
            id="plain",
        ),
        pytest.param(
            (
                ("包号", "成交供应商", "成交金额（元）"),
                ("1", "样例甲公司", "100"),
                ("2", "样例乙公司", "200"),
            ),
            [("样例甲公司", "100", "元"), ("样例乙公司", "200", "元")],
            id="lots",
        ),
        pytest.param(
            (
                ("投标人名称", "投标报价", "排名"),
                ("样例甲公司", "1", "2"),
                ("样例乙公司", "2", "1"),
            ),
            [("样例乙公司", "2", "")],
            id="bidders by rank",
        ),
        pytest.param((("投标人名称", "得分"), ("样例甲公司", "90")), [], id="bidders without rank"),
        pytest.param((("未中标供应商", "未中标原因"), ("样例甲公司", "得分低")), [], id="losers"),
        pytest.param(
            (("样例服务器", "￥433,600.00", "样例甲公司", "样例路0号"), ("流标", "不足三家")),
            [("样例甲公司", "￥433,600.00", "")],
            id="without heads",
        ),
        pytest.param(
            (
                ("中标（成交）供应商名称", "样例甲公司"),
                ("合同金额", "36.8万元"),
                ("合同期限", "1年"),
            ),
            [],
            id="labels and values",
        ),
    ],
)
def test_result_tables_say_who_won(rows: Rows, awards: list[tuple[str, str, str]]) -> None:
    assert awards_of(*rows) == awards


def test_columns_of_users_and_budgets_are_read() -> None:
    rows = (
        ("序号", "采购项目名称", "采购需求概况", "预算金额(万元)", "使用单位"),
        ("1", "样例扩容", "硬盘300块", "78", "样例市公安局"),
        ("合计", "", "", "78", ""),
    )
    (grid,) = split_table(Table(rows)).grids
    assert [value.amount for value in read_budgets(grid)] == [780_000.0]
    assert read_bodies(grid, Column.END_USER) == ["样例市公安局"]


@pytest.mark.parametrize(
    ("cell", "column"),
    [
        ("供应商名称", Column.SUPPLIER),
        ("项目名称", Column.OTHER),
        ("供应商地址", Column.OTHER),
        ("品牌型号", Column.MODEL),
        ("主要标的单价", Column.UNIT_PRICE),
        ("数量/Quantity", Column.QUANTITY),
        ("采购人名称", Column.BUYER),
        ("样例市公安局", None),
        ("很长" * 20, None),
        ("", None),
    ],
)
def test_heads_are_told_apart(cell: str, column: Column | None) -> None:
    assert read_head(cell) is column


_CELLS = st.sampled_from(
    [
        "名称",
        "品牌",
        "型号",
        "数量",
        "供应商名称",
        "中标金额",
        "合计",
        "",
        "1",
        "希捷",
        "样例公司",
        "a\nb",
    ]
)


@given(st.lists(st.lists(_CELLS, min_size=1, max_size=6).map(tuple), min_size=1, max_size=6))
@settings(max_examples=150, deadline=None)
def test_any_table_is_divided_without_losing_what_it_says(rows: list[tuple[str, ...]]) -> None:
    parts = split_table(Table(tuple(rows)))
    for grid in parts.grids:
        for item in read_items(grid):
            assert item.item.name or item.item.brand or item.item.model
    assert all(isinstance(award, Award) for award in read_awards(parts))
