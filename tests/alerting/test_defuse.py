"""Nothing that a notice says bites: it pings nobody, links nowhere and hides nothing."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.alerting.defuse import LINK_LIMIT, defuse, make_link, quote_text
from monitor.alerting.render import render_alert, render_digest, render_self
from monitor.models import Item, Value
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
    "matrix:r/room:example.org slack:open irc:x",
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
        r"\|\|", r"__", r"\w\.[A-Za-z]{2}", r"\w\.中国", r"[\u0300-\u036f]{3}",
        r"(?i)\b(?:https?|javascript|data|mailto|tel|matrix|slack|irc):\S",
        r"(?m)^\[[^\]\n]*\]:",
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
