"""Floods that come from inside: an edited watchlist, a first run, a site that numbers anew.

Each gives one summary and then only what is new; nothing new is swallowed.
"""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import monitor.crashpoints
from monitor.importing import import_saved
from monitor.once import deliver_due
from monitor.reading.savednotices import make_page
from monitor.rescreen import Wanted, rescreen_stored
from monitor.screening.score import Screener
from monitor.setup import settle_outbox
from monitor.store.deliveries import MOST_TOGETHER
from tests.campaigns.outcome import Outcome
from tests.kit.house import House, load_screener, watch_site
from tests.portals.sites.base import NOON, Answer, Asked, Fact
from tests.portals.sites.ccgp import CcgpSite

BAR = (
    "a watchlist edit with 5,000 old matches, a first run of 10,000 listings, a site that changes "
    "all its ids: one summary, 0 told again of 99.5 % unchanged notices, 0 new ones swallowed"
)
SHORT = 60
FULL = 1000
_NEW = 20
_MOST_AGAIN = 0.005
_ROUNDS = 12
_OPTIONS = {"pages": 2000, "overlap": 6 * 86_400, "budget": 10_000_000}


@dataclass
class Findings:
    """What went wrong, and the figures."""

    cases: int = 0
    failures: list[str] = field(default_factory=list)
    figures: dict[str, int | float | str] = field(default_factory=dict)

    def expect(self, what: str, found: object, wanted: object) -> None:
        """Count a case, which fails where another thing was found."""
        self.cases += 1
        if found != wanted:
            self.failures.append(f"{what}: {found}, not {wanted}")


def make_purchase(number: int, **changes: Any) -> Fact:
    """Return one of many like awards: four lots of each purchase have one title and day."""
    facts: dict[str, Any] = {
        "number": 10_000 + number,
        "title": f"样例市公安局第{number // 4 + 1}派出所视频存储扩容项目中标公告",
        "project": f"SAMPLE-2026-{number:05}",
        "supplier": f"样例云帆第{number % 7 + 1}科技有限公司",
        "amount": f"{60_000 + number * 10}.00",
        "item": ("监控硬盘", "希捷", f"ST{1000 + number % 900}VX004", str(40 + number % 50)),
        "published": NOON - timedelta(minutes=5 * number),
    }
    return Fact(**{**facts, **changes})


