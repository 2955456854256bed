"""Mails name themselves: the same at each attempt, threaded by purchase, and honest about it."""

from __future__ import annotations

import email.utils
import re
from dataclasses import replace
from email.message import EmailMessage
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.alerting.deliver import AppriseSender
from monitor.alerting.mail import (
    list_headers,
    make_safe,
    merge_headers,
    name_mail,
    number_part,
    replace_maker,
    use_message_id,
)
from monitor.errors import DeliveryError
from monitor.models import Enclosure, Message
from tests.kit.servers import Mode, SmtpServer

MESSAGE = Message("[ALERT] 希捷", "What: 希捷\n", ("a1b2",), key="a1b2-email", thread="proc-7")
ROOT = "<thread-proc-7@tender-monitor.example.org>"


def send_mail(message: Message, *, own: str = "", times: int = 1) -> list[EmailMessage]:
    with SmtpServer() as smtp:
        sender = AppriseSender(smtp.url() + own)
        for _ in range(times):
            sender.send(message)
        return smtp.messages


def test_apprise_still_makes_its_message_ids_where_we_replace_them() -> None:
    assert replace_maker()


def test_every_attempt_has_the_same_message_id_and_no_other_mail_has_it() -> None:
    first, second = send_mail(MESSAGE, times=2)
    [third] = send_mail(replace(MESSAGE, key="other"))
    assert first["Message-ID"] == "<a1b2-email@tender-monitor.example.org>"
    assert second["Message-ID"] == first["Message-ID"]
    assert third["Message-ID"] == "<other@tender-monitor.example.org>"
    assert all(len(mail.get_all("Message-ID", [])) == 1 for mail in (first, second, third))


def test_a_refused_mail_keeps_its_message_id_for_the_next_attempt() -> None:
    with SmtpServer() as smtp:
        sender = AppriseSender(smtp.url())
        smtp.mode = Mode.LATER
        with pytest.raises(DeliveryError):
            sender.send(MESSAGE)
        smtp.mode = Mode.ACCEPT
        sender.send(MESSAGE)
        [mail] = smtp.messages
    assert mail["Message-ID"] == name_mail(MESSAGE, "monitor@example.org")


def test_mails_about_one_purchase_answer_one_root() -> None:
    [mail] = send_mail(MESSAGE)
    assert mail["In-Reply-To"] == mail["References"] == ROOT
    [alone] = send_mail(replace(MESSAGE, thread=""))
    assert alone["In-Reply-To"] is alone["References"] is None


def test_a_mail_says_that_a_program_wrote_it_and_when() -> None:
    [mail] = send_mail(MESSAGE)
    assert mail["Auto-Submitted"] == "auto-generated"
    assert email.utils.parsedate_to_datetime(str(mail["Date"])).tzinfo is not None


def test_a_message_without_a_key_gets_an_id_of_its_own() -> None:
    first, second = send_mail(replace(MESSAGE, key=""), times=2)
    assert first["Message-ID"] != second["Message-ID"]


def test_the_url_s_own_headers_stay_but_do_not_win() -> None:
    own = "&+X-Team=desk&+message-id=<x@y>&+references=<x@y>&+AUTO-SUBMITTED=no"
    [mail] = send_mail(MESSAGE, own=own)
    assert mail["X-Team"] == "desk"
    assert mail.get_all("Message-ID") == ["<a1b2-email@tender-monitor.example.org>"]
    assert mail.get_all("References") == [ROOT]
    assert mail.get_all("Auto-Submitted") == ["auto-generated"]


HOSTILE = "x\r\nBcc: victim@example.org\r\n\r\nbody\0 \ud83d 库<a@b> "


@pytest.mark.parametrize("place", ["subject", "key", "thread"])
def test_nothing_of_a_notice_begins_a_header(place: str) -> None:
    changes: dict[str, Any] = {place: HOSTILE}
    [mail] = send_mail(replace(MESSAGE, **changes))
    assert mail["Bcc"] is None
    assert mail["To"] == "reader@example.org"
    assert mail.get_content().strip() == MESSAGE.body.strip()
    assert re.fullmatch(r"<[\w.-]+@tender-monitor\.example\.org>", str(mail["Message-ID"]))


@given(st.text(max_size=200), st.text(max_size=80))
def test_names_are_made_of_harmless_characters(name: str, sender: str) -> None:
    message = Message("s", "b", key=name or "k", thread=name)
    headers = [name_mail(message, sender), *list_headers(message, sender).values()]
    for value in headers:
        assert re.fullmatch(r"auto-generated|<[A-Za-z0-9._-]+@[A-Za-z0-9._-]+>", value), value
        assert len(value) < 400


def test_different_hostile_names_stay_different() -> None:
    names = ["a b", "a\tb", "a..b", ".", "", "\ud83d", "x" * 101, "x" * 102, "a.b"]
    assert len({make_safe(name) for name in names}) == len(names)
    assert make_safe("a1b2-email") == "a1b2-email"


@pytest.mark.parametrize(
    ("sender", "domain"),
    [
        ("watch@example.org", "tender-monitor.example.org"),
        ("Watch <watch@EXAMPLE.org>", "tender-monitor.example.org"),
        ("watch@münchen.example", "tender-monitor.xn--mnchen-3ya.example"),
        ("watch", "tender-monitor.watch"),
        ("", "tender-monitor.invalid"),
        ("watch@a..b", "tender-monitor.invalid"),
        ("watch@[192.0.2.1]", "tender-monitor.invalid"),
    ],
)
def test_the_domain_is_that_of_the_sender(sender: str, domain: str) -> None:
    assert name_mail(MESSAGE, sender) == f"<a1b2-email@{domain}>"


def test_an_enclosed_list_arrives_whole_beside_the_text() -> None:
    table = "id,buyer\r\n1,库尔勒市公安局\r\n".encode()
    enclosure = Enclosure('al"erts\r\nX: y.csv', "text/csv", table)
    named = Enclosure("alerts.csv", "text/csv", table)
    [mail] = send_mail(replace(MESSAGE, enclosures=(named, enclosure)))
    text, first, second = mail.iter_parts()
    assert "希捷" in text.get_content()
    assert (first.get_filename(), first.get_content_type()) == ("alerts.csv", "text/csv")
    assert first.get_payload(decode=True) == second.get_payload(decode=True) == table
    assert re.fullmatch(r"[0-9a-f]{40}", second.get_filename() or "")
    assert mail["Message-ID"] == "<a1b2-email@tender-monitor.example.org>"


def test_a_part_has_a_number_of_its_own_that_stays() -> None:
    numbers = [number_part("a", 1), number_part("a", 2), number_part("b", 1)]
    assert numbers == [number_part("a", 1), number_part("a", 2), number_part("b", 1)]
    assert len(set(numbers)) == 3
    assert number_part("", 1) != number_part("", 1)


def test_merging_knows_names_in_any_case() -> None:
    merged = merge_headers({"X-A": "1", " x-b ": "2", "Message-ID": "3"}, {"X-B": "4"})
    assert merged == {"X-A": "1", "X-B": "4"}


def test_the_wanted_id_ends_with_the_send() -> None:
    with use_message_id("<a@b>"):
        pass
    [mail] = send_mail(replace(MESSAGE, key=""))
    assert mail["Message-ID"] != "<a@b>"
