"""Verdicts, their reasons, scores and fingerprints; and what must leave them as they are."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.models import Item, Match, Notice, Reason, Tag, Verdict, Zone, ZoneKind
from monitor.text.normalize import normalize, read_traditional
from tests.screening.samples import load_screener, make_notice, make_zone


def screen(notice: Notice) -> Match:
    return load_screener().screen(notice)


def make_item(text: str, column: str = "brand", row: int = 0) -> Zone:
    return make_zone(text, ZoneKind.ITEM, f"items[{row}].{column}")


DNA = "青禾市公安局DNA实验室耗材采购公告"
PLAIN = "青禾市公安局办公家具采购公告"
LOT_FAILED = (
    "标项1：勘查设备",
    make_zone("青禾诚信商贸有限公司", ZoneKind.SUPPLIER, "supplier"),
    "标项2：希捷监控硬盘",
    "废标原因：有效投标供应商不足三家",
)

VERDICTS = [
    # notice, verdict, reason
    (make_notice(make_item("希捷"), tag=Tag.AWARD), Verdict.ALERT, Reason.FIRST_MATCH),
    (make_notice("须为赛默飞3500xL"), Verdict.ALERT, Reason.FIRST_MATCH),
    (make_notice("IBM小型机维保"), Verdict.ALERT, Reason.FIRST_MATCH),
    (
        make_notice(make_zone("希捷科技有限公司", ZoneKind.SUPPLIER, "supplier"), tag=Tag.AWARD),
        Verdict.ALERT,
        Reason.FIRST_MATCH,
    ),
    (make_notice("参考品牌：戴尔", "采购希捷硬盘"), Verdict.ALERT, Reason.FIRST_MATCH),
    (make_notice("采购希捷硬盘", tag=Tag.CANCELLATION), Verdict.REVIEW, Reason.CANCELLED),
    (make_notice(*LOT_FAILED, tag=Tag.AWARD), Verdict.REVIEW, Reason.CANCELLED),
    (make_notice("参考品牌：戴尔"), Verdict.REVIEW, Reason.UNPROVEN_MENTION),
    (make_notice("CPU不低于Intel i5-9500"), Verdict.REVIEW, Reason.UNPROVEN_MENTION),
    (make_notice("机房EMC整改"), Verdict.REVIEW, Reason.UNPROVEN_MENTION),
    (
        make_notice("清单详见附件", title=DNA, items_elsewhere=True),
        Verdict.REVIEW,
        Reason.NOT_CHECKABLE,
    ),
    (make_notice(title=DNA), Verdict.REVIEW, Reason.NOT_CHECKABLE),
    (make_notice(DNA, title=DNA), Verdict.REVIEW, Reason.NOT_CHECKABLE),
    (
        make_notice("DNA实验室设备更新", tag=Tag.PLANNING, items_elsewhere=True),
        Verdict.REVIEW,
        Reason.NOT_CHECKABLE,
    ),
    (
        make_notice(items=(Item(name="手机取证设备"),), title=PLAIN, items_elsewhere=True),
        Verdict.REVIEW,
        Reason.NOT_CHECKABLE,
    ),
    (make_notice("采血卡200盒", title=DNA), Verdict.NONE, Reason.NO_PRODUCT),
    (
        make_notice("详见附件", title=PLAIN, items_elsewhere=True),
        Verdict.NONE,
        Reason.NOT_CHECKABLE,
    ),
    (make_notice(title=PLAIN), Verdict.NONE, Reason.NOT_CHECKABLE),
    (make_notice("兼容Oracle数据库"), Verdict.NONE, Reason.HARMLESS_MENTION),
    (make_notice("不接受戴尔品牌"), Verdict.NONE, Reason.HARMLESS_MENTION),
    (
        make_notice("采购希捷硬盘", title="第一中学硬盘采购公告", buyer="青禾市第一中学"),
        Verdict.NONE,
        Reason.NO_ORGAN,
    ),
    (
        make_notice(title="第一中学DNA耗材采购公告", buyer="青禾市第一中学"),
        Verdict.NONE,
        Reason.NO_ORGAN,
    ),
    (make_notice("莱思 迈拓"), Verdict.NONE, Reason.NO_PRODUCT),
]


@pytest.mark.parametrize(("notice", "verdict", "reason"), VERDICTS)
def test_every_verdict_has_its_reason(notice: Notice, verdict: Verdict, reason: Reason) -> None:
    match = screen(notice)
    assert (match.verdict, match.reason) == (verdict, reason)
    assert match.features


@pytest.mark.parametrize(
    ("zones", "verdict"),
    [
        (("包1：希捷硬盘", "废标理由：不足三家"), Verdict.REVIEW),
        (("第2包 希捷硬盘", "流标"), Verdict.REVIEW),
        (("标段一：希捷硬盘", "终止原因：预算调整，终止采购"), Verdict.REVIEW),
        (("标项2：希捷硬盘", "其他说明", "标项2：废标"), Verdict.REVIEW),
        (("标项1：希捷硬盘", "供应商名称：青禾诚信商贸", "标项2：打印机", "废标"), Verdict.ALERT),
        (("标项1：希捷硬盘", "废标情况：无"), Verdict.ALERT),
        (("标项1：希捷硬盘", "五、其他事项", "本项目如废标将另行公告"), Verdict.ALERT),
        (("希捷硬盘", "包2：废标"), Verdict.ALERT),
    ],
)
def test_only_what_a_failed_lot_names_was_not_bought(
    zones: tuple[str, ...], verdict: Verdict
) -> None:
    assert screen(make_notice(*zones, tag=Tag.AWARD)).verdict is verdict


@pytest.mark.parametrize(
    ("notice", "checkable"),
    [
        (make_notice(title=DNA), False),
        (make_notice(title=PLAIN), False),
        (make_notice("采血卡", title=DNA), True),
        (make_notice("希捷硬盘", items_elsewhere=True), True),
        (make_notice("家具", items_elsewhere=True), False),
    ],
)
def test_what_could_not_be_read_is_said(notice: Notice, checkable: bool) -> None:
    assert screen(notice).checkable is checkable


RISING = [
    make_notice("采购希捷硬盘", title="第一中学硬盘采购公告", buyer="青禾市第一中学"),
    make_notice("办公家具"),
    make_notice("机房EMC整改", buyer="青禾市司法局", title="机房整改采购公告"),
    make_notice("机房EMC整改"),
    make_notice("参考品牌：戴尔"),
    make_notice("采购思科交换机", buyer="青禾市司法局"),
    make_notice("采购思科交换机"),
    make_notice("采购希捷硬盘"),
    make_notice("采购希捷硬盘", tag=Tag.AWARD),
]


@pytest.mark.parametrize(("worse", "better"), list(pairwise(RISING)))
def test_a_more_telling_notice_scores_higher(worse: Notice, better: Notice) -> None:
    assert 0 <= screen(worse).score < screen(better).score <= 1


def test_scores_keep_the_verdicts_apart() -> None:
    scores: dict[Verdict, list[float]] = {verdict: [] for verdict in Verdict}
    for notice in [*RISING, *(case[0] for case in VERDICTS)]:
        match = screen(notice)
        scores[match.verdict].append(match.score)
    assert max(scores[Verdict.NONE]) < min(scores[Verdict.REVIEW])
    assert max(scores[Verdict.REVIEW]) < min(scores[Verdict.ALERT])


def test_features_name_organ_and_the_best_hit_of_every_brand() -> None:
    match = screen(make_notice("参考品牌：戴尔", "采购戴尔服务器", "希捷硬盘"))
    assert [feature.name for feature in match.features] == ["organ", "product", "product"]
    assert "dell specified" in match.features[1].why


def test_quotes_stand_in_the_text_of_their_zone() -> None:
    text = (
        "一、采购需求：用于视频存储，须为希 捷\n监控级，容量8TB，数量200块，三年质保，含安装调试。"
    )
    (hit,) = screen(make_notice(text)).hits
    assert hit.quote.strip("…") in re.sub(r"\s+", " ", text)
    assert text[hit.start : hit.end] == "希 捷"


@pytest.mark.parametrize(
    ("before", "after", "quote"),
    [
        ("本项目不接受", "产品。", "本项目不接受希捷产品。"),
        ("一" * 70 + "；本项目不接受" + "二" * 20, "", "…本项目不接受" + "二" * 20 + "希捷"),
        # An enumeration keeps what is said before its first word.
        ("清单。不接受" + "某牌、" * 9, "等", "…不接受" + "某牌、" * 9 + "希捷等"),
        # Without the end of a clause in reach, a cut moves away from 不, 不予, 未, …
        ("一" * 9 + "不" + "二" * 60, "", "…不" + "二" * 60 + "希捷"),
        ("一" * 9 + "不予接" + "二" * 60, "", "…不予接" + "二" * 60 + "希捷"),
        ("", "一" * 58 + "不予" + "二" * 9, "希捷" + "一" * 58 + "不予" + "二" * 3 + "…"),
        # Words and numbers stay whole.
        ("一" * 9 + "ThinkPad" + "二" * 56, "", "…ThinkPad" + "二" * 56 + "希捷"),
        ("", "一" * 58 + "1,234.5元" + "二" * 9, "希捷" + "一" * 58 + "1,234.5…"),
        (
            "",
            "一" * 30 + "1,234元" + "二" * 9 + "，三",
            "希捷" + "一" * 30 + "1,234元" + "二" * 9 + "…",
        ),
        ("", "一" * 10 + "，" + "二" * 30 + "，三", "希捷" + "一" * 10 + "，" + "二" * 30 + "…"),
    ],
)
def test_a_quote_is_never_cut_to_mean_something_else(before: str, after: str, quote: str) -> None:
    (hit,) = screen(make_notice(f"{before}希捷{after}")).hits
    assert hit.quote == quote


BASE = make_notice(
    make_item("监控硬盘", "name"),
    make_item("希捷"),
    make_item("ST8000VX004", "model"),
    tag=Tag.AWARD,
)


def change_zone(place: int, text: str) -> Notice:
    zones = list(BASE.zones)
    zones[place] = dataclasses.replace(zones[place], text=text)
    return dataclasses.replace(BASE, zones=tuple(zones))


@pytest.mark.parametrize(
    "changed",
    [
        dataclasses.replace(BASE, buyer="青禾市公安局河东分局"),
        dataclasses.replace(BASE, buyer="青禾市第一中学"),
        dataclasses.replace(BASE, tag=Tag.TENDER),
        dataclasses.replace(BASE, tag=Tag.CANCELLATION),
        change_zone(2, "西部数据"),
        change_zone(2, "希捷、西部数据"),
        change_zone(2, "参考品牌：希捷"),
        change_zone(3, "ST6000VX001"),
        dataclasses.replace(BASE, zones=BASE.zones[:3]),
    ],
)
def test_the_fingerprint_changes_with_a_matched_field(changed: Notice) -> None:
    assert screen(changed).fingerprint != screen(BASE).fingerprint


@pytest.mark.parametrize(
    "changed",
    [
        dataclasses.replace(BASE, title="青禾市公安局硬盘采购成交公告（更新）"),
        dataclasses.replace(BASE, published_at=None),
        dataclasses.replace(BASE, project_number="QH-2024-1"),
        dataclasses.replace(BASE, buyer="青禾市 公安局"),
        dataclasses.replace(BASE, zones=(*BASE.zones, make_zone("质保三年"))),
        dataclasses.replace(BASE, zones=tuple(reversed(BASE.zones))),
        change_zone(1, "硬盘"),
        change_zone(2, "希 捷"),
        change_zone(2, "希捷（原装）"),
        change_zone(3, "ＳＴ８０００ＶＸ００４"),
        change_zone(3, "st8000vx004"),
    ],
)
def test_the_fingerprint_stays_while_no_matched_field_changes(changed: Notice) -> None:
    assert screen(changed).fingerprint == screen(BASE).fingerprint


TRADITIONAL = {simple: hant for hant, simple in read_traditional().items()}
CHINESE = re.compile(r"(?<=[\u4e00-\u9fff])(?=[\u4e00-\u9fff])")


def widen(text: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


def write_traditional(text: str) -> str:
    return "".join(TRADITIONAL.get(c, c) for c in text)


def space_out(text: str) -> str:
    return CHINESE.sub(" ", text)


SPELLINGS: dict[str, Callable[[str], str]] = {
    "full width": widen,
    "traditional": write_traditional,
    "spaced": space_out,
    "ideographic spaces": lambda text: CHINESE.sub("\u3000", text),
    "invisible": lambda text: CHINESE.sub("\u200b", text),
    "upper case": str.upper,
    "lower case": str.lower,
}


def respell(notice: Notice, spell: Callable[[str], str]) -> Notice:
    zones = tuple(dataclasses.replace(zone, text=spell(zone.text)) for zone in notice.zones)
    return dataclasses.replace(notice, buyer=spell(notice.buyer), zones=zones)


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("notice", [case[0] for case in VERDICTS])
def test_another_spelling_leaves_the_verdict(notice: Notice, spelling: str) -> None:
    plain, other = screen(notice), screen(respell(notice, SPELLINGS[spelling]))
    assert (other.verdict, other.reason, other.score) == (plain.verdict, plain.reason, plain.score)
    assert [(hit.entry, hit.stance) for hit in other.hits] == [
        (hit.entry, hit.stance) for hit in plain.hits
    ]


PIECES = st.lists(
    st.sampled_from(
        "采购 希捷 硬盘 戴尔 服务器 赛默飞 DNA 试剂 ST8000VX004 Intel i5-9500 不低于 参考品牌 "
        "或同等 兼容 不接受 维保 现有 有限公司 思科 交换机 EMC 西部数据 中心 ， 。 ； ：".split()
    ),
    max_size=14,
).map("".join)


@given(PIECES, st.sampled_from(list(SPELLINGS)), st.sampled_from(list(Tag)))
@settings(max_examples=150, deadline=None)
def test_no_spelling_of_any_sentence_changes_the_verdict(
    text: str, spelling: str, tag: Tag
) -> None:
    notice = make_notice(text, tag=tag)
    plain, other = screen(notice), screen(respell(notice, SPELLINGS[spelling]))
    assert (other.verdict, other.reason) == (plain.verdict, plain.reason)
    assert {hit.entry for hit in other.hits} == {hit.entry for hit in plain.hits}


@given(PIECES | st.text(max_size=60))
@settings(max_examples=100, deadline=None)
def test_screening_is_deterministic_and_quotes_what_it_read(text: str) -> None:
    notice = make_notice(text)
    match = screen(notice)
    assert match == screen(notice)
    for hit in match.hits:
        folded = normalize(text[hit.start : hit.end]).text
        assert folded
        assert hit.quote.strip("…") in re.sub(r"\s+", " ", text)