def make_news(old: Sequence[Fact]) -> list[Fact]:
    """Return new awards, most of which look like one that is known but for one thing."""
    news = []
    for number in range(_NEW):
        like = old[number * len(old) // _NEW]
        fresh: dict[str, Any] = {"number": 90_000 + number, "project": f"SAMPLE-2026-N{number:04}"}
        kinds: list[dict[str, Any]] = [
            {},
            {"project": like.project, "item": ("监控硬盘", "希捷", f"ST{7700 + number}NM", "9")},
            {"project": like.project, "supplier": "样例星河科技有限公司", "amount": "91234.00"},
            {"title": f"样例县公安局第{number}派出所硬盘采购项目中标公告"},
        ]
        fresh |= kinds[number % len(kinds)]
        news.append(replace(like, **fresh))
    return news


class OtherLook(CcgpSite):
    """The same platform after a new design: other markup around the same words."""

    def answer(self, asked: Asked) -> tuple[str, Answer]:
        """Answer as before, the notices in another layout."""
        kind, answer = super().answer(asked)
        if kind != "detail":
            return kind, answer
        body = answer.body.decode().replace("<p>", '<div class="row"><span>')
        body = body.replace("</p>", "</span></div>").replace("<td>", "<td><b>")
        return kind, Answer(body.replace("</td>", "</b></td>").encode())


@contextmanager
def open_site(folder: Path, site: CcgpSite, **options: Any) -> Iterator[House]:
    """Give a house around a site, in a folder of its own."""
    folder.mkdir(parents=True)
    with watch_site(folder, site, **{**_OPTIONS, **options}) as house:
        yield house


def count_told(house: House) -> int:
    """Return how many alerts about notices there are."""
    found = house.rooms.store.db.first("select count(*) as n from alert where kind = 'notice'")
    return int(found["n"]) if found else 0


def deliver(house: House) -> list[str]:
    """Deliver what is due and return the messages."""
    messages: list[str] = []
    deliver_due(house.setup, house.rooms, messages.append)
    return messages


def leave_out(brand: str) -> Screener:
    """Return the shipped watchlists without a brand."""
    lists = load_screener().watchlists
    kept = tuple(one for one in lists.brands if one.id != brand)
    return Screener.build(replace(lists, brands=kept, version=f"without {brand}", placed=()))


# The four floods --------------------------------------------------------------------------------


def edit_watchlist(size: int, folder: Path, found: Findings) -> None:
    """Add a brand that very many stored notices name."""
    many = 5 * size
    site = CcgpSite([make_purchase(90_000, title="样例市第一中学课桌椅采购项目中标公告",
                                   buyer="样例市第一中学")])  # fmt: skip
    with open_site(folder, site) as house:
        house.setup = replace(house.setup, screener=leave_out("seagate"))
        settle_outbox(house.setup, house.rooms)
        pages = (render_page(make_purchase(n)) for n in range(many))
        saved = (make_page(p, f"page {n}", f"https://example.org/{n}") for n, p in enumerate(pages))
        import_saved(house.setup, house.rooms, "saved", saved, lambda _: None)
        house.poll()
        found.expect("edit: told before", count_told(house), 0)
        house.setup = replace(house.setup, screener=load_screener())
        house.clock.pass_time(hours=1)
        began = time.process_time()
        settle_outbox(house.setup, house.rooms)
        found.figures["edit: CPU seconds to count"] = round(time.process_time() - began, 1)
        messages = deliver(house)
        found.expect("edit: messages", len(messages), 1)
        found.expect("edit: count told", f"at least {many} past notices" in messages[0], True)
        site.facts = [make_purchase(90_001, published=NOON), *site.facts]
        house.clock.pass_time(hours=6)
        found.expect("edit: a new notice is told", house.poll().alerts, 1)
        found.expect("edit: messages at once", len(deliver(house)), 1)
        done = rescreen_stored(house.setup, house.rooms, Wanted(), lambda _: None)
        house.clock.pass_time(hours=1)
        found.expect("edit: found again", len(done.found), many)
        # What a person asked for goes in as few messages as memory allows.
        found.expect("edit: digests", len(deliver(house)), -(-many // MOST_TOGETHER))
        found.expect("edit: all told", count_told(house), many + 1)
        found.figures["edit: old matches"] = many


def render_page(fact: Fact) -> bytes:
    """Return a notice as a saved page."""
    return f"<html><body><h1>{fact.title}</h1>{fact.body()}</body></html>".encode()


def run_first(size: int, folder: Path, found: Findings) -> None:
    """Read very many listings for the first time, killed halfway, with news meanwhile."""
    many = 10 * size
    facts = [
        make_purchase(n, published=NOON - timedelta(seconds=40 * n))
        if n % 50 == 0
        else make_purchase(
            n, title=f"样例市第{n}中学课桌椅采购项目中标公告", buyer=f"样例市第{n}中学",
            published=NOON - timedelta(seconds=40 * n),
        )
        for n in range(many)
    ]  # fmt: skip
    site = CcgpSite(facts)
    with open_site(folder, site) as house:
        began = time.process_time()
        kill_in_child(house.poll, "row kept", many // 2)
        half = house.count("listing")
        found.expect("first run: killed halfway", 0 < half < many, True)
        site.facts = [make_purchase(80_001, published=NOON), *facts]
        house.poll()
        found.figures["first run: CPU seconds with the server"] = round(
            time.process_time() - began, 1
        )
        found.figures["first run: listings"] = many
        organs = len(range(0, many, 50)) + 1
        found.expect("first run: listings kept", house.count("listing"), many + 1)
        found.expect("first run: told", count_told(house), organs)
        found.expect("first run: digests", len(deliver(house)), 1)
        found.expect("first run: told of the news", has_told(house, "SAMPLE-2026-80001"), True)
        house.clock.pass_time(hours=6)
        house.poll()
        found.expect("first run: a second round is quiet", deliver(house), [])


def has_told(house: House, project: str) -> bool:
    """Return whether a purchase was told of."""
    rows = house.rooms.store.db.query("select content from alert where kind = 'notice'")
    return any(json.loads(row["content"])["project_number"] == project for row in rows)


def kill_in_child(call: Callable[[], object], point: str, nth: int) -> None:
    """Run something in a child that is killed as it passes a point for the nth time."""
    child = os.fork()
    if not child:
        left = [nth]

        def die(name: str) -> None:
            left[0] -= name == point
            if not left[0]:
                os.kill(os.getpid(), signal.SIGKILL)

        monitor.crashpoints.on_pass = die
        try:
            call()
        finally:
            os._exit(1)
    os.waitpid(child, 0)


def number_anew(size: int, folder: Path, found: Findings) -> None:
    """Let a site give all its notices other ids: new ones, in a new design, or each other's."""
    old = [make_purchase(n) for n in range(size)]
    fresh = [replace(fact, number=fact.number + 500_000) for fact in old]
    swapped = [
        replace(fact, number=other.number) for fact, other in zip(old, reversed(old), strict=True)
    ]
    for name, kind, moved in (
        ("new ids", CcgpSite, fresh),
        ("a new design", OtherLook, fresh),
        ("ids of each other", CcgpSite, swapped),
    ):
        site = CcgpSite(old)
        with open_site(folder / kind.__name__ / name.split()[0], site) as house:
            house.poll()
            found.expect(f"{name}: told first", count_told(house), size)
            deliver(house)
            site.__class__ = kind
            news = make_news(old)
            site.facts = sorted([*moved, *news], key=lambda f: f.published, reverse=True)
            house.clock.pass_time(hours=6)
            done = house.poll()
            told = count_told(house) - size
            missed = [fact.project for fact in news if not was_told(house, fact)]
            found.expect(f"{name}: swallowed", missed, [])
            again = told - len(news) + len(missed)
            share = again / size
            found.cases += 1
            if share > _MOST_AGAIN:
                found.failures.append(f"{name}: {again} of {size} told again")
            found.figures[f"{name}: told again of {size}"] = again
            found.expect(f"{name}: state", str(done.health.state), "drifted")
            shown = len(deliver(house))
            found.figures[f"{name}: messages"] = shown
            found.expect(f"{name}: few messages", shown <= len(news) + 2, True)
            house.clock.pass_time(hours=6)
            house.poll()
            found.expect(f"{name}: a next round is quiet", count_told(house) - size, told)


def was_told(house: House, fact: Fact) -> bool:
    """Return whether the notice of a new row was told."""
    rows = house.rooms.store.db.query(
        """select 1 from alert a join notice n on n.id = a.notice join listing l
           on l.id = n.listing where l.listing_id like ?""",
        [f"%{fact.number}%"],
    )
    return bool(rows)


def flap(size: int, folder: Path, found: Findings) -> None:
    """Let a stale cache show the list, and one notice, now as it was and now as it is."""
    count = min(size, 60)
    old = [make_purchase(n) for n in range(count)]
    amended = replace(old[0], item=("监控硬盘", "西部数据", "WD101PURP", "12"))
    new = [make_purchase(70_000, published=NOON), amended, *old[1:-5]]
    site = CcgpSite(old)
    with open_site(folder, site) as house:
        house.poll()
        deliver(house)
        for number in range(_ROUNDS):
            site.facts = old if number % 2 else new
            # The amendment shows in the list's own row, or nobody would look again.
            site.facts = [
                replace(f, title=f.title.replace("中标公告", "中标更正后公告"))
                if f is amended else f for f in site.facts
            ]  # fmt: skip
            house.clock.pass_time(hours=6)
            house.poll()
        # One for each purchase, one for the new row, one for the amendment.
        found.expect("flapping: told in all", count_told(house), count + 2)
        found.expect("flapping: messages since", len(deliver(house)), 2)
        found.figures["flapping: rounds"] = _ROUNDS


def run(size: int, folder: Path) -> Outcome:
    """Run the four floods; a size of 1000 is the size that the bar names."""
    found = Findings()
    for flood in (edit_watchlist, run_first, number_anew, flap):
        flood(size, folder / flood.__name__, found)
    return Outcome("floods", BAR, found.cases, tuple(found.failures), found.figures)
