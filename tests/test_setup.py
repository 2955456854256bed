"""What a change of the configuration does to what is waiting."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from monitor.errors import ConfigError
from monitor.receivers import ReceiverConfig
from monitor.setup import Setup, load_setup, settle_outbox
from tests.kit.house import WATCHLISTS, House, make_award, make_config, open_house


def rename_receiver(house: House, folder: Path) -> Setup:
    source = house.config.sources["local"]
    config = make_config(folder, source, desk=ReceiverConfig(type="terminal"))
    return replace(house.setup, config=config)


def test_what_waits_for_a_removed_receiver_is_given_up_and_said(tmp_path: Path) -> None:
    with open_house(tmp_path, [make_award(1)]) as house:
        house.poll()
        assert house.told() == [("waiting", "alert")]
        settle_outbox(rename_receiver(house, tmp_path), house.rooms)
        assert house.told() == [("dead", "alert"), ("waiting", "self")]
        row = house.rooms.store.db.first("select error from delivery where state = 'dead'")
        assert row is not None
        assert row["error"] == "the receiver was removed"


def test_the_digest_of_a_removed_source_is_let_go(tmp_path: Path) -> None:
    with open_house(tmp_path, [make_award(1), make_award(2)]) as house:

        def stop(path: str) -> None:
            if path.endswith("_9100001.htm"):
                house.rooms.stop.set()

        house.portal.fail_with = stop
        house.poll()
        assert house.told() == [("held", "alert")]
        settle_outbox(house.setup, house.rooms)
        assert house.told() == [("held", "alert")]
        bare = replace(house.setup, config=replace(house.config, sources={}))
        settle_outbox(bare, house.rooms)
        assert house.told() == [("waiting", "alert")]


@pytest.mark.parametrize(
    ("stanza", "said"),
    [
        ("portal: linklist, row: {row: 'li >'}", "8:40: 'li >' is no CSS selector"),
        ("portal: ccgp, default_organ: nobody", "8:40: no agency 'nobody' in the watchlists"),
        ("portal: ccgp, proxy: 'ftp://127.0.0.1'", "8:32: a proxy is an http:// or socks5h:// URL"),
    ],
)
def test_what_only_another_room_can_judge_is_refused_at_its_place(
    tmp_path: Path, stanza: str, said: str
) -> None:
    lines = [
        f"watchlists: {WATCHLISTS}",
        "receivers:",
        "  terminal: {type: terminal}",
        "",
        "",
        "",
        "sources:",
        f"  local: {{{stanza}, lists: ['https://example.org/']}}",
    ]
    path = tmp_path / "config.yaml"
    path.write_text("\n".join(lines), "utf-8")
    with pytest.raises(ConfigError) as raised:
        load_setup(path, {})
    assert f"config.yaml:{said}" in str(raised.value)
