"""Folding for matching: the same word in every spelling, and the way back to the original."""

from __future__ import annotations

import unicodedata
from itertools import chain

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from monitor.text.normalize import (
    fold_character,
    fold_name,
    normalize,
    read_traditional,
)

TRICKY = st.text(
    alphabet=st.one_of(
        st.sampled_from(
            "希捷磁碟機 \t\u00a0\u3000\n\r\u200b\u00ad\ufeff\ufe0f®™©㎡…㋀ﬁßİǰ´か゛゙ﾞが한ᄀㅏᅡ"
        ),
        st.sampled_from(
            "Ee\u0301\u0323\u0345IS１Ａａ（），：ΣςΐᾈꭰᎠ\u2f00\u2e80\U0001d15e\U000e0100"
        ),
        st.characters(),
    ),
    max_size=40,
)
SETTINGS = settings(max_examples=150, deadline=None)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("ＷＤ－１０ＥＺＥＸ", "wd-10ezex"),
        ("賽默飛世爾", "赛默飞世尔"),
        ("希 捷", "希捷"),
        ("希\u3000\u00a0捷", "希捷"),
        ("希\u200b \ufeff捷", "希捷"),
        ("希捷  ST4000\t\u3000NM", "希捷 st4000 nm"),
        ("品牌： 希捷", "品牌: 希捷"),
        ("Intel® Xeon™ E5", "intel xeon e5"),
        ("Thermo\u00adFisher", "thermofisher"),
        ("30㎡", "30m2"),
        ("甲\r\n乙\r丙\u2028丁\n", "甲\n乙\n丙\n丁\n"),
        ("甲 \n 乙", "甲 \n 乙"),
        ("が か\u3099 ｶﾞ", "ががガ"),
        ("Straße STRASSE", "strasse strasse"),
        ("E\u0301 \u00c9", "\u00e9 \u00e9"),
        ("五㋀ 六", "五1月六"),
        ("", ""),
    ],
)
def test_a_text_folds_to_the_form_that_aliases_are_matched_in(text: str, folded: str) -> None:
    assert normalize(text).text == folded


@pytest.mark.parametrize(
    ("text", "word", "quote"),
    [
        ("品牌：希 捷（Seagate）", "希捷", "希 捷"),
        ("品牌：ＷＤ®", "wd", "ＷＤ"),
        ("\ufeff賽默飛", "赛默飞", "賽默飛"),
        ("30㎡机房", "m2机", "㎡机"),
        ("Cafe\u0301 X", "\u00e9", "e\u0301"),
        ("a\r\n\r\nb思科", "思科", "思科"),
        ("x…y\u200b\u200bZ", "yz", "y\u200b\u200bZ"),
    ],
)
def test_a_word_found_in_the_folded_text_is_quoted_from_the_original(
    text: str, word: str, quote: str
) -> None:
    folded = normalize(text)
    at = folded.text.index(word)
    start, end = folded.span(at, at + len(word))
    assert text[start:end] == quote


@pytest.mark.parametrize("span", [(-1, 1), (2, 1), (0, 4)])
def test_a_span_outside_the_text_is_refused(span: tuple[int, int]) -> None:
    with pytest.raises(IndexError):
        normalize("abc").span(*span)


@SETTINGS
@given(TRICKY)
@example("希\u200b \u0301捷")
@example("\u1fee\u0300")
def test_folding_a_folded_text_changes_nothing(text: str) -> None:
    once = normalize(text).text
    assert normalize(once).text == once


@SETTINGS
@given(TRICKY)
def test_every_folded_character_comes_from_a_range_that_folds_to_it(text: str) -> None:
    folded = normalize(text)
    last = 0
    for at, character in enumerate(folded.text):
        start, end = folded.span(at, at + 1)
        assert last <= start < end <= len(text)
        assert character in normalize(text[start:end]).text
        last = start


@SETTINGS
@given(TRICKY)
def test_only_dropped_characters_stay_outside_the_whole_span(text: str) -> None:
    folded = normalize(text)
    start, end = folded.span(0, len(folded.text))
    outside = text[:start] + text[end:] if folded.text else text
    assert normalize(outside).text == ""


@SETTINGS
@given(TRICKY, st.data())
def test_a_span_reaches_from_its_first_character_to_its_last(
    text: str, data: st.DataObject
) -> None:
    folded = normalize(text)
    start = data.draw(st.integers(0, len(folded.text)))
    end = data.draw(st.integers(start, len(folded.text)))
    origin = folded.span(start, end)
    if start == end:
        assert origin[0] == origin[1]
    else:
        assert origin == (folded.span(start, start + 1)[0], folded.span(end - 1, end)[1])


@SETTINGS
@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=30))
def test_composed_and_decomposed_spellings_fold_alike(text: str) -> None:
    composed = unicodedata.normalize("NFC", text)
    decomposed = unicodedata.normalize("NFD", text)
    assert normalize(composed).text == normalize(decomposed).text


WIDE = {c: chr(ord(c) + 0xFEE0) for c in map(chr, range(0x21, 0x7F))}
TRADITIONAL = read_traditional()
SIMPLIFIED = {s: t for t, s in TRADITIONAL.items()}


@SETTINGS
@given(
    st.text(alphabet=st.sampled_from("公安局采购惠普飞硬盘数据WD-10hp()3"), max_size=20),
    st.lists(st.sampled_from(["", " ", "\u3000", "\u200b", "\u00a0 "]), min_size=20, max_size=20),
)
def test_wide_traditional_and_spaced_variants_fold_alike(text: str, gaps: list[str]) -> None:
    wide = "".join(WIDE.get(c, c) for c in text)
    traditional = "".join(SIMPLIFIED.get(c, c) for c in text)
    spaced = ""
    for character, gap in zip(text, gaps, strict=False):
        both_hanzi = bool(spaced) and spaced[-1] > "\u4e00" and character > "\u4e00"
        spaced += (gap if both_hanzi else "") + character
    assert normalize(wide).text == normalize(text).text
    assert normalize(traditional).text == normalize(text).text
    assert normalize(spaced).text == normalize(text).text


def test_no_character_of_unicode_folds_otherwise_than_the_tables_say() -> None:
    planes = (range(0xD800), range(0xE000, 0x20000), range(0x2F000, 0x30000))
    for character in map(chr, chain(*planes)):
        if not unicodedata.combining(character) and not character.isspace():
            folded = fold_character(character, TRADITIONAL)
            assert normalize(character).text in (folded, "")


def test_the_table_of_traditional_characters_is_one_to_one() -> None:
    assert len(TRADITIONAL) > 3000
    assert all(len(t) == len(s) == 1 and t != s for t, s in TRADITIONAL.items())


def test_a_text_of_very_many_folding_characters_folds_like_each_of_them() -> None:
    text = "".join(TRADITIONAL)
    assert normalize(text).text == "".join(normalize(c).text for c in text)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("某市公安局（本级）", "某市公安局(本级)"),
        ("某市 公安局\n本级", "某市公安局本级"),
        ("ACME 〔北京〕 Ltd", "acme(北京)ltd"),
        ("臺灣 Ａ", "台湾a"),
    ],
)
def test_two_spellings_of_a_name_compare_equal(one: str, other: str) -> None:
    assert fold_name(one) == fold_name(other)
