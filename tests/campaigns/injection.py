"""Hostile words of a notice in every field, sent through every kind of channel, read at the server.

What a service gets holds no active mention, no link but the notice's own, no raw tag and no
control character; a digest's table holds no formula.
"""

from __future__ import annotations

import csv
import html
import io
import json
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus

from monitor.alerting.deliver import AppriseSender
from monitor.alerting.enclosures import make_table
from monitor.alerting.render import render_alert, render_digest, render_self
from monitor.models import Document, Item, Message, Value
from tests.alerting.samples import HIT, MATCH, MENTION, NOTICE, make_content
from tests.alerting.services import SERVICES, Service
from tests.campaigns.outcome import Outcome
from tests.kit.servers import Reply, ServiceServer, SmtpServer

BAR = "60 injection strings x 8 channel kinds: 0 active mentions, 0 foreign links, 0 raw tags"
SHORT = 6
FULL = 1000
_LEAST_BITES = 0.7
HOST = "ggzy.example.cn"

STRINGS = (
    "@everyone 希捷", "@here", "@channel @all", "<@123456789012345678>", "<@&1234> <@!99>",
    "<!channel>", "<!here> <!subteam^S0000>", "<#C0123> <@U0123|boss>", "@room @user:example.org",
    "@**all** @_**boss|9**", "#**general>topic**", '<at user_id="all">所有人</at>',
    "<at id=all></at>", "<@all> <@userid>", "@所有人 @13800000000", '<at-user-id="all"/>',
    "[官网](http://evil.example)", "[官网]( <http://evil.example> )",
    "[官网][1]\n[1]: //evil.example",
    "![图](https://evil.example/x.png)", "<http://evil.example|官网>", "<https://evil.example>",
    '<a href="http://evil.example">官网</a>', "<a href=//evil.example>x</a>",
    "<img src=x onerror=alert(1)>", "<script>alert(1)</script>", "<b>粗</b><br/><!-- x -->",
    "</pre></div><iframe src=//evil.example>", "&lt;b&gt; &#60;script&#62; &amp;lt;",
    "http://evil.example/登录", "HTTPS://EVIL.example", "www.evil.example", "evil.example/x?y=1",
    "evil.example:8080", "http:\\\\evil.example", "//evil.example/x", "https://gɡzy.example.cn/",
    "https://ggzy.example.cn@evil.example/", "https://ggzy.example.cn.evil.example/",
    "javascript:alert(1)", "data:text/html;base64,AAAA", "mailto:boss@evil.example tel:+8600000000",
    "tg://resolve?domain=x slack://open matrix:r/x:evil.example", "ftp://evil.example",
    "\x1b[31mred\x1b[0m \x1b]8;;http://evil.example\x1b\\link\x1b]8;;\x1b\\", "\x9b2J\x1bc",
    "\x02bold\x02 \x0304,01red\x03 \x1f\x16\x0f", "\x01ACTION hits you\x01", "/me says /invite x",
    "\u202egnp.exe\u202c \u2066abc\u2069", "希\u200b捷\u200d\ufeff\u2060 \u00ad公\u180e安",
    "@\u200beveryone <\u200b!channel>", "\uff20everyone \ufe6bhere \uff1c!channel\uff1e",
    "Z" + "\u0310" * 50 + "algo", "\U000e0041\U000e007f\u3164\u2800",
    '=HYPERLINK("http://evil.example")',
    "+1+cmd|' /C calc'!A0", "-2+3", "@SUM(1+1)*cmd", "\t=1+1",
    "x\r\nBcc: boss@evil.example\r\n\r\nbody",
    "一行\u2028二行\u2029三行\u0085四行\x0b五行\x0c六行", "」\nLink:      https://evil.example/\n「",
    "**粗** __下__ ~~删~~ ||藏|| `code` ```x```", "> quote\n# head\n- item\n| a | b |",
    "{title} %s %(x)s ${x} {{x}}", "actions=view,x,https://evil.example", "\ud800\x00\x07\x7f",
    ":bell: &#x40;everyone &commat;here", "MarkdownV2 [x](tg://user?id=1)",
)  # fmt: skip
KINDS = (
    "slack",
    "discord",
    "tgram",
    "mmost",
    "wecombot",
    "dingtalk",
    "feishu",
    "zulip",
    "ntfy",
    "json",
)
MATRIX = Service(
    "matrix://watch:hunter2@HOST/!room:example.org",
    {"access_token": "a", "user_id": "@watch:example.org", "home_server": "example.org",
     "room_id": "!room:example.org", "event_id": "$1", "joined_rooms": []},
)  # fmt: skip
# The only fields of payloads that are no text of a message: what Apprise and the services set.
_FIXED = frozenset(
    "version type msgtype msg_type username icon_emoji icon_url avatar_url color ts footer topic "
    "to parse_mode chat_id tts wait format mrkdwn_in flags channel title_link".split()
)
_LINK = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:/{2}\S*|\bwww\.\S+")
_BARE_HOST = re.compile(r"[\w-]\.(?:example|com|net|org|cn|中国)\b(?!\.cn)", re.IGNORECASE)
_MENTION = re.compile(r"@\S|<[@!#]|<at\b|＜!channel>", re.IGNORECASE)
_TAG = re.compile(r"</?[A-Za-z!]")
_SCHEME = re.compile(r"\b(?:javascript|data|mailto|tel|tg|slack|matrix):\S", re.IGNORECASE)
_BOLD = re.compile(r"\A<b>([^<]*)</b>")
_MARKUP = re.compile(r"\*|~~|\|\||`")
_HEADING = re.compile(r"(?m)^\[[^\]\n]*\]:|\]\(")


