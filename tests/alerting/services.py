"""Apprise URLs of many services, and how to have each speak to a server on loopback."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from monitor.alerting.deliver import AppriseSender

SECRET = "hunter2hunter2hunter2hun"


@dataclass(frozen=True)
class Service:
    """A service by its URL; `patch` names the attribute with its fixed address, and a loopback one.

    In both HOST stands for the server. `good` is what the service answers to a message it takes.
    """

    url: str
    good: Any
    patch: tuple[str, str] = ("", "")

    def open(self, host: str) -> AppriseSender:
        """Return a sender that reaches the server at a host and port, without Apprise's pauses."""
        sender = AppriseSender(self.url.replace("HOST", host))
        name, address = self.patch
        if name:
            setattr(sender._plugin, name, address.replace("HOST", host))
        sender._plugin.request_rate_per_sec = 0
        return sender


_ERRCODE = {"errcode": 0, "errmsg": "ok"}
_LARK = {"StatusCode": 0, "StatusMessage": "success", "code": 0, "data": {}, "msg": "success"}
_SENT = {"message_token": 1, "status": 0, "status_message": "ok"}
SERVICES = {
    "wecombot": Service(f"wecombot://{SECRET}", _ERRCODE, ("api_url", "http://HOST/?key=s")),
    "dingtalk": Service(
        f"dingtalk://{SECRET}", _ERRCODE, ("notify_url", "http://HOST/send?access_token={token}")
    ),
    "feishu": Service(f"feishu://{SECRET}", _LARK, ("notify_url", "http://HOST/hook/{token}/")),
    "lark": Service(f"lark://{SECRET}", _LARK, ("webhook_url", f"http://HOST/hook/{SECRET}")),
    "pushplus": Service(
        f"pushplus://{SECRET * 2}"[:43],
        {"code": 200, "msg": "ok"},
        ("notify_url", "http://HOST/send"),
    ),
    "schan": Service(
        f"schan://{SECRET}", {"code": 0, "message": ""}, ("notify_url", "http://HOST/{token}.send")
    ),
    "wxpusher": Service(
        f"wxpusher://AT_{SECRET}/1234", {"code": 1000, "data": []}, ("notify_url", "http://HOST/s")
    ),
    "bark": Service(f"bark://HOST/{SECRET}", {"code": 200, "message": "success"}),
    "pushdeer": Service(f"pushdeer://HOST/{SECRET}", {"code": 0, "content": {"result": ["ok"]}}),
    "pushme": Service(f"pushme://{SECRET}", "success", ("notify_url", "http://HOST/")),
    "qq": Service(
        f"qq://{SECRET}", {"success": True, "code": 0}, ("webhook_url", f"http://HOST/{SECRET}")
    ),
    "tgram": Service(
        f"tgram://123456789:{SECRET}/12315544/",
        {"ok": True, "result": {}},
        ("notify_url", "http://HOST/bot"),
    ),
    "slack": Service(
        f"slack://T1JJ3T3L2/A1BRTD4JD/{SECRET}", "ok", ("webhook_url", "http://HOST/services")
    ),
    "discord": Service(f"discord://1234567890/{SECRET}", "", ("notify_url", "http://HOST/api")),
    "pover": Service(
        f"pover://uuuuuuuuuuuuuuuuuuuuuuuuuuuuuu@{SECRET}123456",
        {"status": 1},
        ("notify_url", "http://HOST/1/messages.json"),
    ),
    "zulip": Service(
        f"zulip://watchbot@example/{SECRET}12345678/desk",
        {"result": "success"},
        ("notify_url", "http://HOST/api?o={org}&h={hostname}"),
    ),
    "synology": Service(f"synology://HOST/{SECRET}", {"success": True}),
    "join": Service(
        f"join://{SECRET}12345678/abcdefabcdefabcdefabcdefabcdefab",
        {"success": True},
        ("notify_url", "http://HOST/join"),
    ),
    "viber": Service(f"viber://{SECRET}/reader01", _SENT, ("notify_url", "http://HOST/pa")),
    "json": Service(f"json://watch:{SECRET}@HOST/hook", ""),
    "form": Service(f"form://HOST/{SECRET}", ""),
    "xml": Service(f"xml://HOST/{SECRET}", ""),
    "ntfy": Service(f"ntfy://watch:{SECRET}@HOST/alerts", {"id": "a"}),
    "gotify": Service(f"gotify://HOST/{SECRET}", {"id": 1}),
    "mmost": Service(f"mmost://HOST/{SECRET}", "ok"),
    "gchat": Service(
        f"gchat://space/{SECRET}/token", {}, ("notify_url", "http://HOST/v1/{workspace}")
    ),
}
