"""The facts of the invented notices, and where and when one of them is published."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal, Self
from zoneinfo import ZoneInfo

from monitor.models import Verdict
from monitor.yamlfile import Model, load_yaml, model_validator

Channel = Literal["gkzb", "xjgg", "jzxcs", "dylygg", "zbgg", "cjgg", "gzgg", "fblbgg"]
Layout = Literal["zcy", "pairs", "cells", "word", "prose", "area"]

CHANNEL_LABELS: dict[Channel, str] = {
    "gkzb": "公开招标公告",
    "xjgg": "询价公告",
    "jzxcs": "竞争性磋商公告",
    "dylygg": "单一来源公告",
    "zbgg": "中标公告",
    "cjgg": "成交公告",
    "gzgg": "更正公告",
    "fblbgg": "终止公告",
}
AWARD_CHANNELS: frozenset[Channel] = frozenset({"zbgg", "cjgg"})
TITLE_MARK = "【样例】"
SHANGHAI = ZoneInfo("Asia/Shanghai")


class SampleItem(Model):
    """One thing bought; `unit_price` is in yuan."""

    name: str
    brand: str = ""
    model: str = ""
    quantity: int = 1
    unit: str = "台"
    unit_price: float = 0.0


class SampleNotice(Model):
    """An invented notice as facts; the pages are made of nothing else.

    `minutes_ago` is its age when the portal starts. A `later` notice appears after the
    first pass over the list, in file order, and has no age. `amount` is in yuan: the
    budget of a tender, or the sum of an award where the items do not give it.
    `verdict` is what the notice is written to earn with the shipped watchlists, and
    `shows` says why; no page carries either. `aside` puts its title into the box of
    related notices on every other page.
    """

    id: int
    channel: Channel
    layout: Layout
    project: str
    buyer: str
    number: str
    shows: str
    verdict: Verdict = Verdict.NONE
    region: str = "样例"
    minutes_ago: int = 0
    later: bool = False
    category: str = ""
    items: tuple[SampleItem, ...] = ()
    supplier: str = ""
    amount: float = 0.0
    agent: str = "样例公信招标代理有限公司"
    text: tuple[str, ...] = ()
    note: str = "无"
    attachments: tuple[str, ...] = ()
    aside: bool = False

    @model_validator(mode="after")
    def check_layout(self) -> Self:
        """Refuse a stage of purchase that the layout cannot show."""
        award = self.channel in AWARD_CHANNELS
        if self.layout != "area" and award == (self.layout == "prose"):
            raise ValueError(f"the layout {self.layout} does not write a {self.channel}")
        return self

    @property
    def title(self) -> str:
        """Return the title as published, marked as a sample."""
        return f"{TITLE_MARK}{self.project}{CHANNEL_LABELS[self.channel]}"

    @property
    def total(self) -> float:
        """Return the sum of money in yuan: the stated amount, else that of the items."""
        return self.amount or sum(item.quantity * item.unit_price for item in self.items)


class SampleNotices(Model):
    """The whole of notices.yaml."""

    notices: tuple[SampleNotice, ...]


@dataclass(frozen=True)
class Publication:
    """A notice and the moment it appeared; `at` is UTC."""

    notice: SampleNotice
    at: datetime

    @property
    def path(self) -> str:
        """Return the path of its page; the date in it is that of Shanghai."""
        return (
            f"/cggg/dfgg/{self.notice.channel}/{self.format_time('%Y%m')}"
            f"/t{self.format_time('%Y%m%d')}_{self.notice.id}.htm"
        )

    def format_time(self, pattern: str) -> str:
        """Write the moment as a clock in Shanghai shows it."""
        return self.at.astimezone(SHANGHAI).strftime(pattern)


def load_notices() -> tuple[SampleNotice, ...]:
    """Load the notices that ship with the program; ConfigError if the file is damaged."""
    path = Path(__file__).with_name("notices.yaml")
    return load_yaml(path, SampleNotices).value.notices
