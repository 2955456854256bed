"""What the courier sends to each real receiver is what a second client reads there."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from monitor import crashpoints
from monitor.alerting.courier import Courier
from monitor.alerting.deliver import AppriseSender
from monitor.store import Store
from monitor.store.alerts import AlertKind, Alerts, Leg, NewAlert
from tests.alerting.outbox import Clock, make_courier, post
from tests.alerting.samples import NOW, make_content
from tests.kit.waiting import wait_until
from tests.receivers.hookplace import HookPlace
from tests.receivers.ircplace import IrcPlace
from tests.receivers.mailplace import MailPlace
from tests.receivers.matrixplace import MatrixPlace
from tests.receivers.place import Place

ALERT = "0123456789abcdef"
DIGEST = Leg("desk", "first look", NOW)
# Above the text of each part of a message that was too long.
_MARK = re.compile(r"\(\d+/\d+\)$")


@contextmanager
def open_desk(folder: Path, url: str) -> Iterator[tuple[Alerts, Courier]]:
    """Give an outbox and the courier that brings it to an address, as after a start."""
    with Store.open(folder) as store:
        courier = make_courier(store.alerts, AppriseSender(url))
        store.alerts.free_leases(NOW)
        yield store.alerts, courier


def send_digest(folder: Path, place: Place, names: Sequence[str]) -> None:
    with open_desk(folder / type(place).__name__, place.url) as (alerts, courier):
        post(alerts, names, NOW, DIGEST)
        assert courier.deliver_due(Clock()) == 1


class CrashError(Exception):
    """The program ends here."""


def send_twice(folder: Path, url: str) -> None:
    """Send an alert, crash before that is noted, and start again."""

    def crash(name: str) -> None:
        if name == "sent":
            raise CrashError

    with open_desk(folder, url) as (alerts, courier):
        post(alerts, [ALERT], NOW)
        crashpoints.on_pass = crash
        try:
            with pytest.raises(CrashError):
                courier.deliver_due(Clock())
        finally:
            crashpoints.on_pass = None
    with open_desk(folder, url) as (_, courier):
        assert courier.deliver_due(Clock()) == 1


def squeeze(text: str) -> str:
    """Return a text without what a channel may change: spaces and line ends."""
    return "".join(text.split())


# Mail ------------------------------------------------------------------------------------------


def test_a_second_copy_of_a_mail_has_the_id_of_the_first_and_says_that_it_is_one(
    mail: MailPlace, tmp_path: Path
) -> None:
    send_twice(tmp_path / "state", mail.url)
    first, second = mail.read_mails()
    assert first["Message-ID"]
    assert first["Message-ID"] == second["Message-ID"]
    assert ["may be a second copy" in text for text in mail.read()] == [False, True]


def test_mails_of_one_purchase_stand_in_one_thread(mail: MailPlace, tmp_path: Path) -> None:
    with open_desk(tmp_path / "state", mail.url) as (alerts, courier):
        for name, thread in (("a", "purchase 1"), ("b", "purchase 1"), ("c", "purchase 2")):
            content = {**make_content(alert_id=name), "thread": thread}
            new = NewAlert(name, AlertKind.NOTICE, None, None, "alert", "r", "f", False, content)
            assert alerts.enqueue(new, ["desk"], NOW)
        assert courier.deliver_due(Clock()) == 3
    mails = mail.read_mails()
    roots = [one["References"] for one in mails]
    assert roots == [one["In-Reply-To"] for one in mails]
    assert len(set(roots)) == 2
    assert len({one["Message-ID"] for one in mails}) == 3


def test_a_long_digest_is_one_mail_with_a_table_of_all_alerts(
    mail: MailPlace, tmp_path: Path
) -> None:
    names = [f"{number:016x}" for number in range(31)]
    send_digest(tmp_path, mail, names)
    (found,) = mail.read_mails()
    (table,) = found.iter_attachments()
    assert table.get_content_type() == "text/csv"
    text = table.get_payload(decode=True)
    assert isinstance(text, bytes)
    rows = list(csv.DictReader(io.StringIO(text.decode("utf-8-sig"), newline="")))
    assert [row["alert"] for row in rows] == names
    assert {row["title in Chinese"] for row in rows} == {"云岭市公安局视频存储硬盘采购项目中标公告"}


# Matrix ----------------------------------------------------------------------------------------


def test_a_long_message_is_read_in_a_matrix_room_in_numbered_parts_and_whole(
    matrix: MatrixPlace, hook: HookPlace, tmp_path: Path
) -> None:
    names = [f"{number:016x}" for number in range(200)]
    for place in (matrix, hook):
        send_digest(tmp_path, place, names)
    parts, whole = matrix.read(), hook.read_posts()[0]["content"]["message"]
    assert len(parts) > 1
    marks = [f"({number}/{len(parts)})" for number in range(1, len(parts) + 1)]
    assert [part.splitlines()[1] for part in parts] == marks
    # Above each mark stands the title.
    text = "".join("\n".join(part.splitlines()[2:]) for part in parts)
    assert "云岭市公安局" in whole
    assert squeeze(text).startswith(squeeze(whole))


def test_a_second_copy_with_the_same_access_token_is_not_shown_in_a_matrix_room(
    matrix: MatrixPlace, tmp_path: Path
) -> None:
    send_twice(tmp_path / "state", matrix.token_url)
    (text,) = matrix.read()
    assert ALERT in text
    assert "second copy" not in text


def test_a_second_copy_after_another_login_says_in_a_matrix_room_that_it_is_one(
    matrix: MatrixPlace, tmp_path: Path
) -> None:
    # A transaction's id counts for one device only, and each login is a device.
    send_twice(tmp_path / "state", matrix.url)
    assert ["may be a second copy" in text for text in matrix.read()] == [False, True]


# IRC -------------------------------------------------------------------------------------------


def test_every_line_of_a_message_is_read_once_in_an_irc_channel(
    irc: IrcPlace, hook: HookPlace, tmp_path: Path
) -> None:
    for place in (irc, hook):
        send_digest(tmp_path, place, [ALERT, "fedcba9876543210"])
    (whole,) = hook.read()
    title = whole.splitlines()[0]
    # The server lets nobody talk fast: lines come late, and those of two parts mixed.
    wait_until(lambda: count_lines(irc.read(), title) == count_lines([whole], title), "all lines")
    assert max(map(len, irc.lines)) <= 512


def count_lines(texts: list[str], title: str) -> Counter[str]:
    """Count the lines of texts without what each part has above it."""
    lines = Counter(line.strip() for text in texts for line in text.splitlines())
    return Counter({x: n for x, n in lines.items() if x and x != title and not _MARK.match(x)})


# Webhook ---------------------------------------------------------------------------------------


def test_a_second_copy_to_a_webhook_has_the_key_of_the_first_and_says_that_it_is_one(
    hook: HookPlace, tmp_path: Path
) -> None:
    send_twice(tmp_path / "state", hook.url)
    keys = [post["headers"]["idempotency-key"] for post in hook.read_posts()]
    assert len(keys) == 2
    assert len(set(keys)) == 1
    assert ["may be a second copy" in text for text in hook.read()] == [False, True]
