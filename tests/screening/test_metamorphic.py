"""The whole way from bytes to verdict: what must leave it, for every brand and structure."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.models import Match, Stance, Verdict
from monitor.text.normalize import fold_name
from tests.kit.examples import try_examples
from tests.screening.pages import (
    AWARDS,
    FRAMED,
    GRIDS,
    TEMPLATES,
    Layout,
    Page,
    Purchase,
    Word,
    add_item,
    buy_plain,
    buy_word,
    change_around,
    list_buyers,
    list_words,
    screen_bytes,
)
from tests.screening.respellings import (
    CHANGES,
    DECLARED,
    ENCODINGS,
    change_text,
    declare_charset,
)

WORDS = st.sampled_from(list_words())
SEEDS = st.integers(0, 2**32)
ORDERS = st.sampled_from(list(permutations(range(6))))


def sum_up(match: Match) -> tuple[object, ...]:
    """Return what no rewriting may change: verdict, organ, and what is done with which brand."""
    organ = match.organ
    named = (organ.agency, organ.severity, fold_name(organ.name)) if organ else None
    return match.verdict, named, {(hit.entry, hit.stance) for hit in match.hits}


def assert_same(changed: Page, page: Page) -> None:
    assert sum_up(changed.screen()) == sum_up(page.screen())


@pytest.mark.parametrize("word", list_words(), ids=lambda word: f"{word.entry} {word.text}")
def test_every_watched_word_alerts(word: Word) -> None:
    # The templates take turns; the campaign below tries each with each.
    name = list(TEMPLATES)[list_words().index(word) % len(TEMPLATES)]
    assert_bought(word, name)


@given(WORDS, st.sampled_from(list(TEMPLATES)))
@try_examples(50)
def test_every_watched_word_alerts_in_every_structure(word: Word, name: str) -> None:
    assert_bought(word, name)


def assert_bought(word: Word, name: str) -> None:
    match = TEMPLATES[name](buy_word(word)).screen()
    stance = Stance.SUPPLIED if name in AWARDS else Stance.SPECIFIED
    assert match.verdict is Verdict.ALERT
    assert (word.entry, stance) in {(hit.entry, hit.stance) for hit in match.hits}
    assert match.organ is not None
    assert match.organ.name == "青禾市公安局"


@pytest.mark.parametrize("name", TEMPLATES)
def test_the_same_purchase_of_another_make_is_none(name: str) -> None:
    match = TEMPLATES[name](buy_plain("硬盘")).screen()
    assert (match.verdict, match.hits) == (Verdict.NONE, ())


@pytest.mark.parametrize("buyer", list_buyers())
def test_every_organ_is_a_buyer(buyer: str) -> None:
    for name in ("ccgp", "contract", "feed"):
        match = TEMPLATES[name](replace(buy_word(list_words()[0]), buyer=buyer)).screen()
        assert match.organ is not None
        assert (match.verdict, match.organ.name) == (Verdict.ALERT, buyer)


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("name", TEMPLATES)
def test_another_spelling_of_a_page_leaves_the_verdict(name: str, change: str) -> None:
    page = TEMPLATES[name](buy_word(Word("seagate", "希捷", "硬盘")))
    assert_same(change_text(page, CHANGES[change], 1), page)


@given(WORDS, st.sampled_from(list(TEMPLATES)), st.sampled_from(list(CHANGES)), SEEDS)
@try_examples(80)
def test_no_spelling_of_any_page_changes_the_verdict(
    word: Word, name: str, change: str, seed: int
) -> None:
    page = TEMPLATES[name](buy_word(word))
    assert_same(change_text(page, CHANGES[change], seed), page)


@given(WORDS, st.sampled_from(list(TEMPLATES)), st.sampled_from(["blanks", "spans"]), SEEDS)
@try_examples(30)
def test_spellings_add_up(word: Word, name: str, change: str, seed: int) -> None:
    page = TEMPLATES[name](buy_word(word))
    changed = change_text(page, CHANGES["traditional"], seed)
    changed = change_text(changed, CHANGES["full width"], seed)
    assert_same(change_text(changed, CHANGES[change], seed), page)


ELSEWHERE = Purchase((("DNA试剂", "详见附件", "详见附件"),))
# Other verdicts than an alert, and what each hangs on: the words that another spelling may hide.
BASES: dict[str, tuple[Purchase, Verdict]] = {
    "items elsewhere": (ELSEWHERE, Verdict.REVIEW),
    "reference": (change_around(buy_plain("硬盘"), note="参考品牌：希捷"), Verdict.REVIEW),
    "minimum": (change_around(buy_plain("主机"), note="不低于英特尔酷睿i5"), Verdict.REVIEW),
    "compatible": (change_around(buy_plain("主机"), note="须兼容甲骨文数据库"), Verdict.NONE),
    "excluded": (change_around(buy_plain("硬盘"), note="不接受希捷品牌"), Verdict.NONE),
    "bidder": (change_around(buy_plain("硬盘"), bidder="青禾希捷科技有限公司"), Verdict.NONE),
    "supplier": (replace(buy_plain("硬盘"), supplier="青禾希捷商贸有限公司"), Verdict.NONE),
    "agent": (change_around(buy_plain("硬盘"), agent="青禾希捷招标代理有限公司"), Verdict.NONE),
    "fee": (change_around(buy_plain("硬盘"), note="代理服务费：由希捷支付"), Verdict.NONE),
    "media": (change_around(buy_plain("硬盘"), note="公告媒体：希捷网"), Verdict.NONE),
    "contact": (change_around(buy_plain("硬盘"), contact="希捷〇"), Verdict.NONE),
    "manager": (change_around(buy_plain("硬盘"), note="项目经理：希捷〇"), Verdict.NONE),
    "neighbour": (change_around(buy_plain("硬盘"), note="下一篇：希捷硬盘采购公告"), Verdict.NONE),
    "false friend": (
        change_around(buy_plain("会议桌"), note="优惠普及，西部数据中心"),
        Verdict.NONE,
    ),
    "no organ": (replace(buy_word(list_words()[0]), buyer="公安县人民医院"), Verdict.NONE),
    "organ as agent": (
        replace(change_around(buy_word(list_words()[0]), agent="青禾市公安局"), buyer="青禾大学"),
        Verdict.NONE,
    ),
}


@pytest.mark.parametrize("change", ["", *CHANGES])
@pytest.mark.parametrize("base", BASES)
def test_no_spelling_hides_what_a_verdict_hangs_on(base: str, change: str) -> None:
    purchase, verdict = BASES[base]
    for name in ("ccgp", "lots", "word"):
        page = TEMPLATES[name](purchase)
        shown = change_text(page, CHANGES[change], 1) if change else page
        assert (name, shown.screen().verdict) == (name, verdict)


TITLES = (
    "青禾市公安局河东分局硬盘采购项目中标公告",
    "关于武警青禾支队硬盘采购的中标公告",
    "青禾建联招标代理有限公司关于青禾监狱硬盘采购项目中标公告",
)


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("title", TITLES)
def test_no_spelling_hides_a_buyer_that_only_the_title_names(title: str, change: str) -> None:
    page = Page("<p>供应商名称：青禾诚信商贸有限公司</p><p>采购希捷硬盘2块</p>", title)
    assert_same(change_text(page, CHANGES[change], 1), page)


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("declared", DECLARED)
@pytest.mark.parametrize("name", TEMPLATES)
def test_another_encoding_leaves_the_verdict(name: str, declared: str, encoding: str) -> None:
    page = TEMPLATES[name](buy_word(Word("thermo_fisher", "赛默飞", "遗传分析仪")))
    shown = declare_charset(page, declared)
    assert sum_up(shown.screen(encoding)) == sum_up(page.screen())


@given(WORDS, st.sampled_from(list(TEMPLATES)), st.sampled_from(ENCODINGS))
@try_examples(30)
def test_the_same_bytes_give_the_same_match(word: Word, name: str, encoding: str) -> None:
    page = TEMPLATES[name](buy_word(word))
    body, title = page.encode(encoding), "" if page.is_json else page.title
    assert screen_bytes(body, title) == screen_bytes(body, title)


LAYOUTS = st.builds(
    Layout,
    order=ORDERS,
    turned=st.booleans(),
    parted=st.booleans(),
    neutral=st.booleans(),
    reversed_rows=st.booleans(),
    copies=st.integers(1, 3),
    wraps=st.integers(0, 3),
)
CHANGED_LAYOUTS = {
    "columns": Layout(order=(5, 3, 0, 4, 2, 1)),
    "rows": Layout(reversed_rows=True),
    "turned": Layout(turned=True),
    "parted": Layout(parted=True),
    "neutral column": Layout(neutral=True),
    "copied": Layout(copies=3),
    "wrapped": Layout(wraps=3),
}


@pytest.mark.parametrize("layout", CHANGED_LAYOUTS)
@pytest.mark.parametrize("name", GRIDS)
def test_another_layout_of_the_items_leaves_the_verdict(name: str, layout: str) -> None:
    purchase = add_item(buy_word(Word("seagate", "希捷", "硬盘")))
    changed = replace(purchase, layout=CHANGED_LAYOUTS[layout])
    assert_same(TEMPLATES[name](changed), TEMPLATES[name](purchase))


@given(WORDS, st.sampled_from(GRIDS), LAYOUTS, st.booleans())
@try_examples(60)
def test_no_layout_of_the_items_changes_the_verdict(
    word: Word, name: str, layout: Layout, more: bool
) -> None:
    purchase = add_item(buy_word(word)) if more else buy_word(word)
    changed = replace(purchase, layout=layout)
    assert_same(TEMPLATES[name](changed), TEMPLATES[name](purchase))


@given(WORDS, st.sampled_from(list(TEMPLATES)))
@try_examples(30)
def test_an_unrelated_item_leaves_the_verdict(word: Word, name: str) -> None:
    purchase = buy_word(word)
    assert_same(TEMPLATES[name](add_item(purchase)), TEMPLATES[name](purchase))


POLICIES = (
    "监狱企业、残疾人福利性单位视同小型、微型企业",
    "供应商须提供公安部检测报告，进口产品须通过中国海关报关验放",
    "对本公告有异议的，可向青禾市公安局、青禾市财政局投诉",
)


@given(WORDS, WORDS, st.sampled_from(FRAMED), st.sampled_from(POLICIES))
@try_examples(40)
def test_chrome_and_policy_leave_the_verdict(
    word: Word, other: Word, name: str, policy: str
) -> None:
    for purchase in (buy_word(word), buy_plain(word.noun)):
        noisy = change_around(
            purchase,
            note=policy,
            side=f"青禾市公安局河东分局{other.text}采购项目中标公告",
            footer=f"技术支持：{other.text}　青禾市公安局监制",
            script=f"var name='{other.text}', buyer='采购人：青禾监狱';",
            comment=f"品牌：{other.text} 采购人：青禾监狱",
        )
        assert_same(TEMPLATES[name](noisy), TEMPLATES[name](purchase))


def fail_purchase(purchase: Purchase) -> Purchase:
    return replace(purchase, kind="废标公告")


@given(WORDS, st.sampled_from(list(AWARDS)))
@try_examples(40)
def test_a_failed_purchase_is_a_review(word: Word, name: str) -> None:
    match = AWARDS[name](fail_purchase(buy_word(word))).screen()
    assert match.verdict is Verdict.REVIEW
    assert match.organ is not None


@pytest.mark.parametrize("clause", ["须兼容{}产品", "支持与{}设备对接", "适配{}"])
@given(WORDS, st.sampled_from(["ccgp", "lots", "word", "contract", "tender"]), st.integers(1, 3))
@try_examples(15)
def test_what_it_must_work_with_is_none_however_often_said(
    clause: str, word: Word, name: str, times: int
) -> None:
    note = "，".join([clause.format(word.text)] * times) + "。"
    match = TEMPLATES[name](change_around(buy_plain(word.noun), note=note)).screen()
    assert match.verdict is Verdict.NONE
