"""Later looks at every platform: no false news, and no change of a notice missed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from monitor.portals import PORTALS
from monitor.store.relooks import RelookState
from tests.kit.house import watch_site
from tests.polling.test_relook import later, pass_days, state_of
from tests.portals.sites.all import SITES
from tests.portals.sites.base import Site, make_facts

READABLE = {
    name: kind
    for name, kind in SITES.items()
    if kind.readable and not PORTALS[kind.portal].lists_only
}


@pytest.mark.parametrize("kind", READABLE.values(), ids=READABLE)
def test_an_unchanged_notice_is_no_news_and_a_new_supplier_is(
    tmp_path: Path, kind: type[Site]
) -> None:
    [fact] = make_facts(1)
    site = kind([fact])
    with watch_site(tmp_path, site) as house:
        assert house.poll().alerts == 1
        pass_days(house, 2)
        assert (later(house), state_of(house)) == ([], RelookState.UNCHANGED)
        site.facts = [replace(fact, supplier="样例远山科技有限公司")]
        pass_days(house, 6)
        [told] = later(house)
        assert "远山" in told["body"]
        assert "云帆" in told["body"]


@pytest.mark.parametrize("kind", READABLE.values(), ids=READABLE)
def test_a_site_that_blocks_withdraws_nothing(tmp_path: Path, kind: type[Site]) -> None:
    site = kind(make_facts(1))
    with watch_site(tmp_path, site) as house:
        house.poll()
        site.blocked = True
        pass_days(house, 4)
        assert not any(told["reason"].endswith("AT_SOURCE") for told in later(house))
        assert state_of(house) is RelookState.PLANNED


@pytest.mark.parametrize("kind", READABLE.values(), ids=READABLE)
def test_a_notice_that_a_site_shows_no_more_is_never_a_change(
    tmp_path: Path, kind: type[Site]
) -> None:
    site = kind(make_facts(1))
    with watch_site(tmp_path, site) as house:
        house.poll()
        site.facts = ()
        pass_days(house, 3)
        assert {told["reason"] for told in later(house)} <= {"WITHDRAWN_AT_SOURCE"}