def make_messages(text: str) -> Iterator[tuple[str, Message]]:
    """Yield an alert, a digest and a self-alert in which a hostile text stands everywhere."""
    notice = replace(
        NOTICE, title=text, buyer=text, suppliers=(text,) * 2, project_number=text,
        value=Value(1.0, text), items=(Item(text, text, text, 1.0, text, 1.0),) * 2,
        url=f"https://{HOST}/{text}", procuring_entity=text,
        documents=(Document(text, f"https://{HOST}/a", read=False, why=text),),
    )  # fmt: skip
    organ = replace(MATCH.organ, name=text, name_en=text, where=text) if MATCH.organ else None
    features = tuple(replace(feature, why=text) for feature in MATCH.features)
    hits = (replace(HIT, quote=text, field=text, place=text), replace(MENTION, quote=text))
    match = replace(MATCH, organ=organ, features=features, hits=hits)
    content = make_content(notice, match)
    yield "alert", render_alert(content)
    digest = render_digest([content] * 2, f"Summary of {text}")
    yield "digest", replace(digest, enclosures=(make_table([content], "campaign"),))
    yield "self-alert", render_self({"subject": text, "body": f"Cause: {_drop_links(text)}"})


def _drop_links(text: str) -> str:
    """Return a text without plain addresses: the program's own text may hold some."""
    return re.sub(r"(?i)https?:", "", text)


def find_dangers(text: str) -> list[str]:
    """Return what of a text could ping, link, mark up or hide something."""
    links = _LINK.findall(text)
    foreign = [link for link in links if not link.startswith(f"https://{HOST}/")]
    rest = _LINK.sub("", text)
    hidden = [
        f"U+{ord(char):04X}"
        for char in text
        if unicodedata.category(char)[0] == "C" and char not in "\n\r\t"
    ]
    found = [*foreign, *hidden]
    for pattern in (_MENTION, _TAG, _SCHEME, _HEADING, _MARKUP, _BARE_HOST):
        found += pattern.findall(rest)
    return found


def list_texts(value: Any, key: str = "") -> Iterator[str]:
    """Yield every text of a payload that a person will see."""
    if isinstance(value, str):
        if key not in _FIXED:
            yield value
    elif isinstance(value, dict):
        for name, one in value.items():
            yield from list_texts(one, str(name))
    elif isinstance(value, list):
        for one in value:
            yield from list_texts(one, key)


def read_payload(body: bytes) -> Any:
    """Return a request's body as plain values: JSON, or a form."""
    try:
        return json.loads(body)
    except ValueError:
        pairs = (pair.partition("=") for pair in body.decode().split("&"))
        return {name: unquote_plus(value) for name, _, value in pairs}


