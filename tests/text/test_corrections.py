"""Struck and corrected words of a correction are told apart, in tables, rows and prose."""

from __future__ import annotations

import pytest

from monitor.text.corrections import CORRECTED, STRUCK, find_columns, read_side, split_correction


@pytest.mark.parametrize(
    ("text", "sides"),
    [
        ("采购希捷硬盘200块", [""]),
        ("原采购文件“戴尔服务器”；现更正为“浪潮服务器”。", [STRUCK, CORRECTED]),
        ("由86万元调整为78万元", [STRUCK, CORRECTED]),
        ("更正前：戴尔服务器", [STRUCK]),
        ("更正后：浪潮服务器", [""]),
        ("更正前：戴尔 更正后：浪潮", [STRUCK, CORRECTED]),
        ("更正后：浪潮 更正前：戴尔", [CORRECTED, STRUCK]),
        ("说明如下。原文：戴尔", ["", STRUCK]),
    ],
)
def test_prose_is_parted_where_a_correction_turns(text: str, sides: list[str]) -> None:
    pieces = split_correction(text)
    assert [side for side, _ in pieces] == sides
    assert "".join(piece for _, piece in pieces) == text


@pytest.mark.parametrize(
    ("row", "columns"),
    [
        (("序号", "更正项", "更正前内容", "更正后内容"), {2: STRUCK, 3: CORRECTED}),
        (("序号", "原招标文件内容", "更正后内容"), {1: STRUCK, 2: CORRECTED}),
        (("条款", "变更前", "变更后"), {1: STRUCK, 2: CORRECTED}),
        (("序号", "名称", "品牌"), {}),
        (("更正前内容", "备注"), {}),
    ],
)
def test_a_table_of_corrections_is_known_by_both_its_heads(
    row: tuple[str, ...], columns: dict[int, str]
) -> None:
    assert find_columns(row) == columns


@pytest.mark.parametrize(
    ("cell", "side"),
    [("更正前：", STRUCK), ("原：", STRUCK), ("改为：", CORRECTED), ("更正内容", ""), ("名称", "")],
)
def test_a_head_at_the_side_says_which_words_follow(cell: str, side: str) -> None:
    assert read_side(cell) == side
