"""Sums and quantities in the forms that notices print."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from monitor.text.money import MAX_QUANTITY, MAX_YUAN, read_money, read_quantity

SETTINGS = settings(max_examples=150, deadline=None)


@pytest.mark.parametrize(
    ("text", "yuan"),
    [
        ("569800.00元", 569800),
        ("￥56.980000 万元（人民币）", 569800),
        ("￥56.980000万元（人民币）", 569800),
        ("¥1,234.50", 1234.5),
        ("￥.0265万元", 265),
        ("总价形式报价:569800.00(元)", 569800),
        ("75.00（万元）", 750000),
        ("预算金额（万元）：68", 680000),
        ("预算金额（元）：68万", 680000),
        ("63.9万", 639000),
        ("1.2亿元", 120000000),
        ("3亿5000万元", 350000000),
        ("3亿5000万", 350000000),
        ("2万3000元", 23000),
        ("5百万元", 5000000),
        ("3佰万元", 3000000),
        ("２３．５万元", 235000),
        ("７，６２０，６９９．９０元", 7620699.9),
        ("１２３．５０圓", 123.5),
        ("3,140.47元 人民币", 3140.47),
        ("RMB 12,000", 12000),
        ("人民币500元/份", 500),
        ("120619516.88元(/)", 120619516.88),
        ("7.62E7", 76200000),
        ("569800", 569800),
        ("成交金额：569800.00", 569800),
        ("1、预算金额：49.280646万元（含暂列金）", 492806.46),
        ("第1包 56.3万元；第2包 20万元", 563000),
        ("0元；最高限价 12万元", 120000),
        ("（可填写下浮率、折扣率或费率）：51.24万元", 512400),
        ("人民币陆拾叁万玖仟元整", 639000),
        ("大写：人民币壹佰贰拾叁万肆仟伍佰陆拾柒元捌角玖分", 1234567.89),
        ("叁仟零伍元零玖分", 3005.09),
        ("壹億貳仟萬圓整", 120000000),
        ("佰万元整", 1000000),
        ("拾万元", 100000),
        ("壹拾肆万玖仟元整（￥149,000.00）", 149000),
        ("人民币叁拾壹万壹仟贰佰贰拾元整（￥31.122万元）", 311220),
        ("小写：639000.00 元 大写：陆拾叁万玖仟元整", 639000),
        ("三十五万元", 350000),
        ("大写：叁拾伍万", 350000),
        ("60\n万元", 600000),
        ("1483160.00\r\n 元\r", 1483160),
        ("两千万元整", 20000000),
        ("10 万美元，折合人民币 71 万元", 710000),
    ],
)
def test_a_sum_is_read_in_yuan(text: str, yuan: float) -> None:
    value = read_money(text)
    assert value is not None
    assert (value.amount, value.currency, value.raw) == (yuan, "CNY", text.strip())


@pytest.mark.parametrize(
    ("text", "hint", "yuan"),
    [
        ("68", "万元", 680000),
        ("68", "预算金额（万元）", 680000),
        ("68.5", "单位：亿元", 6850000000),
        ("￥68", "万元", 680000),
        ("569800.00", "元", 569800),
        ("569800.00元", "万元", 569800),
        ("63.9万", "元", 639000),
        ("569800.00", "", 569800),
    ],
)
def test_the_unit_of_the_label_counts_where_the_number_has_none(
    text: str, hint: str, yuan: float
) -> None:
    value = read_money(text, hint)
    assert value is not None
    assert value.amount == yuan


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  ",
        "0元",
        "0元 人民币",
        "￥0.000000 万元（人民币）",
        "零元整",
        "..",
        "/",
        "-",
        "面议",
        "详见附件",
        "详见公告正文",
        "下浮率12%",
        "下浮率：12",
        "折扣率 85.5 %",
        "费率：0.80％",
        "450～500万元",
        "1750万—1900万元",
        "10万美元",
        "USD 5000",
        "US$5,000.00",
        "壹万美元整",
        "-500元",
        "2025-06-27",
        "13万平方米",
        "1,2,3元",
        "1.2.3元",
        "1 234 567元",
        "      佰   拾   万   仟   佰   拾   元   角   分",
        "万元",
        "元整",
        "二〇二五年",
        "GX2022-001",
        "无，采购需求：设备采购项目（二",
        "第二",
        "99999999999999999元",
    ],
)
def test_what_is_no_sum_of_yuan_is_none(text: str) -> None:
    assert read_money(text) is None


def test_a_foreign_unit_in_the_label_is_not_taken_for_yuan() -> None:
    assert read_money("5000", "报价（美元）") is None


def test_prose_after_a_sum_is_not_searched_and_never_cuts_one() -> None:
    value = read_money("预算 68万元。" + "说明" * 5000)
    assert value is not None
    assert value.amount == 680000
    for before in range(480, 505):
        value = read_money("述" * before + "￥1234567")
        assert value is None or value.amount == 1234567


def test_the_raw_text_is_kept_as_given() -> None:
    value = read_money(" ￥ 56.98　万元\n")
    assert value is not None
    assert value.raw == "￥ 56.98　万元"


MONEY_LIKE = st.text(
    alphabet="0123456789.,，．￥¥$%元万亿佰拾壹贰整角分（）():：- ~至人民币美eE①", max_size=25
)


@SETTINGS
@given(MONEY_LIKE | st.text(max_size=25), st.sampled_from(["", "元", "万元", "亿元", "%", "（"]))
@example("9e99元", "")
@example("1" * 400 + "元", "")
def test_any_text_gives_none_or_a_sum_in_range(text: str, hint: str) -> None:
    value = read_money(text, hint)
    assert value is None or 0 < value.amount <= MAX_YUAN


@SETTINGS
@given(
    st.integers(1, 10**11), st.sampled_from(["{}元", "￥{}", "¥{:,}.00", "人民币{:,}元整", "{}"])
)
def test_a_printed_sum_reads_back(yuan: int, form: str) -> None:
    value = read_money(form.format(yuan))
    assert value is not None
    assert value.amount == yuan


def spell(number: int) -> str:
    """Write a number below 10**12 in capital numerals, with 零 for gaps."""
    digits, tens = "零壹贰叁肆伍陆柒捌玖", ("仟", "佰", "拾", "")
    words = ""
    for section, name in ((number // 10**8, "亿"), (number // 10**4 % 10**4, "万"), (number, "")):
        part = ""
        for at, digit in enumerate(map(int, f"{section % 10**4:04d}")):
            part += digits[digit] + tens[at] if digit else "零"
        words += part.rstrip("零") + name if part != "零零零零" else "零"
    return words.strip("零").replace("零零", "零").replace("零零", "零")


@SETTINGS
@given(st.integers(1, 10**11))
@example(10**8)
@example(100_005_000)
def test_a_sum_in_capital_numerals_reads_back(yuan: int) -> None:
    value = read_money(spell(yuan) + "元整")
    assert value is not None
    assert value.amount == yuan


@pytest.mark.parametrize(
    ("text", "quantity", "unit"),
    [
        ("1.00（套）", 1.0, "套"),
        ("36块", 36.0, "块"),
        ("36 块", 36.0, "块"),
        ("一批", 1.0, "批"),
        ("两台", 2.0, "台"),
        ("壹拾贰套", 12.0, "套"),
        ("2", 2.0, ""),
        ("１，０００个", 1000.0, "个"),
        ("1台/套", 1.0, "台/套"),
        ("2台（套）", 2.0, "台"),
        ("30㎡", 30.0, "m2"),
        ("数量：5台", 5.0, "台"),
        ("", None, ""),
        ("0", None, ""),
        ("若干", None, ""),
        ("详见附件", None, ""),
        ("≥5台", None, ""),
        ("-3台", None, ""),
        ("Z840", None, ""),
        ("1T硬盘3块", None, ""),
    ],
)
def test_a_quantity_is_read_with_its_unit(text: str, quantity: float | None, unit: str) -> None:
    assert read_quantity(text) == (quantity, unit)


@SETTINGS
@given(
    st.text(alphabet="0123456789.,eE一二十百万批台套()（）/ 个", max_size=12) | st.text(max_size=12)
)
def test_any_text_gives_none_or_a_quantity_in_range(text: str) -> None:
    quantity, unit = read_quantity(text)
    assert (quantity is None and unit == "") or (
        quantity is not None and 0 < quantity <= MAX_QUANTITY
    )