def find_formulas(message: Message) -> list[str]:
    """Return the cells of a message's table that a spreadsheet would run."""
    return [
        cell
        for enclosure in message.enclosures
        for row in csv.reader(io.StringIO(enclosure.body.decode("utf-8-sig")))
        for cell in row
        if cell.lstrip()[:1] in tuple("=+-@＝＋－＠\t")
    ]


def check_payload(kind: str, payload: Any) -> list[str]:
    """Return what is wrong with what a service got."""
    texts = list(list_texts(payload))
    if kind == "tgram" and payload["parse_mode"] == "HTML":
        # Apprise makes the subject bold; whatever else looks like a tag must be escaped.
        texts = [html.unescape(_BOLD.sub(r"\1", text, count=1)) for text in texts if _is_safe(text)]
        texts = texts or ["<raw text in HTML>"]
    dangers = [danger for text in texts for danger in find_dangers(text)]
    if kind == "slack" and '"mrkdwn": true' in json.dumps(payload):
        dangers.append("mrkdwn")
    return dangers


def _is_safe(text: str) -> bool:
    """Return whether a text in HTML holds no tag but that of its subject."""
    return "<" not in _BOLD.sub("", text, count=1)


def check_services(strings: tuple[str, ...]) -> Iterator[tuple[str, list[str]]]:
    """Yield each case by name with its dangers, for services that are spoken to over HTTP."""
    for kind in (*KINDS, "matrix"):
        service = MATRIX if kind == "matrix" else SERVICES[kind]
        with ServiceServer(Reply(body=service.good)) as server:
            sender = service.open(server.host)
            for number, text in enumerate(strings):
                for name, message in make_messages(text):
                    yield f"{kind} {number} {name}", _send(sender, server, kind, message)


def _send(sender: AppriseSender, server: ServiceServer, kind: str, message: Message) -> list[str]:
    server.calls.clear()
    sender.send(replace(message, enclosures=() if kind == "json" else message.enclosures))
    got = [call for call in server.calls if call.body]
    if not got:
        return ["nothing arrived"]
    dangers = find_formulas(message)
    for call in got:
        payload = read_payload(call.body)
        if kind == "matrix" and "body" not in payload:
            continue  # to log in and to join is no message
        dangers += check_payload(kind, payload)
    return dangers


def check_mail(strings: tuple[str, ...]) -> Iterator[tuple[str, list[str]]]:
    """Yield each case by name with its dangers, for mail as a server got it."""
    with SmtpServer() as server:
        sender = AppriseSender(server.url())
        for number, text in enumerate(strings):
            for name, message in make_messages(text):
                server.messages.clear()
                sender.send(message)
                [mail] = server.messages
                body = mail.get_body(("html", "plain"))
                shown = "" if body is None else str(body.get_content())
                dangers = find_formulas(message) + find_dangers(shown)
                dangers += find_dangers(str(mail["Subject"]))
                if body is not None and body.get_content_type() != "text/plain":
                    dangers.append(body.get_content_type())
                if mail["Bcc"] or str(mail["To"]).count("@") != 1:
                    dangers.append("a forged header")
                yield f"mail {number} {name}", dangers


def run(size: int, folder: Path) -> Outcome:
    """Send `size` strings or few more through every kind of channel; write nothing."""
    strings = STRINGS[:: max(1, len(STRINGS) // size)]
    checks: tuple[Callable[[tuple[str, ...]], Iterator[tuple[str, list[str]]]], ...]
    checks = (check_services, check_mail)
    done = [case for check in checks for case in check(strings)]
    failures = [f"{name}: {dangers[:3]!r}" for name, dangers in done if dangers]
    bites = sum(bool(find_dangers(text)) for text in STRINGS)
    if bites < len(STRINGS) * _LEAST_BITES:
        failures.append(f"control: as they are, only {bites} of {len(STRINGS)} strings are found")
    figures: dict[str, int | float | str] = {
        "strings": len(strings),
        "channel kinds": len(KINDS) + 2,
        "messages read at a server": len(done),
        "control: strings found dangerous as they are": bites,
    }
    cases = len(strings) * (len(KINDS) + 2)
    return Outcome("injection", BAR, cases, tuple(failures), figures)
