"""Which untold notices stand beside told ones, and what was gone on an earlier day."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from monitor.sample.notices import SampleNotice
from monitor.sample.server import Response
from tests.kit.house import START, House, make_award, make_chairs, open_house


def make_untold(number: int, buyer: str) -> SampleNotice:
    """Return a notice of a security organ that is opened and of which nobody is told."""
    return make_chairs(number, buyer=buyer, project=f"{buyer}课桌椅采购项目{number}")


def list_beside(house: House, site: str, days: int = 0) -> list[str]:
    """Return the last digits of the notices beside the told one."""
    db, relooks = house.rooms.store.db, house.rooms.store.relooks
    told = [row["listing"] for row in db.query("select n.listing from alert a join notice n "
                                               "on n.id = a.notice")]  # fmt: skip
    day = START - timedelta(days=days)
    return [one.listing.url[-6:-4] for one in relooks.list_untold("local", told, site, day, 9)]


def test_untold_notices_of_other_buyers_of_the_same_site_and_days_come_first(
    tmp_path: Path,
) -> None:
    notices = [make_award(1), make_untold(20, "样例市公安局"), make_untold(50, "样例市监狱"),
               make_untold(40, "样例市监狱")]  # fmt: skip
    with open_house(tmp_path, notices) as house:
        house.poll()
        site = house.portal.base_url + "/"
        assert list_beside(house, site) == ["40", "50", "20"]
        assert list_beside(house, site, days=29) == ["50", "40", "20"]
        assert list_beside(house, site, days=31) == []
        assert list_beside(house, "http://elsewhere.example/") == []


def test_what_an_address_answered_on_an_earlier_day_is_its_last_answer_of_one(
    tmp_path: Path,
) -> None:
    with open_house(tmp_path, [make_award(1)]) as house:
        house.poll()
        [row] = house.rooms.store.db.query("select url from listing")

        def ask(since: datetime, now: datetime) -> int:
            """Return the status of the earlier answer, 0 where there is none."""
            found = house.rooms.store.relooks.find_earlier("local", row["url"], since, now)
            return house.rooms.archive.read(found).status if found else 0

        day = timedelta(days=1)
        assert ask(START - day, START) == 0
        assert ask(START - day, START + day) == 200
        house.portal.fail_with = lambda p: Response(status=404) if "/t2026" in p else None
        house.clock.pass_time(days=2)
        house.poll()
        now = house.clock()
        assert ask(START - day, now) == 200
        assert ask(START, now + day) == 404
        assert ask(now + day / 24, now + day) == 0
