"""Pages as they are served: cut words, spans, nested tables, hidden parts, chrome, depth."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.text import markup
from monitor.text.markup import (
    Line,
    Table,
    find_chrome,
    inline_text,
    parse_html,
    read_blocks,
    read_body,
    select_all,
    select_first,
    text_before,
)
from monitor.text.tree import MOST_ELEMENTS


def lines_of(html: str) -> list[str]:
    return [block.text for block in read_blocks(parse_html(html)) if isinstance(block, Line)]


def tables_of(html: str) -> list[tuple[tuple[str, ...], ...]]:
    return [block.rows for block in read_blocks(parse_html(html)) if isinstance(block, Table)]


def all_text(html: str) -> str:
    found = []
    for block in read_blocks(parse_html(html)):
        found += [block.text] if isinstance(block, Line) else [c for r in block.rows for c in r]
    return "\n".join(found)


@pytest.mark.parametrize(
    "html",
    [
        "<p>希<span>捷银河</span>硬盘</p>",
        "<p><font>希</font><b>捷</b><o:p></o:p>银河硬盘</p>",
        "<p>希<st1:personname>捷</st1:personname>银<wbr>河硬盘</p>",
        "<p>希<!-- 批注 -->捷银河硬盘</p>",
        "<p>希捷<?xml:namespace prefix = o ns = 'urn:x' />银河<o:p></o:p>硬盘</p>",
        "<?xml version='1.0'?><p>希捷银河硬盘</p>",
        "<div><p>希捷<a href='#'>银河</a>硬<script>x()</script>盘",
    ],
)
def test_a_word_cut_by_inline_tags_stays_whole(html: str) -> None:
    assert lines_of(html) == ["希捷银河硬盘"]


@pytest.mark.parametrize(
    "html",
    [
        "<p>采购人：甲局</p><p>代理机构：乙公司</p>",
        "<div>采购人：甲局<div>代理机构：乙公司</div></div>",
        "采购人：甲局<br>代理机构：乙公司",
        "<ul><li>采购人：甲局<li>代理机构：乙公司</ul>",
        "<h3>采购人：甲局</h3>代理机构：乙公司",
    ],
)
def test_blocks_and_breaks_part_lines(html: str) -> None:
    assert lines_of(html) == ["采购人：甲局", "代理机构：乙公司"]


def test_cells_stay_apart_and_keep_their_own_breaks() -> None:
    html = "<table><tr><td>品牌</td><td>希捷<br>西部<p>数据</p></td></tr></table>"
    assert tables_of(html) == [(("品牌", "希捷\n西部\n数据"),)]


@pytest.mark.parametrize(
    ("html", "rows"),
    [
        pytest.param(
            "<table><tr><td rowspan=2>存储</td><td>硬盘</td></tr><tr><td>机柜</td></tr></table>",
            (("存储", "硬盘"), ("存储", "机柜")),
            id="rowspan",
        ),
        pytest.param(
            "<table><tr><td colspan=2>合计</td></tr><tr><td>a</td><td>b</td></tr></table>",
            (("合计", "合计"), ("a", "b")),
            id="colspan",
        ),
        pytest.param(
            "<table><tr><td rowspan=2 colspan=2>x</td><td>1</td></tr><tr><td>2</td></tr></table>",
            (("x", "x", "1"), ("x", "x", "2")),
            id="both spans",
        ),
        pytest.param(
            "<table><tr><td>名称<td>品牌<tr><td>硬盘<td>希捷</table>",
            (("名称", "品牌"), ("硬盘", "希捷")),
            id="unclosed cells",
        ),
        pytest.param(
            "<table><tr><td rowspan='0'>a</td><td colspan='x'>b</td></tr></table>",
            (("a", "b"),),
            id="spans that are no number",
        ),
        pytest.param(
            "<table><tbody><tr><th>名称</th><td>x</td></tr></tbody></table>",
            (("名称", "x"),),
            id="head cells",
        ),
    ],
)
def test_a_table_becomes_a_grid(html: str, rows: tuple[tuple[str, ...], ...]) -> None:
    assert tables_of(html) == [rows]


def test_a_span_of_a_million_columns_is_cut() -> None:
    (rows,) = tables_of("<table><tr><td colspan=1000000>x</td><td>y</td></tr></table>")
    assert len(rows[0]) < 200


def test_a_layout_table_gives_the_tables_inside_it() -> None:
    inner = "<table><tr><td>名称</td><td>硬盘</td></tr></table>"
    html = f"<table><tr><td><p>一、标的</p>{inner}</td></tr></table>"
    assert lines_of(html) == ["一、标的"]
    assert tables_of(html) == [(("名称", "硬盘"),)]


def test_a_table_of_one_column_is_lines() -> None:
    html = "<table><tr><td>名称：硬盘</td></tr><tr><td>品牌：希捷<br>数量：2</td></tr></table>"
    assert lines_of(html) == ["名称：硬盘", "品牌：希捷", "数量：2"]


def test_a_hidden_rest_is_dropped_and_a_hidden_whole_body_kept() -> None:
    body = "<p>采购人：样例市公安局</p>" * 40
    html = f'<blockquote style="display: none">{body}</blockquote><p>正文</p>'
    assert lines_of(html) == ["正文"]
    assert len(lines_of(f'<div style="DISPLAY:none">{body}</div>')) == 40
    assert lines_of('<p style="display:none">旧模板</p><p hidden>旧</p><p>正文</p>') == ["正文"]


@pytest.mark.parametrize(
    "chrome",
    [
        "<nav>思科专区</nav>",
        "<footer>思科专区</footer>",
        '<div class="footer">思科专区</div>',
        '<div id="nav-top">思科专区</div>',
        '<ul class="relcontent_lst"><li>思科专区</li></ul>',
        '<div class="right related">思科专区</div>',
        '<div class="side-list">思科专区</div>',
        '<div class="copyright">思科专区</div>',
        "<form><label>思科专区</label></form>",
    ],
)
def test_chrome_is_dropped_and_the_notice_stays(chrome: str) -> None:
    root = parse_html(f"<body>{chrome}<div class='content'><p>正文</p></div>{chrome}</body>")
    blocks = read_body(root, chrome=find_chrome(root)).blocks
    assert [block.text for block in blocks if isinstance(block, Line)] == ["正文"]


def test_what_a_word_processor_leaves_around_its_text_is_no_text() -> None:
    html = (
        "<!--[if gte mso 9]><xml><w:Zoom>0</w:Zoom></xml><![endif]-->"
        "<style>p.MsoNormal {mso-pagination: none; font-family: 戴尔体}</style>"
        "<p class='MsoNormal' style='mso-char-indent-count: 2'>正文<o:p>&nbsp;</o:p></p>"
        "<blockquote style='display: none;'>0</blockquote>"
    )
    assert lines_of(html) == ["正文"]


@pytest.mark.parametrize("name", ["style", "script", "title", "textarea", "select", "noscript"])
def test_what_a_browser_does_not_show_is_no_text(name: str) -> None:
    assert lines_of(f"<p>正文</p><{name}>戴尔</{name}>") == ["正文"]


@pytest.mark.parametrize(
    "html",
    [
        "<div>" * 20_000 + "正文",
        "<b>" * 20_000 + "正文",
        "<p><font>" * 10_000 + "正文",
        "<table><tr><td>" * 7_000 + "正文",
        "<p>正文</p>" + "<!--" * 20_000,
        "<p>正文</p>" + "<" * 80_000,
        "<table>" + "<tr><td rowspan=60 colspan=60>正文<td>y" * 2_000 + "</table>",
    ],
    ids=["divs", "bold", "fonts", "tables", "comments", "angles", "spans"],
)
def test_a_hostile_page_is_read_in_bounded_depth_and_size(html: str) -> None:
    blocks = read_blocks(parse_html(html))
    size = sum(len(b.text) if isinstance(b, Line) else sum(map(len, b.rows)) for b in blocks)
    assert size < 200_000
    assert "正文" in all_text(html)


def many(piece: str, number: int) -> str:
    return "<p>正文</p>" + piece * number


@pytest.mark.parametrize(
    ("html", "told"),
    [
        (many("<i></i>", MOST_ELEMENTS + 1), "elements"),
        (many("<p>甲</p>", markup.MOST_PIECES + 1), "characters"),
        (many("甲：", markup.MOST_PIECES + 1), "characters"),
        (many("甲乙丙丁", markup.MOST_CHARS // 4 + 1), "characters"),
        (many("㌖", markup.MOST_CHARS // 5), "characters"),
        (f"<table><tr>{many('<td>甲</td>', 200)}</tr><tr><td>乙</td></tr></table>", "cells"),
        (
            "<table>" + f"<tr><td rowspan=60 colspan=60>{'甲' * 500}<td>y" * 99 + "</table>",
            "copies",
        ),
    ],
    ids=["elements", "lines", "labels", "characters", "expanding", "columns", "copies"],
)
def test_what_limits_leave_out_is_said(html: str, told: str) -> None:
    body = read_body(parse_html(html))
    assert body.blocks
    assert any(told in phrase for phrase in body.left_out)


def test_a_page_within_its_limits_leaves_nothing_out() -> None:
    html = "<p>正文</p>" * 500 + "<table>" + "<tr><td>a<td>b：c" * 500 + "</table>"
    assert read_body(parse_html(html)).left_out == ()


def test_the_text_of_elements_beyond_the_limit_is_still_read_line_by_line() -> None:
    html = many("<i></i>", MOST_ELEMENTS) + (
        "<p>采购人：甲<b>局</b></p><script>x()</script><p>乙公司</p>"
    )
    assert lines_of(html) == ["正文", "采购人：甲局", "乙公司"]


@pytest.mark.parametrize(
    ("html", "line"),
    [
        ("<p><b>Dell</b> <b>R740</b></p>", "Dell R740"),
        ("<p>\n <b>Dell</b>\n<i>R740</i> \n</p>", "Dell R740"),
        ("<p>Dell<!-- --> R740</p>", "Dell R740"),
    ],
)
def test_blanks_between_words_stay_and_those_at_edges_go(html: str, line: str) -> None:
    assert lines_of(html) == [line]


def test_a_table_in_a_hidden_rest_makes_no_layout_table_of_the_one_around_it() -> None:
    hidden = "<table><tr><td>旧</td></tr></table>"
    html = f"<table><tr><td>名称</td><td>硬盘<div class='footer'>{hidden}</div></td></tr></table>"
    root = parse_html(html)
    body = read_body(root, chrome=find_chrome(root))
    assert [block.rows for block in body.blocks if isinstance(block, Table)] == [
        (("名称", "硬盘"),)
    ]


@given(st.text(max_size=400))
@settings(max_examples=150, deadline=None)
def test_no_text_makes_reading_blocks_raise(text: str) -> None:
    read_blocks(parse_html(text))


_PIECES = st.sampled_from(
    "<table> </table> <tr> </tr> <td> <td> <td\u00a0rowspan=3> <td\u00a0colspan=2> </td> <p> </p> "
    "<br> <div> </div> <span> </span> 名称 ： 希捷 <!-- --> <h1> & &nbsp; < >".split(" ")
)


@given(st.lists(_PIECES, max_size=60))
@settings(max_examples=150, deadline=None)
def test_broken_markup_is_read_and_its_tables_have_no_empty_rows(pieces: list[str]) -> None:
    html = "".join(piece.replace("\u00a0", " ") for piece in pieces)
    assert all(row for table in tables_of(html) for row in table)


def test_words_before_an_element_and_whole_links_are_found() -> None:
    root = parse_html('<li><a href="/a?x=1&copy=2">样例<b>局</b></a> 地域：<em>样例省</em></li>')
    link, mark = select_all(root, "a")[0], select_first(root, "em")
    assert mark is not None
    assert text_before(mark) == "地域："
    assert inline_text(link) == "样例局"
    assert link["href"] == "/a?x=1&copy=2"
