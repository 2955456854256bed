"""The lines of an alert: every field in words, in English first."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from monitor.alerting.render import render_alert, render_digest
from monitor.models import Feature, Item, Reason, Stance, Tag, Verdict
from tests.alerting.samples import HIT, MATCH, NOTICE, make_content


def test_what_could_not_be_checked_is_never_told_as_no() -> None:
    why = "'DNA' is a telling purchase and its items stand elsewhere"
    match = replace(
        MATCH,
        verdict=Verdict.REVIEW,
        reason=Reason.NOT_CHECKABLE,
        hits=(replace(HIT, stance=Stance.EXCLUDED),),
        features=(Feature("not checkable", 0.1, why),),
    )
    content = make_content(replace(NOTICE, items=()), match, reason=Reason.NOT_CHECKABLE)
    message = render_alert(content)
    unchecked = "items could not be checked (telling purchase: DNA)"
    assert message.subject.startswith(f"[REVIEW] {unchecked} – ")
    assert f"What:      {unchecked}\n" in message.body
    assert f"1. [REVIEW] {unchecked} – " in render_digest([content], "x").body
    assert "not checked does not mean no" in message.body


def test_every_brand_has_its_heading_and_quotes() -> None:
    seagate = [replace(HIT, field=f"items[{n}].brand") for n in range(5)]
    others = [replace(HIT, entry=f"brand{n}") for n in range(8)]
    two = render_alert(make_content(match=replace(MATCH, hits=(*seagate, others[0])))).body
    assert two.startswith(
        "What:      Seagate Technology – supplied: named in the award or contract\n"
        "             「希捷」 in the brand of item 1\n"
        "             「希捷」 in the brand of item 2\n"
        "             「希捷」 in the brand of item 3\n"
        "           brand0 – supplied: named in the award or contract\n"
        "             「希捷」 in the brand of item 2\n"
        "           and 2 more places\n"
    )
    many = render_alert(make_content(match=replace(MATCH, hits=tuple(others)))).body
    assert all(f"brand{n} – supplied" in many for n in range(8))
    assert many.count("「希捷」") == 6


def test_a_single_rest_is_not_told_in_the_plural() -> None:
    hits = tuple(replace(HIT, field=f"items[{n}].brand") for n in range(4))
    notice = replace(NOTICE, items=NOTICE.items * 3)
    body = render_alert(make_content(notice, replace(MATCH, hits=hits))).body
    assert "and 1 more place\n" in body
    assert "and 1 more item\n" in body


def test_items_keep_the_numbers_by_which_hits_name_them() -> None:
    items = (*NOTICE.items, Item("硬盘", "希捷", "", 80.0, ""))
    hits = (replace(HIT, field="items[2].brand"),)
    body = render_alert(make_content(replace(NOTICE, items=items), replace(MATCH, hits=hits))).body
    assert "in the brand of item 3\n" in body
    assert "Items:     3. Hard disk (硬盘), brand Seagate Technology (希捷), quantity 80\n" in body


def test_what_does_not_count_is_told_apart_from_what_was_found() -> None:
    dell = replace(HIT, entry="dell", stance=Stance.EXCLUDED, why="after '不接受'")
    feature = Feature("product", 0.0, "dell excluded in body (strong alias): after '不接受'")
    match = replace(MATCH, hits=(dell, HIT), features=(*MATCH.features, feature))
    message = render_alert(make_content(match=match))
    assert "dell" not in message.subject
    assert "           not counted: dell (excluded: after '不接受')\n" in message.body
    assert message.body.count("dell") == 1


def test_no_code_of_the_program_is_shown_for_a_stage() -> None:
    feature = Feature(
        "product",
        0.5,
        "seagate specified in body (strong alias): named in the tenderAmendment's item",
    )
    notice = replace(NOTICE, tag=Tag.TENDER_AMENDMENT)
    content = make_content(notice, replace(MATCH, features=(feature,)))
    message = render_alert(content)
    assert message.subject.endswith(" – correction")
    why = "Seagate Technology specified in the text: named in the correction's item"
    assert f"product: {why}\n" in message.body.replace(" (strong alias)", "")
    assert "tenderAmendment" not in message.body + render_digest([content], "x").body


@pytest.mark.parametrize(
    ("tag", "label"),
    [
        (Tag.PLANNING, "Budget"),
        (Tag.TENDER, "Budget"),
        (Tag.TENDER_AMENDMENT, "Budget"),
        (Tag.AWARD, "Value"),
        (Tag.CONTRACT, "Value"),
        (None, "Value"),
    ],
)
def test_before_an_award_money_is_a_budget(tag: Tag | None, label: str) -> None:
    content = make_content(replace(NOTICE, tag=tag))
    assert (
        f"\n{label + ':':<11}CNY 569,800 – printed as 「￥56.98万元」 (万: 10,000)\n"
        in render_alert(content).body
    )
    assert f" · {label}: CNY 569,800 · " in render_digest([content], "x").body


def test_lists_are_told_by_the_day_of_the_notice() -> None:
    content = make_content()
    line = content["buyer"]["standing"]
    body = render_alert(content).body
    assert line.startswith("Not on the lists known here on the day of the notice")
    assert f"\nSanctions lists: {line}; the day is 2026-11-20\n" in body
    listed = ["BIS Entity List 2019-10-09", "Some List 2020-01-01 (verify)"]
    told = {**content, "buyer": {**content["buyer"], "listed": listed}}
    known = "BIS Entity List 2019-10-09; Some List 2020-01-01 (recalled, verify)"
    assert f" · Sanctions lists: {known}\n" in render_digest([told], "x").body
    line = "Listed on the day of the notice: Some List since 2020-01-01 (recalled, verify)"
    told["buyer"]["standing"] = line
    assert f"\nSanctions lists: {line}; the day is 2026-11-20\n" in render_alert(told).body


def test_reasons_are_in_words() -> None:
    body = render_alert(make_content()).body
    assert "           a security organ (Public Security Bureau), named as the buyer\n" in body
    name = "Yunling City Public Security Bureau"
    assert f"Why:       organ: {name} (named as the buyer) is a security organ\n" in body
    assert "confidence score: 0.95 of 1\n" in body
    assert not re.search(r"psb|\bcore\b", body)


def test_a_bare_notice_is_told_without_guessing() -> None:
    notice = replace(
        NOTICE, tag=None, published_at=None, value=None, suppliers=(), project_number="", items=()
    )
    message = render_alert(make_content(notice))
    assert message.subject.endswith("– stage not known")
    assert "Published: not stated" in message.body
    assert "Value:     not stated, or not readable" in message.body
    assert "Supplier:  not named" in message.body
    assert "Stage:     not known" in message.body


@pytest.mark.parametrize("stance", list(Stance))
def test_every_stance_has_its_words(stance: Stance) -> None:
    match = replace(MATCH, hits=(replace(HIT, stance=stance),))
    body = render_alert(make_content(match=match)).body
    found = f"What:      Seagate Technology – {stance}: " in body
    assert found != (f"not counted: Seagate Technology ({stance}: " in body)


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ("end user", "a security organ, named as the end user"),
        ("title", "a security organ, named in the title"),
        ("a lot", "a security organ, named in: a lot"),
    ],
)
def test_the_place_that_names_the_buyer_is_in_words(where: str, words: str) -> None:
    organ = replace(MATCH.organ, where=where, agency="gone") if MATCH.organ else None
    body = render_alert(make_content(match=replace(MATCH, organ=organ))).body
    assert f"           {words}\n" in body


def test_suppliers_agents_and_makers_are_in_english_beside_the_chinese() -> None:
    items = (Item("硬盘", "宇视", "500人份/盒", 2.0, "块"), Item("交换机", "/", "无"))
    notice = replace(NOTICE, procuring_entity="云岭市虚构招标代理有限公司", items=items)
    body = render_alert(make_content(notice)).body
    firm = "‹Yunling› City ‹Yuanzhi› Trading Co., Ltd. (云岭市远志商贸有限公司)"
    agent = "‹Yunling› City ‹Xugou› Tendering Agency Co., Ltd. (云岭市虚构招标代理有限公司)"
    assert f"Supplier:  {firm}\nAgent:     {agent}\n" in body
    assert "brand Uniview (宇视), model 500 tests per box (500人份/盒), 2 pieces (块)" in body
    assert "2. Switch (交换机)\n" in body


def test_a_short_quotation_has_its_english() -> None:
    hit = replace(HIT, field="table", quote="希捷监控级硬盘")
    body = render_alert(make_content(match=replace(MATCH, hits=(hit,)))).body
    english = "Seagate Technology surveillance-grade hard disk"
    assert f"  「希捷监控级硬盘」 ({english}) in a table\n" in body
    unknown = replace(hit, quote="希捷魑魅魍魉", field="名称")
    body = render_alert(make_content(match=replace(MATCH, hits=(unknown,)))).body
    assert "  「希捷魑魅魍魉」 in Name (名称)\n" in body


def test_what_belongs_to_a_brand_stands_in_brackets() -> None:
    content = make_content(brand_name="Acme, with Emca")
    assert render_alert(content).subject.startswith("[ALERT] Acme (with Emca) – ")
    both = {**content, "products": ["Acme (with Emca)", "Beta, Gamma and Delta"]}
    assert "Acme (with Emca); Beta, Gamma and Delta – " in render_alert(both).subject


def test_the_last_line_says_what_kind_of_english_it_is() -> None:
    body = render_alert(make_content()).body
    assert "English:   by glossary and rules; the Chinese decides." in body
    assert ("by its sound (pinyin)" in body) is ("‹" in body.split("English:")[0])
    plain = make_content(replace(NOTICE, suppliers=(), title="硬盘采购公告"))
    assert "pinyin" not in render_alert(plain).body


def test_the_word_for_which_an_unread_notice_is_told_is_in_english() -> None:
    feature = Feature("not checkable", 0.1, "'手机取证' is a telling purchase")
    match = replace(MATCH, hits=(), features=(feature,), verdict=Verdict.REVIEW)
    subject = render_alert(make_content(match=match)).subject
    assert "telling purchase: Phone forensics (手机取证)" in subject
