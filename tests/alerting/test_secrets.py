"""No secret of an address is logged, printed or raised: at any level, however a send ends."""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import Iterator
from contextlib import suppress

import pytest

from monitor.alerting.deliver import AppriseSender, find_problem
from monitor.errors import DeliveryError
from monitor.models import Enclosure, Message
from tests.alerting.services import SECRET, SERVICES
from tests.kit.servers import Mode, Reply, ServiceServer, SmtpServer, find_free_port

TABLE = Enclosure("alerts.csv", "text/csv", b"id\r\n")
MESSAGE = Message("[ALERT] 希捷", "What: 希捷\n" * 9, key="a1b2", thread="p", enclosures=(TABLE,))
ECHO = {
    "errcode": 1, "code": 1, "ok": False, "success": False, "status": 3, "result": "error",
    "errmsg": f"no key {SECRET}", "msg": f"no {SECRET}", "description": f"/{SECRET}/",
}  # fmt: skip
ENDS = {
    "refused": Reply(401, {"error": f"token {SECRET} was revoked"}),
    "gone": Reply(404, f"no /{SECRET}"),
    "busy": Reply(429, "", {"Retry-After": "9"}),
    "broken": Reply(500, f"at {SECRET}"),
    "elsewhere": Reply(302, "", {"Location": f"/{SECRET}"}),
    "coded": Reply(200, ECHO),
    "page": Reply(200, f"<html>{SECRET}</html>"),
    "worse": Reply(200, "", {"Content-Encoding": "gzip"}),
}
LOUD = ("", "apprise", "urllib3", "urllib3.connectionpool", "urllib3.util.retry", "requests",
        "charset_normalizer", "asyncio", "monitor", "concurrent.futures")  # fmt: skip


class Listener(logging.Handler):
    """Keeps every line that reaches the root, with its traceback."""

    def __init__(self) -> None:
        super().__init__(logging.NOTSET)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@pytest.fixture
def listener() -> Iterator[Listener]:
    found, loggers = Listener(), [logging.getLogger(name) for name in LOUD]
    levels = [logger.level for logger in loggers]
    loggers[0].addHandler(found)
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
    yield found
    loggers[0].removeHandler(found)
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)


def show_error(error: BaseException) -> str:
    """Return all that --debug would print of an error, and what it is made of."""
    return "".join(traceback.format_exception(error)) + repr(error) + repr(vars(error))


def send(sender: AppriseSender) -> str:
    try:
        sender.send(MESSAGE)
    except DeliveryError as error:
        return show_error(error)
    return ""


def check_quiet(
    listener: Listener, shown: str, capfd: pytest.CaptureFixture[str], secret: str = SECRET
) -> None:
    printed = "".join(capfd.readouterr())
    loud = [text for text in (*listener.lines, shown, printed) if secret in text]
    assert loud == []


@pytest.mark.parametrize("end", ["accepted", *ENDS])
@pytest.mark.parametrize("name", SERVICES)
def test_no_secret_is_told_however_a_service_answers(
    name: str, end: str, listener: Listener, capfd: pytest.CaptureFixture[str]
) -> None:
    service = SERVICES[name]
    with ServiceServer(ENDS.get(end, Reply(200, service.good))) as server:
        sender = service.open(server.host)
        shown = send(sender) + repr(sender)
        assert server.calls
        assert SECRET in f"{server.calls[0]}" or name in {
            "wecombot", "pushplus", "bark", "wxpusher", "json", "ntfy", "gotify", "pover",
            "zulip", "viber", "pushme",
        }, "the secret went another way"  # fmt: skip
    check_quiet(listener, shown, capfd)


@pytest.mark.parametrize("name", SERVICES)
def test_no_secret_is_told_where_nothing_listens(
    name: str, listener: Listener, capfd: pytest.CaptureFixture[str]
) -> None:
    shown = send(SERVICES[name].open(f"127.0.0.1:{find_free_port()}"))
    assert "connection refused" in shown
    check_quiet(listener, shown, capfd)


@pytest.mark.parametrize("name", SERVICES)
def test_no_secret_is_told_where_nobody_answers(
    name: str, listener: Listener, capfd: pytest.CaptureFixture[str]
) -> None:
    with ServiceServer() as server:
        server.silent = True
        sender = SERVICES[name].open(server.host)
        sender._plugin.socket_read_timeout = 0.2
        shown = send(sender)
    assert "UnconfirmedError" in shown
    check_quiet(listener, shown, capfd)


@pytest.mark.parametrize("name", SERVICES)
def test_no_secret_is_told_where_a_plugin_breaks(
    name: str, listener: Listener, capfd: pytest.CaptureFixture[str]
) -> None:
    sender = SERVICES[name].open(f"127.0.0.1:{find_free_port()}")
    # No number: the plugin fails with an error that nobody thought of.
    sender._plugin.socket_read_timeout = SECRET
    shown = send(sender)
    assert "Error" in shown
    check_quiet(listener, shown, capfd)


@pytest.mark.parametrize("mode", Mode)
def test_no_password_of_a_mailbox_is_told(
    mode: Mode, listener: Listener, capfd: pytest.CaptureFixture[str]
) -> None:
    with SmtpServer() as smtp:
        smtp.mode = mode
        url = smtp.url().replace("mailto://", f"mailto://watch:{SECRET}@")
        shown = send(AppriseSender(url))
    down = send(AppriseSender(url))
    assert "connection refused" in down
    check_quiet(listener, shown + down, capfd)


@pytest.mark.parametrize(
    "url",
    [
        f"nosuch://{SECRET}",
        f"jsons:/example.org/{SECRET}",
        f"json://watch:{SECRET}@one, json://two",
        f"tgram://{SECRET}/1",
        f"mailtos://watch:{SECRET}@[::1/?to=x",
        f"slack://{SECRET}",
        f"json://example.org/{SECRET}?format=html",
        f"json://example.org:99999999/{SECRET}",
        f"\x00{SECRET}://{SECRET}",
    ],
)
def test_no_secret_is_told_of_an_address_that_cannot_be_used(
    url: str, listener: Listener, capfd: pytest.CaptureFixture[str]
) -> None:
    shown = repr(find_problem(url))
    with suppress(DeliveryError):
        AppriseSender(url)
    check_quiet(listener, shown, capfd)


def test_this_would_find_a_secret_that_is_told(listener: Listener) -> None:
    logging.getLogger("urllib3.connectionpool").debug("GET /%s", SECRET)
    logging.getLogger("any").debug("/%s", SECRET)
    try:
        raise ValueError(SECRET)
    except ValueError:
        logging.getLogger("any").exception("failed")
    assert len([line for line in listener.lines if SECRET in line]) == 3


def test_other_requests_are_still_logged(listener: Listener) -> None:
    async def wait() -> None:
        await asyncio.sleep(0)

    with ServiceServer() as server:
        SERVICES["json"].open(server.host).send(MESSAGE)
    logging.getLogger("urllib3.connectionpool").debug("Starting new HTTP connection")
    asyncio.run(wait())
    assert "Starting new HTTP connection" in listener.lines
