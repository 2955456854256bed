"""What every simulated site shares: plain facts, a way to answer, a server on 127.0.0.1."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.server import ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qs, unquote, urlsplit
from zoneinfo import ZoneInfo

from tests.kit.serving import QuietAnswer, Serving

CHINA = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=CHINA)


@dataclass(frozen=True)
class Fact:
    """A notice as the world knows it; each site shows it in its own way. `published` is aware."""

    number: int
    title: str = "样例市公安局视频存储扩容项目中标公告"
    buyer: str = "样例市公安局"
    agent: str = "样例招标代理有限公司"
    region: str = "样例省"
    published: datetime = NOON
    stage: str = "award"
    project: str = "SAMPLE-2026-001"
    supplier: str = "样例云帆科技有限公司"
    amount: str = "66720.00"
    item: tuple[str, str, str, str] = ("监控硬盘", "希捷", "ST8000VX004", "48")
    attachments: tuple[tuple[str, bytes], ...] = ()

    def body(self) -> str:
        """Return the notice's own text as a fragment of HTML, with a table of its goods."""
        name, brand, model, quantity = self.item
        return (
            f"<p>一、项目编号：{self.project}</p><p>二、项目名称：{self.title[:-4]}</p>"
            f"<p>三、中标信息</p><p>供应商名称：{self.supplier}</p>"
            f"<p>中标金额：{self.amount}元</p><p>四、主要标的信息</p>"
            "<table><tr><th>货物名称</th><th>品牌</th><th>规格型号</th><th>数量</th></tr>"
            f"<tr><td>{name}</td><td>{brand}</td><td>{model}</td><td>{quantity}块</td></tr></table>"
            f"<p>采购人名称：{self.buyer}</p><p>采购代理机构名称：{self.agent}</p>"
        )


def make_facts(count: int, *, every: timedelta = timedelta(minutes=30)) -> list[Fact]:
    """Return facts, the newest first; every fifth is a police purchase, the others a school's."""
    return [
        Fact(
            number=900 - n,
            title=f"样例市公安局第{n + 1}派出所视频存储扩容项目中标公告",
            project=f"SAMPLE-2026-{700 + n}",
            item=("监控硬盘", "希捷", "ST8000VX004", str(40 + n)),
            amount=f"{60_000 + n}.00",
            published=NOON - every * n,
        )
        if n % 5 == 0
        else Fact(
            number=900 - n,
            title=f"样例市第{n}中学课桌椅采购项目中标公告",
            buyer=f"样例市第{n}中学",
            project=f"SAMPLE-2026-{100 + n}",
            item=("课桌椅", "样例", f"KZ-{n}", "40"),
            published=NOON - every * n,
        )
        for n in range(count)
    ]


@dataclass(frozen=True)
class Asked:
    """A request as a site sees it; `query` holds the first value of each name."""

    method: str
    path: str
    query: Mapping[str, str]
    body: bytes
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Answer:
    """What a site answers."""

    body: bytes
    content_type: str = "text/html; charset=utf-8"
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Anchor:
    """One thing that a portal's reader relies on; changed alone, it is `old` become `new`.

    `where` is "list" or "detail": which answers are changed. Every occurrence is.
    """

    name: str
    where: str
    old: str
    new: str


@dataclass
class Site:
    """A platform with its notices. `changed` and `blocked` are set by a test while it runs."""

    facts: Sequence[Fact] = ()
    changed: Anchor | None = None
    blocked: bool = False
    asked: list[Asked] = field(default_factory=list)
    base_url: str = ""

    # What a module of a platform says -------------------------------------------------------
    portal: ClassVar[str] = ""
    anchors: ClassVar[tuple[Anchor, ...]] = ()
    gives_files: ClassVar[bool] = True
    readable: ClassVar[bool] = True
    newest: ClassVar[int | None] = None
    """How many rows it shows at most, where it shows the newest only."""

    def stanza(self, base_url: str) -> dict[str, Any]:
        """Return the stanza that reads this site, without `portal`."""
        raise NotImplementedError

    def answer(self, asked: Asked) -> tuple[str, Answer]:
        """Return what kind of answer it is, list, detail, file or other, and the answer."""
        raise NotImplementedError

    def block(self, asked: Asked) -> Answer:
        """Return the platform's own block page."""
        raise NotImplementedError

    # ------------------------------------------------------------------------------------------

    def reply(self, asked: Asked) -> Answer:
        """Return the answer with what a test changed in it."""
        if asked.path == "/robots.txt":
            return Answer(b"", status=404)
        self.asked.append(asked)
        if self.blocked:
            return self.block(asked)
        kind, answer = self.answer(asked)
        if self.changed is None or self.changed.where != kind:
            return answer
        text = answer.body.decode("utf-8")
        assert self.changed.old in text, f"{self.portal}: no anchor {self.changed.name}"
        body = text.replace(self.changed.old, self.changed.new).encode()
        return Answer(body, answer.content_type, answer.status, answer.headers)


@contextmanager
def serve_site(site: Site) -> Iterator[str]:
    """Serve a site on 127.0.0.1 and give its address, without a slash at the end."""

    class Answering(QuietAnswer):
        def do_POST(self) -> None:
            parts = urlsplit(self.path)
            query = {k: v[0] for k, v in parse_qs(parts.query, keep_blank_values=True).items()}
            path, headers = unquote(parts.path), dict(self.headers)
            answer = site.reply(Asked(self.command, path, query, self.read_body(), headers))
            kind = ("Content-Type", answer.content_type)
            self.give_answer(answer.status, answer.body, (kind, *answer.headers))

        do_GET = do_POST

    with Serving(ThreadingHTTPServer(("127.0.0.1", 0), Answering)) as server:
        site.base_url = f"http://127.0.0.1:{server.port}"
        yield site.base_url
