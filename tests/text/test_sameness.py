"""One notice on many portals is one; lots, rounds, corrections and stages are not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.models import Notice
from monitor.text.fields import PageFacts, read_fields
from monitor.text.markup import parse_html, read_blocks
from monitor.text.sameness import (
    Purchase,
    compare_bodies,
    is_moved,
    is_other_purchase,
    is_repeated,
    is_replaced,
    is_same,
)
from monitor.text.sketches import KEPT_WORDS, Sketch, take_sketch

Page = dict[str, str]

AWARD: Page = {
    "title": "样例市公安局视频存储扩容采购项目中标公告",
    "day": "2026-11-20",
    "number": "YLCG-2026-0117",
    "buyer": "样例市公安局",
    "agent": "样例公信招标代理有限公司",
    "supplier": "样例云帆科技有限公司",
    "sum": "569800",
    "model": "ST8000VX004",
    "layout": "table",
    "text": "本项目供货范围包括机架安装、线缆敷设、旧设备拆除以及为期三年的现场维护。",
}
TENDER: Page = {
    **AWARD,
    "title": "样例市公安局视频存储扩容采购项目公开招标公告",
    "supplier": "",
    "text": "投标人应当按照本公告的要求编制投标文件，并在开标之前递交到样例市公共资源交易中心。",
}
CORRECTION: Page = {
    **TENDER,
    "title": "样例市公安局视频存储扩容采购项目更正公告",
    "sum": "",
    "model": "",
    "text": "原公告第三条的开标地点更正为样例市公共资源交易中心三楼第二开标室，其他内容不变。",
}
CANCELLED: Page = {**CORRECTION, "title": "样例市公安局视频存储扩容采购项目终止公告"}
CONTRACT: Page = {**AWARD, "title": "样例市公安局视频存储扩容采购项目合同公告"}
PLAN: Page = {
    **TENDER,
    "title": "样例市公安局2026年12月政府采购意向",
    "number": "",
}
BARE: Page = {"title": AWARD["title"], "day": AWARD["day"], "layout": "none"}
BARE_TENDER: Page = {**BARE, "title": TENDER["title"]}


def write_page(page: Page) -> str:
    """Return a page as a table with lines around it, or as lines alone."""
    if page["layout"] == "none":
        return ""
    facts = {
        "项目编号": page["number"], "采购人名称": page["buyer"], "采购代理机构": page["agent"],
        "供应商名称": page["supplier"],
        ("预算金额（元）" if not page["supplier"] else "中标金额（元）"): page["sum"],
    }  # fmt: skip
    goods = {"货物名称": "监控硬盘", "品牌": "希捷", "规格型号": page["model"], "数量": "48块"}
    lines = "".join(f"<p>{label}：{value}</p>" for label, value in facts.items() if value)
    if not page["model"]:
        items = ""
    elif page["layout"] == "table":
        rows = (goods.keys(), goods.values())
        cells = ("".join(f"<td>{cell}</td>" for cell in row) for row in rows)
        items = f"<table>{''.join(f'<tr>{row}</tr>' for row in cells)}</table>"
    else:
        items = "".join(f"<p>{label}：{value}</p>" for label, value in goods.items())
    return f"{lines}{items}<p>{page['text']}</p>"


def read_page(page: Page) -> Notice:
    facts = PageFacts(
        f"https://{page['layout']}.example.cn/1",
        page["title"],
        channel=page.get("channel", ""),
        published=page["day"],
        buyer=page.get("row_buyer", ""),
    )
    return read_fields(facts, read_blocks(parse_html(write_page(page))))


def sketch(page: Page) -> Sketch:
    return take_sketch(read_page(page))


SAME: list[tuple[str, Page, Page]] = [
    ("an exact copy", AWARD, {}),
    ("a copy a day later", AWARD, {"day": "2026-11-21"}),
    ("a copy after a holiday of a week", AWARD, {"day": "2026-11-28"}),
    ("结果公告 for 中标公告", AWARD, {"title": "样例市公安局视频存储扩容采购项目结果公告"}),
    ("的公告 at the end", AWARD, {"title": "样例市公安局视频存储扩容采购项目的中标(成交)结果公告"}),
    ("a title without 项目", AWARD, {"title": "样例市公安局视频存储扩容采购中标公告"}),
    ("a title without its buyer", AWARD, {"title": "视频存储扩容采购项目中标公告"}),
    (
        "a title after its buyer and a dash",
        AWARD,
        {"title": "样例市公安局-视频存储扩容采购项目-中标公告"},
    ),
    ("a title after its region", AWARD, {"title": "[样例省]样例市公安局视频存储扩容项目中标公告"}),
    (
        "a title after its agent and 关于",
        AWARD,
        {"title": "样例公信招标代理有限公司关于样例市公安局视频存储扩容采购项目的中标公告"},
    ),
    (
        "a title after its agent alone",
        AWARD,
        {"title": "样例公信招标代理有限公司视频存储扩容采购项目中标公告"},
    ),
    (
        "a title with its number",
        AWARD,
        {"title": "样例市公安局视频存储扩容采购项目（项目编号：YLCG-2026-0117）中标公告"},
    ),
    ("a title in full width", AWARD, {"title": "样例市公安局　视频存储扩容采购项目　中标公告"}),
    ("a title of a site without types", AWARD, {"title": "样例市公安局视频存储扩容采购项目",
                                                "channel": "中标公告"}),
    ("a number in full width", AWARD, {"number": "ＹＬＣＧ－２０２６－０１１７"}),
    ("a number with the agent's letters", AWARD, {"number": "YLCG-2026-0117-GXZB"}),
    ("a number missing on one", AWARD, {"number": ""}),
    ("a number missing on one, a day later", AWARD, {"number": "", "day": "2026-11-21"}),
    ("a table turned into lines", AWARD, {"layout": "lines"}),
    ("lines and no number", AWARD, {"layout": "lines", "number": ""}),
    ("a buyer with its region", AWARD, {"buyer": "样例省样例市公安局"}),
    ("a buyer who is hidden on one", AWARD, {"buyer": "某单位"}),
    ("an agent in the place of the buyer", AWARD, {"buyer": "样例公信招标代理有限公司"}),
    ("a sum in 万元", AWARD, {"sum": "569800.00"}),
    ("a supplier with other brackets", {**AWARD, "supplier": "样例（市）云帆科技有限公司"},
     {"supplier": "样例(市)云帆科技有限公司"}),
    ("a site that leaves the sum out", AWARD, {"sum": ""}),
    ("a site that leaves the items out", AWARD, {"model": ""}),
    ("items that stand in an attachment on one", {**AWARD, "number": ""}, {"model": "详见附件"}),
    ("brand and model in one cell", AWARD, {"model": "希捷 ST8000VX004"}),
    ("a tender and its copy", TENDER, {"layout": "lines"}),
    ("采购公告 for 公开招标公告", TENDER, {"title": "样例市公安局视频存储扩容采购项目采购公告"}),
    ("the second round on both",
     {**TENDER, "title": "样例市公安局视频存储扩容采购项目（二次）招标公告"},
     {"title": "样例市公安局视频存储扩容采购项目（第二次）公开招标公告"}),
    ("the same lot on both", {**AWARD, "title": "样例市公安局视频存储扩容采购项目（包1）中标公告"},
     {"title": "样例市公安局视频存储扩容采购项目第一包中标公告"}),
    ("a correction on both", CORRECTION, {"layout": "lines"}),
    ("a first correction with and without its number", CORRECTION,
     {"title": "样例市公安局视频存储扩容采购项目第一次更正公告"}),
    ("废标 for 终止", CANCELLED, {"title": "样例市公安局视频存储扩容采购项目废标公告"}),
    ("a contract on both", CONTRACT, {"title": "样例市公安局视频存储扩容采购项目合同"}),
    ("an award whose copy is a title alone", AWARD, {**BARE, "day": "2026-11-21"}),
    ("two titles alone of one day", BARE, {}),
    ("a type that neither tells", {**TENDER, "title": "样例市公安局视频存储扩容"}, {}),
    ("a title that begins with its type", AWARD,
     {"title": "中标公告-样例市公安局视频存储扩容采购项目"}),
    ("a buyer beside another on one", {**AWARD, "number": ""},
     {"buyer": "样例市公安局、样例建设集团有限公司"}),
    ("a plan on both", PLAN, {"layout": "lines"}),
]  # fmt: skip

DIFFERENT: list[tuple[str, Page, Page, str]] = [
    ("lots in the title", {**AWARD, "title": "样例市公安局视频存储扩容采购项目（包1）中标公告"},
     {"title": "样例市公安局视频存储扩容采购项目（包2）中标公告"}, "lots"),
    ("标段 written out", {**AWARD, "title": "样例市公安局视频存储扩容采购项目一标段中标公告"},
     {"title": "样例市公安局视频存储扩容采购项目二标段中标公告"}, "lots"),
    ("lots by letters", {**AWARD, "title": "样例市公安局视频存储扩容采购项目A包中标公告"},
     {"title": "样例市公安局视频存储扩容采购项目B包中标公告"}, "lots"),
    ("a lot beside the whole", AWARD,
     {"title": "样例市公安局视频存储扩容采购项目（合同包2）中标公告"}, "lots"),
    ("lots told by their winners alone", AWARD, {"supplier": "样例远志商贸有限公司"}, "suppliers"),
    ("lots of one winner, told by their sums", AWARD, {"sum": "312000"}, "values"),
    ("lots told by their items alone", {**AWARD, "sum": ""},
     {"sum": "", "model": "ST6000VX001"}, "items"),
    ("第二次", TENDER,
     {"title": "样例市公安局视频存储扩容采购项目（第二次）公开招标公告"}, "rounds"),
    ("二次公告", TENDER, {"title": "样例市公安局视频存储扩容采购项目二次招标公告"}, "rounds"),
    ("三次 after 二次", {**TENDER, "title": "样例市公安局视频存储扩容采购项目(二次)招标公告"},
     {"title": "样例市公安局视频存储扩容采购项目(三次)招标公告"}, "rounds"),
    ("重新招标", TENDER, {"title": "样例市公安局视频存储扩容采购项目重新招标公告"}, "rounds"),
    ("a second round that says nothing, weeks later", TENDER, {"day": "2026-12-18"}, "28 days"),
    ("corrections 1 and 2",
     {**CORRECTION, "title": "样例市公安局视频存储扩容采购项目更正公告（一）"},
     {"title": "样例市公安局视频存储扩容采购项目更正公告（二）"}, "corrections"),
    ("第一次更正 and 第二次更正",
     {**CORRECTION, "title": "样例市公安局视频存储扩容采购项目第一次更正公告"},
     {"title": "样例市公安局视频存储扩容采购项目第二次更正公告"}, "corrections"),
    ("corrections of other days", CORRECTION, {"day": "2026-11-23"}, "corrections"),
    ("corrections of other content", CORRECTION,
     {"text": "因采购需求调整，投标文件递交截止时间延期到十二月十五日上午九时，请各供应商注意。"},
     "of the shorter text"),
    ("corrections of a tender and of its award", CORRECTION,
     {"title": "样例市公安局视频存储扩容采购项目中标公告的更正公告"}, "stages"),
    ("an award and its contract", AWARD, {"title": CONTRACT["title"]}, "stages"),
    ("an award and its candidates", AWARD,
     {"title": "样例市公安局视频存储扩容采购项目中标候选人公示"}, "stages"),
    ("a tender and its award", TENDER, {"title": AWARD["title"]}, "stages"),
    ("a tender and a call for opinions", TENDER,
     {"title": "样例市公安局视频存储扩容采购项目采购需求征求意见公告"}, "stages"),
    ("a tender and its prequalification", TENDER,
     {"title": "样例市公安局视频存储扩容采购项目资格预审公告"}, "stages"),
    ("cancelled and awarded", AWARD, {"title": CANCELLED["title"]}, "stages"),
    ("two buyers with one template", AWARD,
     {"title": "样品县公安局视频存储扩容采购项目中标公告", "buyer": "样品县公安局", "number": ""},
     "buyers"),
    ("a bureau and its branch without a number", {**AWARD, "number": ""},
     {"buyer": "样例市公安局城东分局", "number": ""}, "buyers"),
    ("a purchase of every month", {**AWARD, "sum": ""},
     {"number": "YLCG-2026-0131", "sum": "", "day": "2026-11-27"}, "numbers"),
    ("numbers of two lots", AWARD, {"number": "YLCG-2026-0117-2"}, "numbers"),
    ("a number that says it is issued anew", AWARD, {"number": "YLCG-2026-0117重发"}, "numbers"),
    ("another year in the title",
     {**TENDER, "title": "样例市公安局2025-2026年视频存储维护招标公告", "number": ""},
     {"title": "样例市公安局2026-2027年视频存储维护招标公告", "number": ""}, "neither"),
    ("parts of a purchase under one number", TENDER,
     {"title": "样例市公安局警务终端采购项目公开招标公告", "model": "", "sum": "",
      "text": "警务终端应当支持全网通双卡双待，屏幕不小于六英寸，电池容量不低于五千毫安时。"},
     "of the shorter text"),
    ("another purchase of the buyer", TENDER,
     {"title": "样例市公安局警务终端采购项目公开招标公告", "number": ""}, "neither"),
    ("a title alone of another day", BARE, {"day": "2026-11-23"}, "3 days apart"),
    ("a title alone that names nobody", {**BARE, "title": "监控硬盘采购公告"}, {},
     "only the title"),
    ("a masked unit's short title", {**BARE, "title": "某部营具采购项目（二次）询价公告"}, {},
     "only the title"),
    ("two titles alone without a day", {**BARE, "day": ""}, {}, "a day not known"),
    ("two plans of one month", PLAN, {"model": "", "sum": "",
     "text": "本次采购意向为警务终端及配套软件，预计采购时间为十二月，拟采用公开招标方式采购。"},
     "of the shorter text"),
    ("the titles of two plans of one month", {**BARE, "title": PLAN["title"]}, {}, "no text"),
    ("an unknown type and no text", {**BARE, "title": "样例市公安局视频存储扩容"}, {}, "not known"),
    ("an unknown type and other texts", {**TENDER, "title": "样例市公安局视频存储扩容", "sum": ""},
     {"supplier": "样例云帆科技有限公司", "text": "经评审委员会评定，推荐上述供应商为成交供应商。"},
     "of the shorter text"),
]  # fmt: skip


@pytest.mark.parametrize(("case", "page", "changes"), SAME, ids=[case[0] for case in SAME])
def test_a_notice_and_its_copy_are_one(case: str, page: Page, changes: Page) -> None:
    one, two = sketch(page), sketch({**page, **changes})
    assert is_same(one, two).same, f"{case}: {is_same(one, two).why}\n{one}\n{two}"
    assert is_same(one, two) == is_same(two, one)


@pytest.mark.parametrize(
    ("case", "page", "changes", "why"), DIFFERENT, ids=[case[0] for case in DIFFERENT]
)
def test_what_only_looks_alike_is_not_one(case: str, page: Page, changes: Page, why: str) -> None:
    one, two = sketch(page), sketch({**page, **changes})
    for found in (is_same(one, two), is_same(two, one)):
        assert not found.same, f"{case}: {found.why}"
        assert why in found.why


@pytest.mark.parametrize("page", [AWARD, TENDER, CORRECTION, CONTRACT, CANCELLED, BARE])
def test_why_is_one_line_and_says_what_is_the_same(page: Page) -> None:
    why = is_same(sketch(page), sketch(page)).why
    assert why.startswith("same title")
    assert "\n" not in why


def test_a_portal_that_changes_its_ids_shows_the_same_notice() -> None:
    one = sketch(AWARD)
    assert is_repeated(one, sketch(AWARD)).same
    assert not is_repeated(one, sketch({**AWARD, "day": "2026-11-21"})).same
    assert not is_repeated(sketch(BARE), sketch(BARE)).same


@pytest.mark.parametrize("word", ["一期", "2", "Ｂ包"])
def test_one_word_more_in_a_long_text_is_no_repetition(word: str) -> None:
    text = "，".join(f"第{chr(0x4E00 + n)}项技术要求应当满足招标文件规定" for n in range(300))
    one, two = sketch({**TENDER, "text": text}), sketch({**TENDER, "text": f"{text}，{word}"})
    assert one.size > 5 * KEPT_WORDS
    assert not is_repeated(one, two).same
    assert is_same(one, two).same


@given(st.sets(st.integers(0, 400), min_size=1), st.sets(st.integers(0, 400), min_size=1))
def test_the_likeness_of_bodies_is_fair(one: set[int], two: set[int]) -> None:
    def fold(words: set[int]) -> Sketch:
        # Spread as a hash spreads them.
        hashes = sorted(word * 2_654_435_761 % 2**32 for word in words)
        return Sketch("", size=len(words), words=tuple(hashes[:KEPT_WORDS]))

    true = len(one & two) / min(len(one), len(two))
    found = compare_bodies(fold(one), fold(two))
    assert 0.0 <= found <= 1.0
    if len(one | two) <= KEPT_WORDS:
        assert found == pytest.approx(true)
    if one == two:
        assert found == 1.0
    if not one & two:
        assert found == 0.0


WORDS = st.lists(
    st.sampled_from(
        "样例市公安局 硬盘 采购 项目 （二次） 第一包 中标 更正 公告 2026 - ( ）".split()
    ),
    max_size=9,
).map("".join)


@given(one=WORDS | st.text(max_size=60), two=WORDS)
def test_it_does_not_matter_which_notice_came_first(one: str, two: str) -> None:
    page = read_page(AWARD)
    first, second = (take_sketch(replace(page, title=title)) for title in (one, two))
    found = is_same(first, second)
    assert found.same == is_same(second, first).same
    assert found.why
    assert "\n" not in found.why


SHOWN = Sketch(
    "视频存储扩容", "ylcg20260117", "样例市公安局", "award", day=date(2026, 11, 20),
    suppliers=("样例云帆科技有限公司",), value=569_800.0, items=(("监控硬盘", "st8000vx004"),),
    size=40, words=tuple(range(40)),
)  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "moved"),
    [
        ({}, True),
        ({"words": tuple(range(4, 40)), "size": 36}, True),
        ({"words": tuple(range(20, 60))}, False),
        ({"size": 8, "words": tuple(range(8))}, False),
        ({"number": "ylcg20260118"}, False),
        ({"number": ""}, False),
        ({"value": 569_801.0}, False),
        ({"suppliers": ("样例星河科技有限公司",)}, False),
        ({"items": (("监控硬盘", "st6000vx001"),)}, False),
        ({"day": date(2026, 11, 21)}, False),
        ({"day": None}, False),
        ({"lots": ("2",)}, False),
        ({"round": 2}, False),
    ],
)
def test_a_new_id_is_that_of_a_known_notice_only_where_all_that_is_told_is_the_same(
    changes: dict[str, Any], moved: bool
) -> None:
    assert is_moved(SHOWN, replace(SHOWN, **changes)).same is moved


@pytest.mark.parametrize(
    ("title", "number", "day", "other"),
    [
        ("样例市公安局视频存储扩容项目中标公告", "YLCG-2026-0117", 20, False),
        ("样例市公安局视频存储扩容项目中标（更正）公告", "YLCG-2026-0117", 25, False),
        ("样例市公安局视频存储扩容项目中标公告", "YLCG-2026-0177", 20, False),
        ("样例市公安局视频存储扩容项目中标公告", "YLCG-2026-0177", 2, True),
        ("样例市公安局视频存储扩容项目（二期）中标公告", "YLCG-2026-0177", 20, True),
        ("样例县第一中学课桌椅采购合同", "", 20, True),
        ("", "", 20, False),
    ],
)
def test_an_id_shows_another_purchase_where_title_and_number_are_others(
    title: str, number: str, day: int, other: bool
) -> None:
    before = Purchase("样例市公安局视频存储扩容项目中标公告", "YLCG-2026-0117", date(2026, 11, 20))
    after = Purchase(title, number, date(2026, 11, day))
    assert is_other_purchase(before, after) is other
    assert is_other_purchase(after, before) is other


def test_a_new_title_over_the_same_text_is_an_amendment() -> None:
    retitled = replace(SHOWN, title="警用硬件购置", number="")
    assert not is_replaced(SHOWN, retitled)
    assert is_replaced(SHOWN, replace(retitled, words=tuple(range(100, 140))))
