"""What a reader sees: every field, in order, in English first, and nothing that bites."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.alerting.defuse import LINK_LIMIT, defuse, make_link, quote_text
from monitor.alerting.render import (
    COPY_LINE,
    SAMPLE_LINE,
    render_alert,
    render_digest,
    render_self,
    render_terminal,
)
from monitor.models import Feature, Item, Match, Message, Reason, Stance, Tag, Value, Verdict
from tests.alerting.samples import HIT, MATCH, MENTION, NOTICE, make_content

LINK = NOTICE.url
HOSTILE = [
    "@everyone 希捷",
    "@here 希捷",
    "＠everyone@channel",
    "<@123456789012345678> 希捷",
    "<@&1234> <@!99>",
    "<!channel> <!here> <!subteam^S1>",
    "<#C0123> <@U0123|boss>",
    "@room @user:matrix.example.org",
    "@telegram_name 你好",
    "[官网](http://evil.example)",
    "[a]( http://evil.example )",
    "![图](https://evil.example/x.png)",
    "[1]: http://evil.example 'x'",
    "[官网][1]",
    "<a href='http://evil.example'>官网</a>",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "http://evil.example/x",
    "HTTPS://EVIL.example",
    "http:\\\\evil.example",
    "见www.evil.example。",
    "evil.com/登录",
    "evil.example:8080/path?x=1",
    "例子.中国",
    "ftp://evil.example tg://resolve?domain=x",
    "javascript:alert(1)",
    "data:text/html;base64,AAAA",
    "mailto:boss@evil.example",
    "tel:+8613800138000",
    "`rm -rf` ```code```",
    "**粗** *斜* ~~删~~ ||藏|| __下__",
    "line one\r\nSubject: forged\r\n\r\nbody",
    "一行\u2028二行\u2029三行\u0085四行\x0b五行\x0c六行",
    "\x1b[31mred\x1b[0m \x1b]8;;http://evil.example\x1b\\link\x1b]8;;\x1b\\",
    "\x9b2J\x90q\x9c \x1bc",
    "\u202egnp.exe\u202c \u2066abc\u2069 \u061c\u200f",
    "希\u200b捷\u200d\ufeff \u2060 \u00ad公\u180e安",
    "tag\U000e0041\U000e0042\U000e007f",
    "\u3164\u2800\uffa0\u115f空",
    "Z" + "\u0310" * 50 + "algo",
    "\x00\x07\x08\x7fbell",
    "」 Link:      https://evil.example/ 「",
    "」\nLink:      https://evil.example/\n「",
    "=HYPERLINK(\"http://evil.example\")",
    "\ud800 lone surrogate",
    "希" * 5000,
    "{title} %s %(x)s {0.__class__}",
]  # fmt: skip


def make_hostile(text: str) -> dict[str, Any]:
    """Return the content of an alert whose every text of the notice is the same hostile one."""
    notice = replace(
        NOTICE,
        title=text,
        buyer=text,
        suppliers=(text,) * 3,
        project_number=text,
        value=Value(1.0, text),
        items=(Item(text, text, text, 1.0, text, 1.0),) * 2,
    )
    organ = replace(MATCH.organ, name=text, name_en=text, where=text) if MATCH.organ else None
    features = tuple(replace(feature, why=text) for feature in MATCH.features)
    hits = (replace(HIT, quote=text, field=text), replace(MENTION, quote=text))
    return make_content(notice, replace(MATCH, organ=organ, features=features, hits=hits))


def list_dangers(text: str) -> list[str]:
    """Return what of a message could ping, link, format or hide something."""
    shown = text.replace(LINK, "")
    dangers = [
        char
        for char in shown
        if (unicodedata.category(char)[0] == "C" and char != "\n") or char in "\u3164\u2800\uffa0"
    ]
    patterns = (
        r"@\S*", r"<[^ ]", r"://", r":\\\\", r"\bwww\.", r"`", r"\*", r"\]\(", r"\]\[", r"~~",
        r"\|\|", r"__", r"(?i)\b(?:javascript|data|mailto|tel):\S", r"\w\.[A-Za-z]{2}",
        r"\w\.中国", r"[\u0300-\u036f]{3}", r"(?m)^\[[^\]\n]*\]:",
    )  # fmt: skip
    for pattern in patterns:
        dangers += re.findall(pattern, shown)
    return dangers


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_stays_text_wherever_it_stands(text: str) -> None:
    content = make_hostile(text)
    for message in (
        render_alert(content),
        render_alert({**content, "verdict": "review"}, second_copy=True),
        render_digest([content, content], text),
    ):
        assert list_dangers(message.subject + "\n" + message.body) == []
        assert "\n" not in message.subject
        assert len(message.subject) <= 170
        assert max(map(len, message.body.splitlines())) < 800
        links = re.findall(r"https?://\S+", message.body)
        assert set(links) <= {LINK}


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_in_a_self_alert_is_text_or_a_plain_address(text: str) -> None:
    message = render_self({"subject": text, "body": text})
    links = re.findall(r"https?://[^\s)]+", message.body)
    assert all(make_link(link) == link for link in links)
    assert list_dangers(re.sub(r"https?://[^\s)]+", "", message.body)) == []
    assert list_dangers(message.subject) == []


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        (
            "List: http://a.example/list?p=1, then wait",
            "List: http://a.example/list?p=1, then wait",
        ),
        ("见http://a.example/x。下一步", "见 http://a.example/x 。下一步"),
        ("(https://a.example:8443/x).", "( https://a.example:8443/x)."),
        ("at http://[::1]:8765/n now", "at http://[::1]:8765/n now"),
        ("to http://boss@a.example/@all", "to http://a.example/%40all"),
        ("http://a.example/ @all www.bb.example", "http://a.example/ ＠all www .bb .example"),
        ("http://a..b/ is wrong", "http : //a..b/ is wrong"),
        ("http://a.example/" + "x" * 400, "http : //a .example/" + "x" * 379 + "…"),
    ],
)
def test_addresses_in_a_self_alert_stay_whole(line: str, shown: str) -> None:
    assert render_self({"subject": "s", "body": line}).body == shown + "\n"


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_adds_no_line(text: str) -> None:
    plain, hostile = render_alert(make_hostile("甲")), render_alert(make_hostile(text))
    assert abs(len(hostile.body.splitlines()) - len(plain.body.splitlines())) <= 2
    labels = re.findall(r"^([A-Z][a-z]+):", hostile.body, re.MULTILINE)
    assert len(labels) == len(set(labels))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("库尔勒市公安局", "库尔勒市公安局"),
        ("ThinkPad X1 3.5英寸 v2.0", "ThinkPad X1 3.5英寸 v2.0"),
        ("希捷 ST8000NM000A/8TB", "希捷 ST8000NM000A/8TB"),
        ("E5-2680 v4≥2颗（含）", "E5-2680 v4≥2颗（含）"),
        ("项目[2026]001号", "项目[2026]001号"),
        ("@everyone", "＠everyone"),
        ("<!channel>", "＜!channel＞"),
        ("http://evil.example", "http : //evil .example"),
        ("www.evil.example", "www .evil .example"),
        ("[官网](x)", "[官网] (x)"),
        ("甲\r\n乙\t丙", "甲 乙 丙"),
        ("\x1b[1;31m希捷\x1b[0m", "希捷"),
        ("希\u200b捷", "希捷"),
        ("2*16GB", "2＊16GB"),
    ],
)
def test_defused_text_stays_readable(text: str, shown: str) -> None:
    assert defuse(text) == shown


def test_long_values_end_in_an_ellipsis() -> None:
    assert defuse("希" * 300) == "希" * 199 + "…"
    assert quote_text("希" * 300) == "「" + "希" * 219 + "…」"


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=300))
def test_defusing_twice_changes_nothing(text: str) -> None:
    once = defuse(text, 10_000)
    assert defuse(once, 10_000) == once
    assert list_dangers(once) == []


@pytest.mark.parametrize(
    ("url", "link"),
    [
        (LINK, LINK),
        ("http://example.cn:8080/a", "http://example.cn:8080/a"),
        ("http://example.cn", "http://example.cn/"),
        ("http://公安.中国/公告", "http://xn--55q79v.xn--fiqs8s/%E5%85%AC%E5%91%8A"),
        ("http://gоv.cn/", "http://xn--gv-fmc.cn/"),
        ("http://gov.cn@evil.example/", "http://evil.example/"),
        ("http://example.cn/a b<c>\"'()[]", "http://example.cn/a%20b%3Cc%3E%22%27%28%29%5B%5D"),
        ("http://example.cn/@everyone?q=@here#<!channel>",
         "http://example.cn/%40everyone?q=%40here#%3C!channel%3E"),
        ("http://example.cn/%e4%b8", "http://example.cn/%e4%b8"),
        ("http://example.cn/100%", "http://example.cn/100%25"),
        ("http://example.cn/#/detail?id=7", "http://example.cn/#/detail?id=7"),
        ("http://[::1]:8765/n", "http://[::1]:8765/n"),
        ("HTTP://EXAMPLE.cn/A", "http://example.cn/A"),
        ("javascript:alert(1)", ""),
        ("file:///etc/passwd", ""),
        ("//example.cn/x", ""),
        ("http://", ""),
        ("http://exa mple.cn/", ""),
        ("http://example.cn:99999/", ""),
        ("http://[::1", ""),
        ("http://a..b/", ""),
        ("http://example.cn/" + "x" * LINK_LIMIT, ""),
    ],
)  # fmt: skip
def test_a_link_is_plain_http_in_ascii_or_not_there(url: str, link: str) -> None:
    assert make_link(url) == link


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=60))
def test_every_link_is_ascii_without_blanks(tail: str) -> None:
    for link in (make_link(f"http://example.cn/{tail}"), make_link(f"http://{tail}")):
        assert re.fullmatch(r"(https?://[!-;=?-~]+)?", link)
        assert not re.search(r"[@<>\"'()`*{}|\\^]", link)


def test_an_address_that_is_unsafe_is_shown_but_not_as_a_link() -> None:
    body = render_alert(make_content(replace(NOTICE, url="javascript:alert(1)"))).body
    assert "Link:      none that is safe: javascript : alert(1)" in body


def list_labels(message: Message) -> list[str]:
    return re.findall(r"^([A-Z][a-z]+(?: lists)?):", message.body, re.MULTILINE)


def test_an_alert_tells_in_this_order() -> None:
    message = render_alert(make_content())
    assert list_labels(message) == [
        "What", "Items", "Notice", "Buyer", "Sanctions lists", "Supplier", "Value", "Published",
        "Stage", "Project", "Why", "Link", "Evidence", "Alert", "More",
    ]  # fmt: skip
    assert message.alert_ids == ("a1b2c3d4",)
    subject = "[ALERT] Seagate Technology – Yunling City Public Security Bureau – award"
    assert message.subject == subject


def test_a_full_alert_fits_on_a_screen() -> None:
    hits = tuple(replace(HIT, field=f"items[{n}].brand") for n in range(30))
    items = tuple(Item(f"硬盘{n}", "希捷", "ST1", 1.0, "块", 1.0) for n in range(30))
    features = MATCH.features * 10
    notice = replace(NOTICE, items=items, suppliers=("甲公司",) * 30)
    content = make_content(notice, replace(MATCH, hits=hits, features=features), sample=True)
    message = render_alert(content, second_copy=True)
    assert len(message.body.splitlines()) <= 45
    assert "and 27 more places" in message.body
    assert "and 25 more items" in message.body


def test_a_review_says_that_it_is_one_and_why() -> None:
    match = replace(MATCH, verdict=Verdict.REVIEW, reason=Reason.UNPROVEN_MENTION, hits=(MENTION,))
    message = render_alert(make_content(match=match, reason=Reason.UNPROVEN_MENTION))
    assert message.subject.startswith("[REVIEW] Seagate Technology – ")
    assert "mentions the product without proving that it is bought" in message.body
    assert "reference: one of several brands named as examples" in message.body


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


def test_a_changed_match_says_what_changed() -> None:
    content = make_content(reason=Reason.MATCH_CHANGED, changed=("items", "value"))
    line = "Changed:   items, value (this notice was told before)\n"
    assert render_alert(content).body.startswith(line)
    assert f"\n   {line}" in render_digest([content], "x").body
    assert "Changed:" not in render_alert(make_content()).body


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
    assert "Items:     3. Hard disk (硬盘), brand 希捷, quantity 80\n           1. " in body


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
        f"\n{label + ':':<11}CNY 569,800 – printed as 「￥56.98万元」\n"
        in render_alert(content).body
    )
    assert f" · {label}: CNY 569,800 · " in render_digest([content], "x").body


def test_a_digest_says_what_it_knows_and_no_more() -> None:
    full = render_digest([make_content()], "x").body
    assert (
        "   Supplier: 云岭市远志商贸有限公司 · Value: CNY 569,800"
        " · Published: 2026-11-20 17:52 (China time, +08:00)\n"
    ) in full.replace(
        "Yunling City 远志商贸有限公司 (云岭市远志商贸有限公司)", "云岭市远志商贸有限公司"
    )
    bare = replace(NOTICE, suppliers=(), value=None, published_at=None)
    body = render_digest([make_content(bare)], "x").body
    assert not re.search("Supplier|Value|Published", body)
    assert " · " not in body


def test_lists_are_named_with_their_day() -> None:
    content = make_content()
    assert "\nSanctions lists: none known on 2026-11-20\n" in render_alert(content).body
    listed = ["BIS Entity List 2019-10-09", "Some List 2020-01-01 (verify)"]
    buyer = {**content["buyer"], "listed": listed}
    known = "BIS Entity List 2019-10-09; Some List 2020-01-01 (recalled, verify)"
    told = {**content, "buyer": buyer}
    assert f"\nSanctions lists: {known} on 2026-11-20\n" in render_alert(told).body
    assert f" · Sanctions lists: {known}\n" in render_digest([told], "x").body


def test_reasons_are_in_words() -> None:
    body = render_alert(make_content()).body
    assert "           a security organ, named as: buyer\n" in body
    name = "Yunling City Public Security Bureau"
    assert f"Why:       organ: {name} (buyer) is a security organ\n" in body
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


def test_a_sample_is_marked_at_both_ends() -> None:
    content = make_content(sample=True)
    for message in (render_alert(content), render_digest([content], "First look")):
        lines = message.body.splitlines()
        assert message.subject.startswith("[SAMPLE] [")
        assert lines[0] == lines[-1] == SAMPLE_LINE
    own = render_self({"subject": "s", "body": "b", "sample": True})
    assert own.subject == "[SAMPLE] [MONITOR] s"


def test_a_second_copy_says_so_before_all_else() -> None:
    content = make_content()
    for message in (
        render_alert(content, second_copy=True),
        render_digest([content], "x", second_copy=True),
        render_self({"subject": "s", "body": "b"}, second_copy=True),
    ):
        assert message.body.startswith(COPY_LINE)


def test_a_digest_counts_and_puts_alerts_before_reviews() -> None:
    review: Match = replace(MATCH, verdict=Verdict.REVIEW, hits=(MENTION,))
    contents = [
        make_content(match=review, alert_id="r1"),
        make_content(alert_id="a1"),
        make_content(alert_id="a2"),
    ]
    message = render_digest(contents, "First look at yunling")
    lines = message.body.splitlines()
    assert message.subject == "[DIGEST] First look at yunling – 2 alerts, 1 review"
    assert lines[:2] == ["First look at yunling", "2 alerts, 1 review"]
    assert message.alert_ids == ("a1", "a2", "r1")
    starts = [line[:12] for line in lines if re.match(r"\d+\. ", line)]
    assert starts == ["1. [ALERT] S", "2. [ALERT] S", "3. [REVIEW] "]


def test_a_long_digest_still_names_every_notice() -> None:
    contents = [make_content(alert_id=f"id{n:03}") for n in range(200)]
    message = render_digest(contents, "Backfill")
    assert all(f"id{n:03}" in message.body for n in range(200))
    assert len(message.body.splitlines()) < 450


def test_a_self_alert_keeps_its_lines() -> None:
    content = {"subject": "Source x is late", "body": "Cause: a\nAdvice: b", "alert_id": "s1"}
    message = render_self(content)
    assert message.subject == "[MONITOR] Source x is late"
    assert message.body == "Cause: a\nAdvice: b\n\nAlert:     s1\n"
    assert message.alert_ids == ("s1",)


def test_a_terminal_gets_colour_codes_only_when_asked() -> None:
    message = render_alert(make_content())
    assert "\x1b" not in render_terminal(message)
    assert render_terminal(message, colour=True).startswith("┌─ \x1b[1m[ALERT]")


@pytest.mark.parametrize("stance", list(Stance))
def test_every_stance_has_its_words(stance: Stance) -> None:
    match = replace(MATCH, hits=(replace(HIT, stance=stance),))
    body = render_alert(make_content(match=match)).body
    found = f"What:      Seagate Technology – {stance}: " in body
    assert found != (f"not counted: Seagate Technology ({stance}: " in body)
