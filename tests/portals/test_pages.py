"""What of a page or of a row's text is a whole notice."""

from __future__ import annotations

import pytest

from monitor.portals.pages import is_whole

LONG = "<p>" + "本项目采购的货物须在合同签订后三十日内送到采购人指定的地点并安装调试，" * 6 + "</p>"
LABELS = "<p>项目编号：SAMPLE-2026-1</p><p>采购人：样例市公安局</p>"
CELLS = "<table><tr><td>项目编号</td><td>S-1</td></tr><tr><td>采购人</td><td>甲</td></tr></table>"


@pytest.mark.parametrize(
    ("content", "whole"),
    [
        (LABELS + LONG, True),
        (CELLS + LONG, True),
        (LABELS, False),
        (LONG, False),
        (f"{LABELS}{LONG}<p>……</p>", False),
        (f"{LABELS}{LONG}<a href='/x'>查看详情</a>", False),
        (f"{LABELS}<style>{'p{margin:0}' * 40}</style>", False),
        ("", False),
    ],
)
def test_a_whole_notice_is_long_labelled_and_not_cut_off(content: str, whole: bool) -> None:
    assert is_whole(content) is whole


def test_a_text_that_is_whole_by_its_definition_needs_no_labels() -> None:
    assert is_whole(LONG, fewest_labels=0)
