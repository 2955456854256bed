"""Tables are found where lines or bare cells are one, and left where parts only stand together."""

from __future__ import annotations

from monitor.text.markup import Block, Line, Table
from monitor.text.plaintables import restore_tables


def rows_of(*blocks: Block) -> list[tuple[tuple[str, ...], ...]]:
    return [block.rows for block in restore_tables(blocks) if isinstance(block, Table)]


def test_words_in_columns_under_a_line_of_heads_are_a_table() -> None:
    lines = (
        Line("序号 名称 品牌 型号 数量 单价(元)"),
        Line("1 热像仪 FLIR Scout III 640 12台 27500"),
        Line("2 望远镜 博冠 野狼 24台 2350"),
        Line("以上设备含三年质保。"),
    )
    ((_, first, second),) = rows_of(*lines)
    assert first == ("1", "热像仪", "FLIR", "Scout III 640", "12台", "27500")
    assert second == ("2", "望远镜", "博冠", "野狼", "24台", "2350")


def test_a_line_of_heads_without_rows_stays_a_line() -> None:
    assert rows_of(Line("名称 品牌 型号 数量"), Line("以上为要求")) == []


def test_goods_without_heads_get_them() -> None:
    table = Table((("监控硬盘", "6TB，SATA3", "60块", "1450"), ("光端机", "单模", "10对", "1100")))
    ((heads, *_),) = rows_of(table)
    assert heads == ("名称", "规格参数", "数量", "单价")


def test_a_table_of_labels_gets_no_heads() -> None:
    table = Table((("采购单位", "样例局", "1个"), ("项目名称", "样例", "2个")))
    assert rows_of(table) == [table.rows]


def test_cells_that_hold_parts_of_a_page_are_read_as_lines() -> None:
    menu = "首页\n公告"
    part = "样例公告\n采购人：样例局\n项目编号：A-1\n中标供应商：样例公司\n第一\n第二\n第三"
    blocks = restore_tables([Table(((menu, part),))])
    assert Line("采购人：样例局") in blocks
    assert rows_of(*blocks) == []


def test_a_cell_with_a_list_of_goods_stays_a_cell() -> None:
    goods = "\n".join(f"硬盘{n}" for n in range(9))
    table = Table((("名称", "数量"), (goods, "9")))
    assert rows_of(table) == [table.rows]
