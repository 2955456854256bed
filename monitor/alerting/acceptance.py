"""How acceptance reads, service by service: the code in the answer, and what it means.

Only services that can refuse with HTTP 200 stand in the table, each with the page that says so.
Of all others a 2xx status is acceptance: mail services, generic webhooks, ntfy, Gotify,
Matrix, Mattermost, Discord, Teams, Google Chat and so on refuse with a status.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from monitor.alerting.answers import Answer, Failure, is_limited, read_wait
from monitor.alerting.causes import UnconfirmedError, judge_failure, judge_status, quote_refusal
from monitor.errors import DeliveryError


@dataclass(frozen=True)
class Reading:
    """How the answer of one service reads.

    `names` are the fields that may hold its code, the first found counts; none means that the
    whole body is the code. `good` are the codes of acceptance. Of the others `busy` ones pass
    by themselves, after `wait` seconds where the service says how long; `lasting` ones say the
    same until a person acts; any other is unknown here, and waits. Codes are compared as JSON
    writes them.
    """

    source: str
    names: tuple[str, ...]
    good: frozenset[str]
    busy: frozenset[str] = frozenset()
    lasting: frozenset[str] = frozenset()
    wait: float | None = None


_NONE: frozenset[str] = frozenset()
_ZERO, _TRUE = frozenset({"0"}), frozenset({"true"})
# -1 busy, 45009 and 45033 too often (20 a minute), 93000 robot removed or key wrong,
# 40058 wrong parameter, 45002 too long; 41001, 40014 and 42001 are tokens that Apprise renews.
_WECOM = Reading(
    "https://developer.work.weixin.qq.com/document/path/91770 and path/90313",
    ("errcode",), _ZERO, frozenset({"-1", "45009", "45033"}),
    frozenset({"93000", "40058", "45002"}), 60.0,
)  # fmt: skip
# 11232, 11233 and 99991400 too often. 9499 is said both of a wrong request and of too many: it
# waits. 19001 token wrong; 19021, 19022 and 19024 signature, address and word that the robot's
# settings ask for.
_FEISHU = Reading(
    "https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot",
    ("code", "StatusCode"), _ZERO, frozenset({"9499", "11232", "11233", "99991400"}),
    frozenset({"19001", "19021", "19022", "19024"}), 60.0,
)  # fmt: skip
READINGS = {
    "wecombot": _WECOM,
    "wechat": _WECOM,
    # -1 busy; 130101, 410100 and 90030 too often, for ten minutes; 300001, 400013, 400101, 400102
    # and 400106 no such token, group or robot; 310000 a word, signature or address that the
    # robot's settings ask for; 4301xx unfit content.
    "dingtalk": Reading(
        "https://open.dingtalk.com/document/robots/custom-robot-access",
        ("errcode",), _ZERO, frozenset({"-1", "130101", "410100", "90030"}),
        frozenset({"300001", "310000", "400013", "400101", "400102", "400106",
                   "430101", "430102", "430103", "430104"}), 600.0,
    ),
    "feishu": _FEISHU,
    "lark": _FEISHU,
    # 500 busy; 900 too many for today; 903 no such token; 401, 403, 888 and 905 not allowed.
    "pushplus": Reading(
        "https://www.pushplus.plus/doc/guide/code.html", ("code",), frozenset({"200"}),
        frozenset({"500", "900"}), frozenset({"401", "403", "888", "903", "905"}), 3600.0,
    ),
    "schan": Reading("https://sct.ftqq.com/sendkey", ("code",), _ZERO),
    "wxpusher": Reading(
        "https://wxpusher.zjiecode.com/docs/", ("code",), frozenset({"1000"}),
        frozenset({"1005", "1006", "1007"}),
        frozenset({"1001", "1002", "1003", "1004"}),
    ),
    "pushdeer": Reading("https://www.pushdeer.com/dev.html", ("code",), _ZERO),
    "bark": Reading("https://bark.day.app/#/tutorial", ("code",), frozenset({"200"})),
    "pushme": Reading("https://push.i-i.me/docs/index", (), frozenset({"success"})),
    "qq": Reading("https://qmsg.zendee.cn/docs/api", ("success", "code"), _TRUE | _ZERO),
    "wpush": Reading("https://wpush.cn/docs", ("code",), _ZERO),
    "kook": Reading("https://developer.kookapp.cn/doc/reference", ("code",), _ZERO),
    "tgram": Reading("https://core.telegram.org/bots/api#making-requests", ("ok",), _TRUE),
    # A webhook answers with the word, the API with the field.
    "slack": Reading(
        "https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks and "
        "https://docs.slack.dev/apis/web-api/using-the-slack-web-api",
        ("ok",), _TRUE | {"ok"},
    ),
    "pover": Reading("https://pushover.net/api#response", ("status",), frozenset({"1"})),
    "synology": Reading(
        "https://kb.synology.com/DSM/tutorial/How_to_configure_webhooks_and_slash_commands_in_"
        "Chat_Integration", ("success",), _TRUE,
    ),
    "zulip": Reading(
        "https://zulip.com/api/rest-error-handling", ("result",), frozenset({"success"})
    ),
    "join": Reading("https://joaoapps.com/join/api", ("success",), _TRUE),
    "viber": Reading(
        "https://developers.viber.com/docs/api/rest-bot-api/#error-codes", ("status",), _ZERO,
        frozenset({"12"}), frozenset({"1", "2", "5", "6"}),
    ),
    "zalo": Reading("https://bot.zaloplatforms.com/docs", ("ok",), _TRUE),
}  # fmt: skip
_SAME = {
    "pushdeers": "pushdeer", "barks": "bark", "synologys": "synology", "wecom": "pushplus",
}  # fmt: skip
_EXPLANATIONS = ("errmsg", "msg", "message", "description", "error", "errorMessage", "reason")


def find_reading(schema: str) -> Reading | None:
    """Return how the answers of a service read; None where the status says all."""
    return READINGS.get(_SAME.get(schema, schema))


def judge_answers(
    schema: str,
    answers: Sequence[Answer | Failure],
    now: datetime,
    secrets: frozenset[str],
    *,
    accepted: bool,
) -> DeliveryError | None:
    """Return why what came of the last request is no acceptance; None if nothing is against it.

    `accepted` is what Apprise takes it for. Where it failed without a request, this returns
    None too.
    """
    answer, reading = (answers[-1] if answers else None), find_reading(schema)
    if isinstance(answer, Failure) and not accepted:
        return judge_failure(answer.text, secrets)
    if not isinstance(answer, Answer):
        return UnconfirmedError("no answer was seen") if accepted and reading else None
    code = _read_code(answer, reading)
    if reading and code in reading.good and answer.status < 300:
        return None
    if answer.status >= 300 and not accepted:
        return _refuse(answer, reading, code, now, secrets)
    if reading is None:
        # Apprise may end with a request that does not matter, such as to log out.
        return None
    if not code:
        return UnconfirmedError(f"HTTP {answer.status}, but without the code that says accepted")
    return _refuse(answer, reading, code, now, secrets)


def _refuse(
    answer: Answer, reading: Reading | None, code: str, now: datetime, secrets: frozenset[str]
) -> DeliveryError:
    cause = f"HTTP {answer.status}"
    if code:
        cause += f", code {quote_refusal(code, secrets)}"
    if isinstance(answer.content, dict) and (said := _find_words(answer.content)):
        cause += f": {quote_refusal(said, secrets)}"
    wait = read_wait(answer, now)
    if reading and code in reading.busy:
        return DeliveryError(cause, retry_after=reading.wait if wait is None else wait)
    if reading and code in reading.lasting:
        return DeliveryError(cause, permanent=True)
    if answer.status < 300:
        return DeliveryError(cause)
    return judge_status(answer.status, cause, wait, limited=is_limited(answer))


def _read_code(answer: Answer, reading: Reading | None) -> str:
    """Return the code of an answer as JSON writes it, or "" if there is none."""
    if reading is None:
        return ""
    content = answer.content
    if isinstance(content, dict):
        found = [content[name] for name in reading.names if name in content]
        return _write_code(found[0]) if found else ""
    text = answer.body[:40].decode("utf-8", "replace").strip()
    return text if text in reading.good else ""


def _write_code(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | str) else ""


def _find_words(content: dict[str, Any]) -> str:
    words = (content.get(name) for name in _EXPLANATIONS)
    return next((word for word in words if isinstance(word, str) and word), "")
