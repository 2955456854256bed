"""Telephone numbers, mailboxes, identity numbers and names go; the numbers of goods stay."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.text.privacy import is_identity, mask_private


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("电话：13800138000", "电话：[telephone]"),
        ("手机 138-0013-8000 张", "手机 [telephone] 张"),
        ("请拨138 0013 8000。", "请拨[telephone]。"),
        ("+8613800138000", "[telephone]"),
        ("+86 138 0013 8000", "[telephone]"),
        ("１３８００１３８０００", "[telephone]"),
        ("0871-63123456", "[telephone]"),
        ("（0871）63123456", "[telephone]"),
        ("(010) 88886666转8012", "[telephone]"),
        ("021-5888666-12", "[telephone]"),
        ("0996-2024123", "[telephone]"),
        ("02388886666", "[telephone]"),
        ("400-810-0000", "[telephone]"),
        ("8008100000", "[telephone]"),
        ("联系电话: 63123456", "联系电话: [telephone]"),
        ("传真：0871－63123456－801", "传真：[telephone]"),
        ("Tel: +1 (650) 555-0100", "Tel: +1 (650) 555-0100"),
        ("邮箱 a.b+c@mail.example.cn", "邮箱 [e-mail]"),
        ("邮箱：ab＠example．cn", "邮箱：[e-mail]"),
        ("ab @ example.cn", "[e-mail]"),
        ("ＡＢ＠ＥＸ．ＣＮ", "[e-mail]"),
        ("身份证号11010519491231002X", "身份证号[ID number]"),
        ("身份证号11010519491231002x。", "身份证号[ID number]。"),
        ("联系人：张〇〇，", "联系人：[name]，"),
        ("项目联系人:李 〇", "项目联系人:李 〇"),
        ("评审专家名单：王〇、赵〇〇、钱〇〇。", "评审专家名单：[name]。"),
        ("采购人代表：孙〇〇", "采购人代表：[name]"),
    ],
)
def test_what_identifies_a_person_is_masked(text: str, masked: str) -> None:
    assert mask_private(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "希捷 ST8000NM000A-2KE101",
        "项目编号：13800138000",
        "采购编号 0871-63123456",
        "型号：4008100000",
        "ZFCG2026-138001380001",
        "YLCG-2026-0117-13800138000",
        "650000202506130012",
        "HPE P40424-B21",
        "N9K-C93180YC-FX",
        "E5-2680 v4 @ 2.4GHz",
        "预算 13800138000000 元",
        "2026-11-20 17:52",
        "1380013800",
        "0733-246712345678",
        "https://example.cn/20260113/13800138000/index.html",
        "11010519491231002X1",
        "联系人：云岭市公安局警务保障处",
        "3.5英寸 8TB 7200转 SATA",
        "",
    ],
)
def test_numbers_of_goods_and_projects_stay(text: str) -> None:
    assert mask_private(text) == text


@pytest.mark.parametrize(
    ("number", "valid"),
    [
        ("11010519491231002X", True),
        ("11010519491231002x", True),
        ("１１０１０５１９４９１２３１００２Ｘ", True),
        ("110105194912310021", False),
        ("110105194913310020", False),
        ("110105000012310020", False),
    ],
)
def test_an_identity_number_has_a_birthday_and_a_check_digit(number: str, valid: bool) -> None:
    assert is_identity(number) is valid


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=80), st.text(max_size=80))
def test_masking_twice_changes_nothing_more(before: str, after: str) -> None:
    once = mask_private(f"{before}，13800138000，a@example.cn，{after}")
    assert "13800138000" not in once
    assert "a@example.cn" not in once
    assert mask_private(once) == once
