"""The messages: what stands in which order, whole alerts, digests and self-alerts."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from monitor.alerting.render import (
    COPY_LINE,
    SAMPLE_LINE,
    render_alert,
    render_digest,
    render_self,
    render_terminal,
)
from monitor.models import Item, Match, Message, Reason, Verdict
from tests.alerting.samples import HIT, MATCH, MENTION, NOTICE, make_content


def list_labels(message: Message) -> list[str]:
    return re.findall(r"^([A-Z][a-z]+(?: lists)?):", message.body, re.MULTILINE)


def test_an_alert_tells_in_this_order() -> None:
    message = render_alert(make_content())
    assert list_labels(message) == [
        "What", "Items", "Notice", "Buyer", "Sanctions lists", "Supplier", "Value", "Published",
        "Stage", "Project", "Why", "Link", "Evidence", "Alert", "More", "English",
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


def test_a_changed_match_says_what_changed() -> None:
    content = make_content(reason=Reason.MATCH_CHANGED, changed=("items", "value"))
    line = "Changed:   items, value (this notice was told before)\n"
    assert render_alert(content).body.startswith(line)
    assert f"\n   {line}" in render_digest([content], "x").body
    assert "Changed:" not in render_alert(make_content()).body


def test_the_other_places_of_a_notice_stand_under_its_link() -> None:
    content = make_content()
    own = {"source": "yunling", "url": content["url"]}
    there = {"source": "ccgp", "url": "https://www.example.org/t1_2.htm"}
    assert "Also at" not in render_alert(content).body
    assert "Also at" not in render_alert({**content, "links": [own]}).body
    body = render_alert({**content, "links": [own, there]}).body
    link = f"Link:      {content['url']}\nAlso at:   https://www.example.org/t1_2.htm (ccgp)\n"
    assert link in body
    old = {name: value for name, value in content.items() if name != "links"}
    assert render_alert(old).body == render_alert(content).body


def test_other_places_are_few_and_safe() -> None:
    places = [{"source": f"s{n}", "url": f"https://example.org/{n}"} for n in range(8)]
    hostile = {"source": "<@everyone> evil.com", "url": "javascript:alert(1)"}
    body = render_alert(make_content() | {"links": [*places, hostile]}).body
    assert body.count("https://example.org/") == 5
    assert "           and 4 more places\n" in body
    assert "javascript:" not in body
    shown = make_content() | {"links": [{**hostile, "url": "https://example.org/1"}]}
    assert "(＜＠everyone＞ evil .com)" in render_alert(shown).body


def test_a_digest_says_what_it_knows_and_no_more() -> None:
    full = render_digest([make_content()], "x").body
    assert (
        "   Supplier: ‹Yunling› City ‹Yuanzhi› Trading Co., Ltd. (云岭市远志商贸有限公司)"
        " · Value: CNY 569,800 · Published: 2026-11-20 17:52 (China time, +08:00)\n"
    ) in full
    bare = replace(NOTICE, suppliers=(), value=None, published_at=None)
    body = render_digest([make_content(bare)], "x").body
    assert not re.search("Supplier|Value|Published", body)
    assert " · " not in body


@pytest.mark.parametrize(
    ("url", "said"),
    [("", "no address known"), ("javascript:alert(1)", "no address that is safe to open")],
)
def test_a_digest_says_why_a_notice_has_no_link(url: str, said: str) -> None:
    body = render_digest([make_content(replace(NOTICE, url=url))], "x").body
    assert f"\n   {said}\n" in body


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
