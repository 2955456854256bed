"""What names a product or an organ elsewhere than in items or as buyer proves nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.models import Verdict
from tests.kit.examples import try_examples
from tests.screening.pages import (
    AWARDS,
    CLOSED,
    FRAMED,
    TEMPLATES,
    Word,
    buy_plain,
    buy_word,
    change_around,
    list_buyers,
    list_words,
)

WORDS = st.sampled_from(list_words())
SEAGATE = Word("seagate", "希捷", "硬盘")
CHROME = {"side", "footer", "script", "comment"}

# Where a brand stands beside the items: the place, and what is written there.
PRODUCT_PLACES = (
    ("side", "{}采购项目"),
    ("side", "青禾市公安局{}设备中标公告"),
    ("footer", "友情链接：{}"),
    ("footer", "技术支持：{}"),
    ("script", "var brand = '{}';"),
    ("comment", "{}"),
    ("agent", "青禾{}招标代理有限公司"),
    ("agent", "{}"),
    ("agent_address", "青禾市{}大厦"),
    ("buyer_address", "青禾市{}路1号"),
    ("contact", "张〇 {}"),
    ("bidder", "青禾{}科技有限公司"),
)
# Where an organ stands while another body buys.
ORGAN_PLACES = (
    ("buyer_address", "{}"),
    ("buyer_address", "{}旁"),
    ("agent", "{}"),
    ("agent", "{}招标代理有限公司"),
    ("agent_address", "{}对面"),
    ("bidder", "{}"),
    ("bidder", "{}服务中心"),
    ("qualification", "投标人须持有{}颁发的许可证"),
    ("qualification", "曾为{}供货，并提供证明"),
    ("contact", "{}"),
    ("note", "本项目不面向{}"),
    ("note", "如有异议请向{}举报"),
    ("side", "{}服务器采购公告"),
    ("side", "采购人：{}"),
    ("footer", "{}监制"),
    ("footer", "采购人：{}"),
    ("script", "var buyer = '采购人：{}';"),
    ("comment", "采购人：{}"),
)
OTHERS = (
    "青禾市第一人民医院",
    "青禾市中级人民法院",
    "青禾市人民检察院",
    "青禾市第一中学",
    "青禾市消防救援支队",
    "国家税务总局青禾市税务局",
    "青禾大学",
    "公安县人民医院",
    "青禾市城市管理局",
)


def list_templates(place: str) -> tuple[str, ...]:
    """Return the templates that show the place."""
    if place in CHROME:
        return FRAMED
    return ("tender",) if place == "qualification" else ("lots",) if place == "bidder" else CLOSED


@pytest.mark.parametrize(("place", "form"), PRODUCT_PLACES)
def test_a_brand_beside_the_items_is_none(place: str, form: str) -> None:
    for name in list_templates(place):
        assert TEMPLATES[name](buy_word(SEAGATE)).screen().verdict is Verdict.ALERT
        moved = change_around(buy_plain("硬盘"), **{place: form.format("希捷")})
        assert TEMPLATES[name](moved).screen().verdict is Verdict.NONE


@given(WORDS, st.sampled_from(PRODUCT_PLACES), st.data())
@try_examples(60)
def test_no_brand_beside_the_items_is_told(
    word: Word, where: tuple[str, str], data: st.DataObject
) -> None:
    place, form = where
    name = data.draw(st.sampled_from(list_templates(place)))
    moved = change_around(buy_plain(word.noun), **{place: form.format(word.text)})
    assert TEMPLATES[name](moved).screen().verdict is Verdict.NONE


@pytest.mark.parametrize(("place", "form"), ORGAN_PLACES)
def test_an_organ_that_does_not_buy_is_none(place: str, form: str) -> None:
    for name in list_templates(place):
        bought = replace(buy_word(SEAGATE), buyer="青禾市第一中学")
        moved = change_around(bought, **{place: form.format("青禾市公安局")})
        match = TEMPLATES[name](moved).screen()
        assert (match.verdict, match.organ) == (Verdict.NONE, None)


@given(
    st.sampled_from(list_buyers()),
    st.sampled_from(OTHERS),
    st.sampled_from(ORGAN_PLACES),
    st.data(),
)
@try_examples(60)
def test_no_organ_that_does_not_buy_is_told(
    organ: str, buyer: str, where: tuple[str, str], data: st.DataObject
) -> None:
    place, form = where
    name = data.draw(st.sampled_from(list_templates(place)))
    moved = change_around(replace(buy_word(SEAGATE), buyer=buyer), **{place: form.format(organ)})
    match = TEMPLATES[name](moved).screen()
    assert (match.verdict, match.organ) == (Verdict.NONE, None)


@pytest.mark.parametrize("buyer", OTHERS)
@pytest.mark.parametrize("name", TEMPLATES)
def test_another_body_of_the_same_place_is_none(name: str, buyer: str) -> None:
    match = TEMPLATES[name](replace(buy_word(SEAGATE), buyer=buyer)).screen()
    assert (match.verdict, match.organ) == (Verdict.NONE, None)


@pytest.mark.parametrize("name", AWARDS)
def test_an_organ_that_sells_is_none(name: str) -> None:
    sold = replace(buy_word(SEAGATE), buyer="青禾市第一中学", supplier="青禾市公安局服务中心")
    assert AWARDS[name](sold).screen().verdict is Verdict.NONE


@pytest.mark.parametrize("name", AWARDS)
@given(WORDS)
@try_examples(6)
def test_a_brand_inside_the_suppliers_name_is_none(name: str, word: Word) -> None:
    sold = replace(buy_plain(word.noun), supplier=f"青禾{word.text}商贸有限公司")
    assert AWARDS[name](sold).screen().verdict is Verdict.NONE
