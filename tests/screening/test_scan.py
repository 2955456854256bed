"""What the watchlists find in a text, where, and in which spellings."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.models import Strength
from monitor.screening.entries import Aliases, Brand, Product, fold_text
from monitor.screening.scan import MOST_HITS, Found, Scanner, read_heads
from tests.screening.samples import load_screener, make_zone


def scan_text(text: str) -> list[Found]:
    return load_screener().scanner.scan_zone(make_zone(text))


def name_strong(text: str) -> set[str]:
    return {found.brand.id for found in scan_text(text) if found.strength is not Strength.WEAK}


def cut_originals(text: str) -> list[str]:
    return [text[slice(*found.original)] for found in scan_text(text)]


@pytest.mark.parametrize(
    ("text", "brand", "words"),
    [
        ("采购戴尔DELL电脑40台", "dell", ["戴尔", "DELL"]),
        ("ST8000VX004硬盘", "seagate", ["ST8000VX004"]),
        ("共60块ST8000VX004监控盘", "seagate", ["ST8000VX004"]),
        ("型号：WD60EJRX（6TB）", "western_digital", ["WD60EJRX"]),
        ("3500xL型", "thermo_fisher", ["3500xL"]),
        ("核心交换机Cisco9300", "cisco", ["Cisco9300"]),
    ],
)
def test_a_latin_word_ends_where_chinese_begins(text: str, brand: str, words: list[str]) -> None:
    found = scan_text(text)
    assert {one.brand.id for one in found} == {brand}
    assert cut_originals(text) == words


@pytest.mark.parametrize(
    "text",
    [
        "网站采用php开发",
        "https://portal.example/index.php",
        "流水号13500XL",
        "TEST8000VX004",
        "modell 200",
        "insider intelligence",
        "DWDM波分设备与WDR路由器",
        "San Francisco",
        "PHP LaserJets",
        "cascade级联",
        "型号E5480",
    ],
)
def test_a_latin_word_inside_another_is_no_hit(text: str) -> None:
    assert not name_strong(text)


@pytest.mark.parametrize(
    "text",
    [
        "西部数据中心机房改造",
        "西部数据湖项目",
        "高通量测序服务",
        "混凝土养护至强度达到设计值",
        "推动智慧与平安社区共建",
        "民生优惠普及活动",
        "龙华三期工程",
        "城区热电厂与热电偶",
        "甲骨文主题文化墙与商代甲骨文拓片",
        "光辉达到顶点",
        "1.5T特斯拉磁共振",
        "机房EMC测试与EMC认证",
        "屏蔽线（IBM 1型，150W）",
        "万马奔腾浮雕",
        "广西数字政府",
        "蓝思科技股份有限公司",
        "优先采用热电联产供暖",
        "2000 HP柴油发电机组",
        "除湿机WD-DP802B",
        "电饭煲NS-10C（WD）",
        "华为S5735-L24T4X交换机",
        "摩托罗拉（Motorola）数字无绳电话机",
        "摄像机包EX280",
    ],
)
def test_a_hit_inside_an_excluded_context_is_cancelled(text: str) -> None:
    assert not scan_text(text)


def test_an_excluded_context_cancels_only_what_lies_inside_it() -> None:
    text = "西部数据中心采购西部数据硬盘"
    (found,) = scan_text(text)
    assert found.original == (8, 12)


@pytest.mark.parametrize(
    ("text", "brand", "words"),
    [
        ("ＳＴ８０００ＶＸ００４", "seagate", "ＳＴ８０００ＶＸ００４"),
        ("Ｄｅｌｌ服务器", "dell", "Ｄｅｌｌ"),
        ("賽默飛試劑", "thermo_fisher", "賽默飛"),
        ("希 捷 8TB", "seagate", "希 捷"),
        ("西部\u3000数据硬盘", "western_digital", "西部\u3000数据"),
        ("西部\u200b数据硬盘", "western_digital", "西部\u200b数据"),
        ("GlobalFiler™试剂盒", "thermo_fisher", "GlobalFiler"),
        ("SEAGATE 8TB", "seagate", "SEAGATE"),
    ],
)
def test_every_spelling_leads_back_to_its_own_text(text: str, brand: str, words: str) -> None:
    (found,) = [one for one in scan_text(text) if one.strength is Strength.STRONG]
    assert found.brand.id == brand
    assert text[slice(*found.original)] == words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("希捷科技监控盘", ["希捷科技"]),
        ("西部数据公司硬盘", ["西部数据公司"]),
        ("希捷酷鹰8T", ["希捷", "酷鹰"]),
        ("Dell EMC存储", ["Dell EMC"]),
        ("赛默飞世尔科技3500xL遗传分析仪", ["赛默飞世尔科技", "3500xL"]),
    ],
)
def test_of_overlapping_hits_of_a_brand_the_most_telling_stays(text: str, words: list[str]) -> None:
    assert cut_originals(text) == words


def make_brand(name: str, *strong: str, weak: tuple[str, ...] = ()) -> Brand:
    aliases = Aliases(strong=strong, weak=weak)
    return Brand(id=name, name=name, country="US", category=("storage",), aliases=aliases)


def test_two_brands_may_hit_the_same_place() -> None:
    scanner = Scanner([make_brand("one", "蓝盾石"), make_brand("two", "盾石")])
    found = scanner.scan_zone(make_zone("蓝盾石硬盘"))
    assert [(one.brand.id, one.original) for one in found] == [("one", (0, 3)), ("two", (1, 3))]


def test_a_strong_word_outranks_a_longer_weak_one() -> None:
    scanner = Scanner([make_brand("one", "盾石", weak=("盾石存储",))])
    (found,) = scanner.scan_zone(make_zone("盾石存储"))
    assert found.strength is Strength.STRONG


def test_a_line_full_of_one_brand_gives_no_more_hits_than_tell() -> None:
    found = scan_text("希捷" * 20_000 + "戴尔")
    assert Counter(one.brand.id for one in found) == {"seagate": MOST_HITS, "dell": 1}


def test_a_line_full_of_excluded_contexts_hides_no_hit_behind_them() -> None:
    (found,) = scan_text("西部数据中心" * 20_000 + "西部数据硬盘")
    assert found.original == (120_000, 120_004)


WORDS = st.sampled_from(
    [
        "希捷",
        "Dell",
        "ST8000VX004",
        "西部数据",
        "高通量",
        "中心",
        "。",
        " ",
        "\u3000",
        "采购",
        "ＷＤ",
        "a1",
    ]
)


@given(st.lists(WORDS | st.text(max_size=4), max_size=12).map("".join))
@settings(max_examples=150, deadline=None)
def test_offsets_of_any_text_stand_on_the_words_found(text: str) -> None:
    for found in scan_text(text):
        start, end = found.original
        assert 0 <= start < end <= len(text)
        assert found.text.text[found.start : found.end] in fold_text(text[start:end])


@pytest.mark.parametrize(
    "pattern", ["ab[0-9]", "^ab[0-9]", "ab[0-9]$", "ab[0-9](?!.)", r"\Aab[0-9]\Z"]
)
def test_zones_scanned_together_find_what_each_alone_does(pattern: str) -> None:
    product = Product(what="part", pattern=pattern, strength=Strength.STRONG, seen=("ab1",))
    brand = Brand(id="maker", name="Maker", category=("storage",), products=(product,))
    scanner = Scanner([brand])
    zones = [make_zone(text) for text in ("x", "ab1", "cd", "a", "b2", "ab3 and more", "ab4")]
    together = scanner.scan_zones(zones)
    assert together == [scanner.scan_zone(zone) for zone in zones]
    assert any(together)


@pytest.mark.parametrize(
    ("pattern", "heads"),
    [
        ("ab[0-9]", ("ab",)),
        (r"(?<![a-z])ST(?:500|[1-9]000)", ("st",)),
        ("(?:Xeon|至强)[0-9]", ("xeon", "至强")),
        ("ab?c", ("a",)),
        ("(?:ab|c?d)x", ()),
        ("(?:ab|cd)?x", ()),
        ("ab|cd", ()),
        ("x(?:a|b)|c", ()),
        ("[ab]c", ()),
        (r"\dab", ()),
        ("(?:|a)b", ()),
    ],
)
def test_a_head_is_told_only_where_every_match_begins_with_it(
    pattern: str, heads: tuple[str, ...]
) -> None:
    assert read_heads(pattern) == heads


def test_the_numbers_shipped_with_each_pattern_begin_with_its_heads() -> None:
    for brand in load_screener().watchlists.brands:
        for product in brand.products:
            heads = read_heads(product.pattern)
            assert not heads or all(
                any(head in fold_text(seen) for head in heads) for seen in product.seen
            )
